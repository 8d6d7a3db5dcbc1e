"""A table is written by the folder that holds it: whoever wants something of it calls a function of that folder.

The demo world is no part of the business: it writes the past of all of them.
"""

import ast
import re
from collections.abc import Iterator

from tests.tidy.source import PACKAGE, dotted, expect_only, modules, name_of, texts_of, tree_of

WRITE = re.compile(r"\b(?:UPDATE|INSERT\s+INTO|DELETE\s+FROM)\s+(?:ONLY\s+)?([a-z_]+)")
LANE = "batch"
"""The order lane writes all that an order takes, of whatever folder, at once: the files of `orders/` that
have this word in their name."""
WRITTEN_BY_OTHERS = {
    "src/yellowcart/aftersales/store.py: stock",
    "src/yellowcart/orders/store.py: stock",
}
"""`file: table` of writes to a table of another folder. May only shrink."""


def _owners() -> dict[str, str]:
    """The folder of every table."""
    return {
        name.value: path.relative_to(PACKAGE).parts[0]
        for path in modules()
        if path.name == "tables.py"
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.Call) and dotted(node.func) == "Table"
        for name in node.args[:1]
        if isinstance(name, ast.Constant) and isinstance(name.value, str)
    }


def _writes() -> Iterator[tuple[str, str, str]]:
    """Every write but the lane's: the file, its folder, the table."""
    for path in (*modules(), *sorted(PACKAGE.rglob("*.sql"))):
        if "orders" in path.parts and LANE in path.stem:
            continue
        texts = [text for _, text in texts_of(path)] if path.suffix == ".py" else [path.read_text()]
        for text in texts:
            for table in WRITE.findall(text):
                yield name_of(path), path.relative_to(PACKAGE).parts[0], table


def test_a_table_is_written_by_the_folder_that_holds_it() -> None:
    owners = _owners()
    found = {
        f"{name}: {table}"
        for name, folder, table in _writes()
        if table in owners and folder not in {owners[table], "demo"}
    }
    expect_only(WRITTEN_BY_OTHERS, found)


def test_the_guard_sees_writes() -> None:
    assert {"shop_order", "stock", "refund"} <= set(_owners())
    assert WRITE.findall("UPDATE stock SET a = 1; DELETE FROM ONLY message; INSERT INTO\n  refund (a)") == [
        "stock",
        "message",
        "refund",
    ]
