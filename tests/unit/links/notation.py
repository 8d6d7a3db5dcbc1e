"""Timelines written as one writes them on a board.

A line is `day | surfaces | sources | what`. Surfaces and sources are names with spaces between them;
`*` is every surface, or every source but the platform's own. What is `allow`, `fee N` (basis points),
`channel NAME` or `refuse`.
"""

from datetime import date, datetime

from yellowcart.links.model import (
    OWN_SOURCE,
    Action,
    LinkRule,
    Notice,
    NoticeLine,
    SourceScope,
    Surface,
    Terms,
    Wording,
)
from yellowcart.links.rules import Timeline, expand, shanghai_midnight


def moment(day: str) -> datetime:
    """The beginning of a day in Shanghai."""
    return shanghai_midnight(date.fromisoformat(day))


def terms(what: str) -> Terms:
    """`fee 2000` and the like."""
    word, _, rest = what.strip().partition(" ")
    if word == "fee":
        return Terms(Action.ALLOW_WITH_FEE, fee_basis_points=int(rest))
    if word == "channel":
        return Terms(Action.REQUIRE_CHANNEL, channel=rest)
    return Terms(Action(word))


def notices(board: str) -> list[Notice]:
    """One notice for each day of the board, announced a week before."""
    by_day: dict[str, list[NoticeLine]] = {}
    for row in filter(None, map(str.strip, board.splitlines())):
        day, surfaces, sources, what = (part.strip() for part in row.split("|"))
        demanded = terms(what)
        by_day.setdefault(day, []).append(
            NoticeLine(
                surfaces=None if surfaces == "*" else tuple(Surface(name) for name in surfaces.split()),
                sources=SourceScope.THIRD_PARTY if sources == "*" else tuple(sources.split()),
                action=demanded.action,
                fee_basis_points=demanded.fee_basis_points,
                channel=demanded.channel,
            )
        )
    return [
        Notice(
            id=number,
            issuer=Wording(en="platform"),
            text=Wording(zh=f"公告 {day}"),
            reason=Wording(en="as the board says"),
            announced_at=moment(day),
            effective_at=moment(day),
            lines=tuple(lines),
        )
        for number, (day, lines) in enumerate(sorted(by_day.items()), start=1)
    ]


def timeline(board: str, sources: tuple[str, ...]) -> Timeline:
    """The board as a timeline over these sources and the platform's own."""
    enacted = notices(board)
    rules: list[LinkRule] = []
    for notice in enacted:
        rules.extend(expand(notice, (OWN_SOURCE, *sources)))
    return Timeline(rules, enacted)
