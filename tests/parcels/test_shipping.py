"""Shipping in one parcel or in several, by waybills that name one parcel each."""

import asyncio
from datetime import timedelta

import pytest

from tests.conftest import MORNING, sign_in_as
from tests.parcels.packing import SF, PackingTable, told
from tests.small_world import make_small_world
from yellowcart.accounts.inbox import inbox_of
from yellowcart.kernel import clock
from yellowcart.kernel.errors import InvalidFields, NotFound
from yellowcart.kernel.ids import OrderId, OrderLineId
from yellowcart.kernel.translation import Locale
from yellowcart.orders.errors import OrderMoved, OrderStopped, OrderUnknown, PiecesGone
from yellowcart.orders.model import OrderState, StopReason
from yellowcart.orders.stop import lift_stop, stop_order
from yellowcart.orders.store import lock_order
from yellowcart.parcels.correct import correct_waybill
from yellowcart.parcels.errors import ParcelUnknown, WaybillSettled, WaybillUsed
from yellowcart.parcels.model import NewShipment, ShipmentId, ShipmentPurpose, ShipmentState
from yellowcart.parcels.queries import parcel_of_shipment, parcels_of_orders
from yellowcart.parcels.replacement import ship_replacement
from yellowcart.parcels.returns import register_return_parcel


async def test_a_whole_order_leaves_in_one_parcel(table: PackingTable) -> None:
    order_id = await table.paid(2, 1)
    shipped = await table.ship(order_id)
    assert shipped.order_state is OrderState.SHIPPED
    (parcel,) = await table.parcels(order_id)
    assert (parcel.carrier, parcel.waybill, parcel.state) == ("SF", SF, ShipmentState.SHIPPED)
    assert [line.quantity for line in parcel.lines] == [2, 1]


async def test_an_order_leaves_in_three_parcels_and_is_shipped_with_the_last(table: PackingTable) -> None:
    order_id = await table.paid(3, 1)
    first, second = await table.lines(order_id)
    assert (await table.ship(order_id, "SF0000000001", {first: 1})).order_state is OrderState.PART_SHIPPED
    assert (await table.ship(order_id, "SF0000000002", {first: 1, second: 1})).order_state is (
        OrderState.PART_SHIPPED
    )
    assert (await table.ship(order_id, "SF0000000003")).order_state is OrderState.SHIPPED
    detail = await table.detail(order_id)
    assert [line.shipped_quantity for line in detail.lines] == [3, 1]
    assert [parcel.waybill for parcel in await table.parcels(order_id)] == [
        "SF0000000003",
        "SF0000000002",
        "SF0000000001",
    ]


async def test_the_buyer_is_told_of_each_parcel_once_in_both_languages(table: PackingTable) -> None:
    order_id = await table.paid(3)
    (line,) = await table.lines(order_id)
    await table.ship(order_id, "SF0000000001", {line: 2})
    await table.ship(order_id, "SF0000000001", {line: 2})
    await table.ship(order_id, "SF0000000002")
    async with table.database.reading() as reader:
        found = await inbox_of(reader, table.buyer)
        to_others = await reader.value(
            "SELECT count(*) FROM message WHERE kind = 'order_shipped' AND person_id <> %(id)s",
            id=table.buyer.person_id,
        )
    told_of = [each for each in reversed(found.items) if each.kind == "order_shipped"]
    assert [each.headline(Locale.ENGLISH) for each in told_of] == [
        "Part of your order has been shipped",
        "Your order has been shipped",
    ]
    assert told_of[0].headline(Locale.CHINESE) == "您的订单已部分发货"
    assert told_of[0].text(Locale.ENGLISH) == (
        f"Order {order_id} left with SF Express, waybill SF0000000001. Pieces in the parcel: 2."
    )
    assert "顺丰速运" in told_of[0].text(Locale.CHINESE)
    assert {each.link for each in told_of} == {f"/orders/{table.world.shop_id}/{order_id}"}
    assert to_others == 0


async def test_the_same_shipment_again_changes_nothing(table: PackingTable) -> None:
    order_id = await table.paid(3)
    (line,) = await table.lines(order_id)
    once = await table.ship(order_id, pieces={line: 2})
    again = await table.ship(order_id, pieces={line: 2})
    whole = await table.ship(order_id)
    assert (again.repeated, again.shipment_id, whole.shipment_id) == (True, once.shipment_id, once.shipment_id)
    assert (await table.detail(order_id)).lines[0].shipped_quantity == 2
    with pytest.raises(WaybillUsed):
        await table.ship(order_id, pieces={line: 1})


async def test_a_waybill_on_another_order_or_in_another_shop_is_refused(table: PackingTable) -> None:
    await table.ship(await table.paid())
    with pytest.raises(WaybillUsed):
        await table.ship(await table.paid(), "sf 1234-567890".replace("-", ""))
    elsewhere = PackingTable(till=table.till, world=await make_small_world(table.database), buyer=table.buyer)
    order_id = await elsewhere.paid()
    with pytest.raises(WaybillUsed):
        await elsewhere.ship(order_id)
    assert (await elsewhere.detail(order_id)).order.state is OrderState.PAID
    assert await elsewhere.parcels(order_id) == []


async def test_two_shops_that_name_one_waybill_at_once_are_not_both_believed(table: PackingTable) -> None:
    elsewhere = PackingTable(till=table.till, world=await make_small_world(table.database), buyer=table.buyer)
    orders = [await table.paid(), await elsewhere.paid()]
    answers = await asyncio.gather(table.ship(orders[0]), elsewhere.ship(orders[1]), return_exceptions=True)
    assert sorted(type(answer).__name__ for answer in answers) == ["Shipped", "WaybillUsed"]


@pytest.mark.parametrize(
    ("carrier", "waybill", "field"),
    [
        ("PIGEON", SF, "carrier"),
        ("", SF, "carrier"),
        ("SF", "'; DROP", "waybill"),
        ("SF", "12345", "waybill"),
        ("SF", "1" * 33, "waybill"),
        ("SF", "7.73123E+14", "waybill"),
        ("SF", "7E+14", "waybill"),
        ("SF", "顺丰12345678", "waybill"),
    ],
)
async def test_nonsense_is_refused_at_its_field(
    table: PackingTable, carrier: str, waybill: str, field: str
) -> None:
    order_id = await table.paid()
    with pytest.raises(InvalidFields) as refused:
        await table.ship(order_id, waybill, carrier=carrier)
    assert set(refused.value.problems) == {field}


async def test_carriers_are_known_by_their_names_too(table: PackingTable) -> None:
    order_id = await table.paid()
    await table.ship(order_id, " sf 1234567890 ", carrier="顺丰速运")
    assert [(each.carrier, each.waybill) for each in await table.parcels(order_id)] == [("SF", SF)]


@pytest.mark.parametrize("quantity", [0, -1, 4, 10**12])
async def test_impossible_pieces_leave_everything_as_it_was(table: PackingTable, quantity: int) -> None:
    order_id = await table.paid(3)
    (line,) = await table.lines(order_id)
    with pytest.raises((InvalidFields, PiecesGone)):
        await table.ship(order_id, pieces={line: quantity})
    with pytest.raises(InvalidFields):
        await table.ship(order_id, pieces={})
    with pytest.raises(PiecesGone):
        await table.ship(order_id, pieces={OrderLineId(1): 1})
    detail = await table.detail(order_id)
    assert (detail.order.state, detail.lines[0].shipped_quantity) == (OrderState.PAID, 0)
    assert await table.parcels(order_id) == []
    await table.ship(order_id)


async def test_strangers_and_wrong_states_are_refused(table: PackingTable) -> None:
    order_id = await table.paid()
    stranger = (await sign_in_as(table.database)).person
    async with table.database.writing() as writer:
        from yellowcart.parcels.ship import ship_order

        with pytest.raises(NotFound):
            await ship_order(writer, stranger, table.world.shop_id, order_id, NewShipment("SF", SF))
    with pytest.raises(OrderUnknown):
        await table.ship(OrderId(1))
    await table.ship(order_id)
    with pytest.raises(OrderMoved):
        await table.ship(order_id, "SF0000000002")


async def test_a_stopped_order_does_not_leave_until_the_stop_is_lifted(table: PackingTable) -> None:
    order_id = await table.paid()
    async with table.database.writing() as writer:
        order = await lock_order(writer, table.world.shop_id, order_id)
        await stop_order(writer, order, StopReason.REFUND, "aftersale:1", person=None)
    with pytest.raises(OrderStopped):
        await table.ship(order_id)
    async with table.database.writing() as writer:
        order = await lock_order(writer, table.world.shop_id, order_id)
        await lift_stop(writer, order, StopReason.REFUND, "aftersale:1", person=None)
    assert (await table.ship(order_id)).order_state is OrderState.SHIPPED


async def test_the_last_pieces_leave_once_though_two_people_press(table: PackingTable) -> None:
    order_id = await table.paid(5)
    answers = await asyncio.gather(
        *(table.ship(order_id, f"SF00000000{number:02d}") for number in range(4)), return_exceptions=True
    )
    assert sum(not isinstance(answer, BaseException) for answer in answers) == 1
    assert sum(isinstance(answer, OrderMoved) for answer in answers) == 3
    assert len(await table.parcels(order_id)) == 1


async def test_a_wrong_waybill_is_corrected_and_free_again(table: PackingTable) -> None:
    order_id = await table.paid()
    shipped = await table.ship(order_id)
    for _ in range(2):
        await correct(table, shipped.shipment_id, "YTO", "YT8812345678901")
    assert [(each.carrier, each.waybill) for each in await table.parcels(order_id)] == [("YTO", "YT8812345678901")]
    await table.ship(await table.paid())
    with pytest.raises(WaybillUsed):
        await correct(table, shipped.shipment_id, "SF", SF)


async def test_a_waybill_stays_once_its_day_is_over_or_its_carrier_has_told_of_it(
    table: PackingTable, still_clock: clock.Clock
) -> None:
    shipped, other = await table.ship(await table.paid()), await table.ship(await table.paid(), "SF0000000002")
    await table.tell(told("collected"))
    with pytest.raises(WaybillSettled):
        await correct(table, shipped.shipment_id, "SF", "SF0000000009")
    still_clock.freeze(MORNING + timedelta(hours=24, seconds=1))
    with pytest.raises(WaybillSettled):
        await correct(table, other.shipment_id, "SF", "SF0000000009")
    with pytest.raises(ParcelUnknown):
        await correct(table, ShipmentId(1), "SF", "SF0000000009")


async def test_a_replacement_and_a_return_change_nothing_in_the_order(table: PackingTable) -> None:
    order_id = await table.paid(2)
    (line,) = await table.lines(order_id)
    await table.ship(order_id)
    async with table.database.writing() as writer:
        for subject in ("aftersale:7", "aftersale:7", "aftersale:8"):
            back = await register_return_parcel(
                writer, table.world.shop_id, order_id, subject, "ZTO", "73100000000001"
            )
        sent = await ship_replacement(
            writer, table.world.shop_id, order_id, "aftersale:7", NewShipment("SF", "SF0000000002", {line: 1})
        )
    parcels = {each.shipment_id: each for each in await table.parcels(order_id)}
    assert len(parcels) == 3
    assert (parcels[back].purpose, parcels[back].subject) == (ShipmentPurpose.RETURN, "aftersale:7")
    assert (parcels[sent].purpose, parcels[sent].lines[0].quantity) == (ShipmentPurpose.REPLACEMENT, 1)
    assert (await table.detail(order_id)).lines[0].shipped_quantity == 2


async def test_what_brought_the_goods_cannot_bring_them_back(table: PackingTable) -> None:
    order_id = await table.paid()
    await table.ship(order_id)
    shop_id, other = table.world.shop_id, await table.paid()
    async with table.database.writing() as writer:
        await register_return_parcel(writer, shop_id, other, "aftersale:8", "SF", "SF0000000002")
        for waybill in (SF, "SF0000000002"):
            for subject in ("aftersale:7", "aftersale:8"):
                with pytest.raises(WaybillUsed):
                    await register_return_parcel(writer, shop_id, order_id, subject, "SF", waybill)


async def test_no_waybill_that_names_a_parcel_brings_a_replacement(table: PackingTable) -> None:
    order_id = await table.paid()
    (line,) = await table.lines(order_id)
    await table.ship(order_id)
    shop_id, subject = table.world.shop_id, "aftersale:7"
    async with table.database.writing() as writer:
        await register_return_parcel(writer, shop_id, order_id, subject, "SF", "SF0000000002")
        await ship_replacement(writer, shop_id, order_id, subject, NewShipment("SF", "SF0000000003", {line: 1}))
        for waybill in (SF, "SF0000000002", "SF0000000003"):
            with pytest.raises(WaybillUsed):
                await ship_replacement(writer, shop_id, order_id, subject, NewShipment("SF", waybill, {line: 1}))
    async with table.database.writing() as writer:
        with pytest.raises(PiecesGone):
            await ship_replacement(
                writer, table.world.shop_id, order_id, "aftersale:7", NewShipment("SF", "SF0000000004", {line: 2})
            )
        with pytest.raises(InvalidFields):
            await ship_replacement(
                writer, table.world.shop_id, order_id, "aftersale:7", NewShipment("SF", "SF0000000004")
            )


async def test_parcels_of_many_orders_are_read_at_once_and_apart(table: PackingTable) -> None:
    orders = [await table.paid() for _ in range(3)]
    for number, order_id in enumerate(orders[:2]):
        await table.ship(order_id, f"SF000000000{number}")
    async with table.database.reading() as reader:
        found = await parcels_of_orders(reader, [(table.world.shop_id, order_id) for order_id in orders])
        assert [len(found[order_id]) for order_id in orders] == [1, 1, 0]
        parcel = found[orders[0]][0]
        assert await parcel_of_shipment(reader, table.world.shop_id, parcel.shipment_id) == parcel
        assert await parcel_of_shipment(reader, table.world.shop_id, ShipmentId(1)) is None


async def correct(table: PackingTable, shipment_id: ShipmentId, carrier: str, waybill: str) -> None:
    async with table.database.writing() as writer:
        await correct_waybill(writer, table.merchant, table.world.shop_id, shipment_id, carrier, waybill)
