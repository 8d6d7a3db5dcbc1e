"""The columns of the file of orders to ship and of the file of waybills: the same file goes out and comes back."""

import re
import tomllib
import unicodedata
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

import msgspec

from yellowcart.kernel.errors import Invalid
from yellowcart.kernel.file_errors import ColumnsMissing, ColumnTwice
from yellowcart.kernel.file_rows import FileRow, fitted
from yellowcart.kernel.file_writing import Column, Kind
from yellowcart.kernel.translation import N_, Locale, translate
from yellowcart.parcels.bulk.model import WrittenRow

WRITTEN_LENGTH_MAX = 80
"""Characters of a cell that are kept, to show what stood there."""

FORM = N_("a file of waybills")
FIELDS: dict[str, str] = {
    "order": N_("Order number"),
    "line": N_("Line number"),
    "title": N_("Product"),
    "sku": N_("Variant"),
    "pieces": N_("Pieces to ship"),
    "recipient": N_("Recipient"),
    "phone": N_("Telephone"),
    "address": N_("Address"),
    "note": N_("Buyer's note"),
    "due": N_("Ship by"),
    "carrier": N_("Carrier"),
    "waybill": N_("Waybill number"),
}
"""Headings in the order in which they stand; programs and people may write the usual other words as well."""
KINDS = {
    "order": Kind.ID,
    "line": Kind.ID,
    "pieces": Kind.COUNT,
    "phone": Kind.ID,
    "due": Kind.MOMENT,
    "waybill": Kind.ID,
}
HEADINGS_FILE = Path(__file__).with_name("headings.toml")
READ = ("order", "line", "pieces", "carrier", "waybill")
REQUIRED = ("order", "carrier", "waybill")


class RowsOfFileTooMany(Invalid):
    """More rows than one file of waybills may have."""

    code = "shipping_file_too_long"
    message = N_("A file of waybills has at most %(most)s rows. Split it and upload the parts one by one.")


def shown_columns(locale: Locale) -> list[Column]:
    """The columns of the file that goes out, in the reader's language."""
    return [Column(translate(heading, locale), KINDS.get(field, Kind.TEXT)) for field, heading in FIELDS.items()]


def read_rows(rows: Iterator[FileRow], most: int) -> list[WrittenRow]:
    """What the rows of a file say, those without a carrier and a waybill left out: they are not shipped yet.

    Raises ColumnsMissing, ColumnTwice, RowsOfFileTooMany, and what reading the file raises.
    """
    first = next(rows, None)
    headings = [] if first is None else first.cells
    places = _places(headings)
    read: list[WrittenRow] = []
    for row in rows:
        cells = fitted(row, len(headings))
        written = {field: _cell(cells, places.get(field)) for field in READ}
        if not written["waybill"] and not written["carrier"]:
            continue
        if len(read) == most:
            raise RowsOfFileTooMany(most=most)
        read.append(WrittenRow(number=row.number, **written))
    return read


def _places(headings: Sequence[str]) -> dict[str, int]:
    keys = [_key(heading) for heading in headings]
    places: dict[str, int] = {}
    for field in READ:
        found = [position for position, key in enumerate(keys) if key in _names(field)]
        if len(found) > 1:
            raise ColumnTwice(column=headings[found[1]])
        if found:
            places[field] = found[0]
    missing = [FIELDS[field] for field in REQUIRED if field not in places]
    if missing:
        raise ColumnsMissing(
            form=FORM,
            columns=", ".join(missing),
            expected=", ".join(FIELDS[field] for field in READ),
        )
    return places


@cache
def _names(field: str) -> frozenset[str]:
    usual = {translate(FIELDS[field], locale) for locale in Locale}
    return frozenset(_key(each) for each in (*usual, *_other_words()[field]))


@cache
def _other_words() -> dict[str, list[str]]:
    return msgspec.convert(tomllib.loads(HEADINGS_FILE.read_text(encoding="utf-8")), dict[str, list[str]])


def _cell(cells: Sequence[str], place: int | None) -> str:
    if place is None:
        return ""
    # An apostrophe before a cell is how this platform, and others, keep a spreadsheet from reckoning with it.
    return cells[place].strip().removeprefix("'").strip()[:WRITTEN_LENGTH_MAX]


def _key(heading: str) -> str:
    return re.sub(r"[\s\ufeff*_.()（）]+", "", unicodedata.normalize("NFKC", heading)).casefold()
