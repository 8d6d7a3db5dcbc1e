"""What a shop knows of the products of a file: the same handle, the same outside item, the same codes."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import msgspec

from yellowcart.catalog.imports.file_product import FileProduct
from yellowcart.catalog.imports.plan_product import KnownProduct, codes_of
from yellowcart.catalog.model import ProductText, ReviewStatus, SaleStatus, Sku
from yellowcart.catalog.store import SKU_COLUMNS
from yellowcart.kernel.database import Reader
from yellowcart.kernel.ids import ProductId, ShopId

SAME_CODE_MAX = 20
"""Products that are looked at for each code of the file; a code that more of them share names none of them."""


class ShopKnowledge(msgspec.Struct, frozen=True):
    """Products of a shop as those of a file are looked for."""

    by_handle: dict[str, KnownProduct]
    by_origin: dict[tuple[str, str], list[KnownProduct]]
    by_codes: dict[frozenset[str], list[KnownProduct]]


class _KnownRow(msgspec.Struct, frozen=True, kw_only=True):
    product_id: ProductId
    import_handle: str | None
    version: int
    text: dict[str, Any]
    draft: ProductText | None
    sale_status: SaleStatus
    review_status: ReviewStatus
    origins: list[tuple[str, str]]


async def knowledge_of(reader: Reader, shop_id: ShopId, products: Sequence[FileProduct]) -> ShopKnowledge:
    """What the shop knows of a set of products of a file; a bounded number of queries, whatever its size. Products
    with something wrong in them are not looked for."""
    sound = [product for product in products if not product.problems and product.skipped is None]
    origins = [
        (product.origin_source, product.origin_item_id)
        for product in sound
        if product.origin_source and product.origin_item_id
    ]
    rows = await _rows(
        reader,
        shop_id,
        handles=[product.handle for product in sound if product.handle],
        origins=origins,
        codes=sorted({code for product in sound for code in codes_of(product.skus)}),
    )
    skus: dict[ProductId, list[Sku]] = defaultdict(list)
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
        skus[sku.product_id].append(sku)
    found = ShopKnowledge({}, defaultdict(list), defaultdict(list))
    for row in rows:
        known = KnownProduct(
            product_id=row.product_id,
            version=row.version,
            import_handle=row.import_handle,
            text=row.draft or msgspec.convert(row.text, ProductText),
            sale_status=row.sale_status,
            review_status=row.review_status,
            skus=skus[row.product_id],
            origins=frozenset(row.origins),
        )
        if known.import_handle is not None:
            found.by_handle[known.import_handle] = known
        for origin in known.origins:
            found.by_origin[origin].append(known)
        if own_codes := codes_of(known.skus):
            found.by_codes[own_codes].append(known)
    return found


async def _rows(
    reader: Reader,
    shop_id: ShopId,
    *,
    handles: Sequence[str],
    origins: Sequence[tuple[str, str]],
    codes: Sequence[str],
) -> list[_KnownRow]:
    return await reader.rows(
        _KnownRow,
        """
        WITH wanted AS (
            SELECT product_id FROM product
            WHERE shop_id = %(shop_id)s AND import_handle = ANY(%(handles)s)
            UNION
            SELECT product_id FROM product_origin
            WHERE shop_id = %(shop_id)s
              AND (source, item_id) IN (SELECT * FROM unnest(%(sources)s::text[], %(items)s::text[]))
            UNION
            SELECT near.product_id
            FROM unnest(%(codes)s::text[]) AS named (code)
            CROSS JOIN LATERAL (
                SELECT sku.product_id FROM sku
                WHERE sku.shop_id = %(shop_id)s AND sku.merchant_code = named.code AND sku.merchant_code <> ''
                  AND sku.is_active
                LIMIT %(same_code_max)s
            ) AS near
        )
        SELECT product.product_id, product.import_handle, product.version, product.draft, product.sale_status,
               product.review_status,
               jsonb_build_object(
                   'category_code', category.code, 'title', product.title, 'title_en', product.title_en,
                   'brand', product.brand, 'description', product.description,
                   'description_en', product.description_en, 'picture_url', product.picture_url
               ) AS text,
               coalesce(
                   (SELECT jsonb_agg(jsonb_build_array(origin.source, origin.item_id))
                    FROM product_origin AS origin
                    WHERE origin.shop_id = product.shop_id AND origin.product_id = product.product_id),
                   '[]'
               ) AS origins
        FROM product
        JOIN wanted USING (product_id)
        JOIN category USING (category_id)
        WHERE product.shop_id = %(shop_id)s
        ORDER BY product.product_id
        """,
        shop_id=shop_id,
        handles=list(handles),
        sources=[source for source, _ in origins],
        items=[item_id for _, item_id in origins],
        codes=list(codes),
        same_code_max=SAME_CODE_MAX,
    )


async def seen_before(
    reader: Reader, shop_id: ShopId, import_id: int, handles: Sequence[str], product_ids: Sequence[ProductId]
) -> tuple[dict[str, int], dict[ProductId, int]]:
    """Handles and products that earlier rows of the same file have, with those rows."""
    rows = await reader.rows(
        _SeenRow,
        """
        SELECT handle, product_id, row FROM product_import_row
        WHERE shop_id = %(shop_id)s AND import_id = %(import_id)s
          AND (handle = ANY(%(handles)s) OR product_id = ANY(%(product_ids)s))
          AND handle <> ''
        """,
        shop_id=shop_id,
        import_id=import_id,
        handles=list(handles),
        product_ids=list(product_ids),
    )
    by_handle = {row.handle: row.row for row in rows}
    by_product = {row.product_id: row.row for row in rows if row.product_id is not None}
    return by_handle, by_product


class _SeenRow(msgspec.Struct, frozen=True):
    handle: str
    product_id: ProductId | None
    row: int


async def counted_before(
    reader: Reader, shop_id: ShopId, import_id: int, handles: Sequence[str]
) -> frozenset[str]:
    """Of some handles those whose pieces this very file has brought into stock before: a file of the same content
    was applied, and these products had their part in it."""
    return frozenset(
        await reader.column(
            """
            SELECT DISTINCT earlier_row.handle
            FROM product_import AS this
            JOIN product_import AS earlier
              ON earlier.shop_id = this.shop_id AND earlier.content_hash = this.content_hash
             AND earlier.import_id <> this.import_id
            JOIN product_import_row AS earlier_row
              ON earlier_row.shop_id = earlier.shop_id AND earlier_row.import_id = earlier.import_id
            WHERE this.shop_id = %(shop_id)s AND this.import_id = %(import_id)s
              AND earlier_row.handle = ANY(%(handles)s)
              AND (earlier_row.fate IN ('created', 'updated')
                   OR earlier_row.fate = 'unchanged' AND earlier.state = 'applied')
            """,
            shop_id=shop_id,
            import_id=import_id,
            handles=list(handles),
        )
    )
