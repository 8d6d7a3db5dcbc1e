"""The bytes of an uploaded file as a table of texts: encoding, delimiter, quotes and limits. Knows no products."""

import codecs
import csv
import io

import msgspec

from yellowcart.catalog.errors import (
    FileEmpty,
    FileIsNoTable,
    FileTooLarge,
    FileUnreadable,
    RowsTooMany,
    RowUnreadable,
)
from yellowcart.kernel.translation import N_

FILE_MEGABYTES_MAX = 5
FILE_BYTES_MAX = FILE_MEGABYTES_MAX * 1024 * 1024
ROWS_MAX = 5_000
COLUMNS_MAX = 300
CELL_CHARACTERS_MAX = 100_000

_KINDS: tuple[tuple[bytes, str], ...] = (
    (b"\x89PNG", N_("a picture (PNG)")),
    (b"\xff\xd8\xff", N_("a picture (JPEG)")),
    (b"GIF8", N_("a picture (GIF)")),
    (b"RIFF", N_("a picture or a recording")),
    (b"PK\x03\x04", N_("an Excel workbook or another ZIP archive")),
    (b"\xd0\xcf\x11\xe0", N_("an old Excel or Word file")),
    (b"%PDF", N_("a PDF document")),
    (b"\x1f\x8b", N_("a compressed archive")),
    (b"<!DO", N_("a web page")),
    (b"<htm", N_("a web page")),
)


class TableRow(msgspec.Struct, frozen=True):
    """One row under the headings. `number` is the row's number as a spreadsheet shows it: the headings are row 1,
    and a cell with line breaks is still one row."""

    number: int
    cells: list[str]


class FileTable(msgspec.Struct, frozen=True, kw_only=True):
    """A file as rows of texts, each as long as the headings."""

    encoding: str
    delimiter: str
    columns: list[str]
    rows: list[TableRow]


def read_table(content: bytes) -> FileTable:
    """Read an uploaded file. Raises FileTooLarge, FileEmpty, FileIsNoTable, FileUnreadable, RowUnreadable,
    RowsTooMany."""
    if len(content) > FILE_BYTES_MAX:
        raise FileTooLarge(most=FILE_MEGABYTES_MAX)
    if not content.strip():
        raise FileEmpty
    for beginning, kind in _KINDS:
        if content.startswith(beginning):
            raise FileIsNoTable(kind=kind)
    text, encoding = decode(content)
    delimiter = _delimiter_of(text)
    return _split(text, encoding, delimiter)


def decode(content: bytes) -> tuple[str, str]:
    """The text of a file and the name of its encoding. Marks at the beginning decide first; then what is valid
    UTF-8 is UTF-8, for hardly any GB18030 text happens to be. Raises FileUnreadable, FileIsNoTable."""
    marks = (
        (codecs.BOM_UTF8, "utf-8-sig", "UTF-8"),
        (codecs.BOM_UTF16_LE, "utf-16", "UTF-16"),
        (codecs.BOM_UTF16_BE, "utf-16", "UTF-16"),
    )
    for mark, codec, name in marks:
        if content.startswith(mark):
            return _strictly(content, codec), name
    if silent := _utf16_without_mark(content):
        return _strictly(content, silent), "UTF-16"
    if b"\0" in content:
        raise FileIsNoTable(kind=N_("something binary"))
    try:
        return content.decode("utf-8"), "UTF-8"
    except UnicodeDecodeError:
        text = _strictly(content, "gb18030")
    if any(not (character.isprintable() or character in "\r\n\t\u3000\xa0") for character in text):
        raise FileIsNoTable(kind=N_("something binary"))
    return text, "GB18030"


def _strictly(content: bytes, codec: str) -> str:
    try:
        text = content.decode(codec)
    except UnicodeDecodeError as error:
        raise FileUnreadable from error
    if "\0" in text:
        raise FileIsNoTable(kind=N_("something binary"))
    return text


def _utf16_without_mark(content: bytes) -> str | None:
    """The first heading is ASCII: in UTF-16 every second byte of the beginning is zero."""
    head = content[:12]
    if len(head) < 12 or len(content) % 2:
        return None
    if not any(head[0::2]) and all(head[1::2]):
        return "utf-16-be"
    if not any(head[1::2]) and all(head[0::2]):
        return "utf-16-le"
    return None


def _delimiter_of(text: str) -> str:
    heading = text.lstrip("\r\n").splitlines()[0] if text.strip() else ""
    return max((",", "\t", ";"), key=heading.count)


def _split(text: str, encoding: str, delimiter: str) -> FileTable:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    columns: list[str] = []
    rows: list[TableRow] = []
    number = 0
    try:
        for cells in reader:
            number += 1
            if not columns:
                columns = _headings(cells, number)
                continue
            if not any(cell.strip() for cell in cells):
                continue
            if len(rows) >= ROWS_MAX:
                raise RowsTooMany(most=ROWS_MAX)
            rows.append(TableRow(number, _fitted(cells, columns, number)))
    except csv.Error as error:
        raise RowUnreadable(
            row=number + 1, column=1, reason=N_("A quotation mark is not closed, or stands where none may.")
        ) from error
    if not rows:
        raise FileEmpty
    return FileTable(encoding=encoding, delimiter=delimiter, columns=columns, rows=rows)


def _headings(cells: list[str], number: int) -> list[str]:
    columns = [cell.strip() for cell in cells]
    while columns and not columns[-1]:
        columns.pop()
    if not columns:
        raise FileEmpty
    if len(columns) > COLUMNS_MAX:
        raise RowUnreadable(row=number, column=COLUMNS_MAX + 1, reason=N_("There are too many columns."))
    return columns


def _fitted(cells: list[str], columns: list[str], number: int) -> list[str]:
    for position in range(len(columns), len(cells)):
        if cells[position].strip():
            raise RowUnreadable(row=number, column=position + 1, reason=N_("There are more cells than headings."))
    for position, cell in enumerate(cells):
        if len(cell) > CELL_CHARACTERS_MAX:
            raise RowUnreadable(row=number, column=position + 1, reason=N_("The cell is too long."))
    fitted = cells[: len(columns)]
    return fitted + [""] * (len(columns) - len(fitted))
