"""PostgreSQL's own batched insert: the reference that the order lane is held against.

One connection, batches of 256 rows, each batch one transaction in one round trip: take the stock row,
insert the orders. No token, limit, hold or outbox. Whether a commit is durable is told by the server's
settings, which the report names.
"""

import resource
from array import array
from collections.abc import Callable
from time import perf_counter_ns
from typing import LiteralString

import msgspec
import psycopg

from bench.latency import LatencySummary, summarise

BATCH_ROWS = 256
ORDERS_MAX = 10_000_000
SECONDS_MAX = 300

_CREATE: tuple[LiteralString, ...] = (
    "DROP SCHEMA IF EXISTS bench_postgres_insert CASCADE",
    "CREATE SCHEMA bench_postgres_insert",
    """CREATE TABLE bench_postgres_insert.stock (
        shop_id bigint, sku_id bigint, available bigint NOT NULL CHECK (available >= 0),
        PRIMARY KEY (shop_id, sku_id))""",
    """CREATE TABLE bench_postgres_insert.orders (
        shop_id bigint, order_id bigint, sku_id bigint NOT NULL, buyer_id bigint NOT NULL,
        quantity integer NOT NULL, unit_price_fen bigint NOT NULL, total_fen bigint NOT NULL,
        state text NOT NULL, idempotency_key text NOT NULL, submitted_at timestamptz NOT NULL,
        PRIMARY KEY (shop_id, order_id), UNIQUE (shop_id, buyer_id, idempotency_key))""",
)
_DROP: LiteralString = "DROP SCHEMA IF EXISTS bench_postgres_insert CASCADE"
_TAKE_STOCK: LiteralString = (
    "UPDATE bench_postgres_insert.stock SET available = available - %s WHERE shop_id = 1 AND sku_id = 1"
)
_INSERT: LiteralString = """
    INSERT INTO bench_postgres_insert.orders
    SELECT 1, order_id, 1, buyer_id, 1, 9900, 9900, 'submitted', key, now()
    FROM unnest(%b::bigint[], %b::bigint[], %b::text[]) AS wanted (order_id, buyer_id, key)"""


class InsertResult(msgspec.Struct, frozen=True, kw_only=True):
    """What was inserted, read back from the tables, and how fast. CPU is the client's alone."""

    orders: int
    batch_rows: int
    wall_s: float
    orders_per_s: float
    batch_latency: LatencySummary | None
    cpu_user_s: float
    cpu_system_s: float


def measure_insert(
    database_url: str,
    *,
    orders: int = 1_000_000,
    seconds: float = 10.0,
    on_progress: Callable[[int], None] = lambda _: None,
) -> InsertResult:
    """Insert up to `orders` orders (a whole number of batches) or for `seconds`, in a scratch schema.

    The schema is dropped before and after. Raises ValueError for bounds out of range, psycopg.Error, and
    RuntimeError when the tables do not hold what was inserted.
    """
    if not BATCH_ROWS <= orders <= ORDERS_MAX or not 0 < seconds <= SECONDS_MAX:
        raise ValueError(f"orders must be in {BATCH_ROWS}..{ORDERS_MAX}, seconds in 1..{SECONDS_MAX}")
    with psycopg.connect(database_url, autocommit=True) as connection:
        for statement in _CREATE:
            connection.execute(statement)
        try:
            return _measure(connection, orders, seconds, on_progress)
        finally:
            connection.execute(_DROP)


def _measure(
    connection: psycopg.Connection, orders: int, seconds: float, on_progress: Callable[[int], None]
) -> InsertResult:
    connection.execute("INSERT INTO bench_postgres_insert.stock VALUES (1, 1, %s)", [orders])
    latencies_ns = array("q")
    inserted = 0
    before, started_ns = resource.getrusage(resource.RUSAGE_SELF), perf_counter_ns()
    deadline_ns = started_ns + int(seconds * 1e9)
    while inserted + BATCH_ROWS <= orders and perf_counter_ns() < deadline_ns:
        batch_started_ns = perf_counter_ns()
        _insert_batch(connection, inserted + 1)
        latencies_ns.append(perf_counter_ns() - batch_started_ns)
        inserted += BATCH_ROWS
        on_progress(BATCH_ROWS)
    wall_s = (perf_counter_ns() - started_ns) / 1e9
    after = resource.getrusage(resource.RUSAGE_SELF)
    _check_tables(connection, orders, inserted)
    return InsertResult(
        orders=inserted,
        batch_rows=BATCH_ROWS,
        wall_s=wall_s,
        orders_per_s=inserted / wall_s,
        batch_latency=summarise(latencies_ns),
        cpu_user_s=after.ru_utime - before.ru_utime,
        cpu_system_s=after.ru_stime - before.ru_stime,
    )


def _insert_batch(connection: psycopg.Connection, first_id: int) -> None:
    """One transaction; the pipeline sends BEGIN, both statements and COMMIT without waiting in between."""
    ids = list(range(first_id, first_id + BATCH_ROWS))
    buyers = [1_000_000 + order_id % 50_000 for order_id in ids]
    keys = [f"{order_id:016x}" for order_id in ids]
    with connection.pipeline(), connection.transaction():
        connection.execute(_TAKE_STOCK, [BATCH_ROWS], prepare=True)
        connection.execute(_INSERT, [ids, buyers, keys], prepare=True)


def _check_tables(connection: psycopg.Connection, stock_before: int, inserted: int) -> None:
    row = connection.execute(
        "SELECT (SELECT count(*) FROM bench_postgres_insert.orders),"
        " (SELECT available FROM bench_postgres_insert.stock WHERE shop_id = 1 AND sku_id = 1)"
    ).fetchone()
    if row != (inserted, stock_before - inserted):
        raise RuntimeError(f"inserted {inserted} of {stock_before}, but orders and stock are {row}")
