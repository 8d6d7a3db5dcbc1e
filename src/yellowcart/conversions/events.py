"""What is told of outside orders, for the outbox."""

from yellowcart.conversions.model import ConversionState, Network
from yellowcart.kernel.events import Event
from yellowcart.kernel.ids import CreatorId, ReportId


class ConversionReported(Event, frozen=True, kw_only=True, tag="conversion.reported"):
    """A network reported an order line that was not known."""

    network: Network
    order_line_id: str
    report_id: ReportId
    state: ConversionState
    creator_id: CreatorId | None


class ConversionChanged(Event, frozen=True, kw_only=True, tag="conversion.changed"):
    """A later report changed what is known of an order line; the revision tells what it said."""

    network: Network
    order_line_id: str
    report_id: ReportId
    state: ConversionState
    creator_id: CreatorId | None
    revision: int
