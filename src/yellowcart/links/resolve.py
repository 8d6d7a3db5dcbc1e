"""Tells for what product a pasted short link stands: follows it, and remembers the answer for a while.

The network is asked outside any transaction, only where the installation allows it, and only for a few links at
once. What is not found stays what it was: a short link.
"""

import asyncio
import hashlib
from datetime import timedelta
from enum import StrEnum
from typing import Any, Final, NamedTuple

import msgspec
import structlog

from yellowcart.kernel import clock
from yellowcart.kernel.database import Database, json_value
from yellowcart.kernel.outbound import INTERNET, Network
from yellowcart.kernel.outbound_errors import OutboundRefusal
from yellowcart.links.follow import follow, leads_on
from yellowcart.links.found_link import FoundLink
from yellowcart.links.recognise import recogniser_in_use

FOUND_FOR: Final = timedelta(days=7)
NOT_FOUND_FOR: Final = timedelta(minutes=10)
"""How long an answer is good. A promoter's link may be given another product, and a platform may only have been
slow."""
RESOLVED_PER_TEXT_MAX: Final = 5
"""Links of one text that are followed; the rest stay as they are."""
FOLLOWED_AT_ONCE_MAX: Final = 16
"""Links that one process follows at a time. Beyond that they stay as they are, and nobody waits."""
FORGOTTEN_AT_ONCE_MAX: Final = 100
log = structlog.get_logger()


class Outcome(StrEnum):
    """What became of a link that was to be resolved."""

    NOT_NEEDED = "not_needed"
    """It names its product itself, or it is none that could lead to one."""
    FOUND = "found"
    """It leads to one product."""
    NOT_FOUND = "not_found"
    """It was followed, and led to no certain product."""
    NOT_ASKED = "not_asked"
    """The installation does not follow links, or too many are being followed at this moment."""


class Resolved(NamedTuple):
    """A link, or the product that it leads to, and what was done for it."""

    link: FoundLink
    outcome: Outcome


class LinkResolver:
    """Resolves links for one process. Switched off, it answers every link with itself."""

    def __init__(self, database: Database, *, enabled: bool, network: Network = INTERNET) -> None:
        self._database = database
        self._network = network
        self._following = 0
        self.enabled = enabled

    async def resolve(self, link: FoundLink) -> Resolved:
        """The product that a link leads to, or the link itself. Takes `FOLLOW_SECONDS_MAX` seconds at most; opens
        transactions of its own, so call it in none."""
        if not leads_on(link):
            return Resolved(link, Outcome.NOT_NEEDED)
        if not self.enabled:
            return Resolved(link, Outcome.NOT_ASKED)
        known = await self._remembered(link)
        if known is not None:
            return known
        if self._following >= FOLLOWED_AT_ONCE_MAX:
            return Resolved(link, Outcome.NOT_ASKED)
        self._following += 1
        try:
            product = await follow(link, recogniser_in_use(), self._network)
        except (OutboundRefusal, TimeoutError) as refusal:
            why = refusal.code if isinstance(refusal, OutboundRefusal) else "too_slow"
            log.info("links.not_resolved", link=link.canonical_url, why=why)
            product = None
        finally:
            self._following -= 1
        await self._remember(link, product)
        return Resolved(link, Outcome.NOT_FOUND) if product is None else Resolved(product, Outcome.FOUND)

    async def resolve_all(self, links: list[FoundLink]) -> list[Resolved]:
        """Each link resolved, in their order and side by side; `RESOLVED_PER_TEXT_MAX` of them are followed."""
        wanting = [link for link in links if leads_on(link)][:RESOLVED_PER_TEXT_MAX]
        answers = dict(zip(wanting, await asyncio.gather(*map(self.resolve, wanting)), strict=True))
        return [
            answers.get(link) or Resolved(link, Outcome.NOT_ASKED if leads_on(link) else Outcome.NOT_NEEDED)
            for link in links
        ]

    async def _remembered(self, link: FoundLink) -> Resolved | None:
        async with self._database.reading() as reader:
            row = await reader.row(
                _Answer,
                "SELECT answer FROM resolved_link WHERE link_key = %(key)s AND good_until > %(now)s",
                key=_key(link),
                now=clock.now(),
            )
        if row is None:
            return None
        if row.answer is None:
            return Resolved(link, Outcome.NOT_FOUND)
        product = msgspec.convert(row.answer, FoundLink)
        return Resolved(msgspec.structs.replace(product, start=link.start, end=link.end), Outcome.FOUND)

    async def _remember(self, link: FoundLink, product: FoundLink | None) -> None:
        now = clock.now()
        async with self._database.writing() as writer:
            await writer.run(
                """
                INSERT INTO resolved_link (link_key, source, link, answer, resolved_at, good_until)
                VALUES (%(key)s, %(source)s, %(link)s, %(answer)s, %(now)s, %(good_until)s)
                ON CONFLICT (link_key) DO UPDATE
                SET answer = EXCLUDED.answer, resolved_at = EXCLUDED.resolved_at, good_until = EXCLUDED.good_until
                """,
                key=_key(link),
                source=link.source,
                link=link.canonical_url,
                answer=None if product is None else json_value(product),
                now=now,
                good_until=now + (NOT_FOUND_FOR if product is None else FOUND_FOR),
            )
            await writer.run(
                """
                DELETE FROM resolved_link
                WHERE link_key IN (
                    SELECT link_key FROM resolved_link
                    WHERE good_until <= %(now)s
                    ORDER BY good_until
                    LIMIT %(most)s
                    FOR UPDATE SKIP LOCKED
                )
                """,
                now=now,
                most=FORGOTTEN_AT_ONCE_MAX,
            )


class _Answer(msgspec.Struct, frozen=True):
    answer: dict[str, Any] | None


def _key(link: FoundLink) -> str:
    """One key for every way to write a link; a digest, because a click link may be longer than an index takes."""
    return hashlib.sha256(f"{link.source} {link.canonical_url}".encode()).hexdigest()
