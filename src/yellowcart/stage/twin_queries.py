"""Reads of twins for pages and the API: a creator's outside products with their best twin, and how much of what is
listed from outside has a twin at all."""

import msgspec

from yellowcart.kernel import clock
from yellowcart.kernel.database import Reader
from yellowcart.kernel.ids import CreatorId, ListingId, ProductId, ShopId
from yellowcart.kernel.paging import Page, bounded_size, decode_cursor, page_of
from yellowcart.stage.twins import LISTED_WITHIN, TWIN_COLUMNS, TWIN_FOR_SALE, Twin

LISTINGS_ASKED_MAX = 1_000


class OfferedTwin(Twin, frozen=True, kw_only=True):
    """A twin with the commission rate (basis points) of the offer in force for the creator; None without one."""

    commission_rate: int | None


class OutsideGoods(msgspec.Struct, frozen=True, kw_only=True):
    """An outside product of a creator, under its latest listing.

    `carts` open carts hold it, in `cut_carts` more a link rule has taken it off and left its place empty, and in
    `replaced_carts` a product of the platform stands in its place.
    """

    source: str
    item_key: str
    source_name_zh: str
    source_name_en: str
    listing_id: ListingId
    title: str
    title_en: str
    picture_url: str
    price_fen: int | None
    url: str
    carts: int
    cut_carts: int
    replaced_carts: int
    replaced_shop_id: ShopId | None
    replaced_product_id: ProductId | None
    replaced_title: str | None
    replaced_title_en: str | None
    searched: bool
    twin: OfferedTwin | None

    @property
    def replaceable(self) -> int:
        """In how many open carts a twin can take its place."""
        return self.carts + self.cut_carts


class OutsideCounts(msgspec.Struct, frozen=True):
    """How many outside products a creator has, and how many of them have a twin."""

    goods: int
    with_twin: int


async def outside_goods_of_creator(
    reader: Reader,
    creator_id: CreatorId,
    *,
    has_twin: bool | None = None,
    listing_id: ListingId | None = None,
    notice: str | None = None,
    cursor: str | None = None,
    size: int | None = None,
) -> Page[OutsideGoods]:
    """The outside products in a creator's open carts, and those that left a cart within 30 days; the latest
    listed first. `listing_id` asks for the one product of that listing, `notice` (a code) for those that the
    notice took off. Raises CursorBroken."""
    (before,) = decode_cursor(cursor, tuple[int], (2**53,))
    limit = bounded_size(size)
    rows = await reader.rows(
        OutsideGoods,
        f"""
        WITH {_GOODS}, {_WITH_TWIN}
        SELECT with_twin.*, latest.title, latest.title_en, latest.picture_url, latest.price_fen, latest.url,
               source.name_zh AS source_name_zh, source.name_en AS source_name_en,
               own.title AS replaced_title, own.title_en AS replaced_title_en,
               EXISTS (
                   SELECT FROM twin_search AS search
                   WHERE search.source = with_twin.source AND search.item_key = with_twin.item_key
               ) AS searched
        FROM with_twin
        JOIN listing AS latest ON latest.listing_id = with_twin.listing_id
        JOIN source ON source.source = with_twin.source
        LEFT JOIN product AS own
            ON own.shop_id = with_twin.replaced_shop_id AND own.product_id = with_twin.replaced_product_id
        WHERE with_twin.listing_id < %(before)s
          AND (%(has_twin)s::boolean IS NULL OR (with_twin.twin IS NOT NULL) = %(has_twin)s)
          AND (%(asked)s::bigint IS NULL OR EXISTS (
              SELECT FROM listing AS asked
              WHERE asked.listing_id = %(asked)s AND asked.source = with_twin.source
                AND coalesce(asked.item_id, asked.url) = with_twin.item_key
          ))
        ORDER BY with_twin.listing_id DESC
        LIMIT %(limit)s
        """,  # noqa: S608 - put together from constants of ours
        creator_id=creator_id,
        since=clock.now() - LISTED_WITHIN,
        now=clock.now(),
        notice=notice,
        before=before,
        has_twin=has_twin,
        asked=listing_id,
        limit=limit + 1,
    )
    return page_of(rows, limit, lambda goods: (goods.listing_id,))


async def outside_counts(reader: Reader, creator_id: CreatorId, *, notice: str | None = None) -> OutsideCounts:
    """The numbers above the list."""
    found = await reader.row(
        OutsideCounts,
        f"""
        WITH {_GOODS}, {_WITH_TWIN}
        SELECT count(*)::int AS goods, count(twin)::int AS with_twin FROM with_twin
        """,  # noqa: S608 - put together from constants of ours
        creator_id=creator_id,
        since=clock.now() - LISTED_WITHIN,
        now=clock.now(),
        notice=notice,
    )
    assert found is not None, "an aggregate answers one row"
    return found


async def twins_of_listings(
    reader: Reader, creator_id: CreatorId, listing_ids: list[ListingId]
) -> dict[ListingId, Twin]:
    """The best twin of each outside listing of a creator, for a cart or a list of listings."""
    rows = await reader.rows(
        _ListingTwin,
        f"""
        SELECT DISTINCT ON (listing.listing_id) listing.listing_id, {TWIN_COLUMNS}
        FROM listing
        JOIN twin ON twin.source = listing.source AND twin.item_key = coalesce(listing.item_id, listing.url)
        {TWIN_FOR_SALE} AND listing.listing_id = ANY(%(listing_ids)s) AND listing.creator_id = %(creator_id)s
        ORDER BY listing.listing_id, twin.score_basis_points DESC, twin.shop_id, twin.product_id
        """,  # noqa: S608 - put together from constants of ours
        creator_id=creator_id,
        listing_ids=listing_ids[:LISTINGS_ASKED_MAX],
    )
    return {row.listing_id: row for row in rows}


class _ListingTwin(Twin, frozen=True, kw_only=True):
    listing_id: ListingId


_GOODS = """
goods AS (
    SELECT listing.source, coalesce(listing.item_id, listing.url) AS item_key,
           max(listing.listing_id) AS listing_id,
           count(*) FILTER (WHERE open.is_open AND listing.state <> 'off_cart')::int AS carts,
           count(*) FILTER (
               WHERE open.is_open AND listing.off_reason = 'link_rule' AND own.listing_id IS NULL
           )::int AS cut_carts,
           count(own.listing_id) FILTER (WHERE open.is_open)::int AS replaced_carts,
           (array_agg(own.shop_id ORDER BY own.listing_id DESC) FILTER (
               WHERE open.is_open AND own.listing_id IS NOT NULL
           ))[1] AS replaced_shop_id,
           (array_agg(own.product_id ORDER BY own.listing_id DESC) FILTER (
               WHERE open.is_open AND own.listing_id IS NOT NULL
           ))[1] AS replaced_product_id
    FROM listing
    LEFT JOIN room ON room.room_id = listing.room_id
    LEFT JOIN video ON video.video_id = listing.video_id
    LEFT JOIN listing AS own ON own.replaces_id = listing.listing_id AND own.state <> 'off_cart'
    LEFT JOIN notice ON notice.notice_id = listing.off_notice_id
    CROSS JOIN LATERAL (
        SELECT coalesce(room.state <> 'ended', video.state = 'published') AS is_open
    ) AS open
    WHERE listing.creator_id = %(creator_id)s AND listing.source <> 'own'
      AND (listing.state <> 'off_cart' OR open.is_open OR listing.taken_off_at >= %(since)s)
      AND (%(notice)s::text IS NULL OR notice.code = %(notice)s)
    GROUP BY listing.source, coalesce(listing.item_id, listing.url)
)
"""
_WITH_TWIN = f"""
with_twin AS (
    SELECT goods.*, to_jsonb(best) AS twin
    FROM goods
    LEFT JOIN LATERAL (
        SELECT {TWIN_COLUMNS}, (
                   SELECT offer.commission_rate FROM offer
                   WHERE offer.shop_id = twin.shop_id AND offer.product_id = twin.product_id
                     AND offer.valid_from <= %(now)s AND (offer.valid_until IS NULL OR offer.valid_until > %(now)s)
                     AND (offer.kind = 'open' OR offer.creator_id = %(creator_id)s)
                   ORDER BY offer.kind = 'targeted' DESC, offer.commission_rate DESC, offer.offer_id
                   LIMIT 1
               ) AS commission_rate
        FROM twin
        {TWIN_FOR_SALE} AND twin.source = goods.source AND twin.item_key = goods.item_key
        ORDER BY twin.score_basis_points DESC, twin.shop_id, twin.product_id
        LIMIT 1
    ) AS best ON true
)
"""  # noqa: S608 - put together from constants of ours
