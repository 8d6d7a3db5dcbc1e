"""The cashier's pages, the API of payments and the operator's desk, over HTTP."""

import dataclasses
import re
from collections.abc import AsyncIterator
from datetime import date, timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from tests.conftest import MORNING, SignedIn, browser, running_application, settings_for, sign_in_as
from tests.orders.shopping import order_state
from tests.payments.paying import PayingWorld
from tests.payments.test_refunds import ask_back, refund_of
from yellowcart.accounts.model import Role
from yellowcart.accounts.sessions import open_session
from yellowcart.app import Application
from yellowcart.kernel import clock
from yellowcart.kernel.database import Database
from yellowcart.orders.place import PlacedOrder
from yellowcart.payments.model import PaymentMethod
from yellowcart.payments.references import reference_of
from yellowcart.payments.rules import LOOKS_AT_ONCE
from yellowcart.payments.timers import carry_out_refunds

TOKEN = re.compile(r'name="csrf-token" content="([^"]+)"')
PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) Mobile/15E148"
IN_WECHAT = f"{PHONE} MicroMessenger/8.0.40"


@pytest.fixture
async def site(
    paying: PayingWorld, database: Database, database_url: str, tmp_path: Path
) -> AsyncIterator[Application]:
    """The whole application with accounts at both providers."""
    settings = settings_for(database_url, tmp_path)
    async with running_application(dataclasses.replace(settings, payments=tmp_path / "payments.toml")) as running:
        yield running


@pytest.fixture
async def buyer(paying: PayingWorld) -> SignedIn:
    """The buyer of the world, with a session."""
    async with paying.database.writing() as writer:
        session = await open_session(writer, paying.buyer.person_id, address="", user_agent="test")
    return SignedIn(session.person, session.token)


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


async def test_the_operator_sees_payments_and_nobody_else_does(
    paying: PayingWorld, site: Application, buyer: SignedIn, still_clock: clock.Clock
) -> None:
    placed, cashier, _ = await paying.paid()
    await paying.open(await paying.order(), PaymentMethod.ALIPAY_PAGE)
    one = f"/operator/payments/{placed.shop_id}/{cashier.payment_id}"
    pages = ["/operator/payments", f"{one}", "/operator/payments/refunds", "/operator/payments/findings"]
    operator = await sign_in_as(paying.database, Role.OPERATOR)
    async with browser(site, operator.token) as page:
        for path in (*pages, "/operator/payments/bills"):
            assert (await page.get(path)).status_code == 200, path
        assert reference_of(placed.shop_id, cashier.payment_id) in (await page.get(one)).text
        listed = "/operator/payments?state=succeeded&provider=wechat&day=2022-02-25"
        assert str(cashier.payment_id) in (await page.get(listed)).text
        for nothing in ("state=surplus", "provider=sandbox", "day=2022-02-24"):
            text = (await page.get(f"/operator/payments?{nothing}")).text
            assert "没有符合条件的支付记录" in text, nothing
        for odd in ("day=yesterday", "state=none", "provider='", "cursor=%00"):
            assert (await page.get(f"/operator/payments?{odd}")).status_code in {200, 422}, odd
        assert (await page.get("/operator/payments/1/2")).status_code == 404
        assert (await press(page, one, f"{one}/ask")).headers["location"] == one
    async with browser(site, buyer.token) as page:
        for path in pages:
            assert (await page.get(path)).status_code == 403, path


async def test_the_list_of_payments_is_read_page_by_page(paying: PayingWorld) -> None:
    from yellowcart.payments.desk_queries import payments_of_all_shops

    made = []
    for _ in range(5):
        paying.buyer = (await sign_in_as(paying.database)).person
        made.append((await paying.open(await paying.order())).payment_id)
    seen: list[int] = []
    cursor: str | None = None
    async with paying.database.reading() as reader:
        while True:
            found = await payments_of_all_shops(reader, size=2, cursor=cursor)
            seen += [payment.payment_id for payment in found.items]
            cursor = found.next_cursor
            if cursor is None:
                break
    assert seen == sorted(made, reverse=True)


async def test_an_operator_ends_a_failed_refund_by_hand_and_decides_a_finding(
    paying: PayingWorld, site: Application, still_clock: clock.Clock
) -> None:
    placed, _, _ = await paying.paid()
    refund_id = await ask_back(paying, placed, 1_000)
    with paying.wechat.troubled(refusal=(403, "USER_ACCOUNT_ABNORMAL")):
        await carry_out_refunds(paying.database)
    paying.wechat.put_bill(str(date(2022, 2, 25)), [paying.wechat.bill_row("of-another-system", amount="1.00")])
    still_clock.freeze(MORNING + timedelta(days=1))
    from yellowcart.payments.reconcile import reconcile_next_bill

    assert await reconcile_next_bill(paying.database, paying.gateways)
    operator = await sign_in_as(paying.database, Role.OPERATOR)
    desk = "/operator/payments/refunds"
    async with browser(site, operator.token) as page:
        text = (await page.get(desk)).text
        assert "USER_ACCOUNT_ABNORMAL" in text
        act = f"{desk}/{placed.shop_id}/{refund_id}"
        with paying.wechat.troubled(error_page=True):
            uncertain = await press(page, desk, f"{act}/by-hand", receipt="BANK-7")
        assert uncertain.status_code == 503
        assert "无法从支付机构查到该笔退款的状态" in uncertain.text
        assert 'value="BANK-7"' in uncertain.text, "what was typed is kept"
        assert "data-open-now" in uncertain.text
        free = await press(page, desk, f"{act}/ask")
        assert free.headers["location"] == desk
        assert "可以线下退款" in (await page.get(desk)).text
        refused = await press(page, desk, f"{act}/by-hand", receipt="")
        assert refused.status_code == 422
        assert "请填写凭证号" in refused.text
        assert (await press(page, desk, f"{act}/by-hand", receipt="BANK-7")).headers["location"] == desk
        moved = await press(page, desk, f"{act}/again")
        assert moved.status_code == 409
        findings = "/operator/payments/findings"
        shown = (await page.get(findings)).text
        found = re.search(r'action="(/operator/payments/findings/\d+)"', shown)
        assert found
        silent = await press(page, findings, found[1], decision="ignored", note="")
        assert silent.status_code == 422
        assert "请简要说明核实结果" in silent.text
        decided = await press(page, findings, found[1], decision="ignored", note="the other system's")
        assert decided.headers["location"] == findings
        assert (await press(page, findings, found[1], decision="resolved", note="again")).status_code == 409
        assert (await page.get("/operator/payments/bills")).text.count("已对账") >= 1


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("zh_CN", "支付机构已完成该笔退款，系统现已入账。请勿再线下付款"),
        ("en", "The provider has given this money back, and that is written down now. Do not pay it by hand"),
    ],
)
async def test_money_that_the_provider_gave_back_is_not_given_twice_and_the_operator_reads_why(
    paying: PayingWorld, site: Application, still_clock: clock.Clock, language: str, words: str
) -> None:
    placed, _, reference = await paying.paid()
    refund_id = await ask_back(paying, placed, 1_000)
    with paying.wechat.troubled(refusal=(403, "USER_ACCOUNT_ABNORMAL")):
        await carry_out_refunds(paying.database)
    refund = await refund_of(paying, placed, refund_id)
    await paying.gateways.of("wechat").refund(refund.order)
    still_clock.freeze(MORNING + timedelta(minutes=5))
    operator = await sign_in_as(paying.database, Role.OPERATOR)
    desk = "/operator/payments/refunds"
    async with browser(site, operator.token) as page:
        page.cookies.set("language", language)
        refused = await press(page, desk, f"{desk}/{placed.shop_id}/{refund_id}/by-hand", receipt="BANK-7")
        assert refused.status_code == 409
        assert words in refused.text
        assert str(placed.order_id) not in (await page.get(desk)).text, "it is done, and off the desk"
    assert paying.wechat.charges[reference].refunded == 1_000
