"""Background work on procrastinate: jobs are rows of the database, committed with what caused them.

Timers are sweeps: a function that does everything that is due at the platform's now, in bounded sets, and is
run every few seconds. What is due is read from the tables, so nothing is lost while the worker is down, a
moved clock makes everything due at once, and running twice does nothing twice.

Sweeps stand in queues by what they wait for, and each queue has its own places to work at: whoever asks somebody
outside, or works for long, never keeps a promise of seconds waiting.
"""

import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import ExitStack, asynccontextmanager, contextmanager
from contextvars import ContextVar
from enum import StrEnum
from typing import Any, cast

import procrastinate
import structlog
from procrastinate import App, PsycopgConnector

from yellowcart.kernel.database import LOST, Database, Writer


class Queue(StrEnum):
    """Where a sweep waits for its run."""

    TIMERS = "default"
    """Asks the database alone, in short sets, and keeps promises of seconds. Named as procrastinate does by
    default, so that jobs of before are still done."""
    OUTSIDE = "outside"
    """Asks somebody outside: a provider, a carrier, a storage, strangers' servers."""
    LENGTHY = "lengthy"
    """Works of our own that may take long: files of thousands of rows, searches."""


SWEEP_TURNS = 1_000
"""A sweep that still finds work after so many sets stops and goes on in its next run."""
RUN_S: Mapping[Queue, float] = {Queue.TIMERS: 10, Queue.OUTSIDE: 30, Queue.LENGTHY: 30}
"""After so many seconds a run ends with the set (or the row) that it is at, and goes on in its next turn."""

Sweep = Callable[[Database], Awaitable[int]]
_sweeps: dict[str, Sweep] = {}
_sweep_tasks: dict[str, procrastinate.tasks.Task[Any, Any, Any]] = {}
_database: Database | None = None
_run_ends: ContextVar[float] = ContextVar("run_ends", default=float("inf"))
log = structlog.get_logger()


def _apps() -> dict[Queue, App]:
    """One app for each queue, so that each worker plans the sweeps of its own queue. All know every task: what was
    queued before its sweep moved to another queue is done where it waits."""
    apps = {queue: App(connector=PsycopgConnector()) for queue in Queue}
    for each in apps.values():
        each.tasks = apps[Queue.TIMERS].tasks
    return apps


apps = _apps()
"""Sweeps register here on import; `open_tasks` gives them a database."""


@asynccontextmanager
async def open_tasks(database: Database) -> AsyncIterator[Mapping[Queue, App]]:
    """The task apps on a database, open for the length of the block: to defer jobs, and to work on them."""
    global _database  # noqa: PLW0603 - the database of this process
    _database = database
    connector = PsycopgConnector(conninfo=database.url, min_size=1, max_size=6)
    with ExitStack() as replaced:
        for each in apps.values():
            replaced.enter_context(each.replace_connector(connector))
        async with apps[Queue.TIMERS].open_async():
            yield apps


def time_is_up() -> bool:
    """Whether the run of a sweep that this is called in has had its time; False where there is no such run."""
    return time.monotonic() >= _run_ends.get()


@contextmanager
def a_run(seconds: float) -> Iterator[None]:
    """A run of so many seconds: `time_is_up` goes by it in this block."""
    before = _run_ends.set(time.monotonic() + seconds)
    try:
        yield
    finally:
        _run_ends.reset(before)


async def _run_to_the_end(function: Sweep, database: Database, seconds: float) -> None:
    with a_run(seconds):
        for _ in range(SWEEP_TURNS):
            if not await function(database) or time_is_up():
                return


def sweep(*, every_s: int, queue: Queue = Queue.TIMERS) -> Callable[[Sweep], Sweep]:
    """Run `function(database)` every so many seconds until it answers 0, the number of things it did, or the time
    of the run is up.

    The function does one bounded set per call, in a transaction of its own. It never runs twice at once. A run
    that fails is logged, and tried again by the next turn: a job that procrastinate would retry collides with the
    next turn when that waits already, and then neither would ever run.
    """

    def register(function: Sweep) -> Sweep:
        name = f"{function.__module__}.{function.__name__}"

        async def run(timestamp: int = 0) -> None:
            if _database is None:
                raise RuntimeError("open the task app first")
            try:
                await _run_to_the_end(function, _database, RUN_S[queue])
            except LOST as error:
                log.warning("sweep.waits", sweep=name, error=str(error))
            except Exception:
                log.exception("sweep.failed", sweep=name)

        app = apps[queue]
        task = app.task(name=name, queue=queue.value, queueing_lock=name, lock=name)(run)
        cron = f"* * * * * */{every_s}" if every_s < 60 else f"*/{every_s // 60} * * * *"
        app.periodic(cron=cron, periodic_id=name)(cast(Any, task))
        _sweeps[name] = function
        _sweep_tasks[name] = task
        return function

    return register


def sweeps_in(queue: Queue) -> int:
    """How many sweeps are registered in a queue."""
    return sum(task.queue == queue.value for task in _sweep_tasks.values())


async def run_all_sweeps(database: Database) -> int:
    """Run every sweep once, now, here: for tests, for writing history and for `yellowcart sweep`."""
    done = 0
    for _, function in sorted(_sweeps.items()):
        while count := await function(database):
            done += count
    return done


async def defer_sweeps(writer: Writer) -> None:
    """Have every sweep run at once when this transaction commits: the clock was moved."""
    for task in _sweep_tasks.values():
        try:
            async with writer.attempt():
                await task.configure(connection=writer.connection).defer_async()
        except procrastinate.exceptions.AlreadyEnqueued:
            continue
