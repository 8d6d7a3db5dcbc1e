"""The operator's desk of payments, over HTTP: payments, refunds that need a person, findings and bills."""

import re
from datetime import date, timedelta

import pytest

from tests.conftest import MORNING, SignedIn, browser, sign_in_as
from tests.payments.paying import PayingWorld
from tests.payments.test_payment_pages import press
from tests.payments.test_refunds import ask_back, refund_of
from yellowcart.accounts.model import Role
from yellowcart.app import Application
from yellowcart.kernel import clock
from yellowcart.payments.model import PaymentMethod
from yellowcart.payments.references import reference_of
from yellowcart.payments.timers import carry_out_refunds


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
