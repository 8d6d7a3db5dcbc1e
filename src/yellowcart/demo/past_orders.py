"""The past of the demo world's shops: what was ordered, when, and what became of it. Pure: chance in, values out.

The crowd's habits come from the world file. What the file does not say (how the hours of a day differ, how often
somebody takes two things) is invented here for the demo.
"""

import random
from datetime import datetime, timedelta

import msgspec

from yellowcart.alliance.model import Terms
from yellowcart.catalog.model import Sku
from yellowcart.demo.past_lives import let_it_happen
from yellowcart.demo.past_order import HOLD_S, Claim, PastLine, PastOrder
from yellowcart.demo.past_prices import Shelf, Wallet, price_of
from yellowcart.demo.seed_rows import Buyer, OwnListing, Seeded, SellingPlace
from yellowcart.freight.errors import NotDeliveredThere
from yellowcart.freight.model import DeliveryTerms
from yellowcart.kernel.clock import SHANGHAI
from yellowcart.kernel.ids import OfferId, OrderId, OrderLineId, new_id

HOURS = (4, 2, 1, 1, 1, 2, 4, 7, 9, 10, 12, 14, 16, 13, 11, 11, 12, 13, 16, 22, 28, 27, 20, 11)
"""How the hours of a day (Shanghai) differ for videos, which sell around the clock."""

QUANTITIES = (1, 2, 3)
QUANTITY_WEIGHTS = (85, 12, 3)
MORE_LINES = 1_400
"""Basis points of orders with a second thing of the same shop from the same cart; of these, again, a third."""
OFFERED_BUYERS_PART = 500
"""Basis points of orders that the offered buyers' accounts placed: who signs in finds something to see."""
SPECIAL_PULL = 5
"""So many times likelier is something while it is cheaper."""
NOTES = ("麻烦放门卫室", "请尽快发货，谢谢", "送人的，包装好一点", "周末才在家", "不要放驿站，送货上门")
NOTED = 600

VIDEO_HOURS = 1.5
"""A week below a video sells as much as so many hours of a room with as many viewers."""

DAYS_BEFORE = timedelta(days=7)


class _Basket(msgspec.Struct, kw_only=True):
    """What somebody takes at a moment; lines are listings with a SKU and pieces."""

    place: SellingPlace
    buyer: Buyer
    submitted_at: datetime
    lines: list[tuple[OwnListing, Sku, int]]


class PastTrade(msgspec.Struct, frozen=True):
    """The orders of a part of the past, in order of submission, and the coupons that buyers claimed in it."""

    orders: list[PastOrder]
    claims: list[Claim]


def past_orders(seeded: Seeded, places: list[SellingPlace], count: int, part: str) -> PastTrade:
    """About `count` orders spread over places by their audience and own goods."""
    dice = seeded.dice(part)
    selling = [place for place in places if place.own]
    weights = [_drawing_power(place) for place in selling]
    baskets = [_basket(seeded, dice, place) for place in dice.choices(selling, weights, k=count)]
    wallet, shelf = Wallet(seeded.coupons.values(), seeded.dice(f"{part}/coupons")), Shelf(seeded.prices)
    orders: list[PastOrder] = []
    taken: dict[tuple[int, int], int] = {}
    for basket in sorted(baskets, key=lambda each: each.submitted_at):
        if _within_limits(basket, taken):
            order = _order(seeded, dice, basket, wallet, shelf)
            if order is not None:
                orders.append(order)
    shelf.settle(orders)
    return PastTrade(orders, wallet.claims)


def _drawing_power(place: SellingPlace) -> float:
    """A place's part of the orders: its audience, the time it had, and how much of its cart is sold here."""
    own = len(place.own) / (len(place.own) + len(place.outside))
    hours = (place.ends - place.begins) / timedelta(hours=1) if place.room_id is not None else VIDEO_HOURS
    return place.viewers * own * hours


def _basket(seeded: Seeded, dice: random.Random, place: SellingPlace) -> _Basket:
    submitted_at = _moment(dice, place, seeded.world.starts_at)
    shown = [listing for listing in place.own if listing.put_on_at <= submitted_at] or place.own[:1]
    lowered = [SPECIAL_PULL if _lowered(seeded, each, submitted_at) else 1 for each in shown]
    chosen = dice.choices(shown, lowered)
    while len(chosen) < 3 and dice.randrange(10_000) < MORE_LINES * (3 if len(chosen) > 1 else 1):
        beside = [each for each in shown if _shop(each) == _shop(chosen[0]) and each not in chosen]
        if not beside:
            break
        chosen.append(dice.choice(beside))
    offered = dice.randrange(10_000) < OFFERED_BUYERS_PART
    return _Basket(
        place=place,
        buyer=dice.choice(seeded.offered_buyers if offered else seeded.buyers),
        submitted_at=max(submitted_at, chosen[0].put_on_at),
        lines=[
            (each, _sku(seeded, dice, each, submitted_at), dice.choices(QUANTITIES, QUANTITY_WEIGHTS)[0])
            for each in chosen
        ],
    )


def _shop(listing: OwnListing) -> int:
    return listing.product.shop.shop_id


def _lowered(seeded: Seeded, listing: OwnListing, at: datetime) -> list[int]:
    """The SKUs of a listing that have a special price at a moment."""
    return [
        sku.sku_id
        for sku in listing.product.skus
        if (found := seeded.prices.get((listing.listing_id, sku.sku_id)))
        and found.special.starts_at <= at < (found.special.ends_at or seeded.world.starts_at)
    ]


def _sku(seeded: Seeded, dice: random.Random, listing: OwnListing, at: datetime) -> Sku:
    """The SKU that somebody takes: the first are liked best, and a special price is liked better; at the price
    that it had then."""
    skus, lowered = listing.product.skus, _lowered(seeded, listing, at)
    weights = [
        (len(skus) - place) * (SPECIAL_PULL if sku.sku_id in lowered else 1) for place, sku in enumerate(skus)
    ]
    sku = dice.choices(skus, weights)[0]
    product = next(each for each in seeded.world.products if each.key == listing.product_key)
    for fall in seeded.world.price_falls:
        key = product.skus[skus.index(sku)].key
        if (fall.product, fall.sku) == (product.key, key):
            before = at < seeded.world.starts_at + timedelta(hours=fall.fell_h)
            return msgspec.structs.replace(sku, price_fen=fall.was) if before else sku
    return sku


def _moment(dice: random.Random, place: SellingPlace, starts_at: datetime) -> datetime:
    """When somebody orders: anywhere in a room's time, by the hours of the day below a video."""
    if place.room_id is not None:
        return place.begins + (place.ends - place.begins) * dice.random()
    begins = max(place.begins, starts_at - DAYS_BEFORE)
    while True:
        moment = begins + (starts_at - begins) * dice.random()
        if dice.random() * max(HOURS) <= HOURS[moment.astimezone(SHANGHAI).hour]:
            return moment


def _within_limits(basket: _Basket, taken: dict[tuple[int, int], int]) -> bool:
    """Whether the buyer may take so much through each listing; what is taken is counted."""
    wanted = {
        (listing.listing_id, basket.buyer.person_id): (quantity, listing.limit_per_buyer)
        for listing, _, quantity in basket.lines
    }
    if any(limit is not None and taken.get(key, 0) + pieces > limit for key, (pieces, limit) in wanted.items()):
        return False
    for key, (pieces, _) in wanted.items():
        taken[key] = taken.get(key, 0) + pieces
    return True


def _order(seeded: Seeded, dice: random.Random, basket: _Basket, wallet: Wallet, shelf: Shelf) -> PastOrder | None:
    """The order that a basket becomes; None where it would go to a place that is not delivered."""
    lines = [
        PastLine(
            order_line_id=new_id(OrderLineId),
            listing=listing,
            sku=sku,
            quantity=quantity,
            terms=_terms(seeded, basket.place, listing),
            special=shelf.take(listing.listing_id, sku.sku_id, quantity, basket.submitted_at),
        )
        for listing, sku, quantity in basket.lines
    ]
    delivery = {line.listing.product.product.product_id: _delivery(seeded, line) for line in lines}
    try:
        claims, price = price_of(lines, delivery, basket.place, basket.buyer, basket.submitted_at, wallet)
    except NotDeliveredThere:
        shelf.put_back(lines)
        return None
    order = PastOrder(
        order_id=new_id(OrderId),
        place=basket.place,
        lines=lines,
        buyer=basket.buyer,
        submitted_at=basket.submitted_at,
        ship_within_s=max(each.ship_within_s for each in delivery.values()),
        price=price,
        claims=claims,
        hold_until=basket.submitted_at + timedelta(seconds=HOLD_S),
        note=dice.choice(NOTES) if dice.randrange(10_000) < NOTED else "",
    )
    let_it_happen(seeded, order, dice)
    wallet.settle(order)
    return order


def _delivery(seeded: Seeded, line: PastLine) -> DeliveryTerms:
    return seeded.delivery.get(line.listing.product.product.product_id, DeliveryTerms())


def _terms(seeded: Seeded, place: SellingPlace, listing: OwnListing) -> Terms:
    """The offer that applied: a targeted one goes before an open one; a shop's own account has none."""
    creator = next(each for each in seeded.world.creators if each.key == place.creator_key)
    offer: tuple[OfferId, int] | None = None
    if creator.merchant is None:
        offer = seeded.offers.get((listing.product_key, creator.key)) or seeded.offers.get(
            (listing.product_key, None)
        )
    return Terms(
        offer_id=None if offer is None else offer[0],
        commission_rate=0 if offer is None else offer[1],
        creator_id=place.creator_id,
    )
