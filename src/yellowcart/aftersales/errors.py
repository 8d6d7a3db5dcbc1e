"""What after-sales refuse."""

from yellowcart.kernel.errors import Conflict, Denied, Invalid, NotFound, TooMany
from yellowcart.kernel.translation import N_


class AftersaleUnknown(NotFound):
    """No such case, or not yours."""

    code = "aftersale_unknown"
    message = N_("There is no such after-sale.")


class LineUnknown(NotFound):
    """The order has no such line."""

    code = "line_unknown"
    message = N_("The order has no such line.")


class ActionImpossible(Conflict):
    """The case is in a state in which this cannot be done, or not by this side."""

    code = "aftersale_moved"
    message = N_("The after-sale has moved on; this is not possible now.")


class CaseChanged(Conflict):
    """Somebody else acted on the case since it was read."""

    code = "aftersale_changed"
    message = N_("The other side has acted meanwhile. Look at the after-sale again and decide anew.")


class NothingPaid(Conflict):
    """The order is not paid, or it has ended without a sale."""

    code = "aftersale_nothing_paid"
    message = N_("Nothing was paid for this order, or it is closed: there is nothing to ask for.")


class ShippedMeanwhile(Conflict):
    """The pieces have left."""

    code = "aftersale_shipped"
    message = N_("This has been shipped meanwhile. You can ask for a refund only, or send it back when it comes.")


class NotShippedYet(Conflict):
    """The pieces have not left."""

    code = "aftersale_not_shipped"
    message = N_("This has not been shipped yet. Ask for a refund before shipment: it is granted at once.")


class QuantityImpossible(Invalid):
    """Not a number of pieces that can be asked for."""

    code = "aftersale_quantity"
    message = N_("Choose from 1 to %(most)s pieces.")


class PiecesTaken(Conflict):
    """Every piece is in another case, or is done with."""

    code = "aftersale_pieces_taken"
    message = N_("All pieces are in another after-sale already, or were refunded.")


class AmountImpossible(Invalid):
    """Less than a fen, or more than the pieces are worth. `most_fen` is the most, in fen."""

    code = "aftersale_amount"
    message = N_("Ask for at least 0.01 and at most %(most)s yuan.")


class ReasonUnfit(Invalid):
    """The reason does not go with what is asked for."""

    code = "aftersale_reason"
    message = N_("Choose a reason that goes with what you ask for.")


class NoReasonExcluded(Conflict):
    """The law excludes such goods from returns without a reason."""

    code = "aftersale_no_reason_excluded"
    message = N_("These goods cannot be returned without a reason. If something is wrong with them, say what.")


class WindowOver(Conflict):
    """The time in which it could be asked is over."""

    code = "aftersale_window_over"
    message = N_("The time for this is over since %(until)s.")


class PriceNotLower(Conflict):
    """The price is not lower than what was paid, or than what was compensated."""

    code = "aftersale_price_not_lower"
    message = N_("The price now is not lower than what you paid.")


class OtherCaseOpen(Conflict):
    """Another case about this line has to end first."""

    code = "aftersale_other_open"
    message = N_("Another after-sale about this is open. It has to end first.")


class CasesTooMany(TooMany):
    """The line had too many cases."""

    code = "aftersale_cases_too_many"
    message = N_("There were %(most)s after-sales about this already. Please write to the platform.")


class StepsTooMany(TooMany):
    """A side took as many turns of this kind in the case as there may be."""

    code = "aftersale_steps_too_many"
    message = N_("You can do this no more often in this after-sale. What brings it to an end is still possible.")


class RightfulReturn(Conflict):
    """The buyer has the right to return without a reason."""

    code = "aftersale_rightful_return"
    message = N_(
        "The buyer has the right to return this without a reason within seven days: it cannot be refused."
    )


class OfferUnfit(Conflict):
    """The shop cannot propose this kind in this case."""

    code = "aftersale_offer_unfit"
    message = N_("This cannot be offered in this after-sale.")


class ReplacementSoldOut(Conflict):
    """Nothing is left on the shelf to be sent."""

    code = "aftersale_replacement_sold_out"
    message = N_("Too few pieces are in stock to replace it. Refill the stock, or give the money back.")


class ArbiterIsParty(Denied):
    """The operator bought it, or works for the shop."""

    code = "aftersale_arbiter_is_party"
    message = N_("You are a party in this after-sale; another operator has to decide it.")


class CaseClaimed(Conflict):
    """Another operator took the case to decide it."""

    code = "aftersale_claimed"
    message = N_("%(name)s has taken this after-sale to decide it, until %(until)s.")


class DeadlineOutOfRange(Invalid):
    """Too short or too long."""

    code = "aftersale_deadline_range"
    message = N_("Choose from %(hours)s hour to %(days)s days.")
