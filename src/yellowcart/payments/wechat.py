"""WeChat Pay (APIv3) as a gateway: Native, H5 and JSAPI, refunds, notifications, the daily bill.

Sources: 微信支付 APIv3 for direct merchants (普通商户): Native 下单, H5 下单, JSAPI 下单, JSAPI 调起支付,
商户订单号查询订单, 关闭订单, 申请退款, 查询单笔退款, 支付成功回调通知, 退款结果回调通知, 申请交易账单,
签名探测流量.
"""

import hashlib
import secrets
import zlib
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from urllib.parse import quote, urlsplit

import msgspec
from wechatpayv3 import WeChatPayType

from yellowcart.kernel import clock
from yellowcart.kernel.clock import SHANGHAI
from yellowcart.kernel.ids import PaymentId, ShopId
from yellowcart.kernel.open_sessions import CalledWithinSession
from yellowcart.payments.errors import NotificationRefused, PayerUnknown, ProviderRefused, ProviderSilent
from yellowcart.payments.gateway import (
    YUAN,
    BillLine,
    Charge,
    GatewayState,
    NewCharge,
    Notification,
    NotificationAbout,
    NotificationReply,
    Prompt,
    RefundAnswer,
    RefundOrder,
    RefundProgress,
)
from yellowcart.payments.model import NotificationFault, PaymentMethod, ProviderMeaning
from yellowcart.payments.provider_accounts import WechatAccount
from yellowcart.payments.references import reference_of
from yellowcart.payments.wechat_bill import read_wechat_bill
from yellowcart.payments.wechat_calls import WechatCalls

NAME = "wechat"
STALE_AFTER_S = 300
"""A notification's timestamp may differ from our clock by so much (微信支付 APIv3, 签名验证: five minutes)."""
BILL_BYTES_MAX = 512 * 1024 * 1024
_PROBE = "WECHATPAY/SIGNTEST/"
"""Begins the wrong signatures with which WeChat Pay tries now and then whether they are checked (签名探测流量)."""
_GIVEN_BACK = "REFUND"
"""A charge that was paid and of which money was given back, were it a part (商户订单号查询订单, trade_state)."""
_STATES: dict[str, GatewayState] = {
    "SUCCESS": GatewayState.PAID,
    _GIVEN_BACK: GatewayState.PAID,
    "NOTPAY": GatewayState.OPEN,
    "USERPAYING": GatewayState.OPEN,
    "CLOSED": GatewayState.CLOSED,
    "REVOKED": GatewayState.CLOSED,
    "PAYERROR": GatewayState.REFUSED,
}
_PROGRESS: dict[str, RefundProgress] = {
    "SUCCESS": RefundProgress.DONE,
    "PROCESSING": RefundProgress.PROCESSING,
    "ABNORMAL": RefundProgress.ABNORMAL,
    "CLOSED": RefundProgress.CLOSED,
}
_PRODUCTS: dict[str, PaymentMethod] = {
    "native": PaymentMethod.WECHAT_NATIVE,
    "h5": PaymentMethod.WECHAT_H5,
    "jsapi": PaymentMethod.WECHAT_JSAPI,
}


class _Amount(msgspec.Struct, frozen=True):
    total: int
    currency: str = YUAN


class _Transaction(msgspec.Struct, frozen=True):
    """A charge, as query and notification have it. An unpaid one has neither amount nor transaction id."""

    appid: str
    mchid: str
    out_trade_no: str
    trade_state: str
    transaction_id: str = ""
    success_time: datetime | None = None
    amount: _Amount | None = None


class _RefundAmount(msgspec.Struct, frozen=True):
    total: int
    refund: int
    currency: str = YUAN


class _Refund(msgspec.Struct, frozen=True):
    out_trade_no: str
    out_refund_no: str
    refund_id: str
    amount: _RefundAmount
    status: str = ""
    """Of an answer."""
    refund_status: str = ""
    """Of a notification, which has its own word for the same."""
    mchid: str = ""


class WechatGateway:
    """WeChat Pay for one merchant."""

    name = NAME

    def __init__(self, account: WechatAccount, address: str) -> None:
        self._account = account
        self._address = address
        self._calls = WechatCalls(account, f"{address}/api/v1/payments/notifications/{NAME}")
        self.methods = tuple(_PRODUCTS[product] for product in account.products)

    async def create(self, charge: NewCharge) -> Prompt:
        """Open a charge. For JSAPI `payer_reference` is the payer's openid. Raises PayerUnknown."""
        reference = reference_of(charge.shop_id, charge.payment_id)
        wanted: dict[str, Any] = {
            "description": f"Yellowcart {charge.order_id}",
            "out_trade_no": reference,
            "amount": {"total": charge.amount_fen, "currency": YUAN},
            "time_expire": charge.expires_at.astimezone(SHANGHAI).isoformat(timespec="seconds"),
        }
        match charge.method:
            case PaymentMethod.WECHAT_NATIVE:
                told = await self._open(WeChatPayType.NATIVE, wanted)
                return Prompt(code=_text(told, "code_url"))
            case PaymentMethod.WECHAT_H5:
                wanted["scene_info"] = {
                    "payer_client_ip": charge.payer_address or "127.0.0.1",
                    "h5_info": {"type": "Wap"},
                }
                told = await self._open(WeChatPayType.H5, wanted)
                back = quote(f"{self._address}/cashier/{charge.shop_id}/{charge.order_id}/return", safe="")
                return Prompt(url=f"{_web_address(told, 'h5_url')}&redirect_url={back}")
            case _:
                if not charge.payer_reference:
                    raise PayerUnknown
                wanted["payer"] = {"openid": charge.payer_reference}
                told = await self._open(WeChatPayType.JSAPI, wanted)
                return Prompt(jsapi=await self._jsapi(_text(told, "prepay_id")))

    async def query(self, shop_id: ShopId, payment_id: PaymentId) -> Charge | None:
        """The charge as it stands; None when WeChat Pay never heard of it."""
        reference = reference_of(shop_id, payment_id)
        try:
            told = await self._calls.ask(lambda client: client.query(out_trade_no=reference))
        except ProviderRefused as refused:
            if refused.meaning is ProviderMeaning.NOT_THERE:
                return None
            raise
        found = _struct(told, _Transaction)
        state = _STATES.get(found.trade_state)
        ours = (self._account.app_id, self._account.merchant_id, reference)
        if state is None or (found.appid, found.mchid, found.out_trade_no) != ours:
            raise ProviderSilent
        if state is GatewayState.PAID and found.amount is None:
            raise ProviderSilent
        return Charge(
            reference=found.transaction_id,
            state=state,
            amount_fen=found.amount.total if found.amount else 0,
            currency=found.amount.currency if found.amount else YUAN,
            given_back=found.trade_state == _GIVEN_BACK,
            paid_at=found.success_time,
        )

    async def close(self, shop_id: ShopId, payment_id: PaymentId) -> None:
        """Close a charge. One that is paid, closed or unknown there is left as it is."""
        reference = reference_of(shop_id, payment_id)
        try:
            await self._calls.ask(lambda client: client.close(out_trade_no=reference))
        except ProviderRefused as refused:
            if refused.meaning not in _NOTHING_TO_CLOSE:
                raise

    async def refund(self, order: RefundOrder) -> RefundAnswer:
        """Give money back; the same refund again answers how far it is."""
        told = await self._calls.ask(
            lambda client: client.refund(
                out_refund_no=reference_of(order.shop_id, order.refund_id),
                out_trade_no=reference_of(order.shop_id, order.payment_id),
                amount={"refund": order.amount_fen, "total": order.paid_fen, "currency": YUAN},
            )
        )
        return _refund_answer(told, order)

    async def query_refund(self, order: RefundOrder) -> RefundAnswer:
        """How far a refund is."""
        reference = reference_of(order.shop_id, order.refund_id)
        try:
            told = await self._calls.ask(lambda client: client.query_refund(out_refund_no=reference))
        except ProviderRefused as refused:
            if refused.meaning is ProviderMeaning.NOT_THERE:
                return RefundAnswer(progress=RefundProgress.UNKNOWN)
            raise
        return _refund_answer(told, order)

    async def verify_notification(self, headers: Mapping[str, str], body: bytes) -> Notification:
        """The notification of a request. Raises NotificationRefused.

        Timestamp first, then the signature over the raw body, then the AES-GCM seal of its content, then whom it
        is meant for: nothing is read that was not signed.
        """
        _require_fresh(headers)
        told = await self._unlocked(headers, body)
        try:
            if str(told["event_type"]).startswith("REFUND."):
                return self._of_refund(str(told["id"]), msgspec.convert(told["resource"], _Refund))
            return self._of_payment(str(told["id"]), msgspec.convert(told["resource"], _Transaction))
        except (msgspec.ValidationError, KeyError, TypeError) as error:
            raise NotificationRefused(NotificationFault.UNREADABLE, str(error)) from error

    def reply(self, *, taken: bool) -> NotificationReply:
        """200 without a body, or 500 with a code, on which WeChat Pay sends again (回调通知注意事项)."""
        if taken:
            return NotificationReply(200, "application/json", b"")
        return NotificationReply(500, "application/json", b'{"code":"FAIL","message":"not taken in"}')

    async def bill(self, day: date) -> list[BillLine] | None:
        """The bill of a day; None while it is being written. Its digest is checked."""
        try:
            told = await self._calls.ask(lambda client: client.trade_bill(day.isoformat(), tar_type="GZIP"))
        except ProviderRefused as refused:
            if refused.provider_code == "NO_STATEMENT_EXIST":
                return []
            if refused.provider_code == "STATEMENT_CREATING":
                return None
            raise
        parts = urlsplit(_text(told, "download_url"))
        # Only the path is followed: the address of the provider is what the settings say.
        _, packed = await self._calls.fetch(
            lambda client: client.download_bill(f"{self._account.endpoint}{parts.path}?{parts.query}")
        )
        content = _unpacked(packed if isinstance(packed, bytes) else packed.encode())
        # The digest tells of a download that was cut; who answers is proved by TLS.
        if hashlib.sha1(content, usedforsecurity=False).hexdigest() != _text(told, "hash_value").lower():
            raise ProviderSilent
        return read_wechat_bill(content)

    async def _open(self, kind: WeChatPayType, wanted: dict[str, Any]) -> Any:
        return await self._calls.ask(lambda client: client.pay(pay_type=kind, **wanted))

    async def _jsapi(self, prepay_id: str) -> dict[str, str]:
        stamp = str(int(clock.system_now().timestamp()))
        nonce, package = secrets.token_hex(16), f"prepay_id={prepay_id}"
        signature = await self._calls.run(
            lambda client: client.sign([self._account.app_id, stamp, nonce, package])
        )
        return {
            "appId": self._account.app_id,
            "timeStamp": stamp,
            "nonceStr": nonce,
            "package": package,
            "signType": "RSA",
            "paySign": str(signature),
        }

    async def _unlocked(self, headers: Mapping[str, str], body: bytes) -> Any:
        def check(client: Any) -> Any:
            text = body.decode("utf-8")
            if not client._core._verify_signature(headers, text):
                raise NotificationRefused(NotificationFault.SIGNATURE)
            return client.callback(headers, text)

        try:
            told = await self._calls.run(check)
        except (NotificationRefused, ProviderSilent, CalledWithinSession):
            raise
        except UnicodeDecodeError as error:
            raise NotificationRefused(NotificationFault.UNREADABLE) from error
        except Exception as error:
            # The library stumbles over missing headers and serial numbers that are none.
            raise NotificationRefused(NotificationFault.SIGNATURE, type(error).__name__) from error
        if not told:
            raise NotificationRefused(NotificationFault.UNREADABLE, "its content could not be unlocked")
        return told

    def _of_payment(self, notification_id: str, found: _Transaction) -> Notification:
        if (found.appid, found.mchid) != (self._account.app_id, self._account.merchant_id):
            raise NotificationRefused(NotificationFault.FOREIGN)
        return Notification(
            notification_id=notification_id,
            about=NotificationAbout.PAYMENT,
            reference=found.out_trade_no,
            amount_fen=found.amount.total if found.amount else None,
            currency=found.amount.currency if found.amount else YUAN,
            claims_paid=_STATES.get(found.trade_state) is GatewayState.PAID,
            said=found.trade_state,
        )

    def _of_refund(self, notification_id: str, found: _Refund) -> Notification:
        if found.mchid != self._account.merchant_id:
            raise NotificationRefused(NotificationFault.FOREIGN)
        return Notification(
            notification_id=notification_id,
            about=NotificationAbout.REFUND,
            reference=found.out_trade_no,
            refund_reference=found.out_refund_no,
            amount_fen=found.amount.total,
            refund_fen=found.amount.refund,
            currency=found.amount.currency,
            said=found.refund_status,
        )


_NOTHING_TO_CLOSE = frozenset({ProviderMeaning.ALREADY_PAID, ProviderMeaning.CLOSED, ProviderMeaning.NOT_THERE})


def _require_fresh(headers: Mapping[str, str]) -> None:
    """By the machine's clock, never by the platform's, which a demo world moves."""
    if headers.get("wechatpay-signature", "").startswith(_PROBE):
        raise NotificationRefused(NotificationFault.PROBE)
    stamp = headers.get("wechatpay-timestamp", "")
    if not (stamp.isascii() and stamp.isdecimal() and len(stamp) < 12):
        raise NotificationRefused(NotificationFault.SIGNATURE, "no timestamp")
    if abs(int(clock.system_now().timestamp()) - int(stamp)) > STALE_AFTER_S:
        raise NotificationRefused(NotificationFault.STALE)


def _refund_answer(told: Any, order: RefundOrder) -> RefundAnswer:
    found = _struct(told, _Refund)
    ours = (reference_of(order.shop_id, order.payment_id), reference_of(order.shop_id, order.refund_id), YUAN)
    progress = _PROGRESS.get(found.status)
    if progress is None or (found.out_trade_no, found.out_refund_no, found.amount.currency) != ours:
        raise ProviderSilent
    return RefundAnswer(progress=progress, reference=found.refund_id, amount_fen=found.amount.refund)


def _struct(told: Any, into: type[Any]) -> Any:
    try:
        return msgspec.convert(told, into)
    except msgspec.ValidationError as error:
        raise ProviderSilent from error


def _text(told: Any, name: str) -> str:
    value = told.get(name) if isinstance(told, dict) else None
    if not isinstance(value, str) or not value:
        raise ProviderSilent
    return value


def _web_address(told: Any, name: str) -> str:
    address = _text(told, name)
    if urlsplit(address).scheme not in {"https", "http"}:
        raise ProviderSilent
    return address


def _unpacked(packed: bytes) -> bytes:
    unpacker = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
    try:
        content = unpacker.decompress(packed, BILL_BYTES_MAX)
    except zlib.error as error:
        raise ProviderSilent from error
    if not unpacker.eof:
        raise ProviderSilent
    return content
