"""Reading parcels: of one order, of many orders, and of what else brought goods on their way."""

from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec

from yellowcart.kernel.database import Reader
from yellowcart.kernel.ids import OrderId, ShopId
from yellowcart.parcels.model import Parcel, ParcelLine, ShipmentId, ShipmentPurpose, ShipmentState, TrackEvent
from yellowcart.parcels.rules import ARRIVALS_OF_PARCEL_MAX, CORRECT_WITHIN, EVENTS_OF_PARCEL_MAX

PARCELS_OF_ORDER_MAX = 50
LINES_OF_PARCEL_MAX = 100
EVENTS_SHOWN_MAX = EVENTS_OF_PARCEL_MAX + ARRIVALS_OF_PARCEL_MAX
ORDERS_AT_ONCE_MAX = 1_000


async def parcels_of_order(reader: Reader, shop_id: ShopId, order_id: OrderId) -> list[Parcel]:
    """Everything that was sent of an order or for it, the latest parcel first, with lines and tracks. The caller
    has checked whose order it is."""
    found = await parcels_of_orders(reader, [(shop_id, order_id)])
    return found[order_id]


async def parcels_of_orders(
    reader: Reader, keys: Sequence[tuple[ShopId, OrderId]]
) -> Mapping[OrderId, list[Parcel]]:
    """The parcels of up to ORDERS_AT_ONCE_MAX orders, by order, in three statements however many there are."""
    keys = keys[:ORDERS_AT_ONCE_MAX]
    rows = await reader.rows(
        _ParcelRow,
        f"""
        SELECT {_COLUMNS} FROM shipment
        WHERE (shop_id, order_id) IN (SELECT * FROM unnest(%(shop_ids)s::bigint[], %(order_ids)s::bigint[]))
        ORDER BY shipment_id DESC
        LIMIT %(most)s
        """,  # noqa: S608 - the columns stand in this file
        shop_ids=[shop_id for shop_id, _ in keys],
        order_ids=[order_id for _, order_id in keys],
        most=PARCELS_OF_ORDER_MAX * len(keys),
    )
    parcels: dict[OrderId, list[Parcel]] = {order_id: [] for _, order_id in keys}
    for parcel in await _whole(reader, rows):
        if parcel.order_id is not None:
            parcels[parcel.order_id].append(parcel)
    return parcels


async def parcel_of_shipment(reader: Reader, shop_id: ShopId, shipment_id: ShipmentId) -> Parcel | None:
    """One parcel of a shop, also one that stands on no order, or None."""
    rows = await reader.rows(
        _ParcelRow,
        f"SELECT {_COLUMNS} FROM shipment"  # noqa: S608 - the columns stand in this file
        " WHERE shop_id = %(shop_id)s AND shipment_id = %(shipment_id)s",
        shop_id=shop_id,
        shipment_id=shipment_id,
    )
    found = await _whole(reader, rows)
    return found[0] if found else None


async def parcel_with_waybill(reader: Reader, shop_id: ShopId, carrier: str, waybill: str) -> Parcel | None:
    """The parcel of a shop that a waybill names, or None."""
    shipment_id = await reader.value(
        """
        SELECT shipment_id FROM waybill
        WHERE carrier = %(carrier)s AND waybill = %(waybill)s AND shop_id = %(shop_id)s
        """,
        carrier=carrier,
        waybill=waybill,
        shop_id=shop_id,
    )
    return None if shipment_id is None else await parcel_of_shipment(reader, shop_id, shipment_id)


async def _whole(reader: Reader, rows: Sequence["_ParcelRow"]) -> list[Parcel]:
    if not rows:
        return []
    keys = {"shop_ids": [row.shop_id for row in rows], "shipment_ids": [row.shipment_id for row in rows]}
    lines: dict[ShipmentId, list[ParcelLine]] = {row.shipment_id: [] for row in rows}
    for line in await reader.rows(_LineRow, _LINES, most=LINES_OF_PARCEL_MAX * len(rows), **keys):
        lines[line.shipment_id].append(line.line())
    track: dict[ShipmentId, list[TrackEvent]] = {row.shipment_id: [] for row in rows}
    for event in await reader.rows(_EventRow, _TRACK, most=EVENTS_SHOWN_MAX * len(rows), **keys):
        track[event.shipment_id].append(event.event())
    return [row.parcel(lines[row.shipment_id], track[row.shipment_id]) for row in rows]


_COLUMNS = """shop_id, shipment_id, order_id, purpose, subject, carrier, waybill, state, shipped_at,
              coalesce(moved_at, shipped_at) AS moved_at, delivered_at, events"""
_LINES = """
SELECT shipment_line.shipment_id, shipment_line.order_line_id, shipment_line.quantity, order_line.title,
       order_line.title_en, order_line.sku_name, order_line.sku_name_en
FROM shipment_line
JOIN order_line USING (shop_id, order_id, order_line_id)
WHERE (shipment_line.shop_id, shipment_line.shipment_id) IN (
    SELECT * FROM unnest(%(shop_ids)s::bigint[], %(shipment_ids)s::bigint[])
)
ORDER BY shipment_line.shipment_id, shipment_line.order_line_id
LIMIT %(most)s
"""
_TRACK = """
SELECT shipment_id, status, happened_at, place, text
FROM track_event
WHERE (shop_id, shipment_id) IN (SELECT * FROM unnest(%(shop_ids)s::bigint[], %(shipment_ids)s::bigint[]))
ORDER BY shipment_id, happened_at DESC, status, content_hash
LIMIT %(most)s
"""


class _ParcelRow(msgspec.Struct, frozen=True, kw_only=True):
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
    delivered_at: datetime | None
    events: int

    def parcel(self, lines: list[ParcelLine], track: list[TrackEvent]) -> Parcel:
        values = {name: getattr(self, name) for name in self.__struct_fields__ if name != "events"}
        is_open = not self.events and self.purpose not in {ShipmentPurpose.RETURN, ShipmentPurpose.NEED}
        return Parcel(
            **values,
            may_correct_until=self.shipped_at + CORRECT_WITHIN if is_open else None,
            lines=lines,
            track=track,
        )


class _LineRow(msgspec.Struct, frozen=True, kw_only=True):
    shipment_id: ShipmentId
    order_line_id: int
    quantity: int
    title: str
    title_en: str
    sku_name: str
    sku_name_en: str

    def line(self) -> ParcelLine:
        values = {name: getattr(self, name) for name in self.__struct_fields__ if name != "shipment_id"}
        return ParcelLine(**values)


class _EventRow(msgspec.Struct, frozen=True, kw_only=True):
    shipment_id: ShipmentId
    status: ShipmentState
    happened_at: datetime
    place: str
    text: str

    def event(self) -> TrackEvent:
        return TrackEvent(status=self.status, happened_at=self.happened_at, place=self.place, text=self.text)
