"""Where an order goes: its own copy of an address, which can be another one until something of it has left."""

import msgspec

from yellowcart.kernel.database import Reader, Writer, json_value
from yellowcart.orders.errors import OrderMoved, OrderUnknown
from yellowcart.orders.model import DeliveryAddress
from yellowcart.orders.rules import may_go_elsewhere
from yellowcart.orders.store import LockedOrder


async def destination_of(reader: Reader, order: LockedOrder) -> DeliveryAddress:
    """The address that the order goes to. Raises OrderUnknown."""
    address = await reader.value(
        "SELECT address FROM shop_order WHERE shop_id = %(shop_id)s AND order_id = %(order_id)s",
        shop_id=order.shop_id,
        order_id=order.order_id,
    )
    if address is None:
        raise OrderUnknown
    return msgspec.convert(address, DeliveryAddress)


async def deliver_to(writer: Writer, order: LockedOrder, address: DeliveryAddress) -> None:
    """Send an order elsewhere. The caller holds it, and has seen that delivery there costs the same: what was paid
    stays. Raises OrderMoved once something has left, and before it is paid."""
    if not may_go_elsewhere(order.state):
        raise OrderMoved
    await writer.run(
        "UPDATE shop_order SET address = %(address)s WHERE shop_id = %(shop_id)s AND order_id = %(order_id)s",
        address=json_value(address),
        shop_id=order.shop_id,
        order_id=order.order_id,
    )
