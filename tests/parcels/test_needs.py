"""A shop without a carrier: its need, the quotes on it, the one that it accepts, and the waybill."""

import asyncio
from datetime import timedelta

import msgspec
import pytest

from tests.conftest import MORNING, sign_in_as
from tests.orders.shopping import ADDRESS
from tests.parcels.packing import SF, PackingTable, told
from yellowcart.accounts.errors import RoleMissing
from yellowcart.accounts.inbox import inbox_of
from yellowcart.accounts.model import Person, Role
from yellowcart.kernel import clock
from yellowcart.kernel.errors import InvalidFields, NotFound
from yellowcart.kernel.events import deliver_events
from yellowcart.kernel.ids import OrderId
from yellowcart.orders.errors import OrderMoved, OrderStopped
from yellowcart.orders.model import OrderState, StopReason
from yellowcart.orders.stop import stop_order
from yellowcart.orders.store import lock_order
from yellowcart.parcels.correct import correct_waybill
from yellowcart.parcels.errors import ParcelUnknown, WaybillUsed
from yellowcart.parcels.model import ShipmentPurpose, ShipmentState
from yellowcart.parcels.needs.accept import accept_quote, name_need_waybill
from yellowcart.parcels.needs.errors import (
    NeedExists,
    NeedMoved,
    NeedUnknown,
    OwnNeed,
    QuoteMoved,
    QuoteUnknown,
)
from yellowcart.parcels.needs.model import NeedId, NeedState, NewNeed, NewQuote, QuoteId, QuoteState
from yellowcart.parcels.needs.post import post_need, withdraw_need
from yellowcart.parcels.needs.queries import (
    need_for_carrier,
    need_of_shop,
    open_needs,
    parcel_of_need,
    quotes_of_carrier,
    quotes_of_need,
)
from yellowcart.parcels.needs.quote import quote_need, withdraw_quote
from yellowcart.parcels.needs.timers import expire_needs, expire_quotes, reopen_needs
from yellowcart.parcels.to_ship import stuck_parcels, to_ship_counts

DAY = timedelta(days=1)
PLACE = ADDRESS.delivery(ADDRESS.found())
NEED = NewNeed(
    goods="茶叶 2 箱", origin=PLACE, destination=PLACE, weight_g=12_000, pieces=2, due_at=MORNING + DAY, note=""
)
QUOTE = NewQuote(price_fen=3_500, pick_up_by=MORNING + DAY / 4, valid_until=MORNING + DAY / 2)


async def carrier(table: PackingTable, name: str = "安达物流") -> Person:
    return (await sign_in_as(table.database, Role.CARRIER, name=name)).person


async def post(table: PackingTable, order_id: OrderId | None = None, **changes: object) -> NeedId:
    need = msgspec.structs.replace(NEED, order_id=order_id, **changes)
    async with table.database.writing() as writer:
        return await post_need(writer, table.merchant, table.world.shop_id, need)


async def quote(table: PackingTable, person: Person, need_id: NeedId, **changes: object) -> QuoteId:
    async with table.database.writing() as writer:
        return await quote_need(
            writer, person, table.world.shop_id, need_id, msgspec.structs.replace(QUOTE, **changes)
        )


async def accept(
    table: PackingTable, need_id: NeedId, quote_id: QuoteId, price_fen: int = QUOTE.price_fen
) -> NeedState:
    async with table.database.writing() as writer:
        return await accept_quote(
            writer, table.merchant, table.world.shop_id, need_id, quote_id, price_fen=price_fen
        )


async def name_it(table: PackingTable, person: Person, need_id: NeedId, waybill: str = SF) -> None:
    async with table.database.writing() as writer:
        await name_need_waybill(writer, person, table.world.shop_id, need_id, "SF", waybill)


async def state_of(table: PackingTable, need_id: NeedId) -> NeedState:
    async with table.database.reading() as reader:
        return (await need_of_shop(reader, table.world.shop_id, need_id)).state


async def quote_states(table: PackingTable, need_id: NeedId) -> list[QuoteState]:
    async with table.database.reading() as reader:
        return [each.state for each in await quotes_of_need(reader, table.world.shop_id, need_id)]


async def titles(table: PackingTable, person: Person) -> list[str]:
    async with table.database.reading() as reader:
        return [message.title for message in (await inbox_of(reader, person)).items]


async def test_from_a_need_to_a_parcel_on_its_way(table: PackingTable) -> None:
    order_id = await table.paid(2)
    first, second = await carrier(table), await carrier(table, "百顺货运")
    need_id = await post(table, order_id)
    chosen = await quote(table, first, need_id)
    await quote(table, second, need_id, price_fen=4_000)
    assert await accept(table, need_id, chosen) is NeedState.ACCEPTED
    assert await accept(table, need_id, chosen) is NeedState.ACCEPTED
    assert await quote_states(table, need_id) == [QuoteState.ACCEPTED, QuoteState.LOST]
    for _ in range(2):
        await name_it(table, first, need_id)
    assert await state_of(table, need_id) is NeedState.FULFILLED
    assert (await table.detail(order_id)).order.state is OrderState.SHIPPED
    assert [each.waybill for each in await table.parcels(order_id)] == [SF]
    assert await titles(table, first) == ["Your quote was accepted"]
    assert await titles(table, second) == ["Another quote was accepted"]
    assert sorted(await titles(table, table.merchant)) == [
        "A quote for %(goods)s",
        "A quote for %(goods)s",
        "The waybill for %(goods)s is there",
    ]


async def test_a_quote_with_a_waybill_ships_when_it_is_accepted(table: PackingTable) -> None:
    order_id = await table.paid()
    need_id = await post(table, order_id)
    chosen = await quote(table, await carrier(table), need_id, carrier="顺丰", waybill=SF)
    assert await accept(table, need_id, chosen) is NeedState.FULFILLED
    assert (await table.detail(order_id)).order.state is OrderState.SHIPPED


async def test_a_need_without_an_order_ends_with_its_waybill(table: PackingTable) -> None:
    person = await carrier(table)
    need_id = await post(table)
    await accept(table, need_id, await quote(table, person, need_id))
    await table.ship(await table.paid())
    with pytest.raises(WaybillUsed):
        await name_it(table, person, need_id)
    await name_it(table, person, need_id, "SF0000000002")
    assert await state_of(table, need_id) is NeedState.FULFILLED


async def test_the_waybill_of_a_need_names_one_parcel_everywhere_and_has_a_track(table: PackingTable) -> None:
    person = await carrier(table)
    needs = [await post(table) for _ in range(3)]
    for need_id in needs[:2]:
        await accept(table, need_id, await quote(table, person, need_id))
    await name_it(table, person, needs[0])
    await name_it(table, person, needs[0])
    with pytest.raises(WaybillUsed):
        await name_it(table, person, needs[1])
    with pytest.raises(WaybillUsed):
        await quote(table, person, needs[2], carrier="SF", waybill=SF)
    order_id = await table.paid()
    with pytest.raises(WaybillUsed):
        await table.ship(order_id)
    assert (await table.detail(order_id)).order.state is OrderState.PAID
    await table.tell(told("in_transit", -2))
    await table.tell(told("delivered", -1))
    async with table.database.reading() as reader:
        parcel = await parcel_of_need(reader, await need_of_shop(reader, table.world.shop_id, needs[0]))
        other = await parcel_of_need(reader, await need_of_shop(reader, table.world.shop_id, needs[1]))
        assert parcel is not None
        assert (parcel.state, parcel.purpose, len(parcel.track)) == (
            ShipmentState.DELIVERED,
            ShipmentPurpose.NEED,
            2,
        )
        assert parcel.may_correct_until is None
        assert other is None
        assert (await to_ship_counts(reader, table.world.shop_id)).stuck == 0
    async with table.database.writing() as writer:
        with pytest.raises(ParcelUnknown):
            await correct_waybill(
                writer, table.merchant, table.world.shop_id, parcel.shipment_id, "SF", "SF0000000099"
            )


async def test_a_parcel_of_a_need_that_nobody_tells_of_is_no_stuck_order(
    table: PackingTable, still_clock: clock.Clock
) -> None:
    person = await carrier(table)
    need_id = await post(table)
    await accept(table, need_id, await quote(table, person, need_id))
    await name_it(table, person, need_id)
    still_clock.freeze(MORNING + 10 * DAY)
    async with table.database.reading() as reader:
        assert (await to_ship_counts(reader, table.world.shop_id)).stuck == 0
        assert (await stuck_parcels(reader, table.world.shop_id)).items == []


async def test_carriers_see_cities_until_they_are_chosen(table: PackingTable) -> None:
    person, other = await carrier(table), await carrier(table)
    need_id = await post(table)
    async with table.database.reading() as reader:
        (seen,) = (await open_needs(reader, person, origin="福建省")).items
        assert (await open_needs(reader, person, origin="北京市")).items == []
        assert (await open_needs(reader, person, destination="北京市")).items == []
    shown = msgspec.json.encode(seen).decode()
    assert PLACE.city in shown
    assert PLACE.street not in shown
    assert PLACE.recipient not in shown
    chosen = await quote(table, person, need_id)
    await quote(table, other, need_id)
    await accept(table, need_id, chosen)
    async with table.database.reading() as reader:
        (mine,) = (await quotes_of_carrier(reader, person)).items
        (theirs,) = (await quotes_of_carrier(reader, other)).items
        stranger = await carrier(table)
        with pytest.raises(NeedUnknown):
            await need_for_carrier(reader, stranger, table.world.shop_id, need_id)
        assert (await need_for_carrier(reader, other, table.world.shop_id, need_id)).state is NeedState.ACCEPTED
    assert mine.destination == PLACE
    assert theirs.destination is None


async def test_a_carrier_has_one_open_quote_and_changes_it(table: PackingTable) -> None:
    person = await carrier(table)
    need_id = await post(table)
    first = await quote(table, person, need_id)
    assert await quote(table, person, need_id, price_fen=3_000) == first
    with pytest.raises(QuoteMoved):
        await accept(table, need_id, first, price_fen=QUOTE.price_fen)
    assert await accept(table, need_id, first, price_fen=3_000) is NeedState.ACCEPTED


async def test_two_quotes_accepted_at_once_leave_one(table: PackingTable) -> None:
    need_id = await post(table)
    quotes = [await quote(table, await carrier(table), need_id) for _ in range(3)]
    answers = await asyncio.gather(*(accept(table, need_id, each) for each in quotes), return_exceptions=True)
    assert [isinstance(each, NeedMoved) for each in answers].count(True) == 2
    assert (await quote_states(table, need_id)).count(QuoteState.ACCEPTED) == 1


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"goods": " "}, "goods"),
        ({"goods": "茶" * 101}, "goods"),
        ({"weight_g": 0}, "weight"),
        ({"weight_g": 10**12}, "weight"),
        ({"pieces": -1}, "pieces"),
        ({"pieces": 10_000}, "pieces"),
        ({"due_at": MORNING}, "due"),
        ({"due_at": MORNING + 31 * DAY}, "due"),
        ({"note": "x" * 201}, "note"),
    ],
)
async def test_a_need_that_makes_no_sense_is_refused(
    table: PackingTable, changes: dict[str, object], field: str
) -> None:
    with pytest.raises(InvalidFields) as refused:
        await post(table, None, **changes)
    assert set(refused.value.problems) == {field}


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"price_fen": 0}, "price"),
        ({"price_fen": 10**12}, "price"),
        ({"pick_up_by": MORNING + 2 * DAY}, "pick_up_by"),
        ({"pick_up_by": MORNING}, "pick_up_by"),
        ({"valid_until": MORNING - DAY}, "valid_until"),
        ({"carrier": "PIGEON"}, "carrier"),
        ({"waybill": SF}, "carrier"),
        ({"carrier": "SF", "waybill": "1E+12"}, "waybill"),
        ({"note": "x" * 201}, "note"),
    ],
)
async def test_a_quote_that_makes_no_sense_is_refused(
    table: PackingTable, changes: dict[str, object], field: str
) -> None:
    need_id = await post(table)
    with pytest.raises(InvalidFields) as refused:
        await quote(table, await carrier(table), need_id, **changes)
    assert set(refused.value.problems) == {field}


async def test_only_carriers_quote_and_never_on_their_own_need(table: PackingTable) -> None:
    need_id = await post(table)
    with pytest.raises(RoleMissing):
        await quote(table, table.buyer, need_id)
    merchant = msgspec.structs.replace(table.merchant, roles=frozenset({Role.MERCHANT, Role.CARRIER}))
    with pytest.raises(OwnNeed):
        await quote(table, merchant, need_id)
    stranger = (await sign_in_as(table.database)).person
    quote_id = await quote(table, await carrier(table), need_id)
    async with table.database.writing() as writer:
        for refused, call in (
            (NotFound, post_need(writer, stranger, table.world.shop_id, NEED)),
            (NotFound, withdraw_need(writer, stranger, table.world.shop_id, need_id)),
            (
                NotFound,
                accept_quote(writer, stranger, table.world.shop_id, need_id, quote_id, price_fen=QUOTE.price_fen),
            ),
            (QuoteUnknown, withdraw_quote(writer, stranger, table.world.shop_id, need_id, quote_id)),
            (NeedUnknown, name_need_waybill(writer, stranger, table.world.shop_id, need_id, "SF", SF)),
            (NeedUnknown, withdraw_need(writer, table.merchant, table.world.shop_id, NeedId(1))),
        ):
            with pytest.raises(refused):
                await call


async def test_an_order_has_one_need_and_only_while_it_has_to_leave(table: PackingTable) -> None:
    order_id = await table.paid()
    await post(table, order_id)
    with pytest.raises(NeedExists):
        await post(table, order_id)
    shipped = await table.paid()
    await table.ship(shipped, "SF0000000002")
    with pytest.raises(OrderMoved):
        await post(table, shipped)


async def test_an_order_that_is_stopped_meanwhile_does_not_leave(table: PackingTable) -> None:
    order_id, person = await table.paid(), await carrier(table)
    need_id = await post(table, order_id)
    await accept(table, need_id, await quote(table, person, need_id))
    async with table.database.writing() as writer:
        order = await lock_order(writer, table.world.shop_id, order_id)
        await stop_order(writer, order, StopReason.REFUND, "aftersale:1", person=None)
    with pytest.raises(OrderStopped):
        await name_it(table, person, need_id)
    assert await state_of(table, need_id) is NeedState.ACCEPTED


async def test_an_order_that_leaves_by_itself_ends_its_need(table: PackingTable) -> None:
    order_id, person = await table.paid(), await carrier(table)
    need_id = await post(table, order_id)
    await quote(table, person, need_id)
    await table.ship(order_id)
    await deliver_events(table.database)
    assert await state_of(table, need_id) is NeedState.WITHDRAWN
    assert await quote_states(table, need_id) == [QuoteState.LOST]
    assert await titles(table, person) == ["A shipping need was taken back"]


async def test_a_need_and_its_quotes_are_taken_back(table: PackingTable) -> None:
    person = await carrier(table)
    need_id = await post(table)
    quote_id = await quote(table, person, need_id)
    async with table.database.writing() as writer:
        for _ in range(2):
            await withdraw_quote(writer, person, table.world.shop_id, need_id, quote_id)
    with pytest.raises(QuoteMoved):
        await accept(table, need_id, quote_id)
    async with table.database.writing() as writer:
        for _ in range(2):
            await withdraw_need(writer, table.merchant, table.world.shop_id, need_id)
    with pytest.raises(NeedMoved):
        await quote(table, person, need_id)


async def test_time_ends_quotes_and_needs(table: PackingTable, still_clock: clock.Clock) -> None:
    person = await carrier(table)
    need_id = await post(table)
    quote_id = await quote(table, person, need_id)
    still_clock.freeze(QUOTE.valid_until)
    with pytest.raises(QuoteMoved):
        await accept(table, need_id, quote_id)
    assert await expire_quotes(table.database) == 1
    assert await quote_states(table, need_id) == [QuoteState.EXPIRED]
    still_clock.freeze(NEED.due_at)
    assert await expire_needs(table.database) == 1
    assert await expire_needs(table.database) == 0
    assert await state_of(table, need_id) is NeedState.EXPIRED


async def test_a_carrier_without_a_waybill_in_time_loses_the_need(
    table: PackingTable, still_clock: clock.Clock
) -> None:
    person = await carrier(table)
    need_id = await post(table)
    await accept(table, need_id, await quote(table, person, need_id))
    still_clock.freeze(MORNING + timedelta(hours=12))
    with pytest.raises(NeedMoved):
        await name_it(table, person, need_id)
    assert await reopen_needs(table.database) == 1
    assert await state_of(table, need_id) is NeedState.OPEN
    assert await quote_states(table, need_id) == [QuoteState.FAILED]
    await quote(
        table, person, need_id, pick_up_by=MORNING + timedelta(hours=20), valid_until=MORNING + timedelta(hours=20)
    )
