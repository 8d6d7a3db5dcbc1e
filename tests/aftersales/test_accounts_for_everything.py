"""Many cases about one order, in any order: every piece and every fen is accounted for."""

import random
import secrets
from datetime import timedelta

import pytest

from tests.aftersales.claims_desk import ClaimsDesk
from tests.conftest import MORNING
from tests.orders.promoted import FREIGHT_FEN, MORE_FEN, charge_freight, claim, coupon
from tests.orders.shopping import order_state, stock_of
from tests.small_world import PRICE_FEN
from yellowcart.aftersales.arbitrate import Decision, Verdict, add_evidence, arbitrate, call_platform
from yellowcart.aftersales.goods_back import SentBack, confirm_return, send_back
from yellowcart.aftersales.model import Actor, Case, CaseState, EndReason
from yellowcart.aftersales.negotiate import refuse, withdraw_case
from yellowcart.aftersales.reasons import CaseKind, Reason
from yellowcart.aftersales.replace import ReplacementParcel, confirm_replacement, ship_replacement
from yellowcart.aftersales.turns import Said
from yellowcart.catalog.categories import category_terms, place_category, set_category_terms
from yellowcart.catalog.model import ReturnRule
from yellowcart.kernel.database import Writer
from yellowcart.kernel.errors import InvalidFields, NotFound, Refusal
from yellowcart.kernel.ids import OrderId
from yellowcart.orders.model import OrderState
from yellowcart.orders.receive import complete_by_time, receive_by_time
from yellowcart.promotions.model import Funder

REASON = {
    CaseKind.REFUND_UNSHIPPED: Reason.LATE,
    CaseKind.REFUND_ONLY: Reason.DAMAGED,
    CaseKind.RETURN_REFUND: Reason.QUALITY,
    CaseKind.EXCHANGE: Reason.QUALITY,
    CaseKind.RESEND: Reason.MISSING,
}


def waybill() -> str:
    return f"ZT{secrets.randbelow(10**12):012d}"


async def one_life(desk: ClaimsDesk, order_id: OrderId, dice: random.Random) -> None:
    """Ask for something, and take it to an end that the dice choose. What is refused is refused whole."""
    kind = dice.choice(list(REASON))
    amount_fen = dice.choice([None, None, 1, dice.randrange(1, 3 * PRICE_FEN)])
    try:
        case = await desk.open(
            order_id, kind, REASON[kind], dice.randrange(1, 4), amount_fen, line=dice.randrange(2)
        )
    except Refusal:
        return
    if case.state is not CaseState.AWAITING_SELLER:
        return
    match dice.randrange(4):
        case 0:
            async with desk.database.writing() as writer:
                await withdraw_case(writer, desk.buyer, desk.shop_id, case.aftersale_id)
        case 1:
            await judged(desk, case, dice)
        case _:
            await served(desk, await desk.agree(case), dice)


async def judged(desk: ClaimsDesk, case: Case, dice: random.Random) -> None:
    """Refused, and decided by the platform."""
    said, key = Said(words="x"), (desk.shop_id, case.aftersale_id)
    async with desk.database.writing() as writer:
        await refuse(writer, desk.merchant, *key, said)
        await call_platform(writer, desk.buyer, *key, said)
        await add_evidence(writer, desk.merchant, *key, said, actor=Actor.SELLER)
        amount_fen = dice.randrange(min(1, case.most_fen), case.most_fen + 1)
        verdict = dice.choice([Verdict.SPLIT, Verdict.FOR_SELLER])
        await arbitrate(writer, desk.operator, *key, Decision(verdict=verdict, amount_fen=amount_fen), said)


async def served(desk: ClaimsDesk, case: Case, dice: random.Random) -> None:
    """Agreed: what has to come back comes back, what has to leave leaves."""
    key = (desk.shop_id, case.aftersale_id)
    async with desk.database.writing() as writer:
        if case.state is CaseState.AWAITING_RETURN:
            parcel = SentBack(carrier="ZTO", waybill=waybill(), freight_fen=dice.randrange(3_000))
            await send_back(writer, desk.buyer, *key, parcel)
            case = await confirm_return(writer, desk.merchant, *key, restock=dice.randrange(case.quantity + 1))
        if case.state is CaseState.AWAITING_REPLACEMENT:
            new = ReplacementParcel(carrier="ZTO", waybill=waybill())
            await ship_replacement(writer, desk.merchant, *key, new)
            await confirm_replacement(writer, desk.buyer, *key)


@pytest.mark.parametrize("seed", range(6))
async def test_whatever_happens_pieces_money_and_coupons_are_accounted_for(desk: ClaimsDesk, seed: int) -> None:
    dice = random.Random(seed)
    await charge_freight(desk.database, desk.table.world)
    used = [
        await claim(
            desk.database,
            await coupon(desk.database, desk.table.world, funder, off_fen=off_fen),
            desk.buyer.person_id,
        )
        for funder, off_fen in ((Funder.SHOP, 701), (Funder.CREATOR, 333))
    ]
    paid_fen = 5 * PRICE_FEN - 1_034 + FREIGHT_FEN + 4 * MORE_FEN
    order_id = await desk.paid(3, 2, coupons=used, total_fen=paid_fen)
    for turn in range(14):
        if turn == 4:
            await ship_some(desk, order_id, dice)
        await one_life(desk, order_id, dice)
        await require_accounted(desk, order_id, paid_fen)
    await desk.deliver()
    async with desk.database.reading() as reader:
        assert await reader.value("SELECT count(*) FROM aftersale WHERE ended_at IS NULL") == 0
        assert await reader.value("SELECT count(*) FROM order_stop WHERE lifted_at IS NULL") == 0


async def ship_some(desk: ClaimsDesk, order_id: OrderId, dice: random.Random) -> None:
    """Some of what is left leaves, if anything is."""
    detail = await desk.table.detail(order_id)
    pieces = {line.order_line_id: dice.randrange(line.to_ship + 1) for line in detail.lines}
    pieces = {line_id: quantity for line_id, quantity in pieces.items() if quantity}
    if pieces and detail.order.state is OrderState.PAID:
        await desk.table.ship(order_id, waybill=waybill(), carrier="ZTO", pieces=pieces)


async def require_accounted(desk: ClaimsDesk, order_id: OrderId, paid_fen: int) -> None:
    """Cases, lines, refunds, coupons and stock say the same."""
    async with desk.database.reading() as reader:
        lines = await reader.records(
            """
            SELECT line.*, coalesce(sum(filed.refund_goods_fen + filed.refund_freight_fen
                                        + filed.return_freight_refunded_fen), 0) AS of_cases,
                   coalesce(sum(filed.settled_quantity), 0) AS settled,
                   coalesce(sum(filed.returned_quantity) FILTER (WHERE filed.state IN ('refunding', 'done')), 0)
                       AS came_back,
                   coalesce(sum(filed.settled_quantity) FILTER (WHERE filed.kind = 'refund_unshipped'), 0)
                       AS cancelled
            FROM order_line AS line LEFT JOIN aftersale AS filed USING (shop_id, order_id, order_line_id)
            WHERE line.order_id = %(id)s
            GROUP BY line.shop_id, line.order_id, line.order_line_id
            """,
            id=order_id,
        )
        for line in lines:
            assert line["refunded_fen"] == line["of_cases"] <= line["payable_fen"]
            assert line["settled_quantity"] == line["settled"] <= line["quantity"]
            assert line["cancelled_quantity"] == line["cancelled"]
            assert line["returned_quantity"] == line["came_back"]
        asked = await reader.value(
            "SELECT coalesce(sum(amount_fen), 0) FROM refund WHERE order_id = %(id)s", id=order_id
        )
        refunded = await reader.value(
            "SELECT refunded_fen FROM payment WHERE order_id = %(id)s AND state = 'succeeded'", id=order_id
        )
        assert asked == refunded == sum(line["refunded_fen"] for line in lines) <= paid_fen
        coupons = await reader.records(
            "SELECT amount_fen, returned_fen, order_line_id FROM order_line_discount WHERE order_id = %(id)s",
            id=order_id,
        )
    whole = {line["order_line_id"] for line in lines if line["refunded_fen"] == line["payable_fen"]}
    for each in coupons:
        assert 0 <= each["returned_fen"] <= each["amount_fen"]
        assert each["order_line_id"] not in whole or each["returned_fen"] == each["amount_fen"]
    for sku in range(2):
        available, held, sold = await stock_of(desk.database, desk.table.world, sku=sku)
        assert (available + held + sold, held) == (1_000, 0)


@pytest.mark.parametrize("first", [0, 1])
async def test_a_line_that_coupons_paid_for_is_cancelled_without_a_refund(desk: ClaimsDesk, first: int) -> None:
    order_id = await desk.paid(1, 1)

    async def free_second_line(writer: Writer) -> None:
        _, second = await desk.table.lines(order_id)
        await writer.run(
            "UPDATE order_line SET discount_fen = total_fen, payable_fen = 0 WHERE order_line_id = %(id)s",
            id=second,
        )
        await writer.run(
            "UPDATE shop_order SET discount_fen = %(off)s, total_fen = total_fen - %(off)s", off=PRICE_FEN
        )

    await desk.write(free_second_line)
    await desk.open(order_id, CaseKind.REFUND_UNSHIPPED, Reason.NO_REASON, line=first)
    assert await order_state(desk.database, desk.shop_id, order_id) == ("paid", None)
    await desk.open(order_id, CaseKind.REFUND_UNSHIPPED, Reason.NO_REASON, line=1 - first)
    assert await order_state(desk.database, desk.shop_id, order_id) == ("closed", "refunded")
    assert [amount for _, amount, _ in await desk.refunds(order_id)] == [PRICE_FEN]
    async with desk.database.reading() as reader:
        ends = await reader.column("SELECT end_reason FROM aftersale WHERE most_fen = 0")
    assert ends == [EndReason.REFUNDED]
    for sku in range(2):
        assert await stock_of(desk.database, desk.table.world, sku=sku) == (1_000, 0, 0)


async def price_line(desk: ClaimsDesk, order_id: OrderId, number: int, payable_fen: int) -> None:
    """Have coupons pay for all of a line but so much."""
    line_id = (await desk.table.lines(order_id))[number]
    await desk.write(
        lambda writer: writer.run(
            """
            UPDATE order_line SET discount_fen = total_fen - %(payable)s, payable_fen = %(payable)s
            WHERE order_line_id = %(id)s
            """,
            payable=payable_fen,
            id=line_id,
        )
    )


async def test_an_order_goes_on_while_a_line_that_coupons_paid_for_is_with_the_buyer(desk: ClaimsDesk) -> None:
    order_id = await desk.shipped(1, 1)
    await price_line(desk, order_id, 0, 0)
    await desk.agree(await desk.open(order_id, CaseKind.REFUND_ONLY, Reason.QUALITY, line=1))
    assert await order_state(desk.database, desk.shop_id, order_id) == ("shipped", None)
    await desk.deliver()
    desk.still_clock.freeze(MORNING + timedelta(days=11))
    assert await desk.write(receive_by_time) == 1
    desk.still_clock.freeze(MORNING + timedelta(days=20))
    assert await desk.write(complete_by_time) == 1


@pytest.mark.parametrize("kind", [CaseKind.RETURN_REFUND, CaseKind.REFUND_ONLY])
async def test_an_order_ends_when_the_line_that_cost_nothing_is_done_with_too(
    desk: ClaimsDesk, kind: CaseKind
) -> None:
    order_id = await desk.shipped(1, 1)
    await price_line(desk, order_id, 0, 0)
    await desk.agree(await desk.open(order_id, CaseKind.REFUND_ONLY, Reason.QUALITY, line=1))
    case = await desk.agree(await desk.open(order_id, kind, Reason.QUALITY, line=0))
    if kind is CaseKind.RETURN_REFUND:
        assert await order_state(desk.database, desk.shop_id, order_id) == ("shipped", None)
        key, back = (desk.shop_id, case.aftersale_id), SentBack(carrier="ZTO", waybill=waybill())
        await desk.write(lambda writer: send_back(writer, desk.buyer, *key, back))
        await desk.write(lambda writer: confirm_return(writer, desk.merchant, *key, restock=1))
    assert await order_state(desk.database, desk.shop_id, order_id) == ("closed", "refunded")
    row = await desk.line_row(order_id)
    assert (row["settled_quantity"], row["refunded_fen"]) == (1, 0)


async def test_pieces_that_share_too_few_fen_keep_their_order_open(desk: ClaimsDesk) -> None:
    order_id = await desk.shipped(3)
    await price_line(desk, order_id, 0, 1)
    for piece in range(3):
        assert await order_state(desk.database, desk.shop_id, order_id) == ("shipped", None)
        case = await desk.agree(await desk.open(order_id, CaseKind.REFUND_ONLY, Reason.QUALITY))
        assert case.refund_fen == (1 if piece == 0 else 0)
    assert await order_state(desk.database, desk.shop_id, order_id) == ("closed", "refunded")


async def test_a_complete_order_can_still_be_claimed_in_the_window_and_stays_complete(desk: ClaimsDesk) -> None:
    order_id = await desk.received(1)
    desk.still_clock.freeze(MORNING + timedelta(days=9))
    assert await desk.write(complete_by_time) == 1
    case = await desk.agree(await desk.open(order_id, CaseKind.REFUND_ONLY, Reason.QUALITY))
    assert case.refund_fen == PRICE_FEN
    assert (await order_state(desk.database, desk.shop_id, order_id))[0] == "completed"


async def test_a_category_has_the_terms_of_the_node_above_until_it_has_its_own(desk: ClaimsDesk) -> None:
    async with desk.database.writing() as writer:
        top = await place_category(
            writer,
            code="fresh",
            name_zh="生鲜",
            name_en="Fresh",
            position=1,
            return_rule=ReturnRule.EXCLUDED,
            confirm_days=5,
        )
        leaf = await place_category(
            writer, code="fruit", name_zh="水果", name_en="Fruit", position=1, parent_code="fresh"
        )
        terms = await category_terms(writer, leaf.category_id)
        assert (terms.return_rule, terms.confirm_days) == (ReturnRule.EXCLUDED, 5)
        own = await set_category_terms(
            writer, desk.operator, "fruit", return_rule=ReturnRule.NO_REASON, confirm_days=None
        )
        assert (own.return_rule, own.confirm_days) == (ReturnRule.NO_REASON, 5)
        renamed = await place_category(writer, code="fresh", name_zh="鲜货", name_en="Fresh", position=1)
        assert (await category_terms(writer, renamed.category_id)) == await category_terms(writer, top.category_id)
        for days in (0, -1, 91, 10**12):
            with pytest.raises(InvalidFields):
                await set_category_terms(writer, desk.operator, "fruit", return_rule=None, confirm_days=days)
        with pytest.raises(NotFound):
            await set_category_terms(writer, desk.operator, "nothing", return_rule=None, confirm_days=1)


async def test_an_order_freezes_the_terms_of_its_category(desk: ClaimsDesk) -> None:
    before = await desk.paid(1)
    code = await desk.write(
        lambda writer: writer.value(
            "SELECT category.code FROM category JOIN product USING (category_id) WHERE product_id = %(id)s",
            id=desk.table.world.product_id,
        )
    )
    await desk.write(
        lambda writer: set_category_terms(
            writer, desk.operator, code, return_rule=ReturnRule.EXCLUDED, confirm_days=3
        )
    )
    desk.till.snapshots._known.clear()  # no notifications run in this test; see orders.snapshots.follow
    after = await desk.paid(1)
    rows = [await desk.line_row(order_id) for order_id in (before, after)]
    assert [(row["return_rule"], row["confirm_days"]) for row in rows] == [("no_reason", 10), ("excluded", 3)]
