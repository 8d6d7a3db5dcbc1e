"""The only source of now.

The platform's time is the system's plus an offset that is zero in production. The demo world and tests set
it: a table holds which platform moment belongs to which system moment, every process follows it, and it can
only be moved forward, because what was stamped must stay in the past.
"""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")


class Clock:
    """The platform clock of one process."""

    def __init__(self) -> None:
        self._offset = timedelta()
        self._frozen: datetime | None = None

    def now(self) -> datetime:
        """The platform's now, aware, in UTC."""
        return self._frozen or datetime.now(UTC) + self._offset

    def set_offset(self, offset: timedelta) -> None:
        """Let the platform's time run `offset` beside the system's."""
        self._offset = offset
        self._frozen = None

    def freeze(self, moment: datetime) -> None:
        """Stand still at `moment` (aware). For tests and for writing a world's history."""
        if moment.tzinfo is None:
            raise ValueError("moments are aware")
        self._frozen = moment.astimezone(UTC)

    @property
    def offset(self) -> timedelta:
        """How far the platform's time is ahead of the system's."""
        return self._offset


_clock = Clock()


def now() -> datetime:
    """The platform's now, aware, in UTC."""
    return _clock.now()


def process_clock() -> Clock:
    """The clock of this process, to be set by whoever follows the clock table, or by a test."""
    return _clock


def system_now() -> datetime:
    """The machine's own now, aware, in UTC: for leases and anchors, never for the business."""
    return datetime.now(UTC)
