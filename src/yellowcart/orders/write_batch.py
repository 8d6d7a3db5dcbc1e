"""The second round trip of a batch of orders: what was judged good is written and committed.

What orders have in common is sent once. Orders of one price (`orders.kept_prices`) share a quote, which is most of
what an order says; each brings its buyer, address, note and key, and the coupons in hand that pay for it.
"""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
from psycopg import AsyncConnection

from yellowcart.kernel.ids import EventId, OrderLineId, ShopId, new_id
from yellowcart.orders.events import SUBMITTED
from yellowcart.orders.lock_batch import array_of
from yellowcart.orders.waiting import Waiting
from yellowcart.orders.wanted import CheckedLine

_PLACE_BATCH = (Path(__file__).parent / "sql" / "place_batch.sql").read_text()

_COUNT_USES = """
INSERT INTO coupon_use (shop_id, coupon_id, used)
SELECT %(shop_id)s, coupon_id, count(*)::int
FROM unnest(%(coupon_ids)s::bigint[]) AS used (coupon_id)
GROUP BY coupon_id
ORDER BY coupon_id
ON CONFLICT (shop_id, coupon_id) DO UPDATE SET used = coupon_use.used + excluded.used
"""


async def write_placed(
    connection: AsyncConnection[Any], shop_id: ShopId, placed: Sequence[Waiting], now: datetime
) -> None:
    """Write what was judged good and commit; one round trip. Nothing placed: the transaction just ends."""
    async with connection.pipeline():
        if placed:
            coupon_ids = array_of(coupon_id for each in placed for coupon_id in each.claims)
            sent = _quotes_of(placed) | _orders_of(placed) | {"coupon_ids": coupon_ids}
            await connection.execute(_PLACE_BATCH, sent | {"shop_id": shop_id, "kind": SUBMITTED, "now": now})
            if any(each.claims for each in placed):
                # A statement of its own: the counts are locked last by everybody (`promotions.store`).
                await connection.execute(_COUNT_USES, {"shop_id": shop_id, "coupon_ids": coupon_ids})
        await connection.execute("COMMIT")


def _quotes_of(placed: Sequence[Waiting]) -> dict[str, str]:
    """What the orders have in common, as the statement names it."""
    goods: dict[tuple[int, int], dict[str, Any]] = {}
    quotes, quoted, off = [], [], []
    for number, waiting in enumerate({id(each.kept): each for each in placed}.values()):
        quotes.append(_quote_row(number, waiting))
        for place, (line, priced) in enumerate(zip(waiting.lines, waiting.price.lines, strict=True)):
            of = goods.setdefault(_goods_of(line), _goods_row(len(goods), line))
            quoted.append(
                {
                    "quote_number": number,
                    "place": place,
                    "goods_number": of["goods_number"],
                    "quantity": line.wanted.quantity,
                    "unit_price_fen": line.unit_price_fen,
                    "special_price_id": line.special.special_price_id if line.special else None,
                    "discount_fen": priced.discount_fen,
                    "freight_fen": priced.freight_fen,
                }
            )
            off += [
                {
                    "quote_number": number,
                    "place": place,
                    "coupon_id": each.coupon_id,
                    "funder": each.funder,
                    "amount_fen": each.amount_fen,
                }
                for each in priced.discounts
            ]
    rows = {"goods": list(goods.values()), "quotes": quotes, "quoted": quoted, "off": off}
    return {name: msgspec.json.encode(each).decode() for name, each in rows.items()}


def _orders_of(placed: Sequence[Waiting]) -> dict[str, str]:
    """What is each order's own, as the statement names it."""
    numbers = {kept: number for number, kept in enumerate({id(each.kept): None for each in placed})}
    orders = [
        {
            "order_id": each.order_id,
            "event_id": new_id(EventId),
            "buyer_id": each.buyer_id,
            "quote_number": numbers[id(each.kept)],
            "address": each.address,
            "note": each.note,
            "idempotency_key": each.key,
            "request_hash": each.request_hash,
        }
        for each in placed
    ]
    lines = [(each, place, line) for each in placed for place, line in enumerate(each.lines)]
    claims = [(each, claim_id) for each in placed for claim_id in each.claims.values()]
    return {
        "orders": msgspec.json.encode(orders).decode(),
        "line_order_ids": array_of(each.order_id for each, _, _ in lines),
        "order_line_ids": array_of(new_id(OrderLineId) for _ in lines),
        "line_buyer_ids": array_of(each.buyer_id for each, _, _ in lines),
        "line_quotes": array_of(numbers[id(each.kept)] for each, _, _ in lines),
        "line_places": array_of(place for _, place, _ in lines),
        "accepted": array_of(line.wanted.return_rule_accepted for _, _, line in lines),
        "claim_order_ids": array_of(each.order_id for each, _ in claims),
        "claim_buyer_ids": array_of(each.buyer_id for each, _ in claims),
        "claim_ids": array_of(claim_id for _, claim_id in claims),
    }


def _goods_of(line: CheckedLine) -> tuple[int, int]:
    """What a line is of, as its buyer saw it: a listing that changed while a batch gathered stands in it as it was
    and as it is, and no order is written by the other's price."""
    return id(line.listing), line.sku.sku_id


def _goods_row(number: int, line: CheckedLine) -> dict[str, Any]:
    listing, sku = line.listing, line.sku
    return {
        "goods_number": number,
        "listing_id": listing.listing_id,
        "sku_id": sku.sku_id,
        "product_id": listing.product_id,
        "category_id": listing.category_id,
        "title": listing.title,
        "title_en": listing.title_en,
        "sku_name": sku.name,
        "sku_name_en": sku.name_en,
        "picture_url": listing.picture_url,
        "list_price_fen": sku.price_fen,
        "return_rule": listing.return_rule,
        "confirm_days": listing.confirm_days,
        "has_limit": listing.limit_per_buyer is not None,
        "terms": listing.terms,
    }


def _quote_row(number: int, waiting: Waiting) -> dict[str, Any]:
    listing, price = waiting.lines[0].listing, waiting.price
    return {
        "quote_number": number,
        "surface": listing.surface,
        "room_id": listing.room_id,
        "video_id": listing.video_id,
        "creator_id": listing.creator_id,
        "goods_fen": price.goods_fen,
        "discount_fen": price.discount_fen,
        "freight_fen": price.freight_fen,
        "total_fen": price.total_fen,
        "hold_s": waiting.hold_s,
        "ship_within_s": waiting.kept.ship_within_s,
    }
