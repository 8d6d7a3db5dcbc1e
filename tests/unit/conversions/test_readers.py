"""Every form of report, with the traps of its units, its ids, its states and its times."""

from datetime import UTC, date, datetime
from pathlib import Path

import msgspec
import pytest

from tests.conversion_world import (
    ITEM,
    JD_EXPORT,
    LINE,
    NEW_TAOBAO,
    OLD_TAOBAO,
    ORDER,
    PINDUODUO_EXPORT,
    csv_bytes,
    jd_answer,
    jd_row,
    pinduoduo_answer,
    pinduoduo_order,
    read,
    taobao_answer,
    taobao_order,
    write_workbook,
)
from yellowcart.catalog.imports.file_product import RowProblem
from yellowcart.conversions.errors import (
    ReportFormUnknown,
    ReportHoldsNothing,
    ReportIsAnError,
    ReportOfOtherNetwork,
    ReportUnreadable,
)
from yellowcart.conversions.model import ConversionState, Network, ReportedLine
from yellowcart.conversions.report_reading import decoded, read_document, read_report

DAY = date(2022, 2, 25)
ELEVEN_THIRTY = datetime(2022, 2, 24, 3, 30, tzinfo=UTC)


def lines_of(content: bytes, network: Network) -> list[ReportedLine]:
    with read_document(decoded(content), network, DAY) as report:
        assert report.problems == []
        return [each.line for batch in report.batches(100) for each in batch]


def one_of(content: bytes, network: Network) -> ReportedLine:
    (line,) = lines_of(content, network)
    return line


def problems_of(path: Path, content: bytes, network: Network | None = None) -> list[RowProblem]:
    path.write_bytes(content)
    with read_report(path, network, DAY) as report:
        assert report.wrong_count == len({problem.row for problem in report.problems})
        return report.problems


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "report"


@pytest.mark.parametrize(
    ("encoding", "delimiter"),
    [("utf-8", ","), ("utf-8-sig", ","), ("gbk", ","), ("gb18030", "\t"), ("utf-16", "\t")],
)
def test_the_older_taobao_file_is_read_in_every_encoding(path: Path, encoding: str, delimiter: str) -> None:
    (line,) = read(path, content=csv_bytes(OLD_TAOBAO, encoding=encoding, delimiter=delimiter))
    assert line == ReportedLine(
        network=Network.TAOBAO_UNION,
        order_line_id=f"{ORDER}:{ITEM}",
        order_id=ORDER,
        state=ConversionState.PAID,
        network_word="订单付款",
        item_id=ITEM,
        title="铸铁锅 30 厘米",
        shop_name="锅具旗舰店",
        quantity=1,
        unit_price_fen=12_800,
        paid_fen=11_850,
        base_fen=11_850,
        commission_rate_basis_points=1_050,
        commission_estimated_fen=1_244,
        promotion_id="mm_*_10856508_54376929",
        clicked_at=datetime(2022, 2, 24, 3, 20, tzinfo=UTC),
        placed_at=ELEVEN_THIRTY,
        paid_at=ELEVEN_THIRTY,
    )


def test_the_newer_taobao_file_names_the_line_and_the_time_of_payment(path: Path) -> None:
    (line,) = read(path, content=csv_bytes(NEW_TAOBAO, encoding="gbk"))
    assert (line.order_line_id, line.order_id) == (LINE, ORDER)
    assert line.paid_at == datetime(2022, 2, 24, 3, 31, tzinfo=UTC)
    assert line.base_fen == line.paid_fen == 11_850
    assert line.commission_settled_fen is None


def test_a_workbook_with_ids_as_texts_is_read_as_the_csv_is(path: Path, tmp_path: Path) -> None:
    amounts = {"付款金额": 118.5, "商品数量": 1.0, "付款预估收入": 12.44, "商品单价": 128}
    workbook = write_workbook(tmp_path / "订单.xlsx", [NEW_TAOBAO | amounts])
    assert read(workbook) == read(path, content=csv_bytes(NEW_TAOBAO))


def test_an_id_that_went_through_a_spreadsheet_as_a_number_is_refused(tmp_path: Path) -> None:
    workbook = write_workbook(tmp_path / "订单.xlsx", [NEW_TAOBAO | {"淘宝子订单号": float(LINE)}])
    (problem,) = problems_of(tmp_path / "copy", workbook.read_bytes())
    assert (problem.row, problem.column) == (2, "淘宝子订单号")
    assert "rounded this id" in problem.message
    (problem,) = problems_of(tmp_path / "csv", csv_bytes(NEW_TAOBAO | {"淘宝订单编号": "8.21039E+17"}))
    assert (problem.column, problem.cell) == ("淘宝订单编号", "8.21039E+17")


@pytest.mark.parametrize("cell", ['="{}"', "'{}", "\t{} ", "\ufeff{}"])
def test_what_exports_put_around_an_id_is_taken_off(path: Path, cell: str) -> None:
    (line,) = read(path, content=csv_bytes(NEW_TAOBAO | {"淘宝子订单号": cell.format(LINE)}))
    assert line.order_line_id == LINE


def test_one_item_twice_in_an_order_of_the_older_file_is_two_lines(path: Path) -> None:
    other = OLD_TAOBAO | {"商品ID": "600000000001"}
    lines = read(path, content=csv_bytes(OLD_TAOBAO, other, OLD_TAOBAO))
    assert [line.order_line_id for line in lines] == [
        f"{ORDER}:{ITEM}",
        f"{ORDER}:600000000001",
        f"{ORDER}:{ITEM}:2",
    ]


@pytest.mark.parametrize(
    ("word", "state"),
    [
        ("拍下未付款", ConversionState.PLACED),
        ("订单付款", ConversionState.PAID),
        ("订单成功", ConversionState.RECEIVED),
        ("订单结算", ConversionState.SETTLED),
        ("订单失效", ConversionState.INVALID),
    ],
)
def test_taobao_states_have_words(path: Path, word: str, state: ConversionState) -> None:
    (line,) = read(path, content=csv_bytes(OLD_TAOBAO | {"订单状态": word}))
    assert (line.state, line.network_word) == (state, word)


def test_a_settled_taobao_line_has_final_amounts(path: Path) -> None:
    settled = {
        "订单状态": "订单结算",
        "结算金额": "100.00",
        "预估收入": "10.50",
        "结算时间": "2022-02-24 20:00:00",
    }
    (line,) = read(path, content=csv_bytes(OLD_TAOBAO | settled))
    assert (line.paid_fen, line.base_fen, line.commission_settled_fen) == (11_850, 10_000, 1_050)
    assert line.settled_at == datetime(2022, 2, 24, 12, tzinfo=UTC)


def test_the_taobao_api_says_the_account_and_when_it_changed_a_line() -> None:
    line = one_of(taobao_answer(taobao_order()), Network.TAOBAO_UNION)
    assert line.promotion_id == "mm_26826841_10856508_54376929"
    assert line.modified_at == datetime(2022, 2, 24, 3, 31, 30, tzinfo=UTC)
    assert (line.order_line_id, line.item_id, line.commission_rate_basis_points) == (LINE, ITEM, 1_050)


def test_the_older_taobao_api_writes_rates_as_fractions() -> None:
    old = {
        "trade_id": "355210017600037153", "trade_parent_id": "355210017597037153", "tk_status": "13",
        "num_iid": "582330533609", "item_title": "垃圾袋", "item_num": "1", "price": "11.90", "pay_price": "0.00",
        "alipay_total_price": "11.90", "pub_share_pre_fee": "0", "total_commission_rate": "0.0900",
        "create_time": "2022-02-24 11:30:00", "site_id": "85950268", "adzone_id": "1",
    }  # fmt: skip
    line = one_of(msgspec.json.encode({"n_tbk_order": [old]}), Network.TAOBAO_UNION)
    assert (line.commission_rate_basis_points, line.unit_price_fen) == (900, 1_190)
    assert (line.state, line.base_fen) == (ConversionState.INVALID, 0)


def test_a_third_partys_share_is_not_counted_as_another_sale(path: Path) -> None:
    (problem,) = problems_of(path, csv_bytes(NEW_TAOBAO | {"推广者身份": "三方"}))
    assert problem.column == "推广者身份"


REFUND = {
    "淘宝订单编号": ORDER,
    "淘宝子订单编号": LINE,
    "商品名称": "铸铁锅",
    "结算金额": "118.50",
    "维权退款金额": "20.00",
    "应返商家金额": "2.10",
    "维权状态": "维权成功",
    "订单结算时间": "2022-02-24 20:00:00",
    "维权创建时间": "2022-02-24 21:00:00",
    "维权完成时间": "2022-02-24 22:00:00",
}


@pytest.mark.parametrize(
    ("word", "refund", "state", "refund_fen", "returned_fen"),
    [
        ("维权成功", "20.00", ConversionState.SETTLED, 2_000, 210),
        ("维权成功", "118.50", ConversionState.INVALID, 11_850, 210),
        ("等待扣款", "20.00", ConversionState.SETTLED, 2_000, 210),
        ("维权创建", "20.00", ConversionState.SETTLED, None, None),
        ("维权失败", "20.00", ConversionState.SETTLED, 0, 0),
    ],
)
def test_refunds_after_settlement_are_read(
    path: Path, word: str, refund: str, state: ConversionState, refund_fen: int | None, returned_fen: int | None
) -> None:
    (line,) = read(path, content=csv_bytes(REFUND | {"维权状态": word, "维权退款金额": refund}, encoding="utf-16"))
    assert (line.state, line.refund_fen, line.commission_returned_fen) == (state, refund_fen, returned_fen)
    assert (line.order_line_id, line.paid_fen, line.base_fen) == (LINE, None, 11_850)


def test_the_refund_api_is_read() -> None:
    refund = {
        "tb_trade_id": LINE, "tb_trade_parent_id": ORDER, "refund_status": 13, "refund_fee": "20.00",
        "tb_trade_finish_price": "118.50", "pub_share_fee": "12.44", "show_return_fee": "2.10",
        "modified_time": "2022-02-24 22:00:00",
    }  # fmt: skip
    line = one_of(msgspec.json.encode({"result": {"results": [refund]}}), Network.TAOBAO_UNION)
    assert (line.refund_fen, line.commission_settled_fen, line.commission_returned_fen) == (2_000, 1_244, 210)
    assert line.network_word == "从淘客处补扣，扣款成功"


def test_jd_rows_hide_in_a_json_text_within_json() -> None:
    line = one_of(jd_answer(jd_row()), Network.JD_UNION)
    assert line == ReportedLine(
        network=Network.JD_UNION,
        order_line_id="83579541627:100000070152",
        order_id="83579541627",
        state=ConversionState.PAID,
        network_word="16",
        item_id="100000070152",
        title="取暖器",
        shop_name="华生旗舰店",
        quantity=1,
        unit_price_fen=2_990,
        paid_fen=2_490,
        base_fen=2_490,
        commission_rate_basis_points=150,
        commission_estimated_fen=37,
        promotion_id="1000072348/3001",
        placed_at=ELEVEN_THIRTY,
        paid_at=ELEVEN_THIRTY,
        modified_at=datetime(2022, 2, 24, 3, 31, tzinfo=UTC),
    )


@pytest.mark.parametrize(
    ("code", "pay_month", "state"),
    [
        (15, 0, ConversionState.PLACED),
        (24, 0, ConversionState.PLACED),
        (16, 0, ConversionState.PAID),
        (17, 0, ConversionState.RECEIVED),
        (17, 20220320, ConversionState.RECEIVED),
        (17, 20220225, ConversionState.RECEIVED),
        (17, 20220224, ConversionState.SETTLED),
        (18, 0, ConversionState.SETTLED),
        *[(code, 0, ConversionState.INVALID) for code in (*range(2, 15), 19, 20, 21, 22, 23, 25, 29, 31, 34)],
    ],
)
def test_jd_codes_are_states(code: int, pay_month: int, state: ConversionState) -> None:
    row = jd_row(validCode=code, payMonth=pay_month, actualCosPrice=20.5, actualFee=0.31)
    line = one_of(jd_answer(row), Network.JD_UNION)
    assert line.state is state
    assert bool(line.invalid_reason) == (state is ConversionState.INVALID)
    over = state in {ConversionState.SETTLED, ConversionState.INVALID}
    assert line.commission_settled_fen == (31 if over else None)
    assert line.base_fen == (2_050 if over or state is ConversionState.RECEIVED else 2_490)


def test_a_jd_state_that_nobody_knows_is_told() -> None:
    with read_document(decoded(jd_answer(jd_row(validCode=-1))), Network.JD_UNION, DAY) as report:
        (problem,) = report.problems
    assert (problem.row, problem.column, problem.cell) == (1, "validCode", "-1")


def test_the_older_jd_api_lists_skus_within_orders() -> None:
    sku = {
        "skuId": 4914930, "skuName": "干脆面", "skuNum": 1, "price": 28.80, "commissionRate": 3.00,
        "estimateCosPrice": 28.80, "estimateFee": 0.86, "actualCosPrice": 0.00, "actualFee": 0.00, "validCode": 16,
        "positionId": 1742158240, "siteId": 1731810747,
    }  # fmt: skip
    order = {
        "orderId": 90197850853, "orderTime": 1645673400000, "finishTime": 0, "parentId": 0, "payMonth": 0,
        "unionId": 1001406745, "validCode": 16, "skuList": [sku, sku | {"skuId": 4914931, "validCode": 3}],
    }  # fmt: skip
    first, second = lines_of(msgspec.json.encode({"result": {"data": [order]}}), Network.JD_UNION)
    assert first.order_line_id == "90197850853:4914930"
    assert (first.placed_at, first.promotion_id) == (ELEVEN_THIRTY, "1001406745/1742158240")
    assert (second.state, second.invalid_reason) == (ConversionState.INVALID, "无效-取消")


@pytest.mark.parametrize(
    ("row", "promotion"),
    [
        ({"positionId": 0}, "1000072348"),
        ({"positionId": 0, "pid": "618_77_88"}, "618/88"),
        ({"positionId": 0, "unionId": 0}, None),
    ],
)
def test_a_jd_promotion_is_written_as_links_write_it(row: dict[str, object], promotion: str | None) -> None:
    assert one_of(jd_answer(jd_row(**row)), Network.JD_UNION).promotion_id == promotion


def test_a_jd_export_and_the_api_name_the_same_line(path: Path) -> None:
    (exported,) = read(path, content=csv_bytes(JD_EXPORT, encoding="gbk"))
    sent = one_of(jd_answer(jd_row(goodsInfo=None, modifyTime="")), Network.JD_UNION)
    assert exported == msgspec.structs.replace(sent, network_word="已付款")


def test_a_jd_export_says_why_an_order_does_not_count(path: Path) -> None:
    (line,) = read(path, content=csv_bytes(JD_EXPORT | {"订单状态": "无效-取消"}))
    assert (line.state, line.invalid_reason) == (ConversionState.INVALID, "无效-取消")


def test_pinduoduo_counts_fen_per_mille_and_seconds() -> None:
    line = one_of(pinduoduo_answer(pinduoduo_order()), Network.PINDUODUO)
    assert (line.paid_fen, line.commission_estimated_fen) == (990, 446)
    assert line.commission_rate_basis_points == 4_500
    assert line.placed_at == ELEVEN_THIRTY
    assert (line.order_line_id, line.promotion_id) == ("220224-236494521293864", "1000939_25578619")


@pytest.mark.parametrize(
    ("status", "state"),
    [
        (-1, ConversionState.PLACED),
        (0, ConversionState.PAID),
        (1, ConversionState.PAID),
        (2, ConversionState.RECEIVED),
        (3, ConversionState.APPROVED),
        (5, ConversionState.SETTLED),
        (4, ConversionState.INVALID),
        (8, ConversionState.INVALID),
        (10, ConversionState.INVALID),
    ],
)
def test_pinduoduo_numbers_are_states(status: int, state: ConversionState) -> None:
    line = one_of(pinduoduo_answer(pinduoduo_order(order_status=status)), Network.PINDUODUO)
    assert line.state is state
    assert bool(line.invalid_reason) == (state is ConversionState.INVALID)
    assert line.commission_settled_fen == {"settled": 446, "invalid": 0}.get(state.value)


def test_a_pinduoduo_export_counts_yuan(path: Path) -> None:
    (line,) = read(path, content=csv_bytes(PINDUODUO_EXPORT))
    assert (line.paid_fen, line.commission_estimated_fen, line.commission_rate_basis_points) == (990, 446, 4_500)
    (bare,) = read(path, content=csv_bytes(PINDUODUO_EXPORT | {"佣金比例": "450"}))
    assert bare.commission_rate_basis_points is None, "percent or per mille: nobody can tell"


def test_every_wrong_cell_of_a_line_is_told_with_its_place(path: Path) -> None:
    wrong = NEW_TAOBAO | {"付款金额": "118.505", "创建时间": "昨天", "商品ID": "", "订单状态": "好了"}
    found = problems_of(path, csv_bytes(NEW_TAOBAO, wrong))
    assert sorted((problem.row, problem.column, problem.cell) for problem in found) == [
        (3, "付款金额", "118.505"),
        (3, "创建时间", "昨天"),
        (3, "商品ID", ""),
        (3, "订单状态", "好了"),
    ]


def test_headings_may_stand_below_a_title_and_carry_their_unit(path: Path) -> None:
    renamed = {
        name + {"付款金额": "（元）", "商品单价": "(元)"}.get(name, ""): cell for name, cell in NEW_TAOBAO.items()
    }
    (line,) = read(path, content="淘宝联盟订单明细\r\n".encode() + csv_bytes(renamed, encoding="utf-8"))
    assert line.paid_fen == 11_850


def test_a_report_of_another_network_is_not_read_as_the_chosen_one(path: Path) -> None:
    path.write_bytes(csv_bytes(NEW_TAOBAO))
    with pytest.raises(ReportOfOtherNetwork), read_report(path, Network.JD_UNION, DAY):
        pass
    with pytest.raises(ReportOfOtherNetwork), read_document(decoded(jd_answer(jd_row())), Network.PINDUODUO, DAY):
        pass


@pytest.mark.parametrize(
    ("content", "refusal"),
    [
        ("商品,价格\n铁锅,59\n".encode(), ReportFormUnknown),
        (b'{"data": [{"order": 1}]}', ReportFormUnknown),
        (b'{"order_list_get_response": {"order_list": []}}', ReportHoldsNothing),
        (csv_bytes(NEW_TAOBAO).split(b"\r\n")[0] + b"\r\n", ReportHoldsNothing),
        (b'{"error_response": {"code": 27, "msg": "Invalid session"}}', ReportIsAnError),
        (b'{"data": [', ReportUnreadable),
        (b"[" * 100_000, ReportUnreadable),
    ],
)
def test_what_is_no_report_is_refused(path: Path, content: bytes, refusal: type[Exception]) -> None:
    path.write_bytes(content)
    with pytest.raises(refusal), read_report(path, None, DAY):
        pass
