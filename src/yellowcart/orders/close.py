"""Ending orders without a sale: cancelled by the buyer, or lapsed because nobody paid."""

from collections.abc import Sequence

from yellowcart.accounts import audit
from yellowcart.accounts.model import Person
from yellowcart.kernel import clock
from yellowcart.kernel.database import Writer
from yellowcart.kernel.events import publish
from yellowcart.kernel.ids import OrderId, ShopId
from yellowcart.kernel.setbacks import Setbacks
from yellowcart.orders.errors import OrderMoved, OrderUnknown
from yellowcart.orders.events import OrderClosed
from yellowcart.orders.model import CloseReason, OrderState
from yellowcart.orders.rules import require_move
from yellowcart.orders.store import (
    LockedOrder,
    Pieces,
    give_back_coupons,
    give_back_stock,
    lines_of_orders,
    lock_order,
    lock_orders_due,
)

LAPSE_AT_MOST = 500
_not_lapsed = Setbacks[OrderId]("lapse_unpaid_orders")


async def cancel_order(writer: Writer, person: Person, shop_id: ShopId, order_id: OrderId) -> CloseReason:
    """The buyer takes back an order that was not paid. A paid one is cancelled by an after-sale.

    Cancelling twice is no error. Raises OrderUnknown, OrderMoved.
    """
    order = await lock_order(writer, shop_id, order_id)
    if order.buyer_id != person.person_id:
        raise OrderUnknown
    if order.state is OrderState.CLOSED:
        return order.close_reason or CloseReason.BUYER_CANCELLED
    if order.state is not OrderState.SUBMITTED:
        raise OrderMoved
    await _close_unpaid(writer, [order], CloseReason.BUYER_CANCELLED)
    await audit.record(
        writer,
        person,
        "orders:order:cancel",
        f"order:{order_id}",
        before=order.state,
        after=CloseReason.BUYER_CANCELLED,
    )
    return CloseReason.BUYER_CANCELLED


async def lapse_orders(writer: Writer) -> int:
    """Close a set of orders whose time to pay is over and give their stock back; answers how many."""
    due = await lock_orders_due(
        writer,
        "state = 'submitted' AND hold_until <= %(now)s",
        LAPSE_AT_MOST,
        put_off=_not_lapsed.put_off(),
        now=clock.now(),
    )
    return await _not_lapsed.act_on_set(
        writer,
        due,
        lambda order: order.order_id,
        lambda orders: _close_unpaid(writer, orders, CloseReason.LAPSED),
    )


async def close_refunded(writer: Writer, order: LockedOrder) -> None:
    """Every line of a paid order was wholly refunded: it ends. Its stock was given back piece by piece.

    Raises OrderMoved.
    """
    require_move(order.state, OrderState.CLOSED)
    await _close(writer, [order], CloseReason.REFUNDED)
    if order.shipped_at is None:
        await give_back_coupons(writer, [order])


async def _close_unpaid(writer: Writer, orders: Sequence[LockedOrder], reason: CloseReason) -> None:
    await _close(writer, orders, reason)
    lines = await lines_of_orders(writer, orders)
    await give_back_stock(
        writer,
        [Pieces(order, line, line.quantity) for order in orders for line in lines[order.order_id]],
        held_as="held",
        coupons_of=orders,
    )


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
