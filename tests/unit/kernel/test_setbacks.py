"""A row at which a timer fails waits longer each time and stands in nobody's way."""

from collections.abc import Sequence
from datetime import timedelta

import psycopg
import pytest
from psycopg_pool import PoolTimeout

from tests.conftest import MORNING
from yellowcart.kernel import clock
from yellowcart.kernel.database import Database, Writer
from yellowcart.kernel.setbacks import (
    FIRST_WAIT,
    LONGEST_WAIT,
    Setbacks,
    act_on_each,
    is_database_away,
    side_by_side,
)


def fail(setbacks: Setbacks[int], key: int) -> None:
    with setbacks.sparing(key):
        raise RuntimeError("a defect")


def test_a_row_that_fails_again_and_again_waits_longer_each_time_and_an_hour_at_most(
    still_clock: clock.Clock,
) -> None:
    setbacks = Setbacks[int]("test")
    wait = FIRST_WAIT
    for _ in range(40):
        fail(setbacks, 7)
        still_clock.freeze(clock.now() + wait - timedelta.resolution)
        assert setbacks.put_off() == [7]
        assert setbacks.is_put_off(7)
        still_clock.freeze(clock.now() + timedelta.resolution)
        assert setbacks.put_off() == []
        wait = min(2 * wait, LONGEST_WAIT)
    assert wait == timedelta(hours=1)


def test_a_row_that_was_done_begins_anew(still_clock: clock.Clock) -> None:
    setbacks = Setbacks[int]("test")
    for _ in range(5):
        fail(setbacks, 7)
    with setbacks.sparing(7):
        pass
    assert setbacks.put_off() == []
    fail(setbacks, 7)
    still_clock.freeze(MORNING + FIRST_WAIT)
    assert setbacks.put_off() == []


def test_a_database_that_is_away_is_no_rows_fault() -> None:
    setbacks = Setbacks[int]("test")
    for error in (psycopg.OperationalError("no route"), PoolTimeout("full"), psycopg.errors.AdminShutdown("bye")):
        with pytest.raises(type(error)), setbacks.sparing(7):
            raise error
    assert setbacks.put_off() == []
    for own in (psycopg.errors.DeadlockDetected(), psycopg.errors.ProgramLimitExceeded(), psycopg.DataError()):
        assert not is_database_away(own)


async def note(writer: Writer, names: Sequence[str]) -> None:
    """A row for each name; "bad" is refused by the database."""
    for name in names:
        value = None if name == "bad" else False
        await writer.run(
            "INSERT INTO kill_switch (name, closed, changed_at) VALUES (%(name)s, %(value)s, now())",
            name=name,
            value=value,
        )


async def noted(database: Database) -> list[str]:
    async with database.reading() as reader:
        return await reader.column("SELECT name FROM kill_switch ORDER BY name")


async def test_a_set_with_one_bad_row_is_done_but_for_that_row(database: Database) -> None:
    setbacks = Setbacks[str]("test")
    async with database.writing() as writer:
        done = await setbacks.act_on_set(
            writer, ["a", "bad", "b"], lambda name: name, lambda names: note(writer, names)
        )
    assert done == 2
    assert await noted(database) == ["a", "b"]
    assert setbacks.put_off() == ["bad"]


async def test_each_row_is_acted_on_and_one_that_fails_is_put_off(database: Database) -> None:
    put_off: list[str] = []

    async def act(name: str) -> None:
        async with database.writing() as writer:
            await note(writer, [name])

    async def later(name: str) -> None:
        put_off.append(name)
        if len(put_off) == 2:
            raise ValueError("it cannot even be put off")

    assert await act_on_each("test", ["a", "bad", "b", "bad", "c"], act, later) == 4
    assert (await noted(database), put_off) == (["a", "b", "c"], ["bad", "bad"])


async def test_a_row_that_cannot_be_put_off_because_the_database_is_away_ends_the_run() -> None:
    async def act(_: int) -> None:
        raise psycopg.OperationalError("gone")

    with pytest.raises(psycopg.OperationalError):
        await act_on_each("test", [1, 2], act, act)


async def test_what_goes_on_side_by_side_ends_before_a_failure_is_told() -> None:
    ended: list[int] = []

    async def part(number: int) -> int:
        if number == 1:
            raise ValueError("a defect")
        ended.append(number)
        return number

    assert await side_by_side(part(number) for number in (2, 3)) == 5
    ended.clear()
    with pytest.raises(ValueError, match="a defect"):
        await side_by_side(part(number) for number in (1, 2, 3))
    assert ended == [2, 3]
