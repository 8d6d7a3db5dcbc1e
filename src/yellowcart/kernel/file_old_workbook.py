"""Rows of an old Excel workbook (.xls, BIFF).

Its reader holds a whole sheet in memory, as wide and as high as the file says, and may be brought down by a file
that lies. So it runs in a process of its own, with bounds on memory and processor time: whatever it does, only
that file is refused. Formulas cannot be told from values there; what they last gave is read.
"""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import msgspec

from yellowcart.kernel.file_errors import (
    FileEmpty,
    FileIsNoTable,
    FileTooLarge,
    RowsTooMany,
    WorkbookBroken,
    WorkbookLocked,
)
from yellowcart.kernel.file_rows import MEGABYTE, FileLimits, FileRow, require_cells
from yellowcart.kernel.translation import N_

_READER = "yellowcart.kernel.old_workbook_rows"
_LINE_BYTES_MAX = 64 * MEGABYTE
_CHUNK = 1_048_576


class OldSheet(msgspec.Struct, frozen=True, kw_only=True):
    """The sheet that is read."""

    name: str
    rows: Iterator[FileRow]


def require_old_workbook(path: Path, limits: FileLimits) -> None:
    """Raises WorkbookLocked, FileIsNoTable, FileTooLarge for a compound file that is no .xls to be read. Names in
    a compound file are UTF-16, so they can be looked for without reading its directory."""
    if path.stat().st_size > limits.old_workbook_bytes_max:
        raise FileTooLarge(most=limits.old_workbook_bytes_max // MEGABYTE)
    content = path.read_bytes()
    if "EncryptedPackage".encode("utf-16-le") in content:
        raise WorkbookLocked
    if "WordDocument".encode("utf-16-le") in content:
        raise FileIsNoTable(kind=N_("an old Word document"))
    if not any(name.encode("utf-16-le") + b"\0\0" in content for name in ("Workbook", "Book")):
        raise FileIsNoTable(kind=N_("an old Office file without a workbook"))


@contextmanager
def open_old_workbook(path: Path, limits: FileLimits) -> Iterator[OldSheet]:
    """The first visible sheet that holds anything, else the first hidden one. Raises FileEmpty, FileIsNoTable,
    FileTooLarge, WorkbookBroken, WorkbookLocked, RowsTooMany, RowUnreadable."""
    require_old_workbook(path, limits)
    reader = subprocess.Popen(  # noqa: S603 - our own module, by the interpreter that runs us
        [sys.executable, "-P", "-m", _READER, str(path)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    assert reader.stdout is not None
    try:
        first = _line(reader.stdout)
        if not isinstance(first, str):
            raise WorkbookBroken
        if first == "!locked":
            raise WorkbookLocked
        if first == "!empty":
            raise FileEmpty
        yield OldSheet(name=first.removeprefix("="), rows=_rows(reader.stdout, limits))
    finally:
        reader.kill()
        reader.stdout.close()
        reader.wait()


def _line(stream: IO[bytes]) -> object:
    """One line that the reader wrote: the sheet's name after `=`, a word after `!`, a row. Raises WorkbookBroken
    where the lines end before their time."""
    line = stream.readline(_LINE_BYTES_MAX)
    try:
        return msgspec.json.decode(line)
    except msgspec.DecodeError as error:
        raise WorkbookBroken from error


def _rows(stream: IO[bytes], limits: FileLimits) -> Iterator[FileRow]:
    count = 0
    while (line := _line(stream)) != "!end":
        number, *cells = msgspec.convert(line, list[int | str])
        row = FileRow(number=int(number), cells=[str(cell) for cell in cells])
        require_cells(row.number, row.cells, limits)
        count += 1
        if count > limits.rows_max:
            raise RowsTooMany(most=limits.rows_max)
        yield row
