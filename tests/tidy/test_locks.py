"""Locks have one order (style.md, rule 3): two transactions that lock the same rows never wait for each other
in a circle."""

import re

from tests.tidy.source import PACKAGE, expect_only, modules, name_of, texts_of
from yellowcart.schema import whole_schema

LOCK = re.compile(r"\bFOR\s+(?:NO\s+KEY\s+)?(?:UPDATE|SHARE)\b|\bFOR\s+KEY\s+SHARE\b")
TABLE = re.compile(r"\b(?:FROM|JOIN)\s+([a-z_]+)")
ROWS_WITHOUT_ORDER: set[str] = set()
"""`file: the statement's first words` of locks on several rows without an order. Empty, and stays so."""


def _statements() -> list[tuple[str, str]]:
    found = [
        (f"{name_of(path)}:{line}", text)
        for path in modules()
        for line, text in texts_of(path)
        if LOCK.search(text)
    ]
    for path in sorted(PACKAGE.rglob("*.sql")):
        found += [(name_of(path), text) for text in path.read_text().split(";") if LOCK.search(text)]
    return found


def _locks_one_row(statement: str) -> bool:
    """Whether every column of the primary key of the one table it reads is set equal to a value."""
    tables = whole_schema().tables
    read = TABLE.findall(statement)
    if len(read) != 1 or read[0] not in tables:
        return False
    return all(
        re.search(rf"\b{column.name}\s*=\s*%\(", statement) for column in tables[read[0]].primary_key.columns
    )


def _orders_before_it_locks(statement: str) -> bool:
    return all("ORDER BY" in statement[: found.start()] for found in LOCK.finditer(statement))


def test_every_lock_on_rows_has_an_order() -> None:
    disordered = {
        f"{place.rsplit(':', 1)[0]}: {' '.join(text.split()[:8])}"
        for place, text in _statements()
        if not _orders_before_it_locks(text) and not _locks_one_row(text)
    }
    expect_only(ROWS_WITHOUT_ORDER, disordered)


def test_the_guard_sees_locks() -> None:
    assert _statements()
    assert _locks_one_row("SELECT 1 FROM stock WHERE shop_id = %(shop_id)s AND sku_id = %(sku_id)s FOR UPDATE")
    assert not _locks_one_row("SELECT 1 FROM stock WHERE shop_id = %(shop_id)s FOR UPDATE")
    assert not _orders_before_it_locks("SELECT 1 FROM stock FOR UPDATE")
