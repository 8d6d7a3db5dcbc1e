"""Alipay's daily bill as lines of ours.

Its form (支付宝开放平台, alipay.data.dataservice.bill.downloadurl.query, bill_type trade): a ZIP with a file of
single trades and one of sums, in GB18030. Lines that begin with # frame the rows; values have tabs behind them so
that spreadsheets keep long numbers. Amounts are yuan, those of refunds negative.
"""

import csv
import io
import zipfile
import zlib
from collections.abc import Iterator
from datetime import datetime

from yellowcart.kernel.clock import SHANGHAI
from yellowcart.kernel.money import AmountUnreadable, parse_yuan
from yellowcart.payments.errors import ProviderSilent
from yellowcart.payments.gateway import BillLine, unnumbered

FILE_BYTES_MAX = 512 * 1024 * 1024
LINES_MAX = 2_000_000
FILES_MAX = 20

_BEGIN, _END = "业务明细列表", "业务明细列表结束"
_CHARGE, _OURS, _KIND, _MOMENT = "支付宝交易号", "商户订单号", "业务类型", "完成时间"
_AMOUNT, _OUR_REFUND = "订单金额（元）", "退款批次号/请求号"
_COLUMNS = (_CHARGE, _OURS, _KIND, _MOMENT, _AMOUNT, _OUR_REFUND)
_PAID, _REFUNDED = "交易", "退款"
_NO_BILL = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    NotImplementedError,  # packed in a way that zipfile does not know
    RuntimeError,  # locked with a password
    UnicodeDecodeError,
    ValueError,
    csv.Error,
    OSError,
    AmountUnreadable,
)


def read_alipay_bill(content: bytes) -> list[BillLine]:
    """The payments and refunds of a bill. Raises ProviderSilent for anything that is not such a bill."""
    try:
        for text in _texts(content):
            if _BEGIN in text:
                return list(_lines(text))
    except _NO_BILL as error:
        raise ProviderSilent from error
    raise ProviderSilent


def _texts(content: bytes) -> Iterator[str]:
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        for entry in packed.infolist()[:FILES_MAX]:
            if entry.file_size > FILE_BYTES_MAX:
                raise ValueError("too large")
            yield packed.read(entry).decode("gb18030")


def _lines(text: str) -> Iterator[BillLine]:
    before, _, rest = text.partition(_END)
    if not rest:
        raise ValueError("the end is missing: the file was cut off")
    rows = csv.reader(line for line in before.splitlines() if line.strip() and not line.startswith("#"))
    heading = [name.strip() for name in next(rows, [])]
    if not heading:
        return  # a day on which nothing was booked
    places = {name: heading.index(name) for name in _COLUMNS}
    for number, row in enumerate(rows):
        if number >= LINES_MAX or len(row) <= max(places.values()):
            raise ValueError("a row that is none")
        value = {name: row[place].strip() for name, place in places.items()}
        if value[_KIND] in {_PAID, _REFUNDED}:
            booked_at = datetime.strptime(value[_MOMENT], "%Y-%m-%d %H:%M:%S").replace(tzinfo=SHANGHAI)
            # Alipay's own number of the trade stands for a refund that has none: it is no payment.
            refund_reference = value[_OUR_REFUND] or unnumbered(f"{value[_CHARGE]}-{booked_at:%Y%m%d%H%M%S}")
            yield BillLine(
                reference=value[_OURS],
                refund_reference=refund_reference if value[_KIND] == _REFUNDED else "",
                provider_reference=value[_CHARGE],
                amount_fen=parse_yuan(value[_AMOUNT].removeprefix("-")),
                booked_at=booked_at,
            )
