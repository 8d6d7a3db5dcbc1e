"""Rows of one product that stand apart in a file, brought together without holding the file in memory.

The rows wait in a temporary SQLite database on disk. A row belongs to a key (a handle, a parent); a row may also
own keys, so that others refer to it by any of them, before or after it.
"""

import sqlite3
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import msgspec

from yellowcart.kernel.file_rows import FileRow

ROWS_OF_PRODUCT_MAX = 2_000
"""Rows of one product that are given; more than twenty times its SKUs is a mistake in the file."""
_SET = 1_000

_TABLES = """
    PRAGMA journal_mode = OFF;
    PRAGMA synchronous = OFF;
    PRAGMA cache_size = -8192;
    CREATE TABLE waiting (
        place INTEGER PRIMARY KEY,
        belongs_to TEXT,
        number INTEGER,
        content BLOB,
        product INTEGER
    );
    CREATE TABLE owner (key TEXT PRIMARY KEY, place INTEGER) WITHOUT ROWID;
"""
_SETTLE = """
    INSERT OR IGNORE INTO owner
        SELECT belongs_to, min(place) FROM waiting WHERE belongs_to IS NOT NULL GROUP BY belongs_to;
    UPDATE waiting SET product = coalesce((SELECT place FROM owner WHERE key = belongs_to), place);
    CREATE INDEX waiting_by_product ON waiting (product, place);
    CREATE TABLE product AS
        SELECT product, min(place) AS first FROM waiting GROUP BY product;
"""


class GroupedRows(msgspec.Struct, frozen=True):
    """The rows of one product in their order. `cut` says that there were more than are given."""

    rows: list[FileRow]
    cut: bool


class RowsByProduct:
    """Takes the rows of a file in, then gives them product by product in the order of first appearance."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database
        self._database.executescript(_TABLES)
        self._database.execute("BEGIN")
        self._place = 0
        self._rows: list[tuple[int, str | None, int, bytes]] = []
        self._owned: list[tuple[str, int]] = []

    def add(self, row: FileRow, belongs_to: str | None, owns: Sequence[str] = ()) -> None:
        """Take a row in. With `belongs_to` None it is a product of its own, to which rows that belong to one of
        the keys it `owns` are joined. Of two that own a key, the first has it."""
        self._place += 1
        content = msgspec.msgpack.encode((row.cells, row.formulas))
        self._rows.append((self._place, belongs_to, row.number, content))
        self._owned.extend((key, self._place) for key in owns)
        if len(self._rows) >= _SET:
            self._write()

    def products(self) -> Iterator[GroupedRows]:
        """Every product once; no row may be added any more."""
        self._write()
        self._database.executescript(_SETTLE)
        firsts = self._database.execute("SELECT product FROM product ORDER BY first")
        for (product,) in firsts:
            found = self._database.execute(
                "SELECT number, content FROM waiting WHERE product = ? ORDER BY place LIMIT ?",
                (product, ROWS_OF_PRODUCT_MAX + 1),
            ).fetchall()
            rows = [
                FileRow(number, *msgspec.msgpack.decode(content, type=tuple[list[str], tuple[int, ...]]))
                for number, content in found[:ROWS_OF_PRODUCT_MAX]
            ]
            yield GroupedRows(rows, cut=len(found) > ROWS_OF_PRODUCT_MAX)

    def _write(self) -> None:
        self._database.executemany(
            "INSERT INTO waiting (place, belongs_to, number, content) VALUES (?, ?, ?, ?)", self._rows
        )
        self._database.executemany("INSERT OR IGNORE INTO owner VALUES (?, ?)", self._owned)
        self._rows.clear()
        self._owned.clear()


@contextmanager
def rows_by_product() -> Iterator[RowsByProduct]:
    """A place for the rows of one file, gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="yellowcart-rows-", ignore_cleanup_errors=True) as folder:
        # Whoever gives up a file halfway may close it from another thread.
        database = sqlite3.connect(Path(folder) / "rows", isolation_level=None, check_same_thread=False)
        try:
            yield RowsByProduct(database)
        finally:
            database.close()
