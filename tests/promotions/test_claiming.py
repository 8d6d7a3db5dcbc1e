"""Claiming coupons: who gets one, who is told why not, and what a repeat gets."""

import asyncio
from collections import Counter
from datetime import timedelta

import pytest

from tests.conftest import MORNING
from tests.promotions.coupon_world import make_coupon_world, new_coupon, some_buyers
from yellowcart.kernel.clock import Clock
from yellowcart.kernel.database import Database
from yellowcart.kernel.errors import NotFound
from yellowcart.kernel.idempotency import IdempotencyKeyMissing, IdempotencyKeyReused
from yellowcart.kernel.ids import CouponId, RoomId
from yellowcart.promotions.claim import ClaimLane
from yellowcart.promotions.make_coupon import make_coupon, raise_stock, stop_coupon
from yellowcart.promotions.model import ClaimState
from yellowcart.stage.rooms import end_room


async def test_a_claimed_coupon_is_counted_and_unused(database: Database) -> None:
    world = await make_coupon_world(database)
    coupon = await world.make()
    claimed = await world.claim(coupon)
    assert (claimed.state, claimed.ordinal, claimed.buyer_id) == (
        ClaimState.UNUSED,
        1,
        world.buyer.person.person_id,
    )
    assert await world.counted(coupon.coupon_id) == 1


async def test_the_last_coupon_of_a_thousand_buyers_goes_to_exactly_one(database: Database) -> None:
    world = await make_coupon_world(database)
    coupon = await world.make(stock=1)
    other = ClaimLane(database)
    buyers = await some_buyers(database, 1_000)

    async def ask(number: int) -> str:
        lane = (world.lane, other)[number % 2]
        try:
            await lane.claim(buyers[number], coupon.coupon_id, "key")
        except Exception as refusal:
            return getattr(refusal, "code", repr(refusal))
        return "claimed"

    told = await asyncio.gather(*(ask(number) for number in range(1_000)))
    assert Counter(told) == {"claimed": 1, "coupon_gone": 999}
    assert await world.counted(coupon.coupon_id) == 1
    assert len(await world.claims_of(coupon.coupon_id)) == 1


async def test_a_crowd_gets_exactly_as_many_as_there_are(database: Database) -> None:
    world = await make_coupon_world(database)
    coupon = await world.make(stock=150)
    buyers = await some_buyers(database, 400)
    told = await asyncio.gather(*(world.refusal(coupon, buyer) for buyer in buyers))
    assert Counter(told) == {"claimed": 150, "coupon_gone": 250}
    assert await world.counted(coupon.coupon_id) == 150


async def test_one_buyer_with_many_tabs_in_two_processes_gets_no_more_than_the_limit(database: Database) -> None:
    world = await make_coupon_world(database)
    coupon = await world.make(stock=100, per_buyer_limit=2)
    other = ClaimLane(database)

    async def ask(number: int) -> str:
        try:
            await (world.lane, other)[number % 2].claim(world.buyer.person, coupon.coupon_id, f"tab {number}")
        except Exception as refusal:
            return getattr(refusal, "code", repr(refusal))
        return "claimed"

    told = await asyncio.gather(*(ask(number) for number in range(24)))
    assert Counter(told) == {"claimed": 2, "coupon_limit_reached": 22}
    assert [ordinal for _, ordinal, _ in await world.claims_of(coupon.coupon_id)] == [1, 2]
    assert await world.counted(coupon.coupon_id) == 2


async def test_a_repeat_of_the_key_gets_the_same_piece_also_when_the_coupon_is_gone_or_stopped(
    database: Database,
) -> None:
    world = await make_coupon_world(database)
    coupon = await world.make(stock=1)
    first = await world.claim(coupon, key="once")
    assert await world.claim(coupon, key="once") == first
    async with database.writing() as writer:
        await stop_coupon(writer, world.merchant.person, world.shop, coupon.coupon_id)
    assert await world.claim(coupon, key="once") == first
    assert await world.counted(coupon.coupon_id) == 1


async def test_many_repeats_at_once_make_one_claim(database: Database) -> None:
    world = await make_coupon_world(database)
    coupon = await world.make(per_buyer_limit=5)
    other = ClaimLane(database)
    answers = await asyncio.gather(
        *(
            (world.lane, other)[turn % 2].claim(world.buyer.person, coupon.coupon_id, "one key")
            for turn in range(30)
        )
    )
    assert len({answer.claim_id for answer in answers}) == 1
    assert await world.counted(coupon.coupon_id) == 1


async def test_a_key_used_for_another_coupon_is_refused(database: Database) -> None:
    world = await make_coupon_world(database)
    one, two = await world.make(), await world.make()
    await world.claim(one, key="same")
    with pytest.raises(IdempotencyKeyReused):
        await world.claim(two, key="same")
    assert await world.counted(two.coupon_id) == 0


@pytest.mark.parametrize("key", [None, "", "x" * 81, "line\nbreak"])
async def test_a_claim_without_a_key_is_refused(database: Database, key: str | None) -> None:
    world = await make_coupon_world(database)
    coupon = await world.make()
    with pytest.raises(IdempotencyKeyMissing):
        await world.lane.claim(world.buyer.person, coupon.coupon_id, key)


async def test_a_coupon_that_does_not_exist_is_not_found(database: Database) -> None:
    world = await make_coupon_world(database)
    with pytest.raises(NotFound):
        await world.lane.claim(world.buyer.person, CouponId(12), "key")


async def test_a_coupon_is_given_out_from_its_beginning_to_before_its_end(
    database: Database, still_clock: Clock
) -> None:
    world = await make_coupon_world(database)
    begin, end = MORNING + timedelta(hours=1), MORNING + timedelta(hours=2)
    coupon = await world.make(claim_from=begin, claim_until=end, per_buyer_limit=9)
    assert await world.refusal(coupon) == "coupon_not_yet"
    still_clock.freeze(begin)
    assert await world.refusal(coupon) == "claimed"
    still_clock.freeze(end - timedelta(microseconds=1))
    assert await world.refusal(coupon) == "claimed"
    still_clock.freeze(end)
    assert await world.refusal(coupon) == "coupon_over"


async def test_a_coupon_for_a_room_is_claimed_in_that_room_until_it_ends(database: Database) -> None:
    world = await make_coupon_world(database)
    coupon = await world.make(world.host, room_id=world.small.room_id, per_buyer_limit=5)
    assert await world.refusal(coupon) == "coupon_not_in_this_room"
    assert await world.refusal(coupon, room_id=RoomId(1)) == "coupon_not_in_this_room"
    assert await world.refusal(coupon, room_id=world.small.room_id) == "claimed"
    async with database.writing() as writer:
        await end_room(writer, world.creator.person, world.small.room_id)
    assert await world.refusal(coupon, room_id=world.small.room_id) == "coupon_over"


async def test_a_stopped_coupon_is_not_given_out_and_what_was_claimed_stays(database: Database) -> None:
    world = await make_coupon_world(database)
    coupon = await world.make()
    await world.claim(coupon)
    async with database.writing() as writer:
        await stop_coupon(writer, world.merchant.person, world.shop, coupon.coupon_id)
    (late,) = await some_buyers(database, 1)
    assert await world.refusal(coupon, late) == "coupon_stopped"
    assert await world.claims_of(coupon.coupon_id) == [("unused", 1, 0)]


async def test_a_raised_stock_gives_more(database: Database) -> None:
    world = await make_coupon_world(database)
    coupon = await world.make(stock=1)
    await world.claim(coupon)
    (late,) = await some_buyers(database, 1)
    assert await world.refusal(coupon, late) == "coupon_gone"
    async with database.writing() as writer:
        await raise_stock(writer, world.merchant.person, world.shop, coupon.coupon_id, 2)
    assert await world.refusal(coupon, late) == "claimed"


async def test_stopping_while_a_crowd_claims_leaves_the_count_right(database: Database) -> None:
    world = await make_coupon_world(database)
    coupon = await world.make(stock=10_000)
    buyers = await some_buyers(database, 300)

    async def stop() -> str:
        async with database.writing() as writer:
            await stop_coupon(writer, world.merchant.person, world.shop, coupon.coupon_id)
        return "stopped"

    told = Counter(
        await asyncio.gather(
            *(world.refusal(coupon, buyer) for buyer in buyers[:150]),
            stop(),
            *(world.refusal(coupon, buyer) for buyer in buyers[150:]),
        )
    )
    assert told["claimed"] + told["coupon_stopped"] == 300
    assert await world.counted(coupon.coupon_id) == told["claimed"] == len(await world.claims_of(coupon.coupon_id))


async def test_the_database_itself_refuses_more_than_the_limit_or_the_stock(database: Database) -> None:
    world = await make_coupon_world(database)
    coupon = await world.make(stock=1)
    claimed = await world.claim(coupon)
    copy = """
        INSERT INTO claimed_coupon (buyer_id, claim_id, coupon_id, per_buyer_limit, ordinal, idempotency_key,
                                    claimed_at)
        SELECT buyer_id, claim_id + 1, coupon_id, {limit}, {ordinal}, 'another', claimed_at
        FROM claimed_coupon WHERE claim_id = %(claim_id)s
    """
    for limit, ordinal, key in (
        ("per_buyer_limit", "1", "claimed_coupon_coupon_id_buyer_id_ordinal_key"),
        ("per_buyer_limit", "2", "claimed_coupon_ordinal_check"),
        ("2", "2", "claimed_coupon_coupon_id_per_buyer_limit_fkey"),
    ):
        with pytest.raises(Exception, match=key):
            async with database.writing() as writer:
                await writer.run(copy.format(limit=limit, ordinal=ordinal), claim_id=claimed.claim_id)
    with pytest.raises(Exception, match="coupon_claimed_check"):
        async with database.writing() as writer:
            await writer.run("UPDATE coupon SET claimed = 2 WHERE coupon_id = %(id)s", id=coupon.coupon_id)


async def test_a_prepared_coupon_waits_for_its_drop(database: Database) -> None:
    world = await make_coupon_world(database)
    async with database.writing() as writer:
        coupon = await make_coupon(writer, world.creator.person, world.host, new_coupon(prepared=True))
    assert await world.refusal(coupon) == "coupon_not_yet"
