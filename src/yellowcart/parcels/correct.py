"""Correcting a waybill that was typed wrong, while nobody has heard of it."""

from psycopg.errors import UniqueViolation

from yellowcart.accounts import audit
from yellowcart.accounts.model import Person
from yellowcart.catalog.shops import require_member
from yellowcart.kernel import clock
from yellowcart.kernel.database import Writer
from yellowcart.kernel.ids import ShopId
from yellowcart.parcels.errors import ParcelUnknown, WaybillSettled, WaybillUsed
from yellowcart.parcels.model import ShipmentId, ShipmentPurpose
from yellowcart.parcels.needs.corrected import correct_waybill_of_need
from yellowcart.parcels.rules import CORRECT_WITHIN
from yellowcart.parcels.store import (
    CheckedWaybill,
    checked_waybill,
    lock_shipment,
    name_waybill,
    parcel_of_waybill,
)


async def correct_waybill(
    writer: Writer, person: Person, shop_id: ShopId, shipment_id: ShipmentId, carrier: str, waybill: str
) -> None:
    """Give a parcel of the shop another carrier or number; the old one is free again. The need by which it left
    says the same.

    The same as before is no error. Raises NotFound (not your shop), InvalidFields, ParcelUnknown, WaybillSettled
    (after 24 hours, or once an event came), WaybillUsed.
    """
    await require_member(writer, person, shop_id)
    named = checked_waybill(carrier, waybill)
    parcel = await lock_shipment(writer, shop_id, shipment_id)
    if parcel.purpose in {ShipmentPurpose.RETURN, ShipmentPurpose.NEED}:
        raise ParcelUnknown
    if (parcel.carrier, parcel.waybill) == (named.carrier, named.waybill):
        return
    if parcel.events or clock.now() > parcel.shipped_at + CORRECT_WITHIN:
        raise WaybillSettled
    if await parcel_of_waybill(writer, named) is not None:
        raise WaybillUsed
    key = {"shop_id": shop_id, "shipment_id": shipment_id}
    await writer.run("DELETE FROM waybill WHERE shop_id = %(shop_id)s AND shipment_id = %(shipment_id)s", **key)
    try:
        async with writer.attempt():
            await writer.run(
                """
                UPDATE shipment SET carrier = %(carrier)s, waybill = %(waybill)s
                WHERE shop_id = %(shop_id)s AND shipment_id = %(shipment_id)s
                """,
                carrier=named.carrier,
                waybill=named.waybill,
                **key,
            )
    except UniqueViolation as error:
        raise WaybillUsed from error
    await name_waybill(writer, named, shop_id, shipment_id, parcel.purpose)
    if parcel.order_id is not None:
        before = CheckedWaybill(parcel.carrier, parcel.waybill)
        await correct_waybill_of_need(writer, shop_id, parcel.order_id, before, named)
    await audit.record(
        writer,
        person,
        "parcels:waybill:correct",
        f"order:{parcel.order_id}",
        before={"carrier": parcel.carrier, "waybill": parcel.waybill},
        after={"carrier": named.carrier, "waybill": named.waybill},
    )
