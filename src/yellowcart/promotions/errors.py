"""What promotions refuse.

Refusal
├── CouponUnusable     a claimed coupon does not fit an order; its classes say why
├── CouponUnclaimable  a coupon is not given out; its classes say why
└── …                  making and changing coupons and special prices
"""

from yellowcart.kernel.errors import Conflict, TooMany
from yellowcart.kernel.translation import N_


class CouponUnusable(Conflict):
    """A coupon does not fit an order."""

    code = "coupon_unusable"
    message = N_("This coupon cannot be used on this order.")


class CouponNotYetUsable(CouponUnusable):
    """Its use window has not begun."""

    code = "coupon_not_yet_usable"
    message = N_("This coupon cannot be used yet.")


class CouponExpired(CouponUnusable):
    """Its use window is over."""

    code = "coupon_expired"
    message = N_("This coupon has expired.")


class CouponOfAnotherShop(CouponUnusable):
    """It is another shop's."""

    code = "coupon_of_another_shop"
    message = N_("This coupon is for another shop.")


class CouponOfAnotherCreator(CouponUnusable):
    """It is for the rooms and videos of another creator."""

    code = "coupon_of_another_creator"
    message = N_("This coupon is only for the live rooms and videos of the creator who gave it.")


class CouponOfAnotherRoom(CouponUnusable):
    """It is for one live room, and the order is placed elsewhere."""

    code = "coupon_of_another_room"
    message = N_("This coupon can only be used in the live room that it was made for.")


class CouponNotForTheseGoods(CouponUnusable):
    """None of the goods are in its scope."""

    code = "coupon_not_for_these_goods"
    message = N_("This coupon is not for these goods.")


class CouponThresholdMissed(CouponUnusable):
    """The goods in its scope come to less than its threshold."""

    code = "coupon_threshold_missed"
    message = N_("The goods that this coupon is for do not reach its minimum.")


class CouponTakesNothing(CouponUnusable):
    """It would be used up for nothing: its share rounds to no fen, or other coupons have left nothing to take."""

    code = "coupon_takes_nothing"
    message = N_("This coupon takes nothing off this order. Keep it for another one.")


class CouponUsed(CouponUnusable):
    """It stands on another order."""

    code = "coupon_used"
    message = N_("This coupon has been used already.")


class CouponUnclaimable(Conflict):
    """A coupon is not given out."""

    code = "coupon_unclaimable"
    message = N_("This coupon cannot be claimed.")


class CouponGone(CouponUnclaimable):
    """All are claimed."""

    code = "coupon_gone"
    message = N_("All of these coupons are claimed.")


class CouponLimitReached(CouponUnclaimable):
    """The buyer has as many as one buyer may claim."""

    code = "coupon_limit_reached"
    message = N_("You have claimed as many of this coupon as one buyer can.")


class CouponNotYet(CouponUnclaimable):
    """Its claim window has not begun."""

    code = "coupon_not_yet"
    message = N_("This coupon cannot be claimed yet.")


class CouponOver(CouponUnclaimable):
    """Its claim window is over, or its room is."""

    code = "coupon_over"
    message = N_("It is too late to claim this coupon.")


class CouponNotInThisRoom(CouponUnclaimable):
    """It is given out in another live room."""

    code = "coupon_not_in_this_room"
    message = N_("This coupon is given out in another live room only.")


class CouponStopped(CouponUnclaimable):
    """Its maker has stopped it."""

    code = "coupon_stopped"
    message = N_("This coupon is no longer given out.")


class CouponMoveImpossible(Conflict):
    """The coupon's state does not allow this step."""

    code = "coupon_move_impossible"
    message = N_("This coupon was stopped for good.")


class CouponsTooMany(Conflict):
    """Who makes coupons has only so many running at a time."""

    code = "coupons_too_many"
    message = N_("You have %(most)s coupons that are not over. Stop some first.")


class DropTooSoon(TooMany):
    """The same coupon popped up in this room a moment ago."""

    code = "drop_too_soon"
    message = N_("This coupon popped up a moment ago. Wait a few seconds before you drop it again.")
    retry_after_s = 10


class CouponNotOffered(Conflict):
    """Nobody in the room could claim the coupon now."""

    code = "coupon_not_offered"
    message = N_("Nobody in this room could claim this coupon now.")


class SpecialPriceExists(Conflict):
    """A SKU of a listing has one special price at a time."""

    code = "special_price_exists"
    message = N_("This SKU has a special price in this cart already. End that one first.")


class SpecialPriceOver(Conflict):
    """It has ended."""

    code = "special_price_over"
    message = N_("This special price has ended already.")


class SpecialPricePlaceClosed(Conflict):
    """The listing has left its cart, or its room is over."""

    code = "special_price_place_closed"
    message = N_("This product has left the cart, so it cannot be given a special price there.")
