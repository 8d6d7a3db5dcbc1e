"""An import of products: preview a file, apply exactly what was shown, or discard it.

All of a file or nothing: one transaction applies it, and a file with one wrong row is not applied at all.
"""

import asyncio
from typing import Any

import msgspec

from yellowcart.accounts import audit
from yellowcart.accounts.model import Person
from yellowcart.catalog import rules
from yellowcart.catalog.categories import category_tree, require_category
from yellowcart.catalog.errors import (
    HandleTaken,
    ImportFinished,
    ImportHasProblems,
    ImportOutdated,
    ProductsTooMany,
    StockTooSmall,
)
from yellowcart.catalog.import_apply import apply_product
from yellowcart.catalog.import_plan import (
    ImportLine,
    ImportPlan,
    ImportState,
    PlannedAction,
    ProductImport,
)
from yellowcart.catalog.import_reading import read_table
from yellowcart.catalog.import_shopify import KnownProduct, handles_of, plan_import
from yellowcart.catalog.model import ProductText, ReviewStatus, SaleStatus, Sku
from yellowcart.catalog.shops import require_member
from yellowcart.catalog.store import SKU_COLUMNS
from yellowcart.kernel import clock
from yellowcart.kernel.database import Database, Reader, Writer, json_value
from yellowcart.kernel.errors import NotFound
from yellowcart.kernel.ids import ProductId, ShopId, new_id
from yellowcart.kernel.paging import Page, bounded_size, decode_cursor, page_of

OPEN_PREVIEWS_MAX = 20
"""A shop's older previews are discarded beyond this many."""
FILE_NAME_LENGTH_MAX = 120


class PlannedFile(msgspec.Struct, frozen=True):
    """A file that has been read: its encoding and what it would do."""

    encoding: str
    plan: ImportPlan


async def plan_file(
    database: Database, person: Person, shop_id: ShopId, content: bytes, category_code: str
) -> PlannedFile:
    """Read a file against the shop's products. Raises NotFound, InvalidFields for an unknown category, and what
    `import_reading` and `import_shopify` raise for files that are no product CSV.

    The file is read in a thread and between transactions: no connection waits for it, nor anybody's request.
    """
    async with database.reading() as reader:
        await require_member(reader, person, shop_id)
        await require_category(reader, category_code)
        categories = await category_tree(reader)
    table = await asyncio.to_thread(read_table, content)
    handles = await asyncio.to_thread(handles_of, table)
    async with database.reading() as reader:
        known = await _known_products(reader, shop_id, handles)
    plan = await asyncio.to_thread(plan_import, table, known, categories, category_code)
    return PlannedFile(table.encoding, plan)


async def keep_preview(
    writer: Writer, person: Person, shop_id: ShopId, file_name: str, planned: PlannedFile
) -> ProductImport:
    """Keep a plan to be looked at and decided on. Changes no product. Raises NotFound."""
    await require_member(writer, person, shop_id)
    import_id = new_id(int)
    await writer.run(
        """
        INSERT INTO product_import (shop_id, import_id, person_id, file_name, encoding, state, plan, created_at)
        VALUES (%(shop_id)s, %(import_id)s, %(person_id)s, %(file_name)s, %(encoding)s, %(state)s, %(plan)s,
                %(now)s)
        """,
        shop_id=shop_id,
        import_id=import_id,
        person_id=person.person_id,
        file_name=_shown_name(file_name),
        encoding=planned.encoding,
        state=ImportState.PREVIEWED.value,
        plan=json_value(planned.plan),
        now=clock.now(),
    )
    await _discard_oldest(writer, shop_id)
    return await read_import(writer, person, shop_id, import_id)


async def preview_import(
    database: Database,
    person: Person,
    shop_id: ShopId,
    *,
    file_name: str,
    content: bytes,
    category_code: str,
) -> ProductImport:
    """`plan_file` and `keep_preview` in one. Raises what they raise."""
    planned = await plan_file(database, person, shop_id, content, category_code)
    async with database.writing() as writer:
        return await keep_preview(writer, person, shop_id, file_name, planned)


async def apply_import(
    writer: Writer, person: Person, shop_id: ShopId, import_id: int, *, on_sale: bool = False
) -> ProductImport:
    """Do what the preview showed, all of it or nothing. New products are approved by the automatic review and
    put on sale when `on_sale` asks for it.

    Raises NotFound, ImportFinished, ImportHasProblems, ImportOutdated when a product of the file has changed
    since the preview, ProductsTooMany.
    """
    kept = await _lock_import(writer, person, shop_id, import_id)
    if kept.plan.counts.problems:
        raise ImportHasProblems
    count = await writer.value(
        "SELECT count(*) FROM product WHERE shop_id = %(shop_id)s AND sale_status <> 'retired'", shop_id=shop_id
    )
    if count + kept.plan.counts.create > rules.PRODUCTS_MAX:
        raise ProductsTooMany(most=rules.PRODUCTS_MAX)
    categories = {category.code: category for category in await category_tree(writer)}
    # Known products first and in the order of their ids: everybody locks products in that order.
    for planned in sorted(kept.plan.products, key=lambda each: (each.product_id is None, each.product_id or 0)):
        if planned.action is PlannedAction.UNCHANGED:
            continue
        category = categories.get(planned.text.category_code)
        if category is None:
            raise ImportOutdated
        try:
            await apply_product(writer, person, shop_id, planned, category, on_sale=on_sale)
        except (HandleTaken, StockTooSmall, NotFound) as refusal:
            raise ImportOutdated from refusal
    await _finish(writer, kept, ImportState.APPLIED, kept.plan)
    await audit.record(
        writer,
        person,
        "catalog:import:apply",
        f"import:{import_id}",
        after={"shop_id": shop_id, "counts": kept.plan.counts, "on_sale": on_sale},
    )
    return await read_import(writer, person, shop_id, import_id)


async def discard_import(writer: Writer, person: Person, shop_id: ShopId, import_id: int) -> None:
    """Give a preview up; its rows are forgotten. Raises NotFound, ImportFinished."""
    kept = await _lock_import(writer, person, shop_id, import_id)
    await _finish(
        writer, kept, ImportState.DISCARDED, msgspec.structs.replace(kept.plan, products=[], problems=[])
    )
    await audit.record(writer, person, "catalog:import:discard", f"import:{import_id}")


async def read_import(reader: Reader, person: Person, shop_id: ShopId, import_id: int) -> ProductImport:
    """An import of a shop that the person works for. Raises NotFound."""
    await require_member(reader, person, shop_id)
    kept = await reader.row(
        ProductImport,
        """
        SELECT product_import.shop_id, product_import.import_id, product_import.file_name, product_import.encoding,
               product_import.state, product_import.plan, product_import.created_at, product_import.finished_at,
               person.name AS person_name
        FROM product_import JOIN person USING (person_id)
        WHERE product_import.shop_id = %(shop_id)s AND product_import.import_id = %(import_id)s
        """,
        shop_id=shop_id,
        import_id=import_id,
    )
    if kept is None:
        raise NotFound
    return kept


async def imports_of_shop(
    reader: Reader, person: Person, shop_id: ShopId, *, cursor: str | None = None, size: int | None = None
) -> Page[ImportLine]:
    """The shop's imports, newest first. Raises NotFound, CursorBroken."""
    await require_member(reader, person, shop_id)
    (before_id,) = decode_cursor(cursor, tuple[int], (2**53,))
    limit = bounded_size(size)
    rows = await reader.rows(
        ImportLine,
        """
        SELECT product_import.shop_id, product_import.import_id, product_import.file_name, product_import.state,
               product_import.plan -> 'counts' AS counts, product_import.created_at, product_import.finished_at,
               person.name AS person_name
        FROM product_import JOIN person USING (person_id)
        WHERE product_import.shop_id = %(shop_id)s AND product_import.import_id < %(before_id)s
        ORDER BY product_import.import_id DESC
        LIMIT %(limit)s
        """,
        shop_id=shop_id,
        before_id=before_id,
        limit=limit + 1,
    )
    return page_of(rows, limit, lambda row: (row.import_id,))


def _shown_name(file_name: str) -> str:
    """The last part of a file's name, of characters that can be shown."""
    name = file_name.replace("\\", "/").rsplit("/", 1)[-1]
    return "".join(character for character in name if character.isprintable())[:FILE_NAME_LENGTH_MAX] or "–"


async def _lock_import(writer: Writer, person: Person, shop_id: ShopId, import_id: int) -> ProductImport:
    await writer.run(
        """
        SELECT FROM product_import WHERE shop_id = %(shop_id)s AND import_id = %(import_id)s
        ORDER BY shop_id, import_id
        FOR UPDATE
        """,
        shop_id=shop_id,
        import_id=import_id,
    )
    kept = await read_import(writer, person, shop_id, import_id)
    if kept.state is not ImportState.PREVIEWED:
        raise ImportFinished
    return kept


async def _finish(writer: Writer, kept: ProductImport, state: ImportState, plan: ImportPlan) -> None:
    await writer.run(
        """
        UPDATE product_import SET state = %(state)s, plan = %(plan)s, finished_at = %(now)s
        WHERE shop_id = %(shop_id)s AND import_id = %(import_id)s
        """,
        state=state.value,
        plan=json_value(plan),
        now=clock.now(),
        shop_id=kept.shop_id,
        import_id=kept.import_id,
    )


async def _discard_oldest(writer: Writer, shop_id: ShopId) -> None:
    await writer.run(
        """
        UPDATE product_import
        SET state = 'discarded', finished_at = %(now)s,
            plan = plan || '{"products": [], "problems": []}'::jsonb
        WHERE shop_id = %(shop_id)s AND state = 'previewed' AND import_id < (
            SELECT min(import_id) FROM (
                SELECT import_id FROM product_import
                WHERE shop_id = %(shop_id)s AND state = 'previewed'
                ORDER BY import_id DESC
                LIMIT %(most)s
            ) AS newest
        )
        """,
        now=clock.now(),
        shop_id=shop_id,
        most=OPEN_PREVIEWS_MAX,
    )


class _KnownRow(msgspec.Struct, frozen=True, kw_only=True):
    product_id: ProductId
    import_handle: str
    version: int
    text: dict[str, Any]
    draft: ProductText | None
    sale_status: SaleStatus
    review_status: ReviewStatus


async def _known_products(reader: Reader, shop_id: ShopId, handles: list[str]) -> dict[str, KnownProduct]:
    rows = await reader.rows(
        _KnownRow,
        """
        SELECT product.product_id, product.import_handle, product.version, product.draft, product.sale_status,
               product.review_status,
               jsonb_build_object(
                   'category_code', category.code, 'title', product.title, 'title_en', product.title_en,
                   'brand', product.brand, 'description', product.description,
                   'description_en', product.description_en, 'picture_url', product.picture_url
               ) AS text
        FROM product JOIN category USING (category_id)
        WHERE product.shop_id = %(shop_id)s AND product.import_handle = ANY(%(handles)s)
        """,
        shop_id=shop_id,
        handles=handles,
    )
    skus: dict[ProductId, list[Sku]] = {}
    for sku in await reader.rows(
        Sku,
        f"""
        SELECT {SKU_COLUMNS} FROM sku JOIN stock USING (shop_id, sku_id)
        WHERE sku.shop_id = %(shop_id)s AND sku.product_id = ANY(%(product_ids)s) AND sku.is_active
        ORDER BY sku.product_id, sku.position
        """,  # noqa: S608 - put together from constants of ours
        shop_id=shop_id,
        product_ids=[row.product_id for row in rows],
    ):
        skus.setdefault(sku.product_id, []).append(sku)
    return {
        row.import_handle: KnownProduct(
            product_id=row.product_id,
            version=row.version,
            text=row.draft or msgspec.convert(row.text, ProductText),
            sale_status=row.sale_status,
            review_status=row.review_status,
            skus=skus.get(row.product_id, []),
        )
        for row in rows
    }
