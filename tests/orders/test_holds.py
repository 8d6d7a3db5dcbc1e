"""How long unpaid goods are kept while a buyer comes and goes."""

from datetime import datetime, timedelta

import pytest

from tests.conftest import MORNING, sign_in_as
from tests.orders.shopping import Till, order_state, stock_of
from tests.small_world import make_small_world
from yellowcart.accounts.model import Person
from yellowcart.kernel import clock
from yellowcart.orders import holds
from yellowcart.orders.close import cancel_order
from yellowcart.orders.errors import OrderUnknown
from yellowcart.orders.place import PlacedOrder
from yellowcart.orders.timers import lapse_unpaid_orders
from yellowcart.payments.pay import open_cashier
from yellowcart.payments.presence import leave_cashier


def at(seconds: int) -> datetime:
    """So many seconds after the order was placed."""
    return MORNING + timedelta(seconds=seconds)


async def leave(till: Till, buyer: Person, placed: PlacedOrder) -> datetime:
    async with till.database.writing() as writer:
        return await leave_cashier(writer, buyer, placed.shop_id, placed.order_id)


async def come_back(till: Till, buyer: Person, placed: PlacedOrder) -> datetime:
    async with till.database.writing() as writer:
        return await holds.return_to_cashier(writer, buyer, placed.shop_id, placed.order_id)


async def test_who_leaves_the_cashier_has_a_minute_and_who_comes_back_has_it_all(
    till: Till, buyer: Person, still_clock: clock.Clock
) -> None:
    world = await make_small_world(till.database, hold_s=600)
    placed = await till.place(buyer, world)
    still_clock.freeze(at(100))
    assert await leave(till, buyer, placed) == at(160)
    assert await leave(till, buyer, placed) == at(160)
    still_clock.freeze(at(159))
    assert await lapse_unpaid_orders(till.database) == 0
    assert await come_back(till, buyer, placed) == at(600)
    assert await come_back(till, buyer, placed) == at(600)
    still_clock.freeze(at(590))
    assert await leave(till, buyer, placed) == at(600), "leaving never lengthens it"
    still_clock.freeze(at(600))
    assert await lapse_unpaid_orders(till.database) == 1


async def test_goods_that_were_given_up_are_not_taken_back(
    till: Till, buyer: Person, still_clock: clock.Clock
) -> None:
    world = await make_small_world(till.database, hold_s=600)
    placed = await till.place(buyer, world)
    await leave(till, buyer, placed)
    still_clock.freeze(at(60))
    assert await come_back(till, buyer, placed) == at(60)
    assert await lapse_unpaid_orders(till.database) == 1
    assert await stock_of(till.database, world) == (10, 0, 0)
    assert await come_back(till, buyer, placed) == at(60)
    assert await order_state(till.database, placed.shop_id, placed.order_id) == ("closed", "lapsed")


async def test_who_is_at_the_bank_keeps_the_goods_for_five_minutes(
    till: Till, buyer: Person, still_clock: clock.Clock
) -> None:
    world = await make_small_world(till.database, hold_s=600)
    placed = await till.place(buyer, world)
    still_clock.freeze(at(30))
    await leave(till, buyer, placed)
    await open_cashier(till.database, till.gateways, buyer, placed.shop_id, placed.order_id)
    assert await come_back(till, buyer, placed) == at(600), "going to pay gives the whole hold back"
    still_clock.freeze(at(40))
    assert await leave(till, buyer, placed) == at(330)
    still_clock.freeze(at(320))
    assert await leave(till, buyer, placed) == at(330)


async def test_a_paid_or_closed_order_and_a_strangers_are_left_alone(
    till: Till, buyer: Person, still_clock: clock.Clock
) -> None:
    world = await make_small_world(till.database, hold_s=600)
    paid, closed = await till.place(buyer, world), await till.place(buyer, world)
    await till.pay(buyer, paid)
    async with till.database.writing() as writer:
        await cancel_order(writer, buyer, closed.shop_id, closed.order_id)
    for placed in (paid, closed):
        assert await leave(till, buyer, placed) == at(600)
        assert await come_back(till, buyer, placed) == at(600)
    stranger = (await sign_in_as(till.database)).person
    for act in (leave, come_back):
        with pytest.raises(OrderUnknown):
            await act(till, stranger, paid)
