"""How long an unpaid order keeps its goods while its buyer comes and goes.

The hold of an order ends `hold_s` seconds after it was placed, whatever happens. A buyer who leaves the cashier
gives most of it up, so that nobody can starve a sale by holding stock that they do not mean to pay; one who comes
back in time gets it back.
"""

from datetime import datetime

from yellowcart.accounts.model import Person
from yellowcart.kernel import clock
from yellowcart.kernel.database import Writer
from yellowcart.kernel.ids import OrderId, ShopId
from yellowcart.orders.errors import OrderUnknown
from yellowcart.orders.model import OrderState
from yellowcart.orders.rules import hold_until
from yellowcart.orders.store import LockedOrder, lock_order


async def leave_cashier(
    writer: Writer, person: Person, shop_id: ShopId, order_id: OrderId, kept_until: datetime
) -> datetime:
    """The buyer left the cashier: the goods are kept until `kept_until` at most. Answers until when they are.

    Never later than before, and nothing happens to an order that does not wait for money. Raises OrderUnknown.
    """
    order = await _own(writer, person, shop_id, order_id)
    if not _waits(order) or kept_until >= order.hold_until:
        return order.hold_until
    until = max(kept_until, clock.now())
    await _keep(writer, order, until)
    return until


async def return_to_cashier(writer: Writer, person: Person, shop_id: ShopId, order_id: OrderId) -> datetime:
    """The buyer is back: the goods are kept as long as the order's hold allows. Answers until when they are.

    What was given up is not taken back: an order whose time is over stays so. Raises OrderUnknown.
    """
    return await keep_whole_hold(writer, await _own(writer, person, shop_id, order_id))


async def keep_whole_hold(writer: Writer, order: LockedOrder) -> datetime:
    """Keep the goods of a locked order to the end of its hold, unless it is over; answers until when."""
    until = hold_until(order.submitted_at, order.hold_s)
    if not _waits(order) or until <= order.hold_until:
        return order.hold_until
    await _keep(writer, order, until)
    return until


async def _own(writer: Writer, person: Person, shop_id: ShopId, order_id: OrderId) -> LockedOrder:
    order = await lock_order(writer, shop_id, order_id)
    if order.buyer_id != person.person_id:
        raise OrderUnknown
    return order


def _waits(order: LockedOrder) -> bool:
    return order.state is OrderState.SUBMITTED and order.hold_until > clock.now()


async def _keep(writer: Writer, order: LockedOrder, until: datetime) -> None:
    await writer.run(
        "UPDATE shop_order SET hold_until = %(until)s WHERE shop_id = %(shop_id)s AND order_id = %(order_id)s",
        until=until,
        shop_id=order.shop_id,
        order_id=order.order_id,
    )
