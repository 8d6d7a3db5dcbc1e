"""The files that go out: orders to ship, one row a line, and what became of the rows of a file of waybills."""

from collections.abc import AsyncIterator

from yellowcart.kernel.database import Database
from yellowcart.kernel.file_writing import Cell, Column, Kind
from yellowcart.kernel.ids import ShopId
from yellowcart.kernel.paging import PAGE_SIZE_MAX
from yellowcart.kernel.translation import N_, Locale, translate
from yellowcart.orders.model import DeliveryAddress
from yellowcart.parcels.bulk.model import FileId, JudgedRow, RowFate
from yellowcart.parcels.bulk.store import rows_of_file
from yellowcart.parcels.to_ship import ToShip, addresses_of_orders, lines_to_ship, orders_to_ship

WORKBOOK_ROWS_MAX = 5_000
"""Lines that a workbook takes: it is made in memory, and comes back as a file of at most so many rows."""

FATE_WORDS = {
    RowFate.READY: N_("Will be shipped"),
    RowFate.REPEATED: N_("Shipped before"),
    RowFate.WRONG: N_("Wrong"),
    RowFate.SHIPPED: N_("Shipped by this file"),
    RowFate.REFUSED: N_("Not shipped"),
}
_RESULT = (
    Column(N_("Row"), Kind.COUNT),
    Column(N_("Order number"), Kind.ID),
    Column(N_("Carrier"), Kind.TEXT),
    Column(N_("Waybill number"), Kind.ID),
    Column(N_("Result"), Kind.TEXT),
    Column(N_("Why"), Kind.TEXT),
)


async def rows_to_ship(database: Database, shop_id: ShopId, show: ToShip) -> AsyncIterator[list[tuple[Cell, ...]]]:
    """The rows of the file of orders to ship, page by page, each page read for itself: whoever downloads slowly
    holds nobody up. The caller has checked membership."""
    cursor: str | None = None
    while True:
        async with database.reading() as reader:
            found = await orders_to_ship(reader, shop_id, show, cursor=cursor, size=PAGE_SIZE_MAX)
            order_ids = [order.order_id for order in found.items]
            lines = await lines_to_ship(reader, shop_id, order_ids)
            addresses = await addresses_of_orders(reader, shop_id, order_ids)
        yield [
            (
                str(order.order_id),
                str(line.order_line_id),
                line.title,
                line.sku_name,
                line.to_ship,
                *_delivery(addresses[order.order_id]),
                order.note,
                order.ship_due_at,
                None,
                None,
            )
            for order in found.items
            for line in lines[order.order_id]
        ]
        cursor = found.next_cursor
        if cursor is None:
            return


def _delivery(address: DeliveryAddress) -> tuple[str, str, str]:
    place = f"{address.province} {address.city} {address.district} {address.street}"
    return address.recipient, address.phone, place


async def result_rows(
    database: Database, shop_id: ShopId, file_id: FileId, locale: Locale
) -> AsyncIterator[list[tuple[Cell, ...]]]:
    """What became of each row of a file, page by page, those that failed with the reason."""
    cursor: str | None = None
    while True:
        async with database.reading() as reader:
            found = await rows_of_file(reader, shop_id, file_id, cursor=cursor, size=PAGE_SIZE_MAX)
        yield [_result(row, locale) for row in found.items]
        cursor = found.next_cursor
        if cursor is None:
            return


def result_columns(locale: Locale) -> list[Column]:
    """The columns of the result, in the reader's language."""
    return [Column(translate(column.heading, locale), column.kind) for column in _RESULT]


def _result(row: JudgedRow, locale: Locale) -> tuple[Cell, ...]:
    return (
        row.number,
        row.order_written,
        row.carrier_written,
        row.waybill_written,
        translate(FATE_WORDS[row.fate], locale),
        row.problem.text(locale) if row.problem else None,
    )
