"""Viewers who leave through an outside listing: that they left, that they arrived, and that they came back.

What is known of a jump is what this side can see. *Clicked* is written before the viewer is sent away. *Landed*
is told by the page that was left, in the moment in which the browser shows the other site instead of it; a
browser's own error page counts as a landing, for nobody can tell it apart. *Returned* is told when a page of ours
is in front again. All three are named by a key that only the viewer's page and the platform know.
"""

from enum import StrEnum
from typing import Final

from yellowcart.kernel import clock
from yellowcart.kernel.database import Writer
from yellowcart.kernel.ids import JumpId, ListingId, PersonId, RoomId, VideoId, new_id
from yellowcart.stage.audience_intake import note_left

JUMP_KEY_LENGTH_MIN: Final = 16
JUMP_KEY_LENGTH_MAX: Final = 64
BEACON_DAYS_MAX: Final = 2
"""A page that reports later than this is a tab that was found again; its word is not taken."""


class Happened(StrEnum):
    """What a page reports of a jump."""

    LANDED = "landed"
    """The browser shows the other site."""
    RETURNED = "returned"
    """The viewer is back on a page of the platform."""


async def note_jump_out(
    writer: Writer,
    listing_id: ListingId,
    *,
    jump_key: str,
    room_id: RoomId | None,
    video_id: VideoId | None,
    visitor: str,
    person_id: PersonId | None,
    fee_basis_points: int | None,
) -> bool:
    """Write down that a viewer leaves through a listing, under the terms of this moment.

    False when this very jump is known already: the form was sent twice, and counts once.
    """
    made = await writer.value(
        """
        INSERT INTO jump_out (jump_id, jump_key, listing_id, creator_id, surface, room_id, video_id, source,
                              item_id, promotion_id, price_fen, fee_basis_points, person_id, visitor, clicked_at)
        SELECT %(jump_id)s, %(jump_key)s, listing_id, creator_id, surface, room_id, video_id, source,
               item_id, promotion_id, price_fen, %(fee_basis_points)s, %(person_id)s, %(visitor)s, %(now)s
        FROM listing
        WHERE listing_id = %(listing_id)s
        ON CONFLICT (jump_key) DO NOTHING
        RETURNING true
        """,
        jump_id=new_id(JumpId),
        jump_key=jump_key,
        listing_id=listing_id,
        fee_basis_points=fee_basis_points,
        person_id=person_id,
        visitor=visitor,
        now=clock.now(),
    )
    if not made:
        return False
    await note_left(writer, listing_id, room_id=room_id, video_id=video_id, visitor=visitor, person_id=person_id)
    return True


async def note_beacon(writer: Writer, jump_key: str, happened: Happened) -> None:
    """Write down what a page reports of a jump, the first time that it does; a key that nobody gave out is
    nobody's jump. Who came back had left: a return without a landing counts as both."""
    await writer.run(
        """
        UPDATE jump_out
        SET landed_at = coalesce(landed_at, greatest(clicked_at, %(now)s)),
            returned_at = CASE WHEN %(returned)s THEN coalesce(returned_at, greatest(clicked_at, %(now)s))
                               ELSE returned_at END
        WHERE jump_key = %(jump_key)s
          AND clicked_at > %(now)s - make_interval(days => %(days)s)
        """,
        jump_key=jump_key,
        returned=happened is Happened.RETURNED,
        now=clock.now(),
        days=BEACON_DAYS_MAX,
    )
