"""Whatever is announced, amended and withdrawn: the timeline answers as the plain rule does, and what was taken
back has never been."""

from datetime import UTC, datetime, timedelta

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from yellowcart.links.model import Action, Grace, Notice, NoticeLine, SourceScope, Surface, Wording
from yellowcart.links.preview import preview
from yellowcart.links.rules import Timeline, default_terms, expand, rule_in_force, verdict

START = datetime(2022, 1, 1, tzinfo=UTC)
SOURCES = ("own", "taobao_union", "jd_union")
WORDS = Wording("公告", "Notice")
CODES = {number: f"notice-{number}" for number in range(100)}

hours = st.integers(0, 48).map(lambda hour: START + timedelta(hours=hour))


@st.composite
def lines(draw: st.DrawFn, begins: datetime) -> NoticeLine:
    action = draw(st.sampled_from(Action))
    named = st.lists(st.sampled_from(SOURCES), min_size=1, unique=True).map(tuple)
    return NoticeLine(
        action=action,
        sources=draw(st.one_of(named, st.sampled_from(SourceScope))),
        surfaces=draw(
            st.none() | st.lists(st.sampled_from(Surface), min_size=1, max_size=3, unique=True).map(tuple)
        ),
        fee_basis_points=draw(st.integers(1, 3)) if action is Action.ALLOW_WITH_FEE else None,
        channel=draw(st.sampled_from("ab")) if action is Action.REQUIRE_CHANNEL else None,
        effective_at=draw(st.none() | st.integers(0, 6).map(lambda more: begins + timedelta(hours=more))),
    )


@st.composite
def notices(draw: st.DrawFn) -> list[Notice]:
    """Up to eight notices, some of which replace an earlier one."""
    made: list[Notice] = []
    for number in range(draw(st.integers(1, 8))):
        begins = draw(hours)
        made.append(
            Notice(
                id=number,
                issuer=WORDS,
                text=WORDS,
                reason=WORDS,
                announced_at=START - timedelta(days=7),
                effective_at=begins,
                lines=tuple(draw(st.lists(lines(begins), min_size=1, max_size=3))),
                grace=draw(st.sampled_from(Grace)),
                replaces_notice_id=draw(st.none() | st.integers(0, number - 1)) if number else None,
            )
        )
    return made


def published(told: list[Notice], withdrawn: set[int]) -> tuple[Timeline, set[int]]:
    """The timeline after publishing each that does not collide, then withdrawing some; and who stands on it."""
    timeline, standing = Timeline(), set[int]()
    for each in told:
        if each.replaces_notice_id not in standing:
            each = msgspec.structs.replace(each, replaces_notice_id=None)  # noqa: PLW2901 - nothing to replace
        if preview(timeline, each, SOURCES, START, CODES).collisions:
            continue
        if each.replaces_notice_id is not None:
            timeline = timeline.without_notice(each.replaces_notice_id)
            standing.discard(each.replaces_notice_id)
        timeline = timeline.with_rules(expand(each, SOURCES), [each])
        standing.add(each.id)
    for gone in withdrawn:
        timeline = timeline.without_notice(gone)
    return timeline, standing - withdrawn


@given(notices(), st.sets(st.integers(0, 7)), st.sampled_from(Surface), st.sampled_from(SOURCES), hours)
def test_the_timeline_answers_as_the_rules_of_the_notices_that_stand(
    told: list[Notice], withdrawn: set[int], surface: Surface, source: str, at: datetime
) -> None:
    timeline, standing = published(told, withdrawn)
    rules = [rule for each in told if each.id in standing for rule in expand(each, SOURCES)]
    expected = rule_in_force(rules, surface, source, at)
    answer = verdict(timeline, surface, source, at)
    assert answer.rule == expected
    assert answer.terms == (expected.terms if expected else default_terms(source)[0])


@given(notices(), hours)
def test_a_withdrawn_notice_has_never_been(told: list[Notice], at: datetime) -> None:
    last = msgspec.structs.replace(told[-1], replaces_notice_id=None)
    before, _ = published(told[:-1], set())
    if preview(before, last, SOURCES, START, CODES).collisions:
        return
    after = before.with_rules(expand(last, SOURCES), [last]).without_notice(last.id)
    assert set(after.rules) == set(before.rules)
    for surface in Surface:
        for source in SOURCES:
            now, then = verdict(after, surface, source, at), verdict(before, surface, source, at)
            assert (now.terms, now.rule, now.next_change) == (then.terms, then.rule, then.next_change)


@given(notices())
def test_a_preview_tells_exactly_the_steps_that_publishing_brings(told: list[Notice]) -> None:
    last = msgspec.structs.replace(told[-1], replaces_notice_id=None)
    before, _ = published(told[:-1], set())
    found = preview(before, last, SOURCES, START, CODES)
    if found.collisions:
        return
    after = before.with_rules(expand(last, SOURCES), [last])
    tick = timedelta(microseconds=1)
    for rule in found.rules:
        earlier = verdict(after, rule.surface, rule.source, rule.effective_at - tick)
        changes = [each for each in found.changes if (each.pair, each.at) == (rule.pair, rule.effective_at)]
        if earlier.terms == rule.terms:
            assert changes == []
            assert rule in found.repeats
        else:
            assert [(each.before.terms, each.after.terms) for each in changes] == [(earlier.terms, rule.terms)]
            assert rule not in found.repeats
    assert found.changes_nothing is (not found.changes)
