"""Background work on procrastinate: jobs are rows of the database, committed with what caused them.

Timers are sweeps: a function that does everything that is due at the platform's now, in bounded sets, and is
run every few seconds. What is due is read from the tables, so nothing is lost while the worker is down, a
moved clock makes everything due at once, and running twice does nothing twice.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, cast

import procrastinate
import structlog
from procrastinate import App, PsycopgConnector, RetryStrategy

from yellowcart.kernel.database import Database, Writer

app = App(connector=PsycopgConnector())
"""Tasks register here on import; `open_tasks` gives it a database."""

SWEEP_TURNS = 1_000
"""A sweep that still finds work after so many sets stops and goes on in its next run."""

Sweep = Callable[[Database], Awaitable[int]]
_sweeps: dict[str, Sweep] = {}
_sweep_tasks: dict[str, procrastinate.tasks.Task[Any, Any, Any]] = {}
_database: Database | None = None
log = structlog.get_logger()


@asynccontextmanager
async def open_tasks(database: Database) -> AsyncIterator[App]:
    """The task app on a database, open for the length of the block: to defer jobs, and to work on them."""
    global _database  # noqa: PLW0603 - the database of this process
    _database = database
    connector = PsycopgConnector(conninfo=database.url, min_size=1, max_size=4)
    with app.replace_connector(connector) as opened:
        async with opened.open_async():
            yield opened


def sweep(*, every_s: int) -> Callable[[Sweep], Sweep]:
    """Run `function(database)` every so many seconds until it answers 0: the number of things it did.

    The function does one bounded set per call, in a transaction of its own.
    """

    def register(function: Sweep) -> Sweep:
        name = f"{function.__module__}.{function.__name__}"

        async def run(timestamp: int = 0) -> None:
            if _database is None:
                raise RuntimeError("open the task app first")
            for _ in range(SWEEP_TURNS):
                if not await function(_database):
                    return

        task = app.task(name=name, queueing_lock=name, lock=name, retry=RetryStrategy(max_attempts=5, wait=2))(run)
        cron = f"* * * * * */{every_s}" if every_s < 60 else f"*/{every_s // 60} * * * *"
        app.periodic(cron=cron, periodic_id=name)(cast(Any, task))
        _sweeps[name] = function
        _sweep_tasks[name] = task
        return function

    return register


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
