"""Decisions about shipping needs and quotes. Pure. Money in fen, weight in grams."""

from datetime import datetime, timedelta

from yellowcart.kernel.translation import N_
from yellowcart.orders.model import DeliveryAddress
from yellowcart.parcels.needs.errors import NeedMoved, QuoteMoved
from yellowcart.parcels.needs.model import NEED_MOVES, QUOTE_MOVES, NeedState, NewNeed, NewQuote, QuoteState

GOODS_LENGTH_MAX = 100
NOTE_LENGTH_MAX = 200
WEIGHT_G_MAX = 50_000_000
"""50 tons: more than one lorry carries."""
PIECES_MAX = 9_999
PRICE_FEN_MAX = 10_000_000
DUE_AFTER_MIN = timedelta(minutes=30)
DUE_WITHIN = timedelta(days=30)
WAYBILL_WITHIN = timedelta(hours=12)
"""A carrier whose quote was accepted names the waybill in this time (our choice); else the need is open again."""
NEEDS_OPEN_MAX = 100
"""Open needs of one shop."""
QUOTES_OPEN_MAX = 50
"""Open quotes on one need."""

Problems = dict[str, str | tuple[str, dict[str, object]]]


def require_need_move(before: NeedState, after: NeedState) -> None:
    """Raises NeedMoved when a need may not go from one state to the other."""
    if after not in NEED_MOVES[before]:
        raise NeedMoved


def require_quote_move(before: QuoteState, after: QuoteState) -> None:
    """Raises QuoteMoved when a quote may not go from one state to the other."""
    if after not in QUOTE_MOVES[before]:
        raise QuoteMoved


def is_same_route(before: DeliveryAddress, after: DeliveryAddress) -> bool:
    """Whether goods that go to another address go the way that carriers quoted on: they saw its city."""
    return (before.province, before.city) == (after.province, after.city)


def need_problems(need: NewNeed, now: datetime) -> Problems:
    """What is wrong with a need, by field; the addresses were checked where they were read."""
    problems: Problems = {}
    if not 1 <= len(need.goods) <= GOODS_LENGTH_MAX or not need.goods.isprintable():
        problems["goods"] = (N_("Say in 1 to %(most)s characters what is sent."), {"most": GOODS_LENGTH_MAX})
    if len(need.note) > NOTE_LENGTH_MAX or "\0" in need.note:
        problems["note"] = (N_("Please write at most %(most)s characters."), {"most": NOTE_LENGTH_MAX})
    if need.destination is None and need.order_id is None:
        problems["destination"] = N_("Say where the goods go.")
    if not 1 <= need.weight_g <= WEIGHT_G_MAX:
        problems["weight"] = (N_("Write the weight in kilograms, from 0.001 to %(most)s."), {"most": 50_000})
    if not 1 <= need.pieces <= PIECES_MAX:
        problems["pieces"] = (N_("Write whole pieces from 1 to %(most)s."), {"most": PIECES_MAX})
    if need.due_at.tzinfo is None or not now + DUE_AFTER_MIN <= need.due_at <= now + DUE_WITHIN:
        problems["due"] = N_("Choose a time from half an hour to 30 days from now.")
    return problems


def quote_problems(quote: NewQuote, due_at: datetime, now: datetime) -> Problems:
    """What is wrong with a quote on a need that must be picked up by `due_at`, by field; carrier and waybill are
    checked where they are read."""
    problems: Problems = {}
    if not 1 <= quote.price_fen <= PRICE_FEN_MAX:
        problems["price"] = (N_("Write a price from 0.01 to %(most)s yuan."), {"most": PRICE_FEN_MAX // 100})
    if quote.pick_up_by.tzinfo is None or not now < quote.pick_up_by <= due_at:
        problems["pick_up_by"] = N_("Pick-up must be between now and the time that the shop asks for.")
    if quote.valid_until.tzinfo is None or not now < quote.valid_until <= due_at:
        problems["valid_until"] = N_("The quote must be valid for a while, at most until the shop's time.")
    if len(quote.note) > NOTE_LENGTH_MAX or "\0" in quote.note:
        problems["note"] = (N_("Please write at most %(most)s characters."), {"most": NOTE_LENGTH_MAX})
    if quote.waybill and not quote.carrier:
        problems["carrier"] = N_("Choose a carrier from the list.")
    return problems


def waybill_due(accepted_at: datetime) -> datetime:
    """By when the carrier of an accepted quote names the waybill."""
    return accepted_at + WAYBILL_WITHIN
