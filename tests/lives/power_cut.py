"""A database whose transactions can be cut off: in the middle, so that nothing of them stays, or after the commit,
so that everything stays and nobody hears of it. Both are what the end of a process leaves behind."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, TypeVar

import psycopg
from psycopg import AsyncConnection

from yellowcart.kernel.database import Database, Writer

Row = TypeVar("Row")
LOOKS_MOST = 2_000


class PowerCut(BaseException):
    """The process ends here. Not an Exception: nobody who handles failures may handle this one."""


@dataclass
class Cut:
    """Where to cut: in the `transaction`-th writing transaction from now (1 is the next), before its
    `statement`-th statement, or after its commit where `statement` is 0 or more than it has. `done` when it has
    happened, `committed` whether the transaction stands."""

    transaction: int
    statement: int
    done: bool = False
    committed: bool = False


_cut: ContextVar[Cut | None] = ContextVar("cut", default=None)


@contextmanager
def cutting(cut: Cut | None) -> Iterator[None]:
    """Let a cut happen within the block."""
    token = _cut.set(cut)
    try:
        yield
    finally:
        _cut.reset(token)


def is_cut(error: BaseException, cut: Cut | None) -> bool:
    """Whether an error is what a cut left of the process: the cut itself, or a connection that is gone."""
    if isinstance(error, PowerCut):
        return True
    return cut is not None and cut.done and isinstance(error, psycopg.Error)


class CutWriter(Writer):
    """A transaction whose connection is closed before a statement."""

    def __init__(self, connection: AsyncConnection[Any], cut: Cut, database: Database) -> None:
        super().__init__(connection)
        self._database = database
        self._cut = cut
        self._left = cut.statement

    async def _next(self) -> None:
        self._left -= 1
        if self._left == 0:
            self._cut.done = True
            pid = self.connection.info.backend_pid
            await self.connection.close()
            await self._until_forgotten(pid)
            raise PowerCut

    async def _until_forgotten(self, pid: int) -> None:
        """PostgreSQL lets go of the locks of a connection that is gone when it notices; a timer that is begun anew
        before that passes by the rows, and comes for them the next time. Lives do not wait for that."""
        async with await self._database.connect(name="tests wait for a backend") as watch:
            for _ in range(LOOKS_MOST):
                found = await watch.execute("SELECT FROM pg_stat_activity WHERE pid = %s", [pid])
                if not found.rowcount:
                    return
                await asyncio.sleep(0.001)

    async def rows(self, into: type[Row], query: str, **values: object) -> list[Row]:
        """As of a Writer."""
        await self._next()
        return await super().rows(into, query, **values)

    async def row(self, into: type[Row], query: str, **values: object) -> Row | None:
        """As of a Writer."""
        await self._next()
        return await super().row(into, query, **values)

    async def value(self, query: str, **values: object) -> Any:
        """As of a Writer."""
        await self._next()
        return await super().value(query, **values)

    async def column(self, query: str, **values: object) -> list[Any]:
        """As of a Writer."""
        await self._next()
        return await super().column(query, **values)

    async def records(self, query: str, **values: object) -> list[dict[str, Any]]:
        """As of a Writer."""
        await self._next()
        return await super().records(query, **values)

    async def run(self, query: str, **values: object) -> int:
        """As of a Writer."""
        await self._next()
        return await super().run(query, **values)

    async def run_many(self, query: str, rows: Sequence[Mapping[str, object]]) -> None:
        """As of a Writer."""
        await self._next()
        await super().run_many(query, rows)


class CuttableDatabase(Database):
    """A database for lives."""

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[Writer]:
        """A transaction, cut off where the context says so."""
        cut = _cut.get()
        if cut is not None and not cut.done:
            cut.transaction -= 1
        if cut is None or cut.done or cut.transaction > 0:
            async with super().writing() as writer:
                yield writer
            return
        async with self._pool.connection() as connection:
            yield CutWriter(connection, cut, self) if cut.statement else Writer(connection)
        cut.done = cut.committed = True
        raise PowerCut
