"""Bringing parcels to where their tracks lead, and telling of it."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

import msgspec

from yellowcart.accounts.inbox import NewMessage, post_messages
from yellowcart.kernel import clock
from yellowcart.kernel.database import Writer
from yellowcart.kernel.events import Event, publish_many
from yellowcart.kernel.ids import OrderId, PersonId, ShopId
from yellowcart.kernel.translation import N_
from yellowcart.parcels.events import ParcelMoved
from yellowcart.parcels.model import ARRIVED, ShipmentId, ShipmentPurpose, ShipmentState, TrackEvent
from yellowcart.parcels.rules import ARRIVALS_OF_PARCEL_MAX, EVENTS_OF_PARCEL_MAX, next_poll, track_state
from yellowcart.parcels.store import LockedShipment


class WatchedShipment(LockedShipment, frozen=True, kw_only=True):
    """A parcel that the caller holds, and who hears when it arrives."""

    buyer_id: PersonId | None


class _TrackRow(msgspec.Struct, frozen=True):
    shipment_id: ShipmentId
    status: ShipmentState
    happened_at: datetime
    place: str
    text: str


class _Moved(msgspec.Struct, frozen=True, kw_only=True):
    parcel: WatchedShipment
    state: ShipmentState
    moved_at: datetime
    collected_at: datetime | None
    delivered_at: datetime | None
    events: int


async def move_parcels(writer: Writer, parcels: Sequence[WatchedShipment]) -> None:
    """Bring parcels that the caller holds to where their tracks lead; tell of every move."""
    if not parcels:
        return
    rows = await writer.rows(
        _TrackRow,
        """
        SELECT shipment_id, status, happened_at, place, text FROM track_event
        WHERE (shop_id, shipment_id) IN (
            SELECT * FROM unnest(%(shop_ids)s::bigint[], %(shipment_ids)s::bigint[])
        )
        LIMIT %(most)s
        """,
        shop_ids=[parcel.shop_id for parcel in parcels],
        shipment_ids=[parcel.shipment_id for parcel in parcels],
        most=len(parcels) * (EVENTS_OF_PARCEL_MAX + ARRIVALS_OF_PARCEL_MAX),
    )
    tracks: dict[ShipmentId, list[TrackEvent]] = defaultdict(list)
    for row in rows:
        tracks[row.shipment_id].append(
            TrackEvent(status=row.status, happened_at=row.happened_at, place=row.place, text=row.text)
        )
    moved = [
        _moved(parcel, tracks[parcel.shipment_id])
        for parcel in parcels
        if len(tracks[parcel.shipment_id]) != parcel.events
    ]
    await _write_moves(writer, moved)
    await _tell(writer, [each for each in moved if each.state is not each.parcel.state])


def _moved(parcel: WatchedShipment, track: Sequence[TrackEvent]) -> _Moved:
    state = track_state(track)
    delivered = [each.happened_at for each in track if each.status is ShipmentState.DELIVERED]
    return _Moved(
        parcel=parcel,
        state=state,
        moved_at=max(each.happened_at for each in track),
        collected_at=min(each.happened_at for each in track),
        delivered_at=min(delivered) if state is ShipmentState.DELIVERED else None,
        events=len(track),
    )


async def _write_moves(writer: Writer, moved: Sequence[_Moved]) -> None:
    now = clock.now()
    await writer.run_many(
        """
        UPDATE shipment
        SET state = %(state)s, moved_at = %(moved_at)s, collected_at = %(collected_at)s,
            delivered_at = %(delivered_at)s, events = %(events)s, is_watched = is_watched AND %(is_under_way)s,
            ask_at = %(ask_at)s
        WHERE shop_id = %(shop_id)s AND shipment_id = %(shipment_id)s
        """,
        [
            {
                "shop_id": each.parcel.shop_id,
                "shipment_id": each.parcel.shipment_id,
                "state": each.state.value,
                "moved_at": each.moved_at,
                "collected_at": each.collected_at,
                "delivered_at": each.delivered_at,
                "events": each.events,
                "is_under_way": each.state not in ARRIVED,
                "ask_at": next_poll(each.parcel.shipped_at, each.moved_at, now),
            }
            for each in moved
        ],
    )


async def _tell(writer: Writer, moved: Sequence[_Moved]) -> None:
    events: list[tuple[ShopId, Event]] = []
    messages: list[NewMessage] = []
    for each in moved:
        parcel = each.parcel
        events.append(
            (
                parcel.shop_id,
                ParcelMoved(
                    shop_id=parcel.shop_id,
                    shipment_id=parcel.shipment_id,
                    order_id=parcel.order_id,
                    purpose=parcel.purpose,
                    subject=parcel.subject,
                    carrier=parcel.carrier,
                    waybill=parcel.waybill,
                    before=parcel.state,
                    after=each.state,
                    happened_at=each.moved_at,
                ),
            )
        )
        arrives = each.state is ShipmentState.DELIVERED and parcel.purpose is not ShipmentPurpose.RETURN
        if arrives and parcel.buyer_id is not None and parcel.order_id is not None:
            messages.append(_arrived(parcel.buyer_id, parcel.shop_id, parcel.order_id, parcel))
    await publish_many(writer, events)
    await post_messages(writer, messages)


def _arrived(buyer_id: PersonId, shop_id: ShopId, order_id: OrderId, parcel: WatchedShipment) -> NewMessage:
    return NewMessage(
        person_id=buyer_id,
        kind="parcel_delivered",
        occasion=f"shipment:{parcel.shipment_id}",
        title=N_("Your parcel has been delivered"),
        body=N_("Parcel %(waybill)s of order %(number)s was signed for. Confirm the receipt when all is right."),
        parts={"waybill": parcel.waybill, "number": str(order_id)},
        link=f"/orders/{shop_id}/{order_id}",
    )
