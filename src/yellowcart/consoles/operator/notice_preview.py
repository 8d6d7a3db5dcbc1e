"""What a notice would do, in the rows of a table: surfaces that change alike stand together. No I/O."""

from collections.abc import Iterable, Sequence
from datetime import datetime

import msgspec

from yellowcart.kernel.translation import Locale, in_language
from yellowcart.links.model import Change, LinkRule, Surface, Terms
from yellowcart.links.preview import Preview
from yellowcart.links.queries import Source
from yellowcart.links.wording import collision_text


class ChangeRow(msgspec.Struct, frozen=True, kw_only=True):
    """A source that changes at one moment from one set of terms to another, and on which surfaces."""

    at: datetime
    source: str
    surfaces: tuple[Surface, ...]
    before: Terms
    after: Terms
    is_cut: bool


class RuleRow(msgspec.Struct, frozen=True, kw_only=True):
    """Rules of one source that demand the same from the same moment on, and on which surfaces."""

    at: datetime
    source: str
    surfaces: tuple[Surface, ...]
    terms: Terms


class PreviewTable(msgspec.Struct, frozen=True, kw_only=True):
    """A preview as a page shows it."""

    changes: list[ChangeRow]
    dropped: list[ChangeRow]
    repeats: list[RuleRow]
    collisions: list[str]
    is_late: bool
    changes_nothing: bool


def preview_table(expected: Preview, sources: Sequence[Source], locale: Locale) -> PreviewTable:
    """The rows of a preview, in order of time and of the sources' own order."""
    return PreviewTable(
        changes=change_rows(expected.changes, sources, locale),
        dropped=change_rows(expected.dropped, sources, locale),
        repeats=rule_rows(expected.repeats, sources, locale),
        collisions=[collision_text(each, locale) for each in expected.collisions],
        is_late=bool(expected.late),
        changes_nothing=expected.changes_nothing,
    )


def change_rows(changes: Iterable[Change], sources: Sequence[Source], locale: Locale) -> list[ChangeRow]:
    """Changes, gathered by moment, source and terms."""
    gathered: dict[tuple[datetime, str, Terms, Terms, bool], list[Surface]] = {}
    for change in changes:
        key = (change.at, change.source, change.before.terms, change.after.terms, change.is_cut)
        gathered.setdefault(key, []).append(change.surface)
    order, names = _order_and_names(sources, locale)
    return [
        ChangeRow(
            at=at,
            source=names.get(source, source),
            surfaces=_sorted(surfaces),
            before=before,
            after=after,
            is_cut=is_cut,
        )
        for (at, source, before, after, is_cut), surfaces in sorted(
            gathered.items(), key=lambda each: (each[0][0], order.get(each[0][1], len(order)), min(each[1]))
        )
    ]


def rule_rows(rules: Iterable[LinkRule], sources: Sequence[Source], locale: Locale) -> list[RuleRow]:
    """Rules, gathered by moment, source and terms."""
    gathered: dict[tuple[datetime, str, Terms], list[Surface]] = {}
    for rule in rules:
        gathered.setdefault((rule.effective_at, rule.source, rule.terms), []).append(rule.surface)
    order, names = _order_and_names(sources, locale)
    return [
        RuleRow(at=at, source=names.get(source, source), surfaces=_sorted(surfaces), terms=terms)
        for (at, source, terms), surfaces in sorted(
            gathered.items(), key=lambda each: (each[0][0], order.get(each[0][1], len(order)), min(each[1]))
        )
    ]


def _order_and_names(sources: Sequence[Source], locale: Locale) -> tuple[dict[str, int], dict[str, str]]:
    order = {each.source: place for place, each in enumerate(sources)}
    return order, {each.source: in_language(locale, each.name_zh, each.name_en) for each in sources}


def _sorted(surfaces: Iterable[Surface]) -> tuple[Surface, ...]:
    told = set(surfaces)
    return tuple(each for each in Surface if each in told)
