"""Rows of promotions and their locks.

Locks have one order over all of selling: order, after-sale case, stock, special_price by (shop_id,
special_price_id), counts towards limits, claimed_coupon by (buyer_id, claim_id), coupon_use by (shop_id,
coupon_id). An unused claim is taken under the lock of its buyer alone (`orders.lock_batch`). A coupon's own row is
locked by those who claim or change it, and by nobody who places an order.
"""

from collections import defaultdict
from collections.abc import Sequence

import msgspec

from yellowcart.kernel.database import Writer
from yellowcart.kernel.errors import NotFound
from yellowcart.kernel.ids import CouponId, ListingId, OrderId, PersonId, RoomId, ShopId, SpecialPriceId
from yellowcart.promotions.changes import special_price_changed
from yellowcart.promotions.model import Coupon


async def lock_coupon(writer: Writer, coupon_id: CouponId) -> Coupon:
    """A coupon, locked until the transaction ends. Raises NotFound."""
    found = await writer.row(
        Coupon,
        "SELECT * FROM coupon WHERE coupon_id = %(coupon_id)s ORDER BY coupon_id FOR NO KEY UPDATE",
        coupon_id=coupon_id,
    )
    if found is None:
        raise NotFound
    return found


class UsedOn(msgspec.Struct, frozen=True):
    """An order that coupons of its buyer may stand on."""

    shop_id: ShopId
    order_id: OrderId
    buyer_id: PersonId


async def release_coupons(writer: Writer, orders: Sequence[UsedOn]) -> None:
    """Give the coupons of orders back to their buyers: used becomes unused. For orders that close unpaid or are
    wholly refunded before shipment.

    A coupon whose use window is over by then comes back expired; how many were claimed does not change, so that
    nobody else gets it. Repeating it does nothing, also when a coupon stands on another order by now.
    """
    if not orders:
        return
    released = await writer.rows(
        _ReleasedClaim,
        """
        SELECT claimed.buyer_id, claimed.claim_id, claimed.coupon_id, claimed.used_shop_id AS shop_id
        FROM claimed_coupon AS claimed
        JOIN unnest(%(shop_ids)s::bigint[], %(order_ids)s::bigint[], %(buyer_ids)s::bigint[])
            AS used (shop_id, order_id, buyer_id)
            ON used.buyer_id = claimed.buyer_id
            AND used.shop_id = claimed.used_shop_id AND used.order_id = claimed.used_order_id
        ORDER BY claimed.buyer_id, claimed.claim_id
        FOR UPDATE OF claimed
        """,
        shop_ids=[order.shop_id for order in orders],
        order_ids=[order.order_id for order in orders],
        buyer_ids=[order.buyer_id for order in orders],
    )
    if not released:
        return
    await writer.run(
        """
        UPDATE claimed_coupon
        SET state = 'unused', used_shop_id = NULL, used_order_id = NULL, used_at = NULL,
            given_back = given_back + 1
        WHERE (buyer_id, claim_id) IN (SELECT * FROM unnest(%(buyer_ids)s::bigint[], %(claim_ids)s::bigint[]))
        """,
        buyer_ids=[claim.buyer_id for claim in released],
        claim_ids=[claim.claim_id for claim in released],
    )
    await writer.run(
        """
        INSERT INTO coupon_use (shop_id, coupon_id, given_back)
        SELECT shop_id, coupon_id, count(*)::int
        FROM unnest(%(shop_ids)s::bigint[], %(coupon_ids)s::bigint[]) AS released (shop_id, coupon_id)
        GROUP BY shop_id, coupon_id
        ORDER BY shop_id, coupon_id
        ON CONFLICT (shop_id, coupon_id) DO UPDATE
        SET used = coupon_use.used - excluded.given_back, given_back = coupon_use.given_back + excluded.given_back
        """,
        coupon_ids=[claim.coupon_id for claim in released],
        shop_ids=[claim.shop_id for claim in released],
    )


async def release_special_prices(writer: Writer, pieces: Sequence[tuple[ShopId, int, int]]) -> None:
    """Give pieces (shop, special price, number) back to the quota of their special prices, also of ended ones.

    Where the quota was sold out, the order lane and the room hear that the price is to be had again.
    """
    returned: dict[tuple[ShopId, int], int] = defaultdict(int)
    for shop_id, special_price_id, number in pieces:
        returned[shop_id, special_price_id] += number
    if not returned:
        return
    keys = {
        "shop_ids": [shop_id for shop_id, _ in returned],
        "special_price_ids": [special_price_id for _, special_price_id in returned],
    }
    locked = await writer.rows(
        _LockedPrice,
        """
        SELECT special.shop_id, special.special_price_id, special.listing_id,
               special.taken = special.quota AND special.ended_at IS NULL AS was_taken,
               (SELECT room_id FROM listing WHERE listing.listing_id = special.listing_id) AS room_id
        FROM special_price AS special
        WHERE (special.shop_id, special.special_price_id) IN (
            SELECT * FROM unnest(%(shop_ids)s::bigint[], %(special_price_ids)s::bigint[])
        )
        ORDER BY special.shop_id, special.special_price_id
        FOR UPDATE OF special
        """,
        **keys,
    )
    await writer.run(
        """
        UPDATE special_price AS special
        SET taken = special.taken - returned.number
        FROM unnest(%(shop_ids)s::bigint[], %(special_price_ids)s::bigint[], %(numbers)s::int[])
            AS returned (shop_id, special_price_id, number)
        WHERE special.shop_id = returned.shop_id AND special.special_price_id = returned.special_price_id
        """,
        numbers=list(returned.values()),
        **keys,
    )
    for row in locked:
        if row.was_taken:
            await special_price_changed(writer, row.listing_id, row.room_id)


class _LockedPrice(msgspec.Struct, frozen=True):
    shop_id: ShopId
    special_price_id: SpecialPriceId
    listing_id: ListingId
    was_taken: bool
    room_id: RoomId | None


class _ReleasedClaim(msgspec.Struct, frozen=True):
    buyer_id: PersonId
    claim_id: int
    coupon_id: CouponId
    shop_id: ShopId
