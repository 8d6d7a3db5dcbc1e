"""What a call of a query function asks of PostgreSQL, how long PostgreSQL works on it, and by which plan.

A recorded statement is prepared as the pool's connections prepare it (same text, same types), and explained in
both ways in which it may run: planned for its values, and as PostgreSQL chooses after it was used for a while,
which may be a plan made for any values.
"""

import re
from collections.abc import Sequence
from statistics import median
from typing import Any

import msgspec
from psycopg import AsyncConnection, sql
from psycopg.rows import tuple_row

from yellowcart.kernel.database import Database, Reader, Row

RUNS = 5
USED_BEFORE = 10
"""Executions after which PostgreSQL has decided whether one plan serves all values (it weighs from the sixth)."""

_PLACE = re.compile(r"%\((\w+)\)s")


class Statement(msgspec.Struct, frozen=True):
    """A statement with its values, as a query function sent it."""

    query: str
    values: dict[str, object]


class RecordingReader(Reader):
    """Reads as a Reader, and remembers what it asked."""

    def __init__(self, connection: AsyncConnection[Any]) -> None:
        super().__init__(connection)
        self.asked: list[Statement] = []

    async def rows(self, into: type[Row], query: str, **values: object) -> list[Row]:
        """As `Reader.rows`."""
        self.asked.append(Statement(query, values))
        return await super().rows(into, query, **values)

    async def row(self, into: type[Row], query: str, **values: object) -> Row | None:
        """As `Reader.row`."""
        self.asked.append(Statement(query, values))
        return await super().row(into, query, **values)

    async def value(self, query: str, **values: object) -> Any:
        """As `Reader.value`."""
        self.asked.append(Statement(query, values))
        return await super().value(query, **values)

    async def column(self, query: str, **values: object) -> list[Any]:
        """As `Reader.column`."""
        self.asked.append(Statement(query, values))
        return await super().column(query, **values)

    async def records(self, query: str, **values: object) -> list[dict[str, Any]]:
        """As `Reader.records`."""
        self.asked.append(Statement(query, values))
        return await super().records(query, **values)


class Explained(msgspec.Struct, frozen=True, kw_only=True):
    """How long PostgreSQL planned and executed a statement (or all statements of a call), in milliseconds, in the
    slower of the two ways; and the plan of the slowest statement, a line for each node."""

    median_ms: float
    worst_ms: float
    statements: int
    plan: tuple[str, ...]


async def explain_call(database: Database, asked: Sequence[Statement]) -> Explained:
    """Explain every statement of a call; what is asked only reads."""
    each = [await _explain(database, statement) for statement in asked]
    slowest = max(each, key=lambda explained: explained.median_ms)
    return Explained(
        median_ms=sum(explained.median_ms for explained in each),
        worst_ms=sum(explained.worst_ms for explained in each),
        statements=len(each),
        plan=slowest.plan,
    )


async def _explain(database: Database, statement: Statement) -> Explained:
    # A connection of its own, on which nothing else was prepared.
    async with await database.connect(name="yellowcart bench") as connection:
        execute = await _prepared(connection, statement)
        ways = [await _runs(connection, execute, mode) for mode in ("force_custom_plan", "auto")]
    return max(ways, key=lambda explained: explained.median_ms)


async def _prepared(connection: AsyncConnection[Any], statement: Statement) -> str:
    """Prepare it as psycopg does; answers the EXECUTE of it with its values."""
    await connection.execute(statement.query, statement.values, prepare=True)
    cursor = connection.cursor(row_factory=tuple_row)
    await cursor.execute(
        "SELECT name, parameter_types::text[] FROM pg_prepared_statements ORDER BY prepare_time DESC LIMIT 1",
        prepare=False,
    )
    found = await cursor.fetchone()
    assert found is not None, "it was prepared just now"
    name, types = found
    order = list(dict.fromkeys(_PLACE.findall(statement.query)))
    values = [
        f"{sql.Literal(statement.values[place]).as_string(connection)}::{kind}"
        for place, kind in zip(order, types, strict=True)
    ]
    brackets = f"({', '.join(values)})" if values else ""
    return f"EXECUTE {sql.Identifier(name).as_string(connection)}{brackets}"


async def _runs(connection: AsyncConnection[Any], execute: str, mode: str) -> Explained:
    await connection.execute(f"SET plan_cache_mode = {mode}".encode(), prepare=False)
    for _ in range(USED_BEFORE if mode == "auto" else 1):
        await connection.execute(execute.encode(), prepare=False)
    runs = [await _once(connection, execute) for _ in range(RUNS)]
    times = [run["Planning Time"] + run["Execution Time"] for run in runs]
    return Explained(
        median_ms=median(times),
        worst_ms=max(times),
        statements=1,
        plan=tuple(plan_lines(runs[-1]["Plan"])),
    )


async def _once(connection: AsyncConnection[Any], execute: str) -> dict[str, Any]:
    cursor = connection.cursor(row_factory=tuple_row)
    # Timing every node would cost more than many of these queries.
    explain = f"EXPLAIN (ANALYZE, BUFFERS, TIMING OFF, FORMAT JSON) {execute}"
    await cursor.execute(explain.encode(), prepare=False)
    row = await cursor.fetchone()
    assert row is not None, "EXPLAIN answers one row"
    explained: dict[str, Any] = row[0][0]
    return explained


def plan_lines(node: dict[str, Any], depth: int = 0) -> list[str]:
    """A plan of EXPLAIN's JSON as lines: what each node does to what, rows it gave and rows it threw away."""
    parts = [node["Node Type"]]
    if node.get("Scan Direction") == "Backward":
        parts.append("backward")
    if "Index Name" in node:
        parts.append(f"by {node['Index Name']}")
    if "Relation Name" in node:
        alias = node.get("Alias", node["Relation Name"])
        parts.append(f"of {node['Relation Name']}" + (f" ({alias})" if alias != node["Relation Name"] else ""))
    loops = int(node.get("Actual Loops", 1))
    rows = f"{round(node.get('Actual Rows', 0) * loops):,} rows"
    if loops > 1:
        rows += f" in {loops:,} loops"
    thrown = round(node.get("Rows Removed by Filter", 0) * loops)
    if thrown:
        rows += f", {thrown:,} thrown away"
    lines = [f"{'  ' * depth}{' '.join(parts)}: {rows}"]
    for child in node.get("Plans", ()):
        lines += plan_lines(child, depth + 1)
    return lines
