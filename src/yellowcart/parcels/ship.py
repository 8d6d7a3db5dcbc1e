"""Shipping: the merchant gives pieces of an order to a carrier, in one parcel or in several."""

from collections.abc import Mapping, Sequence

from yellowcart.accounts import audit
from yellowcart.accounts.inbox import NewMessage, post_messages
from yellowcart.accounts.model import Person
from yellowcart.catalog.shops import require_member
from yellowcart.kernel.database import Writer
from yellowcart.kernel.errors import InvalidFields
from yellowcart.kernel.events import publish
from yellowcart.kernel.ids import OrderId, OrderLineId, ShopId
from yellowcart.kernel.translation import N_, Locale
from yellowcart.orders.errors import PiecesGone
from yellowcart.orders.model import OrderState
from yellowcart.orders.rules import may_ship
from yellowcart.orders.shipped import mark_shipped
from yellowcart.orders.stop import require_unstopped
from yellowcart.orders.store import LockedLine, LockedOrder, lines_of_locked, lock_order
from yellowcart.parcels.carriers import carrier_name
from yellowcart.parcels.errors import AddressChangeOpen, WaybillUsed
from yellowcart.parcels.events import OrderShipped
from yellowcart.parcels.model import NewShipment, ShipmentId, ShipmentPurpose, Shipped
from yellowcart.parcels.rules import pieces_problem
from yellowcart.parcels.store import CheckedWaybill, add_shipment, checked_waybill, parcel_of_waybill

__all__ = ["NewShipment", "ship_locked", "ship_order"]


async def ship_order(
    writer: Writer, person: Person, shop_id: ShopId, order_id: OrderId, shipment: NewShipment
) -> Shipped:
    """Ship pieces of a paid order under one waybill; more parcels may follow until everything has left.

    The waybill is the key: the same shipment again changes nothing and answers the parcel that is there. Raises,
    in this order: NotFound (not your shop), InvalidFields, OrderUnknown, WaybillUsed (on another parcel, in this
    shop or any other; or on this order with other pieces), OrderMoved, OrderStopped, AddressChangeOpen,
    PiecesGone.
    """
    await require_member(writer, person, shop_id)
    named = checked_waybill(shipment.carrier, shipment.waybill)
    if shipment.pieces is not None and pieces_problem(shipment.pieces):
        raise InvalidFields({"pieces": N_("Choose at least one piece, and of each line no more than there are.")})
    order = await lock_order(writer, shop_id, order_id)
    return await ship_locked(writer, person, order, named, shipment.pieces)


async def ship_locked(
    writer: Writer,
    person: Person,
    order: LockedOrder,
    named: CheckedWaybill,
    pieces: Mapping[OrderLineId, int] | None,
) -> Shipped:
    """Ship pieces of an order that the caller has locked, None for all that are left. Raises what `ship_order`
    raises of the order, its pieces and the waybill."""
    repeated = await _shipped_before(writer, order, named, pieces)
    if repeated is not None:
        return repeated
    may_ship(order.state)
    await require_unstopped(writer, order)
    await _require_settled_address(writer, order)
    leaving = _leaving(await lines_of_locked(writer, order), pieces)
    shipment_id = await add_shipment(
        writer,
        named,
        shop_id=order.shop_id,
        order_id=order.order_id,
        purpose=ShipmentPurpose.ORDER,
        pieces=leaving,
    )
    state = await mark_shipped(writer, order, leaving)
    event = OrderShipped(
        shop_id=order.shop_id,
        order_id=order.order_id,
        shipment_id=shipment_id,
        order_state=state,
        carrier=named.carrier,
        waybill=named.waybill,
    )
    await publish(writer, event, shop_id=order.shop_id)
    await audit.record(
        writer,
        person,
        "parcels:order:ship",
        f"order:{order.order_id}",
        after={
            "carrier": named.carrier,
            "waybill": named.waybill,
            "pieces": {str(line_id): quantity for line_id, quantity in leaving.items()},
        },
    )
    await _tell_buyer(writer, order, shipment_id, named, sum(leaving.values()), state)
    return Shipped(shipment_id=shipment_id, order_state=state)


async def _tell_buyer(
    writer: Writer,
    order: LockedOrder,
    shipment_id: ShipmentId,
    named: CheckedWaybill,
    pieces: int,
    state: OrderState,
) -> None:
    """One message for each parcel, which says whether more of the order follows."""
    more = state is OrderState.PART_SHIPPED
    message = NewMessage(
        person_id=order.buyer_id,
        kind="order_shipped",
        occasion=f"shipment:{shipment_id}",
        title=N_("Part of your order has been shipped") if more else N_("Your order has been shipped"),
        body=N_("Order %(number)s left with %(carrier)s, waybill %(waybill)s. Pieces in the parcel: %(pieces)s."),
        parts={
            "pieces": pieces,
            "number": str(order.order_id),
            "carrier": {locale.value: carrier_name(named.carrier, locale) for locale in Locale},
            "waybill": named.waybill,
        },
        link=f"/orders/{order.shop_id}/{order.order_id}",
    )
    await post_messages(writer, [message])


def _leaving(lines: Sequence[LockedLine], pieces: Mapping[OrderLineId, int] | None) -> dict[OrderLineId, int]:
    """The pieces that leave, asked for or all. Raises PiecesGone, before anything is written."""
    left = {line.order_line_id: line.to_ship for line in lines}
    if pieces is None:
        return {line_id: quantity for line_id, quantity in left.items() if quantity}
    if any(quantity > left.get(line_id, 0) for line_id, quantity in pieces.items()):
        raise PiecesGone
    return dict(pieces)


async def _shipped_before(
    writer: Writer, order: LockedOrder, named: CheckedWaybill, pieces: Mapping[OrderLineId, int] | None
) -> Shipped | None:
    """The answer to a repeat. Raises WaybillUsed for a waybill that names something else."""
    known = await parcel_of_waybill(writer, named)
    if known is None:
        return None
    if (known.shop_id, known.order_id, known.purpose) != (order.shop_id, order.order_id, ShipmentPurpose.ORDER):
        raise WaybillUsed
    if pieces is not None:
        rows = await writer.records(
            """
            SELECT order_line_id, quantity FROM shipment_line
            WHERE shop_id = %(shop_id)s AND shipment_id = %(shipment_id)s
            LIMIT 100
            """,
            shop_id=order.shop_id,
            shipment_id=known.shipment_id,
        )
        if {row["order_line_id"]: row["quantity"] for row in rows} != dict(pieces):
            raise WaybillUsed
    return Shipped(shipment_id=known.shipment_id, order_state=order.state, repeated=True)


async def _require_settled_address(writer: Writer, order: LockedOrder) -> None:
    waiting = await writer.value(
        """
        SELECT true FROM address_change
        WHERE shop_id = %(shop_id)s AND order_id = %(order_id)s AND state = 'asked'
        """,
        shop_id=order.shop_id,
        order_id=order.order_id,
    )
    if waiting:
        raise AddressChangeOpen
