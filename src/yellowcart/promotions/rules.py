"""Decisions about coupons: whether one can be used or claimed, and what it takes off. Values in, values out.

How coupons of several funders meet: at most one of each funder applies to an order. A threshold is looked at on
the goods' own price, room-only and flash prices included and before any coupon, so that using one coupon never
takes another away, and freight never helps to reach it. Then they are taken off in APPLY_ORDER, each of what the
ones before have left. The open mall lilishop judges shop and platform coupons on the goods' price in the same
way (lilishop/lilishop: framework/src/main/java/cn/lili/modules/order/cart/render/impl/CouponRender.java,
`available`). The shop's comes first: its discount lowers the base of commissions, the others do not
(domain.md §3.5).
"""

from collections.abc import Sequence
from datetime import datetime

from yellowcart.kernel.errors import Refusal
from yellowcart.kernel.ids import RoomId
from yellowcart.kernel.money import allocate, portion
from yellowcart.promotions.errors import (
    CouponExpired,
    CouponMoveImpossible,
    CouponNotForTheseGoods,
    CouponNotInThisRoom,
    CouponNotYet,
    CouponNotYetUsable,
    CouponOfAnotherCreator,
    CouponOfAnotherRoom,
    CouponOfAnotherShop,
    CouponOver,
    CouponStopped,
    CouponTakesNothing,
    CouponThresholdMissed,
)
from yellowcart.promotions.model import (
    COUPON_MOVES,
    Coupon,
    CouponLine,
    CouponPlace,
    CouponStanding,
    CouponState,
    CouponTerms,
    DiscountKind,
    Funder,
)

APPLY_ORDER = (Funder.SHOP, Funder.PLATFORM, Funder.CREATOR)
"""In which order coupons are taken off, at most one of each."""


def coupon_problem(
    terms: CouponTerms, place: CouponPlace, lines: Sequence[CouponLine], now: datetime
) -> type[Refusal] | None:
    """Why a coupon cannot be used on an order, or None. `lines` are the goods before any coupon."""
    reasons: tuple[tuple[bool, type[Refusal]], ...] = (
        (now < terms.usable_from, CouponNotYetUsable),
        (now >= terms.usable_until, CouponExpired),
        (terms.shop_id not in {None, place.shop_id}, CouponOfAnotherShop),
        (terms.creator_id not in {None, place.creator_id}, CouponOfAnotherCreator),
        (terms.room_id not in {None, place.room_id}, CouponOfAnotherRoom),
        (not any(in_scope(terms, line) for line in lines), CouponNotForTheseGoods),
        (missing_fen(terms, lines) > 0, CouponThresholdMissed),
        (not any(coupon_discounts(terms, lines)), CouponTakesNothing),
    )
    return next((refusal for holds, refusal in reasons if holds), None)


def in_scope(terms: CouponTerms, line: CouponLine) -> bool:
    """Whether a coupon is for the goods of a line."""
    return not terms.product_ids or line.product_id in terms.product_ids


def missing_fen(terms: CouponTerms, lines: Sequence[CouponLine]) -> int:
    """What the goods in scope lack to the threshold, in fen; 0 when it is reached."""
    return max(0, terms.threshold_fen - sum(line.goods_fen for line in lines if in_scope(terms, line)))


def coupon_discounts(terms: CouponTerms, lines: Sequence[CouponLine]) -> list[int]:
    """What a coupon takes off each line in fen, in the order of the lines; never more than a line has.

    `lines` are the goods after the coupons applied before. The discount is shared over the lines in scope by
    what they have (`kernel.money.allocate`), the first of them served first among equals. Whether the coupon may
    be used at all is `coupon_problem`'s question.
    """
    weights = {f"{number:04d}": line.goods_fen for number, line in enumerate(lines) if in_scope(terms, line)}
    goods_fen = sum(weights.values())
    off_fen = min(_off(terms, goods_fen), goods_fen)
    if not off_fen:
        return [0] * len(lines)
    shares = allocate(off_fen, weights, residue_to=min(weights))
    return [shares.get(f"{number:04d}", 0) for number in range(len(lines))]


def _off(terms: CouponTerms, goods_fen: int) -> int:
    if terms.kind is DiscountKind.AMOUNT:
        return terms.off_fen or 0
    off_fen = portion(goods_fen, terms.off_rate or 0)
    return off_fen if terms.off_max_fen is None else min(off_fen, terms.off_max_fen)


def discounts_together(
    coupons: Sequence[CouponTerms], lines: Sequence[CouponLine]
) -> list[tuple[CouponTerms, list[int]]]:
    """What several coupons take off each line, one after the other in APPLY_ORDER, each of what is left.

    Raises ValueError for two coupons of one funder.
    """
    if len({coupon.funder for coupon in coupons}) < len(coupons):
        raise ValueError("at most one coupon of each funder")
    taken: list[tuple[CouponTerms, list[int]]] = []
    left = list(lines)
    for terms in sorted(coupons, key=lambda coupon: APPLY_ORDER.index(coupon.funder)):
        discounts = coupon_discounts(terms, left)
        left = [
            CouponLine(line.product_id, line.goods_fen - off) for line, off in zip(left, discounts, strict=True)
        ]
        taken.append((terms, discounts))
    return taken


def standing(coupon: Coupon, now: datetime) -> CouponStanding:
    """How a coupon stands at a moment. What was decided goes before the clock, the clock before what is left."""
    if coupon.state is CouponState.STOPPED:
        return CouponStanding.STOPPED
    if now >= coupon.claim_until:
        return CouponStanding.OVER
    if coupon.state is CouponState.PREPARED:
        return CouponStanding.PREPARED
    if now < coupon.claim_from:
        return CouponStanding.COMING
    return CouponStanding.CLAIMABLE if coupon.left > 0 else CouponStanding.GONE


def claim_problem(
    coupon: Coupon, now: datetime, *, room_id: RoomId | None, room_over: bool
) -> type[Refusal] | None:
    """Why nobody in `room_id` (None: in no room) may claim a coupon now, whatever is left of it, or None.

    `room_over` says whether the room that the coupon is for has ended.
    """
    if coupon.state is CouponState.STOPPED:
        return CouponStopped
    if now >= coupon.claim_until or room_over:
        return CouponOver
    if coupon.state is CouponState.PREPARED or now < coupon.claim_from:
        return CouponNotYet
    if coupon.room_id is not None and coupon.room_id != room_id:
        return CouponNotInThisRoom
    return None


def require_coupon_move(before: CouponState, after: CouponState) -> None:
    """Raises CouponMoveImpossible when a coupon may not go from one state to the other."""
    if after not in COUPON_MOVES[before]:
        raise CouponMoveImpossible
