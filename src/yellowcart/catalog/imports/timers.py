"""What happens to imports by itself: files are read, previews applied, pictures fetched."""

import asyncio
from collections.abc import Sequence

import msgspec

from yellowcart.catalog.imports.apply_file import apply_set
from yellowcart.catalog.imports.at_work import working_on
from yellowcart.catalog.imports.fetch_pictures import fetch_waiting_pictures
from yellowcart.catalog.imports.model import ImportState
from yellowcart.catalog.imports.read_file import read_kept_file
from yellowcart.kernel.database import Database
from yellowcart.kernel.ids import ShopId
from yellowcart.kernel.setbacks import Setbacks, side_by_side
from yellowcart.kernel.settings import read_settings
from yellowcart.kernel.tasks import Queue, sweep, time_is_up

FILES_AT_ONCE = 3
"""Files that are read side by side, so that a small one does not wait for a large one of another shop."""
LOOKED_AT_MAX = 20
"""Imports that one call looks at; with the applied ones it does a set of each, so that none waits for another."""
_not_read = Setbacks[int]("read_files")
_not_applied = Setbacks[int]("apply_imports")


class _Waiting(msgspec.Struct, frozen=True):
    shop_id: ShopId
    import_id: int


@sweep(every_s=1, queue=Queue.LENGTHY)
async def read_files(database: Database) -> int:
    """Read files that wait to be read; one that a process died over is read on. A file that somebody else reads
    already is passed over."""
    room = asyncio.Semaphore(FILES_AT_ONCE)

    async def read(each: _Waiting) -> bool:
        async with room:
            with _not_read.sparing(each.import_id):
                return not time_is_up() and await read_kept_file(database, each.shop_id, each.import_id)
            return False

    waiting = await _in_state(database, ImportState.READING, _not_read.put_off())
    return await side_by_side(read(each) for each in waiting)


@sweep(every_s=1, queue=Queue.LENGTHY)
async def apply_imports(database: Database) -> int:
    """Do the next set of every import that is being applied, unless somebody else is at it."""
    done = 0
    for each in await _in_state(database, ImportState.APPLYING, _not_applied.put_off()):
        with _not_applied.sparing(each.import_id):
            async with working_on(database, each.import_id) as mine:
                if mine:
                    done += await apply_set(database, each.shop_id, each.import_id)
    return done


@sweep(every_s=2, queue=Queue.OUTSIDE)
async def fetch_pictures(database: Database) -> int:
    """Fetch the next pictures that merchants asked for with their files."""
    return await fetch_waiting_pictures(database, read_settings().home)


async def _in_state(database: Database, state: ImportState, put_off: Sequence[int]) -> list[_Waiting]:
    async with database.reading() as reader:
        return await reader.rows(
            _Waiting,
            """
            SELECT shop_id, import_id FROM product_import
            WHERE state = %(state)s AND import_id <> ALL(%(put_off)s)
            ORDER BY import_id
            LIMIT %(most)s
            """,
            state=state.value,
            most=LOOKED_AT_MAX,
            put_off=list(put_off),
        )
