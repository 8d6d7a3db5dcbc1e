"""Prepare, pay, finish: nothing outside is called while a session of the database is open, and who does is stopped
at once, wherever the session was opened."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from tests.payments.paying import PayingWorld
from yellowcart.kernel.database import Database
from yellowcart.kernel.ids import PaymentId, ShopId
from yellowcart.kernel.open_sessions import CalledWithinSession, require_no_session
from yellowcart.kernel.outbound import fetch_public
from yellowcart.payments.sandbox import SandboxGateway


async def test_a_provider_is_not_asked_within_a_session(paying: PayingWorld) -> None:
    key = (ShopId(1), PaymentId(1))
    for gateway in (paying.gateways.sandbox, *paying.gateways.real.values()):
        async with paying.database.reading():
            with pytest.raises(CalledWithinSession):
                await gateway.query(*key)
        async with paying.database.writing():
            with pytest.raises(CalledWithinSession):
                await gateway.close(*key)


async def test_no_page_of_the_internet_is_fetched_within_a_session(database: Database) -> None:
    async with database.writing():
        with pytest.raises(CalledWithinSession):
            await fetch_public("http://example.com/", is_allowed=lambda _: True, bytes_max=1, seconds_max=1)


async def test_a_session_counts_for_the_tasks_that_were_begun_within_it_as_long_as_it_is_open(
    database: Database,
) -> None:
    bank = SandboxGateway(database)
    go_on = asyncio.Event()

    async def ask() -> str:
        try:
            await bank.query(ShopId(1), PaymentId(1))
        except CalledWithinSession:
            return "within"
        return "outside"

    async def ask_later() -> str:
        await go_on.wait()
        return await ask()

    async with database.writing() as writer:
        async with database.reading():
            assert await ask() == "within"
        assert await ask() == "within", "the outer one is still open"
        later = asyncio.create_task(ask_later())
        assert await asyncio.create_task(ask()) == "within"
        await writer.value("SELECT 1")
    go_on.set()
    assert await later == "outside"
    assert await ask() == "outside"


@pytest.mark.parametrize("end", ["returns", "raises"])
async def test_a_session_is_over_however_it_ends(database: Database, end: str) -> None:
    async def use(act: Callable[[], Awaitable[object]]) -> None:
        async with database.writing() as writer:
            await writer.value("SELECT 1")
            await act()

    async def nothing() -> None:
        if end == "raises":
            raise KeyError("on the way")

    try:
        await use(nothing)
    except KeyError:
        assert end == "raises"
    require_no_session("the test")
