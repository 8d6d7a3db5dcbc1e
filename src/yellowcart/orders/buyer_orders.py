"""A buyer's own orders as their list shows them: by what is to be done, found by their words or number."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

import msgspec

from yellowcart.catalog.queries import search_pattern
from yellowcart.kernel.database import Reader
from yellowcart.kernel.ids import OrderId, OrderLineId, PersonId, ProductId, ShopId, SkuId
from yellowcart.kernel.paging import Page, bounded_size, decode_cursor, page_of
from yellowcart.orders.model import CloseReason, OrderState

NEWEST = 2**53
SEARCHED_MAX = 2_000
"""Orders that one search looks through, the newest first; a number is found however old its order is."""
LINES_SHOWN = 3
"""Lines of an order that its card shows; the others are counted."""


class OrderGroup(StrEnum):
    """Orders by what is to be done about them, as the tabs of the list name them."""

    TO_PAY = "to_pay"
    """Nobody has paid yet."""
    TO_SHIP = "to_ship"
    """Paid, and some of it has not left."""
    ON_ITS_WAY = "on_its_way"
    """Some of it is on its way to the buyer."""
    CLOSED = "closed"
    """Ended without a sale."""


STATES_OF: dict[OrderGroup, frozenset[OrderState]] = {
    OrderGroup.TO_PAY: frozenset({OrderState.SUBMITTED}),
    OrderGroup.TO_SHIP: frozenset({OrderState.PAID, OrderState.PART_SHIPPED}),
    OrderGroup.ON_ITS_WAY: frozenset({OrderState.PART_SHIPPED, OrderState.SHIPPED}),
    OrderGroup.CLOSED: frozenset({OrderState.CLOSED}),
}


class CardLine(msgspec.Struct, frozen=True, kw_only=True):
    """A line on an order's card. Price in fen for one piece."""

    order_line_id: OrderLineId
    product_id: ProductId
    sku_id: SkuId
    title: str
    title_en: str
    sku_name: str
    sku_name_en: str
    picture_url: str
    quantity: int
    unit_price_fen: int


class BuyerOrder(msgspec.Struct, frozen=True, kw_only=True):
    """An order on its card: the first LINES_SHOWN of its `lines` lines, and the pieces of all of them."""

    shop_id: ShopId
    shop_name: str
    shop_name_en: str
    order_id: OrderId
    state: OrderState
    close_reason: CloseReason | None
    total_fen: int
    submitted_at: datetime
    hold_until: datetime
    ship_due_at: datetime | None
    confirm_due_at: datetime | None
    shown: list[CardLine]
    lines: int
    pieces: int


_CARD = f"""
SELECT placed.shop_id, shop.name AS shop_name, shop.name_en AS shop_name_en, placed.order_id, placed.state,
       placed.close_reason, placed.total_fen, placed.submitted_at, placed.hold_until, placed.ship_due_at,
       placed.confirm_due_at, line.shown, line.lines, line.pieces
FROM shop_order AS placed
JOIN shop USING (shop_id)
JOIN LATERAL (
    SELECT jsonb_agg(jsonb_build_object(
               'order_line_id', order_line_id, 'product_id', product_id, 'sku_id', sku_id, 'title', title,
               'title_en', title_en, 'sku_name', sku_name, 'sku_name_en', sku_name_en,
               'picture_url', picture_url, 'quantity', quantity, 'unit_price_fen', unit_price_fen
           ) ORDER BY order_line_id) FILTER (WHERE place <= {LINES_SHOWN}) AS shown,
           count(*)::int AS lines, sum(quantity)::int AS pieces
    FROM (
        SELECT order_line.*, row_number() OVER (ORDER BY order_line_id) AS place
        FROM order_line
        WHERE order_line.shop_id = placed.shop_id AND order_line.order_id = placed.order_id
    ) AS placed_line
) AS line ON true
"""  # noqa: S608 - a number of ours


async def find_orders_of_buyer(
    reader: Reader,
    person_id: PersonId,
    *,
    group: OrderGroup | None = None,
    search: str = "",
    cursor: str | None = None,
    size: int | None = None,
) -> Page[BuyerOrder]:
    """A buyer's orders, newest first: of a group, or with `search` the one whose number it is, else those of the
    newest SEARCHED_MAX whose goods or shop have these words. Raises CursorBroken."""
    (before,) = decode_cursor(cursor, tuple[int], (NEWEST,))
    limit = bounded_size(size)
    asked = {"buyer_id": person_id, "before": before, "limit": limit + 1}
    if search:
        rows = await _by_number(reader, person_id, search.strip()) or await reader.rows(
            BuyerOrder, _FOUND, pattern=search_pattern(search), searched=SEARCHED_MAX, **asked
        )
    else:
        states = None if group is None else [state.value for state in STATES_OF[group]]
        rows = await reader.rows(BuyerOrder, _OF_GROUP, states=states, **asked)
    return page_of(rows, limit, lambda row: (row.order_id,))


async def _by_number(reader: Reader, person_id: PersonId, number: str) -> list[BuyerOrder]:
    if not (number.isascii() and number.isdecimal() and len(number) <= 16):
        return []
    return await reader.rows(
        BuyerOrder,
        f"{_CARD} WHERE placed.buyer_id = %(buyer_id)s AND placed.order_id = %(number)s LIMIT 10",
        buyer_id=person_id,
        number=int(number),
    )


_OF_GROUP = f"""
{_CARD}
WHERE placed.buyer_id = %(buyer_id)s AND placed.order_id < %(before)s
  AND (%(states)s::text[] IS NULL OR placed.state = ANY(%(states)s::text[]))
ORDER BY placed.order_id DESC
LIMIT %(limit)s
"""
_FOUND = f"""
WITH newest AS MATERIALIZED (
    SELECT shop_id, order_id FROM shop_order
    WHERE buyer_id = %(buyer_id)s
    ORDER BY order_id DESC
    LIMIT %(searched)s
), found AS MATERIALIZED (
    SELECT newest.shop_id, newest.order_id
    FROM newest
    JOIN shop USING (shop_id)
    CROSS JOIN LATERAL (
        SELECT FROM order_line AS line
        WHERE line.shop_id = newest.shop_id AND line.order_id = newest.order_id
          AND (
              line.title ILIKE %(pattern)s OR line.title_en ILIKE %(pattern)s
              OR shop.name ILIKE %(pattern)s OR shop.name_en ILIKE %(pattern)s
          )
        LIMIT 1
    ) AS fits
    WHERE newest.order_id < %(before)s
    ORDER BY newest.order_id DESC
    LIMIT %(limit)s
)
{_CARD}
JOIN found USING (shop_id, order_id)
ORDER BY placed.order_id DESC
LIMIT %(limit)s
"""  # noqa: S608 - put together from constants of ours


async def orders_of_keys(
    reader: Reader, person_id: PersonId, keys: Sequence[tuple[ShopId, OrderId]]
) -> list[BuyerOrder]:
    """These orders of a buyer's, newest first; others' are left out."""
    return await reader.rows(
        BuyerOrder,
        f"""
        {_CARD}
        WHERE (placed.shop_id, placed.order_id) IN (
            SELECT * FROM unnest(%(shop_ids)s::bigint[], %(order_ids)s::bigint[])
        ) AND placed.buyer_id = %(buyer_id)s
        ORDER BY placed.order_id DESC
        LIMIT %(most)s
        """,  # noqa: S608 - put together from constants of ours
        shop_ids=[shop_id for shop_id, _ in keys],
        order_ids=[order_id for _, order_id in keys],
        buyer_id=person_id,
        most=len(keys),
    )
