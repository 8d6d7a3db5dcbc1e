"""Decisions of a simulation: what a notice does to a pair, over which days it is asked, and what might be kept.

Pure: values in, values out. What viewers will do is not known; it is assumed, by an operator, and the assumptions
stand beside every number that rests on them.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Final

from yellowcart.insight.errors import SimulationWindowWrong
from yellowcart.insight.model import Window
from yellowcart.insight.rules import natural_days
from yellowcart.insight.simulation_model import (
    CART_SURFACES,
    WINDOW_DAYS_DEFAULT,
    WINDOW_DAYS_MAX,
    Assumption,
    Basis,
    Effect,
    Figures,
    HitPair,
    Outcome,
    ScenarioName,
)
from yellowcart.kernel.errors import InvalidFields
from yellowcart.kernel.money import RateUnreadable, parse_percent, portion
from yellowcart.kernel.translation import N_
from yellowcart.links.model import Action, Change, Pair
from yellowcart.links.rules import shanghai_midnight

DEFAULT_ASSUMPTIONS: Final = (
    Assumption(scenario=ScenarioName.LOW, with_twin_basis_points=2_000, without_twin_basis_points=0),
    Assumption(scenario=ScenarioName.MIDDLE, with_twin_basis_points=4_000, without_twin_basis_points=1_000),
    Assumption(scenario=ScenarioName.HIGH, with_twin_basis_points=6_000, without_twin_basis_points=2_000),
)
"""Ours, and no fact: nobody has published what viewers do whose outside link is gone. Set your own."""

_HARDEST: Final = {effect: place for place, effect in enumerate(Effect)}


def effect_of(change: Change) -> Effect:
    """What one change demands of those who list there. What was refused before can only be eased."""
    if change.is_cut:
        return Effect.CUT
    if change.before.admits and change.after.action is Action.REQUIRE_CHANNEL:
        return Effect.CHANNEL
    if change.before.admits and change.after.action is Action.ALLOW_WITH_FEE:
        return (
            Effect.FEE
            if (change.after.fee_basis_points or 0) > (change.before.fee_basis_points or 0)
            else (Effect.EASED)
        )
    return Effect.EASED


def hit_pairs(changes: Sequence[Change]) -> list[HitPair]:
    """The pairs on which a notice demands something, each with the hardest of its steps there; sorted."""
    hardest: dict[Pair, HitPair] = {}
    for change in changes:
        effect = effect_of(change)
        if effect is Effect.EASED:
            continue
        known = hardest.get(change.pair)
        if known is None or _HARDEST[effect] <= _HARDEST[known.effect]:
            hardest[change.pair] = HitPair(
                surface=change.surface,
                source=change.source,
                effect=effect,
                fee_basis_points=change.after.fee_basis_points if effect is Effect.FEE else None,
            )
    return [hardest[pair] for pair in sorted(hardest)]


def counted(pairs: Sequence[HitPair]) -> list[HitPair]:
    """The pairs whose goods the platform lists itself."""
    return [each for each in pairs if each.surface in CART_SURFACES]


def simulation_window(begins: date | None, ends: date | None, now: datetime, effective_at: datetime) -> Window:
    """The days asked for, from the midnight that begins `begins` to that which begins `ends` (Asia/Shanghai).

    Without days: the 30 natural days to yesterday, or those before the notice takes effect where that has
    passed. With one day only, the other lies 30 days from it, but not later than the end of today. Raises
    SimulationWindowWrong for no day, for more than 92, and for days to come.
    """
    tomorrow = natural_days(now, 1).ends + timedelta(days=1)
    length = timedelta(days=WINDOW_DAYS_DEFAULT)
    try:
        if ends is not None:
            until = shanghai_midnight(ends)
        elif begins is not None:
            until = min(shanghai_midnight(begins) + length, tomorrow)
        else:
            until = natural_days(min(effective_at, now), WINDOW_DAYS_DEFAULT).ends
        start = until - length if begins is None else shanghai_midnight(begins)
        if until > tomorrow or until - start > timedelta(days=WINDOW_DAYS_MAX):
            raise SimulationWindowWrong
        return Window(start, until)
    except (ValueError, OverflowError) as error:
        raise SimulationWindowWrong from error


def fee_of(hit: HitPair, figures: Figures | None) -> int | None:
    """What the fee of a pair would have taken of what networks report of it, in fen, rounded down."""
    if hit.effect is not Effect.FEE or figures is None or figures.reported_fen is None:
        return None
    return portion(figures.reported_fen, hit.fee_basis_points or 0)


def outcome(assumption: Assumption, basis: Basis, *, with_twin: int, without_twin: int) -> Outcome:
    """What is kept and lost of demand for goods with and without a twin, in any unit; kept is rounded down."""
    by_twin = portion(with_twin, assumption.with_twin_basis_points)
    otherwise = portion(without_twin, assumption.without_twin_basis_points)
    return Outcome(
        scenario=assumption.scenario,
        basis=basis,
        kept_by_twin=by_twin,
        kept_otherwise=otherwise,
        lost=with_twin + without_twin - by_twin - otherwise,
    )


def outcomes(total: Figures, assumptions: Sequence[Assumption]) -> list[Outcome]:
    """What is kept of everything that is cut, on every basis of which something is known. Own goods that are cut
    have no twin: they are the own shop's."""
    demand: list[tuple[Basis, int, int]] = []
    if total.cut_reported_fen is not None:
        twinned = total.cut_twinned_fen or 0
        demand.append((Basis.REPORTED, twinned, total.cut_reported_fen - twinned))
    if total.cut_own_fen is not None:
        demand.append((Basis.OWN, 0, total.cut_own_fen))
    twinned = total.cut_twinned_jump_outs
    demand.append((Basis.JUMP_OUTS, twinned, total.cut_jump_outs - twinned))
    return [
        outcome(assumption, basis, with_twin=with_twin, without_twin=without_twin)
        for basis, with_twin, without_twin in demand
        for assumption in assumptions
    ]


def read_assumptions_form(typed: Mapping[str, str]) -> list[Assumption]:
    """Assumptions as a form writes them: `low_with_twin`, `low_without_twin`, … in percent.

    Raises InvalidFields: for what is no percentage, and where a scenario that is to keep more keeps less.
    """
    problems: dict[str, str | tuple[str, dict[str, object]]] = {}
    rates: dict[str, int] = {}
    for name in _FIELDS:
        try:
            rates[name] = parse_percent(typed.get(name, ""))
        except RateUnreadable as error:
            problems[name] = error.message
    for part in _PARTS:
        for lesser, greater in zip(ScenarioName, list(ScenarioName)[1:], strict=False):
            low, high = f"{lesser}_{part}", f"{greater}_{part}"
            if low in rates and high in rates and rates[low] > rates[high]:
                problems.setdefault(high, N_("Not less than in the scenario before it."))
    if problems:
        raise InvalidFields(problems)
    return [
        Assumption(
            scenario=scenario,
            with_twin_basis_points=rates[f"{scenario}_with_twin"],
            without_twin_basis_points=rates[f"{scenario}_without_twin"],
        )
        for scenario in ScenarioName
    ]


_PARTS: Final = ("with_twin", "without_twin")
_FIELDS: Final = tuple(f"{scenario}_{part}" for scenario in ScenarioName for part in _PARTS)
