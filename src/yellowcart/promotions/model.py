"""Coupons and special prices as values.

A coupon is an offer that buyers claim and use on one later order; whoever funds it bears its cost, and stays on
the order line for settlement (domain.md §3.2: shop, platform and author cost stand apart in the bill). A special
price holds for one SKU of one listing, in a room or for a time, and for a limited number of pieces.
"""

from datetime import datetime
from enum import StrEnum

import msgspec

from yellowcart.kernel.ids import (
    ClaimId,
    CouponId,
    CreatorId,
    ListingId,
    PersonId,
    ProductId,
    RoomId,
    ShopId,
    SkuId,
    SpecialPriceId,
)


class Funder(StrEnum):
    """Who bears the cost of a coupon; it stays on the order line (domain.md §3.2)."""

    SHOP = "shop"
    """The shop: its discount lowers what the shop earns."""
    PLATFORM = "platform"
    """The platform: the shop is paid as if there were no coupon."""
    CREATOR = "creator"
    """The creator, out of their own income (a red packet of the host)."""


class DiscountKind(StrEnum):
    """How a coupon lowers a price."""

    AMOUNT = "amount"
    """So many fen off."""
    PERCENT = "percent"
    """So many basis points off, up to a maximum where there is one."""


class CouponState(StrEnum):
    """What its maker has decided of a coupon. The claim window and the use window pass by time beside it."""

    PREPARED = "prepared"
    """Made, not shown yet: dropping it into a room opens it."""
    OPEN = "open"
    """Can be claimed within its claim window while there are any left."""
    STOPPED = "stopped"
    """Not given out any more, for good. What was claimed before stays good."""


COUPON_MOVES: dict[CouponState, frozenset[CouponState]] = {
    CouponState.PREPARED: frozenset({CouponState.OPEN, CouponState.STOPPED}),
    CouponState.OPEN: frozenset({CouponState.STOPPED}),
    CouponState.STOPPED: frozenset(),
}


class CouponStanding(StrEnum):
    """How a coupon stands at a moment: what its maker decided, what the clock says, and what is left."""

    PREPARED = "prepared"
    """Waits to be dropped into a room."""
    COMING = "coming"
    """Open, but its claim window has not begun."""
    CLAIMABLE = "claimable"
    """Can be claimed now."""
    GONE = "gone"
    """All are claimed; its claim window is still open."""
    OVER = "over"
    """Its claim window has ended."""
    STOPPED = "stopped"
    """Stopped by its maker."""


class ClaimState(StrEnum):
    """Whether a claimed coupon has been used. That it has expired is a matter of time, not of state."""

    UNUSED = "unused"
    """Its buyer may use it until the use window ends."""
    USED = "used"
    """It stands on an order. It is given back when that order closes unpaid or is wholly refunded unshipped."""


CLAIM_MOVES: dict[ClaimState, frozenset[ClaimState]] = {
    ClaimState.UNUSED: frozenset({ClaimState.USED}),
    ClaimState.USED: frozenset({ClaimState.UNUSED}),
}


class CouponTerms(msgspec.Struct, frozen=True, kw_only=True):
    """What a coupon is good for: all that the price of an order has to know of it.

    A shop's coupon names its shop, a creator's its creator; None means any. With `room_id` it is good in that
    room alone. `product_ids` are the goods in scope, all of the shop's or place's where it is empty.
    `threshold_fen` is what the goods in scope must come to. `off_fen` goes with AMOUNT, `off_rate` (basis points
    off) and `off_max_fen` (None: without a maximum) with PERCENT. Good from `usable_from` to before
    `usable_until`.
    """

    coupon_id: CouponId
    funder: Funder
    shop_id: ShopId | None
    creator_id: CreatorId | None
    room_id: RoomId | None
    product_ids: frozenset[ProductId]
    threshold_fen: int
    kind: DiscountKind
    off_fen: int | None
    off_rate: int | None
    off_max_fen: int | None
    usable_from: datetime
    usable_until: datetime


class CouponPlace(msgspec.Struct, frozen=True):
    """Where an order is placed: at which shop, from whose cart, in which room (None in a video)."""

    shop_id: ShopId
    creator_id: CreatorId
    room_id: RoomId | None


class CouponLine(msgspec.Struct, frozen=True):
    """The goods of one order line in fen: for a threshold before any coupon, for a discount after those applied
    before."""

    product_id: ProductId
    goods_fen: int


class Coupon(CouponTerms, frozen=True, kw_only=True):
    """A coupon as its maker sees it. `claimed` of `stock` are given out, at most `per_buyer_limit` to one buyer,
    from `claim_from` to before `claim_until`."""

    title: str
    title_en: str
    stock: int
    claimed: int
    per_buyer_limit: int
    claim_from: datetime
    claim_until: datetime
    state: CouponState
    made_by: PersonId
    made_at: datetime
    stopped_at: datetime | None

    @property
    def left(self) -> int:
        """How many can still be claimed."""
        return self.stock - self.claimed


class ClaimedCoupon(msgspec.Struct, frozen=True, kw_only=True):
    """One piece of a coupon in a buyer's hands. `ordinal` counts a buyer's claims of one coupon from 1."""

    claim_id: ClaimId
    buyer_id: PersonId
    coupon_id: CouponId
    ordinal: int
    state: ClaimState
    claimed_at: datetime


class SpecialPriceKind(StrEnum):
    """What a special price holds on to."""

    ROOM_ONLY = "room_only"
    """A live room: it holds while its listing is in that room's cart."""
    FLASH = "flash"
    """A time: it begins and ends by the clock."""


class SpecialPriceStanding(StrEnum):
    """How a special price stands at a moment."""

    COMING = "coming"
    """Begins later."""
    IN_FORCE = "in_force"
    """Orders are placed at it now."""
    TAKEN = "taken"
    """Its quota is sold; orders are placed at the usual price."""
    ENDED = "ended"
    """Ended early, by the clock, or with its listing."""


class SpecialPrice(msgspec.Struct, frozen=True):
    """A lower price of one SKU of one listing, in fen. At most `quota` pieces are sold at it."""

    special_price_id: SpecialPriceId
    listing_id: ListingId
    sku_id: SkuId
    kind: SpecialPriceKind
    price_fen: int
    starts_at: datetime
    ends_at: datetime | None
    quota: int
