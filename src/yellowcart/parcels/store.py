"""Locks and writes of parcels that several verbs share.

A verb that holds an order takes its parcels after it, by (shop_id, shipment_id).
"""

from collections.abc import Mapping
from datetime import datetime

import msgspec

from yellowcart.kernel import clock
from yellowcart.kernel.database import Writer
from yellowcart.kernel.errors import InvalidFields
from yellowcart.kernel.ids import OrderId, OrderLineId, ShopId, new_id
from yellowcart.parcels.carriers import find_carrier
from yellowcart.parcels.errors import ParcelUnknown, WaybillUsed
from yellowcart.parcels.model import ShipmentId, ShipmentPurpose, ShipmentState, WaybillDirection
from yellowcart.parcels.rules import CARRIER_CHOICE, clean_waybill, waybill_problem


class LockedShipment(msgspec.Struct, frozen=True, kw_only=True):
    """What a verb needs to know of the parcel it holds."""

    shop_id: ShopId
    shipment_id: ShipmentId
    order_id: OrderId | None
    purpose: ShipmentPurpose
    subject: str
    carrier: str
    waybill: str
    state: ShipmentState
    shipped_at: datetime
    moved_at: datetime
    events: int


class NamedParcel(msgspec.Struct, frozen=True):
    """Whose parcel a waybill names."""

    shop_id: ShopId
    shipment_id: ShipmentId
    order_id: OrderId | None
    purpose: ShipmentPurpose
    subject: str


class CheckedWaybill(msgspec.Struct, frozen=True):
    """A carrier's code and a waybill in the form in which they are kept."""

    carrier: str
    waybill: str


def checked_waybill(carrier: str, waybill: str) -> CheckedWaybill:
    """Carrier and waybill as people write them, checked. Raises InvalidFields (`carrier`, `waybill`)."""
    found, cleaned = find_carrier(carrier), clean_waybill(waybill)
    problems: dict[str, str | tuple[str, dict[str, object]]] = {}
    if found is None:
        problems["carrier"] = CARRIER_CHOICE
    if problem := waybill_problem(cleaned):
        problems["waybill"] = problem
    if found is None or problems:
        raise InvalidFields(problems)
    return CheckedWaybill(found.code, cleaned)


async def parcel_of_waybill(writer: Writer, named: CheckedWaybill) -> NamedParcel | None:
    """The parcel that a waybill names, in whichever shop."""
    return await writer.row(
        NamedParcel,
        """
        SELECT shipment.shop_id, shipment.shipment_id, shipment.order_id, shipment.purpose, shipment.subject
        FROM waybill
        JOIN shipment USING (shop_id, shipment_id)
        WHERE waybill.carrier = %(carrier)s AND waybill.waybill = %(waybill)s
        """,
        carrier=named.carrier,
        waybill=named.waybill,
    )


async def add_shipment(
    writer: Writer,
    named: CheckedWaybill,
    *,
    shop_id: ShopId,
    order_id: OrderId | None,
    purpose: ShipmentPurpose,
    subject: str = "",
    pieces: Mapping[OrderLineId, int],
) -> ShipmentId:
    """Write a parcel with its pieces and take its waybill. Raises WaybillUsed, also when another transaction is
    taking it at this moment: that one is waited for."""
    shipment_id, now = new_id(ShipmentId), clock.now()
    await writer.run(
        """
        INSERT INTO shipment (shop_id, shipment_id, order_id, purpose, subject, carrier, waybill, state,
                              shipped_at, moved_at, ask_at)
        VALUES (%(shop_id)s, %(shipment_id)s, %(order_id)s, %(purpose)s, %(subject)s, %(carrier)s, %(waybill)s,
                'shipped', %(now)s, %(now)s, %(now)s)
        ON CONFLICT (shop_id, carrier, waybill) DO NOTHING
        """,
        shop_id=shop_id,
        shipment_id=shipment_id,
        order_id=order_id,
        purpose=purpose.value,
        subject=subject,
        carrier=named.carrier,
        waybill=named.waybill,
        now=now,
    )
    await name_waybill(writer, named, shop_id, shipment_id, purpose)
    if pieces:
        await writer.run(
            """
            INSERT INTO shipment_line (shop_id, shipment_id, order_id, order_line_id, quantity)
            SELECT %(shop_id)s, %(shipment_id)s, %(order_id)s, order_line_id, quantity
            FROM unnest(%(line_ids)s::bigint[], %(quantities)s::int[]) AS piece (order_line_id, quantity)
            """,
            shop_id=shop_id,
            shipment_id=shipment_id,
            order_id=order_id,
            line_ids=list(pieces),
            quantities=list(pieces.values()),
        )
    return shipment_id


async def name_waybill(
    writer: Writer, named: CheckedWaybill, shop_id: ShopId, shipment_id: ShipmentId, purpose: ShipmentPurpose
) -> None:
    """Let a waybill name a parcel. Raises WaybillUsed when it names one already, in whichever shop."""
    direction = WaybillDirection.RETURN if purpose is ShipmentPurpose.RETURN else WaybillDirection.OUTBOUND
    taken = await writer.run(
        """
        INSERT INTO waybill (carrier, waybill, shop_id, shipment_id, direction, named_at)
        SELECT carrier, waybill, shop_id, shipment_id, %(direction)s, %(now)s
        FROM shipment
        WHERE shop_id = %(shop_id)s AND shipment_id = %(shipment_id)s
          AND carrier = %(carrier)s AND waybill = %(waybill)s
        ON CONFLICT DO NOTHING
        """,
        carrier=named.carrier,
        waybill=named.waybill,
        shop_id=shop_id,
        shipment_id=shipment_id,
        direction=direction.value,
        now=clock.now(),
    )
    if not taken:
        raise WaybillUsed


async def lock_shipment(writer: Writer, shop_id: ShopId, shipment_id: ShipmentId) -> LockedShipment:
    """The parcel, locked until the transaction ends. Raises ParcelUnknown."""
    found = await writer.row(
        LockedShipment,
        """
        SELECT shop_id, shipment_id, order_id, purpose, subject, carrier, waybill, state, shipped_at,
               coalesce(moved_at, shipped_at) AS moved_at, events
        FROM shipment
        WHERE shop_id = %(shop_id)s AND shipment_id = %(shipment_id)s
        ORDER BY shop_id, shipment_id
        FOR UPDATE
        """,
        shop_id=shop_id,
        shipment_id=shipment_id,
    )
    if found is None:
        raise ParcelUnknown
    return found
