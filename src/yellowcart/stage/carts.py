"""The cart of a room or a video as people see it: goods with their SKUs, outside links with where they lead,
each with what the link rules say of it now and next."""

from datetime import datetime
from urllib.parse import urlsplit

import msgspec

from yellowcart.kernel import clock
from yellowcart.kernel.database import Reader
from yellowcart.kernel.ids import CreatorId, ListingId, NoticeId, ProductId, RoomId, ShopId, SkuId, VideoId
from yellowcart.links.model import OWN_SOURCE, Surface, Verdict
from yellowcart.links.rules import Timeline, verdict
from yellowcart.links.store import read_timeline
from yellowcart.stage.model import ListingState, OffReason, Place, in_room, in_video
from yellowcart.stage.rules import leaves_cart, may_be_shown

GONE_SHOWN = 20
"""Listings taken off by a link rule that a cart still shows, with the reason."""
CART_SHOWN = 400
IN_CART = frozenset({ListingState.ON_CART, ListingState.EXPLAINING})


class CartSku(msgspec.Struct, frozen=True, kw_only=True):
    """A variant in the cart. `available` excludes what is held or sold; `received` is what there ever was."""

    sku_id: SkuId
    name: str
    name_en: str
    price_fen: int
    available: int
    received: int


class CartListing(msgspec.Struct, frozen=True, kw_only=True):
    """One listing of a cart. `skus` is empty for outside goods; `hold_s` is for how many seconds an unpaid order
    keeps its pieces; `verdict` is of the moment of reading."""

    listing_id: ListingId
    creator_id: CreatorId
    surface: Surface
    room_id: RoomId | None
    video_id: VideoId | None
    position: int
    state: ListingState
    source: str
    source_name_zh: str
    source_name_en: str
    storefront: str
    shop_id: ShopId | None
    product_id: ProductId | None
    shop_name: str | None
    shop_name_en: str | None
    title: str
    title_en: str
    picture_url: str
    price_fen: int | None
    url: str | None
    tap_url: str | None
    limit_per_buyer: int | None
    hold_s: int
    off_reason: OffReason | None
    off_notice_id: NoticeId | None
    put_on_at: datetime | None
    taken_off_at: datetime | None
    channel_task: str | None
    room_started_at: datetime | None
    skus: list[CartSku]
    verdict: Verdict | None = None

    @property
    def may_be_shown(self) -> bool:
        """Whether the rules let it stand in its cart and be tapped, as of the moment of its verdict."""
        return self.verdict is None or may_be_shown(
            self.verdict, self.channel_task, room_started_at=self.room_started_at, put_on_at=self.put_on_at
        )

    @property
    def stays_until_room_ends(self) -> bool:
        """Whether it stands in its cart only by the grace of a notice, until its room ends."""
        return (
            self.verdict is not None
            and self.state in IN_CART
            and leaves_cart(self.verdict.action, self.channel_task)
            and self.may_be_shown
        )

    @property
    def is_outside(self) -> bool:
        """Whether it leads to another platform."""
        return self.source != OWN_SOURCE

    @property
    def leads_to(self) -> str:
        """The host that an outside listing leads to; empty for own goods."""
        return urlsplit(self.way_out).hostname or "" if self.way_out else ""

    @property
    def way_out(self) -> str | None:
        """Where a tap leads: the address as it was pasted, else the product's own. None for own goods."""
        return self.tap_url or self.url

    @property
    def available(self) -> int:
        """Pieces left over all SKUs."""
        return sum(sku.available for sku in self.skus)

    @property
    def received(self) -> int:
        """Pieces there ever were over all SKUs."""
        return sum(sku.received for sku in self.skus)


async def cart_of_room(
    reader: Reader, room_id: RoomId, *, include_queued: bool = False, timeline: Timeline | None = None
) -> list[CartListing]:
    """The cart of a room: what is on it in its order, then what a link rule lately took off. With
    `include_queued` (for its creator) also what waits. `timeline` spares a reading."""
    return await _cart(reader, in_room(room_id), include_queued, timeline)


async def cart_of_video(
    reader: Reader, video_id: VideoId, *, include_queued: bool = False, timeline: Timeline | None = None
) -> list[CartListing]:
    """The cart of a video, as `cart_of_room`."""
    return await _cart(reader, in_video(video_id), include_queued, timeline)


async def _cart(
    reader: Reader, place: Place, include_queued: bool, timeline: Timeline | None
) -> list[CartListing]:
    rows = await reader.rows(
        CartListing,
        _CART,
        room_id=place.room_id,
        video_id=place.video_id,
        include_queued=include_queued,
        gone=GONE_SHOWN,
        most=CART_SHOWN,
    )
    rules = timeline if timeline is not None else await read_timeline(reader)
    now = clock.now()
    return [msgspec.structs.replace(row, verdict=verdict(rules, row.surface, row.source, now)) for row in rows]


async def cart_listing(
    reader: Reader, listing_id: ListingId, *, timeline: Timeline | None = None
) -> CartListing | None:
    """One listing in whatever state it is, with its SKUs and verdict; None where there is no such listing."""
    row = await reader.row(CartListing, _ONE_LISTING, listing_id=listing_id)
    if row is None:
        return None
    rules = timeline if timeline is not None else await read_timeline(reader)
    return msgspec.structs.replace(row, verdict=verdict(rules, row.surface, row.source, clock.now()))


_SHOWN = """
SELECT shown.*, room.started_at AS room_started_at, source.name_zh AS source_name_zh,
       source.name_en AS source_name_en, shop.name AS shop_name, shop.name_en AS shop_name_en,
       coalesce(
           (
               SELECT jsonb_agg(jsonb_build_object(
                   'sku_id', sku.sku_id, 'name', sku.name, 'name_en', sku.name_en, 'price_fen', sku.price_fen,
                   'available', coalesce(stock.available, 0), 'received', coalesce(stock.received, 0)
               ) ORDER BY sku.position)
               FROM sku LEFT JOIN stock USING (shop_id, sku_id)
               WHERE sku.shop_id = shown.shop_id AND sku.product_id = shown.product_id AND sku.is_active
           ),
           '[]'
       ) AS skus
FROM shown
JOIN source USING (source)
LEFT JOIN shop USING (shop_id)
LEFT JOIN room USING (room_id)
"""

_ONE = "WITH shown AS (SELECT * FROM listing WHERE listing_id = %(listing_id)s)"
_ONE_LISTING = _ONE + _SHOWN

_OF_PLACE = """
WITH shown AS (
    (
        SELECT * FROM listing
        WHERE (room_id = %(room_id)s OR video_id = %(video_id)s)
          AND (state IN ('on_cart', 'explaining') OR (%(include_queued)s AND state = 'queued'))
        LIMIT %(most)s
    )
    UNION ALL
    (
        SELECT * FROM listing
        WHERE (room_id = %(room_id)s OR video_id = %(video_id)s)
          AND state = 'off_cart' AND off_reason = 'link_rule'
          -- What never stood in the cart is news to its creator alone.
          AND (%(include_queued)s OR put_on_at IS NOT NULL)
        ORDER BY taken_off_at DESC, listing_id DESC
        LIMIT %(gone)s
    )
)
"""
_CART = _OF_PLACE + _SHOWN + "ORDER BY shown.state = 'off_cart', shown.position, shown.listing_id"
