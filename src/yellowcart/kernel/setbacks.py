"""Rows at which a timer fails: put off with growing waits, told in the log, and never in anybody else's way.

A timer does what is due in sets. One row that raises anything would otherwise stop every row behind it, in every
run to come: money that is owed, stock that is held. Where the table of the row knows its own next time, that is
moved (`act_on_each`); where what is due follows from the business alone, this process remembers the row
(`Setbacks`) and its query leaves it out. A process that starts anew tries every row again.
"""

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Generic, TypeVar

import structlog

from yellowcart.kernel import clock
from yellowcart.kernel.database import LOST, Writer
from yellowcart.kernel.tasks import time_is_up

Row = TypeVar("Row")
Key = TypeVar("Key", bound=Hashable)

FIRST_WAIT = timedelta(seconds=10)
LONGEST_WAIT = timedelta(hours=1)
REMEMBERED_MAX = 10_000
"""Rows of one timer that are remembered; of more, the one that failed longest ago is forgotten."""

_AWAY = ("08", "53", "57P")
"""States of SQL that say that the database is going, full or gone, whatever it was asked."""

log = structlog.get_logger()


def is_database_away(error: Exception) -> bool:
    """Whether an exception says that the database cannot be reached now; what it answers to one row, a deadlock or
    a value that is too large, is that row's own."""
    state = getattr(error, "sqlstate", None)
    return isinstance(error, LOST) and (state is None or state.startswith(_AWAY))


class Setbacks(Generic[Key]):
    """The rows at which one timer failed in this process, by their keys."""

    def __init__(self, timer: str) -> None:
        self._timer = timer
        self._failed: dict[Key, tuple[int, datetime]] = {}

    def put_off(self) -> list[Key]:
        """The keys whose turn has not come again: the query of what is due leaves them out."""
        now = clock.now()
        return [key for key, (_, again_at) in self._failed.items() if again_at > now]

    def is_put_off(self, key: Key) -> bool:
        """Whether the turn of this row has not come again."""
        return key in self._failed and self._failed[key][1] > clock.now()

    @contextmanager
    def sparing(self, key: Key) -> Iterator[None]:
        """The block sees to one row: whatever it raises is logged, the row is put off, and nothing is raised.

        Within a transaction the block needs a savepoint of its own. A database that is away is no row's fault:
        that is raised.
        """
        try:
            yield
        except Exception as error:
            if is_database_away(error):
                raise
            self._note(key)
        else:
            self._failed.pop(key, None)

    def _note(self, key: Key) -> None:
        times = self._failed.pop(key, (0, None))[0] + 1
        wait = min(FIRST_WAIT * 2 ** min(times - 1, 20), LONGEST_WAIT)
        self._failed[key] = (times, clock.now() + wait)
        if len(self._failed) > REMEMBERED_MAX:
            del self._failed[next(iter(self._failed))]
        log.exception("timer.row_failed", timer=self._timer, row=key, times=times)

    async def act_on_set(
        self,
        writer: Writer,
        rows: Sequence[Row],
        key: Callable[[Row], Key],
        act: Callable[[Sequence[Row]], Awaitable[None]],
    ) -> int:
        """Act on rows together, in the caller's transaction; when that fails, on each alone. Answers with how many
        it was done. `act` is given the rows in their order."""
        if not rows:
            return 0
        try:
            async with writer.attempt():
                await act(rows)
        except Exception as error:
            if is_database_away(error):
                raise
            log.warning("timer.set_failed", timer=self._timer, rows=len(rows), error=repr(error))
        else:
            for row in rows:
                self._failed.pop(key(row), None)
            return len(rows)
        done = 0
        for row in rows:
            with self.sparing(key(row)):
                async with writer.attempt():
                    await act([row])
                done += 1
        return done


async def act_on_each(
    timer: str,
    rows: Sequence[Row],
    act: Callable[[Row], Awaitable[None]],
    put_off: Callable[[Row], Awaitable[object]],
) -> int:
    """Act on each row outside of any transaction, until the time of this run is up; answers with how many it was
    done or put off.

    A row at which `act` raises anything is logged and `put_off`, in a transaction of its own. What `put_off`
    raises because the database is away is raised; anything else is logged, and the row stays where it is.
    """
    seen = 0
    for row in rows:
        if time_is_up():
            break
        try:
            await act(row)
        except Exception:
            log.exception("timer.row_failed", timer=timer, row=repr(row)[:200])
            try:
                await put_off(row)
            except Exception as error:
                if is_database_away(error):
                    raise
                log.exception("timer.row_not_put_off", timer=timer)
                continue
        seen += 1
    return seen


async def side_by_side(parts: Iterable[Awaitable[int]]) -> int:
    """Do the parts of a set beside each other; answers with how many things that was in all. All of them come to
    their end, also when one raises; then that is raised."""
    ended = await asyncio.gather(*parts, return_exceptions=True)
    for each in ended:
        if isinstance(each, BaseException):
            raise each
    return sum(each for each in ended if isinstance(each, int))
