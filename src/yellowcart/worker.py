"""The background worker: sweeps on time, events out of the outbox, the heartbeat of a demo world's clock.

Everything it does is read from tables, so it may die and start again at any moment, and several may run.
"""

import asyncio
import signal
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, suppress

import procrastinate
import psycopg
import structlog
from procrastinate import App
from procrastinate.jobs import Status

from yellowcart.kernel.clock_table import beat, follow_clock
from yellowcart.kernel.database import Database
from yellowcart.kernel.events import deliver_events
from yellowcart.kernel.idempotency import forget_old_answers
from yellowcart.kernel.notifications import Notifications
from yellowcart.kernel.settings import Settings
from yellowcart.kernel.tasks import Queue, open_tasks, sweeps_in
from yellowcart.payments.providers import open_gateways
from yellowcart.platform import database_url, know_sources
from yellowcart.stage.enforce import LOOK_EVERY_S, enforce_on_time
from yellowcart.sweeps import register_sweeps

TIMERS_AT_ONCE = 4
LENGTHY_AT_ONCE = 2
LOOK_FOR_EVENTS_EVERY_S = 0.5
HEARTBEAT_EVERY_S = 5.0
FREE_STALLED_EVERY_S = 10.0
FORGET_EVERY_S = 86_400.0
STOP_WITHIN_S = 5.0
"""A job that is still at work so long after the signal is broken off; the sweep does it again."""

WORKER_HEARTBEAT_S = 3.0
WORKER_IS_GONE_AFTER_S = 12.0
"""A worker without a heartbeat for so long is dead, and what it held is free again."""

log = structlog.get_logger()


async def run_worker(settings: Settings, stop: asyncio.Event | None = None) -> None:
    """Work until SIGTERM or SIGINT, or until `stop` is set."""
    register_sweeps()
    stop = stop or _stop_on_signal()
    async with AsyncExitStack() as closing:
        database = Database(database_url(settings), pool_size=settings.pool_size)
        await database.open()
        closing.push_async_callback(database.close)
        tasks = await closing.enter_async_context(open_tasks(database))
        notifications = Notifications(database)
        closing.push_async_callback(notifications.stop)
        await follow_clock(database, notifications)
        await know_sources(settings, database, notifications)
        open_gateways(database, settings.payments, sandbox=settings.sandbox)
        await notifications.start()
        log.info("worker.started")
        work = [
            asyncio.create_task(each, name=name)
            for name, each in (
                *((f"jobs {queue.value}", _work_on_jobs(tasks, queue)) for queue in Queue),
                ("events", _every(LOOK_FOR_EVENTS_EVERY_S, lambda: _deliver_all(database))),
                ("rules", _enforce_on_time(database)),
                ("clock", _every(HEARTBEAT_EVERY_S, lambda: _beat(database))),
                ("stalled", _every(FREE_STALLED_EVERY_S, lambda: _free_stalled(tasks[Queue.TIMERS]))),
                ("answers", _every(FORGET_EVERY_S, lambda: _forget(database))),
            )
        ]
        stopping = asyncio.create_task(stop.wait(), name="stop")
        done, _ = await asyncio.wait([*work, stopping], return_when=asyncio.FIRST_COMPLETED)
        for task in [*work, stopping]:
            task.cancel()
        await asyncio.gather(*work, stopping, return_exceptions=True)
        with suppress(psycopg.Error):
            await _beat(database)
        for task in done - {stopping}:
            task.result()
        log.info("worker.stopped")


def _stop_on_signal() -> asyncio.Event:
    stop = asyncio.Event()
    for each in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(each, stop.set)
    return stop


def _jobs_at_once(queue: Queue) -> int:
    """Places of a queue. Sweeps that go outside have one each, for none runs twice at once: a provider that is
    silent keeps no carrier waiting, and nobody outside keeps the timers."""
    match queue:
        case Queue.TIMERS:
            return TIMERS_AT_ONCE
        case Queue.LENGTHY:
            return LENGTHY_AT_ONCE
        case Queue.OUTSIDE:
            return max(sweeps_in(queue), 1)


async def _work_on_jobs(tasks: Mapping[Queue, App], queue: Queue) -> None:
    await tasks[queue].run_worker_async(
        queues=[queue.value],
        name=queue.value,
        concurrency=_jobs_at_once(queue),
        install_signal_handlers=False,
        delete_jobs="always",
        shutdown_graceful_timeout=STOP_WITHIN_S,
        update_heartbeat_interval=WORKER_HEARTBEAT_S,
        stalled_worker_timeout=WORKER_IS_GONE_AFTER_S,
    )


async def _every(seconds: float, act: Callable[[], Awaitable[None]]) -> None:
    """Act now and every so many seconds; a database that is away for a while is waited for."""
    while True:
        try:
            await act()
        except (psycopg.Error, procrastinate.exceptions.ProcrastinateException, TimeoutError, OSError) as error:
            log.warning("worker.waits", error=str(error))
        await asyncio.sleep(seconds)


async def _enforce_on_time(database: Database) -> None:
    """Carry out link rules at their very moment; a database that is away for a while is waited for."""
    while True:
        pause = LOOK_EVERY_S
        try:
            pause = await enforce_on_time(database)
        except (psycopg.Error, TimeoutError, OSError) as error:
            log.warning("worker.waits", error=str(error))
        await asyncio.sleep(pause)


async def _deliver_all(database: Database) -> None:
    while await deliver_events(database):
        pass


async def _beat(database: Database) -> None:
    async with database.writing() as writer:
        await beat(writer)


async def _forget(database: Database) -> None:
    while True:
        async with database.writing() as writer:
            if not await forget_old_answers(writer):
                return


async def _free_stalled(tasks: App) -> None:
    """Jobs of a worker that was killed hold their lock for ever unless somebody gives them back."""
    jobs = tasks.job_manager
    for job in await jobs.get_stalled_jobs(seconds_since_heartbeat=WORKER_IS_GONE_AFTER_S):
        try:
            await jobs.retry_job(job)
        except procrastinate.exceptions.ConnectorException:
            # The same sweep waits already; the one that died leaves its place to it.
            await jobs.finish_job(job, status=Status.FAILED, delete_job=True)
        log.info("worker.freed_stalled_job", task=job.task_name, job_id=job.id)
