"""The past of the demo world's shops: what was ordered, when, and what became of it. Pure: chance in, values out.

The crowd's habits come from the world file. What the file does not say (how the hours of a day differ, how long
parcels take) is invented here for the demo.
"""

import random
from datetime import datetime, timedelta

import msgspec

from yellowcart.alliance.model import Terms
from yellowcart.catalog.model import Sku
from yellowcart.demo.audience_model import Crowd
from yellowcart.demo.seed_rows import Buyer, OwnListing, Seeded, SellingPlace
from yellowcart.kernel.clock import SHANGHAI
from yellowcart.kernel.ids import OfferId
from yellowcart.orders.model import CloseReason, OrderState
from yellowcart.orders.rules import COMPLETE_AFTER, hold_until

HOURS = (4, 2, 1, 1, 1, 2, 4, 7, 9, 10, 12, 14, 16, 13, 11, 11, 12, 13, 16, 22, 28, 27, 20, 11)
"""How the hours of a day (Shanghai) differ for videos, which sell around the clock."""

DESK_OPENS, DESK_CLOSES = 9, 20
"""Parcels leave and arrive between these hours."""

QUANTITIES = (1, 2, 3)
QUANTITY_WEIGHTS = (85, 12, 3)
CANCELLED_OF_UNPAID = 2_000
"""Basis points of unpaid orders that their buyer cancels, before they lapse by themselves."""

VIDEO_HOURS = 1.5
"""A week below a video sells as much as so many hours of a room with as many viewers."""

DAYS_BEFORE = timedelta(days=7)
HOLD_S = 1_800


class PastOrder(msgspec.Struct, kw_only=True):
    """An order with everything that happened to it up to the world's start."""

    place: SellingPlace
    listing: OwnListing
    sku: Sku
    buyer: Buyer
    quantity: int
    terms: Terms
    state: OrderState
    submitted_at: datetime
    hold_until: datetime
    close_reason: CloseReason | None = None
    closed_at: datetime | None = None
    cashier_at: datetime | None = None
    refused_at: datetime | None = None
    paid_at: datetime | None = None
    shipped_at: datetime | None = None
    received_at: datetime | None = None
    completed_at: datetime | None = None
    refunded_at: datetime | None = None

    @property
    def total_fen(self) -> int:
        """What it costs."""
        return self.sku.price_fen * self.quantity

    @property
    def holds(self) -> bool:
        """Whether its stock is held, neither sold nor given back."""
        return self.state is OrderState.SUBMITTED

    @property
    def sold(self) -> bool:
        """Whether its stock is sold."""
        return self.state not in {OrderState.SUBMITTED, OrderState.CLOSED}


def past_orders(seeded: Seeded, places: list[SellingPlace], count: int, part: str) -> list[PastOrder]:
    """About `count` orders spread over places by their audience and own goods, in order of submission."""
    dice = seeded.dice(part)
    selling = [place for place in places if place.own]
    weights = [_drawing_power(place) for place in selling]
    orders: list[PastOrder] = []
    taken: dict[tuple[int, int], int] = {}
    for place in dice.choices(selling, weights, k=count):
        order = _order(seeded, dice, place)
        limit = order.listing.limit_per_buyer
        key = (order.listing.listing_id, order.buyer.person_id)
        if limit is not None and taken.get(key, 0) + order.quantity > limit:
            continue
        taken[key] = taken.get(key, 0) + order.quantity
        orders.append(order)
    return sorted(orders, key=lambda order: order.submitted_at)


def _drawing_power(place: SellingPlace) -> float:
    """A place's part of the orders: its audience, the time it had, and how much of its cart is sold here."""
    own = len(place.own) / (len(place.own) + len(place.outside))
    hours = (place.ends - place.begins) / timedelta(hours=1) if place.room_id is not None else VIDEO_HOURS
    return place.viewers * own * hours


def _order(seeded: Seeded, dice: random.Random, place: SellingPlace) -> PastOrder:
    submitted_at = _moment(dice, place, seeded.world.starts_at)
    shown = [listing for listing in place.own if listing.put_on_at <= submitted_at] or place.own[:1]
    listing = dice.choice(shown)
    submitted_at = max(submitted_at, listing.put_on_at)
    skus = listing.product.skus
    sku = dice.choices(skus, [len(skus) + 1 - place for place in range(1, len(skus) + 1)])[0]
    order = PastOrder(
        place=place,
        listing=listing,
        sku=sku,
        buyer=dice.choice(seeded.buyers),
        quantity=dice.choices(QUANTITIES, QUANTITY_WEIGHTS)[0],
        terms=_terms(seeded, place, listing),
        state=OrderState.SUBMITTED,
        submitted_at=submitted_at,
        hold_until=hold_until(submitted_at, HOLD_S),
    )
    _let_it_happen(order, dice, seeded.world.audience.crowd, seeded.world.starts_at)
    return order


def _moment(dice: random.Random, place: SellingPlace, starts_at: datetime) -> datetime:
    """When somebody orders: anywhere in a room's time, by the hours of the day below a video."""
    if place.room_id is not None:
        return place.begins + (place.ends - place.begins) * dice.random()
    begins = max(place.begins, starts_at - DAYS_BEFORE)
    while True:
        moment = begins + (starts_at - begins) * dice.random()
        if dice.random() * max(HOURS) <= HOURS[moment.astimezone(SHANGHAI).hour]:
            return moment


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


def _let_it_happen(order: PastOrder, dice: random.Random, crowd: Crowd, now: datetime) -> None:
    """Live an order's life up to now, one move after the other."""
    pays = _chance(dice, crowd.pay_probability_basis_points)
    cashier_at = order.submitted_at + timedelta(
        seconds=dice.randint(crowd.pay_delay_seconds_min, crowd.pay_delay_seconds_max)
    )
    refused = _chance(dice, crowd.pay_refused_probability_basis_points)
    fickle = _chance(dice, crowd.refund_probability_basis_points)
    cancels = _chance(dice, CANCELLED_OF_UNPAID)
    if not pays:
        if cancels:
            _close(order, CloseReason.BUYER_CANCELLED, cashier_at, now)
        else:
            order.cashier_at = cashier_at if refused and cashier_at <= now else None
            _close(order, CloseReason.LAPSED, order.hold_until, now)
        return
    if cashier_at > now:
        return
    if refused:
        order.refused_at = cashier_at
        cashier_at += timedelta(seconds=dice.randint(20, 90))
        if cashier_at > now:
            return
    order.state, order.paid_at = OrderState.PAID, cashier_at
    if fickle:
        regret_at = cashier_at + timedelta(minutes=dice.randint(8, 240))
        if regret_at <= now:
            order.refunded_at = regret_at
            _close(order, CloseReason.REFUNDED, regret_at, now)
        return
    _deliver(order, dice, cashier_at, now)


def _close(order: PastOrder, reason: CloseReason, at: datetime, now: datetime) -> None:
    if at <= now:
        order.state, order.close_reason, order.closed_at = OrderState.CLOSED, reason, at


def _deliver(order: PastOrder, dice: random.Random, paid_at: datetime, now: datetime) -> None:
    shipped_at = _at_the_desk(dice, paid_at + timedelta(hours=dice.triangular(3, 46, 16)))
    if shipped_at > now:
        return
    order.state, order.shipped_at = OrderState.SHIPPED, shipped_at
    received_at = _at_the_desk(dice, shipped_at + timedelta(hours=dice.triangular(24, 100, 52)))
    if received_at > now:
        return
    order.state, order.received_at = OrderState.RECEIVED, received_at
    completed_at = received_at + COMPLETE_AFTER
    if completed_at <= now:
        order.state, order.completed_at = OrderState.COMPLETED, completed_at


def _at_the_desk(dice: random.Random, moment: datetime) -> datetime:
    """The moment, moved into the hours of the day in which parcels move."""
    local = moment.astimezone(SHANGHAI)
    if DESK_OPENS <= local.hour < DESK_CLOSES:
        return moment
    morning = local.replace(hour=DESK_OPENS, minute=0, second=0) + timedelta(minutes=dice.randint(0, 150))
    return morning if local.hour < DESK_OPENS else morning + timedelta(days=1)


def _chance(dice: random.Random, basis_points: int) -> bool:
    return dice.randrange(10_000) < basis_points
