"""What a notice does to a pair, over which days it is asked, and what assumptions make of a sum: as tables."""

from datetime import UTC, date, datetime, timedelta

import pytest

from yellowcart.insight.errors import SimulationWindowWrong
from yellowcart.insight.model import Window
from yellowcart.insight.simulation_model import (
    Assumption,
    Basis,
    Effect,
    Figures,
    HitPair,
    ScenarioName,
)
from yellowcart.insight.simulation_rules import (
    DEFAULT_ASSUMPTIONS,
    effect_of,
    fee_of,
    hit_pairs,
    outcome,
    outcomes,
    read_assumptions_form,
    simulation_window,
)
from yellowcart.kernel.clock import SHANGHAI
from yellowcart.kernel.errors import InvalidFields
from yellowcart.links.model import Action, Change, LinkRule, Surface, Terms, Verdict, VerdictReason
from yellowcart.links.rules import shanghai_midnight

NOON = datetime(2022, 2, 25, 4, tzinfo=UTC)
MARCH = shanghai_midnight(date(2022, 3, 1))
ALLOW = Terms(Action.ALLOW)
REFUSE = Terms(Action.REFUSE)
FEE_5 = Terms(Action.ALLOW_WITH_FEE, fee_basis_points=500)
FEE_20 = Terms(Action.ALLOW_WITH_FEE, fee_basis_points=2_000)
CHANNEL = Terms(Action.REQUIRE_CHANNEL, channel="星图")


def change(
    before: Terms,
    after: Terms,
    *,
    surface: Surface = Surface.LIVE_CART,
    source: str = "taobao_union",
    at: datetime = MARCH,
) -> Change:
    def verdict(terms: Terms) -> Verdict:
        rule = LinkRule(
            surface=surface,
            source=source,
            effective_at=at,
            action=terms.action,
            fee_basis_points=terms.fee_basis_points,
            channel=terms.channel,
            notice_id=1,
        )
        return Verdict(surface=surface, source=source, terms=terms, reason=VerdictReason.RULE, rule=rule, since=at)

    return Change(surface=surface, source=source, at=at, before=verdict(before), after=verdict(after))


@pytest.mark.parametrize(
    ("before", "after", "effect"),
    [
        (ALLOW, REFUSE, Effect.CUT),
        (FEE_20, REFUSE, Effect.CUT),
        (CHANNEL, REFUSE, Effect.CUT),
        (ALLOW, CHANNEL, Effect.CHANNEL),
        (FEE_20, CHANNEL, Effect.CHANNEL),
        (ALLOW, FEE_20, Effect.FEE),
        (FEE_5, FEE_20, Effect.FEE),
        (CHANNEL, FEE_5, Effect.FEE),
        (FEE_20, FEE_5, Effect.EASED),
        (FEE_20, ALLOW, Effect.EASED),
        (CHANNEL, ALLOW, Effect.EASED),
        (REFUSE, ALLOW, Effect.EASED),
        (REFUSE, FEE_20, Effect.EASED),
        (REFUSE, CHANNEL, Effect.EASED),
    ],
)
def test_an_effect_is_what_those_who_list_there_have_to_bear(before: Terms, after: Terms, effect: Effect) -> None:
    assert effect_of(change(before, after)) is effect


def test_a_pair_is_hit_by_the_hardest_of_its_steps_and_an_eased_one_not_at_all() -> None:
    later = MARCH + timedelta(days=30)
    found = hit_pairs(
        [
            change(ALLOW, FEE_20),
            change(FEE_20, CHANNEL, at=later),
            change(CHANNEL, REFUSE, at=later + timedelta(days=30)),
            change(ALLOW, FEE_5, source="jd_union"),
            change(FEE_5, FEE_20, source="jd_union", at=later),
            change(REFUSE, ALLOW, source="youzan"),
        ]
    )
    assert found == [
        HitPair(surface=Surface.LIVE_CART, source="jd_union", effect=Effect.FEE, fee_basis_points=2_000),
        HitPair(surface=Surface.LIVE_CART, source="taobao_union", effect=Effect.CUT),
    ]


def days(window: Window) -> tuple[str, str]:
    """A window as the days that the address of the page would name."""
    first, until = (str(moment.astimezone(SHANGHAI).date()) for moment in (window.begins, window.ends))
    return first, until


@pytest.mark.parametrize(
    ("begins", "ends", "effective_at", "expected"),
    [
        (None, None, MARCH, ("2022-01-26", "2022-02-25")),
        # Begun: the days before its effect.
        (None, None, shanghai_midnight(date(2021, 11, 1)), ("2021-10-02", "2021-11-01")),
        (date(2022, 2, 18), date(2022, 2, 25), MARCH, ("2022-02-18", "2022-02-25")),
        (date(2022, 2, 24), date(2022, 2, 25), MARCH, ("2022-02-24", "2022-02-25")),
        # Today is the last day that can be asked for; it is not over yet.
        (date(2022, 2, 25), date(2022, 2, 26), MARCH, ("2022-02-25", "2022-02-26")),
        (date(2022, 2, 20), None, MARCH, ("2022-02-20", "2022-02-26")),
        (date(2021, 6, 1), None, MARCH, ("2021-06-01", "2021-07-01")),
        (None, date(2022, 2, 1), MARCH, ("2022-01-02", "2022-02-01")),
        (date(2021, 11, 25), date(2022, 2, 25), MARCH, ("2021-11-25", "2022-02-25")),
    ],
)
def test_a_window_is_whole_days_of_shanghai(
    begins: date | None, ends: date | None, effective_at: datetime, expected: tuple[str, str]
) -> None:
    window = simulation_window(begins, ends, NOON, effective_at)
    assert days(window) == expected
    assert shanghai_midnight(date.fromisoformat(expected[0])) == window.begins
    assert shanghai_midnight(date.fromisoformat(expected[1])) == window.ends


@pytest.mark.parametrize(
    ("begins", "ends"),
    [
        (date(2022, 2, 25), date(2022, 2, 25)),
        (date(2022, 2, 25), date(2022, 2, 24)),
        (date(2021, 11, 24), date(2022, 2, 25)),
        (date(2022, 2, 1), date(2022, 2, 27)),
        (date(2022, 2, 26), None),
        (date(9999, 12, 31), None),
        (None, date(9999, 12, 31)),
        (None, date(1, 1, 1)),
        (date(1, 1, 1), date(1, 1, 2)),
    ],
)
def test_no_day_too_many_days_and_days_to_come_are_refused(begins: date | None, ends: date | None) -> None:
    with pytest.raises(SimulationWindowWrong):
        simulation_window(begins, ends, NOON, MARCH)


def test_what_is_kept_and_what_is_lost_sum_to_what_was_at_risk() -> None:
    assumption = Assumption(
        scenario=ScenarioName.MIDDLE, with_twin_basis_points=3_333, without_twin_basis_points=1
    )
    found = outcome(assumption, Basis.REPORTED, with_twin=1_001, without_twin=9_999)
    assert (found.kept_by_twin, found.kept_otherwise, found.lost) == (333, 0, 10_667)
    assert found.at_risk == 11_000
    assert found.kept == 333


@pytest.mark.parametrize(
    ("with_twin", "without_twin", "expected"),
    [(0, 0, (0, 0, 300)), (10_000, 10_000, (100, 200, 0)), (5_000, 2_500, (50, 50, 200))],
)
def test_assumptions_of_nothing_half_and_everything(
    with_twin: int, without_twin: int, expected: tuple[int, int, int]
) -> None:
    assumption = Assumption(
        scenario=ScenarioName.LOW, with_twin_basis_points=with_twin, without_twin_basis_points=without_twin
    )
    found = outcome(assumption, Basis.JUMP_OUTS, with_twin=100, without_twin=200)
    assert (found.kept_by_twin, found.kept_otherwise, found.lost) == expected


def test_money_that_nobody_reported_has_no_outcome_and_jump_outs_have_one() -> None:
    found = outcomes(Figures(cut_jump_outs=50, cut_twinned_jump_outs=20), DEFAULT_ASSUMPTIONS)
    assert {each.basis for each in found} == {Basis.JUMP_OUTS}
    assert [each.kept for each in found] == [4, 8 + 3, 12 + 6]
    known = outcomes(Figures(cut_reported_fen=0, cut_own_fen=700), DEFAULT_ASSUMPTIONS)
    assert [each.basis for each in known] == [Basis.REPORTED] * 3 + [Basis.OWN] * 3 + [Basis.JUMP_OUTS] * 3
    assert [each.lost for each in known if each.basis is Basis.OWN] == [700, 630, 560]


def test_the_delivered_assumptions_rise_from_low_to_high_and_are_nobodys() -> None:
    assert [each.scenario for each in DEFAULT_ASSUMPTIONS] == list(ScenarioName)
    with_twin = [each.with_twin_basis_points for each in DEFAULT_ASSUMPTIONS]
    assert with_twin == sorted(set(with_twin))
    assert all(each.with_twin_basis_points >= each.without_twin_basis_points for each in DEFAULT_ASSUMPTIONS)
    assert all(each.set_by is None for each in DEFAULT_ASSUMPTIONS)


def test_a_fee_is_known_where_its_base_is() -> None:
    asked = HitPair(surface=Surface.LIVE_CART, source="taobao_union", effect=Effect.FEE, fee_basis_points=2_000)
    assert fee_of(asked, Figures(reported_fen=999)) == 199
    assert fee_of(asked, Figures(reported_fen=0)) == 0
    assert fee_of(asked, Figures(reported_fen=None)) is None
    assert fee_of(asked, None) is None
    cut = HitPair(surface=Surface.LIVE_CART, source="taobao_union", effect=Effect.CUT)
    assert fee_of(cut, Figures(reported_fen=999)) is None


TYPED = {
    "low_with_twin": "20",
    "low_without_twin": "0",
    "middle_with_twin": "40.5",
    "middle_without_twin": "10",
    "high_with_twin": "60 %",
    "high_without_twin": "20",
}


def test_assumptions_are_read_as_people_write_percentages() -> None:
    read = read_assumptions_form(TYPED)
    assert [(each.with_twin_basis_points, each.without_twin_basis_points) for each in read] == [
        (2_000, 0),
        (4_050, 1_000),
        (6_000, 2_000),
    ]


@pytest.mark.parametrize(
    ("typed", "wrong"),
    [
        ({"low_with_twin": "viel"}, {"low_with_twin"}),
        ({"high_with_twin": "101"}, {"high_with_twin"}),
        ({"middle_without_twin": "-1"}, {"middle_without_twin"}),
        ({"middle_without_twin": "=1+1"}, {"middle_without_twin"}),
        ({"middle_with_twin": "19.99"}, {"middle_with_twin"}),
        ({"low_without_twin": "30"}, {"middle_without_twin"}),
        ({"low_with_twin": "70", "middle_with_twin": "70"}, {"high_with_twin"}),
        ({"low_with_twin": "", "high_without_twin": "x"}, {"low_with_twin", "high_without_twin"}),
    ],
)
def test_each_wrong_assumption_is_told_at_its_field(typed: dict[str, str], wrong: set[str]) -> None:
    with pytest.raises(InvalidFields) as refused:
        read_assumptions_form(TYPED | typed)
    assert set(refused.value.problems) == wrong


def test_a_form_that_misses_fields_is_told_every_one() -> None:
    with pytest.raises(InvalidFields) as refused:
        read_assumptions_form({})
    assert set(refused.value.problems) == set(TYPED)
