"""Who of a batch gets what: the decision of the order lane, of plain values.

The lane locks what a batch is about and reads how it stands; `judge` goes through the requests in their order of
arrival and lowers what it hands out, so that a batch is decided as if its orders had come one by one. An order
gets all of its lines or none, and one too large for what is left does not shut out a smaller one behind it.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

import msgspec

from yellowcart.kernel.errors import Refusal
from yellowcart.kernel.idempotency import IdempotencyKeyReused
from yellowcart.orders.errors import HoldLimitReached, LimitReached, PriceChanged, SoldOut, SpecialPriceGone
from yellowcart.orders.rules import HELD_ORDERS_IN_ROOM_MAX, HELD_ORDERS_IN_SHOP_MAX, HELD_PIECES_IN_ROOM_MAX
from yellowcart.promotions.errors import CouponUsed


class AskedLine(msgspec.Struct, frozen=True):
    """A line as the judge sees it. `better_special_id` is a special price in force that was not asked for."""

    listing_id: int
    sku_id: int
    quantity: int
    limit_per_buyer: int | None = None
    special_price_id: int | None = None
    better_special_id: int | None = None
    usual_price_fen: int = 0
    better_price_fen: int = 0


class Asked(msgspec.Struct, frozen=True):
    """An order as the judge sees it. `claims` are the claimed coupons by claim, with the coupon each must be."""

    buyer_id: int
    key: str
    request_hash: str
    room_id: int | None
    lines: Sequence[AskedLine]
    claims: Sequence[tuple[int, int]] = ()


class PlacedBefore(msgspec.Struct, frozen=True):
    """What a key was answered the first time."""

    order_id: int
    total_fen: int
    hold_until: datetime
    request_hash: str


class Held(msgspec.Struct):
    """What a buyer holds without having paid: orders at the shop, orders and pieces in a room."""

    in_shop: int = 0
    in_room: int = 0
    pieces_in_room: int = 0


class Standing(msgspec.Struct, kw_only=True):
    """How the things stand that a batch is about; `judge` lowers and raises them as it hands out.

    `available` by SKU; `special_left` by special price; `unused` the claims that their buyers may use, as
    (buyer, claim, coupon); `bought` pieces by (listing, buyer); `held` by (buyer, room); `before` by (buyer,
    key).
    """

    available: dict[int, int]
    special_left: dict[int, int] = msgspec.field(default_factory=dict)
    unused: set[tuple[int, int, int]] = msgspec.field(default_factory=set)
    bought: dict[tuple[int, int], int] = msgspec.field(default_factory=dict)
    held: dict[tuple[int, int | None], Held] = msgspec.field(default_factory=dict)
    before: dict[tuple[int, str], PlacedBefore] = msgspec.field(default_factory=dict)


def judge(batch: Iterable[Asked], standing: Standing) -> list[PlacedBefore | Refusal | None]:
    """For each order: None when it is placed, what the key was answered before, or why it is not placed."""
    return [_judge(asked, standing) for asked in batch]


def _judge(asked: Asked, standing: Standing) -> PlacedBefore | Refusal | None:
    before = standing.before.get((asked.buyer_id, asked.key))
    if before is not None:
        return before if before.request_hash == asked.request_hash else IdempotencyKeyReused()
    refusal = (
        _over_limit(asked, standing)
        or _holds_too_much(asked, standing)
        or _special_gone(asked, standing)
        or _coupon_used(asked, standing)
        or _sold_out(asked, standing)
    )
    if refusal is None:
        _hand_out(asked, standing)
    return refusal


def _over_limit(asked: Asked, standing: Standing) -> Refusal | None:
    wanted: dict[int, int] = {}
    for line in asked.lines:
        if line.limit_per_buyer is None:
            continue
        wanted[line.listing_id] = wanted.get(line.listing_id, 0) + line.quantity
        bought = standing.bought.get((line.listing_id, asked.buyer_id), 0)
        if bought + wanted[line.listing_id] > line.limit_per_buyer:
            return LimitReached(limit=line.limit_per_buyer)
    return None


def _holds_too_much(asked: Asked, standing: Standing) -> Refusal | None:
    held = standing.held.get((asked.buyer_id, asked.room_id)) or Held()
    pieces = held.pieces_in_room + sum(line.quantity for line in asked.lines)
    if (
        held.in_shop >= HELD_ORDERS_IN_SHOP_MAX
        or held.in_room >= HELD_ORDERS_IN_ROOM_MAX
        or pieces > HELD_PIECES_IN_ROOM_MAX
    ):
        return HoldLimitReached(pieces=HELD_PIECES_IN_ROOM_MAX)
    return None


def _special_gone(asked: Asked, standing: Standing) -> Refusal | None:
    wanted: dict[int, int] = {}
    for line in asked.lines:
        if line.special_price_id is not None:
            wanted[line.special_price_id] = wanted.get(line.special_price_id, 0) + line.quantity
            if wanted[line.special_price_id] > standing.special_left.get(line.special_price_id, 0):
                return SpecialPriceGone(
                    unit_price_fen=line.usual_price_fen,
                    left=standing.special_left.get(line.special_price_id, 0),
                )
        elif standing.special_left.get(line.better_special_id or 0, 0) >= line.quantity:
            # A lower price holds: whoever saw the usual one is told, and asked again.
            return PriceChanged(unit_price_fen=line.better_price_fen)
    return None


def _coupon_used(asked: Asked, standing: Standing) -> Refusal | None:
    for claim_id, coupon_id in asked.claims:
        if (asked.buyer_id, claim_id, coupon_id) not in standing.unused:
            return CouponUsed(coupon_id=coupon_id)
    return None


def _sold_out(asked: Asked, standing: Standing) -> Refusal | None:
    wanted: dict[int, int] = {}
    for line in asked.lines:
        wanted[line.sku_id] = wanted.get(line.sku_id, 0) + line.quantity
        if wanted[line.sku_id] > standing.available.get(line.sku_id, 0):
            return SoldOut(sku_id=line.sku_id, left=standing.available.get(line.sku_id, 0))
    return None


def _hand_out(asked: Asked, standing: Standing) -> None:
    for line in asked.lines:
        standing.available[line.sku_id] -= line.quantity
        if line.special_price_id is not None:
            standing.special_left[line.special_price_id] -= line.quantity
        if line.limit_per_buyer is not None:
            key = (line.listing_id, asked.buyer_id)
            standing.bought[key] = standing.bought.get(key, 0) + line.quantity
    standing.unused.difference_update((asked.buyer_id, claim_id, coupon) for claim_id, coupon in asked.claims)
