"""Shipping needs and quotes as values. Money in fen, weight in grams."""

from datetime import datetime
from enum import StrEnum
from typing import NewType

import msgspec

from yellowcart.kernel.ids import OrderId, PersonId, ShopId
from yellowcart.orders.model import DeliveryAddress

NeedId = NewType("NeedId", int)
QuoteId = NewType("QuoteId", int)


class NeedState(StrEnum):
    """How far a shipping need is."""

    OPEN = "open"
    """Carriers may quote."""
    ACCEPTED = "accepted"
    """A quote was accepted; its carrier has to name the waybill in time."""
    FULFILLED = "fulfilled"
    """The waybill is there."""
    WITHDRAWN = "withdrawn"
    """The shop took it back, or its order left by another way or ended."""
    EXPIRED = "expired"
    """Its time passed without a carrier."""


NEED_MOVES: dict[NeedState, frozenset[NeedState]] = {
    NeedState.OPEN: frozenset({NeedState.ACCEPTED, NeedState.WITHDRAWN, NeedState.EXPIRED}),
    NeedState.ACCEPTED: frozenset({NeedState.FULFILLED, NeedState.OPEN, NeedState.EXPIRED, NeedState.WITHDRAWN}),
    NeedState.FULFILLED: frozenset(),
    NeedState.WITHDRAWN: frozenset(),
    NeedState.EXPIRED: frozenset(),
}


class QuoteState(StrEnum):
    """What became of a carrier's quote."""

    OPEN = "open"
    """The shop may accept it."""
    ACCEPTED = "accepted"
    """The shop accepted it."""
    LOST = "lost"
    """Another quote was accepted, the need ended, or its goods go to another city."""
    WITHDRAWN = "withdrawn"
    """The carrier took it back."""
    EXPIRED = "expired"
    """The carrier's own time for it passed."""
    FAILED = "failed"
    """It was accepted, but the carrier named no waybill in time."""


QUOTE_MOVES: dict[QuoteState, frozenset[QuoteState]] = {
    QuoteState.OPEN: frozenset({QuoteState.ACCEPTED, QuoteState.LOST, QuoteState.WITHDRAWN, QuoteState.EXPIRED}),
    QuoteState.ACCEPTED: frozenset({QuoteState.FAILED, QuoteState.LOST}),
    QuoteState.LOST: frozenset(),
    QuoteState.WITHDRAWN: frozenset(),
    QuoteState.EXPIRED: frozenset(),
    QuoteState.FAILED: frozenset(),
}


class NewNeed(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What must go where by when. `due_at` is by when it must be picked up; `order_id` names the order that it is
    for, whose goods then count as shipped with the waybill, and who go where the order goes: then `destination` is
    left out, and passed over when it is there."""

    goods: str
    origin: DeliveryAddress
    destination: DeliveryAddress | None = None
    weight_g: int
    pieces: int
    due_at: datetime
    note: str = ""
    order_id: OrderId | None = None


class NewQuote(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a carrier asks for it. Carrier code and waybill may be named at once, or after acceptance."""

    price_fen: int
    pick_up_by: datetime
    valid_until: datetime
    carrier: str = ""
    waybill: str = ""
    note: str = ""


class Need(msgspec.Struct, frozen=True, kw_only=True):
    """A shipping need as its shop sees it."""

    shop_id: ShopId
    need_id: NeedId
    order_id: OrderId | None
    state: NeedState
    goods: str
    origin: DeliveryAddress
    destination: DeliveryAddress
    weight_g: int
    pieces: int
    due_at: datetime
    note: str
    created_at: datetime
    quotes: int = 0
    lowest_fen: int | None = None
    accepted_quote_id: QuoteId | None = None
    waybill_due_at: datetime | None = None
    carrier: str | None = None
    waybill: str | None = None
    closed_at: datetime | None = None


class Quote(msgspec.Struct, frozen=True, kw_only=True):
    """A carrier's quote as the shop sees it."""

    shop_id: ShopId
    need_id: NeedId
    quote_id: QuoteId
    person_id: PersonId
    person_name: str
    state: QuoteState
    price_fen: int
    pick_up_by: datetime
    valid_until: datetime
    carrier: str
    waybill: str
    note: str
    created_at: datetime
    changed_at: datetime


class OpenNeed(msgspec.Struct, frozen=True, kw_only=True):
    """A shipping need as carriers see it: no names, no streets, no telephone, only from which city to which."""

    shop_id: ShopId
    need_id: NeedId
    state: NeedState
    goods: str
    origin_province: str
    origin_city: str
    destination_province: str
    destination_city: str
    weight_g: int
    pieces: int
    due_at: datetime
    note: str
    created_at: datetime
    my_price_fen: int | None = None
    """What the asking carrier's own open quote says."""


class MyQuote(msgspec.Struct, frozen=True, kw_only=True):
    """A carrier's own quote with what it is about. The full addresses are there once it was accepted."""

    need: OpenNeed
    quote: Quote
    shop_name: str
    shop_name_en: str
    waybill_due_at: datetime | None
    origin: DeliveryAddress | None
    destination: DeliveryAddress | None
