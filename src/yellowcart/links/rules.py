"""Decisions on link rules: which rule is in force, what it means, and what changes when.

For a pair (surface, source) the latest rule effective at or before a moment is in force; it stays in
force until the next one of the same pair. Rules are only ever added, never edited, so any past or
future moment can be asked and the past does not move (design.md "Link rules").
"""

from bisect import bisect_right
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, date, datetime, time
from operator import attrgetter
from types import MappingProxyType
from typing import Final

from yellowcart.kernel.clock import SHANGHAI
from yellowcart.links.model import (
    OWN_SOURCE,
    Action,
    Change,
    LinkRule,
    NextChange,
    Notice,
    NoticeLine,
    Pair,
    SourceScope,
    Standing,
    Surface,
    Terms,
    Verdict,
    VerdictReason,
    require_aware,
)

_by_moment: Final = attrgetter("effective_at")


class RulesConflict(ValueError):
    """Two rules speak of the same surface and source from the same moment on."""

    def __init__(self, pairs: Collection[tuple[Pair, datetime]]) -> None:
        self.pairs = tuple(pairs)
        told = ", ".join(f"{surface}/{source} at {at.isoformat()}" for (surface, source), at in self.pairs)
        super().__init__(f"more than one rule for {told}")


class Timeline:
    """All enacted rules, kept by pair and in order of effect. Immutable; `with_rules` gives a longer one.

    Raises RulesConflict if two rules of one pair begin at the same moment: with a tie the answer
    would depend on the order of insertion.
    """

    __slots__ = ("_by_pair", "_notices")

    def __init__(self, rules: Iterable[LinkRule] = (), notices: Iterable[Notice] = ()) -> None:
        collected: dict[Pair, list[LinkRule]] = {}
        for rule in rules:
            collected.setdefault(rule.pair, []).append(rule)
        self._by_pair: Mapping[Pair, tuple[LinkRule, ...]] = MappingProxyType(
            {pair: tuple(sorted(of_pair, key=_by_moment)) for pair, of_pair in collected.items()}
        )
        self._notices: Mapping[int, Notice] = MappingProxyType({notice.id: notice for notice in notices})
        if tied := conflicts(self.rules):
            raise RulesConflict(tied)

    @property
    def rules(self) -> tuple[LinkRule, ...]:
        """Every rule, pair by pair, each pair in order of effect."""
        return tuple(rule for of_pair in self._by_pair.values() for rule in of_pair)

    @property
    def pairs(self) -> tuple[Pair, ...]:
        """The pairs that at least one rule speaks of, sorted."""
        return tuple(sorted(self._by_pair))

    def of_pair(self, surface: Surface, source: str) -> tuple[LinkRule, ...]:
        """The rules of one pair in order of effect; empty if there are none."""
        return self._by_pair.get((surface, source), ())

    def notice(self, notice_id: int) -> Notice | None:
        """The notice with that id, or None if the timeline was built without it."""
        return self._notices.get(notice_id)

    def without_notice(self, notice_id: int) -> "Timeline":
        """A timeline as if the notice had never carried a rule: what remains when it is withdrawn."""
        return Timeline((rule for rule in self.rules if rule.notice_id != notice_id), self._notices.values())

    def with_rules(self, rules: Iterable[LinkRule], notices: Iterable[Notice] = ()) -> "Timeline":
        """A timeline with these rules added. Raises RulesConflict."""
        return Timeline((*self.rules, *rules), (*self._notices.values(), *notices))


def rule_in_force(rules: Iterable[LinkRule], surface: Surface, source: str, at: datetime) -> LinkRule | None:
    """The latest rule of the pair that is effective at or before `at`, or None.

    The rule itself, over rules in any order; `verdict` answers the same from a sorted timeline.
    """
    require_aware(at)
    begun = (rule for rule in rules if rule.pair == (surface, source) and rule.effective_at <= at)
    return max(begun, key=_by_moment, default=None)


def default_terms(source: str) -> tuple[Terms, VerdictReason]:
    """What holds where no rule is in force.

    Own goods are allowed: the platform's own shops are what it is there for. Any other source is
    refused, because outside links are admitted by notice only: a source that nobody has decided on
    (a new row, a misread link) must not sell in a live room until somebody has.
    """
    if source == OWN_SOURCE:
        return Terms(Action.ALLOW), VerdictReason.OWN_BY_DEFAULT
    return Terms(Action.REFUSE), VerdictReason.NOT_ADMITTED


def verdict(timeline: Timeline, surface: Surface, source: str, at: datetime) -> Verdict:
    """What the rules say of the pair at the moment `at`, with the reason and what changes next."""
    require_aware(at)
    rules = timeline.of_pair(surface, source)
    begun = bisect_right(rules, at, key=_by_moment)
    if begun:
        rule = rules[begun - 1]
        return Verdict(
            surface=surface,
            source=source,
            terms=rule.terms,
            reason=VerdictReason.RULE,
            rule=rule,
            notice=timeline.notice(rule.notice_id),
            since=rule.effective_at,
            next_change=_next_change(timeline, rules[begun:], rule.terms),
        )
    terms, reason = default_terms(source)
    return Verdict(
        surface=surface,
        source=source,
        terms=terms,
        reason=reason,
        next_change=_next_change(timeline, rules, terms),
    )


def _next_change(timeline: Timeline, coming: tuple[LinkRule, ...], now: Terms) -> NextChange | None:
    # A rule that only repeats the present terms is no change: nobody has to act on it.
    for rule in coming:
        if rule.terms != now:
            return NextChange(rule.effective_at, rule.terms, rule, timeline.notice(rule.notice_id))
    return None


def changes_between(timeline: Timeline, after: datetime, until: datetime) -> tuple[Change, ...]:
    """Every step by which a pair's terms become different in the half-open period (after, until].

    Open at `after`, closed at `until`: a job that has done its work up to `after` and runs again at
    `until` sees every moment once, also a rule that begins at the very moment it runs. In order of
    time, then surface, then source. Empty if `until` is not later than `after`.
    """
    require_aware(after)
    require_aware(until)
    changes = []
    for surface, source in timeline.pairs:
        rules = timeline.of_pair(surface, source)
        first = bisect_right(rules, after, key=_by_moment)
        last = bisect_right(rules, until, key=_by_moment)
        before = verdict(timeline, surface, source, after)
        for rule in rules[first:last]:
            now = verdict(timeline, surface, source, rule.effective_at)
            if now.terms != before.terms:
                changes.append(
                    Change(surface=surface, source=source, at=rule.effective_at, before=before, after=now)
                )
            before = now
    return tuple(sorted(changes, key=lambda change: (change.at, change.surface, change.source)))


def expand(notice: Notice, sources: Collection[str]) -> tuple[LinkRule, ...]:
    """The rules of a notice, one for each pair that its lines speak of.

    Wildcards are resolved here, once, against the sources known when the notice is enacted, so that
    no rule ever takes precedence over another. A source registered later is not covered: it is
    refused until a notice admits it. Raises ValueError for a named source that is not known;
    two lines that meet on one pair are not judged here but by `conflicts`.
    """
    known = sorted(set(sources) | {OWN_SOURCE})
    return tuple(
        LinkRule(
            surface=surface,
            source=source,
            effective_at=line.effective_at or notice.effective_at,
            action=line.action,
            fee_basis_points=line.fee_basis_points,
            channel=line.channel,
            notice_id=notice.id,
        )
        for line in notice.lines
        for surface in (line.surfaces if line.surfaces is not None else tuple(Surface))
        for source in _sources_of(line, known)
    )


def _sources_of(line: NoticeLine, known: list[str]) -> Iterable[str]:
    if line.sources is SourceScope.EVERY:
        return known
    if line.sources is SourceScope.THIRD_PARTY:
        return [source for source in known if source != OWN_SOURCE]
    unknown = sorted(set(line.sources) - set(known))
    if unknown:
        raise ValueError(f"no such source: {', '.join(unknown)}")
    return line.sources


def conflicts(proposed: Iterable[LinkRule], enacted: Iterable[LinkRule] = ()) -> tuple[tuple[Pair, datetime], ...]:
    """The pairs and moments for which more than one rule would begin, proposed and enacted together.

    Asked before a notice is enacted; anything but an empty answer refuses it.
    """
    beginnings = Counter((rule.pair, rule.effective_at) for rules in (proposed, enacted) for rule in rules)
    return tuple(sorted(beginning for beginning, count in beginnings.items() if count > 1))


def too_late(proposed: Iterable[LinkRule], enacted_at: datetime) -> tuple[LinkRule, ...]:
    """The rules that would begin before they are enacted, and so change verdicts already given.

    A rule may begin at the very moment of enactment. Anything but an empty answer refuses a new
    notice; only the loading of history may pass over it.
    """
    require_aware(enacted_at)
    return tuple(rule for rule in proposed if rule.effective_at < enacted_at)


def standing(
    notice: Notice, timeline: Timeline, at: datetime, *, withdrawn: bool = False, replaced: bool = False
) -> Standing:
    """What has become of a published notice by the moment `at`. A notice whose rules all were followed by later
    ones is superseded, though it is still what was said then."""
    if withdrawn:
        return Standing.REPLACED if replaced else Standing.WITHDRAWN
    rules = [rule for rule in timeline.rules if rule.notice_id == notice.id]
    if min((rule.effective_at for rule in rules), default=notice.effective_at) > at:
        return Standing.ANNOUNCED
    if not rules or any(
        rule.effective_at > at or verdict(timeline, *rule.pair, at).rule == rule for rule in rules
    ):
        return Standing.IN_FORCE
    return Standing.SUPERSEDED


def shanghai_midnight(day: date) -> datetime:
    """The moment at which a day begins in Asia/Shanghai, in UTC. A rule that names only a day begins then."""
    return datetime.combine(day, time.min, tzinfo=SHANGHAI).astimezone(UTC)
