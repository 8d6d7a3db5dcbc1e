"""Reading orders, for buyers and merchants."""

from datetime import datetime

import msgspec

from yellowcart.kernel.database import Reader
from yellowcart.kernel.ids import OrderId, PersonId, ShopId
from yellowcart.kernel.paging import Page, bounded_size, decode_cursor, page_of
from yellowcart.orders.errors import OrderUnknown
from yellowcart.orders.model import CloseReason, Order, OrderLine, OrderState, Payment, RefundState

NEWEST = 2**53


class OrderSummary(msgspec.Struct, frozen=True, kw_only=True):
    """An order as a list shows it, with its first line."""

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


class Shipment(msgspec.Struct, frozen=True):
    """A parcel."""

    carrier: str
    waybill: str
    shipped_at: datetime


class Refund(msgspec.Struct, frozen=True):
    """Money on its way back. Amount in fen."""

    state: RefundState
    amount_fen: int
    requested_at: datetime
    succeeded_at: datetime | None


class OrderDetail(msgspec.Struct, frozen=True, kw_only=True):
    """An order with all that belongs to it."""

    order: Order
    shop_name: str
    shop_name_en: str
    buyer_name: str
    creator_name: str
    creator_name_en: str
    lines: list[OrderLine]
    payments: list[Payment]
    shipments: list[Shipment]
    refunds: list[Refund]


_SUMMARY = """
SELECT placed.shop_id, shop.name AS shop_name, shop.name_en AS shop_name_en, placed.order_id, placed.buyer_id,
       placed.address->>'recipient' AS recipient, placed.state, placed.close_reason, placed.total_fen,
       placed.submitted_at, placed.hold_until, line.title, line.title_en, line.sku_name, line.sku_name_en,
       line.picture_url, line.quantity
FROM shop_order AS placed
JOIN shop USING (shop_id)
JOIN LATERAL (
    SELECT title, title_en, sku_name, sku_name_en, picture_url, quantity
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
        WHERE shop_id = %(shop_id)s AND state IN ('submitted', 'paid', 'shipped')
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
        SELECT shop_id, order_id, buyer_id, state, close_reason, listing_id, room_id, creator_id, total_fen,
               address, submitted_at, hold_until, paid_at, shipped_at, received_at, completed_at, closed_at
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
        payments=await reader.rows(Payment, _PAYMENTS, **key),
        shipments=await reader.rows(Shipment, _SHIPMENTS, **key),
        refunds=await reader.rows(Refund, _REFUNDS, **key),
    )


_LINES = """
SELECT order_line_id, product_id, sku_id, title, title_en, sku_name, sku_name_en, picture_url, quantity,
       unit_price_fen, total_fen, terms
FROM order_line
WHERE shop_id = %(shop_id)s AND order_id = %(order_id)s
ORDER BY order_line_id
LIMIT 200
"""
_PAYMENTS = """
SELECT shop_id, payment_id, order_id, gateway, state, amount_fen, prepared_at, finished_at
FROM payment
WHERE shop_id = %(shop_id)s AND order_id = %(order_id)s
ORDER BY payment_id
LIMIT 50
"""
_SHIPMENTS = """
SELECT carrier, waybill, shipped_at
FROM shipment
WHERE shop_id = %(shop_id)s AND order_id = %(order_id)s
ORDER BY shipment_id
LIMIT 50
"""
_REFUNDS = """
SELECT state, amount_fen, requested_at, succeeded_at
FROM refund
WHERE shop_id = %(shop_id)s AND order_id = %(order_id)s
ORDER BY refund_id
LIMIT 50
"""


class _Names(msgspec.Struct, frozen=True):
    shop_name: str
    shop_name_en: str
    buyer_name: str
    creator_name: str
    creator_name_en: str
