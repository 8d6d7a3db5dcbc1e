"""Room-only and flash prices: setting them, their quota, and how they end."""

import asyncio
from collections import Counter
from datetime import datetime, timedelta

import pytest

from tests.conftest import MORNING, sign_in_as
from tests.promotions.coupon_world import CouponWorld, make_coupon_world
from tests.small_world import PRICE_FEN, make_small_world
from yellowcart.accounts.model import Role
from yellowcart.kernel.clock import SHANGHAI, Clock
from yellowcart.kernel.database import Database
from yellowcart.kernel.errors import InvalidFields, NotFound, Refusal
from yellowcart.kernel.events import deliver_events
from yellowcart.kernel.ids import ListingId, SkuId, SpecialPriceId
from yellowcart.promotions.errors import SpecialPriceExists, SpecialPriceOver, SpecialPricePlaceClosed
from yellowcart.promotions.model import SpecialPrice, SpecialPriceKind, SpecialPriceStanding
from yellowcart.promotions.queries import special_prices_of_listing
from yellowcart.promotions.special_price_queries import (
    listings_to_price,
    shown_special_prices,
    special_prices_of_shop,
)
from yellowcart.promotions.special_price_rules import in_force
from yellowcart.promotions.special_prices import (
    NewSpecialPrice,
    change_quota,
    end_special_price,
    set_special_price,
    special_price_problems,
)
from yellowcart.promotions.store import release_special_prices
from yellowcart.promotions.timers import end_passed_prices, tell_of_begun_prices
from yellowcart.stage.listings import take_off
from yellowcart.stage.rooms import end_room

ROOM_ONLY, FLASH = SpecialPriceKind.ROOM_ONLY, SpecialPriceKind.FLASH
HOUR = timedelta(hours=1)


def asked(world: CouponWorld, **changes: object) -> NewSpecialPrice:
    """¥39.90 instead of ¥49.90 for three pieces in the room; `changes` replace fields."""
    fields: dict[str, object] = {
        "listing_id": world.small.listing_id,
        "sku_id": world.small.sku_id,
        "kind": ROOM_ONLY,
        "price_fen": 3_990,
        "quota": 3,
    }
    return NewSpecialPrice(**(fields | changes))  # type: ignore[arg-type]


async def set_price(world: CouponWorld, **changes: object) -> SpecialPrice:
    async with world.database.writing() as writer:
        return await set_special_price(writer, world.merchant.person, world.small.shop_id, asked(world, **changes))


async def take(world: CouponWorld, special: SpecialPrice, pieces: int) -> None:
    """Order pieces at it, as the order lane does."""
    async with world.database.writing() as writer:
        await writer.run(
            "UPDATE special_price SET taken = taken + %(n)s WHERE special_price_id = %(id)s",
            n=pieces,
            id=special.special_price_id,
        )


async def standing_of(world: CouponWorld) -> list[SpecialPriceStanding]:
    async with world.database.reading() as reader:
        return [each.standing for each in (await special_prices_of_shop(reader, world.small.shop_id)).items]


async def test_a_special_price_is_read_by_the_lane_and_shown_in_the_cart(database: Database) -> None:
    world = await make_coupon_world(database)
    made = await set_price(world)
    await take(world, made, 1)
    async with database.reading() as reader:
        assert await special_prices_of_listing(reader, world.small.listing_id) == [made]
        shown = (await shown_special_prices(reader, [world.small.listing_id]))[world.small.listing_id]
    special = shown[world.small.sku_id]
    assert (special.price_fen, special.usual_fen, special.left, special.holds) == (3_990, PRICE_FEN, 2, True)
    assert in_force(made, MORNING)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"price_fen": PRICE_FEN}, "price_fen"),
        ({"price_fen": 0}, "price_fen"),
        ({"price_fen": -1}, "price_fen"),
        ({"price_fen": 10**12}, "price_fen"),
        ({"quota": 0}, "quota"),
        ({"quota": -1}, "quota"),
        ({"quota": 10**12}, "quota"),
        ({"ends_at": MORNING + HOUR}, "ends_at"),
        ({"kind": FLASH}, "ends_at"),
        ({"kind": FLASH, "ends_at": MORNING}, "ends_at"),
        ({"kind": FLASH, "starts_at": MORNING + HOUR, "ends_at": MORNING + HOUR}, "ends_at"),
        ({"kind": FLASH, "ends_at": MORNING + timedelta(days=8)}, "ends_at"),
        ({"starts_at": MORNING + timedelta(days=91)}, "starts_at"),
        ({"starts_at": datetime(2022, 2, 25)}, "starts_at"),
        ({"starts_at": datetime(1, 1, 1, tzinfo=SHANGHAI)}, "starts_at"),
    ],
)
async def test_what_makes_no_sense_is_refused_at_its_field(
    database: Database, changes: dict[str, object], field: str
) -> None:
    world = await make_coupon_world(database)
    with pytest.raises(InvalidFields) as refused:
        await set_price(world, **changes)
    assert set(refused.value.problems) == {field}
    assert await standing_of(world) == []


def test_a_video_has_no_room_only_price(still_clock: Clock) -> None:
    new = NewSpecialPrice(listing_id=ListingId(1), sku_id=SkuId(2), kind=ROOM_ONLY, price_fen=1, quota=1)
    assert set(special_price_problems(new, PRICE_FEN, None, MORNING)) == {"kind"}


async def test_only_the_shops_own_people_price_its_own_goods(database: Database) -> None:
    world = await make_coupon_world(database)
    other = await make_small_world(database)
    stranger = await sign_in_as(database, Role.MERCHANT)
    async with database.writing() as writer:
        with pytest.raises(NotFound):
            await set_special_price(writer, stranger.person, world.small.shop_id, asked(world))
    for changes in ({"listing_id": other.listing_id}, {"sku_id": other.sku_id}, {"sku_id": SkuId(12)}):
        with pytest.raises(NotFound):
            await set_price(world, **changes)
    made = await set_price(world)
    async with database.writing() as writer:
        with pytest.raises(NotFound):
            await end_special_price(writer, stranger.person, world.small.shop_id, made.special_price_id)
        with pytest.raises(NotFound):
            await change_quota(writer, world.merchant.person, other.shop_id, made.special_price_id, 9)


async def test_a_sku_of_a_cart_has_one_special_price_also_when_two_set_it_at_once(database: Database) -> None:
    world = await make_coupon_world(database)

    async def ask() -> str:
        try:
            await set_price(world)
        except Refusal as refusal:
            return refusal.code
        return "set"

    told = await asyncio.gather(*(ask() for _ in range(4)))
    assert Counter(told) == {"set": 1, "special_price_exists": 3}


async def test_two_skus_of_a_cart_have_a_price_each(database: Database) -> None:
    world = await make_coupon_world(database, skus=2)
    for sku_id in world.small.sku_ids:
        await set_price(world, sku_id=sku_id)
    async with database.reading() as reader:
        assert len(await special_prices_of_listing(reader, world.small.listing_id)) == 2


async def test_a_flash_price_begins_and_ends_by_the_clock(database: Database, still_clock: Clock) -> None:
    world = await make_coupon_world(database)
    made = await set_price(world, kind=FLASH, starts_at=MORNING + HOUR, ends_at=MORNING + 2 * HOUR)
    assert await standing_of(world) == [SpecialPriceStanding.COMING]
    assert await tell_of_begun_prices(database) == 0
    still_clock.freeze(MORNING + HOUR)
    assert in_force(made, MORNING + HOUR)
    assert await tell_of_begun_prices(database) == 1
    assert await tell_of_begun_prices(database) == 0
    assert await standing_of(world) == [SpecialPriceStanding.IN_FORCE]
    still_clock.freeze(MORNING + 2 * HOUR)
    assert not in_force(made, MORNING + 2 * HOUR)
    assert await standing_of(world) == [SpecialPriceStanding.ENDED]
    assert await end_passed_prices(database) == 1
    assert await end_passed_prices(database) == 0
    async with database.reading() as reader:
        assert await special_prices_of_listing(reader, world.small.listing_id) == []
        ended_at = await reader.value("SELECT ended_at FROM special_price")
    assert ended_at == MORNING + 2 * HOUR


async def test_the_next_flash_price_does_not_wait_for_the_sweep(database: Database, still_clock: Clock) -> None:
    world = await make_coupon_world(database)
    await set_price(world, kind=FLASH, ends_at=MORNING + HOUR)
    with pytest.raises(SpecialPriceExists):
        await set_price(world)
    still_clock.freeze(MORNING + HOUR)
    await set_price(world)
    assert await standing_of(world) == [SpecialPriceStanding.IN_FORCE, SpecialPriceStanding.ENDED]


async def test_ending_early_is_for_good(database: Database) -> None:
    world = await make_coupon_world(database)
    made = await set_price(world)
    async with database.writing() as writer:
        await end_special_price(writer, world.merchant.person, world.small.shop_id, made.special_price_id)
    assert await standing_of(world) == [SpecialPriceStanding.ENDED]
    async with database.writing() as writer:
        for act in (
            end_special_price(writer, world.merchant.person, world.small.shop_id, made.special_price_id),
            change_quota(writer, world.merchant.person, world.small.shop_id, made.special_price_id, 5),
        ):
            with pytest.raises(SpecialPriceOver):
                await act
        with pytest.raises(NotFound):
            await end_special_price(writer, world.merchant.person, world.small.shop_id, SpecialPriceId(1))


async def test_the_quota_never_falls_below_what_was_ordered(database: Database) -> None:
    world = await make_coupon_world(database)
    made = await set_price(world)
    await take(world, made, 3)
    assert await standing_of(world) == [SpecialPriceStanding.TAKEN]
    async with database.writing() as writer:
        for quota in (2, 0, -1, 10**12):
            with pytest.raises(InvalidFields):
                await change_quota(
                    writer, world.merchant.person, world.small.shop_id, made.special_price_id, quota
                )
        await change_quota(writer, world.merchant.person, world.small.shop_id, made.special_price_id, 4)
    assert await standing_of(world) == [SpecialPriceStanding.IN_FORCE]
    with pytest.raises(Exception, match="special_price_taken_check"):
        await take(world, made, 2)


async def test_given_back_pieces_are_to_be_had_again(database: Database) -> None:
    world = await make_coupon_world(database)
    made = await set_price(world)
    await take(world, made, 3)
    piece = (world.small.shop_id, int(made.special_price_id), 1)
    async with database.writing() as writer:
        await release_special_prices(writer, [piece, piece])
        await release_special_prices(writer, [])
    async with database.reading() as reader:
        shown = (await shown_special_prices(reader, [world.small.listing_id]))[world.small.listing_id]
    assert shown[world.small.sku_id].left == 2
    with pytest.raises(Exception, match="special_price_taken_check"):
        async with database.writing() as writer:
            await release_special_prices(writer, [(world.small.shop_id, int(made.special_price_id), 2)])


async def test_a_room_only_price_ends_with_its_room(database: Database) -> None:
    world = await make_coupon_world(database)
    await set_price(world)
    async with database.writing() as writer:
        await end_room(writer, world.creator.person, world.small.room_id)
    await deliver_events(database)
    assert await standing_of(world) == [SpecialPriceStanding.ENDED]
    with pytest.raises(SpecialPricePlaceClosed):
        await set_price(world)


async def test_a_room_only_price_ends_when_its_listing_leaves_and_a_flash_price_waits(database: Database) -> None:
    world = await make_coupon_world(database, skus=2)
    await set_price(world)
    await set_price(world, sku_id=world.small.sku_ids[1], kind=FLASH, ends_at=MORNING + HOUR)
    async with database.writing() as writer:
        await take_off(writer, world.creator.person, world.small.listing_id)
    await deliver_events(database)
    assert await standing_of(world) == [SpecialPriceStanding.IN_FORCE, SpecialPriceStanding.ENDED]
    with pytest.raises(SpecialPricePlaceClosed):
        await set_price(world)


async def test_a_listing_that_is_back_before_anybody_looked_keeps_its_price(database: Database) -> None:
    world = await make_coupon_world(database)
    await set_price(world)
    async with database.writing() as writer:
        await take_off(writer, world.creator.person, world.small.listing_id)
    async with database.writing() as writer:
        await writer.run(
            "UPDATE listing SET state = 'on_cart', off_reason = NULL, taken_off_at = NULL"
            " WHERE listing_id = %(id)s",
            id=world.small.listing_id,
        )
    await deliver_events(database)
    assert await standing_of(world) == [SpecialPriceStanding.IN_FORCE]


async def test_a_shop_chooses_among_its_goods_in_open_carts(database: Database) -> None:
    world = await make_coupon_world(database, skus=2)
    await make_small_world(database)
    await set_price(world)
    async with database.reading() as reader:
        (listed,) = await listings_to_price(reader, world.small.shop_id)
    assert listed.listing_id == world.small.listing_id
    assert [(sku.sku_id, sku.has_special) for sku in listed.skus] == [
        (world.small.sku_ids[0], True),
        (world.small.sku_ids[1], False),
    ]
    async with database.writing() as writer:
        await end_room(writer, world.creator.person, world.small.room_id)
    async with database.reading() as reader:
        assert await listings_to_price(reader, world.small.shop_id) == []


async def test_a_price_that_is_no_longer_below_the_usual_one_is_neither_shown_nor_charged(
    database: Database,
) -> None:
    world = await make_coupon_world(database)
    await set_price(world)
    async with database.writing() as writer:
        await writer.run("UPDATE sku SET price_fen = 3990 WHERE sku_id = %(id)s", id=world.small.sku_id)
    async with database.reading() as reader:
        assert await shown_special_prices(reader, [world.small.listing_id]) == {}
        assert await special_prices_of_listing(reader, world.small.listing_id) == []
