"""A shop corrects the waybill by which an order left: the need that it left by says the same number."""

from yellowcart.kernel.database import Writer
from yellowcart.kernel.ids import OrderId, ShopId
from yellowcart.kernel.translation import N_
from yellowcart.parcels.needs.store import lock_needs_of_waybill, tell_carriers
from yellowcart.parcels.store import CheckedWaybill


async def correct_waybill_of_need(
    writer: Writer, shop_id: ShopId, order_id: OrderId, before: CheckedWaybill, after: CheckedWaybill
) -> None:
    """Write the corrected carrier and waybill on the need that named the wrong ones, and tell its carrier. The
    caller holds the parcel."""
    for need in await lock_needs_of_waybill(writer, shop_id, order_id, before):
        await writer.run(
            """
            UPDATE shipping_need SET carrier = %(carrier)s, waybill = %(waybill)s
            WHERE shop_id = %(shop_id)s AND need_id = %(need_id)s
            """,
            carrier=after.carrier,
            waybill=after.waybill,
            shop_id=need.shop_id,
            need_id=need.need_id,
        )
        assert need.accepted_person_id is not None, "a check of the table says so"
        await tell_carriers(
            writer,
            need,
            [need.accepted_person_id],
            f"corrected:{after.carrier}:{after.waybill}",
            N_("A waybill number was corrected"),
            N_("The shop has corrected the waybill number of %(goods)s to %(waybill)s."),
            waybill=after.waybill,
        )
