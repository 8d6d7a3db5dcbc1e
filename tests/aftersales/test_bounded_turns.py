"""Neither side talks for ever, and neither talks so long that the other cannot be heard."""

import pytest

from tests.aftersales.claims_desk import WHY, ClaimsDesk
from tests.aftersales.every_state import Seeding
from tests.orders.shopping import ADDRESS
from tests.parcels.packing import told
from yellowcart.aftersales.arbitrate import Decision, Verdict, add_evidence, arbitrate, call_platform
from yellowcart.aftersales.bounded_turns import EVIDENCE_MAX, SENT_BACK_MAX, TALK_MAX
from yellowcart.aftersales.errors import StepsTooMany
from yellowcart.aftersales.goods_back import SentBack, name_return_address, send_back
from yellowcart.aftersales.model import Actor, Case, CaseState
from yellowcart.aftersales.negotiate import Offer, offer
from yellowcart.aftersales.reasons import CaseKind
from yellowcart.aftersales.turns import Said


async def shown(desk: ClaimsDesk, case: Case, actor: Actor) -> Case:
    """A side shows more."""
    person = desk.buyer if actor is Actor.BUYER else desk.merchant
    return await desk.write(
        lambda writer: add_evidence(writer, person, desk.shop_id, case.aftersale_id, Said(words="x"), actor=actor)
    )


async def talked(desk: ClaimsDesk, case: Case, actor: Actor) -> int:
    """A side shows more until it may not; answers how often it could."""
    for times in range(200):
        try:
            await shown(desk, case, actor)
        except StepsTooMany:
            return times
    raise AssertionError("talk without an end")


async def called(desk: ClaimsDesk, case: Case) -> Case:
    return await desk.write(lambda writer: call_platform(writer, desk.buyer, desk.shop_id, case.aftersale_id, WHY))


async def decided(desk: ClaimsDesk, case: Case, verdict: Verdict) -> Case:
    return await desk.write(
        lambda writer: arbitrate(
            writer, desk.operator, desk.shop_id, case.aftersale_id, Decision(verdict=verdict), WHY
        )
    )


async def named(desk: ClaimsDesk, case: Case) -> Case:
    return await desk.write(
        lambda writer: name_return_address(writer, desk.merchant, desk.shop_id, case.aftersale_id, ADDRESS)
    )


async def sent_again(desk: ClaimsDesk, case: Case, number: int) -> Case:
    """The buyer sends the goods once more, in a parcel of its own."""
    sent = SentBack(carrier="YTO", waybill=f"YT{number:012d}")
    return await desk.write(lambda writer: send_back(writer, desk.buyer, desk.shop_id, case.aftersale_id, sent))


async def test_talk_has_an_end_and_what_leads_to_an_end_stays_possible(desk: ClaimsDesk) -> None:
    case = await desk.open(await desk.received(1))
    assert await talked(desk, case, Actor.SELLER) == TALK_MAX
    with pytest.raises(StepsTooMany):
        await desk.write(
            lambda writer: offer(
                writer,
                desk.merchant,
                desk.shop_id,
                case.aftersale_id,
                Offer(kind=CaseKind.REFUND_ONLY, amount_fen=100),
            )
        )
    assert (await desk.agree(case)).state is CaseState.AWAITING_RETURN


async def test_a_talkative_buyer_leaves_the_shop_its_words(desk: ClaimsDesk) -> None:
    case = await desk.open(await desk.received(1))
    assert await talked(desk, case, Actor.BUYER) == TALK_MAX
    assert (await shown(desk, case, Actor.SELLER)).state is CaseState.AWAITING_SELLER
    await called(desk, await desk.refuse(case))
    assert await talked(desk, case, Actor.BUYER) == EVIDENCE_MAX
    assert (await shown(desk, case, Actor.SELLER)).state is CaseState.ARBITRATION, "the shop is heard"


async def test_a_talkative_shop_leaves_the_buyer_theirs(desk: ClaimsDesk) -> None:
    case = await desk.open(await desk.received(1))
    await talked(desk, case, Actor.SELLER)
    await called(desk, await desk.refuse(case))
    await shown(desk, case, Actor.SELLER)
    await talked(desk, case, Actor.SELLER)
    await decided(desk, case, Verdict.DEMAND_OF_BUYER)
    assert (await shown(desk, case, Actor.BUYER)).state is CaseState.ARBITRATION


async def test_what_the_platform_asks_for_is_taken_from_who_said_too_much(desk: ClaimsDesk) -> None:
    case = await desk.open(await desk.received(1))
    await talked(desk, case, Actor.SELLER)
    await called(desk, await desk.refuse(case))
    assert (await shown(desk, case, Actor.SELLER)).state is CaseState.ARBITRATION
    assert await talked(desk, case, Actor.SELLER) == EVIDENCE_MAX - 1
    await decided(desk, case, Verdict.DEMAND_OF_SELLER)
    assert (await shown(desk, case, Actor.SELLER)).state is CaseState.ARBITRATION


@pytest.mark.parametrize("talkative", [Actor.BUYER, Actor.SELLER], ids=str)
async def test_a_shop_can_always_say_where_the_goods_go(desk: ClaimsDesk, talkative: Actor) -> None:
    case = await desk.open(await desk.received(1))
    await talked(desk, case, talkative)
    await desk.pass_time(hours=36)
    silent = await desk.now(case)
    assert (silent.state, silent.return_address) == (CaseState.AWAITING_RETURN, None)
    assert (await named(desk, case)).return_address is not None
    if talkative is Actor.SELLER:
        with pytest.raises(StepsTooMany):
            await named(desk, case)
    await desk.pass_time(days=7)
    assert (await desk.now(case)).state is CaseState.WITHDRAWN, "no money without goods"


async def test_a_parcel_that_comes_back_again_and_again_ends_a_return(desk: ClaimsDesk) -> None:
    case = await Seeding(desk).sent_back()
    for number in range(1, SENT_BACK_MAX + 1):
        there = await desk.now(case)
        await desk.table.tell(told("returned", waybill=there.return_waybill or "", carrier="YTO"))
        await desk.deliver()
        assert (await desk.now(case)).state is CaseState.AWAITING_RETURN
        if number < SENT_BACK_MAX:
            await sent_again(desk, case, number)
    with pytest.raises(StepsTooMany):
        await sent_again(desk, case, SENT_BACK_MAX)
    await desk.pass_time(days=7)
    assert (await desk.now(case)).state is CaseState.WITHDRAWN
