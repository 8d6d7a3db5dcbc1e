"""WeChat Pay's daily bill as lines of ours.

Its form (微信支付 APIv3, 交易账单文件格式说明): a heading, one row for each payment that succeeded and each refund
that was accepted on the day, a heading of sums and one row of sums. Every value but the headings has a backtick in
front of it. Amounts are yuan; moments are those of Asia/Shanghai.
"""

import csv
import io
from collections.abc import Iterable
from datetime import datetime

from yellowcart.kernel.clock import SHANGHAI
from yellowcart.kernel.money import AmountUnreadable, parse_yuan
from yellowcart.payments.errors import ProviderSilent
from yellowcart.payments.gateway import BillLine, unnumbered

LINES_MAX = 2_000_000

_MOMENT, _CHARGE, _OURS = "交易时间", "微信订单号", "商户订单号"
_STATE, _CURRENCY, _AMOUNT = "交易状态", "货币种类", "订单金额"
_REFUND, _OUR_REFUND, _REFUNDED = "微信退款单号", "商户退款单号", "申请退款金额"
_COLUMNS = (_MOMENT, _CHARGE, _OURS, _STATE, _CURRENCY, _AMOUNT, _REFUND, _OUR_REFUND, _REFUNDED)
_SUMS = "总交易单数"


def read_wechat_bill(content: bytes) -> list[BillLine]:
    """The payments and refunds of a bill. Raises ProviderSilent for anything that is not such a bill: money is not
    compared with what was only half understood."""
    try:
        rows = csv.reader(io.StringIO(content.decode("utf-8-sig")))
        heading = next(rows)
        places = {name: heading.index(name) for name in _COLUMNS}
        return list(_lines(rows, places))
    except (UnicodeDecodeError, StopIteration, ValueError, IndexError, csv.Error, AmountUnreadable) as error:
        raise ProviderSilent from error


def _lines(rows: Iterable[list[str]], places: dict[str, int]) -> list[BillLine]:
    found: list[BillLine] = []
    for row in rows:
        if not row or row[0] == _SUMS:
            return found
        if len(found) >= LINES_MAX:
            raise ValueError("too many lines")
        value = {name: row[place].removeprefix("`").strip() for name, place in places.items()}
        if value[_STATE] == "SUCCESS":
            found.append(_line(value, value[_CHARGE], value[_AMOUNT], ""))
        elif value[_STATE] == "REFUND":
            refund_reference = value[_OUR_REFUND] or unnumbered(value[_REFUND])
            found.append(_line(value, value[_REFUND], value[_REFUNDED], refund_reference))
    raise ValueError("the sums are missing: the file was cut off")


def _line(value: dict[str, str], provider_reference: str, amount: str, refund_reference: str) -> BillLine:
    return BillLine(
        reference=value[_OURS],
        refund_reference=refund_reference,
        provider_reference=provider_reference,
        amount_fen=parse_yuan(amount),
        currency=value[_CURRENCY],
        booked_at=datetime.strptime(value[_MOMENT], "%Y-%m-%d %H:%M:%S").replace(tzinfo=SHANGHAI),
    )
