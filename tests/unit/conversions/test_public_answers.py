"""What answers of the networks look like behind the gateways that public programs call."""

from datetime import date

from yellowcart.conversions.model import ConversionState, Network, ReportedLine
from yellowcart.conversions.report_reading import read_document


def only_line(document: object, network: Network) -> ReportedLine:
    with read_document(document, network, date(2022, 3, 1)) as report:
        assert report.problems == []
        ((numbered,),) = report.batches(10)
        return numbered.line


def test_a_gateway_that_writes_the_whole_promotion_as_the_position_is_understood() -> None:
    order = {
        "trade_id": "3311060703815126366",
        "trade_parent_id": "3311060703815126366",
        "item_id": "839050000001",
        "alipay_total_price": "399.00",
        "pub_share_pre_fee": "17.96",
        "tk_status": 12,
        "tk_create_time": "2022-02-06 18:02:08",
        "adzone_id": "mm_111_222_333",
    }
    answer = {"data": {"results": {"publisher_order_dto": [order]}}}
    line = only_line(answer, Network.TAOBAO_UNION)
    assert (line.promotion_id, line.paid_fen, line.commission_estimated_fen) == ("mm_111_222_333", 39_900, 1_796)


def test_an_order_that_came_to_nothing_is_read_with_empty_texts_and_dashes_for_what_is_not_there() -> None:
    order = {
        "trade_id": "1446862356240876331",
        "trade_parent_id": "1446862356240876331",
        "item_id": 631237418743,
        "alipay_total_price": "0",
        "pay_price": "",
        "pub_share_pre_fee": "0",
        "total_commission_rate": "1.35",
        "tk_status": "13",
        "tk_create_time": "2020-12-17 10:42:57",
        "tb_deposit_time": "--",
        "tk_earning_time": "",
        "pub_id": 128572012,
        "site_id": 2181300208,
        "adzone_id": 111067000033,
    }
    line = only_line({"code": 0, "data": {"orderList": [order], "totalCount": 13}}, Network.TAOBAO_UNION)
    assert (line.state, line.paid_fen, line.base_fen) == (ConversionState.INVALID, 0, 0)
    assert (line.commission_rate_basis_points, line.settled_at) == (135, None)
    assert line.promotion_id == "mm_128572012_2181300208_111067000033"
