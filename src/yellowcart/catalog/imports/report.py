"""The report of an import as a file: every product of the file with its fate, every wrong cell with its reason."""

from collections.abc import AsyncIterator, Iterator, Sequence

from yellowcart.accounts.model import Person
from yellowcart.catalog.imports.model import ImportRow
from yellowcart.catalog.imports.queries import rows_of_import
from yellowcart.catalog.imports.wording import FATES
from yellowcart.kernel.database import Database
from yellowcart.kernel.file_writing import Cell, Column, Kind, csv_text_of_pages
from yellowcart.kernel.ids import ShopId
from yellowcart.kernel.paging import PAGE_SIZE_MAX
from yellowcart.kernel.translation import N_, Locale, translate

WORKBOOK_ROWS_MAX = 100_000
"""Lines that a workbook takes: it is made in memory. The CSV has all of them."""
_COLUMNS = (
    Column(N_("Row"), Kind.COUNT),
    Column(N_("Product"), Kind.TEXT),
    Column(N_("Code in the file"), Kind.ID),
    Column(N_("What becomes of the product"), Kind.TEXT),
    Column(N_("Product number"), Kind.ID),
    Column(N_("Row of the wrong cell"), Kind.COUNT),
    Column(N_("Column"), Kind.TEXT),
    Column(N_("What stands there"), Kind.TEXT),
    Column(N_("Why"), Kind.TEXT),
)


async def report_csv(
    database: Database, person: Person, shop_id: ShopId, import_id: int, locale: Locale
) -> AsyncIterator[str]:
    """The report as CSV, piece by piece, in the reader's language. Raises NotFound."""
    pages = _pages(database, person, shop_id, import_id)
    lines = ([line for row in rows for line in _lines(row, locale)] async for rows in pages)
    async for piece in csv_text_of_pages(report_columns(locale), lines):
        yield piece


async def report_lines(
    database: Database, person: Person, shop_id: ShopId, import_id: int, locale: Locale
) -> list[tuple[Cell, ...]]:
    """The lines of the report for a workbook, at most `WORKBOOK_ROWS_MAX` of them. Raises NotFound."""
    lines: list[tuple[Cell, ...]] = []
    async for rows in _pages(database, person, shop_id, import_id):
        lines += [line for row in rows for line in _lines(row, locale)]
        if len(lines) >= WORKBOOK_ROWS_MAX:
            break
    return lines[:WORKBOOK_ROWS_MAX]


async def _pages(
    database: Database, person: Person, shop_id: ShopId, import_id: int
) -> AsyncIterator[Sequence[ImportRow]]:
    cursor: str | None = None
    while True:
        # A transaction for each page: whoever downloads slowly holds nobody up.
        async with database.reading() as reader:
            found = await rows_of_import(reader, person, shop_id, import_id, cursor=cursor, size=PAGE_SIZE_MAX)
        yield found.items
        cursor = found.next_cursor
        if cursor is None:
            return


def report_columns(locale: Locale) -> list[Column]:
    """The columns of the report, in the reader's language."""
    return [Column(translate(column.heading, locale), column.kind) for column in _COLUMNS]


def _lines(row: ImportRow, locale: Locale) -> Iterator[tuple[Cell, ...]]:
    product_id = None if row.product_id is None else str(row.product_id)
    beginning: tuple[Cell, ...] = (row.row, row.title, row.handle, translate(FATES[row.fate], locale), product_id)
    if row.picture_failure is not None:
        yield (*beginning, None, None, row.picture_url, row.picture_failure.text(locale))
    elif not row.problems:
        yield (*beginning, None, None, None, None)
    for problem in row.problems:
        yield (*beginning, problem.row or None, problem.column, problem.cell, problem.text(locale))
