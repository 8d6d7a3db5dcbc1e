"""Creators, rooms, videos and the listings in their carts, as values with their state tables."""

from datetime import datetime
from enum import StrEnum

import msgspec

from yellowcart.kernel.ids import CreatorId, ListingId, NoticeId, ProductId, RoomId, ShopId, VideoId
from yellowcart.links.model import Surface


class CreatorKind(StrEnum):
    """Whose account it is (domain.md §1.1: author kinds tell self-broadcast from selling for others)."""

    CREATOR = "creator"
    """Sells other people's goods for a commission."""
    SHOP_ACCOUNT = "shop_account"
    """A shop's own account; sells its own goods without commission (self-broadcast)."""


class RoomState(StrEnum):
    """The life of a live room (domain.md §2.7)."""

    SCHEDULED = "scheduled"
    """Announced; its cart is being filled."""
    LIVE = "live"
    """On air."""
    PAUSED = "paused"
    """On air, with a break: viewers stay, the cart stays open."""
    ENDED = "ended"
    """Over for good; every listing has left its cart."""


ROOM_MOVES: dict[RoomState, frozenset[RoomState]] = {
    RoomState.SCHEDULED: frozenset({RoomState.LIVE, RoomState.ENDED}),
    RoomState.LIVE: frozenset({RoomState.PAUSED, RoomState.ENDED}),
    RoomState.PAUSED: frozenset({RoomState.LIVE, RoomState.ENDED}),
    RoomState.ENDED: frozenset(),
}


class VideoState(StrEnum):
    """Whether a video is shown."""

    PUBLISHED = "published"
    """Shown."""
    REMOVED = "removed"
    """Taken down by its creator."""


class ListingState(StrEnum):
    """Where a listing stands in its cart."""

    QUEUED = "queued"
    """Prepared by the creator; viewers do not see it yet."""
    ON_CART = "on_cart"
    """In the cart."""
    EXPLAINING = "explaining"
    """In the cart and being explained: pinned over the video. At most one in a room."""
    OFF_CART = "off_cart"
    """Out of the cart; `off_reason` says why."""


LISTING_MOVES: dict[ListingState, frozenset[ListingState]] = {
    ListingState.QUEUED: frozenset({ListingState.ON_CART, ListingState.OFF_CART}),
    ListingState.ON_CART: frozenset({ListingState.EXPLAINING, ListingState.QUEUED, ListingState.OFF_CART}),
    ListingState.EXPLAINING: frozenset({ListingState.ON_CART, ListingState.OFF_CART}),
    ListingState.OFF_CART: frozenset({ListingState.ON_CART}),
}


class OffReason(StrEnum):
    """Why a listing left its cart."""

    CREATOR = "creator"
    """Its creator took it off."""
    LINK_RULE = "link_rule"
    """A link rule began to refuse its source on its surface; the notice is named."""
    ROOM_ENDED = "room_ended"
    """The room ended."""
    VIDEO_REMOVED = "video_removed"
    """The video was taken down."""
    PRODUCT_CLOSED = "product_closed"
    """The product or its shop is no longer for sale."""
    REPLACED = "replaced"
    """Its creator put an own-shop twin in its place."""


VIDEO_MOVES: dict[VideoState, frozenset[VideoState]] = {
    VideoState.PUBLISHED: frozenset({VideoState.REMOVED}),
    VideoState.REMOVED: frozenset(),
}


class Place(msgspec.Struct, frozen=True):
    """One cart: that of a live room or that of a video. Made by `in_room` or `in_video`."""

    surface: Surface
    room_id: RoomId | None = None
    video_id: VideoId | None = None

    def __post_init__(self) -> None:
        named = (self.room_id is not None, self.video_id is not None)
        if named != _NAMED.get(self.surface):
            raise ValueError("a cart is that of one room or of one video")


_NAMED = {Surface.LIVE_CART: (True, False), Surface.VIDEO_CART: (False, True)}


def in_room(room_id: RoomId) -> Place:
    """The cart of a live room."""
    return Place(Surface.LIVE_CART, room_id=room_id)


def in_video(video_id: VideoId) -> Place:
    """The cart of a video."""
    return Place(Surface.VIDEO_CART, video_id=video_id)


class Creator(msgspec.Struct, frozen=True, kw_only=True):
    """Who shows goods."""

    creator_id: CreatorId
    person_id: int
    name: str
    name_en: str
    kind: CreatorKind
    shop_id: ShopId | None
    follower_count: int
    bio: str
    bio_en: str
    region: str


class Room(msgspec.Struct, frozen=True, kw_only=True):
    """A live room."""

    room_id: RoomId
    creator_id: CreatorId
    title: str
    title_en: str
    state: RoomState
    scheduled_at: datetime
    started_at: datetime | None
    ended_at: datetime | None


class Video(msgspec.Struct, frozen=True, kw_only=True):
    """A short video with a cart."""

    video_id: VideoId
    creator_id: CreatorId
    title: str
    title_en: str
    state: VideoState
    published_at: datetime


class Listing(msgspec.Struct, frozen=True, kw_only=True):
    """One product or outside link on one surface. Own goods have shop and product; outside goods a URL.

    `price_fen` is what the cart shows: the lowest SKU price of own goods, the price the creator gave for
    outside ones (None when unknown). `hold_s` is how long an unpaid order of it keeps its stock. `channel_task`
    is the number under which a channel placed it as a task, where a rule requires one or soon will.
    """

    listing_id: ListingId
    creator_id: CreatorId
    surface: Surface
    room_id: RoomId | None
    video_id: VideoId | None
    position: int
    state: ListingState
    source: str
    storefront: str
    shop_id: ShopId | None
    product_id: ProductId | None
    title: str
    title_en: str
    picture_url: str
    price_fen: int | None
    url: str | None
    limit_per_buyer: int | None
    hold_s: int
    off_reason: OffReason | None
    off_notice_id: NoticeId | None
    put_on_at: datetime | None
    taken_off_at: datetime | None
    channel_task: str | None = None
    item_id: str | None = None

    @property
    def place(self) -> Place:
        """The cart that it belongs to."""
        return Place(self.surface, room_id=self.room_id, video_id=self.video_id)
