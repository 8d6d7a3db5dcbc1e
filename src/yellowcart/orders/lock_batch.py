"""The first round trip of a batch of orders: what it locks and reads (`write_batch` is the second).

Locks are taken in one order by everybody: the buyers of the batch by id (two processes never place for one buyer
at the same moment, so that limits, holds, keys and coupons are judged alone), then stock by SKU, then special
prices. Whoever holds them decides; every statement sees what the last holder committed. Coupons in hand need no
lock of their own: only an order of their buyer uses one up, and else a used one comes back.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import msgspec
from psycopg import AsyncConnection
from psycopg.rows import tuple_row

from yellowcart.kernel.ids import ShopId
from yellowcart.orders.judge import Asked, Held, PlacedBefore, Standing

_STANDING = (Path(__file__).parent / "sql" / "standing.sql").read_text()

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

_CLAIMS = """
SELECT buyer_id, claim_id, coupon_id FROM claimed_coupon
WHERE (buyer_id, claim_id) IN (SELECT * FROM unnest(%(buyer_ids)s::bigint[], %(claim_ids)s::bigint[]))
  AND state = 'unused'
"""

_BOUGHT = """
SELECT listing_id, buyer_id, quantity FROM purchase_count
WHERE shop_id = %(shop_id)s AND listing_id = ANY (%(listing_ids)s) AND buyer_id = ANY (%(buyer_ids)s)
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
        "keys": array_of([_BUYER_LOCKS | buyer_id for buyer_id in buyer_ids]),
        "sku_ids": array_of(sorted({line.sku_id for line in lines})),
    }
    special = bought = claimed = None
    async with connection.pipeline():
        await connection.execute("BEGIN")
        await connection.execute(_LOCK_BUYERS, everything)
        stock = await _read(connection, _LOCK_STOCK, everything)
        if specials:
            special = await _read(
                connection, _LOCK_SPECIAL_PRICES, {"shop_id": shop_id, "special_price_ids": array_of(specials)}
            )
        if claims:
            claimed = await _read(
                connection,
                _CLAIMS,
                {
                    "buyer_ids": array_of([b for b, _ in claims]),
                    "claim_ids": array_of([claim for _, claim in claims]),
                },
            )
        if limited:
            bought = await _read(
                connection,
                _BOUGHT,
                {"shop_id": shop_id, "listing_ids": array_of(limited), "buyer_ids": array_of(buyer_ids)},
            )
        before = await _read(
            connection,
            _STANDING,
            {
                "shop_id": shop_id,
                "buyer_ids": array_of(buyer_ids),
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


def array_of(values: Iterable[object]) -> str:
    """An array of numbers (or of plain words or truths) as PostgreSQL reads it: psycopg writes lists element by
    element in Python, many times slower."""
    return "{" + msgspec.json.encode(list(values))[1:-1].decode() + "}"
