"""Coupons and special prices, made by whoever pays for them with the verbs of their pages, each at its moment; and
the coupons in buyers' hands, used on past orders or not, in one set."""

import random
from collections import Counter
from datetime import datetime, timedelta

from yellowcart.accounts.model import Person
from yellowcart.demo.past_order import Claim
from yellowcart.demo.seed_rows import Buyer, Seeded, SetPrice, copy_rows
from yellowcart.demo.trade_model import CouponFunder, CouponPlan, PricePlan
from yellowcart.kernel import clock
from yellowcart.kernel.database import Writer
from yellowcart.kernel.ids import ClaimId, new_id
from yellowcart.promotions.drop import drop_coupon
from yellowcart.promotions.make_coupon import make_coupon, raise_stock, stop_coupon
from yellowcart.promotions.makers import CouponMaker
from yellowcart.promotions.model import ClaimState, DiscountKind, Funder, SpecialPriceKind
from yellowcart.promotions.new_coupon import NewCoupon
from yellowcart.promotions.special_prices import NewSpecialPrice, change_quota, set_special_price

MADE_BEFORE = timedelta(hours=2)
"""A coupon is made so long before it can be claimed, or as the world begins."""


async def seed_promotions(writer: Writer, seeded: Seeded) -> None:
    """Make the coupons and the special prices, in the order of time; the clock is left at the world's start."""
    start = seeded.world.starts_at
    made = sorted(seeded.world.coupon_plans, key=lambda plan: (plan.claim_from_h, plan.key))
    for plan in made:
        claim_from = start + timedelta(hours=plan.claim_from_h)
        clock.process_clock().freeze(min(claim_from, start) - MADE_BEFORE)
        maker, person = _maker(seeded, plan)
        coupon = await make_coupon(writer, person, maker, _new_coupon(seeded, plan))
        if plan.stopped_h is not None:
            clock.process_clock().freeze(start + timedelta(hours=plan.stopped_h))
            coupon = await stop_coupon(writer, person, maker, coupon.coupon_id)
        seeded.coupons[plan.key] = coupon
    for price in sorted(seeded.world.price_plans, key=lambda each: (each.starts_m, each.key)):
        await _set_price(writer, seeded, price)
    for plan in sorted(made, key=lambda each: each.dropped_m or 0):
        await _drop(writer, seeded, plan)
    clock.process_clock().freeze(start)


def _maker(seeded: Seeded, plan: CouponPlan) -> tuple[CouponMaker, Person]:
    match plan.funder:
        case CouponFunder.SHOP:
            merchant = plan.merchant or ""
            return CouponMaker(Funder.SHOP, shop_id=seeded.shops[merchant]), seeded.merchant_people[merchant]
        case CouponFunder.CREATOR:
            creator = plan.creator or ""
            maker = CouponMaker(Funder.CREATOR, creator_id=seeded.creators[creator])
            return maker, seeded.creator_people[creator]
    return CouponMaker(Funder.PLATFORM), seeded.people["operator"]


def _new_coupon(seeded: Seeded, plan: CouponPlan) -> NewCoupon:
    def moment(hours: int) -> datetime:
        return seeded.world.starts_at + timedelta(hours=hours)

    return NewCoupon(
        title=plan.title.zh,
        title_en=plan.title.en,
        kind=DiscountKind.AMOUNT if plan.off is not None else DiscountKind.PERCENT,
        threshold_fen=plan.threshold,
        off_fen=plan.off,
        off_rate=plan.off_rate,
        off_max_fen=plan.off_max,
        product_ids=frozenset(seeded.products[key].product.product_id for key in plan.products),
        room_id=None if plan.room is None else seeded.places[plan.room].room_id,
        stock=plan.stock,
        per_buyer_limit=plan.per_buyer,
        claim_from=moment(plan.claim_from_h),
        claim_until=moment(plan.claim_until_h),
        usable_from=moment(plan.claim_from_h),
        usable_until=moment(plan.usable_until_h),
        prepared=plan.prepared,
    )


async def _drop(writer: Writer, seeded: Seeded, plan: CouponPlan) -> None:
    """A host lets a coupon pop up in the room that is on air."""
    if plan.dropped_m is None:
        return
    clock.process_clock().freeze(seeded.world.starts_at + timedelta(minutes=plan.dropped_m))
    creator = plan.creator or ""
    room = plan.room or next(
        each.key for each in seeded.world.rooms if each.creator == creator and each.state.value == "live"
    )
    room_id = seeded.places[room].room_id
    assert room_id is not None
    await drop_coupon(writer, seeded.creator_people[creator], room_id, seeded.coupons[plan.key].coupon_id)


async def _set_price(writer: Writer, seeded: Seeded, plan: PricePlan) -> None:
    start = seeded.world.starts_at
    starts_at = start + timedelta(minutes=plan.starts_m)
    clock.process_clock().freeze(min(starts_at, start - timedelta(minutes=5)))
    detail = seeded.products[plan.product]
    product = next(each for each in seeded.world.products if each.key == plan.product)
    position = [sku.key for sku in product.skus].index(plan.sku)
    listing = next(each for each in seeded.places[plan.place].own if each.product_key == plan.product)
    person, shop_id = seeded.merchant_people[product.merchant], detail.shop.shop_id
    new = NewSpecialPrice(
        listing_id=listing.listing_id,
        sku_id=detail.skus[position].sku_id,
        kind=SpecialPriceKind.ROOM_ONLY if plan.ends_m is None else SpecialPriceKind.FLASH,
        price_fen=plan.price,
        quota=plan.quota,
        starts_at=starts_at,
        ends_at=None if plan.ends_m is None else start + timedelta(minutes=plan.ends_m),
    )
    special = await set_special_price(writer, person, shop_id, new)
    seeded.prices[special.listing_id, special.sku_id] = SetPrice(
        special=special, shop_id=shop_id, seller=person, gone=plan.gone
    )


async def write_promotions(writer: Writer, seeded: Seeded, claims: list[Claim]) -> None:
    """Write who holds which coupon, with those that nobody has used beside `claims`, and what was taken of every
    quota; what the world calls gone has nothing left."""
    everything = [*claims, *_kept(seeded, claims)]
    rooms = {coupon.coupon_id: coupon.room_id for coupon in seeded.coupons.values()}
    rows = []
    for claim in sorted(everything, key=lambda each: each.claimed_at):
        order = claim.used_on
        rows.append(
            {
                "buyer_id": claim.buyer.person_id,
                "claim_id": claim.claim_id,
                "coupon_id": claim.coupon.coupon_id,
                "per_buyer_limit": claim.coupon.per_buyer_limit,
                "ordinal": claim.ordinal,
                "state": ClaimState.UNUSED if order is None else ClaimState.USED,
                "idempotency_key": f"seed-{claim.coupon.coupon_id}-{claim.ordinal}",
                "room_id": rooms[claim.coupon.coupon_id],
                "claimed_at": claim.claimed_at,
                "used_shop_id": None if order is None else order.shop_id,
                "used_order_id": None if order is None else order.order_id,
                "used_at": None if order is None else order.submitted_at,
                "given_back": len(claim.undone),
            }
        )
    await copy_rows(writer, "claimed_coupon", rows)
    await copy_rows(writer, "coupon_use", _uses(claims))
    await _count(writer, seeded, everything)


def _uses(claims: list[Claim]) -> list[dict[str, object]]:
    """How often each coupon stands on orders of each shop, and how often it came back."""
    used = Counter((claim.coupon.coupon_id, claim.used_on.shop_id) for claim in claims if claim.used_on)
    undone = Counter((claim.coupon.coupon_id, shop_id) for claim in claims for shop_id in claim.undone)
    return [
        {"coupon_id": coupon_id, "shop_id": shop_id, "used": used[key], "given_back": undone[key]}
        for key in sorted(used | undone)
        for coupon_id, shop_id in [key]
    ]


def _kept(seeded: Seeded, claims: list[Claim]) -> list[Claim]:
    """Coupons that buyers claimed and have not used, the offered accounts first: usable ones and expired ones."""
    start, dice = seeded.world.starts_at, seeded.dice("coupons kept")
    held = Counter((claim.coupon.coupon_id, claim.buyer.person_id) for claim in claims)
    given = Counter(claim.coupon.coupon_id for claim in claims)
    kept: list[Claim] = []
    for plan in seeded.world.coupon_plans:
        coupon = seeded.coupons[plan.key]
        ends = min(coupon.claim_until, coupon.stopped_at or coupon.claim_until, start)
        for buyer in _takers(seeded, dice, plan.taken):
            key = (coupon.coupon_id, buyer.person_id)
            if held[key] or given[coupon.coupon_id] >= coupon.stock:
                continue
            held[key] += 1
            given[coupon.coupon_id] += 1
            claimed_at = coupon.claim_from + (ends - coupon.claim_from) * dice.random()
            kept.append(
                Claim(claim_id=new_id(ClaimId), buyer=buyer, coupon=coupon, ordinal=1, claimed_at=claimed_at)
            )
    return kept


def _takers(seeded: Seeded, dice: random.Random, number: int) -> list[Buyer]:
    offered = seeded.offered_buyers
    return [*offered, *dice.sample(seeded.buyers[len(offered) :], number)] if number else []


async def _count(writer: Writer, seeded: Seeded, claims: list[Claim]) -> None:
    """Bring coupons and special prices up to what was taken of them."""
    given = Counter(claim.coupon.coupon_id for claim in claims)
    await writer.run_many(
        "UPDATE coupon SET claimed = %(claimed)s WHERE coupon_id = %(coupon_id)s",
        [{"claimed": number, "coupon_id": coupon_id} for coupon_id, number in given.items()],
    )
    for plan in seeded.world.coupon_plans:
        if plan.gone:
            maker, person = _maker(seeded, plan)
            coupon_id = seeded.coupons[plan.key].coupon_id
            await raise_stock(writer, person, maker, coupon_id, given[coupon_id])
    for price in seeded.prices.values():
        await writer.run(
            """
            UPDATE special_price SET taken = %(taken)s
            WHERE shop_id = %(shop_id)s AND special_price_id = %(special_price_id)s
            """,
            taken=price.taken,
            shop_id=price.shop_id,
            special_price_id=price.special.special_price_id,
        )
        if price.gone:
            quota = max(price.taken, 1)
            special_price_id = price.special.special_price_id
            await change_quota(writer, price.seller, price.shop_id, special_price_id, quota)
