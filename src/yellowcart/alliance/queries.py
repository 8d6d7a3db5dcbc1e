"""Reads of offers: which one counts for an order, and a merchant's list of them."""

from datetime import datetime

import msgspec

from yellowcart.alliance.model import Offer
from yellowcart.kernel import clock
from yellowcart.kernel.database import Reader
from yellowcart.kernel.ids import CreatorId, ProductId, ShopId
from yellowcart.kernel.paging import Page, bounded_size, decode_cursor, page_of

OFFER_COLUMNS = "shop_id, offer_id, product_id, kind, creator_id, commission_rate, valid_from, valid_until"


class OfferLine(msgspec.Struct, frozen=True, kw_only=True):
    """A product in a merchant's list of offers: its open rate now (basis points, None without one), the rate that
    will follow it and when, and how many creators have a targeted offer. A `next_from` without `next_rate` is
    the moment at which the offer ends."""

    shop_id: ShopId
    product_id: ProductId
    title: str
    title_en: str
    picture_url: str
    lowest_price_fen: int | None
    commission_rate: int | None
    next_rate: int | None
    next_from: datetime | None
    targeted_count: int


async def offer_in_force(
    reader: Reader,
    shop_id: ShopId,
    product_id: ProductId,
    creator_id: CreatorId | None = None,
    at: datetime | None = None,
) -> Offer | None:
    """The offer that counts for a creator's sale at a moment (now, when none is given): the targeted one before
    an open one (domain.md §3.2), the better one among equals. None: no commission was promised."""
    return await reader.row(
        Offer,
        f"""
        SELECT {OFFER_COLUMNS} FROM offer
        WHERE shop_id = %(shop_id)s AND product_id = %(product_id)s
          AND valid_from <= %(at)s AND (valid_until IS NULL OR valid_until > %(at)s)
          AND (kind = 'open' OR creator_id = %(creator_id)s)
        ORDER BY kind = 'targeted' DESC, commission_rate DESC, offer_id
        LIMIT 1
        """,  # noqa: S608 - put together from constants of ours
        shop_id=shop_id,
        product_id=product_id,
        creator_id=creator_id,
        at=at or clock.now(),
    )


async def offers_of_shop(
    reader: Reader, shop_id: ShopId, *, only_open: bool = False, cursor: str | None = None, size: int | None = None
) -> Page[OfferLine]:
    """The shop's products that are not retired with their open offers, newest product first; `only_open` leaves
    out those without one. The caller has asked `catalog.shops.require_member`. Raises CursorBroken."""
    (before_id,) = decode_cursor(cursor, tuple[int], (2**53,))
    limit = bounded_size(size)
    rows = await reader.rows(
        OfferLine,
        """
        SELECT product.shop_id, product.product_id, product.title, product.title_en, product.picture_url,
               (SELECT min(price_fen) FROM sku
                WHERE sku.shop_id = product.shop_id AND sku.product_id = product.product_id AND sku.is_active
               ) AS lowest_price_fen,
               current.commission_rate, coming.commission_rate AS next_rate,
               coalesce(coming.valid_from, current.valid_until) AS next_from,
               (SELECT count(*) FROM offer
                WHERE offer.shop_id = product.shop_id AND offer.product_id = product.product_id
                  AND offer.kind = 'targeted' AND (offer.valid_until IS NULL OR offer.valid_until > %(now)s)
               )::int AS targeted_count
        FROM product
        LEFT JOIN LATERAL (
            SELECT commission_rate, valid_until FROM offer
            WHERE offer.shop_id = product.shop_id AND offer.product_id = product.product_id
              AND offer.kind = 'open' AND offer.valid_from <= %(now)s
              AND (offer.valid_until IS NULL OR offer.valid_until > %(now)s)
            ORDER BY commission_rate DESC LIMIT 1
        ) AS current ON true
        LEFT JOIN LATERAL (
            SELECT commission_rate, valid_from FROM offer
            WHERE offer.shop_id = product.shop_id AND offer.product_id = product.product_id
              AND offer.kind = 'open' AND offer.valid_from > %(now)s
            ORDER BY valid_from LIMIT 1
        ) AS coming ON true
        WHERE product.shop_id = %(shop_id)s AND product.sale_status <> 'retired'
          AND product.product_id < %(before_id)s
          AND (NOT %(only_open)s OR current.commission_rate IS NOT NULL OR coming.commission_rate IS NOT NULL)
        ORDER BY product.product_id DESC
        LIMIT %(limit)s
        """,
        shop_id=shop_id,
        before_id=before_id,
        only_open=only_open,
        now=clock.now(),
        limit=limit + 1,
    )
    return page_of(rows, limit, lambda row: (row.product_id,))
