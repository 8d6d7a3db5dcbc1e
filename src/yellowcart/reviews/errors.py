"""What reviews refuse."""

from yellowcart.kernel.errors import Conflict, Denied, NotFound, TooMany
from yellowcart.kernel.translation import N_


class ReviewUnknown(NotFound):
    """No such review, or it is not yours, or nobody may see it."""

    code = "review_unknown"
    message = N_("There is no such review.")


class OrderNotReceived(Conflict):
    """Only what has come can be rated."""

    code = "order_not_received"
    message = N_("You can write a review once you have confirmed that the goods have come.")


class LineRefunded(Conflict):
    """Everything that was paid for the line went back."""

    code = "line_refunded"
    message = N_("This product was wholly refunded; it cannot be reviewed.")


class ReviewExists(Conflict):
    """An order line is reviewed once."""

    code = "review_exists"
    message = N_("You have reviewed this product already. You can change the review or append to it.")


class ReviewFinal(Conflict):
    """The day in which a text may be changed is over."""

    code = "review_final"
    message = N_("This can be changed for one day after it was written; that time is over.")


class ReviewClosed(Conflict):
    """A moderator has hidden it: it is neither changed nor added to, but its author may appeal."""

    code = "review_closed"
    message = N_("This review was hidden and can no longer be changed.")


class AppendExists(Conflict):
    """A review is appended to once."""

    code = "append_exists"
    message = N_("You have appended to this review already.")


class AppendTooLate(Conflict):
    """The time in which a review may be appended to is over."""

    code = "append_too_late"
    message = N_("A review can be appended to for 180 days; that time is over.")


class NotToAnswer(Conflict):
    """A shop answers what readers see."""

    code = "not_to_answer"
    message = N_("This review is not shown to readers at the moment; it cannot be answered.")


class OwnReview(Conflict):
    """Nobody reports themselves."""

    code = "own_review"
    message = N_("This is your own review; you can change it instead.")


class ReportsTooMany(TooMany):
    """More reports in one day than one person reads carefully."""

    code = "reports_too_many"
    message = N_("You have reported many reviews today. Please go on tomorrow.")
    retry_after_s = 3_600


class AppealedAlready(Conflict):
    """There is one appeal for each part of a review."""

    code = "appealed_already"
    message = N_("You have asked for a second look already; its result stands.")


class ModerationMoved(Conflict):
    """Somebody else has decided meanwhile, or there is nothing to decide."""

    code = "moderation_moved"
    message = N_("This review has been decided meanwhile. Reload the page to see how.")


class ModeratorInvolved(Denied):
    """Who wrote a review or works for its shop does not decide about it."""

    code = "moderator_involved"
    message = N_("You wrote this review or work for its shop. Somebody else has to decide.")
