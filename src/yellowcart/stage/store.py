"""Rows of the stage and their locks. Locks have one order: the cart's door (`stage.admission`), the creator,
the room or video, its listings by id."""

from collections.abc import Sequence

from yellowcart.accounts.model import Person
from yellowcart.kernel import clock
from yellowcart.kernel.database import Reader, Writer
from yellowcart.kernel.errors import NotFound
from yellowcart.kernel.ids import CreatorId, ListingId, NoticeId, RoomId, VideoId
from yellowcart.stage.errors import NotACreator, PlaceClosed
from yellowcart.stage.model import (
    Creator,
    Listing,
    ListingState,
    OffReason,
    Place,
    Room,
    RoomState,
    Video,
    VideoState,
)

LISTINGS_AT_ONCE_MAX = 1_000


async def lock_creator(writer: Writer, person: Person) -> Creator:
    """The creator that the person is, so that what is counted per creator is counted by one at a time.
    Raises NotACreator."""
    found = await writer.row(
        Creator,
        "SELECT * FROM creator WHERE person_id = %(person_id)s ORDER BY creator_id FOR UPDATE",
        person_id=person.person_id,
    )
    if found is None:
        raise NotACreator
    return found


async def lock_room(writer: Writer, creator_id: CreatorId, room_id: RoomId) -> Room:
    """A room of the creator. Raises NotFound for one that is not theirs."""
    found = await writer.row(
        Room,
        """
        SELECT * FROM room
        WHERE room_id = %(room_id)s AND creator_id = %(creator_id)s
        ORDER BY room_id FOR UPDATE
        """,
        room_id=room_id,
        creator_id=creator_id,
    )
    if found is None:
        raise NotFound
    return found


async def lock_video(writer: Writer, creator_id: CreatorId, video_id: VideoId) -> Video:
    """A video of the creator. Raises NotFound for one that is not theirs."""
    found = await writer.row(
        Video,
        """
        SELECT * FROM video
        WHERE video_id = %(video_id)s AND creator_id = %(creator_id)s
        ORDER BY video_id FOR UPDATE
        """,
        video_id=video_id,
        creator_id=creator_id,
    )
    if found is None:
        raise NotFound
    return found


async def lock_place(writer: Writer, creator_id: CreatorId, place: Place) -> Room | Video:
    """The room or video of a cart, so that a cart is changed by one at a time. Raises NotFound, PlaceClosed."""
    if place.room_id is not None:
        room = await lock_room(writer, creator_id, place.room_id)
        if room.state is RoomState.ENDED:
            raise PlaceClosed
        return room
    if place.video_id is None:
        raise NotFound
    video = await lock_video(writer, creator_id, place.video_id)
    if video.state is VideoState.REMOVED:
        raise PlaceClosed
    return video


async def place_of(reader: Reader, creator_id: CreatorId, listing_id: ListingId) -> Listing:
    """A listing of the creator, unlocked: to know which place to lock. Raises NotFound."""
    found = await reader.row(
        Listing,
        "SELECT * FROM listing WHERE listing_id = %(listing_id)s AND creator_id = %(creator_id)s",
        listing_id=listing_id,
        creator_id=creator_id,
    )
    if found is None:
        raise NotFound
    return found


async def lock_cart(writer: Writer, place: Place, also: ListingId | None = None) -> list[Listing]:
    """Every listing in the cart, queued ones included, in the cart's order; `also` names one that may have left
    it. Its place is locked by the caller."""
    found = await writer.rows(
        Listing,
        """
        SELECT * FROM listing
        WHERE (room_id = %(room_id)s OR video_id = %(video_id)s)
          AND (state <> 'off_cart' OR listing_id = %(also)s)
        ORDER BY listing_id
        LIMIT %(most)s
        FOR UPDATE
        """,
        room_id=place.room_id,
        video_id=place.video_id,
        also=also,
        most=LISTINGS_AT_ONCE_MAX,
    )
    return sorted(found, key=lambda listing: (listing.position, listing.listing_id))


async def count_listings(reader: Reader, place: Place) -> int:
    """How many listings the place ever had."""
    return int(
        await reader.value(
            "SELECT count(*) FROM listing WHERE room_id = %(room_id)s OR video_id = %(video_id)s",
            room_id=place.room_id,
            video_id=place.video_id,
        )
    )


async def write_state(writer: Writer, listing: Listing, state: ListingState) -> Listing:
    """Set a listing's state within its cart."""
    written = await writer.row(
        Listing,
        """
        UPDATE listing
        SET state = %(state)s,
            off_reason = NULL,
            off_notice_id = NULL,
            put_on_at = CASE WHEN state IN ('queued', 'off_cart') AND %(state)s = 'on_cart'
                             THEN %(now)s ELSE put_on_at END,
            taken_off_at = NULL
        WHERE listing_id = %(listing_id)s
        RETURNING *
        """,
        listing_id=listing.listing_id,
        state=state.value,
        now=clock.now(),
    )
    if written is None:
        raise NotFound
    return written


async def write_off(
    writer: Writer, listings: Sequence[Listing], reason: OffReason, notice_id: NoticeId | None = None
) -> list[Listing]:
    """Take locked listings out of their carts. A link rule's reason names its notice."""
    return await writer.rows(
        Listing,
        """
        UPDATE listing
        SET state = 'off_cart', off_reason = %(reason)s, off_notice_id = %(notice_id)s, taken_off_at = %(now)s
        WHERE listing_id = ANY(%(listing_ids)s)
        RETURNING *
        """,
        listing_ids=[listing.listing_id for listing in listings],
        reason=reason.value,
        notice_id=notice_id,
        now=clock.now(),
    )


async def write_order(writer: Writer, order: Sequence[ListingId]) -> None:
    """Number the listings of a cart from 1 in the given order, in one statement."""
    await writer.run(
        """
        UPDATE listing
        SET position = numbered.position
        FROM unnest(%(listing_ids)s::bigint[]) WITH ORDINALITY AS numbered (listing_id, position)
        WHERE listing.listing_id = numbered.listing_id AND listing.position <> numbered.position
        """,
        listing_ids=list(order),
    )
