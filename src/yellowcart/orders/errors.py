"""What orders refuse."""

from yellowcart.kernel.errors import Conflict, Denied, Invalid, NotFound
from yellowcart.kernel.translation import N_


class SoldOut(Conflict):
    """Fewer pieces are left than were asked for."""

    code = "sold_out"
    message = N_("Sold out: fewer pieces are left than you asked for.")


class LimitReached(Conflict):
    """The listing's limit per buyer is reached."""

    code = "limit_reached"
    message = N_("The limit for each buyer is %(limit)s pieces here, and you have reached it.")


class ListingClosed(Conflict):
    """The listing is not in a cart, its room is not on air, or its product is not for sale."""

    code = "listing_closed"
    message = N_("This product has left the cart.")


class LinkRefused(Conflict):
    """A link rule refuses the goods of this source on this surface."""

    code = "link_refused"
    message = N_("The link rules do not admit this product here any more.")


class PriceChanged(Conflict):
    """The price is another one than the buyer saw; nothing was ordered."""

    code = "price_changed"
    message = N_("The price has changed. Please look at the new price and order again.")


class SpecialPriceGone(Conflict):
    """Fewer pieces are left at the special price than were asked for; nothing was ordered."""

    code = "special_price_gone"
    message = N_("The pieces at this price are gone. Please look at the usual price and order again.")


class HoldLimitReached(Conflict):
    """The buyer holds as much without paying as one buyer may."""

    code = "hold_limit_reached"
    message = N_(
        "Nobody holds more than a few unpaid orders, or %(pieces)s pieces, here. Pay or cancel an order first, "
        "or order fewer pieces."
    )


class CartsMixed(Invalid):
    """An order is of one shop, out of one cart."""

    code = "carts_mixed"
    message = N_("Goods of several shops or carts cannot stand in one order. Please order them separately.")


class CouponsOfOneFunder(Invalid):
    """Two coupons that one side pays for."""

    code = "coupons_of_one_funder"
    message = N_("Only one coupon of the shop, one of the platform and one of the creator fit on an order.")


class CouponUnknown(NotFound):
    """No such coupon, or not yours."""

    code = "coupon_unknown"
    message = N_("There is no such coupon.")


class SkuUnknown(Invalid):
    """The product has no such SKU (any more)."""

    code = "sku_unknown"
    message = N_("This variant is no longer offered. Please choose another one.")


class OutsideGoods(Conflict):
    """An outside listing cannot be ordered here."""

    code = "outside_goods"
    message = N_("This product is sold by another platform; it cannot be ordered here.")


class OrderMoved(Conflict):
    """The order is in a state in which this is not possible."""

    code = "order_moved"
    message = N_("The order has moved on; this is no longer possible.")


class OrderUnknown(NotFound):
    """No such order, or not yours."""

    code = "order_unknown"
    message = N_("There is no such order.")


class PiecesGone(Conflict):
    """More pieces than still have to leave, or of a line that is not the order's."""

    code = "pieces_gone"
    message = N_("So many pieces of this line are not waiting to be shipped. Look at the order again.")


class OrderStopped(Conflict):
    """A stop stands on the order: a risk, or a refund under way."""

    code = "order_stopped"
    message = N_("This order is stopped: do not ship it until the platform or the after-sale lets it go on.")


class OperatorIsParty(Denied):
    """The operator bought it, or works for the shop."""

    code = "order_operator_is_party"
    message = N_("You are a party in this order; another operator has to decide on it.")


class RefundTooHigh(Conflict):
    """More would go back than was paid for the line."""

    code = "refund_too_high"
    message = N_("More than the buyer paid for this cannot be given back.")


class AddressUnknown(NotFound):
    """No such address in the book, or not yours."""

    code = "address_unknown"
    message = N_("There is no such address in your address book.")


class AddressesTooMany(Conflict):
    """An address book has only so many addresses."""

    code = "addresses_too_many"
    message = N_("Your address book has %(most)s addresses, which is the most. Remove one first.")
