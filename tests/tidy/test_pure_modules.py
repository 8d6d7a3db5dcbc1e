"""Decide in pure code, act at the edge (style.md, rule 2)."""

import ast
from pathlib import Path

import pytest

from tests.tidy.source import dotted, expect_none, imports_of, modules, name_of, tree_of

PURE = [path for path in modules() if path.name in {"rules.py", "model.py"}]
IMPURE_MODULES = (
    "alembic", "asyncio", "anyio", "granian", "httpx", "jinja2", "litestar", "os", "pathlib", "procrastinate",
    "psycopg", "psycopg_pool", "random", "secrets", "socket", "sqlalchemy", "subprocess", "threading", "time",
    "yellowcart.kernel.clock", "yellowcart.kernel.database", "yellowcart.kernel.events",
    "yellowcart.kernel.notifications", "yellowcart.kernel.settings", "yellowcart.kernel.tables",
    "yellowcart.kernel.tasks",
)  # fmt: skip
SHANGHAI = "yellowcart.kernel.clock.SHANGHAI"
"""The one thing of the clock that is no clock: a rule may know in which zone its dates are meant."""
DEMO_WORLD = "src/yellowcart/demo/model.py"
"""Values of a world file; its pictures are named by path."""


@pytest.mark.parametrize("path", PURE, ids=name_of)
def test_rules_and_models_reach_for_nothing_outside(path: Path) -> None:
    names = {name for _, name in imports_of(path)}
    if SHANGHAI in names:
        assert not any(name.startswith("yellowcart.kernel.clock.") and name != SHANGHAI for name in names)
        names -= {SHANGHAI, "yellowcart.kernel.clock"}
    if name_of(path) == DEMO_WORLD:
        names = {name for name in names if not name.startswith("pathlib")}
    reached = sorted(
        name for name in names if any(name == each or name.startswith(f"{each}.") for each in IMPURE_MODULES)
    )
    expect_none(reached)


@pytest.mark.parametrize("path", PURE, ids=name_of)
def test_rules_and_models_wait_for_nothing(path: Path) -> None:
    waiting = (ast.AsyncFunctionDef, ast.Await, ast.AsyncFor, ast.AsyncWith)
    expect_none([node.lineno for node in ast.walk(tree_of(path)) if isinstance(node, waiting)])


@pytest.mark.parametrize("path", PURE, ids=name_of)
def test_rules_and_models_open_and_print_nothing(path: Path) -> None:
    calls = [node for node in ast.walk(tree_of(path)) if isinstance(node, ast.Call)]
    expect_none([call.lineno for call in calls if dotted(call.func) in {"open", "print", "input"}])
