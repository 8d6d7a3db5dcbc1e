"""Writing files of waybills, and what must be known of orders to judge and apply them, in sets."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

import msgspec

from yellowcart.kernel.database import Reader, Writer, json_value
from yellowcart.kernel.ids import OrderId, PersonId, ShopId
from yellowcart.kernel.paging import Page, bounded_size, decode_cursor, page_of
from yellowcart.parcels.bulk.model import (
    FileId,
    FileState,
    JudgedRow,
    KnownOrder,
    RowFate,
    RowProblem,
    ShippingFile,
)

_FILE = """
SELECT shop_id, file_id, file_name, state, created_by, created_at, finished_at,
       (
           SELECT jsonb_build_object(
               'ready', count(*) FILTER (WHERE fate = 'ready'),
               'repeated', count(*) FILTER (WHERE fate = 'repeated'),
               'wrong', count(*) FILTER (WHERE fate = 'wrong'),
               'shipped', count(*) FILTER (WHERE fate = 'shipped'),
               'refused', count(*) FILTER (WHERE fate = 'refused')
           )
           FROM shipping_file_row
           WHERE shipping_file_row.shop_id = shipping_file.shop_id
             AND shipping_file_row.file_id = shipping_file.file_id
       ) AS counts
FROM shipping_file
"""
_ROW = """
SELECT number, order_written, carrier_written, waybill_written, order_id, order_line_id, quantity, carrier,
       waybill, fate, problem
FROM shipping_file_row
"""


async def read_file(reader: Reader, shop_id: ShopId, file_id: FileId) -> ShippingFile | None:
    """A file of a shop with the fates of its rows counted, or None."""
    return await reader.row(
        ShippingFile,
        f"{_FILE} WHERE shop_id = %(shop_id)s AND file_id = %(file_id)s",
        shop_id=shop_id,
        file_id=file_id,
    )


async def files_of_shop(
    reader: Reader, shop_id: ShopId, *, cursor: str | None = None, size: int | None = None
) -> Page[ShippingFile]:
    """A shop's files, the latest first. The caller has checked membership. Raises CursorBroken."""
    (before,) = decode_cursor(cursor, tuple[int], (2**53,))
    limit = bounded_size(size)
    rows = await reader.rows(
        ShippingFile,
        f"{_FILE} WHERE shop_id = %(shop_id)s AND file_id < %(before)s ORDER BY file_id DESC LIMIT %(limit)s",
        shop_id=shop_id,
        before=before,
        limit=limit + 1,
    )
    return page_of(rows, limit, lambda row: (row.file_id,))


async def rows_of_file(
    reader: Reader,
    shop_id: ShopId,
    file_id: FileId,
    *,
    fates: Collection[RowFate] = tuple(RowFate),
    cursor: str | None = None,
    size: int | None = None,
) -> Page[JudgedRow]:
    """Rows of a file in their order, those with one of the fates. Raises CursorBroken."""
    (after,) = decode_cursor(cursor, tuple[int], (0,))
    limit = bounded_size(size)
    rows = await reader.rows(
        JudgedRow,
        f"""
        {_ROW}
        WHERE shop_id = %(shop_id)s AND file_id = %(file_id)s AND number > %(after)s AND fate = ANY(%(fates)s)
        ORDER BY number
        LIMIT %(limit)s
        """,
        shop_id=shop_id,
        file_id=file_id,
        after=after,
        fates=[fate.value for fate in fates],
        limit=limit + 1,
    )
    return page_of(rows, limit, lambda row: (row.number,))


async def ready_rows_of_order(
    reader: Reader, shop_id: ShopId, file_id: FileId, order_id: OrderId
) -> list[JudgedRow]:
    """The rows of one order that are still to be applied, in their order."""
    return await reader.rows(
        JudgedRow,
        f"""
        {_ROW}
        WHERE shop_id = %(shop_id)s AND file_id = %(file_id)s AND order_id = %(order_id)s AND fate = 'ready'
        ORDER BY number
        LIMIT 5000
        """,
        shop_id=shop_id,
        file_id=file_id,
        order_id=order_id,
    )


async def add_file(
    writer: Writer,
    shop_id: ShopId,
    file_id: FileId,
    person_id: PersonId,
    *,
    name: str,
    content_hash: str,
    rows: Sequence[JudgedRow],
    now: datetime,
) -> None:
    """Write a file and its judged rows in one statement each."""
    await writer.run(
        """
        INSERT INTO shipping_file (shop_id, file_id, file_name, content_hash, state, created_by, created_at)
        VALUES (%(shop_id)s, %(file_id)s, %(name)s, %(content_hash)s, 'previewed', %(person_id)s, %(now)s)
        """,
        shop_id=shop_id,
        file_id=file_id,
        name=name,
        content_hash=content_hash,
        person_id=person_id,
        now=now,
    )
    await writer.run(
        """
        INSERT INTO shipping_file_row (shop_id, file_id, number, order_written, carrier_written, waybill_written,
                                       order_id, order_line_id, quantity, carrier, waybill, fate, problem)
        SELECT %(shop_id)s, %(file_id)s, number, order_written, carrier_written, waybill_written, order_id,
               order_line_id, quantity, carrier, waybill, fate, problem::jsonb
        FROM unnest(%(numbers)s::int[], %(orders_written)s::text[], %(carriers_written)s::text[],
                    %(waybills_written)s::text[], %(order_ids)s::bigint[], %(line_ids)s::bigint[],
                    %(quantities)s::int[], %(carriers)s::text[], %(waybills)s::text[], %(fates)s::text[],
                    %(problems)s::text[])
            AS judged (number, order_written, carrier_written, waybill_written, order_id, order_line_id, quantity,
                       carrier, waybill, fate, problem)
        """,
        shop_id=shop_id,
        file_id=file_id,
        **_columns(rows),
    )


def _columns(rows: Sequence[JudgedRow]) -> dict[str, list[Any]]:
    return {
        "numbers": [row.number for row in rows],
        "orders_written": [row.order_written for row in rows],
        "carriers_written": [row.carrier_written for row in rows],
        "waybills_written": [row.waybill_written for row in rows],
        "order_ids": [row.order_id for row in rows],
        "line_ids": [row.order_line_id for row in rows],
        "quantities": [row.quantity for row in rows],
        "carriers": [row.carrier for row in rows],
        "waybills": [row.waybill for row in rows],
        "fates": [row.fate.value for row in rows],
        "problems": [row.problem and msgspec.json.encode(row.problem).decode() for row in rows],
    }


async def settle_rows(
    writer: Writer,
    shop_id: ShopId,
    file_id: FileId,
    numbers: Sequence[int],
    fate: RowFate,
    problem: RowProblem | None = None,
) -> None:
    """Write down what became of rows that were ready."""
    await writer.run(
        """
        UPDATE shipping_file_row SET fate = %(fate)s, problem = %(problem)s
        WHERE shop_id = %(shop_id)s AND file_id = %(file_id)s AND number = ANY(%(numbers)s) AND fate = 'ready'
        """,
        fate=fate.value,
        problem=None if problem is None else json_value(problem),
        shop_id=shop_id,
        file_id=file_id,
        numbers=list(numbers),
    )


async def refuse_rest(writer: Writer, shop_id: ShopId, file_id: FileId, problem: RowProblem) -> None:
    """Refuse every row of a file that was still to be applied."""
    await writer.run(
        """
        UPDATE shipping_file_row SET fate = 'refused', problem = %(problem)s
        WHERE shop_id = %(shop_id)s AND file_id = %(file_id)s AND fate = 'ready'
        """,
        problem=json_value(problem),
        shop_id=shop_id,
        file_id=file_id,
    )


async def move_file(
    writer: Writer, shop_id: ShopId, file_id: FileId, before: FileState, after: FileState, now: datetime
) -> bool:
    """Bring a file from one state to another; False when it is not in the first."""
    ended = after in {FileState.APPLIED, FileState.DISCARDED}
    return bool(
        await writer.run(
            """
            UPDATE shipping_file SET state = %(after)s, finished_at = %(finished_at)s
            WHERE shop_id = %(shop_id)s AND file_id = %(file_id)s AND state = %(before)s
            """,
            before=before.value,
            after=after.value,
            finished_at=now if ended else None,
            shop_id=shop_id,
            file_id=file_id,
        )
    )


async def known_orders(
    reader: Reader, shop_id: ShopId, order_ids: Collection[OrderId]
) -> dict[OrderId, KnownOrder]:
    """What must be known of the shop's orders among these, in one statement."""
    rows = await reader.rows(
        KnownOrder,
        """
        SELECT shop_order.order_id, shop_order.state,
               EXISTS (
                   SELECT FROM order_stop
                   WHERE order_stop.shop_id = shop_order.shop_id AND order_stop.order_id = shop_order.order_id
                     AND lifted_at IS NULL
               ) AS is_stopped,
               EXISTS (
                   SELECT FROM address_change
                   WHERE address_change.shop_id = shop_order.shop_id
                     AND address_change.order_id = shop_order.order_id AND address_change.state = 'asked'
               ) AS has_address_change,
               coalesce((
                   SELECT jsonb_agg(
                       jsonb_build_object(
                           'order_line_id', order_line_id,
                           'to_ship', quantity - shipped_quantity - cancelled_quantity
                       ) ORDER BY order_line_id
                   )
                   FROM order_line
                   WHERE order_line.shop_id = shop_order.shop_id AND order_line.order_id = shop_order.order_id
                     AND quantity > shipped_quantity + cancelled_quantity
               ), '[]') AS lines,
               coalesce((
                   SELECT jsonb_agg(
                       jsonb_build_object(
                           'carrier', carrier,
                           'waybill', waybill,
                           'line_ids', ARRAY(
                               SELECT order_line_id FROM shipment_line
                               WHERE shipment_line.shop_id = shipment.shop_id
                                 AND shipment_line.shipment_id = shipment.shipment_id
                           )
                       )
                   )
                   FROM shipment
                   WHERE shipment.shop_id = shop_order.shop_id AND shipment.order_id = shop_order.order_id
                     AND purpose = 'order'
               ), '[]') AS parcels
        FROM shop_order
        WHERE shop_order.shop_id = %(shop_id)s AND shop_order.order_id = ANY(%(order_ids)s)
        LIMIT %(most)s
        """,
        shop_id=shop_id,
        order_ids=list(order_ids),
        most=len(order_ids),
    )
    return {row.order_id: row for row in rows}


async def named_elsewhere(reader: Reader, waybills: Collection[tuple[str, str]]) -> set[tuple[str, str]]:
    """Which of these carriers and waybills name a parcel already, in whichever shop."""
    rows = await reader.records(
        """
        SELECT carrier, waybill FROM waybill
        WHERE (carrier, waybill) IN (SELECT * FROM unnest(%(carriers)s::text[], %(waybills)s::text[]))
        LIMIT %(most)s
        """,
        carriers=[carrier for carrier, _ in waybills],
        waybills=[waybill for _, waybill in waybills],
        most=len(waybills),
    )
    return {(row["carrier"], row["waybill"]) for row in rows}
