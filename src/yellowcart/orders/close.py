"""Ending orders without a sale: cancelled by the buyer, or lapsed because nobody paid."""

from collections.abc import Sequence

from yellowcart.accounts import audit
from yellowcart.accounts.model import Person
from yellowcart.kernel import clock
from yellowcart.kernel.database import Writer
from yellowcart.kernel.events import publish
from yellowcart.kernel.ids import OrderId, PaymentId, ShopId
from yellowcart.orders.errors import OrderUnknown
from yellowcart.orders.events import OrderClosed
from yellowcart.orders.model import CloseReason, OrderState
from yellowcart.orders.refund import request_refund
from yellowcart.orders.rules import require_move
from yellowcart.orders.store import LockedOrder, give_back_stock, lock_order, lock_orders_due

LAPSE_AT_MOST = 500


async def cancel_order(writer: Writer, person: Person, shop_id: ShopId, order_id: OrderId) -> CloseReason:
    """The buyer cancels: an unpaid order closes, a paid one that was not shipped closes and is refunded.

    Cancelling twice is no error. Raises OrderUnknown, OrderMoved.
    """
    order = await lock_order(writer, shop_id, order_id)
    if order.buyer_id != person.person_id:
        raise OrderUnknown
    if order.state is OrderState.CLOSED:
        return await _close_reason(writer, order)
    require_move(order.state, OrderState.CLOSED)
    if order.state is OrderState.PAID:
        reason, held_as = CloseReason.REFUNDED, "sold"
    else:
        reason, held_as = CloseReason.BUYER_CANCELLED, "held"
    await _close(writer, [order], reason)
    await give_back_stock(writer, [order], held_as=held_as)
    if reason is CloseReason.REFUNDED:
        payment_id = await writer.value(
            """
            SELECT payment_id FROM payment
            WHERE shop_id = %(shop_id)s AND order_id = %(order_id)s AND state = 'succeeded'
            """,
            shop_id=shop_id,
            order_id=order_id,
        )
        await request_refund(writer, order, PaymentId(payment_id), order.total_fen)
    await audit.record(
        writer, person, "orders:order:cancel", f"order:{order_id}", before=order.state, after=reason
    )
    return reason


async def _close_reason(writer: Writer, order: LockedOrder) -> CloseReason:
    reason = await writer.value(
        "SELECT close_reason FROM shop_order WHERE shop_id = %(shop_id)s AND order_id = %(order_id)s",
        shop_id=order.shop_id,
        order_id=order.order_id,
    )
    return CloseReason(reason)


async def lapse_orders(writer: Writer) -> int:
    """Close a set of orders whose time to pay is over and give their stock back; answers how many."""
    due = await lock_orders_due(
        writer, "state = 'submitted' AND hold_until <= %(now)s", LAPSE_AT_MOST, now=clock.now()
    )
    if due:
        await _close(writer, due, CloseReason.LAPSED)
        await give_back_stock(writer, due, held_as="held")
    return len(due)


async def _close(writer: Writer, orders: Sequence[LockedOrder], reason: CloseReason) -> None:
    await writer.run(
        """
        UPDATE shop_order
        SET state = 'closed', close_reason = %(reason)s, closed_at = %(now)s
        WHERE (shop_id, order_id) IN (SELECT * FROM unnest(%(shop_ids)s::bigint[], %(order_ids)s::bigint[]))
        """,
        reason=reason.value,
        now=clock.now(),
        shop_ids=[order.shop_id for order in orders],
        order_ids=[order.order_id for order in orders],
    )
    for order in orders:
        await publish(
            writer,
            OrderClosed(shop_id=order.shop_id, order_id=order.order_id, reason=reason),
            shop_id=order.shop_id,
        )
