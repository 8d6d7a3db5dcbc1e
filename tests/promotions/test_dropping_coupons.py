"""A host lets a coupon pop up in their room."""

from datetime import timedelta

import psycopg
import pytest

from tests.conftest import MORNING
from tests.promotions.coupon_world import CouponWorld, make_coupon_world
from yellowcart.kernel.clock import Clock
from yellowcart.kernel.database import Database
from yellowcart.kernel.errors import NotFound
from yellowcart.promotions.drop import drop_coupon
from yellowcart.promotions.errors import CouponNotOffered, DropTooSoon
from yellowcart.promotions.make_coupon import stop_coupon
from yellowcart.promotions.maker_queries import coupons_of_desk
from yellowcart.promotions.model import Coupon
from yellowcart.stage.rooms import end_room


async def drop(world: CouponWorld, coupon: Coupon) -> None:
    async with world.database.writing() as writer:
        await drop_coupon(writer, world.creator.person, world.small.room_id, coupon.coupon_id)


async def test_a_dropped_coupon_opens_and_every_page_of_the_room_is_told(
    database: Database, database_url: str
) -> None:
    world = await make_coupon_world(database)
    coupon = await world.make(world.host, prepared=True, room_id=world.small.room_id)
    async with await psycopg.AsyncConnection.connect(database_url, autocommit=True) as listener:
        await listener.execute("LISTEN room_stream")
        await drop(world, coupon)
        told = [notice.payload async for notice in listener.notifies(timeout=5, stop_after=1)]
    assert '"event":"coupon"' in told[0]
    assert str(coupon.coupon_id) in told[0]
    assert await world.refusal(coupon, room_id=world.small.room_id) == "claimed"


async def test_a_coupon_prepared_for_later_is_given_out_from_its_drop_on(database: Database) -> None:
    world = await make_coupon_world(database)
    later = MORNING + timedelta(hours=3)
    coupon = await world.make(
        world.host, prepared=True, claim_from=later, usable_from=later, claim_until=later + timedelta(hours=1)
    )
    await drop(world, coupon)
    assert await world.refusal(coupon) == "claimed"


async def test_coupons_of_a_shop_in_the_cart_and_of_the_platform_can_be_dropped_too(database: Database) -> None:
    world, stranger = await make_coupon_world(database), await make_coupon_world(database)
    for coupon in (await world.make(), await world.make(world.platform)):
        await drop(world, coupon)
    for coupon in (
        await stranger.make(),
        await stranger.make(stranger.host),
        await world.make(world.platform, room_id=stranger.small.room_id),
    ):
        with pytest.raises(NotFound):
            await drop(world, coupon)


async def test_the_same_coupon_does_not_pop_up_without_pause(database: Database, still_clock: Clock) -> None:
    world = await make_coupon_world(database)
    coupon = await world.make(world.host)
    await drop(world, coupon)
    with pytest.raises(DropTooSoon):
        await drop(world, coupon)
    still_clock.freeze(MORNING + timedelta(seconds=10))
    await drop(world, coupon)
    async with database.reading() as reader:
        (shown,) = await coupons_of_desk(reader, world.small.creator_id, world.small.room_id)
    assert shown.drops == 2


async def test_nobody_drops_into_anothers_room_or_one_that_is_not_on_air(database: Database) -> None:
    world, stranger = await make_coupon_world(database), await make_coupon_world(database)
    coupon = await stranger.make(stranger.host)
    async with database.writing() as writer:
        with pytest.raises(NotFound):
            await drop_coupon(writer, stranger.creator.person, world.small.room_id, coupon.coupon_id)
    own = await world.make(world.host)
    async with database.writing() as writer:
        await end_room(writer, world.creator.person, world.small.room_id)
    with pytest.raises(CouponNotOffered):
        await drop(world, own)


async def test_what_nobody_could_claim_is_not_dropped(database: Database) -> None:
    world = await make_coupon_world(database)
    gone, stopped = await world.make(world.host, stock=1), await world.make(world.host)
    coming = await world.make(world.host, claim_from=MORNING + timedelta(hours=1))
    await world.claim(gone)
    async with database.writing() as writer:
        await stop_coupon(writer, world.creator.person, world.host, stopped.coupon_id)
    for coupon in (gone, stopped, coming):
        with pytest.raises(CouponNotOffered):
            await drop(world, coupon)


async def test_the_desk_counts_what_was_claimed_in_its_room(database: Database) -> None:
    world = await make_coupon_world(database)
    coupon = await world.make(world.host, per_buyer_limit=3)
    await world.claim(coupon, room_id=world.small.room_id)
    await world.claim(coupon)
    async with database.reading() as reader:
        (shown,) = await coupons_of_desk(reader, world.small.creator_id, world.small.room_id)
    assert (shown.claimed, shown.claimed_here, shown.drops, shown.may_drop) == (2, 1, 0, True)
