"""What happens to coupons and special prices, for the outbox."""

from datetime import datetime

from yellowcart.kernel.events import Event
from yellowcart.kernel.ids import CouponId, CreatorId, ListingId, RoomId, ShopId, SkuId, SpecialPriceId
from yellowcart.promotions.model import Funder, SpecialPriceKind


class CouponMade(Event, frozen=True, kw_only=True, tag="coupon.made"):
    """Somebody made a coupon."""

    coupon_id: CouponId
    funder: Funder
    shop_id: ShopId | None
    creator_id: CreatorId | None


class CouponDropped(Event, frozen=True, kw_only=True, tag="coupon.dropped"):
    """A host let a coupon pop up in their room."""

    coupon_id: CouponId
    room_id: RoomId
    creator_id: CreatorId


class CouponStoppedForGood(Event, frozen=True, kw_only=True, tag="coupon.stopped"):
    """A coupon is no longer given out; what was claimed stays good."""

    coupon_id: CouponId
    claimed: int


class SpecialPriceSet(Event, frozen=True, kw_only=True, tag="special_price.set"):
    """A shop set a lower price for a SKU in a cart."""

    shop_id: ShopId
    special_price_id: SpecialPriceId
    listing_id: ListingId
    sku_id: SkuId
    kind: SpecialPriceKind
    price_fen: int
    quota: int
    starts_at: datetime
    ends_at: datetime | None


class SpecialPriceEnded(Event, frozen=True, kw_only=True, tag="special_price.ended"):
    """A special price ended: early, by the clock, or with its listing. `taken` pieces were ordered at it."""

    shop_id: ShopId
    special_price_id: SpecialPriceId
    listing_id: ListingId
    sku_id: SkuId
    taken: int
