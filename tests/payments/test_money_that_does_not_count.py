"""Money that is at the provider and is not the payment's: of another amount, or given back there by somebody else
before it was written down. It pays nothing, an operator decides it, and then the payment is over."""

from datetime import timedelta

import pytest

from tests.conftest import SignedIn, browser, sign_in_as
from tests.orders.shopping import order_state
from tests.payments.paying import PayingWorld
from yellowcart.accounts.model import Role
from yellowcart.app import Application
from yellowcart.kernel import clock
from yellowcart.orders.place import PlacedOrder
from yellowcart.payments.findings import decide_finding
from yellowcart.payments.look_after import look_after_open_payments
from yellowcart.payments.model import FindingState, PaymentMethod, PaymentState
from yellowcart.payments.notify import take_in_notification
from yellowcart.payments.pay import OpenCashier
from yellowcart.payments.references import reference_of
from yellowcart.payments.timers import carry_out_refunds

NATIVE, PAGE = PaymentMethod.WECHAT_NATIVE, PaymentMethod.ALIPAY_PAGE


async def given_back(
    paying: PayingWorld, method: PaymentMethod, part_fen: int | None = None
) -> tuple[PlacedOrder, OpenCashier, str]:
    """An order that was paid, whose notification was lost, and whose money went back in the provider's office."""
    placed = await paying.order()
    cashier = await paying.open(placed, method)
    reference = reference_of(placed.shop_id, cashier.payment_id)
    if method is NATIVE:
        paying.wechat.pay(reference)
        paying.wechat.give_back_in_office(reference, part_fen)
    else:
        paying.alipay.give_back_in_office(paying.alipay.pay(str(cashier.url)))
    return placed, cashier, reference


async def decide(paying: PayingWorld, state: FindingState = FindingState.RESOLVED) -> None:
    """An operator decides the one finding that there is."""
    person = (await sign_in_as(paying.database, Role.OPERATOR)).person
    async with paying.database.writing() as writer:
        finding_id = await writer.value("SELECT finding_id FROM payment_finding")
        await decide_finding(writer, person, finding_id, state, "all of it is back, says their office")


async def ask_for_days(paying: PayingWorld, still_clock: clock.Clock) -> None:
    """The sweep comes by again and again."""
    still_clock.freeze(clock.now() + timedelta(days=3))
    for _ in range(3):
        await look_after_open_payments(paying.database, paying.gateways)
        still_clock.freeze(clock.now() + timedelta(hours=1))


@pytest.mark.parametrize(("method", "part_fen"), [(NATIVE, None), (NATIVE, 1_000), (PAGE, None)])
async def test_what_was_given_back_elsewhere_pays_nothing_and_ends_once_it_is_decided(
    paying: PayingWorld, still_clock: clock.Clock, method: PaymentMethod, part_fen: int | None
) -> None:
    placed, cashier, _ = await given_back(paying, method, part_fen)
    for _ in range(2):
        assert (await paying.settle(placed, cashier)).state is PaymentState.PREPARED
    assert await order_state(paying.database, placed.shop_id, placed.order_id) == ("submitted", None)
    assert await paying.findings() == [("given_back_there", "open")]
    await decide(paying)
    await ask_for_days(paying, still_clock)
    assert (await paying.payment(placed, cashier)).state is PaymentState.LAPSED
    assert await paying.findings() == [("given_back_there", "resolved")]
    assert await carry_out_refunds(paying.database) == 0, "nothing is there to give back"
    async with paying.database.reading() as reader:
        assert await reader.value("SELECT times FROM payment_finding") == 3, "what is over is not asked for"


@pytest.mark.parametrize("method", [NATIVE, PAGE])
async def test_who_got_the_money_back_can_pay_the_order_another_way(
    paying: PayingWorld, method: PaymentMethod
) -> None:
    placed, _, _ = await given_back(paying, method)
    second = await paying.open(placed, PAGE if method is NATIVE else NATIVE)
    if second.code:
        paying.wechat.pay(reference_of(placed.shop_id, second.payment_id))
    else:
        paying.alipay.pay(str(second.url))
    assert (await paying.settle(placed, second)).state is PaymentState.SUCCEEDED


async def test_what_was_given_back_elsewhere_is_not_given_back_again_when_its_order_has_closed(
    paying: PayingWorld,
) -> None:
    placed, cashier, _ = await given_back(paying, NATIVE)
    async with paying.database.writing() as writer:
        await writer.run(
            "UPDATE shop_order SET state = 'closed', close_reason = 'lapsed', closed_at = %(now)s",
            now=clock.now(),
        )
    assert (await paying.settle(placed, cashier)).state is PaymentState.PREPARED
    assert await carry_out_refunds(paying.database) == 0
    assert await paying.findings() == [("given_back_there", "open")]


async def test_its_late_notification_is_taken_in_and_finds_no_second_thing(paying: PayingWorld) -> None:
    placed, cashier, reference = await given_back(paying, NATIVE)
    notice = paying.wechat.payment_notification(reference)
    reply = await take_in_notification(paying.database, paying.gateways, "wechat", *notice)
    assert reply.status == 200
    assert (await paying.payment(placed, cashier)).state is PaymentState.PREPARED
    assert await paying.findings() == [("given_back_there", "open")]


async def test_our_own_refund_makes_no_finding(paying: PayingWorld) -> None:
    placed, cashier, reference = await paying.paid()
    paying.wechat.give_back_in_office(reference, 1_000)
    assert (await paying.settle(placed, cashier)).state is PaymentState.SUCCEEDED
    assert await paying.findings() == []


@pytest.mark.parametrize(
    ("language", "what_to_do"),
    [("en", "whether the whole sum is back"), ("zh_CN", "请到支付机构商户后台核对是否已全额退回")],
)
async def test_the_finding_tells_an_operator_what_to_do(
    paying: PayingWorld, site: Application, language: str, what_to_do: str
) -> None:
    placed, cashier, _ = await given_back(paying, NATIVE)
    await paying.settle(placed, cashier)
    operator: SignedIn = await sign_in_as(paying.database, Role.OPERATOR)
    async with browser(site, operator.token) as page:
        page.cookies.set("language", language)
        for path in ("/operator/payments/findings", f"/operator/payments/{placed.shop_id}/{cashier.payment_id}"):
            answer = await page.get(path)
            assert answer.status_code == 200
            assert what_to_do in answer.text


@pytest.mark.parametrize("state", [FindingState.RESOLVED, FindingState.IGNORED])
async def test_another_amount_that_was_decided_is_not_asked_for_any_more(
    paying: PayingWorld, still_clock: clock.Clock, state: FindingState
) -> None:
    placed = await paying.order()
    cashier = await paying.open(placed)
    reference = reference_of(placed.shop_id, cashier.payment_id)
    paying.wechat.pay(reference)
    paying.wechat.charges[reference].request["amount"]["total"] = 4_000
    await paying.settle(placed, cashier)
    assert await paying.findings() == [("amount_differs", "open")]
    await decide(paying, state)
    await ask_for_days(paying, still_clock)
    assert await paying.findings() == [("amount_differs", state.value)]
    assert (await paying.payment(placed, cashier)).state is PaymentState.LAPSED
    notice = paying.wechat.payment_notification(reference)
    await take_in_notification(paying.database, paying.gateways, "wechat", *notice)
    assert await paying.findings() == [("amount_differs", state.value)], "the same again is no news"
    paying.wechat.charges[reference].request["amount"]["total"] = 3_999
    await paying.settle(placed, cashier)
    again = "open" if state is FindingState.RESOLVED else "ignored"
    assert await paying.findings() == [("amount_differs", again)], "another sum is"
