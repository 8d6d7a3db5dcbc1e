"""Prices that are kept for those who ask for the same: never for longer, and never for anybody else's."""

from datetime import timedelta

import msgspec
import pytest

from tests.orders.promoted import coupon, special_price
from tests.orders.shopping import order_of
from tests.small_world import PRICE_FEN, SmallWorld, make_small_world
from yellowcart.kernel import clock
from yellowcart.kernel.database import Database
from yellowcart.kernel.notifications import Notifications
from yellowcart.links.store import TimelineInMemory
from yellowcart.orders.kept_prices import KeptPrices
from yellowcart.orders.price import price_order
from yellowcart.orders.snapshots import ListingSnapshot, ListingSnapshots
from yellowcart.orders.wanted import CheckedLine, WantedLine, check_lines, place_of
from yellowcart.promotions.errors import CouponExpired
from yellowcart.promotions.model import CouponTerms, Funder
from yellowcart.promotions.queries import coupon_terms

FUJIAN = "350000"


@pytest.fixture
async def world(database: Database) -> SmallWorld:
    return await make_small_world(database, skus=2)


@pytest.fixture
async def listing(database: Database, world: SmallWorld) -> ListingSnapshot:
    rules = TimelineInMemory(database)
    await rules.read()
    snapshots = ListingSnapshots(database, rules)
    await snapshots.follow(Notifications(database))
    await special_price(database, world, sku=1)
    return await snapshots.read(world.listing_id)


async def terms_of(database: Database, world: SmallWorld) -> CouponTerms:
    coupon_id = await coupon(database, world, Funder.SHOP)
    async with database.reading() as reader:
        return (await coupon_terms(reader, [coupon_id]))[coupon_id]


def checked(
    listing: ListingSnapshot, sku_id: int, quantity: int = 1, price_fen: int = PRICE_FEN
) -> list[CheckedLine]:
    """A line of an order of its own: nothing of it is shared but what it is about."""
    wanted = order_of(listing.listing_id, sku_id, quantity=quantity, price_fen=price_fen)
    return check_lines(wanted.lines, {listing.listing_id: listing}, clock.now(), checkout_closed=False)


async def test_who_wants_the_same_gets_the_same_quote_and_who_does_not_gets_another(
    listing: ListingSnapshot, world: SmallWorld, database: Database
) -> None:
    prices, now = KeptPrices(), clock.now()
    terms = await terms_of(database, world)
    first = prices.price(checked(listing, world.sku_id), [], FUJIAN, now)
    assert prices.price(checked(listing, world.sku_id), [], FUJIAN, now) is first
    at_special = WantedLine(
        listing_id=listing.listing_id,
        sku_id=world.sku_ids[1],
        quantity=1,
        unit_price_fen=PRICE_FEN - 1_000,
        special_price_id=listing.special_prices[world.sku_ids[1]].special_price_id,
    )
    others = [
        prices.price(checked(listing, world.sku_id, 2), [], FUJIAN, now),
        prices.price(checked(listing, world.sku_ids[1]), [], FUJIAN, now),
        prices.price(
            check_lines([at_special], {listing.listing_id: listing}, now, checkout_closed=False), [], FUJIAN, now
        ),
        prices.price(checked(listing, world.sku_id), [terms], FUJIAN, now),
    ]
    totals = [kept.price.total_fen for kept in (first, *others)]
    assert totals == [PRICE_FEN, 2 * PRICE_FEN, PRICE_FEN, PRICE_FEN - 1_000, PRICE_FEN - 500]
    assert len({id(kept) for kept in (first, *others)}) == 5
    again = price_order(
        [line.priced() for line in checked(listing, world.sku_id)],
        [],
        place_of(checked(listing, world.sku_id)[0]),
        FUJIAN,
        now,
    )
    assert first.price == again


async def test_a_listing_that_was_read_again_is_reckoned_again(
    listing: ListingSnapshot, world: SmallWorld
) -> None:
    prices, now = KeptPrices(), clock.now()
    first = prices.price(checked(listing, world.sku_id), [], FUJIAN, now)
    sku = msgspec.structs.replace(listing.skus[world.sku_id], price_fen=PRICE_FEN + 100)
    changed = msgspec.structs.replace(listing, skus=listing.skus | {world.sku_id: sku})
    dearer = prices.price(checked(changed, world.sku_id, price_fen=PRICE_FEN + 100), [], FUJIAN, now)
    assert (first.price.total_fen, dearer.price.total_fen) == (PRICE_FEN, PRICE_FEN + 100)


async def test_a_quote_ends_with_the_first_of_its_coupons(
    listing: ListingSnapshot, world: SmallWorld, database: Database
) -> None:
    prices, now = KeptPrices(), clock.now()
    terms = await terms_of(database, world)
    prices.price(checked(listing, world.sku_id), [terms], FUJIAN, now)
    last_moment = terms.usable_until - timedelta(microseconds=1)
    assert prices.price(checked(listing, world.sku_id), [terms], FUJIAN, last_moment).price.discount_fen == 500
    with pytest.raises(CouponExpired):
        prices.price(checked(listing, world.sku_id), [terms], FUJIAN, terms.usable_until)
