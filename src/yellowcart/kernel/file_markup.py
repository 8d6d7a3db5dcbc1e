"""Rows of tables that back offices write as web pages or as XML and name `.xls`: Excel opens both, so people send
both."""

import html
import re
from collections import deque
from collections.abc import Iterator
from typing import TextIO
from xml.parsers import expat

from yellowcart.kernel.file_errors import RowsTooMany, RowUnreadable, WorkbookBroken
from yellowcart.kernel.file_rows import FileLimits, FileRow, require_cells
from yellowcart.kernel.markup import Tag, markup_tokens
from yellowcart.kernel.translation import N_

_CHUNK = 65_536
_SPANS = re.compile(r"""\b(?:col|row)span\s*=\s*["']?0*(?:[2-9]|1[0-9])""", re.IGNORECASE)


def html_rows(stream: TextIO, limits: FileLimits) -> Iterator[FileRow]:
    """Rows of the first table with anything in it. A cell that spans others leaves no place where the others
    stand, so it is refused. Raises RowUnreadable, RowsTooMany."""
    return _bounded(_table_rows(stream, _Table(limits)), limits)


def _table_rows(stream: TextIO, table: "_Table") -> Iterator[FileRow]:
    for token in markup_tokens(iter(lambda: stream.read(_CHUNK), "")):
        if isinstance(token, Tag):
            yield from table.take_tag(token)
        else:
            table.take_text(token)
        if table.ended:
            return
    yield from table.end_row()


class _Table:
    """Gathers rows as tags go by; end tags of cells and rows may be missing, as HTML allows."""

    def __init__(self, limits: FileLimits) -> None:
        self._limits = limits
        self._number = 0
        self._cells: list[str] = []
        self._text: list[str] | None = None
        self._length = 0
        self._any = False
        self.ended = False

    def take_tag(self, tag: Tag) -> Iterator[FileRow]:
        """A tag goes by; gives the row that ends with it."""
        if tag.name in {"tr", "table"}:
            yield from self.end_row()
            self._number += tag.name == "tr" and not tag.closes
            if tag.name == "table":
                self.ended = self._any and tag.closes
                self._number = self._number if self._any else 0
        elif tag.name in {"td", "th"}:
            self._end_cell()
            if not tag.closes:
                self._begin_cell(tag)
        elif tag.name == "br" and self._text is not None:
            self._text.append("\n")

    def take_text(self, text: str) -> None:
        """A text between tags goes by."""
        if self._text is None:
            return
        self._length += len(text)
        if self._length > self._limits.cell_characters_max:
            raise self._refused(N_("The cell is too long."))
        self._text.append(text)

    def end_row(self) -> Iterator[FileRow]:
        """The row is read, if one was begun."""
        self._end_cell()
        cells, self._cells = self._cells, []
        if any(cells):
            self._any = True
            yield FileRow(number=max(self._number, 1), cells=cells)

    def _begin_cell(self, tag: Tag) -> None:
        if len(self._cells) >= self._limits.columns_max:
            raise self._refused(N_("There are too many columns."))
        if _SPANS.search(tag.attributes):
            raise self._refused(N_("The cell spans several rows or columns."))
        self._text, self._length = [], 0

    def _end_cell(self) -> None:
        if self._text is not None:
            lines = html.unescape("".join(self._text)).replace("\xa0", " ").split("\n")
            self._cells.append("\n".join(line.strip() for line in lines).strip())
            self._text = None

    def _refused(self, reason: str) -> RowUnreadable:
        return RowUnreadable(row=max(self._number, 1), column=len(self._cells) + 1, reason=reason)


def xml_spreadsheet_rows(stream: TextIO, limits: FileLimits) -> Iterator[FileRow]:
    """Rows of the first worksheet of an XML Spreadsheet 2003 that holds anything. Raises WorkbookBroken,
    RowUnreadable, RowsTooMany."""
    return _bounded(_parsed(stream, _Spreadsheet(limits)), limits)


def _parsed(stream: TextIO, sheet: "_Spreadsheet") -> Iterator[FileRow]:
    parser = expat.ParserCreate("utf-8")
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = sheet.refuse_document_type
    parser.StartElementHandler = sheet.start
    parser.EndElementHandler = sheet.end
    parser.CharacterDataHandler = sheet.data
    try:
        while not sheet.ended and (chunk := stream.read(_CHUNK)):
            parser.Parse(chunk, False)
            yield from sheet.take()
        if not sheet.ended:
            parser.Parse("", True)
    except (expat.ExpatError, ValueError) as error:
        raise WorkbookBroken from error


class _Spreadsheet:
    """Gathers rows as elements go by. A row or cell may say its place (`ss:Index`) and so leave others out."""

    def __init__(self, limits: FileLimits) -> None:
        self._limits = limits
        self._number = 0
        self._cells: list[str] = []
        self._formulas: list[int] = []
        self._text: list[str] | None = None
        self._length = 0
        self._ready: deque[FileRow] = deque()
        self._any = False
        self.ended = False

    def refuse_document_type(self, *_: object) -> None:
        """Entities are declared in a document type, and nobody needs them here."""
        raise WorkbookBroken

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """An element begins."""
        own = {key.rpartition(":")[2]: value for key, value in attributes.items()}
        match name.rpartition(":")[2]:
            case "Row":
                self._number = int(own.get("Index") or self._number + 1)
                self._cells, self._formulas = [], []
            case "Cell":
                place = int(own.get("Index") or len(self._cells) + 1)
                if place > self._limits.columns_max:
                    raise RowUnreadable(row=self._number, column=place, reason=N_("There are too many columns."))
                self._cells += [""] * (place - len(self._cells))
                if "Formula" in own:
                    self._formulas.append(len(self._cells) - 1)
            case "Data":
                self._text, self._length = [], 0

    def data(self, text: str) -> None:
        """Characters of an element."""
        if self._text is not None:
            self._length += len(text)
            if self._length > self._limits.cell_characters_max:
                raise RowUnreadable(row=self._number, column=len(self._cells), reason=N_("The cell is too long."))
            self._text.append(text)

    def end(self, name: str) -> None:
        """An element ends."""
        match name.rpartition(":")[2]:
            case "Data":
                if self._cells and self._text is not None:
                    self._cells[-1] = "".join(self._text)
                self._text = None
            case "Row":
                if not self.ended and (self._formulas or any(cell.strip() for cell in self._cells)):
                    self._any = True
                    self._ready.append(FileRow(self._number, self._cells, tuple(self._formulas)))
            case "Worksheet":
                self.ended, self._number = self._any, 0

    def take(self) -> Iterator[FileRow]:
        """The rows read so far, once."""
        while self._ready:
            yield self._ready.popleft()


def _bounded(rows: Iterator[FileRow], limits: FileLimits) -> Iterator[FileRow]:
    for count, row in enumerate(rows, start=1):
        if count > limits.rows_max:
            raise RowsTooMany(most=limits.rows_max)
        require_cells(row.number, row.cells, limits)
        yield row
