"""An answer once given survives `kill -9`: of the web process, and of PostgreSQL itself."""

import asyncio
import contextlib
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path

import httpx
import msgspec
import psutil
import pytest

from tests.conftest import TEST_HOME, RunningServer, SignedIn, free_port, sign_in_as, start_server
from tests.orders.test_order_lane import ADDRESS, SECRET
from tests.small_world import PRICE_FEN, SmallWorld, make_small_world
from yellowcart.accounts.buyer_tokens import BuyerTokens
from yellowcart.kernel.database import Database
from yellowcart.kernel.embedded_postgres import EmbeddedPostgres, start_embedded_postgres
from yellowcart.kernel.ids import PersonId
from yellowcart.schema import migrate

pytestmark = [pytest.mark.process, pytest.mark.xdist_group("process")]

PIECES = 3_000
BUYERS = 2_000
TOGETHER = 64


class Crowd:
    """Buyers who each want one piece, and remember what they were told."""

    def __init__(self, world: SmallWorld) -> None:
        self.body = msgspec.json.encode(
            {
                "lines": [
                    {
                        "listing_id": world.listing_id,
                        "sku_id": world.sku_id,
                        "quantity": 1,
                        "unit_price_fen": PRICE_FEN,
                    }
                ],
                "total_fen": PRICE_FEN,
                "address": ADDRESS,
            }
        )
        tokens = BuyerTokens(SECRET)
        self.tokens = {buyer: tokens.make(PersonId(buyer)) for buyer in range(1, BUYERS + 1)}
        self.told: dict[int, int] = {}
        """Buyer to the order they were told they have."""

    async def buy(self, url: str, *, enough: asyncio.Event | None = None, after: int = 0) -> None:
        """Everybody who has no answer yet tries once, `TOGETHER` at a time; `enough` is set after so many."""
        waiting = iter([buyer for buyer in self.tokens if buyer not in self.told])
        async with httpx.AsyncClient(timeout=20) as client:

            async def shop() -> None:
                for buyer in waiting:
                    with contextlib.suppress(httpx.HTTPError):
                        answer = await client.post(
                            f"{url}/api/v1/orders",
                            content=self.body,
                            headers={
                                "authorization": f"Bearer {self.tokens[buyer]}",
                                "idempotency-key": f"one order of {buyer}",
                            },
                        )
                        if answer.status_code == 201:
                            self.told[buyer] = answer.json()["order_id"]
                    if enough is not None and len(self.told) >= after:
                        enough.set()

            await asyncio.gather(*(shop() for _ in range(TOGETHER)))


async def check_nothing_is_lost(database: Database, world: SmallWorld, crowd: Crowd) -> None:
    """Every order that somebody was told of is there, once, and all pieces are accounted for."""
    async with database.reading() as reader:
        orders = await reader.records("SELECT order_id, buyer_id FROM shop_order")
        (stock,) = await reader.records("SELECT received, available, held, sold FROM stock")
        lines = await reader.value("SELECT sum(quantity) FROM order_line")
        told = await reader.value("SELECT count(*) FROM outbox_event WHERE kind = 'order.submitted'")
    placed = {row["buyer_id"]: row["order_id"] for row in orders}
    assert len(placed) == len(orders), "nobody has two orders"
    assert {buyer: placed.get(buyer) for buyer in crowd.told} == crowd.told
    assert stock["available"] + stock["held"] + stock["sold"] == stock["received"] == PIECES
    assert stock["held"] == len(orders) == lines == told
    assert world.sku_id


async def test_acknowledged_orders_survive_the_death_of_the_server(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    world = await make_small_world(database, pieces=PIECES)
    crowd = Crowd(world)
    port = free_port()
    server = await asyncio.to_thread(start_server, database_url, tmp_path, port)
    await _kill_in_the_middle(crowd, server)
    await check_nothing_is_lost(database, world, crowd)

    server = await asyncio.to_thread(start_server, database_url, tmp_path, port, as_typed=True)
    try:
        await crowd.buy(server.url)
    finally:
        await asyncio.to_thread(server.kill)
    assert len(crowd.told) == BUYERS
    await check_nothing_is_lost(database, world, crowd)


async def _kill_in_the_middle(crowd: Crowd, server: RunningServer) -> None:
    enough = asyncio.Event()
    buying = asyncio.create_task(crowd.buy(server.url, enough=enough, after=300))
    await asyncio.wait_for(enough.wait(), 60)
    await asyncio.to_thread(server.kill)
    await buying
    assert 300 <= len(crowd.told) < BUYERS


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that PostgreSQL's own user may enter: pytest's temporary ones are for their maker alone."""
    folder = TEST_HOME / f"postgres-{secrets.token_hex(4)}"
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


async def test_acknowledged_orders_survive_the_death_of_postgresql(tmp_path: Path, open_folder: Path) -> None:
    folder = open_folder
    postgres = await asyncio.to_thread(start_embedded_postgres, folder)
    await asyncio.to_thread(migrate, postgres.url)
    database = Database(postgres.url)
    await database.open()
    world = await make_small_world(database, pieces=PIECES)
    await database.close()
    crowd = Crowd(world)
    server = await asyncio.to_thread(start_server, postgres.url, tmp_path / "home")
    enough = asyncio.Event()
    buying = asyncio.create_task(crowd.buy(server.url, enough=enough, after=300))
    await asyncio.wait_for(enough.wait(), 60)
    await asyncio.to_thread(_kill_postgres, folder)
    await buying

    postgres = await asyncio.to_thread(start_embedded_postgres, folder)
    database = Database(postgres.url)
    await database.open()
    try:
        await check_nothing_is_lost(database, world, crowd)
        # The web process lived on: it finds the database again by itself.
        await _until_it_sells(crowd, server)
        await check_nothing_is_lost(database, world, crowd)
    finally:
        await database.close()
        await asyncio.to_thread(server.kill)
        await asyncio.to_thread(_stop, postgres)


async def _until_it_sells(crowd: Crowd, server: RunningServer) -> None:
    for _ in range(60):
        await crowd.buy(server.url)
        if len(crowd.told) == BUYERS:
            return
        await asyncio.sleep(0.5)
    raise AssertionError(f"only {len(crowd.told)} of {BUYERS} got an answer after the database came back")


def _kill_postgres(folder: Path) -> None:
    postmaster = psutil.Process(int((folder / "postmaster.pid").read_text().splitlines()[0]))
    family = [postmaster, *postmaster.children(recursive=True)]
    for process in family:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(family, timeout=10)


def _stop(postgres: EmbeddedPostgres) -> None:
    postgres.server.stop()


async def test_a_second_order_after_the_restart_is_not_sold_twice(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    world = await make_small_world(database, pieces=1)
    buyer: SignedIn = await sign_in_as(database)
    token = BuyerTokens(SECRET).make(buyer.person.person_id)
    body = msgspec.json.encode(
        {
            "lines": [
                {
                    "listing_id": world.listing_id,
                    "sku_id": world.sku_id,
                    "quantity": 1,
                    "unit_price_fen": PRICE_FEN,
                }
            ],
            "total_fen": PRICE_FEN,
            "address": ADDRESS,
        }
    )
    answers = []
    for key in ("same", "same", "other"):
        server = await asyncio.to_thread(start_server, database_url, tmp_path)
        async with httpx.AsyncClient() as client:
            answers.append(
                await client.post(
                    f"{server.url}/api/v1/orders",
                    content=body,
                    headers={"authorization": f"Bearer {token}", "idempotency-key": key},
                )
            )
        await asyncio.to_thread(server.kill)
    first, repeat, other = answers
    assert (first.status_code, repeat.status_code, other.status_code) == (201, 201, 409)
    assert first.json() == repeat.json()
    assert other.json()["code"] == "sold_out"
