"""The states in docs/orders.md are drawn from the tables, and say what they say."""

import re

import pytest

from tests.tidy.source import ROOT
from yellowcart.aftersales.diagram import TITLES, case_diagram, section
from yellowcart.aftersales.machine import MOVES
from yellowcart.aftersales.model import CaseState
from yellowcart.aftersales.reasons import CaseKind
from yellowcart.orders.model import ORDER_MOVES

ARROW = re.compile(r"  (\w+) --> (\w+)(?:: .+)?\Z")


def test_the_page_shows_what_the_code_draws() -> None:
    written = (ROOT / "docs" / "orders.md").read_text(encoding="utf-8")
    assert written.endswith(section()), "run python -m yellowcart.aftersales.diagram docs/orders.md"


def test_every_move_of_orders_is_drawn() -> None:
    drawn = section().split("### Payments", maxsplit=1)[0]
    for state, targets in ORDER_MOVES.items():
        for target in targets:
            assert f"  {state.value} --> {target.value}\n" in drawn


@pytest.mark.parametrize("kind", TITLES, ids=str)
def test_an_arrow_of_a_case_is_a_move_of_the_table(kind: CaseKind) -> None:
    arrows = {found.groups() for line in case_diagram(kind) if (found := ARROW.match(line))}
    known = {(move.state.value, move.after.value) for move in MOVES if kind in move.kinds}
    assert arrows
    assert {(before, after) for before, after in arrows} <= known


def test_every_state_but_the_platforms_closing_is_drawn_somewhere() -> None:
    drawn = "\n".join(line for kind in TITLES for line in case_diagram(kind))
    assert {state for state in CaseState if state.value not in drawn} == {CaseState.CLOSED}
