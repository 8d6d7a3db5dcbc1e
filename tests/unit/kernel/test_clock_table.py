"""The clock of a demo world moves forward only, in every process, and sleeps while nobody runs it."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from tests.conftest import MORNING
from yellowcart.kernel import clock
from yellowcart.kernel.clock_table import (
    RESUME_MARGIN,
    ClockBackwards,
    ClockFixed,
    beat,
    follow_clock,
    move_clock,
    read_anchor,
    resume_clock,
    set_clock,
)
from yellowcart.kernel.database import Database
from yellowcart.kernel.notifications import Notifications

MARCH = datetime(2022, 2, 28, 16, 0, tzinfo=UTC)
"""2022-03-01 00:00 in Shanghai."""


@pytest.fixture(autouse=True)
def real_time_again() -> Iterator[None]:
    """Leave the process's clock as it was."""
    yield
    clock.process_clock().set_offset(timedelta())


async def follow(database: Database) -> Notifications:
    """A process that follows the table."""
    notifications = Notifications(database)
    await follow_clock(database, notifications)
    await notifications.start()
    return notifications


async def until_after(moment: datetime) -> None:
    """Wait until the process's clock shows a moment after this one."""
    for _ in range(1_000):
        if clock.now() >= moment:
            return
        await asyncio.sleep(0.01)
    raise AssertionError(f"the clock still shows {clock.now()}")


async def test_an_installation_on_real_time_has_a_clock_that_nobody_moves(database: Database) -> None:
    with pytest.raises(ClockFixed):
        async with database.writing() as writer:
            await move_clock(writer, MARCH)
    async with database.reading() as reader:
        assert await read_anchor(reader) is None


@pytest.mark.parametrize("step", [timedelta(), timedelta(microseconds=1), timedelta(days=400)])
async def test_the_clock_is_never_moved_back_nor_left_standing(database: Database, step: timedelta) -> None:
    async with database.writing() as writer:
        await set_clock(writer, MORNING)
    with pytest.raises(ClockBackwards):
        async with database.writing() as writer:
            await move_clock(writer, MORNING - step)
    async with database.writing() as writer:
        await move_clock(writer, MORNING + timedelta(microseconds=1))


async def test_every_process_follows_when_the_clock_is_moved(database: Database) -> None:
    async with database.writing() as writer:
        await set_clock(writer, MORNING)
    notifications = await follow(database)
    assert MORNING <= clock.now() < MORNING + timedelta(minutes=1)
    async with database.writing() as writer:
        await move_clock(writer, MARCH)
    await until_after(MARCH)
    assert clock.now() < MARCH + timedelta(minutes=1)
    await notifications.stop()


async def test_a_move_between_reading_and_listening_is_not_missed(database: Database) -> None:
    async with database.writing() as writer:
        await set_clock(writer, MORNING)
    notifications = Notifications(database)
    await follow_clock(database, notifications)
    async with database.writing() as writer:
        await move_clock(writer, MARCH)
    await notifications.start()
    await until_after(MARCH)
    await notifications.stop()


async def test_a_world_that_slept_goes_on_a_little_after_its_last_heartbeat(
    database: Database, still_clock: clock.Clock
) -> None:
    async with database.writing() as writer:
        await set_clock(writer, MORNING)
    still_clock.freeze(MORNING + timedelta(hours=5))
    async with database.writing() as writer:
        await beat(writer)
    async with database.writing() as writer:
        # As if the machine had been off: what the system's clock says now does not matter.
        await writer.run("UPDATE clock_anchor SET system_at = system_at - interval '30 days'")
        await resume_clock(writer)
    notifications = await follow(database)
    resumed = MORNING + timedelta(hours=5) + RESUME_MARGIN
    assert resumed <= clock.now() < resumed + timedelta(minutes=1)
    await notifications.stop()


async def test_resuming_real_time_changes_nothing(database: Database) -> None:
    async with database.writing() as writer:
        await resume_clock(writer)
        await beat(writer)
    async with database.reading() as reader:
        assert await read_anchor(reader) is None


def test_a_clock_stands_only_at_an_aware_moment() -> None:
    with pytest.raises(ValueError, match="aware"):
        clock.Clock().freeze(datetime(2022, 3, 1))
