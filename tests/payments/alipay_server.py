"""A server that speaks Alipay's open gateway as it is documented: it checks the RSA2 signature of every request,
signs every answer, makes signed notifications, and keeps trades, refunds and bills."""

import base64
import io
import json
import secrets
import zipfile
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, quote_plus, urlencode, urlsplit
from zoneinfo import ZoneInfo

from cryptography.exceptions import InvalidSignature

from tests.payments.provider_keys import KeyPair, key_pair
from tests.payments.provider_server import Answer, ProviderServer

APP_ID = "2021000000000001"
SELLER_ID = "2088000000000009"
SHANGHAI = ZoneInfo("Asia/Shanghai")
_HEADING = (
    "支付宝交易号,商户订单号,业务类型,商品名称,创建时间,完成时间,门店编号,门店名称,操作员,终端号,对方账户,订单金额（元）,"
    "商家实收（元）,支付宝红包（元）,集分宝（元）,支付宝优惠（元）,商家优惠（元）,券核销金额（元）,券名称,商家红包消费金额（元）,"
    "卡消费金额（元）,退款批次号/请求号,服务费（元）,分润（元）,备注"
)


@dataclass
class AlipayTrade:
    """A trade in the server's books, once its payer has signed in."""

    out_trade_no: str
    trade_no: str
    total_amount: str
    status: str = "WAIT_BUYER_PAY"
    paid_at: str = ""
    currency: str = ""
    """Named in answers where it is not yuan."""
    refunds: dict[str, str] = field(default_factory=dict)
    """Yuan by out_request_no."""

    @property
    def refunded_fen(self) -> int:
        return sum(_fen(each) for each in self.refunds.values())


class AlipayServer(ProviderServer):
    """Alipay for one app."""

    def __init__(self) -> None:
        super().__init__()
        self.merchant = key_pair("merchant")
        self.platform = key_pair("alipay platform")
        self.trades: dict[str, AlipayTrade] = {}
        self.bills: dict[str, bytes] = {}
        self.refund_is_slow = False
        """New refunds are taken, and not done yet."""
        self.pending: dict[tuple[str, str], str] = {}
        self.certificate_fields: set[tuple[str | None, str | None]] = set()

    @property
    def gateway(self) -> str:
        return f"{self.address}/gateway.do"

    # What a test does with it.

    def sign_in(self, url: str) -> AlipayTrade:
        """The payer opens the page of `url` and signs in: now there is a trade."""
        fields = dict(parse_qsl(urlsplit(url).query, keep_blank_values=True))
        assert self._request_is_signed(fields), "the address of the page is not signed"
        wanted = json.loads(fields["biz_content"])
        return self.trades.setdefault(
            wanted["out_trade_no"],
            AlipayTrade(wanted["out_trade_no"], f"2026{secrets.randbelow(10**24):024d}", wanted["total_amount"]),
        )

    def pay(self, url: str, *, at: datetime | None = None) -> AlipayTrade:
        """The payer pays on the page of `url`."""
        trade = self.sign_in(url)
        trade.status = "TRADE_SUCCESS"
        trade.paid_at = _moment(at)
        return trade

    def give_back_in_office(self, trade: AlipayTrade) -> None:
        """Somebody gives the whole of a trade back in Alipay's merchant office."""
        self._done(trade, f"office{secrets.token_hex(6)}", trade.total_amount)

    def put_empty_bill(self, day: str) -> None:
        """The bill of a day on which nothing was booked: its marks, and neither heading nor rows."""
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as file:
            file.writestr(
                "trades.csv", "#-----业务明细列表-----\r\n#-----业务明细列表结束-----\r\n".encode("gb18030")
            )
        self.bills[day] = packed.getvalue()

    def notification(self, trade: AlipayTrade, *, signer: KeyPair | None = None, **changed: str) -> bytes:
        """The form of a notification about a trade; `changed` fields lie, or say more."""
        fields = {
            "notify_id": secrets.token_hex(16),
            "notify_type": "trade_status_sync",
            "notify_time": _moment(None),
            "app_id": APP_ID,
            "auth_app_id": APP_ID,
            "seller_id": SELLER_ID,
            "charset": "utf-8",
            "version": "1.0",
            "trade_no": trade.trade_no,
            "out_trade_no": trade.out_trade_no,
            "trade_status": trade.status,
            "total_amount": trade.total_amount,
            "subject": "Yellowcart 买家",
        } | changed
        content = "&".join(f"{name}={value}" for name, value in sorted(fields.items()))
        signature = base64.b64encode((signer or self.platform).sign(content.encode())).decode()
        return urlencode(fields | {"sign": signature, "sign_type": "RSA2"}).encode()

    def refund_notification(self, trade: AlipayTrade, out_request_no: str, **changed: str) -> bytes:
        """The notification of a refund: the trade's, with the sum of all refunds until now."""
        more = {"refund_fee": _yuan(trade.refunded_fen), "gmt_refund": _moment(None), "out_biz_no": out_request_no}
        return self.notification(trade, signer=None, **(more | changed))

    def put_bill(self, day: str, rows: list[str]) -> None:
        """The bill of a day, of rows made by `bill_row`."""
        frame = "#支付宝业务明细查询", f"#账号：[{SELLER_ID}0156]", "#-----业务明细列表-----", _HEADING
        end = "#-----业务明细列表结束-----", "#交易合计：1笔", "#导出时间：[2026年01月01日 00:00:00]"
        sums = "#支付宝业务汇总查询\r\n#-----业务汇总列表-----\r\n#-----业务汇总列表结束-----\r\n"
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as file:
            file.writestr("sums.csv", sums.encode("gb18030"))
            file.writestr("trades.csv", "\r\n".join([*frame, *rows, *end]).encode("gb18030"))
        self.bills[day] = packed.getvalue()

    def bill_row(
        self,
        reference: str,
        refund_reference: str = "",
        *,
        amount: str = "",
        moment: str = "",
        is_refund: bool = False,
    ) -> str:
        """A row of a bill about a trade, or with a refund's number, or as `is_refund` without one, about that."""
        trade = self.trades.get(reference)
        is_refund = is_refund or bool(refund_reference)
        yuan = amount or (trade.refunds.get(refund_reference) or trade.total_amount if trade else "0.01")
        signed = f"-{yuan}" if is_refund else yuan
        values = [
            f"{trade.trade_no if trade else '2026'}\t", f"{reference}\t", "退款" if is_refund else "交易",
            "Yellowcart", _moment(None), moment or _moment(None), "", "", "", "", "buyer***", signed, signed,
            "0.00", "0.00", "0.00", "0.00", "0.00", "", "0.00", "0.00",
            f"{refund_reference}\t" if refund_reference else "", "-0.01", "0.00", "",
        ]  # fmt: skip
        return ",".join(values)

    # What it answers.

    def answer(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Answer:
        parts = urlsplit(path)
        if parts.path == "/bill":
            return Answer(200, self.bills[parts.query], "application/zip")
        if parts.path != "/gateway.do":
            return Answer(404, b"")
        fields = dict(parse_qsl(parts.query, keep_blank_values=True))
        name = fields.get("method", "")
        self.calls.append(name)
        if name in {"alipay.trade.page.pay", "alipay.trade.wap.pay"}:
            return self._page(method, path, fields)
        response = f"{name.replace('.', '_')}_response"
        if not self._request_is_signed(fields) or fields.get("app_id") != APP_ID:
            failure = {"code": "40002", "msg": "Invalid Arguments", "sub_code": "isv.invalid-signature"}
            return Answer(200, json.dumps({"error_response": failure}).encode())
        self.certificate_fields.add((fields.get("app_cert_sn"), fields.get("alipay_root_cert_sn")))
        trouble = self.trouble
        if trouble.refusal is not None and trouble.concerns(path):
            return self._signed(response, _failed(trouble.refusal[1]))
        return self._signed(response, self._business(name, json.loads(fields["biz_content"])))

    def _business(self, name: str, wanted: dict[str, Any]) -> dict[str, Any]:
        if name == "alipay.data.dataservice.bill.downloadurl.query":
            day = wanted["bill_date"]
            if day not in self.bills:
                return _failed("isp.bill_not_exist")
            return _good({"bill_download_url": f"{self.address}/bill?{day}"})
        trade = self.trades.get(wanted.get("out_trade_no", ""))
        if trade is None:
            return _failed("ACQ.TRADE_NOT_EXIST")
        match name:
            case "alipay.trade.query":
                return _good(self._trade(trade))
            case "alipay.trade.close":
                if trade.status != "WAIT_BUYER_PAY":
                    return _failed("ACQ.TRADE_STATUS_ERROR")
                trade.status = "TRADE_CLOSED"
                return _good({"trade_no": trade.trade_no, "out_trade_no": trade.out_trade_no})
            case "alipay.trade.refund":
                return self._refund(trade, wanted)
            case "alipay.trade.fastpay.refund.query":
                return self._refund_query(trade, wanted["out_request_no"])
        return _failed("isv.invalid-method")

    def _refund(self, trade: AlipayTrade, wanted: dict[str, Any]) -> dict[str, Any]:
        request, amount = wanted["out_request_no"], wanted["refund_amount"]
        known = trade.refunds.get(request) or self.pending.get((trade.out_trade_no, request))
        if known is not None and known != amount:
            return _failed("ACQ.DISCORDANT_REPEAT_REQUEST")
        told = {"trade_no": trade.trade_no, "out_trade_no": trade.out_trade_no, "refund_fee": amount}
        if known is not None:
            return _good(told | {"fund_change": "N"})
        if trade.status != "TRADE_SUCCESS":
            return _failed("ACQ.TRADE_STATUS_ERROR")
        if trade.refunded_fen + _fen(amount) > _fen(trade.total_amount):
            return _failed("ACQ.REFUND_AMT_NOT_EQUAL_TOTAL")
        if self.refund_is_slow:
            self.pending[trade.out_trade_no, request] = amount
            return _good(told | {"fund_change": "N"})
        self._done(trade, request, amount)
        return _good(told | {"fund_change": "Y"})

    def finish_refunds(self) -> None:
        """What was slow is done now."""
        for (reference, request), amount in self.pending.items():
            self._done(self.trades[reference], request, amount)
        self.pending.clear()

    def _done(self, trade: AlipayTrade, request: str, amount: str) -> None:
        trade.refunds[request] = amount
        if trade.refunded_fen == _fen(trade.total_amount):
            trade.status = "TRADE_CLOSED"

    def _refund_query(self, trade: AlipayTrade, request: str) -> dict[str, Any]:
        told = {"trade_no": trade.trade_no, "out_trade_no": trade.out_trade_no, "out_request_no": request}
        if request not in trade.refunds:
            return _good(told)
        return _good(told | {"refund_status": "REFUND_SUCCESS", "refund_amount": trade.refunds[request]})

    def _trade(self, trade: AlipayTrade) -> dict[str, Any]:
        told = {
            "trade_no": trade.trade_no,
            "out_trade_no": trade.out_trade_no,
            "trade_status": trade.status,
            "total_amount": trade.total_amount,
            "buyer_logon_id": "csq***@sandbox.com",
        }
        if trade.currency:
            told["trans_currency"] = trade.currency
        return told | {"send_pay_date": trade.paid_at} if trade.paid_at else told

    def _page(self, method: str, path: str, fields: dict[str, str]) -> Answer:
        """Alipay's own page, as far as a browser test needs it: one button, then back to the shop."""
        if not self._request_is_signed(fields):
            return Answer(200, b"isv.invalid-signature", "text/html")
        if method == "POST":
            self.pay(path)
            return Answer(303, b"", headers={"location": f"{fields['return_url']}?method={quote_plus('return')}"})
        return Answer(200, b'<form method="post"><button>Pay</button></form>', "text/html; charset=utf-8")

    def _request_is_signed(self, fields: dict[str, str]) -> bool:
        signature = fields.get("sign", "")
        content = "&".join(f"{name}={value}" for name, value in sorted(fields.items()) if name != "sign")
        moment = datetime.strptime(fields["timestamp"], "%Y-%m-%d %H:%M:%S").replace(tzinfo=SHANGHAI)
        try:
            self.merchant.verify(base64.b64decode(signature), content.encode())
        except (InvalidSignature, ValueError):
            return False
        return fields.get("sign_type") == "RSA2" and abs((datetime.now(UTC) - moment).total_seconds()) < 900

    def _signed(self, response: str, told: dict[str, Any]) -> Answer:
        content = json.dumps(told, ensure_ascii=False)
        keys = key_pair("stranger") if self.trouble.wrong_signature else self.platform
        signature = base64.b64encode(keys.sign(content.encode())).decode()
        return Answer(200, f'{{"{response}":{content},"sign":"{signature}"}}'.encode())


def _good(told: dict[str, Any]) -> dict[str, Any]:
    return {"code": "10000", "msg": "Success"} | told


def _failed(sub_code: str) -> dict[str, Any]:
    code = sub_code if sub_code.isdecimal() else "40004"
    return {"code": code, "msg": "Business Failed", "sub_code": sub_code, "sub_msg": f"refused: {sub_code}"}


def _moment(at: datetime | None) -> str:
    return (at or datetime.now(UTC)).astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M:%S")


def _fen(yuan: str) -> int:
    whole, _, rest = yuan.partition(".")
    return int(whole) * 100 + int(rest.ljust(2, "0") or 0)


def _yuan(fen: int) -> str:
    return f"{fen // 100}.{fen % 100:02d}"
