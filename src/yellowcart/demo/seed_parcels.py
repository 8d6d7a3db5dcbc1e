"""Writing the parcels of past orders: what is in each, whose waybill it is, and what its carrier told."""

import hashlib
from collections.abc import Iterator

from yellowcart.demo.past_order import PastOrder, PastParcel
from yellowcart.demo.seed_rows import Row, copy_rows
from yellowcart.kernel.database import Writer
from yellowcart.kernel.ids import new_id
from yellowcart.parcels.model import ARRIVED, ShipmentId, ShipmentPurpose, WaybillDirection
from yellowcart.parcels.rules import track_state

SOURCE = "express100"
"""The tracking source that told of the past."""

Numbered = tuple[ShipmentId, PastOrder, PastParcel]


async def write_parcels(writer: Writer, orders: list[PastOrder]) -> None:
    """Write parcels in the order of their leaving, so that ids follow time."""
    leaving = sorted(
        ((parcel.shipped_at, order.order_id, order, parcel) for order in orders for parcel in order.parcels),
        key=lambda each: each[:2],
    )
    parcels = [(new_id(ShipmentId), order, parcel) for _, _, order, parcel in leaving]
    await copy_rows(writer, "shipment", [_shipment_row(*each) for each in parcels])
    await copy_rows(writer, "shipment_line", [row for each in parcels for row in _piece_rows(*each)])
    await copy_rows(writer, "waybill", [_waybill_row(*each) for each in parcels])
    await copy_rows(writer, "track_event", [row for each in parcels for row in _event_rows(*each)])


def _shipment_row(shipment_id: ShipmentId, order: PastOrder, parcel: PastParcel) -> Row:
    state = track_state(parcel.track)
    return {
        "shop_id": order.shop_id,
        "shipment_id": shipment_id,
        "order_id": order.order_id,
        "purpose": ShipmentPurpose.ORDER,
        "carrier": parcel.carrier,
        "waybill": parcel.waybill,
        "state": state,
        "shipped_at": parcel.shipped_at,
        "collected_at": parcel.track[0].happened_at if parcel.track else None,
        "moved_at": parcel.track[-1].happened_at if parcel.track else parcel.shipped_at,
        "events": len(parcel.track),
        "delivered_at": parcel.delivered_at,
        "is_watched": state not in ARRIVED and order.received_at is None,
    }


def _piece_rows(shipment_id: ShipmentId, order: PastOrder, parcel: PastParcel) -> Iterator[Row]:
    for position, quantity in parcel.pieces.items():
        yield {
            "shop_id": order.shop_id,
            "shipment_id": shipment_id,
            "order_id": order.order_id,
            "order_line_id": order.lines[position].order_line_id,
            "quantity": quantity,
        }


def _waybill_row(shipment_id: ShipmentId, order: PastOrder, parcel: PastParcel) -> Row:
    return {
        "carrier": parcel.carrier,
        "waybill": parcel.waybill,
        "shop_id": order.shop_id,
        "shipment_id": shipment_id,
        "direction": WaybillDirection.OUTBOUND,
        "named_at": parcel.shipped_at,
    }


def _event_rows(shipment_id: ShipmentId, order: PastOrder, parcel: PastParcel) -> Iterator[Row]:
    for event in parcel.track:
        words = f"{event.place}\n{event.text}".encode()
        yield {
            "shop_id": order.shop_id,
            "shipment_id": shipment_id,
            "happened_at": event.happened_at,
            "status": event.status,
            # As `parcels.tracking.intake` names an event by its content.
            "content_hash": hashlib.blake2b(words, digest_size=8).hexdigest(),
            "place": event.place,
            "text": event.text,
            "source": SOURCE,
            "received_at": event.happened_at,
        }
