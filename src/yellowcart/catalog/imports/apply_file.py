"""Doing what a preview showed, set by set: each set is a transaction, each product in it a savepoint.

All of a product or nothing of it; what was done is noted in the same transaction, so that a process that dies
leaves nothing half done, and whoever goes on does nothing twice.
"""

from collections.abc import Callable, Sequence

from psycopg.errors import DeadlockDetected, SerializationFailure

from yellowcart.accounts import audit
from yellowcart.accounts.model import Person, PersonState
from yellowcart.accounts.people import read_person
from yellowcart.catalog import rules
from yellowcart.catalog.categories import category_tree
from yellowcart.catalog.errors import (
    HandleTaken,
    ProductBanned,
    ProductRetired,
    ProductsTooMany,
    StockTooSmall,
)
from yellowcart.catalog.imports.apply_product import apply_product
from yellowcart.catalog.imports.at_work import working_on
from yellowcart.catalog.imports.errors import ProductOutdated
from yellowcart.catalog.imports.model import Fate, ImportCounts, ImportRow, ImportState, ProductImport, Told
from yellowcart.catalog.imports.store import (
    DoneRow,
    ask_for_pictures_of_unchanged,
    find_import,
    lock_import,
    move_import,
    rows_to_do,
    write_counts,
    write_fates,
)
from yellowcart.catalog.model import Category
from yellowcart.catalog.shops import require_member
from yellowcart.kernel.database import Database, Reader, Writer
from yellowcart.kernel.errors import NotFound, Refusal
from yellowcart.kernel.ids import PersonId, ShopId

PRODUCTS_AT_ONCE = 100
"""Products that one transaction makes or changes: their stock waits for it, so it is short."""
_NO_LONGER_HOLDS = (ProductOutdated, HandleTaken, StockTooSmall, NotFound, ProductRetired, ProductBanned)


async def apply_set(database: Database, shop_id: ShopId, import_id: int) -> int:
    """Do the next set of an import that is being applied; answers how many products it saw to. The import is
    finished by the set that finds nothing left. A set that meets another in a circle of locks is left to the next
    call."""
    try:
        async with database.writing() as writer:
            kept = await lock_import(writer, shop_id, import_id)
            if kept.state is not ImportState.APPLYING:
                return 0
            return await _apply_next(writer, kept)
    except (DeadlockDetected, SerializationFailure):
        return 1


async def apply_here(
    database: Database,
    shop_id: ShopId,
    import_id: int,
    *,
    sets_max: int | None = None,
    tell: Callable[[ProductImport], None] = lambda _: None,
) -> ProductImport:
    """Apply an import in this process, to its end or for so many sets, unless another one is at it; answers how
    it stands then. `tell` hears of every set."""
    async with working_on(database, import_id) as mine:
        turns = 0
        while mine and turns != sets_max and await apply_set(database, shop_id, import_id):
            turns += 1
            async with database.reading() as reader:
                tell(await find_import(reader, shop_id, import_id))
    async with database.reading() as reader:
        return await find_import(reader, shop_id, import_id)


async def _apply_next(writer: Writer, kept: ProductImport) -> int:
    person = await _applier(writer, kept)
    if person is None:
        await move_import(writer, kept, ImportState.STOPPED)
        return 0
    rows = await rows_to_do(writer, kept, PRODUCTS_AT_ONCE)
    counts = kept.counts
    if rows:
        done = await _apply_rows(writer, person, kept, rows)
        counts = _after(counts, rows, done)
        await write_fates(writer, kept, done)
        await write_counts(writer, kept, counts)
    if len(rows) < PRODUCTS_AT_ONCE:
        if kept.options.pictures:
            await ask_for_pictures_of_unchanged(writer, kept)
        await move_import(writer, kept, ImportState.APPLIED)
        await audit.record(
            writer,
            person,
            "catalog:import:finish",
            f"import:{kept.import_id}",
            after={"shop_id": kept.shop_id, "counts": counts},
        )
    return len(rows)


async def _applier(reader: Reader, kept: ProductImport) -> Person | None:
    """Who asked for it to be applied, or None once they no longer work for the shop or were shut out."""
    person_id = await reader.value(
        """
        SELECT coalesce(applied_by, person_id) FROM product_import
        WHERE shop_id = %(shop_id)s AND import_id = %(import_id)s
        """,
        shop_id=kept.shop_id,
        import_id=kept.import_id,
    )
    card = await read_person(reader, PersonId(person_id))
    if card.state is not PersonState.ACTIVE:
        return None
    person = Person(person_id=card.person_id, login=card.login, name=card.name, roles=frozenset(card.roles))
    try:
        await require_member(reader, person, kept.shop_id)
    except NotFound:
        return None
    return person


async def _apply_rows(
    writer: Writer, person: Person, kept: ProductImport, rows: Sequence[ImportRow]
) -> list[DoneRow]:
    await _lock_all(writer, kept.shop_id, rows)
    categories = {category.code: category for category in await category_tree(writer)}
    room = rules.PRODUCTS_MAX - await count_products(writer, kept.shop_id)
    done: list[DoneRow] = []
    for row in rows:
        one = await _apply_row(writer, person, kept, row, categories, room)
        room -= one.fate is Fate.CREATED
        done.append(one)
    return done


async def _apply_row(
    writer: Writer,
    person: Person,
    kept: ProductImport,
    row: ImportRow,
    categories: dict[str, Category],
    room: int,
) -> DoneRow:
    """One product, in a savepoint of its own."""
    assert row.planned is not None, "only what is planned is to be done"
    category = categories.get(row.planned.text.category_code)
    if category is None:
        return _outdated(row, ProductOutdated())
    if row.fate is Fate.CREATE and room <= 0:
        return _outdated(row, ProductsTooMany(most=rules.PRODUCTS_MAX))
    try:
        async with writer.attempt():
            product_id = await apply_product(
                writer, person, kept.shop_id, row.handle, row.planned, category, on_sale=kept.options.on_sale
            )
    except _NO_LONGER_HOLDS as refusal:
        return _outdated(row, refusal)
    fate = Fate.CREATED if row.fate is Fate.CREATE else Fate.UPDATED
    return DoneRow(position=row.position, fate=fate, product_id=product_id)


def _outdated(row: ImportRow, refusal: Refusal) -> DoneRow:
    # "Nothing here" says little of a product that was taken away meanwhile.
    told = ProductOutdated() if isinstance(refusal, NotFound) else refusal
    return DoneRow(
        position=row.position,
        fate=Fate.OUTDATED,
        product_id=row.product_id,
        problem=Told(told.message, dict(told.values), told.code),
    )


async def _lock_all(writer: Writer, shop_id: ShopId, rows: Sequence[ImportRow]) -> None:
    """Lock what the set changes beforehand: products in the order of their ids, then stock in the order in which
    orders lock it, so that nobody waits for anybody in a circle."""
    planned = [row.planned for row in rows if row.planned is not None]
    await writer.run(
        """
        SELECT FROM product WHERE shop_id = %(shop_id)s AND product_id = ANY(%(product_ids)s)
        ORDER BY shop_id, product_id
        FOR UPDATE
        """,
        shop_id=shop_id,
        product_ids=[each.product_id for each in planned if each.product_id is not None],
    )
    await writer.run(
        """
        SELECT FROM stock WHERE shop_id = %(shop_id)s AND sku_id = ANY(%(sku_ids)s)
        ORDER BY shop_id, sku_id
        FOR UPDATE
        """,
        shop_id=shop_id,
        sku_ids=[sku.sku_id for each in planned for sku in each.skus if sku.sku_id and sku.stock_change],
    )


async def count_products(reader: Reader, shop_id: ShopId) -> int:
    """Products of a shop that are not retired."""
    return int(
        await reader.value(
            "SELECT count(*) FROM product WHERE shop_id = %(shop_id)s AND sale_status <> 'retired'",
            shop_id=shop_id,
        )
    )


def _after(counts: ImportCounts, rows: Sequence[ImportRow], done: Sequence[DoneRow]) -> ImportCounts:
    """The counts once these rows have the fates that became of them."""
    number = {fate: counts.of(fate) for fate in Fate}
    for row, one in zip(rows, done, strict=True):
        number[row.fate] -= 1
        number[one.fate] += 1
    return ImportCounts(problems=counts.problems, **{fate.value: count for fate, count in number.items()})
