"""Prices and quantities as people write them in files: exactly what is meant, or a reason why it cannot be told.

Only `kernel.money.parse_yuan` turns a text into money; here a text is brought into its form, where that changes
nothing of what it says.
"""

import re
import unicodedata
from functools import cache

from yellowcart.catalog.imports.file_product import Sentence
from yellowcart.catalog.imports.headings import heading_data
from yellowcart.catalog.rules import PRICE_FEN_MAX, QUANTITY_MAX
from yellowcart.kernel.file_values import EXCEL_ERRORS
from yellowcart.kernel.money import AmountUnreadable, parse_yuan
from yellowcart.kernel.translation import N_

WRITTEN_MAX = 40
"""Characters of a cell that may hold a number."""
FORMULA: Sentence = (N_("A formula stands here, not a value."), {})
EXCEL_ERROR: Sentence = (N_("The formula in this cell ended in an error."), {})
PRICE_MISSING: Sentence = (N_("The price is missing."), {})
_PRICE_BOUNDS: Sentence = (N_("A price from 0.01 to 1,000,000 yuan."), {})
_QUANTITY_BOUNDS: Sentence = (N_("A whole number from 0 to %(most)s."), {"most": QUANTITY_MAX})

_THOUSANDS = re.compile(r"[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]+)?")
_NEEDLESS_ZEROS = re.compile(r"(\.[0-9]{2})0+\Z")
_WHOLE_NUMBER = re.compile(r"(0|[1-9][0-9]{0,8})(?:\.0+)?")


def no_value(text: str) -> Sentence | None:
    """Why a cell holds no value at all: a formula, or the error that one left."""
    if text.startswith("="):
        return FORMULA
    return EXCEL_ERROR if text.upper() in EXCEL_ERRORS else None


def read_price(text: str) -> int | Sentence:
    """A price in fen, or what is wrong with it. Full-width digits, the signs of the yuan, thousands in threes and
    zeros beyond the fen say nothing else than the plain number; anything more is refused."""
    if wrong := PRICE_MISSING if not text else no_value(text):
        return wrong
    if len(text) > WRITTEN_MAX:
        return AmountUnreadable.message, {}
    plain = unicodedata.normalize("NFKC", text).strip()
    plain = _currency().sub("", plain).strip()
    if plain.startswith("-"):
        return _PRICE_BOUNDS
    if _range().fullmatch(plain):
        return N_("This is a range of prices. Give each SKU a row with its own price."), {}
    if _THOUSANDS.fullmatch(plain):
        plain = plain.replace(",", "")
    plain = _NEEDLESS_ZEROS.sub(r"\1", plain)
    try:
        price = parse_yuan(plain)
    except AmountUnreadable as refusal:
        return refusal.message, {}
    return price if 1 <= price <= PRICE_FEN_MAX else _PRICE_BOUNDS


def read_quantity(text: str) -> int | Sentence | None:
    """Pieces in stock, None where the cell says nothing, or what is wrong with it."""
    if not text:
        return None
    if wrong := no_value(text):
        return wrong
    if len(text) > WRITTEN_MAX:
        return _QUANTITY_BOUNDS
    plain = unicodedata.normalize("NFKC", text).strip()
    if re.fullmatch(r"[0-9]{1,3}(?:,[0-9]{3})+", plain):
        plain = plain.replace(",", "")
    found = _WHOLE_NUMBER.fullmatch(plain)
    if found is None or int(found[1]) > QUANTITY_MAX:
        return _QUANTITY_BOUNDS
    return int(found[1])


@cache
def _range() -> re.Pattern[str]:
    between = "|".join(re.escape(each) for each in heading_data()["amounts"]["ranges"])
    return re.compile(rf"[0-9][0-9.,]*\s*(?:{between})\s*[0-9][0-9.,]*")


@cache
def _currency() -> re.Pattern[str]:
    words = heading_data()["amounts"]
    before = "|".join(re.escape(unicodedata.normalize("NFKC", each)) for each in words["prefixes"])
    after = "|".join(re.escape(unicodedata.normalize("NFKC", each)) for each in words["suffixes"])
    return re.compile(rf"\A(?:{before})\s*|\s*(?:{after})\Z", re.IGNORECASE)
