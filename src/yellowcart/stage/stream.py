"""What viewers of a room are told at once: one channel through which every process reaches every open page.

`tell_room` is called in the transaction of what happened; the hub of each web process (`stage.hub`) hears it
on commit and passes it on to the pages it holds open. A page that missed something reads the room again, so
nothing here has to be remembered.
"""

from collections.abc import Sequence
from enum import StrEnum

import msgspec

from yellowcart.kernel.database import Writer
from yellowcart.kernel.ids import RoomId

ROOM_STREAM = "room_stream"


class RoomEvent(StrEnum):
    """What a page of a room can be told."""

    ROOM = "room"
    """The room's state changed: data `{state}`."""
    CART = "cart"
    """Listings were put on, moved, pinned or taken off: the page asks for the cart again.
    Data `{listing_id, state, off_reason}`; `listing_id` is null where it is about several."""
    STOCK = "stock"
    """Pieces left of a SKU: data `{listing_id, sku_id, available}`."""
    CHAT = "chat"
    """A message: data `{message_id, name, body}`."""
    AUDIENCE = "audience"
    """Counts: data `{viewers, likes}`."""
    ORDER = "order"
    """Somebody ordered: data `{listing_id, count}`. No names."""
    COUPON = "coupon"
    """The host dropped a coupon into the room: data `{coupon_id}`; the page asks for the coupons again."""


class RoomMessage(msgspec.Struct, frozen=True):
    """One thing to tell. `data` is small: a notification holds less than 8,000 bytes."""

    room_id: RoomId
    event: RoomEvent
    data: dict[str, object]


async def tell_room(writer: Writer, room_id: RoomId, event: RoomEvent, **data: object) -> None:
    """Tell every viewer of the room, when this transaction commits."""
    message = msgspec.json.encode(RoomMessage(room_id, event, data)).decode()
    await writer.notify(ROOM_STREAM, message)


async def tell_rooms(writer: Writer, messages: Sequence[RoomMessage]) -> None:
    """Tell many rooms in one statement, when this transaction commits."""
    if messages:
        await writer.run(
            "SELECT pg_notify(%(channel)s, told) FROM unnest(%(told)s::text[]) AS told",
            channel=ROOM_STREAM,
            told=[msgspec.json.encode(message).decode() for message in messages],
        )
