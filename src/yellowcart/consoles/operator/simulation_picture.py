"""A simulation as its page draws it: charts, words and the figures that stand first. No I/O."""

from collections.abc import Mapping

from yellowcart.insight.simulation_model import (
    Assumption,
    Basis,
    Effect,
    Outcome,
    ProposalState,
    ScenarioName,
    Simulation,
)
from yellowcart.kernel.money import write_percent
from yellowcart.kernel.translation import N_, Locale, in_language, translate
from yellowcart.links.model import Surface
from yellowcart.links.wording import SURFACE_NAMES

SCENARIO_WORDS: dict[ScenarioName, str] = {
    ScenarioName.LOW: N_("Low"),
    ScenarioName.MIDDLE: N_("Middle"),
    ScenarioName.HIGH: N_("High"),
}
BASIS_WORDS: dict[Basis, str] = {
    Basis.REPORTED: N_("of outside GMV, as reported by the networks"),
    Basis.OWN: N_("of own GMV paid"),
    Basis.JUMP_OUTS: N_("of jump-outs, counted; what they were worth is unknown"),
}
BASIS_UNITS: dict[Basis, str] = {Basis.REPORTED: "fen", Basis.OWN: "fen", Basis.JUMP_OUTS: "count"}
PROPOSAL_WORDS: dict[ProposalState, str] = {
    ProposalState.DRAFTED: N_("This is a draft: nobody but operators knows of it, and nothing has changed."),
    ProposalState.COMING: N_("Published and still to begin: this is what it will meet."),
    ProposalState.BEGUN: N_("Already in force: shown is what stood on its surfaces in the days before it began."),
    ProposalState.DROPPED: N_("Taken back or given up: this is what it would have done."),
}
EFFECT_STATES: dict[Effect, str] = {
    Effect.CUT: "refuse",
    Effect.CHANNEL: "require_channel",
    Effect.FEE: "allow_with_fee",
    Effect.EASED: "allow",
}
"""The verdict whose colour and word an effect has."""

_BY_TWIN = N_("Kept by a twin")
_OTHERWISE = N_("Kept without a twin")
_LOST = N_("Lost")


def listings_option(found: Simulation, names: Mapping[str, str], locale: Locale) -> dict[str, object]:
    """Listings in the window by source, the surfaces in one bar: the largest on top."""
    counts = {each.hit.pair: each.figures.listings for each in found.pairs if each.figures is not None}
    sources = [group.key for group in reversed(found.by_source) if group.key is not None]
    surfaces = [surface for surface in Surface if any(pair[0] is surface for pair in counts)]
    return {
        "animation": False,
        "xAxis": {"type": "value", "minInterval": 1},
        "yAxis": {"type": "category", "data": [names.get(source, source) for source in sources]},
        "series": [
            {
                "type": "bar",
                "stack": "listings",
                "name": translate(SURFACE_NAMES[surface], locale),
                "data": [counts.get((surface, source), 0) for source in sources],
            }
            for surface in surfaces
        ],
    }


def risk_option(found: Simulation, names: Mapping[str, str], locale: Locale) -> dict[str, object]:
    """Reported GMV that is cut, by source: for goods with a twin and for the others. Unknown ones are absent."""
    known = [group for group in reversed(found.by_source) if group.figures.cut_reported_fen is not None]
    twinned = [group.figures.cut_twinned_fen or 0 for group in known]
    rest = [(group.figures.cut_reported_fen or 0) - fen for group, fen in zip(known, twinned, strict=True)]
    return {
        "animation": False,
        "xAxis": {"type": "value"},
        "yAxis": {"type": "category", "data": [names.get(group.key or "", group.key) for group in known]},
        "series": [
            {"type": "bar", "stack": "gmv", "name": translate(name, locale), "tone": tone, "data": data}
            for name, tone, data in ((N_("With a twin"), "green", twinned), (N_("Without a twin"), "red", rest))
        ],
    }


def spread_option(found: Simulation) -> dict[str, object]:
    """How many creators depend how much, in tenths."""
    return {
        "animation": False,
        "xAxis": {"type": "category", "data": [f"{tenth * 10}–{tenth * 10 + 10} %" for tenth in range(10)]},
        "yAxis": {"type": "value", "minInterval": 1},
        "series": [{"type": "bar", "data": found.spread}],
    }


def kept_option(outcomes: list[Outcome], locale: Locale) -> dict[str, object]:
    """What is kept and lost under each scenario, of one basis."""
    parts = (
        (_BY_TWIN, "green", [each.kept_by_twin for each in outcomes]),
        (_OTHERWISE, "chart-1", [each.kept_otherwise for each in outcomes]),
        (_LOST, "red", [each.lost for each in outcomes]),
    )
    return {
        "animation": False,
        "xAxis": {"type": "value", "minInterval": 1},
        "yAxis": {
            "type": "category",
            "inverse": True,
            "data": [translate(SCENARIO_WORDS[each.scenario], locale) for each in outcomes],
        },
        "series": [
            {"type": "bar", "stack": "kept", "name": translate(name, locale), "tone": tone, "data": data}
            for name, tone, data in parts
        ],
    }


def shown_basis(found: Simulation) -> Basis:
    """What the picture of the scenarios is drawn on: money where it is known, jump-outs where it is not."""
    known = {each.basis for each in found.outcomes if each.at_risk}
    return next((basis for basis in (Basis.REPORTED, Basis.OWN) if basis in known), Basis.JUMP_OUTS)


def of_basis(found: Simulation, basis: Basis) -> list[Outcome]:
    """The outcomes of one basis, from low to high."""
    return [each for each in found.outcomes if each.basis is basis]


def category_names(found: Simulation, locale: Locale) -> dict[str, str]:
    """Categories by the keys of their groups."""
    return {str(each.category_id): in_language(locale, each.name_zh, each.name_en) for each in found.categories}


def form_values(assumptions: list[Assumption]) -> dict[str, str]:
    """The assumptions as their form shows them, in percent."""
    values: dict[str, str] = {}
    for each in assumptions:
        values[f"{each.scenario}_with_twin"] = write_percent(each.with_twin_basis_points)
        values[f"{each.scenario}_without_twin"] = write_percent(each.without_twin_basis_points)
    return values
