"""Shipping: the merchant gives an order to a carrier."""

import re
from typing import Annotated

import msgspec
from msgspec import Meta
from psycopg.errors import UniqueViolation

from yellowcart.accounts import audit
from yellowcart.accounts.model import Person
from yellowcart.catalog.shops import require_member
from yellowcart.kernel import clock
from yellowcart.kernel.database import Writer
from yellowcart.kernel.errors import InvalidFields
from yellowcart.kernel.events import publish
from yellowcart.kernel.ids import OrderId, ShopId, new_id
from yellowcart.kernel.translation import N_
from yellowcart.orders.errors import WaybillUsed
from yellowcart.orders.events import OrderShipped
from yellowcart.orders.model import OrderState
from yellowcart.orders.rules import CARRIERS, require_move
from yellowcart.orders.store import lock_order

WAYBILL = re.compile(r"[A-Z0-9][A-Z0-9-]{5,31}\Z")


class NewShipment(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The carrier's code and the number it gave the parcel."""

    carrier: Annotated[str, Meta(max_length=20)]
    waybill: Annotated[str, Meta(max_length=40)]


async def ship_order(
    writer: Writer, person: Person, shop_id: ShopId, order_id: OrderId, shipment: NewShipment
) -> None:
    """Mark a paid order as shipped. The same shipment again is no error.

    Raises NotFound (not your shop), OrderUnknown, InvalidFields, OrderMoved, WaybillUsed.
    """
    await require_member(writer, person, shop_id)
    carrier, waybill = shipment.carrier.strip().upper(), shipment.waybill.strip().upper()
    _check(carrier, waybill)
    order = await lock_order(writer, shop_id, order_id)
    if order.state is OrderState.SHIPPED and await _is_shipped_as(writer, shop_id, order_id, carrier, waybill):
        return
    require_move(order.state, OrderState.SHIPPED)
    now = clock.now()
    try:
        async with writer.attempt():
            await writer.run(
                """
                INSERT INTO shipment (shop_id, shipment_id, order_id, carrier, waybill, shipped_at)
                VALUES (%(shop_id)s, %(shipment_id)s, %(order_id)s, %(carrier)s, %(waybill)s, %(now)s)
                """,
                shop_id=shop_id,
                shipment_id=new_id(int),
                order_id=order_id,
                carrier=carrier,
                waybill=waybill,
                now=now,
            )
    except UniqueViolation as error:
        raise WaybillUsed from error
    await writer.run(
        """
        UPDATE shop_order SET state = 'shipped', shipped_at = %(now)s
        WHERE shop_id = %(shop_id)s AND order_id = %(order_id)s
        """,
        now=now,
        shop_id=shop_id,
        order_id=order_id,
    )
    await publish(
        writer,
        OrderShipped(shop_id=shop_id, order_id=order_id, carrier=carrier, waybill=waybill),
        shop_id=shop_id,
    )
    await audit.record(
        writer, person, "orders:order:ship", f"order:{order_id}", after={"carrier": carrier, "waybill": waybill}
    )


def _check(carrier: str, waybill: str) -> None:
    problems: dict[str, str | tuple[str, dict[str, object]]] = {}
    if carrier not in CARRIERS:
        problems["carrier"] = N_("Choose a carrier from the list.")
    if not WAYBILL.match(waybill):
        problems["waybill"] = N_("A waybill has 6 to 32 letters, digits or hyphens.")
    if problems:
        raise InvalidFields(problems)


async def _is_shipped_as(writer: Writer, shop_id: ShopId, order_id: OrderId, carrier: str, waybill: str) -> bool:
    return bool(
        await writer.value(
            """
            SELECT true FROM shipment
            WHERE shop_id = %(shop_id)s AND order_id = %(order_id)s
              AND carrier = %(carrier)s AND waybill = %(waybill)s
            """,
            shop_id=shop_id,
            order_id=order_id,
            carrier=carrier,
            waybill=waybill,
        )
    )
