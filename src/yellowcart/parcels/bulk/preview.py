"""Reading a file of waybills and judging every row of it; nothing is shipped by it yet."""

import asyncio

from yellowcart.accounts.model import Person
from yellowcart.catalog.shops import require_member
from yellowcart.kernel import clock
from yellowcart.kernel.database import Database
from yellowcart.kernel.file_errors import FileEmpty
from yellowcart.kernel.file_on_disk import LocalFile
from yellowcart.kernel.file_reading import FileLimits, open_rows
from yellowcart.kernel.ids import ShopId, new_id
from yellowcart.parcels.bulk.columns import read_rows
from yellowcart.parcels.bulk.judge import judge_rows, read_row
from yellowcart.parcels.bulk.model import FileId, RowFate, WrittenRow
from yellowcart.parcels.bulk.store import add_file, known_orders, named_elsewhere

ROWS_MAX = 5_000
LIMITS = FileLimits(bytes_max=20 * 1024 * 1024, rows_max=50_000, columns_max=60)


async def preview_file(database: Database, person: Person, shop_id: ShopId, file: LocalFile) -> FileId:
    """Take a file in and say what each of its rows will do. Rows without carrier and waybill are left out.

    Reading happens in a thread and holds no connection. Raises NotFound, FileEmpty (no row with a waybill),
    ColumnsMissing, ColumnTwice, RowsOfFileTooMany, and what `open_rows` raises.
    """
    async with database.reading() as reader:
        await require_member(reader, person, shop_id)
    written = await asyncio.to_thread(_read, file)
    rows = [read_row(each) for each in written]
    file_id = new_id(FileId)
    async with database.writing() as writer:
        readable = [row for row in rows if row.fate is not RowFate.WRONG]
        orders = await known_orders(writer, shop_id, {row.order_id for row in readable if row.order_id})
        elsewhere = await named_elsewhere(writer, {(row.carrier, row.waybill) for row in readable})
        await add_file(
            writer,
            shop_id,
            file_id,
            person.person_id,
            name=file.name,
            content_hash=file.content_hash,
            rows=judge_rows(rows, orders, elsewhere),
            now=clock.now(),
        )
    return file_id


def _read(file: LocalFile) -> list[WrittenRow]:
    with open_rows(file.path, LIMITS) as opened:
        written = read_rows(opened.rows, ROWS_MAX)
    if not written:
        raise FileEmpty
    return written
