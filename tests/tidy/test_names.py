"""The tree names the business (style.md, rule 1)."""

import ast
import re

from tests.tidy.source import MIGRATIONS, PACKAGE, ROOT, code, expect_none, modules, name_of, tree_of

EMPTY_WORDS = frozenset(
    [
        "base",
        "bases",
        "common",
        "core",
        "helper",
        "helpers",
        "lib",
        "manager",
        "managers",
        "misc",
        "service",
        "services",
        "stuff",
        "util",
        "utils",
    ]
)
"""Words that say where somebody put something, not what it is."""
CUT_WORDS = frozenset(
    [
        "acct",
        "addr",
        "calc",
        "cfg",
        "conf",
        "ctrl",
        "ctx",
        "db",
        "desc",
        "fn",
        "func",
        "impl",
        "info",
        "init",
        "mgr",
        "msg",
        "num",
        "obj",
        "param",
        "params",
        "prod",
        "proc",
        "qty",
        "repo",
        "svc",
        "tmp",
        "usr",
        "util",
        "val",
        "var",
    ]
)
"""Words that were cut short."""
WHOLE_WORDS = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*\Z")
SUFFIXES_OF_CLASSES = (
    "Base",
    "Common",
    "Helper",
    "Helpers",
    "Impl",
    "Manager",
    "Misc",
    "Service",
    "Util",
    "Utils",
)


def test_files_and_folders_are_named_for_what_they_are_about() -> None:
    wrong: list[str] = []
    for path in code():
        for part in path.relative_to(ROOT).with_suffix("").parts:
            if part in {"__init__", "__main__"}:
                continue
            if not WHOLE_WORDS.match(part) or set(part.split("_")) & (EMPTY_WORDS | CUT_WORDS):
                wrong.append(f"{name_of(path)}: {part}")
    expect_none(wrong)


def test_classes_are_named_for_what_they_are() -> None:
    wrong = [
        f"{name_of(path)}:{node.lineno} {node.name}"
        for path in code()
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.ClassDef) and node.name.endswith(SUFFIXES_OF_CLASSES)
    ]
    expect_none(wrong)


def test_every_folder_of_code_is_a_package_so_that_the_walls_see_it() -> None:
    folders = {path.parent for path in modules()} - {MIGRATIONS}
    expect_none([name_of(each) for each in sorted(folders) if not (each / "__init__.py").is_file()])


def test_a_business_folder_opens_with_one_sentence_about_itself() -> None:
    silent = [
        name_of(path)
        for path in modules()
        if path.name == "__init__.py" and path.parent != PACKAGE and not ast.get_docstring(tree_of(path))
    ]
    expect_none(silent)
