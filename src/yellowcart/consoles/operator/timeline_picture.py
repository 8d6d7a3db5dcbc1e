"""The timeline of link rules as a picture: what stands in which row, and where its ticks are. No I/O."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec

from yellowcart.kernel.clock import SHANGHAI
from yellowcart.kernel.translation import Locale
from yellowcart.links.model import Action, Surface, Verdict
from yellowcart.links.queries import PublishedNotice, Source
from yellowcart.links.rules import Timeline, verdict
from yellowcart.links.wording import verdict_text

PAST = timedelta(days=210)
"""How much of the past the picture shows before the moment asked for."""
COMING = timedelta(days=60)
"""How much it shows after the last rule, or after the moment."""
TICKS_MAX = 14


class Span(msgspec.Struct, frozen=True):
    """One rule while it is in force."""

    action: Action
    begins: datetime
    ends: datetime | None
    title: str
    href: str


class Row(msgspec.Struct, frozen=True):
    """One source on one surface."""

    label: str
    spans: list[Span]


class Cell(msgspec.Struct, frozen=True):
    """One verdict of the matrix, in words."""

    verdict: Verdict
    text: str
    notice_code: str


def bounds(timeline: Timeline, now: datetime, at: datetime, *, whole: bool) -> tuple[datetime, datetime]:
    """From when to when the picture goes: around the moments of interest, or over everything."""
    effects = [rule.effective_at for rule in timeline.rules]
    ends = max([now, at, *effects]) + COMING
    begins = min(now, at) - PAST
    if whole and effects:
        begins = min(begins, *effects) - timedelta(days=20)
    return begins, ends


def rows(
    timeline: Timeline,
    surface: Surface,
    sources: Sequence[Source],
    codes: dict[int, str],
    locale: Locale,
) -> list[Row]:
    """The rows of one surface, in the order of the sources; a source that no rule speaks of has no spans."""
    made = []
    for source in sources:
        rules = timeline.of_pair(surface, source.source)
        spans = [
            Span(
                action=rule.action,
                begins=rule.effective_at,
                ends=after.effective_at if after else None,
                title=verdict_text(verdict(timeline, surface, source.source, rule.effective_at), locale),
                href=f"/operator/notices/{codes.get(rule.notice_id, '')}",
            )
            for rule, after in zip(rules, [*rules[1:], None][: len(rules)], strict=True)
        ]
        name = source.name_en if locale is Locale.ENGLISH else source.name_zh
        made.append(Row(label=name, spans=spans))
    return made


def ticks(begins: datetime, ends: datetime) -> list[tuple[datetime, str]]:
    """First days of months, or of every so many months, so that at most TICKS_MAX stand on the axis."""
    first = begins.astimezone(SHANGHAI)
    months = (ends.year - first.year) * 12 + ends.month - first.month + 1
    step = next((each for each in (1, 2, 3, 6, 12) if months <= each * TICKS_MAX), 24)
    found: list[tuple[datetime, str]] = []
    year, month = first.year, first.month
    while True:
        month += 1
        year, month = year + (month - 1) // 12, (month - 1) % 12 + 1
        moment = datetime(year, month, 1, tzinfo=SHANGHAI)
        if moment >= ends:
            return found
        if (month - 1) % step == 0 and (step <= 12 or year % 2 == 0):
            found.append((moment, f"{year}-{month:02d}"))


def matrix(
    timeline: Timeline, sources: Sequence[Source], at: datetime, codes: dict[int, str], locale: Locale
) -> list[tuple[Source, list[Cell]]]:
    """Every source with its verdict on every surface at one moment."""
    found = []
    for source in sources:
        cells = []
        for surface in Surface:
            answer = verdict(timeline, surface, source.source, at)
            code = codes.get(answer.rule.notice_id, "") if answer.rule else ""
            cells.append(Cell(answer, verdict_text(answer, locale), code))
        found.append((source, cells))
    return found


def codes_of(notices: Sequence[PublishedNotice]) -> dict[int, str]:
    """The codes of notices by their ids: a notice's address is its code."""
    return {published.notice.id: published.code for published in notices}
