"""What shipping needs refuse."""

from yellowcart.kernel.errors import Conflict, NotFound, TooMany
from yellowcart.kernel.translation import N_


class NeedUnknown(NotFound):
    """No such shipping need, or not yours to see."""

    code = "shipping_need_unknown"
    message = N_("There is no such shipping need.")


class QuoteUnknown(NotFound):
    """No such quote, or not yours."""

    code = "shipping_quote_unknown"
    message = N_("There is no such quote.")


class NeedMoved(Conflict):
    """The need is no longer open, or waits for nobody's waybill."""

    code = "shipping_need_moved"
    message = N_("This shipping need has moved on; this is no longer possible.")


class QuoteMoved(Conflict):
    """The quote was changed, taken back, or its time is over."""

    code = "shipping_quote_moved"
    message = N_("This quote has changed or is no longer valid. Look at it again.")


class NeedExists(Conflict):
    """There is a shipping need for this order already."""

    code = "shipping_need_exists"
    message = N_("There is already an open shipping need for this order.")


class OwnNeed(Conflict):
    """Nobody quotes on what their own shop needs."""

    code = "own_shipping_need"
    message = N_("You cannot quote on a need of your own shop.")


class NeedsTooMany(TooMany):
    """The shop has as many open needs as it may have."""

    code = "shipping_needs_too_many"
    message = N_("A shop can have %(most)s open shipping needs at once.")
    retry_after_s = 3_600


class QuotesTooMany(TooMany):
    """The need has as many quotes as it may have."""

    code = "shipping_quotes_too_many"
    message = N_("This need has %(most)s quotes already.")
    retry_after_s = 3_600
