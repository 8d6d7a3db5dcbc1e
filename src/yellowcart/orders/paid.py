"""The money for an order is there: what that changes in the order. Who took the money, `payments` knows."""

from datetime import timedelta

from yellowcart.kernel import clock
from yellowcart.kernel.database import Writer
from yellowcart.orders.model import OrderState
from yellowcart.orders.rules import require_move
from yellowcart.orders.store import LockedOrder, sell_stock


async def mark_paid(writer: Writer, order: LockedOrder) -> None:
    """A locked, unpaid order is paid: its stock is sold, and the promise to ship begins. Raises OrderMoved."""
    require_move(order.state, OrderState.PAID)
    now = clock.now()
    await writer.run(
        """
        UPDATE shop_order SET state = 'paid', paid_at = %(now)s, ship_due_at = %(due)s
        WHERE shop_id = %(shop_id)s AND order_id = %(order_id)s
        """,
        now=now,
        due=now + timedelta(seconds=order.ship_within_s),
        shop_id=order.shop_id,
        order_id=order.order_id,
    )
    await sell_stock(writer, order)
