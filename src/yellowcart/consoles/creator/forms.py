"""What the creator's forms carry: moments, prices, whole numbers."""

from datetime import datetime

from yellowcart.kernel import clock
from yellowcart.kernel.errors import InvalidFields, Refusal
from yellowcart.kernel.money import parse_yuan
from yellowcart.kernel.translation import N_


def read_moment(text: str, field: str) -> datetime:
    """A moment as a browser's date and time field writes it, in Beijing time. Raises InvalidFields."""
    try:
        return datetime.fromisoformat(text).replace(tzinfo=clock.SHANGHAI)
    except ValueError as error:
        raise InvalidFields({field: N_("A date and a time, please.")}) from error


def read_price(text: str, field: str) -> int | None:
    """A price in yuan, or None where nothing is written. Raises InvalidFields."""
    if not text.strip():
        return None
    try:
        return parse_yuan(text)
    except Refusal as refusal:
        raise InvalidFields({field: refusal.message}) from refusal


def read_whole(text: str, field: str) -> int | None:
    """A whole number, or None where nothing is written. Raises InvalidFields."""
    if not text.strip():
        return None
    if not (text.strip().isascii() and text.strip().isdecimal() and len(text.strip()) <= 9):
        raise InvalidFields({field: N_("A whole number, please.")})
    return int(text)
