"""Rows of an Excel workbook (.xlsx), which is a ZIP archive of XML.

Before anything is unpacked, what the archive says of itself is held against the limits; a part says how large it
is unpacked, and no more than that is ever taken out of it. A part with a document type is refused: there entities
would be declared that grow without bounds. Then the sheet is surveyed once, for its size and its formulas, before
its values are read.
"""

import warnings
import zipfile
from array import array
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import IO, Protocol, cast
from xml.parsers import expat

import msgspec
import openpyxl
from openpyxl.cell.read_only import ReadOnlyCell

from yellowcart.kernel.errors import Refusal
from yellowcart.kernel.file_errors import (
    FileEmpty,
    FileIsNoTable,
    RowsTooMany,
    RowUnreadable,
    WorkbookBroken,
    WorkbookTooLarge,
)
from yellowcart.kernel.file_rows import MEGABYTE, FileLimits, FileRow, require_cells
from yellowcart.kernel.file_values import CellValue, value_text
from yellowcart.kernel.translation import N_

SMALL_BYTES = 16 * MEGABYTE
"""What unpacks to less than this may be packed as densely as it likes."""
ROWS_OF_A_SHEET = 1_048_576
_FORMULA_STRIDE = 1 << 20
_CHUNK = 262_144

# What openpyxl says of fonts and validations that it leaves out is no matter of ours.
warnings.filterwarnings("ignore", module="openpyxl")


class OpenedSheet(msgspec.Struct, frozen=True, kw_only=True):
    """A sheet that is open for reading. `row_count` counts the rows that hold anything."""

    name: str
    row_count: int
    rows: Iterator[FileRow]


class _Sheet(Protocol):
    """A sheet of a workbook that openpyxl opened for reading only. Where its XML stands it keeps to itself."""

    title: str
    sheet_state: str

    def reset_dimensions(self) -> None: ...
    def iter_rows(self, *, max_row: int, max_col: int) -> Iterator[tuple[ReadOnlyCell, ...]]: ...
    def _get_source(self) -> IO[bytes]: ...


class _Survey(msgspec.Struct, kw_only=True):
    """What stands in a sheet before it is read. `formulas` are places, row times a stride plus column."""

    row_count: int = 0
    row_last: int = 0
    column_last: int = 0
    formulas: "array[int]"


@contextmanager
def open_workbook(path: Path, limits: FileLimits) -> Iterator[OpenedSheet]:
    """The first visible sheet that holds anything, else the first hidden one. Raises FileIsNoTable, FileEmpty,
    WorkbookTooLarge, WorkbookBroken, RowsTooMany, RowUnreadable."""
    _require_harmless(path, limits)
    # Given a path, openpyxl would judge the file by its ending.
    with path.open("rb") as file, closing(_loaded(file)) as workbook:
        sheets = cast(list[_Sheet], list(workbook.worksheets))
        sheets.sort(key=lambda sheet: sheet.sheet_state != "visible")
        for sheet in sheets:
            with _told_as_broken(), sheet._get_source() as source:
                survey = _survey(source, limits)
            if survey.row_count:
                yield OpenedSheet(
                    name=sheet.title, row_count=survey.row_count, rows=_sheet_rows(sheet, survey, limits)
                )
                return
    raise FileEmpty


def _loaded(file: IO[bytes]) -> openpyxl.Workbook:
    with _told_as_broken():
        return openpyxl.load_workbook(file, read_only=True, data_only=True, keep_links=False)


@contextmanager
def _told_as_broken() -> Iterator[None]:
    """Readers of a damaged workbook fail in every way there is; whoever sent it needs to know only that."""
    try:
        yield
    except (Refusal, GeneratorExit):
        raise
    except Exception as error:
        raise WorkbookBroken from error


def _require_harmless(path: Path, limits: FileLimits) -> None:
    """Raises FileIsNoTable, WorkbookTooLarge, WorkbookBroken."""
    with _told_as_broken(), zipfile.ZipFile(path) as archive:
        parts = archive.infolist()
        names = {part.filename for part in parts[: limits.parts_max + 1]}
        if "xl/workbook.bin" in names:
            raise FileIsNoTable(kind=N_("a binary Excel workbook (.xlsb)"))
        if "content.xml" in names and "mimetype" in names:
            raise FileIsNoTable(kind=N_("an OpenDocument file"))
        if "[Content_Types].xml" not in names or not any(name.startswith("xl/") for name in names):
            raise FileIsNoTable(kind=N_("a ZIP archive"))
        unpacked = sum(part.file_size for part in parts)
        densely = unpacked > limits.packing_ratio_max * path.stat().st_size and unpacked > SMALL_BYTES
        if any(part.file_size > _most_of_part(part.filename, limits) for part in parts):
            raise WorkbookTooLarge(most=limits.strings_bytes_max // MEGABYTE)
        if len(parts) > limits.parts_max or unpacked > limits.unpacked_bytes_max or densely:
            most = limits.packing_ratio_max * path.stat().st_size if densely else limits.unpacked_bytes_max
            raise WorkbookTooLarge(most=max(min(most, limits.unpacked_bytes_max), SMALL_BYTES) // MEGABYTE)
        for part in parts:
            if part.filename.lower().endswith((".xml", ".rels", ".vml")):
                with archive.open(part) as source:
                    _require_no_document_type(source)


def _most_of_part(name: str, limits: FileLimits) -> int:
    """How large a part may be: sheets are read as they come, texts and styles are held in memory."""
    lowered = name.lower()
    if "sharedstrings" in lowered:
        return limits.strings_bytes_max
    if lowered.startswith(("xl/worksheets/", "xl/pivotcache/", "xl/media/", "xl/drawings/", "xl/embeddings/")):
        return limits.unpacked_bytes_max
    return 2 * SMALL_BYTES


def _require_no_document_type(source: IO[bytes]) -> None:
    """Reads up to the first element. Raises WorkbookBroken."""
    begun = False

    def element(name: str, attributes: dict[str, str]) -> None:
        nonlocal begun
        begun = True

    parser = _parser()
    parser.StartElementHandler = element
    while not begun and (chunk := source.read(4096)):
        parser.Parse(chunk, False)


def _parser() -> expat.XMLParserType:
    def refuse(name: str, system: str | None, public: str | None, internal: bool) -> None:
        raise WorkbookBroken

    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = refuse
    return parser


def _survey(source: IO[bytes], limits: FileLimits) -> _Survey:
    """Walks a sheet once. Raises RowsTooMany, RowUnreadable for a value beyond the columns."""
    survey = _Survey(formulas=array("Q"))
    row, column, counted = 0, 0, 0

    def element(name: str, attributes: dict[str, str]) -> None:
        nonlocal row, column, counted
        match name.rpartition(":")[2]:
            case "row":
                row, column = int(attributes.get("r") or row + 1), 0
            case "c":
                column = _column_of(attributes["r"]) if "r" in attributes else column + 1
            case "f" | "v" | "is" as kind:
                if kind == "f":
                    survey.formulas.append(row * _FORMULA_STRIDE + column)
                survey.column_last = max(survey.column_last, column)
                if column > limits.columns_max:
                    raise RowUnreadable(
                        row=row, column=limits.columns_max + 1, reason=N_("There are too many columns.")
                    )
                if counted != row:
                    counted, survey.row_count = row, survey.row_count + 1
                    survey.row_last = max(survey.row_last, row)

    parser = _parser()
    parser.StartElementHandler = element
    while chunk := source.read(_CHUNK):
        parser.Parse(chunk, False)
        if survey.row_count > limits.rows_max:
            raise RowsTooMany(most=limits.rows_max)
        if row > ROWS_OF_A_SHEET:
            raise WorkbookBroken
    parser.Parse(b"", True)
    survey.formulas = array("Q", sorted(survey.formulas))
    return survey


def _column_of(reference: str) -> int:
    """The column of a cell reference: C7 is 3."""
    column = 0
    for letter in reference:
        if not "A" <= letter.upper() <= "Z":
            break
        column = column * 26 + ord(letter.upper()) - 64
    return column


def _sheet_rows(sheet: _Sheet, survey: _Survey, limits: FileLimits) -> Iterator[FileRow]:
    # Sheets of other programs often say to be smaller than they are.
    sheet.reset_dimensions()
    formulas, next_formula = survey.formulas, 0
    gap: object = None
    with _told_as_broken():
        walked = sheet.iter_rows(max_row=survey.row_last, max_col=survey.column_last)
        for number, row in enumerate(walked, start=1):
            if row is gap:
                continue
            cells = [
                ""
                if cell.value is None
                else value_text(cast(CellValue, cell.value), cell.number_format or "General")
                for cell in row
            ]
            while cells and not cells[-1]:
                cells.pop()
            if not cells:
                # Rows that the sheet leaves out are given as one and the same empty row.
                gap = row
            places = []
            while next_formula < len(formulas) and formulas[next_formula] // _FORMULA_STRIDE <= number:
                if formulas[next_formula] // _FORMULA_STRIDE == number:
                    places.append(formulas[next_formula] % _FORMULA_STRIDE - 1)
                next_formula += 1
            if not places and not any(not cell.isspace() for cell in cells if cell):
                continue
            require_cells(number, cells, limits)
            yield FileRow(number=number, cells=cells, formulas=tuple(places))


def _text(cell: ReadOnlyCell) -> str:
    value = cast(CellValue, cell.value)
    return "" if value is None else value_text(value, cell.number_format or "General")
