"""A server that speaks WeChat Pay's APIv3 as it is documented: it checks every request's signature, signs every
answer, seals notifications, and keeps charges, refunds and bills."""

import base64
import gzip
import hashlib
import json
import re
import secrets
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit
from zoneinfo import ZoneInfo

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from tests.payments.provider_keys import KeyPair, key_pair
from tests.payments.provider_server import Answer, ProviderServer

MERCHANT_ID = "1900000109"
APP_ID = "wxd678efh567hg6787"
API_V3_KEY = "0123456789abcdef0123456789abcdef"
PUBLIC_KEY_ID = "PUB_KEY_ID_0119000001092026"
SHANGHAI = ZoneInfo("Asia/Shanghai")
_AUTHORIZATION = re.compile(r"WECHATPAY2-SHA256-RSA2048 (.*)")
_PART = re.compile(r'(\w+)="([^"]*)"')
_HEADING = (
    "交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,付款银行,货币种类,"
    "应结订单金额,代金券金额,微信退款单号,商户退款单号,退款金额,充值券退款金额,退款类型,退款状态,商品名称,商户数据包,"
    "手续费,费率,订单金额,申请退款金额,费率备注"
)
_SUMS = "总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额"


@dataclass
class WechatCharge:
    """A charge in the server's books; `request` is what opened it."""

    request: dict[str, Any]
    kind: str
    state: str = "NOTPAY"
    transaction_id: str = ""
    success_time: str = ""
    refunded: int = 0
    currency: str = "CNY"

    @property
    def total(self) -> int:
        return int(self.request["amount"]["total"])


@dataclass
class WechatRefund:
    """A refund in the server's books."""

    request: dict[str, Any]
    refund_id: str
    status: str


class WechatServer(ProviderServer):
    """WeChat Pay for one merchant. With `by_certificate` it signs with the platform certificate's serial, which it
    hands out sealed; otherwise with the id of the WeChat Pay public key."""

    def __init__(self, *, by_certificate: bool = False) -> None:
        super().__init__()
        self.by_certificate = by_certificate
        self.merchant = key_pair("merchant")
        self.platform = key_pair("wechat platform")
        self.charges: dict[str, WechatCharge] = {}
        self.refunds: dict[str, WechatRefund] = {}
        self.refund_status = "SUCCESS"
        """What becomes of new refunds."""
        self.bills: dict[str, str] = {}
        self.files: dict[str, bytes] = {}
        self.broken_digest = False
        self.codes: dict[str, str] = {}
        """Openids by the codes with which WeChat sends payers back."""

    # What a test does with it.

    def pay(self, reference: str, *, at: datetime | None = None) -> None:
        """The payer pays."""
        charge = self.charges[reference]
        charge.state = "SUCCESS"
        charge.transaction_id = f"4200{secrets.randbelow(10**20):020d}"
        charge.success_time = (at or datetime.now(UTC)).astimezone(SHANGHAI).isoformat(timespec="seconds")

    def give_back_in_office(self, reference: str, amount_fen: int | None = None) -> None:
        """Somebody gives a charge back, or a part of it, in WeChat Pay's merchant office."""
        charge = self.charges[reference]
        charge.refunded += charge.total if amount_fen is None else amount_fen

    def payment_notification(self, reference: str, **changed: Any) -> tuple[dict[str, str], bytes]:
        """The notification of a charge when it was paid; `changed` fields of its content lie."""
        told = self._transaction(reference) | {"trade_state": self.charges[reference].state}
        return self.notification("TRANSACTION.SUCCESS", told | changed)

    def refund_notification(self, refund_reference: str, **changed: Any) -> tuple[dict[str, str], bytes]:
        """The notification of a refund."""
        refund = self.refunds[refund_reference]
        charge = self.charges[refund.request["out_trade_no"]]
        amount = {"total": charge.total, "refund": refund.request["amount"]["refund"]}
        content = {
            "mchid": MERCHANT_ID,
            "out_trade_no": refund.request["out_trade_no"],
            "transaction_id": charge.transaction_id,
            "out_refund_no": refund_reference,
            "refund_id": refund.refund_id,
            "refund_status": refund.status,
            "user_received_account": "招商银行信用卡0403",
            "amount": amount | {"payer_total": charge.total, "payer_refund": amount["refund"]},
        }
        return self.notification(f"REFUND.{refund.status}", content | changed)

    def notification(
        self,
        event_type: str,
        content: dict[str, Any],
        *,
        notification_id: str | None = None,
        key: str = API_V3_KEY,
        stamp: int | None = None,
        signer: KeyPair | None = None,
    ) -> tuple[dict[str, str], bytes]:
        """Headers and body of a notification, sealed and signed."""
        nonce, associated = secrets.token_hex(6), "transaction"
        sealed = AESGCM(key.encode()).encrypt(nonce.encode(), json.dumps(content).encode(), associated.encode())
        body = json.dumps(
            {
                "id": notification_id or secrets.token_hex(16),
                "create_time": datetime.now(SHANGHAI).isoformat(timespec="seconds"),
                "resource_type": "encrypt-resource",
                "event_type": event_type,
                "summary": "支付成功",
                "resource": {
                    "original_type": "transaction",
                    "algorithm": "AEAD_AES_256_GCM",
                    "ciphertext": base64.b64encode(sealed).decode(),
                    "associated_data": associated,
                    "nonce": nonce,
                },
            },
            ensure_ascii=False,
        ).encode()
        return self._signed(body, stamp=stamp, signer=signer), body

    def put_bill(self, day: str, rows: list[str]) -> None:
        """The bill of a day, of rows made by `bill_row`."""
        sums = ",".join(f"`{each}" for each in (len(rows), "0.00", "0.00", "0.00", "0.00000", "0.00", "0.00"))
        self.bills[day] = "\r\n".join(["\ufeff" + _HEADING, *rows, _SUMS, sums]) + "\r\n"

    def bill_row(
        self,
        reference: str,
        refund_reference: str = "",
        *,
        amount: str = "",
        moment: str = "",
        currency: str = "CNY",
    ) -> str:
        """A row of a bill, of a payment or of a refund, about what stands in the books."""
        charge = self.charges.get(reference)
        total = _yuan(charge.total) if charge else amount
        refund = self.refunds.get(refund_reference)
        refunded = _yuan(int(refund.request["amount"]["refund"])) if refund else "0.00"
        values = [
            moment or datetime.now(SHANGHAI).strftime("%Y-%m-%d %H:%M:%S"), APP_ID, MERCHANT_ID, "0", "",
            charge.transaction_id if charge else "4200", reference, "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o", "NATIVE",
            "REFUND" if refund_reference else "SUCCESS", "OTHERS", currency, amount or total, "0.00",
            refund.refund_id if refund else ("5030" if refund_reference else "0"), refund_reference or "0",
            refunded, "0.00", "ORIGINAL" if refund_reference else "", "SUCCESS" if refund_reference else "",
            "Yellowcart, 1", "", "0.01000", "0.60%", "0.00" if refund_reference else (amount or total),
            (amount or refunded) if refund_reference else "0.00", "",
        ]  # fmt: skip
        return ",".join("`" + value.replace(",", " ") for value in values)

    # What it answers.

    def answer(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Answer:
        route = urlsplit(path).path
        if route == "/h5/pay":
            return self._h5_page(method, path)
        if route == "/sns/oauth2/access_token":
            return self._openid(parse_qs(urlsplit(path).query))
        if not route.startswith("/v3/"):
            return Answer(404, b"")
        self.calls.append(f"{method} {route}")
        if not self._request_is_signed(method, path, headers, body):
            return self._refused(401, "SIGN_ERROR")
        if self.trouble.refusal is not None and self.trouble.concerns(path):
            return self._refused(*self.trouble.refusal)
        if route == "/v3/certificates":
            return self._certificates()
        if route == "/v3/billdownload/file":
            return Answer(200, self.files[parse_qs(urlsplit(path).query)["token"][0]], "application/octet-stream")
        return self._business(method, route, parse_qs(urlsplit(path).query), body)

    def _business(self, method: str, route: str, query: dict[str, list[str]], body: bytes) -> Answer:
        wanted = json.loads(body) if body else {}
        if method == "POST" and (found := re.fullmatch(r"/v3/pay/transactions/(native|h5|jsapi)", route)):
            return self._open(found[1], wanted)
        if found := re.fullmatch(r"/v3/pay/transactions/out-trade-no/([^/]+)(/close)?", route):
            return self._close(found[1], wanted) if found[2] else self._query(found[1], query)
        if route == "/v3/refund/domestic/refunds":
            return self._refund(wanted)
        if found := re.fullmatch(r"/v3/refund/domestic/refunds/([^/]+)", route):
            refund = self.refunds.get(found[1])
            return self._good(self._told(refund)) if refund else self._refused(404, "RESOURCE_NOT_EXISTS")
        if route == "/v3/bill/tradebill":
            return self._bill(query["bill_date"][0])
        return self._refused(404, "NOT_FOUND")

    def _open(self, kind: str, wanted: dict[str, Any]) -> Answer:
        reference = wanted["out_trade_no"]
        if not re.fullmatch(r"[0-9A-Za-z_\-|*]{6,32}", reference) or wanted["amount"]["total"] < 1:
            return self._refused(400, "PARAM_ERROR")
        if (wanted["mchid"], wanted["appid"]) != (MERCHANT_ID, APP_ID):
            return self._refused(400, "APPID_MCHID_NOT_MATCH")
        if datetime.fromisoformat(wanted["time_expire"]) < datetime.now(UTC):
            return self._refused(400, "PARAM_ERROR")
        known = self.charges.get(reference)
        if known is not None and known.state == "SUCCESS":
            return self._refused(400, "ORDERPAID")
        if known is not None and known.state == "CLOSED":
            return self._refused(400, "ORDER_CLOSED")
        if known is not None and (known.request, known.kind) != (wanted, kind):
            return self._refused(403, "OUT_TRADE_NO_USED")
        self.charges.setdefault(reference, WechatCharge(wanted, kind))
        told = {
            "native": {"code_url": f"weixin://wxpay/bizpayurl?pr={reference}"},
            "h5": {"h5_url": f"{self.address}/h5/pay?out_trade_no={reference}"},
            "jsapi": {"prepay_id": f"wx201410272009395522657a690389285100{reference}"},
        }
        return self._good(told[kind])

    def _query(self, reference: str, query: dict[str, list[str]]) -> Answer:
        if query.get("mchid") != [MERCHANT_ID]:
            return self._refused(400, "PARAM_ERROR")
        if reference not in self.charges:
            return self._refused(404, "ORDER_NOT_EXIST")
        return self._good(self._transaction(reference))

    def _close(self, reference: str, wanted: dict[str, Any]) -> Answer:
        charge = self.charges.get(reference)
        if charge is None or wanted.get("mchid") != MERCHANT_ID:
            return self._refused(404, "ORDER_NOT_EXIST")
        if charge.state == "SUCCESS":
            return self._refused(400, "ORDERPAID")
        charge.state = "CLOSED"
        return Answer(204, b"", headers=self._signed(b""))

    def _refund(self, wanted: dict[str, Any]) -> Answer:
        reference = wanted["out_refund_no"]
        if reference in self.refunds:
            same = self.refunds[reference].request["amount"] == wanted["amount"]
            return self._good(self._told(self.refunds[reference])) if same else self._refused(400, "PARAM_ERROR")
        charge = self.charges.get(wanted["out_trade_no"])
        if charge is None or charge.state != "SUCCESS":
            return self._refused(404, "RESOURCE_NOT_EXISTS")
        amount = wanted["amount"]
        if amount["total"] != charge.total or charge.refunded + amount["refund"] > charge.total:
            return self._refused(400, "INVALID_REQUEST")
        charge.refunded += amount["refund"]
        self.refunds[reference] = WechatRefund(wanted, f"5030{secrets.randbelow(10**20):020d}", self.refund_status)
        return self._good(self._told(self.refunds[reference]))

    def _told(self, refund: WechatRefund) -> dict[str, Any]:
        amount = refund.request["amount"]
        return {
            "refund_id": refund.refund_id,
            "out_refund_no": refund.request["out_refund_no"],
            "out_trade_no": refund.request["out_trade_no"],
            "transaction_id": self.charges[refund.request["out_trade_no"]].transaction_id,
            "channel": "ORIGINAL",
            "status": refund.status,
            "amount": amount | {"payer_total": amount["total"], "payer_refund": amount["refund"]},
        }

    def _bill(self, day: str) -> Answer:
        if day not in self.bills:
            return self._refused(400, "NO_STATEMENT_EXIST")
        content, token = self.bills[day].encode(), secrets.token_hex(8)
        self.files[token] = gzip.compress(content)
        digest = hashlib.sha1(b"" if self.broken_digest else content).hexdigest()
        return self._good(
            {
                "hash_type": "SHA1",
                "hash_value": digest,
                "download_url": f"https://api.mch.weixin.qq.com/v3/billdownload/file?token={token}",
            }
        )

    def _transaction(self, reference: str) -> dict[str, Any]:
        charge = self.charges[reference]
        told: dict[str, Any] = {
            "appid": APP_ID,
            "mchid": MERCHANT_ID,
            "out_trade_no": reference,
            "trade_state": "REFUND" if charge.state == "SUCCESS" and charge.refunded else charge.state,
            "trade_state_desc": "",
        }
        if charge.state == "SUCCESS":
            told |= {
                "transaction_id": charge.transaction_id,
                "trade_type": charge.kind.upper(),
                "bank_type": "CMC",
                "success_time": charge.success_time,
                "payer": {"openid": "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o"},
                "amount": {"total": charge.total, "payer_total": charge.total, "currency": charge.currency},
            }
        return told

    def _certificates(self) -> Answer:
        nonce = secrets.token_hex(6)
        sealed = AESGCM(API_V3_KEY.encode()).encrypt(
            nonce.encode(), self.platform.certificate_pem.encode(), b"certificate"
        )
        return self._good(
            {
                "data": [
                    {
                        "serial_no": self.platform.serial,
                        "effective_time": "2018-06-08T10:34:56+08:00",
                        "expire_time": "2099-12-08T10:34:56+08:00",
                        "encrypt_certificate": {
                            "algorithm": "AEAD_AES_256_GCM",
                            "nonce": nonce,
                            "associated_data": "certificate",
                            "ciphertext": base64.b64encode(sealed).decode(),
                        },
                    }
                ]
            }
        )

    def _h5_page(self, method: str, path: str) -> Answer:
        """WeChat's own page on a phone, as far as a browser test needs it: one button."""
        query = parse_qs(urlsplit(path).query)
        if method == "POST":
            self.pay(query["out_trade_no"][0])
            return Answer(303, b"", headers={"location": query["redirect_url"][0]})
        return Answer(200, b'<form method="post"><button>Pay</button></form>', "text/html; charset=utf-8")

    def _openid(self, query: dict[str, list[str]]) -> Answer:
        """A code buys the payer's openid once."""
        openid = self.codes.pop(query.get("code", [""])[0], None)
        if openid is None or query.get("secret") != ["a secret of the app"]:
            return Answer(200, b'{"errcode":40029,"errmsg":"invalid code"}', "text/plain")
        return Answer(200, json.dumps({"access_token": "x", "openid": openid}).encode(), "text/plain")

    def _request_is_signed(self, method: str, path: str, headers: dict[str, str], body: bytes) -> bool:
        found = _AUTHORIZATION.fullmatch(headers.get("authorization", ""))
        parts = dict(_PART.findall(found[1])) if found else {}
        if parts.get("mchid") != MERCHANT_ID or parts.get("serial_no") != self.merchant.serial:
            return False
        message = f"{method}\n{path}\n{parts['timestamp']}\n{parts['nonce_str']}\n".encode() + body + b"\n"
        try:
            self.merchant.verify(base64.b64decode(parts["signature"]), message)
        except InvalidSignature:
            return False
        return abs(time.time() - int(parts["timestamp"])) < 300

    def _signed(self, body: bytes, *, stamp: int | None = None, signer: KeyPair | None = None) -> dict[str, str]:
        moment, nonce = str(stamp or int(time.time())), secrets.token_hex(16)
        wrong = self.trouble.wrong_signature
        keys = signer or (key_pair("stranger") if wrong else self.platform)
        signature = keys.sign(f"{moment}\n{nonce}\n".encode() + body + b"\n")
        return {
            "wechatpay-timestamp": moment,
            "wechatpay-nonce": nonce,
            "wechatpay-signature": base64.b64encode(signature).decode(),
            "wechatpay-serial": self.platform.serial if self.by_certificate else PUBLIC_KEY_ID,
            "wechatpay-signature-type": "WECHATPAY2-SHA256-RSA2048",
        }

    def _good(self, told: dict[str, Any]) -> Answer:
        body = json.dumps(told, ensure_ascii=False).encode()
        return Answer(200, body, "application/json; charset=utf-8", self._signed(body))

    def _refused(self, status: int, code: str) -> Answer:
        body = json.dumps({"code": code, "message": f"refused: {code}"}).encode()
        return Answer(status, body, headers=self._signed(body))


def _yuan(fen: int) -> str:
    return f"{fen // 100}.{fen % 100:02d}"
