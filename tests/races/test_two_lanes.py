"""Two processes serve one shop: their lanes meet only in the database."""

import asyncio
from collections import Counter

from tests.orders.shopping import open_till, order_of, stock_of
from tests.small_world import make_small_world
from yellowcart.kernel.database import Database
from yellowcart.kernel.errors import Refusal
from yellowcart.kernel.ids import PersonId
from yellowcart.orders.place import OrderLane
from yellowcart.orders.wanted import NewOrder


async def _place(lane: OrderLane, buyer: int, key: str, order: NewOrder) -> str:
    try:
        await lane.place(PersonId(buyer), key, f"{order.lines[0].sku_id}", order)
    except Refusal as refusal:
        return refusal.code
    return "placed"


async def test_a_limit_holds_for_a_buyer_with_two_tabs_on_two_processes(database: Database) -> None:
    one, two = await open_till(database), await open_till(database)
    for turn in range(15):
        world = await make_small_world(database, skus=2, limit_per_buyer=1)
        orders = [order_of(world.listing_id, sku_id) for sku_id in world.sku_ids]
        told = await asyncio.gather(
            _place(one.lane, turn, "left", orders[0]), _place(two.lane, turn, "right", orders[1])
        )
        assert Counter(told) == {"placed": 1, "limit_reached": 1}
    await one.lane.stop()
    await two.lane.stop()


async def test_the_last_unit_is_sold_once_by_two_processes(database: Database) -> None:
    one, two = await open_till(database), await open_till(database)
    world = await make_small_world(database, pieces=100)
    order = order_of(world.listing_id, world.sku_id)
    told = await asyncio.gather(*(_place((one, two)[buyer % 2].lane, buyer, "key", order) for buyer in range(400)))
    assert Counter(told) == {"placed": 100, "sold_out": 300}
    assert await stock_of(database, world) == (0, 100, 0)
    await one.lane.stop()
    await two.lane.stop()


async def test_one_key_in_two_processes_makes_one_order(database: Database) -> None:
    one, two = await open_till(database), await open_till(database)
    for turn in range(15):
        world = await make_small_world(database)
        order = order_of(world.listing_id, world.sku_id)
        told = await asyncio.gather(_place(one.lane, turn, "same", order), _place(two.lane, turn, "same", order))
        assert set(told) == {"placed"}
        assert await stock_of(database, world) == (9, 1, 0)
    await one.lane.stop()
    await two.lane.stop()
