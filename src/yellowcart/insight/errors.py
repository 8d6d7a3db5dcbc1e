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
