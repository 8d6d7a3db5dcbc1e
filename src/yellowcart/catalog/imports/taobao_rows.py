"""Rows of a Taobao assistant file: tabs between cells, and quotes that follow no rule but one (formats.md §1).

A cell that begins with a quote ends at a quote before a tab or the end of a line, and nowhere else: descriptions
are HTML with line breaks, tabs and bare quotes. Source: jizhuangmm/shopnc, control/store_goods.php.
"""

import re
from collections.abc import Iterator
from typing import TextIO

from yellowcart.kernel.file_errors import RowsTooMany, RowUnreadable
from yellowcart.kernel.file_rows import FileLimits, FileRow, require_cells
from yellowcart.kernel.translation import N_

_CLOSING = re.compile(r'"(?=\t|\Z)')
_QUOTES = re.compile(r'"+')


def taobao_rows(stream: TextIO, limits: FileLimits) -> Iterator[FileRow]:
    """The rows that hold anything, the line of the version and the headings among them, numbered from 1. Raises
    RowUnreadable, RowsTooMany."""
    walk = _Walk(limits)
    count = 0
    stream.seek(0)
    while line := stream.readline(limits.row_characters_max + 1):
        for row in walk.take(line):
            count += 1
            if count > limits.rows_max:
                raise RowsTooMany(most=limits.rows_max)
            require_cells(row.number, row.cells, limits)
            yield row
    walk.finish()


class _Walk:
    """The state between lines: whether a quote is open, and what stood in it so far."""

    def __init__(self, limits: FileLimits) -> None:
        self._limits = limits
        self._number = 1
        self._cells: list[str] = []
        self._quoted: list[str] | None = None
        self._length = 0

    def take(self, line: str) -> Iterator[FileRow]:
        """Read a line; gives the row that ends with it."""
        text = line.rstrip("\r\n")
        ending = line[len(text) :]
        self._length += len(line)
        if self._length > self._limits.row_characters_max:
            raise self._open_or_long()
        place = 0
        while place <= len(text):
            if self._quoted is None and text.startswith('"', place):
                self._quoted, place = [], place + 1
            if self._quoted is None:
                end = text.find("\t", place)
                end = len(text) if end < 0 else end
                self._cells.append(text[place:end])
                place = end + 1
                continue
            closing = _CLOSING.search(text, place)
            if closing is None:
                self._quoted.append(text[place:] + (ending and "\n"))
                return
            self._quoted.append(text[place : closing.start()])
            content = "".join(self._quoted)
            plain = content.rstrip('"')
            # One quote of the last ones closes the cell; of the others, two stand for one.
            inner = '"' * ((len(content) - len(plain) + 1) // 2)
            self._cells.append(_unescaped(plain) + inner)
            self._quoted = None
            place = closing.end() + 1
        yield from self._end_row()

    def finish(self) -> None:
        """The file ends. Raises RowUnreadable where a quote is still open."""
        if self._quoted is not None:
            raise self._open_or_long()

    def _end_row(self) -> Iterator[FileRow]:
        if any(cell and not cell.isspace() for cell in self._cells):
            yield FileRow(self._number, self._cells)
        self._number += 1
        self._cells, self._length = [], 0

    def _open_or_long(self) -> RowUnreadable:
        reason = (
            N_("The row is too long.")
            if self._quoted is None
            else N_("A quotation mark is not closed, or stands where none may.")
        )
        return RowUnreadable(row=self._number, column=len(self._cells) + 1, reason=reason)


def _unescaped(text: str) -> str:
    """Two quotes stand for one; a single one stands for itself."""
    return _QUOTES.sub(lambda found: '"' * ((len(found[0]) + 1) // 2), text)
