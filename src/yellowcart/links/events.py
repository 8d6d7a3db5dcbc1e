"""What happens to notices, for the outbox."""

from datetime import datetime

from yellowcart.kernel.events import Event
from yellowcart.kernel.ids import NoticeId


class NoticePublished(Event, frozen=True, kw_only=True, tag="notice.published"):
    """A notice was published; its rules stand on the timeline."""

    notice_id: NoticeId
    code: str
    effective_at: datetime
    replaces_notice_id: NoticeId | None = None


class NoticeWithdrawn(Event, frozen=True, kw_only=True, tag="notice.withdrawn"):
    """A notice was taken back before it took effect; its rules left the timeline. `replaced` tells that an amended
    notice took its place in the same moment."""

    notice_id: NoticeId
    code: str
    replaced: bool
