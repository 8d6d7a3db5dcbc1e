"""Rows of a text file whose cells are parted by commas, tabs or semicolons and may stand in quotes (RFC 4180)."""

import csv
import re
from collections.abc import Iterator
from typing import TextIO

from yellowcart.kernel.file_errors import RowsTooMany, RowUnreadable
from yellowcart.kernel.file_rows import FileLimits, FileRow, require_cells
from yellowcart.kernel.translation import N_

DELIMITERS = (",", "\t", ";")
_DECLARED = re.compile(r'"?sep=([,\t;])"?\r?\n?', re.IGNORECASE)
_LINES_ASKED = 20
_INSIDE_QUOTES = re.compile(r'"((?:[^"]++|"")*+)')
_BROKEN_QUOTE = N_("A quotation mark is not closed, or stands where none may.")


def delimiter_of(stream: TextIO, limits: FileLimits) -> str:
    """What parts the cells: what the line `sep=` says that Excel writes, else what stands most often outside
    quotes in the first line where any of them does; a line above the headings may have none. The stream is read
    from its beginning and left there."""
    found = ""
    stream.seek(0)
    for _ in range(_LINES_ASKED):
        line = stream.readline(limits.row_characters_max)
        declared = _DECLARED.fullmatch(line)
        outside = declared[1] if declared else re.sub(r'"[^"]*"?', "", line)
        if not line or any(each in outside for each in DELIMITERS):
            found = outside
            break
    stream.seek(0)
    return max(DELIMITERS, key=found.count)


def csv_rows(stream: TextIO, delimiter: str, limits: FileLimits) -> Iterator[FileRow]:
    """The rows that hold anything, numbered as a spreadsheet shows them: a cell with line breaks is one row.
    Raises RowUnreadable with the place where reading ended, and RowsTooMany."""
    # The limit of the csv module is one for the whole process.
    csv.field_size_limit(max(csv.field_size_limit(), limits.cell_characters_max + 1))
    lines = _Lines(stream, limits)
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    count = 0
    while True:
        number = lines.rows + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            spaced = _spaced_row(lines, delimiter)
            if spaced is None:
                raise _fault(lines, number, delimiter, limits) from error
            cells = spaced
        if number == 1 and _DECLARED.fullmatch("".join(lines.of_row)):
            # Excel obeys this line and shows none of it: the headings are its row 1.
            lines.of_row.clear()
            continue
        lines.end_row()
        require_cells(number, cells, limits)
        if not any(cell and not cell.isspace() for cell in cells):
            continue
        count += 1
        if count > limits.rows_max:
            raise RowsTooMany(most=limits.rows_max)
        yield FileRow(number=number, cells=cells)


class _Lines:
    """The lines of a stream for the csv module, which asks for more while a quote is open. Those of the row that
    is being read are kept, to find the place of a fault."""

    def __init__(self, stream: TextIO, limits: FileLimits) -> None:
        self._stream = stream
        self._limits = limits
        self._held = 0
        self.rows = 0
        self.of_row: list[str] = []

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        line = self._stream.readline(self._limits.row_characters_max + 1)
        if not line:
            raise StopIteration
        self._held += len(line)
        self.of_row.append(line)
        if self.too_long:
            raise csv.Error("the row is too long")
        return line

    @property
    def too_long(self) -> bool:
        """Whether the row is longer than is taken."""
        return self._held > self._limits.row_characters_max

    def end_row(self) -> None:
        """The row is read."""
        self.rows += 1
        self._held = 0
        self.of_row.clear()


def _spaced_row(lines: _Lines, delimiter: str) -> list[str] | None:
    """The row that the csv module gave up, where nothing is wrong with it but blanks behind closing quotes: tools
    that align columns write them. None where more is wrong."""
    if lines.too_long:
        return None
    cells: list[str] = []
    text, place = "".join(lines.of_row), 0
    ending = re.compile(rf"[ \t]*?(?:({re.escape(delimiter)})|[\r\n]*\Z)")
    plain = re.compile(rf"[^{re.escape(delimiter)}\r\n]*")
    while True:
        quoted = _INSIDE_QUOTES.match(text, place)
        if quoted is not None and quoted.end() == len(text):
            # The quote is still open, and closes in no line that holds an even number of quotes.
            more: list[str] = []
            try:
                while not more or more[-1].count('"') % 2 == 0:
                    more.append(next(lines))
            except (StopIteration, csv.Error):
                return None
            text, place = text[place:] + "".join(more), 0
            continue
        found = plain.match(text, place) if quoted is None else quoted
        ended = None if found is None else ending.match(text, found.end() + (quoted is not None))
        if found is None or ended is None:
            return None
        cells.append(found[0] if quoted is None else quoted[1].replace('""', '"'))
        if ended[1] is None:
            return cells
        place = ended.end()


def _fault(lines: _Lines, number: int, delimiter: str, limits: FileLimits) -> RowUnreadable:
    """Why and in which column the csv module gave a row up. It does not say, so the row is walked again."""
    column, cell_length, quoted, closed, spaced = 1, 0, False, False, False
    opened = 1
    for character in "".join(lines.of_row):
        if quoted:
            quoted, closed = character != '"', character == '"'
        elif character == '"' and not spaced and (closed or cell_length == 0):
            quoted, closed, opened = True, False, column
        elif character == delimiter:
            column, cell_length, closed, spaced = column + 1, -1, False, False
        elif closed and character in " \t":
            spaced = True
        elif closed and character not in "\r\n":
            return RowUnreadable(row=number, column=column, reason=_BROKEN_QUOTE)
        cell_length += 1
        if cell_length > limits.cell_characters_max:
            return RowUnreadable(
                row=number, column=column, reason=N_("The cell is too long, or its quotation mark is not closed.")
            )
    if quoted:
        return RowUnreadable(row=number, column=opened, reason=_BROKEN_QUOTE)
    if lines.of_row and sum(map(len, lines.of_row)) > limits.row_characters_max:
        return RowUnreadable(row=number, column=column, reason=N_("The row is too long."))
    return RowUnreadable(row=number, column=column, reason=_BROKEN_QUOTE)
