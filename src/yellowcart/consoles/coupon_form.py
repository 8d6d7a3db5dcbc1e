"""The form that makes a coupon, of every console: what was typed becomes a `NewCoupon`."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import TypeVar

from yellowcart.kernel import clock
from yellowcart.kernel.errors import InvalidFields, Refusal
from yellowcart.kernel.ids import ProductId, RoomId
from yellowcart.kernel.money import parse_percent, parse_yuan
from yellowcart.kernel.translation import N_
from yellowcart.promotions.model import DiscountKind
from yellowcart.promotions.new_coupon import NewCoupon, Problem

PRODUCT = "product_"
"""A check box of a product is called so, followed by its id."""

_MOMENT = "%Y-%m-%dT%H:%M"
_GIVEN_OUT_FOR = timedelta(days=3)
_USABLE_FOR = timedelta(days=7)
Value = TypeVar("Value")


class FieldReader:
    """Reads the fields of a form one by one, and remembers what is wrong with each."""

    def __init__(self, data: Mapping[str, str]) -> None:
        self._data = data
        self.problems: dict[str, Problem] = {}

    def read(self, name: str, parse: Callable[[str], Value], otherwise: Value, *, optional: bool = False) -> Value:
        """A field as `parse` understands it; `otherwise` where it is empty or not understood."""
        typed = self._data.get(name, "").strip()
        if not typed and optional:
            return otherwise
        try:
            return parse(typed)
        except InvalidFields as refusal:
            self.problems[name] = next(iter(refusal.problems.values()))
        except Refusal as refusal:
            self.problems[name] = refusal.message
        return otherwise

    def require(self) -> None:
        """Raises InvalidFields when anything was not understood."""
        if self.problems:
            raise InvalidFields(self.problems)


def whole(text: str) -> int:
    """A whole number of at most 9 digits. Raises InvalidFields for anything else."""
    if not (text.isascii() and text.isdecimal() and len(text) <= 9):
        raise InvalidFields({"": N_("A whole number, please.")})
    return int(text)


def an_id(text: str) -> int:
    """An id of at most 16 digits. Raises InvalidFields for anything else."""
    if not (text.isascii() and text.isdecimal() and len(text) <= 16):
        raise InvalidFields({"": N_("Choose one of these.")})
    return int(text)


def moment(text: str) -> datetime:
    """A moment as a browser's date and time field writes it, in Beijing time. Raises InvalidFields."""
    try:
        return datetime.fromisoformat(text).replace(tzinfo=clock.SHANGHAI)
    except ValueError as error:
        raise InvalidFields({"": N_("A date and a time, please.")}) from error


def written(at: datetime) -> str:
    """A moment as that field wants it."""
    return at.astimezone(clock.SHANGHAI).strftime(_MOMENT)


def read_coupon_form(data: Mapping[str, str]) -> NewCoupon:
    """The coupon that a form asks for. Raises InvalidFields for what is no number, amount or moment."""
    now = clock.now()
    form = FieldReader(data)
    is_amount = data.get("kind", "amount") == "amount"
    made = NewCoupon(
        title=data.get("title", ""),
        title_en=data.get("title_en", ""),
        kind=DiscountKind.AMOUNT if is_amount else DiscountKind.PERCENT,
        threshold_fen=form.read("threshold_fen", parse_yuan, 0, optional=True),
        off_fen=form.read("off_fen", parse_yuan, None) if is_amount else None,
        off_rate=None if is_amount else form.read("off_rate", parse_percent, None),
        off_max_fen=None if is_amount else form.read("off_max_fen", parse_yuan, None, optional=True),
        product_ids=_products(data) if data.get("scope") == "chosen" else frozenset(),
        room_id=form.read("room_id", lambda text: RoomId(an_id(text)), None, optional=True),
        stock=form.read("stock", whole, 1),
        per_buyer_limit=form.read("per_buyer_limit", whole, 1),
        claim_from=form.read("claim_from", moment, now),
        claim_until=form.read("claim_until", moment, now),
        usable_from=form.read("usable_from", moment, now),
        usable_until=form.read("usable_until", moment, now),
        prepared=data.get("prepared") == "yes",
    )
    if data.get("scope") == "chosen" and not made.product_ids:
        form.problems["scope"] = N_("Choose at least one product.")
    form.require()
    return made


def first_values() -> dict[str, str]:
    """What the form begins with: given out for three days from now, usable for a week."""
    now = clock.now().astimezone(clock.SHANGHAI).replace(second=0, microsecond=0)
    return {
        "kind": "amount",
        "scope": "all",
        "per_buyer_limit": "1",
        "claim_from": written(now),
        "claim_until": written(now + _GIVEN_OUT_FOR),
        "usable_from": written(now),
        "usable_until": written(now + _USABLE_FOR),
    }


def _products(data: Mapping[str, str]) -> frozenset[ProductId]:
    chosen = (name.removeprefix(PRODUCT) for name, value in data.items() if name.startswith(PRODUCT) and value)
    return frozenset(ProductId(an_id(each)) for each in chosen)
