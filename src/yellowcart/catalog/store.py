"""Every lock and every write of products, SKUs and their states."""

from collections.abc import Sequence

import msgspec
from psycopg.errors import UniqueViolation

from yellowcart.catalog.errors import HandleTaken
from yellowcart.catalog.model import (
    Category,
    DraftStatus,
    NewSku,
    ProductText,
    ReviewProblem,
    ReviewStatus,
    SaleStatus,
    Sku,
)
from yellowcart.catalog.rules import Standing
from yellowcart.kernel import clock
from yellowcart.kernel.database import Reader, Writer, json_value
from yellowcart.kernel.errors import NotFound
from yellowcart.kernel.ids import CategoryId, ProductId, ShopId, SkuId, new_id

SKU_COLUMNS = """
    sku.shop_id, sku.sku_id, sku.product_id, sku.name, sku.name_en, sku.price_fen, sku.merchant_code,
    sku.barcode, sku.position, sku.is_active, stock.available, stock.held, stock.sold
"""


class ProductRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A product as its row stands, with the code of its category."""

    shop_id: ShopId
    product_id: ProductId
    category_id: CategoryId
    category_code: str
    title: str
    title_en: str
    brand: str
    description: str
    description_en: str
    picture_url: str
    import_handle: str | None
    sale_status: SaleStatus
    review_status: ReviewStatus
    review_reason: str
    draft_status: DraftStatus
    draft: ProductText | None
    version: int

    @property
    def standing(self) -> Standing:
        """The three states together."""
        return Standing(sale=self.sale_status, review=self.review_status, draft=self.draft_status)

    @property
    def text(self) -> ProductText:
        """The published text."""
        return ProductText(
            category_code=self.category_code,
            title=self.title,
            title_en=self.title_en,
            brand=self.brand,
            description=self.description,
            description_en=self.description_en,
            picture_url=self.picture_url,
        )


def write_problems(problems: Sequence[ReviewProblem]) -> str:
    """Findings as the column `review_reason` keeps them: free of any language."""
    return msgspec.json.encode(problems).decode() if problems else ""


def read_problems(column: str) -> list[ReviewProblem]:
    """Findings out of the column `review_reason`."""
    return msgspec.json.decode(column, type=list[ReviewProblem]) if column else []


async def lock_product(writer: Writer, shop_id: ShopId, product_id: ProductId) -> ProductRecord:
    """The product, locked until the transaction ends. Raises NotFound."""
    record = await writer.row(
        ProductRecord,
        """
        SELECT product.shop_id, product.product_id, product.category_id, category.code AS category_code,
               product.title, product.title_en, product.brand, product.description, product.description_en,
               product.picture_url, product.import_handle, product.sale_status, product.review_status,
               product.review_reason, product.draft_status, product.draft, product.version
        FROM product JOIN category USING (category_id)
        WHERE product.shop_id = %(shop_id)s AND product.product_id = %(product_id)s
        ORDER BY product.shop_id, product.product_id
        FOR UPDATE OF product
        """,
        shop_id=shop_id,
        product_id=product_id,
    )
    if record is None:
        raise NotFound
    return record


async def active_skus(reader: Reader, shop_id: ShopId, product_id: ProductId) -> list[Sku]:
    """The SKUs that are sold, with their stock, in their order."""
    return await reader.rows(
        Sku,
        f"""
        SELECT {SKU_COLUMNS} FROM sku JOIN stock USING (shop_id, sku_id)
        WHERE sku.shop_id = %(shop_id)s AND sku.product_id = %(product_id)s AND sku.is_active
        ORDER BY sku.position
        LIMIT 1000
        """,  # noqa: S608 - put together from constants of ours
        shop_id=shop_id,
        product_id=product_id,
    )


async def insert_product(
    writer: Writer,
    shop_id: ShopId,
    product_id: ProductId,
    text: ProductText,
    category: Category,
    standing: Standing,
    import_handle: str | None,
) -> None:
    """A new product without SKUs. Raises HandleTaken."""
    try:
        async with writer.attempt():
            await writer.run(
                """
                INSERT INTO product (shop_id, product_id, category_id, title, title_en, brand, description,
                                     description_en, picture_url, import_handle, sale_status, review_status,
                                     draft_status, created_at, updated_at)
                VALUES (%(shop_id)s, %(product_id)s, %(category_id)s, %(title)s, %(title_en)s, %(brand)s,
                        %(description)s, %(description_en)s, %(picture_url)s, %(import_handle)s, %(sale)s,
                        %(review)s, %(draft)s, %(now)s, %(now)s)
                """,
                shop_id=shop_id,
                product_id=product_id,
                category_id=category.category_id,
                import_handle=import_handle,
                now=clock.now(),
                **_columns_of(text),
                **_values_of(standing),
            )
    except UniqueViolation as error:
        raise HandleTaken from error


async def insert_skus(
    writer: Writer, shop_id: ShopId, product_id: ProductId, skus: Sequence[NewSku]
) -> list[SkuId]:
    """SKUs behind those that are there, each with its stock row."""
    first = await writer.value(
        """
        SELECT coalesce(max(position) + 1, 0) FROM sku
        WHERE shop_id = %(shop_id)s AND product_id = %(product_id)s
        """,
        shop_id=shop_id,
        product_id=product_id,
    )
    sku_ids = [new_id(SkuId) for _ in skus]
    rows = [
        msgspec.structs.asdict(sku)
        | {"shop_id": shop_id, "sku_id": sku_id, "product_id": product_id, "position": first + offset}
        for offset, (sku_id, sku) in enumerate(zip(sku_ids, skus, strict=True))
    ]
    await writer.run_many(
        """
        INSERT INTO sku (shop_id, sku_id, product_id, name, name_en, price_fen, merchant_code, barcode, position)
        VALUES (%(shop_id)s, %(sku_id)s, %(product_id)s, %(name)s, %(name_en)s, %(price_fen)s,
                %(merchant_code)s, %(barcode)s, %(position)s)
        """,
        rows,
    )
    await writer.run_many(
        """
        INSERT INTO stock (shop_id, sku_id, received, available, held, sold)
        VALUES (%(shop_id)s, %(sku_id)s, %(quantity)s, %(quantity)s, 0, 0)
        """,
        rows,
    )
    return sku_ids


async def update_skus(writer: Writer, skus: Sequence[Sku]) -> None:
    """Names, prices, codes and activity of known SKUs."""
    await writer.run_many(
        """
        UPDATE sku
        SET name = %(name)s, name_en = %(name_en)s, price_fen = %(price_fen)s,
            merchant_code = %(merchant_code)s, barcode = %(barcode)s, is_active = %(is_active)s
        WHERE shop_id = %(shop_id)s AND sku_id = %(sku_id)s
        """,
        [msgspec.structs.asdict(sku) for sku in skus],
    )


async def write_product(
    writer: Writer,
    record: ProductRecord,
    standing: Standing,
    *,
    text: ProductText,
    category_id: CategoryId,
    draft: ProductText | None,
    problems: Sequence[ReviewProblem],
) -> None:
    """Everything that may change in a locked product's own row; its version grows by one."""
    await writer.run(
        """
        UPDATE product
        SET category_id = %(category_id)s, title = %(title)s, title_en = %(title_en)s, brand = %(brand)s,
            description = %(description)s, description_en = %(description_en)s, picture_url = %(picture_url)s,
            sale_status = %(sale)s, review_status = %(review)s, draft_status = %(draft)s,
            draft = %(draft_text)s, review_reason = %(review_reason)s,
            version = version + 1, updated_at = %(now)s
        WHERE shop_id = %(shop_id)s AND product_id = %(product_id)s
        """,
        shop_id=record.shop_id,
        product_id=record.product_id,
        category_id=category_id,
        draft_text=None if draft is None else json_value(draft),
        review_reason=write_problems(problems),
        now=clock.now(),
        **_columns_of(text),
        **_values_of(standing),
    )


def _columns_of(text: ProductText) -> dict[str, object]:
    columns = msgspec.structs.asdict(text)
    del columns["category_code"]
    return columns


def _values_of(standing: Standing) -> dict[str, object]:
    return {
        "sale": standing.sale.value,
        "review": standing.review.value,
        "draft": standing.draft.value,
    }
