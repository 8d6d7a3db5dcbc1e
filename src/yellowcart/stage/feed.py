"""Rooms and videos as cards: what a viewer can go into, and what a creator has."""

from datetime import datetime

import msgspec

from yellowcart.catalog.queries import search_pattern
from yellowcart.kernel import clock
from yellowcart.kernel.database import Reader
from yellowcart.kernel.errors import NotFound
from yellowcart.kernel.ids import CreatorId, ListingId, RoomId, VideoId
from yellowcart.kernel.paging import Page, bounded_size, decode_cursor, page_of
from yellowcart.stage.headcount import FRESH_FOR
from yellowcart.stage.model import RoomState, VideoState

FIRST_LISTINGS = 3
"""Listings that a card shows."""


class FirstListing(msgspec.Struct, frozen=True):
    """A listing as a card of the feed shows it."""

    listing_id: ListingId
    title: str
    title_en: str
    picture_url: str
    price_fen: int | None


class RoomCard(msgspec.Struct, frozen=True, kw_only=True):
    """A room in the feed. The cover is the picture of the listing being explained, else of the first."""

    room_id: RoomId
    title: str
    title_en: str
    state: RoomState
    scheduled_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    creator_id: CreatorId
    creator_name: str
    creator_name_en: str
    viewers: int
    likes: int
    listing_count: int
    first_listings: list[FirstListing]

    @property
    def cover_url(self) -> str:
        """The picture on the card; empty where there is none."""
        return self.first_listings[0].picture_url if self.first_listings else ""


class VideoCard(msgspec.Struct, frozen=True, kw_only=True):
    """A video in the feed."""

    video_id: VideoId
    title: str
    title_en: str
    state: VideoState
    published_at: datetime
    creator_id: CreatorId
    creator_name: str
    creator_name_en: str
    listing_count: int
    first_listings: list[FirstListing]

    @property
    def cover_url(self) -> str:
        """The picture on the card; empty where there is none."""
        return self.first_listings[0].picture_url if self.first_listings else ""


async def rooms_on_air(
    reader: Reader, cursor: str | None = None, size: int | None = None, *, text: str | None = None
) -> Page[RoomCard]:
    """Rooms that are live or paused, the latest first; with `text` those whose title, creator or goods say it."""
    (before,) = decode_cursor(cursor, tuple[int], (2**53,))
    limit = bounded_size(size)
    rows = await reader.rows(
        RoomCard,
        _ROOM_CARDS
        + """
        WHERE room.state IN ('live', 'paused') AND room.room_id < %(before)s
        """
        + _ROOM_SAYS
        + """
        ORDER BY room.room_id DESC
        LIMIT %(limit)s
        """,
        before=before,
        pattern=search_pattern(text),
        limit=limit + 1,
        **_card_values(),
    )
    return page_of(rows, limit, lambda card: (card.room_id,))


async def rooms_of_creator(
    reader: Reader,
    creator_id: CreatorId,
    *,
    states: tuple[RoomState, ...] = tuple(RoomState),
    cursor: str | None = None,
    size: int | None = None,
) -> Page[RoomCard]:
    """A creator's rooms in the given states, the latest first."""
    (before,) = decode_cursor(cursor, tuple[int], (2**53,))
    limit = bounded_size(size)
    rows = await reader.rows(
        RoomCard,
        _ROOM_CARDS
        + """
        WHERE room.creator_id = %(creator_id)s AND room.state = ANY(%(states)s) AND room.room_id < %(before)s
        ORDER BY room.room_id DESC
        LIMIT %(limit)s
        """,
        creator_id=creator_id,
        states=[state.value for state in states],
        before=before,
        limit=limit + 1,
        **_card_values(),
    )
    return page_of(rows, limit, lambda card: (card.room_id,))


async def videos_feed(
    reader: Reader, cursor: str | None = None, size: int | None = None, *, text: str | None = None
) -> Page[VideoCard]:
    """Published videos, the latest first; with `text` those whose title, creator or goods say it."""
    (before,) = decode_cursor(cursor, tuple[int], (2**53,))
    limit = bounded_size(size)
    rows = await reader.rows(
        VideoCard,
        _VIDEO_CARDS
        + """
        WHERE video.state = 'published' AND video.video_id < %(before)s
        """
        + _VIDEO_SAYS
        + """
        ORDER BY video.video_id DESC
        LIMIT %(limit)s
        """,
        before=before,
        pattern=search_pattern(text),
        limit=limit + 1,
        first=FIRST_LISTINGS,
    )
    return page_of(rows, limit, lambda card: (card.video_id,))


async def videos_of_creator(
    reader: Reader, creator_id: CreatorId, cursor: str | None = None, size: int | None = None
) -> Page[VideoCard]:
    """A creator's videos, removed ones too, the latest first."""
    (before,) = decode_cursor(cursor, tuple[int], (2**53,))
    limit = bounded_size(size)
    rows = await reader.rows(
        VideoCard,
        _VIDEO_CARDS
        + """
        WHERE video.creator_id = %(creator_id)s AND video.video_id < %(before)s
        ORDER BY video.video_id DESC
        LIMIT %(limit)s
        """,
        creator_id=creator_id,
        before=before,
        limit=limit + 1,
        first=FIRST_LISTINGS,
    )
    return page_of(rows, limit, lambda card: (card.video_id,))


async def video_card(reader: Reader, video_id: VideoId) -> VideoCard:
    """A video in any state. Raises NotFound."""
    found = await reader.row(
        VideoCard, _VIDEO_CARDS + "WHERE video.video_id = %(video_id)s", video_id=video_id, first=FIRST_LISTINGS
    )
    if found is None:
        raise NotFound
    return found


def _card_values() -> dict[str, object]:
    return {"first": FIRST_LISTINGS, "fresh": clock.system_now() - FRESH_FOR}


_ROOM_CARDS = """
    SELECT room.room_id, room.title, room.title_en, room.state, room.scheduled_at, room.started_at, room.ended_at,
           room.creator_id, creator.name AS creator_name, creator.name_en AS creator_name_en,
           coalesce((
               SELECT sum(viewers) FROM room_viewers
               WHERE room_viewers.room_id = room.room_id AND updated_at > %(fresh)s
           ), 0)::int AS viewers,
           coalesce(room_tally.likes, 0) AS likes,
           coalesce(shown.count, 0)::int AS listing_count, coalesce(shown.first, '[]') AS first_listings
    FROM room
    JOIN creator USING (creator_id)
    LEFT JOIN room_tally USING (room_id)
    LEFT JOIN LATERAL (
        SELECT max(ranked.count) AS count,
               jsonb_agg(jsonb_build_object(
                   'listing_id', listing_id, 'title', title, 'title_en', title_en,
                   'picture_url', picture_url, 'price_fen', price_fen
               ) ORDER BY rank) FILTER (WHERE rank <= %(first)s) AS first
        FROM (
            SELECT listing.*, count(*) OVER () AS count,
                   row_number() OVER (ORDER BY state <> 'explaining', position) AS rank
            FROM listing
            WHERE listing.room_id = room.room_id AND state IN ('on_cart', 'explaining')
        ) AS ranked
    ) AS shown ON true
"""

_VIDEO_CARDS = """
    SELECT video.video_id, video.title, video.title_en, video.state, video.published_at, video.creator_id,
           creator.name AS creator_name, creator.name_en AS creator_name_en,
           coalesce(shown.count, 0)::int AS listing_count, coalesce(shown.first, '[]') AS first_listings
    FROM video
    JOIN creator USING (creator_id)
    LEFT JOIN LATERAL (
        SELECT max(ranked.count) AS count,
               jsonb_agg(jsonb_build_object(
                   'listing_id', listing_id, 'title', title, 'title_en', title_en,
                   'picture_url', picture_url, 'price_fen', price_fen
               ) ORDER BY rank) FILTER (WHERE rank <= %(first)s) AS first
        FROM (
            SELECT listing.*, count(*) OVER () AS count, row_number() OVER (ORDER BY position) AS rank
            FROM listing
            WHERE listing.video_id = video.video_id AND state = 'on_cart'
        ) AS ranked
    ) AS shown ON true
"""

_ROOM_SAYS = """
          AND (%(pattern)s::text IS NULL
               OR room.title ILIKE %(pattern)s OR room.title_en ILIKE %(pattern)s
               OR creator.name ILIKE %(pattern)s OR creator.name_en ILIKE %(pattern)s
               OR EXISTS (
                   SELECT 1 FROM listing
                   WHERE listing.room_id = room.room_id AND listing.state IN ('on_cart', 'explaining')
                     AND (listing.title ILIKE %(pattern)s OR listing.title_en ILIKE %(pattern)s)
               ))
"""

_VIDEO_SAYS = """
          AND (%(pattern)s::text IS NULL
               OR video.title ILIKE %(pattern)s OR video.title_en ILIKE %(pattern)s
               OR creator.name ILIKE %(pattern)s OR creator.name_en ILIKE %(pattern)s
               OR EXISTS (
                   SELECT 1 FROM listing
                   WHERE listing.video_id = video.video_id AND listing.state = 'on_cart'
                     AND (listing.title ILIKE %(pattern)s OR listing.title_en ILIKE %(pattern)s)
               ))
"""
