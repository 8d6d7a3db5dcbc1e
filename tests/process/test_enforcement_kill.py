"""Link rules survive `kill -9` of the worker: what was being carried out is undone or done, and told once."""

import asyncio
import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest

from tests.rule_world import write_cut
from tests.stage_world import new_host, write_sources
from yellowcart.kernel import clock
from yellowcart.kernel.database import Database
from yellowcart.kernel.ids import ListingId, RoomId, new_id
from yellowcart.stage.admission import CART_DOOR

pytestmark = [pytest.mark.process, pytest.mark.xdist_group("process")]

HOSTS = 40
PER_HOST = 500
LISTINGS = HOSTS * PER_HOST


@contextlib.contextmanager
def worker(database_url: str, home: Path) -> Iterator[subprocess.Popen[bytes]]:
    """The worker as a process of its own, killed at the end of the block if it still runs."""
    environment = os.environ | {"DATABASE_URL": database_url, "YELLOWCART_HOME": str(home)}
    process = subprocess.Popen([sys.executable, "-m", "yellowcart.cli", "worker"], env=environment)
    try:
        yield process
    finally:
        process.kill()
        process.wait(10)


def _until(database_url: str, query: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 60
    with psycopg.connect(database_url, autocommit=True) as connection:
        while not (row := connection.execute(query).fetchone()) or not row[0]:
            assert process.poll() is None, "the worker ended by itself"
            assert time.monotonic() < deadline, "the worker did not get that far"
            time.sleep(0.02)


def _counts(database_url: str) -> dict[str, int]:
    with psycopg.connect(database_url, autocommit=True) as connection:
        return {
            name: connection.execute(query).fetchone()[0]  # type: ignore[index]
            for name, query in {
                "left": "SELECT count(*) FROM listing WHERE off_reason = 'link_rule'",
                "events": "SELECT count(*) FROM outbox_event WHERE kind = 'listing.taken_off'",
                "messages": "SELECT count(*) FROM message",
                "enforced": "SELECT count(*) FROM enforced_change",
            }.items()
        }


async def test_a_worker_killed_while_it_enforces_leaves_nothing_half_done(
    database: Database, database_url: str, still_clock: clock.Clock, tmp_path: Path
) -> None:
    # Workers of their own go by the real clock.
    still_clock.freeze(datetime.now(UTC) - timedelta(hours=2))
    async with database.writing() as writer:
        await write_sources(writer)
    for number in range(HOSTS):
        host = await new_host(database, name=f"主播{number}")
        await _fill_a_room(database, host.creator_id)
    await write_cut(database, clock.now() + timedelta(hours=1), "taobao_union")
    with worker(database_url, tmp_path) as first:
        at_work = f"SELECT count(*) FROM pg_locks WHERE objid = {CART_DOOR} AND mode = 'ExclusiveLock' AND granted"
        await asyncio.to_thread(_until, database_url, at_work, first)
    nothing = {"left": 0, "events": 0, "messages": 0, "enforced": 0}
    everything = {"left": LISTINGS, "events": LISTINGS, "messages": HOSTS, "enforced": 1}
    assert _counts(database_url) == nothing, "it was killed in the middle, and the middle is undone"
    with worker(database_url, tmp_path) as second, worker(database_url, tmp_path):
        done = "SELECT count(*) FROM enforced_change"
        await asyncio.to_thread(_until, database_url, done, second)
    assert _counts(database_url) == everything


async def _fill_a_room(database: Database, creator_id: int) -> None:
    async with database.writing() as writer:
        room_id = new_id(RoomId)
        await writer.run(
            """
            INSERT INTO room (room_id, creator_id, title, state, scheduled_at, started_at, created_at)
            VALUES (%(room_id)s, %(creator_id)s, '直播', 'live', %(now)s, %(now)s, %(now)s)
            """,
            room_id=room_id,
            creator_id=creator_id,
            now=clock.now(),
        )
        await writer.run(
            """
            INSERT INTO listing (listing_id, creator_id, surface, room_id, position, state, source, title, url,
                                 created_at, put_on_at)
            SELECT listed.listing_id, %(creator_id)s, 'live_cart', %(room_id)s, listed.position, 'on_cart',
                   'taobao_union', '铁锅', 'https://item.taobao.com/item.htm?id=' || listed.listing_id, %(now)s,
                   %(now)s
            FROM unnest(%(listing_ids)s::bigint[]) WITH ORDINALITY AS listed (listing_id, position)
            """,
            creator_id=creator_id,
            room_id=room_id,
            listing_ids=[new_id(ListingId) for _ in range(PER_HOST)],
            now=clock.now(),
        )
