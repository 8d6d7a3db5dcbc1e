"""What link rules must answer, written down by hand: a base, and what changed from which moment on."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from yellowcart.links.model import Verdict

SHANGHAI = ZoneInfo("Asia/Shanghai")
SURFACES = ("live_cart", "video_cart", "product_page", "profile_page", "shop_page")
TIMES_OF_DAY = (time(0, 0), time(12, 0), time(23, 59, 59, 999_999))

ALLOW, REFUSE = "allow", "refuse"


@dataclass(frozen=True)
class Step:
    """From midnight of a day on, this is the answer for these surfaces and sources."""

    day: date
    surfaces: Collection[str]
    sources: Collection[str]
    answer: str


@dataclass(frozen=True)
class Expected:
    """Everything is allowed everywhere, until a step says otherwise."""

    sources: Collection[str]
    steps: Collection[Step]

    def answer(self, surface: str, source: str, at: datetime) -> str:
        """The answer at a moment: that of the last step that has come."""
        found = ALLOW
        for step in sorted(self.steps, key=lambda each: each.day):
            if midnight(step.day) <= at and surface in step.surfaces and source in step.sources:
                found = step.answer
        return found

    def pairs(self) -> Iterator[tuple[str, str]]:
        """Every surface with every source."""
        for surface in SURFACES:
            for source in self.sources:
                yield surface, source


def midnight(day: date) -> datetime:
    """00:00 of a day in Shanghai."""
    return datetime.combine(day, time(0, 0), tzinfo=SHANGHAI)


def days(first: date, last: date) -> list[date]:
    """Every day from the first to the last, both included."""
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]


def moments(first: date, last: date) -> Iterator[datetime]:
    """Three moments of every day."""
    for day in days(first, last):
        for at in TIMES_OF_DAY:
            yield datetime.combine(day, at, tzinfo=SHANGHAI)


def told(judged: Verdict) -> str:
    """A verdict in the words of the tables: the action, with its fee in basis points or its channel."""
    terms = judged.fee_basis_points or judged.channel
    return judged.action.value if terms is None else f"{judged.action.value} {terms}"
