"""The timeline and its notices in the database: read whole (it is small), appended to, never changed."""

from datetime import datetime
from typing import Any

import msgspec
from psycopg.errors import UniqueViolation

from yellowcart.kernel import clock
from yellowcart.kernel.database import Database, Reader, Writer, json_value
from yellowcart.kernel.ids import NoticeId, PersonId
from yellowcart.kernel.notifications import Notifications
from yellowcart.links.drafts import Bilingual
from yellowcart.links.errors import RulesCollide, RulesInThePast
from yellowcart.links.model import Action, Grace, LinkRule, Notice, NoticeLine, Surface, Wording
from yellowcart.links.rules import Timeline, expand, too_late

RULES_CHANGED = "rules_changed"

RULE_DESK = 0x59_43_52
"""Advisory lock of this database: one transaction at a time adds to the timeline or takes from it, so that each
judges what the others have committed."""


class Source(msgspec.Struct, frozen=True):
    """A source of goods: the platform's own shops, a network, or a store system."""

    source: str
    name_zh: str
    name_en: str
    kind: str


class Withdrawal(msgspec.Struct, frozen=True, kw_only=True):
    """When a notice was taken back, and why. `replaced_by` is the code of the notice that took its place."""

    at: datetime
    reason: Bilingual
    by_name: str
    replaced_by: str | None = None


class PublishedNotice(msgspec.Struct, frozen=True):
    """A notice as people read it, with its code and title; and, where the platform has published it itself, when
    and by whom."""

    code: str
    title: Wording
    notice: Notice
    provenance: str
    published_at: datetime | None = None
    withdrawal: Withdrawal | None = None
    replaces: str | None = None
    drafter_name: str | None = None
    publisher_name: str | None = None

    @property
    def changed_at(self) -> datetime:
        """When what is told of it changed last: for feeds."""
        if self.withdrawal is not None:
            return self.withdrawal.at
        return self.published_at or self.notice.announced_at


async def read_sources(reader: Reader) -> list[Source]:
    """Every source, in the order of the pages."""
    return await reader.rows(
        Source, "SELECT source, name_zh, name_en, kind FROM source ORDER BY position, source LIMIT 200"
    )


NOTICE = """
    SELECT notice.notice_id, notice.code, notice.issuer_zh, notice.issuer_en, notice.title_zh, notice.title_en,
           notice.text_zh, notice.text_en, notice.reason_zh, notice.reason_en, notice.announced_at,
           notice.effective_at, notice.lines, notice.provenance, notice.grace, notice.published_at,
           notice.replaces_notice_id, replaced.code AS replaces, drafter.name AS drafter_name,
           publisher.name AS publisher_name, withdrawal.withdrawn_at, withdrawal.reason_zh AS withdrawal_zh,
           withdrawal.reason_en AS withdrawal_en, withdrawer.name AS withdrawer_name,
           successor.code AS replaced_by
    FROM notice
    LEFT JOIN notice AS replaced ON replaced.notice_id = notice.replaces_notice_id
    LEFT JOIN person AS drafter ON drafter.person_id = notice.drafted_by
    LEFT JOIN person AS publisher ON publisher.person_id = notice.published_by
    LEFT JOIN notice_withdrawal AS withdrawal ON withdrawal.notice_id = notice.notice_id
    LEFT JOIN person AS withdrawer ON withdrawer.person_id = withdrawal.withdrawn_by
    LEFT JOIN notice AS successor ON successor.replaces_notice_id = notice.notice_id
"""


async def read_notices(reader: Reader) -> list[PublishedNotice]:
    """Every published notice, those withdrawn too, oldest first."""
    rows = await reader.rows(NoticeRow, NOTICE + "ORDER BY notice.effective_at, notice.notice_id LIMIT 1000")
    return [row.published() for row in rows]


async def read_timeline(reader: Reader) -> Timeline:
    """All rules in force at any time, with their notices."""
    rows = await reader.rows(
        _RuleRow,
        """
        SELECT surface, source, effective_at, action, fee_basis_points, channel, notice_id
        FROM link_rule
        ORDER BY surface, source, effective_at
        LIMIT 100000
        """,
    )
    return Timeline(
        [
            LinkRule(
                surface=row.surface,
                source=row.source,
                effective_at=row.effective_at,
                action=row.action,
                fee_basis_points=row.fee_basis_points,
                channel=row.channel,
                notice_id=row.notice_id,
            )
            for row in rows
        ],
        [published.notice for published in await read_notices(reader)],
    )


async def take_the_rule_desk(writer: Writer) -> None:
    """Wait until nobody else is changing the timeline, and let nobody until this transaction ends. Whoever locks a
    draft as well locks it first; a notice is locked afterwards."""
    await writer.run("SELECT pg_advisory_xact_lock(%(desk)s)", desk=RULE_DESK)


async def enact(
    writer: Writer,
    published: PublishedNotice,
    *,
    by: PersonId | None,
    drafted_by: PersonId | None = None,
    history: bool = False,
) -> tuple[LinkRule, ...]:
    """Write a notice and the rules it expands to; every process reads the timeline anew on commit.

    `history` admits moments of effect in the past: only for loading what happened before the platform knew.
    A notice that replaces another is written with its reference; withdrawing that one is `links.withdraw`.
    Raises RulesInThePast, RulesCollide; ValueError for a source that is not known.
    """
    await take_the_rule_desk(writer)
    notice = published.notice
    rules = expand(notice, [source.source for source in await read_sources(writer)])
    if not history and too_late(rules, clock.now()):
        raise RulesInThePast
    await _insert_notice(writer, published, by=by, drafted_by=drafted_by)
    try:
        async with writer.attempt():
            await writer.run_many(
                """
                INSERT INTO link_rule (surface, source, effective_at, action, fee_basis_points, channel, notice_id)
                VALUES (%(surface)s, %(source)s, %(effective_at)s, %(action)s, %(fee_basis_points)s, %(channel)s,
                        %(notice_id)s)
                """,
                [msgspec.structs.asdict(rule) for rule in rules],
            )
    except UniqueViolation as error:
        raise RulesCollide from error
    await writer.notify(RULES_CHANGED, str(notice.id))
    return rules


async def _insert_notice(
    writer: Writer, published: PublishedNotice, *, by: PersonId | None, drafted_by: PersonId | None
) -> None:
    notice = published.notice
    await writer.run(
        """
        INSERT INTO notice (notice_id, code, issuer_zh, issuer_en, title_zh, title_en, text_zh, text_en,
                            reason_zh, reason_en, announced_at, effective_at, lines, published_by, published_at,
                            provenance, grace, drafted_by, replaces_notice_id)
        VALUES (%(notice_id)s, %(code)s, %(issuer_zh)s, %(issuer_en)s, %(title_zh)s, %(title_en)s, %(text_zh)s,
                %(text_en)s, %(reason_zh)s, %(reason_en)s, %(announced_at)s, %(effective_at)s, %(lines)s, %(by)s,
                %(now)s, %(provenance)s, %(grace)s, %(drafted_by)s, %(replaces)s)
        """,
        notice_id=notice.id,
        code=published.code,
        issuer_zh=notice.issuer.zh,
        issuer_en=notice.issuer.en,
        title_zh=published.title.zh,
        title_en=published.title.en,
        text_zh=notice.text.zh,
        text_en=notice.text.en,
        reason_zh=notice.reason.zh,
        reason_en=notice.reason.en,
        announced_at=notice.announced_at,
        effective_at=notice.effective_at,
        lines=json_value(notice.lines),
        by=by,
        now=clock.now(),
        provenance=published.provenance,
        grace=notice.grace.value,
        drafted_by=drafted_by,
        replaces=notice.replaces_notice_id,
    )


class TimelineInMemory:
    """The timeline as this process knows it, read again whenever a notice was enacted."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.timeline = Timeline()

    async def follow(self, notifications: Notifications) -> None:
        """Read the timeline now and at every enactment. Before `notifications.start`."""

        async def heard(_: str) -> None:
            await self.read()

        notifications.on(RULES_CHANGED, heard)
        notifications.on_gap(self.read)
        await self.read()

    async def read(self) -> None:
        """Read the timeline from the database."""
        async with self._database.reading() as reader:
            self.timeline = await read_timeline(reader)


class _RuleRow(msgspec.Struct, frozen=True):
    surface: Surface
    source: str
    effective_at: datetime
    action: Action
    fee_basis_points: int | None
    channel: str | None
    notice_id: NoticeId


class NoticeRow(msgspec.Struct, frozen=True):
    """A row of `NOTICE`."""

    notice_id: NoticeId
    code: str
    issuer_zh: str
    issuer_en: str
    title_zh: str
    title_en: str
    text_zh: str
    text_en: str
    reason_zh: str
    reason_en: str
    announced_at: datetime
    effective_at: datetime
    lines: list[Any]
    provenance: str
    grace: Grace
    published_at: datetime
    replaces_notice_id: NoticeId | None
    replaces: str | None
    drafter_name: str | None
    publisher_name: str | None
    withdrawn_at: datetime | None
    withdrawal_zh: str | None
    withdrawal_en: str | None
    withdrawer_name: str | None
    replaced_by: str | None

    def published(self) -> PublishedNotice:
        """The row as a value."""
        return PublishedNotice(
            code=self.code,
            title=Wording(self.title_zh, self.title_en),
            notice=Notice(
                id=self.notice_id,
                issuer=Wording(self.issuer_zh, self.issuer_en),
                text=Wording(self.text_zh, self.text_en),
                reason=Wording(self.reason_zh, self.reason_en),
                announced_at=self.announced_at,
                effective_at=self.effective_at,
                lines=tuple(msgspec.convert(line, NoticeLine, strict=False) for line in self.lines),
                grace=self.grace,
                replaces_notice_id=self.replaces_notice_id,
            ),
            provenance=self.provenance,
            published_at=self.published_at,
            withdrawal=self._withdrawal(),
            replaces=self.replaces,
            drafter_name=self.drafter_name,
            publisher_name=self.publisher_name,
        )

    def _withdrawal(self) -> Withdrawal | None:
        if self.withdrawn_at is None:
            return None
        return Withdrawal(
            at=self.withdrawn_at,
            reason=Bilingual(self.withdrawal_zh or "", self.withdrawal_en or ""),
            by_name=self.withdrawer_name or "",
            replaced_by=self.replaced_by,
        )
