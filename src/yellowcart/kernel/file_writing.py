"""Tables as files: CSV that Excel opens in Chinese, and workbooks; no cell of either ever starts a formula.

A row is a sequence of plain values, and a column's kind says what its integers mean: fen are written as yuan,
basis points as percent, moments in Shanghai's time. None is an empty cell: unknown is not zero. A title that a
stranger chose may begin like a formula (`=HYPERLINK(…)`), and a spreadsheet runs what begins so: in CSV such a
text gets an apostrophe before it, in a workbook it is a cell of the type text (OWASP "CSV Injection").
"""

import csv
import io
import re
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Final

import msgspec
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import Cell as SheetCell
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from yellowcart.kernel.clock import SHANGHAI

Cell = str | int | Decimal | datetime | None

CELL_LENGTH_MAX = 32_767
"""Characters that a cell of a workbook can hold."""
SHEET_TITLE_MAX = 31
DIGITS_MAX = 15
"""Spreadsheets keep so many digits of a number; a longer one is written as text."""
_BOM: Final = "\ufeff"
_ROWS_A_PIECE = 200

_STARTS_FORMULA = frozenset("=+-@＝＋－＠\t\r\n")
# What a spreadsheet may skip before it looks for the sign of a formula.
_SKIPPED = (
    " \u0085\u00a0\u1680\u180e\u3000\ufeff\u202f\u205f\u2060"
    + "".join(map(chr, range(0x2000, 0x2010)))
    + "\u2028\u2029\"'“”‘’＂＇`"
)
# Neither a workbook nor UTF-8 can hold these.
_UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_TITLE_FORBIDDEN = re.compile(r"[\[\]:*?/\\\x00-\x1f]")


class Kind(StrEnum):
    """What the values of a column are."""

    TEXT = "text"
    """Words. Other values are written by their own type."""
    ID = "id"
    """A name made of digits or letters: never reckoned with, never rounded."""
    FEN = "fen"
    """An integer of fen, written in yuan with two decimals."""
    BASIS_POINTS = "basis_points"
    """An integer of basis points, written in percent with two decimals."""
    COUNT = "count"
    """A number of things."""
    MOMENT = "moment"
    """An aware time, written to the second in Asia/Shanghai."""


class Column(msgspec.Struct, frozen=True):
    """One column: its heading as people read it, and what its values are."""

    heading: str
    kind: Kind = Kind.TEXT


def csv_text(columns: Sequence[Column | str], rows: Iterable[Sequence[Cell]]) -> Iterator[str]:
    """A CSV file piece by piece: byte order mark, comma, CRLF, the headings first. A plain string is the heading
    of a column of texts.

    Rows are taken as they come, so that a long file needs no memory. Raises ValueError for a row that is not as
    long as the columns, and for a time without zone.
    """
    known = _columns(columns)
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\r\n")
    buffer.write(_BOM)
    writer.writerow([guarded(written(column.heading)) for column in known])
    for number, row in enumerate(rows, start=1):
        writer.writerow([_csv_cell(column.kind, value) for column, value in zip(known, row, strict=True)])
        if number % _ROWS_A_PIECE == 0:
            yield _taken(buffer)
    yield _taken(buffer)


async def csv_text_of_pages(
    columns: Sequence[Column | str], pages: AsyncIterator[Iterable[Sequence[Cell]]]
) -> AsyncIterator[str]:
    """The same for rows that are read page by page while the file is sent: nobody waits for all of them."""
    heading = "".join(csv_text(columns, []))
    yield heading
    async for rows in pages:
        yield "".join(csv_text(columns, rows)).removeprefix(heading)


def guarded(text: str) -> str:
    """The text with an apostrophe before it where a spreadsheet would take it for a formula."""
    bare = text.lstrip(_SKIPPED)
    return f"'{text}" if bare[:1] in _STARTS_FORMULA and bare else text


def written(text: str) -> str:
    """The text as a file can hold it: one kind of line end, and U+FFFD for what no cell can hold."""
    return _UNWRITABLE.sub("\ufffd", text.replace("\r\n", "\n").replace("\r", "\n"))


def workbook_bytes(title: str, columns: Sequence[Column | str], rows: Iterable[Sequence[Cell]]) -> bytes:
    """An .xlsx file of one sheet: headings that stay in sight and filter, numbers as numbers in their format.

    For bounded tables: the whole file is in memory. Raises ValueError as `csv_text` does.
    """
    known = _columns(columns)
    workbook = Workbook(write_only=True)
    sheet: Worksheet = workbook.create_sheet(_sheet_title(title))
    for position, column in enumerate(known, start=1):
        sheet.column_dimensions[get_column_letter(position)].width = _width(column)
    sheet.freeze_panes = "A2"
    # All cells are made before the first is written: a row that is refused leaves no half-written sheet open.
    body = [
        [_sheet_cell(sheet, column.kind, value) for column, value in zip(known, row, strict=True)] for row in rows
    ]
    sheet.append([_heading(sheet, column) for column in known])
    for cells in body:
        sheet.append(cells)
    sheet.auto_filter.ref = f"A1:{get_column_letter(max(len(known), 1))}{len(body) + 1}"
    content = io.BytesIO()
    workbook.save(content)
    return content.getvalue()


def yuan(fen: int) -> Decimal:
    """Fen as yuan, exactly, with two decimals."""
    return Decimal(fen).scaleb(-2)


def _columns(columns: Sequence[Column | str]) -> list[Column]:
    return [Column(column) if isinstance(column, str) else column for column in columns]


def _taken(buffer: io.StringIO) -> str:
    piece = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return piece


def _local(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise ValueError("moments are aware")
    return moment.astimezone(SHANGHAI).replace(tzinfo=None, microsecond=0)


def _csv_cell(kind: Kind, value: Cell) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return guarded(written(value))
    if isinstance(value, datetime):
        return _local(value).isoformat(sep=" ")
    if isinstance(value, int) and kind is Kind.FEN:
        return f"{yuan(value):f}"
    if isinstance(value, int) and kind is Kind.BASIS_POINTS:
        return f"{yuan(value):f}%"
    return f"{value:f}" if isinstance(value, Decimal) else str(int(value))


_FORMATS = {
    Kind.TEXT: "General",
    Kind.ID: "@",
    Kind.FEN: "#,##0.00",
    Kind.BASIS_POINTS: "0.00%",
    Kind.COUNT: "#,##0",
    Kind.MOMENT: "yyyy-mm-dd hh:mm:ss",
}
_WIDTHS = {Kind.TEXT: 24, Kind.ID: 20, Kind.FEN: 14, Kind.BASIS_POINTS: 10, Kind.COUNT: 10, Kind.MOMENT: 20}


def _width(column: Column) -> int:
    # A Chinese character is as wide as two digits.
    heading = sum(1 if character.isascii() else 2 for character in column.heading) + 4
    return min(max(_WIDTHS[column.kind], heading), 60)


def _sheet_title(title: str) -> str:
    return _TITLE_FORBIDDEN.sub(" ", written(title))[:SHEET_TITLE_MAX].strip(" '") or "1"


def _heading(sheet: Worksheet, column: Column) -> SheetCell:
    cell = _text_cell(sheet, column.heading)
    cell.font = Font(bold=True)
    return cell


def _text_cell(sheet: Worksheet, text: str) -> SheetCell:
    cell = WriteOnlyCell(sheet, written(text)[:CELL_LENGTH_MAX])
    # openpyxl makes a formula of what begins with "=" and an error of "#N/A". In the format of texts it stays one
    # when somebody edits it, too.
    cell.data_type = "s"
    cell.number_format = "@"
    return cell


def _sheet_cell(sheet: Worksheet, kind: Kind, value: Cell) -> SheetCell | None:
    if value is None or value == "":
        return None
    if isinstance(value, str):
        return _text_cell(sheet, value)
    if kind is Kind.ID or (isinstance(value, int) and len(str(abs(value))) > DIGITS_MAX):
        return _text_cell(sheet, _csv_cell(kind, value))
    cell = WriteOnlyCell(sheet)
    cell.value = _sheet_value(kind, value)
    cell.number_format = _FORMATS[Kind.MOMENT if isinstance(value, datetime) else kind]
    return cell


def _sheet_value(kind: Kind, value: int | Decimal | datetime) -> int | Decimal | datetime:
    if isinstance(value, datetime):
        return _local(value)
    if isinstance(value, int) and kind is Kind.FEN:
        return yuan(value)
    if isinstance(value, int) and kind is Kind.BASIS_POINTS:
        return Decimal(value).scaleb(-4)
    return value
