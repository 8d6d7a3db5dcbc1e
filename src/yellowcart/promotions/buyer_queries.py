"""Coupons as buyers see them: those that a room or a video offers, and those in their hands."""

from datetime import datetime, timedelta
from enum import StrEnum

import msgspec

from yellowcart.kernel import clock
from yellowcart.kernel.database import Reader
from yellowcart.kernel.errors import NotFound
from yellowcart.kernel.ids import ClaimId, CouponId, CreatorId, OrderId, PersonId, RoomId, ShopId, VideoId
from yellowcart.kernel.paging import Page, bounded_size, decode_cursor, page_of
from yellowcart.promotions.model import Coupon, CouponStanding
from yellowcart.promotions.rules import standing

SOON = timedelta(hours=24)
"""A coupon whose claim window begins so soon is shown already."""
OFFERED_OF_EACH = 20
"""Coupons of each funder that one room or video shows."""


class NamedCoupon(Coupon, frozen=True, kw_only=True):
    """A coupon with the names of those it is about; empty where it is about nobody in particular."""

    shop_name: str
    shop_name_en: str
    creator_name: str
    creator_name_en: str
    room_title: str
    room_title_en: str


class OfferedCoupon(NamedCoupon, frozen=True, kw_only=True):
    """A coupon that a room or video offers, and how many the asking buyer has: `mine` claimed, `unused` of them
    still to be used. `dropped_at`: when the host let it pop up in this room."""

    mine: int
    unused: int
    dropped_at: datetime | None

    @property
    def standing(self) -> CouponStanding:
        """How it stands now."""
        return standing(self, clock.now())

    @property
    def may_claim(self) -> bool:
        """Whether the buyer can claim one now."""
        return self.standing is CouponStanding.CLAIMABLE and self.mine < self.per_buyer_limit


class CouponShelf(StrEnum):
    """How a buyer's coupons are sorted."""

    USABLE = "usable"
    """Unused, and not over: usable now or soon."""
    USED = "used"
    """On an order."""
    EXPIRED = "expired"
    """Unused when the use window ended."""


class MyCoupon(NamedCoupon, frozen=True, kw_only=True):
    """A coupon in a buyer's hands. The order is where it was used; `on_air` is a room on air where it is good now,
    the latest of them (None for the platform's, which are good in every room)."""

    claim_id: ClaimId
    claimed_at: datetime
    used_shop_id: ShopId | None
    used_order_id: OrderId | None
    used_at: datetime | None
    given_back: int
    on_air: RoomId | None

    @property
    def usable_now(self) -> bool:
        """Whether its use window has begun."""
        return self.usable_from <= clock.now()


class ShelfCounts(msgspec.Struct, frozen=True):
    """How many coupons stand on each shelf; expired ones are not counted."""

    usable: int
    used: int


_NAMES = """
       coalesce(shop.name, '') AS shop_name, coalesce(shop.name_en, '') AS shop_name_en,
       coalesce(creator.name, '') AS creator_name, coalesce(creator.name_en, '') AS creator_name_en,
       coalesce(room.title, '') AS room_title, coalesce(room.title_en, '') AS room_title_en
"""
_NAMED_JOINS = """
LEFT JOIN shop ON shop.shop_id = coupon.shop_id
LEFT JOIN creator ON creator.creator_id = coupon.creator_id
LEFT JOIN room ON room.room_id = coupon.room_id
"""
_OFFERED_COLUMNS = f"""
SELECT coupon.*, {_NAMES}, coalesce(mine.claims, 0)::int AS mine, coalesce(mine.unused, 0)::int AS unused,
       coupon_drop.dropped_at
"""
_OFFERED_JOINS = f"""
{_NAMED_JOINS}
LEFT JOIN coupon_drop ON coupon_drop.coupon_id = coupon.coupon_id AND coupon_drop.room_id = %(room_id)s
LEFT JOIN LATERAL (
    SELECT count(*) AS claims, count(*) FILTER (WHERE state = 'unused') AS unused
    FROM claimed_coupon
    WHERE claimed_coupon.coupon_id = coupon.coupon_id AND claimed_coupon.buyer_id = %(person_id)s
) AS mine ON true
"""  # noqa: S608 - put together from constants of ours
_OPEN = """
    coupon.state = 'open' AND coupon.claim_until > %(now)s AND coupon.claim_from <= %(soon)s
    AND (coupon.room_id IS NULL OR coupon.room_id = %(room_id)s)
"""
_OFFERED = f"""
{_OFFERED_COLUMNS}
FROM (
    (SELECT * FROM coupon WHERE creator_id = %(creator_id)s AND {_OPEN} ORDER BY claim_until LIMIT %(most)s)
    UNION ALL
    (
        SELECT * FROM coupon
        WHERE shop_id = ANY (ARRAY(
            SELECT DISTINCT listing.shop_id FROM listing
            WHERE (listing.room_id = %(room_id)s OR listing.video_id = %(video_id)s)
              AND listing.state IN ('on_cart', 'explaining') AND listing.shop_id IS NOT NULL
        )) AND {_OPEN}
        ORDER BY claim_until LIMIT %(most)s
    )
    UNION ALL
    (SELECT * FROM coupon WHERE funder = 'platform' AND {_OPEN} ORDER BY claim_until LIMIT %(most)s)
) AS coupon
{_OFFERED_JOINS}
ORDER BY coupon_drop.dropped_at DESC NULLS LAST, coupon.claimed >= coupon.stock, coupon.claim_from > %(now)s,
         coupon.coupon_id DESC
"""  # noqa: S608 - put together from constants of ours


async def offered_coupons(
    reader: Reader,
    creator_id: CreatorId,
    *,
    room_id: RoomId | None = None,
    video_id: VideoId | None = None,
    person_id: PersonId | None = None,
) -> list[OfferedCoupon]:
    """What can be claimed in a room or video now or soon: the creator's coupons, those of the shops in the cart,
    the platform's. What the host dropped last comes first."""
    now = clock.now()
    return await reader.rows(
        OfferedCoupon,
        _OFFERED,
        creator_id=creator_id,
        room_id=room_id,
        video_id=video_id,
        person_id=person_id,
        now=now,
        soon=now + SOON,
        most=OFFERED_OF_EACH,
    )


async def count_claimable(
    reader: Reader,
    creator_id: CreatorId,
    person_id: PersonId | None,
    *,
    room_id: RoomId | None = None,
    video_id: VideoId | None = None,
) -> int:
    """How many coupons of a room or video the asking viewer could claim now."""
    offered = await offered_coupons(reader, creator_id, room_id=room_id, video_id=video_id, person_id=person_id)
    return sum(coupon.may_claim for coupon in offered)


async def offered_coupon(
    reader: Reader, coupon_id: CouponId, *, room_id: RoomId | None = None, person_id: PersonId | None = None
) -> OfferedCoupon:
    """One coupon as the asking buyer sees it, in whatever state. Raises NotFound."""
    found = await reader.row(
        OfferedCoupon,
        _OFFERED_COLUMNS + "FROM coupon" + _OFFERED_JOINS + "WHERE coupon.coupon_id = %(coupon_id)s",
        coupon_id=coupon_id,
        room_id=room_id,
        person_id=person_id,
    )
    if found is None:
        raise NotFound
    return found


_ON_AIR = """
LEFT JOIN LATERAL (
    SELECT on_air.room_id FROM room AS on_air
    WHERE on_air.state IN ('live', 'paused') AND claimed.state = 'unused' AND coupon.funder <> 'platform'
      AND (coupon.room_id IS NULL OR on_air.room_id = coupon.room_id)
      AND (coupon.creator_id IS NULL OR on_air.creator_id = coupon.creator_id)
      AND (coupon.shop_id IS NULL OR EXISTS (
          SELECT FROM listing
          WHERE listing.room_id = on_air.room_id AND listing.shop_id = coupon.shop_id
            AND listing.state IN ('on_cart', 'explaining')
      ))
    ORDER BY on_air.room_id DESC
    LIMIT 1
) AS stage ON true
"""
_ON_SHELF: dict[CouponShelf, str] = {
    CouponShelf.USABLE: "claimed.state = 'unused' AND coupon.usable_until > %(now)s",
    CouponShelf.USED: "claimed.state = 'used'",
    CouponShelf.EXPIRED: "claimed.state = 'unused' AND coupon.usable_until <= %(now)s",
}


async def my_coupons(
    reader: Reader,
    person_id: PersonId,
    *,
    shelf: CouponShelf = CouponShelf.USABLE,
    cursor: str | None = None,
    size: int | None = None,
) -> Page[MyCoupon]:
    """The buyer's coupons on one shelf, the latest claimed first. Raises CursorBroken."""
    (before,) = decode_cursor(cursor, tuple[int], (2**53,))
    limit = bounded_size(size)
    rows = await reader.rows(
        MyCoupon,
        f"""
        SELECT coupon.*, {_NAMES}, claimed.claim_id, claimed.claimed_at, claimed.used_shop_id,
               claimed.used_order_id, claimed.used_at, claimed.given_back,
               stage.room_id AS on_air
        FROM claimed_coupon AS claimed
        JOIN coupon USING (coupon_id)
        {_NAMED_JOINS}
        {_ON_AIR}
        WHERE claimed.buyer_id = %(person_id)s AND claimed.claim_id < %(before)s AND {_ON_SHELF[shelf]}
        ORDER BY claimed.claim_id DESC
        LIMIT %(limit)s
        """,  # noqa: S608 - put together from constants of ours
        person_id=person_id,
        before=before,
        now=clock.now(),
        limit=limit + 1,
    )
    return page_of(rows, limit, lambda row: (row.claim_id,))


async def count_my_coupons(reader: Reader, person_id: PersonId) -> ShelfCounts:
    """How many coupons the buyer can use, and has used."""
    found = await reader.row(
        ShelfCounts,
        """
        SELECT count(*) FILTER (WHERE claimed.state = 'unused' AND coupon.usable_until > %(now)s)::int AS usable,
               count(*) FILTER (WHERE claimed.state = 'used')::int AS used
        FROM claimed_coupon AS claimed
        JOIN coupon USING (coupon_id)
        WHERE claimed.buyer_id = %(person_id)s
        """,
        person_id=person_id,
        now=clock.now(),
    )
    assert found is not None, "an aggregate answers one row"
    return found
