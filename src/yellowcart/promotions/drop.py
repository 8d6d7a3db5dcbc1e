"""Dropping a coupon into a live room: it pops up on every viewer's page."""

from datetime import timedelta

from yellowcart.accounts import audit
from yellowcart.accounts.model import Person
from yellowcart.kernel import clock
from yellowcart.kernel.database import Reader, Writer
from yellowcart.kernel.errors import NotFound
from yellowcart.kernel.events import PLATFORM, publish
from yellowcart.kernel.ids import CouponId, CreatorId, RoomId
from yellowcart.promotions.changes import coupon_changed
from yellowcart.promotions.errors import CouponNotOffered, DropTooSoon
from yellowcart.promotions.events import CouponDropped
from yellowcart.promotions.model import Coupon, CouponStanding, CouponState, Funder
from yellowcart.promotions.rules import standing
from yellowcart.promotions.store import lock_coupon
from yellowcart.stage.creators import creator_of
from yellowcart.stage.model import RoomState
from yellowcart.stage.stream import RoomEvent, tell_room

AGAIN_AFTER = timedelta(seconds=DropTooSoon.retry_after_s)
"""The same coupon pops up in the same room at most so often."""


async def drop_coupon(writer: Writer, person: Person, room_id: RoomId, coupon_id: CouponId) -> None:
    """Let a coupon pop up in a room of the person's that is on air; a prepared one opens by it.

    The creator's own coupons, those of shops whose goods are in the cart, and the platform's. Raises NotACreator,
    NotFound, CouponNotOffered, DropTooSoon.
    """
    creator = await creator_of(writer, person)
    coupon = await lock_coupon(writer, coupon_id)
    if not await _offered_here(writer, coupon, creator.creator_id, room_id):
        raise NotFound
    await _require_on_air(writer, creator.creator_id, room_id)
    now = clock.now()
    stands = standing(coupon, now)
    if stands not in {CouponStanding.PREPARED, CouponStanding.CLAIMABLE}:
        raise CouponNotOffered
    if stands is CouponStanding.PREPARED:
        await _open(writer, coupon)
    await _note_drop(writer, room_id, coupon_id)
    await tell_room(writer, room_id, RoomEvent.COUPON, coupon_id=coupon_id)
    dropped = CouponDropped(coupon_id=coupon_id, room_id=room_id, creator_id=creator.creator_id)
    await publish(writer, dropped, shop_id=coupon.shop_id or PLATFORM)
    await audit.record(writer, person, "promotions:coupon:drop", f"coupon:{coupon_id}", after={"room_id": room_id})


async def _offered_here(reader: Reader, coupon: Coupon, creator_id: CreatorId, room_id: RoomId) -> bool:
    if coupon.room_id is not None and coupon.room_id != room_id:
        return False
    if coupon.funder is Funder.CREATOR:
        return coupon.creator_id == creator_id
    if coupon.funder is Funder.PLATFORM:
        return True
    found = await reader.value(
        """
        SELECT 1 FROM listing
        WHERE room_id = %(room_id)s AND shop_id = %(shop_id)s AND state IN ('on_cart', 'explaining')
        LIMIT 1
        """,
        room_id=room_id,
        shop_id=coupon.shop_id,
    )
    return found is not None


async def _require_on_air(reader: Reader, creator_id: CreatorId, room_id: RoomId) -> None:
    state = await reader.value(
        "SELECT state FROM room WHERE room_id = %(room_id)s AND creator_id = %(creator_id)s",
        room_id=room_id,
        creator_id=creator_id,
    )
    if state is None:
        raise NotFound
    if RoomState(state) not in {RoomState.LIVE, RoomState.PAUSED}:
        raise CouponNotOffered


async def _open(writer: Writer, coupon: Coupon) -> None:
    """A prepared coupon is given out from this moment on, whatever its claim window began with."""
    now = clock.now()
    await writer.run(
        """
        UPDATE coupon
        SET state = %(state)s, claim_from = least(claim_from, %(now)s), usable_from = least(usable_from, %(now)s)
        WHERE coupon_id = %(coupon_id)s
        """,
        state=CouponState.OPEN.value,
        now=now,
        coupon_id=coupon.coupon_id,
    )
    await coupon_changed(writer, coupon.coupon_id)


async def _note_drop(writer: Writer, room_id: RoomId, coupon_id: CouponId) -> None:
    noted = await writer.run(
        """
        INSERT INTO coupon_drop (room_id, coupon_id, dropped_at)
        VALUES (%(room_id)s, %(coupon_id)s, %(now)s)
        ON CONFLICT (room_id, coupon_id) DO UPDATE
        SET drops = coupon_drop.drops + 1, dropped_at = excluded.dropped_at
        WHERE coupon_drop.dropped_at <= %(before)s
        """,
        room_id=room_id,
        coupon_id=coupon_id,
        now=clock.now(),
        before=clock.now() - AGAIN_AFTER,
    )
    if not noted:
        raise DropTooSoon
