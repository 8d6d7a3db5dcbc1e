"""Which kind of product file a file is, found out from its headings, and its products one by one."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from enum import StrEnum
from pathlib import Path

import msgspec

from yellowcart.catalog.imports.alimama import alimama_products
from yellowcart.catalog.imports.checking import NotesOfFile
from yellowcart.catalog.imports.file_product import FileProduct, Sentence
from yellowcart.catalog.imports.headings import Columns, form_headings
from yellowcart.catalog.imports.shopify import shopify_products
from yellowcart.catalog.imports.taobao_assistant import taobao_assistant_products
from yellowcart.catalog.imports.taobao_rows import taobao_rows
from yellowcart.catalog.imports.template import template_products
from yellowcart.catalog.imports.woocommerce import woocommerce_products
from yellowcart.kernel import clock
from yellowcart.kernel.file_errors import ColumnsMissing, FileEmpty
from yellowcart.kernel.file_reading import (
    FILE_LIMITS,
    FileKind,
    FileLimits,
    FileRow,
    OpenedFile,
    open_rows,
    open_text,
)
from yellowcart.kernel.translation import N_

HEADINGS_WITHIN = 5
"""Rows at the beginning of a file among which the headings stand: some have a version or a name above them."""
EXPECTED_SHOWN_MAX = 12


class Dialect(StrEnum):
    """A kind of product file."""

    SHOPIFY = "shopify"
    """Shopify's product CSV."""
    WOOCOMMERCE = "woocommerce"
    """WooCommerce's product CSV, in English or Chinese."""
    TAOBAO_ASSISTANT = "taobao_assistant"
    """The CSV of Taobao's assistant for sellers, 淘宝助理."""
    ALIMAMA = "alimama"
    """A selection list of the Taobao alliance, 阿里妈妈."""
    TEMPLATE = "template"
    """Our own plain form."""


DIALECT_NAMES: dict[Dialect, str] = {
    Dialect.SHOPIFY: N_("a Shopify product CSV"),
    Dialect.WOOCOMMERCE: N_("a WooCommerce product CSV"),
    Dialect.TAOBAO_ASSISTANT: N_("a Taobao assistant CSV"),
    Dialect.ALIMAMA: N_("a selection list of Taobao Union"),
    Dialect.TEMPLATE: N_("our own template"),
}


class OpenedProducts(msgspec.Struct, frozen=True, kw_only=True):
    """A product file that is open for reading. `encoding` is empty for a workbook. `row_count_hint` is about how
    many rows the file has, where that is known. `notes` say what is worth knowing of the file as a whole; some are
    there only when all products were taken. `products` gives every product once."""

    dialect: Dialect
    encoding: str
    row_count_hint: int | None
    notes: list[Sentence]
    products: Iterator[FileProduct]


class _Begun(msgspec.Struct, frozen=True):
    """A file whose headings are found; `skipped` counts the rows up to and with them."""

    dialect: Dialect
    columns: Columns
    skipped: int


@contextmanager
def open_products(
    path: Path,
    dialect: Dialect | None = None,
    *,
    now: datetime | None = None,
    limits: FileLimits = FILE_LIMITS,
) -> Iterator[OpenedProducts]:
    """The products of a file; its dialect is found out unless it is said. `now` decides which sale prices hold,
    and is the platform's now where it is not given.

    Raises ColumnsMissing, ColumnTwice, FileEmpty and everything else of kernel.file_errors, at opening or while
    products are taken.
    """
    moment = now or clock.now()
    notes = NotesOfFile()
    with open_rows(path, limits) as opened:
        begun = _begin(opened.rows, dialect)
        begun.columns.require_once()
        if opened.sheet:
            notes.say(N_("The sheet %(sheet)s was read."), sheet=opened.sheet)
        if begun.dialect is Dialect.TAOBAO_ASSISTANT and (opened.kind, opened.delimiter) == (FileKind.CSV, "\t"):
            # Its quotes follow a rule of their own, so the file is read anew.
            with open_text(path) as text:
                rows = taobao_rows(text.stream, limits)
                begun = _begin(rows, begun.dialect)
                yield _opened(opened, begun, rows, notes, moment)
        else:
            yield _opened(opened, begun, opened.rows, notes, moment)


def _opened(
    opened: OpenedFile, begun: _Begun, rows: Iterator[FileRow], notes: NotesOfFile, now: datetime
) -> OpenedProducts:
    count = None if opened.row_count is None else max(opened.row_count - begun.skipped, 0)
    return OpenedProducts(
        dialect=begun.dialect,
        encoding=opened.encoding,
        row_count_hint=count,
        notes=notes.sentences,
        products=_with_notes(_read(begun, _without_second_headings(begun, rows), notes, now), notes),
    )


def _begin(rows: Iterator[FileRow], dialect: Dialect | None) -> _Begun:
    """Reads up to the headings. Raises ColumnsMissing, FileEmpty."""
    seen: list[Sequence[str]] = []
    for row in rows:
        if begun := _match(row.cells, dialect, len(seen) + 1):
            return begun
        seen.append(row.cells)
        if len(seen) == HEADINGS_WITHIN:
            break
    if not seen:
        raise FileEmpty
    raise _missing(seen, dialect)


def _match(cells: Sequence[str], dialect: Dialect | None, skipped: int) -> _Begun | None:
    """The dialect that all required headings are there of; of several the one that knows most headings."""
    candidates = [
        _Begun(each, Columns(form_headings(each.value), cells), skipped)
        for each in ([dialect] if dialect else Dialect)
    ]
    fitting = [each for each in candidates if not each.columns.missing]
    return max(fitting, key=lambda each: each.columns.likeness, default=None)


def _missing(seen: Sequence[Sequence[str]], dialect: Dialect | None) -> ColumnsMissing:
    """What the nearest dialect would need."""
    candidates = [
        (each, Columns(form_headings(each.value), cells))
        for cells in seen
        for each in ([dialect] if dialect else Dialect)
    ]

    def nearness(candidate: tuple[Dialect, Columns]) -> tuple[int, tuple[int, int]]:
        return -len(candidate[1].missing), candidate[1].likeness

    nearest, columns = max(candidates, key=nearness)
    expected = dict.fromkeys([*columns.form.required, *columns.form.fields])
    return ColumnsMissing(
        form=DIALECT_NAMES[nearest],
        columns=", ".join(columns.label(field) for field in columns.missing),
        expected=", ".join([columns.label(field) for field in expected][:EXPECTED_SHOWN_MAX]),
    )


def _without_second_headings(begun: _Begun, rows: Iterator[FileRow]) -> Iterator[FileRow]:
    """Under the English field names of the Taobao assistant stand the Chinese ones."""
    for position, row in enumerate(rows):
        if position == 0 and _match(row.cells, begun.dialect, 0):
            continue
        yield row


def _read(begun: _Begun, rows: Iterator[FileRow], notes: NotesOfFile, now: datetime) -> Iterator[FileProduct]:
    match begun.dialect:
        case Dialect.SHOPIFY:
            return shopify_products(begun.columns, rows, notes)
        case Dialect.WOOCOMMERCE:
            return woocommerce_products(begun.columns, rows, notes, now.astimezone(clock.SHANGHAI).date())
        case Dialect.TAOBAO_ASSISTANT:
            return taobao_assistant_products(begun.columns, rows, notes)
        case Dialect.ALIMAMA:
            return alimama_products(begun.columns, rows, notes)
        case Dialect.TEMPLATE:
            return template_products(begun.columns, rows, notes)


def _with_notes(products: Iterator[FileProduct], notes: NotesOfFile) -> Iterator[FileProduct]:
    any_product = False
    for product in products:
        any_product = True
        yield product
    if not any_product:
        raise FileEmpty
    notes.finish()
