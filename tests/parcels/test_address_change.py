"""Another address before the parcel leaves: who may ask, who answers, and what shipping makes of it."""

import msgspec
import pytest

from tests.conftest import sign_in_as
from tests.orders.shopping import ADDRESS
from tests.parcels.packing import PackingTable
from yellowcart.accounts.inbox import inbox_of
from yellowcart.accounts.model import Person
from yellowcart.kernel.database import json_value
from yellowcart.kernel.errors import InvalidFields, NotFound
from yellowcart.kernel.events import deliver_events
from yellowcart.kernel.ids import OrderId
from yellowcart.orders.addresses import AddressEntry, check_entry
from yellowcart.orders.close import close_refunded
from yellowcart.orders.deliver_to import deliver_to, destination_of
from yellowcart.orders.errors import OrderMoved, OrderUnknown
from yellowcart.orders.store import lock_order
from yellowcart.parcels.address_change import (
    address_changes_of,
    answer_address_change,
    ask_address_change,
    offer_address_change,
    withdraw_address_change,
)
from yellowcart.parcels.errors import (
    AddressChangeDone,
    AddressChangeOpen,
    AddressChangesTooMany,
    AddressChangeUnknown,
    AddressSame,
    AddressSettled,
    FreightDiffers,
)
from yellowcart.parcels.model import AddressChange, AddressChangeId, AddressChangeState
from yellowcart.parcels.rules import ADDRESS_CHANGES_MAX
from yellowcart.sweeps import register_sweeps

NEW = AddressEntry(
    recipient="林小满",
    phone="13800000002",
    province="福建省",
    city="厦门市",
    district="思明区",
    street="湖滨路 2 号",
)


async def ask(table: PackingTable, order_id: OrderId, entry: AddressEntry = NEW) -> AddressChangeId:
    async with table.database.writing() as writer:
        return await ask_address_change(writer, table.buyer, table.world.shop_id, order_id, entry, "搬家了")


async def decide(
    table: PackingTable, person: Person, order_id: OrderId, change_id: AddressChangeId, *, accepted: bool
) -> None:
    async with table.database.writing() as writer:
        await answer_address_change(
            writer, person, table.world.shop_id, order_id, change_id, accepted=accepted, answer="好的"
        )


async def changes(table: PackingTable, order_id: OrderId) -> list[AddressChange]:
    async with table.database.reading() as reader:
        return await address_changes_of(reader, table.world.shop_id, order_id)


async def test_the_shop_accepts_and_the_order_goes_to_the_new_address(table: PackingTable) -> None:
    order_id = await table.paid()
    change_id = await ask(table, order_id)
    with pytest.raises(AddressChangeOpen):
        await table.ship(order_id)
    for _ in range(2):
        await decide(table, table.merchant, order_id, change_id, accepted=True)
    address = (await table.detail(order_id)).order.address
    assert (address.city, address.street, address.phone) == ("厦门市", "湖滨路 2 号", "13800000002")
    (change,) = await changes(table, order_id)
    assert (change.state, change.old_address.city) == (AddressChangeState.ACCEPTED, "泉州市")
    await table.ship(order_id)
    async with table.database.reading() as reader:
        kinds = [message.title for message in (await inbox_of(reader, table.buyer)).items]
        trail = await reader.records(
            "SELECT before, after FROM audit_entry WHERE action LIKE 'parcels:address:%%'"
        )
    assert kinds == ["Your order has been shipped", "Order %(number)s goes to the new address"]
    assert "湖滨路" not in str(trail), "streets are nobody's business but the parcel's"


async def test_the_shop_refuses_and_the_address_stays(table: PackingTable) -> None:
    order_id = await table.paid()
    change_id = await ask(table, order_id)
    await decide(table, table.merchant, order_id, change_id, accepted=False)
    assert (await table.detail(order_id)).order.address.street == ADDRESS.street
    with pytest.raises(AddressChangeDone):
        await decide(table, table.merchant, order_id, change_id, accepted=True)
    await table.ship(order_id)


async def test_what_the_shop_proposes_the_buyer_answers(table: PackingTable) -> None:
    order_id = await table.paid()
    async with table.database.writing() as writer:
        change_id = await offer_address_change(writer, table.merchant, table.world.shop_id, order_id, NEW)
    with pytest.raises(AddressChangeUnknown):
        await decide(table, table.merchant, order_id, change_id, accepted=True)
    await decide(table, table.buyer, order_id, change_id, accepted=True)
    assert (await table.detail(order_id)).order.address.city == "厦门市"


async def test_who_asked_takes_it_back(table: PackingTable) -> None:
    order_id = await table.paid()
    change_id = await ask(table, order_id)
    async with table.database.writing() as writer:
        with pytest.raises(AddressChangeUnknown):
            await withdraw_address_change(writer, table.merchant, table.world.shop_id, order_id, change_id)
        for _ in range(2):
            await withdraw_address_change(writer, table.buyer, table.world.shop_id, order_id, change_id)
    with pytest.raises(AddressChangeDone):
        await decide(table, table.merchant, order_id, change_id, accepted=True)
    await table.ship(order_id)


async def test_one_wish_at_a_time_and_a_new_address_only(table: PackingTable) -> None:
    order_id = await table.paid()
    same = AddressEntry(**msgspec.structs.asdict(ADDRESS))
    with pytest.raises(AddressSame):
        await ask(table, order_id, same)
    with pytest.raises(InvalidFields):
        await ask(table, order_id, msgspec.structs.replace(NEW, district="不存在区", phone="1"))
    await ask(table, order_id)
    with pytest.raises(AddressChangeOpen):
        await ask(table, order_id)


async def test_strangers_neither_ask_nor_answer(table: PackingTable) -> None:
    order_id = await table.paid()
    change_id = await ask(table, order_id)
    stranger = (await sign_in_as(table.database)).person
    with pytest.raises(NotFound):
        await decide(table, stranger, order_id, change_id, accepted=True)
    with pytest.raises(AddressChangeUnknown):
        await decide(table, table.merchant, order_id, AddressChangeId(1), accepted=True)
    async with table.database.writing() as writer:
        with pytest.raises(OrderUnknown):
            await ask_address_change(writer, stranger, table.world.shop_id, order_id, NEW)
        with pytest.raises(NotFound):
            await offer_address_change(writer, stranger, table.world.shop_id, order_id, NEW)


async def test_after_the_first_parcel_the_address_stays(table: PackingTable) -> None:
    order_id = await table.paid(2)
    (line,) = await table.lines(order_id)
    await table.ship(order_id, pieces={line: 1})
    with pytest.raises(AddressSettled):
        await ask(table, order_id)


@pytest.mark.parametrize(("province", "allowed"), [("福建省", True), ("西藏自治区", False), ("北京市", False)])
async def test_it_is_free_only_where_delivery_costs_the_same(
    table: PackingTable, province: str, allowed: bool
) -> None:
    await give_template(table)
    order_id = await table.paid()
    places = {"福建省": ("厦门市", "思明区"), "西藏自治区": ("拉萨市", "城关区"), "北京市": ("北京市", "朝阳区")}
    city, district = places[province]
    entry = msgspec.structs.replace(NEW, province=province, city=city, district=district)
    if allowed:
        await ask(table, order_id, entry)
    else:
        with pytest.raises(FreightDiffers):
            await ask(table, order_id, entry)


@pytest.mark.parametrize("shipped", [0, 1, 2])
async def test_orders_go_elsewhere_only_until_something_has_left(table: PackingTable, shipped: int) -> None:
    order_id = await table.paid(2)
    (line_id,) = await table.lines(order_id)
    if shipped:
        await table.ship(order_id, pieces={line_id: shipped})
    before = (await table.detail(order_id)).order.address
    elsewhere = check_entry(NEW)
    async with table.database.writing() as writer:
        order = await lock_order(writer, table.world.shop_id, order_id)
        assert await destination_of(writer, order) == before
        if shipped:
            with pytest.raises(OrderMoved):
                await deliver_to(writer, order, elsewhere)
        else:
            await deliver_to(writer, order, elsewhere)
    assert (await table.detail(order_id)).order.address == (before if shipped else elsewhere)


async def test_an_order_that_ends_takes_the_wish_with_it(table: PackingTable) -> None:
    register_sweeps()
    order_id = await table.paid()
    await ask(table, order_id)
    async with table.database.writing() as writer:
        await close_refunded(writer, await lock_order(writer, table.world.shop_id, order_id))
    await deliver_events(table.database)
    (change,) = await changes(table, order_id)
    assert change.state is AddressChangeState.OVERTAKEN


async def give_template(table: PackingTable) -> None:
    """Free in Fujian and elsewhere paid, nothing to Tibet; the product's orders of before stay as they are."""
    zone = {"first": 1, "first_fen": 0, "more": 1, "more_fen": 0}
    async with table.database.writing() as writer:
        await writer.run(
            """
            INSERT INTO freight_template (shop_id, freight_template_id, name, basis, zones, elsewhere,
                                          not_delivered, version, created_at, updated_at)
            VALUES (%(shop_id)s, 1, '快递', 'piece', %(zones)s, %(elsewhere)s, %(never)s, 1, now(), now())
            """,
            shop_id=table.world.shop_id,
            zones=json_value([zone | {"province_codes": ["350000"]}]),
            elsewhere=json_value(zone | {"province_codes": [], "first_fen": 800}),
            never=json_value(["540000"]),
        )
        await writer.run(
            """
            INSERT INTO product_delivery (shop_id, product_id, freight_template_id, weight_g, ship_within_s,
                                          is_presale, updated_at)
            VALUES (%(shop_id)s, %(product_id)s, 1, 0, 172800, false, now())
            """,
            shop_id=table.world.shop_id,
            product_id=table.world.product_id,
        )


async def test_neither_side_asks_without_end_and_neither_uses_up_the_others_wishes(table: PackingTable) -> None:
    order_id, shop_id = await table.paid(), table.world.shop_id
    for number in range(ADDRESS_CHANGES_MAX):
        change_id = await ask(table, order_id, msgspec.structs.replace(NEW, street=f"湖滨路 {number} 号"))
        if number % 2:
            await decide(table, table.merchant, order_id, change_id, accepted=False)
        else:
            async with table.database.writing() as writer:
                await withdraw_address_change(writer, table.buyer, shop_id, order_id, change_id)
    with pytest.raises(AddressChangesTooMany) as refused:
        await ask(table, order_id)
    assert refused.value.values == {"most": 5}
    for number in range(ADDRESS_CHANGES_MAX):
        async with table.database.writing() as writer:
            change_id = await offer_address_change(writer, table.merchant, shop_id, order_id, NEW)
        await decide(table, table.buyer, order_id, change_id, accepted=number == ADDRESS_CHANGES_MAX - 1)
    with pytest.raises(AddressChangesTooMany):
        async with table.database.writing() as writer:
            await offer_address_change(
                writer, table.merchant, shop_id, order_id, msgspec.structs.replace(NEW, street="湖滨路 3 号")
            )
    await table.ship(order_id)
