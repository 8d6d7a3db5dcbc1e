"""A file of rows, whatever it is: CSV in its encodings and dialects, Excel's workbooks, what is only called so.

What a file is shows in its content; its name may lie. Rows are read as they are asked for, in bounded memory, and
every refusal names the row and the column where reading ended. What the rows mean is not known here.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path

import msgspec

from yellowcart.kernel.file_csv import csv_rows, delimiter_of
from yellowcart.kernel.file_errors import FileEmpty, FileIsNoTable, FileTooLarge, FileUnreadable, RowUnreadable
from yellowcart.kernel.file_markup import html_rows, xml_spreadsheet_rows
from yellowcart.kernel.file_old_workbook import open_old_workbook
from yellowcart.kernel.file_rows import FILE_LIMITS, MEGABYTE, WRONG_BYTES_REASON, FileLimits, FileRow, fitted
from yellowcart.kernel.file_text import OpenedText, open_text
from yellowcart.kernel.file_workbook import open_workbook
from yellowcart.kernel.translation import N_

__all__ = [
    "FILE_LIMITS",
    "FileKind",
    "FileLimits",
    "FileRow",
    "OpenedFile",
    "OpenedText",
    "fitted",
    "kind_of",
    "open_rows",
    "open_text",
    "require_size",
]

HEAD_CHARACTERS = 4_096


class FileKind(StrEnum):
    """What a file is, by its content."""

    CSV = "csv"
    """Text with commas, tabs or semicolons between the cells."""
    XLSX = "xlsx"
    """An Excel workbook of 2007 or later."""
    XLS = "xls"
    """An old Excel workbook."""
    XML = "xml"
    """An XML Spreadsheet 2003, mostly named .xls."""
    HTML = "html"
    """A web page with a table, mostly named .xls."""


_OTHERS: tuple[tuple[bytes, str], ...] = (
    (b"\x89PNG", N_("a picture (PNG)")),
    (b"\xff\xd8\xff", N_("a picture (JPEG)")),
    (b"GIF8", N_("a picture (GIF)")),
    (b"RIFF", N_("a picture or a recording")),
    (b"%PDF", N_("a PDF document")),
    (b"\x1f\x8b", N_("a compressed archive")),
    (b"Rar!", N_("a compressed archive")),
    (b"7z\xbc\xaf", N_("a compressed archive")),
    (b"BZh", N_("a compressed archive")),
    (b"\xfd7zXZ", N_("a compressed archive")),
    (b"SQLite format 3", N_("something binary")),
    (b"\x7fELF", N_("something binary")),
)
_ZIP, _COMPOUND = (b"PK\x03\x04", b"PK\x05\x06"), b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_MARKUP = ("<!doctype", "<html", "<head", "<body", "<table", "<meta", "<?xml", "<style", "<!--")


class OpenedFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file that is open for reading. `encoding` and `delimiter` are empty where the kind has none, `sheet` where
    there are no sheets. `row_count` counts the rows that hold anything, headings too, where that is known before
    reading. `rows` gives those rows, headings first, once."""

    kind: FileKind
    encoding: str = ""
    delimiter: str = ""
    sheet: str = ""
    row_count: int | None = None
    rows: Iterator[FileRow]


def require_size(path: Path, limits: FileLimits = FILE_LIMITS) -> None:
    """Raises FileTooLarge, FileEmpty."""
    size = path.stat().st_size
    if size > limits.bytes_max:
        raise FileTooLarge(most=limits.bytes_max // MEGABYTE)
    if size == 0:
        raise FileEmpty


def kind_of(path: Path) -> FileKind:
    """What a file is. Text of any kind is CSV. Raises FileIsNoTable, FileUnreadable."""
    with path.open("rb") as file:
        head = file.read(64)
    if head.startswith(_ZIP):
        return FileKind.XLSX
    if head.startswith(_COMPOUND):
        return FileKind.XLS
    for beginning, kind in _OTHERS:
        if head.startswith(beginning):
            raise FileIsNoTable(kind=kind)
    with open_text(path) as text:
        begun = text.stream.read(HEAD_CHARACTERS).lstrip("\ufeff \t\r\n").lower()
        if not begun.startswith(_MARKUP):
            return FileKind.CSV
        if "urn:schemas-microsoft-com:office:spreadsheet" in begun and begun.startswith("<?xml"):
            return FileKind.XML
        if "<table" in begun + text.stream.read(1_000_000).lower():
            return FileKind.HTML
    raise FileIsNoTable(kind=N_("a web page") if not begun.startswith("<?xml") else N_("an XML document"))


@contextmanager
def open_rows(path: Path, limits: FileLimits = FILE_LIMITS) -> Iterator[OpenedFile]:
    """The rows of a file.

    Raises at opening, or while rows are taken, FileTooLarge, FileEmpty, FileIsNoTable, FileUnreadable,
    RowUnreadable, RowsTooMany, WorkbookLocked, WorkbookBroken, WorkbookTooLarge. A text whose
    bytes are wrong anywhere is refused at opening, before any row is given.
    """
    require_size(path, limits)
    match kind_of(path):
        case FileKind.XLSX:
            with open_workbook(path, limits) as sheet:
                yield OpenedFile(kind=FileKind.XLSX, sheet=sheet.name, row_count=sheet.row_count, rows=sheet.rows)
        case FileKind.XLS:
            with open_old_workbook(path, limits) as old_sheet:
                yield OpenedFile(kind=FileKind.XLS, sheet=old_sheet.name, rows=old_sheet.rows)
        case kind:
            with open_text(path) as text:
                yield _opened_text(kind, text, limits)


def _opened_text(kind: FileKind, text: OpenedText, limits: FileLimits) -> OpenedFile:
    if kind is FileKind.CSV:
        delimiter = delimiter_of(text.stream, limits)
        rows = csv_rows(text.stream, delimiter, limits)
    else:
        delimiter = ""
        read = html_rows if kind is FileKind.HTML else xml_spreadsheet_rows
        rows = read(text.stream, limits)
    opened = OpenedFile(kind=kind, encoding=text.encoding.name, delimiter=delimiter, rows=rows)
    if not text.encoding.whole:
        _refuse_where_it_breaks(opened)
    return opened


def _refuse_where_it_breaks(opened: OpenedFile) -> None:
    """Reads up to the wrong bytes, whose cell is refused with its place. Raises RowUnreadable, and FileUnreadable
    where that place cannot be reached."""
    try:
        for _ in opened.rows:
            pass
    except RowUnreadable as refusal:
        if refusal.values.get("reason") == WRONG_BYTES_REASON:
            raise
    raise FileUnreadable
