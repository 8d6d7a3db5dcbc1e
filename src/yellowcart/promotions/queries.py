"""Reads of promotions that the price of an order and the pages ask for."""

from collections.abc import Collection, Sequence
from datetime import datetime

import msgspec

from yellowcart.kernel.database import Reader
from yellowcart.kernel.errors import Refusal
from yellowcart.kernel.ids import ClaimId, CouponId, ListingId, PersonId
from yellowcart.promotions.model import Coupon, CouponLine, CouponPlace, CouponTerms, SpecialPrice
from yellowcart.promotions.rules import coupon_discounts, coupon_problem, missing_fen

CLAIMS_LOOKED_AT = 200
"""Claimed coupons of one buyer that a checkout looks through, those that expire first before the others."""


class CouponChoice(msgspec.Struct, frozen=True, kw_only=True):
    """A claimed coupon beside an order: what it would take off by itself (fen), or why it cannot be used.

    `claims` are how many unused ones the buyer has; `claim_id` is the first of them. `missing_fen` is what the
    goods lack to the threshold.
    """

    claim_id: ClaimId
    claims: int
    coupon: Coupon
    off_fen: int
    missing_fen: int
    problem: type[Refusal] | None


async def coupon_terms(reader: Reader, coupon_ids: Collection[CouponId]) -> dict[CouponId, CouponTerms]:
    """The terms of coupons by id; ids of no coupon are left out. Terms never change once made."""
    rows = await reader.rows(
        CouponTerms,
        """
        SELECT coupon_id, funder, shop_id, creator_id, room_id, product_ids, threshold_fen, kind, off_fen,
               off_rate, off_max_fen, usable_from, usable_until
        FROM coupon
        WHERE coupon_id = ANY(%(coupon_ids)s)
        """,
        coupon_ids=list(coupon_ids),
    )
    return {row.coupon_id: row for row in rows}


async def special_prices_of_listing(reader: Reader, listing_id: ListingId) -> list[SpecialPrice]:
    """The special prices of a listing that were not ended, coming ones too; at most one for each SKU. One that is
    no longer below the SKU's usual price lowers nothing, and is left out."""
    return await reader.rows(
        SpecialPrice,
        """
        SELECT special.special_price_id, special.listing_id, special.sku_id, special.kind, special.price_fen,
               special.starts_at, special.ends_at, special.quota
        FROM special_price AS special
        JOIN sku USING (shop_id, sku_id)
        WHERE special.listing_id = %(listing_id)s AND special.ended_at IS NULL
          AND special.price_fen < sku.price_fen
        ORDER BY special.special_price_id
        LIMIT 500
        """,
        listing_id=listing_id,
    )


async def usable_coupons(
    reader: Reader, person_id: PersonId, place: CouponPlace, lines: Sequence[CouponLine], now: datetime
) -> list[CouponChoice]:
    """The buyer's unused coupons that are not over, beside an order of these goods (before any coupon): the best
    first, then those that cannot be used, each with the reason. Coupons of other shops and creators, who have
    nothing to do with the order, are left out."""
    rows = await reader.rows(
        _Unused,
        """
        SELECT coupon.*, unused.claim_id, unused.claims
        FROM (
            SELECT coupon_id, min(claim_id) AS claim_id, count(*)::int AS claims
            FROM claimed_coupon
            WHERE buyer_id = %(person_id)s AND state = 'unused'
            GROUP BY coupon_id
        ) AS unused
        JOIN coupon USING (coupon_id)
        WHERE coupon.usable_until > %(now)s
          AND (coupon.shop_id IS NULL OR coupon.shop_id = %(shop_id)s)
          AND (coupon.creator_id IS NULL OR coupon.creator_id = %(creator_id)s)
        ORDER BY coupon.usable_until, coupon.coupon_id
        LIMIT %(most)s
        """,
        person_id=person_id,
        now=now,
        shop_id=place.shop_id,
        creator_id=place.creator_id,
        most=CLAIMS_LOOKED_AT,
    )
    choices = [
        CouponChoice(
            claim_id=row.claim_id,
            claims=row.claims,
            coupon=row,
            off_fen=sum(coupon_discounts(row, lines)),
            missing_fen=missing_fen(row, lines),
            problem=coupon_problem(row, place, lines, now),
        )
        for row in rows
    ]
    return sorted(choices, key=lambda choice: (choice.problem is not None, -choice.off_fen, choice.missing_fen))


class _Unused(Coupon, frozen=True, kw_only=True):
    claim_id: ClaimId
    claims: int
