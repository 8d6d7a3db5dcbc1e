"""A moved clock and the announcements that it passes over: each at its planned moment, or back to its drafter."""

from datetime import datetime, timedelta

import pytest

from tests.conftest import MORNING
from tests.notice_world import Desk, content, messages_of, open_desk, refuse, submitted
from yellowcart.accounts.controls import move_platform_clock
from yellowcart.kernel import clock
from yellowcart.kernel.clock_table import ClockBackwards, set_clock
from yellowcart.kernel.database import Database
from yellowcart.kernel.ids import DraftId
from yellowcart.links.errors import RulesCollide
from yellowcart.links.model import DraftState, Surface
from yellowcart.links.publish import publish_draft
from yellowcart.links.queries import draft, notice

ANNOUNCED = MORNING + timedelta(days=2)
EFFECT = MORNING + timedelta(days=4)


@pytest.fixture
async def desk(database: Database) -> Desk:
    opened = await open_desk(database)
    async with database.writing() as writer:
        await set_clock(writer, MORNING)
    return opened


async def schedule(database: Database, desk: Desk, code: str, announced_at: datetime) -> DraftId:
    """An approved notice: Pinduoduo leaves live carts at EFFECT."""
    told = content(refuse(Surface.LIVE_CART), announced_at=announced_at, effective_at=EFFECT, code=code)
    handed_over = await submitted(database, desk, told)
    async with database.writing() as writer:
        await publish_draft(writer, desk.second.person, handed_over.draft_id, version=handed_over.version)
    return handed_over.draft_id


async def leap(database: Database, desk: Desk, to: datetime) -> None:
    async with database.writing() as writer:
        await move_platform_clock(writer, desk.drafter.person, to)
    clock.process_clock().freeze(to)


async def test_what_is_passed_over_is_published_as_it_was_planned(
    database: Database, desk: Desk, still_clock: clock.Clock
) -> None:
    await schedule(database, desk, "passed", ANNOUNCED)
    await leap(database, desk, EFFECT + timedelta(days=30))
    async with database.reading() as reader:
        told = await notice(reader, "passed")
    assert (told.notice.announced_at, told.notice.effective_at) == (ANNOUNCED, EFFECT)
    assert (told.drafter_name, told.publisher_name) == ("小青", "小贺")


async def test_a_leap_that_ends_before_the_announcement_publishes_nothing(
    database: Database, desk: Desk, still_clock: clock.Clock
) -> None:
    draft_id = await schedule(database, desk, "coming", ANNOUNCED)
    await leap(database, desk, ANNOUNCED - timedelta(seconds=1))
    async with database.reading() as reader:
        assert (await draft(reader, draft_id)).state is DraftState.SCHEDULED


async def test_what_cannot_be_published_on_the_way_goes_back_and_does_not_stop_the_clock(
    database: Database, desk: Desk, still_clock: clock.Clock
) -> None:
    await schedule(database, desk, "first", ANNOUNCED)
    second = await schedule(database, desk, "second", ANNOUNCED + timedelta(hours=1))
    await leap(database, desk, EFFECT + timedelta(days=1))
    async with database.reading() as reader:
        assert (await notice(reader, "first")).notice.announced_at == ANNOUNCED
        back = await draft(reader, second)
    assert (back.state, back.decision_remark) == (DraftState.DRAFT, RulesCollide.message)
    assert "notice.unpublishable" in {kind for kind, _ in await messages_of(database, desk.drafter.person)}


async def test_a_leap_that_is_refused_publishes_nothing(
    database: Database, desk: Desk, still_clock: clock.Clock
) -> None:
    draft_id = await schedule(database, desk, "kept", ANNOUNCED)
    with pytest.raises(ClockBackwards):
        await leap(database, desk, MORNING)
    async with database.reading() as reader:
        assert (await draft(reader, draft_id)).state is DraftState.SCHEDULED
