"""A merchant's product list: tabs, search, orders and pages."""

from datetime import datetime
from enum import StrEnum

import msgspec

from yellowcart.catalog.model import DraftStatus, ReviewStatus, SaleStatus
from yellowcart.catalog.queries import IN_CATEGORY, MATCHES, search_pattern
from yellowcart.catalog.rules import LOW_STOCK
from yellowcart.kernel.database import Reader
from yellowcart.kernel.ids import ProductId, ShopId
from yellowcart.kernel.paging import Page, bounded_size, decode_cursor, page_of


class ProductFilter(StrEnum):
    """The tabs of a merchant's product list."""

    ON_SALE = "on_sale"
    """For sale now."""
    OFF_SALE = "off_sale"
    """Not for sale."""
    DRAFT = "draft"
    """An edit or a new product has not been submitted, or waits."""
    REJECTED = "rejected"
    """The last review found something."""
    LOW_STOCK = "low_stock"
    """On sale with few pieces left or none."""
    RETIRED = "retired"
    """Taken out for good."""


class ProductSort(StrEnum):
    """Orders of a merchant's product list; each runs up, or down with a leading hyphen."""

    CREATED = "created"
    """When it was made."""
    TITLE = "title"
    """By the letters of its title."""
    PRICE = "price"
    """The lowest price of a SKU."""
    AVAILABLE = "available"
    """Pieces left."""


class ProductRow(msgspec.Struct, frozen=True, kw_only=True):
    """A line of a merchant's product list; SKU figures are those of the active SKUs."""

    shop_id: ShopId
    product_id: ProductId
    title: str
    title_en: str
    picture_url: str
    category_code: str
    category_name_zh: str
    category_name_en: str
    sale_status: SaleStatus
    review_status: ReviewStatus
    draft_status: DraftStatus
    lowest_price_fen: int | None
    highest_price_fen: int | None
    sku_count: int
    available: int
    held: int
    sold: int
    updated_at: datetime


class ProductCounts(msgspec.Struct, frozen=True, kw_only=True):
    """How many products a shop has in each tab."""

    whole: int
    on_sale: int
    off_sale: int
    draft: int
    rejected: int
    low_stock: int
    retired: int


_FILTERS: dict[ProductFilter | None, str] = {
    None: "sale_status <> 'retired'",
    ProductFilter.ON_SALE: "sale_status = 'on_sale'",
    ProductFilter.OFF_SALE: "sale_status = 'off_sale'",
    ProductFilter.DRAFT: "sale_status <> 'retired' AND (draft_status <> 'no_draft' "
    "OR review_status IN ('unreviewed', 'pending'))",
    ProductFilter.REJECTED: "sale_status <> 'retired' AND review_reason <> ''",
    ProductFilter.LOW_STOCK: "sale_status = 'on_sale' AND available <= %(low_stock)s",
    ProductFilter.RETIRED: "sale_status = 'retired'",
}

_ROWS = """
    SELECT product.shop_id, product.product_id, product.title, product.title_en, product.picture_url,
           category.code AS category_code, category.name_zh AS category_name_zh,
           category.name_en AS category_name_en, product.sale_status, product.review_status,
           product.review_reason, product.draft_status, product.updated_at,
           figures.lowest_price_fen, figures.highest_price_fen, figures.sku_count, figures.available,
           figures.held, figures.sold
    FROM product
    JOIN category USING (category_id)
    CROSS JOIN LATERAL (
        SELECT min(sku.price_fen) AS lowest_price_fen, max(sku.price_fen) AS highest_price_fen,
               count(*)::int AS sku_count, coalesce(sum(stock.available), 0)::int AS available,
               coalesce(sum(stock.held), 0)::int AS held, coalesce(sum(stock.sold), 0)::int AS sold
        FROM sku JOIN stock USING (shop_id, sku_id)
        WHERE sku.shop_id = product.shop_id AND sku.product_id = product.product_id AND sku.is_active
    ) AS figures
    WHERE product.shop_id = %(shop_id)s
"""

_SORT_KEYS = {
    ProductSort.CREATED: "product_id",
    ProductSort.TITLE: 'title COLLATE "C"',
    ProductSort.PRICE: "coalesce(lowest_price_fen, 0)",
    ProductSort.AVAILABLE: "available",
}


async def products_of_shop(
    reader: Reader,
    shop_id: ShopId,
    *,
    text: str | None = None,
    category_code: str | None = None,
    only: ProductFilter | None = None,
    sort: str | None = None,
    cursor: str | None = None,
    size: int | None = None,
) -> Page[ProductRow]:
    """A merchant's product list. `sort` is a `ProductSort`, with a leading hyphen for descending; newest
    first when it is none of them. The caller has asked `require_member`. Raises CursorBroken."""
    order, descending = _order_of(sort)
    key = _SORT_KEYS[order]
    limit = bounded_size(size)
    by_words = order is ProductSort.TITLE
    after: tuple[int | str, int] | None = None
    if cursor:
        kind: type[tuple[int | str, int]] = tuple[str, int] if by_words else tuple[int, int]
        after = decode_cursor(cursor, kind, ("", 0))
    direction, sign = ("DESC", "<") if descending else ("ASC", ">")
    rows = await reader.rows(
        ProductRow,
        f"""
        SELECT * FROM ({_ROWS} AND {MATCHES} AND {IN_CATEGORY}) AS listed
        WHERE {_FILTERS[only]}
          AND (%(after_id)s::bigint IS NULL
               OR ({key}, product_id) {sign} (%(after_key)s::{"text" if by_words else "bigint"}, %(after_id)s))
        ORDER BY {key} {direction}, product_id {direction}
        LIMIT %(limit)s
        """,  # noqa: S608 - put together from constants of ours
        shop_id=shop_id,
        pattern=search_pattern(text),
        category_code=category_code or None,
        low_stock=LOW_STOCK,
        after_key=None if after is None else after[0],
        after_id=None if after is None else after[1],
        limit=limit + 1,
    )
    return page_of(rows, limit, lambda row: (_sort_value(row, order), row.product_id))


async def product_counts(reader: Reader, shop_id: ShopId) -> ProductCounts:
    """How many products of the shop each tab holds."""
    columns = ", ".join(
        f"count(*) FILTER (WHERE {condition})::int AS {only.value if only else 'whole'}"
        for only, condition in _FILTERS.items()
    )
    counts = await reader.row(
        ProductCounts,
        f"SELECT {columns} FROM ({_ROWS}) AS listed",  # noqa: S608 - put together from constants of ours
        shop_id=shop_id,
        low_stock=LOW_STOCK,
    )
    assert counts is not None
    return counts


def _order_of(sort: str | None) -> tuple[ProductSort, bool]:
    name = (sort or "").removeprefix("-")
    for order in ProductSort:
        if name == order.value:
            return order, (sort or "").startswith("-")
    return ProductSort.CREATED, True


def _sort_value(row: ProductRow, order: ProductSort) -> int | str:
    match order:
        case ProductSort.CREATED:
            return row.product_id
        case ProductSort.TITLE:
            return row.title
        case ProductSort.PRICE:
            return row.lowest_price_fen or 0
        case ProductSort.AVAILABLE:
            return row.available
