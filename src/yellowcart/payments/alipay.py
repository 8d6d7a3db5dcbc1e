"""Alipay as a gateway: payment pages for computers and phones, refunds, notifications, the daily bill.

Sources: 支付宝开放平台: alipay.trade.page.pay, alipay.trade.wap.pay, alipay.trade.query, alipay.trade.close,
alipay.trade.refund, alipay.trade.fastpay.refund.query, 异步通知说明,
alipay.data.dataservice.bill.downloadurl.query.

A charge begins to exist at Alipay when its payer has signed in on Alipay's page, not when we make the address of
that page: until then a query answers that there is none, and there is nothing to close.
"""

import binascii
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
from alipay.exceptions import AliPayException

from yellowcart.kernel.clock import SHANGHAI
from yellowcart.kernel.ids import PaymentId, ShopId
from yellowcart.kernel.money import AmountUnreadable, parse_yuan, write_yuan
from yellowcart.payments.alipay_bill import read_alipay_bill
from yellowcart.payments.alipay_calls import MOMENT, AlipayCalls
from yellowcart.payments.errors import NotificationRefused, ProviderRefused, ProviderSilent
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
from yellowcart.payments.provider_accounts import AlipayAccount
from yellowcart.payments.references import reference_of

NAME = "alipay"
FIELDS_MAX = 100
"""Parameters of one notification."""
BILL_BYTES_MAX = 128 * 1024 * 1024
BILL_HOSTS = (".alipay.com", ".alipaydev.com", ".alipayobjects.com")
_BILL_NOT_THERE = frozenset({"ISP.BILL_NOT_EXIST", "BILL_NOT_EXIST", "ACQ.BILL_NOT_EXIST"})
_PRODUCTS: dict[str, PaymentMethod] = {
    "page": PaymentMethod.ALIPAY_PAGE,
    "wap": PaymentMethod.ALIPAY_WAP,
}
_NOTHING_TO_CLOSE = frozenset({ProviderMeaning.ALREADY_PAID, ProviderMeaning.CLOSED, ProviderMeaning.NOT_THERE})


class AlipayGateway:
    """Alipay for one app."""

    name = NAME

    def __init__(self, account: AlipayAccount, address: str) -> None:
        self._account = account
        self._address = address
        self._notify_url = f"{address}/api/v1/payments/notifications/{NAME}"
        self._calls = AlipayCalls(account)
        self.methods = tuple(_PRODUCTS[product] for product in account.products)

    async def create(self, charge: NewCharge) -> Prompt:
        """The signed address of Alipay's page; nothing is asked of Alipay yet."""
        cashier = f"{self._address}/cashier/{charge.shop_id}/{charge.order_id}"
        wanted = {
            "subject": f"Yellowcart {charge.order_id}",
            "out_trade_no": reference_of(charge.shop_id, charge.payment_id),
            "total_amount": write_yuan(charge.amount_fen),
            "return_url": f"{cashier}/return",
            "notify_url": self._notify_url,
            "time_expire": charge.expires_at.astimezone(SHANGHAI).strftime(MOMENT),
        }
        app = self._calls.app
        if charge.method is PaymentMethod.ALIPAY_WAP:
            signed = app.api_alipay_trade_wap_pay(**wanted, quit_url=cashier)
        else:
            signed = app.api_alipay_trade_page_pay(**wanted)
        return Prompt(url=f"{self._account.endpoint}?{signed}")

    async def query(self, shop_id: ShopId, payment_id: PaymentId) -> Charge | None:
        """The charge as it stands; None until its payer has signed in at Alipay."""
        reference = reference_of(shop_id, payment_id)
        try:
            told = await self._calls.ask(lambda app: app.api_alipay_trade_query(out_trade_no=reference))
        except ProviderRefused as refused:
            if refused.meaning is ProviderMeaning.NOT_THERE:
                return None
            raise
        if told.get("out_trade_no") != reference:
            raise ProviderSilent
        paid_at, status = _moment(told.get("send_pay_date")), str(told.get("trade_status", ""))
        return Charge(
            reference=str(told.get("trade_no", "")),
            state=_state_of(status, was_paid=paid_at is not None),
            amount_fen=_fen(told.get("total_amount")),
            # Named where a trade is not priced in yuan (alipay.trade.query, trans_currency).
            currency=str(told.get("trans_currency") or YUAN),
            # A part that went back leaves the trade as it was; that stands on the bill alone.
            given_back=status == "TRADE_CLOSED" and paid_at is not None,
            paid_at=paid_at,
        )

    async def close(self, shop_id: ShopId, payment_id: PaymentId) -> None:
        """Close a charge. One that is paid, closed or unknown there is left as it is."""
        reference = reference_of(shop_id, payment_id)
        try:
            await self._calls.ask(lambda app: app.api_alipay_trade_close(out_trade_no=reference))
        except ProviderRefused as refused:
            if refused.meaning not in _NOTHING_TO_CLOSE:
                raise

    async def refund(self, order: RefundOrder) -> RefundAnswer:
        """Give money back. `fund_change` N means that this call moved nothing: it was done before, or not yet."""
        reference = reference_of(order.shop_id, order.payment_id)
        try:
            told = await self._calls.ask(
                lambda app: app.api_alipay_trade_refund(
                    refund_amount=write_yuan(order.amount_fen),
                    out_trade_no=reference,
                    out_request_no=reference_of(order.shop_id, order.refund_id),
                )
            )
        except ProviderRefused as refused:
            if refused.meaning is not ProviderMeaning.REFERENCE_USED:
                raise
            answer = await self.query_refund(order)
            if answer.progress is RefundProgress.UNKNOWN:
                raise
            return answer
        if told.get("out_trade_no") != reference:
            raise ProviderSilent
        if told.get("fund_change") == "Y":
            return RefundAnswer(progress=RefundProgress.DONE, reference=str(told.get("trade_no", "")))
        answer = await self.query_refund(order)
        if answer.progress is RefundProgress.UNKNOWN:
            return RefundAnswer(progress=RefundProgress.PROCESSING)
        return answer

    async def query_refund(self, order: RefundOrder) -> RefundAnswer:
        """Whether a refund went through; without `refund_status` Alipay has not done it, and a repeat is right."""
        request = reference_of(order.shop_id, order.refund_id)
        try:
            told = await self._calls.ask(
                lambda app: app.api_alipay_trade_fastpay_refund_query(
                    out_request_no=request, out_trade_no=reference_of(order.shop_id, order.payment_id)
                )
            )
        except ProviderRefused as refused:
            if refused.meaning is ProviderMeaning.NOT_THERE:
                return RefundAnswer(progress=RefundProgress.UNKNOWN)
            raise
        if told.get("refund_status") != "REFUND_SUCCESS" or told.get("out_request_no") != request:
            return RefundAnswer(progress=RefundProgress.UNKNOWN)
        return RefundAnswer(
            progress=RefundProgress.DONE,
            reference=str(told.get("trade_no", "")),
            amount_fen=_fen(told.get("refund_amount")),
        )

    async def verify_notification(self, headers: Mapping[str, str], body: bytes) -> Notification:
        """The notification of a request. Raises NotificationRefused.

        Alipay repeats one notification for a day with the time of its first sending, so that its age says nothing;
        what was taken in once is known by its `notify_id`.
        """
        fields = _fields(body)
        signature = fields.pop("sign", "")
        try:
            holds = fields.get("sign_type") == "RSA2" and self._calls.app.verify(dict(fields), signature)
        except (AliPayException, binascii.Error, ValueError) as error:
            raise NotificationRefused(NotificationFault.SIGNATURE, type(error).__name__) from error
        if not holds:
            raise NotificationRefused(NotificationFault.SIGNATURE)
        seller = self._account.seller_id
        if fields.get("app_id") != self._account.app_id or (seller and fields.get("seller_id") != seller):
            raise NotificationRefused(NotificationFault.FOREIGN)
        return _notification(fields)

    def reply(self, *, taken: bool) -> NotificationReply:
        """The plain word `success`, or any other, on which Alipay sends again for 25 hours (异步通知说明)."""
        return NotificationReply(200, "text/plain", b"success" if taken else b"fail")

    async def bill(self, day: date) -> list[BillLine] | None:
        """The bill of a day; None while there is none."""
        try:
            told = await self._calls.ask(
                lambda app: app.server_api(
                    "alipay.data.dataservice.bill.downloadurl.query",
                    {"bill_type": "trade", "bill_date": day.isoformat()},
                )
            )
        except ProviderRefused as refused:
            if refused.provider_code.upper() in _BILL_NOT_THERE:
                return None
            raise
        return read_alipay_bill(await self._download(str(told.get("bill_download_url", ""))))

    async def _download(self, url: str) -> bytes:
        """The file of a bill: from Alipay's own hosts and over https, or from that of our endpoint."""
        parts = urlsplit(url)
        if parts.netloc != urlsplit(self._account.endpoint).netloc:
            if not (parts.hostname or "").endswith(BILL_HOSTS):
                raise ProviderSilent
            parts = parts._replace(scheme="https")
        content = bytearray()
        try:
            async with (
                httpx.AsyncClient(timeout=self._account.timeout_s) as client,
                client.stream("GET", parts.geturl()) as answer,
            ):
                answer.raise_for_status()
                async for piece in answer.aiter_bytes():
                    content += piece
                    if len(content) > BILL_BYTES_MAX:
                        raise ProviderSilent
        except httpx.HTTPError:
            # Without its cause: the address that it names opens the bill to whoever reads the log.
            raise ProviderSilent from None
        return bytes(content)


def _fields(body: bytes) -> dict[str, str]:
    try:
        pairs = parse_qsl(
            body.decode("utf-8"),
            keep_blank_values=True,
            strict_parsing=True,
            errors="strict",
            max_num_fields=FIELDS_MAX,
        )
    except (UnicodeDecodeError, ValueError) as error:
        raise NotificationRefused(NotificationFault.SIGNATURE, "no form") from error
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise NotificationRefused(NotificationFault.SIGNATURE, "a field came twice")
    return fields


def _notification(fields: dict[str, str]) -> Notification:
    """A refund's notification has the trade's fields too, and `refund_fee`: the sum of all refunds until then."""
    status = fields.get("trade_status", "")
    is_refund = "refund_fee" in fields or "gmt_refund" in fields
    try:
        return Notification(
            notification_id=fields["notify_id"],
            about=NotificationAbout.REFUND if is_refund else NotificationAbout.PAYMENT,
            reference=fields["out_trade_no"],
            refund_reference=fields.get("out_biz_no", "") if is_refund else "",
            amount_fen=parse_yuan(fields["total_amount"]),
            currency=fields.get("trans_currency") or YUAN,
            claims_paid=status in {"TRADE_SUCCESS", "TRADE_FINISHED"},
            said=status,
        )
    except (KeyError, AmountUnreadable) as error:
        raise NotificationRefused(NotificationFault.UNREADABLE, str(error)) from error


def _state_of(trade_status: str, *, was_paid: bool) -> GatewayState:
    match trade_status:
        case "WAIT_BUYER_PAY":
            return GatewayState.OPEN
        case "TRADE_SUCCESS" | "TRADE_FINISHED":
            return GatewayState.PAID
        case "TRADE_CLOSED":
            # Closed unpaid, or refunded to the last fen after it was paid.
            return GatewayState.PAID if was_paid else GatewayState.CLOSED
        case _:
            raise ProviderSilent


def _fen(amount: Any) -> int:
    try:
        return parse_yuan(str(amount))
    except AmountUnreadable as error:
        raise ProviderSilent from error


def _moment(text: Any) -> datetime | None:
    if not text:
        return None
    try:
        return datetime.strptime(str(text), MOMENT).replace(tzinfo=SHANGHAI)
    except ValueError as error:
        raise ProviderSilent from error
