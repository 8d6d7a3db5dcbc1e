"""PostgreSQL: one pool per process, read and write sessions of different types, SQL as SQL.

Queries are written with `%(name)s` places and their rows come back as frozen structs:

    async with database.reading() as reader:
        shop = await reader.row(Shop, "SELECT shop_id, name FROM shop WHERE shop_id = %(shop_id)s", shop_id=…)

A `Writer` is one transaction: it commits when the block ends and rolls back when the block raises.
"""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import date, datetime
from typing import Any, TypeVar
from uuid import UUID

import msgspec
from psycopg import AsyncConnection, AsyncCursor, OperationalError, sql
from psycopg.rows import dict_row, tuple_row
from psycopg.types.json import Jsonb, set_json_dumps, set_json_loads
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from yellowcart.kernel import ids
from yellowcart.kernel.moments import refuse_unreadable_moments
from yellowcart.kernel.open_sessions import session

Row = TypeVar("Row")

set_json_dumps(msgspec.json.encode)
set_json_loads(msgspec.json.decode)
refuse_unreadable_moments()

WAIT_S = 5.0
"""A request that gets no connection in this time is told that the platform is not available now."""

LOST = (OperationalError, PoolTimeout)
"""What is raised when the database cannot be reached: nobody's fault here, and worth trying again."""

_KEPT_TYPES = (datetime, date, bytes, UUID)


def json_value(value: object) -> Jsonb:
    """A value for a jsonb column: any struct, mapping or list that msgspec can write."""
    return Jsonb(value)


def _struct_row(into: type[Row]) -> Callable[[AsyncCursor[Any]], Callable[[Sequence[Any]], Row]]:
    def factory(cursor: AsyncCursor[Any]) -> Callable[[Sequence[Any]], Row]:
        names = [column.name for column in cursor.description or ()]

        def make(values: Sequence[Any]) -> Row:
            row = dict(zip(names, values, strict=True))
            return msgspec.convert(row, into, strict=False, builtin_types=_KEPT_TYPES)

        return make

    return factory


class Reader:
    """Reads. What it reads in one block is not one snapshot; use `Writer` where that matters."""

    def __init__(self, connection: AsyncConnection[Any]) -> None:
        self.connection = connection
        """The psycopg connection, for what needs COPY, pipelines or a job in the same transaction."""

    async def rows(self, into: type[Row], query: str, **values: object) -> list[Row]:
        """Every row of a bounded query as `into`, a struct whose fields are named like the columns."""
        cursor = self.connection.cursor(row_factory=_struct_row(into))
        await cursor.execute(query, values)
        return await cursor.fetchall()

    async def row(self, into: type[Row], query: str, **values: object) -> Row | None:
        """The first row as `into`, or None."""
        cursor = self.connection.cursor(row_factory=_struct_row(into))
        await cursor.execute(query, values)
        return await cursor.fetchone()

    async def value(self, query: str, **values: object) -> Any:
        """The first column of the first row, or None when there is no row."""
        cursor = self.connection.cursor(row_factory=tuple_row)
        await cursor.execute(query, values)
        row = await cursor.fetchone()
        return None if row is None else row[0]

    async def column(self, query: str, **values: object) -> list[Any]:
        """The first column of every row of a bounded query."""
        cursor = self.connection.cursor(row_factory=tuple_row)
        await cursor.execute(query, values)
        return [row[0] for row in await cursor.fetchall()]

    async def records(self, query: str, **values: object) -> list[dict[str, Any]]:
        """Rows as plain dicts, for exports whose columns are chosen at run time."""
        cursor = self.connection.cursor(row_factory=dict_row)
        await cursor.execute(query, values)
        return await cursor.fetchall()


class Writer(Reader):
    """One transaction."""

    async def run(self, query: str, **values: object) -> int:
        """Execute a statement; answers how many rows it touched."""
        cursor = await self.connection.execute(query, values)
        return cursor.rowcount

    async def run_many(self, query: str, rows: Sequence[Mapping[str, object]]) -> None:
        """Execute a statement for every row, pipelined: one round trip for the set."""
        if rows:
            async with self.connection.cursor() as cursor:
                await cursor.executemany(query, rows)

    async def notify(self, channel: str, payload: str) -> None:
        """Tell every listening process, once this transaction commits (`kernel.notifications`)."""
        await self.connection.execute("SELECT pg_notify(%s, %s)", (channel, payload))

    @asynccontextmanager
    async def attempt(self) -> AsyncIterator[None]:
        """A savepoint: what the block did is undone when it raises, and the transaction stays usable."""
        async with self.connection.transaction():
            yield


class Database:
    """The installation's database as one process sees it."""

    def __init__(self, url: str, *, pool_size: int = 8) -> None:
        self.url = url
        self._pool: AsyncConnectionPool[AsyncConnection[Any]] = AsyncConnectionPool(
            url,
            min_size=1,
            max_size=pool_size,
            open=False,
            timeout=WAIT_S,
            kwargs={"application_name": "yellowcart"},
        )
        self._node_connection: AsyncConnection[Any] | None = None

    async def open(self) -> None:
        """Open the pool and lease the process's id node. Call once, inside the event loop."""
        await self._pool.open(wait=True, timeout=30)
        self._node_connection = await self.connect(name="yellowcart ids")
        ids.use_node(await ids.lease_node(self._node_connection))

    async def close(self) -> None:
        """Give back the id node and close every connection."""
        if self._node_connection is not None:
            await self._node_connection.close()
        await self._pool.close()

    async def connect(self, *, name: str) -> AsyncConnection[Any]:
        """A connection of its own, outside the pool and in autocommit: for lanes, listeners and leases."""
        return await AsyncConnection.connect(self.url, autocommit=True, application_name=name)

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[Reader]:
        """A read session; writes are refused by PostgreSQL itself."""
        async with self._pool.connection() as connection:
            await connection.set_read_only(True)
            try:
                with session():
                    yield Reader(connection)
            finally:
                await connection.rollback()
                await connection.set_read_only(None)

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[Writer]:
        """A transaction: commits at the end of the block, rolls back when it raises."""
        async with self._pool.connection() as connection:
            with session():
                yield Writer(connection)

    async def answers(self) -> bool:
        """Whether the database answers at all, for readiness."""
        async with self.reading() as reader:
            return bool(await reader.value("SELECT 1") == 1)


def identifier(name: str) -> str:
    """A quoted SQL identifier for the few statements whose table or column is chosen at run time."""
    return sql.Identifier(name).as_string(None)
