"""One order at which a timer breaks waits, and every other order goes on."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

from tests.orders.shopping import Till, order_state, stock_of
from tests.small_world import SmallWorld, make_small_world
from yellowcart.accounts.model import Person, Role
from yellowcart.kernel import clock
from yellowcart.kernel.database import Database
from yellowcart.kernel.ids import OrderId
from yellowcart.kernel.setbacks import LONGEST_WAIT
from yellowcart.orders.place import PlacedOrder
from yellowcart.orders.timers import complete_old_receipts, confirm_old_shipments, lapse_unpaid_orders
from yellowcart.parcels.ship import NewShipment, ship_order

A_MONTH = timedelta(days=31)


async def break_at(database: Database, order_id: OrderId) -> None:
    """From now on the database raises something of its own at every change of this order."""
    async with database.writing() as writer:
        await writer.run(
            """
            CREATE OR REPLACE FUNCTION test_break() RETURNS trigger LANGUAGE plpgsql AS
                $$ BEGIN RAISE EXCEPTION 'a defect'; END $$
            """
        )
        await writer.connection.execute(
            f"""
            CREATE TRIGGER test_breaks BEFORE UPDATE ON shop_order FOR EACH ROW
            WHEN (NEW.order_id = {order_id}) EXECUTE FUNCTION test_break()
            """
        )


async def mend(database: Database) -> None:
    async with database.writing() as writer:
        await writer.run("DROP TRIGGER test_breaks ON shop_order")


async def ship(till: Till, world: SmallWorld, buyer: Person, waybill: str) -> PlacedOrder:
    placed = await till.place(buyer, world)
    await till.pay(buyer, placed)
    merchant = Person(person_id=world.merchant_id, login="m", name="m", roles=frozenset({Role.MERCHANT}))
    async with till.database.writing() as writer:
        await ship_order(writer, merchant, placed.shop_id, placed.order_id, NewShipment("SF", waybill))
    return placed


async def state(till: Till, placed: PlacedOrder) -> str:
    return (await order_state(till.database, placed.shop_id, placed.order_id))[0]


async def passed_by(
    till: Till,
    still_clock: clock.Clock,
    timer: Callable[[Database], Awaitable[int]],
    first: PlacedOrder,
    second: PlacedOrder,
    before: str,
    after: str,
) -> None:
    """The timer stumbles over the first order, does the second, and does the first when it is mended."""
    await break_at(till.database, first.order_id)
    assert await timer(till.database) == 1
    assert await timer(till.database) == 0, "its turn has not come again"
    assert (await state(till, first), await state(till, second)) == (before, after)
    await mend(till.database)
    still_clock.freeze(clock.now() + LONGEST_WAIT)
    assert await timer(till.database) == 1
    assert await state(till, first) == after


async def test_unpaid_orders_lapse_past_one_that_cannot(
    till: Till, buyer: Person, still_clock: clock.Clock
) -> None:
    world = await make_small_world(till.database)
    first, second = await till.place(buyer, world), await till.place(buyer, world)
    still_clock.freeze(clock.now() + timedelta(hours=1))
    await passed_by(till, still_clock, lapse_unpaid_orders, first, second, "submitted", "closed")
    assert await stock_of(till.database, world) == (10, 0, 0)


async def test_orders_are_received_and_completed_past_one_that_cannot(
    till: Till, buyer: Person, still_clock: clock.Clock
) -> None:
    world = await make_small_world(till.database)
    first, second = await ship(till, world, buyer, "SF1234567890"), await ship(till, world, buyer, "SF1234567891")
    still_clock.freeze(clock.now() + A_MONTH)
    await passed_by(till, still_clock, confirm_old_shipments, first, second, "shipped", "received")
    still_clock.freeze(clock.now() + A_MONTH)
    await passed_by(till, still_clock, complete_old_receipts, first, second, "received", "completed")
