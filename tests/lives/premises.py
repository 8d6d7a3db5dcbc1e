"""What lives are lived in: a process's platform with two providers, and for every life a shop, goods, coupons and
buyers of its own."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from tests.lives.bookkeeping import Books, Coupon, Shelf, Special
from tests.lives.dice import Dice
from tests.lives.power_cut import CuttableDatabase
from tests.lives.provider import BookKeeper
from tests.orders.promoted import FREIGHT_FEN, MORE_FEN, charge_freight
from tests.orders.shopping import ADDRESS
from tests.promotions.coupon_world import some_buyers
from tests.small_world import PRICE_FEN, SmallWorld, make_small_world
from yellowcart.accounts.model import Person, Role
from yellowcart.aftersales.rules import ShopRules
from yellowcart.aftersales.shop_rules import change_shop_rules
from yellowcart.kernel import clock
from yellowcart.kernel.database import Database
from yellowcart.kernel.ids import CouponId, SpecialPriceId, new_id
from yellowcart.kernel.notifications import Notifications
from yellowcart.links.store import TimelineInMemory
from yellowcart.orders.announce import StockAnnouncer
from yellowcart.orders.coupon_terms import CouponTermsInMemory
from yellowcart.orders.place import OrderLane
from yellowcart.orders.snapshots import ListingSnapshots
from yellowcart.payments import providers as payment_providers
from yellowcart.payments.model import PaymentMethod
from yellowcart.payments.provider_accounts import read_accounts
from yellowcart.payments.providers import Gateways, RealProviders
from yellowcart.promotions.claim import ClaimLane
from yellowcart.sweeps import register_sweeps

BEGINNING = datetime.fromisoformat("2022-02-25T04:00:00+00:00")
USABLE_DAYS = 12
RETURN_RULES = ("no_reason", "no_reason", "no_reason", "any_time", "excluded", "not_after_unsealing")


@dataclass
class Premises:
    """The platform of one process, and two providers beside it."""

    database: CuttableDatabase
    snapshots: ListingSnapshots
    lane: OrderLane
    claims: ClaimLane
    providers: dict[str, BookKeeper]
    gateways: Gateways
    operators: list[Person]

    async def close(self) -> None:
        """Answer everybody, then close."""
        await self.claims.drain()
        await self.lane.stop()


@dataclass
class Shop:
    """Where one life happens."""

    world: SmallWorld
    merchant: Person
    buyers: list[Person]
    books: Books
    charges_freight: bool
    return_rule: str
    return_address: bool
    hold_s: int

    def freight(self, pieces: int) -> int:
        """What delivery costs."""
        return FREIGHT_FEN + (pieces - 1) * MORE_FEN if self.charges_freight else 0


async def open_premises(database: CuttableDatabase) -> Premises:
    """Open the platform on an open database."""
    register_sweeps()
    rules = TimelineInMemory(database)
    await rules.read()
    snapshots = ListingSnapshots(database, rules)
    await snapshots.follow(Notifications(database))
    lane = OrderLane(database, snapshots, CouponTermsInMemory(database), StockAnnouncer(database))
    await lane.start()
    known = {
        "wechat": BookKeeper("wechat", (PaymentMethod.WECHAT_NATIVE, PaymentMethod.WECHAT_H5)),
        "alipay": BookKeeper("alipay", (PaymentMethod.ALIPAY_PAGE,)),
    }
    real = RealProviders(read_accounts(None), sandbox=False)
    real.gateways.extend(known.values())
    real.sandbox_is_offered = False
    # Sweeps ask for the gateways of their database: those of these premises.
    payment_providers._of_database[database] = real
    people = await some_buyers(database, 2)
    operators = [
        Person(person_id=each.person_id, login="o", name="o", roles=frozenset({Role.BUYER, Role.OPERATOR}))
        for each in people
    ]
    return Premises(database, snapshots, lane, ClaimLane(database), known, Gateways(database, real), operators)


async def open_shop(database: Database, dice: Dice) -> Shop:
    """A shop with two SKUs, a few coupons, and special prices; what it is like, the dice say."""
    limit = dice.one([None, None, 4, 7])
    hold_s = dice.one([1800, 1800, 600])
    pieces = dice.one([3, 6, 12, 40])
    world = await make_small_world(database, skus=2, pieces=pieces, limit_per_buyer=limit, hold_s=hold_s)
    merchant = Person(
        person_id=world.merchant_id, login="m", name="m", roles=frozenset({Role.BUYER, Role.MERCHANT})
    )
    books = Books(
        shelves={sku: Shelf(pieces, pieces) for sku in world.sku_ids},
        prices=dict.fromkeys(world.sku_ids, PRICE_FEN),
        limit=limit,
    )
    shop = Shop(
        world=world,
        merchant=merchant,
        buyers=await some_buyers(database, 2),
        books=books,
        charges_freight=dice.chance(1, 2),
        return_rule=dice.one(RETURN_RULES),
        return_address=dice.chance(2, 3),
        hold_s=hold_s,
    )
    if shop.charges_freight:
        await charge_freight(database, world)
    await _choose_terms(database, shop, dice)
    await _set_special(database, shop, dice)
    for funder in ("shop", "platform", "creator"):
        if dice.chance(2, 3):
            await _make_coupon(database, shop, funder, dice)
    return shop


async def _choose_terms(database: Database, shop: Shop, dice: Dice) -> None:
    rules = ShopRules(no_reason_in_time=dice.chance(2, 3), quality_return=dice.chance(1, 4))
    async with database.writing() as writer:
        await writer.run(
            """
            UPDATE category SET return_rule = %(rule)s
            WHERE category_id = (SELECT category_id FROM product WHERE product_id = %(product_id)s)
            """,
            rule=shop.return_rule,
            product_id=shop.world.product_id,
        )
        await change_shop_rules(
            writer, shop.merchant, shop.world.shop_id, rules, ADDRESS if shop.return_address else None
        )


async def _set_special(database: Database, shop: Shop, dice: Dice) -> None:
    """A special price for the first SKU, in two of three shops."""
    if not dice.chance(2, 3):
        return
    special_id, flash = new_id(SpecialPriceId), dice.chance(1, 3)
    special = Special(
        sku=shop.world.sku_ids[0],
        price_fen=PRICE_FEN - dice.one([1_000, 1, 4_989]),
        quota=1 + dice.pick(4),
        ends_at=clock.now() + timedelta(minutes=20) if flash else None,
    )
    async with database.writing() as writer:
        await writer.run(
            """
            INSERT INTO special_price (shop_id, special_price_id, listing_id, sku_id, kind, price_fen, quota,
                                       starts_at, ends_at, made_by, made_at)
            VALUES (%(shop_id)s, %(id)s, %(listing_id)s, %(sku_id)s, %(kind)s, %(price)s, %(quota)s, %(now)s,
                    %(ends_at)s, %(by)s, %(now)s)
            """,
            shop_id=shop.world.shop_id,
            id=special_id,
            listing_id=shop.world.listing_id,
            sku_id=special.sku,
            kind="flash" if flash else "room_only",
            price=special.price_fen,
            quota=special.quota,
            ends_at=special.ends_at,
            by=shop.merchant.person_id,
            now=clock.now(),
        )
    shop.books.specials[special_id] = special


async def _make_coupon(database: Database, shop: Shop, funder: str, dice: Dice) -> None:
    coupon_id, by_rate = new_id(CouponId), dice.chance(1, 3)
    threshold = dice.one([0, 0, 6_000, 12_000])
    coupon = Coupon(
        funder=funder,
        threshold_fen=threshold,
        off_fen=None if by_rate else dice.one([1, 333, 701, 5_500 if threshold else 9_000]),
        rate=dice.one([1, 333, 9_999]) if by_rate else None,
        max_fen=dice.one([None, 1_500]) if by_rate else None,
        stock=2 + dice.pick(6),
        per_buyer=1 + dice.pick(3),
        usable_until=clock.now() + timedelta(days=USABLE_DAYS),
    )
    async with database.writing() as writer:
        await writer.run(
            """
            INSERT INTO coupon (coupon_id, funder, shop_id, creator_id, title, threshold_fen, kind, off_fen,
                                off_rate, off_max_fen, usable_from, usable_until, stock, per_buyer_limit,
                                claim_from, claim_until, state, made_by, made_at)
            VALUES (%(id)s, %(funder)s, %(shop_id)s, %(creator_id)s, '减', %(threshold)s, %(kind)s, %(off)s,
                    %(rate)s, %(most)s, %(now)s, %(until)s, %(stock)s, %(per_buyer)s, %(now)s, %(until)s, 'open',
                    %(by)s, %(now)s)
            """,
            id=coupon_id,
            funder=funder,
            shop_id=shop.world.shop_id if funder == "shop" else None,
            creator_id=shop.world.creator_id if funder == "creator" else None,
            threshold=coupon.threshold_fen,
            kind="percent" if by_rate else "amount",
            off=coupon.off_fen,
            rate=coupon.rate,
            most=coupon.max_fen,
            until=coupon.usable_until,
            stock=coupon.stock,
            per_buyer=coupon.per_buyer,
            by=shop.merchant.person_id,
            now=clock.now(),
        )
    shop.books.coupons[coupon_id] = coupon
