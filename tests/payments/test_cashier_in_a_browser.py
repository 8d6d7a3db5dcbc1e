"""Paying real providers in a real browser, as wide as a phone: by keyboard alone, and inside WeChat, where its own
browser takes the payment over."""

import os
import shutil
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.async_api import BrowserContext, Page, async_playwright, expect

from tests.browser.conftest import FLAGS, SYSTEM_BROWSERS
from tests.browser.watched import WAIT_MS
from tests.conftest import RunningServer, free_port, start_server
from tests.payments.paying import PayingWorld, alipay_settings, wechat_settings, write_settings
from tests.payments.test_payment_pages import IN_WECHAT
from yellowcart.accounts.sessions import open_session
from yellowcart.kernel import clock
from yellowcart.orders.place import PlacedOrder

pytestmark = [pytest.mark.browser]
PHONE_WIDTH = 390
WECHATS_BROWSER = """
window.WeixinJSBridge = { invoke: (name, handed, answer) =>
  window.payInWechat(name, handed).then(() => answer({ err_msg: "get_brand_wcpay_request:ok" })) };
"""


@pytest.fixture
async def server(
    paying: PayingWorld, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[RunningServer]:
    """The platform with accounts at both providers' servers, and the sandbox beside them."""
    # The server lives by the machine's time, and so does whoever orders from it.
    clock.process_clock().set_offset(timedelta())
    port = free_port()
    sections = wechat_settings(tmp_path, paying.wechat), alipay_settings(tmp_path, paying.alipay)
    path = write_settings(tmp_path, *sections, address=f"http://127.0.0.1:{port}")
    monkeypatch.setenv("YELLOWCART_PAYMENTS", str(path))
    running = start_server(database_url, tmp_path, port)
    yield running
    running.kill()


@pytest.fixture
async def context(paying: PayingWorld, server: RunningServer) -> AsyncIterator[BrowserContext]:
    """A browser of a phone's width in which the buyer is signed in."""
    found = next(filter(None, map(shutil.which, SYSTEM_BROWSERS)), None)
    if found is None and not os.environ.get("CI"):
        pytest.skip("no Chromium here")
    async with paying.database.writing() as writer:
        session = await open_session(writer, paying.buyer.person_id, address="", user_agent="test")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=found, args=FLAGS)
        expect.set_options(timeout=WAIT_MS)
        opened = await browser.new_context(viewport={"width": PHONE_WIDTH, "height": 844})
        await opened.add_cookies(
            [{"name": name, "value": value, "url": server.url}
             for name, value in (("session", session.token), ("language", "en"))]
        )  # fmt: skip
        yield opened
        await browser.close()


def cashier_of(server: RunningServer, placed: PlacedOrder) -> str:
    return f"{server.url}/cashier/{placed.shop_id}/{placed.order_id}"


async def tab_to(page: Page, selector: str) -> None:
    """Go on by the keyboard until an element that fits has the focus."""
    for _ in range(20):
        await page.keyboard.press("Tab")
        if await page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
    raise AssertionError(f"no way by the keyboard to {selector}")


async def fits(page: Page) -> bool:
    """Whether nothing stands out of the screen's width."""
    return int(await page.evaluate("document.documentElement.scrollWidth")) <= PHONE_WIDTH


async def test_a_buyer_pays_by_keyboard_alone(
    paying: PayingWorld, server: RunningServer, context: BrowserContext
) -> None:
    placed = await paying.order()
    page = await context.new_page()
    await page.goto(cashier_of(server, placed))
    assert await fits(page)
    await tab_to(page, "input[name=method]")
    await page.keyboard.press("ArrowDown")
    await expect(page.locator("input[value=alipay_page]")).to_be_checked()
    await page.keyboard.press("ArrowUp")
    await tab_to(page, "#pay button")
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/scan")
    await expect(page.locator("svg.qr")).to_be_visible()
    assert await fits(page)
    (reference,) = paying.wechat.charges
    opened = list(paying.wechat.calls)
    await page.reload()
    await expect(page.locator("svg.qr")).to_be_visible()
    assert paying.wechat.calls == opened, "loaded again, nothing is opened"
    paying.wechat.pay(reference)
    await tab_to(page, "a[href$='/return']")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", name="Paid", exact=True)).to_be_visible()
    assert await fits(page)


async def test_wechats_own_browser_pays_without_another_tap(
    paying: PayingWorld, server: RunningServer, context: BrowserContext
) -> None:
    placed = await paying.order()
    paying.wechat.codes["a-code"] = "oUpF8uMuAJO"
    page = await context.new_page()
    await context.set_extra_http_headers({"user-agent": IN_WECHAT})
    handed: list[dict[str, str]] = []

    async def pay_in_wechat(name: str, parameters: dict[str, str]) -> None:
        assert name == "getBrandWCPayRequest"
        handed.append(parameters)
        (reference,) = paying.wechat.charges
        paying.wechat.pay(reference)

    await context.expose_function("payInWechat", pay_in_wechat)
    await context.add_init_script(WECHATS_BROWSER)
    await page.goto(cashier_of(server, placed))
    await page.check("input[value=wechat_jsapi]")
    async with page.expect_request("https://open.weixin.qq.com/**") as sent:
        await page.click("#pay button", no_wait_after=True)
    # WeChat's page is not on this machine: it would send the payer back with a code.
    query = parse_qs(urlsplit((await sent.value).url).query)
    assert paying.wechat.charges == {}
    back = await context.new_page()
    await back.goto(f"{query['redirect_uri'][0]}?code=a-code&state={query['state'][0]}", wait_until="commit")
    await expect(back.get_by_role("heading", name="Paid", exact=True)).to_be_visible()
    assert await fits(back)
    assert [each["package"].startswith("prepay_id=") for each in handed] == [True]
