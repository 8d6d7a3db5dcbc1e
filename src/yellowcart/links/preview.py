"""What a notice would do to the timeline, before it is published: pure, so that a page, the API and the verb that
publishes ask the same question.

A notice that replaces another is judged as if that one had never been published, because it will be withdrawn
in the same moment.
"""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Final

import msgspec

from yellowcart.links.model import Change, Collision, LinkRule, Notice
from yellowcart.links.rules import Timeline, changes_between, conflicts, expand, too_late

_TICK: Final = timedelta(microseconds=1)


class Preview(msgspec.Struct, frozen=True, kw_only=True):
    """What a notice would do. Where `collisions` or `late` is not empty it cannot be published as it is.

    `changes`: the steps that its rules would bring, in order of time. `repeats`: rules that would only say again
    what already holds. `dropped`: steps of the notice that it replaces and that would not happen any more.
    """

    rules: tuple[LinkRule, ...]
    collisions: tuple[Collision, ...]
    late: tuple[LinkRule, ...]
    changes: tuple[Change, ...]
    repeats: tuple[LinkRule, ...]
    dropped: tuple[Change, ...]

    @property
    def changes_nothing(self) -> bool:
        """Whether no verdict would ever be another: worth a warning, and no reason to refuse."""
        return not (self.collisions or self.changes or self.dropped)


def preview(
    timeline: Timeline, notice: Notice, sources: Collection[str], now: datetime, codes: Mapping[int, str]
) -> Preview:
    """What the notice would do if it were published at `now`. `codes` names the notices of the timeline by id.

    Raises ValueError for a source that is not known.
    """
    replaced = notice.replaces_notice_id
    standing = timeline if replaced is None else timeline.without_notice(replaced)
    rules = expand(notice, sources)
    collisions = _collisions(standing, rules, codes)
    changes = () if collisions else _changes_of(standing.with_rules(rules, [notice]), notice.id)
    changed = {(change.pair, change.at) for change in changes}
    return Preview(
        rules=rules,
        collisions=collisions,
        late=too_late(rules, now),
        changes=changes,
        repeats=() if collisions else tuple(r for r in rules if (r.pair, r.effective_at) not in changed),
        dropped=() if collisions or replaced is None else _dropped(timeline, replaced, changes),
    )


def _collisions(
    timeline: Timeline, rules: Collection[LinkRule], codes: Mapping[int, str]
) -> tuple[Collision, ...]:
    enacted = {(rule.pair, rule.effective_at): rule.notice_id for rule in timeline.rules}
    found = []
    for pair, at in conflicts(rules, timeline.rules):
        other = enacted.get((pair, at))
        code = None if other is None else codes.get(other, str(other))
        found.append(Collision(surface=pair[0], source=pair[1], at=at, code=code))
    return tuple(found)


def _changes_of(timeline: Timeline, notice_id: int) -> tuple[Change, ...]:
    """The steps that one notice's rules bring to a timeline that holds them."""
    moments = [rule.effective_at for rule in timeline.rules if rule.notice_id == notice_id]
    if not moments:
        return ()
    return tuple(
        change
        for change in changes_between(timeline, min(moments) - _TICK, max(moments))
        if change.after.rule is not None and change.after.rule.notice_id == notice_id
    )


def _dropped(timeline: Timeline, replaced: int, changes: tuple[Change, ...]) -> tuple[Change, ...]:
    kept = {(change.pair, change.at, change.after.terms) for change in changes}
    return tuple(
        change
        for change in _changes_of(timeline, replaced)
        if (change.pair, change.at, change.after.terms) not in kept
    )
