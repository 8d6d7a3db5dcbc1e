"""Coupons as those who made them see them, with what became of them."""

from datetime import datetime

import msgspec

from yellowcart.kernel import clock
from yellowcart.kernel.database import Reader
from yellowcart.kernel.errors import NotFound
from yellowcart.kernel.ids import CouponId, CreatorId, ProductId, RoomId, ShopId
from yellowcart.kernel.paging import Page, bounded_size, decode_cursor, page_of
from yellowcart.promotions.makers import CouponMaker
from yellowcart.promotions.model import Coupon, CouponStanding
from yellowcart.promotions.rules import standing

ROOMS_SHOWN = 50
PRODUCTS_SHOWN = 100
DESK_SHOWN = 40


class MadeCoupon(Coupon, frozen=True, kw_only=True):
    """A coupon with what became of its claims. `used` stand on orders now; `given_back` counts how often one came
    back from an order that was undone. Names are empty where a coupon is nobody's in particular."""

    used: int
    given_back: int
    room_title: str
    room_title_en: str

    @property
    def standing(self) -> CouponStanding:
        """How it stands now."""
        return standing(self, clock.now())


class NamedProduct(msgspec.Struct, frozen=True, kw_only=True):
    """A product to choose."""

    shop_id: ShopId
    product_id: ProductId
    title: str
    title_en: str
    picture_url: str


class RoomAhead(msgspec.Struct, frozen=True, kw_only=True):
    """A room that is announced or on air."""

    room_id: RoomId
    title: str
    title_en: str
    creator_name: str
    creator_name_en: str
    scheduled_at: datetime


_STANDS: dict[CouponStanding, str] = {
    CouponStanding.PREPARED: "coupon.state = 'prepared' AND coupon.claim_until > %(now)s",
    # Whatever is to come is not over: said for the index of the running ones.
    CouponStanding.COMING: "coupon.state = 'open' AND coupon.claim_from > %(now)s"
    " AND coupon.claim_until > %(now)s",
    CouponStanding.CLAIMABLE: "coupon.state = 'open' AND coupon.claim_from <= %(now)s"
    " AND coupon.claim_until > %(now)s AND coupon.claimed < coupon.stock",
    CouponStanding.GONE: "coupon.state = 'open' AND coupon.claim_from <= %(now)s"
    " AND coupon.claim_until > %(now)s AND coupon.claimed = coupon.stock",
    CouponStanding.OVER: "coupon.state <> 'stopped' AND coupon.claim_until <= %(now)s",
    CouponStanding.STOPPED: "coupon.state = 'stopped'",
}

_MADE = """
SELECT coupon.*, coalesce(use.used, 0)::int AS used, coalesce(use.given_back, 0)::int AS given_back,
       coalesce(room.title, '') AS room_title, coalesce(room.title_en, '') AS room_title_en
FROM ({chosen}) AS coupon
LEFT JOIN room ON room.room_id = coupon.room_id
LEFT JOIN LATERAL (
    SELECT sum(used) AS used, sum(given_back) AS given_back FROM coupon_use
    WHERE coupon_use.coupon_id = coupon.coupon_id
) AS use ON true
ORDER BY coupon.coupon_id DESC
"""

_OF_MAKER = {
    "shop": "coupon.shop_id = %(shop_id)s",
    "creator": "coupon.creator_id = %(creator_id)s",
    "platform": "coupon.funder = 'platform'",
}


async def coupons_of(
    reader: Reader,
    maker: CouponMaker,
    *,
    stands: CouponStanding | None = None,
    cursor: str | None = None,
    size: int | None = None,
) -> Page[MadeCoupon]:
    """A maker's coupons, the latest first; with `stands` those that stand so now. Raises CursorBroken."""
    (before,) = decode_cursor(cursor, tuple[int], (2**53,))
    limit = bounded_size(size)
    chosen = f"""
        SELECT * FROM coupon
        WHERE {_OF_MAKER[maker.funder.value]} AND coupon.coupon_id < %(before)s
          AND {_STANDS[stands] if stands is not None else "true"}
        ORDER BY coupon.coupon_id DESC
        LIMIT %(limit)s
    """  # noqa: S608 - put together from constants of ours
    rows = await reader.rows(
        MadeCoupon,
        _MADE.format(chosen=chosen),
        shop_id=maker.shop_id,
        creator_id=maker.creator_id,
        before=before,
        now=clock.now(),
        limit=limit + 1,
    )
    return page_of(rows, limit, lambda row: (row.coupon_id,))


async def coupon_of(reader: Reader, maker: CouponMaker, coupon_id: CouponId) -> MadeCoupon:
    """One coupon of the maker's. Raises NotFound for another's."""
    found = await reader.row(
        MadeCoupon,
        _MADE.format(chosen="SELECT * FROM coupon WHERE coupon_id = %(coupon_id)s"),
        coupon_id=coupon_id,
    )
    if found is None or not maker.owns(found):
        raise NotFound
    return found


async def products_named(reader: Reader, product_ids: frozenset[ProductId]) -> list[NamedProduct]:
    """The products in a coupon's scope, by name."""
    return await reader.rows(
        NamedProduct,
        """
        SELECT shop_id, product_id, title, title_en, picture_url FROM product
        WHERE product_id = ANY(%(product_ids)s)
        ORDER BY product_id DESC
        LIMIT %(most)s
        """,
        product_ids=list(product_ids),
        most=PRODUCTS_SHOWN,
    )


async def products_to_choose(reader: Reader, shop_id: ShopId) -> list[NamedProduct]:
    """The products that a shop sells now, the latest first, as many as a coupon may name."""
    return await reader.rows(
        NamedProduct,
        """
        SELECT shop_id, product_id, title, title_en, picture_url FROM product
        WHERE shop_id = %(shop_id)s AND sale_status = 'on_sale'
        ORDER BY product_id DESC
        LIMIT %(most)s
        """,
        shop_id=shop_id,
        most=PRODUCTS_SHOWN,
    )


async def rooms_to_choose(
    reader: Reader, *, shop_id: ShopId | None = None, creator_id: CreatorId | None = None
) -> list[RoomAhead]:
    """Rooms that are announced or on air: a creator's own, those with a shop's goods in their cart, or all."""
    return await reader.rows(
        RoomAhead,
        """
        SELECT room.room_id, room.title, room.title_en, creator.name AS creator_name,
               creator.name_en AS creator_name_en, room.scheduled_at
        FROM room
        JOIN creator USING (creator_id)
        WHERE room.state <> 'ended'
          AND (%(creator_id)s::bigint IS NULL OR room.creator_id = %(creator_id)s)
          AND (%(shop_id)s::bigint IS NULL OR EXISTS (
              SELECT FROM listing
              WHERE listing.room_id = room.room_id AND listing.shop_id = %(shop_id)s
                AND listing.state <> 'off_cart'
          ))
        ORDER BY room.scheduled_at, room.room_id
        LIMIT %(most)s
        """,
        creator_id=creator_id,
        shop_id=shop_id,
        most=ROOMS_SHOWN,
    )


class DeskCoupon(Coupon, frozen=True, kw_only=True):
    """A coupon on the control desk of a room: how many were claimed in this room, how often it was dropped."""

    shop_name: str
    shop_name_en: str
    claimed_here: int
    drops: int
    dropped_at: datetime | None

    @property
    def standing(self) -> CouponStanding:
        """How it stands now."""
        return standing(self, clock.now())

    @property
    def may_drop(self) -> bool:
        """Whether anybody could claim it once it is dropped."""
        return self.standing in {CouponStanding.PREPARED, CouponStanding.CLAIMABLE}


async def coupons_of_desk(reader: Reader, creator_id: CreatorId, room_id: RoomId) -> list[DeskCoupon]:
    """What a host may drop into a room, and what they dropped: their own coupons first, then those of the shops in
    the cart, then the platform's. Those that are over or stopped have left."""
    return await reader.rows(
        DeskCoupon,
        """
        SELECT coupon.*, coalesce(shop.name, '') AS shop_name, coalesce(shop.name_en, '') AS shop_name_en,
               coalesce(coupon_drop.drops, 0) AS drops, coupon_drop.dropped_at,
               (
                   SELECT count(*) FROM claimed_coupon
                   WHERE claimed_coupon.coupon_id = coupon.coupon_id AND claimed_coupon.room_id = %(room_id)s
               )::int AS claimed_here
        FROM (
            SELECT * FROM coupon
            WHERE creator_id = %(creator_id)s AND state <> 'stopped' AND claim_until > %(now)s
            UNION ALL
            SELECT * FROM coupon
            WHERE shop_id = ANY (ARRAY(
                SELECT DISTINCT listing.shop_id FROM listing
                WHERE listing.room_id = %(room_id)s AND listing.state IN ('on_cart', 'explaining')
                  AND listing.shop_id IS NOT NULL
            )) AND state <> 'stopped' AND claim_until > %(now)s
            UNION ALL
            SELECT * FROM coupon
            WHERE funder = 'platform' AND state <> 'stopped' AND claim_until > %(now)s
        ) AS coupon
        LEFT JOIN shop ON shop.shop_id = coupon.shop_id
        LEFT JOIN coupon_drop ON coupon_drop.coupon_id = coupon.coupon_id AND coupon_drop.room_id = %(room_id)s
        WHERE coupon.room_id IS NULL OR coupon.room_id = %(room_id)s
        ORDER BY coupon.creator_id IS NULL, coupon.shop_id IS NULL, coupon.state <> 'prepared',
                 coupon.coupon_id DESC
        LIMIT %(most)s
        """,
        creator_id=creator_id,
        room_id=room_id,
        now=clock.now(),
        most=DESK_SHOWN,
    )
