"""What a case comes to after it changed its way: an accepted offer binds, a new piece is a piece."""

import pytest

from tests.aftersales.claims_desk import WHY, ClaimsDesk
from tests.aftersales.every_state import Seeding
from tests.orders.shopping import ADDRESS
from tests.small_world import PRICE_FEN
from yellowcart.aftersales.arbitrate import Decision, Verdict, add_evidence, arbitrate, call_platform
from yellowcart.aftersales.goods_back import SentBack, reject_return, send_back
from yellowcart.aftersales.model import Actor, Case
from yellowcart.aftersales.negotiate import Offer, accept_offer, offer
from yellowcart.aftersales.reasons import CaseKind, Reason

ONLY, RETURN, EXCHANGE = CaseKind.REFUND_ONLY, CaseKind.RETURN_REFUND, CaseKind.EXCHANGE


async def decided(desk: ClaimsDesk, case: Case, decision: Decision) -> Case:
    """The buyer calls the platform, the shop shows what it has, an operator decides."""
    who = (desk.shop_id, case.aftersale_id)
    await desk.write(lambda writer: call_platform(writer, desk.buyer, *who, WHY))
    await desk.write(lambda writer: add_evidence(writer, desk.merchant, *who, WHY, actor=Actor.SELLER))
    return await desk.write(lambda writer: arbitrate(writer, desk.operator, *who, decision, WHY))


@pytest.mark.parametrize(("kind", "asked_fen"), [(EXCHANGE, None), (ONLY, 500)])
async def test_who_sent_goods_back_by_an_accepted_offer_can_be_granted_what_was_promised(
    desk: ClaimsDesk, kind: CaseKind, asked_fen: int | None
) -> None:
    order_id = await desk.received(1)
    who = (desk.shop_id, (await desk.open(order_id, kind, Reason.QUALITY, 1, asked_fen)).aftersale_id)
    proposed = Offer(kind=RETURN, amount_fen=PRICE_FEN)
    await desk.write(lambda writer: offer(writer, desk.merchant, *who, proposed, WHY, return_address=ADDRESS))
    await desk.write(lambda writer: accept_offer(writer, desk.buyer, *who))
    sent = SentBack(carrier="ZTO", waybill="ZT00012345678")
    await desk.write(lambda writer: send_back(writer, desk.buyer, *who, sent))
    case = await desk.write(lambda writer: reject_return(writer, desk.merchant, *who, WHY))
    case = await decided(desk, case, Decision(verdict=Verdict.FOR_BUYER))
    assert (case.refund_fen, case.settled_quantity) == (PRICE_FEN, 1)


async def test_a_compensation_for_a_bad_replacement_leaves_the_piece_with_the_buyer(desk: ClaimsDesk) -> None:
    replaced = await Seeding(desk).replaced()
    case = await decided(desk, replaced, Decision(verdict=Verdict.SPLIT, amount_fen=100))
    row = await desk.line_row(case.order_id)
    assert (case.refund_fen, case.settled_quantity, row["returned_quantity"]) == (100, 0, 0)
    again = await desk.open(case.order_id, ONLY, Reason.QUALITY, 2)
    assert again.most_fen == 2 * PRICE_FEN - 100
