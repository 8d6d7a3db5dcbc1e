"""Reads back from the database what a bench has sold, and holds it against what the buyers were told."""

import msgspec
import psycopg
from psycopg.rows import dict_row

from bench.load import LoadResult
from tests.small_world import SmallWorld


class SalesWrongError(RuntimeError):
    """The tables do not hold what was answered; no figure of such a run is worth anything."""


class Sales(msgspec.Struct, frozen=True, kw_only=True):
    """What the tables say of one listing. All orders of a bench are for one piece."""

    orders: int
    buyers: int
    lines: int
    events: int
    """`order.submitted` events of the outbox."""
    counted: int
    """Pieces counted towards the limits of buyers."""
    available: int
    held: int
    sold: int


def read_sales(database_url: str, world: SmallWorld) -> Sales:
    """Count in the tables."""
    with psycopg.connect(database_url, row_factory=dict_row) as connection:
        counted = connection.execute(_READ, {"shop_id": world.shop_id, "sku_id": world.sku_id}).fetchone()
    assert counted is not None, "the stock row was made with the world"
    return msgspec.convert(counted, Sales)


def require_right(sales: Sales, *, pieces: int, answered: int, lost: int = 0) -> None:
    """Hold the tables against the buyers' answers: `answered` were told 201, `lost` were told nothing and may
    have an order or not. Raises SalesWrongError."""
    everywhere = (sales.orders, sales.buyers, sales.lines, sales.events, sales.counted, sales.held)
    if len(set(everywhere)) != 1:
        raise SalesWrongError(f"orders, lines, events, limits and held stock differ: {sales}")
    if sales.sold != 0 or sales.available < 0 or sales.available + sales.held != pieces:
        raise SalesWrongError(f"of {pieces} pieces the stock tells {sales}")
    if not answered <= sales.orders <= answered + lost:
        raise SalesWrongError(f"{answered} were told that they have an order, {lost} nothing, but: {sales}")


def count_placed(rounds: list[LoadResult]) -> int:
    """How many were told that they have an order. Raises SalesWrongError for an answer without a reason."""
    for result in rounds:
        if set(result.statuses) - {201, 409} or "" in result.refusals:
            raise SalesWrongError(f"unexpected answers: {result.statuses}, refusals {result.refusals}")
    return sum(result.statuses.get(201, 0) for result in rounds)


_READ = """
SELECT (SELECT count(*) FROM shop_order WHERE shop_id = stock.shop_id) AS orders,
       (SELECT count(DISTINCT buyer_id) FROM shop_order WHERE shop_id = stock.shop_id) AS buyers,
       (SELECT count(*) FROM order_line WHERE shop_id = stock.shop_id AND sku_id = stock.sku_id) AS lines,
       (SELECT count(*) FROM outbox_event WHERE shop_id = stock.shop_id AND kind = 'order.submitted') AS events,
       (SELECT coalesce(sum(quantity), 0) FROM purchase_count WHERE shop_id = stock.shop_id) AS counted,
       stock.available, stock.held, stock.sold
FROM stock
WHERE stock.shop_id = %(shop_id)s AND stock.sku_id = %(sku_id)s
"""
