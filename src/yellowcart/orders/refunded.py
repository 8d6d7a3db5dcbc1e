"""Money of an order line was decided to go back: what that changes in the order."""

from collections.abc import Mapping

from psycopg.errors import CheckViolation

from yellowcart.kernel.database import Writer
from yellowcart.kernel.ids import OrderLineId
from yellowcart.orders.close import close_refunded
from yellowcart.orders.errors import RefundTooHigh
from yellowcart.orders.model import OrderState
from yellowcart.orders.store import LockedOrder, lines_of_locked

ENDED_BY_REFUND = frozenset({OrderState.PAID, OrderState.PART_SHIPPED, OrderState.SHIPPED, OrderState.RECEIVED})


async def book_refund(
    writer: Writer,
    order: LockedOrder,
    order_line_id: OrderLineId,
    *,
    amount_fen: int,
    returned_quantity: int,
    settled_quantity: int,
    coupons: Mapping[int, int],
) -> None:
    """So much of a line's price goes back to the buyer, so many of its shipped pieces came back, so many pieces
    are done with (never left, came back, or were wholly refunded), and so much of each coupon (fen by coupon id)
    goes back to its funder. An order whose lines are all over closes; any other goes on to its receipt.

    The caller holds the order. `cancel_pieces` comes first for pieces that never left. Raises RefundTooHigh:
    the table itself refuses more than was paid.
    """
    try:
        async with writer.attempt():
            await writer.run(
                """
                UPDATE order_line
                SET refunded_fen = refunded_fen + %(amount_fen)s,
                    returned_quantity = returned_quantity + %(returned_quantity)s,
                    settled_quantity = settled_quantity + %(settled_quantity)s
                WHERE shop_id = %(shop_id)s AND order_id = %(order_id)s AND order_line_id = %(order_line_id)s
                """,
                amount_fen=amount_fen,
                returned_quantity=returned_quantity,
                settled_quantity=settled_quantity,
                shop_id=order.shop_id,
                order_id=order.order_id,
                order_line_id=order_line_id,
            )
            await writer.run(
                """
                UPDATE order_line_discount SET returned_fen = returned_fen + given.amount_fen
                FROM unnest(%(coupon_ids)s::bigint[], %(amounts)s::bigint[]) AS given (coupon_id, amount_fen)
                WHERE shop_id = %(shop_id)s AND order_id = %(order_id)s AND order_line_id = %(order_line_id)s
                  AND order_line_discount.coupon_id = given.coupon_id
                """,
                coupon_ids=list(coupons),
                amounts=list(coupons.values()),
                shop_id=order.shop_id,
                order_id=order.order_id,
                order_line_id=order_line_id,
            )
    except CheckViolation as error:
        raise RefundTooHigh from error
    lines = await lines_of_locked(writer, order)
    if all(line.is_over for line in lines) and order.state in ENDED_BY_REFUND:
        await close_refunded(writer, order)
