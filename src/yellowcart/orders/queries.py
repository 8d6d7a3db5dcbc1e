"""Reading orders, for buyers and merchants."""

from datetime import datetime

import msgspec

from yellowcart.kernel.database import Reader
from yellowcart.kernel.ids import OrderId, PersonId, ShopId
from yellowcart.kernel.paging import Page, bounded_size, decode_cursor, page_of
from yellowcart.orders.errors import OrderUnknown
from yellowcart.orders.model import CloseReason, Order, OrderLine, OrderState
from yellowcart.orders.stop import OrderStop, open_stops

NEWEST = 2**53


class OrderSummary(msgspec.Struct, frozen=True, kw_only=True):
    """An order as a list shows it: its first line, how many `lines` it has, and the pieces of all of them."""

    shop_id: ShopId
    shop_name: str
    shop_name_en: str
    order_id: OrderId
    buyer_id: PersonId
    recipient: str
    state: OrderState
    close_reason: CloseReason | None
    total_fen: int
    submitted_at: datetime
    hold_until: datetime
    title: str
    title_en: str
    sku_name: str
    sku_name_en: str
    picture_url: str
    quantity: int
    lines: int


class OrderDetail(msgspec.Struct, frozen=True, kw_only=True):
    """An order with its lines and names. Its payments, parcels and cases are their own folders' to tell. What an
    operator noted at a stop is left out: it is not for shop and buyer."""

    order: Order
    shop_name: str
    shop_name_en: str
    buyer_name: str
    creator_name: str
    creator_name_en: str
    lines: list[OrderLine]
    stops: list[OrderStop]


_SUMMARY = """
SELECT placed.shop_id, shop.name AS shop_name, shop.name_en AS shop_name_en, placed.order_id, placed.buyer_id,
       placed.address->>'recipient' AS recipient, placed.state, placed.close_reason, placed.total_fen,
       placed.submitted_at, placed.hold_until, line.title, line.title_en, line.sku_name, line.sku_name_en,
       line.picture_url, line.quantity, line.lines
FROM shop_order AS placed
JOIN shop USING (shop_id)
JOIN LATERAL (
    SELECT title, title_en, sku_name, sku_name_en, picture_url, sum(quantity) OVER ()::int AS quantity,
           count(*) OVER ()::int AS lines
    FROM order_line
    WHERE order_line.shop_id = placed.shop_id AND order_line.order_id = placed.order_id
    ORDER BY order_line_id
    LIMIT 1
) AS line ON true
"""


async def orders_of_buyer(
    reader: Reader,
    person_id: PersonId,
    *,
    state: OrderState | None = None,
    cursor: str | None = None,
    size: int | None = None,
) -> Page[OrderSummary]:
    """A buyer's orders, newest first."""
    return await _page(reader, "placed.buyer_id = %(buyer_id)s", state, cursor, size, buyer_id=person_id)


async def orders_of_shop(
    reader: Reader,
    shop_id: ShopId,
    *,
    state: OrderState | None = None,
    order_id: OrderId | None = None,
    cursor: str | None = None,
    size: int | None = None,
) -> Page[OrderSummary]:
    """A shop's orders, newest first; `order_id` finds the one. The caller has checked membership."""
    return await _page(
        reader,
        "placed.shop_id = %(shop_id)s AND (%(only)s::bigint IS NULL OR placed.order_id = %(only)s)",
        state,
        cursor,
        size,
        shop_id=shop_id,
        only=order_id,
    )


async def _page(
    reader: Reader,
    condition: str,
    state: OrderState | None,
    cursor: str | None,
    size: int | None,
    **values: object,
) -> Page[OrderSummary]:
    (before,) = decode_cursor(cursor, tuple[int], (NEWEST,))
    limit = bounded_size(size)
    rows = await reader.rows(
        OrderSummary,
        f"""
        {_SUMMARY}
        WHERE {condition} AND placed.order_id < %(before)s
          AND (%(state)s::text IS NULL OR placed.state = %(state)s)
        ORDER BY placed.order_id DESC
        LIMIT %(limit)s
        """,
        before=before,
        state=state.value if state else None,
        limit=limit + 1,
        **values,
    )
    return page_of(rows, limit, lambda row: (row.order_id,))


async def count_by_state(reader: Reader, shop_id: ShopId) -> dict[OrderState, int]:
    """How many orders of a shop stand in each state that asks for work; finished ones are not counted."""
    rows = await reader.records(
        """
        SELECT state, count(*) AS orders
        FROM shop_order
        WHERE shop_id = %(shop_id)s AND state IN ('submitted', 'paid', 'part_shipped', 'shipped')
        GROUP BY state
        """,
        shop_id=shop_id,
    )
    return {OrderState(row["state"]): row["orders"] for row in rows}


async def order_of_buyer(reader: Reader, person_id: PersonId, shop_id: ShopId, order_id: OrderId) -> OrderDetail:
    """A buyer's own order. Raises OrderUnknown for anybody else's."""
    detail = await order_of_shop(reader, shop_id, order_id)
    if detail.order.buyer_id != person_id:
        raise OrderUnknown
    return detail


async def order_of_shop(reader: Reader, shop_id: ShopId, order_id: OrderId) -> OrderDetail:
    """A shop's order; the caller has checked membership. Raises OrderUnknown."""
    key = {"shop_id": shop_id, "order_id": order_id}
    order = await reader.row(
        Order,
        """
        SELECT shop_id, order_id, buyer_id, state, close_reason, surface, room_id, video_id, creator_id,
               goods_fen, discount_fen, freight_fen, total_fen, address, note, submitted_at, hold_until, paid_at,
               ship_due_at, shipped_at, confirm_due_at, confirm_extended, received_at, completed_at, closed_at
        FROM shop_order
        WHERE shop_id = %(shop_id)s AND order_id = %(order_id)s
        """,
        **key,
    )
    if order is None:
        raise OrderUnknown
    names = await reader.row(
        _Names,
        """
        SELECT shop.name AS shop_name, shop.name_en AS shop_name_en,
               coalesce((SELECT name FROM person WHERE person_id = %(buyer_id)s), '') AS buyer_name,
               coalesce(creator.name, '') AS creator_name, coalesce(creator.name_en, '') AS creator_name_en
        FROM shop
        LEFT JOIN creator ON creator.creator_id = %(creator_id)s
        WHERE shop.shop_id = %(shop_id)s
        """,
        shop_id=shop_id,
        buyer_id=order.buyer_id,
        creator_id=order.creator_id,
    )
    assert names is not None, "an order's shop is there: a foreign key says so"
    return OrderDetail(
        order=order,
        **msgspec.structs.asdict(names),
        lines=await reader.rows(OrderLine, _LINES, **key),
        stops=[msgspec.structs.replace(stop, note="") for stop in await open_stops(reader, shop_id, order_id)],
    )


_LINES = """
SELECT line.order_line_id, line.listing_id, line.product_id, line.sku_id, line.category_id, line.title,
       line.title_en, line.sku_name, line.sku_name_en, line.picture_url, line.quantity, line.list_price_fen,
       line.unit_price_fen, line.special_price_id, line.total_fen, line.discount_fen, line.freight_fen,
       line.payable_fen, line.return_rule, line.return_rule_accepted, line.confirm_days, line.terms,
       line.shipped_quantity, line.cancelled_quantity, line.returned_quantity, line.refunded_fen,
       coalesce(
           (
               SELECT jsonb_agg(jsonb_build_object(
                   'coupon_id', off.coupon_id, 'funder', off.funder, 'amount_fen', off.amount_fen,
                   'returned_fen', off.returned_fen
               ) ORDER BY off.funder)
               FROM order_line_discount AS off
               WHERE off.shop_id = line.shop_id AND off.order_id = line.order_id
                 AND off.order_line_id = line.order_line_id
           ),
           '[]'
       ) AS discounts
FROM order_line AS line
WHERE line.shop_id = %(shop_id)s AND line.order_id = %(order_id)s
ORDER BY line.order_line_id
LIMIT 100
"""


class _Names(msgspec.Struct, frozen=True):
    shop_name: str
    shop_name_en: str
    buyer_name: str
    creator_name: str
    creator_name_en: str
