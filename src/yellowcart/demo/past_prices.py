"""What past orders cost: the quota of special prices and the coupons in buyers' hands, handed out in order of
time, and the price that the platform's own `price_order` makes of them."""

import random
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from yellowcart.demo.past_order import Claim, PastLine, PastOrder
from yellowcart.demo.seed_rows import Buyer, SellingPlace, SetPrice
from yellowcart.freight.model import DeliveryTerms
from yellowcart.kernel.ids import ClaimId, ListingId, ProductId, SkuId, new_id
from yellowcart.orders.model import CloseReason
from yellowcart.orders.price import Price, PriceLine, price_order
from yellowcart.promotions.model import Coupon, CouponLine, CouponPlace, CouponState, Funder, SpecialPrice
from yellowcart.promotions.rules import coupon_problem

USES = {Funder.SHOP: 4_500, Funder.PLATFORM: 2_600, Funder.CREATOR: 3_800}
"""Basis points of orders that could use a coupon of a funder and do."""
CLAIMED_WITHIN = timedelta(hours=30)
NEVER_LEFT = frozenset({CloseReason.LAPSED, CloseReason.BUYER_CANCELLED, CloseReason.REFUNDED})


class Shelf:
    """The special prices of the carts, with what was taken of each quota."""

    def __init__(self, prices: Mapping[tuple[ListingId, SkuId], SetPrice]) -> None:
        self._prices = prices
        self._taken: Counter[int] = Counter()

    def take(self, listing_id: ListingId, sku_id: SkuId, quantity: int, at: datetime) -> SpecialPrice | None:
        """The special price for so many pieces at a moment, or None; its quota is counted."""
        found = self._prices.get((listing_id, sku_id))
        if found is None or not found.special.starts_at <= at < (found.special.ends_at or at + timedelta(1)):
            return None
        special = found.special
        if self._taken[special.special_price_id] + quantity > special.quota:
            return None
        self._taken[special.special_price_id] += quantity
        return special

    def put_back(self, lines: Iterable[PastLine]) -> None:
        """Give the quota of lines back that were not ordered after all."""
        for line in lines:
            if line.special is not None:
                self._taken[line.special.special_price_id] -= line.quantity

    def settle(self, orders: Iterable[PastOrder]) -> None:
        """Count anew: what closed orders took was given back."""
        self._taken.clear()
        for order in orders:
            if order.holds or order.sold:
                for line in order.lines:
                    if line.special is not None:
                        self._taken[line.special.special_price_id] += line.quantity
        for each in self._prices.values():
            each.taken = self._taken[each.special.special_price_id]


class Wallet:
    """Who holds which coupon. Claims are made when an order wants one; `settle` gives back what closed."""

    def __init__(self, coupons: Iterable[Coupon], dice: random.Random) -> None:
        self._coupons = list(coupons)
        self._dice = dice
        self._given: Counter[int] = Counter()
        self._of_buyer: defaultdict[tuple[int, int], list[Claim]] = defaultdict(list)
        self.claims: list[Claim] = []

    def choose(self, buyer: Buyer, place: CouponPlace, lines: Sequence[CouponLine], at: datetime) -> list[Coupon]:
        """The coupons that the buyer uses on such an order, at most one of each funder."""
        chosen: list[Coupon] = []
        for funder in Funder:
            if self._dice.randrange(10_000) >= USES[funder]:
                continue
            fitting = [
                coupon
                for coupon in self._coupons
                if coupon.funder is funder
                and coupon_problem(coupon, place, lines, at) is None
                and self._claimable(coupon, buyer, at)
            ]
            if fitting:
                chosen.append(self._dice.choice(fitting))
        return chosen

    def claim(self, coupon: Coupon, buyer: Buyer, at: datetime) -> Claim:
        """One piece of a coupon for a buyer who used it at `at`: claimed a while before."""
        end = min(at, coupon.stopped_at or coupon.claim_until, coupon.claim_until)
        begin = max(coupon.claim_from, end - CLAIMED_WITHIN)
        held = self._of_buyer[coupon.coupon_id, buyer.person_id]
        begin = max([begin, *(each.claimed_at for each in held)])
        claim = Claim(
            claim_id=new_id(ClaimId),
            buyer=buyer,
            coupon=coupon,
            ordinal=len(held) + 1,
            claimed_at=begin + (end - begin) * self._dice.random(),
        )
        held.append(claim)
        self._given[coupon.coupon_id] += 1
        self.claims.append(claim)
        return claim

    def settle(self, order: PastOrder) -> None:
        """An order that closed without a parcel gave its coupons back."""
        for claim in order.claims:
            if order.close_reason in NEVER_LEFT:
                claim.undone.append(order.shop_id)
            else:
                claim.used_on = order

    def _claimable(self, coupon: Coupon, buyer: Buyer, at: datetime) -> bool:
        held = self._of_buyer[coupon.coupon_id, buyer.person_id]
        last = min(coupon.claim_until, coupon.stopped_at or coupon.claim_until)
        return (
            coupon.state is not CouponState.PREPARED
            and coupon.claim_from < at
            and len(held) < coupon.per_buyer_limit
            and self._given[coupon.coupon_id] < coupon.stock
            and all(claim.claimed_at < min(at, last) for claim in held)
        )


def price_of(
    lines: Sequence[PastLine],
    delivery: Mapping[ProductId, DeliveryTerms],
    place: SellingPlace,
    buyer: Buyer,
    at: datetime,
    wallet: Wallet,
) -> tuple[list[Claim], Price]:
    """What the lines cost this buyer, and the coupons used on it. Raises NotDeliveredThere."""
    wanted = [
        PriceLine(
            product_id=line.listing.product.product.product_id,
            list_price_fen=line.sku.price_fen,
            unit_price_fen=line.unit_price_fen,
            quantity=line.quantity,
            delivery=delivery[line.listing.product.product.product_id],
        )
        for line in lines
    ]
    where = CouponPlace(lines[0].sku.shop_id, place.creator_id, place.room_id)
    province_code = buyer.address.district_code[:2] + "0000"
    price = price_order(wanted, [], where, province_code, at)
    goods = [CouponLine(line.product_id, line.unit_price_fen * line.quantity) for line in wanted]
    coupons = wallet.choose(buyer, where, goods, at)
    if not coupons:
        return [], price
    priced = price_order(wanted, coupons, where, province_code, at)
    return [wallet.claim(coupon, buyer, at) for coupon in coupons], priced
