"""What an order costs, reckoned in one place and explained line by line.

The checkout page, the order lane and every test of a price ask here. In this order: the agreed price of a piece
(usual, room-only or flash) times the pieces; coupons, at most one of each funder (`promotions.rules`); freight on
the goods before coupons (`freight.rules`). All amounts in fen; every sum is exact.
"""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from yellowcart.freight.model import DeliveryTerms, FreightItem, FreightReckoning
from yellowcart.freight.rules import freight_by_line, freight_explained
from yellowcart.kernel.ids import CouponId, ProductId
from yellowcart.orders.errors import CouponsOfOneFunder
from yellowcart.promotions.errors import CouponTakesNothing
from yellowcart.promotions.model import CouponLine, CouponPlace, CouponTerms, Funder
from yellowcart.promotions.rules import coupon_problem, discounts_together

PAYABLE_MIN_FEN = 1
"""Providers take no payment of nothing: coupons leave at least one fen of an order."""


class PriceLine(msgspec.Struct, frozen=True):
    """What is bought, as its price depends on it. Prices in fen for one piece."""

    product_id: ProductId
    list_price_fen: int
    unit_price_fen: int
    quantity: int
    delivery: DeliveryTerms


class LineOff(msgspec.Struct, frozen=True):
    """What one coupon takes off one line."""

    coupon_id: CouponId
    funder: Funder
    amount_fen: int


class PricedLine(msgspec.Struct, frozen=True, kw_only=True):
    """One line's price: payable = total - discount + freight. `saved_fen` is what a special price saves."""

    total_fen: int
    saved_fen: int
    discounts: tuple[LineOff, ...]
    discount_fen: int
    freight_fen: int
    payable_fen: int


class Price(msgspec.Struct, frozen=True, kw_only=True):
    """An order's price: total = goods - discount + freight. `coupons` are what each takes off in all, in the
    order in which they apply; `freight` says how each freight template came to its fee."""

    lines: tuple[PricedLine, ...]
    goods_fen: int
    saved_fen: int
    coupons: tuple[LineOff, ...]
    discount_fen: int
    freight_fen: int
    freight: tuple[FreightReckoning, ...]
    total_fen: int


def price_order(
    lines: Sequence[PriceLine],
    coupons: Sequence[CouponTerms],
    place: CouponPlace,
    province_code: str | None,
    now: datetime,
) -> Price:
    """The price of an order. Without a province (no address yet) freight is left out.

    Raises CouponUnusable's classes, CouponsOfOneFunder, NotDeliveredThere.
    """
    freight = _freight(lines, province_code)
    off = _discounts(lines, coupons, place, now, keep_fen=0 if any(freight) else PAYABLE_MIN_FEN)
    priced = tuple(
        _priced(line, [each[number] for each in off], fee)
        for number, (line, fee) in enumerate(zip(lines, freight, strict=True))
    )
    goods_fen = sum(line.total_fen for line in priced)
    discount_fen = sum(line.discount_fen for line in priced)
    freight_fen = sum(freight)
    return Price(
        lines=priced,
        goods_fen=goods_fen,
        saved_fen=sum(line.saved_fen for line in priced),
        coupons=tuple(
            LineOff(each[0].coupon_id, each[0].funder, sum(off.amount_fen for off in each)) for each in off
        ),
        discount_fen=discount_fen,
        freight_fen=freight_fen,
        freight=_explained(lines, province_code),
        total_fen=goods_fen - discount_fen + freight_fen,
    )


def _priced(line: PriceLine, off: Sequence[LineOff], freight_fen: int) -> PricedLine:
    total_fen = line.unit_price_fen * line.quantity
    discount_fen = sum(each.amount_fen for each in off)
    return PricedLine(
        total_fen=total_fen,
        saved_fen=(line.list_price_fen - line.unit_price_fen) * line.quantity,
        discounts=tuple(each for each in off if each.amount_fen),
        discount_fen=discount_fen,
        freight_fen=freight_fen,
        payable_fen=total_fen - discount_fen + freight_fen,
    )


def _discounts(
    lines: Sequence[PriceLine],
    coupons: Sequence[CouponTerms],
    place: CouponPlace,
    now: datetime,
    *,
    keep_fen: int,
) -> list[list[LineOff]]:
    """What each coupon takes off each line, leaving at least `keep_fen` of all goods together."""
    if not coupons:
        return []
    if len({terms.funder for terms in coupons}) < len(coupons):
        raise CouponsOfOneFunder
    goods = [CouponLine(line.product_id, line.unit_price_fen * line.quantity) for line in lines]
    for terms in coupons:
        problem = coupon_problem(terms, place, goods, now)
        if problem is not None:
            raise problem(coupon_id=terms.coupon_id)
    off = [
        [LineOff(terms.coupon_id, terms.funder, amount) for amount in amounts]
        for terms, amounts in discounts_together(coupons, goods)
    ]
    too_much = sum(each.amount_fen for per_line in off for each in per_line) + keep_fen
    too_much -= sum(line.goods_fen for line in goods)
    if too_much > 0:
        off = _less(off, too_much)
    for per_line in off:
        if not any(each.amount_fen for each in per_line):
            raise CouponTakesNothing(coupon_id=per_line[0].coupon_id)
    return off


def _less(off: list[list[LineOff]], too_much: int) -> list[list[LineOff]]:
    """Take `too_much` fen back from the discounts, from the last coupon and its last line backwards."""
    for per_line in reversed(off):
        for number in reversed(range(len(per_line))):
            back = min(too_much, per_line[number].amount_fen)
            per_line[number] = msgspec.structs.replace(
                per_line[number], amount_fen=per_line[number].amount_fen - back
            )
            too_much -= back
    return off


def _freight(lines: Sequence[PriceLine], province_code: str | None) -> list[int]:
    if province_code is None or all(line.delivery.freight is None for line in lines):
        return [0] * len(lines)
    return freight_by_line(_items(lines), province_code)


def _explained(lines: Sequence[PriceLine], province_code: str | None) -> tuple[FreightReckoning, ...]:
    if province_code is None or all(line.delivery.freight is None for line in lines):
        return ()
    return tuple(freight_explained(_items(lines), province_code))


def _items(lines: Sequence[PriceLine]) -> list[FreightItem]:
    return [
        FreightItem(terms=line.delivery, pieces=line.quantity, goods_fen=line.unit_price_fen * line.quantity)
        for line in lines
    ]
