"""A shipping need whose order goes to another address, or whose waybill is corrected, and its carriers."""

from datetime import timedelta

import msgspec
import pytest

from tests.conftest import MORNING
from tests.parcels.packing import SF, PackingTable
from tests.parcels.test_address_change import NEW, ask, decide
from tests.parcels.test_needs import (
    PLACE,
    QUOTE,
    accept,
    carrier,
    name_it,
    post,
    quote,
    quote_states,
    state_of,
    titles,
)
from yellowcart.accounts.model import Person
from yellowcart.kernel import clock
from yellowcart.kernel.errors import InvalidFields
from yellowcart.kernel.ids import OrderId
from yellowcart.orders.addresses import AddressEntry, check_entry
from yellowcart.orders.model import DeliveryAddress
from yellowcart.parcels.correct import correct_waybill
from yellowcart.parcels.needs.errors import NeedUnknown, QuoteMoved
from yellowcart.parcels.needs.model import MyQuote, NeedId, NeedState, QuoteState
from yellowcart.parcels.needs.queries import need_of_shop, open_needs, parcel_of_need, quotes_of_carrier

NEARBY = AddressEntry(
    recipient="林小满",
    phone="13800000009",
    province=PLACE.province,
    city=PLACE.city,
    district=PLACE.district,
    street="新街 99 号",
)
CORRECTED = "SF0000000077"


async def move(table: PackingTable, order_id: OrderId, entry: AddressEntry, *, accepted: bool = True) -> None:
    change_id = await ask(table, order_id, entry)
    await decide(table, table.merchant, order_id, change_id, accepted=accepted)


async def destination(table: PackingTable, need_id: NeedId) -> DeliveryAddress:
    async with table.database.reading() as reader:
        return (await need_of_shop(reader, table.world.shop_id, need_id)).destination


async def own(table: PackingTable, person: Person) -> list[MyQuote]:
    async with table.database.reading() as reader:
        return (await quotes_of_carrier(reader, person)).items


async def test_whoever_is_chosen_after_a_change_sees_the_new_address(table: PackingTable) -> None:
    order_id, person = await table.paid(), await carrier(table)
    need_id = await post(table, order_id)
    quote_id = await quote(table, person, need_id)
    await move(table, order_id, NEARBY)
    assert await quote_states(table, need_id) == [QuoteState.OPEN], "it is the same way for a carrier"
    assert await titles(table, person) == []
    await accept(table, need_id, quote_id)
    (mine,) = await own(table, person)
    assert mine.destination == (await table.detail(order_id)).order.address == check_entry(NEARBY)


async def test_a_refused_wish_changes_nothing(table: PackingTable) -> None:
    order_id = await table.paid()
    need_id = await post(table, order_id)
    await move(table, order_id, NEW, accepted=False)
    assert await destination(table, need_id) == PLACE


async def test_quotes_for_another_city_end_and_carriers_quote_again(table: PackingTable) -> None:
    order_id, person = await table.paid(), await carrier(table)
    need_id = await post(table, order_id)
    before = await quote(table, person, need_id)
    await move(table, order_id, NEW)
    assert await quote_states(table, need_id) == [QuoteState.LOST]
    assert await titles(table, person) == ["A shipping need goes to another city"]
    assert "New quotes for %(goods)s" in await titles(table, table.merchant)
    with pytest.raises(QuoteMoved):
        await accept(table, need_id, before)
    async with table.database.reading() as reader:
        (seen,) = (await open_needs(reader, person)).items
    assert (seen.destination_city, seen.my_price_fen) == ("厦门市", None)
    assert await accept(table, need_id, await quote(table, person, need_id)) is NeedState.ACCEPTED
    (mine, _) = await own(table, person)
    assert mine.destination == check_entry(NEW)


async def test_a_carrier_who_was_chosen_goes_to_the_new_address_in_the_same_city(table: PackingTable) -> None:
    order_id, person = await table.paid(), await carrier(table)
    need_id = await post(table, order_id)
    await accept(table, need_id, await quote(table, person, need_id))
    for street in ("新街 99 号", "新街 100 号"):
        await move(table, order_id, msgspec.structs.replace(NEARBY, street=street))
    (mine,) = await own(table, person)
    assert (mine.quote.state, mine.destination and mine.destination.street) == (QuoteState.ACCEPTED, "新街 100 号")
    assert (await titles(table, person)).count("A parcel goes to another address") == 2
    await name_it(table, person, need_id)
    assert await state_of(table, need_id) is NeedState.FULFILLED


async def test_a_quote_that_was_accepted_for_another_city_binds_nobody(
    table: PackingTable, still_clock: clock.Clock
) -> None:
    order_id, person = await table.paid(), await carrier(table)
    need_id = await post(table, order_id)
    await accept(table, need_id, await quote(table, person, need_id))
    await move(table, order_id, NEW)
    assert await state_of(table, need_id) is NeedState.OPEN
    assert await quote_states(table, need_id) == [QuoteState.LOST]
    (mine,) = await own(table, person)
    assert mine.destination is None, "who goes nowhere sees no street"
    with pytest.raises(NeedUnknown):
        await name_it(table, person, need_id)
    still_clock.freeze(MORNING + timedelta(hours=1))
    assert await accept(table, need_id, await quote(table, person, need_id)) is NeedState.ACCEPTED


async def test_a_need_whose_time_is_over_does_not_open_again(
    table: PackingTable, still_clock: clock.Clock
) -> None:
    order_id, person = await table.paid(), await carrier(table)
    due_at = MORNING + timedelta(hours=2)
    need_id = await post(table, order_id, due_at=due_at)
    await accept(table, need_id, await quote(table, person, need_id, pick_up_by=due_at, valid_until=due_at))
    still_clock.freeze(MORNING + timedelta(hours=3))
    await move(table, order_id, NEW)
    assert await state_of(table, need_id) is NeedState.EXPIRED


async def test_goods_of_an_order_go_where_it_goes_whatever_the_need_says(table: PackingTable) -> None:
    order_id = await table.paid()
    await move(table, order_id, NEW)
    need_id = await post(table, order_id, destination=PLACE)
    assert await destination(table, need_id) == check_entry(NEW)
    other = await post(table, await table.paid(), destination=None)
    assert await destination(table, other) == PLACE
    with pytest.raises(InvalidFields) as refused:
        await post(table, None, destination=None)
    assert set(refused.value.problems) == {"destination"}


async def test_a_corrected_waybill_is_corrected_on_its_need(table: PackingTable) -> None:
    order_id, person = await table.paid(), await carrier(table)
    need_id = await post(table, order_id)
    await accept(table, need_id, await quote(table, person, need_id, price_fen=QUOTE.price_fen))
    await name_it(table, person, need_id)
    (parcel,) = await table.parcels(order_id)
    async with table.database.writing() as writer:
        await correct_waybill(writer, table.merchant, table.world.shop_id, parcel.shipment_id, "SF", CORRECTED)
    other = await table.paid()
    await table.ship(other, SF)
    async with table.database.reading() as reader:
        need = await need_of_shop(reader, table.world.shop_id, need_id)
        shown = await parcel_of_need(reader, need)
    assert (need.waybill, shown and shown.order_id) == (CORRECTED, order_id)
    assert "A waybill number was corrected" in await titles(table, person)
    await name_it(table, person, need_id, CORRECTED)
