"""WeChat Pay as a gateway, against a server that speaks its protocol: what is signed, what is believed, what a
refusal means."""

import base64
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from tests.payments.paying import wechat_settings, write_settings
from tests.payments.provider_keys import key_pair
from tests.payments.wechat_server import APP_ID, MERCHANT_ID, WechatServer
from yellowcart.kernel.ids import OrderId, PaymentId, ShopId
from yellowcart.payments.errors import NotificationRefused, PayerUnknown, ProviderRefused, ProviderSilent
from yellowcart.payments.gateway import GatewayState, NewCharge, NotificationAbout, RefundOrder, RefundProgress
from yellowcart.payments.model import NotificationFault, PaymentMethod, ProviderMeaning
from yellowcart.payments.provider_accounts import read_accounts
from yellowcart.payments.references import reference_of
from yellowcart.payments.wechat import WechatGateway
from yellowcart.payments.wechat_calls import WechatCalls
from yellowcart.payments.wechat_payer import WechatPayer

SHOP, PAYMENT = ShopId(7_000_000_000_000_001), PaymentId(7_000_000_000_000_002)
REFERENCE = reference_of(SHOP, PAYMENT)
CHARGE = NewCharge(
    shop_id=SHOP,
    payment_id=PAYMENT,
    order_id=OrderId(77),
    method=PaymentMethod.WECHAT_NATIVE,
    amount_fen=4_990,
    expires_at=datetime.now(UTC) + timedelta(minutes=30),
    payer_address="203.0.113.7",
)
REFUND = RefundOrder(shop_id=SHOP, payment_id=PAYMENT, refund_id=9_000_000, amount_fen=1_000, paid_fen=4_990)


def gateway_to(folder: Path, server: WechatServer, **more: object) -> WechatGateway:
    """A gateway whose account is at this server."""
    accounts = read_accounts(write_settings(folder, wechat_settings(folder, server, **more)))
    assert accounts.wechat is not None
    return WechatGateway(accounts.wechat, accounts.address)


@pytest.fixture
def gateway(tmp_path: Path, wechat: WechatServer) -> WechatGateway:
    return gateway_to(tmp_path, wechat)


@pytest.fixture
def certified() -> Iterator[WechatServer]:
    """A server of the older kind, which signs by platform certificates."""
    server = WechatServer(by_certificate=True)
    with server.running():
        yield server


async def test_each_product_asks_for_what_its_page_needs(gateway: WechatGateway, wechat: WechatServer) -> None:
    native = await gateway.create(CHARGE)
    assert native.code == f"weixin://wxpay/bizpayurl?pr={REFERENCE}"
    assert (native.url, native.jsapi) == (None, None)
    asked = wechat.charges[REFERENCE].request
    assert asked["amount"] == {"total": 4_990, "currency": "CNY"}
    assert asked["notify_url"] == "https://shop.example/api/v1/payments/notifications/wechat"
    other = replace(CHARGE, method=PaymentMethod.WECHAT_H5, payment_id=PaymentId(12))
    phone = await gateway.create(other)
    assert str(phone.url).endswith(f"&redirect_url=https%3A%2F%2Fshop.example%2Fcashier%2F{SHOP}%2F77%2Freturn")
    scene = wechat.charges[reference_of(SHOP, 12)].request["scene_info"]
    assert scene == {"payer_client_ip": "203.0.113.7", "h5_info": {"type": "Wap"}}
    inside = replace(CHARGE, method=PaymentMethod.WECHAT_JSAPI, payment_id=PaymentId(13))
    with pytest.raises(PayerUnknown):
        await gateway.create(inside)
    handed = (await gateway.create(replace(inside, payer_reference="oUpF8uMuAJO"))).jsapi
    assert handed is not None
    message = f"{APP_ID}\n{handed['timeStamp']}\n{handed['nonceStr']}\n{handed['package']}\n"
    key_pair("merchant").verify(base64.b64decode(handed["paySign"]), message.encode())


async def test_a_charge_is_opened_once_however_often_it_is_asked_for(
    gateway: WechatGateway, wechat: WechatServer
) -> None:
    assert await gateway.create(CHARGE) == await gateway.create(CHARGE)
    assert len(wechat.charges) == 1
    with pytest.raises(ProviderRefused) as refused:
        await gateway.create(replace(CHARGE, amount_fen=1))
    assert refused.value.meaning is ProviderMeaning.REFERENCE_USED
    wechat.pay(REFERENCE)
    with pytest.raises(ProviderRefused) as refused:
        await gateway.create(CHARGE)
    assert refused.value.meaning is ProviderMeaning.ALREADY_PAID


async def test_a_charge_is_told_as_it_stands(gateway: WechatGateway, wechat: WechatServer) -> None:
    assert await gateway.query(SHOP, PAYMENT) is None
    await gateway.create(CHARGE)
    opened = await gateway.query(SHOP, PAYMENT)
    assert opened is not None
    assert (opened.state, opened.paid_at) == (GatewayState.OPEN, None)
    at = datetime(2026, 5, 1, 12, 0, tzinfo=UTC)
    wechat.pay(REFERENCE, at=at)
    paid = await gateway.query(SHOP, PAYMENT)
    assert paid is not None
    assert (paid.state, paid.amount_fen, paid.paid_at) == (GatewayState.PAID, 4_990, at)
    assert paid.reference == wechat.charges[REFERENCE].transaction_id


async def test_closing_leaves_what_was_paid_and_what_is_not_there(
    gateway: WechatGateway, wechat: WechatServer
) -> None:
    await gateway.close(SHOP, PAYMENT)
    await gateway.create(CHARGE)
    for _ in range(2):
        await gateway.close(SHOP, PAYMENT)
    closed = await gateway.query(SHOP, PAYMENT)
    assert closed is not None
    assert closed.state is GatewayState.CLOSED
    wechat.pay(REFERENCE)
    await gateway.close(SHOP, PAYMENT)
    assert wechat.charges[REFERENCE].state == "SUCCESS"


async def test_a_refund_goes_through_once_and_never_over_what_was_paid(
    gateway: WechatGateway, wechat: WechatServer
) -> None:
    await gateway.create(CHARGE)
    wechat.pay(REFERENCE)
    assert (await gateway.query_refund(REFUND)).progress is RefundProgress.UNKNOWN
    for _ in range(2):
        done = await gateway.refund(REFUND)
        assert (done.progress, done.amount_fen) == (RefundProgress.DONE, 1_000)
    assert wechat.charges[REFERENCE].refunded == 1_000
    assert (await gateway.query_refund(REFUND)).reference == done.reference
    with pytest.raises(ProviderRefused) as refused:
        await gateway.refund(replace(REFUND, refund_id=9_000_001, amount_fen=4_000))
    assert refused.value.meaning is ProviderMeaning.INVALID


@pytest.mark.parametrize(
    ("status", "progress"),
    [
        ("PROCESSING", RefundProgress.PROCESSING),
        ("ABNORMAL", RefundProgress.ABNORMAL),
        ("CLOSED", RefundProgress.CLOSED),
    ],
)
async def test_a_refund_says_how_far_it_is(
    gateway: WechatGateway, wechat: WechatServer, status: str, progress: RefundProgress
) -> None:
    await gateway.create(CHARGE)
    wechat.pay(REFERENCE)
    wechat.refund_status = status
    assert (await gateway.refund(REFUND)).progress is progress
    assert (await gateway.query_refund(REFUND)).progress is progress


@pytest.mark.parametrize(
    ("status", "code", "meaning"),
    [
        (500, "SYSTEM_ERROR", ProviderMeaning.BROKEN),
        (429, "FREQUENCY_LIMITED", ProviderMeaning.TOO_OFTEN),
        (403, "NOT_ENOUGH", ProviderMeaning.BALANCE_LOW),
        (403, "NO_AUTH", ProviderMeaning.NOT_PERMITTED),
        (403, "USER_ACCOUNT_ABNORMAL", ProviderMeaning.PAYER_UNABLE),
        (403, "RULE_LIMIT", ProviderMeaning.OVER_LIMIT),
        (503, "SOMETHING_NEW", ProviderMeaning.BROKEN),
        (400, "SOMETHING_NEW", ProviderMeaning.INVALID),
        (404, "RESOURCE_NOT_EXISTS", ProviderMeaning.NOT_THERE),
        (404, "NOT_FOUND", ProviderMeaning.BROKEN),
    ],
)
async def test_every_refusal_has_a_meaning(
    gateway: WechatGateway, wechat: WechatServer, status: int, code: str, meaning: ProviderMeaning
) -> None:
    with wechat.troubled(refusal=(status, code)), pytest.raises(ProviderRefused) as refused:
        await gateway.refund(REFUND)
    assert (refused.value.meaning, refused.value.provider_code) == (meaning, code)


ODD = [
    '{"code": "订单", "message": "没有", "openid": "没有"}'.encode("gbk"),
    b'{"more": ' + b"[" * 20_000 + b"]" * 20_000 + b"}",
    b'{"code": "\xe6',
]


@pytest.mark.parametrize("body", ODD, ids=["GBK", "nested without end", "half a character"])
async def test_odd_bytes_are_no_answer_wherever_they_come(
    tmp_path: Path, gateway: WechatGateway, wechat: WechatServer, body: bytes
) -> None:
    with wechat.troubled(odd=(400, body)), pytest.raises(ProviderSilent):
        await gateway.refund(REFUND)
    accounts = read_accounts(write_settings(tmp_path, wechat_settings(tmp_path, wechat)))
    assert accounts.wechat is not None
    with pytest.raises(ProviderSilent):
        await WechatCalls(accounts.wechat, "https://shop.example").ask(lambda _: (200, body))
    with wechat.troubled(odd=(200, body)), pytest.raises(ProviderSilent):
        await WechatPayer(accounts.wechat, accounts.address).openid_of("a-code")


async def test_what_cannot_be_believed_is_no_answer(gateway: WechatGateway, wechat: WechatServer) -> None:
    await gateway.create(CHARGE)
    wechat.pay(REFERENCE)
    with wechat.troubled(wrong_signature=True), pytest.raises(ProviderSilent):
        await gateway.query(SHOP, PAYMENT)
    with wechat.troubled(error_page=True), pytest.raises(ProviderSilent):
        await gateway.query(SHOP, PAYMENT)
    with wechat.troubled(silent_s=1.5), pytest.raises(ProviderSilent):
        await gateway.query(SHOP, PAYMENT)
    wechat.charges[REFERENCE].request["amount"]["total"] = 1
    lying = await gateway.query(SHOP, PAYMENT)
    assert lying is not None
    assert lying.amount_fen == 1, "the amount is told as it is, for whoever compares it"
    wechat.stop()
    with pytest.raises(ProviderSilent):
        await gateway.query(SHOP, PAYMENT)


async def test_that_nothing_is_there_is_believed_of_wechats_own_word_alone(
    gateway: WechatGateway, wechat: WechatServer
) -> None:
    with wechat.troubled(refusal=(404, "NOT_FOUND")):
        with pytest.raises(ProviderRefused):
            await gateway.query_refund(REFUND)
        with pytest.raises(ProviderRefused):
            await gateway.query(SHOP, PAYMENT)


async def test_a_refund_in_another_currency_is_no_answer(gateway: WechatGateway, wechat: WechatServer) -> None:
    await gateway.create(CHARGE)
    wechat.pay(REFERENCE)
    await gateway.refund(REFUND)
    wechat.refunds[reference_of(SHOP, REFUND.refund_id)].request["amount"]["currency"] = "JPY"
    with pytest.raises(ProviderSilent):
        await gateway.query_refund(REFUND)


async def test_a_wrong_key_of_ours_is_said_to_be_one(tmp_path: Path, wechat: WechatServer) -> None:
    gateway = gateway_to(tmp_path, wechat, certificate_serial="77")
    with pytest.raises(ProviderRefused) as refused:
        await gateway.query(SHOP, PAYMENT)
    assert refused.value.meaning is ProviderMeaning.MISCONFIGURED


async def test_platform_certificates_are_fetched_when_they_are_needed_and_not_for_strangers(
    tmp_path: Path, certified: WechatServer
) -> None:
    gateway = gateway_to(tmp_path, certified)
    assert certified.calls == [], "opening the gateway asks nothing"
    await gateway.create(CHARGE)
    certified.pay(REFERENCE)
    paid = await gateway.query(SHOP, PAYMENT)
    assert paid is not None
    assert paid.state is GatewayState.PAID
    for _ in range(5):
        headers, body = certified.payment_notification(REFERENCE)
        with pytest.raises(NotificationRefused):
            await gateway.verify_notification(headers | {"wechatpay-serial": "ABC123"}, body)
    assert certified.calls.count("GET /v3/certificates") == 1
    assert (await gateway.verify_notification(headers, body)).claims_paid


async def test_a_notification_says_what_it_is_about(gateway: WechatGateway, wechat: WechatServer) -> None:
    await gateway.create(CHARGE)
    wechat.pay(REFERENCE)
    told = await gateway.verify_notification(*wechat.payment_notification(REFERENCE))
    assert (told.about, told.reference, told.amount_fen) == (NotificationAbout.PAYMENT, REFERENCE, 4_990)
    assert told.claims_paid
    await gateway.refund(REFUND)
    of_refund = reference_of(SHOP, REFUND.refund_id)
    told = await gateway.verify_notification(*wechat.refund_notification(of_refund))
    assert (told.about, told.refund_reference, told.refund_fen) == (NotificationAbout.REFUND, of_refund, 1_000)


async def test_a_notification_that_is_not_whole_is_refused_for_its_reason(
    gateway: WechatGateway, wechat: WechatServer
) -> None:
    await gateway.create(CHARGE)
    wechat.pay(REFERENCE)
    headers, body = wechat.payment_notification(REFERENCE)
    now = int(datetime.now(UTC).timestamp())
    content = {"appid": APP_ID, "mchid": MERCHANT_ID, "out_trade_no": REFERENCE, "trade_state": "SUCCESS"}
    event = "TRANSACTION.SUCCESS"
    old_headers, old_body = wechat.notification(event, content, stamp=now - 301)
    stranger_headers, stranger_body = wechat.notification(event, content, signer=key_pair("stranger"))
    sealed_headers, sealed_body = wechat.notification(event, content, key="f" * 32)
    foreign_headers, foreign_body = wechat.notification(event, content | {"mchid": "1900000110"})
    other_headers, other_body = wechat.notification(event, content | {"appid": "wx0"})
    bare_headers, bare_body = wechat.notification(event, {"out_trade_no": REFERENCE})
    probe = headers | {"wechatpay-signature": "WECHATPAY/SIGNTEST/" + headers["wechatpay-signature"]}
    cases = [
        (headers, body + b" ", NotificationFault.SIGNATURE),
        (headers | {"wechatpay-nonce": "other"}, body, NotificationFault.SIGNATURE),
        (headers | {"wechatpay-serial": "no number"}, body, NotificationFault.SIGNATURE),
        (headers | {"wechatpay-signature-type": "none"}, body, NotificationFault.SIGNATURE),
        (headers | {"wechatpay-timestamp": "soon"}, body, NotificationFault.SIGNATURE),
        ({}, body, NotificationFault.SIGNATURE),
        (probe, body, NotificationFault.PROBE),
        (headers, b"\xff\xfe", NotificationFault.UNREADABLE),
        (old_headers, old_body, NotificationFault.STALE),
        (stranger_headers, stranger_body, NotificationFault.SIGNATURE),
        (sealed_headers, sealed_body, NotificationFault.UNREADABLE),
        (foreign_headers, foreign_body, NotificationFault.FOREIGN),
        (other_headers, other_body, NotificationFault.FOREIGN),
        (bare_headers, bare_body, NotificationFault.UNREADABLE),
    ]
    for sent_headers, sent_body, fault in cases:
        with pytest.raises(NotificationRefused) as refused:
            await gateway.verify_notification(sent_headers, sent_body)
        assert refused.value.fault is fault, (sent_headers, fault)


async def test_a_bill_is_read_line_by_line_and_a_cut_one_is_none(
    gateway: WechatGateway, wechat: WechatServer
) -> None:
    await gateway.create(CHARGE)
    wechat.pay(REFERENCE)
    await gateway.refund(REFUND)
    of_refund = reference_of(SHOP, REFUND.refund_id)
    rows = [wechat.bill_row(REFERENCE, moment="2026-05-01 23:59:59"), wechat.bill_row(REFERENCE, of_refund)]
    wechat.put_bill("2026-05-01", rows)
    day = date(2026, 5, 1)
    lines = await gateway.bill(day)
    assert lines is not None
    assert [(line.reference, line.refund_reference, line.amount_fen) for line in lines] == [
        (REFERENCE, "", 4_990),
        (REFERENCE, of_refund, 1_000),
    ]
    assert lines[0].booked_at == datetime(2026, 5, 1, 15, 59, 59, tzinfo=UTC)
    assert await gateway.bill(date(2026, 5, 2)) == [], "a day without payments has no bill"
    with wechat.troubled(refusal=(400, "STATEMENT_CREATING")):
        assert await gateway.bill(day) is None
    wechat.broken_digest = True
    with pytest.raises(ProviderSilent):
        await gateway.bill(day)
    wechat.broken_digest = False
    wechat.bills["2026-05-01"] = wechat.bills["2026-05-01"].split("总交易单数")[0]
    with pytest.raises(ProviderSilent):
        await gateway.bill(day)
