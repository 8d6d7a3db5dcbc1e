"""Coupons in buyers' hands: which fit an order, what a room offers, and giving them back."""

import asyncio
from datetime import timedelta

import msgspec

from tests.conftest import MORNING
from tests.promotions.coupon_world import CouponWorld, make_coupon_world, some_buyers
from tests.small_world import make_small_world
from yellowcart.kernel import clock
from yellowcart.kernel.clock import Clock
from yellowcart.kernel.database import Database
from yellowcart.kernel.ids import OrderId
from yellowcart.promotions.buyer_queries import CouponShelf, count_my_coupons, my_coupons, offered_coupons
from yellowcart.promotions.errors import CouponOfAnotherRoom, CouponThresholdMissed
from yellowcart.promotions.make_coupon import stop_coupon
from yellowcart.promotions.maker_queries import coupon_of
from yellowcart.promotions.model import CouponLine, CouponPlace
from yellowcart.promotions.queries import CouponChoice, usable_coupons
from yellowcart.promotions.store import release_coupons


def place(world: CouponWorld) -> CouponPlace:
    return CouponPlace(world.small.shop_id, world.small.creator_id, world.small.room_id)


async def choices(world: CouponWorld, goods_fen: int) -> list[CouponChoice]:
    lines = [CouponLine(world.small.product_id, goods_fen)]
    async with world.database.reading() as reader:
        return await usable_coupons(reader, world.buyer.person.person_id, place(world), lines, clock.now())


async def test_the_best_usable_coupon_comes_first_and_the_others_say_why_not(database: Database) -> None:
    world = await make_coupon_world(database)
    small = await world.make(off_fen=300)
    large = await world.make(world.platform, off_fen=900)
    far = await world.make(threshold_fen=99_000, off_fen=5_000)
    elsewhere = await world.make(world.platform, room_id=(await make_small_world(database)).room_id)
    for coupon in (small, large, far):
        await world.claim(coupon)
    await world.claim(elsewhere, room_id=elsewhere.room_id)
    found = await choices(world, 4_990)
    assert [each.coupon.coupon_id for each in found[:2]] == [large.coupon_id, small.coupon_id]
    assert [each.off_fen for each in found[:2]] == [900, 300]
    assert {each.coupon.coupon_id: each.problem for each in found[2:]} == {
        far.coupon_id: CouponThresholdMissed,
        elsewhere.coupon_id: CouponOfAnotherRoom,
    }
    assert next(each for each in found if each.coupon.coupon_id == far.coupon_id).missing_fen == 94_010


async def test_coupons_of_other_shops_and_creators_do_not_stand_in_the_way(database: Database) -> None:
    world = await make_coupon_world(database)
    stranger = await make_coupon_world(database)
    for coupon in (await stranger.make(), await stranger.make(stranger.host)):
        await world.claim(coupon)
    assert await choices(world, 9_000) == []


async def test_two_of_one_coupon_are_one_choice_with_its_number(database: Database) -> None:
    world = await make_coupon_world(database)
    coupon = await world.make(per_buyer_limit=2)
    first = await world.claim(coupon)
    await world.claim(coupon)
    (choice,) = await choices(world, 9_000)
    assert (choice.claim_id, choice.claims) == (first.claim_id, 2)
    await world.use(first)
    (choice,) = await choices(world, 9_000)
    assert choice.claims == 1
    assert choice.claim_id != first.claim_id


async def test_a_coupon_given_back_can_be_used_again_and_is_counted_once_per_return(database: Database) -> None:
    world = await make_coupon_world(database)
    coupon = await world.make()
    claimed = await world.claim(coupon)
    order = await world.use(claimed)
    async with database.writing() as writer:
        await release_coupons(writer, [order, msgspec.structs.replace(order, order_id=OrderId(99))])
        await release_coupons(writer, [order])
    assert await world.claims_of(coupon.coupon_id) == [("unused", 1, 1)]
    again = await world.use(claimed)
    async with database.writing() as writer:
        await release_coupons(writer, [again])
    assert await world.claims_of(coupon.coupon_id) == [("unused", 1, 2)]
    assert await world.counted(coupon.coupon_id) == 1
    async with database.reading() as reader:
        made = await coupon_of(reader, world.shop, coupon.coupon_id)
    assert (made.used, made.given_back) == (0, 2)


async def test_every_coupon_of_an_order_comes_back_and_none_of_another(database: Database) -> None:
    world = await make_coupon_world(database)
    coupons = [await world.make(), await world.make(world.platform), await world.make(world.host)]
    claims = [await world.claim(coupon) for coupon in coupons]
    order = await world.use(claims[0])
    await world.use(claims[1], on=order)
    other = await world.use(claims[2])
    async with database.writing() as writer:
        await release_coupons(writer, [order])
    states = [(await world.claims_of(coupon.coupon_id))[0][0] for coupon in coupons]
    assert states == ["unused", "unused", "used"]
    assert other != order


async def test_releasing_twice_at_once_gives_back_once(database: Database) -> None:
    world = await make_coupon_world(database)
    coupon = await world.make()
    order = await world.use(await world.claim(coupon))

    async def release() -> None:
        async with database.writing() as writer:
            await release_coupons(writer, [order])

    await asyncio.gather(*(release() for _ in range(5)))
    assert await world.claims_of(coupon.coupon_id) == [("unused", 1, 1)]


async def test_my_coupons_stand_on_the_shelf_of_the_moment(database: Database, still_clock: Clock) -> None:
    world = await make_coupon_world(database)
    in_an_hour = MORNING + timedelta(hours=1)
    soon_over = await world.make(claim_until=in_an_hour, usable_until=in_an_hour)
    lasting, used = await world.make(world.platform), await world.make(world.host)
    for coupon in (soon_over, lasting):
        await world.claim(coupon)
    await world.use(await world.claim(used))
    still_clock.freeze(in_an_hour)
    person_id = world.buyer.person.person_id
    async with database.reading() as reader:
        shelves = {
            shelf: [each.coupon_id for each in (await my_coupons(reader, person_id, shelf=shelf)).items]
            for shelf in CouponShelf
        }
        counts = await count_my_coupons(reader, person_id)
    assert shelves == {
        CouponShelf.USABLE: [lasting.coupon_id],
        CouponShelf.USED: [used.coupon_id],
        CouponShelf.EXPIRED: [soon_over.coupon_id],
    }
    assert (counts.usable, counts.used) == (1, 1)


async def test_a_room_offers_what_its_creator_its_shops_and_the_platform_give(
    database: Database, still_clock: Clock
) -> None:
    world = await make_coupon_world(database)
    stranger = await make_coupon_world(database)
    wanted = [
        await world.make(),
        await world.make(world.host),
        await world.make(world.host, room_id=world.small.room_id),
        await world.make(world.platform),
        await world.make(claim_from=MORNING + timedelta(hours=20)),
        await world.make(stock=1),
    ]
    await world.claim(wanted[-1], (await some_buyers(database, 1))[0])
    hidden = [
        await stranger.make(),
        await stranger.make(stranger.host),
        await world.make(world.platform, room_id=stranger.small.room_id),
        await world.make(world.host, prepared=True),
        await world.make(claim_from=MORNING + timedelta(hours=25), claim_until=MORNING + timedelta(hours=26)),
        await world.make(),
    ]
    async with database.writing() as writer:
        await stop_coupon(writer, world.merchant.person, world.shop, hidden[-1].coupon_id)
    await world.claim(wanted[0])
    async with database.reading() as reader:
        offered = await offered_coupons(
            reader,
            world.small.creator_id,
            room_id=world.small.room_id,
            person_id=world.buyer.person.person_id,
        )
        in_a_video = await offered_coupons(reader, world.small.creator_id, person_id=None)
    assert {each.coupon_id for each in offered} == {each.coupon_id for each in wanted}
    mine = {each.coupon_id: (each.mine, each.may_claim) for each in offered}
    assert mine[wanted[0].coupon_id] == (1, False)
    assert mine[wanted[1].coupon_id] == (0, True)
    assert mine[wanted[4].coupon_id] == mine[wanted[5].coupon_id] == (0, False)
    assert {each.coupon_id for each in in_a_video} == {wanted[1].coupon_id, wanted[3].coupon_id}
