"""Parcels that an after-sale promised: the exchanged or the resent goods. They change nothing in the order."""

from yellowcart.kernel.database import Writer
from yellowcart.kernel.errors import InvalidFields
from yellowcart.kernel.ids import OrderId, ShopId
from yellowcart.kernel.translation import N_
from yellowcart.orders.errors import PiecesGone
from yellowcart.parcels.errors import WaybillUsed
from yellowcart.parcels.model import NewShipment, ShipmentId, ShipmentPurpose
from yellowcart.parcels.rules import pieces_problem
from yellowcart.parcels.store import add_shipment, checked_waybill, parcel_of_waybill


async def ship_replacement(
    writer: Writer, shop_id: ShopId, order_id: OrderId, subject: str, shipment: NewShipment
) -> ShipmentId:
    """Register the parcel that brings new goods for `subject` (`aftersale:12`); `pieces` must be named.

    The caller holds the order, has decided that this is right, has answered a repeat, and writes the audit trail.
    A waybill that names a parcel already is refused whatever that parcel is for: neither what the buyer sent back
    nor an earlier replacement brings new goods. Raises InvalidFields, PiecesGone (more pieces of a line than the
    order has), WaybillUsed.
    """
    named = checked_waybill(shipment.carrier, shipment.waybill)
    pieces = shipment.pieces or {}
    if pieces_problem(pieces):
        raise InvalidFields({"pieces": N_("Choose at least one piece, and of each line no more than there are.")})
    if await parcel_of_waybill(writer, named) is not None:
        raise WaybillUsed
    rows = await writer.records(
        """
        SELECT order_line_id, quantity FROM order_line
        WHERE shop_id = %(shop_id)s AND order_id = %(order_id)s AND order_line_id = ANY(%(line_ids)s)
        LIMIT 100
        """,
        shop_id=shop_id,
        order_id=order_id,
        line_ids=list(pieces),
    )
    bought = {row["order_line_id"]: row["quantity"] for row in rows}
    if any(quantity > bought.get(line_id, 0) for line_id, quantity in pieces.items()):
        raise PiecesGone
    return await add_shipment(
        writer,
        named,
        shop_id=shop_id,
        order_id=order_id,
        purpose=ShipmentPurpose.REPLACEMENT,
        subject=subject,
        pieces=pieces,
    )
