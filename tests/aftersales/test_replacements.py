"""The new parcel of an exchange or a resend: a parcel of its own, and none while an operator stops the order."""

import pytest

from tests.aftersales.claims_desk import WHY, ClaimsDesk
from tests.aftersales.every_state import Seeding
from tests.orders.shopping import stock_of
from tests.small_world import PRICE_FEN
from yellowcart.aftersales.arbitrate import Decision, Verdict, add_evidence, arbitrate, call_platform
from yellowcart.aftersales.errors import ActionImpossible
from yellowcart.aftersales.model import Actor, Case, CaseState
from yellowcart.aftersales.reasons import CaseKind, Reason
from yellowcart.aftersales.replace import ReplacementParcel, refund_instead, ship_replacement
from yellowcart.orders.errors import OrderStopped
from yellowcart.orders.stop import lift_risk, stop_for_risk
from yellowcart.parcels.errors import WaybillUsed


async def replaced(desk: ClaimsDesk, case: Case, carrier: str | None, waybill: str | None) -> Case:
    """The shop sends the replacement."""
    parcel = ReplacementParcel(carrier=carrier or "", waybill=waybill or "")
    return await desk.write(
        lambda writer: ship_replacement(writer, desk.merchant, desk.shop_id, case.aftersale_id, parcel)
    )


async def replacements(desk: ClaimsDesk) -> int:
    async with desk.database.reading() as reader:
        return int(await reader.value("SELECT count(*) FROM shipment WHERE purpose = 'replacement'"))


async def stop(desk: ClaimsDesk, case: Case) -> None:
    await desk.write(lambda writer: stop_for_risk(writer, desk.operator, desk.shop_id, case.order_id, "?"))


async def lift(desk: ClaimsDesk, case: Case) -> None:
    await desk.write(lambda writer: lift_risk(writer, desk.operator, desk.shop_id, case.order_id))


async def test_what_the_buyer_sent_back_is_no_replacement(desk: ClaimsDesk) -> None:
    case = await Seeding(desk).to_replace()
    with pytest.raises(WaybillUsed):
        await replaced(desk, case, case.return_carrier, case.return_waybill)
    assert (await desk.now(case)).state is CaseState.AWAITING_REPLACEMENT
    assert (await replacements(desk), await stock_of(desk.database, desk.table.world)) == (0, (998, 0, 2))


async def test_the_first_replacement_is_not_the_second(desk: ClaimsDesk) -> None:
    first = await Seeding(desk).replaced()
    before = await stock_of(desk.database, desk.table.world)
    who = (desk.shop_id, first.aftersale_id)
    await desk.write(lambda writer: call_platform(writer, desk.buyer, *who, WHY))
    await desk.write(lambda writer: add_evidence(writer, desk.merchant, *who, WHY, actor=Actor.SELLER))
    case = await desk.write(
        lambda writer: arbitrate(writer, desk.operator, *who, Decision(verdict=Verdict.FOR_BUYER), WHY)
    )
    assert case.state is CaseState.AWAITING_REPLACEMENT
    with pytest.raises(WaybillUsed):
        await replaced(desk, case, first.replacement_carrier, first.replacement_waybill)
    assert (await replacements(desk), await stock_of(desk.database, desk.table.world)) == (1, before)
    assert (await replaced(desk, case, "SF", "SF0000099999")).state is CaseState.AWAITING_RECEIPT


async def test_the_number_of_another_carrier_is_another_parcel_and_no_repeat(desk: ClaimsDesk) -> None:
    case = await Seeding(desk).replaced()
    again = await replaced(desk, case, case.replacement_carrier, case.replacement_waybill)
    assert again.version == case.version
    with pytest.raises(ActionImpossible):
        await replaced(desk, case, "YTO", case.replacement_waybill)


async def test_nothing_leaves_while_an_operator_stops_the_order(desk: ClaimsDesk) -> None:
    case = await Seeding(desk).to_replace()
    await stop(desk, case)
    with pytest.raises(OrderStopped) as refused:
        await replaced(desk, case, "SF", "SF0000099999")
    assert refused.value.values == {"reason": "risk"}
    assert await replacements(desk) == 0
    await lift(desk, case)
    assert (await replaced(desk, case, "SF", "SF0000099999")).state is CaseState.AWAITING_RECEIPT


async def test_no_time_pays_out_of_an_order_that_an_operator_stopped(desk: ClaimsDesk) -> None:
    exchange = await Seeding(desk).to_replace()
    silent = await desk.open(await desk.received(1), CaseKind.REFUND_ONLY, Reason.DAMAGED)
    other = await desk.open(await desk.received(1), CaseKind.REFUND_ONLY, Reason.DAMAGED)
    for case in (exchange, silent):
        await stop(desk, case)
    assert await desk.pass_time(days=20) == 1, "the order beside them goes on"
    assert (await desk.now(other)).refund_fen == PRICE_FEN
    assert (await desk.now(exchange)).state is CaseState.AWAITING_REPLACEMENT
    assert (await desk.now(silent)).state is CaseState.AWAITING_SELLER
    await lift(desk, silent)
    assert await desk.pass_time(seconds=0) == 1
    assert (await desk.now(silent)).refund_fen == PRICE_FEN
    paid_back = await desk.write(
        lambda writer: refund_instead(writer, desk.merchant, desk.shop_id, exchange.aftersale_id)
    )
    assert paid_back.refund_fen == PRICE_FEN, "what the shop does of its own wish is no timer's"
