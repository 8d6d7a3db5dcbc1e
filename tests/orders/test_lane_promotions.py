"""The order lane with coupons, special prices, freight and several lines: all in the same write."""

import asyncio
import secrets
from collections import Counter

import msgspec
import pytest

from tests.conftest import SignedIn, sign_in_as
from tests.orders.promoted import FREIGHT_FEN, MORE_FEN, charge_freight, claim, coupon, special_price
from tests.orders.shopping import ADDRESS, Till, open_till, order_of, order_state, stock_of
from tests.small_world import PRICE_FEN, SmallWorld, make_small_world
from yellowcart.freight.errors import DistrictUnknown, NotDeliveredThere
from yellowcart.kernel.database import Database
from yellowcart.kernel.errors import Refusal
from yellowcart.kernel.ids import PersonId
from yellowcart.orders.checkout import Checkout, CheckoutDesk, CheckoutLine, CheckoutPlace
from yellowcart.orders.close import cancel_order
from yellowcart.orders.errors import CouponUnknown, HoldLimitReached, PriceChanged, SpecialPriceGone
from yellowcart.orders.place import PlacedOrder
from yellowcart.orders.queries import order_of_shop
from yellowcart.orders.wanted import NewOrder, WantedLine
from yellowcart.promotions.errors import CouponTakesNothing, CouponUsed
from yellowcart.promotions.model import Funder


@pytest.fixture
async def buyer(database: Database) -> SignedIn:
    return await sign_in_as(database)


async def place(till: Till, buyer_id: PersonId, order: NewOrder) -> PlacedOrder:
    return await till.lane.place(buyer_id, secrets.token_hex(8), "hash", order)


async def sums(database: Database, world: SmallWorld) -> dict[str, int]:
    """What the tables hold of promotions."""
    async with database.reading() as reader:
        (row,) = await reader.records(
            """
            SELECT (SELECT coalesce(sum(taken), 0)::int FROM special_price) AS taken,
                   (SELECT count(*)::int FROM claimed_coupon WHERE state = 'used') AS used,
                   (SELECT coalesce(sum(amount_fen), 0)::int FROM order_line_discount) AS off_fen,
                   (SELECT count(*)::int FROM shop_order WHERE shop_id = %(shop_id)s) AS orders
            """,
            shop_id=world.shop_id,
        )
    return row


async def test_an_order_with_everything_is_charged_what_the_checkout_showed(
    database: Database, till: Till, buyer: SignedIn
) -> None:
    world = await make_small_world(database)
    person = buyer.person
    special = await special_price(database, world)
    await charge_freight(database, world)
    for funder, off_fen in ((Funder.SHOP, 1_000), (Funder.PLATFORM, 800), (Funder.CREATOR, 500)):
        await claim(database, await coupon(database, world, funder, off_fen=off_fen), person.person_id)
    desk = CheckoutDesk(database, till.snapshots)
    where = CheckoutPlace(ADDRESS.province, ADDRESS.city, ADDRESS.district)
    quote = await desk.quote(
        person, Checkout(lines=[CheckoutLine(world.listing_id, world.sku_id, 2)], place=where)
    )
    assert quote.price is not None
    assert quote.lines[0].special_price_id == special
    assert quote.price.total_fen == 2 * (PRICE_FEN - 1_000) - 2_300 + FREIGHT_FEN + MORE_FEN
    line = WantedLine(
        listing_id=world.listing_id,
        sku_id=world.sku_id,
        quantity=2,
        unit_price_fen=quote.lines[0].unit_price_fen,
        special_price_id=special,
    )
    placed = await place(
        till,
        person.person_id,
        NewOrder(lines=[line], total_fen=quote.price.total_fen, address=ADDRESS, coupons=quote.used, note="轻放"),
    )
    assert placed.total_fen == quote.price.total_fen
    async with database.reading() as reader:
        detail = await order_of_shop(reader, placed.shop_id, placed.order_id)
    order, (kept,) = detail.order, detail.lines
    assert (order.goods_fen, order.discount_fen, order.freight_fen) == (7_980, 2_300, 1_000)
    assert (order.note, order.address.district_code) == ("轻放", "350524")
    assert {off.funder: off.amount_fen for off in kept.discounts} == {
        Funder.SHOP: 1_000,
        Funder.PLATFORM: 800,
        Funder.CREATOR: 500,
    }
    assert (kept.list_price_fen, kept.unit_price_fen, kept.payable_fen) == (PRICE_FEN, PRICE_FEN - 1_000, 6_680)
    assert await sums(database, world) == {"taken": 2, "used": 3, "off_fen": 2_300, "orders": 1}
    async with database.writing() as writer:
        await cancel_order(writer, person, placed.shop_id, placed.order_id)
    assert await sums(database, world) == {"taken": 0, "used": 0, "off_fen": 2_300, "orders": 1}
    assert await stock_of(database, world) == (10, 0, 0)
    assert await order_state(database, placed.shop_id, placed.order_id) == ("closed", "buyer_cancelled")


async def test_a_crowd_takes_exactly_the_pieces_of_a_special_price(database: Database, till: Till) -> None:
    world = await make_small_world(database, pieces=100)
    special = await special_price(database, world, quota=7)
    line = WantedLine(
        listing_id=world.listing_id,
        sku_id=world.sku_id,
        quantity=1,
        unit_price_fen=PRICE_FEN - 1_000,
        special_price_id=special,
    )
    order = NewOrder(lines=[line], total_fen=PRICE_FEN - 1_000, address=ADDRESS)

    async def attempt(buyer: int) -> str:
        try:
            await place(till, PersonId(buyer), order)
        except Refusal as refusal:
            return refusal.code
        return "placed"

    told = Counter(await asyncio.gather(*(attempt(buyer) for buyer in range(1, 61))))
    assert told == {"placed": 7, "special_price_gone": 53}
    assert (await sums(database, world))["taken"] == 7
    # With the special pieces gone the usual price is a price again.
    await place(till, PersonId(99), order_of(world.listing_id, world.sku_id))


async def test_who_saw_the_usual_price_is_asked_again_while_a_lower_one_lasts(
    database: Database, till: Till
) -> None:
    world = await make_small_world(database)
    await special_price(database, world)
    with pytest.raises(PriceChanged) as asked:
        await place(till, PersonId(1), order_of(world.listing_id, world.sku_id))
    assert asked.value.values["unit_price_fen"] == PRICE_FEN - 1_000
    assert await stock_of(database, world) == (10, 0, 0)


async def test_more_pieces_than_a_special_price_has_left_are_refused_with_the_usual_price(
    database: Database, till: Till
) -> None:
    world = await make_small_world(database)
    special = await special_price(database, world, quota=1)
    line = WantedLine(
        listing_id=world.listing_id,
        sku_id=world.sku_id,
        quantity=2,
        unit_price_fen=PRICE_FEN - 1_000,
        special_price_id=special,
    )
    with pytest.raises(SpecialPriceGone) as gone:
        await place(till, PersonId(1), NewOrder(lines=[line], total_fen=2 * (PRICE_FEN - 1_000), address=ADDRESS))
    assert gone.value.values == {"unit_price_fen": PRICE_FEN, "left": 1}


async def test_a_coupon_that_would_take_nothing_is_neither_chosen_nor_used_up(
    database: Database, till: Till, buyer: SignedIn
) -> None:
    world = await make_small_world(database)
    enough = await claim(
        database, await coupon(database, world, Funder.SHOP, off_fen=PRICE_FEN), buyer.person.person_id
    )
    too_much = await claim(
        database, await coupon(database, world, Funder.PLATFORM, off_fen=100), buyer.person.person_id
    )
    quote = await CheckoutDesk(database, till.snapshots).quote(
        buyer.person, Checkout(lines=[CheckoutLine(world.listing_id, world.sku_id, 1)])
    )
    assert quote.used == [enough]
    assert quote.price is not None
    assert quote.price.total_fen == 1
    both = order_of(world.listing_id, world.sku_id, total_fen=1, coupons=[enough, too_much])
    with pytest.raises(CouponTakesNothing):
        await place(till, buyer.person.person_id, both)
    await place(
        till, buyer.person.person_id, order_of(world.listing_id, world.sku_id, total_fen=1, coupons=[enough])
    )


async def test_a_claimed_coupon_pays_for_one_order_only_and_for_its_own_buyer(
    database: Database, till: Till, buyer: SignedIn
) -> None:
    world = await make_small_world(database)
    other = await sign_in_as(database)
    used = await claim(database, await coupon(database, world, Funder.SHOP), buyer.person.person_id)
    order = order_of(world.listing_id, world.sku_id, total_fen=PRICE_FEN - 500, coupons=[used])
    with pytest.raises(CouponUsed):
        await place(till, other.person.person_id, order)
    await place(till, buyer.person.person_id, order)
    with pytest.raises(CouponUsed):
        await place(till, buyer.person.person_id, order)
    assert await sums(database, world) == {"taken": 0, "used": 1, "off_fen": 500, "orders": 1}


async def test_one_coupon_in_two_tabs_of_two_processes_is_used_once(database: Database, buyer: SignedIn) -> None:
    one, two = await open_till(database), await open_till(database)
    world = await make_small_world(database, skus=2)
    coupon_id = await coupon(database, world, Funder.SHOP)
    for turn in range(1, 11):
        used = await claim(database, coupon_id, buyer.person.person_id, ordinal=turn)
        told = await asyncio.gather(
            *(
                place(
                    till,
                    buyer.person.person_id,
                    order_of(world.listing_id, sku_id, total_fen=PRICE_FEN - 500, coupons=[used]),
                )
                for till, sku_id in zip((one, two), world.sku_ids, strict=True)
            ),
            return_exceptions=True,
        )
        (placed,) = [answer for answer in told if isinstance(answer, PlacedOrder)]
        async with database.writing() as writer:
            await cancel_order(writer, buyer.person, placed.shop_id, placed.order_id)
            await writer.run("UPDATE claimed_coupon SET state = 'unused' WHERE state = 'used'")
    await one.lane.stop()
    await two.lane.stop()


async def test_a_wrong_sum_an_unknown_coupon_or_place_changes_nothing(
    database: Database, till: Till, buyer: SignedIn
) -> None:
    world = await make_small_world(database)
    await charge_freight(database, world)
    person_id = buyer.person.person_id
    right_fen = PRICE_FEN + FREIGHT_FEN
    with pytest.raises(PriceChanged) as changed:
        await place(till, person_id, order_of(world.listing_id, world.sku_id))
    assert changed.value.values["total_fen"] == right_fen
    nobody = msgspec.structs.replace(
        await claim(database, await coupon(database, world, Funder.SHOP), person_id), coupon_id=5
    )
    with pytest.raises(CouponUnknown):
        await place(
            till, person_id, order_of(world.listing_id, world.sku_id, total_fen=right_fen, coupons=[nobody])
        )
    elsewhere = msgspec.structs.replace(ADDRESS, district="不存在区")
    with pytest.raises(DistrictUnknown):
        await place(till, person_id, order_of(world.listing_id, world.sku_id, address=elsewhere))
    far = msgspec.structs.replace(ADDRESS, province="西藏自治区", city="拉萨市", district="城关区")
    with pytest.raises(NotDeliveredThere):
        await place(till, person_id, order_of(world.listing_id, world.sku_id, address=far))
    assert await stock_of(database, world) == (10, 0, 0)
    assert (await sums(database, world))["orders"] == 0


async def test_nobody_starves_a_sale_by_holding_its_stock(database: Database, till: Till, buyer: SignedIn) -> None:
    world = await make_small_world(database)
    order = order_of(world.listing_id, world.sku_id)
    placed = [await place(till, buyer.person.person_id, order) for _ in range(3)]
    with pytest.raises(HoldLimitReached):
        await place(till, buyer.person.person_id, order)
    async with database.writing() as writer:
        await cancel_order(writer, buyer.person, placed[0].shop_id, placed[0].order_id)
    await place(till, buyer.person.person_id, order)
    assert await stock_of(database, world) == (7, 3, 0)
