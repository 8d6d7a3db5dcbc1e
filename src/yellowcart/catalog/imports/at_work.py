"""Who works on an import: one process at a time, for as long as its connection lives.

The lock is one of PostgreSQL's own, so that a process that dies gives it up in the same moment. It only keeps two
from doing the same work twice; what is right does not depend on it, for every step locks the import itself.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from yellowcart.kernel.database import Database

# One advisory-lock class for imports; the second key is a part of the import's id.
_IMPORT_LOCK = 0x59_43_49


@asynccontextmanager
async def working_on(database: Database, import_id: int) -> AsyncIterator[bool]:
    """Whether this block may work on the import; False while somebody else does."""
    connection = await database.connect(name="yellowcart import")
    try:
        cursor = await connection.execute(
            "SELECT pg_try_advisory_lock(%s, %s)", (_IMPORT_LOCK, import_id & 0x7FFF_FFFF)
        )
        found = await cursor.fetchone()
        yield bool(found and found[0])
    finally:
        await connection.close()
