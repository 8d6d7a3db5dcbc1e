"""Locks and writes that several verbs of orders share.

The order of locks is always: the order's row, then stock rows by (shop_id, sku_id), then special prices, then
counts towards limits, then coupons that come back (`promotions.store` has the whole order). The order lane begins
with stock and inserts new orders, so that the two can never wait for each other in a circle.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec

from yellowcart.catalog.model import ReturnRule
from yellowcart.kernel.database import Writer
from yellowcart.kernel.ids import (
    CategoryId,
    CreatorId,
    ListingId,
    OrderId,
    OrderLineId,
    PersonId,
    ProductId,
    RoomId,
    ShopId,
    SkuId,
)
from yellowcart.orders.errors import OrderUnknown
from yellowcart.orders.model import CloseReason, OrderState
from yellowcart.promotions.store import UsedOn, release_coupons, release_special_prices
from yellowcart.stage.stream import RoomEvent, tell_room


class LockedOrder(msgspec.Struct, frozen=True):
    """What a verb needs to know of the order it holds."""

    shop_id: ShopId
    order_id: OrderId
    buyer_id: PersonId
    state: OrderState
    close_reason: CloseReason | None
    room_id: RoomId | None
    creator_id: CreatorId
    total_fen: int
    submitted_at: datetime
    hold_until: datetime
    hold_s: int
    paid_at: datetime | None
    ship_within_s: int
    shipped_at: datetime | None
    confirm_due_at: datetime | None
    confirm_extended: bool
    received_at: datetime | None


class LockedLine(msgspec.Struct, frozen=True, kw_only=True):
    """A line of an order that is held: the order's lock is the lock of its lines. Money in fen."""

    order_line_id: OrderLineId
    listing_id: ListingId
    product_id: ProductId
    sku_id: SkuId
    category_id: CategoryId
    special_price_id: int | None
    quantity: int
    unit_price_fen: int
    total_fen: int
    discount_fen: int
    freight_fen: int
    payable_fen: int
    return_rule: ReturnRule
    return_rule_accepted: bool
    confirm_days: int
    shipped_quantity: int
    cancelled_quantity: int
    returned_quantity: int
    refunded_fen: int
    settled_quantity: int

    @property
    def to_ship(self) -> int:
        """Pieces that still have to leave."""
        return self.quantity - self.shipped_quantity - self.cancelled_quantity

    @property
    def is_over(self) -> bool:
        """Whether nothing is left of it: all of its money went back, and every piece is done with. Money alone
        does not say so: pieces that coupons paid for, or whose fen were too few to share, are worth nothing and
        may yet be with the buyer."""
        return self.refunded_fen == self.payable_fen and self.settled_quantity == self.quantity


_COLUMNS = ", ".join(LockedOrder.__struct_fields__)
_LINE_COLUMNS = ", ".join(LockedLine.__struct_fields__)


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


async def lines_of_locked(writer: Writer, order: LockedOrder) -> list[LockedLine]:
    """The lines of an order that the caller has locked, in their order."""
    return await writer.rows(
        LockedLine,
        f"SELECT {_LINE_COLUMNS} FROM order_line WHERE shop_id = %(shop_id)s AND order_id = %(order_id)s"  # noqa: S608
        " ORDER BY order_line_id LIMIT 100",
        shop_id=order.shop_id,
        order_id=order.order_id,
    )


async def lock_orders_due(
    writer: Writer, condition: str, limit: int, *, put_off: Sequence[OrderId], **values: object
) -> list[LockedOrder]:
    """Up to `limit` orders that meet a condition and that nobody else holds, locked; without those that are
    `put_off`."""
    return await writer.rows(
        LockedOrder,
        f"SELECT {_COLUMNS} FROM shop_order WHERE {condition}"  # noqa: S608 - conditions stand in this folder
        " AND order_id <> ALL(%(put_off)s)"
        " ORDER BY shop_id, order_id LIMIT %(limit)s FOR UPDATE SKIP LOCKED",
        limit=limit,
        put_off=list(put_off),
        **values,
    )


class Pieces(msgspec.Struct, frozen=True):
    """Pieces of a line that go back to the shelf."""

    order: LockedOrder
    line: LockedLine
    quantity: int


async def give_back_stock(
    writer: Writer, pieces: Sequence[Pieces], *, held_as: str, coupons_of: Sequence[LockedOrder] = ()
) -> None:
    """Return pieces to the shelf, to the quota of their special price and to their buyers' counts, and the coupons
    of whole orders to their buyers; `held_as` is `held` for unpaid orders and `sold` for paid ones. Viewers of
    their rooms see the stock rise."""
    if not pieces:
        return
    keys = {
        "shop_ids": [each.order.shop_id for each in pieces],
        "sku_ids": [each.line.sku_id for each in pieces],
        "quantities": [each.quantity for each in pieces],
    }
    await lock_stock(writer, [(each.order.shop_id, each.line.sku_id) for each in pieces])
    column = {"held": "held", "sold": "sold"}[held_as]
    await writer.run(
        f"""
        UPDATE stock
        SET available = stock.available + returned.quantity, {column} = stock.{column} - returned.quantity
        FROM (
            SELECT shop_id, sku_id, sum(quantity)::int AS quantity
            FROM unnest(%(shop_ids)s::bigint[], %(sku_ids)s::bigint[], %(quantities)s::int[])
                AS piece (shop_id, sku_id, quantity)
            GROUP BY shop_id, sku_id
        ) AS returned
        WHERE stock.shop_id = returned.shop_id AND stock.sku_id = returned.sku_id
        """,  # noqa: S608 - the column is one of two written here
        **keys,
    )
    await give_back_limits(writer, pieces)
    await give_back_coupons(writer, coupons_of)
    await _tell_rooms(writer, pieces)


async def give_back_limits(writer: Writer, pieces: Sequence[Pieces]) -> None:
    """Pieces that their buyer has not bought after all count no longer: neither towards the quota of their special
    price nor towards the limit for each buyer."""
    await release_special_prices(
        writer,
        [
            (each.order.shop_id, each.line.special_price_id, each.quantity)
            for each in pieces
            if each.line.special_price_id is not None
        ],
    )
    await _lower_counts(
        writer,
        {
            "shop_ids": [each.order.shop_id for each in pieces],
            "listing_ids": [each.line.listing_id for each in pieces],
            "buyer_ids": [each.order.buyer_id for each in pieces],
            "quantities": [each.quantity for each in pieces],
        },
    )


async def give_back_coupons(writer: Writer, orders: Sequence[LockedOrder]) -> None:
    """Return the coupons of whole orders to their buyers; repeating it does nothing."""
    await release_coupons(writer, [UsedOn(order.shop_id, order.order_id, order.buyer_id) for order in orders])


async def _lower_counts(writer: Writer, keys: Mapping[str, object]) -> None:
    """What was given back no longer counts towards its buyers' limits; everybody takes the rows in one order."""
    await writer.column(
        """
        SELECT buyer_id FROM purchase_count
        WHERE (shop_id, listing_id, buyer_id) IN (
            SELECT * FROM unnest(%(shop_ids)s::bigint[], %(listing_ids)s::bigint[], %(buyer_ids)s::bigint[])
        )
        ORDER BY shop_id, listing_id, buyer_id
        FOR UPDATE
        """,
        **keys,
    )
    await writer.run(
        """
        UPDATE purchase_count
        SET quantity = purchase_count.quantity - returned.quantity
        FROM (
            SELECT shop_id, listing_id, buyer_id, sum(quantity)::int AS quantity
            FROM unnest(
                %(shop_ids)s::bigint[], %(listing_ids)s::bigint[], %(buyer_ids)s::bigint[], %(quantities)s::int[]
            ) AS piece (shop_id, listing_id, buyer_id, quantity)
            GROUP BY shop_id, listing_id, buyer_id
        ) AS returned
        WHERE purchase_count.shop_id = returned.shop_id
          AND purchase_count.listing_id = returned.listing_id
          AND purchase_count.buyer_id = returned.buyer_id
        """,
        **keys,
    )


async def lines_of_orders(writer: Writer, orders: Sequence[LockedOrder]) -> Mapping[OrderId, list[LockedLine]]:
    """The lines of many locked orders at once, by order."""
    rows = await writer.rows(
        _LineOfOrder,
        f"""
        SELECT order_id, {_LINE_COLUMNS} FROM order_line
        WHERE (shop_id, order_id) IN (SELECT * FROM unnest(%(shop_ids)s::bigint[], %(order_ids)s::bigint[]))
        ORDER BY order_id, order_line_id
        LIMIT %(most)s
        """,  # noqa: S608 - the columns are the struct's
        shop_ids=[order.shop_id for order in orders],
        order_ids=[order.order_id for order in orders],
        most=100 * len(orders),
    )
    found: dict[OrderId, list[LockedLine]] = {order.order_id: [] for order in orders}
    for row in rows:
        values = msgspec.structs.asdict(row)
        found[values.pop("order_id")].append(LockedLine(**values))
    return found


class _LineOfOrder(LockedLine, frozen=True, kw_only=True):
    order_id: OrderId


async def sell_stock(writer: Writer, order: LockedOrder) -> None:
    """What the order held is sold now."""
    await lock_stock(writer, [(order.shop_id, line.sku_id) for line in await lines_of_locked(writer, order)])
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


async def lock_stock(writer: Writer, skus: Sequence[tuple[ShopId, SkuId]]) -> None:
    """Hold the stock rows of these SKUs, in the order in which everybody takes them."""
    await writer.column(
        """
        SELECT stock.sku_id
        FROM stock
        WHERE (stock.shop_id, stock.sku_id) IN (
            SELECT * FROM unnest(%(shop_ids)s::bigint[], %(sku_ids)s::bigint[])
        )
        ORDER BY stock.shop_id, stock.sku_id
        FOR UPDATE OF stock
        """,
        shop_ids=[shop_id for shop_id, _ in skus],
        sku_ids=[sku_id for _, sku_id in skus],
    )


async def _tell_rooms(writer: Writer, pieces: Sequence[Pieces]) -> None:
    on_show = {
        (each.order.room_id, each.line.listing_id, each.order.shop_id, each.line.sku_id)
        for each in pieces
        if each.order.room_id is not None
    }
    rows = await writer.rows(
        _StockOnShow,
        """
        SELECT shown.room_id, shown.listing_id, stock.sku_id, stock.available
        FROM unnest(
            %(room_ids)s::bigint[], %(listing_ids)s::bigint[], %(shop_ids)s::bigint[], %(sku_ids)s::bigint[]
        ) AS shown (room_id, listing_id, shop_id, sku_id)
        JOIN stock USING (shop_id, sku_id)
        JOIN room ON room.room_id = shown.room_id AND room.state IN ('live', 'paused')
        LIMIT 1000
        """,
        room_ids=[room_id for room_id, _, _, _ in on_show],
        listing_ids=[listing_id for _, listing_id, _, _ in on_show],
        shop_ids=[shop_id for _, _, shop_id, _ in on_show],
        sku_ids=[sku_id for _, _, _, sku_id in on_show],
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
