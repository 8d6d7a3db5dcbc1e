"""The simulated crowd against a real server: it does by HTTP what people do, and survives a restart."""

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import psycopg
import pytest

from tests.conftest import free_port, start_server, url_of
from tests.demo.seeded import seeded_database
from yellowcart.demo.accounts import demo_world
from yellowcart.demo.crowd import run_crowd

pytestmark = [pytest.mark.process, pytest.mark.timeout(240), pytest.mark.xdist_group("demo seed")]

DONE = {
    "chats": "SELECT count(*) FROM chat_message WHERE sent_at > %(start)s",
    "taps": "SELECT count(*) FROM audience_event WHERE kind = 'tap' AND happened_at > %(start)s",
    "jumps": "SELECT count(*) FROM audience_event WHERE kind = 'jump_out' AND happened_at > %(start)s",
    "landings": "SELECT count(*) FROM jump_out WHERE landed_at > %(start)s",
    "returns": "SELECT count(*) FROM jump_out WHERE returned_at > %(start)s",
    "streams": "SELECT sum(viewers) FROM room_viewers",
    "pins": "SELECT count(*) FROM outbox_event WHERE kind = 'listing.explained'",
    "orders": "SELECT count(*) FROM shop_order WHERE submitted_at > %(start)s",
    "payments": "SELECT count(*) FROM shop_order WHERE paid_at > %(start)s",
    "parcels": "SELECT count(*) FROM shop_order WHERE shipped_at > %(start)s",
    "claims": "SELECT count(*) FROM claimed_coupon WHERE claimed_at > %(start)s",
}


@pytest.fixture
def seeded_url(postgres_url: str, template_database: str) -> Iterator[str]:
    with seeded_database(postgres_url, template_database) as name:
        yield url_of(postgres_url, name)


def counted(url: str) -> dict[str, int]:
    with psycopg.connect(url) as connection:
        values = {"start": demo_world().starts_at}
        answers = {name: connection.execute(query, values).fetchone() for name, query in DONE.items()}
    return {name: int(row[0] or 0) for name, row in answers.items() if row is not None}


async def until(happened: Callable[[], bool], within_s: float, crowd: "asyncio.Task[None]") -> None:
    deadline = time.monotonic() + within_s
    while not happened():
        if crowd.done():
            crowd.result()
        assert time.monotonic() < deadline, "the crowd did not get that far"
        await asyncio.sleep(0.5)


async def test_the_crowd_does_what_people_do_and_survives_a_restart(seeded_url: str, tmp_path: Path) -> None:
    port = free_port()
    server = await asyncio.to_thread(start_server, seeded_url, tmp_path, port)
    stop = asyncio.Event()
    crowd = asyncio.create_task(
        run_crowd(server.url, world=demo_world(), seed=7, people=30, intensity=6, stop=stop)
    )
    try:
        with suppress(AssertionError):
            await until(lambda: all(counted(seeded_url).values()), 120, crowd)
        assert [name for name, count in counted(seeded_url).items() if not count] == []

        server.kill()
        server = await asyncio.to_thread(start_server, seeded_url, tmp_path, port)
        before = counted(seeded_url)["taps"]
        await until(lambda: counted(seeded_url)["taps"] > before + 3, 60, crowd)
    finally:
        stop.set()
        await asyncio.wait_for(crowd, 20)
        server.kill()
