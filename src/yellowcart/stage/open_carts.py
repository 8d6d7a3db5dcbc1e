"""All open carts of a creator that hold one outside product, locked together: rooms in the order of their ids,
then videos, then every listing that stands in them by its id."""

from collections.abc import Sequence

import msgspec

from yellowcart.kernel.database import Writer
from yellowcart.kernel.ids import CreatorId, ListingId, ProductId, RoomId, ShopId, VideoId
from yellowcart.links.model import Surface
from yellowcart.stage.model import Listing, ListingState, RoomState, VideoState
from yellowcart.stage.replace_rules import CartResult, Outcome

LISTINGS_LOCKED_MAX = 40_000
PlaceKey = tuple[RoomId | None, VideoId | None]


class HeldListing(msgspec.Struct, frozen=True, kw_only=True):
    """A listing of the outside product in an open cart, as it was before anything was locked. `twin_id` is the
    listing that took its place, where one did."""

    listing_id: ListingId
    twin_id: ListingId | None
    surface: Surface
    room_id: RoomId | None
    video_id: VideoId | None
    place_title: str
    place_title_en: str

    @property
    def place_key(self) -> PlaceKey:
        """Which cart it is in."""
        return self.room_id, self.video_id

    def result(self, outcome: Outcome, new_listing_id: ListingId | None = None) -> CartResult:
        """What is answered of its cart."""
        return CartResult(
            surface=self.surface,
            room_id=self.room_id,
            video_id=self.video_id,
            place_title=self.place_title,
            place_title_en=self.place_title_en,
            listing_id=self.listing_id,
            new_listing_id=new_listing_id,
            outcome=outcome,
        )


class OpenCarts:
    """Locked carts, kept up to date while it is decided what happens to each."""

    def __init__(
        self, open_places: set[PlaceKey], listings: Sequence[Listing], ever_listed: dict[PlaceKey, int]
    ) -> None:
        self._open = open_places
        self.listings = {listing.listing_id: listing for listing in listings}
        """Every listing that stands in one of the carts, and those that were asked for."""
        self.ever_listed = ever_listed
        """How many listings each room or video ever had."""
        self.carts: dict[PlaceKey, list[Listing]] = {}
        for listing in listings:
            cart = self.carts.setdefault((listing.room_id, listing.video_id), [])
            if listing.state is not ListingState.OFF_CART:
                cart.append(listing)

    def is_open(self, held: HeldListing) -> bool:
        """Whether its room has not ended, or its video is shown, now that it is locked."""
        return held.place_key in self._open

    def cart_of(self, held: HeldListing) -> list[Listing]:
        """What stands in its cart."""
        return self.carts.get(held.place_key, [])

    def swap(self, held: HeldListing, gone: Listing, entered: Listing) -> None:
        """Note that one listing left a cart and another entered it."""
        cart = self.carts.setdefault(held.place_key, [])
        cart[:] = [each for each in cart if each.listing_id != gone.listing_id] + [entered]
        self.ever_listed[held.place_key] = self.ever_listed.get(held.place_key, 0) + 1


async def carts_holding(
    writer: Writer, creator_id: CreatorId, source: str, item_key: str, most: int
) -> list[HeldListing]:
    """Where an outside product stands in an open cart of the creator, or left one by a link rule; the latest
    first."""
    return await writer.rows(
        HeldListing,
        f"""
        SELECT listing.listing_id, NULL::bigint AS twin_id, {_PLACE}
        FROM listing {_PLACES}
        WHERE listing.creator_id = %(creator_id)s AND listing.source = %(source)s
          AND coalesce(listing.item_id, listing.url) = %(item_key)s
          AND (listing.state <> 'off_cart' OR listing.off_reason = 'link_rule')
          AND {_IS_OPEN}
        ORDER BY listing.state = 'off_cart', listing.listing_id DESC
        LIMIT %(most)s
        """,  # noqa: S608 - put together from constants of ours
        creator_id=creator_id,
        source=source,
        item_key=item_key,
        most=most,
    )


async def carts_replaced(
    writer: Writer,
    creator_id: CreatorId,
    source: str,
    item_key: str,
    shop_id: ShopId,
    product_id: ProductId,
    most: int,
) -> list[HeldListing]:
    """Where a product stands in the place of an outside one, in an open cart of the creator."""
    return await writer.rows(
        HeldListing,
        f"""
        SELECT listing.listing_id, twin.listing_id AS twin_id, {_PLACE}
        FROM listing
        JOIN listing AS twin ON twin.replaces_id = listing.listing_id {_PLACES}
        WHERE listing.creator_id = %(creator_id)s AND listing.source = %(source)s
          AND coalesce(listing.item_id, listing.url) = %(item_key)s
          AND twin.shop_id = %(shop_id)s AND twin.product_id = %(product_id)s AND twin.state <> 'off_cart'
          AND {_IS_OPEN}
        ORDER BY twin.listing_id DESC
        LIMIT %(most)s
        """,  # noqa: S608 - put together from constants of ours
        creator_id=creator_id,
        source=source,
        item_key=item_key,
        shop_id=shop_id,
        product_id=product_id,
        most=most,
    )


async def lock_open_carts(writer: Writer, held: Sequence[HeldListing]) -> OpenCarts:
    """Lock the rooms, the videos and everything that stands in their carts."""
    rooms = sorted({each.room_id for each in held if each.room_id is not None})
    videos = sorted({each.video_id for each in held if each.video_id is not None})
    open_rooms = await writer.rows(
        _LockedRoom,
        "SELECT room_id, state FROM room WHERE room_id = ANY(%(ids)s) ORDER BY room_id FOR UPDATE",
        ids=rooms,
    )
    open_videos = await writer.rows(
        _LockedVideo,
        "SELECT video_id, state FROM video WHERE video_id = ANY(%(ids)s) ORDER BY video_id FOR UPDATE",
        ids=videos,
    )
    listings = await writer.rows(
        Listing,
        """
        SELECT * FROM listing
        WHERE (room_id = ANY(%(rooms)s) OR video_id = ANY(%(videos)s))
          AND (state <> 'off_cart' OR listing_id = ANY(%(asked)s))
        ORDER BY listing_id
        LIMIT %(most)s
        FOR UPDATE
        """,
        rooms=rooms,
        videos=videos,
        asked=[each.listing_id for each in held] + [each.twin_id for each in held if each.twin_id is not None],
        most=LISTINGS_LOCKED_MAX,
    )
    counts = await writer.rows(
        _EverListed,
        """
        SELECT room_id, video_id, count(*)::int AS listings FROM listing
        WHERE room_id = ANY(%(rooms)s) OR video_id = ANY(%(videos)s)
        GROUP BY room_id, video_id
        """,
        rooms=rooms,
        videos=videos,
    )
    places: set[PlaceKey] = {(room.room_id, None) for room in open_rooms if room.state is not RoomState.ENDED}
    places |= {(None, video.video_id) for video in open_videos if video.state is VideoState.PUBLISHED}
    return OpenCarts(places, listings, {(each.room_id, each.video_id): each.listings for each in counts})


_PLACE = """
    listing.surface, listing.room_id, listing.video_id, coalesce(room.title, video.title) AS place_title,
    coalesce(room.title_en, video.title_en) AS place_title_en
"""
_PLACES = """
    LEFT JOIN room ON room.room_id = listing.room_id
    LEFT JOIN video ON video.video_id = listing.video_id
"""
_IS_OPEN = "(room.state <> 'ended' OR video.state = 'published')"


class _LockedRoom(msgspec.Struct, frozen=True):
    room_id: RoomId
    state: RoomState


class _LockedVideo(msgspec.Struct, frozen=True):
    video_id: VideoId
    state: VideoState


class _EverListed(msgspec.Struct, frozen=True):
    room_id: RoomId | None
    video_id: VideoId | None
    listings: int
