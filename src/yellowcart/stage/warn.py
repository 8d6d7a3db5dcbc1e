"""Warning creators before a link rule begins, 7, 3 and 1 days ahead, and telling them when it is taken back.

What was warned of is a table with a row for each rule and step, so that nobody is warned twice, however often this
runs and however many run it. A creator gets one message for each step of a notice, about every surface and source
that it will touch in their carts.
"""

from collections.abc import Sequence
from datetime import datetime
from itertools import groupby

import msgspec

from yellowcart.accounts.inbox import told_of
from yellowcart.kernel import clock
from yellowcart.kernel.database import Database, Reader, Writer
from yellowcart.kernel.ids import CreatorId, NoticeId, PersonId
from yellowcart.kernel.setbacks import Setbacks
from yellowcart.kernel.tasks import sweep
from yellowcart.links.model import Change, Pair, Surface
from yellowcart.links.rules import changes_between
from yellowcart.links.store import read_timeline
from yellowcart.stage.twins import best_twins
from yellowcart.stage.warn_messages import (
    WARNED,
    Affected,
    tell_of_what_comes,
    tell_of_withdrawal,
    warning_occasion,
)
from yellowcart.stage.warn_rules import AHEAD, LATELY, due_step, is_worth_a_warning

WITHDRAWALS_AT_ONCE = 20
_not_warned = Setbacks[tuple[NoticeId, datetime, int]]("warn_of_rules")
_not_told = Setbacks[NoticeId]("tell_of_withdrawn_rules")


class DueWarning(msgspec.Struct, frozen=True, kw_only=True):
    """Changes that one notice brings at one moment, whose warning of one step is due."""

    notice_id: NoticeId
    begins_at: datetime
    days_before: int
    changes: dict[Pair, Change]


class WarnedStep(msgspec.Struct, frozen=True, kw_only=True):
    """One warning that was sent: for what begins when, how many days before, and how many creators it reached
    (`people`, once each; of `creators` by surface and source some stand in several)."""

    begins_at: datetime
    days_before: int
    warned_at: datetime
    people: int
    creators: dict[Pair, int]
    taken_back_at: datetime | None


@sweep(every_s=10)
async def warn_of_rules(database: Database) -> int:
    """Send the warnings that are due; answers how many rules were warned of."""
    now = clock.now()
    async with database.reading() as reader:
        if not await _is_something_coming(reader, now):
            return 0
        due = await _due(reader, now)
    warned = 0
    for warning in due:
        key = (warning.notice_id, warning.begins_at, warning.days_before)
        if _not_warned.is_put_off(key):
            continue
        with _not_warned.sparing(key):
            async with database.writing() as writer:
                warned += await warn_together(writer, warning)
    return warned


async def warn_together(writer: Writer, warning: DueWarning) -> int:
    """Send one warning; answers how many rules it was of, which is none when somebody else has sent it, or the
    notice was withdrawn meanwhile."""
    if not await _hold_rules(writer, warning):
        return 0
    affected = await _affected(writer, warning)
    noted = await _note(writer, warning, affected)
    if noted and affected:
        await _find_twins(writer, warning, affected)
        await tell_of_what_comes(
            writer,
            warning.notice_id,
            warning.begins_at,
            warning.days_before,
            {pair: change.after for pair, change in warning.changes.items()},
            affected,
        )
    return noted


@sweep(every_s=5)
async def tell_of_withdrawn_rules(database: Database) -> int:
    """Tell those who were warned of a notice that it was withdrawn; answers how many notices this call told of."""
    async with database.reading() as reader:
        notices: list[NoticeId] = await reader.column(
            """
            SELECT notice_id FROM notice_withdrawal AS withdrawal
            WHERE EXISTS (SELECT FROM rule_warning WHERE rule_warning.notice_id = withdrawal.notice_id)
              AND NOT EXISTS (SELECT FROM warning_taken_back AS told WHERE told.notice_id = withdrawal.notice_id)
              AND notice_id <> ALL(%(put_off)s)
            ORDER BY notice_id
            LIMIT %(most)s
            """,
            most=WITHDRAWALS_AT_ONCE,
            put_off=_not_told.put_off(),
        )
    for notice_id in notices:
        with _not_told.sparing(notice_id):
            async with database.writing() as writer:
                await _tell_of_one_withdrawal(writer, notice_id)
    return len(notices)


async def warned_counts(reader: Reader, notice_id: NoticeId) -> list[WarnedStep]:
    """Which warnings of a notice were sent, the latest first, and to how many."""
    rows = await reader.rows(
        _Warned,
        """
        SELECT surface, source, effective_at, days_before, warned_at, creator_count, told.told_at AS taken_back_at
        FROM rule_warning LEFT JOIN warning_taken_back AS told USING (notice_id)
        WHERE notice_id = %(notice_id)s
        ORDER BY warned_at DESC, effective_at, days_before, surface, source
        LIMIT 5000
        """,
        notice_id=notice_id,
    )
    steps = []
    for (begins_at, days), of_step in groupby(rows, key=lambda row: (row.effective_at, row.days_before)):
        each = list(of_step)
        steps.append(
            WarnedStep(
                begins_at=begins_at,
                days_before=days,
                warned_at=each[0].warned_at,
                people=len(await told_of(reader, WARNED, [warning_occasion(notice_id, begins_at, days)])),
                creators={(row.surface, row.source): row.creator_count for row in each},
                taken_back_at=each[0].taken_back_at,
            )
        )
    return steps


async def _is_something_coming(reader: Reader, now: datetime) -> bool:
    return bool(
        await reader.value(
            "SELECT true FROM link_rule WHERE effective_at > %(now)s AND effective_at <= %(until)s LIMIT 1",
            now=now,
            until=now + AHEAD,
        )
    )


async def _due(reader: Reader, now: datetime) -> list[DueWarning]:
    """What is due, in the order in which it begins. A step is passed over where it, or a later one, was sent."""
    sent = {
        ((row.surface, row.source), row.effective_at, row.notice_id): row.days_before
        for row in await reader.rows(
            _Sent,
            """
            SELECT surface, source, effective_at, notice_id, min(days_before) AS days_before
            FROM rule_warning
            WHERE effective_at > %(now)s
            GROUP BY surface, source, effective_at, notice_id
            """,
            now=now,
        )
    }
    found: dict[tuple[datetime, NoticeId, int], dict[Pair, Change]] = {}
    for change in changes_between(await read_timeline(reader), now, now + AHEAD):
        rule, notice = change.after.rule, change.after.notice
        step = due_step(change.at, now)
        if rule is None or step is None or not is_worth_a_warning(change):
            continue
        if notice is not None and notice.announced_at > now:
            continue
        notice_id = NoticeId(rule.notice_id)
        if sent.get((change.pair, change.at, notice_id), step + 1) > step:
            found.setdefault((change.at, notice_id, step), {})[change.pair] = change
    return [
        DueWarning(notice_id=notice_id, begins_at=begins_at, days_before=step, changes=found[key])
        for key in sorted(found)
        for begins_at, notice_id, step in [key]
    ]


async def _hold_rules(writer: Writer, warning: DueWarning) -> bool:
    """Whether the rules still stand on the timeline; they stay there until this transaction ends, so that nobody
    is warned of a notice after its withdrawal was told."""
    held = await writer.column(
        """
        SELECT source FROM link_rule
        WHERE notice_id = %(notice_id)s AND effective_at = %(begins_at)s
        ORDER BY surface, source
        FOR SHARE
        """,
        notice_id=warning.notice_id,
        begins_at=warning.begins_at,
    )
    return bool(held)


async def _affected(writer: Writer, warning: DueWarning) -> list[Affected]:
    """Who has goods of these pairs in carts now, or had them lately."""
    rows = await writer.rows(
        _Touched,
        """
        SELECT creator.creator_id, creator.person_id, listing.surface, listing.source,
               (count(*) FILTER (WHERE listing.state <> 'off_cart'))::int AS in_carts
        FROM listing
        JOIN unnest(%(surfaces)s::text[], %(sources)s::text[]) AS coming (surface, source) USING (surface, source)
        JOIN creator USING (creator_id)
        WHERE listing.state <> 'off_cart' OR listing.taken_off_at >= %(since)s
        GROUP BY creator.creator_id, creator.person_id, listing.surface, listing.source
        ORDER BY creator.creator_id
        """,
        surfaces=[surface.value for surface, _ in warning.changes],
        sources=[source for _, source in warning.changes],
        since=clock.now() - LATELY,
    )
    affected = []
    for (creator_id, person_id), of_creator in groupby(rows, key=lambda row: (row.creator_id, row.person_id)):
        each = list(of_creator)
        affected.append(
            Affected(
                creator_id=creator_id,
                person_id=person_id,
                in_carts={(row.surface, row.source): row.in_carts for row in each},
            )
        )
    return affected


async def _note(writer: Writer, warning: DueWarning, affected: Sequence[Affected]) -> int:
    pairs = sorted(warning.changes)
    return await writer.run(
        """
        INSERT INTO rule_warning (surface, source, effective_at, notice_id, days_before, warned_at, creator_count)
        SELECT surface, source, %(begins_at)s, %(notice_id)s, %(days_before)s, %(now)s, creator_count
        FROM unnest(%(surfaces)s::text[], %(sources)s::text[], %(counts)s::int[])
            AS warned (surface, source, creator_count)
        ORDER BY surface, source
        ON CONFLICT DO NOTHING
        """,
        surfaces=[surface.value for surface, _ in pairs],
        sources=[source for _, source in pairs],
        counts=[sum(pair in each.in_carts for each in affected) for pair in pairs],
        begins_at=warning.begins_at,
        notice_id=warning.notice_id,
        days_before=warning.days_before,
        now=clock.now(),
    )


async def _find_twins(reader: Reader, warning: DueWarning, affected: Sequence[Affected]) -> None:
    """Note with each creator the own products that could take the place of what they have in carts."""
    rows = await reader.rows(
        _Item,
        """
        SELECT DISTINCT listing.creator_id, twin.source, twin.item_key
        FROM listing
        JOIN unnest(%(surfaces)s::text[], %(sources)s::text[]) AS coming (surface, source) USING (surface, source)
        JOIN twin ON twin.source = listing.source AND twin.item_key = coalesce(listing.item_id, listing.url)
        WHERE listing.state <> 'off_cart' AND listing.url IS NOT NULL
        """,
        surfaces=[surface.value for surface, _ in warning.changes],
        sources=[source for _, source in warning.changes],
    )
    if not rows:
        return
    twins = await best_twins(reader, {(row.source, row.item_key) for row in rows})
    of_creator = {each.creator_id: each for each in affected}
    for row in rows:
        # Who has put something into a cart since is told of the next step.
        if (row.source, row.item_key) in twins and row.creator_id in of_creator:
            of_creator[row.creator_id].twins.append(twins[row.source, row.item_key])


async def _tell_of_one_withdrawal(writer: Writer, notice_id: NoticeId) -> None:
    rows = await writer.rows(
        _Sent,
        """
        SELECT surface, source, effective_at, notice_id, days_before
        FROM rule_warning
        WHERE notice_id = %(notice_id)s
        """,
        notice_id=notice_id,
    )
    occasions = {warning_occasion(notice_id, row.effective_at, row.days_before) for row in rows}
    people = await told_of(writer, WARNED, sorted(occasions))
    first = await writer.run(
        """
        INSERT INTO warning_taken_back (notice_id, told_at, person_count)
        VALUES (%(notice_id)s, %(now)s, %(person_count)s)
        ON CONFLICT DO NOTHING
        """,
        notice_id=notice_id,
        now=clock.now(),
        person_count=len(people),
    )
    if first:
        await tell_of_withdrawal(writer, notice_id, people)


class _Sent(msgspec.Struct, frozen=True):
    surface: Surface
    source: str
    effective_at: datetime
    notice_id: NoticeId
    days_before: int


class _Warned(msgspec.Struct, frozen=True):
    surface: Surface
    source: str
    effective_at: datetime
    days_before: int
    warned_at: datetime
    creator_count: int
    taken_back_at: datetime | None


class _Touched(msgspec.Struct, frozen=True):
    creator_id: CreatorId
    person_id: PersonId
    surface: Surface
    source: str
    in_carts: int


class _Item(msgspec.Struct, frozen=True):
    creator_id: CreatorId
    source: str
    item_key: str
