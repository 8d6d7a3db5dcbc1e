"""A network's report as lines: a table (CSV or Excel, as kernel.file_reading opens it) or the JSON of an API.

A report is read to its end before anything is done with it: what makes it unreadable as a whole (a broken
workbook, a form that nobody knows) refuses it all, and a line that is wrong by itself is told with its row and
column while the others stand. The lines wait in a temporary file, so that a long report needs no memory.
"""

import io
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from itertools import chain, islice
from pathlib import Path
from typing import IO, Final

import msgspec

from yellowcart.catalog.imports.file_product import RowProblem
from yellowcart.conversions import jd_union, pinduoduo, taobao_union
from yellowcart.conversions.cells import LineCells, words
from yellowcart.conversions.errors import (
    ReportFormUnclear,
    ReportFormUnknown,
    ReportHoldsNothing,
    ReportIsAnError,
    ReportOfOtherNetwork,
    ReportTooLarge,
    ReportUnreadable,
)
from yellowcart.conversions.model import Network, ReportedLine
from yellowcart.conversions.report_forms import LineReader, ReportForm, form_of, heading, nearest_form
from yellowcart.kernel.file_reading import FileRow, open_rows
from yellowcart.kernel.json_reading import JSON_UNREADABLE

PROBLEMS_KEPT_MAX: Final = 1_000
"""So many problems of a report are kept to be looked at; all wrong lines are counted."""
JSON_BYTES_MAX: Final = 16 * 1024 * 1024
HEADING_ROWS: Final = 12
"""Headings stand in one of the first rows; some exports write a title and dates above them."""
NESTED_MAX: Final = 12
"""How deep answers of APIs are wrapped, JSON texts within JSON included."""

_REASON = words(200)
_JSON = msgspec.json.Decoder(float_hook=Decimal)
_LINE = msgspec.json.Decoder(tuple[int, ReportedLine])
_ENCODER = msgspec.json.Encoder()


class NumberedLine(msgspec.Struct, frozen=True):
    """A line with the row, or the place in the call, where it stood."""

    row: int
    line: ReportedLine


class ReadReport:
    """A report that was read to its end. `lines` can be taken in batches, once."""

    def __init__(self, form: str, kept: IO[bytes]) -> None:
        self.form = form
        """What the file was: csv, xlsx, xls, xml, html or json."""
        self.network: Network | None = None
        self.row_count = 0
        self.wrong_count = 0
        self.problems: list[RowProblem] = []
        self._kept = kept

    def add(self, reader: LineReader, cells: LineCells) -> None:
        """Read one line, and keep it or what is wrong with it."""
        line = reader.read(cells)
        if line is not None:
            self.keep(cells.row, line)
            return
        self.row_count += 1
        self.wrong_count += 1
        self.problems += cells.problems[: max(PROBLEMS_KEPT_MAX - len(self.problems), 0)]

    def keep(self, row: int, line: ReportedLine) -> None:
        """Keep one line."""
        self.row_count += 1
        self._kept.write(_ENCODER.encode((row, line)) + b"\n")

    def batches(self, size: int) -> Iterator[list[NumberedLine]]:
        """The lines, so many at a time."""
        self._kept.seek(0)
        while batch := [NumberedLine(*_LINE.decode(text)) for text in islice(self._kept, size)]:
            yield batch


@contextmanager
def read_report(path: Path, network: Network | None, today: date) -> Iterator[ReadReport]:
    """Read a file to its end. `network` None: the file must tell; `today` is the day in Shanghai (see `jd_union`).

    Raises ReportFormUnknown, ReportFormUnclear, ReportOfOtherNetwork, ReportHoldsNothing, ReportIsAnError,
    ReportUnreadable, ReportTooLarge, and what kernel.file_reading raises.
    """
    with tempfile.TemporaryFile(prefix="yellowcart-report-") as kept:
        if _is_json(path):
            if path.stat().st_size > JSON_BYTES_MAX:
                raise ReportTooLarge(most=JSON_BYTES_MAX // 1024**2)
            report = ReadReport("json", kept)
            _read_objects(report, decoded(path.read_bytes()), network, today)
        else:
            with open_rows(path) as opened:
                report = ReadReport(opened.kind.value, kept)
                _read_rows(report, opened.rows, network, today)
        if not report.row_count:
            raise ReportHoldsNothing
        yield report


@contextmanager
def read_document(document: object, network: Network, today: date) -> Iterator[ReadReport]:
    """Read the decoded JSON of a network's API. Raises as `read_report` does."""
    with tempfile.TemporaryFile(prefix="yellowcart-report-") as kept:
        report = ReadReport("json", kept)
        _read_objects(report, document, network, today)
        if not report.row_count:
            raise ReportHoldsNothing
        yield report


def of_lines(lines: Sequence[ReportedLine], network: Network) -> ReadReport:
    """A report of lines that are in our own form already. Raises ReportHoldsNothing."""
    if not lines:
        raise ReportHoldsNothing
    report = ReadReport("api", io.BytesIO())
    report.network = network
    for row, line in enumerate(lines, start=1):
        report.keep(row, line)
    return report


def decoded(content: bytes) -> object:
    """JSON with its numbers exact: a fraction becomes a Decimal, never a float. Raises ReportUnreadable."""
    try:
        document: object = _JSON.decode(content.removeprefix(b"\xef\xbb\xbf"))
    except JSON_UNREADABLE as error:
        raise ReportUnreadable(reason=str(error)) from error
    return document


def all_forms(today: date) -> tuple[ReportForm, ...]:
    """Every form of report that can be read, as of a day in Shanghai."""
    return (*taobao_union.FORMS, *jd_union.forms(today), *pinduoduo.FORMS)


def _is_json(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(256).removeprefix(b"\xef\xbb\xbf").lstrip()[:1] in {b"{", b"["}


def _read_rows(report: ReadReport, rows: Iterator[FileRow], network: Network | None, today: date) -> None:
    first = list(islice(rows, HEADING_ROWS))
    if not first:
        raise ReportHoldsNothing
    position, form = _find_headings(first, network, today)
    headings = first[position].cells
    columns = [heading(text) for text in headings]
    names = {column: text.strip() for column, text in zip(reversed(columns), reversed(headings), strict=True)}
    reader = form.reader()
    report.network = form.network
    for row in chain(first[position + 1 :], rows):
        values: dict[str, object] = {}
        for column, cell in zip(columns, row.cells, strict=False):
            values.setdefault(column, cell)
        report.add(reader, LineCells(row.number, values, form.words.columns, names))


def _find_headings(rows: Sequence[FileRow], network: Network | None, today: date) -> tuple[int, ReportForm]:
    """Where the headings of a table stand, and of which form they are."""
    forms = all_forms(today)
    asked = [form for form in forms if network in {None, form.network}]
    columns_of = [frozenset(heading(cell) for cell in row.cells) - {""} for row in rows]
    for position, columns in enumerate(columns_of):
        found = form_of(forms, columns)
        if found is not None and found not in asked:
            raise ReportOfOtherNetwork(form=found.name)
        found = found or _only([form for form in asked if not form.missing(columns)])
        if found is not None:
            return position, found
        if any(not form.missing(columns) for form in asked):
            raise ReportFormUnclear
    columns = max(columns_of, key=lambda each: -len(nearest_form(asked, each).missing(each)))
    nearest = nearest_form(asked, columns)
    raise ReportFormUnknown(form=nearest.name, columns=", ".join(nearest.missing(columns)))


def _only(forms: Sequence[ReportForm]) -> ReportForm | None:
    return forms[0] if len(forms) == 1 else None


def _read_objects(report: ReadReport, document: object, network: Network | None, today: date) -> None:
    forms = all_forms(today)
    asked = [form for form in forms if network in {None, form.network}]
    readers: dict[str, LineReader] = {}
    row = 0
    for form, found in _objects(document, forms, NESTED_MAX):
        if form not in asked or report.network not in {None, form.network}:
            raise ReportOfOtherNetwork(form=form.name)
        report.network = form.network
        reader = readers.setdefault(form.name, form.reader())
        for values in jd_union.rows_of(found) if form.network is Network.JD_UNION else [found]:
            row += 1
            report.add(reader, LineCells(row, values, form.words.columns))
    if not row:
        _explain_emptiness(document, asked)


def _objects(
    value: object, forms: Sequence[ReportForm], depth: int
) -> Iterator[tuple[ReportForm, dict[str, object]]]:
    """The orders in an API's answer, however it is wrapped: pages in lists, JSON texts within JSON."""
    if depth == 0:
        return
    if isinstance(value, str) and value.lstrip()[:1] in {"{", "["}:
        try:
            value = decoded(value.encode())
        except ReportUnreadable:
            return
    if isinstance(value, list):
        for each in value:
            yield from _objects(each, forms, depth - 1)
    elif isinstance(value, dict):
        form = next((form for form in forms if all(field in value for field in form.fields)), None)
        if form is not None:
            yield form, value
            return
        for each in value.values():
            if isinstance(each, dict | list | str):
                yield from _objects(each, forms, depth - 1)


def _explain_emptiness(document: object, forms: Sequence[ReportForm]) -> None:
    """Raises what fits a document without any order: an error of the network, another form, or nothing at all."""
    if isinstance(document, dict) and isinstance(error := document.get("error_response"), dict):
        reason = next((error[name] for name in ("sub_msg", "msg", "error_msg", "zh_desc") if error.get(name)), "")
        raise ReportIsAnError(reason=_REASON(reason))
    fields = _first_fields(document, NESTED_MAX)
    if fields:
        nearest = max(forms, key=lambda form: sum(field in fields for field in form.fields))
        missing = ", ".join(field for field in nearest.fields if field not in fields)
        raise ReportFormUnknown(form=nearest.name, columns=missing)
    raise ReportHoldsNothing


def _first_fields(value: object, depth: int) -> frozenset[str]:
    """The fields of the first object that stands in a list."""
    if depth == 0:
        return frozenset()
    if isinstance(value, list):
        if value and isinstance(value[0], dict):
            return frozenset(value[0])
        return next((found for each in value if (found := _first_fields(each, depth - 1))), frozenset())
    if isinstance(value, dict):
        return next((found for each in value.values() if (found := _first_fields(each, depth - 1))), frozenset())
    return frozenset()
