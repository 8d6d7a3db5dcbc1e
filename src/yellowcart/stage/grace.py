"""Rooms on air when a rule begins: by a notice with grace, what stood in their carts stays until they end.

Who may be shown is decided by `rules.stays_until_room_ends`, everywhere and at once; the table `room_grace` is the
record of which rooms it was, written when the rule was carried out.
"""

from collections.abc import Collection, Sequence
from datetime import datetime

import msgspec

from yellowcart.kernel import clock
from yellowcart.kernel.database import Reader, Writer
from yellowcart.kernel.ids import ListingId, NoticeId, RoomId
from yellowcart.links.model import Surface
from yellowcart.links.rules import verdict
from yellowcart.links.store import read_timeline
from yellowcart.stage.model import Listing
from yellowcart.stage.rules import leaves_cart


async def graced_rooms(reader: Reader, room_ids: Collection[RoomId]) -> dict[tuple[RoomId, str], NoticeId]:
    """Which of these rooms keep goods of which source until they end, by which notice. Rooms that have ended are
    left out. Another rule for the source ends the grace, whatever it says."""
    rows = await reader.rows(
        _Graced,
        """
        SELECT room_grace.room_id, room_grace.source, room_grace.notice_id
        FROM room_grace JOIN room USING (room_id)
        WHERE room_grace.room_id = ANY(%(room_ids)s) AND room.state IN ('live', 'paused')
        """,
        room_ids=sorted(room_ids),
    )
    return {(row.room_id, row.source): row.notice_id for row in rows}


async def record_grace(
    writer: Writer, *, begun: Collection[str], graced: Collection[str], effective_at: datetime, notice_id: NoticeId
) -> None:
    """Write down which rooms keep goods of the `graced` sources, of rules for live carts that have begun for the
    sources `begun`; the grace that earlier rules gave for any of these is over.

    Call it before locking listings: it takes a share of the rooms' rows, as their foreign key demands.
    """
    if not begun:
        return
    await writer.run(
        "DELETE FROM room_grace WHERE source = ANY(%(begun)s) AND effective_at < %(effective_at)s",
        begun=sorted(begun),
        effective_at=effective_at,
    )
    if not graced:
        return
    await writer.run(
        """
        INSERT INTO room_grace (room_id, source, effective_at, notice_id)
        SELECT DISTINCT room.room_id, listing.source, %(effective_at)s::timestamptz, %(notice_id)s::bigint
        FROM room JOIN listing USING (room_id)
        WHERE room.state IN ('live', 'paused') AND room.started_at <= %(effective_at)s
          AND listing.source = ANY(%(graced)s) AND listing.state IN ('on_cart', 'explaining')
          AND listing.put_on_at < %(effective_at)s
        ORDER BY room.room_id, listing.source
        ON CONFLICT (room_id, source) DO NOTHING
        """,
        graced=sorted(graced),
        effective_at=effective_at,
        notice_id=notice_id,
    )


async def leaving_by_rule(writer: Writer, cart: Sequence[Listing]) -> dict[ListingId, NoticeId]:
    """Of the cart of a room that ends: what leaves it because of a link rule, and by which notice. These are the
    listings that had stayed by grace, and those that a rule took in the second before anybody carried it out."""
    if not cart:
        return {}
    sources = sorted({listing.source for listing in cart})
    timeline = await read_timeline(writer)
    # What was carried out has begun, whatever this process's clock says (see stage.admission).
    carried_out: datetime | None = await writer.value(
        "SELECT max(effective_at) FROM enforced_change WHERE surface = %(surface)s AND source = ANY(%(sources)s)",
        surface=Surface.LIVE_CART.value,
        sources=sources,
    )
    moment = max(clock.now(), carried_out or clock.now())
    judged = {source: verdict(timeline, Surface.LIVE_CART, source, moment) for source in sources}
    return {
        listing.listing_id: NoticeId(rule.notice_id)
        for listing in cart
        if (rule := judged[listing.source].rule) is not None and leaves_cart(rule.action, listing.channel_task)
    }


class _Graced(msgspec.Struct, frozen=True):
    room_id: RoomId
    source: str
    notice_id: NoticeId
