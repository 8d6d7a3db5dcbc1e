"""Reading a file product by product: each set is planned and kept in one transaction, so that memory is bounded
and whoever goes on after a death begins where the last set ended."""

import asyncio
import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from itertools import islice
from pathlib import Path
from typing import TypeVar

import msgspec
import structlog

from yellowcart.accounts.model import Person
from yellowcart.catalog.categories import category_tree
from yellowcart.catalog.imports.at_work import working_on
from yellowcart.catalog.imports.dialects import Dialect, OpenedProducts, open_products
from yellowcart.catalog.imports.errors import ReadingFailed, ReadingInterrupted
from yellowcart.catalog.imports.file_product import FileProduct
from yellowcart.catalog.imports.known import counted_before, knowledge_of, seen_before
from yellowcart.catalog.imports.model import ImportOptions, ImportState, ProductImport, ReadRow, Told
from yellowcart.catalog.imports.plan_product import Categories, KnownProduct, choose_known, plan_product
from yellowcart.catalog.imports.receive import examine_file, is_small, receive_file, require_importable
from yellowcart.catalog.imports.store import (
    find_import,
    forget_parts,
    forget_rows,
    insert_rows,
    lock_import,
    move_import,
    read_part,
    write_form,
    write_notes,
)
from yellowcart.kernel.database import LOST, Database, Reader
from yellowcart.kernel.errors import Refusal
from yellowcart.kernel.file_errors import FileEmpty
from yellowcart.kernel.file_on_disk import PIECE_BYTES, LocalFile
from yellowcart.kernel.idempotency import RequestKey, once
from yellowcart.kernel.ids import ProductId, ShopId, new_id

PRODUCTS_AT_ONCE = 200
"""Products that are planned in one transaction."""

Result = TypeVar("Result")
log = structlog.get_logger()


class _MovedOn(Exception):
    """Somebody discarded the import, or goes on with it elsewhere."""


class _FileInThread:
    """An opened product file that lives in one thread of its own: reading it never blocks the event loop, and what
    it keeps in SQLite stays with the thread that made it."""

    def __init__(self, path: Path, dialect: Dialect | None) -> None:
        self._path = path
        self._dialect = dialect
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="product file")
        self._closing = ExitStack()
        self._products: Iterator[FileProduct] = iter(())

    async def __aenter__(self) -> "_FileInThread":
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._there(self._closing.close)
        self._thread.shutdown()

    async def open(self) -> OpenedProducts:
        """Find out what kind of file it is. Raises the refusals of `kernel.file_errors`."""

        def enter() -> OpenedProducts:
            opened = self._closing.enter_context(open_products(self._path, self._dialect))
            self._products = iter(opened.products)
            return opened

        return await self._there(enter)

    async def about_rows(self) -> int:
        """How many lines the file has: about its rows, for cells may have line breaks of their own."""

        def count() -> int:
            with self._path.open("rb") as file:
                return sum(piece.count(b"\n") for piece in iter(lambda: file.read(PIECE_BYTES), b""))

        return await self._there(count)

    async def next_products(self, most: int) -> list[FileProduct]:
        """The next products of the file; none at its end. Raises the refusals of `kernel.file_errors`."""
        return await self._there(lambda: list(islice(self._products, most)))

    async def _there(self, act: Callable[[], Result]) -> Result:
        return await asyncio.get_running_loop().run_in_executor(self._thread, act)


async def read_kept_file(database: Database, shop_id: ShopId, import_id: int) -> bool:
    """Read a file that is kept in pieces; False when somebody else reads it already. However it ends, the import
    says so afterwards."""
    async with working_on(database, import_id) as mine:
        if not mine:
            return False
        with tempfile.TemporaryDirectory(prefix="yellowcart-import-") as folder:
            path = Path(folder) / "file"
            if await _fetch_parts(database, shop_id, import_id, path):
                await _read(database, shop_id, import_id, path)
            else:
                await _fail(database, shop_id, import_id, ReadingInterrupted())
        return True


async def preview_file(
    database: Database,
    person: Person,
    shop_id: ShopId,
    file: LocalFile,
    options: ImportOptions,
    *,
    key: RequestKey | None = None,
    read_here: bool = False,
    tell: Callable[[ProductImport], None] = lambda _: None,
) -> ProductImport:
    """Take a file in and answer how its import stands. A small file is read at once, a large one in the
    background; `read_here` reads any file here and keeps no copy of it, and `tell` hears of it and of every set.
    With `key` a repeat of the request answers the import that the first one made.

    Raises NotFound, InvalidFields, ImportsTooMany, IdempotencyKeyReused, and the refusals of
    `kernel.file_errors` for what is no product file; what is found wrong later, the import itself says.
    """
    async with database.reading() as reader:
        await require_importable(reader, person, shop_id, options)
    if not read_here:
        await examine_file(file, None if options.dialect is None else Dialect(options.dialect))
    made = _Made(new_id(int))
    # Mine before anybody can see it: whoever looks for files to read finds this one in work.
    async with working_on(database, made.import_id):
        async with database.writing() as writer:

            async def receive() -> _Made:
                await receive_file(writer, person, shop_id, made.import_id, file, options, keep_file=not read_here)
                return made

            first = await (once(writer, "catalog:import:preview", key, _Made, receive) if key else receive())
        if first == made and (is_small(file) or read_here):
            async with database.reading() as reader:
                tell(await find_import(reader, shop_id, made.import_id))
            await _read(database, shop_id, made.import_id, file.path, tell)
    async with database.reading() as reader:
        return await find_import(reader, shop_id, first.import_id)


class _Made(msgspec.Struct, frozen=True):
    import_id: int


async def _fetch_parts(database: Database, shop_id: ShopId, import_id: int, path: Path) -> bool:
    position = 0
    with path.open("wb") as file:
        while True:
            async with database.reading() as reader:
                part = await read_part(reader, shop_id, import_id, position)
            if part is None:
                return position > 0
            await asyncio.to_thread(file.write, part)
            position += 1


async def _read(
    database: Database,
    shop_id: ShopId,
    import_id: int,
    path: Path,
    tell: Callable[[ProductImport], None] = lambda _: None,
) -> None:
    try:
        async with database.reading() as reader:
            kept = await find_import(reader, shop_id, import_id)
        dialect = None if kept.options.dialect is None else Dialect(kept.options.dialect)
        async with _FileInThread(path, dialect) as file:
            await _read_all(database, kept, file, tell)
    except _MovedOn:
        return
    except Refusal as refusal:
        await _fail(database, shop_id, import_id, refusal)
    except LOST:
        raise
    except Exception as error:
        # Whatever it is, trying again would find it again, every second.
        log.exception("import.failed", import_id=import_id, error=repr(error))
        await _fail(database, shop_id, import_id, ReadingFailed())


async def _read_all(
    database: Database, kept: ProductImport, file: _FileInThread, tell: Callable[[ProductImport], None]
) -> None:
    opened = await file.open()
    hint = opened.row_count_hint
    if hint is None and opened.encoding:
        hint = await file.about_rows()
    async with database.writing() as writer:
        kept = await lock_import(writer, kept.shop_id, kept.import_id)
        if kept.state is not ImportState.READING:
            raise _MovedOn
        await write_form(
            writer,
            kept,
            dialect=opened.dialect.value,
            encoding=opened.encoding,
            row_count_hint=hint,
        )
        categories = Categories(await category_tree(writer), kept.options.category_code)
    left = kept.products_read
    while left and (passed := await file.next_products(min(left, PRODUCTS_AT_ONCE))):
        left -= len(passed)
    while products := await file.next_products(PRODUCTS_AT_ONCE):
        kept = await _keep_set(database, kept, products, categories)
        tell(kept)
    async with database.writing() as writer:
        kept = await lock_import(writer, kept.shop_id, kept.import_id)
        if kept.state is not ImportState.READING:
            raise _MovedOn
        if not kept.products_read:
            raise FileEmpty
        await write_notes(writer, kept, [Told(message, values) for message, values in opened.notes])
        await move_import(writer, kept, ImportState.PREVIEWED)
        await forget_parts(writer, kept.shop_id, kept.import_id)


async def _keep_set(
    database: Database, before: ProductImport, products: Sequence[FileProduct], categories: Categories
) -> ProductImport:
    """Plan the next products of the file and keep the plans; answers how the import stands then."""
    async with database.writing() as writer:
        kept = await lock_import(writer, before.shop_id, before.import_id)
        if kept.state is not ImportState.READING or kept.products_read != before.products_read:
            raise _MovedOn
        await insert_rows(writer, kept, await _plan_set(writer, kept, products, categories))
        return await find_import(writer, kept.shop_id, kept.import_id)


async def _plan_set(
    reader: Reader, kept: ProductImport, products: Sequence[FileProduct], categories: Categories
) -> list[ReadRow]:
    shop_id, import_id = kept.shop_id, kept.import_id
    knowledge = await knowledge_of(reader, shop_id, products)
    chosen: list[KnownProduct | None] = [
        choose_known(product, knowledge.by_handle, knowledge.by_origin, knowledge.by_codes) for product in products
    ]
    handles = [product.handle for product in products if not product.problems]
    found = [known.product_id for known in chosen if known is not None]
    row_of_handle, row_of_product = await seen_before(reader, shop_id, import_id, handles, found)
    counted = await counted_before(reader, shop_id, import_id, handles)
    rows: list[ReadRow] = []
    for product, known in zip(products, chosen, strict=True):
        row = plan_product(
            product,
            known,
            categories,
            same_before=_same_before(product, known, row_of_handle, row_of_product),
            quantities_taken=product.handle in counted,
        )
        rows.append(row)
        if product.handle:
            row_of_handle.setdefault(product.handle, product.row)
        if row.planned is not None and row.planned.product_id is not None:
            row_of_product[row.planned.product_id] = product.row
    return rows


def _same_before(
    product: FileProduct,
    known: KnownProduct | None,
    row_of_handle: dict[str, int],
    row_of_product: dict[ProductId, int],
) -> int | None:
    if product.handle in row_of_handle:
        return row_of_handle[product.handle]
    return None if known is None else row_of_product.get(known.product_id)


async def _fail(database: Database, shop_id: ShopId, import_id: int, refusal: Refusal) -> None:
    async with database.writing() as writer:
        kept = await lock_import(writer, shop_id, import_id)
        if kept.state is not ImportState.READING:
            return
        told = Told(refusal.message, dict(refusal.values), refusal.code)
        await move_import(writer, kept, ImportState.FAILED, failure=told)
        await forget_parts(writer, shop_id, import_id)
        await forget_rows(writer, shop_id, import_id)
