"""What the reports of outside networks refuse."""

from yellowcart.kernel.errors import Invalid
from yellowcart.kernel.translation import N_


class ReportFormUnknown(Invalid):
    """Neither the headings nor the fields are those of a report that can be read."""

    code = "report_form_unknown"
    message = N_(
        "This is no order report of a known network. It looks most like %(form)s, but these columns are missing:"
        " %(columns)s."
    )


class ReportFormUnclear(Invalid):
    """The headings would fit reports of more than one network."""

    code = "report_form_unclear"
    message = N_("The headings of this file do not tell its network. Choose the network and send it again.")


class ReportOfOtherNetwork(Invalid):
    """The report is another network's than the one named."""

    code = "report_of_other_network"
    message = N_("This looks like %(form)s, not like a report of the network that was chosen.")


class ReportHoldsNothing(Invalid):
    """There is no order in the report."""

    code = "report_holds_nothing"
    message = N_("There is no order in this report.")


class ReportIsAnError(Invalid):
    """What was sent is the network's answer to a call that failed."""

    code = "report_is_an_error"
    message = N_("This is not a report but an error that the network answered: %(reason)s")


class ReportUnreadable(Invalid):
    """The JSON cannot be read."""

    code = "report_unreadable"
    message = N_("This is no JSON that can be read: %(reason)s")


class ReportTooLarge(Invalid):
    """JSON is read as a whole, so it has a limit of its own."""

    code = "report_too_large"
    message = N_("A JSON report has at most %(most)s MB. Fetch fewer orders at a time.")


class LinesTooMany(Invalid):
    """One call carries only so many lines."""

    code = "lines_too_many"
    message = N_("One call carries at most %(most)s lines. Send the others in further calls.")


class LineOfOtherNetwork(Invalid):
    """A line names another network than the address."""

    code = "line_of_other_network"
    message = N_("Line %(row)s names another network than the address.")
