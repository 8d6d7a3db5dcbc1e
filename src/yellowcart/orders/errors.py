"""What orders refuse."""

from yellowcart.kernel.errors import Conflict, Invalid, NotFound
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


class PaymentUnknown(NotFound):
    """No such payment, or not yours."""

    code = "payment_unknown"
    message = N_("There is no such payment.")


class WaybillUsed(Conflict):
    """The waybill stands on another order of the shop."""

    code = "waybill_used"
    message = N_("This waybill number is already used for another order.")
