"""Reads of the stage for pages and the API. Cards are made in `stage.feed`, carts in `stage.carts`."""

from datetime import datetime

import msgspec

from yellowcart.kernel import clock
from yellowcart.kernel.database import Reader
from yellowcart.kernel.errors import NotFound
from yellowcart.kernel.ids import CreatorId, ListingId, RoomId, VideoId
from yellowcart.kernel.paging import Page, bounded_size, decode_cursor, page_of
from yellowcart.links.model import Surface
from yellowcart.stage.carts import CartListing, CartSku, cart_of_room, cart_of_video
from yellowcart.stage.feed import (
    FirstListing,
    RoomCard,
    VideoCard,
    rooms_of_creator,
    rooms_on_air,
    video_card,
    videos_feed,
    videos_of_creator,
)
from yellowcart.stage.headcount import FRESH_FOR
from yellowcart.stage.model import CreatorKind, Listing, ListingState, OffReason, Room

CHAT_SHOWN = 50
"""Messages that a page of a room begins with."""

__all__ = [
    "CartListing",
    "CartSku",
    "ChatMessage",
    "CreatorCard",
    "CreatorListing",
    "FirstListing",
    "ListingTaps",
    "PairInCarts",
    "RoomAudience",
    "RoomCard",
    "RoomView",
    "SourceName",
    "VideoCard",
    "VideoView",
    "audience_of_room",
    "cart_of_room",
    "cart_of_video",
    "chat_of_room",
    "creator_card",
    "listings_of_creator",
    "pairs_in_carts",
    "room_view",
    "rooms_of_creator",
    "rooms_on_air",
    "sources_of_creator",
    "taps_of_room",
    "video_view",
    "videos_feed",
    "videos_of_creator",
]


class CreatorCard(msgspec.Struct, frozen=True, kw_only=True):
    """Who shows goods, as viewers see them."""

    creator_id: CreatorId
    name: str
    name_en: str
    kind: CreatorKind
    follower_count: int
    bio: str
    bio_en: str
    region: str


class RoomView(msgspec.Struct, frozen=True, kw_only=True):
    """One room with its creator and its counts."""

    room: Room
    creator: CreatorCard
    audience: "RoomAudience"


class RoomAudience(msgspec.Struct, frozen=True, kw_only=True):
    """Counts of a room. `viewers` are open pages now, in all processes; `enters` and `likes` since it began."""

    viewers: int
    viewers_peak: int
    enters: int
    likes: int


class ListingTaps(msgspec.Struct, frozen=True):
    """How often a listing was tapped, and left through."""

    listing_id: ListingId
    taps: int
    jump_outs: int


class ChatMessage(msgspec.Struct, frozen=True):
    """One message of a room's chat."""

    message_id: int
    name: str
    body: str
    sent_at: datetime


class VideoView(msgspec.Struct, frozen=True, kw_only=True):
    """One video with its creator."""

    video: VideoCard
    creator: CreatorCard


class PairInCarts(msgspec.Struct, frozen=True):
    """How many listings of one source a creator has in carts of one surface, queued ones included."""

    surface: Surface
    source: str
    listing_count: int


class SourceName(msgspec.Struct, frozen=True):
    """A source and what it is called."""

    source: str
    name_zh: str
    name_en: str


class CreatorListing(Listing, frozen=True, kw_only=True):
    """A listing of a creator, with the name of its source and of the room or video it stands in."""

    source_name_zh: str
    source_name_en: str
    place_title: str
    place_title_en: str


async def room_view(reader: Reader, room_id: RoomId) -> RoomView:
    """A room in any state. Raises NotFound."""
    room = await reader.row(Room, "SELECT * FROM room WHERE room_id = %(room_id)s", room_id=room_id)
    if room is None:
        raise NotFound
    return RoomView(
        room=room,
        creator=await creator_card(reader, room.creator_id),
        audience=await audience_of_room(reader, room_id),
    )


async def creator_card(reader: Reader, creator_id: CreatorId) -> CreatorCard:
    """A creator as viewers see them. Raises NotFound."""
    found = await reader.row(
        CreatorCard, "SELECT * FROM creator WHERE creator_id = %(creator_id)s", creator_id=creator_id
    )
    if found is None:
        raise NotFound
    return found


async def audience_of_room(reader: Reader, room_id: RoomId) -> RoomAudience:
    """The room's counts at this moment."""
    found = await reader.row(
        RoomAudience,
        """
        SELECT coalesce((
                   SELECT sum(viewers) FROM room_viewers
                   WHERE room_id = %(room_id)s AND updated_at > %(fresh)s
               ), 0)::int AS viewers,
               coalesce(max(viewers_peak), 0) AS viewers_peak,
               coalesce(max(enters), 0) AS enters,
               coalesce(max(likes), 0) AS likes
        FROM room_tally
        WHERE room_id = %(room_id)s
        """,
        room_id=room_id,
        fresh=clock.system_now() - FRESH_FOR,
    )
    assert found is not None, "an aggregate answers one row"
    return found


async def taps_of_room(reader: Reader, room_id: RoomId) -> dict[ListingId, ListingTaps]:
    """How often each listing of a room was tapped and left through, by listing."""
    rows = await reader.rows(
        ListingTaps,
        """
        SELECT listing_id,
               count(*) FILTER (WHERE kind = 'tap')::int AS taps,
               count(*) FILTER (WHERE kind = 'jump_out')::int AS jump_outs
        FROM audience_event
        WHERE room_id = %(room_id)s AND kind IN ('tap', 'jump_out') AND listing_id IS NOT NULL
        GROUP BY listing_id
        LIMIT 1000
        """,
        room_id=room_id,
    )
    return {row.listing_id: row for row in rows}


async def chat_of_room(reader: Reader, room_id: RoomId, size: int = CHAT_SHOWN) -> list[ChatMessage]:
    """The latest messages, oldest of them first."""
    rows = await reader.rows(
        ChatMessage,
        """
        SELECT message_id, name, body, sent_at FROM chat_message
        WHERE room_id = %(room_id)s
        ORDER BY message_id DESC
        LIMIT %(limit)s
        """,
        room_id=room_id,
        limit=bounded_size(size),
    )
    return rows[::-1]


async def video_view(reader: Reader, video_id: VideoId) -> VideoView:
    """A video in any state. Raises NotFound."""
    video = await video_card(reader, video_id)
    return VideoView(video=video, creator=await creator_card(reader, video.creator_id))


async def listings_of_creator(
    reader: Reader,
    creator_id: CreatorId,
    *,
    source: str | None = None,
    surface: Surface | None = None,
    state: ListingState | None = None,
    off_reason: OffReason | None = None,
    notice: str | None = None,
    cursor: str | None = None,
    size: int | None = None,
) -> Page[CreatorListing]:
    """Everything that a creator ever listed, filtered, the latest first. `notice` is the code of a notice: what it
    took off, and what its rules speak of of what stands in a cart now."""
    (before,) = decode_cursor(cursor, tuple[int], (2**53,))
    limit = bounded_size(size)
    rows = await reader.rows(
        CreatorListing,
        """
        SELECT listing.*, source.name_zh AS source_name_zh, source.name_en AS source_name_en,
               coalesce(room.title, video.title) AS place_title,
               coalesce(room.title_en, video.title_en) AS place_title_en
        FROM listing
        JOIN source USING (source)
        LEFT JOIN room ON room.room_id = listing.room_id
        LEFT JOIN video ON video.video_id = listing.video_id
        WHERE listing.creator_id = %(creator_id)s
          AND listing.listing_id < %(before)s
          AND (%(source)s::text IS NULL OR listing.source = %(source)s)
          AND (%(surface)s::text IS NULL OR listing.surface = %(surface)s)
          AND (%(state)s::text IS NULL OR listing.state = %(state)s)
          AND (%(off_reason)s::text IS NULL OR listing.off_reason = %(off_reason)s)
          AND (%(notice)s::text IS NULL OR EXISTS (
              SELECT FROM notice
              WHERE notice.code = %(notice)s
                AND (listing.off_notice_id = notice.notice_id
                     OR (listing.state <> 'off_cart' AND EXISTS (
                         SELECT FROM link_rule
                         WHERE link_rule.notice_id = notice.notice_id
                           AND link_rule.surface = listing.surface AND link_rule.source = listing.source
                     )))
          ))
        ORDER BY listing.listing_id DESC
        LIMIT %(limit)s
        """,
        creator_id=creator_id,
        before=before,
        source=source,
        surface=None if surface is None else surface.value,
        state=None if state is None else state.value,
        off_reason=None if off_reason is None else off_reason.value,
        notice=notice,
        limit=limit + 1,
    )
    return page_of(rows, limit, lambda listing: (listing.listing_id,))


async def pairs_in_carts(reader: Reader, creator_id: CreatorId) -> list[PairInCarts]:
    """What a creator has in carts, by surface and source: what a change of the link rules would touch."""
    return await reader.rows(
        PairInCarts,
        """
        SELECT surface, source, count(*)::int AS listing_count
        FROM listing
        WHERE creator_id = %(creator_id)s AND state <> 'off_cart'
        GROUP BY surface, source
        ORDER BY surface, source
        LIMIT 200
        """,
        creator_id=creator_id,
    )


async def sources_of_creator(reader: Reader, creator_id: CreatorId) -> list[SourceName]:
    """The sources that a creator ever listed goods of, in the order of the pages."""
    return await reader.rows(
        SourceName,
        """
        SELECT source, name_zh, name_en FROM source
        WHERE EXISTS (
            SELECT FROM listing WHERE listing.creator_id = %(creator_id)s AND listing.source = source.source
        )
        ORDER BY position, source
        LIMIT 200
        """,
        creator_id=creator_id,
    )
