"""Notifications with a wrong amount, key or order, as they come in over HTTP: none of them is acknowledged, and no
order, payment or stock changes by any of them."""

import dataclasses
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from tests.conftest import browser, running_application, settings_for
from tests.payments.paying import PayingWorld
from tests.payments.provider_keys import key_pair
from yellowcart.payments.model import PaymentMethod
from yellowcart.payments.references import reference_of

WECHAT, ALIPAY = (f"/api/v1/payments/notifications/{provider}" for provider in ("wechat", "alipay"))
FORM = {"content-type": "application/x-www-form-urlencoded; charset=utf-8"}
UNMOVED = ("shop_order", "order_line", "payment", "stock", "refund", "outbox_event")


@pytest.fixture
async def provider(paying: PayingWorld, database_url: str, tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    """A provider's program before the application."""
    settings = dataclasses.replace(settings_for(database_url, tmp_path), payments=tmp_path / "payments.toml")
    async with running_application(settings) as running, browser(running) as client:
        yield client


async def as_it_stands(paying: PayingWorld) -> dict[str, list[str]]:
    async with paying.database.reading() as reader:
        return {
            table: await reader.column(f"SELECT row::text FROM {table} AS row ORDER BY 1") for table in UNMOVED
        }


async def test_wechat_pay_is_not_believed_with_a_wrong_amount_key_or_order(
    paying: PayingWorld, provider: httpx.AsyncClient
) -> None:
    placed = await paying.order()
    reference = reference_of(placed.shop_id, (await paying.open(placed)).payment_id)
    paying.wechat.pay(reference)
    content = {"mchid": "1900000001", "appid": "wx-not-ours", "out_trade_no": reference, "trade_state": "SUCCESS"}
    before = await as_it_stands(paying)
    for headers, body in (
        paying.wechat.payment_notification(reference, amount={"total": 1, "currency": "CNY"}),
        paying.wechat.payment_notification(reference, amount={"total": placed.total_fen, "currency": "USD"}),
        paying.wechat.payment_notification(reference, out_trade_no="1234_5678"),
        paying.wechat.payment_notification(reference, mchid="1900000999"),
        paying.wechat.notification("TRANSACTION.SUCCESS", content),
        paying.wechat.notification("TRANSACTION.SUCCESS", content, signer=key_pair("stranger")),
        paying.wechat.notification("TRANSACTION.SUCCESS", content, key="k" * 32),
        paying.wechat.notification("TRANSACTION.SUCCESS", content, stamp=1),
        ({}, b"{}"),
        ({}, b""),
        ({}, b"\xff\xfe"),
    ):
        told = await provider.post(WECHAT, headers=headers, content=body)
        assert (told.status_code, told.json()["code"]) == (500, "FAIL"), body[:200]
        assert await as_it_stands(paying) == before
    headers, body = paying.wechat.payment_notification(reference)
    assert (await provider.post(WECHAT, headers=headers, content=body)).status_code == 200, "the truth counts"


async def test_alipay_is_not_believed_with_a_wrong_amount_key_or_order(
    paying: PayingWorld, provider: httpx.AsyncClient
) -> None:
    placed = await paying.order()
    trade = paying.alipay.pay(str((await paying.open(placed, PaymentMethod.ALIPAY_PAGE)).url))
    before = await as_it_stands(paying)
    for body in (
        paying.alipay.notification(trade, total_amount="0.01"),
        paying.alipay.notification(trade, total_amount="many"),
        paying.alipay.notification(trade, out_trade_no="1234_5678"),
        paying.alipay.notification(trade, app_id="2021000000000000"),
        paying.alipay.notification(trade, seller_id="2088000000000000"),
        paying.alipay.notification(trade, signer=key_pair("stranger")),
        paying.alipay.notification(trade).replace(b"TRADE_SUCCESS", b"TRADE_FINISHED"),
        b"",
        b"sign=1&sign_type=RSA2",
        b"\xff\xfe",
    ):
        told = await provider.post(ALIPAY, headers=FORM, content=body)
        assert told.text != "success", body[:200]
        assert await as_it_stands(paying) == before, body[:200]
    taken = await provider.post(ALIPAY, headers=FORM, content=paying.alipay.notification(trade))
    assert (taken.status_code, taken.text) == (200, "success"), "the truth counts"
