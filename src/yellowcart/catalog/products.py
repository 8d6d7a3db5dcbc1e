"""Making and editing products: text through drafts, SKUs and prices at once."""

import msgspec

from yellowcart.accounts import audit
from yellowcart.accounts.model import Person
from yellowcart.catalog import rules
from yellowcart.catalog.categories import require_category
from yellowcart.catalog.changes import product_changed
from yellowcart.catalog.errors import ProductStale, ProductsTooMany
from yellowcart.catalog.model import (
    NewProduct,
    NewSku,
    ProductDetail,
    ProductEdit,
    ProductText,
    Sku,
    SkuEdit,
)
from yellowcart.catalog.queries import product_detail
from yellowcart.catalog.shops import require_member
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
from yellowcart.kernel.database import Writer
from yellowcart.kernel.errors import InvalidFields, NotFound
from yellowcart.kernel.ids import ProductId, ShopId, new_id


async def create_product(
    writer: Writer, person: Person, shop_id: ShopId, new_product: NewProduct
) -> ProductDetail:
    """Make a product: off sale, never reviewed, with its SKUs and their first stock. Raises NotFound,
    InvalidFields, ProductsTooMany, HandleTaken."""
    await require_member(writer, person, shop_id)
    text = trimmed(new_product.text)
    skus = [_trimmed_sku(sku) for sku in new_product.skus]
    if problems := rules.text_problems(text) | rules.sku_problems(skus):
        raise InvalidFields(problems)
    category = (await require_category(writer, text.category_code)).category
    await _require_room(writer, shop_id)
    product_id = new_product.product_id or new_id(ProductId)
    await insert_product(writer, shop_id, product_id, text, category, rules.NEW_PRODUCT, new_product.import_handle)
    await insert_skus(writer, shop_id, product_id, skus)
    await audit.record(
        writer,
        person,
        "catalog:product:create",
        f"product:{product_id}",
        after={"shop_id": shop_id, "text": text, "skus": skus},
    )
    await product_changed(writer, shop_id, product_id)
    return await product_detail(writer, shop_id, product_id)


async def edit_product(
    writer: Writer, person: Person, shop_id: ShopId, product_id: ProductId, edit: ProductEdit
) -> ProductDetail:
    """Save what an editor sends. SKUs and prices apply at once; the text of a product that was approved goes
    into a draft and waits for `review.submit_product`, while what is on sale stays on sale.

    Raises NotFound, InvalidFields, ProductStale when the product has changed since the editor was opened,
    ProductRetired, ProductBanned.
    """
    await require_member(writer, person, shop_id)
    record = await lock_product(writer, shop_id, product_id)
    rules.require_changeable(record.standing)
    if record.version != edit.version:
        raise ProductStale
    text = trimmed(edit.text)
    skus = [_trimmed_edit(sku) for sku in edit.skus]
    if problems := rules.text_problems(text) | rules.sku_problems(skus):
        raise InvalidFields(problems)
    category = (await require_category(writer, text.category_code)).category
    changed_skus = await _apply_skus(writer, person, record, skus)
    changed_text = text != (record.draft or record.text)
    if not changed_text and not changed_skus:
        return await product_detail(writer, shop_id, product_id)
    standing, published, draft = record.standing, record.text, record.draft
    if changed_text and rules.edits_in_place(standing):
        published = text
    elif changed_text and text == record.text:
        standing, draft = rules.drop_draft(rules.open_draft(standing)), None
    elif changed_text:
        standing, draft = rules.open_draft(standing), text
    await write_product(
        writer,
        record,
        standing,
        text=published,
        category_id=category.category_id if published is text else record.category_id,
        draft=draft,
        # What a review found stays to be read until the next one; giving a draft up ends it.
        problems=[] if record.draft is not None and draft is None else read_problems(record.review_reason),
    )
    if changed_text:
        await audit.record(
            writer,
            person,
            "catalog:product:edit" if draft is None else "catalog:product:draft",
            f"product:{product_id}",
            before=record.draft or record.text,
            after=text,
        )
    await product_changed(writer, shop_id, product_id)
    return await product_detail(writer, shop_id, product_id)


async def drop_draft(writer: Writer, person: Person, shop_id: ShopId, product_id: ProductId) -> ProductDetail:
    """Give up the edit that waits beside the published text. Raises NotFound, MoveRefused when there is none."""
    await require_member(writer, person, shop_id)
    record = await lock_product(writer, shop_id, product_id)
    standing = rules.drop_draft(record.standing)
    await write_product(
        writer, record, standing, text=record.text, category_id=record.category_id, draft=None, problems=[]
    )
    await audit.record(writer, person, "catalog:product:drop_draft", f"product:{product_id}", before=record.draft)
    return await product_detail(writer, shop_id, product_id)


def trimmed(text: ProductText) -> ProductText:
    """A text without blanks around its fields, lines ended by line feeds."""
    return ProductText(
        **{name: value.strip().replace("\r\n", "\n") for name, value in msgspec.structs.asdict(text).items()}
    )


def _trimmed_sku(sku: NewSku) -> NewSku:
    return msgspec.structs.replace(
        sku,
        name=sku.name.strip(),
        name_en=sku.name_en.strip(),
        merchant_code=sku.merchant_code.strip(),
        barcode=sku.barcode.strip(),
    )


def _trimmed_edit(sku: SkuEdit) -> SkuEdit:
    return msgspec.structs.replace(
        sku,
        name=sku.name.strip(),
        name_en=sku.name_en.strip(),
        merchant_code=sku.merchant_code.strip(),
        barcode=sku.barcode.strip(),
    )


async def _require_room(writer: Writer, shop_id: ShopId) -> None:
    count = await writer.value(
        "SELECT count(*) FROM product WHERE shop_id = %(shop_id)s AND sale_status <> 'retired'", shop_id=shop_id
    )
    if count >= rules.PRODUCTS_MAX:
        raise ProductsTooMany(most=rules.PRODUCTS_MAX)


async def _apply_skus(writer: Writer, person: Person, record: ProductRecord, edits: list[SkuEdit]) -> bool:
    """Make the active SKUs what the editor sent; answers whether anything changed. A SKU that is left out is
    no longer sold, but kept for its orders. Raises NotFound for a SKU that is not one of the product's."""
    known = {sku.sku_id: sku for sku in await active_skus(writer, record.shop_id, record.product_id)}
    wanted = {edit.sku_id: edit for edit in edits if edit.sku_id is not None}
    if not wanted.keys() <= known.keys() or len(wanted) != sum(edit.sku_id is not None for edit in edits):
        raise NotFound
    after = [_edited(sku, wanted.get(sku.sku_id)) for sku in known.values()]
    changed = [(known[sku.sku_id], sku) for sku in after if sku != known[sku.sku_id]]
    new = [
        NewSku(
            name=edit.name,
            name_en=edit.name_en,
            price_fen=edit.price_fen,
            merchant_code=edit.merchant_code,
            barcode=edit.barcode,
            quantity=edit.quantity,
        )
        for edit in edits
        if edit.sku_id is None
    ]
    await update_skus(writer, [sku for _, sku in changed])
    if new:
        await insert_skus(writer, record.shop_id, record.product_id, new)
    subject = f"product:{record.product_id}"
    priced = [(old, sku) for old, sku in changed if old.price_fen != sku.price_fen]
    if priced:
        await audit.record(
            writer,
            person,
            "catalog:product:price",
            subject,
            before=[{"sku_id": old.sku_id, "price_fen": old.price_fen} for old, _ in priced],
            after=[{"sku_id": sku.sku_id, "price_fen": sku.price_fen} for _, sku in priced],
        )
    if new or any(msgspec.structs.replace(old, price_fen=sku.price_fen) != sku for old, sku in changed):
        await audit.record(
            writer,
            person,
            "catalog:product:skus",
            subject,
            before=[old for old, _ in changed],
            after=[*(sku for _, sku in changed), *new],
        )
    return bool(changed or new)


def _edited(sku: Sku, edit: SkuEdit | None) -> Sku:
    if edit is None:
        return msgspec.structs.replace(sku, is_active=False)
    return msgspec.structs.replace(
        sku,
        name=edit.name,
        name_en=edit.name_en,
        price_fen=edit.price_fen,
        merchant_code=edit.merchant_code,
        barcode=edit.barcode,
    )
