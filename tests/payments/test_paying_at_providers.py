"""Paying at real providers: one payment whatever comes first, one open payment for each way to pay, and money that
comes too late."""

import asyncio
from datetime import timedelta

import pytest

from tests.conftest import MORNING
from tests.orders.shopping import order_state, stock_of
from tests.payments.paying import PayingWorld
from yellowcart.kernel import clock
from yellowcart.kernel.database import Database
from yellowcart.kernel.events import deliver_events
from yellowcart.orders.errors import OrderMoved
from yellowcart.orders.timers import lapse_unpaid_orders
from yellowcart.payments.errors import MethodNotOffered, PaidTooOften, ProviderRefused, ProviderSilent
from yellowcart.payments.look_after import look_after_open_payments
from yellowcart.payments.model import PaymentMethod, PaymentState
from yellowcart.payments.notify import take_in_notification
from yellowcart.payments.pay import Payer, look_at_payment
from yellowcart.payments.references import reference_of
from yellowcart.payments.rules import LOOK_EVERY_S, LOOKS_AT_ONCE, PAYMENTS_OF_ORDER_MAX, PROMPT_AGAIN_S
from yellowcart.payments.timers import carry_out_refunds


async def messages_of(paying: PayingWorld) -> list[str]:
    """The kinds of the buyer's messages, the oldest first."""
    async with paying.database.reading() as reader:
        return await reader.column(
            "SELECT kind FROM message WHERE person_id = %(id)s ORDER BY message_id", id=paying.buyer.person_id
        )


@pytest.mark.parametrize("method", [PaymentMethod.WECHAT_NATIVE, PaymentMethod.ALIPAY_PAGE])
async def test_an_order_is_paid_at_a_provider(paying: PayingWorld, method: PaymentMethod) -> None:
    placed, cashier, reference = await paying.paid(method)
    assert await order_state(paying.database, placed.shop_id, placed.order_id) == ("paid", None)
    payment = await paying.payment(placed, cashier)
    assert (payment.state, payment.method) == (PaymentState.SUCCEEDED, method)
    assert payment.paid_at is not None
    assert payment.gateway_reference
    assert reference in paying.wechat.charges or reference in paying.alipay.trades


async def test_redirect_notification_and_sweep_at_once_make_one_payment(
    paying: PayingWorld, still_clock: clock.Clock
) -> None:
    placed = await paying.order()
    cashier = await paying.open(placed)
    reference = reference_of(placed.shop_id, cashier.payment_id)
    paying.wechat.pay(reference)
    still_clock.freeze(MORNING + timedelta(minutes=1))
    notices = [paying.wechat.payment_notification(reference) for _ in range(3)]
    await asyncio.gather(
        *(paying.settle(placed, cashier) for _ in range(3)),
        *(take_in_notification(paying.database, paying.gateways, "wechat", *notice) for notice in notices),
        look_after_open_payments(paying.database, paying.gateways),
    )
    assert await stock_of(paying.database, paying.world) == (9, 0, 1)
    async with paying.database.reading() as reader:
        assert await reader.value("SELECT count(*) FROM outbox_event WHERE kind = 'order.paid'") == 1
        assert await reader.value("SELECT count(*) FROM payment") == 1


async def test_another_way_to_pay_closes_the_first_at_its_provider(paying: PayingWorld) -> None:
    placed = await paying.order()
    first = await paying.open(placed)
    reference = reference_of(placed.shop_id, first.payment_id)
    second = await paying.open(placed, PaymentMethod.ALIPAY_PAGE)
    assert paying.wechat.charges[reference].state == "CLOSED"
    assert (await paying.payment(placed, first)).state is PaymentState.LAPSED
    assert await paying.open(placed, PaymentMethod.ALIPAY_PAGE) == second or second.url
    third = await paying.open(placed)
    assert third.payment_id != first.payment_id
    async with paying.database.reading() as reader:
        open_methods = await reader.column(
            "SELECT method FROM payment WHERE state = 'prepared' AND NOT closing ORDER BY method"
        )
    assert open_methods == ["wechat_native"]


async def test_turning_away_from_a_payment_that_was_made_opens_no_second(paying: PayingWorld) -> None:
    placed = await paying.order()
    first = await paying.open(placed)
    paying.wechat.pay(reference_of(placed.shop_id, first.payment_id))
    with pytest.raises(OrderMoved):
        await paying.open(placed, PaymentMethod.ALIPAY_PAGE)
    assert (await order_state(paying.database, placed.shop_id, placed.order_id))[0] == "paid"
    assert paying.alipay.trades == {}


async def test_opening_again_what_was_paid_meanwhile_settles_it(
    paying: PayingWorld, still_clock: clock.Clock
) -> None:
    placed = await paying.order()
    first = await paying.open(placed)
    paying.wechat.pay(reference_of(placed.shop_id, first.payment_id))
    still_clock.freeze(MORNING + timedelta(seconds=PROMPT_AGAIN_S))
    with pytest.raises(OrderMoved):
        await paying.open(placed)
    assert (await order_state(paying.database, placed.shop_id, placed.order_id))[0] == "paid"


async def test_a_charge_that_the_provider_closed_is_opened_anew(
    paying: PayingWorld, still_clock: clock.Clock
) -> None:
    placed = await paying.order()
    first = await paying.open(placed)
    paying.wechat.charges[reference_of(placed.shop_id, first.payment_id)].state = "CLOSED"
    still_clock.freeze(MORNING + timedelta(seconds=PROMPT_AGAIN_S))
    second = await paying.open(placed)
    assert second.payment_id != first.payment_id
    assert (await paying.payment(placed, first)).state is PaymentState.LAPSED


async def test_opening_the_same_again_at_once_shows_the_same_and_asks_nobody(
    paying: PayingWorld, still_clock: clock.Clock
) -> None:
    placed = await paying.order()
    first = await paying.open(placed)
    assert await paying.open(placed) == first
    assert paying.wechat.calls == ["POST /v3/pay/transactions/native"]
    still_clock.freeze(MORNING + timedelta(seconds=PROMPT_AGAIN_S))
    assert await paying.open(placed) == first
    assert paying.wechat.calls == ["POST /v3/pay/transactions/native"] * 2


async def test_nobody_begins_to_pay_one_order_without_end(paying: PayingWorld) -> None:
    placed = await paying.order()
    ways = (PaymentMethod.WECHAT_NATIVE, PaymentMethod.ALIPAY_PAGE)
    for number in range(PAYMENTS_OF_ORDER_MAX):
        await paying.open(placed, ways[number % 2])
    with pytest.raises(PaidTooOften):
        await paying.open(placed, ways[0])
    last = await paying.open(placed, ways[1])
    assert (await paying.payment(placed, last)).state is PaymentState.PREPARED, "what is open stays open"
    paying.alipay.pay(str(last.url))
    assert (await paying.settle(placed, last)).state is PaymentState.SUCCEEDED


async def test_however_often_somebody_comes_by_the_provider_is_asked_every_few_seconds(
    paying: PayingWorld, still_clock: clock.Clock, database_url: str
) -> None:
    placed = await paying.order()
    cashier = await paying.open(placed)
    asked = len(paying.wechat.calls)
    beside = Database(database_url)
    await beside.open()
    try:
        looks = await asyncio.gather(
            *(
                look_at_payment(each, paying.gateways, placed.shop_id, cashier.payment_id)
                for each in (paying.database, beside) * 4
            )
        )
    finally:
        await beside.close()
    assert sum(look.was_asked for look in looks) == LOOKS_AT_ONCE
    assert len(paying.wechat.calls) == asked + LOOKS_AT_ONCE
    paying.wechat.pay(reference_of(placed.shop_id, cashier.payment_id))
    known = await look_at_payment(paying.database, paying.gateways, placed.shop_id, cashier.payment_id)
    assert (known.payment.state, known.was_asked) == (PaymentState.PREPARED, False)
    still_clock.freeze(MORNING + timedelta(seconds=LOOK_EVERY_S - 1))
    known = await look_at_payment(paying.database, paying.gateways, placed.shop_id, cashier.payment_id)
    assert not known.was_asked
    still_clock.freeze(MORNING + timedelta(seconds=LOOK_EVERY_S))
    paid = await look_at_payment(paying.database, paying.gateways, placed.shop_id, cashier.payment_id)
    assert (paid.payment.state, paid.was_asked) == (PaymentState.SUCCEEDED, True)


@pytest.mark.parametrize("method", [PaymentMethod.WECHAT_NATIVE, PaymentMethod.ALIPAY_PAGE])
async def test_the_same_number_of_another_currency_pays_nothing(
    paying: PayingWorld, method: PaymentMethod
) -> None:
    placed = await paying.order()
    cashier = await paying.open(placed, method)
    if cashier.code:
        reference = reference_of(placed.shop_id, cashier.payment_id)
        paying.wechat.charges[reference].currency = "JPY"
        paying.wechat.pay(reference)
    else:
        paying.alipay.pay(str(cashier.url)).currency = "JPY"
    assert (await paying.settle(placed, cashier)).state is PaymentState.PREPARED
    assert await paying.findings() == [("currency_differs", "open")]
    assert (await order_state(paying.database, placed.shop_id, placed.order_id))[0] == "submitted"


async def test_two_payments_of_one_order_end_with_one_going_back(paying: PayingWorld) -> None:
    placed = await paying.order()
    first = await paying.open(placed)
    with paying.wechat.troubled(error_page=True):
        second = await paying.open(placed, PaymentMethod.ALIPAY_PAGE)
    trade = paying.alipay.pay(str(second.url))
    await paying.settle(placed, second)
    reference = reference_of(placed.shop_id, first.payment_id)
    paying.wechat.pay(reference)
    late = await paying.settle(placed, first)
    assert late.state is PaymentState.SURPLUS
    assert await carry_out_refunds(paying.database) == 1
    assert paying.wechat.charges[reference].refunded == late.amount_fen
    assert trade.refunds == {}
    assert (await order_state(paying.database, placed.shop_id, placed.order_id))[0] == "paid"
    assert await messages_of(paying) == ["payment.surplus", "refund.succeeded"]


async def test_a_lapsed_order_closes_its_charge_and_late_money_goes_back_with_a_message(
    paying: PayingWorld, still_clock: clock.Clock
) -> None:
    placed = await paying.order()
    cashier = await paying.open(placed)
    reference = reference_of(placed.shop_id, cashier.payment_id)
    still_clock.freeze(MORNING + timedelta(hours=1))
    await lapse_unpaid_orders(paying.database)
    while await deliver_events(paying.database):
        pass
    assert await look_after_open_payments(paying.database, paying.gateways) == 1
    assert paying.wechat.charges[reference].state == "CLOSED"
    assert (await paying.payment(placed, cashier)).state is PaymentState.LAPSED
    assert await look_after_open_payments(paying.database, paying.gateways) == 0
    paying.wechat.pay(reference)
    reply = await take_in_notification(
        paying.database, paying.gateways, "wechat", *paying.wechat.payment_notification(reference)
    )
    assert reply.status == 200
    assert (await paying.payment(placed, cashier)).state is PaymentState.SURPLUS
    assert await messages_of(paying) == ["payment.surplus"]
    await carry_out_refunds(paying.database)
    assert await messages_of(paying) == ["payment.surplus", "refund.succeeded"]
    assert await stock_of(paying.database, paying.world) == (10, 0, 0)


async def test_an_alipay_page_that_nobody_opened_is_over_when_its_time_is(
    paying: PayingWorld,
) -> None:
    placed = await paying.order()
    cashier = await paying.open(placed, PaymentMethod.ALIPAY_PAGE)
    assert (await paying.settle(placed, cashier)).state is PaymentState.PREPARED
    async with paying.database.writing() as writer:
        await writer.run("UPDATE payment SET expires_at = expires_at - interval '1 hour'")
    assert (await paying.settle(placed, cashier)).state is PaymentState.LAPSED


async def test_a_silent_payment_is_asked_for_less_and_less_often(
    paying: PayingWorld, still_clock: clock.Clock
) -> None:
    placed = await paying.order()
    await paying.open(placed)
    asked = []
    for second in range(0, 700, 10):
        still_clock.freeze(MORNING + timedelta(seconds=second))
        if await look_after_open_payments(paying.database, paying.gateways):
            asked.append(second)
    assert asked == [20, 40, 80, 160, 320, 640]


async def test_a_provider_that_is_away_holds_up_nobody_else(paying: PayingWorld, still_clock: clock.Clock) -> None:
    first, second = await paying.order(), await paying.order()
    at_wechat = await paying.open(first)
    at_alipay = await paying.open(second, PaymentMethod.ALIPAY_PAGE)
    paying.wechat.pay(reference_of(first.shop_id, at_wechat.payment_id))
    paying.alipay.pay(str(at_alipay.url))
    still_clock.freeze(MORNING + timedelta(minutes=1))
    with paying.wechat.troubled(error_page=True):
        assert await look_after_open_payments(paying.database, paying.gateways) == 2
        with pytest.raises(ProviderSilent):
            await paying.settle(first, at_wechat)
    assert (await paying.payment(second, at_alipay)).state is PaymentState.SUCCEEDED
    assert (await paying.payment(first, at_wechat)).state is PaymentState.PREPARED
    still_clock.freeze(MORNING + timedelta(minutes=5))
    assert await look_after_open_payments(paying.database, paying.gateways) == 1
    assert (await paying.payment(first, at_wechat)).state is PaymentState.SUCCEEDED


async def test_money_of_another_amount_is_a_finding_and_pays_nothing(paying: PayingWorld) -> None:
    placed = await paying.order()
    cashier = await paying.open(placed)
    reference = reference_of(placed.shop_id, cashier.payment_id)
    paying.wechat.charges[reference].request["amount"]["total"] = 1
    paying.wechat.pay(reference)
    for _ in range(2):
        assert (await paying.settle(placed, cashier)).state is PaymentState.PREPARED
    assert await paying.findings() == [("amount_differs", "open")]
    assert (await order_state(paying.database, placed.shop_id, placed.order_id))[0] == "submitted"


async def test_what_a_provider_refuses_is_said_without_its_words(paying: PayingWorld) -> None:
    placed = await paying.order()
    with (
        paying.wechat.troubled(refusal=(403, "NO_AUTH")),
        pytest.raises(ProviderRefused) as refused,
    ):
        await paying.open(placed)
    assert "NO_AUTH" not in str(refused.value)
    with paying.wechat.troubled(error_page=True), pytest.raises(ProviderSilent):
        await paying.open(placed)
    with pytest.raises(MethodNotOffered):
        await paying.open(placed, PaymentMethod.SANDBOX)
    assert (await paying.open(placed, PaymentMethod.ALIPAY_WAP)).url


async def test_who_pays_inside_wechat_is_remembered_for_the_next_look(paying: PayingWorld) -> None:
    placed = await paying.order()
    opened = await paying.open(placed, PaymentMethod.WECHAT_JSAPI, Payer(reference="oUpF8uMuAJO"))
    again = await paying.open(placed, PaymentMethod.WECHAT_JSAPI)
    assert again.payment_id == opened.payment_id
    assert again.jsapi is not None
    charge = paying.wechat.charges[reference_of(placed.shop_id, opened.payment_id)]
    assert charge.request["payer"] == {"openid": "oUpF8uMuAJO"}


async def test_another_payer_inside_wechat_gets_a_payment_of_their_own(paying: PayingWorld) -> None:
    placed = await paying.order()
    first = await paying.open(placed, PaymentMethod.WECHAT_JSAPI, Payer(reference="oFirst"))
    second = await paying.open(placed, PaymentMethod.WECHAT_JSAPI, Payer(reference="oSecond"))
    assert second.payment_id != first.payment_id
    await look_after_open_payments(paying.database, paying.gateways)
    assert (await paying.payment(placed, first)).state is PaymentState.LAPSED
    assert (await paying.payment(placed, second)).state is PaymentState.PREPARED
