"""Before anything has left, the money goes back at once, and nobody can hold it."""

import pytest

from tests.aftersales.claims_desk import ClaimsDesk
from tests.conftest import sign_in_as
from tests.orders.promoted import FREIGHT_FEN, MORE_FEN, charge_freight, claim, coupon
from tests.orders.shopping import order_state, stock_of
from tests.small_world import PRICE_FEN
from yellowcart.aftersales.errors import (
    LineUnknown,
    NothingPaid,
    PiecesTaken,
    QuantityImpossible,
    ReasonUnfit,
    ShippedMeanwhile,
)
from yellowcart.aftersales.model import Action, Actor, AutoRule, CaseState, EndReason
from yellowcart.aftersales.open_case import (
    NewCase,
    SellersRefund,
    cancel_paid_order,
    give_money_back,
    open_case,
)
from yellowcart.aftersales.reasons import CaseKind, Reason
from yellowcart.aftersales.rules import CASES_PER_LINE_MAX
from yellowcart.kernel.errors import InvalidFields, NotFound
from yellowcart.orders.errors import OrderUnknown
from yellowcart.orders.stop import open_stops
from yellowcart.promotions.model import Funder

UNSHIPPED = CaseKind.REFUND_UNSHIPPED


async def test_a_buyer_cancels_a_paid_order_and_everything_goes_back(desk: ClaimsDesk) -> None:
    order_id = await desk.paid(2, 1)
    cases = await desk.write(lambda writer: cancel_paid_order(writer, desk.buyer, desk.shop_id, order_id))
    assert [case.state for case in cases] == [CaseState.REFUNDING] * 2
    assert {case.auto_rule for case in cases} == {AutoRule.UNSHIPPED_AT_ONCE}
    assert sum(case.refund_fen for case in cases) == 3 * PRICE_FEN
    assert await order_state(desk.database, desk.shop_id, order_id) == ("closed", "refunded")
    assert await stock_of(desk.database, desk.table.world) == (1_000, 0, 0)
    assert await stock_of(desk.database, desk.table.world, sku=1) == (1_000, 0, 0)
    await desk.deliver()
    assert {(await desk.now(case)).state for case in cases} == {CaseState.DONE}
    assert {(await desk.now(case)).end_reason for case in cases} == {EndReason.REFUNDED}
    assert [(amount, state) for _, amount, state in await desk.refunds(order_id)] == [
        (2 * PRICE_FEN, "succeeded"),
        (PRICE_FEN, "succeeded"),
    ]


@pytest.mark.parametrize("refused", [False, True])
async def test_cancelling_gives_up_a_price_protection_that_is_open(desk: ClaimsDesk, refused: bool) -> None:
    await desk.let_rules(price_dropped=False)
    order_id = await desk.paid(1, 1)
    await desk.write(lambda writer: writer.run("UPDATE sku SET price_fen = price_fen - 500"))
    protection = await desk.open(order_id, CaseKind.PRICE_PROTECTION, Reason.PRICE_DROP, 1)
    if refused:
        await desk.refuse(protection)
    cases = await desk.write(lambda writer: cancel_paid_order(writer, desk.buyer, desk.shop_id, order_id))
    assert [(case.kind, case.refund_fen) for case in cases] == [(UNSHIPPED, PRICE_FEN)] * 2
    given_up = await desk.now(protection)
    assert (given_up.state, given_up.end_reason) == (CaseState.WITHDRAWN, EndReason.WITHDRAWN)
    assert await order_state(desk.database, desk.shop_id, order_id) == ("closed", "refunded")
    again = await desk.write(lambda writer: cancel_paid_order(writer, desk.buyer, desk.shop_id, order_id))
    assert [case.aftersale_id for case in again] == [case.aftersale_id for case in cases]


async def test_a_price_protection_stays_where_cancelling_comes_too_late(desk: ClaimsDesk) -> None:
    await desk.let_rules(price_dropped=False)
    order_id = await desk.paid(1)
    await desk.write(lambda writer: writer.run("UPDATE sku SET price_fen = price_fen - 500"))
    protection = await desk.open(order_id, CaseKind.PRICE_PROTECTION, Reason.PRICE_DROP, 1)
    await desk.table.ship(order_id)
    with pytest.raises(ShippedMeanwhile):
        await desk.write(lambda writer: cancel_paid_order(writer, desk.buyer, desk.shop_id, order_id))
    assert (await desk.now(protection)).state is CaseState.AWAITING_SELLER


async def test_cancelling_twice_answers_the_same_cases_and_gives_nothing_twice(desk: ClaimsDesk) -> None:
    order_id = await desk.paid(2)
    first = await desk.write(lambda writer: cancel_paid_order(writer, desk.buyer, desk.shop_id, order_id))
    again = await desk.write(lambda writer: cancel_paid_order(writer, desk.buyer, desk.shop_id, order_id))
    assert [case.aftersale_id for case in again] == [case.aftersale_id for case in first]
    assert len(await desk.refunds(order_id)) == 1


async def test_pieces_go_back_one_by_one_and_freight_with_the_last(desk: ClaimsDesk) -> None:
    await charge_freight(desk.database, desk.table.world)
    freight_fen = FREIGHT_FEN + 2 * MORE_FEN
    order_id = await desk.paid(3, total_fen=3 * PRICE_FEN + freight_fen)
    first = await desk.open(order_id, UNSHIPPED, Reason.NO_REASON, 1)
    assert first.refund_fen == PRICE_FEN
    assert await order_state(desk.database, desk.shop_id, order_id) == ("paid", None)
    assert await stock_of(desk.database, desk.table.world) == (998, 0, 2)
    rest = await desk.open(order_id, UNSHIPPED, Reason.LATE, 2)
    assert (rest.refund_goods_fen, rest.refund_freight_fen) == (2 * PRICE_FEN, freight_fen)
    assert await order_state(desk.database, desk.shop_id, order_id) == ("closed", "refunded")
    row = await desk.line_row(order_id)
    assert (row["refunded_fen"], row["cancelled_quantity"]) == (row["payable_fen"], 3)


async def test_coupons_go_back_to_their_funders_in_proportion_and_whole_in_the_end(desk: ClaimsDesk) -> None:
    used = [
        await claim(
            desk.database,
            await coupon(desk.database, desk.table.world, funder, off_fen=off_fen),
            desk.buyer.person_id,
            ordinal=1,
        )
        for funder, off_fen in ((Funder.SHOP, 1_001), (Funder.PLATFORM, 800), (Funder.CREATOR, 333))
    ]
    paid_fen = 3 * PRICE_FEN - 2_134
    order_id = await desk.paid(3, coupons=used, total_fen=paid_fen)
    back = 0
    for quantity in (1, 2):
        back += (await desk.open(order_id, UNSHIPPED, Reason.NO_REASON, quantity)).refund_fen
        async with desk.database.reading() as reader:
            rows = await reader.records(
                "SELECT funder, amount_fen, returned_fen FROM order_line_discount ORDER BY amount_fen DESC"
            )
        assert all(0 < row["returned_fen"] <= row["amount_fen"] for row in rows)
    assert back == paid_fen
    assert [row["returned_fen"] for row in rows] == [1_001, 800, 333]
    async with desk.database.reading() as reader:
        assert await reader.value("SELECT count(*) FROM claimed_coupon WHERE state = 'used'") == 0


async def test_what_is_left_of_a_part_shipped_order_can_be_cancelled_and_then_it_is_shipped(
    desk: ClaimsDesk,
) -> None:
    order_id = await desk.paid(3)
    (line_id,) = await desk.table.lines(order_id)
    await desk.table.ship(order_id, pieces={line_id: 1})
    with pytest.raises(ShippedMeanwhile):
        await desk.write(lambda writer: cancel_paid_order(writer, desk.buyer, desk.shop_id, order_id))
    with pytest.raises(QuantityImpossible) as refused:
        await desk.open(order_id, UNSHIPPED, Reason.NO_REASON, 3)
    assert refused.value.values == {"most": 2}
    case = await desk.open(order_id, UNSHIPPED, Reason.NO_REASON, 2)
    assert case.refund_fen == 2 * PRICE_FEN
    assert (await order_state(desk.database, desk.shop_id, order_id))[0] == "shipped"


async def test_what_was_shipped_is_not_refunded_as_unshipped(desk: ClaimsDesk) -> None:
    order_id = await desk.shipped(2)
    with pytest.raises(ShippedMeanwhile):
        await desk.open(order_id, UNSHIPPED, Reason.NO_REASON)
    with pytest.raises(ShippedMeanwhile):
        await desk.write(lambda writer: cancel_paid_order(writer, desk.buyer, desk.shop_id, order_id))


@pytest.mark.parametrize("quantity", [0, -1, 3, 10**12, -(10**30)])
async def test_an_impossible_number_of_pieces_is_refused_and_nothing_is_half_done(
    desk: ClaimsDesk, quantity: int
) -> None:
    order_id = await desk.paid(2)
    with pytest.raises(QuantityImpossible):
        await desk.open(order_id, UNSHIPPED, Reason.NO_REASON, quantity)
    async with desk.database.reading() as reader:
        assert await reader.value("SELECT count(*) FROM aftersale") == 0
        assert await open_stops(reader, desk.shop_id, order_id) == []


async def test_nobody_asks_for_anybody_elses_order_or_line(desk: ClaimsDesk) -> None:
    order_id, other_id = await desk.paid(1), await desk.paid(1)
    stranger = (await sign_in_as(desk.database)).person
    with pytest.raises(OrderUnknown):
        await desk.open(order_id, UNSHIPPED, Reason.NO_REASON, by=stranger)
    with pytest.raises(OrderUnknown):
        await desk.write(lambda writer: cancel_paid_order(writer, stranger, desk.shop_id, order_id))
    foreign = NewCase(
        order_line_id=(await desk.table.lines(other_id))[0],
        kind=UNSHIPPED,
        reason=Reason.NO_REASON,
        quantity=1,
    )
    with pytest.raises(LineUnknown):
        await desk.write(lambda writer: open_case(writer, desk.buyer, desk.shop_id, order_id, foreign))


async def test_an_order_that_nobody_paid_or_that_is_closed_has_nothing_to_give(desk: ClaimsDesk) -> None:
    placed = await desk.till.place(desk.buyer, desk.table.world)
    with pytest.raises(NothingPaid):
        await desk.open(placed.order_id, UNSHIPPED, Reason.NO_REASON)
    with pytest.raises(NothingPaid):
        await desk.write(lambda writer: cancel_paid_order(writer, desk.buyer, desk.shop_id, placed.order_id))
    order_id = await desk.paid(1)
    await desk.open(order_id, UNSHIPPED, Reason.NO_REASON)
    with pytest.raises(NothingPaid):
        await desk.open(order_id, UNSHIPPED, Reason.NO_REASON)


async def test_a_reason_goes_with_what_is_asked_and_another_reason_needs_words(desk: ClaimsDesk) -> None:
    order_id = await desk.paid(1)
    with pytest.raises(ReasonUnfit):
        await desk.open(order_id, UNSHIPPED, Reason.QUALITY)
    with pytest.raises(InvalidFields) as refused:
        await desk.open(order_id, UNSHIPPED, Reason.OTHER, words="  ")
    assert set(refused.value.problems) == {"words"}
    with pytest.raises(InvalidFields):
        await desk.open(order_id, UNSHIPPED, Reason.OTHER, words="长" * 1_001)


async def test_a_shop_gives_money_back_for_what_it_cannot_deliver(desk: ClaimsDesk) -> None:
    order_id = await desk.paid(2)
    (line_id,) = await desk.table.lines(order_id)
    refund = SellersRefund(
        order_line_id=line_id, kind=UNSHIPPED, reason=Reason.OUT_OF_STOCK, quantity=1, words="缺货"
    )
    case = await desk.write(lambda writer: give_money_back(writer, desk.merchant, desk.shop_id, order_id, refund))
    assert (case.opened_by, case.auto_rule, case.refund_fen) == (Actor.SELLER, AutoRule.SELLER_GIVES, PRICE_FEN)
    with pytest.raises(NotFound):
        await desk.write(lambda writer: give_money_back(writer, desk.buyer, desk.shop_id, order_id, refund))
    steps = (await desk.detail(case)).steps
    assert [(step.action, step.actor) for step in steps] == [
        (Action.OPEN, Actor.SELLER),
        (Action.AGREE, Actor.SYSTEM),
    ]


async def test_a_shop_gives_a_goodwill_for_what_has_left_and_never_more_than_was_paid(desk: ClaimsDesk) -> None:
    order_id = await desk.received(2)
    (line_id,) = await desk.table.lines(order_id)

    async def give(amount_fen: int | None, quantity: int = 2) -> int:
        refund = SellersRefund(
            order_line_id=line_id,
            kind=CaseKind.REFUND_ONLY,
            reason=Reason.AGREED,
            quantity=quantity,
            amount_fen=amount_fen,
        )
        case = await desk.write(
            lambda writer: give_money_back(writer, desk.merchant, desk.shop_id, order_id, refund)
        )
        return case.refund_fen

    assert await give(1_000) == 1_000
    await desk.pass_time(days=60)
    assert await give(None) == 2 * PRICE_FEN - 1_000
    with pytest.raises((PiecesTaken, NothingPaid)):
        await give(1)
    row = await desk.line_row(order_id)
    assert row["refunded_fen"] == row["payable_fen"]


async def test_cancelling_piece_by_piece_never_runs_into_a_bound(desk: ClaimsDesk) -> None:
    order_id = await desk.paid(CASES_PER_LINE_MAX + 3)
    for _ in range(CASES_PER_LINE_MAX + 1):
        await desk.open(order_id, UNSHIPPED, Reason.NO_REASON, 1)
    refund = SellersRefund(
        order_line_id=(await desk.table.lines(order_id))[0], kind=UNSHIPPED, reason=Reason.AGREED, quantity=1
    )
    await desk.write(lambda writer: give_money_back(writer, desk.merchant, desk.shop_id, order_id, refund))
    (last,) = await desk.write(lambda writer: cancel_paid_order(writer, desk.buyer, desk.shop_id, order_id))
    assert last.quantity == 1
    assert (await order_state(desk.database, desk.shop_id, order_id))[0] == "closed"
