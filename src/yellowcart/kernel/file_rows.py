"""How much of a file is read at most, and a row as every reader of files gives it."""

from collections.abc import Sequence

import msgspec

from yellowcart.kernel.file_errors import RowUnreadable
from yellowcart.kernel.file_text import WRONG_BYTES
from yellowcart.kernel.translation import N_

MEGABYTE = 1024 * 1024
WRONG_BYTES_REASON = N_(
    "Bytes stand here that are no text in the file's encoding. "
    "Save the whole file in one encoding, UTF-8 if you can."
)


class FileLimits(msgspec.Struct, frozen=True, kw_only=True):
    """Bounds of a file of rows. `rows_max` counts rows that hold anything. `unpacked_bytes_max` and
    `packing_ratio_max` bound a workbook, which is a ZIP archive: what its parts say to be when unpacked, how many
    times that is its size on disk, and (`strings_bytes_max`) the texts that are held in memory.
    `old_workbook_bytes_max` bounds an .xls, which is read as a whole."""

    bytes_max: int = 200 * MEGABYTE
    rows_max: int = 200_000
    columns_max: int = 400
    cell_characters_max: int = 200_000
    row_characters_max: int = 2_000_000
    unpacked_bytes_max: int = 400 * MEGABYTE
    strings_bytes_max: int = 128 * MEGABYTE
    packing_ratio_max: int = 200
    parts_max: int = 5_000
    old_workbook_bytes_max: int = 64 * MEGABYTE


FILE_LIMITS = FileLimits()


class FileRow(msgspec.Struct, frozen=True):
    """One row of a file. `number` is the row as a spreadsheet shows it, the headings mostly being row 1. `cells`
    are texts as they stand there, as many as the row has. `formulas` are the positions of cells (from 0) that hold
    a formula: the text is its last result, empty where the file keeps none; nothing is ever reckoned here."""

    number: int
    cells: list[str]
    formulas: tuple[int, ...] = ()


def require_cells(number: int, cells: Sequence[str], limits: FileLimits) -> None:
    """Raises RowUnreadable for a row with too many cells, and for a cell that is too long or holds what is no
    text."""
    if len(cells) > limits.columns_max and any(cells[limits.columns_max :]):
        raise RowUnreadable(row=number, column=limits.columns_max + 1, reason=N_("There are too many columns."))
    for position, cell in enumerate(cells, start=1):
        if len(cell) > limits.cell_characters_max:
            raise RowUnreadable(row=number, column=position, reason=N_("The cell is too long."))
        if "\0" in cell:
            raise RowUnreadable(row=number, column=position, reason=N_("The cell holds a zero byte."))
        if WRONG_BYTES in cell:
            raise RowUnreadable(
                row=number,
                column=position,
                reason=WRONG_BYTES_REASON,
            )


def fitted(row: FileRow, width: int) -> list[str]:
    """The cells of a row, as many as there are headings; missing ones are empty. Raises RowUnreadable for a cell
    that has no heading."""
    for position in range(width, len(row.cells)):
        if row.cells[position].strip():
            raise RowUnreadable(
                row=row.number, column=position + 1, reason=N_("There are more cells than headings.")
            )
    cells = row.cells[:width]
    return cells + [""] * (width - len(cells))
