"""Making, changing and stopping coupons: what may be asked, and who may ask it."""

from datetime import datetime, timedelta

import pytest

from tests.conftest import MORNING, sign_in_as
from tests.promotions.coupon_world import make_coupon_world, new_coupon, some_buyers
from tests.small_world import make_small_world
from yellowcart.accounts.errors import RoleMissing
from yellowcart.accounts.model import Role
from yellowcart.kernel.clock import SHANGHAI, Clock
from yellowcart.kernel.database import Database
from yellowcart.kernel.errors import InvalidFields, NotFound
from yellowcart.kernel.ids import ProductId, RoomId
from yellowcart.promotions import make_coupon as making
from yellowcart.promotions.errors import CouponMoveImpossible, CouponsTooMany
from yellowcart.promotions.make_coupon import make_coupon, raise_stock, stop_coupon
from yellowcart.promotions.maker_queries import coupon_of, coupons_of
from yellowcart.promotions.makers import maker_for_creator, maker_for_platform, maker_for_shop
from yellowcart.promotions.model import CouponStanding, DiscountKind, Funder
from yellowcart.promotions.new_coupon import new_coupon_problems
from yellowcart.promotions.queries import coupon_terms
from yellowcart.stage.rooms import end_room


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        ({"title": " "}, {"title"}),
        ({"title": "长" * 41}, {"title"}),
        ({"title": "a\nb"}, {"title"}),
        ({"title_en": "x" * 41}, {"title_en"}),
        ({"off_fen": 0}, {"off_fen"}),
        ({"off_fen": -1}, {"off_fen"}),
        ({"off_fen": None}, {"off_fen"}),
        ({"off_fen": 10**12, "threshold_fen": 0}, {"off_fen"}),
        ({"off_fen": 2_000}, {"off_fen"}),
        ({"off_rate": 1_000}, {"off_rate"}),
        ({"threshold_fen": -1}, {"threshold_fen"}),
        ({"threshold_fen": 10**12}, {"threshold_fen"}),
        ({"kind": DiscountKind.PERCENT, "off_fen": None}, {"off_rate"}),
        ({"kind": DiscountKind.PERCENT, "off_fen": None, "off_rate": 99}, {"off_rate"}),
        ({"kind": DiscountKind.PERCENT, "off_fen": None, "off_rate": 10_000}, {"off_rate"}),
        ({"kind": DiscountKind.PERCENT, "off_rate": 1_000}, {"off_fen"}),
        (
            {"kind": DiscountKind.PERCENT, "off_fen": None, "off_rate": 1_000, "off_max_fen": 0},
            {"off_max_fen"},
        ),
        ({"stock": 0}, {"stock"}),
        ({"stock": -1}, {"stock"}),
        ({"stock": 10**12}, {"stock"}),
        ({"per_buyer_limit": 0}, {"per_buyer_limit"}),
        ({"per_buyer_limit": 21}, {"per_buyer_limit"}),
        ({"claim_until": MORNING}, {"claim_until"}),
        ({"claim_from": MORNING - timedelta(days=9), "claim_until": MORNING - timedelta(days=8)}, {"claim_until"}),
        ({"usable_until": MORNING}, {"usable_until"}),
        ({"usable_until": MORNING + timedelta(hours=1)}, {"usable_until"}),
        ({"usable_until": MORNING + timedelta(days=400)}, {"usable_until"}),
        ({"claim_from": datetime(2022, 2, 25)}, {"claim_from"}),
        ({"claim_from": datetime(1, 1, 1, tzinfo=SHANGHAI)}, {"claim_from"}),
        ({"usable_from": datetime(1, 1, 1, tzinfo=SHANGHAI)}, {"usable_from"}),
        ({"product_ids": frozenset(range(1, 102))}, {"product_ids"}),
    ],
)
def test_what_makes_no_sense_is_refused_at_its_field(
    still_clock: Clock, changes: dict[str, object], fields: set[str]
) -> None:
    assert set(new_coupon_problems(new_coupon(**changes), MORNING)) == fields


def test_an_ordinary_coupon_has_no_problem(still_clock: Clock) -> None:
    assert new_coupon_problems(new_coupon(), MORNING) == {}


async def test_a_coupon_is_kept_as_it_was_asked_for(database: Database) -> None:
    world = await make_coupon_world(database)
    made = await world.make(product_ids=frozenset({world.small.product_id}))
    async with database.reading() as reader:
        kept = await coupon_of(reader, world.shop, made.coupon_id)
        terms = (await coupon_terms(reader, [made.coupon_id]))[made.coupon_id]
    assert (kept.title, kept.stock, kept.used, kept.given_back) == ("新茶尝鲜", 10, 0, 0)
    assert terms.product_ids == frozenset({world.small.product_id})
    assert (terms.funder, terms.shop_id, terms.creator_id) == (Funder.SHOP, world.small.shop_id, None)


async def test_a_shop_names_only_its_own_goods(database: Database) -> None:
    world = await make_coupon_world(database)
    other = await make_small_world(database)
    for product_id in (other.product_id, ProductId(12)):
        with pytest.raises(InvalidFields) as refused:
            await world.make(product_ids=frozenset({world.small.product_id, product_id}))
        assert set(refused.value.problems) == {"product_ids"}
    # The platform's coupon may be for goods of any shop.
    await world.make(world.platform, product_ids=frozenset({world.small.product_id, other.product_id}))


async def test_a_creator_names_only_their_own_room_that_is_not_over(database: Database) -> None:
    world = await make_coupon_world(database)
    other = await make_small_world(database)
    for room_id in (other.room_id, RoomId(12)):
        with pytest.raises(InvalidFields) as refused:
            await world.make(world.host, room_id=room_id)
        assert set(refused.value.problems) == {"room_id"}
    async with database.writing() as writer:
        await end_room(writer, world.creator.person, world.small.room_id)
    with pytest.raises(InvalidFields):
        await world.make(world.host, room_id=world.small.room_id)


async def test_only_a_creator_prepares_a_coupon_to_drop(database: Database) -> None:
    world = await make_coupon_world(database)
    with pytest.raises(InvalidFields):
        await world.make(world.shop, prepared=True)
    made = await world.make(world.host, prepared=True)
    async with database.reading() as reader:
        assert (await coupon_of(reader, world.host, made.coupon_id)).standing is CouponStanding.PREPARED


async def test_nobody_makes_coupons_at_the_cost_of_another(database: Database) -> None:
    world = await make_coupon_world(database)
    stranger = await sign_in_as(database, Role.MERCHANT, Role.CREATOR)
    async with database.reading() as reader:
        with pytest.raises(NotFound):
            await maker_for_shop(reader, stranger.person, world.small.shop_id)
        with pytest.raises(Exception, match="no creator profile"):
            await maker_for_creator(reader, stranger.person)
    with pytest.raises(RoleMissing):
        maker_for_platform(stranger.person)


async def test_anothers_coupon_is_neither_seen_nor_changed(database: Database) -> None:
    world = await make_coupon_world(database)
    coupon = await world.make()
    for maker in (world.host, world.platform):
        async with database.writing() as writer:
            with pytest.raises(NotFound):
                await coupon_of(writer, maker, coupon.coupon_id)
            with pytest.raises(NotFound):
                await stop_coupon(writer, world.person_of(maker), maker, coupon.coupon_id)
            with pytest.raises(NotFound):
                await raise_stock(writer, world.person_of(maker), maker, coupon.coupon_id, 99)
            assert (await coupons_of(writer, maker)).items == []


@pytest.mark.parametrize("stock", [0, -1, 1, 10**12])
async def test_the_stock_never_falls_below_what_is_claimed(database: Database, stock: int) -> None:
    world = await make_coupon_world(database)
    coupon = await world.make()
    for buyer in await some_buyers(database, 2):
        await world.claim(coupon, buyer)
    async with database.writing() as writer:
        with pytest.raises(InvalidFields):
            await raise_stock(writer, world.merchant.person, world.shop, coupon.coupon_id, stock)


async def test_a_stopped_coupon_stays_stopped(database: Database) -> None:
    world = await make_coupon_world(database)
    coupon = await world.make()
    async with database.writing() as writer:
        await stop_coupon(writer, world.merchant.person, world.shop, coupon.coupon_id)
    async with database.writing() as writer:
        with pytest.raises(CouponMoveImpossible):
            await stop_coupon(writer, world.merchant.person, world.shop, coupon.coupon_id)
        with pytest.raises(CouponMoveImpossible):
            await raise_stock(writer, world.merchant.person, world.shop, coupon.coupon_id, 99)


async def test_a_maker_has_a_bounded_number_of_running_coupons(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(making, "RUNNING_MAX", 2)
    world = await make_coupon_world(database)
    first = await world.make()
    await world.make()
    with pytest.raises(CouponsTooMany):
        await world.make()
    await world.make(world.platform)
    async with database.writing() as writer:
        await stop_coupon(writer, world.merchant.person, world.shop, first.coupon_id)
        await make_coupon(writer, world.merchant.person, world.shop, new_coupon())


async def test_the_list_is_filtered_by_how_a_coupon_stands_now(database: Database, still_clock: Clock) -> None:
    world = await make_coupon_world(database)
    now = MORNING
    made = {
        CouponStanding.COMING: await world.make(claim_from=now + timedelta(hours=1)),
        CouponStanding.CLAIMABLE: await world.make(),
        CouponStanding.GONE: await world.make(stock=1),
        CouponStanding.OVER: await world.make(claim_until=now + timedelta(minutes=1)),
        CouponStanding.STOPPED: await world.make(),
    }
    await world.claim(made[CouponStanding.GONE])
    async with database.writing() as writer:
        await stop_coupon(writer, world.merchant.person, world.shop, made[CouponStanding.STOPPED].coupon_id)
    still_clock.freeze(now + timedelta(minutes=1))
    async with database.reading() as reader:
        everything = (await coupons_of(reader, world.shop)).items
        assert {each.coupon_id: each.standing for each in everything} == {
            coupon.coupon_id: stands for stands, coupon in made.items()
        }
        for stands, coupon in made.items():
            found = (await coupons_of(reader, world.shop, stands=stands)).items
            assert [each.coupon_id for each in found] == [coupon.coupon_id]


async def test_the_list_is_read_in_pages(database: Database) -> None:
    world = await make_coupon_world(database)
    made = [(await world.make()).coupon_id for _ in range(5)]
    seen: list[int] = []
    cursor = None
    async with database.reading() as reader:
        for _ in range(3):
            page = await coupons_of(reader, world.shop, cursor=cursor, size=2)
            seen += [each.coupon_id for each in page.items]
            cursor = page.next_cursor
    assert seen == made[::-1]
    assert cursor is None
