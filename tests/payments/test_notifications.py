"""What providers tell by themselves: believed for nothing, taken in once, answered in their own form, and a
finding where it does not fit."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.conftest import browser
from tests.orders.shopping import order_state
from tests.payments.paying import PayingWorld
from tests.payments.provider_keys import key_pair
from tests.payments.wechat_server import APP_ID, MERCHANT_ID
from yellowcart.app import Application
from yellowcart.kernel.errors import NotFound
from yellowcart.kernel.ids import ShopId
from yellowcart.payments.gateway import NotificationReply
from yellowcart.payments.model import PaymentMethod, PaymentState
from yellowcart.payments.notify import take_in_notification
from yellowcart.payments.references import reference_of

NOTHING: dict[str, Any] = {"appid": APP_ID, "mchid": MERCHANT_ID, "out_trade_no": "", "trade_state": "SUCCESS"}


async def tell(paying: PayingWorld, provider: str, headers: dict[str, str], body: bytes) -> NotificationReply:
    return await take_in_notification(paying.database, paying.gateways, provider, headers, body)


async def outcomes(paying: PayingWorld) -> list[tuple[str, int]]:
    """Outcome and times of every notification."""
    async with paying.database.reading() as reader:
        rows = await reader.records("SELECT outcome, times FROM payment_notification ORDER BY received_at")
    return [(row["outcome"], row["times"]) for row in rows]


async def test_a_notification_pays_an_order_and_its_repeat_changes_nothing(paying: PayingWorld) -> None:
    placed = await paying.order()
    cashier = await paying.open(placed)
    reference = reference_of(placed.shop_id, cashier.payment_id)
    paying.wechat.pay(reference)
    notice = paying.wechat.payment_notification(reference)
    for _ in range(3):
        assert (await tell(paying, "wechat", *notice)).status == 200
    assert await order_state(paying.database, placed.shop_id, placed.order_id) == ("paid", None)
    assert await outcomes(paying) == [("settled", 3)]
    asked = [call for call in paying.wechat.calls if call.startswith("GET /v3/pay/transactions/out-trade-no")]
    assert len(asked) == 1, "what is settled is not asked for again"


async def test_alipay_hears_its_own_words(paying: PayingWorld) -> None:
    placed = await paying.order()
    cashier = await paying.open(placed, PaymentMethod.ALIPAY_PAGE)
    trade = paying.alipay.pay(str(cashier.url))
    assert (await tell(paying, "alipay", {}, paying.alipay.notification(trade))).body == b"success"
    assert (await order_state(paying.database, placed.shop_id, placed.order_id))[0] == "paid"
    assert (await tell(paying, "alipay", {}, b"nonsense")).body == b"fail"


async def test_a_notification_is_not_believed_where_the_provider_says_otherwise(paying: PayingWorld) -> None:
    placed = await paying.order()
    cashier = await paying.open(placed)
    reference = reference_of(placed.shop_id, cashier.payment_id)
    lie = NOTHING | {"out_trade_no": reference, "amount": {"total": cashier_amount(placed), "currency": "CNY"}}
    reply = await tell(paying, "wechat", *paying.wechat.notification("TRANSACTION.SUCCESS", lie))
    assert reply.status == 500
    assert b"FAIL" in reply.body
    assert (await paying.payment(placed, cashier)).state is PaymentState.PREPARED
    assert await paying.findings() == [("state_differs", "open")]
    paying.wechat.pay(reference)
    await paying.settle(placed, cashier)
    assert await paying.findings() == [("state_differs", "resolved")], "it came right by itself"


def cashier_amount(placed: object) -> int:
    """What the order costs."""
    total = getattr(placed, "total_fen", None)
    assert isinstance(total, int)
    return total


async def test_a_wrong_amount_a_foreign_and_an_unknown_order_are_findings(paying: PayingWorld) -> None:
    placed = await paying.order()
    cashier = await paying.open(placed)
    reference = reference_of(placed.shop_id, cashier.payment_id)
    paying.wechat.pay(reference)
    strange = [
        NOTHING | {"out_trade_no": reference, "amount": {"total": 1, "currency": "CNY"}},
        NOTHING | {"out_trade_no": reference_of(ShopId(12_345), cashier.payment_id)},
        NOTHING | {"out_trade_no": "of-another-system-123"},
        NOTHING | {"out_trade_no": ""},
    ]
    for content in strange:
        for _ in range(2):
            reply = await tell(paying, "wechat", *paying.wechat.notification("TRANSACTION.SUCCESS", content))
            assert reply.status == 500
    assert sorted(await paying.findings()) == [
        ("amount_differs", "open"),
        ("unknown_payment", "open"),
        ("unknown_payment", "open"),
        ("unknown_payment", "open"),
    ]
    assert (await paying.payment(placed, cashier)).state is PaymentState.PREPARED


async def test_a_notification_in_another_currency_is_a_finding(paying: PayingWorld) -> None:
    placed = await paying.order()
    cashier = await paying.open(placed)
    reference = reference_of(placed.shop_id, cashier.payment_id)
    amount = {"total": cashier_amount(placed), "currency": "JPY"}
    told = NOTHING | {"out_trade_no": reference, "amount": amount}
    assert (await tell(paying, "wechat", *paying.wechat.notification("TRANSACTION.SUCCESS", told))).status == 500
    assert await paying.findings() == [("currency_differs", "open")]
    assert not any(call.startswith("GET") for call in paying.wechat.calls), "nobody has to be asked"


async def test_a_payment_of_one_provider_is_unknown_to_the_other(paying: PayingWorld) -> None:
    placed = await paying.order()
    cashier = await paying.open(placed, PaymentMethod.ALIPAY_PAGE)
    reference = reference_of(placed.shop_id, cashier.payment_id)
    told = NOTHING | {"out_trade_no": reference}
    assert (await tell(paying, "wechat", *paying.wechat.notification("TRANSACTION.SUCCESS", told))).status == 500
    assert await paying.findings() == [("unknown_payment", "open")]


async def test_a_thousand_forgeries_fill_no_table(paying: PayingWorld) -> None:
    stranger = key_pair("stranger")
    for number in range(20):
        forged = paying.wechat.notification("TRANSACTION.SUCCESS", NOTHING | {"n": number}, signer=stranger)
        assert (await tell(paying, "wechat", *forged)).status == 500
    headers, body = forged
    probe = headers | {"wechatpay-signature": "WECHATPAY/SIGNTEST/abc"}
    await tell(paying, "wechat", probe, body)
    assert await paying.findings() == [("bad_signature", "open")]
    assert await outcomes(paying) == []
    async with paying.database.reading() as reader:
        assert await reader.value("SELECT times FROM payment_finding") == 20


async def test_while_the_provider_is_away_a_notification_is_sent_again_later(paying: PayingWorld) -> None:
    placed = await paying.order()
    cashier = await paying.open(placed)
    reference = reference_of(placed.shop_id, cashier.payment_id)
    paying.wechat.pay(reference)
    notice = paying.wechat.payment_notification(reference)
    with paying.wechat.troubled(error_page=True):
        assert (await tell(paying, "wechat", *notice)).status == 500
    assert await outcomes(paying) == [("taken_in", 1)]
    assert (await tell(paying, "wechat", *notice)).status == 200
    assert await outcomes(paying) == [("settled", 2)]
    assert await paying.findings() == []


async def test_nobody_speaks_for_the_sandbox_or_a_provider_that_is_not_here(paying: PayingWorld) -> None:
    for provider in ("sandbox", "paypal", ""):
        with pytest.raises(NotFound):
            await tell(paying, provider, {}, b"{}")


@pytest.fixture
async def site(application: Application) -> AsyncIterator[httpx.AsyncClient]:
    async with browser(application) as opened:
        yield opened


async def test_the_way_in_is_there_for_everybody_and_takes_little(site: httpx.AsyncClient, tmp_path: Path) -> None:
    path = "/api/v1/payments/notifications/wechat"
    unknown = await site.post(path, content=b"{}")
    assert unknown.status_code == 404, "this installation has no WeChat Pay"
    large = await site.post(path, content=b"x" * 100_000)
    assert large.status_code in {404, 422}
