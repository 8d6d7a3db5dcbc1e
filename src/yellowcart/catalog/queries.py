"""Reads of the catalogue for pages, carts and the API."""

from datetime import datetime

import msgspec

from yellowcart.catalog.model import (
    Category,
    DraftStatus,
    MerchantKind,
    Product,
    ProductDetail,
    ProductText,
    ReviewStatus,
    SaleStatus,
    Shop,
)
from yellowcart.catalog.store import active_skus, read_problems
from yellowcart.catalog.title_words import asked_words
from yellowcart.kernel import clock
from yellowcart.kernel.database import Reader
from yellowcart.kernel.errors import NotFound
from yellowcart.kernel.ids import CategoryId, CreatorId, OfferId, ProductId, ShopId
from yellowcart.kernel.paging import Page, bounded_size, decode_cursor, page_of

SEARCH_LENGTH_MAX = 100
_AFTER_EVERYTHING = 2**53

IN_CATEGORY = """
    (%(category_code)s::text IS NULL OR product.category_id IN (
        WITH RECURSIVE below AS (
            SELECT category_id FROM category WHERE code = %(category_code)s
            UNION
            SELECT child.category_id FROM category AS child JOIN below ON child.parent_id = below.category_id
        )
        SELECT category_id FROM below
    ))
"""

MATCHES = """
    (%(pattern)s::text IS NULL OR product.title ILIKE %(pattern)s OR product.title_en ILIKE %(pattern)s
     OR product.brand ILIKE %(pattern)s)
"""

HAS_WORDS = """
    EXISTS (
        SELECT FROM product_words AS read
        WHERE read.shop_id = product.shop_id AND read.product_id = product.product_id
          AND read.words @@ %(words)s::tsquery
    )
"""


class ListableProduct(msgspec.Struct, frozen=True, kw_only=True):
    """A product that may be put into a cart now: on sale, approved, its shop open.

    `commission_rate` (basis points) and `offer_id` are those of the offer in force for whoever asks: their
    targeted one, else the best open one; both None without an offer. `available` sums the active SKUs.
    """

    shop_id: ShopId
    shop_name: str
    shop_name_en: str
    shop_kind: MerchantKind
    product_id: ProductId
    title: str
    title_en: str
    brand: str
    picture_url: str
    category_code: str
    category_name_zh: str
    category_name_en: str
    lowest_price_fen: int | None
    highest_price_fen: int | None
    available: int
    offer_id: OfferId | None
    commission_rate: int | None


def search_pattern(text: str | None) -> str | None:
    """The LIKE pattern for a search text, with its own wildcards taken literally; None where nothing is asked."""
    wanted = (text or "").replace("\0", "").strip()[:SEARCH_LENGTH_MAX]
    if not wanted:
        return None
    for sign in ("\\", "%", "_"):
        wanted = wanted.replace(sign, f"\\{sign}")
    return f"%{wanted}%"


async def product_detail(reader: Reader, shop_id: ShopId, product_id: ProductId) -> ProductDetail:
    """A product with shop, category, active SKUs and stock, whoever asks: pages of buyers must look at
    `is_listable`, pages of merchants have asked `shops.require_member`. Raises NotFound."""
    product = await reader.row(
        _WholeProduct,
        """
        SELECT shop_id, product_id, category_id, title, title_en, brand, description, description_en,
               picture_url, sale_status, review_status, draft_status, version, draft, review_reason,
               import_handle, created_at, updated_at
        FROM product WHERE shop_id = %(shop_id)s AND product_id = %(product_id)s
        """,
        shop_id=shop_id,
        product_id=product_id,
    )
    if product is None:
        raise NotFound
    shop = await reader.row(
        Shop,
        "SELECT shop_id, name, name_en, kind, state, region, description FROM shop WHERE shop_id = %(shop_id)s",
        shop_id=shop_id,
    )
    category = await reader.row(
        Category,
        """
        SELECT category_id, parent_id, code, name_zh, name_en, position
        FROM category WHERE category_id = %(category_id)s
        """,
        category_id=product.category_id,
    )
    assert shop is not None
    assert category is not None
    return ProductDetail(
        shop=shop,
        product=Product(**{name: getattr(product, name) for name in Product.__struct_fields__}),
        category=category,
        skus=await active_skus(reader, shop_id, product_id),
        draft=product.draft,
        review_problems=read_problems(product.review_reason),
        import_handle=product.import_handle,
        created_at=product.created_at,
        updated_at=product.updated_at,
    )


async def search_listable(
    reader: Reader,
    text: str | None = None,
    category_code: str | None = None,
    cursor: str | None = None,
    size: int | None = None,
    *,
    shop_id: ShopId | None = None,
    creator_id: CreatorId | None = None,
) -> Page[ListableProduct]:
    """Products that a creator may put into a cart now, newest first. `shop_id` narrows to one shop (a shop's
    own account sells nothing else), `creator_id` lets that creator's targeted offers count. Raises CursorBroken.

    The offer's table is read here and not its folder, which stands on this one.
    """
    before_id, before_shop = decode_cursor(cursor, tuple[int, int], (_AFTER_EVERYTHING, 0))
    limit = bounded_size(size)
    rows = await reader.rows(
        ListableProduct,
        f"""
        SELECT product.shop_id, shop.name AS shop_name, shop.name_en AS shop_name_en, shop.kind AS shop_kind,
               product.product_id, product.title, product.title_en, product.brand, product.picture_url,
               category.code AS category_code, category.name_zh AS category_name_zh,
               category.name_en AS category_name_en, figures.lowest_price_fen,
               figures.highest_price_fen, figures.available, best.offer_id, best.commission_rate
        FROM product
        JOIN shop USING (shop_id)
        JOIN category USING (category_id)
        CROSS JOIN LATERAL (
            SELECT min(sku.price_fen) AS lowest_price_fen, max(sku.price_fen) AS highest_price_fen,
                   coalesce(sum(stock.available), 0)::int AS available
            FROM sku JOIN stock USING (shop_id, sku_id)
            WHERE sku.shop_id = product.shop_id AND sku.product_id = product.product_id AND sku.is_active
        ) AS figures
        LEFT JOIN LATERAL (
            SELECT offer.offer_id, offer.commission_rate FROM offer
            WHERE offer.shop_id = product.shop_id AND offer.product_id = product.product_id
              AND offer.valid_from <= %(now)s AND (offer.valid_until IS NULL OR offer.valid_until > %(now)s)
              AND (offer.kind = 'open' OR offer.creator_id = %(creator_id)s)
            ORDER BY offer.kind = 'targeted' DESC, offer.commission_rate DESC, offer.offer_id
            LIMIT 1
        ) AS best ON true
        WHERE product.sale_status = 'on_sale' AND product.review_status = 'approved' AND shop.state = 'open'
          AND (%(shop_id)s::bigint IS NULL OR product.shop_id = %(shop_id)s)
          AND (product.product_id, -product.shop_id) < (%(before_id)s, %(before_shop)s)
          AND ({MATCHES} OR {HAS_WORDS}) AND {IN_CATEGORY}
        ORDER BY product.product_id DESC, product.shop_id
        LIMIT %(limit)s
        """,  # noqa: S608 - put together from constants of ours
        now=clock.now(),
        creator_id=creator_id,
        shop_id=shop_id,
        before_id=before_id,
        before_shop=before_shop,
        pattern=search_pattern(text),
        words=_words_query(text),
        category_code=category_code or None,
        limit=limit + 1,
    )
    return page_of(rows, limit, lambda row: (row.product_id, -row.shop_id))


def _words_query(text: str | None) -> str | None:
    """The search text as a query for products that have all its words, in any order and by other names of the same
    thing; None where it has no words."""
    words = asked_words((text or "")[:SEARCH_LENGTH_MAX])
    return " & ".join("'" + word.replace("'", "''") + "'" for word in words) or None


class _WholeProduct(msgspec.Struct, frozen=True, kw_only=True):
    shop_id: ShopId
    product_id: ProductId
    category_id: CategoryId
    title: str
    title_en: str
    brand: str
    description: str
    description_en: str
    picture_url: str
    sale_status: SaleStatus
    review_status: ReviewStatus
    draft_status: DraftStatus
    version: int
    draft: ProductText | None
    review_reason: str
    import_handle: str | None
    created_at: datetime
    updated_at: datetime
