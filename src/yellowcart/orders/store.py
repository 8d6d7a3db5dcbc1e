"""Locks and writes that several verbs of orders share.

The order of locks is always: the order's row, then its stock rows by (shop_id, sku_id), then counts. The order
lane locks stock only and inserts new orders, so that the two can never wait for each other in a circle.
"""

from collections.abc import Sequence

import msgspec

from yellowcart.kernel.database import Writer
from yellowcart.kernel.ids import CreatorId, ListingId, OrderId, PersonId, RoomId, ShopId
from yellowcart.orders.errors import OrderUnknown
from yellowcart.orders.model import OrderState
from yellowcart.stage.stream import RoomEvent, tell_room


class LockedOrder(msgspec.Struct, frozen=True):
    """What a verb needs to know of the order it holds."""

    shop_id: ShopId
    order_id: OrderId
    buyer_id: PersonId
    state: OrderState
    listing_id: ListingId
    room_id: RoomId | None
    creator_id: CreatorId
    total_fen: int


_COLUMNS = "shop_id, order_id, buyer_id, state, listing_id, room_id, creator_id, total_fen"


async def lock_order(writer: Writer, shop_id: ShopId, order_id: OrderId) -> LockedOrder:
    """The order, locked until the transaction ends. Raises OrderUnknown."""
    order = await writer.row(
        LockedOrder,
        f"SELECT {_COLUMNS} FROM shop_order WHERE shop_id = %(shop_id)s AND order_id = %(order_id)s"  # noqa: S608
        " ORDER BY shop_id, order_id FOR UPDATE",
        shop_id=shop_id,
        order_id=order_id,
    )
    if order is None:
        raise OrderUnknown
    return order


async def lock_orders_due(writer: Writer, condition: str, limit: int, **values: object) -> list[LockedOrder]:
    """Up to `limit` orders that meet a condition and that nobody else holds, locked."""
    return await writer.rows(
        LockedOrder,
        f"SELECT {_COLUMNS} FROM shop_order WHERE {condition}"  # noqa: S608 - conditions stand in this folder
        " ORDER BY shop_id, order_id LIMIT %(limit)s FOR UPDATE SKIP LOCKED",
        limit=limit,
        **values,
    )


async def give_back_stock(writer: Writer, orders: Sequence[LockedOrder], *, held_as: str) -> None:
    """Return the pieces of orders to the shelf, and their buyers' counts; `held_as` is `held` for unpaid
    orders and `sold` for paid ones. Viewers of their rooms see the stock rise."""
    await _lock_stock(writer, orders)
    column = {"held": "held", "sold": "sold"}[held_as]
    await writer.run(
        f"""
        UPDATE stock
        SET available = stock.available + returned.quantity, {column} = stock.{column} - returned.quantity
        FROM (
            SELECT line.shop_id, line.sku_id, sum(line.quantity)::int AS quantity
            FROM order_line AS line
            WHERE (line.shop_id, line.order_id) IN (
                SELECT * FROM unnest(%(shop_ids)s::bigint[], %(order_ids)s::bigint[])
            )
            GROUP BY line.shop_id, line.sku_id
        ) AS returned
        WHERE stock.shop_id = returned.shop_id AND stock.sku_id = returned.sku_id
        """,  # noqa: S608 - the column is one of two written here
        **_keys(orders),
    )
    await writer.run(
        """
        UPDATE purchase_count
        SET quantity = purchase_count.quantity - returned.quantity
        FROM (
            SELECT placed.shop_id, placed.listing_id, placed.buyer_id, sum(line.quantity)::int AS quantity
            FROM shop_order AS placed
            JOIN order_line AS line USING (shop_id, order_id)
            WHERE (placed.shop_id, placed.order_id) IN (
                SELECT * FROM unnest(%(shop_ids)s::bigint[], %(order_ids)s::bigint[])
            )
            GROUP BY placed.shop_id, placed.listing_id, placed.buyer_id
        ) AS returned
        WHERE purchase_count.shop_id = returned.shop_id
          AND purchase_count.listing_id = returned.listing_id
          AND purchase_count.buyer_id = returned.buyer_id
        """,
        **_keys(orders),
    )
    await _tell_rooms(writer, orders)


async def sell_stock(writer: Writer, order: LockedOrder) -> None:
    """What the order held is sold now."""
    await _lock_stock(writer, [order])
    await writer.run(
        """
        UPDATE stock
        SET held = stock.held - line.quantity, sold = stock.sold + line.quantity
        FROM (
            SELECT sku_id, sum(quantity)::int AS quantity
            FROM order_line
            WHERE shop_id = %(shop_id)s AND order_id = %(order_id)s
            GROUP BY sku_id
        ) AS line
        WHERE stock.shop_id = %(shop_id)s AND stock.sku_id = line.sku_id
        """,
        shop_id=order.shop_id,
        order_id=order.order_id,
    )


async def _lock_stock(writer: Writer, orders: Sequence[LockedOrder]) -> None:
    await writer.column(
        """
        SELECT stock.sku_id
        FROM stock
        WHERE (stock.shop_id, stock.sku_id) IN (
            SELECT line.shop_id, line.sku_id
            FROM order_line AS line
            WHERE (line.shop_id, line.order_id) IN (
                SELECT * FROM unnest(%(shop_ids)s::bigint[], %(order_ids)s::bigint[])
            )
        )
        ORDER BY stock.shop_id, stock.sku_id
        FOR UPDATE OF stock
        """,
        **_keys(orders),
    )


async def _tell_rooms(writer: Writer, orders: Sequence[LockedOrder]) -> None:
    rows = await writer.rows(
        _StockOnShow,
        """
        SELECT DISTINCT placed.room_id, placed.listing_id, stock.sku_id, stock.available
        FROM shop_order AS placed
        JOIN order_line AS line USING (shop_id, order_id)
        JOIN stock USING (shop_id, sku_id)
        JOIN room ON room.room_id = placed.room_id AND room.state IN ('live', 'paused')
        WHERE (placed.shop_id, placed.order_id) IN (
            SELECT * FROM unnest(%(shop_ids)s::bigint[], %(order_ids)s::bigint[])
        )
        LIMIT 1000
        """,
        **_keys(orders),
    )
    for row in rows:
        await tell_room(
            writer,
            row.room_id,
            RoomEvent.STOCK,
            listing_id=row.listing_id,
            sku_id=row.sku_id,
            available=row.available,
        )


class _StockOnShow(msgspec.Struct, frozen=True):
    room_id: RoomId
    listing_id: ListingId
    sku_id: int
    available: int


def _keys(orders: Sequence[LockedOrder]) -> dict[str, list[int]]:
    return {
        "shop_ids": [order.shop_id for order in orders],
        "order_ids": [order.order_id for order in orders],
    }
