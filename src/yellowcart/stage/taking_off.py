"""Taking listings out of carts: one way for a creator, the end of a room, and goods that are no longer sold."""

from collections.abc import Sequence

from yellowcart.kernel.database import Writer
from yellowcart.kernel.events import PLATFORM, publish_many
from yellowcart.kernel.ids import ListingId, NoticeId, RoomId
from yellowcart.stage.changes import all_listings_changed, listing_changed
from yellowcart.stage.events import ListingTakenOff, fields_of
from yellowcart.stage.model import Listing, OffReason
from yellowcart.stage.store import write_off
from yellowcart.stage.stream import RoomEvent, RoomMessage, tell_rooms

ONE_BY_ONE_MAX = 20
"""Up to so many changed listings are named to the other processes; for more, these forget all they know."""


async def take_listings_off(
    writer: Writer, listings: Sequence[Listing], reason: OffReason, notice_id: NoticeId | None = None
) -> list[Listing]:
    """Take locked listings off, publish it, and tell whoever keeps or shows them. `notice_id` goes with
    OffReason.LINK_RULE, and only with it."""
    if not listings:
        return []
    gone = await write_off(writer, listings, reason, notice_id)
    await publish_many(
        writer,
        [
            (
                listing.shop_id or PLATFORM,
                ListingTakenOff(**fields_of(listing), reason=reason, notice_id=notice_id),
            )
            for listing in gone
        ],
    )
    await tell_of_gone(writer, gone, reason)
    return gone


async def tell_of_gone(writer: Writer, gone: Sequence[Listing], reason: OffReason) -> None:
    """Tell other processes and the affected rooms, each room once."""
    leaving = Leaving(reason)
    leaving.add(gone)
    await leaving.tell(writer)


class Leaving:
    """Which rooms and processes have to hear of listings that left, gathered over any number of them."""

    def __init__(self, reason: OffReason) -> None:
        self._reason = reason
        self._first: list[ListingId] = []
        self._of_room: dict[RoomId, ListingId | None] = {}
        self.count = 0

    def add(self, gone: Sequence[Listing]) -> None:
        """Note listings that left."""
        self.count += len(gone)
        self._first += [listing.listing_id for listing in gone[: ONE_BY_ONE_MAX + 1 - len(self._first)]]
        for listing in gone:
            if listing.room_id is not None:
                alone = listing.room_id not in self._of_room
                self._of_room[listing.room_id] = listing.listing_id if alone else None

    def note_stay(self, room_id: RoomId) -> None:
        """Note a room in which nothing left, but something stays on other terms: its pages read the cart again."""
        self._of_room[room_id] = None

    async def tell(self, writer: Writer) -> None:
        """Tell it, when this transaction commits: a bounded number of statements, however many listings left."""
        if self.count > ONE_BY_ONE_MAX:
            await all_listings_changed(writer)
        else:
            for listing_id in self._first:
                await listing_changed(writer, listing_id)
        await tell_rooms(
            writer,
            [
                RoomMessage(
                    room_id,
                    RoomEvent.CART,
                    {"listing_id": listing_id, "state": "off_cart", "off_reason": self._reason.value},
                )
                for room_id, listing_id in sorted(self._of_room.items())
            ],
        )
