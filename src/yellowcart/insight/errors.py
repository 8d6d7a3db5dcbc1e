"""What insight refuses."""

from yellowcart.kernel.errors import Invalid, NotFound
from yellowcart.kernel.translation import N_


class MetricUnknown(NotFound):
    """There is no number of that name."""

    code = "metric_unknown"
    message = N_("There is no metric of this name. GET /api/v1/metrics lists them.")


class WindowWrong(Invalid):
    """The period asked for cannot be answered."""

    code = "window_wrong"
    message = N_("A window begins before it ends, spans at most 366 days, and its times carry their zone.")


class SimulationWindowWrong(Invalid):
    """The days asked for cannot be simulated over."""

    code = "simulation_window_wrong"
    message = N_("Choose 1 to 92 days of the past. The first day is included, the day after the last is the end.")


class NoticeUnknown(NotFound):
    """Neither a notice nor a draft is called so."""

    code = "notice_unknown"
    message = N_("No notice and no draft has this code.")


class SourceOfNoticeUnknown(Invalid):
    """A line of the notice names a source that the platform does not know."""

    code = "source_of_notice_unknown"
    message = N_("The notice names a source that this platform does not know. Correct the draft first.")
