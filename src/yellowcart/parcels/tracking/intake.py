"""Taking in what is told of parcels: in any order, as often as it is told, also before a shop names the waybill.

A track is the set of its events; where a parcel stands follows from all of them by their own time
(`rules.track_state`), so that the order in which they arrive changes nothing.
"""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta

from yellowcart.kernel import clock
from yellowcart.kernel.database import Writer
from yellowcart.kernel.translation import N_
from yellowcart.parcels.carriers import find_carrier
from yellowcart.parcels.model import ARRIVED, ShipmentState
from yellowcart.parcels.rules import (
    ARRIVALS_OF_PARCEL_MAX,
    CARRIER_CHOICE,
    EVENT_AHEAD_MAX,
    EVENT_BEFORE_SHIPPED_MAX,
    EVENT_PAST_MAX,
    EVENTS_AT_ONCE_MAX,
    EVENTS_OF_PARCEL_MAX,
    PLACE_LENGTH_MAX,
    TEXT_LENGTH_MAX,
    clean_waybill,
    waybill_problem,
)
from yellowcart.parcels.tracking.moves import WatchedShipment, move_parcels

STATUS_UNKNOWN = N_("The status is none of collected, in_transit, out_for_delivery, problem, delivered, returned.")
TIME_WRONG = N_("The time has no zone, lies in the future or is long past.")
BEFORE_SHIPPED = N_("The time lies before this parcel was sent: the number was another parcel's then.")


class ToldEvent(msgspec.Struct, frozen=True, kw_only=True):
    """An event as a source tells it. `at` is an aware time in ISO form; `text` are the carrier's own words."""

    carrier: Annotated[str, Meta(max_length=40)]
    waybill: Annotated[str, Meta(max_length=60)]
    status: Annotated[str, Meta(max_length=40)]
    at: datetime
    place: Annotated[str, Meta(max_length=500)] = ""
    text: Annotated[str, Meta(max_length=2_000)] = ""


ToldEvents = Annotated[list[ToldEvent], Meta(max_length=EVENTS_AT_ONCE_MAX)]


class RejectedEvent(msgspec.Struct, frozen=True):
    """An event that was not taken: its place in the list (from 0) and why, as a sentence marked with N_."""

    position: int
    reason: str


class Intake(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a list of events: new ones, ones known before, ones kept aside because no shop has named the
    waybill yet, and ones that were not taken."""

    taken: int
    repeated: int
    kept_aside: int
    rejected: list[RejectedEvent]


class _Cleaned(msgspec.Struct, frozen=True, kw_only=True):
    carrier: str
    waybill: str
    status: ShipmentState
    happened_at: datetime
    place: str
    text: str
    content_hash: str
    source: str
    position: int = 0


async def take_in_events(writer: Writer, source: str, told: Sequence[ToldEvent]) -> Intake:
    """Take in what a source tells, one list in one transaction; events of unknown waybills wait for a day."""
    cleaned, rejected = _cleaned(source, told)
    parcels = await _lock_parcels(writer, {(each.carrier, each.waybill) for each in cleaned})
    early = [each for each in cleaned if (each.carrier, each.waybill) not in parcels]
    known = [each for each in cleaned if (each.carrier, each.waybill) in parcels]
    older = [each for each in known if not _is_of_parcel(each, parcels)]
    known = [each for each in known if _is_of_parcel(each, parcels)]
    rejected = [*rejected, *(RejectedEvent(each.position, BEFORE_SHIPPED) for each in older)]
    taken = await _write_track(writer, known, parcels)
    await _keep_aside(writer, early)
    await move_parcels(writer, list(parcels.values()))
    return Intake(taken=taken, repeated=len(known) - taken, kept_aside=len(early), rejected=rejected)


def _is_of_parcel(event: _Cleaned, parcels: Mapping[tuple[str, str], WatchedShipment]) -> bool:
    """Carriers use numbers again: what lies long before a parcel was sent was told of another one."""
    parcel = parcels[event.carrier, event.waybill]
    return event.happened_at >= parcel.shipped_at - EVENT_BEFORE_SHIPPED_MAX


def _cleaned(source: str, told: Sequence[ToldEvent]) -> tuple[list[_Cleaned], list[RejectedEvent]]:
    earliest, latest = clock.now() - EVENT_PAST_MAX, clock.now() + EVENT_AHEAD_MAX
    cleaned: dict[tuple[object, ...], _Cleaned] = {}
    rejected: list[RejectedEvent] = []
    for position, event in enumerate(told):
        carrier, waybill = find_carrier(event.carrier), clean_waybill(event.waybill)
        problem = waybill_problem(waybill)
        if carrier is None:
            rejected.append(RejectedEvent(position, CARRIER_CHOICE))
        elif problem is not None:
            rejected.append(RejectedEvent(position, problem))
        elif event.status not in _STATUSES:
            rejected.append(RejectedEvent(position, STATUS_UNKNOWN))
        elif event.at.tzinfo is None or not earliest <= event.at <= latest:
            rejected.append(RejectedEvent(position, TIME_WRONG))
        else:
            place, text = _line(event.place, PLACE_LENGTH_MAX), _line(event.text, TEXT_LENGTH_MAX)
            one = _Cleaned(
                carrier=carrier.code,
                waybill=waybill,
                status=ShipmentState(event.status),
                happened_at=event.at,
                place=place,
                text=text,
                content_hash=hashlib.blake2b(f"{place}\n{text}".encode(), digest_size=8).hexdigest(),
                source=source,
                position=position,
            )
            cleaned[one.carrier, one.waybill, one.happened_at, one.status, one.content_hash] = one
    return list(cleaned.values()), rejected


_STATUSES = {state.value for state in ShipmentState if state is not ShipmentState.SHIPPED}


def _line(words: str, most: int) -> str:
    return "".join(character if character.isprintable() else " " for character in words).strip()[:most]


async def _lock_parcels(
    writer: Writer, waybills: set[tuple[str, str]]
) -> Mapping[tuple[str, str], WatchedShipment]:
    """The parcels of these waybills, locked in the order in which everybody takes them."""
    rows = await writer.rows(
        WatchedShipment,
        """
        SELECT shipment.shop_id, shipment.shipment_id, shipment.order_id, shipment.purpose, shipment.subject,
               shipment.carrier, shipment.waybill, shipment.state, shipment.shipped_at,
               coalesce(shipment.moved_at, shipment.shipped_at) AS moved_at, shipment.events,
               (
                   SELECT buyer_id FROM shop_order
                   WHERE shop_order.shop_id = shipment.shop_id AND shop_order.order_id = shipment.order_id
               ) AS buyer_id
        FROM shipment
        WHERE (shipment.shop_id, shipment.shipment_id) IN (
            SELECT shop_id, shipment_id FROM waybill
            WHERE (carrier, waybill) IN (SELECT * FROM unnest(%(carriers)s::text[], %(waybills)s::text[]))
        )
        ORDER BY shipment.shop_id, shipment.shipment_id
        FOR UPDATE OF shipment
        """,
        carriers=[carrier for carrier, _ in waybills],
        waybills=[waybill for _, waybill in waybills],
    )
    return {(row.carrier, row.waybill): row for row in rows}


async def _write_track(
    writer: Writer, events: Sequence[_Cleaned], parcels: Mapping[tuple[str, str], WatchedShipment]
) -> int:
    """Write events of parcels that the caller holds; answers how many are new.

    A parcel keeps a bounded number of them, the first ones, with some places for its arrival alone.
    """
    if not events:
        return 0
    fitting = [(parcels[event.carrier, event.waybill], event) for event in events]
    return await writer.run(
        """
        WITH told AS (
            SELECT told.*,
                   row_number() OVER (
                       PARTITION BY shipment_id, status = ANY(%(arrived)s)
                       ORDER BY happened_at, status, content_hash
                   ) AS turn
            FROM unnest(%(shop_ids)s::bigint[], %(shipment_ids)s::bigint[], %(kept)s::int[],
                        %(moments)s::timestamptz[], %(statuses)s::text[], %(hashes)s::text[], %(places)s::text[],
                        %(texts)s::text[], %(sources)s::text[])
                AS told (shop_id, shipment_id, kept, happened_at, status, content_hash, place, text, source)
            WHERE NOT EXISTS (
                SELECT FROM track_event AS before
                WHERE before.shop_id = told.shop_id AND before.shipment_id = told.shipment_id
                  AND before.happened_at = told.happened_at AND before.status = told.status
                  AND before.content_hash = told.content_hash
            )
        )
        INSERT INTO track_event (shop_id, shipment_id, happened_at, status, content_hash, place, text, source,
                                 received_at)
        SELECT shop_id, shipment_id, happened_at, status, content_hash, place, text, source, %(now)s
        FROM told
        WHERE CASE WHEN status = ANY(%(arrived)s) THEN greatest(kept, %(most)s) + turn <= %(most)s + %(arrivals)s
                   ELSE kept + turn <= %(most)s END
        ON CONFLICT DO NOTHING
        """,
        now=clock.now(),
        arrived=[state.value for state in ARRIVED],
        most=EVENTS_OF_PARCEL_MAX,
        arrivals=ARRIVALS_OF_PARCEL_MAX,
        shop_ids=[parcel.shop_id for parcel, _ in fitting],
        shipment_ids=[parcel.shipment_id for parcel, _ in fitting],
        kept=[parcel.events for parcel, _ in fitting],
        moments=[event.happened_at for _, event in fitting],
        statuses=[event.status.value for _, event in fitting],
        hashes=[event.content_hash for _, event in fitting],
        places=[event.place for _, event in fitting],
        texts=[event.text for _, event in fitting],
        sources=[event.source for _, event in fitting],
    )


async def _keep_aside(writer: Writer, events: Sequence[_Cleaned]) -> None:
    if not events:
        return
    await writer.run(
        """
        INSERT INTO early_event (carrier, waybill, happened_at, status, content_hash, place, text, source,
                                 received_at)
        SELECT carrier, waybill, happened_at, status, content_hash, place, text, source, %(now)s
        FROM unnest(%(carriers)s::text[], %(waybills)s::text[], %(moments)s::timestamptz[], %(statuses)s::text[],
                    %(hashes)s::text[], %(places)s::text[], %(texts)s::text[],
                    %(sources)s::text[])
            AS told (carrier, waybill, happened_at, status, content_hash, place, text, source)
        ORDER BY carrier, waybill, happened_at, status, content_hash
        ON CONFLICT DO NOTHING
        """,
        now=clock.now(),
        carriers=[each.carrier for each in events],
        waybills=[each.waybill for each in events],
        moments=[each.happened_at for each in events],
        statuses=[each.status.value for each in events],
        hashes=[each.content_hash for each in events],
        places=[each.place for each in events],
        texts=[each.text for each in events],
        sources=[each.source for each in events],
    )


async def adopt_early_events(writer: Writer, most: int) -> int:
    """Events kept aside whose waybill a shop has named since: they join their tracks. Answers how many."""
    waiting = await writer.rows(
        _Cleaned,
        """
        DELETE FROM early_event
        WHERE (carrier, waybill, happened_at, status, content_hash) IN (
            SELECT early_event.carrier, early_event.waybill, happened_at, status, content_hash
            FROM early_event
            JOIN waybill USING (carrier, waybill)
            ORDER BY early_event.carrier, early_event.waybill
            LIMIT %(most)s
        )
        RETURNING carrier, waybill, happened_at, status, content_hash, place, text, source
        """,
        most=most,
    )
    if not waiting:
        return 0
    parcels = await _lock_parcels(writer, {(each.carrier, each.waybill) for each in waiting})
    known = [each for each in waiting if (each.carrier, each.waybill) in parcels and _is_of_parcel(each, parcels)]
    await _write_track(writer, known, parcels)
    await move_parcels(writer, list(parcels.values()))
    return len(waiting)
