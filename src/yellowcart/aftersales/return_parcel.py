"""What the way of a return parcel does to the cases whose goods are in it: each of them follows it."""

from datetime import datetime
from typing import Any

import msgspec

from yellowcart.aftersales.model import Action, Actor, AftersaleId, Case, CaseState
from yellowcart.aftersales.store import HeldCase, hold_case
from yellowcart.aftersales.turns import take_turn
from yellowcart.kernel.database import Reader, Writer
from yellowcart.kernel.ids import OrderId, ShopId
from yellowcart.parcels.model import ShipmentId, ShipmentState

CASES_IN_PARCEL_MAX = 1_000
"""More than an order can have at a time."""

NOT_SENT: dict[str, Any] = {
    "return_carrier": None,
    "return_waybill": None,
    "return_shipment_id": None,
    "sent_back_at": None,
    "return_delivered_at": None,
    "return_freight_by": None,
    "return_freight_claimed_fen": 0,
    "return_freight_fen": 0,
}
"""A case whose goods are with the buyer."""


class _ReturnParcel(msgspec.Struct, frozen=True):
    state: ShipmentState
    delivered_at: datetime | None


async def cases_in_parcel(
    reader: Reader, shop_id: ShopId, order_id: OrderId, shipment_id: ShipmentId
) -> list[AftersaleId]:
    """The cases of an order whose goods are in a return parcel."""
    return await reader.column(
        """
        SELECT aftersale_id FROM aftersale
        WHERE shop_id = %(shop_id)s AND order_id = %(order_id)s AND return_shipment_id = %(shipment_id)s
        ORDER BY aftersale_id
        LIMIT %(most)s
        """,
        shop_id=shop_id,
        order_id=order_id,
        shipment_id=shipment_id,
        most=CASES_IN_PARCEL_MAX,
    )


async def follow_parcel(writer: Writer, shop_id: ShopId, order_id: OrderId, shipment_id: ShipmentId) -> None:
    """A carrier told of a return parcel: every case in it goes on, as far as it concerns it."""
    for aftersale_id in await cases_in_parcel(writer, shop_id, order_id, shipment_id):
        await follow_return(writer, await hold_case(writer, shop_id, aftersale_id))


async def follow_return(writer: Writer, held: HeldCase) -> Case:
    """Bring a held case to where its return parcel is now; answers it as it stands then.

    Where the goods have arrived, the shop's time to inspect them begins. Where the carrier gave them back to the
    buyer, the buyer's time to send them begins anew. Asked again, or once the shop has looked at the goods, it
    changes nothing.
    """
    case = held.case
    if case.state is not CaseState.AWAITING_INSPECTION:
        return case
    parcel = await writer.row(
        _ReturnParcel,
        """
        SELECT state, delivered_at FROM shipment
        WHERE shop_id = %(shop_id)s AND shipment_id = %(shipment_id)s
        """,
        shop_id=case.shop_id,
        shipment_id=case.return_shipment_id,
    )
    if parcel is None:
        return case
    if parcel.state is ShipmentState.RETURNED:
        return await take_turn(writer, held, Action.RETURN_GIVEN_BACK, Actor.SYSTEM, None, changes=NOT_SENT)
    if parcel.state is ShipmentState.DELIVERED and case.return_delivered_at is None:
        return await take_turn(
            writer,
            held,
            Action.RETURN_DELIVERED,
            Actor.SYSTEM,
            None,
            changes={"return_delivered_at": parcel.delivered_at},
        )
    return case


async def freight_owed_for(reader: Reader, case: Case, shipment_id: ShipmentId) -> int:
    """What the shop owes for a return parcel already, in fen, by other cases whose goods are in it."""
    owed_fen: int = await reader.value(
        """
        SELECT coalesce(sum(return_freight_fen), 0)::bigint FROM aftersale
        WHERE shop_id = %(shop_id)s AND order_id = %(order_id)s AND return_shipment_id = %(shipment_id)s
          AND aftersale_id <> %(aftersale_id)s
        """,
        shop_id=case.shop_id,
        order_id=case.order_id,
        shipment_id=shipment_id,
        aftersale_id=case.aftersale_id,
    )
    return owed_fen
