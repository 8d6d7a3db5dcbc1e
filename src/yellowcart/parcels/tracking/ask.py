"""Asking for tracks: where a source does not tell by itself, the platform asks about the parcels that are due.

How often is bounded twice: a parcel that is silent, or of which nothing readable is told, is asked about ever more
rarely (`rules.next_poll`), and not at all after POLL_FOR; and one run asks about so many parcels and no more.
Nothing is asked within a transaction.
"""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import Protocol
from urllib.parse import quote, urlsplit

import msgspec
import structlog

from yellowcart.kernel import clock
from yellowcart.kernel.database import Database, Writer
from yellowcart.kernel.errors import Refusal
from yellowcart.kernel.ids import ShopId
from yellowcart.kernel.json_reading import JSON_UNREADABLE
from yellowcart.kernel.outbound import INTERNET, Network, fetch_public
from yellowcart.kernel.setbacks import is_database_away
from yellowcart.parcels.model import ShipmentId
from yellowcart.parcels.rules import EVENTS_AT_ONCE_MAX, next_poll
from yellowcart.parcels.tracking.intake import ToldEvent, take_in_events
from yellowcart.parcels.tracking.signature import ask_token
from yellowcart.parcels.tracking.sources import TrackingSource as SourceSettings
from yellowcart.parcels.tracking.sources import tracking_sources

PARCELS_AT_ONCE = 40
SIDE_BY_SIDE = 4
ANSWER_BYTES_MAX = 256 * 1024
SECONDS_MAX = 8
FAILURE_LENGTH_MAX = 200

log = structlog.get_logger()


class TrackUnreadable(Exception):
    """A source answered with something that is no track."""


class TrackingSource(Protocol):
    """Somebody who can be asked where a parcel is."""

    async def ask(self, carrier: str, waybill: str) -> Sequence[ToldEvent]:
        """What is known of a parcel, all of it or what is new. Raises Refusal, TrackUnreadable."""
        ...


class JsonTrackingSource:
    """Any address on the internet that answers GET with `{"events": [...]}`, the events as in signed messages. It
    is shown the source's token as a bearer token."""

    def __init__(self, ask_url: str, token: str, network: Network = INTERNET) -> None:
        self._ask_url = ask_url
        self._token = token
        self._network = network

    async def ask(self, carrier: str, waybill: str) -> Sequence[ToldEvent]:
        """The answer's events of this waybill. Raises Refusal, TrackUnreadable."""
        url = self._ask_url.replace("{carrier}", quote(carrier)).replace("{waybill}", quote(waybill))
        host = (urlsplit(url).hostname or "").lower()
        answer = await fetch_public(
            url,
            is_allowed=lambda each: each == host,
            bytes_max=ANSWER_BYTES_MAX,
            seconds_max=SECONDS_MAX,
            hops_max=1,
            headers={"authorization": f"Bearer {self._token}", "accept": "application/json"},
            network=self._network,
        )
        if answer.status != 200 or answer.is_cut:
            raise TrackUnreadable(f"status {answer.status}")
        try:
            told = msgspec.json.decode(answer.content, type=_Answer)
        except JSON_UNREADABLE as error:
            raise TrackUnreadable(str(error)) from error
        return [event for event in told.events if event.waybill.strip().upper() == waybill][:EVENTS_AT_ONCE_MAX]


class _Answer(msgspec.Struct, frozen=True):
    events: list[ToldEvent]


class _Due(msgspec.Struct, frozen=True):
    shop_id: ShopId
    shipment_id: ShipmentId
    carrier: str
    waybill: str
    shipped_at: datetime
    moved_at: datetime


async def ask_sources(database: Database, installation_secret: str, network: Network = INTERNET) -> int:
    """Ask the active sources that can be asked about the parcels that are due, a bounded number; answers how
    many parcels. Without such a source nothing is looked at.

    A parcel has its next time before anybody is asked about it, and whatever goes wrong with one parcel or one
    source stays there: the others are asked all the same.
    """
    async with database.reading() as reader:
        settings = [each for each in await tracking_sources(reader) if each.is_active and each.ask_url]
    if not settings:
        return 0
    async with database.writing() as writer:
        due = await _take_due(writer)
    if not due:
        return 0
    for each in settings:
        token = ask_token(installation_secret, each.source, each.secret_version)
        await _ask_one(database, each, JsonTrackingSource(each.ask_url, token, network), due)
    return len(due)


async def _ask_one(
    database: Database, settings: SourceSettings, source: TrackingSource, due: Sequence[_Due]
) -> None:
    gate, failures = asyncio.Semaphore(SIDE_BY_SIDE), list[str]()

    def fail(parcel: _Due, error: Exception) -> None:
        failures.append(_in_words(error))
        names = {"source": settings.source, "shop_id": parcel.shop_id, "shipment_id": parcel.shipment_id}
        foreseen = isinstance(error, (Refusal, TrackUnreadable))
        log.warning("tracking.parcel_failed", error=failures[-1], exc_info=None if foreseen else error, **names)

    async def ask(parcel: _Due) -> Sequence[ToldEvent]:
        async with gate:
            try:
                return await source.ask(parcel.carrier, parcel.waybill)
            except Exception as error:  # whatever a source says of one parcel, the others are asked about
                fail(parcel, error)
                return ()

    for parcel, answer in zip(due, await asyncio.gather(*(ask(parcel) for parcel in due)), strict=True):
        if not answer:
            continue
        try:
            async with database.writing() as writer:
                await take_in_events(writer, settings.source, answer)
        except Exception as error:  # what was told of one parcel must not keep back what was told of the next
            if is_database_away(error):
                raise
            fail(parcel, error)
    async with database.writing() as writer:
        await writer.run(
            """
            UPDATE tracking_source SET asked_at = %(now)s, last_failure = %(failure)s WHERE source = %(source)s
            """,
            now=clock.now(),
            failure=failures[-1] if failures else "",
            source=settings.source,
        )


def _in_words(error: Exception) -> str:
    """An error as operators read it, never empty, and with nothing in it that could not be kept."""
    said = str(error) if isinstance(error, (Refusal, TrackUnreadable)) else f"{type(error).__name__}: {error}"
    printable = "".join(character if character.isprintable() else " " for character in said)
    return printable.strip()[:FAILURE_LENGTH_MAX] or type(error).__name__


async def _take_due(writer: Writer) -> list[_Due]:
    """The parcels that are due, each with its next time by how long it has been silent; one that moves meanwhile
    gets an earlier one. What another process holds at this moment, it asks about."""
    now = clock.now()
    due = await writer.rows(
        _Due,
        """
        SELECT shop_id, shipment_id, carrier, waybill, shipped_at, coalesce(moved_at, shipped_at) AS moved_at
        FROM shipment
        WHERE is_watched AND ask_at <= %(now)s
        ORDER BY ask_at
        LIMIT %(most)s
        FOR UPDATE SKIP LOCKED
        """,
        now=now,
        most=PARCELS_AT_ONCE,
    )
    await writer.run_many(
        """
        UPDATE shipment SET ask_at = %(ask_at)s WHERE shop_id = %(shop_id)s AND shipment_id = %(shipment_id)s
        """,
        [
            {
                "shop_id": each.shop_id,
                "shipment_id": each.shipment_id,
                "ask_at": next_poll(each.shipped_at, each.moved_at, now),
            }
            for each in due
        ],
    )
    return due
