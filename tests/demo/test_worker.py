"""The background worker: it runs what is due, delivers what happened, and frees what a dead one held."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest

from tests.conftest import MORNING, settings_for
from tests.small_world import make_small_world
from yellowcart.kernel import clock, tasks
from yellowcart.kernel.clock_table import set_clock
from yellowcart.kernel.database import Database
from yellowcart.kernel.tasks import Queue
from yellowcart.sweeps import register_sweeps
from yellowcart.worker import LENGTHY_AT_ONCE, run_worker

LAST_RUN = """
SELECT max(defer_timestamp) FROM procrastinate_periodic_defers
WHERE task_name = 'yellowcart.orders.timers.lapse_unpaid_orders'
  AND NOT EXISTS (SELECT FROM procrastinate_jobs WHERE id = job_id)
"""
"""When the last run of a timer was due that has come to its end: jobs that were done are deleted."""


NEXT_TURN_WAITS = """
SELECT count(*) FROM procrastinate_jobs WHERE task_name LIKE '%fail_late' AND status = 'todo'
"""


def value(url: str, query: str) -> object:
    with psycopg.connect(url) as connection:
        row = connection.execute(query).fetchone()
        return row[0] if row else None


@asynccontextmanager
async def working(url: str, home: Path) -> AsyncIterator["asyncio.Task[None]"]:
    """A worker, for as long as the block; it must stop quickly and cleanly when told to."""
    stop = asyncio.Event()
    worker = asyncio.create_task(run_worker(settings_for(url, home), stop))
    yield worker
    stop.set()
    await asyncio.wait_for(worker, 10)


async def until(happened: Callable[[], bool], worker: "asyncio.Task[None]") -> None:
    deadline = time.monotonic() + 30
    while not happened():
        if worker.done():
            worker.result()
        assert time.monotonic() < deadline, "the worker did not get that far"
        await asyncio.sleep(0.1)


async def make_rule_that_is_due(url: str) -> None:
    """A refusal in force since an hour ago that nobody has carried out, with a listing in a live cart."""
    database = Database(url, pool_size=2)
    await database.open()
    world = await make_small_world(database)
    await database.close()
    with psycopg.connect(url) as connection:
        connection.execute(
            "INSERT INTO source VALUES ('jd_union', '京东联盟', 'JD Union', 'affiliate_network', 2)"
        )
        connection.execute(
            """
            INSERT INTO notice VALUES (1, 'cut', '平台', 'Platform', '标题', 'Title', '正文', 'Text', '原因',
                                       'Reason', %(at)s, %(at)s, '[]', NULL, %(at)s, '')
            """,
            {"at": MORNING - timedelta(hours=1)},
        )
        connection.execute(
            "INSERT INTO link_rule VALUES ('live_cart', 'jd_union', %(at)s, 'refuse', NULL, NULL, 1)",
            {"at": MORNING - timedelta(hours=1)},
        )
        connection.execute(
            """
            INSERT INTO listing (listing_id, creator_id, surface, room_id, position, state, source, title, url,
                                 created_at, put_on_at)
            VALUES (7, %(creator_id)s, 'live_cart', %(room_id)s, 2, 'on_cart', 'jd_union', '键盘',
                    'https://item.jd.com/1.html', %(at)s, %(at)s)
            """,
            {"creator_id": world.creator_id, "room_id": world.room_id, "at": MORNING - timedelta(hours=2)},
        )


async def test_a_worker_enforces_what_is_due_and_delivers_what_happened(
    database_url: str, tmp_path: Path, still_clock: clock.Clock
) -> None:
    await make_rule_that_is_due(database_url)
    async with working(database_url, tmp_path) as worker:
        await until(
            lambda: value(database_url, "SELECT off_reason FROM listing WHERE listing_id = 7") == "link_rule",
            worker,
        )
        await until(
            lambda: value(database_url, "SELECT count(*) FROM outbox_event WHERE delivered_at IS NULL") == 0,
            worker,
        )
    assert value(database_url, "SELECT count(*) FROM outbox_event WHERE kind = 'listing.taken_off'") == 1
    assert value(database_url, "SELECT count(*) FROM procrastinate_jobs WHERE status = 'doing'") == 0


async def test_what_a_killed_worker_held_is_done_by_the_next(
    database_url: str, tmp_path: Path, still_clock: clock.Clock
) -> None:
    """A job that is being done holds its lock: without help no later run of the sweep would ever start."""
    await make_rule_that_is_due(database_url)
    name = "yellowcart.stage.enforce.enforce_rules"
    with psycopg.connect(database_url) as connection:
        connection.execute("INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - interval '1 hour')")
        connection.execute(
            """
            INSERT INTO procrastinate_jobs (queue_name, task_name, lock, queueing_lock, status, worker_id, args)
            SELECT 'default', %(name)s::text, %(name)s::text, %(name)s::text, 'doing', max(id), '{"timestamp": 0}'
            FROM procrastinate_workers
            """,
            {"name": name},
        )
    async with working(database_url, tmp_path) as worker:
        await until(
            lambda: value(database_url, "SELECT off_reason FROM listing WHERE listing_id = 7") == "link_rule",
            worker,
        )


@pytest.fixture
def own_sweeps(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sweeps that a test registers are forgotten after it."""
    register_sweeps()
    for app in tasks.apps.values():
        monkeypatch.setattr(app, "tasks", dict(app.tasks))
        monkeypatch.setattr(app.periodic_registry, "periodic_tasks", dict(app.periodic_registry.periodic_tasks))
    monkeypatch.setattr(tasks, "_sweeps", dict(tasks._sweeps))
    monkeypatch.setattr(tasks, "_sweep_tasks", dict(tasks._sweep_tasks))


@pytest.mark.usefixtures("own_sweeps")
async def test_a_sweep_that_fails_while_its_next_turn_waits_runs_again(
    database_url: str, tmp_path: Path, still_clock: clock.Clock
) -> None:
    runs = 0

    @tasks.sweep(every_s=1)
    async def fail_late(_: Database) -> int:
        nonlocal runs
        runs += 1
        await until(lambda: bool(value(database_url, NEXT_TURN_WAITS)), worker)
        raise ValueError("a defect")

    async with working(database_url, tmp_path) as worker:
        await until(lambda: runs >= 3, worker)


@pytest.mark.usefixtures("own_sweeps")
async def test_whatever_hangs_outside_or_takes_long_keeps_no_timer_waiting(
    database_url: str, tmp_path: Path, still_clock: clock.Clock
) -> None:
    hanging: set[str] = set()

    def hang(name: str, queue: Queue) -> None:
        async def forever(_: Database) -> int:
            hanging.add(name)
            await asyncio.Event().wait()
            return 0

        forever.__name__ = name
        tasks.sweep(every_s=1, queue=queue)(forever)

    for number in range(6):
        hang(f"outside {number}", Queue.OUTSIDE)
        hang(f"lengthy {number}", Queue.LENGTHY)
    async with working(database_url, tmp_path) as worker:
        await until(lambda: len(hanging) == 6 + LENGTHY_AT_ONCE, worker)
        await make_rule_that_is_due(database_url)
        await until(
            lambda: value(database_url, "SELECT off_reason FROM listing WHERE listing_id = 7") == "link_rule",
            worker,
        )
        began = value(database_url, LAST_RUN)
        await until(lambda: value(database_url, LAST_RUN) != began, worker)
    assert value(database_url, "SELECT count(*) FROM procrastinate_jobs WHERE status = 'doing'") == 0


async def test_a_worker_remembers_where_a_demo_clock_stood(
    database_url: str, tmp_path: Path, still_clock: clock.Clock
) -> None:
    database = Database(database_url, pool_size=2)
    await database.open()
    async with database.writing() as writer:
        await set_clock(writer, MORNING)
    await database.close()
    async with working(database_url, tmp_path) as worker:
        await until(
            lambda: value(database_url, "SELECT heartbeat_at > platform_at FROM clock_anchor") is True, worker
        )
