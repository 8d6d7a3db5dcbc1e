"""What a buyer's checkout form says: lines, address, coupons, ticks, and the price that they saw.

The form is the whole state of a checkout, so that it works without a script and nothing typed is lost: every
change sends all of it, and what comes back holds all of it.
"""

import re
from collections.abc import Mapping, Sequence
from urllib.parse import urlencode

import msgspec

from yellowcart.consoles.forms import fresh_request_key
from yellowcart.kernel.idempotency import KEY_LENGTH_MAX
from yellowcart.kernel.ids import ListingId
from yellowcart.kernel.json_reading import JSON_UNREADABLE
from yellowcart.orders.checkout import Checkout, CheckoutLine, CheckoutPlace
from yellowcart.orders.model import DeliveryAddress
from yellowcart.orders.rules import LINES_MAX, QUANTITY_MAX
from yellowcart.orders.wanted import NewOrder, UsedCoupon
from yellowcart.promotions.model import Funder

NOTE_LENGTH_MAX = 200
BEST, OWN = "best", "own"
"""Who chooses the coupons: the platform takes the best of each funder, or the buyer has chosen."""
PIECES = re.compile(r"(pieces|gone)\.([1-9]\d{0,15})\.([1-9]\d{0,15})\Z", re.ASCII)
CLAIM = re.compile(r"([1-9]\d{0,15})-([1-9]\d{0,15})\Z", re.ASCII)
NUMBER = re.compile(r"-?\d{1,30}\Z", re.ASCII)
BY_HAND = ("accepts.", "gone.", "seen", "used", "request_key")
"""Fields that a form alone can bring."""
ADDRESS_FIELDS = ("recipient", "phone", "province", "city", "district", "street")


class TypedLine(msgspec.Struct, frozen=True):
    """One SKU of a listing with its pieces; `accepts` is the tick at its return rule. `was_gone`: it could not be
    ordered when the form was made, and is no part of what the buyer saw priced."""

    listing_id: ListingId
    sku_id: int
    quantity: int
    accepts: bool = False
    was_gone: bool = False

    @property
    def name(self) -> str:
        """How the fields of this line are named."""
        return f"{self.listing_id}.{self.sku_id}"


class TypedCheckout(msgspec.Struct, frozen=True, kw_only=True):
    """A checkout as it was typed. `picks` None: the best coupons; `seen`: the order as the buyer last saw it
    priced; `quantity_wrong`: some pieces were no number from 1 to QUANTITY_MAX and were brought into it."""

    lines: list[TypedLine]
    address_id: int | None = None
    picks: list[UsedCoupon] | None = None
    note: str = ""
    seen: NewOrder | None = None
    request_key: str = ""
    quantity_wrong: bool = False

    def checkout(self, lines: Sequence[TypedLine], address: DeliveryAddress | None) -> Checkout:
        """The question to the checkout desk: what would these of its lines cost?"""
        place = None
        if address is not None:
            place = CheckoutPlace(province=address.province, city=address.city, district=address.district)
        return Checkout(
            lines=[CheckoutLine(line.listing_id, line.sku_id, line.quantity) for line in lines],
            place=place,
            coupons=self.picks,
        )

    def is_as_seen(self, address: DeliveryAddress | None) -> bool:
        """Whether the form still says what the buyer saw priced: the same pieces, address and coupons."""
        if self.seen is None or address is None or self.quantity_wrong:
            return False
        pieces = [(line.listing_id, line.sku_id, line.quantity) for line in self.lines if not line.was_gone]
        coupons = {(coupon.claim_id, coupon.coupon_id) for coupon in self.seen.coupons}
        return (
            pieces == [(line.listing_id, line.sku_id, line.quantity) for line in self.seen.lines]
            and all(getattr(self.seen.address, name) == getattr(address, name) for name in ADDRESS_FIELDS)
            and (self.picks is None or {(pick.claim_id, pick.coupon_id) for pick in self.picks} == coupons)
        )

    def order(self, seen: NewOrder) -> NewOrder:
        """The order that was seen, with the note and the ticks at return rules."""
        accepted = {(line.listing_id, line.sku_id) for line in self.lines if line.accepts}
        return msgspec.structs.replace(
            seen,
            lines=[
                msgspec.structs.replace(line, return_rule_accepted=(line.listing_id, line.sku_id) in accepted)
                for line in seen.lines
            ],
            note=self.note.strip(),
        )


def read_address_bar(fields: Mapping[str, str]) -> TypedCheckout:
    """What the address of a checkout's page says. A link can choose goods; it ticks no return rule, and says
    nothing of what was seen."""
    return read_checkout({name: text for name, text in fields.items() if not name.startswith(BY_HAND)})


def read_checkout(fields: Mapping[str, str]) -> TypedCheckout:
    """What a form says. Whatever makes no sense is left out."""
    wanted, quantity_wrong = _wanted(fields)
    return TypedCheckout(
        lines=[
            TypedLine(
                ListingId(listing_id),
                sku_id,
                quantity,
                accepts=f"accepts.{listing_id}.{sku_id}" in fields,
                was_gone=f"gone.{listing_id}.{sku_id}" in fields,
            )
            for (listing_id, sku_id), quantity in list(wanted.items())[:LINES_MAX]
        ],
        address_id=number_in(fields.get("address", "")),
        picks=_picks(fields),
        note=_text(fields.get("note", ""))[:NOTE_LENGTH_MAX],
        seen=_seen(fields.get("seen", "")),
        request_key=_key(fields.get("request_key", "")),
        quantity_wrong=quantity_wrong,
    )


def checkout_path(typed: TypedCheckout, address_id: int | None) -> str:
    """The address of a checkout's page that holds what was typed: pieces, the chosen address by its number, the
    buyer's own choice of coupons, and the note. Whom the goods go to is not written into it."""
    fields: dict[str, str] = {f"pieces.{line.name}": str(line.quantity) for line in typed.lines}
    if address_id is not None:
        fields["address"] = str(address_id)
    if typed.picks is not None:
        picked = {
            f"coupon.{place.value}": f"{pick.claim_id}-{pick.coupon_id}"
            for place, pick in zip(Funder, typed.picks, strict=False)
        }
        fields |= {"choice": OWN} | picked
    if typed.note.strip():
        fields["note"] = typed.note.strip()
    return f"/checkout?{urlencode(fields)}"


def number_in(text: str) -> int | None:
    """A positive number that an id may be, or None."""
    number = int(text) if NUMBER.match(text) else 0
    return number if 1 <= number < 2**53 else None


def _wanted(fields: Mapping[str, str]) -> tuple[dict[tuple[int, int], int], bool]:
    """Pieces by listing and SKU in their order, and whether some were out of bounds. None of a line removes it,
    unless it is the last."""
    typed: dict[tuple[int, int], str] = {}
    listing_id, sku_id = number_in(fields.get("listing", "")), number_in(fields.get("sku", ""))
    if listing_id is not None and sku_id is not None:
        typed[listing_id, sku_id] = fields.get("quantity", "") or "1"
    for name, text in fields.items():
        if found := PIECES.match(name):
            typed[int(found[2]), int(found[3])] = text
    wanted: dict[tuple[int, int], int] = {}
    wrong = False
    for key, text in typed.items():
        number = int(text.strip()) if NUMBER.match(text.strip()) else None
        if number == 0 or text.strip() == "":
            continue
        wanted[key] = min(max(number or 1, 1), QUANTITY_MAX)
        wrong = wrong or number != wanted[key]
    if typed and not wanted:
        # None of all of it is no order: it stays with one piece, and the page says what it wants.
        return {next(iter(typed)): 1}, True
    return wanted, wrong


def _picks(fields: Mapping[str, str]) -> list[UsedCoupon] | None:
    """The coupons that the buyer chose; None, for the best, until they choose others than they were shown."""
    if fields.get("choice") not in {BEST, OWN}:
        return None
    picked = [CLAIM.match(fields.get(f"coupon.{funder}", "")) for funder in Funder]
    picks = [UsedCoupon(int(found[1]), int(found[2])) for found in picked if found]
    shown = set(fields.get("used", "").split())
    unchanged = {f"{pick.claim_id}-{pick.coupon_id}" for pick in picks} == shown
    return None if fields["choice"] == BEST and unchanged else picks


def _seen(text: str) -> NewOrder | None:
    try:
        return msgspec.json.decode(text, type=NewOrder) if text else None
    except JSON_UNREADABLE:
        return None


def _text(text: str) -> str:
    """What was typed, without characters that no paper can print; a line ends as texts of ours do."""
    return "".join(
        character for character in text.replace("\r\n", "\n") if character == "\n" or character.isprintable()
    )


def _key(text: str) -> str:
    fits = 8 <= len(text) <= KEY_LENGTH_MAX and text.isascii() and text.isprintable()
    return text if fits else fresh_request_key()
