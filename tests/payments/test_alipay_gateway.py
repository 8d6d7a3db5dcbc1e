"""Alipay as a gateway, against a server that speaks its protocol: what is signed, what is believed, what a refusal
means."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import msgspec
import pytest
from msgspec.structs import replace

from tests.payments.alipay_server import AlipayServer
from tests.payments.paying import alipay_settings, write_settings
from tests.payments.provider_keys import key_pair
from yellowcart.kernel.ids import OrderId, PaymentId, ShopId
from yellowcart.payments.alipay import AlipayGateway
from yellowcart.payments.errors import NotificationRefused, ProviderRefused, ProviderSilent
from yellowcart.payments.gateway import GatewayState, NewCharge, NotificationAbout, RefundOrder, RefundProgress
from yellowcart.payments.model import NotificationFault, PaymentMethod, ProviderMeaning
from yellowcart.payments.provider_accounts import read_accounts
from yellowcart.payments.references import reference_of

SHOP, PAYMENT = ShopId(7_000_000_000_000_001), PaymentId(7_000_000_000_000_002)
REFERENCE = reference_of(SHOP, PAYMENT)
CHARGE = NewCharge(
    shop_id=SHOP,
    payment_id=PAYMENT,
    order_id=OrderId(77),
    method=PaymentMethod.ALIPAY_PAGE,
    amount_fen=4_990,
    expires_at=datetime(2026, 5, 1, 4, 0, tzinfo=UTC),
)
REFUND = RefundOrder(shop_id=SHOP, payment_id=PAYMENT, refund_id=9_000_000, amount_fen=1_005, paid_fen=4_990)


def gateway_to(folder: Path, server: AlipayServer, **more: object) -> AlipayGateway:
    """A gateway whose account is at this server."""
    accounts = read_accounts(write_settings(folder, alipay_settings(folder, server, **more)))  # type: ignore[arg-type]
    assert accounts.alipay is not None
    return AlipayGateway(accounts.alipay, accounts.address)


@pytest.fixture
def gateway(tmp_path: Path, alipay: AlipayServer) -> AlipayGateway:
    return gateway_to(tmp_path, alipay)


async def page_of(gateway: AlipayGateway, charge: NewCharge = CHARGE) -> str:
    """The address to which the payer is sent."""
    url = (await gateway.create(charge)).url
    assert url is not None
    return url


async def test_the_page_has_a_signed_address_in_beijings_time(
    gateway: AlipayGateway, alipay: AlipayServer
) -> None:
    url = await page_of(gateway)
    assert url.startswith(alipay.gateway + "?")
    fields = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
    assert fields["method"] == "alipay.trade.page.pay"
    assert fields["notify_url"] == "https://shop.example/api/v1/payments/notifications/alipay"
    assert fields["return_url"] == f"https://shop.example/cashier/{SHOP}/77/return"
    wanted = msgspec.json.decode(fields["biz_content"])
    assert (wanted["total_amount"], wanted["out_trade_no"]) == ("49.90", REFERENCE)
    assert wanted["time_expire"] == "2026-05-01 12:00:00"
    assert alipay.sign_in(url).total_amount == "49.90"
    phone = await page_of(gateway, replace(CHARGE, method=PaymentMethod.ALIPAY_WAP))
    assert "method=alipay.trade.wap.pay" in phone


async def test_a_charge_is_told_as_it_stands(gateway: AlipayGateway, alipay: AlipayServer) -> None:
    url = await page_of(gateway)
    assert await gateway.query(SHOP, PAYMENT) is None, "nobody has signed in"
    alipay.sign_in(url)
    opened = await gateway.query(SHOP, PAYMENT)
    assert opened is not None
    assert opened.state is GatewayState.OPEN
    at = datetime(2026, 5, 1, 3, 30, tzinfo=UTC)
    trade = alipay.pay(url, at=at)
    paid = await gateway.query(SHOP, PAYMENT)
    assert paid is not None
    assert (paid.state, paid.amount_fen, paid.paid_at) == (GatewayState.PAID, 4_990, at)
    assert paid.reference == trade.trade_no


async def test_closing_leaves_what_was_paid_and_what_is_not_there(
    gateway: AlipayGateway, alipay: AlipayServer
) -> None:
    url = await page_of(gateway)
    await gateway.close(SHOP, PAYMENT)
    alipay.sign_in(url)
    for _ in range(2):
        await gateway.close(SHOP, PAYMENT)
    closed = await gateway.query(SHOP, PAYMENT)
    assert closed is not None
    assert closed.state is GatewayState.CLOSED
    alipay.pay(url)
    await gateway.close(SHOP, PAYMENT)
    assert alipay.trades[REFERENCE].status == "TRADE_SUCCESS"


async def test_a_refund_goes_through_once_and_never_over_what_was_paid(
    gateway: AlipayGateway, alipay: AlipayServer
) -> None:
    trade = alipay.pay(await page_of(gateway))
    assert (await gateway.query_refund(REFUND)).progress is RefundProgress.UNKNOWN
    for _ in range(2):
        assert (await gateway.refund(REFUND)).progress is RefundProgress.DONE
    assert trade.refunds == {reference_of(SHOP, REFUND.refund_id): "10.05"}
    done = await gateway.query_refund(REFUND)
    assert (done.progress, done.amount_fen) == (RefundProgress.DONE, 1_005)
    with pytest.raises(ProviderRefused) as refused:
        await gateway.refund(replace(REFUND, refund_id=9_000_001, amount_fen=4_000))
    assert refused.value.meaning is ProviderMeaning.INVALID
    await gateway.refund(replace(REFUND, refund_id=9_000_002, amount_fen=3_985))
    whole = await gateway.query(SHOP, PAYMENT)
    assert whole is not None
    assert (trade.status, whole.state) == ("TRADE_CLOSED", GatewayState.PAID), "it was paid before it was closed"


async def test_a_refund_that_is_not_done_at_once_is_asked_for(
    gateway: AlipayGateway, alipay: AlipayServer
) -> None:
    alipay.pay(await page_of(gateway))
    alipay.refund_is_slow = True
    assert (await gateway.refund(REFUND)).progress is RefundProgress.PROCESSING
    alipay.finish_refunds()
    assert (await gateway.query_refund(REFUND)).progress is RefundProgress.DONE
    again = await gateway.refund(replace(REFUND, amount_fen=1_006))
    assert again.amount_fen == 1_005, "another amount under the same number: what was given back is told"


@pytest.mark.parametrize(
    ("code", "meaning"),
    [
        ("ACQ.SYSTEM_ERROR", ProviderMeaning.BROKEN),
        ("20000", ProviderMeaning.BROKEN),
        ("40005", ProviderMeaning.TOO_OFTEN),
        ("ACQ.SELLER_BALANCE_NOT_ENOUGH", ProviderMeaning.BALANCE_LOW),
        ("ACQ.TRADE_HAS_SUCCESS", ProviderMeaning.ALREADY_PAID),
        ("ACQ.MERCHANT_AGREEMENT_NOT_EXIST", ProviderMeaning.NOT_PERMITTED),
        ("ACQ.SOMETHING_NEW", ProviderMeaning.INVALID),
    ],
)
async def test_every_refusal_has_a_meaning(
    gateway: AlipayGateway, alipay: AlipayServer, code: str, meaning: ProviderMeaning
) -> None:
    with alipay.troubled(refusal=(200, code)), pytest.raises(ProviderRefused) as refused:
        await gateway.refund(REFUND)
    assert refused.value.meaning is meaning


async def test_what_cannot_be_believed_is_no_answer(gateway: AlipayGateway, alipay: AlipayServer) -> None:
    alipay.pay(await page_of(gateway))
    with alipay.troubled(wrong_signature=True), pytest.raises(ProviderSilent):
        await gateway.query(SHOP, PAYMENT)
    with alipay.troubled(error_page=True), pytest.raises(ProviderSilent):
        await gateway.query(SHOP, PAYMENT)
    with alipay.troubled(silent_s=1.5), pytest.raises(ProviderSilent):
        await gateway.query(SHOP, PAYMENT)
    alipay.stop()
    with pytest.raises(ProviderSilent):
        await gateway.query(SHOP, PAYMENT)


async def test_a_wrong_key_of_ours_is_said_to_be_one(tmp_path: Path, alipay: AlipayServer) -> None:
    (tmp_path / "other.pem").write_text(key_pair("stranger").private_pem)
    gateway = gateway_to(tmp_path, alipay, private_key_file="other.pem")
    with pytest.raises(ProviderRefused) as refused:
        await gateway.query(SHOP, PAYMENT)
    assert refused.value.meaning is ProviderMeaning.MISCONFIGURED


async def test_certificate_mode_names_its_certificates_and_checks_by_alipays(
    tmp_path: Path, alipay: AlipayServer
) -> None:
    gateway = gateway_to(tmp_path, alipay, by_certificate=True)
    url = await page_of(gateway)
    assert {"app_cert_sn", "alipay_root_cert_sn"} <= parse_qs(urlsplit(url).query).keys()
    trade = alipay.pay(url)
    paid = await gateway.query(SHOP, PAYMENT)
    assert paid is not None
    assert paid.state is GatewayState.PAID
    assert all(all(serials) for serials in alipay.certificate_fields)
    assert (await gateway.verify_notification({}, alipay.notification(trade))).claims_paid
    with alipay.troubled(wrong_signature=True), pytest.raises(ProviderSilent):
        await gateway.query(SHOP, PAYMENT)


async def test_a_notification_says_what_it_is_about(gateway: AlipayGateway, alipay: AlipayServer) -> None:
    trade = alipay.pay(await page_of(gateway))
    told = await gateway.verify_notification({}, alipay.notification(trade))
    assert (told.about, told.reference, told.amount_fen) == (NotificationAbout.PAYMENT, REFERENCE, 4_990)
    assert told.claims_paid
    await gateway.refund(REFUND)
    request = reference_of(SHOP, REFUND.refund_id)
    told = await gateway.verify_notification({}, alipay.refund_notification(trade, request))
    assert (told.about, told.refund_reference) == (NotificationAbout.REFUND, request)


async def test_a_notification_that_is_not_whole_is_refused_for_its_reason(
    gateway: AlipayGateway, alipay: AlipayServer
) -> None:
    trade = alipay.pay(await page_of(gateway))
    body = alipay.notification(trade)
    cases = [
        (body.replace(b"49.90", b"0.01"), NotificationFault.SIGNATURE),
        (body.replace(b"sign_type=RSA2", b"sign_type=RSA"), NotificationFault.SIGNATURE),
        (body + b"&total_amount=0.01", NotificationFault.SIGNATURE),
        (alipay.notification(trade, signer=key_pair("stranger")), NotificationFault.SIGNATURE),
        (alipay.notification(trade, app_id="2021000000000002"), NotificationFault.FOREIGN),
        (alipay.notification(trade, seller_id="2088000000000010"), NotificationFault.FOREIGN),
        (alipay.notification(trade, total_amount="a lot"), NotificationFault.UNREADABLE),
        (b"", NotificationFault.SIGNATURE),
        (b"\xff\xfe", NotificationFault.SIGNATURE),
        (b"sign=%zz&sign_type=RSA2", NotificationFault.SIGNATURE),
        (b"&".join(b"a%d=1" % number for number in range(200)), NotificationFault.SIGNATURE),
    ]
    for sent, fault in cases:
        with pytest.raises(NotificationRefused) as refused:
            await gateway.verify_notification({}, sent)
        assert refused.value.fault is fault, sent


async def test_a_bill_is_read_line_by_line_and_a_cut_one_is_none(
    gateway: AlipayGateway, alipay: AlipayServer
) -> None:
    alipay.pay(await page_of(gateway))
    await gateway.refund(REFUND)
    request = reference_of(SHOP, REFUND.refund_id)
    rows = [alipay.bill_row(REFERENCE, moment="2026-05-01 23:59:59"), alipay.bill_row(REFERENCE, request)]
    alipay.put_bill("2026-05-01", rows)
    lines = await gateway.bill(date(2026, 5, 1))
    assert lines is not None
    assert [(line.reference, line.refund_reference, line.amount_fen) for line in lines] == [
        (REFERENCE, "", 4_990),
        (REFERENCE, request, 1_005),
    ]
    assert lines[0].booked_at == datetime(2026, 5, 1, 15, 59, 59, tzinfo=UTC)
    assert await gateway.bill(date(2026, 5, 2)) is None
    alipay.bills["2026-05-01"] = alipay.bills["2026-05-01"][:-30]
    with pytest.raises(ProviderSilent):
        await gateway.bill(date(2026, 5, 1))
    alipay.put_bill("2026-05-03", ["nothing,of,the,kind"])
    with pytest.raises(ProviderSilent):
        await gateway.bill(date(2026, 5, 3))


async def test_the_time_of_a_request_is_beijings_whatever_the_machines_zone(
    gateway: AlipayGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    import time

    monkeypatch.setenv("TZ", "America/New_York")
    time.tzset()
    try:
        fields = parse_qs(urlsplit(await page_of(gateway)).query)
    finally:
        monkeypatch.undo()
        time.tzset()
    beijing = datetime.now(UTC) + timedelta(hours=8)
    sent = datetime.strptime(fields["timestamp"][0], "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)
    assert abs((beijing - sent).total_seconds()) < 60
