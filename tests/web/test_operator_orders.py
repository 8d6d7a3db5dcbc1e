"""An operator finds an order of any shop by its number."""

from collections.abc import AsyncIterator

import pytest

from tests.conftest import browser, sign_in_as
from tests.orders.shopping import Till, open_till
from tests.small_world import make_small_world
from yellowcart.accounts.model import Role
from yellowcart.app import Application
from yellowcart.kernel.database import Database


@pytest.fixture
async def till(database: Database) -> AsyncIterator[Till]:
    opened = await open_till(database)
    yield opened
    await opened.lane.stop()


async def test_an_order_of_any_shop_is_found_by_its_number(application: Application, till: Till) -> None:
    buyer = (await sign_in_as(till.database)).person
    placed = [await till.place(buyer, await make_small_world(till.database)) for _ in range(2)]
    links = [f'href="/operator/orders/{each.shop_id}/{each.order_id}"' for each in placed]
    operator = await sign_in_as(till.database, Role.OPERATOR)
    async with browser(application, operator.token) as console:
        console.cookies.set("language", "en")

        async def shown(**query: str) -> str:
            return (await console.get("/operator/orders", params=query)).text

        both = await shown()
        assert all(link in both for link in links)
        for number, (own, other) in enumerate((links, links[::-1])):
            found = await shown(number=f" {placed[number].order_id} ")
            assert own in found
            assert other not in found
        assert links[0] not in await shown(number=str(placed[0].order_id), state="paid")
        for nonsense in ("7", "x", "-1", "1e9", "9" * 5_000, "'; DROP--", "٣"):
            assert "No order with this number" in await shown(number=nonsense), nonsense[:20]
