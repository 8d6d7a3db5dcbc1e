"""Prices that this process has reckoned lately: in a sale nearly everybody wants the same things the same way.

A price depends on values that stay the same objects while nothing changes: a listing's snapshot, a special price,
the terms of coupons. What was reckoned for them is looked up by those very objects, and holds while every coupon
is within its window; `price_order` alone says what it is.
"""

from collections import OrderedDict
from collections.abc import Sequence
from datetime import UTC, datetime

import msgspec

from yellowcart.orders.judge import AskedLine
from yellowcart.orders.price import Price, price_order
from yellowcart.orders.wanted import CheckedLine, place_of
from yellowcart.promotions.model import CouponTerms

KEPT_MAX = 2_000
_ALWAYS_SINCE = datetime.min.replace(tzinfo=UTC)
_ALWAYS_UNTIL = datetime.max.replace(tzinfo=UTC)


class KeptPrice(msgspec.Struct, frozen=True, kw_only=True):
    """A price, the lines as the judge sees them, and what else an order takes from its lines: for how long it
    holds its stock and within how long it is shipped, in seconds. It is good from `since` to before `until`. `of`
    keeps the objects alive by which the kept is found."""

    price: Price
    asked: Sequence[AskedLine]
    hold_s: int
    ship_within_s: int
    since: datetime
    until: datetime
    of: tuple[object, ...]


class KeptPrices:
    """The prices that were reckoned last."""

    def __init__(self) -> None:
        self._known: OrderedDict[tuple[object, ...], KeptPrice] = OrderedDict()

    def price(
        self, lines: Sequence[CheckedLine], coupons: Sequence[CouponTerms], province_code: str, now: datetime
    ) -> KeptPrice:
        """What these lines cost now. Raises what `price_order` raises."""
        key = (province_code, *map(_identity, lines), *map(id, coupons))
        known = self._known.get(key)
        if known is not None and known.since <= now < known.until:
            return known
        kept = KeptPrice(
            price=price_order([line.priced() for line in lines], coupons, place_of(lines[0]), province_code, now),
            asked=[_asked(line) for line in lines],
            hold_s=min(line.listing.hold_s for line in lines),
            ship_within_s=max(line.listing.delivery.ship_within_s for line in lines),
            since=max((terms.usable_from for terms in coupons), default=_ALWAYS_SINCE),
            until=min((terms.usable_until for terms in coupons), default=_ALWAYS_UNTIL),
            of=(*lines, *coupons),
        )
        self._known[key] = kept
        while len(self._known) > KEPT_MAX:
            self._known.popitem(last=False)
        return kept


def _identity(line: CheckedLine) -> tuple[int, ...]:
    return id(line.listing), line.sku.sku_id, line.wanted.quantity, id(line.special), id(line.better)


def _asked(line: CheckedLine) -> AskedLine:
    return AskedLine(
        listing_id=line.listing.listing_id,
        sku_id=line.sku.sku_id,
        quantity=line.wanted.quantity,
        limit_per_buyer=line.listing.limit_per_buyer,
        special_price_id=line.special.special_price_id if line.special else None,
        better_special_id=line.better.special_price_id if line.better else None,
        usual_price_fen=line.sku.price_fen,
        better_price_fen=line.better.price_fen if line.better else 0,
    )
