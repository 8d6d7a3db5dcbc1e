"""How much of what creators list from outside has a twin in the platform's own shops, for operators: by source, by
the creators' category, and product by product, so that it shows which shops to bring over next."""

import msgspec

from yellowcart.kernel import clock
from yellowcart.kernel.database import Reader
from yellowcart.kernel.paging import Page, bounded_size, decode_cursor, page_of
from yellowcart.stage.twins import LISTED_WITHIN, TWIN_COLUMNS, TWIN_FOR_SALE, Twin


class Coverage(msgspec.Struct, frozen=True, kw_only=True):
    """Outside products and their listings in one group, and how many of each have a twin. `key` is a source, or
    the code of a category; empty for creators without one."""

    key: str
    name_zh: str
    name_en: str
    goods: int
    goods_with_twin: int
    listings: int
    listings_with_twin: int

    @property
    def share_basis_points(self) -> int:
        """Listings with a twin among all listings."""
        return self.listings_with_twin * 10_000 // self.listings if self.listings else 0


class ListedGoods(msgspec.Struct, frozen=True, kw_only=True):
    """An outside product with how often and by how many it is listed, and its best twin."""

    source: str
    item_key: str
    source_name_zh: str
    source_name_en: str
    title: str
    title_en: str
    price_fen: int | None
    listings: int
    creators: int
    twin: Twin | None


async def coverage_by_source(reader: Reader) -> list[Coverage]:
    """Every source with outside products in open carts or in carts of the last 30 days."""
    return await reader.rows(
        Coverage,
        f"""
        WITH {_LISTED}
        SELECT listed.source AS key, source.name_zh, source.name_en, {_COUNTS}
        FROM listed JOIN source USING (source)
        GROUP BY listed.source, source.name_zh, source.name_en, source.position
        ORDER BY source.position, listed.source
        LIMIT 200
        """,  # noqa: S608 - put together from constants of ours
        since=clock.now() - LISTED_WITHIN,
        creator_id=None,
    )


async def coverage_by_category(reader: Reader) -> list[Coverage]:
    """By the category that the listing creators work in; outside products have none of their own."""
    return await reader.rows(
        Coverage,
        f"""
        WITH {_LISTED}
        SELECT coalesce(category.code, '') AS key, coalesce(category.name_zh, '') AS name_zh,
               coalesce(category.name_en, '') AS name_en, {_COUNTS}
        FROM listed
        JOIN creator USING (creator_id)
        LEFT JOIN category ON category.category_id = creator.category_id
        GROUP BY category.code, category.name_zh, category.name_en
        ORDER BY count(*) DESC, category.code
        LIMIT 200
        """,  # noqa: S608 - put together from constants of ours
        since=clock.now() - LISTED_WITHIN,
        creator_id=None,
    )


async def most_listed(
    reader: Reader,
    *,
    has_twin: bool | None = None,
    source: str | None = None,
    cursor: str | None = None,
    size: int | None = None,
) -> Page[ListedGoods]:
    """Outside products by how often they are listed, most first. Raises CursorBroken."""
    after_count, after_source, after_key = decode_cursor(cursor, tuple[int, str, str], (2**31 - 1, "", ""))
    limit = bounded_size(size)
    rows = await reader.rows(
        ListedGoods,
        f"""
        WITH {_LISTED}, goods AS (
            SELECT source, item_key, count(*)::int AS listings, count(DISTINCT creator_id)::int AS creators,
                   (array_agg(title ORDER BY listing_id DESC))[1] AS title,
                   (array_agg(title_en ORDER BY listing_id DESC))[1] AS title_en,
                   (array_agg(price_fen ORDER BY listing_id DESC))[1] AS price_fen,
                   bool_or(has_twin) AS has_twin
            FROM listed
            WHERE %(source)s::text IS NULL OR source = %(source)s
            GROUP BY source, item_key
        ), shown AS (
            SELECT * FROM goods
            WHERE (%(has_twin)s::boolean IS NULL OR has_twin = %(has_twin)s)
              AND (-listings, source, item_key) > (-%(after_count)s, %(after_source)s, %(after_key)s)
            ORDER BY listings DESC, source, item_key
            LIMIT %(limit)s
        )
        SELECT shown.source, shown.item_key, shown.title, shown.title_en, shown.price_fen, shown.listings,
               shown.creators, source.name_zh AS source_name_zh, source.name_en AS source_name_en,
               to_jsonb(best) AS twin
        FROM shown
        JOIN source USING (source)
        LEFT JOIN LATERAL (
            SELECT {TWIN_COLUMNS} FROM twin
            {TWIN_FOR_SALE} AND twin.source = shown.source AND twin.item_key = shown.item_key
            ORDER BY twin.score_basis_points DESC, twin.shop_id, twin.product_id
            LIMIT 1
        ) AS best ON true
        ORDER BY shown.listings DESC, shown.source, shown.item_key
        """,  # noqa: S608 - put together from constants of ours
        since=clock.now() - LISTED_WITHIN,
        creator_id=None,
        has_twin=has_twin,
        source=source,
        after_count=after_count,
        after_source=after_source,
        after_key=after_key,
        limit=limit + 1,
    )
    return page_of(rows, limit, lambda goods: (goods.listings, goods.source, goods.item_key))


_LISTED = f"""
listed AS MATERIALIZED (
    SELECT listing.listing_id, listing.creator_id, listing.source,
           coalesce(listing.item_id, listing.url) AS item_key, listing.title, listing.title_en, listing.price_fen,
           EXISTS (
               SELECT FROM twin
               {TWIN_FOR_SALE} AND twin.source = listing.source
                 AND twin.item_key = coalesce(listing.item_id, listing.url)
           ) AS has_twin
    FROM listing
    WHERE listing.source <> 'own' AND (listing.state <> 'off_cart' OR listing.taken_off_at >= %(since)s)
)
"""  # noqa: S608 - put together from constants of ours
_COUNTS = """
    count(DISTINCT item_key)::int AS goods,
    count(DISTINCT item_key) FILTER (WHERE has_twin)::int AS goods_with_twin,
    count(*)::int AS listings, count(*) FILTER (WHERE has_twin)::int AS listings_with_twin
"""
