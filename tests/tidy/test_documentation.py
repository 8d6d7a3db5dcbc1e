"""Docstrings say the promise (style.md, rules 12 and 13); a function fits a screen and a file a sitting."""

import ast
from pathlib import Path

from tests.tidy.source import (
    MIGRATIONS,
    ROOT,
    Function,
    code,
    expect_none,
    expect_only,
    modules,
    name_of,
    public_functions,
    tree_of,
)

LINES_OF_A_FILE = 400
LINES_OF_A_FUNCTION = 60
# A test may tell a whole story, and a file of tests is a table of cases: both are read from top to bottom.
LINES_OF_A_TEST_FILE = 600
LINES_OF_A_TEST = 120
LONGER_FILES: set[str] = set()
"""Files that are longer. May only shrink."""
LONGER_FUNCTIONS: set[str] = set()
"""`file: function` that is longer. May only shrink."""


def test_every_module_says_what_it_is_about() -> None:
    paths = (*code(), *sorted((MIGRATIONS / "versions").glob("*.py")))
    # A package's __init__ of the tests has nothing to say; a business folder's is held by test_names.
    expect_none(
        [name_of(path) for path in paths if path.name != "__init__.py" and not ast.get_docstring(tree_of(path))]
    )


def test_every_public_function_says_what_it_promises() -> None:
    silent = [
        f"{name_of(path)}:{function.lineno} {name}"
        for path in modules()
        for name, function in public_functions(tree_of(path))
        if not ast.get_docstring(function) and not _is_overload(function)
    ]
    expect_none(silent)


def test_every_public_class_says_what_it_is() -> None:
    silent = [
        f"{name_of(path)}:{node.lineno} {node.name}"
        for path in modules()
        for node in tree_of(path).body
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_") and not ast.get_docstring(node)
    ]
    expect_none(silent)


def test_every_member_of_an_enum_says_what_it_means() -> None:
    silent = [
        f"{name_of(path)}:{member.lineno} {node.name}"
        for path in modules()
        for node in tree_of(path).body
        if isinstance(node, ast.ClassDef) and any("Enum" in ast.unparse(base) for base in node.bases)
        for member in _members_without_words(node)
    ]
    expect_none(silent)


def test_every_file_can_be_read_in_one_sitting() -> None:
    long = {
        name_of(path)
        for path in code()
        if _lines(path) > (LINES_OF_A_TEST_FILE if _is_test(path) else LINES_OF_A_FILE)
    }
    expect_only(LONGER_FILES, long)


def test_every_function_fits_a_screen() -> None:
    long = {
        f"{name_of(path)}: {node.name}"
        for path in code()
        for node in ast.walk(tree_of(path))
        if isinstance(node, Function)
        and (node.end_lineno or 0) - node.lineno >= (LINES_OF_A_TEST if _is_test(path) else LINES_OF_A_FUNCTION)
    }
    expect_only(LONGER_FUNCTIONS, long)


def _is_test(path: Path) -> bool:
    return ROOT / "tests" in path.parents


def _lines(path: Path) -> int:
    return len(path.read_text(encoding="utf-8").splitlines())


def _is_overload(function: Function) -> bool:
    return any(ast.unparse(decorator) == "overload" for decorator in function.decorator_list)


def _members_without_words(node: ast.ClassDef) -> list[ast.stmt]:
    silent: list[ast.stmt] = []
    for position, member in enumerate(node.body):
        if not isinstance(member, ast.Assign):
            continue
        after = node.body[position + 1] if position + 1 < len(node.body) else None
        if not (isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant)):
            silent.append(member)
    return silent
