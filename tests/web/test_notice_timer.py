"""Notices announced later: published by the timer, at their moment, once, or sent back with the reason."""

from datetime import timedelta

import pytest

from tests.conftest import MORNING
from tests.notice_world import (
    IN_TEN_DAYS,
    Desk,
    begun,
    content,
    messages_of,
    open_desk,
    published,
    refuse,
    submitted,
)
from yellowcart.kernel import clock
from yellowcart.kernel.database import Database
from yellowcart.kernel.errors import NotFound
from yellowcart.links.errors import (
    RulesInThePast,
    ScheduleTooTight,
)
from yellowcart.links.model import DraftState, Surface
from yellowcart.links.publish import publish_draft, publish_scheduled
from yellowcart.links.queries import draft, notice
from yellowcart.links.submit import return_draft, submit_draft


@pytest.fixture
async def desk(database: Database) -> Desk:
    return await open_desk(database)


async def test_a_notice_announced_later_is_published_by_the_timer_at_that_moment_and_once(
    database: Database, desk: Desk, still_clock: clock.Clock
) -> None:
    announced_at = MORNING + timedelta(days=2)
    draft_ = await submitted(database, desk, content(announced_at=announced_at))
    async with database.writing() as writer:
        approved = await publish_draft(writer, desk.second.person, draft_.draft_id, version=draft_.version)
    assert approved.state is DraftState.SCHEDULED
    assert await publish_scheduled(database) == 0
    still_clock.freeze(announced_at + timedelta(seconds=2))
    assert await publish_scheduled(database) == 1
    assert await publish_scheduled(database) == 0
    async with database.reading() as reader:
        told = await notice(reader, draft_.code)
        assert await reader.value("SELECT count(*) FROM outbox_event WHERE kind = 'notice.published'") == 1
    assert told.notice.announced_at == announced_at, "two seconds of a timer are not told"
    assert (told.drafter_name, told.publisher_name) == ("小青", "小贺")
    kinds = [kind for kind, _ in await messages_of(database, desk.drafter.person)]
    assert sorted(kinds) == ["notice.published", "notice.scheduled"]


async def test_after_a_long_pause_a_notice_bears_its_true_moment_and_what_is_too_late_goes_back(
    database: Database, desk: Desk, still_clock: clock.Clock
) -> None:
    announced_at = MORNING + timedelta(days=2)
    in_time = await submitted(database, desk, content(announced_at=announced_at, code="in-time"))
    missed = await submitted(
        database,
        desk,
        content(
            refuse(Surface.SHOP_PAGE),
            announced_at=announced_at,
            effective_at=MORNING + timedelta(days=3),
            code="missed",
        ),
    )
    async with database.writing() as writer:
        for each in (in_time, missed):
            await publish_draft(writer, desk.second.person, each.draft_id, version=each.version)
    woken = MORNING + timedelta(days=5)
    still_clock.freeze(woken)
    assert await publish_scheduled(database) == 1
    assert await publish_scheduled(database) == 1
    assert await publish_scheduled(database) == 0
    async with database.reading() as reader:
        assert (await notice(reader, "in-time")).notice.announced_at == woken
        back = await draft(reader, missed.draft_id)
        with pytest.raises(NotFound):
            await notice(reader, "missed")
    assert (back.state, back.decision_remark) == (DraftState.DRAFT, RulesInThePast.message)
    for person in desk.people:
        assert [text for kind, text in await messages_of(database, person) if kind == "notice.unpublishable"] == [
            "“Pinduoduo leaves the cart” was due to be published, but it is a draft again: A rule cannot begin "
            "before it is published: verdicts already given would change."
        ]


async def test_a_scheduled_notice_that_collides_by_then_goes_back(
    database: Database, desk: Desk, still_clock: clock.Clock
) -> None:
    announced_at = MORNING + timedelta(days=2)
    slow = await submitted(database, desk, content(announced_at=announced_at, code="slow"))
    async with database.writing() as writer:
        await publish_draft(writer, desk.second.person, slow.draft_id, version=slow.version)
    await published(database, desk, content(code="quick"))
    still_clock.freeze(announced_at)
    assert await publish_scheduled(database) == 1
    async with database.reading() as reader:
        back = await draft(reader, slow.draft_id)
    assert back.state is DraftState.DRAFT
    (told,) = [text for kind, text in await messages_of(database, desk.second.person) if "unpub" in kind]
    assert "notice quick" in told


async def test_a_schedule_leaves_the_timer_some_minutes(database: Database, desk: Desk) -> None:
    tight = content(announced_at=IN_TEN_DAYS - timedelta(minutes=4))
    draft_ = await begun(database, desk.drafter.person, tight)
    async with database.writing() as writer:
        with pytest.raises(ScheduleTooTight):
            await submit_draft(writer, desk.drafter.person, draft_.draft_id, version=draft_.version)


async def test_a_scheduled_notice_can_still_be_stopped(
    database: Database, desk: Desk, still_clock: clock.Clock
) -> None:
    announced_at = MORNING + timedelta(days=2)
    draft_ = await submitted(database, desk, content(announced_at=announced_at))
    async with database.writing() as writer:
        approved = await publish_draft(writer, desk.second.person, draft_.draft_id, version=draft_.version)
        await return_draft(writer, desk.third.person, draft_.draft_id, version=approved.version, remark="再等等")
    still_clock.freeze(announced_at)
    assert await publish_scheduled(database) == 0
