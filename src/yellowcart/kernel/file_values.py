"""Cells of workbooks as the texts that a person reads there, without losing a digit."""

import re
from datetime import date, datetime, time, timedelta
from decimal import Decimal

CellValue = str | bool | int | float | date | datetime | time | timedelta | Decimal | None

EXCEL_ERRORS = frozenset({"#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NULL!", "#NUM!", "#SPILL!", "#CALC!"})
"""What a formula that failed leaves in its cell."""
DIGITS_KEPT = 15
"""Excel keeps so many digits of a number; what its files hold beyond them is noise of binary fractions."""

_NOT_DIGITS = re.compile(r'"[^"]*"|\\.|\[[^\]]*\]|_.|\*.')
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")


def value_text(value: CellValue, number_format: str = "General") -> str:
    """A cell's value as text: numbers as their format shows them but never rounded, dates in ISO form."""
    if value is None:
        return ""
    if isinstance(value, str):
        return _ESCAPED.sub(_unescaped, value) if "_x" in value else value
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int | float | Decimal):
        return number_text(value, number_format)
    return _moment_text(value, number_format)


def number_text(value: int | float | Decimal, number_format: str = "General") -> str:
    """A number in plain digits. The format adds zeros (`12.3` under `0.00` is `12.30`, `42` under `00000` is
    `00042`) and the percent sign, and takes nothing away. A number beyond 15 digits that is no whole number of the
    file is written with its exponent, so that nobody takes it for an id: its last digits are lost."""
    if isinstance(value, int):
        exact = Decimal(value)
    else:
        shortest = Decimal(f"{value:.{DIGITS_KEPT}g}")
        if not shortest.is_finite() or shortest.adjusted() >= DIGITS_KEPT:
            return f"{shortest:E}"
        exact = shortest
    shown = _NOT_DIGITS.sub("", number_format.split(";", maxsplit=1)[0])
    if "E" in shown.upper().replace("GENERAL", ""):
        shown = "General"
    percent = shown.rstrip().endswith("%")
    if percent:
        exact *= 100
    whole, _, fraction = f"{exact.copy_abs():f}".partition(".")
    fraction = fraction.rstrip("0")
    if found := re.search(r"\.(0+)", shown):
        fraction = fraction.ljust(len(found[1]), "0")
    if re.fullmatch(r"0{2,}", shown):
        whole = whole.zfill(len(shown))
    sign = "-" if exact < 0 else ""
    return sign + whole + (f".{fraction}" if fraction else "") + ("%" if percent else "")


def _moment_text(value: date | datetime | time | timedelta, number_format: str) -> str:
    if isinstance(value, timedelta):
        return str(timedelta(seconds=round(value.total_seconds())))
    if isinstance(value, datetime):
        if value.microsecond >= 500_000:
            value += timedelta(seconds=1)
        value = value.replace(microsecond=0)
        timed = value.time() != time() or "h" in _NOT_DIGITS.sub("", number_format).lower()
        return value.isoformat(sep=" ") if timed else value.date().isoformat()
    if isinstance(value, time):
        return value.replace(microsecond=0).isoformat()
    return value.isoformat()


def _unescaped(found: re.Match[str]) -> str:
    """Characters that XML cannot hold are written `_x000D_` in workbooks."""
    character = chr(int(found[1], 16))
    return "\n" if character == "\r" else character if character.isprintable() or character in "\n\t" else " "
