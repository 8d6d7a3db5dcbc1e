"""What happens on the stage, for the outbox. Every event names its creator, and its room or video."""

from typing import TypedDict

from yellowcart.kernel.events import Event
from yellowcart.kernel.ids import CreatorId, ListingId, NoticeId, ProductId, RoomId, ShopId, VideoId
from yellowcart.links.model import Surface
from yellowcart.stage.model import Listing, OffReason


class RoomScheduled(Event, frozen=True, kw_only=True, tag="room.scheduled"):
    """A live room was announced."""

    room_id: RoomId
    creator_id: CreatorId


class RoomStarted(Event, frozen=True, kw_only=True, tag="room.started"):
    """A room went on air."""

    room_id: RoomId
    creator_id: CreatorId


class RoomPaused(Event, frozen=True, kw_only=True, tag="room.paused"):
    """A room on air takes a break."""

    room_id: RoomId
    creator_id: CreatorId


class RoomResumed(Event, frozen=True, kw_only=True, tag="room.resumed"):
    """A break is over."""

    room_id: RoomId
    creator_id: CreatorId


class RoomEnded(Event, frozen=True, kw_only=True, tag="room.ended"):
    """A room is over, or was called off before its start."""

    room_id: RoomId
    creator_id: CreatorId
    listing_count: int


class VideoPublished(Event, frozen=True, kw_only=True, tag="video.published"):
    """A video is shown."""

    video_id: VideoId
    creator_id: CreatorId


class VideoRemoved(Event, frozen=True, kw_only=True, tag="video.removed"):
    """A video was taken down."""

    video_id: VideoId
    creator_id: CreatorId
    listing_count: int


class ListingEvent(Event, frozen=True, kw_only=True):
    """Something happened to a listing; what it is and where it stands."""

    listing_id: ListingId
    creator_id: CreatorId
    surface: Surface
    room_id: RoomId | None
    video_id: VideoId | None
    source: str
    shop_id: ShopId | None
    product_id: ProductId | None


class ListingQueued(ListingEvent, frozen=True, kw_only=True, tag="listing.queued"):
    """A creator prepared a listing; viewers do not see it yet."""


class ListingPutOn(ListingEvent, frozen=True, kw_only=True, tag="listing.put_on"):
    """A listing came into its cart."""


class ListingExplained(ListingEvent, frozen=True, kw_only=True, tag="listing.explained"):
    """A listing is being explained: pinned over the video."""


class ListingExplainingEnded(ListingEvent, frozen=True, kw_only=True, tag="listing.explaining_ended"):
    """A listing is in the cart as any other again."""


class ListingTakenOff(ListingEvent, frozen=True, kw_only=True, tag="listing.taken_off"):
    """A listing left its cart. `notice_id` where a link rule took it off."""

    reason: OffReason
    notice_id: NoticeId | None


class ListingFields(TypedDict):
    """The fields that every event of a listing has."""

    listing_id: ListingId
    creator_id: CreatorId
    surface: Surface
    room_id: RoomId | None
    video_id: VideoId | None
    source: str
    shop_id: ShopId | None
    product_id: ProductId | None


def fields_of(listing: Listing) -> ListingFields:
    """What every event says of its listing."""
    return {
        "listing_id": listing.listing_id,
        "creator_id": listing.creator_id,
        "surface": listing.surface,
        "room_id": listing.room_id,
        "video_id": listing.video_id,
        "source": listing.source,
        "shop_id": listing.shop_id,
        "product_id": listing.product_id,
    }
