"""The cashier's pages and the API of payments, over HTTP."""

import re
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import httpx

from tests.conftest import MORNING, SignedIn, browser, sign_in_as
from tests.orders.shopping import order_state
from tests.payments.paying import PayingWorld
from yellowcart.app import Application
from yellowcart.kernel import clock
from yellowcart.orders.place import PlacedOrder
from yellowcart.payments.model import PaymentMethod
from yellowcart.payments.references import reference_of
from yellowcart.payments.rules import LOOKS_AT_ONCE

TOKEN = re.compile(r'name="csrf-token" content="([^"]+)"')
PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) Mobile/15E148"
IN_WECHAT = f"{PHONE} MicroMessenger/8.0.40"


def cashier_of(placed: PlacedOrder) -> str:
    return f"/cashier/{placed.shop_id}/{placed.order_id}"


async def press(page: httpx.AsyncClient, seen: str, path: str, **fields: str) -> httpx.Response:
    """Send a form of the page `seen`."""
    found = TOKEN.search((await page.get(seen)).text)
    assert found
    return await page.post(path, data={"_csrf_token": found[1], **fields})


async def test_the_cashier_offers_what_suits_the_device(
    paying: PayingWorld, site: Application, buyer: SignedIn
) -> None:
    path = cashier_of(await paying.order())
    async with browser(site, buyer.token) as page:
        for agent, methods in (
            ("Mozilla/5.0 (X11; Linux x86_64)", ["wechat_native", "alipay_page"]),
            (PHONE, ["alipay_wap", "wechat_h5"]),
            (IN_WECHAT, ["wechat_jsapi"]),
        ):
            text = (await page.get(path, headers={"user-agent": agent})).text
            assert re.findall(r'name="method" value="(\w+)"', text) == methods, agent


async def test_a_code_is_scanned_and_the_page_goes_on(
    paying: PayingWorld, site: Application, buyer: SignedIn, still_clock: clock.Clock
) -> None:
    placed = await paying.order()
    path = cashier_of(placed)
    async with browser(site, buyer.token) as page:
        chosen = await press(page, path, path, method="wechat_native")
        assert (chosen.status_code, chosen.headers["location"]) == (303, f"{path}/scan")
        opened = list(paying.wechat.calls)
        first, second = await page.get(f"{path}/scan"), await page.get(f"{path}/scan")
        code = re.search(r"<svg[^>]*class=\"qr\".*?</svg>", first.text, re.DOTALL)
        assert code
        assert code[0] in second.text, "looked at twice, it is the same code"
        assert paying.wechat.calls == opened, "looking asks nobody"
        (reference,) = paying.wechat.charges
        waiting = await press(page, path, f"{path}/here")
        assert waiting.json()["standing"] == "waiting"
        paying.wechat.pay(reference)
        back = await page.get(f"{path}/return")
        assert back.headers["location"] == path
        assert (await press(page, path, f"{path}/here")).json()["standing"] == "paid"
        assert "已付款" in (await page.get(path)).text
        late = await page.get(f"{path}/scan")
        assert late.headers["location"] == path, "nothing is left to scan"
    assert (await order_state(paying.database, placed.shop_id, placed.order_id))[0] == "paid"


async def test_a_link_from_elsewhere_opens_no_payment_and_closes_none(
    paying: PayingWorld, site: Application, buyer: SignedIn
) -> None:
    placed = await paying.order()
    path = cashier_of(placed)
    async with browser(site, buyer.token) as page:
        await press(page, path, path, method="alipay_page")
        for seen in ("/scan", "/wechat", "/wechat?code=a-code"):
            answer = await page.get(path + seen)
            assert answer.status_code in {303, 422}, seen
    assert paying.wechat.charges == {}
    async with paying.database.reading() as reader:
        rows = await reader.records("SELECT method, state, closing FROM payment")
    assert [tuple(row.values()) for row in rows] == [("alipay_page", "prepared", False)]


async def test_who_comes_back_again_and_again_has_the_provider_asked_now_and_then(
    paying: PayingWorld, site: Application, buyer: SignedIn, still_clock: clock.Clock
) -> None:
    placed = await paying.order()
    path = cashier_of(placed)
    settle = f"/api/v1/orders/{placed.shop_id}/{placed.order_id}/payments"
    async with browser(site, buyer.token) as page:
        await press(page, path, path, method="wechat_native")
        asked = len(paying.wechat.calls)
        (reference,) = paying.wechat.charges
        for _ in range(10):
            assert (await page.get(f"{path}/return")).headers["location"] == path
        assert len(paying.wechat.calls) == asked + LOOKS_AT_ONCE
        assert "正在等待支付机构确认" in (await page.get(path)).text
        paying.wechat.pay(reference)
        async with paying.database.reading() as reader:
            payment_id = await reader.value("SELECT payment_id FROM payment")
        async with browser(site) as program:
            for _ in range(5):
                known = await program.post(f"{settle}/{payment_id}/settle", headers=buyer.bearer)
                assert (known.status_code, known.json()["state"]) == (200, "prepared")
            assert len(paying.wechat.calls) == asked + LOOKS_AT_ONCE
            still_clock.freeze(MORNING + timedelta(seconds=10))
            paid = await program.post(f"{settle}/{payment_id}/settle", headers=buyer.bearer)
            assert paid.json()["state"] == "succeeded"


async def test_alipay_takes_the_buyer_to_its_page_and_the_way_there_is_allowed(
    paying: PayingWorld, site: Application, buyer: SignedIn
) -> None:
    path = cashier_of(await paying.order())
    async with browser(site, buyer.token) as page:
        seen = await page.get(path)
        assert "form-action 'self' https: http:" in seen.headers["content-security-policy"]
        away = await press(page, path, path, method="alipay_page")
        assert away.headers["location"].startswith(paying.alipay.gateway)
        assert "正在等待支付机构确认" not in (await page.get(path)).text
        with paying.alipay.troubled(error_page=True):
            await page.get(f"{path}/return")
            assert "正在等待支付机构确认" in (await page.get(path)).text
        paying.alipay.pay(away.headers["location"])
        await page.get(f"{path}/return")
        assert "已付款" in (await page.get(path)).text


async def test_what_goes_wrong_is_said_on_the_cashiers_own_page(
    paying: PayingWorld, site: Application, buyer: SignedIn
) -> None:
    path = cashier_of(await paying.order())
    async with browser(site, buyer.token) as page:
        with paying.wechat.troubled(error_page=True):
            silent = await press(page, path, path, method="wechat_native")
        assert silent.status_code == 503
        assert "支付机构暂时没有响应" in silent.text
        with paying.wechat.troubled(refusal=(403, "NO_AUTH")):
            refused = await press(page, path, path, method="wechat_native")
        assert refused.status_code == 409
        assert "支付机构暂不受理" in refused.text
        assert "NO_AUTH" not in refused.text
        for method in ("sandbox", "cash", "wechat_native; DROP"):
            unknown = await press(page, path, path, method=method)
            assert unknown.status_code == 422, method
            assert "暂不支持该支付方式" in unknown.text
        assert (await page.get("/sandbox/pay/1-2")).status_code == 404


async def test_inside_wechat_the_payer_is_found_out_and_the_browser_pays(
    paying: PayingWorld, site: Application, buyer: SignedIn
) -> None:
    placed = await paying.order()
    path = cashier_of(placed)
    paying.wechat.codes["a-code"] = "oUpF8uMuAJO"
    async with browser(site, buyer.token) as page:
        away = (await press(page, path, path, method="wechat_jsapi")).headers["location"]
        assert away.startswith("https://open.weixin.qq.com/connect/oauth2/authorize?")
        query = parse_qs(urlsplit(away).query)
        assert query["redirect_uri"] == [f"https://shop.example{path}/wechat"]
        (state,) = query["state"]
        forged = await page.get(f"{path}/wechat", params={"code": "a-code", "state": "0" * 32})
        assert forged.status_code == 422
        for wrong in ({"code": "a-code", "state": "0" * 32}, {"code": "another", "state": state}, {}):
            assert (await press(page, "/me", f"{path}/wechat", **wrong)).status_code == 422, wrong
        assert paying.wechat.charges == {}
        back = await page.get(f"{path}/wechat", params={"code": "a-code", "state": state})
        assert paying.wechat.charges == {}, "looking opens nothing"
        form = dict(re.findall(r'name="(code|state)" value="([^"]*)"', back.text))
        assert form == {"code": "a-code", "state": state}
        assert "data-goes-on" in back.text, "the page sends it by itself"
        opened = await press(page, "/me", f"{path}/wechat", **form)
        assert (opened.status_code, opened.headers["location"]) == (303, f"{path}/wechat")
        shown = await page.get(f"{path}/wechat")
        assert "prepay_id=" in shown.text
        assert "data-goes-on" not in shown.text
        calls = list(paying.wechat.calls)
        assert "prepay_id=" in (await page.get(f"{path}/wechat")).text
        assert paying.wechat.calls == calls, "reloaded, it is the same payment"
        again = await press(page, "/me", f"{path}/wechat", **form)
        assert again.status_code == 303, "the code is used up, and the payment knows its payer"
        assert "oUpF8uMuAJO" not in shown.text
    assert len(paying.wechat.charges) == 1
    assert paying.wechat.charges.popitem()[1].request["payer"] == {"openid": "oUpF8uMuAJO"}


async def test_leaving_is_told_and_coming_back_restores_the_hold(
    paying: PayingWorld, site: Application, buyer: SignedIn, still_clock: clock.Clock
) -> None:
    placed = await paying.order()
    path = cashier_of(placed)

    async def kept_s() -> int:
        async with paying.database.reading() as reader:
            until = await reader.value("SELECT hold_until FROM shop_order")
        return int((until - MORNING).total_seconds())

    async with browser(site, buyer.token) as page:
        assert (await press(page, path, f"{path}/leave")).status_code == 204
        assert await kept_s() == 60
        assert (await press(page, "/me", f"{path}/here")).json() == {"standing": "waiting", "left_s": 1800}
        await press(page, path, f"{path}/leave")
        await page.get(path)
        assert await kept_s() == 1800
        await press(page, path, f"{path}/leave")
        still_clock.freeze(MORNING + timedelta(seconds=61))
        assert (await press(page, "/me", f"{path}/here")).json()["standing"] == "over"
    stranger = await sign_in_as(paying.database)
    async with browser(site, stranger.token) as page:
        for act in ("leave", "here"):
            assert (await press(page, "/me", f"{path}/{act}")).status_code == 404
        assert (await press(page, "/me", f"{path}/wechat", code="a-code")).status_code == 404
        for seen in ("", "/scan", "/return", "/wechat", "/wechat?code=a-code"):
            assert (await page.get(path + seen)).status_code == 404, seen


async def test_programs_pay_by_the_method_that_they_name(
    paying: PayingWorld, site: Application, buyer: SignedIn
) -> None:
    placed = await paying.order()
    path = f"/api/v1/orders/{placed.shop_id}/{placed.order_id}/payments"
    async with browser(site) as program:
        offered = await program.get("/api/v1/payments/methods", params={"device": "phone"})
        assert offered.json() == {"methods": ["alipay_wap", "wechat_h5"]}
        opened = await program.post(path, headers=buyer.bearer, json={"method": "wechat_native"})
        assert opened.status_code == 200, opened.text
        assert opened.json()["code"].startswith("weixin://")
        first = await program.post(path, headers=buyer.bearer)
        assert first.status_code == 200, first.text
        assert first.json()["url"], "without a method it is the first that is offered"
        for wrong in ({"method": "cash"}, {"method": "wechat_jsapi"}, {"openid": "a b"}, {"amount_fen": 1}):
            assert (await program.post(path, headers=buyer.bearer, json=wrong)).status_code in {400, 422}, wrong
        mine = (await program.post(path, headers=buyer.bearer, json={"method": "wechat_native"})).json()
        other = await paying.order()
        foreign = f"/api/v1/orders/{other.shop_id}/{other.order_id}/payments/{mine['payment_id']}/settle"
        assert (await program.post(foreign, headers=buyer.bearer)).status_code == 404
        paying.wechat.pay(reference_of(placed.shop_id, mine["payment_id"]))
        settled = await program.post(f"{path}/{mine['payment_id']}/settle", headers=buyer.bearer)
        assert settled.json()["state"] == "succeeded"
        assert "payer_reference" not in settled.json()


async def test_a_notification_comes_in_over_http_and_is_answered_in_its_own_form(
    paying: PayingWorld, site: Application
) -> None:
    placed = await paying.order()
    cashier = await paying.open(placed)
    reference = reference_of(placed.shop_id, cashier.payment_id)
    paying.wechat.pay(reference)
    headers, body = paying.wechat.payment_notification(reference)
    path = "/api/v1/payments/notifications/wechat"
    async with browser(site) as provider:
        forged = await provider.post(path, headers=headers, content=body + b" ")
        assert (forged.status_code, forged.json()["code"]) == (500, "FAIL")
        taken = await provider.post(path, headers=headers | {"content-type": "application/json"}, content=body)
        assert (taken.status_code, taken.content) == (200, b"")
        large = await provider.post(path, headers=headers, content=b"x" * 70_000)
        assert large.status_code == 422
        other = await paying.order()
        at_alipay = await paying.open(other, PaymentMethod.ALIPAY_WAP)
        form = paying.alipay.notification(paying.alipay.pay(str(at_alipay.url)))
        told = await provider.post(
            "/api/v1/payments/notifications/alipay",
            headers={"content-type": "application/x-www-form-urlencoded; charset=utf-8"},
            content=form,
        )
        assert (told.status_code, told.text) == (200, "success")
    for each in (placed, other):
        assert (await order_state(paying.database, each.shop_id, each.order_id))[0] == "paid"
