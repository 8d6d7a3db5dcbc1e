"""Money of a decided case goes back: what that books in the order, on the shelf and at the payment."""

import msgspec

from yellowcart.aftersales.amounts import coupons_back, return_freight_with, settle
from yellowcart.aftersales.model import Case, case_subject
from yellowcart.aftersales.reasons import CaseKind
from yellowcart.aftersales.store import HeldCase, coupons_of_line, line_money
from yellowcart.kernel.database import Writer
from yellowcart.orders.refunded import book_refund
from yellowcart.orders.shipped import cancel_pieces
from yellowcart.orders.store import Pieces, give_back_limits, give_back_stock, lock_order
from yellowcart.payments.refund import refund_order


async def give_back(writer: Writer, held: HeldCase, case: Case) -> Case:
    """Book what was decided (`case.decided_fen`) and ask for the refund; answers the case with what it came to.

    The gateway gives the money back after the commit. `case` is the held one with the changes of its turn. Raises
    OrderMoved, PiecesGone, RefundTooHigh: none of them can happen while the case reserved what it asks for.
    """
    order, line = held.order, held.line
    money = await line_money(writer, order, line, without=case.aftersale_id)
    # A new piece went out for the one that came back: the buyer has it.
    kept = case.kind is CaseKind.EXCHANGE and case.replacement_waybill is not None
    came_back = case.goods_back and not kept
    decided = settle(
        case.decided_fen or 0,
        kind=case.kind,
        quantity=case.quantity,
        most_goods_fen=case.most_goods_fen,
        most_fen=case.most_fen,
        goods_back=came_back,
    )
    case = msgspec.structs.replace(
        case,
        refund_goods_fen=decided.goods_fen,
        refund_freight_fen=decided.freight_fen,
        settled_quantity=decided.settled_quantity,
        returned_quantity=case.quantity if came_back else 0,
        return_freight_refunded_fen=return_freight_with(money, decided, case.return_freight_fen),
    )
    if case.kind is CaseKind.REFUND_UNSHIPPED:
        await cancel_pieces(writer, order, line, case.quantity)
        order = await lock_order(writer, order.shop_id, order.order_id)
    elif case.kind is CaseKind.RETURN_REFUND and case.restocked_quantity:
        await give_back_stock(writer, [Pieces(order, line, case.restocked_quantity)], held_as="sold")
    elif case.kind is CaseKind.EXCHANGE and case.restocked_quantity and not kept:
        # They are on the shelf since they came back, and nothing went out for them: the buyer has none of them.
        await give_back_limits(writer, [Pieces(order, line, case.restocked_quantity)])
    coupons = coupons_back(
        await coupons_of_line(writer, order, line),
        money,
        goods_refunded_fen=decided.goods_fen + sum(each.refund_goods_fen for each in money.cases),
        settled_quantity=decided.settled_quantity + money.settled_quantity,
    )
    await book_refund(
        writer,
        order,
        line.order_line_id,
        amount_fen=case.refund_fen,
        returned_quantity=case.returned_quantity,
        settled_quantity=case.settled_quantity,
        coupons=coupons,
    )
    if case.refund_fen:
        await refund_order(writer, order, case.refund_fen, subject=case_subject(case.aftersale_id))
    return case
