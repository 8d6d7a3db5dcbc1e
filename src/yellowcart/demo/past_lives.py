"""What becomes of a past order, move after move: paid or not, shipped in one parcel or in two, under way,
received.

Chance in, values out. How often parcels are late, lost or split is invented for the demo.
"""

import random
from datetime import datetime, timedelta

from yellowcart.demo.past_order import PastOrder, PastParcel
from yellowcart.demo.seed_rows import Seeded
from yellowcart.demo.tracks import at_the_desk, track_of
from yellowcart.kernel.ids import ShopId
from yellowcart.orders.model import CloseReason, OrderState
from yellowcart.orders.rules import no_reason_until
from yellowcart.parcels.carriers import carriers
from yellowcart.parcels.model import ShipmentState

CANCELLED_OF_UNPAID = 2_000
"""Basis points of unpaid orders that their buyer cancels, before they lapse by themselves."""
PAID_TOO_LATE = 500
"""Basis points of lapsed orders whose buyer went to the cashier and whose bank was slow: the money goes back."""
LEFT_AT_THE_CASHIER = 900
"""Basis points of lapsed orders whose buyer opened the cashier and went away."""
TARDY = 450
"""Basis points of orders that leave later than promised, or have not left although they should."""
SPLIT = 4_500
"""Basis points of orders with several pieces that leave in two parcels."""
SILENT, STUCK = 140, 180
"""Basis points of late parcels of which nothing was heard, and which stopped on their way."""
STUCK_SINCE_MAX = timedelta(days=9)
"""Nothing from longer ago hangs: it would have counted as received by time."""


def let_it_happen(seeded: Seeded, order: PastOrder, dice: random.Random) -> None:
    """Live an order's life up to the world's start."""
    crowd, now = seeded.world.audience.crowd, seeded.world.starts_at
    pays = _chance(dice, crowd.pay_probability_basis_points)
    cashier_at = order.submitted_at + timedelta(
        seconds=dice.randint(crowd.pay_delay_seconds_min, crowd.pay_delay_seconds_max)
    )
    refused = _chance(dice, crowd.pay_refused_probability_basis_points)
    fickle = _chance(dice, crowd.refund_probability_basis_points)
    if not pays:
        _leave_unpaid(order, dice, cashier_at, now, refused=refused)
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
    _ship(seeded, order, dice, cashier_at, now)
    if order.state is OrderState.SHIPPED:
        _receive(order, dice, now)


def _leave_unpaid(
    order: PastOrder, dice: random.Random, cashier_at: datetime, now: datetime, *, refused: bool
) -> None:
    late, left = _chance(dice, PAID_TOO_LATE), _chance(dice, LEFT_AT_THE_CASHIER)
    if _chance(dice, CANCELLED_OF_UNPAID):
        _close(order, CloseReason.BUYER_CANCELLED, cashier_at, now)
        return
    order.cashier_at = cashier_at if (refused or late or left) and cashier_at <= now else None
    _close(order, CloseReason.LAPSED, order.hold_until, now)
    surplus_at = order.hold_until + timedelta(seconds=dice.randint(20, 1_500))
    if late and order.cashier_at is not None and order.closed_at is not None and surplus_at <= now:
        order.surplus_at = surplus_at


def _close(order: PastOrder, reason: CloseReason, at: datetime, now: datetime) -> None:
    if at <= now:
        order.state, order.close_reason, order.closed_at = OrderState.CLOSED, reason, at


def _ship(seeded: Seeded, order: PastOrder, dice: random.Random, paid_at: datetime, now: datetime) -> None:
    """One parcel, or two; what has not left by now still waits."""
    promised_h = order.ship_within_s / 3_600
    wait_h = dice.triangular(min(3.0, promised_h / 8), promised_h * 0.96, promised_h * 0.34)
    if _chance(dice, TARDY):
        wait_h = promised_h * dice.uniform(1.02, 1.7)
    loads = _loads(order, dice)
    shipped_at = at_the_desk(dice, paid_at + timedelta(hours=wait_h))
    carrier = dice.choice([each.code for each in carriers().values() if each.is_usual])
    for number, pieces in enumerate(loads):
        if number:
            shipped_at = at_the_desk(dice, shipped_at + timedelta(hours=dice.uniform(5, 44)))
        if shipped_at > now:
            break
        order.parcels.append(_parcel(seeded, order, dice, carrier, shipped_at, pieces, now))
    if not order.parcels:
        return
    if len(order.parcels) < len(loads):
        order.state = OrderState.PART_SHIPPED
        return
    order.state, order.shipped_at = OrderState.SHIPPED, order.parcels[-1].shipped_at


def _loads(order: PastOrder, dice: random.Random) -> list[dict[int, int]]:
    """What leaves together: pieces by the line's place in the order."""
    everything = {position: line.quantity for position, line in enumerate(order.lines)}
    if sum(everything.values()) < 2 or not _chance(dice, SPLIT):
        return [everything]
    if len(order.lines) > 1:
        first = dict(list(everything.items())[:-1])
        return [first, dict(list(everything.items())[-1:])]
    return [{0: 1}, {0: order.lines[0].quantity - 1}]


def _parcel(
    seeded: Seeded,
    order: PastOrder,
    dice: random.Random,
    carrier: str,
    shipped_at: datetime,
    pieces: dict[int, int],
    now: datetime,
) -> PastParcel:
    origin = seeded.warehouses[ShopId(order.shop_id)]
    near = origin.province == order.buyer.address.province
    hours = dice.triangular(12, 40, 20) if near else dice.triangular(24, 82, 42)
    track = track_of(dice, origin, order.buyer.address, shipped_at, hours)
    fate = dice.randrange(10_000)
    if now - shipped_at < STUCK_SINCE_MAX:
        if fate < SILENT:
            track = []
        elif fate < SILENT + STUCK:
            track = track[: max(1, len(track) // 2)]
    told = [event for event in track if event.happened_at <= now]
    delivered = [event.happened_at for event in told if event.status is ShipmentState.DELIVERED]
    return PastParcel(
        carrier=carrier,
        waybill=f"{carrier[:4]}{shipped_at:%y%m%d}{dice.randrange(10**7):07d}",
        shipped_at=shipped_at,
        pieces=pieces,
        track=told,
        delivered_at=delivered[0] if delivered else None,
    )


def _receive(order: PastOrder, dice: random.Random, now: datetime) -> None:
    """The buyer says so some hours after the last parcel came."""
    delivered = [parcel.delivered_at for parcel in order.parcels if parcel.delivered_at is not None]
    if len(delivered) < len(order.parcels):
        return
    received_at = max(delivered) + timedelta(hours=dice.triangular(0.2, 44, 5))
    if received_at > now:
        return
    order.state, order.received_at = OrderState.RECEIVED, received_at
    completed_at = no_reason_until(received_at)
    if completed_at <= now:
        order.state, order.completed_at = OrderState.COMPLETED, completed_at


def _chance(dice: random.Random, basis_points: int) -> bool:
    return dice.randrange(10_000) < basis_points
