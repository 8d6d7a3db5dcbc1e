"""Goods come back: granted, sent, inspected, refunded; what the law grants, and who bears the freight."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest

from tests.aftersales.claims_desk import WHY, ClaimsDesk
from tests.conftest import MORNING
from tests.orders.shopping import ADDRESS, order_state, stock_of
from tests.parcels.packing import told
from tests.small_world import PRICE_FEN
from yellowcart.aftersales.errors import (
    ActionImpossible,
    AmountImpossible,
    CaseChanged,
    NoReasonExcluded,
    NotShippedYet,
    PiecesTaken,
    QuantityImpossible,
    RightfulReturn,
    WindowOver,
)
from yellowcart.aftersales.goods_back import (
    SentBack,
    confirm_return,
    name_return_address,
    reject_return,
    send_back,
    waive_return,
)
from yellowcart.aftersales.model import Action, Actor, AutoRule, Case, CaseState, EndReason
from yellowcart.aftersales.negotiate import agree, withdraw_case
from yellowcart.aftersales.reasons import CaseKind, Fault, Reason
from yellowcart.aftersales.rules import (
    RETURN_FREIGHT_MAX_FEN,
    NoReasonRight,
    no_reason_right,
)
from yellowcart.catalog.model import ReturnRule
from yellowcart.kernel import clock
from yellowcart.kernel.errors import InvalidFields
from yellowcart.orders.errors import OrderStopped
from yellowcart.orders.rules import no_reason_until
from yellowcart.parcels.errors import WaybillUsed

RETURN = CaseKind.RETURN_REFUND
BACK = SentBack(carrier="ZTO", waybill="ZT00012345678", freight_fen=1_200)


async def sent(desk: ClaimsDesk, case: Case, parcel: SentBack = BACK) -> Case:
    """The buyer sends the goods back."""
    return await desk.write(lambda writer: send_back(writer, desk.buyer, desk.shop_id, case.aftersale_id, parcel))


async def confirmed(desk: ClaimsDesk, case: Case, restock: int = 1) -> Case:
    """The shop takes the goods back."""
    return await desk.write(
        lambda writer: confirm_return(writer, desk.merchant, desk.shop_id, case.aftersale_id, restock=restock)
    )


async def freeze_rule(desk: ClaimsDesk, rule: ReturnRule, *, accepted: bool = False) -> None:
    """Lines as if their category had this rule when they were bought."""
    await desk.write(
        lambda writer: writer.run(
            "UPDATE order_line SET return_rule = %(rule)s, return_rule_accepted = %(accepted)s",
            rule=rule.value,
            accepted=accepted,
        )
    )


async def test_one_of_two_pieces_goes_back_and_its_money_with_it(desk: ClaimsDesk) -> None:
    order_id = await desk.received(2)
    asked = await desk.open(order_id, RETURN, Reason.QUALITY, 1)
    assert (asked.state, asked.asked_fen) == (CaseState.AWAITING_SELLER, PRICE_FEN)
    agreed = await desk.agree(asked)
    assert agreed.state is CaseState.AWAITING_RETURN
    assert agreed.return_address is not None
    assert agreed.return_address.recipient == ADDRESS.recipient
    under_way = await sent(desk, agreed)
    assert under_way.state is CaseState.AWAITING_INSPECTION
    assert (await sent(desk, agreed)).version == under_way.version, "the same parcel again is no error"
    done = await confirmed(desk, under_way)
    assert (done.state, done.refund_fen) == (CaseState.REFUNDING, PRICE_FEN)
    assert (done.settled_quantity, done.returned_quantity, done.restocked_quantity) == (1, 1, 1)
    row = await desk.line_row(order_id)
    assert (row["returned_quantity"], row["refunded_fen"]) == (1, PRICE_FEN)
    assert await stock_of(desk.database, desk.table.world) == (999, 0, 1)
    assert (await order_state(desk.database, desk.shop_id, order_id))[0] == "received"
    await desk.deliver()
    assert (await desk.now(done)).end_reason is EndReason.REFUNDED
    with pytest.raises(QuantityImpossible):
        await desk.open(order_id, RETURN, Reason.QUALITY, 2)


async def test_all_pieces_back_close_the_order_and_a_written_off_piece_stays_sold(desk: ClaimsDesk) -> None:
    order_id = await desk.received(2)
    case = await sent(desk, await desk.agree(await desk.open(order_id, quantity=2)))
    with pytest.raises(InvalidFields):
        await confirmed(desk, case, restock=3)
    with pytest.raises(InvalidFields):
        await confirmed(desk, case, restock=-1)
    await confirmed(desk, case, restock=1)
    assert await stock_of(desk.database, desk.table.world) == (999, 0, 1)
    assert await order_state(desk.database, desk.shop_id, order_id) == ("closed", "refunded")


async def test_goods_that_have_not_left_cannot_come_back(desk: ClaimsDesk) -> None:
    with pytest.raises(NotShippedYet):
        await desk.open(await desk.paid(1))


@pytest.mark.parametrize("amount_fen", [0, -1, PRICE_FEN + 1, 10**12])
async def test_no_amount_above_the_worth_or_below_a_fen_can_be_asked(desk: ClaimsDesk, amount_fen: int) -> None:
    order_id = await desk.received(2)
    with pytest.raises(AmountImpossible) as refused:
        await desk.open(order_id, amount_fen=amount_fen)
    assert refused.value.values == {"most": "49.90", "most_fen": PRICE_FEN}


async def test_open_cases_reserve_their_pieces_and_free_them_when_they_are_given_up(desk: ClaimsDesk) -> None:
    order_id = await desk.received(2)
    first = await desk.open(order_id, quantity=1)
    second = await desk.open(order_id, CaseKind.REFUND_ONLY, Reason.MISSING, 1)
    with pytest.raises(PiecesTaken):
        await desk.open(order_id)
    await desk.write(lambda writer: withdraw_case(writer, desk.buyer, desk.shop_id, first.aftersale_id))
    third = await desk.open(order_id, quantity=1)
    assert third.most_fen + second.most_fen == 2 * PRICE_FEN
    for case in (third, second):
        await desk.agree(case)
    row = await desk.line_row(order_id)
    assert row["refunded_fen"] == PRICE_FEN, "the return is not back yet, the refund only is decided"


async def test_an_open_case_stops_its_order_until_it_is_decided(desk: ClaimsDesk) -> None:
    order_id = await desk.paid(2)
    (line_id,) = await desk.table.lines(order_id)
    await desk.table.ship(order_id, pieces={line_id: 1})
    case = await desk.open(order_id, CaseKind.REFUND_ONLY, Reason.DAMAGED)
    with pytest.raises(OrderStopped):
        await desk.table.ship(order_id, waybill="SF9999999999")
    await desk.agree(case)
    await desk.table.ship(order_id, waybill="SF9999999999")


async def test_the_seven_days_begin_on_the_day_after_the_sign_off_in_shanghai() -> None:
    late_evening = datetime(2022, 3, 1, 15, 30, tzinfo=UTC)  # 23:30 on the first in Shanghai
    assert no_reason_until(late_evening) == datetime(2022, 3, 8, 16, 0, tzinfo=UTC)
    after_midnight = datetime(2022, 3, 1, 16, 30, tzinfo=UTC)  # 00:30 on the second
    until = no_reason_until(after_midnight)
    assert until.astimezone(clock.SHANGHAI).date() == date(2022, 3, 10)
    assert no_reason_until(late_evening) - late_evening == timedelta(days=7, minutes=30)


RIGHTS = [
    (ReturnRule.NO_REASON, False, NoReasonRight.FULL, NoReasonRight.NONE),
    (ReturnRule.EXCLUDED, True, NoReasonRight.NONE, NoReasonRight.NONE),
    (ReturnRule.EXCLUDED, False, NoReasonRight.NONE, NoReasonRight.NONE),
    (ReturnRule.CUSTOM_MADE, False, NoReasonRight.NONE, NoReasonRight.NONE),
    (ReturnRule.NOT_AFTER_UNSEALING, True, NoReasonRight.CONDITIONAL, NoReasonRight.NONE),
    (ReturnRule.NOT_AFTER_UNSEALING, False, NoReasonRight.FULL, NoReasonRight.NONE),
    (ReturnRule.NOT_AFTER_ACTIVATION, True, NoReasonRight.CONDITIONAL, NoReasonRight.NONE),
    (ReturnRule.NOT_AFTER_INSTALLATION, False, NoReasonRight.FULL, NoReasonRight.NONE),
    (ReturnRule.NOT_AFTER_USE, True, NoReasonRight.CONDITIONAL, NoReasonRight.NONE),
    (ReturnRule.ANY_TIME, False, NoReasonRight.FULL, NoReasonRight.FULL),
]


@pytest.mark.parametrize(("rule", "accepted", "within", "after"), RIGHTS)
def test_the_right_to_return_without_a_reason_is_that_of_the_law(
    rule: ReturnRule, accepted: bool, within: NoReasonRight, after: NoReasonRight
) -> None:
    until = no_reason_until(MORNING)
    for now, expected in ((MORNING, within), (until - timedelta(seconds=1), within), (until, after)):
        assert no_reason_right(rule, accepted=accepted, received_at=MORNING, now=now) is expected
    assert no_reason_right(rule, accepted=accepted, received_at=None, now=MORNING) is within


async def test_a_rightful_return_cannot_be_refused_by_the_shop(desk: ClaimsDesk) -> None:
    case = await desk.open(await desk.received(1), RETURN, Reason.NO_REASON)
    assert case.state is CaseState.AWAITING_SELLER, "the shop has named no address yet"
    with pytest.raises(RightfulReturn):
        await desk.refuse(case)
    assert Action.REFUSE not in (await desk.detail(case)).may[Actor.SELLER]


async def test_a_confirmed_exclusion_lets_the_shop_refuse_and_an_unconfirmed_one_does_not(
    desk: ClaimsDesk,
) -> None:
    order_id = await desk.received(2)
    await freeze_rule(desk, ReturnRule.NOT_AFTER_UNSEALING, accepted=False)
    with pytest.raises(RightfulReturn):
        await desk.refuse(await desk.open(order_id, RETURN, Reason.NO_REASON))
    await freeze_rule(desk, ReturnRule.NOT_AFTER_UNSEALING, accepted=True)
    refused = await desk.refuse(await desk.open(order_id, RETURN, Reason.NO_REASON))
    assert refused.state is CaseState.AWAITING_BUYER


async def test_what_the_law_excludes_comes_back_only_with_a_reason(desk: ClaimsDesk) -> None:
    order_id = await desk.received(1)
    await freeze_rule(desk, ReturnRule.EXCLUDED)
    with pytest.raises(NoReasonExcluded):
        await desk.open(order_id, RETURN, Reason.NO_REASON)
    assert (await desk.open(order_id, RETURN, Reason.QUALITY)).state is CaseState.AWAITING_SELLER


async def test_after_the_seven_days_a_reason_is_needed_and_after_the_window_nothing_helps(
    desk: ClaimsDesk,
) -> None:
    order_id = await desk.received(1)
    desk.still_clock.freeze(no_reason_until(MORNING))
    with pytest.raises(WindowOver) as refused:
        await desk.open(order_id, RETURN, Reason.NO_REASON)
    assert refused.value.values == {"until": "2022-03-04"}
    desk.still_clock.freeze(MORNING + timedelta(days=15, seconds=-1))
    case = await desk.open(order_id, RETURN, Reason.QUALITY)
    await desk.write(lambda writer: withdraw_case(writer, desk.buyer, desk.shop_id, case.aftersale_id))
    desk.still_clock.freeze(MORNING + timedelta(days=15))
    with pytest.raises(WindowOver):
        await desk.open(order_id, RETURN, Reason.QUALITY)
    await freeze_rule(desk, ReturnRule.ANY_TIME)
    await desk.open(order_id, RETURN, Reason.NO_REASON)


async def test_the_days_count_from_the_carriers_word_and_not_from_a_later_confirmation(
    desk: ClaimsDesk,
) -> None:
    order_id = await desk.paid(1)
    await desk.table.ship(order_id, waybill="SF7777777777")
    await desk.table.tell(told("delivered", 0, waybill="SF7777777777"))
    desk.still_clock.freeze(no_reason_until(clock.now()))
    with pytest.raises(WindowOver):
        await desk.open(order_id, RETURN, Reason.NO_REASON)


async def test_a_rule_of_the_shop_grants_a_return_in_time_and_puts_its_name_on_it(desk: ClaimsDesk) -> None:
    await desk.let_rules()
    case = await desk.open(await desk.received(1), RETURN, Reason.NO_REASON)
    assert (case.state, case.auto_rule) == (CaseState.AWAITING_RETURN, AutoRule.NO_REASON_IN_TIME)
    assert case.return_address is not None
    quality = await desk.open(await desk.received(1), RETURN, Reason.QUALITY)
    assert (quality.state, quality.auto_rule) == (CaseState.AWAITING_SELLER, None)
    await desk.let_rules(quality_return=True, no_reason_in_time=False)
    quality = await desk.open(await desk.received(1), RETURN, Reason.QUALITY)
    assert (quality.state, quality.auto_rule) == (CaseState.AWAITING_RETURN, AutoRule.QUALITY_RETURN)
    waiting = await desk.open(await desk.received(1), RETURN, Reason.NO_REASON)
    assert waiting.state is CaseState.AWAITING_SELLER


@pytest.mark.parametrize(
    ("reason", "claimed", "bearer", "owed"),
    [
        (Reason.NO_REASON, 1_200, Fault.BUYER, 0),
        (Reason.QUALITY, 1_200, Fault.SELLER, 1_200),
        (Reason.QUALITY, 99_999, Fault.SELLER, RETURN_FREIGHT_MAX_FEN),
        (Reason.OTHER, 1_200, Fault.BUYER, 0),
    ],
)
async def test_whose_fault_it_is_decides_who_bears_the_freight_of_the_return(
    desk: ClaimsDesk, reason: Reason, claimed: int, bearer: Fault, owed: int
) -> None:
    case = await desk.agree(await desk.open(await desk.received(1), RETURN, reason))
    back = await sent(desk, case, SentBack(carrier="ZTO", waybill="ZT00012345678", freight_fen=claimed))
    assert (back.return_freight_by, back.return_freight_fen) == (bearer, owed)
    done = await confirmed(desk, back)
    assert done.refund_fen == PRICE_FEN, "a payment gives back at most what was paid"
    assert done.return_freight_owed_fen == owed


async def test_freight_of_the_return_goes_along_where_money_of_the_line_is_left(desk: ClaimsDesk) -> None:
    order_id = await desk.received(1)
    case = await desk.open(order_id, RETURN, Reason.QUALITY, amount_fen=PRICE_FEN - 700)
    done = await confirmed(desk, await sent(desk, await desk.agree(case)))
    assert (done.return_freight_refunded_fen, done.return_freight_owed_fen) == (700, 500)
    assert done.refund_fen == PRICE_FEN
    assert [amount for _, amount, _ in await desk.refunds(order_id)] == [PRICE_FEN]


@pytest.mark.parametrize("freight_fen", [-1, 100_001, 10**12])
async def test_a_freight_that_nobody_paid_is_refused(desk: ClaimsDesk, freight_fen: int) -> None:
    case = await desk.agree(await desk.open(await desk.received(1)))
    with pytest.raises(InvalidFields):
        await sent(desk, case, SentBack(carrier="ZTO", waybill="ZT00012345678", freight_fen=freight_fen))
    with pytest.raises(InvalidFields):
        await sent(desk, case, SentBack(carrier="nobody", waybill="x"))


async def test_one_parcel_brings_back_the_goods_of_one_order(desk: ClaimsDesk) -> None:
    first = await desk.agree(await desk.open(await desk.received(1)))
    second = await desk.agree(await desk.open(await desk.received(1)))
    await sent(desk, first)
    with pytest.raises(WaybillUsed):
        await sent(desk, second)
    assert (await desk.now(second)).state is CaseState.AWAITING_RETURN


async def test_a_shop_waives_the_return_and_the_money_goes_back_without_the_goods(desk: ClaimsDesk) -> None:
    order_id = await desk.received(1)
    case = await desk.agree(await desk.open(order_id))
    done = await desk.write(lambda writer: waive_return(writer, desk.merchant, desk.shop_id, case.aftersale_id))
    assert (done.state, done.refund_fen, done.returned_quantity) == (CaseState.REFUNDING, PRICE_FEN, 0)
    assert (await desk.line_row(order_id))["returned_quantity"] == 0


async def test_agreeing_to_a_return_needs_an_address(desk: ClaimsDesk) -> None:
    case = await desk.open(await desk.received(1))
    with pytest.raises(InvalidFields) as refused:
        await desk.write(lambda writer: agree(writer, desk.merchant, desk.shop_id, case.aftersale_id))
    assert set(refused.value.problems) == {"return_address"}


async def test_an_address_can_be_named_later_and_begins_the_buyers_time_anew(desk: ClaimsDesk) -> None:
    case = await desk.open(await desk.received(1))
    await desk.pass_time(hours=36)
    silent = await desk.now(case)
    assert (silent.state, silent.return_address) == (CaseState.AWAITING_RETURN, None)
    with pytest.raises(ActionImpossible):
        await sent(desk, silent)
    await desk.pass_time(days=5)
    named = await desk.write(
        lambda writer: name_return_address(writer, desk.merchant, desk.shop_id, case.aftersale_id, ADDRESS)
    )
    assert named.due_at == clock.now() + timedelta(days=7)
    assert (await sent(desk, named)).state is CaseState.AWAITING_INSPECTION


async def test_a_shop_that_never_says_where_to_lets_the_goods_go(desk: ClaimsDesk) -> None:
    case = await desk.open(await desk.received(1))
    await desk.pass_time(hours=36)
    await desk.pass_time(days=7)
    assert (await desk.now(case)).refund_fen == PRICE_FEN


async def test_goods_that_are_rejected_are_not_closed_by_silence(desk: ClaimsDesk) -> None:
    case = await sent(desk, await desk.agree(await desk.open(await desk.received(1))))
    with pytest.raises(InvalidFields):
        await desk.write(
            lambda writer: reject_return(
                writer, desk.merchant, desk.shop_id, case.aftersale_id, type(WHY)(words=" ")
            )
        )
    rejected = await desk.write(
        lambda writer: reject_return(writer, desk.merchant, desk.shop_id, case.aftersale_id, WHY)
    )
    assert rejected.state is CaseState.AWAITING_BUYER
    with pytest.raises(ActionImpossible):
        await desk.write(lambda writer: withdraw_case(writer, desk.buyer, desk.shop_id, case.aftersale_id))
    await desk.pass_time(days=3)
    assert (await desk.now(case)).state is CaseState.ARBITRATION


async def test_who_acts_on_what_was_changed_meanwhile_is_told_so(desk: ClaimsDesk) -> None:
    case = await desk.open(await desk.received(1))
    await desk.refuse(case)
    with pytest.raises(CaseChanged):
        await desk.write(
            lambda writer: agree(
                writer,
                desk.merchant,
                desk.shop_id,
                case.aftersale_id,
                return_address=ADDRESS,
                version=case.version,
            )
        )


async def test_the_history_tells_every_turn_and_cannot_be_changed(desk: ClaimsDesk) -> None:
    case = await confirmed(desk, await sent(desk, await desk.agree(await desk.open(await desk.received(1)))))
    await desk.deliver()
    detail = await desk.detail(case)
    assert [step.action for step in detail.steps] == [
        Action.OPEN,
        Action.AGREE,
        Action.SEND_BACK,
        Action.CONFIRM_RETURN,
        Action.REFUND_CARRIED_OUT,
    ]
    assert all(before.after is after.before for before, after in pairwise(detail.steps))
    assert detail.steps[-1].after is detail.case.state is CaseState.DONE
