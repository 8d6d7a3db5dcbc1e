"""Making or changing one product as an import's preview showed it: all of it, or nothing."""

import msgspec
from psycopg.errors import UniqueViolation

from yellowcart.accounts import audit
from yellowcart.accounts.model import Person
from yellowcart.catalog import rules
from yellowcart.catalog.changes import product_changed
from yellowcart.catalog.errors import HandleTaken
from yellowcart.catalog.events import ProductPutOnSale
from yellowcart.catalog.imports.errors import ProductOutdated
from yellowcart.catalog.imports.model import PlannedProduct
from yellowcart.catalog.model import Category, DraftStatus, NewSku, Sku
from yellowcart.catalog.stock import change_stock
from yellowcart.catalog.store import (
    ProductRecord,
    active_skus,
    insert_product,
    insert_skus,
    lock_product,
    read_problems,
    update_skus,
    write_product,
)
from yellowcart.kernel import clock
from yellowcart.kernel.database import Writer
from yellowcart.kernel.events import publish
from yellowcart.kernel.ids import ProductId, ShopId, new_id

IMPORT_REASON = "import"


async def apply_product(
    writer: Writer,
    person: Person,
    shop_id: ShopId,
    handle: str,
    planned: PlannedProduct,
    category: Category,
    *,
    on_sale: bool,
) -> ProductId:
    """One product of a plan. Raises ProductOutdated, HandleTaken, StockTooSmall, NotFound, ProductRetired,
    ProductBanned: all of them mean that the preview no longer holds, and the caller undoes what was begun."""
    if planned.product_id is None:
        product_id = await _create(writer, person, shop_id, handle, planned, category, on_sale=on_sale)
    else:
        product_id = await _change(writer, person, shop_id, planned.product_id, planned, category)
        if planned.takes_handle:
            await _give_handle(writer, shop_id, product_id, handle)
    if planned.origin is not None:
        await _note_origin(writer, shop_id, product_id, *planned.origin)
    return product_id


async def _create(
    writer: Writer,
    person: Person,
    shop_id: ShopId,
    handle: str,
    planned: PlannedProduct,
    category: Category,
    *,
    on_sale: bool,
) -> ProductId:
    product_id = new_id(ProductId)
    # The preview reviewed the text; a product with a finding is never applied.
    standing = rules.submit(rules.NEW_PRODUCT)
    if not rules.REVIEW_BY_HAND:
        standing = rules.approve(standing)
        standing = rules.put_on_sale(standing) if on_sale else standing
    await insert_product(writer, shop_id, product_id, planned.text, category, standing, handle or None)
    skus = _new_skus(planned)
    await insert_skus(writer, shop_id, product_id, skus)
    await audit.record(
        writer,
        person,
        "catalog:product:import",
        f"product:{product_id}",
        after={"shop_id": shop_id, "text": planned.text, "skus": skus, "sale_status": standing.sale},
    )
    if on_sale and not rules.REVIEW_BY_HAND:
        await publish(writer, ProductPutOnSale(shop_id=shop_id, product_id=product_id), shop_id=shop_id)
    await product_changed(writer, shop_id, product_id)
    return product_id


async def _change(
    writer: Writer,
    person: Person,
    shop_id: ShopId,
    product_id: ProductId,
    planned: PlannedProduct,
    category: Category,
) -> ProductId:
    record = await lock_product(writer, shop_id, product_id)
    if record.version != planned.version:
        raise ProductOutdated
    rules.require_changeable(record.standing)
    before = {sku.sku_id: sku for sku in await active_skus(writer, shop_id, product_id)}
    changed: list[tuple[Sku, Sku]] = []
    for sku in planned.skus:
        if sku.sku_id is not None:
            if sku.sku_id not in before:
                raise ProductOutdated
            old = before[sku.sku_id]
            new = msgspec.structs.replace(
                old, price_fen=sku.price_fen, merchant_code=sku.merchant_code, barcode=sku.barcode
            )
            if new != old:
                changed.append((old, new))
    added = _new_skus(planned)
    await update_skus(writer, [new for _, new in changed])
    if added:
        await insert_skus(writer, shop_id, product_id, added)
    if planned.text_changes or changed or added:
        await _write_text(writer, record, planned, category)
        await audit.record(
            writer,
            person,
            "catalog:product:import",
            f"product:{product_id}",
            before={"text": record.draft or record.text, "skus": [old for old, _ in changed]},
            after={"text": planned.text, "skus": [*(new for _, new in changed), *added]},
        )
    for sku in planned.skus:
        if sku.sku_id is not None and sku.stock_change:
            await change_stock(
                writer, person, shop_id, sku.sku_id, sku.stock_change, IMPORT_REASON, "catalog:stock:import"
            )
    await product_changed(writer, shop_id, product_id)
    return product_id


async def _write_text(writer: Writer, record: ProductRecord, planned: PlannedProduct, category: Category) -> None:
    """The text goes the way of the editor's: through a draft where something was approved, and through review."""
    standing, text, draft = record.standing, record.text, record.draft
    category_id = record.category_id
    problems = read_problems(record.review_reason)
    if planned.text_changes:
        if rules.edits_in_place(standing):
            text, category_id = planned.text, category.category_id
        else:
            standing, draft = rules.open_draft(standing), planned.text
        standing, problems = rules.submit(standing), []
        if not rules.REVIEW_BY_HAND:
            standing, text, draft = rules.approve(standing), planned.text, None
            category_id = category.category_id
    await write_product(
        writer,
        record,
        standing,
        text=text,
        category_id=category_id,
        draft=None if standing.draft is DraftStatus.NO_DRAFT else draft,
        problems=problems,
    )


def _new_skus(planned: PlannedProduct) -> list[NewSku]:
    return [
        NewSku(
            name=sku.name,
            name_en=sku.name_en,
            price_fen=sku.price_fen,
            merchant_code=sku.merchant_code,
            barcode=sku.barcode,
            quantity=sku.quantity or 0,
        )
        for sku in planned.new_skus
    ]


async def _give_handle(writer: Writer, shop_id: ShopId, product_id: ProductId, handle: str) -> None:
    """A product that was made by hand is found by its file's handle from now on. Raises HandleTaken."""
    try:
        async with writer.attempt():
            await writer.run(
                """
                UPDATE product SET import_handle = %(handle)s
                WHERE shop_id = %(shop_id)s AND product_id = %(product_id)s AND import_handle IS NULL
                """,
                handle=handle,
                shop_id=shop_id,
                product_id=product_id,
            )
    except UniqueViolation as error:
        raise HandleTaken from error


async def _note_origin(writer: Writer, shop_id: ShopId, product_id: ProductId, source: str, item_id: str) -> None:
    await writer.run(
        """
        INSERT INTO product_origin (shop_id, product_id, source, item_id, noted_at)
        VALUES (%(shop_id)s, %(product_id)s, %(source)s, %(item_id)s, %(now)s)
        ON CONFLICT DO NOTHING
        """,
        shop_id=shop_id,
        product_id=product_id,
        source=source,
        item_id=item_id,
        now=clock.now(),
    )
