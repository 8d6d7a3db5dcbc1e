"""Decisions about parcels: what a waybill may be, where a track leads, how urgent an order is. Pure."""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum

from yellowcart.freight.model import FreightTerms, FreightZone
from yellowcart.freight.rules import zone_for
from yellowcart.kernel.ids import OrderLineId
from yellowcart.kernel.translation import N_
from yellowcart.parcels.model import (
    ADDRESS_CHANGE_MOVES,
    SHIPMENT_MOVES,
    AddressChange,
    AddressChangeState,
    ShipmentState,
    TrackEvent,
)

WAYBILL = re.compile(r"[A-Z0-9][A-Z0-9-]{5,31}\Z")
_SHORTENED = re.compile(r"\d+(?:\.\d+)?E[+-]?\d+\Z")
PIECES_MAX = 999
"""Pieces of one line in one parcel."""
LINES_IN_PARCEL_MAX = 100

CORRECT_WITHIN = timedelta(hours=24)
"""How long a wrong waybill may be corrected, while its carrier has told nothing of it (our choice)."""
WARN_BEFORE = timedelta(hours=6)
"""A shop is warned so long before a promise to ship ends (our choice)."""
ADDRESS_CHANGES_MAX = 5
"""Wishes of one side for another address of an order, answered and withdrawn ones too: each of them stops
shipping. The sides are counted apart, so that neither can use up what the other needs (our choice)."""
EVENTS_AT_ONCE_MAX = 500
"""Events that one message of a tracking source may bring."""
EVENTS_OF_PARCEL_MAX = 200
"""Events kept of one parcel; what comes beyond them is passed over."""
ARRIVALS_OF_PARCEL_MAX = 20
"""Events beyond those that are kept when they tell of an arrival: a chatty carrier must not keep it out."""
EVENT_AHEAD_MAX = timedelta(hours=1)
"""A carrier's clock may run ahead by this much; an event later than that is not believed."""
EVENT_PAST_MAX = timedelta(days=90)
"""An event older than this is not believed either."""
EVENT_BEFORE_SHIPPED_MAX = timedelta(days=1)
"""A carrier may have had a parcel for so long before its shop names the waybill; what is older was told of another
parcel with the same number."""
PLACE_LENGTH_MAX = 80
TEXT_LENGTH_MAX = 300
POLL_FOR = timedelta(days=30)
"""Sources are asked about a parcel for so long after its shipping."""
KEPT_ASIDE = timedelta(days=1)
"""Events of unknown waybills wait so long for a shop to name the waybill."""
SHIP_RATE_WITHIN = timedelta(hours=48)
"""The 48-hour rate of domain.md §6: collected within so long after payment."""
SHIP_RATE_DAYS = 30
"""Days of payments that the rate looks back on."""

WAYBILL_SHORTENED = N_(
    "A spreadsheet has shortened this number and lost its last digits. Format the column as text, fill the number"
    " in again and upload the file once more."
)
WAYBILL_FORM = N_("A waybill has 6 to 32 letters, digits or hyphens.")
CARRIER_CHOICE = N_("Choose a carrier from the list.")


class Urgency(StrEnum):
    """How soon an order must be shipped."""

    LATE = "late"
    """The promise is broken."""
    SOON = "soon"
    """Less than WARN_BEFORE is left."""
    TODAY = "today"
    """Less than a day is left."""
    LATER = "later"
    """There is time."""


def clean_waybill(written: str) -> str:
    """A waybill as it is kept: plain letters in capitals, without spaces around and between its groups."""
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", written)).upper()


def waybill_problem(waybill: str) -> str | None:
    """What is wrong with a cleaned waybill, None when nothing is. A number that a spreadsheet rounded is named as
    such: it would lead to nobody's parcel, or to somebody else's."""
    if _SHORTENED.match(waybill):
        return WAYBILL_SHORTENED
    return None if WAYBILL.match(waybill) else WAYBILL_FORM


def track_state(events: Iterable[TrackEvent]) -> ShipmentState:
    """Where a track leads, in whatever order its events came: they are taken by their own time, and one that
    cannot follow (nothing follows a delivery) changes nothing."""
    state = ShipmentState.SHIPPED
    for event in sorted(events, key=lambda each: (each.happened_at, _RANK[each.status], each.text, each.place)):
        if event.status in SHIPMENT_MOVES[state]:
            state = event.status
    return state


_RANK = {state: position for position, state in enumerate(ShipmentState)}


def urgency_of(ship_due_at: datetime, now: datetime) -> Urgency:
    """How soon an order must be shipped."""
    left = ship_due_at - now
    if left <= timedelta():
        return Urgency.LATE
    if left <= WARN_BEFORE:
        return Urgency.SOON
    return Urgency.TODAY if left <= timedelta(days=1) else Urgency.LATER


def pieces_problem(pieces: Mapping[OrderLineId, int]) -> bool:
    """Whether a choice of pieces makes no sense in any order: none at all, or a line with none or with far too
    many."""
    return not 1 <= len(pieces) <= LINES_IN_PARCEL_MAX or any(
        not 1 <= quantity <= PIECES_MAX for quantity in pieces.values()
    )


def may_answer(before: AddressChangeState, after: AddressChangeState) -> bool:
    """Whether a wish for another address may go from one state to the other."""
    return after in ADDRESS_CHANGE_MOVES[before]


def may_wish_again(changes: Iterable[AddressChange], *, by_shop: bool) -> bool:
    """Whether a side may ask for another address once more: not after ADDRESS_CHANGES_MAX wishes of its own,
    whatever became of them."""
    return sum(change.by_shop is by_shop for change in changes) < ADDRESS_CHANGES_MAX


def freight_stays(terms: Sequence[FreightTerms | None], before: str, after: str) -> bool:
    """Whether delivery costs the same in both provinces (codes), by every template of the goods; free goods (None)
    go everywhere. Where a template does not deliver, nothing goes."""
    for each in terms:
        if each is None or before == after:
            continue
        old, new = zone_for(each, before), zone_for(each, after)
        if old is None or new is None or _fees(old) != _fees(new):
            return False
    return True


def _fees(zone: FreightZone) -> tuple[int, int, int, int, int | None]:
    return zone.first, zone.first_fen, zone.more, zone.more_fen, zone.free_above_fen


def next_poll(shipped_at: datetime, moved_at: datetime, now: datetime) -> datetime | None:
    """When a tracking source is asked about a parcel again: an hour after it moved, ever later while it is silent,
    a day later at most; None when POLL_FOR is over."""
    if now > shipped_at + POLL_FOR:
        return None
    silent = now - max(shipped_at, moved_at)
    return now + min(max(silent // 4, timedelta(hours=1)), timedelta(days=1))
