"""What a buyer asks for, as it arrives, and the checks on it that need no database.

The order lane and the checkout page read the same listings by the same checks, so that the page never promises
what the lane refuses.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta

from yellowcart.freight.districts import District, find_district
from yellowcart.freight.errors import DistrictUnknown
from yellowcart.kernel.ids import ListingId
from yellowcart.kernel.kill_switches import SwitchedOff
from yellowcart.orders.errors import CartsMixed, PriceChanged, SkuUnknown
from yellowcart.orders.model import DeliveryAddress
from yellowcart.orders.price import PriceLine
from yellowcart.orders.rules import LINES_MAX, QUANTITY_MAX
from yellowcart.orders.snapshots import ListingSnapshot, SkuSnapshot
from yellowcart.promotions.model import CouponPlace, SpecialPrice

ShortText = Annotated[str, Meta(min_length=1, max_length=60, pattern=r"^[^\x00-\x1f]*$")]
LongText = Annotated[str, Meta(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f]*$")]
NoteText = Annotated[str, Meta(max_length=200, pattern=r"^[^\x00-\x09\x0b-\x1f]*$")]
Phone = Annotated[str, Meta(pattern=r"^\+?[0-9][0-9 -]{5,18}$")]
AnId = Annotated[int, Meta(ge=1, le=2**53 - 1)]
AnAmount = Annotated[int, Meta(ge=1, le=100_000_000)]


class NewAddress(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """An address as it arrives; province, city and district are named as the district data names them."""

    recipient: ShortText
    phone: Phone
    province: ShortText
    city: ShortText
    district: ShortText
    street: LongText

    def found(self) -> District:
        """The district that it names. Raises DistrictUnknown."""
        district = find_district(self.province, self.city, self.district)
        if district is None:
            raise DistrictUnknown
        return district

    def delivery(self, district: District) -> DeliveryAddress:
        """The address as the order keeps it."""
        return DeliveryAddress(
            recipient=self.recipient,
            phone=self.phone,
            province=district.province,
            city=district.city,
            district=district.district,
            street=self.street,
            district_code=district.code,
        )


class WantedLine(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One SKU of one listing. `unit_price_fen` is the price that the buyer saw, `special_price_id` the special
    price that it is, if it is one. `return_rule_accepted`: the buyer was told that the goods cannot be returned
    without a reason (or not once unsealed, …) and agreed to it for this purchase."""

    listing_id: AnId
    sku_id: AnId
    quantity: Annotated[int, Meta(ge=1, le=QUANTITY_MAX)]
    unit_price_fen: AnAmount
    special_price_id: AnId | None = None
    return_rule_accepted: bool = False


class UsedCoupon(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A claimed coupon that the order shall use."""

    claim_id: AnId
    coupon_id: AnId


class NewOrder(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What a buyer asks for, all of one shop and out of one cart. `total_fen` is the sum that they saw: when it
    is another one, they are asked again and not charged."""

    lines: Annotated[list[WantedLine], Meta(min_length=1, max_length=LINES_MAX)]
    total_fen: Annotated[int, Meta(ge=1, le=10_000_000_000)]
    address: NewAddress
    coupons: Annotated[list[UsedCoupon], Meta(max_length=3)] = []
    note: NoteText = ""


class CheckedLine(msgspec.Struct, frozen=True):
    """A line whose listing and SKU can be bought now. `special` is the special price agreed on; `better` is one
    that is in force but was not asked for: it holds, unless its pieces are gone."""

    wanted: WantedLine
    listing: ListingSnapshot
    sku: SkuSnapshot
    special: SpecialPrice | None
    better: SpecialPrice | None

    @property
    def unit_price_fen(self) -> int:
        """The agreed price of one piece."""
        return self.sku.price_fen if self.special is None else self.special.price_fen

    def priced(self) -> PriceLine:
        """What the price of the order has to know of it."""
        return PriceLine(
            product_id=self.listing.product_id,
            list_price_fen=self.sku.price_fen,
            unit_price_fen=self.unit_price_fen,
            quantity=self.wanted.quantity,
            delivery=self.listing.delivery,
        )


def check_lines(
    wanted: Sequence[WantedLine],
    listings: dict[ListingId, ListingSnapshot],
    now: datetime,
    *,
    checkout_closed: bool,
) -> list[CheckedLine]:
    """The lines as they can be bought now.

    Raises, in this order: SwitchedOff, ListingClosed, LinkRefused, OutsideGoods, CartsMixed, SkuUnknown,
    PriceChanged.
    """
    if checkout_closed:
        raise SwitchedOff
    checked = [_check_line(line, listings[ListingId(line.listing_id)], now) for line in wanted]
    if len({_cart_of(line.listing) for line in checked}) > 1:
        raise CartsMixed
    changed = [line for line in checked if line.wanted.unit_price_fen != line.unit_price_fen]
    if changed:
        raise PriceChanged(
            unit_price_fen=changed[0].unit_price_fen,
            lines=[
                {
                    "listing_id": line.listing.listing_id,
                    "sku_id": line.sku.sku_id,
                    "unit_price_fen": line.unit_price_fen,
                }
                for line in changed
            ],
        )
    return checked


def place_of(line: CheckedLine) -> CouponPlace:
    """Where an order with this line is placed."""
    return CouponPlace(line.listing.shop_id, line.listing.creator_id, line.listing.room_id)


def _check_line(wanted: WantedLine, listing: ListingSnapshot, now: datetime) -> CheckedLine:
    if listing.refusal is not None:
        raise listing.refusal
    sku = listing.skus.get(wanted.sku_id)
    if sku is None:
        raise SkuUnknown
    in_force = listing.special_price(sku.sku_id, now)
    if wanted.special_price_id is None:
        return CheckedLine(wanted, listing, sku, None, in_force)
    if in_force is None or in_force.special_price_id != wanted.special_price_id:
        # It has ended, or is another one by now: what holds is said, and asked again.
        raise PriceChanged(unit_price_fen=sku.price_fen if in_force is None else in_force.price_fen)
    return CheckedLine(wanted, listing, sku, in_force, None)


def _cart_of(listing: ListingSnapshot) -> tuple[int, int | None, int | None]:
    return listing.shop_id, listing.room_id, listing.video_id
