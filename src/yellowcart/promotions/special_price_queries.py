"""Special prices as shops set them and as viewers of a cart see them."""

from collections.abc import Collection
from datetime import datetime

import msgspec

from yellowcart.kernel import clock
from yellowcart.kernel.database import Reader
from yellowcart.kernel.ids import ListingId, ProductId, RoomId, ShopId, SkuId, SpecialPriceId, VideoId
from yellowcart.kernel.paging import Page, bounded_size, decode_cursor, page_of
from yellowcart.promotions.model import SpecialPrice, SpecialPriceKind, SpecialPriceStanding
from yellowcart.promotions.special_price_rules import special_price_standing
from yellowcart.stage.model import Place

LISTINGS_TO_CHOOSE = 200


class ShownSpecialPrice(SpecialPrice, frozen=True, kw_only=True):
    """A special price that was not ended, with the pieces ordered at it and the SKU's usual price in fen."""

    taken: int
    usual_fen: int

    @property
    def left(self) -> int:
        """Pieces still to be had at it."""
        return self.quota - self.taken

    @property
    def standing(self) -> SpecialPriceStanding:
        """How it stands now. One that is no longer below the usual price lowers nothing, and counts as ended."""
        if self.price_fen >= self.usual_fen:
            return SpecialPriceStanding.ENDED
        return special_price_standing(self, clock.now(), taken=self.taken, ended_at=None)

    @property
    def holds(self) -> bool:
        """Whether an order of now gets it."""
        return self.standing is SpecialPriceStanding.IN_FORCE

    @property
    def is_flash(self) -> bool:
        """Whether it ends by the clock."""
        return self.kind is SpecialPriceKind.FLASH

    @property
    def seconds_to_start(self) -> int:
        """Seconds until it begins; 0 when it has."""
        return _seconds_until(self.starts_at)

    @property
    def seconds_left(self) -> int:
        """Seconds until a flash price ends; 0 for one that does not end by the clock."""
        return _seconds_until(self.ends_at) if self.ends_at is not None else 0


class CartSpecialPrice(msgspec.Struct, frozen=True, kw_only=True):
    """A special price of a cart as everybody may know it: what a piece costs, usually costs, and how many pieces
    are left at it. `ends_at` is None for one that ends with its place in the room."""

    special_price_id: SpecialPriceId
    listing_id: ListingId
    sku_id: SkuId
    kind: SpecialPriceKind
    standing: SpecialPriceStanding
    price_fen: int
    usual_fen: int
    quota: int
    left: int
    starts_at: datetime
    ends_at: datetime | None


class SetPrice(msgspec.Struct, frozen=True, kw_only=True):
    """A special price as its shop sees it, ended ones too."""

    special_price_id: SpecialPriceId
    shop_id: ShopId
    listing_id: ListingId
    sku_id: SkuId
    kind: SpecialPriceKind
    price_fen: int
    usual_fen: int
    quota: int
    taken: int
    starts_at: datetime
    ends_at: datetime | None
    ended_at: datetime | None
    product_id: ProductId
    title: str
    title_en: str
    picture_url: str
    sku_name: str
    sku_name_en: str
    room_id: RoomId | None
    video_id: VideoId | None
    place_title: str
    place_title_en: str
    creator_name: str
    creator_name_en: str

    @property
    def standing(self) -> SpecialPriceStanding:
        """How it stands now."""
        terms = SpecialPrice(
            special_price_id=self.special_price_id,
            listing_id=self.listing_id,
            sku_id=self.sku_id,
            kind=self.kind,
            price_fen=self.price_fen,
            starts_at=self.starts_at,
            ends_at=self.ends_at,
            quota=self.quota,
        )
        return special_price_standing(terms, clock.now(), taken=self.taken, ended_at=self.ended_at)


class ListedSku(msgspec.Struct, frozen=True, kw_only=True):
    """A SKU of a product in a cart, which may be given a special price."""

    sku_id: SkuId
    name: str
    name_en: str
    price_fen: int
    available: int
    has_special: bool


class ListedProduct(msgspec.Struct, frozen=True, kw_only=True):
    """A product of the shop's in a cart that is not over."""

    listing_id: ListingId
    product_id: ProductId
    title: str
    title_en: str
    picture_url: str
    room_id: RoomId | None
    place_title: str
    place_title_en: str
    place_state: str
    creator_name: str
    creator_name_en: str
    skus: list[ListedSku]


async def shown_special_prices(
    reader: Reader, listing_ids: Collection[ListingId]
) -> dict[ListingId, dict[SkuId, ShownSpecialPrice]]:
    """The special prices that stand or come for listings, by listing and SKU."""
    rows = await reader.rows(
        ShownSpecialPrice,
        """
        SELECT special.special_price_id, special.listing_id, special.sku_id, special.kind, special.price_fen,
               special.starts_at, special.ends_at, special.quota, special.taken, sku.price_fen AS usual_fen
        FROM special_price AS special
        JOIN sku USING (shop_id, sku_id)
        WHERE special.listing_id = ANY(%(listing_ids)s) AND special.ended_at IS NULL
        ORDER BY special.special_price_id
        LIMIT 2000
        """,
        listing_ids=list(listing_ids),
    )
    found: dict[ListingId, dict[SkuId, ShownSpecialPrice]] = {}
    for row in rows:
        if row.standing is not SpecialPriceStanding.ENDED:
            found.setdefault(row.listing_id, {})[row.sku_id] = row
    return found


async def special_prices_of_cart(reader: Reader, place: Place) -> list[CartSpecialPrice]:
    """The special prices that stand or come in the cart of a room or a video, in the order of their listings."""
    listing_ids = await reader.column(
        """
        SELECT listing_id FROM listing
        WHERE (room_id = %(room_id)s OR video_id = %(video_id)s) AND state IN ('on_cart', 'explaining')
        LIMIT %(most)s
        """,
        room_id=place.room_id,
        video_id=place.video_id,
        most=LISTINGS_TO_CHOOSE,
    )
    found = await shown_special_prices(reader, listing_ids)
    return [
        CartSpecialPrice(
            special_price_id=each.special_price_id,
            listing_id=each.listing_id,
            sku_id=each.sku_id,
            kind=each.kind,
            standing=each.standing,
            price_fen=each.price_fen,
            usual_fen=each.usual_fen,
            quota=each.quota,
            left=each.left,
            starts_at=each.starts_at,
            ends_at=each.ends_at,
        )
        for listing_id in sorted(found)
        for each in found[listing_id].values()
    ]


_STANDS: dict[SpecialPriceStanding, str] = {
    SpecialPriceStanding.COMING: "special.ended_at IS NULL AND special.starts_at > %(now)s",
    SpecialPriceStanding.IN_FORCE: "special.ended_at IS NULL AND special.starts_at <= %(now)s"
    " AND (special.ends_at IS NULL OR special.ends_at > %(now)s) AND special.taken < special.quota",
    SpecialPriceStanding.TAKEN: "special.ended_at IS NULL AND special.starts_at <= %(now)s"
    " AND (special.ends_at IS NULL OR special.ends_at > %(now)s) AND special.taken = special.quota",
    SpecialPriceStanding.ENDED: "(special.ended_at IS NOT NULL OR special.ends_at <= %(now)s)",
}


async def special_prices_of_shop(
    reader: Reader,
    shop_id: ShopId,
    *,
    stands: SpecialPriceStanding | None = None,
    cursor: str | None = None,
    size: int | None = None,
) -> Page[SetPrice]:
    """A shop's special prices, the latest first; with `stands` those that stand so now. Raises CursorBroken."""
    (before,) = decode_cursor(cursor, tuple[int], (2**53,))
    limit = bounded_size(size)
    rows = await reader.rows(
        SetPrice,
        f"""
        SELECT special.special_price_id, special.shop_id, special.listing_id, special.sku_id, special.kind,
               special.price_fen, sku.price_fen AS usual_fen, special.quota, special.taken, special.starts_at,
               special.ends_at, special.ended_at, sku.product_id, listing.title, listing.title_en,
               listing.picture_url, sku.name AS sku_name, sku.name_en AS sku_name_en, listing.room_id,
               listing.video_id, coalesce(room.title, video.title) AS place_title,
               coalesce(room.title_en, video.title_en) AS place_title_en, creator.name AS creator_name,
               creator.name_en AS creator_name_en
        FROM special_price AS special
        JOIN sku USING (shop_id, sku_id)
        JOIN listing USING (listing_id)
        JOIN creator ON creator.creator_id = listing.creator_id
        LEFT JOIN room ON room.room_id = listing.room_id
        LEFT JOIN video ON video.video_id = listing.video_id
        WHERE special.shop_id = %(shop_id)s AND special.special_price_id < %(before)s
          AND {_STANDS[stands] if stands is not None else "true"}
        ORDER BY special.special_price_id DESC
        LIMIT %(limit)s
        """,  # noqa: S608 - put together from constants of ours
        shop_id=shop_id,
        before=before,
        now=clock.now(),
        limit=limit + 1,
    )
    return page_of(rows, limit, lambda row: (row.special_price_id,))


async def listings_to_price(reader: Reader, shop_id: ShopId) -> list[ListedProduct]:
    """Where a shop can set special prices: its products in carts of rooms that are not over and of videos, rooms
    first, each with its SKUs."""
    return await reader.rows(
        ListedProduct,
        """
        SELECT listing.listing_id, listing.product_id, listing.title, listing.title_en, listing.picture_url,
               listing.room_id, coalesce(room.title, video.title) AS place_title,
               coalesce(room.title_en, video.title_en) AS place_title_en,
               coalesce(room.state, video.state) AS place_state, creator.name AS creator_name,
               creator.name_en AS creator_name_en, skus.listed AS skus
        FROM listing
        JOIN creator USING (creator_id)
        LEFT JOIN room ON room.room_id = listing.room_id
        LEFT JOIN video ON video.video_id = listing.video_id
        JOIN LATERAL (
            SELECT jsonb_agg(jsonb_build_object(
                       'sku_id', sku.sku_id, 'name', sku.name, 'name_en', sku.name_en,
                       'price_fen', sku.price_fen, 'available', coalesce(stock.available, 0),
                       'has_special', EXISTS (
                           SELECT FROM special_price AS special
                           WHERE special.shop_id = sku.shop_id AND special.listing_id = listing.listing_id
                             AND special.sku_id = sku.sku_id AND special.ended_at IS NULL
                             AND (special.ends_at IS NULL OR special.ends_at > %(now)s)
                       )
                   ) ORDER BY sku.position) AS listed
            FROM sku LEFT JOIN stock USING (shop_id, sku_id)
            WHERE sku.shop_id = listing.shop_id AND sku.product_id = listing.product_id AND sku.is_active
        ) AS skus ON skus.listed IS NOT NULL
        WHERE listing.shop_id = %(shop_id)s AND listing.product_id IS NOT NULL AND listing.state <> 'off_cart'
          AND coalesce(room.state <> 'ended', video.state = 'published')
        ORDER BY listing.room_id IS NULL, listing.listing_id DESC
        LIMIT %(most)s
        """,
        shop_id=shop_id,
        now=clock.now(),
        most=LISTINGS_TO_CHOOSE,
    )


def _seconds_until(moment: datetime) -> int:
    # The next whole second: a countdown that ended early would ask before anything has changed.
    seconds = (moment - clock.now()).total_seconds()
    return int(seconds) + 1 if seconds > 0 else 0
