"""Taking listings out of carts: one way for a creator, the end of a room, and goods that are no longer sold."""

from collections.abc import Sequence

from yellowcart.kernel.database import Writer
from yellowcart.kernel.events import PLATFORM, publish_many
from yellowcart.kernel.ids import RoomId
from yellowcart.stage.changes import all_listings_changed, listing_changed
from yellowcart.stage.events import ListingTakenOff, fields_of
from yellowcart.stage.model import Listing, OffReason
from yellowcart.stage.store import write_off
from yellowcart.stage.stream import RoomEvent, RoomMessage, tell_rooms

ONE_BY_ONE_MAX = 20
"""Up to so many changed listings are named to the other processes; for more, these forget all they know."""


async def take_listings_off(writer: Writer, listings: Sequence[Listing], reason: OffReason) -> list[Listing]:
    """Take locked listings off, publish it, and tell whoever keeps or shows them."""
    if not listings:
        return []
    gone = await write_off(writer, listings, reason)
    await publish_many(
        writer,
        [
            (
                listing.shop_id or PLATFORM,
                ListingTakenOff(**fields_of(listing), reason=reason, notice_id=None),
            )
            for listing in gone
        ],
    )
    await tell_of_gone(writer, gone, reason)
    return gone


async def tell_of_gone(writer: Writer, gone: Sequence[Listing], reason: OffReason) -> None:
    """Tell other processes and the affected rooms, each room once."""
    if len(gone) > ONE_BY_ONE_MAX:
        await all_listings_changed(writer)
    else:
        for listing in gone:
            await listing_changed(writer, listing.listing_id)
    of_room: dict[RoomId, list[Listing]] = {}
    for listing in gone:
        if listing.room_id is not None:
            of_room.setdefault(listing.room_id, []).append(listing)
    await tell_rooms(
        writer,
        [
            RoomMessage(
                room_id,
                RoomEvent.CART,
                {
                    "listing_id": listings[0].listing_id if len(listings) == 1 else None,
                    "state": "off_cart",
                    "off_reason": reason.value,
                },
            )
            for room_id, listings in sorted(of_room.items())
        ],
    )
