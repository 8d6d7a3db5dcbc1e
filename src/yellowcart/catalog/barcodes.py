"""Barcodes of goods: EAN-13, EAN-8 and UPC-A, by the check digit of the GS1 General Specifications."""

import re

_DIGITS = re.compile(r"(?<![\d.])\d{8,14}(?![\d.])")
IN_SHOP_PREFIXES = ("02", "04", *(str(prefix) for prefix in range(20, 30)))
"""GS1 prefixes of restricted circulation: each shop uses these numbers for whatever it likes."""


def barcode(text: str) -> str | None:
    """The barcode as thirteen digits, or None where the text is none: wrong length, wrong check digit."""
    digits = text.strip()
    if not (digits.isascii() and digits.isdecimal() and len(digits) in {8, 12, 13}):
        return None
    total = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(reversed(digits)))
    if total % 10 or not int(digits):
        return None
    return digits.zfill(13)


def names_one_thing(code: str) -> bool:
    """Whether a barcode means the same goods in every shop."""
    return not code.startswith(IN_SHOP_PREFIXES)


def barcodes_in(text: str) -> frozenset[str]:
    """The worldwide barcodes that stand in a text."""
    found = (barcode(digits) for digits in _DIGITS.findall(text))
    return frozenset(code for code in found if code is not None and names_one_thing(code))
