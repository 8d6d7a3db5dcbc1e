"""The headings of a file matched to what a dialect's columns mean, and the cells of a row by that meaning."""

import re
import tomllib
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import msgspec

from yellowcart.kernel.file_errors import ColumnTwice
from yellowcart.kernel.file_rows import FileRow, fitted

HEADINGS_FILE = Path(__file__).with_name("headings.toml")
_CHINESE = re.compile(r"[\u4e00-\u9fff]")
NUMBERED_MAX = 20
"""Columns of one kind that come by number (attributes) and are read."""


@cache
def heading_data() -> Mapping[str, Any]:
    """What `headings.toml` holds."""
    return tomllib.loads(HEADINGS_FILE.read_text(encoding="utf-8"))


class FormHeadings(msgspec.Struct, frozen=True, kw_only=True):
    """The headings of one dialect: every way in which a field's column may be called, the usual one first."""

    name: str
    required: tuple[str, ...]
    fields: Mapping[str, tuple[str, ...]]
    patterns: Mapping[str, tuple[str, ...]]

    def usual(self, field: str, *, chinese: bool = False) -> str:
        """The heading to show for a field, in the language that the file is in where there is one."""
        names = self.fields.get(field, (field,))
        return next((name for name in names if bool(_CHINESE.search(name)) is chinese), names[0])


@cache
def form_headings(name: str) -> FormHeadings:
    """The headings of a dialect by its name."""
    data = heading_data()[name]
    return FormHeadings(
        name=name,
        required=tuple(data["required"]),
        fields={field: tuple(names) for field, names in data["fields"].items()},
        patterns={field: tuple(names) for field, names in data.get("patterns", {}).items()},
    )


def heading_key(heading: str) -> str:
    """A heading as it is compared: without case, spaces, full-width signs and marks of the byte order."""
    return re.sub(r"[\s\ufeff*]+", "", unicodedata.normalize("NFKC", heading)).casefold()


class Columns:
    """Where a dialect's fields stand in a file. `labels` are the headings as the file writes them."""

    def __init__(self, form: FormHeadings, headings: Sequence[str]) -> None:
        self.form = form
        self.width = len(headings)
        self.chinese = any(_CHINESE.search(heading) for heading in headings)
        self.labels = [" ".join(heading.split()) for heading in headings]
        keys = [heading_key(heading) for heading in headings]
        self._positions: dict[str, int] = {}
        for field, names in form.fields.items():
            # The usual name counts before the others, wherever they stand.
            for name in names:
                key = heading_key(name)
                if key in keys:
                    self._positions[field] = keys.index(key)
                    break
        self.twice = next(
            (self.labels[place] for place in self._positions.values() if keys.count(keys[place]) > 1), None
        )
        self.numbered = {kind: _numbered(keys, patterns) for kind, patterns in form.patterns.items()}

    def require_once(self) -> None:
        """Raises ColumnTwice when a column that is read stands twice."""
        if self.twice is not None:
            raise ColumnTwice(column=self.twice)

    def __contains__(self, field: str) -> bool:
        return field in self._positions

    @property
    def missing(self) -> list[str]:
        """Required fields without a column."""
        return [field for field in self.form.required if field not in self]

    @property
    def likeness(self) -> tuple[int, int]:
        """How many fields have a column, and how many of these are called as usual."""
        usual = [
            field
            for field, place in self._positions.items()
            if heading_key(self.form.fields[field][0]) == heading_key(self.labels[place])
        ]
        return len(self._positions), len(usual)

    def position(self, field: str) -> int | None:
        """The column of a field, from 0."""
        return self._positions.get(field)

    def label(self, field: str) -> str:
        """The heading of a field as the file writes it; the usual one where the file has none."""
        place = self._positions.get(field)
        return self.form.usual(field, chinese=self.chinese) if place is None else self.labels[place]

    @property
    def unread(self) -> Iterator[str]:
        """Headings of columns that nothing is taken from."""
        read = set(self._positions.values()) | {
            place for numbered in self.numbered.values() for place in numbered.values()
        }
        return (label for place, label in enumerate(self.labels) if label and place not in read)


def _numbered(keys: Sequence[str], patterns: Sequence[str]) -> dict[int, int]:
    found: dict[int, int] = {}
    for place, key in enumerate(keys):
        for pattern in patterns:
            if (match := re.fullmatch(pattern, key)) and 1 <= int(match[1]) <= NUMBERED_MAX:
                found.setdefault(int(match[1]), place)
    return found


class Cells:
    """One row of a file, its cells by field. A field without a column reads as empty."""

    def __init__(self, columns: Columns, row: FileRow) -> None:
        """Raises RowUnreadable for a cell without a heading."""
        self.columns = columns
        self.number = row.number
        self.cells = fitted(row, columns.width)
        self.formulas = frozenset(row.formulas)

    def __getitem__(self, field: str) -> str:
        place = self.columns.position(field)
        return "" if place is None else self.cells[place].strip()

    def has(self, *fields: str) -> bool:
        """Whether anything stands in one of the fields."""
        return any(self[field] for field in fields)

    def is_unreckoned(self, field: str) -> bool:
        """Whether a formula stands there whose result the file does not keep."""
        place = self.columns.position(field)
        return place in self.formulas and not self[field]

    def numbered(self, kind: str) -> list[tuple[int, str]]:
        """The cells of columns that come by number, by number."""
        places = self.columns.numbered.get(kind, {})
        return [(number, self.cells[places[number]].strip()) for number in sorted(places)]
