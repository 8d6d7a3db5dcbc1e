"""The process that reads one .xls: `python -m yellowcart.kernel.old_workbook_rows FILE`.

It writes lines of JSON: the name of the sheet after `=` (or `!empty`, `!locked`), then each row that holds
anything as its number followed by its cells as texts, then `!end`. Whoever reads them takes a missing `!end` for a
broken workbook.
"""

import sys
from pathlib import Path

import msgspec
from python_calamine import CalamineSheet, CalamineWorkbook, PasswordError, SheetVisibleEnum

from yellowcart.kernel.file_values import value_text

MEMORY_BYTES_MAX = 1_500 * 1024 * 1024
PROCESSOR_SECONDS_MAX = 120


def bound_myself() -> None:
    """Give this process so much memory and time and no more, where the system can do that."""
    if sys.platform != "win32":
        import resource  # noqa: PLC0415 - only there on POSIX systems

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES_MAX, MEMORY_BYTES_MAX))
        resource.setrlimit(resource.RLIMIT_CPU, (PROCESSOR_SECONDS_MAX, PROCESSOR_SECONDS_MAX))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def write_rows(path: Path) -> None:
    """Write the rows of the first sheet that holds anything."""
    try:
        workbook = CalamineWorkbook.from_path(path)
    except PasswordError:
        _write("!locked")
        return
    sheets = sorted(workbook.sheets_metadata, key=lambda each: each.visible is not SheetVisibleEnum.Visible)
    for each in sheets:
        sheet = workbook.get_sheet_by_name(each.name)
        if sheet.start is not None:
            _write(f"={each.name}")
            _write_sheet(sheet, sheet.start)
            return
    _write("!empty")


def _write_sheet(sheet: CalamineSheet, start: tuple[int, int]) -> None:
    """Rows as iterated begin at row 1 of the sheet, but at the first column that holds anything."""
    before = [""] * start[1]
    for number, row in enumerate(sheet.iter_rows(), start=1):
        cells = [*before, *(value_text(value) for value in row)]
        while cells and not cells[-1]:
            cells.pop()
        if any(not cell.isspace() for cell in cells if cell):
            _write([number, *cells])
    _write("!end")


def _write(line: object) -> None:
    sys.stdout.buffer.write(msgspec.json.encode(line) + b"\n")


if __name__ == "__main__":
    bound_myself()
    write_rows(Path(sys.argv[1]))
