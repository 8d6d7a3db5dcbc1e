"""Telling other processes that a coupon or a special price changed, so that what they keep in memory is read
again."""

from yellowcart.kernel.database import Writer
from yellowcart.kernel.ids import CouponId, ListingId, RoomId
from yellowcart.stage.changes import listing_changed
from yellowcart.stage.stream import RoomEvent, tell_room

COUPON_CHANGED = "coupon_changed"


async def coupon_changed(writer: Writer, coupon_id: CouponId) -> None:
    """Whoever keeps the coupon in memory reads it again when this transaction commits. What it is good for never
    changes once anybody can have claimed it; its state and its stock do."""
    await writer.notify(COUPON_CHANGED, str(coupon_id))


async def special_price_changed(writer: Writer, listing_id: ListingId, room_id: RoomId | None) -> None:
    """The order lane reads the listing again when this transaction commits, and viewers of its room the cart."""
    await listing_changed(writer, listing_id)
    if room_id is not None:
        await tell_room(writer, room_id, RoomEvent.CART, listing_id=listing_id, state=None, off_reason=None)
