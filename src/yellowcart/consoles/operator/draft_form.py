"""The notice editor's form: between its flat fields and the content of a draft.

A line of the notice is a row of fields (`lines.0.action`, `lines.0.surface.live_cart`, `lines.0.source.youzan`).
Moments are written and read in Asia/Shanghai; a day alone is its midnight.
"""

import re
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta

import msgspec

from yellowcart.consoles.operator.navigation import moment_of, written_moment
from yellowcart.kernel.clock import SHANGHAI
from yellowcart.kernel.errors import InvalidFields
from yellowcart.kernel.money import RateUnreadable, parse_percent, write_percent
from yellowcart.links.draft_rules import FEE_RANGE, LINES_MAX, NOT_A_MOMENT, Problem, line_problems
from yellowcart.links.drafts import Bilingual, DraftContent
from yellowcart.links.model import Action, Grace, NoticeLine, SourceScope, Surface
from yellowcart.links.rules import shanghai_midnight

TEXTS = ("issuer", "title", "text", "reason")
NAMED = "named"
"""The line speaks of what is ticked, not of a group."""
EVERYWHERE = "every"
FIRST_EFFECT = timedelta(days=8)
"""A new draft begins with the midnight that leaves a week's notice, as the field does (domain.md §0)."""

_LINE_FIELD = re.compile(r"lines\.(\d{1,3})\.([a-z_]+)(?:\.(.{1,60}))?")
_WHOLE_NUMBER = re.compile(r"\d{1,9}")


class LineRow(msgspec.Struct, frozen=True, kw_only=True):
    """A line of the editor as texts and ticks, numbered as its fields are."""

    number: int
    action: str = Action.REFUSE.value
    where: str = NAMED
    surfaces: frozenset[str] = frozenset()
    scope: str = NAMED
    sources: frozenset[str] = frozenset()
    fee: str = ""
    channel: str = ""
    effective_at: str = ""


def rows_of_form(values: Mapping[str, str]) -> list[LineRow]:
    """The lines that a form sent, numbered anew from 0."""
    texts: dict[int, dict[str, str]] = {}
    ticks: dict[int, dict[str, set[str]]] = {}
    for name, value in values.items():
        match = _LINE_FIELD.fullmatch(name)
        if match is None:
            continue
        number, field, key = int(match[1]), match[2], match[3]
        texts.setdefault(number, {})
        if key is not None and field in {"surface", "source"} and value:
            ticks.setdefault(number, {}).setdefault(field, set()).add(key)
        elif key is None and field in {"action", "where", "scope", "fee", "channel", "effective_at"}:
            texts[number][field] = value
    return [
        LineRow(
            number=place,
            surfaces=frozenset(ticks.get(number, {}).get("surface", ())),
            sources=frozenset(ticks.get(number, {}).get("source", ())),
            **texts[number],
        )
        for place, number in enumerate(sorted(texts))
    ]


def rows_of_content(content: DraftContent) -> list[LineRow]:
    """The lines of a draft as it is saved."""
    return [
        LineRow(
            number=number,
            action=line.action.value,
            where=EVERYWHERE if line.surfaces is None else NAMED,
            surfaces=frozenset(surface.value for surface in line.surfaces or ()),
            scope=line.sources.value if isinstance(line.sources, SourceScope) else NAMED,
            sources=frozenset() if isinstance(line.sources, SourceScope) else frozenset(line.sources),
            fee="" if line.fee_basis_points is None else write_percent(line.fee_basis_points),
            channel=line.channel or "",
            effective_at="" if line.effective_at is None else written_moment(line.effective_at),
        )
        for number, line in enumerate(content.lines)
    ]


def without_row(rows: list[LineRow], number: int) -> list[LineRow]:
    """The lines without one of them."""
    kept = [row for row in rows if row.number != number]
    return [msgspec.structs.replace(row, number=place) for place, row in enumerate(kept)]


def with_row(rows: list[LineRow]) -> list[LineRow]:
    """The lines and an empty one, as long as there is room."""
    return rows if len(rows) >= LINES_MAX else [*rows, LineRow(number=len(rows))]


def values_of_content(content: DraftContent) -> dict[str, str]:
    """The other fields of the editor, as the draft is saved."""
    values = {
        "code": content.code,
        "grace": content.grace.value,
        "effective_at": written_moment(content.effective_at),
    }
    values["announced_at"] = "" if content.announced_at is None else written_moment(content.announced_at)
    for name in TEXTS:
        text: Bilingual = getattr(content, name)
        values |= {f"{name}_zh": text.zh, f"{name}_en": text.en}
    return values


def first_values(now: datetime) -> dict[str, str]:
    """The fields of a draft that begins."""
    day = (now.astimezone(SHANGHAI) + FIRST_EFFECT).date()
    return {"effective_at": written_moment(shanghai_midnight(day)), "grace": Grace.AT_ONCE.value}


def version_of(values: Mapping[str, str]) -> int:
    """The version of the draft that the form was made from; 0, which no draft has, for what is no number."""
    written = values.get("version", "")
    return int(written) if _WHOLE_NUMBER.fullmatch(written) else 0


def read_content(values: Mapping[str, str], known_sources: Collection[str]) -> DraftContent:
    """The content that the form describes. Raises InvalidFields with every line and moment that makes no sense."""
    problems: dict[str, Problem] = {}
    announced_at, effective_at = moment_of(values.get("announced_at")), moment_of(values.get("effective_at"))
    if values.get("announced_at", "").strip() and announced_at is None:
        problems["announced_at"] = NOT_A_MOMENT
    if effective_at is None:
        problems["effective_at"] = NOT_A_MOMENT
    lines = []
    for row in rows_of_form(values)[: LINES_MAX + 1]:
        found, line = _read_line(row, known_sources)
        problems |= {f"lines.{row.number}.{name}": each for name, each in found.items()}
        if line is not None:
            lines.append(line)
    if problems or effective_at is None:
        raise InvalidFields(problems)
    grace = values.get("grace", "")
    return DraftContent(
        code=values.get("code", "").strip(),
        announced_at=announced_at,
        effective_at=effective_at,
        lines=tuple(lines),
        grace=Grace(grace) if grace in set(Grace) else Grace.AT_ONCE,
        **{name: Bilingual(_text(values, f"{name}_zh"), _text(values, f"{name}_en")) for name in TEXTS},
    )


def _text(values: Mapping[str, str], name: str) -> str:
    return values.get(name, "").replace("\r\n", "\n").strip()


def _read_line(row: LineRow, known_sources: Collection[str]) -> tuple[dict[str, Problem], NoticeLine | None]:
    """Fee and channel are read only where the action asks for them: their fields are hidden otherwise."""
    action = Action(row.action) if row.action in set(Action) else Action.REFUSE
    surfaces = None if row.where == EVERYWHERE else tuple(each for each in Surface if each.value in row.surfaces)
    sources: tuple[str, ...] | SourceScope = (
        SourceScope(row.scope) if row.scope in set(SourceScope) else tuple(sorted(row.sources))
    )
    problems: dict[str, Problem] = {}
    fee: int | None = None
    if action is Action.ALLOW_WITH_FEE:
        try:
            fee = parse_percent(row.fee)
        except RateUnreadable:
            problems["fee"] = FEE_RANGE
    channel = row.channel.strip() if action is Action.REQUIRE_CHANNEL else None
    effective_at = moment_of(row.effective_at.strip())
    if row.effective_at.strip() and effective_at is None:
        problems["effective_at"] = NOT_A_MOMENT
    problems = (
        line_problems(
            action,
            sources=sources,
            surfaces=surfaces,
            fee_basis_points=fee,
            channel=channel,
            known_sources=known_sources,
        )
        | problems
    )
    if problems:
        return problems, None
    return {}, NoticeLine(
        action=action,
        sources=sources,
        surfaces=surfaces,
        fee_basis_points=fee,
        channel=channel,
        effective_at=effective_at,
    )
