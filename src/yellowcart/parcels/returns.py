"""Parcels that bring goods back to a shop."""

from yellowcart.kernel.database import Writer
from yellowcart.kernel.errors import InvalidFields
from yellowcart.kernel.ids import OrderId, ShopId
from yellowcart.kernel.translation import N_
from yellowcart.parcels.errors import WaybillUsed
from yellowcart.parcels.model import ShipmentId, ShipmentPurpose, ShipmentState
from yellowcart.parcels.store import add_shipment, checked_waybill, lock_shipment, parcel_of_waybill


async def register_return_parcel(
    writer: Writer, shop_id: ShopId, order_id: OrderId, subject: str, carrier: str, waybill: str
) -> ShipmentId:
    """Register and hold the parcel by which a buyer sends goods of an order back for `subject` (`aftersale:12`).

    Goods of several after-sales of one order may be in one box: naming its parcel again, for whichever of them,
    answers it. It keeps the subject that it was first named for; what else is in it, the after-sales themselves
    say. The caller holds the order and writes the audit trail. The track is followed like any other;
    `parcel.moved` tells of it. A parcel that was here before is locked, so that the caller who reads its state
    misses no movement.

    Raises InvalidFields (`carrier`, `waybill`: also when the carrier gave this parcel back to its sender, which
    nothing follows), WaybillUsed: the parcel that brought the goods, one of another order, or anybody else's
    cannot be the one that brings them back.
    """
    named = checked_waybill(carrier, waybill)
    known = await parcel_of_waybill(writer, named)
    if known is None:
        return await add_shipment(
            writer,
            named,
            shop_id=shop_id,
            order_id=order_id,
            purpose=ShipmentPurpose.RETURN,
            subject=subject,
            pieces={},
        )
    if (known.shop_id, known.order_id, known.purpose) != (shop_id, order_id, ShipmentPurpose.RETURN):
        raise WaybillUsed
    parcel = await lock_shipment(writer, shop_id, known.shipment_id)
    if parcel.state is ShipmentState.RETURNED:
        raise InvalidFields(
            {"waybill": N_("The carrier gave this parcel back to you. Send the goods with a new waybill.")}
        )
    return known.shipment_id
