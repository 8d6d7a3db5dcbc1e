"""Pieces of an order have left, or will never leave: what that changes in the order."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from yellowcart.kernel import clock
from yellowcart.kernel.database import Writer
from yellowcart.kernel.ids import OrderLineId
from yellowcart.orders.errors import PiecesGone
from yellowcart.orders.model import OrderState
from yellowcart.orders.rules import may_ship, require_move
from yellowcart.orders.store import LockedLine, LockedOrder, Pieces, give_back_stock, lines_of_locked


async def mark_shipped(writer: Writer, order: LockedOrder, pieces: Mapping[OrderLineId, int]) -> OrderState:
    """So many pieces of these lines have left; answers whether the order is shipped in part or whole.

    The caller holds the order and has asked `stop.require_unstopped`. Raises OrderMoved, PiecesGone (more than
    still has to leave, or a line of another order).
    """
    may_ship(order.state)
    lines = {line.order_line_id: line for line in await lines_of_locked(writer, order)}
    for order_line_id, quantity in pieces.items():
        line = lines.get(order_line_id)
        if line is None or not 1 <= quantity <= line.to_ship:
            raise PiecesGone
    await _count(writer, order, pieces, "shipped_quantity")
    left = sum(line.to_ship for line in lines.values()) - sum(pieces.values())
    if left == 0:
        await _wholly_shipped(writer, order, list(lines.values()))
        return OrderState.SHIPPED
    if order.state is not OrderState.PART_SHIPPED:
        await _move(writer, order, OrderState.PART_SHIPPED)
    return OrderState.PART_SHIPPED


async def cancel_pieces(writer: Writer, order: LockedOrder, line: LockedLine, quantity: int) -> None:
    """So many pieces of a line were refunded before they left: they go back to the shelf, and an order with
    nothing more to ship but something shipped is shipped. Raises OrderMoved, PiecesGone."""
    may_ship(order.state)
    if not 1 <= quantity <= line.to_ship:
        raise PiecesGone
    await _count(writer, order, {line.order_line_id: quantity}, "cancelled_quantity")
    await give_back_stock(writer, [Pieces(order, line, quantity)], held_as="sold")
    lines = await lines_of_locked(writer, order)
    if not any(each.to_ship for each in lines) and any(each.shipped_quantity for each in lines):
        await _wholly_shipped(writer, order, lines)


async def _wholly_shipped(writer: Writer, order: LockedOrder, lines: Sequence[LockedLine]) -> None:
    require_move(order.state, OrderState.SHIPPED)
    now = clock.now()
    await writer.run(
        """
        UPDATE shop_order SET state = 'shipped', shipped_at = %(now)s, confirm_due_at = %(confirm_due_at)s
        WHERE shop_id = %(shop_id)s AND order_id = %(order_id)s
        """,
        now=now,
        confirm_due_at=confirm_due(now, lines),
        shop_id=order.shop_id,
        order_id=order.order_id,
    )


def confirm_due(shipped_at: datetime, lines: Sequence[LockedLine]) -> datetime:
    """When a shipped order counts as received: the longest time of the categories in it."""
    return shipped_at + timedelta(days=max(line.confirm_days for line in lines))


async def _count(writer: Writer, order: LockedOrder, pieces: Mapping[OrderLineId, int], column: str) -> None:
    await writer.run(
        f"""
        UPDATE order_line SET {column} = order_line.{column} + counted.quantity
        FROM unnest(%(line_ids)s::bigint[], %(quantities)s::int[]) AS counted (order_line_id, quantity)
        WHERE order_line.shop_id = %(shop_id)s AND order_line.order_id = %(order_id)s
          AND order_line.order_line_id = counted.order_line_id
        """,  # noqa: S608 - the column is one of two written in this file
        line_ids=list(pieces),
        quantities=list(pieces.values()),
        shop_id=order.shop_id,
        order_id=order.order_id,
    )


async def _move(writer: Writer, order: LockedOrder, state: OrderState) -> None:
    require_move(order.state, state)
    await writer.run(
        "UPDATE shop_order SET state = %(state)s WHERE shop_id = %(shop_id)s AND order_id = %(order_id)s",
        state=state.value,
        shop_id=order.shop_id,
        order_id=order.order_id,
    )
