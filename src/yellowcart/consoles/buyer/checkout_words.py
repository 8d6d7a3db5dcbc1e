"""What a checkout says: how freight came about, what a return rule means, what a refusal asks the buyer to do."""

import msgspec

from yellowcart.freight.errors import DistrictMisspelt, DistrictUnknown, NotDeliveredThere
from yellowcart.freight.model import FreightBasis, FreightReckoning
from yellowcart.kernel.batching import QueueFull
from yellowcart.kernel.errors import Refusal, Unavailable
from yellowcart.kernel.kill_switches import SwitchedOff
from yellowcart.kernel.translation import N_
from yellowcart.orders.errors import (
    CartsMixed,
    CouponsOfOneFunder,
    CouponUnknown,
    HoldLimitReached,
    LimitReached,
    LinkRefused,
    ListingClosed,
    OutsideGoods,
    PriceChanged,
    SkuUnknown,
    SoldOut,
    SpecialPriceGone,
)
from yellowcart.orders.rules import HELD_PIECES_IN_ROOM_MAX
from yellowcart.promotions.errors import CouponUnusable

_COUPON_ADVICE = N_("The total was worked out again without it.")
_ADDRESS_ADVICE = N_("Choose another address; everything else stays as it is.")
_CART_ADVICE = N_("It is not part of this order. Look at what else is in the cart.")
_LATER_ADVICE = N_("Everything you entered stays here. Try again in a moment.")
ADVICE: dict[type[Refusal], str] = {
    SoldOut: N_("Take fewer pieces, or something else from this cart."),
    LimitReached: N_("Take fewer pieces."),
    HoldLimitReached: N_("Nothing was ordered. Everything you entered stays here."),
    CouponUnusable: _COUPON_ADVICE,
    CouponUnknown: _COUPON_ADVICE,
    CouponsOfOneFunder: _COUPON_ADVICE,
    DistrictUnknown: N_("Edit the address once, or choose another one."),
    NotDeliveredThere: _ADDRESS_ADVICE,
    ListingClosed: _CART_ADVICE,
    LinkRefused: _CART_ADVICE,
    OutsideGoods: _CART_ADVICE,
    SkuUnknown: _CART_ADVICE,
    CartsMixed: _CART_ADVICE,
    SwitchedOff: _LATER_ADVICE,
    QueueFull: _LATER_ADVICE,
    Unavailable: _LATER_ADVICE,
}
"""What to do after a refusal; a class stands for those derived from it."""


def _all_of(refusal: type[Refusal]) -> list[type[Refusal]]:
    return [refusal, *(each for derived in refusal.__subclasses__() for each in _all_of(derived))]


_TOLD = {
    refusal.code: refusal
    for base in (*ADVICE, PriceChanged, SpecialPriceGone)
    for refusal in _all_of(base)
    if refusal is not DistrictMisspelt
}


class FreightWords(msgspec.Struct, frozen=True):
    """How one freight template came to its fee: what the first step holds and costs, and what the further ones do.
    Pieces or grams, fen. `missing_fen` is what the goods lack to free delivery, None where there is none."""

    basis: FreightBasis
    first: int
    first_fen: int
    further: int
    further_fen: int
    free_above_fen: int | None
    is_free: bool
    missing_fen: int | None


def freight_words(reckoning: FreightReckoning) -> FreightWords:
    """A reckoning in the parts that a page shows."""
    zone = reckoning.zone
    missing = None
    if zone.free_above_fen is not None and not reckoning.is_free:
        missing = zone.free_above_fen - reckoning.goods_fen
    return FreightWords(
        basis=reckoning.basis,
        first=zone.first,
        first_fen=zone.first_fen,
        further=reckoning.steps * zone.more,
        further_fen=reckoning.steps * zone.more_fen,
        free_above_fen=zone.free_above_fen,
        is_free=reckoning.is_free or reckoning.fee_fen == 0,
        missing_fen=missing if reckoning.fee_fen else None,
    )


def told_refusal(code: str, *, limit: int | None, province: str) -> Refusal | None:
    """The refusal that the order lane answered the page's script with, by its code; None for a code that no order
    is refused by. `limit`, `province` and the pieces that may be held fill the places of the sentences that have
    them."""
    refusal = _TOLD.get(code)
    if refusal is None:
        return None
    return refusal(limit=limit or "", province=province, pieces=HELD_PIECES_IN_ROOM_MAX)


def advice_for(refusal: Refusal) -> str:
    """What to do after a refusal, as a translatable sentence; empty where its own sentence says it."""
    return next((ADVICE[each] for each in type(refusal).__mro__ if each in ADVICE), "")
