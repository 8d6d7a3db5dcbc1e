"""What an order would cost now: the checkout page's question. It reads the lane's own listings and asks the same
`price_order`, so that what the buyer sees is what is charged."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta

from yellowcart.accounts.model import Person
from yellowcart.catalog.model import ReturnRule
from yellowcart.freight.districts import District, require_district
from yellowcart.freight.errors import NotDeliveredThere
from yellowcart.kernel import clock
from yellowcart.kernel.database import Database
from yellowcart.kernel.ids import CouponId, ListingId, ProductId, ShopId, SpecialPriceId
from yellowcart.orders.errors import CouponUnknown
from yellowcart.orders.price import Price, price_order
from yellowcart.orders.rules import LINES_MAX, NEED_ACCEPTANCE, QUANTITY_MAX
from yellowcart.orders.snapshots import ListingSnapshot, ListingSnapshots
from yellowcart.orders.wanted import (
    AnId,
    CheckedLine,
    ShortText,
    UsedCoupon,
    WantedLine,
    check_lines,
    place_of,
)
from yellowcart.promotions.errors import CouponTakesNothing
from yellowcart.promotions.model import CouponLine, CouponTerms, Funder, SpecialPriceKind
from yellowcart.promotions.queries import CouponChoice, usable_coupons
from yellowcart.promotions.special_price_queries import shown_special_prices


class CheckoutLine(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What somebody thinks of buying. The price is the answer's to tell."""

    listing_id: AnId
    sku_id: AnId
    quantity: Annotated[int, Meta(ge=1, le=QUANTITY_MAX)]


class CheckoutPlace(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where it would go, as far as freight depends on it."""

    province: ShortText
    city: ShortText
    district: ShortText


class Checkout(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A checkout. Without `coupons` the best of each funder are chosen; an empty list means none."""

    lines: Annotated[list[CheckoutLine], Meta(min_length=1, max_length=LINES_MAX)]
    place: CheckoutPlace | None = None
    coupons: Annotated[list[UsedCoupon], Meta(max_length=3)] | None = None


class QuotedLine(msgspec.Struct, frozen=True, kw_only=True):
    """A line as it can be ordered: `unit_price_fen` and `special_price_id` go into the order as they stand here.
    Where `needs_acceptance`, the buyer must be told of the return rule before it can bind them."""

    listing_id: ListingId
    product_id: ProductId
    sku_id: int
    title: str
    title_en: str
    sku_name: str
    sku_name_en: str
    picture_url: str
    quantity: int
    list_price_fen: int
    unit_price_fen: int
    special_price_id: int | None
    special_kind: SpecialPriceKind | None
    special_ends_at: datetime | None
    limit_per_buyer: int | None
    return_rule: ReturnRule
    needs_acceptance: bool
    ship_within_s: int
    is_presale: bool


class CouponOption(msgspec.Struct, frozen=True, kw_only=True):
    """One of the buyer's coupons beside this order. `problem` is the code of why it cannot be used, `message` the
    same as a translatable sentence; `missing_fen` is what lacks to its threshold."""

    claim_id: int
    coupon_id: int
    funder: Funder
    title: str
    title_en: str
    usable_until: datetime
    off_fen: int
    missing_fen: int
    is_chosen: bool
    problem: str | None
    message: str


class Quote(msgspec.Struct, frozen=True, kw_only=True):
    """The answer. `price` is None while it goes where it is not delivered; `not_delivered_to` names that place."""

    shop_id: ShopId
    lines: list[QuotedLine]
    coupons: list[CouponOption]
    used: list[UsedCoupon]
    price: Price | None
    not_delivered_to: str | None
    hold_s: int
    as_of: datetime


class CheckoutDesk:
    """Prices what somebody thinks of buying, with what this process knows of listings."""

    def __init__(self, database: Database, snapshots: ListingSnapshots) -> None:
        self._database = database
        self._snapshots = snapshots

    async def quote(self, person: Person, checkout: Checkout) -> Quote:
        """The price now. Raises what `check_lines` raises, CouponUnknown and CouponUnusable's classes for chosen
        coupons, CouponsOfOneFunder."""
        now = clock.now()
        listings = {
            listing_id: self._snapshots.known(listing_id) or await self._snapshots.read(listing_id)
            for listing_id in {ListingId(line.listing_id) for line in checkout.lines}
        }
        async with self._database.reading() as reader:
            left = {
                special.special_price_id: special.quota - special.taken
                for of_listing in (await shown_special_prices(reader, listings)).values()
                for special in of_listing.values()
            }
            asked = [
                _at_its_price(line, listings[ListingId(line.listing_id)], left, now) for line in checkout.lines
            ]
            lines = check_lines(asked, listings, now, checkout_closed=self._snapshots.checkout_closed)
            goods = [
                CouponLine(line.listing.product_id, line.unit_price_fen * line.wanted.quantity) for line in lines
            ]
            choices = await usable_coupons(reader, person.person_id, place_of(lines[0]), goods, now)
        district = _district(checkout.place)
        if checkout.coupons is None:
            used, (price, nowhere) = _best_price(lines, choices, district, now)
        else:
            used = checkout.coupons
            price, nowhere = _price(lines, _terms(used, choices), district, now)
        return Quote(
            shop_id=lines[0].listing.shop_id,
            lines=[_quoted(line) for line in lines],
            coupons=[_option(choice, used) for choice in choices],
            used=used,
            price=price,
            not_delivered_to=nowhere,
            hold_s=min(line.listing.hold_s for line in lines),
            as_of=now,
        )


def _at_its_price(
    line: CheckoutLine, listing: ListingSnapshot, left: dict[SpecialPriceId, int], now: datetime
) -> WantedLine:
    """The line at the price that holds for it: the special one while its pieces last, else the usual one."""
    sku = listing.skus.get(line.sku_id)
    special = listing.special_price(line.sku_id, now)
    if special is not None and left.get(special.special_price_id, 0) < line.quantity:
        special = None
    usual_fen = sku.price_fen if sku is not None else 1
    return WantedLine(
        listing_id=line.listing_id,
        sku_id=line.sku_id,
        quantity=line.quantity,
        unit_price_fen=special.price_fen if special is not None else usual_fen,
        special_price_id=special.special_price_id if special is not None else None,
    )


def _best_price(
    lines: Sequence[CheckedLine], choices: Sequence[CouponChoice], district: District | None, now: datetime
) -> tuple[list[UsedCoupon], tuple[Price | None, str | None]]:
    """Of each funder the coupon that takes off most (`choices` come best first), without those that the others
    leave nothing to; and the price with them."""
    best: dict[Funder, UsedCoupon] = {}
    for choice in choices:
        if choice.problem is None:
            best.setdefault(choice.coupon.funder, UsedCoupon(choice.claim_id, choice.coupon.coupon_id))
    used = list(best.values())
    while True:
        try:
            return used, _price(lines, _terms(used, choices), district, now)
        except CouponTakesNothing as refusal:
            used = [coupon for coupon in used if coupon.coupon_id != refusal.values["coupon_id"]]


def _terms(used: Sequence[UsedCoupon], choices: Sequence[CouponChoice]) -> list[CouponTerms]:
    """The terms of the coupons to use, all of which must be the buyer's own. Raises CouponUnknown."""
    theirs = {choice.coupon.coupon_id: choice.coupon for choice in choices}
    if any(coupon.coupon_id not in theirs for coupon in used):
        raise CouponUnknown
    return [theirs[CouponId(coupon.coupon_id)] for coupon in used]


def _district(place: CheckoutPlace | None) -> District | None:
    """Raises DistrictUnknown."""
    return None if place is None else require_district(place.province, place.city, place.district)


def _price(
    lines: Sequence[CheckedLine], coupons: Sequence[CouponTerms], district: District | None, now: datetime
) -> tuple[Price | None, str | None]:
    priced = [line.priced() for line in lines]
    province_code = district.province_code if district else None
    try:
        return price_order(priced, coupons, place_of(lines[0]), province_code, now), None
    except NotDeliveredThere:
        return None, district.province if district else None


def _quoted(line: CheckedLine) -> QuotedLine:
    listing, sku, special = line.listing, line.sku, line.special
    return QuotedLine(
        listing_id=listing.listing_id,
        product_id=listing.product_id,
        sku_id=sku.sku_id,
        title=listing.title,
        title_en=listing.title_en,
        sku_name=sku.name,
        sku_name_en=sku.name_en,
        picture_url=listing.picture_url,
        quantity=line.wanted.quantity,
        list_price_fen=sku.price_fen,
        unit_price_fen=line.unit_price_fen,
        special_price_id=special.special_price_id if special else None,
        special_kind=special.kind if special else None,
        special_ends_at=special.ends_at if special else None,
        limit_per_buyer=listing.limit_per_buyer,
        return_rule=listing.return_rule,
        needs_acceptance=listing.return_rule in NEED_ACCEPTANCE,
        ship_within_s=listing.delivery.ship_within_s,
        is_presale=listing.delivery.is_presale,
    )


def _option(choice: CouponChoice, used: Sequence[UsedCoupon]) -> CouponOption:
    coupon = choice.coupon
    return CouponOption(
        claim_id=choice.claim_id,
        coupon_id=coupon.coupon_id,
        funder=coupon.funder,
        title=coupon.title,
        title_en=coupon.title_en,
        usable_until=coupon.usable_until,
        off_fen=choice.off_fen,
        missing_fen=choice.missing_fen,
        is_chosen=any(each.coupon_id == coupon.coupon_id for each in used),
        problem=choice.problem.code if choice.problem else None,
        message=choice.problem.message if choice.problem else "",
    )
