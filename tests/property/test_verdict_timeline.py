"""What holds of every timeline of link rules, whatever the rules."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from yellowcart.links.model import Action, LinkRule, Pair, Surface, Verdict
from yellowcart.links.rules import (
    Timeline,
    changes_between,
    default_terms,
    rule_in_force,
    verdict,
)

TICK = timedelta(microseconds=1)
START = datetime(2018, 1, 1, tzinfo=UTC)
SOURCES = ("own", "taobao_union", "jd_union")

moments = st.integers(0, 40).map(lambda hours: START + timedelta(hours=hours))
pairs = st.tuples(st.sampled_from(Surface), st.sampled_from(SOURCES))


@st.composite
def rules(draw: st.DrawFn, after: datetime | None = None) -> list[LinkRule]:
    """Rules without ties, in any order; all later than `after` if it is given."""
    begins = moments if after is None else moments.map(lambda at: after + TICK + (at - START))
    where = draw(st.lists(st.tuples(pairs, begins), unique=True, max_size=25))
    return [draw(_rule(pair, at, number)) for number, (pair, at) in enumerate(where)]


@st.composite
def _rule(draw: st.DrawFn, pair: Pair, at: datetime, number: int) -> LinkRule:
    action = draw(st.sampled_from(Action))
    return LinkRule(
        surface=pair[0],
        source=pair[1],
        effective_at=at,
        action=action,
        fee_basis_points=draw(st.integers(1, 3)) if action is Action.ALLOW_WITH_FEE else None,
        channel=draw(st.sampled_from("ab")) if action is Action.REQUIRE_CHANNEL else None,
        notice_id=number,
    )


def every_verdict(timeline: Timeline, at: datetime) -> dict[Pair, Verdict]:
    return {(surface, source): verdict(timeline, surface, source, at) for surface in Surface for source in SOURCES}


@given(rules(), pairs, st.datetimes(timezones=st.just(UTC)))
def test_every_pair_has_one_verdict_at_every_moment(told: list[LinkRule], pair: Pair, at: datetime) -> None:
    answer = verdict(Timeline(told), *pair, at)
    expected = rule_in_force(told, *pair, at)
    assert answer.rule == expected
    assert answer.terms == (expected.terms if expected is not None else default_terms(pair[1])[0])
    assert answer.since is None or answer.since <= at
    assert answer.next_change is None or answer.next_change.at > at


@given(rules(), pairs)
def test_verdicts_change_at_effective_moments_and_nowhere_else(told: list[LinkRule], pair: Pair) -> None:
    timeline = Timeline(told)
    begins = sorted(rule.effective_at for rule in told if rule.pair == pair)
    for at in begins:
        assert verdict(timeline, *pair, at).since == at
        assert verdict(timeline, *pair, at - TICK).since != at
    edges = [START - timedelta(days=1), *begins, START + timedelta(days=9)]
    for start, end in pairwise(edges):
        middle = start + (end - start) / 2
        assert verdict(timeline, *pair, start) == verdict(timeline, *pair, middle)
        assert verdict(timeline, *pair, start) == verdict(timeline, *pair, end - TICK)


@given(rules(), st.data())
def test_the_order_of_insertion_does_not_matter(told: list[LinkRule], data: st.DataObject) -> None:
    shuffled = data.draw(st.permutations(told))
    cut = data.draw(st.integers(0, len(told)))
    grown = Timeline(shuffled[:cut]).with_rules(shuffled[cut:])
    at = data.draw(moments)
    assert every_verdict(Timeline(told), at) == every_verdict(grown, at)


@given(rules(), moments, st.data())
def test_what_is_added_after_a_moment_never_moves_the_past(
    told: list[LinkRule], now: datetime, data: st.DataObject
) -> None:
    before = Timeline([rule for rule in told if rule.effective_at <= now])
    after = before.with_rules(data.draw(rules(after=now)))
    at = data.draw(moments.filter(lambda moment: moment <= now))
    old, new = every_verdict(before, at), every_verdict(after, at)
    for pair, verdict_then in old.items():
        assert (new[pair].terms, new[pair].rule, new[pair].since) == (
            verdict_then.terms,
            verdict_then.rule,
            verdict_then.since,
        )


@given(rules(), pairs, moments)
def test_the_next_change_is_the_first_moment_with_other_terms(
    told: list[LinkRule], pair: Pair, at: datetime
) -> None:
    timeline = Timeline(told)
    now = verdict(timeline, *pair, at)
    later = sorted(rule.effective_at for rule in told if rule.pair == pair and rule.effective_at > at)
    other = [moment for moment in later if verdict(timeline, *pair, moment).terms != now.terms]
    if not other:
        assert now.next_change is None
        return
    assert now.next_change is not None
    assert now.next_change.at == other[0]
    assert verdict(timeline, *pair, other[0]).terms == now.next_change.terms


@given(rules(), moments, moments, moments)
def test_changes_of_adjoining_periods_add_up(
    told: list[LinkRule], one: datetime, two: datetime, three: datetime
) -> None:
    first, second, third = sorted((one, two, three))
    timeline = Timeline(told)
    split = (*changes_between(timeline, first, second), *changes_between(timeline, second, third))
    assert split == changes_between(timeline, first, third)


@given(rules(), moments, moments)
def test_the_steps_lead_from_the_verdicts_of_one_end_to_those_of_the_other(
    told: list[LinkRule], one: datetime, two: datetime
) -> None:
    after, until = sorted((one, two))
    timeline = Timeline(told)
    old, new = every_verdict(timeline, after), every_verdict(timeline, until)
    reached = {pair: found.terms for pair, found in old.items()}
    for step in changes_between(timeline, after, until):
        assert after < step.at <= until
        assert step.before.terms == reached[step.pair] != step.after.terms
        reached[step.pair] = step.after.terms
    assert reached == {pair: found.terms for pair, found in new.items()}
