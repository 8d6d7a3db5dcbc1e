"""Two actors at one notice: it is published once, as it was read, and a rule is either enforced or withdrawn."""

import asyncio
from collections.abc import Awaitable
from datetime import timedelta

import psycopg
import pytest

from tests.conftest import MORNING
from tests.notice_world import (
    IN_TEN_DAYS,
    REASON,
    Desk,
    begun,
    content,
    open_desk,
    published,
    refuse,
    submitted,
    timeline_of,
)
from yellowcart.kernel import clock
from yellowcart.kernel.database import Database
from yellowcart.kernel.errors import Refusal
from yellowcart.kernel.ids import DraftId, NoticeId
from yellowcart.links.drafts import NoticeDraft
from yellowcart.links.errors import (
    DraftMoveImpossible,
    DraftStale,
    NoticeBegun,
    NoticeCodeTaken,
    NoticeGone,
    RulesCollide,
)
from yellowcart.links.model import Action, DraftState, Surface
from yellowcart.links.publish import publish_draft, publish_scheduled
from yellowcart.links.queries import draft
from yellowcart.links.submit import submit_draft, take_back_draft
from yellowcart.links.withdraw import withdraw_notice
from yellowcart.links.write_draft import amend_notice, change_draft
from yellowcart.stage.enforce import DueRule, enforce_together


@pytest.fixture
async def desk(database: Database) -> Desk:
    return await open_desk(database)


async def outcome(work: Awaitable[object]) -> type[BaseException] | None:
    """None if it went well, else what was raised."""
    try:
        await work
    except (Refusal, psycopg.Error) as error:
        return type(error)
    return None


async def publish(database: Database, desk: Desk, waiting: NoticeDraft) -> None:
    """The second operator publishes it."""
    async with database.writing() as writer:
        await publish_draft(writer, desk.second.person, waiting.draft_id, version=waiting.version)


async def notices_named(database: Database, *codes: str) -> int:
    async with database.reading() as reader:
        return int(
            await reader.value("SELECT count(*) FROM notice WHERE code = ANY(%(codes)s)", codes=list(codes))
        )


async def test_a_draft_that_two_publish_at_once_is_published_once(database: Database, desk: Desk) -> None:
    waiting = await submitted(database, desk, content(code="once"))
    ends = await asyncio.gather(*(outcome(publish(database, desk, waiting)) for _ in range(4)))
    assert sorted(ends, key=str) == sorted([None, *[DraftMoveImpossible] * 3], key=str)
    assert await notices_named(database, "once") == 1


async def test_of_two_notices_for_one_moment_one_is_published_and_the_other_told_of_it(
    database: Database, desk: Desk
) -> None:
    first = await submitted(database, desk, content(refuse(), code="first"))
    second = await submitted(database, desk, content(refuse(Surface.LIVE_CART), code="second"))
    ends = await asyncio.gather(*(outcome(publish(database, desk, each)) for each in (first, second)))
    assert set(ends) == {None, RulesCollide}
    assert await notices_named(database, "first", "second") == 1


async def test_a_draft_taken_back_while_it_is_being_published_is_one_or_the_other(
    database: Database, desk: Desk
) -> None:
    for number in range(4):
        written = content(
            refuse(Surface.SHOP_PAGE), code=f"n{number}", effective_at=IN_TEN_DAYS + timedelta(number)
        )
        waiting = await submitted(database, desk, written)

        async def take_back_and_change(waiting: NoticeDraft) -> None:
            async with database.writing() as writer:
                back = await take_back_draft(
                    writer, desk.drafter.person, waiting.draft_id, version=waiting.version
                )
                worse = content(refuse(sources=("own",)), code=waiting.code, effective_at=IN_TEN_DAYS)
                await change_draft(writer, desk.drafter.person, waiting.draft_id, worse, version=back.version)

        ends = await asyncio.gather(
            outcome(publish(database, desk, waiting)), outcome(take_back_and_change(waiting))
        )
        assert ends.count(None) == 1
        assert set(ends) <= {None, DraftMoveImpossible, DraftStale}
    rules = (await timeline_of(database)).rules
    assert not [each for each in rules if each.source == "own" and each.action is Action.REFUSE]


async def test_two_windows_that_save_at_once_keep_one_text(database: Database, desk: Desk) -> None:
    first = await begun(database, desk.drafter.person, content(code="windows"))

    async def save(code: str) -> None:
        async with database.writing() as writer:
            await change_draft(
                writer, desk.drafter.person, first.draft_id, content(code=code), version=first.version
            )

    assert set(await asyncio.gather(outcome(save("one")), outcome(save("two")))) == {None, DraftStale}


async def test_two_drafts_that_want_one_code_at_once_are_told_apart(database: Database, desk: Desk) -> None:
    ends = await asyncio.gather(
        *(outcome(begun(database, person, content(code="wanted"))) for person in desk.people)
    )
    assert set(ends) == {None, NoticeCodeTaken}


async def test_two_timers_publish_a_scheduled_notice_once(
    database: Database, desk: Desk, still_clock: clock.Clock
) -> None:
    announced_at = MORNING + timedelta(days=1)
    for code, surface in (("one", Surface.LIVE_CART), ("two", Surface.SHOP_PAGE)):
        await publish(
            database,
            desk,
            await submitted(database, desk, content(refuse(surface), code=code, announced_at=announced_at)),
        )
    still_clock.freeze(announced_at)
    done = await asyncio.gather(*(publish_scheduled(database) for _ in range(4)))
    while more := await publish_scheduled(database):
        done.append(more)
    assert sum(done) == 2
    assert await notices_named(database, "one", "two") == 2


async def test_withdrawing_and_amending_at_once_take_a_notice_back_once(database: Database, desk: Desk) -> None:
    await published(database, desk, content(code="cut"))
    async with database.writing() as writer:
        amending = await amend_notice(writer, desk.drafter.person, "cut")
        waiting = await submit_draft(writer, desk.drafter.person, amending.draft_id, version=amending.version)

    async def withdraw() -> None:
        async with database.writing() as writer:
            await withdraw_notice(writer, desk.third.person, "cut", reason=REASON)

    ends = await asyncio.gather(outcome(publish(database, desk, waiting)), outcome(withdraw()))
    assert set(ends) == {None, NoticeGone}
    async with database.reading() as reader:
        assert await reader.value("SELECT count(*) FROM notice_withdrawal") == 1
        amended = (await draft(reader, DraftId(amending.draft_id))).state is DraftState.PUBLISHED
    begins = [each for each in (await timeline_of(database)).rules if each.effective_at == IN_TEN_DAYS]
    assert len(begins) == (1 if amended else 0)


async def enforced_and_standing(database: Database, notice_id: int) -> tuple[int, int, int]:
    """How many rules of a notice were enforced, how many stand, and how often it was withdrawn."""
    async with database.reading() as reader:
        (row,) = await reader.records(
            """
            SELECT (SELECT count(*) FROM enforced_change WHERE effective_at = %(at)s) AS enforced,
                   (SELECT count(*) FROM link_rule WHERE notice_id = %(id)s) AS standing,
                   (SELECT count(*) FROM notice_withdrawal WHERE notice_id = %(id)s) AS withdrawn
            """,
            at=IN_TEN_DAYS,
            id=notice_id,
        )
    return row["enforced"], row["standing"], row["withdrawn"]


async def enforce(database: Database, notice_id: int) -> None:
    """As a process does whose clock is a moment ahead of the one that withdraws."""
    due = DueRule(Surface.LIVE_CART, "pinduoduo", IN_TEN_DAYS, NoticeId(notice_id))
    async with database.writing() as writer:
        await enforce_together(writer, [due])


async def withdraw(database: Database, desk: Desk) -> None:
    async with database.writing() as writer:
        await withdraw_notice(writer, desk.second.person, "cut", reason=REASON)


async def until_it_waits_or_ends(database: Database, work: asyncio.Task[object]) -> None:
    """Until another transaction waits for a lock of ours, or has ended without."""
    waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted"
    async with database.reading() as reader:
        while not work.done() and not await reader.value(waiting):
            pass


async def test_a_rule_is_either_enforced_or_withdrawn_whoever_comes_first(database: Database, desk: Desk) -> None:
    told = await published(database, desk, content(refuse(Surface.LIVE_CART), code="cut"))
    enforcing, withdrawing = await asyncio.gather(
        outcome(enforce(database, told.notice.id)), outcome(withdraw(database, desk))
    )
    counts = await enforced_and_standing(database, told.notice.id)
    if withdrawing is None:
        assert (enforcing, counts) == (None, (0, 0, 1))
    else:
        assert (enforcing, withdrawing, counts) == (None, NoticeBegun, (1, 1, 0))


async def test_a_withdrawal_waits_for_the_enforcement_under_way_and_is_refused(
    database: Database, desk: Desk
) -> None:
    told = await published(database, desk, content(refuse(Surface.LIVE_CART), code="cut"))
    due = DueRule(Surface.LIVE_CART, "pinduoduo", IN_TEN_DAYS, NoticeId(told.notice.id))
    async with database.writing() as writer:
        assert await enforce_together(writer, [due]) == 1
        withdrawing = asyncio.create_task(outcome(withdraw(database, desk)))
        await until_it_waits_or_ends(database, withdrawing)
        assert not withdrawing.done()
    assert await withdrawing is NoticeBegun
    assert await enforced_and_standing(database, told.notice.id) == (1, 1, 0)


async def test_an_enforcement_that_meets_a_withdrawal_that_is_given_up_carries_the_rule_out(
    database: Database, desk: Desk
) -> None:
    told = await published(database, desk, content(refuse(Surface.LIVE_CART), code="cut"))

    async with database.writing() as writer:
        await withdraw_notice(writer, desk.second.person, "cut", reason=REASON)
        enforcing = asyncio.create_task(outcome(enforce(database, told.notice.id)))
        await until_it_waits_or_ends(database, enforcing)
        assert not enforcing.done()
        await writer.connection.rollback()
    assert await enforcing is None
    assert await enforced_and_standing(database, told.notice.id) == (1, 1, 0)


async def test_a_notice_of_many_rules_is_withdrawn_or_enforced_as_a_whole(database: Database, desk: Desk) -> None:
    written = content(refuse(*Surface), code="cut")
    told = await published(database, desk, written)
    due = [DueRule(surface, "pinduoduo", IN_TEN_DAYS, NoticeId(told.notice.id)) for surface in sorted(Surface)]

    async def enforce_every_rule() -> None:
        async with database.writing() as writer:
            await enforce_together(writer, due)

    enforcing, withdrawing = await asyncio.gather(outcome(enforce_every_rule()), outcome(withdraw(database, desk)))
    counts = await enforced_and_standing(database, told.notice.id)
    assert enforcing is None, "neither waits for the other in a circle"
    assert (withdrawing, counts) in {(None, (0, 0, 1)), (NoticeBegun, (len(due), len(due), 0))}


async def test_an_enforcement_that_meets_a_withdrawal_under_way_changes_nothing(
    database: Database, desk: Desk
) -> None:
    told = await published(database, desk, content(refuse(Surface.LIVE_CART), code="cut"))
    async with database.writing() as writer:
        await withdraw_notice(writer, desk.second.person, "cut", reason=REASON)
        enforcing = asyncio.create_task(outcome(enforce(database, told.notice.id)))
        await until_it_waits_or_ends(database, enforcing)
        assert not enforcing.done()
    assert await enforcing is None
    assert await enforced_and_standing(database, told.notice.id) == (0, 0, 1)
