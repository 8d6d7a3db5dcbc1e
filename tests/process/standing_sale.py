"""A sale whose orders stand between their steps: placed, with an open payment at WeChat Pay, or paid. Processes of
the platform are started on its database and killed."""

import asyncio
import contextlib
import os
import secrets
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from tests.conftest import RunningServer, SignedIn, sign_in_as, start_server
from tests.orders.shopping import Till, open_till, order_of
from tests.payments.paying import wechat_settings, write_settings
from tests.payments.wechat_server import WechatServer
from tests.small_world import SmallWorld, make_small_world
from yellowcart.kernel.database import Database
from yellowcart.orders.place import PlacedOrder
from yellowcart.payments.model import PaymentMethod
from yellowcart.payments.pay import Payer, open_cashier, settle_payment
from yellowcart.payments.providers import Gateways, open_gateways
from yellowcart.payments.references import reference_of

ORDERS = 32
PIECES = 50
TOGETHER = 6


@dataclass
class StandingSale:
    """Orders of many buyers, one each."""

    database: Database
    till: Till
    gateways: Gateways
    settings: Path
    """The file of payment providers, for processes of their own."""
    wechat: WechatServer
    world: SmallWorld
    buyers: list[SignedIn]
    orders: list[PlacedOrder] = field(default_factory=list)
    references: list[str] = field(default_factory=list)
    """Of each order's payment at WeChat Pay."""

    async def place(self) -> None:
        """Everybody orders one piece and opens the cashier."""
        for buyer in self.buyers:
            wanted = order_of(self.world.listing_id, self.world.sku_id)
            person = buyer.person
            placed = await self.till.lane.place(person.person_id, secrets.token_hex(8), "hash", wanted)
            cashier = await open_cashier(
                self.database,
                self.gateways,
                person,
                placed.shop_id,
                placed.order_id,
                PaymentMethod.WECHAT_NATIVE,
                Payer(),
            )
            self.orders.append(placed)
            self.references.append(reference_of(placed.shop_id, cashier.payment_id))

    async def pay(self) -> None:
        """Everybody has paid, and the platform knows."""
        for placed, reference in zip(self.orders, self.references, strict=True):
            self.wechat.pay(reference)
            async with self.database.reading() as reader:
                payment_id = await reader.value(
                    "SELECT payment_id FROM payment WHERE shop_id = %(s)s AND order_id = %(o)s",
                    s=placed.shop_id,
                    o=placed.order_id,
                )
            await settle_payment(self.database, self.gateways, placed.shop_id, payment_id)

    async def number(self, query: str) -> int:
        """What a query counts."""
        async with self.database.reading() as reader:
            return int(await reader.value(query) or 0)

    async def pairs(self, query: str) -> dict[int, Any]:
        """Two columns as a mapping; the first names each row once."""
        async with self.database.reading() as reader:
            rows = [tuple(row.values()) for row in await reader.records(query)]
        assert len({row[0] for row in rows}) == len(rows), "each once"
        return dict(rows)

    @property
    def sum_fen(self) -> int:
        """What all orders come to."""
        return sum(placed.total_fen for placed in self.orders)


async def open_sale(database: Database, folder: Path, wechat: WechatServer) -> StandingSale:
    """A sale with ORDERS buyers and nothing bought yet."""
    settings = write_settings(folder, wechat_settings(folder, wechat, timeout_s=20))
    return StandingSale(
        database=database,
        till=await open_till(database),
        gateways=open_gateways(database, settings, sandbox=False),
        settings=settings,
        wechat=wechat,
        world=await make_small_world(database, pieces=PIECES),
        buyers=[await sign_in_as(database, name=f"buyer {number}") for number in range(ORDERS)],
    )


Ask = Callable[[httpx.AsyncClient, int], Awaitable[httpx.Response]]


async def ask_for_all(
    url: str, ask: Ask, told: dict[int, Any], *, kill: RunningServer | None = None, after: int = 0
) -> None:
    """Ask once for each order that has no answer yet, TOGETHER at a time, and keep the good answers by the order's
    number in the sale. With `kill` the server is killed after so many of them."""
    waiting = iter([number for number in range(ORDERS) if number not in told])
    dying: list[asyncio.Task[None]] = []
    async with httpx.AsyncClient(base_url=url, timeout=30) as client:

        async def go() -> None:
            for number in waiting:
                with contextlib.suppress(httpx.HTTPError):
                    answer = await ask(client, number)
                    assert answer.status_code < 300, answer.text
                    told[number] = answer.json() if answer.content else {}
                if kill is not None and len(told) >= after and not dying:
                    dying.append(asyncio.create_task(asyncio.to_thread(kill.kill)))

        await asyncio.gather(*(go() for _ in range(TOGETHER)))
    await asyncio.gather(*dying)


@contextlib.asynccontextmanager
async def serving(database_url: str, home: Path) -> AsyncIterator[RunningServer]:
    """The web process as a process of its own; killed at the end of the block, if it was not before."""
    server = await asyncio.to_thread(start_server, database_url, home)
    try:
        yield server
    finally:
        if server.process.poll() is None:
            await asyncio.to_thread(server.kill)


@contextlib.contextmanager
def worker(database_url: str, home: Path, settings: Path) -> Iterator[subprocess.Popen[bytes]]:
    """The worker as a process of its own; killed at the end of the block if it still runs."""
    environment = os.environ | {
        "DATABASE_URL": database_url,
        "YELLOWCART_HOME": str(home),
        "YELLOWCART_PAYMENTS": str(settings),
    }
    process = subprocess.Popen([sys.executable, "-m", "yellowcart.cli", "worker"], env=environment)
    try:
        yield process
    finally:
        process.kill()
        process.wait(10)


async def until(happened: Callable[[], Awaitable[bool]], process: subprocess.Popen[bytes], what: str) -> None:
    """Look until it has happened; the process must live as long."""
    for _ in range(1_500):
        if await happened():
            return
        assert process.poll() is None, "the worker ended by itself"
        await asyncio.sleep(0.1)
    raise AssertionError(f"not within 150 seconds: {what}")
