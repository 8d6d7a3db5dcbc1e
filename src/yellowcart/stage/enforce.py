"""Carrying out link rules: at the moment a rule begins to refuse a source on a surface, its listings leave.

Which rules were carried out is a table, so that each is carried out exactly once, by whichever process comes
first, and also when nothing ran at that moment. Rules are taken in the order in which they begin, those that one
notice lets begin at one moment together, in one transaction: a creator gets one message about all of it. A rule
speaks of what was in a cart before it began: what was listed later was admitted by a later rule, and stays.
Nothing is ever put back, and orders are not looked at.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import groupby

import msgspec
import structlog

from yellowcart.accounts import audit
from yellowcart.kernel import clock
from yellowcart.kernel.database import Database, Writer
from yellowcart.kernel.events import PLATFORM, publish_many
from yellowcart.kernel.ids import CreatorId, ListingId, NoticeId, RoomId
from yellowcart.kernel.setbacks import Setbacks
from yellowcart.kernel.tasks import sweep
from yellowcart.links.model import Action, Grace, Pair, Surface, Verdict
from yellowcart.links.rules import Timeline, verdict
from yellowcart.links.store import read_timeline
from yellowcart.stage.admission import close_the_door
from yellowcart.stage.events import ListingTakenOff, fields_of
from yellowcart.stage.grace import record_grace
from yellowcart.stage.model import Listing, OffReason
from yellowcart.stage.rule_effects import Effects
from yellowcart.stage.rule_messages import tell_of_effects
from yellowcart.stage.rules import leaves_cart, stays_until_room_ends, task_still_counts
from yellowcart.stage.taking_off import Leaving

RULES_AT_ONCE = 200
"""Rules that one call looks at; those of one notice and moment are never parted."""
LISTINGS_AT_ONCE = 1_000
"""Listings held in memory at a time, however many leave."""
LOOK_EVERY_S = 1.0
TAKING = frozenset({Action.REFUSE, Action.REQUIRE_CHANNEL})
ON_TERMS = frozenset({Action.ALLOW_WITH_FEE, Action.REQUIRE_CHANNEL})

_not_enforced = Setbacks[NoticeId]("enforce_rules")

log = structlog.get_logger()


class DueRule(msgspec.Struct, frozen=True):
    """A rule that has begun and was not carried out yet."""

    surface: Surface
    source: str
    effective_at: datetime
    notice_id: NoticeId


class Begun(msgspec.Struct, frozen=True, kw_only=True):
    """What one notice lets begin at one moment: each pair with its verdict before and from then on."""

    notice_id: NoticeId
    effective_at: datetime
    before: dict[Pair, Verdict]
    after: dict[Pair, Verdict]

    def pairs(self, actions: frozenset[Action]) -> list[Pair]:
        """The pairs for which one of these actions begins."""
        return sorted(pair for pair, judged in self.after.items() if judged.action in actions)

    def new_terms(self) -> list[Pair]:
        """The pairs that are admitted on terms other than before."""
        return [pair for pair in self.pairs(ON_TERMS) if self.before[pair].terms != self.after[pair].terms]


@sweep(every_s=1)
async def enforce_rules(database: Database) -> int:
    """Carry out the rules that have begun; answers how many this call carried out.

    Rules already carried out by another process meanwhile are passed over. A notice whose rules cannot be carried
    out is tried again later, and keeps no other notice waiting.
    """
    async with database.reading() as reader:
        due = await reader.rows(
            DueRule,
            """
            WITH waiting AS (
                SELECT surface, source, effective_at, notice_id
                FROM link_rule AS rule
                WHERE effective_at <= %(now)s AND notice_id <> ALL(%(put_off)s)
                  AND NOT EXISTS (
                      SELECT FROM enforced_change AS enforced
                      WHERE enforced.surface = rule.surface
                        AND enforced.source = rule.source
                        AND enforced.effective_at = rule.effective_at
                  )
                ORDER BY effective_at, notice_id
                FETCH FIRST %(most)s ROWS WITH TIES
            )
            SELECT * FROM waiting ORDER BY effective_at, notice_id, surface, source
            """,
            now=clock.now(),
            most=RULES_AT_ONCE,
            put_off=_not_enforced.put_off(),
        )
    done = 0
    for (_, notice_id), rules in groupby(due, key=lambda rule: (rule.effective_at, rule.notice_id)):
        if _not_enforced.is_put_off(notice_id):
            continue
        with _not_enforced.sparing(notice_id):
            async with database.writing() as writer:
                done += await enforce_together(writer, list(rules))
    return done


async def enforce_on_time(database: Database) -> float:
    """Carry out what has begun; answers after how many seconds to do so again: at the moment of the next rule, and
    after LOOK_EVERY_S at the latest, for the clock may be moved.

    The worker calls it beside the sweep, which a scheduler starts half a second after every full second: viewers
    shall see within a second of midnight that goods are gone.
    """
    await enforce_rules(database)
    async with database.reading() as reader:
        coming: datetime | None = await reader.value(
            "SELECT min(effective_at) FROM link_rule WHERE effective_at > %(now)s", now=clock.now()
        )
    left = LOOK_EVERY_S if coming is None else (coming - clock.now()).total_seconds()
    return min(max(left, 0.0), LOOK_EVERY_S)


async def enforce_together(writer: Writer, rules: Sequence[DueRule]) -> int:
    """Carry out rules of one notice that begin at one moment; answers how many, which is none when somebody
    else has done so."""
    await close_the_door(writer)
    rules = await _not_carried_out(writer, rules)
    if not rules:
        return 0
    begun = _judge(await read_timeline(writer), rules)
    if not begun.after:
        return 0
    effects, leaving = Effects(), Leaving(OffReason.LINK_RULE)
    await _give_grace(writer, begun)
    await _take_off(writer, begun, effects, leaving)
    for creator_id, pair, count in await _standing(writer, begun.new_terms()):
        effects.of(creator_id).on_terms[pair] = count
    await _note_done(writer, begun, effects)
    await leaving.tell(writer)
    if leaving.count:
        await audit.record(
            writer,
            None,
            "stage:rule:enforce",
            f"notice:{begun.notice_id}",
            after={"rules": len(begun.after), "listings": leaving.count},
        )
    await tell_of_effects(writer, begun.notice_id, begun.effective_at, begun.after, effects.everybody())
    log.info("rules.enforced", notice_id=begun.notice_id, rules=len(begun.after), gone=leaving.count)
    return len(begun.after)


async def _not_carried_out(writer: Writer, rules: Sequence[DueRule]) -> list[DueRule]:
    """Those that still stand on the timeline and that nobody has carried out. They stay there until this
    transaction ends: whoever withdraws the notice waits, and is told that it has begun."""
    waiting = await writer.rows(
        _Pair,
        """
        SELECT surface, source FROM link_rule AS rule
        WHERE notice_id = %(notice_id)s AND effective_at = %(effective_at)s
          AND surface = ANY(%(surfaces)s) AND source = ANY(%(sources)s)
          AND NOT EXISTS (
              SELECT FROM enforced_change AS enforced
              WHERE enforced.surface = rule.surface
                AND enforced.source = rule.source
                AND enforced.effective_at = rule.effective_at
          )
        ORDER BY surface, source
        FOR KEY SHARE OF rule
        """,
        notice_id=rules[0].notice_id,
        effective_at=rules[0].effective_at,
        surfaces=[rule.surface.value for rule in rules],
        sources=[rule.source for rule in rules],
    )
    standing = {(row.surface, row.source) for row in waiting}
    return [rule for rule in rules if (rule.surface, rule.source) in standing]


def _judge(timeline: Timeline, rules: Sequence[DueRule]) -> Begun:
    at = rules[0].effective_at
    after = {(each.surface, each.source): verdict(timeline, each.surface, each.source, at) for each in rules}
    # A rule that left the timeline since it was read belongs to a notice withdrawn at the last moment.
    standing = {pair: judged for pair, judged in after.items() if judged.since == at}
    before = {pair: verdict(timeline, *pair, at - timedelta.resolution) for pair in standing}
    return Begun(notice_id=rules[0].notice_id, effective_at=at, before=before, after=standing)


async def _give_grace(writer: Writer, begun: Begun) -> None:
    live = {source: judged for (surface, source), judged in begun.after.items() if surface is Surface.LIVE_CART}
    await record_grace(
        writer,
        begun=live,
        graced={
            source
            for source, judged in live.items()
            if judged.action in TAKING and judged.notice is not None and judged.notice.grace is Grace.ROOM_ENDS
        },
        effective_at=begun.effective_at,
        notice_id=begun.notice_id,
    )


async def _take_off(writer: Writer, begun: Begun, effects: Effects, leaving: Leaving) -> None:
    """Take off what leaves, set by set in the order of ids: like a creator's own changes, so that the two never
    wait for each other."""
    pairs, last = begun.pairs(TAKING), ListingId(0)
    while pairs and (candidates := await _candidates(writer, pairs, begun.effective_at, after=last)):
        last = candidates[-1]
        out = []
        for each in await _lock(writer, candidates):
            pair = (each.surface, each.source)
            judged = begun.after[pair]
            task = task_still_counts(begun.before[pair].terms, judged.terms, each.channel_task)
            if not leaves_cart(judged.action, task):
                continue
            if each.room_id is not None and stays_until_room_ends(
                judged, room_started_at=each.room_started_at, put_on_at=each.put_on_at
            ):
                effects.of(each.creator_id).kept[pair] += 1
                leaving.note_stay(each.room_id)
            else:
                out.append(each.listing_id)
        if out:
            gone = await _write_off(writer, out, begun.notice_id)
            effects.note_left(gone)
            leaving.add(gone)
            await _publish(writer, gone, begun)


async def _candidates(
    writer: Writer, pairs: Sequence[Pair], effective_at: datetime, *, after: ListingId
) -> list[ListingId]:
    return await writer.column(
        """
        SELECT listing_id
        FROM listing JOIN unnest(%(surfaces)s::text[], %(sources)s::text[]) AS begun (surface, source)
            USING (surface, source)
        WHERE state <> 'off_cart' AND coalesce(put_on_at, created_at) < %(effective_at)s
          AND listing_id > %(after)s
        ORDER BY listing_id
        LIMIT %(most)s
        """,
        surfaces=[surface.value for surface, _ in pairs],
        sources=[source for _, source in pairs],
        effective_at=effective_at,
        after=after,
        most=LISTINGS_AT_ONCE,
    )


async def _lock(writer: Writer, listing_ids: Sequence[ListingId]) -> list["_InCart"]:
    return await writer.rows(
        _InCart,
        """
        SELECT listing.listing_id, listing.creator_id, listing.room_id, listing.surface, listing.source,
               listing.channel_task, listing.put_on_at, room.started_at AS room_started_at
        FROM listing LEFT JOIN room USING (room_id)
        WHERE listing.listing_id = ANY(%(listing_ids)s) AND listing.state <> 'off_cart'
        ORDER BY listing.listing_id
        FOR UPDATE OF listing
        """,
        listing_ids=list(listing_ids),
    )


async def _write_off(writer: Writer, listing_ids: Sequence[ListingId], notice_id: NoticeId) -> list[Listing]:
    return await writer.rows(
        Listing,
        """
        UPDATE listing
        SET state = 'off_cart', off_reason = 'link_rule', off_notice_id = %(notice_id)s, taken_off_at = %(now)s
        WHERE listing_id = ANY(%(listing_ids)s)
        RETURNING *
        """,
        listing_ids=list(listing_ids),
        notice_id=notice_id,
        now=clock.now(),
    )


async def _publish(writer: Writer, gone: Sequence[Listing], begun: Begun) -> None:
    await publish_many(
        writer,
        [
            (
                listing.shop_id or PLATFORM,
                ListingTakenOff(**fields_of(listing), reason=OffReason.LINK_RULE, notice_id=begun.notice_id),
            )
            for listing in gone
        ],
        effective_at=begun.effective_at,
    )


async def _standing(writer: Writer, pairs: Sequence[Pair]) -> list[tuple[CreatorId, Pair, int]]:
    """How many listings of each pair each creator has in carts."""
    if not pairs:
        return []
    rows = await writer.rows(
        _Standing,
        """
        SELECT creator_id, surface, source, count(*)::int AS listing_count
        FROM listing JOIN unnest(%(surfaces)s::text[], %(sources)s::text[]) AS begun (surface, source)
            USING (surface, source)
        WHERE state <> 'off_cart'
        GROUP BY creator_id, surface, source
        """,
        surfaces=[surface.value for surface, _ in pairs],
        sources=[source for _, source in pairs],
    )
    return [(row.creator_id, (row.surface, row.source), row.listing_count) for row in rows]


async def _note_done(writer: Writer, begun: Begun, effects: Effects) -> None:
    left = dict.fromkeys(begun.after, 0)
    for share in effects.everybody():
        for pair, count in share.left.items():
            left[pair] += count
    await writer.run(
        """
        INSERT INTO enforced_change (surface, source, effective_at, enforced_at, listing_count)
        SELECT surface, source, %(effective_at)s, %(now)s, listing_count
        FROM unnest(%(surfaces)s::text[], %(sources)s::text[], %(counts)s::int[])
            AS done (surface, source, listing_count)
        """,
        surfaces=[surface.value for surface, _ in left],
        sources=[source for _, source in left],
        counts=list(left.values()),
        effective_at=begun.effective_at,
        now=clock.now(),
    )


class _Pair(msgspec.Struct, frozen=True):
    surface: Surface
    source: str


class _Standing(msgspec.Struct, frozen=True):
    creator_id: CreatorId
    surface: Surface
    source: str
    listing_count: int


class _InCart(msgspec.Struct, frozen=True):
    listing_id: ListingId
    creator_id: CreatorId
    room_id: RoomId | None
    surface: Surface
    source: str
    channel_task: str | None
    put_on_at: datetime | None
    room_started_at: datetime | None
