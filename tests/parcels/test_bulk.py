"""Files of waybills: out as orders to ship, back with waybills, judged row by row and applied order by order."""

import asyncio
import io
from datetime import timedelta

import pytest
from openpyxl import Workbook
from psycopg import OperationalError

from tests.conftest import MORNING
from tests.parcels.packing import SF, PackingTable
from yellowcart.accounts.model import Person
from yellowcart.kernel import clock
from yellowcart.kernel.database import Database, Writer
from yellowcart.kernel.errors import NotFound, Refusal
from yellowcart.kernel.file_errors import ColumnsMissing, ColumnTwice, FileEmpty
from yellowcart.kernel.file_on_disk import on_disk
from yellowcart.kernel.file_writing import csv_text_of_pages, workbook_bytes
from yellowcart.kernel.ids import OrderId, PersonId, ShopId
from yellowcart.kernel.translation import Locale
from yellowcart.orders.model import OrderState, StopReason
from yellowcart.orders.stop import stop_order
from yellowcart.orders.store import lock_order
from yellowcart.parcels.bulk import apply as applying
from yellowcart.parcels.bulk.apply import FileMoved, apply_file, discard_file, forget_old_files, go_on_with_files
from yellowcart.parcels.bulk.columns import RowsOfFileTooMany, shown_columns
from yellowcart.parcels.bulk.files import result_columns, result_rows, rows_to_ship
from yellowcart.parcels.bulk.judge import NOT_IN_PARCEL
from yellowcart.parcels.bulk.model import FileId, FileState, JudgedRow, RowFate, ShippingFile
from yellowcart.parcels.bulk.preview import preview_file
from yellowcart.parcels.bulk.store import read_file, rows_of_file
from yellowcart.parcels.model import NewShipment, Shipped
from yellowcart.parcels.rules import WAYBILL_SHORTENED
from yellowcart.parcels.ship import ship_order
from yellowcart.parcels.to_ship import ToShip

HEAD = "订单编号,快递公司,运单号\n"


async def preview(table: PackingTable, content: str | bytes, name: str = "发货.csv") -> FileId:
    stream = io.BytesIO(content.encode() if isinstance(content, str) else content)

    async def read(most: int) -> bytes:
        return stream.read(most)

    async with on_disk(name, read) as file:
        return await preview_file(table.database, table.merchant, table.world.shop_id, file)


async def rows(table: PackingTable, file_id: FileId) -> list[JudgedRow]:
    async with table.database.reading() as reader:
        return (await rows_of_file(reader, table.world.shop_id, file_id, size=100)).items


async def fates(table: PackingTable, file_id: FileId) -> list[str]:
    return [row.fate.value for row in await rows(table, file_id)]


async def apply_it(table: PackingTable, file_id: FileId) -> ShippingFile:
    return await apply_file(table.database, table.merchant, table.world.shop_id, file_id)


async def test_orders_go_out_as_a_file_and_come_back_shipped(table: PackingTable) -> None:
    orders = [await table.paid(2, 1), await table.paid(1)]
    for locale in Locale:
        pieces = csv_text_of_pages(
            shown_columns(locale), rows_to_ship(table.database, table.world.shop_id, ToShip.ALL)
        )
        text = "".join([piece async for piece in pieces])
    lines = text.splitlines()
    assert len(lines) == 4
    filled = "\r\n".join(
        [
            lines[0],
            *(
                line + f"SF Express,SF000000000{number}"
                for number, line in enumerate([lines[1][:-1], lines[2][:-1], lines[3][:-1]])
            ),
        ]
    )
    filled = filled.replace("SF0000000001", "SF0000000000")
    file_id = await preview(table, filled)
    assert await fates(table, file_id) == ["ready"] * 3
    assert (await apply_it(table, file_id)).state is FileState.APPLIED
    assert await fates(table, file_id) == ["shipped"] * 3
    for order_id in orders:
        assert (await table.detail(order_id)).order.state is OrderState.SHIPPED
        assert len(await table.parcels(order_id)) == 1


async def test_a_workbook_does_the_same_and_numbers_stay_whole(table: PackingTable) -> None:
    order_id = await table.paid()
    content = workbook_bytes(
        "发货", ["Order number", "Carrier", "Waybill number"], [[str(order_id), "YTO", "YT8812345678901"]]
    )
    file_id = await preview(table, content, "ship.xlsx")
    await apply_it(table, file_id)
    assert [each.waybill for each in await table.parcels(order_id)] == ["YT8812345678901"]


async def test_a_waybill_that_a_spreadsheet_shortened_is_refused_and_not_mangled(table: PackingTable) -> None:
    order_id = await table.paid()
    book = Workbook()
    assert book.active is not None
    book.active.append(["订单号", "快递公司", "快递单号"])
    book.active.append([str(order_id), "中通", 77_312_345_678_901_234])
    content = io.BytesIO()
    book.save(content)
    for file_id in (
        await preview(table, content.getvalue(), "wps.xlsx"),
        await preview(table, f"{HEAD}{order_id},申通,7.73123E+14\n"),
    ):
        (row,) = await rows(table, file_id)
        assert row.fate is RowFate.WRONG
        assert row.problem is not None
        assert row.problem.message == WAYBILL_SHORTENED
        assert "表格软件" in row.problem.text(Locale.CHINESE)


async def test_every_problem_is_named_with_its_row(table: PackingTable) -> None:
    paid = [await table.paid() for _ in range(6)]
    stopped, shipped = await table.paid(), await table.paid()
    await table.ship(shipped)
    async with table.database.writing() as writer:
        order = await lock_order(writer, table.world.shop_id, stopped)
        await stop_order(writer, order, StopReason.RISK, "operator", person=None)
    content = HEAD + "".join(
        f"{order},{carrier},{waybill}\n"
        for order, carrier, waybill in (
            (paid[0], "顺丰", "SF0000000001"),
            (12345, "顺丰", "SF0000000002"),
            ("7.13E+14", "顺丰", "SF0000000003"),
            (paid[1], "鸽子", "SF0000000004"),
            (paid[2], "顺丰", "SF12"),
            (paid[3], "顺丰", SF),
            (stopped, "顺丰", "SF0000000005"),
            (shipped, "顺丰", SF),
            (shipped, "顺丰", "SF0000000006"),
            (paid[4], "顺丰", "SF0000000007"),
            (paid[5], "顺丰", "SF0000000007"),
            ("", "", ""),
            (paid[1], "", ""),
        )
    )
    file_id = await preview(table, content)
    judged = await rows(table, file_id)
    assert [(row.number, row.fate.value) for row in judged] == [
        (2, "ready"),
        (3, "wrong"),
        (4, "wrong"),
        (5, "wrong"),
        (6, "wrong"),
        (7, "wrong"),
        (8, "wrong"),
        (9, "repeated"),
        (10, "wrong"),
        (11, "wrong"),
        (12, "wrong"),
    ]
    assert len({row.problem.message for row in judged if row.problem}) == 8
    assert (await apply_it(table, file_id)).counts.shipped == 1
    assert (await table.detail(paid[4])).order.state is OrderState.PAID
    told = [
        row
        async for page in result_rows(table.database, table.world.shop_id, file_id, Locale.CHINESE)
        for row in page
    ]
    assert len(told) == 11
    assert all(len(row) == len(result_columns(Locale.CHINESE)) for row in told)


async def test_pieces_of_lines_are_split_over_parcels(table: PackingTable) -> None:
    order_id = await table.paid(3, 1)
    first, second = await table.lines(order_id)
    head = "order,line,pieces,carrier,waybill\n"
    file_id = await preview(
        table,
        head
        + f"{order_id},{first},2,SF,SF0000000001\n"
        + f"{order_id},{first},1,SF,SF0000000002\n"
        + f"{order_id},{second},,SF,SF0000000002\n",
    )
    assert await fates(table, file_id) == ["ready"] * 3
    await apply_it(table, file_id)
    parcels = {each.waybill: [line.quantity for line in each.lines] for each in await table.parcels(order_id)}
    assert parcels == {"SF0000000001": [2], "SF0000000002": [1, 1]}


@pytest.mark.parametrize(
    "lines",
    [
        "{order},{first},4,SF,SF0000000001\n",
        "{order},{first},0,SF,SF0000000001\n",
        "{order},{first},-1,SF,SF0000000001\n",
        "{order},{first},1000000000000,SF,SF0000000001\n",
        "{order},1,1,SF,SF0000000001\n",
        "{order},x,1,SF,SF0000000001\n",
        "{order},,1,SF,SF0000000001\n",
        "{order},{first},2,SF,SF0000000001\n{order},{first},2,SF,SF0000000002\n",
        "{order},{first},1,SF,SF0000000001\n{order},{first},1,SF,SF0000000001\n",
        "{order},{first},1,SF,SF0000000001\n{order},,,SF,SF0000000001\n",
        "{order},,,SF,SF0000000001\n{order},,,SF,SF0000000002\n",
        "{order},{first},1,SF,SF0000000001\n{order},1,1,SF,SF0000000001\n",
    ],
)
async def test_more_than_there_is_or_said_twice_is_wrong(table: PackingTable, lines: str) -> None:
    order_id = await table.paid(3, 1)
    first, _ = await table.lines(order_id)
    file_id = await preview(
        table, "order,line,pieces,carrier,waybill\n" + lines.format(order=order_id, first=first)
    )
    assert RowFate.WRONG in {row.fate for row in await rows(table, file_id)}


async def test_what_changed_since_the_preview_is_refused_and_told(table: PackingTable) -> None:
    orders = [await table.paid(), await table.paid()]
    file_id = await preview(table, HEAD + "".join(f"{each},SF,SF000000000{n}\n" for n, each in enumerate(orders)))
    await table.ship(orders[0], "SF0000000009")
    applied = await apply_it(table, file_id)
    assert (applied.counts.shipped, applied.counts.refused) == (1, 1)
    refused = (await rows(table, file_id))[0]
    assert refused.problem is not None
    assert refused.problem.text(Locale.CHINESE)


async def test_a_file_is_applied_once_though_many_press(table: PackingTable) -> None:
    orders = [await table.paid() for _ in range(4)]
    file_id = await preview(table, HEAD + "".join(f"{each},SF,SF000000000{n}\n" for n, each in enumerate(orders)))
    await asyncio.gather(*(apply_it(table, file_id) for _ in range(3)), return_exceptions=True)
    assert await fates(table, file_id) == ["shipped"] * 4
    for order_id in orders:
        assert len(await table.parcels(order_id)) == 1
    with pytest.raises(FileMoved):
        await apply_it(table, file_id)


async def test_the_worker_goes_on_where_the_page_stopped(
    table: PackingTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(applying, "ORDERS_AT_ONCE", 2)
    orders = [await table.paid() for _ in range(5)]
    file_id = await preview(table, HEAD + "".join(f"{each},SF,SF000000000{n}\n" for n, each in enumerate(orders)))
    begun = await apply_it(table, file_id)
    assert (begun.state, begun.counts.shipped) == (FileState.APPLYING, 2)
    while await go_on_with_files(table.database):
        pass
    async with table.database.reading() as reader:
        applied = await read_file(reader, table.world.shop_id, file_id)
    assert applied is not None
    assert (applied.state, applied.counts.shipped) == (FileState.APPLIED, 5)


async def test_a_defect_in_one_order_stops_neither_its_file_nor_others(
    table: PackingTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(applying, "ORDERS_AT_ONCE", 1)
    orders = [await table.paid() for _ in range(4)]
    names = [f"SF000000000{number}" for number in range(4)]
    files = [
        await preview(table, HEAD + f"{orders[at]},SF,{names[at]}\n{orders[at + 1]},SF,{names[at + 1]}\n")
        for at in (0, 2)
    ]

    async def ship_or_break(
        writer: Writer, person: Person, shop_id: ShopId, order_id: OrderId, shipment: NewShipment
    ) -> Shipped:
        if order_id == orders[1]:
            raise ZeroDivisionError
        return await ship_order(writer, person, shop_id, order_id, shipment)

    monkeypatch.setattr(applying, "ship_order", ship_or_break)
    for file_id in files:
        await apply_it(table, file_id)
    while await go_on_with_files(table.database):
        pass
    assert [await fates(table, file_id) for file_id in files] == [["shipped", "refused"], ["shipped", "shipped"]]


async def test_a_file_that_cannot_go_on_leaves_the_others_going(
    table: PackingTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(applying, "ORDERS_AT_ONCE", 1)
    orders = [await table.paid() for _ in range(4)]
    files = []
    for at in (0, 2):
        lines = "".join(f"{orders[at + number]},SF,SF000000000{at + number}\n" for number in range(2))
        files.append(await preview(table, HEAD + lines))
        await apply_it(table, files[-1])
    on = applying.ship_some

    async def break_or_go_on(database: Database, shop_id: ShopId, file_id: FileId, person_id: PersonId) -> int:
        if file_id == files[0]:
            raise OperationalError
        return await on(database, shop_id, file_id, person_id)

    monkeypatch.setattr(applying, "ship_some", break_or_go_on)
    while await go_on_with_files(table.database):
        pass
    assert [await fates(table, file_id) for file_id in files] == [["shipped", "ready"], ["shipped", "shipped"]]


async def test_a_file_of_somebody_who_was_shut_out_stops(
    table: PackingTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(applying, "ORDERS_AT_ONCE", 1)
    orders = [await table.paid() for _ in range(3)]
    file_id = await preview(table, HEAD + "".join(f"{each},SF,SF000000000{n}\n" for n, each in enumerate(orders)))
    await apply_it(table, file_id)
    async with table.database.writing() as writer:
        await writer.run(
            "UPDATE person SET state = 'disabled' WHERE person_id = %(id)s", id=table.world.merchant_id
        )
    while await go_on_with_files(table.database):
        pass
    assert await fates(table, file_id) == ["shipped", "refused", "refused"]
    async with table.database.reading() as reader:
        stopped = await read_file(reader, table.world.shop_id, file_id)
    assert stopped is not None
    assert stopped.state is FileState.APPLIED


@pytest.mark.parametrize(
    ("content", "refusal"),
    [
        ("订单号,快递公司\n1,SF\n", ColumnsMissing),
        ("订单号,订单编号,快递公司,运单号\n1,1,SF,SF0000000001\n", ColumnTwice),
        (HEAD, FileEmpty),
        ("", FileEmpty),
        (HEAD + "".join(f"{n},SF,SF{n:010d}\n" for n in range(5_001)), RowsOfFileTooMany),
    ],
)
async def test_a_file_that_is_none_is_refused_as_a_whole(
    table: PackingTable, content: str, refusal: type[Refusal]
) -> None:
    with pytest.raises(refusal):
        await preview(table, content)


async def test_a_preview_ships_nothing_and_can_be_discarded(table: PackingTable, still_clock: clock.Clock) -> None:
    order_id = await table.paid()
    file_id = await preview(table, f"{HEAD}{order_id},SF,{SF}\n")
    async with table.database.writing() as writer:
        for _ in range(2):
            await discard_file(writer, table.merchant, table.world.shop_id, file_id)
        with pytest.raises(NotFound):
            await discard_file(writer, table.buyer, table.world.shop_id, file_id)
    with pytest.raises(FileMoved):
        await apply_it(table, file_id)
    assert (await table.detail(order_id)).order.state is OrderState.PAID
    still_clock.freeze(MORNING + timedelta(days=31))
    assert await forget_old_files(table.database) == 1
    assert await rows(table, file_id) == []


async def test_another_shops_order_is_unknown(table: PackingTable) -> None:
    from tests.small_world import make_small_world

    elsewhere = PackingTable(till=table.till, world=await make_small_world(table.database), buyer=table.buyer)
    theirs: OrderId = await elsewhere.paid()
    file_id = await preview(table, f"{HEAD}{theirs},SF,{SF}\n")
    assert await fates(table, file_id) == ["wrong"]


LINES_HEAD = "订单编号,行号,快递公司,运单号\n"


@pytest.mark.parametrize(
    "second", ["{order},{line},顺丰速运物流,{waybill}", ",{line},SF,{waybill}", "77,{line},SF,{waybill}"]
)
async def test_half_a_parcel_is_none_whatever_of_its_other_row_cannot_be_read(
    table: PackingTable, second: str
) -> None:
    order_id = await table.paid(1, 1)
    one, two = await table.lines(order_id)
    wrong = second.format(order=order_id, line=two, waybill=f" {SF.lower()} ")
    file_id = await preview(table, f"{LINES_HEAD}{order_id},{one},SF,{SF}\n{wrong}\n")
    assert await fates(table, file_id) == ["wrong", "wrong"]
    await apply_it(table, file_id)
    assert await table.parcels(order_id) == []
    mended = await preview(table, f"{LINES_HEAD}{order_id},{one},SF,{SF}\n{order_id},{two},SF,{SF}\n")
    await apply_it(table, mended)
    assert await fates(table, mended) == ["shipped", "shipped"]


async def test_an_order_cell_that_spans_two_rows_ships_neither(table: PackingTable) -> None:
    order_id = await table.paid(1, 1)
    one, two = await table.lines(order_id)
    book = Workbook()
    assert book.active is not None
    for cells in (
        ["订单编号", "行号", "快递公司", "运单号"],
        [str(order_id), one, "SF", SF],
        [None, two, "SF", SF],
    ):
        book.active.append(cells)
    book.active.merge_cells("A2:A3")
    content = io.BytesIO()
    book.save(content)
    assert await fates(table, await preview(table, content.getvalue(), "合并.xlsx")) == ["wrong", "wrong"]


async def test_a_line_that_a_parcel_left_without_is_not_called_shipped(table: PackingTable) -> None:
    order_id = await table.paid(1, 1)
    one, two = await table.lines(order_id)
    await table.ship(order_id, pieces={one: 1})
    file_id = await preview(table, f"{LINES_HEAD}{order_id},{one},SF,{SF}\n{order_id},{two},SF,{SF}\n")
    assert await fates(table, file_id) == ["repeated", "wrong"]
    assert [row.problem and row.problem.message for row in await rows(table, file_id)] == [None, NOT_IN_PARCEL]
