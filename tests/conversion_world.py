"""Reports of outside networks as their back offices and APIs write them, and listings that led to the orders."""

import csv
import io
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
from openpyxl import Workbook

from tests.conftest import MORNING
from tests.stage_world import Host, live_room
from yellowcart.accounts.model import Person
from yellowcart.conversions.model import Conversion, ConversionState, Network, Outcome, ReportedLine
from yellowcart.conversions.report_reading import of_lines, read_report
from yellowcart.conversions.take_in import take_in_lines, today
from yellowcart.kernel.database import Database, Writer
from yellowcart.kernel.idempotency import hash_of
from yellowcart.kernel.ids import CreatorId, JumpId, ListingId, new_id

ITEM = "557064123456"
PROMOTION = "mm_26826841_10856508_54376929"
ORDER = "821039008321125986"
LINE = "821039008322125986"
YESTERDAY = MORNING - timedelta(days=1)

OLD_TAOBAO = {
    "创建时间": "2022-02-24 11:30:00",
    "点击时间": "2022-02-24 11:20:00",
    "商品信息": "铸铁锅 30 厘米",
    "商品ID": ITEM,
    "掌柜旺旺": "锅具旗舰店",
    "所属店铺": "锅具旗舰店",
    "商品数": "1",
    "商品单价": "128.00",
    "订单状态": "订单付款",
    "订单类型": "天猫",
    "收入比率": "10.50 %",
    "分成比率": "100.00 %",
    "付款金额": "118.50",
    "效果预估": "12.44",
    "结算金额": "0.00",
    "预估收入": "0.00",
    "结算时间": "",
    "佣金比率": "10.50 %",
    "佣金金额": "0.00",
    "订单编号": ORDER,
    "类目名称": "厨房",
    "来源媒体ID": "10856508",
    "来源媒体名称": "小波",
    "广告位ID": "54376929",
    "广告位名称": "直播",
}
"""One line of the alliance's older file."""

NEW_TAOBAO = {
    "创建时间": "2022-02-24 11:30:00",
    "付款时间": "2022-02-24 11:31:00",
    "点击时间": "2022-02-24 11:20:00",
    "结算时间": "",
    "商品标题": "铸铁锅 30 厘米",
    "店铺名称": "锅具旗舰店",
    "商品ID": ITEM,
    "商品数量": "1",
    "商品单价": "128.00",
    "付款金额": "118.50",
    "淘宝订单编号": ORDER,
    "淘宝子订单号": LINE,
    "订单状态": "已付款",
    "结算金额": "--",
    "佣金比率": "10.50%",
    "付款预估收入": "12.44",
    "结算预估收入": "0.00",
    "推广者身份": "二方",
    "媒体ID": "10856508",
    "推广位ID": "54376929",
}
"""One line of the alliance's newer file."""

JD_EXPORT = {
    "订单号": "83579541627",
    "下单时间": "2022-02-24 11:30:00",
    "完成时间": "",
    "订单状态": "已付款",
    "商品ID": "100000070152",
    "商品名称": "取暖器",
    "商品数量": "1",
    "商品单价": "29.90",
    "佣金比例": "1.5",
    "预估计佣金额": "24.90",
    "预估佣金": "0.37",
    "实际计佣金额": "0",
    "实际佣金": "0",
    "预估结算时间": "",
    "推广位ID": "3001",
    "推客ID": "1000072348",
}

PINDUODUO_EXPORT = {
    "订单编号": "220224-236494521293864",
    "商品ID": "558132",
    "商品名称": "护手霜",
    "商品价格": "9.90",
    "商品数量": "1",
    "支付金额": "9.90",
    "佣金比例": "45.0%",
    "佣金": "4.46",
    "订单状态": "已成团",
    "推广位ID": "1000939_25578619",
    "支付时间": "2022-02-24 11:30:00",
    "成团时间": "2022-02-24 11:40:00",
    "审核时间": "",
    "结算时间": "",
}


def jd_row(**changes: object) -> dict[str, object]:
    """An object of jd.union.open.order.row.query."""
    return {
        "id": "415900297816660001",
        "orderId": 83579541627,
        "parentId": 0,
        "orderTime": "2022-02-24 11:30:00",
        "finishTime": "",
        "modifyTime": "2022-02-24 11:31:00",
        "skuId": 100000070152,
        "skuName": "取暖器",
        "skuNum": 1,
        "skuReturnNum": 0,
        "price": 29.9,
        "commissionRate": 1.5,
        "estimateCosPrice": 24.9,
        "estimateFee": 0.37,
        "actualCosPrice": 0.0,
        "actualFee": 0.0,
        "validCode": 16,
        "payMonth": 0,
        "positionId": 3001,
        "unionId": 1000072348,
        "pid": "",
        "goodsInfo": {"shopName": "华生旗舰店"},
    } | changes


def jd_answer(*rows: Mapping[str, object]) -> bytes:
    """The API's answer: its result is a JSON text within JSON, and the word is misspelt as JD misspells it."""
    result = msgspec.json.encode({"code": 200, "data": rows, "hasMore": False, "message": "success"}).decode()
    return msgspec.json.encode({"jd_union_open_order_row_query_responce": {"code": "0", "queryResult": result}})


def pinduoduo_order(**changes: object) -> dict[str, object]:
    """An object of pdd.ddk.order.list.range.get."""
    return {
        "order_sn": "220224-236494521293864",
        "goods_id": 558132,
        "goods_name": "护手霜",
        "goods_price": 990,
        "goods_quantity": 1,
        "order_amount": 990,
        "promotion_amount": 446,
        "promotion_rate": 450,
        "order_status": 1,
        "order_status_desc": "已成团",
        "order_create_time": 1645673400,
        "order_pay_time": 1645673405,
        "order_receive_time": None,
        "order_settle_time": None,
        "order_modify_at": 1645673500,
        "p_id": "1000939_25578619",
        "fail_reason": "",
    } | changes


def pinduoduo_answer(*orders: Mapping[str, object]) -> bytes:
    """The API's answer."""
    return msgspec.json.encode({"order_list_get_response": {"order_list": orders, "total_count": len(orders)}})


def taobao_order(**changes: object) -> dict[str, object]:
    """An object of taobao.tbk.order.details.get."""
    return {
        "trade_id": LINE,
        "trade_parent_id": ORDER,
        "tk_status": 12,
        "tk_order_role": 2,
        "item_id": int(ITEM),
        "item_title": "铸铁锅 30 厘米",
        "item_num": 1,
        "item_price": "128.00",
        "alipay_total_price": "118.50",
        "pay_price": "0.00",
        "pub_share_pre_fee": "12.44",
        "pub_share_fee": "0",
        "total_commission_rate": "10.50",
        "tk_create_time": "2022-02-24 11:30:00",
        "tk_paid_time": "2022-02-24 11:31:00",
        "tk_earning_time": "--",
        "click_time": "2022-02-24 11:20:00",
        "modified_time": "2022-02-24 11:31:30",
        "pub_id": 26826841,
        "site_id": 10856508,
        "adzone_id": 54376929,
        "seller_shop_title": "锅具旗舰店",
    } | changes


def taobao_answer(*orders: Mapping[str, object]) -> bytes:
    """The API's answer."""
    data = {"has_next": False, "results": {"publisher_order_dto": orders}}
    return msgspec.json.encode({"tbk_order_details_get_response": {"data": data, "request_id": "1"}})


def csv_bytes(*lines: Mapping[str, str], encoding: str = "utf-8-sig", delimiter: str = ",") -> bytes:
    """A table of lines with the same columns."""
    buffer = io.StringIO(newline="")
    writer = csv.DictWriter(buffer, list(lines[0]), delimiter=delimiter, lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(lines)
    return buffer.getvalue().encode(encoding)


def write_workbook(path: Path, lines: Sequence[Mapping[str, Any]]) -> Path:
    """The same as a workbook; numbers stay numbers."""
    workbook = Workbook()
    sheet = workbook.worksheets[0]
    sheet.append(list(lines[0]))
    for line in lines:
        sheet.append(list(line.values()))
    workbook.save(path)
    return path


def read(path: Path, network: Network | None = None, *, content: bytes | None = None) -> list[ReportedLine]:
    """The lines of a report, which must all be right."""
    if content is not None:
        path.write_bytes(content)
    with read_report(path, network, today()) as report:
        assert report.problems == []
        return [each.line for batch in report.batches(7) for each in batch]


def line_of(**changes: Any) -> ReportedLine:
    """A paid line of the alliance, changed as asked."""
    fields: dict[str, Any] = {
        "network": Network.TAOBAO_UNION,
        "order_line_id": LINE,
        "order_id": ORDER,
        "state": ConversionState.PAID,
        "network_word": "12",
        "item_id": ITEM,
        "paid_fen": 11_850,
        "base_fen": 11_850,
        "commission_estimated_fen": 1_244,
        "promotion_id": PROMOTION,
        "placed_at": YESTERDAY,
        "paid_at": YESTERDAY + timedelta(minutes=1),
    }
    return ReportedLine(**(fields | changes))


async def send(database: Database, person: Person, *lines: ReportedLine) -> Outcome:
    """Take lines in as one call."""
    async with database.writing() as writer:
        report = of_lines(lines, lines[0].network)
        return await take_in_lines(writer, person, report, "API", hash_of(list(lines)))


async def known_line(database: Database, key: str = LINE, network: Network = Network.TAOBAO_UNION) -> Conversion:
    """A line as the table has it."""
    async with database.reading() as reader:
        found = await reader.row(
            Conversion,
            "SELECT * FROM conversion WHERE network = %(network)s AND order_line_id = %(key)s",
            network=network.value,
            key=key,
        )
    assert found is not None
    return found


async def outside_listing(
    database: Database,
    host: Host,
    *,
    source: str = "taobao_union",
    item_id: str = ITEM,
    promotion_id: str | None = PROMOTION,
    created_at: datetime = MORNING - timedelta(days=20),
) -> ListingId:
    """A listing in the cart of a room of the host, as it stood some time ago."""
    async with database.reading() as reader:
        room_id = await reader.value("SELECT max(room_id) FROM room WHERE creator_id = %(id)s", id=host.creator_id)
    room_id = room_id or (await live_room(database, host)).room_id
    listing_id = new_id(ListingId)
    async with database.writing() as writer:
        await writer.run(
            """
            INSERT INTO listing (listing_id, creator_id, surface, room_id, position, state, source, title, url,
                                 item_id, promotion_id, created_at, put_on_at)
            VALUES (%(listing_id)s, %(creator_id)s, 'live_cart', %(room_id)s, 1, 'on_cart', %(source)s, '铸铁锅',
                    'https://item.taobao.com/item.htm?id=1', %(item_id)s, %(promotion_id)s, %(at)s, %(at)s)
            """,
            listing_id=listing_id,
            creator_id=host.creator_id,
            room_id=room_id,
            source=source,
            item_id=item_id,
            promotion_id=promotion_id,
            at=created_at,
        )
    return listing_id


async def jump(writer: Writer, listing_id: ListingId, clicked_at: datetime) -> JumpId:
    """A viewer who left through a listing."""
    jump_id = new_id(JumpId)
    await writer.run(
        """
        INSERT INTO jump_out (jump_id, jump_key, listing_id, creator_id, surface, room_id, source, item_id,
                              promotion_id, visitor, clicked_at)
        SELECT %(jump_id)s, %(jump_key)s, listing_id, creator_id, surface, room_id, source, item_id, promotion_id,
               'visitor', %(at)s
        FROM listing WHERE listing_id = %(listing_id)s
        """,
        jump_id=jump_id,
        jump_key=f"jump-{jump_id}",
        listing_id=listing_id,
        at=clicked_at,
    )
    return jump_id


def creator_of(line: Conversion) -> tuple[str | None, CreatorId | None]:
    """By what a line was counted, and to whom."""
    return (None if line.attributed_by is None else line.attributed_by.value, line.creator_id)
