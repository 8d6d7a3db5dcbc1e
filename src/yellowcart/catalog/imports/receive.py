"""Taking a file in: looked at at once, kept in pieces until it is read, refused if it is no product file."""

import asyncio

from yellowcart.accounts.model import Person
from yellowcart.catalog.categories import require_category
from yellowcart.catalog.imports.dialects import Dialect, open_products
from yellowcart.catalog.imports.errors import ImportsTooMany
from yellowcart.catalog.imports.model import ImportOptions, ImportState
from yellowcart.catalog.imports.store import (
    NewImport,
    forget_rows,
    insert_import,
    insert_part,
    lock_import,
    move_import,
)
from yellowcart.catalog.shops import require_member
from yellowcart.kernel.database import Reader, Writer
from yellowcart.kernel.errors import InvalidFields
from yellowcart.kernel.file_errors import FileEmpty
from yellowcart.kernel.file_on_disk import PIECE_BYTES, LocalFile
from yellowcart.kernel.ids import ShopId
from yellowcart.kernel.translation import N_

SMALL_FILE_BYTES = 1024 * 1024
"""A file up to this size is read while its sender waits: a second or two."""
READ_AT_ONCE_MAX = 5
"""Files of one shop that may wait to be read."""
OPEN_PREVIEWS_MAX = 20
"""A shop's older previews are discarded beyond this many."""
ROWS_KEPT_OF = 30
"""The rows of a shop's older imports are forgotten beyond this many; their counts stay."""


def is_small(file: LocalFile) -> bool:
    """Whether a file is read while its sender waits for the answer."""
    return file.size <= SMALL_FILE_BYTES


async def examine_file(file: LocalFile, dialect: Dialect | None) -> None:
    """Look whether a file is one of products: a small one to its end, of a large one the headings. Raises the
    refusals of `kernel.file_errors`: then there is nothing to keep and nobody waits for it."""

    def look() -> None:
        with open_products(file.path, dialect) as opened:
            if is_small(file) and not sum(1 for _ in opened.products):
                raise FileEmpty

    await asyncio.to_thread(look)


async def require_importable(reader: Reader, person: Person, shop_id: ShopId, options: ImportOptions) -> None:
    """Whether the person may bring goods into the shop in this way, before a file of theirs is looked at. Raises
    NotFound, InvalidFields."""
    await require_member(reader, person, shop_id)
    if not (await require_category(reader, options.category_code)).is_leaf:
        raise InvalidFields({"category_code": N_("Choose one of the lowest categories.")})
    if options.dialect is not None and options.dialect not in {each.value for each in Dialect}:
        raise InvalidFields({"dialect": N_("There is no such kind of file.")})


async def receive_file(
    writer: Writer,
    person: Person,
    shop_id: ShopId,
    import_id: int,
    file: LocalFile,
    options: ImportOptions,
    *,
    keep_file: bool = True,
) -> None:
    """Note an import in the state `reading`, the file with it in pieces, so that any process can read it and the
    death of this one loses nothing. Without `keep_file` the caller reads it here and now, or nobody does.

    Raises NotFound, InvalidFields, ImportsTooMany.
    """
    await require_importable(writer, person, shop_id, options)
    # Of two that arrive at once the second counts the first.
    await writer.run("SELECT FROM shop WHERE shop_id = %(shop_id)s FOR UPDATE", shop_id=shop_id)
    waiting = await writer.value(
        "SELECT count(*) FROM product_import WHERE shop_id = %(shop_id)s AND state = 'reading'", shop_id=shop_id
    )
    if waiting >= READ_AT_ONCE_MAX:
        raise ImportsTooMany(most=READ_AT_ONCE_MAX)
    new = NewImport(
        shop_id=shop_id,
        import_id=import_id,
        person_id=person.person_id,
        file_name=file.name,
        file_bytes=file.size,
        content_hash=file.content_hash,
        options=options,
    )
    await insert_import(writer, new)
    if keep_file:
        with file.path.open("rb") as content:
            position = 0
            while piece := await asyncio.to_thread(content.read, PIECE_BYTES):
                await insert_part(writer, shop_id, import_id, position, piece)
                position += 1
    await _forget_oldest(writer, shop_id)


async def _forget_oldest(writer: Writer, shop_id: ShopId) -> None:
    """A shop keeps a bounded number of previews, and the rows of a bounded number of imports."""
    for import_id in await _beyond(writer, shop_id, ImportState.PREVIEWED, OPEN_PREVIEWS_MAX):
        kept = await lock_import(writer, shop_id, import_id)
        if kept.state is ImportState.PREVIEWED:
            await move_import(writer, kept, ImportState.DISCARDED)
            await forget_rows(writer, shop_id, import_id)
    for import_id in await _beyond(writer, shop_id, ImportState.APPLIED, ROWS_KEPT_OF):
        await forget_rows(writer, shop_id, import_id)


async def _beyond(writer: Writer, shop_id: ShopId, state: ImportState, most: int) -> list[int]:
    """The next few imports of a state beyond the newest so many, those whose rows are still there."""
    return await writer.column(
        """
        SELECT import_id FROM (
            SELECT import_id FROM product_import
            WHERE shop_id = %(shop_id)s AND state = %(state)s
            ORDER BY import_id DESC
            OFFSET %(most)s
        ) AS older
        WHERE EXISTS (SELECT FROM product_import_row AS kept
                      WHERE kept.shop_id = %(shop_id)s AND kept.import_id = older.import_id)
           OR %(state)s = 'previewed'
        ORDER BY import_id
        LIMIT 3
        """,
        shop_id=shop_id,
        state=state.value,
        most=most,
    )
