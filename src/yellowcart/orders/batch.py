"""The SQL of the order lane: what a batch locks and reads, and what it writes. One transaction, two round trips.

Locks are taken in one order by everybody: the buyers of the batch by id (two processes never place for one buyer
at the same moment, so that limits, holds, keys and coupons are judged alone), then stock by SKU, special prices,
claimed coupons. Whoever holds them decides; every statement sees what the last holder committed.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
from psycopg import AsyncConnection
from psycopg.rows import tuple_row

from yellowcart.kernel.ids import EventId, OrderLineId, ShopId, new_id
from yellowcart.orders.events import SUBMITTED
from yellowcart.orders.judge import Asked, Held, PlacedBefore, Standing
from yellowcart.orders.waiting import Waiting
from yellowcart.orders.wanted import CheckedLine

_SQL = Path(__file__).parent / "sql"
_PLACE_BATCH = (_SQL / "place_batch.sql").read_text()
_STANDING = (_SQL / "standing.sql").read_text()

_BUYER_LOCKS = 1 << 60
"""Advisory locks of buyers have this bit: small numbers by which others lock stay below. Who locks by a hash of
some words may hit one by chance, and then waits for a moment."""

_LOCK_BUYERS = "SELECT count(pg_advisory_xact_lock(key)) FROM unnest(%(keys)s::bigint[]) AS key"

_LOCK_STOCK = """
SELECT sku_id, available FROM stock
WHERE shop_id = %(shop_id)s AND sku_id = ANY (%(sku_ids)s)
ORDER BY sku_id
FOR UPDATE
"""

_LOCK_SPECIAL_PRICES = """
SELECT special_price_id, CASE WHEN ended_at IS NULL THEN quota - taken ELSE 0 END AS left_at_it
FROM special_price
WHERE shop_id = %(shop_id)s AND special_price_id = ANY (%(special_price_ids)s)
ORDER BY special_price_id
FOR UPDATE
"""

_LOCK_CLAIMS = """
SELECT buyer_id, claim_id, coupon_id FROM claimed_coupon
WHERE (buyer_id, claim_id) IN (SELECT * FROM unnest(%(buyer_ids)s::bigint[], %(claim_ids)s::bigint[]))
  AND state = 'unused'
ORDER BY buyer_id, claim_id
FOR UPDATE
"""

_BOUGHT = """
SELECT listing_id, buyer_id, quantity FROM purchase_count
WHERE shop_id = %(shop_id)s AND listing_id = ANY (%(listing_ids)s) AND buyer_id = ANY (%(buyer_ids)s)
"""

_DISCOUNTS = """
INSERT INTO order_line_discount (shop_id, order_id, order_line_id, coupon_id, claim_id, funder, amount_fen)
SELECT %(shop_id)s, off.*
FROM unnest(
    %(order_ids)s::bigint[], %(order_line_ids)s::bigint[], %(coupon_ids)s::bigint[], %(claim_ids)s::bigint[],
    %(funders)s::text[], %(amounts)s::bigint[]
) AS off
"""

_USE_CLAIMS = """
UPDATE claimed_coupon
SET state = 'used', used_shop_id = %(shop_id)s, used_order_id = used.order_id, used_at = %(now)s
FROM unnest(%(buyer_ids)s::bigint[], %(claim_ids)s::bigint[], %(order_ids)s::bigint[])
    AS used (buyer_id, claim_id, order_id)
WHERE claimed_coupon.buyer_id = used.buyer_id AND claimed_coupon.claim_id = used.claim_id
"""

_TAKE_SPECIAL_PRICES = """
UPDATE special_price SET taken = special_price.taken + sold.quantity
FROM (
    SELECT special_price_id, sum(quantity)::int AS quantity
    FROM unnest(%(special_price_ids)s::bigint[], %(quantities)s::int[]) AS sold (special_price_id, quantity)
    GROUP BY special_price_id
) AS sold
WHERE special_price.shop_id = %(shop_id)s AND special_price.special_price_id = sold.special_price_id
"""


async def lock_and_read(connection: AsyncConnection[Any], shop_id: ShopId, asked: Sequence[Asked]) -> Standing:
    """Begin a transaction, lock everything that a batch is about and read how it stands; one round trip."""
    lines = [line for each in asked for line in each.lines]
    buyer_ids = sorted({each.buyer_id for each in asked})
    claims = [(each.buyer_id, claim_id) for each in asked for claim_id, _ in each.claims]
    specials = {line.special_price_id or line.better_special_id for line in lines} - {None}
    limited = sorted({line.listing_id for line in lines if line.limit_per_buyer is not None})
    everything = {
        "shop_id": shop_id,
        "keys": _array([_BUYER_LOCKS | buyer_id for buyer_id in buyer_ids]),
        "sku_ids": _array(sorted({line.sku_id for line in lines})),
    }
    special = bought = claimed = None
    async with connection.pipeline():
        await connection.execute("BEGIN")
        await connection.execute(_LOCK_BUYERS, everything)
        stock = await _read(connection, _LOCK_STOCK, everything)
        if specials:
            special = await _read(
                connection, _LOCK_SPECIAL_PRICES, {"shop_id": shop_id, "special_price_ids": _array(specials)}
            )
        if claims:
            claimed = await _read(
                connection,
                _LOCK_CLAIMS,
                {"buyer_ids": _array([b for b, _ in claims]), "claim_ids": _array([claim for _, claim in claims])},
            )
        if limited:
            bought = await _read(
                connection,
                _BOUGHT,
                {"shop_id": shop_id, "listing_ids": _array(limited), "buyer_ids": _array(buyer_ids)},
            )
        before = await _read(
            connection,
            _STANDING,
            {
                "shop_id": shop_id,
                "buyer_ids": _array(buyer_ids),
                "asked": msgspec.json.encode([(each.buyer_id, each.key) for each in asked]).decode(),
            },
        )
    standing = Standing(available=dict(await stock.fetchall()))
    if special is not None:
        standing.special_left = dict(await special.fetchall())
    if claimed is not None:
        standing.unused = {(buyer, claim, coupon) for buyer, claim, coupon in await claimed.fetchall()}
    if bought is not None:
        standing.bought = {(listing, buyer): pieces for listing, buyer, pieces in await bought.fetchall()}
    _read_buyers(standing, await before.fetchall(), asked)
    return standing


async def write_placed(
    connection: AsyncConnection[Any], shop_id: ShopId, placed: Sequence[Waiting], now: datetime
) -> None:
    """Write what was judged good and commit; one round trip. Nothing placed: the transaction just ends."""
    async with connection.pipeline():
        if placed:
            lines = _line_rows(placed)
            await connection.execute(
                _PLACE_BATCH,
                {
                    "shop_id": shop_id,
                    "goods": msgspec.json.encode(_goods_rows(placed)).decode(),
                    "orders": msgspec.json.encode([_order_row(each) for each in placed]).decode(),
                    "lines": msgspec.json.encode(lines).decode(),
                    "kind": SUBMITTED,
                    "now": now,
                },
            )
            await _write_promotions(connection, shop_id, placed, lines, now)
        await connection.execute("COMMIT")


async def _read(
    connection: AsyncConnection[Any], statement: str, values: dict[str, Any]
) -> Any:  # psycopg's cursor of plain tuples
    cursor = connection.cursor(row_factory=tuple_row)
    await cursor.execute(statement, values)
    return cursor


def _read_buyers(standing: Standing, rows: Sequence[tuple[Any, ...]], asked: Sequence[Asked]) -> None:
    in_room: dict[tuple[int, int | None], tuple[int, int]] = {}
    in_shop: dict[int, int] = {}
    for buyer_id, key, order_id, total_fen, hold_until, request_hash, room_id, orders, pieces in rows:
        if key is not None:
            standing.before[buyer_id, key] = PlacedBefore(order_id, total_fen, hold_until, request_hash)
        else:
            in_room[buyer_id, room_id] = (orders, pieces)
            in_shop[buyer_id] = in_shop.get(buyer_id, 0) + orders
    for each in asked:
        if each.buyer_id in in_shop:
            orders, pieces = in_room.get((each.buyer_id, each.room_id), (0, 0))
            standing.held[each.buyer_id, each.room_id] = Held(in_shop[each.buyer_id], orders, pieces)


def _goods_rows(placed: Sequence[Waiting]) -> list[dict[str, Any]]:
    rows: dict[tuple[int, int], dict[str, Any]] = {}
    for waiting in placed:
        for line in waiting.lines:
            listing, sku = line.listing, line.sku
            if _goods_of(line) not in rows:
                rows[_goods_of(line)] = {
                    "goods_number": len(rows),
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
    return list(rows.values())


def _goods_of(line: CheckedLine) -> tuple[int, int]:
    """What a line is of, as its buyer saw it: a listing that changed while a batch gathered stands in it as it was
    and as it is, and no order is written by the other's price."""
    return id(line.listing), line.sku.sku_id


def _order_row(waiting: Waiting) -> dict[str, Any]:
    listing, price = waiting.lines[0].listing, waiting.price
    return {
        "order_id": waiting.order_id,
        "event_id": new_id(EventId),
        "buyer_id": waiting.buyer_id,
        "surface": listing.surface,
        "room_id": listing.room_id,
        "video_id": listing.video_id,
        "creator_id": listing.creator_id,
        "goods_fen": price.goods_fen,
        "discount_fen": price.discount_fen,
        "freight_fen": price.freight_fen,
        "total_fen": price.total_fen,
        "address": waiting.address,
        "note": waiting.note,
        "idempotency_key": waiting.key,
        "request_hash": waiting.request_hash,
        "hold_s": waiting.hold_s,
        "ship_within_s": waiting.kept.ship_within_s,
    }


def _line_rows(placed: Sequence[Waiting]) -> list[dict[str, Any]]:
    numbers: dict[tuple[int, int], int] = {}
    rows = []
    for waiting in placed:
        for line, priced in zip(waiting.lines, waiting.price.lines, strict=True):
            number = numbers.setdefault(_goods_of(line), len(numbers))
            rows.append(
                {
                    "order_id": waiting.order_id,
                    "order_line_id": new_id(OrderLineId),
                    "buyer_id": waiting.buyer_id,
                    "goods_number": number,
                    "quantity": line.wanted.quantity,
                    "unit_price_fen": line.unit_price_fen,
                    "special_price_id": line.special.special_price_id if line.special else None,
                    "discount_fen": priced.discount_fen,
                    "freight_fen": priced.freight_fen,
                    "return_rule_accepted": line.wanted.return_rule_accepted,
                }
            )
    return rows


async def _write_promotions(
    connection: AsyncConnection[Any],
    shop_id: ShopId,
    placed: Sequence[Waiting],
    lines: Sequence[dict[str, Any]],
    now: datetime,
) -> None:
    off = _off_rows(placed, lines)
    if off:
        names = ("order_ids", "order_line_ids", "coupon_ids", "claim_ids", "funders", "amounts")
        await connection.execute(
            _DISCOUNTS, {"shop_id": shop_id} | dict(zip(names, map(_array, zip(*off, strict=True)), strict=True))
        )
    used = [(each.buyer_id, claim_id, each.order_id) for each in placed for claim_id in each.claims.values()]
    if used:
        await connection.execute(
            _USE_CLAIMS,
            {
                "shop_id": shop_id,
                "now": now,
                "buyer_ids": _array([buyer_id for buyer_id, _, _ in used]),
                "claim_ids": _array([claim_id for _, claim_id, _ in used]),
                "order_ids": _array([order_id for _, _, order_id in used]),
            },
        )
    special = [line for line in lines if line["special_price_id"] is not None]
    if special:
        await connection.execute(
            _TAKE_SPECIAL_PRICES,
            {
                "shop_id": shop_id,
                "special_price_ids": _array([line["special_price_id"] for line in special]),
                "quantities": _array([line["quantity"] for line in special]),
            },
        )


def _off_rows(
    placed: Sequence[Waiting], lines: Sequence[dict[str, Any]]
) -> list[tuple[int, int, int, int, str, int]]:
    rows: list[tuple[int, int, int, int, str, int]] = []
    number = 0
    for waiting in placed:
        for priced in waiting.price.lines:
            line = lines[number]
            number += 1
            rows += [
                (
                    waiting.order_id,
                    line["order_line_id"],
                    off.coupon_id,
                    waiting.claims[off.coupon_id],
                    off.funder.value,
                    off.amount_fen,
                )
                for off in priced.discounts
            ]
    return rows


def _array(values: Iterable[object]) -> str:
    """An array of numbers (or of plain words) as PostgreSQL reads it: psycopg writes lists element by element in
    Python, ten times slower."""
    return "{" + ",".join(map(str, values)) + "}"
