"""Parcels that bring goods back to a shop."""

from yellowcart.kernel.database import Writer
from yellowcart.kernel.ids import OrderId, ShopId
from yellowcart.parcels.errors import WaybillUsed
from yellowcart.parcels.model import ShipmentId, ShipmentPurpose
from yellowcart.parcels.store import add_shipment, checked_waybill, parcel_of_waybill


async def register_return_parcel(
    writer: Writer,
    shop_id: ShopId,
    subject: str,
    carrier: str,
    waybill: str,
    *,
    order_id: OrderId | None = None,
) -> ShipmentId:
    """Register the parcel by which a buyer sends goods back for `subject` (`aftersale:12`).

    Its track is followed like any other; `parcel.moved` tells of its delivery. The caller writes the audit trail.
    The same parcel for the same subject again is no error. Raises InvalidFields (`carrier`, `waybill`),
    WaybillUsed: the parcel that brought the goods, or anybody else's, cannot be the one that brings them back.
    """
    named = checked_waybill(carrier, waybill)
    known = await parcel_of_waybill(writer, named)
    if known is not None:
        if (known.shop_id, known.purpose, known.subject) != (shop_id, ShipmentPurpose.RETURN, subject):
            raise WaybillUsed
        return known.shipment_id
    return await add_shipment(
        writer,
        named,
        shop_id=shop_id,
        order_id=order_id,
        purpose=ShipmentPurpose.RETURN,
        subject=subject,
        pieces={},
    )
