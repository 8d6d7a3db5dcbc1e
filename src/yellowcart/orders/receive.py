"""The end of a good order: received by the buyer's word or by time, and complete when returns are over."""

from collections.abc import Sequence
from datetime import datetime

from yellowcart.accounts import audit
from yellowcart.accounts.model import Person
from yellowcart.kernel import clock
from yellowcart.kernel.database import Writer
from yellowcart.kernel.events import publish
from yellowcart.kernel.ids import OrderId, ShopId
from yellowcart.kernel.setbacks import Setbacks
from yellowcart.orders.errors import OrderMoved, OrderUnknown
from yellowcart.orders.events import OrderCompleted, OrderReceived
from yellowcart.orders.model import OrderState
from yellowcart.orders.rules import CONFIRM_EXTENDED_BY, complete_if_received_before, require_move
from yellowcart.orders.stop import UNSTOPPED, without_stop
from yellowcart.orders.store import LockedOrder, lock_order, lock_orders_due

AT_MOST = 500
_not_received = Setbacks[OrderId]("confirm_old_shipments")
_not_completed = Setbacks[OrderId]("complete_old_receipts")


async def confirm_receipt(writer: Writer, person: Person, shop_id: ShopId, order_id: OrderId) -> None:
    """The buyer says that the goods have come. Saying so twice is no error. Raises OrderUnknown, OrderMoved."""
    order = await lock_order(writer, shop_id, order_id)
    if order.buyer_id != person.person_id:
        raise OrderUnknown
    if order.state in {OrderState.RECEIVED, OrderState.COMPLETED}:
        return
    require_move(order.state, OrderState.RECEIVED)
    await _receive(writer, [order], automatic=False)
    await audit.record(writer, person, "orders:order:confirm", f"order:{order_id}")


async def extend_receipt(writer: Writer, person: Person, shop_id: ShopId, order_id: OrderId) -> datetime:
    """The buyer's parcel is late: the automatic receipt is put off, once. Answers when it is due then.

    Raises OrderUnknown, OrderMoved (not on its way, or put off before).
    """
    order = await lock_order(writer, shop_id, order_id)
    if order.buyer_id != person.person_id:
        raise OrderUnknown
    if order.state is not OrderState.SHIPPED or order.confirm_due_at is None or order.confirm_extended:
        raise OrderMoved
    due = order.confirm_due_at + CONFIRM_EXTENDED_BY
    await writer.run(
        """
        UPDATE shop_order SET confirm_due_at = %(due)s, confirm_extended = true
        WHERE shop_id = %(shop_id)s AND order_id = %(order_id)s
        """,
        due=due,
        shop_id=shop_id,
        order_id=order_id,
    )
    await audit.record(writer, person, "orders:order:extend_receipt", f"order:{order_id}", after={"due": due})
    return due


async def receive_by_time(writer: Writer) -> int:
    """Shipped orders whose time is over count as received, unless they are stopped; answers how many."""
    due = await lock_orders_due(
        writer,
        f"state = 'shipped' AND confirm_due_at <= %(now)s AND {UNSTOPPED}",
        AT_MOST,
        put_off=_not_received.put_off(),
        now=clock.now(),
    )
    return await _not_received.act_on_set(
        writer,
        await without_stop(writer, due),
        lambda order: order.order_id,
        lambda orders: _receive(writer, orders, automatic=True),
    )


async def complete_by_time(writer: Writer) -> int:
    """Received orders are complete when their days of return are over (`rules.no_reason_until`), unless stopped;
    answers how many."""
    due = await lock_orders_due(
        writer,
        f"state = 'received' AND received_at < %(before)s AND {UNSTOPPED}",
        AT_MOST,
        put_off=_not_completed.put_off(),
        before=complete_if_received_before(clock.now()),
    )
    return await _not_completed.act_on_set(
        writer,
        await without_stop(writer, due),
        lambda order: order.order_id,
        lambda orders: _complete(writer, orders),
    )


async def _receive(writer: Writer, orders: Sequence[LockedOrder], *, automatic: bool) -> None:
    await _move(writer, orders, "received", "received_at")
    for order in orders:
        await publish(
            writer,
            OrderReceived(shop_id=order.shop_id, order_id=order.order_id, automatic=automatic),
            shop_id=order.shop_id,
        )


async def _complete(writer: Writer, orders: Sequence[LockedOrder]) -> None:
    await _move(writer, orders, "completed", "completed_at")
    for order in orders:
        await publish(
            writer, OrderCompleted(shop_id=order.shop_id, order_id=order.order_id), shop_id=order.shop_id
        )


async def _move(writer: Writer, orders: Sequence[LockedOrder], state: str, moment: str) -> None:
    await writer.run(
        f"""
        UPDATE shop_order SET state = %(state)s, {moment} = %(now)s
        WHERE (shop_id, order_id) IN (SELECT * FROM unnest(%(shop_ids)s::bigint[], %(order_ids)s::bigint[]))
        """,  # noqa: S608 - the column is one of two written above
        state=state,
        now=clock.now(),
        shop_ids=[order.shop_id for order in orders],
        order_ids=[order.order_id for order in orders],
    )
