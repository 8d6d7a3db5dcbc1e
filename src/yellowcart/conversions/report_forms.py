"""What a form of report is: how it is told from others, and who reads its lines."""

import unicodedata
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Protocol

import msgspec

from yellowcart.conversions.cells import LineCells
from yellowcart.conversions.model import Network, ReportedLine
from yellowcart.conversions.report_words import FormWords, amount_words
from yellowcart.kernel.translation import N_


class LineReader(Protocol):
    """Reads the lines of one report, in their order."""

    def read(self, cells: LineCells) -> ReportedLine | None:
        """One line, or None with its problems noted in the cells."""
        ...


class ReportForm(msgspec.Struct, frozen=True, kw_only=True):
    """One form of report of one network.

    `needs` are the meanings without whose columns nothing can be read. `fields` are the fields by which an
    object of an API's JSON is known.
    """

    name: str
    network: Network
    words: FormWords
    needs: Sequence[str]
    fields: Collection[str]
    reader: Callable[[], LineReader]

    def missing(self, columns: Collection[str]) -> list[str]:
        """The needed columns that a file lacks, each by its first name."""
        names = [self.words.columns[meaning] for meaning in self.needs]
        return [each[0] for each in names if not any(name in columns for name in each)]

    def marks_in(self, columns: Collection[str]) -> int:
        """How many of the columns are names that no other form uses."""
        return sum(mark in columns for mark in self.words.marks)

    def fits(self, columns: Collection[str]) -> bool:
        """Whether a file with these columns is of this form for sure."""
        return not self.missing(columns) and self.marks_in(columns) > 0


def heading(text: str) -> str:
    """A heading as the forms name it: half-width, without blanks, in small letters, without the unit yuan. Any
    other unit stays: it changes what the number means."""
    plain = "".join(unicodedata.normalize("NFKC", text).split()).strip("'\"=\ufeff").casefold()
    for unit in amount_words().headings:
        plain = plain.removesuffix(unit)
    return plain


def reported(cells: LineCells, fields: Mapping[str, object]) -> ReportedLine | None:
    """The line made of what was read; None where anything of it is wrong, which is noted in the cells."""
    if cells.problems:
        return None
    try:
        return msgspec.convert({name: value for name, value in fields.items() if value is not None}, ReportedLine)
    except msgspec.ValidationError as error:
        cells.note_line(N_("This line cannot be true: %(reason)s"), reason=str(error))
        return None


def form_of(forms: Sequence[ReportForm], columns: Collection[str]) -> ReportForm | None:
    """The one form that a file with these columns has for sure; None where none or several fit."""
    fitting = [form for form in forms if form.fits(columns)]
    return fitting[0] if len(fitting) == 1 else None


def nearest_form(forms: Sequence[ReportForm], columns: Collection[str]) -> ReportForm:
    """The form that lacks the fewest columns: what a file most likely is meant to be."""
    return min(forms, key=lambda form: (len(form.missing(columns)), -form.marks_in(columns)))
