"""Money is an integer (style.md, rule 6): where amounts are reckoned there is no float and no `/`.

Two things look alike and are none: a path that is joined to a text, and seconds of the machine, whose names
end in `_s` because units stand last in names, or in `seconds_max`.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

from tests.tidy.source import PACKAGE, dotted, expect_none, expect_only, modules, name_of, texts_of, tree_of

MONEY_FOLDERS = [
    PACKAGE / name
    for name in (
        "aftersales",
        "alliance",
        "catalog",
        "conversions",
        "freight",
        "ledger",
        "orders",
        "parcels",
        "payments",
        "promotions",
        "quality",
        "reviews",
        "settlement",
        "stage",
    )
]
MONEY_FILES = [PACKAGE / "kernel" / "money.py"]
SECONDS_ARE_FLOATS = {"src/yellowcart/stage/enforce.py: enforce_on_time"}
"""`file: function` that keeps seconds of the machine under another name. May only shrink."""


def _money_code() -> list[Path]:
    return MONEY_FILES + [path for path in modules() if set(path.parents) & set(MONEY_FOLDERS)]


def _floats(tree: ast.Module) -> Iterator[tuple[int, str]]:
    seconds = {id(piece) for node in ast.walk(tree) for piece in _of_seconds(node)}
    for node in ast.walk(tree):
        if id(node) in seconds:
            continue
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):
            if not (isinstance(node.right, ast.Constant) and isinstance(node.right.value, str)):
                yield node.lineno, "/"
        elif isinstance(node, ast.AugAssign) and isinstance(node.op, ast.Div):
            yield node.lineno, "/="
        elif isinstance(node, ast.Constant) and isinstance(node.value, float):
            yield node.lineno, repr(node.value)
        elif isinstance(node, ast.Name) and node.id == "float":
            yield node.lineno, "float"
        elif isinstance(node, ast.Call) and dotted(node.func) == "round":
            yield node.lineno, "round"


def _of_seconds(node: ast.AST) -> Iterator[ast.AST]:
    """What stands in the declaration of a name that says seconds."""
    if isinstance(node, ast.arg) and _says_seconds(node.arg) and node.annotation:
        yield from ast.walk(node.annotation)
    elif isinstance(node, ast.AnnAssign) and _says_seconds(dotted(node.target)):
        yield from ast.walk(node)
    elif isinstance(node, ast.Assign) and all(_says_seconds(dotted(each)) for each in node.targets):
        yield from ast.walk(node.value)


def _says_seconds(name: str) -> bool:
    return name.lower().endswith(("_s", "seconds_max"))


def _function_at(tree: ast.Module, line: int) -> str:
    within = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        and node.lineno <= line <= (node.end_lineno or line)
    ]
    return max(within, key=lambda node: node.lineno).name if within else "module"


def test_no_float_and_no_division_where_money_is_reckoned() -> None:
    found = {
        f"{name_of(path)}: {_function_at(tree_of(path), line)}"
        for path in _money_code()
        for line, _ in _floats(tree_of(path))
    }
    expect_only(SECONDS_ARE_FLOATS, found)


def test_every_folder_whose_tables_hold_money_is_looked_at() -> None:
    with_money = {
        path.parent
        for path in modules()
        if path.name == "tables.py" and any(text.endswith("_fen") for _, text in texts_of(path))
    }
    expect_none(name_of(each) for each in with_money if not {each, *each.parents} & set(MONEY_FOLDERS))


def test_the_guard_sees_floats() -> None:
    tree = ast.parse("a = 1 / 2\nb = 0.5\nc = float(b)\nd = round(b)\na /= 2\ne = 3 // 2")
    assert sorted(line for line, _ in _floats(tree)) == [1, 2, 3, 4, 5]
    innocent = ast.parse("WAIT_S = 0.5\npath = folder / 'a.sql'\ndef f(now_s: float) -> None: ...")
    assert list(_floats(innocent)) == []
