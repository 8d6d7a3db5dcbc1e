"""The source as the guards read it: files, syntax trees, and the SQL that stands in them."""

import ast
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "src" / "yellowcart"
TEMPLATES = PACKAGE / "templates"
TRANSLATIONS = PACKAGE / "translations"
MIGRATIONS = PACKAGE / "migrations"

Function = ast.FunctionDef | ast.AsyncFunctionDef


def name_of(path: Path) -> str:
    """How a guard names a file: its path within the checkout."""
    return path.relative_to(ROOT).as_posix()


@cache
def modules() -> tuple[Path, ...]:
    """Every Python file of the package, migrations excepted: those are written by Alembic."""
    return tuple(sorted(path for path in PACKAGE.rglob("*.py") if MIGRATIONS not in path.parents))


@cache
def code() -> tuple[Path, ...]:
    """Every Python file of the checkout that a person writes: package, benchmarks, tests."""
    beside = [*(ROOT / "bench").rglob("*.py"), *(ROOT / "tests").rglob("*.py")]
    return (*modules(), *sorted(beside))


@cache
def tree_of(path: Path) -> ast.Module:
    """The syntax tree of a file."""
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


@cache
def texts_of(path: Path) -> tuple[tuple[int, str], ...]:
    """Every text in a file with its line, docstrings excepted; the places of an f-string read as `{}`."""
    tree = tree_of(path)
    formatted = [node for node in ast.walk(tree) if isinstance(node, ast.JoinedStr)]
    elsewhere = {id(each) for each in _documentation(tree)}
    elsewhere |= {id(piece) for node in formatted for piece in node.values}
    found: list[tuple[int, str]] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            joined = "".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in node.values)
            found.append((node.lineno, joined))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in elsewhere:
            found.append((node.lineno, node.value))
    return tuple(found)


def _documentation(tree: ast.Module) -> Iterator[ast.Constant]:
    """Texts that stand alone as a statement: docstrings, also those under a constant or an enum's member."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            yield node.value


def imports_of(path: Path) -> Iterator[tuple[int, str]]:
    """Every module that a file imports, with the line."""
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, each.name) for each in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.lineno, node.module
            yield from ((node.lineno, f"{node.module}.{each.name}") for each in node.names)


def public_functions(tree: ast.Module) -> Iterator[tuple[str, Function]]:
    """Functions and methods that others may call, by their dotted name; what is nested in a function is not."""
    yield from _public(tree.body, "")


def _public(body: list[ast.stmt], within: str) -> Iterator[tuple[str, Function]]:
    for node in body:
        if isinstance(node, Function) and not node.name.startswith("_"):
            yield within + node.name, node
        elif isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            yield from _public(node.body, f"{within}{node.name}.")


def dotted(node: ast.expr) -> str:
    """`datetime.now` for the expression that reads so; empty for anything but names and dots."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        before = dotted(node.value)
        return f"{before}.{node.attr}" if before else ""
    return ""


def expect_none(wrong: Iterable[object]) -> None:
    """Fail with everything that is wrong, one a line."""
    lines = sorted(str(each) for each in wrong)
    if lines:
        raise AssertionError("\n".join(["", *lines]))


def expect_only(tolerated: set[str], found: set[str]) -> None:
    """Fail for what is broken and not tolerated, and for what is tolerated though it is broken no more: a list
    of tolerated exceptions may only shrink."""
    expect_none([*(found - tolerated), *(f"no longer needs tolerance: {each}" for each in tolerated - found)])
