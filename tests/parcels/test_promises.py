"""Promises to ship: how urgent, who is warned and how often, what is stuck, and the 48-hour rate."""

from datetime import timedelta

import pytest

from tests.conftest import MORNING
from tests.parcels.packing import PackingTable, told
from yellowcart.accounts.inbox import inbox_of
from yellowcart.kernel import clock
from yellowcart.kernel.errors import InvalidFields
from yellowcart.kernel.events import deliver_events
from yellowcart.kernel.ids import OrderId
from yellowcart.orders.model import StopReason
from yellowcart.orders.receive import confirm_receipt
from yellowcart.orders.stop import lift_stop, stop_order
from yellowcart.orders.store import lock_order
from yellowcart.parcels.rules import Urgency, urgency_of
from yellowcart.parcels.timers import warn_of_ship_promises
from yellowcart.parcels.to_ship import (
    ShippingWatch,
    ToShip,
    change_shipping_watch,
    orders_to_ship,
    ship_rate,
    stuck_parcels,
    to_ship_counts,
)

HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("left", "urgency"),
    [
        (timedelta(), Urgency.LATE),
        (-HOUR, Urgency.LATE),
        (timedelta(seconds=1), Urgency.SOON),
        (6 * HOUR, Urgency.SOON),
        (6 * HOUR + timedelta(seconds=1), Urgency.TODAY),
        (24 * HOUR, Urgency.TODAY),
        (24 * HOUR + timedelta(seconds=1), Urgency.LATER),
    ],
)
def test_how_soon_an_order_must_leave(left: timedelta, urgency: Urgency) -> None:
    assert urgency_of(MORNING + left, MORNING) is urgency


async def titles(table: PackingTable) -> list[tuple[str, int]]:
    async with table.database.reading() as reader:
        messages = (await inbox_of(reader, table.merchant)).items
    return sorted((message.kind, message.parts["orders"]) for message in messages)


async def test_a_shop_is_warned_once_before_and_once_when_it_is_late(
    table: PackingTable, still_clock: clock.Clock
) -> None:
    orders = [await table.paid() for _ in range(3)]
    assert await warn_of_ship_promises(table.database) == 0
    still_clock.freeze(MORNING + 42 * HOUR)
    assert await warn_of_ship_promises(table.database) == 3
    assert await warn_of_ship_promises(table.database) == 0
    await table.ship(orders[0])
    still_clock.freeze(MORNING + 48 * HOUR)
    assert await warn_of_ship_promises(table.database) == 2
    assert await warn_of_ship_promises(table.database) == 0
    assert await titles(table) == [("ship_late", 2), ("ship_soon", 3)]


async def test_after_a_long_sleep_only_the_lateness_is_told(table: PackingTable, still_clock: clock.Clock) -> None:
    await table.paid()
    still_clock.freeze(MORNING + 30 * 24 * HOUR)
    assert await warn_of_ship_promises(table.database) == 1
    assert await titles(table) == [("ship_late", 1)]


async def test_nobody_is_warned_of_an_order_that_is_stopped(table: PackingTable, still_clock: clock.Clock) -> None:
    order_id = await table.paid()
    await stop(table, order_id)
    still_clock.freeze(MORNING + 49 * HOUR)
    assert await warn_of_ship_promises(table.database) == 0
    async with table.database.writing() as writer:
        order = await lock_order(writer, table.world.shop_id, order_id)
        await lift_stop(writer, order, StopReason.RISK, "operator", person=None)
    assert await warn_of_ship_promises(table.database) == 1


async def stop(table: PackingTable, order_id: OrderId) -> None:
    async with table.database.writing() as writer:
        order = await lock_order(writer, table.world.shop_id, order_id)
        await stop_order(writer, order, StopReason.RISK, "operator", person=None)


async def test_lists_are_by_due_time_page_by_page_and_by_kind(
    table: PackingTable, still_clock: clock.Clock
) -> None:
    orders = []
    for hours in range(5):
        still_clock.freeze(MORNING + hours * HOUR)
        orders.append(await table.paid(2))
    (line,) = await table.lines(orders[1])
    await table.ship(orders[1], pieces={line: 1})
    await stop(table, orders[2])
    still_clock.freeze(MORNING + 48 * HOUR)
    shop_id = table.world.shop_id
    async with table.database.reading() as reader:
        seen: list[OrderId] = []
        cursor: str | None = None
        while True:
            page = await orders_to_ship(reader, shop_id, cursor=cursor, size=2)
            seen += [order.order_id for order in page.items]
            cursor = page.next_cursor
            if cursor is None:
                break
        assert seen == [orders[0], orders[1], orders[3], orders[4]]
        for show, expected in (
            (ToShip.PART_SHIPPED, [orders[1]]),
            (ToShip.LATE, [orders[0]]),
            (ToShip.STOPPED, [orders[2]]),
        ):
            found = await orders_to_ship(reader, shop_id, show)
            assert [order.order_id for order in found.items] == expected, show
        part = (await orders_to_ship(reader, shop_id, ToShip.PART_SHIPPED)).items[0]
        assert (part.pieces_left, part.is_stopped, part.urgency) == (1, False, Urgency.SOON)
        counts = await to_ship_counts(reader, shop_id)
    assert (counts.all, counts.part_shipped, counts.late, counts.stopped, counts.stuck) == (4, 1, 1, 1, 0)


async def test_a_parcel_is_stuck_when_nothing_was_heard_for_too_long(
    table: PackingTable, still_clock: clock.Clock
) -> None:
    orders = [await table.paid() for _ in range(4)]
    for number, order_id in enumerate(orders):
        await table.ship(order_id, f"SF000000000{number}")
    await table.tell(told("collected", waybill="SF0000000001"), told("delivered", waybill="SF0000000002"))
    async with table.database.writing() as writer:
        await confirm_receipt(writer, table.buyer, table.world.shop_id, orders[3])
    await deliver_events(table.database)
    assert await stuck(table) == []
    still_clock.freeze(MORNING + 48 * HOUR + timedelta(seconds=1))
    assert await stuck(table) == [orders[0]]
    still_clock.freeze(MORNING + 72 * HOUR + timedelta(seconds=1))
    assert await stuck(table) == [orders[0], orders[1]]
    async with table.database.writing() as writer:
        await change_shipping_watch(writer, table.world.shop_id, ShippingWatch(100, 720))
        with pytest.raises(InvalidFields):
            await change_shipping_watch(writer, table.world.shop_id, ShippingWatch(0, 10**12))
    assert await stuck(table) == []


async def stuck(table: PackingTable) -> list[OrderId]:
    async with table.database.reading() as reader:
        found: list[OrderId] = []
        cursor: str | None = None
        while True:
            page = await stuck_parcels(reader, table.world.shop_id, cursor=cursor, size=1)
            found += [parcel.order_id for parcel in page.items]
            cursor = page.next_cursor
            if cursor is None:
                return found


async def test_the_rate_counts_what_is_known_and_leaves_the_unknown_out(
    table: PackingTable, still_clock: clock.Clock
) -> None:
    collected, silent, late, never = [await table.paid() for _ in range(4)]
    await table.ship(collected, "SF0000000001")
    await table.ship(silent, "SF0000000002")
    await table.tell(told("collected", waybill="SF0000000001"))
    async with table.database.reading() as reader:
        assert (await ship_rate(reader, table.world.shop_id)).collected_rate is None
    still_clock.freeze(MORNING + 49 * HOUR)
    await table.ship(late, "SF0000000003")
    await table.tell(told("collected", waybill="SF0000000003"))
    async with table.database.reading() as reader:
        rate = await ship_rate(reader, table.world.shop_id)
    assert (rate.orders, rate.shipped, rate.collected, rate.known) == (4, 2, 1, 3)
    assert (rate.collected_rate, rate.shipped_rate) == (3_333, 5_000)
    assert never
