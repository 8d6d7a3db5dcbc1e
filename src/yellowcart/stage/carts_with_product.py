"""In which open carts products can be had now, for a buyer who wants them again."""

from collections.abc import Collection

import msgspec

from yellowcart.kernel.database import Reader
from yellowcart.kernel.ids import ListingId, ProductId, RoomId, ShopId, VideoId

LISTINGS_READ = 200


class OpenListing(msgspec.Struct, frozen=True, kw_only=True):
    """A listing in the cart of a room on air or of a published video."""

    listing_id: ListingId
    product_id: ProductId
    room_id: RoomId | None
    video_id: VideoId | None

    @property
    def place(self) -> tuple[RoomId | None, VideoId | None]:
        """Whose cart it stands in."""
        return self.room_id, self.video_id


async def open_listings_of(
    reader: Reader, shop_id: ShopId, product_ids: Collection[ProductId]
) -> list[OpenListing]:
    """Where a shop's products can be bought now: rooms on air first, those that began last before the others."""
    return await reader.rows(
        OpenListing,
        """
        SELECT listing.listing_id, listing.product_id, listing.room_id, listing.video_id
        FROM listing
        LEFT JOIN room ON room.room_id = listing.room_id
        LEFT JOIN video ON video.video_id = listing.video_id
        WHERE listing.shop_id = %(shop_id)s AND listing.product_id = ANY(%(product_ids)s)
          AND listing.state IN ('on_cart', 'explaining')
          AND (room.state IN ('live', 'paused') OR video.state = 'published')
        ORDER BY listing.room_id IS NULL, listing.listing_id DESC
        LIMIT %(most)s
        """,
        shop_id=shop_id,
        product_ids=list(product_ids),
        most=LISTINGS_READ,
    )
