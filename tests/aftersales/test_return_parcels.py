"""Parcels that bring goods back: one box for several cases of an order, and one that the buyer gets again."""

from datetime import timedelta

import pytest

from tests.aftersales.claims_desk import ClaimsDesk
from tests.aftersales.every_state import Seeding
from tests.orders.shopping import ADDRESS
from tests.parcels.packing import told
from tests.small_world import PRICE_FEN
from yellowcart.accounts.inbox import inbox_of
from yellowcart.accounts.model import Person
from yellowcart.aftersales.goods_back import SentBack, confirm_return, name_return_address, send_back
from yellowcart.aftersales.model import Action, Actor, Case, CaseState
from yellowcart.aftersales.reasons import CaseKind, Reason
from yellowcart.aftersales.timers import let_time_pass
from yellowcart.consoles.case_view import view_case
from yellowcart.kernel import clock
from yellowcart.kernel.errors import InvalidFields
from yellowcart.kernel.events import deliver_events
from yellowcart.kernel.translation import Locale
from yellowcart.orders.receive import confirm_receipt
from yellowcart.parcels.errors import WaybillUsed

RETURN = CaseKind.RETURN_REFUND
BOX = SentBack(carrier="ZTO", waybill="ZT00012345678", freight_fen=1_200)


async def sent(desk: ClaimsDesk, case: Case, parcel: SentBack = BOX) -> Case:
    """The buyer names the parcel."""
    return await desk.write(lambda writer: send_back(writer, desk.buyer, desk.shop_id, case.aftersale_id, parcel))


async def granted(desk: ClaimsDesk, reason: Reason = Reason.QUALITY, *, kind: CaseKind = RETURN) -> list[Case]:
    """The two lines of an order are to come back."""
    order_id = await desk.received(1, 1)
    return [
        await desk.agree(await desk.open(order_id, RETURN, Reason.QUALITY, line=0)),
        await desk.agree(await desk.open(order_id, kind, reason, line=1)),
    ]


async def given_back(desk: ClaimsDesk, parcel: SentBack = BOX) -> None:
    """The carrier gives the parcel to the buyer again."""
    await desk.table.tell(told("returned", waybill=parcel.waybill, carrier=parcel.carrier))
    await desk.deliver()


async def headlines(desk: ClaimsDesk, person: Person) -> list[str]:
    async with desk.database.reading() as reader:
        return [each.headline(Locale.ENGLISH) for each in (await inbox_of(reader, person, size=100)).items]


async def test_goods_of_two_lines_go_back_in_one_box_and_arrive_together(desk: ClaimsDesk) -> None:
    cases = await granted(desk, kind=CaseKind.EXCHANGE)
    for case in cases:
        under_way = await sent(desk, case)
        assert under_way.state is CaseState.AWAITING_INSPECTION
        assert (await sent(desk, case)).version == under_way.version, "the same parcel again is no error"
    await desk.pass_time(days=2)
    await desk.deliver_parcel(BOX.carrier, BOX.waybill)
    there = [await desk.now(case) for case in cases]
    assert [each.return_delivered_at for each in there] == [clock.now()] * 2
    assert [each.due_at for each in there] == [clock.now() + timedelta(hours=48)] * 2
    first = await desk.write(
        lambda writer: confirm_return(writer, desk.merchant, desk.shop_id, cases[0].aftersale_id, restock=1)
    )
    assert (first.state, first.refund_fen) == (CaseState.REFUNDING, PRICE_FEN)
    await desk.pass_time(hours=48)
    assert (await desk.now(cases[1])).state is CaseState.AWAITING_REPLACEMENT
    async with desk.database.reading() as reader:
        assert await reader.value("SELECT count(*) FROM shipment WHERE purpose = 'return'") == 1


async def test_a_box_that_has_arrived_can_be_named_for_what_was_in_it_too(desk: ClaimsDesk) -> None:
    first, second = await granted(desk)
    await sent(desk, first)
    await desk.deliver_parcel(BOX.carrier, BOX.waybill)
    await desk.pass_time(hours=20)
    there = await sent(desk, second)
    assert (there.state, there.due_at) == (CaseState.AWAITING_INSPECTION, clock.now() + timedelta(hours=48))
    assert there.return_delivered_at == clock.now() - timedelta(hours=20)


async def test_an_arrival_that_nobody_has_heard_of_yet_reaches_both(desk: ClaimsDesk) -> None:
    first, second = await granted(desk)
    await sent(desk, first)
    await desk.table.tell(told("delivered", waybill=BOX.waybill, carrier=BOX.carrier))
    there = await sent(desk, second)
    while await deliver_events(desk.database):
        pass
    assert (await desk.now(second)).version == there.version, "told twice, it begins once"
    assert (await desk.now(first)).return_delivered_at == there.return_delivered_at


@pytest.mark.parametrize(
    ("reason", "second_fen", "owed"),
    [
        (Reason.QUALITY, 1_200, [1_200, 0]),
        (Reason.QUALITY, 1_500, [1_200, 300]),
        (Reason.AGREED, 1_200, [1_200, 0]),
    ],
)
async def test_a_box_is_paid_for_once(desk: ClaimsDesk, reason: Reason, second_fen: int, owed: list[int]) -> None:
    first, second = await granted(desk, reason)
    again = SentBack(carrier=BOX.carrier, waybill=BOX.waybill, freight_fen=second_fen)
    cases = [await sent(desk, first), await sent(desk, second, again)]
    assert [case.return_freight_fen for case in cases] == owed
    assert [case.return_freight_claimed_fen for case in cases] == [1_200, second_fen]


async def test_a_box_of_another_order_or_of_another_kind_brings_nothing_back(desk: ClaimsDesk) -> None:
    first, _ = await granted(desk)
    await sent(desk, first)
    other = await desk.agree(await desk.open(await desk.received(1)))
    with pytest.raises(WaybillUsed):
        await sent(desk, other)
    assert (await desk.now(other)).state is CaseState.AWAITING_RETURN
    order_id = await desk.paid(1)
    await desk.table.ship(order_id, waybill="SF7777777777")
    await desk.write(lambda writer: confirm_receipt(writer, desk.buyer, desk.shop_id, order_id))
    back = await desk.agree(await desk.open(order_id))
    with pytest.raises(WaybillUsed):
        await sent(desk, back, SentBack(carrier="SF", waybill="SF7777777777"))


async def test_goods_that_the_buyer_has_again_are_to_be_sent_once_more(desk: ClaimsDesk) -> None:
    cases = [await sent(desk, case) for case in await granted(desk)]
    await desk.pass_time(days=3)
    await given_back(desk)
    for case in [await desk.now(each) for each in cases]:
        assert (case.state, case.due_at) == (CaseState.AWAITING_RETURN, clock.now() + timedelta(days=7))
        assert (case.goods_back, case.return_waybill, case.return_shipment_id) == (False, None, None)
        assert (case.return_freight_fen, case.return_freight_by) == (0, None)
        step = (await desk.detail(case)).steps[-1]
        assert (step.action, step.actor) == (Action.RETURN_GIVEN_BACK, Actor.SYSTEM)
        assert step.before is CaseState.AWAITING_INSPECTION
    told_buyer, told_shop = await headlines(desk, desk.buyer), await headlines(desk, desk.merchant)
    assert told_buyer.count("Your return came back to you: send it once more") == 2
    assert told_shop.count("A return went back to the buyer: check the address that you named") == 2
    await desk.write(
        lambda writer: name_return_address(writer, desk.merchant, desk.shop_id, cases[0].aftersale_id, ADDRESS)
    )
    with pytest.raises(InvalidFields) as refused:
        await sent(desk, cases[0])
    assert set(refused.value.problems) == {"waybill"}, "nothing follows a parcel that was given back"
    again = await sent(desk, cases[0], SentBack(carrier="ZTO", waybill="ZT00099999999", freight_fen=800))
    assert (again.state, again.return_freight_fen) == (CaseState.AWAITING_INSPECTION, 800)
    await desk.deliver_parcel("ZTO", "ZT00099999999")
    done = await desk.write(
        lambda writer: confirm_return(writer, desk.merchant, desk.shop_id, cases[0].aftersale_id, restock=1)
    )
    assert (done.refund_fen, done.returned_quantity) == (PRICE_FEN, 1)


async def test_no_time_pays_for_goods_that_the_buyer_has_again(desk: ClaimsDesk) -> None:
    case = await Seeding(desk).sent_back()
    await desk.table.tell(told("returned", waybill=case.return_waybill or "", carrier="YTO"))
    desk.still_clock.freeze(clock.now() + timedelta(days=10))
    assert await let_time_pass(desk.database) == 1, "before anybody heard of it"
    back = await desk.now(case)
    assert (back.state, back.due_at) == (CaseState.AWAITING_RETURN, clock.now() + timedelta(days=7))
    await desk.deliver()
    assert (await desk.now(case)).version == back.version, "told later, it happens once"
    await desk.pass_time(days=7)
    ended = await desk.now(case)
    assert (ended.state, ended.refund_fen) == (CaseState.WITHDRAWN, 0)


async def test_what_the_shop_has_looked_at_no_carrier_takes_out_of_its_hands(desk: ClaimsDesk) -> None:
    case = await Seeding(desk).return_rejected()
    await desk.table.tell(told("returned", waybill=case.return_waybill or "", carrier="YTO"))
    await desk.deliver()
    assert await desk.now(case) == case


async def test_a_page_of_each_case_shows_the_box(desk: ClaimsDesk) -> None:
    cases = [await sent(desk, case) for case in await granted(desk)]
    for case in cases:
        detail = await desk.detail(case)
        async with desk.database.reading() as reader:
            view = await view_case(reader, detail, Actor.BUYER, Locale.ENGLISH)
        assert [parcel.waybill for parcel in view.parcels] == [BOX.waybill]
