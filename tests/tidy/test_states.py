"""States are a table (style.md, rule 9): every move of every state machine is known, here and in the database."""

import re
from collections import deque
from collections.abc import Mapping
from enum import StrEnum
from functools import cache
from importlib import import_module
from itertools import product

import pytest
from sqlalchemy import CheckConstraint

from tests.tidy.source import PACKAGE, modules
from yellowcart.schema import whole_schema

Moves = Mapping[StrEnum, frozenset[StrEnum]]

COLUMNS = {
    "SALE_MOVES": "product.sale_status",
    "REVIEW_MOVES": "product.review_status",
    "DRAFT_MOVES": "product.draft_status",
    "ROOM_MOVES": "room.state",
    "VIDEO_MOVES": "video.state",
    "LISTING_MOVES": "listing.state",
    "ORDER_MOVES": "shop_order.state",
    "COUPON_MOVES": "coupon.state",
    "CLAIM_MOVES": "claimed_coupon.state",
    "NOTICE_DRAFT_MOVES": "notice_draft.state",
    "IMPORT_MOVES": "product_import.state",
    "SHIPMENT_MOVES": "shipment.state",
    "ADDRESS_CHANGE_MOVES": "address_change.state",
    "SHIPPING_FILE_MOVES": "shipping_file.state",
    "NEED_MOVES": "shipping_need.state",
    "QUOTE_MOVES": "shipping_quote.state",
    "SHOW_MOVES": "review_part.state",
    "PAYMENT_MOVES": "payment.state",
    "REFUND_MOVES": "refund.state",
    "FINDING_MOVES": "payment_finding.state",
}
"""In which column the states of a transition table are kept."""
ENDS: dict[str, tuple[str, ...]] = {
    "SALE_MOVES": ("retired",),
    "REVIEW_MOVES": ("banned",),
    "ROOM_MOVES": ("ended",),
    "VIDEO_MOVES": ("removed",),
    "ORDER_MOVES": ("completed", "closed"),
    "PAYMENT_MOVES": ("succeeded", "surplus"),
    "REFUND_MOVES": ("succeeded",),
    "FINDING_MOVES": ("ignored",),
    "COUPON_MOVES": ("stopped",),
    "NOTICE_DRAFT_MOVES": ("published", "discarded"),
    "IMPORT_MOVES": ("applied", "failed", "discarded"),
    "SHIPMENT_MOVES": ("delivered", "returned"),
    "ADDRESS_CHANGE_MOVES": ("accepted", "refused", "withdrawn", "overtaken"),
    "SHIPPING_FILE_MOVES": ("applied", "discarded"),
    "NEED_MOVES": ("fulfilled", "withdrawn", "expired"),
    "QUOTE_MOVES": ("lost", "withdrawn", "expired", "failed"),
}
"""Which states nothing leaves; a listing and a draft can always come back."""
KNOWN_STATES = re.compile(r"(\w+) IN \(((?:'[^']*'(?:, )?)+)\)")


@cache
def transition_tables() -> dict[str, Moves]:
    """Every `…_MOVES` of every model."""
    found: dict[str, Moves] = {}
    for path in modules():
        if path.name == "model.py":
            module = import_module(".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts))
            found |= {
                name: table
                for name, table in vars(module).items()
                if name.endswith("_MOVES") and isinstance(table, dict)
            }
    return found


MACHINES = sorted(transition_tables())
PAIRS = [
    pytest.param(name, before, after, id=f"{name}: {before} to {after}")
    for name, moves in sorted(transition_tables().items())
    for before, after in product(type(next(iter(moves))), repeat=2)
]


def test_every_transition_table_is_guarded() -> None:
    assert set(MACHINES) == set(COLUMNS)


@pytest.mark.parametrize("name", MACHINES)
def test_every_state_has_its_row(name: str) -> None:
    moves = transition_tables()[name]
    states = type(next(iter(moves)))
    assert set(moves) == set(states)


@pytest.mark.parametrize(("name", "before", "after"), PAIRS)
def test_a_move_leads_to_another_state_and_an_end_stays_an_end(name: str, before: StrEnum, after: StrEnum) -> None:
    moves = transition_tables()[name]
    assert all(type(target) is type(before) for target in moves[before])
    if before is after:
        assert after not in moves[before], "standing still is no move"
    if before in ENDS.get(name, ()):
        assert after not in moves[before], f"{before} is for good"


@pytest.mark.parametrize("name", MACHINES)
def test_only_the_named_states_are_for_good(name: str) -> None:
    moves = transition_tables()[name]
    assert {state for state in moves if not moves[state]} == set(ENDS.get(name, ()))


@pytest.mark.parametrize("name", MACHINES)
def test_every_state_is_reached_from_the_first(name: str) -> None:
    moves = transition_tables()[name]
    first = next(iter(moves))
    assert {state for state in moves if state is first or _leads_from(name, first, state)} == set(moves)


@pytest.mark.parametrize("name", MACHINES)
def test_the_database_knows_exactly_the_states(name: str) -> None:
    table, column = COLUMNS[name].split(".")
    states = {state.value for state in transition_tables()[name]}
    checks = [
        constraint
        for constraint in whole_schema().tables[table].constraints
        if isinstance(constraint, CheckConstraint) and str(constraint.name).endswith(f"{column}_known_check")
    ]
    assert len(checks) == 1
    found = KNOWN_STATES.fullmatch(str(checks[0].sqltext))
    assert found
    assert found[1] == column
    assert set(re.findall(r"'([^']*)'", found[2])) == states


def test_every_column_of_states_has_a_check() -> None:
    bare: list[str] = []
    for table in whole_schema().tables.values():
        for column in table.columns:
            if column.name not in {"state", "surface", "kind"} and not column.name.endswith(("_status", "_state")):
                continue
            checked = any(
                isinstance(constraint, CheckConstraint) and f"{column.name} IN (" in str(constraint.sqltext)
                for constraint in table.constraints
            )
            inherited = any(
                {element.column.name, column.name} == {column.name} and len(constraint.elements) > 1
                for constraint in table.foreign_key_constraints
                for element in constraint.elements
                if element.parent.name == column.name
            )
            if not checked and not inherited:
                bare.append(f"{table.name}.{column.name}")
    # An event's kind is known by its class, and a message's by its sender.
    assert sorted(bare) == ["message.kind", "outbox_event.kind"], "everything else is known by the database"


def _leads_from(name: str, start: StrEnum, goal: StrEnum) -> bool:
    moves, seen, waiting = transition_tables()[name], {start}, deque([start])
    while waiting:
        for state in moves[waiting.popleft()]:
            if state is goal:
                return True
            if state not in seen:
                seen.add(state)
                waiting.append(state)
    return False
