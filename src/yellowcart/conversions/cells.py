"""Single values of a report: cells of a file or fields of an API's JSON, read exactly or refused.

Every unit trap of domain.md §1.5 is met here: yuan texts and yuan numbers become fen, percent, per mille and
fractions become basis points, and nothing ever passes through a binary fraction (JSON numbers come as Decimal).
Ids stay text: a spreadsheet keeps 15 digits of a number, so that a longer id which went through it as a number
is told, not guessed. Times without a zone are Asia/Shanghai.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Final, TypeVar

from yellowcart.catalog.imports.file_product import CELL_SHOWN_MAX, RowProblem
from yellowcart.conversions.model import AMOUNT_MAX, ID_LENGTH_MAX, QUANTITY_MAX
from yellowcart.conversions.report_words import amount_words, nothing_words
from yellowcart.kernel.clock import SHANGHAI
from yellowcart.kernel.money import WHOLE
from yellowcart.kernel.translation import N_

Value = TypeVar("Value")

_QUOTED: Final = re.compile(r'="(.*)"', re.DOTALL)
_EXPONENT: Final = re.compile(r"[+-]?\d+(?:\.\d+)?[eE][+-]?\d+")
_ID: Final = re.compile(r"[!-~]+")
_NUMBER: Final = re.compile(r"([+-]?)(\d+|\d{1,3}(?:,\d{3})+)(?:\.(\d+))?")
_TIME: Final = re.compile(
    # 2022-02-24 and its kin, also as 2022\u5e742\u670824\u65e5: year, month and day in Chinese.
    r"(\d{4})[-/.\u5e74](\d{1,2})[-/.\u6708](\d{1,2})\u65e5?"
    r"(?:[ T](\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?)?(Z|[+-]\d{2}:?\d{2})?"
)
_INVISIBLE: Final = dict.fromkeys(map(ord, "\u200b\u200c\u200d\ufeff\u2060"))
_EARLIEST: Final = datetime(2003, 1, 1, tzinfo=UTC)
_LATEST: Final = datetime(2100, 1, 1, tzinfo=UTC)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class CellWrong(ValueError):
    """A value that cannot be what it should be; a translatable sentence says why."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class LineCells:
    """The values of one line, asked for by what they mean, and what is wrong with them.

    `columns` maps a meaning to the names that its column may have: headings of a file, fields of an API. What
    cannot be read is noted with its row and column, and answers None: one look at a line finds everything that
    is wrong.
    """

    def __init__(
        self,
        row: int,
        values: Mapping[str, object],
        columns: Mapping[str, Sequence[str]],
        headings: Mapping[str, str] | None = None,
    ) -> None:
        self.row = row
        self.problems: list[RowProblem] = []
        self._values = values
        self._columns = columns
        self._headings = headings or {}  # names as they stand in the file, where they are compared otherwise

    def has(self, meaning: str) -> bool:
        """Whether there is such a column at all, empty or not."""
        return any(column in self._values for column in self._columns[meaning])

    def take(self, reader: Callable[[object], Value | None], meaning: str) -> Value | None:
        """The value of the first of the columns that holds anything, or None."""
        for column in self._columns[meaning]:
            value = self._values.get(column)
            if value is not None and written(value):
                try:
                    return reader(value)
                except CellWrong as wrong:
                    self._note(column, wrong.message, value)
                    return None
        return None

    def require(self, reader: Callable[[object], Value | None], meaning: str) -> Value | None:
        """As `take`; that there is nothing is noted as a problem, too."""
        known = len(self.problems)
        value = self.take(reader, meaning)
        if value is None and len(self.problems) == known:
            self.note(meaning, N_("This cell must not be empty."))
        return value

    def note(self, meaning: str, message: str, cell: object = "") -> None:
        """Note something wrong in a column."""
        columns = self._columns[meaning]
        self._note(next((column for column in columns if column in self._values), columns[0]), message, cell)

    def note_line(self, message: str, **values: object) -> None:
        """Note something wrong with the line as a whole."""
        self._note("", message, "", values)

    def _note(self, column: str, message: str, cell: object, values: Mapping[str, object] | None = None) -> None:
        self.problems.append(
            RowProblem(
                row=self.row,
                column=self._headings.get(column, column),
                message=message,
                values=dict(values or {}),
                cell=" ".join(str(cell).split())[:CELL_SHOWN_MAX],
            )
        )


def written(value: object) -> str:
    """A value as text, without what spreadsheets and exports put around it: `="123"`, a leading apostrophe, blanks
    of all kinds; empty for every way to write that there is nothing."""
    if value is None or isinstance(value, bool | dict | list):
        return ""
    text = (f"{value:f}" if isinstance(value, Decimal) else str(value)).translate(_INVISIBLE).strip()
    if found := _QUOTED.fullmatch(text):
        text = found[1].strip()
    text = text.lstrip("'‘’`").strip()
    return "" if text.casefold() in nothing_words() else text


def words(length_max: int) -> Callable[[object], str]:
    """A reader of words, on one line and cut to a length: titles and names are shown, never reckoned with."""

    def read(value: object) -> str:
        text = "".join(character if character.isprintable() else " " for character in written(value))
        return " ".join(text.split())[:length_max]

    return read


def identifier(value: object) -> str | None:
    """An id as text; None where there is none, `0` included. Raises CellWrong for one that lost digits."""
    text = written(value)
    if isinstance(value, Decimal) and value != value.to_integral_value():
        raise CellWrong(N_("This is no id."))
    if _EXPONENT.fullmatch(text):
        raise CellWrong(
            N_(
                "A spreadsheet has rounded this id; its last digits are lost. Take the file as the network gave"
                " it, or make the column one of texts before opening it."
            )
        )
    if re.fullmatch(r"\d{1,15}\.0+", text):
        text = text.partition(".")[0]
    if text in {"", "0"}:
        return None
    if len(text) > ID_LENGTH_MAX or not _ID.fullmatch(text):
        raise CellWrong(N_("This is no id."))
    return text


def yuan(value: object) -> int | None:
    """An amount of yuan that is not negative, in fen, exactly. Raises CellWrong."""
    fen = signed_yuan(value)
    if fen is not None and fen < 0:
        raise CellWrong(N_("An amount cannot be negative here."))
    return fen


def signed_yuan(value: object) -> int | None:
    """An amount of yuan in fen, exactly: never a third decimal to be rounded. Raises CellWrong."""
    around = amount_words()
    text = written(value).replace(" ", "").removesuffix(around.unit)
    sign = "-" if text.startswith("-") else ""
    text = text.removeprefix("-")
    text = sign + (text[1:] if text.startswith(around.signs) else text)
    amount = _decimal(text, N_("This is no amount in yuan."))
    if amount is None:
        return None
    return _whole(amount * 100, AMOUNT_MAX, N_("An amount in yuan has at most two decimals."))


def fen(value: object) -> int | None:
    """An amount that the network writes in fen already. Raises CellWrong."""
    amount = _decimal(written(value), N_("This is no amount in fen."))
    if amount is None:
        return None
    if amount < 0:
        raise CellWrong(N_("An amount cannot be negative here."))
    return _whole(amount, AMOUNT_MAX, N_("An amount in fen has no decimals."))


def percent(value: object) -> int | None:
    """A percentage (`10.00`, `10.00 %`) in basis points. Raises CellWrong."""
    return _rate(written(value).replace("％", "%").removesuffix("%"), 100)


def percent_with_sign(value: object) -> int | None:
    """A percentage in basis points; None without its sign: where a file's unit is not known, it is not guessed."""
    text = written(value).replace("％", "%")
    return _rate(text.removesuffix("%"), 100) if text.endswith("%") else None


def per_mille(value: object) -> int | None:
    """A rate per mille in basis points. Raises CellWrong."""
    return _rate(written(value).removesuffix("‰"), 10)


def fraction(value: object) -> int | None:
    """A rate as a fraction of one (`0.0900` is 9 %) in basis points. Raises CellWrong."""
    return _rate(written(value), WHOLE)


def quantity(value: object) -> int | None:
    """A number of pieces. Raises CellWrong."""
    number = _decimal(written(value), N_("This is no number of pieces."))
    if number is None:
        return None
    if number < 0:
        raise CellWrong(N_("This is no number of pieces."))
    return _whole(number, QUANTITY_MAX, N_("This is no number of pieces."))


def moment(value: object) -> datetime | None:
    """A time as networks write it: `2022-02-25 12:00:00` and its kin in Asia/Shanghai, or seconds or milliseconds
    since 1970 where it is a number of JSON. None for 0. Raises CellWrong."""
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        return _since_1970(value)
    text = written(value)
    if text in {"", "0"}:
        return None
    if re.fullmatch(r"\d{10}|\d{13}", text):
        return _since_1970(int(text))
    found = _TIME.fullmatch(text)
    if found is None:
        raise CellWrong(N_("This is no time such as 2022-02-25 12:00:00."))
    year, month, day, hour, minute, second = (int(part or 0) for part in found.groups()[:6])
    zone = found[7]
    try:
        if zone is None:
            return _plausible(datetime(year, month, day, hour, minute, second, tzinfo=SHANGHAI))
        local = datetime(year, month, day, hour, minute, second, tzinfo=UTC)
        return _plausible(datetime.fromisoformat(f"{local:%Y-%m-%dT%H:%M:%S}{zone}"))
    except ValueError as error:
        raise CellWrong(N_("This is no time such as 2022-02-25 12:00:00.")) from error


def _since_1970(value: int | Decimal) -> datetime | None:
    number = int(value)
    if number == 0:
        return None
    if abs(number) >= 10**14:
        raise CellWrong(N_("No order was placed at such a time."))
    # Milliseconds are a thousand times too large to be seconds of any time before the year 5000.
    length = timedelta(milliseconds=number) if abs(number) >= 10**11 else timedelta(seconds=number)
    return _plausible(_EPOCH + length)


def _plausible(at: datetime) -> datetime:
    if not _EARLIEST <= at < _LATEST:
        raise CellWrong(N_("No order was placed at such a time."))
    return at.astimezone(UTC)


def _decimal(text: str, message: str) -> Decimal | None:
    if not text:
        return None
    found = _NUMBER.fullmatch(text)
    try:
        if found is None and not _EXPONENT.fullmatch(text):
            raise CellWrong(message)
        number = Decimal(text.replace(",", ""))
    except InvalidOperation as error:
        raise CellWrong(message) from error
    if number.adjusted() > 15 or len(text) > 40:
        raise CellWrong(message)
    return number


def _whole(number: Decimal, most: int, message: str) -> int:
    if number != number.to_integral_value():
        raise CellWrong(message)
    whole = int(number)
    if abs(whole) > most:
        raise CellWrong(N_("This number is too large to be true."))
    return whole


def _rate(text: str, basis_points: int) -> int | None:
    rate = _decimal(text.strip(), N_("This is no rate."))
    if rate is None:
        return None
    if not 0 <= rate * basis_points <= WHOLE:
        raise CellWrong(N_("A rate lies between 0 and 100 percent."))
    return _whole(rate * basis_points, WHOLE, N_("This rate is finer than a hundredth of a percent."))
