"""A refund or a payment at which something breaks, and a provider that is silent, keep nobody else waiting."""

import json
from datetime import timedelta

import pytest

from tests.conftest import MORNING
from tests.payments.paying import PayingWorld
from tests.payments.provider_server import Answer
from tests.payments.test_refunds import ask_back, refund_of
from yellowcart.kernel import clock
from yellowcart.payments.carry_out import OUR_FAULT
from yellowcart.payments.look_after import look_after_open_payments
from yellowcart.payments.model import PaymentMethod, PaymentState, RefundState
from yellowcart.payments.references import reference_of
from yellowcart.payments.timers import UNDONE_IN_A_ROW_MAX, carry_out_refunds


async def refuse_in_the_tables(paying: PayingWorld, table: str, condition: str) -> None:
    """Rows of the table that do not meet a condition cannot be written any more: a defect that nobody foresaw."""
    async with paying.database.writing() as writer:
        await writer.connection.execute(
            f"ALTER TABLE {table} ADD CONSTRAINT test_of_defects CHECK ({condition}) NOT VALID"
        )


async def test_a_refund_that_cannot_be_written_down_is_put_off_and_stops_no_other(
    paying: PayingWorld, still_clock: clock.Clock
) -> None:
    placed, _, reference = await paying.paid()
    poisoned = await ask_back(paying, placed, 1_000)
    still_clock.freeze(clock.now() + timedelta(seconds=1))
    other, _, _ = await paying.paid()
    behind = await ask_back(paying, other, 1_000)
    await refuse_in_the_tables(paying, "refund", f"refund_id <> {poisoned} OR state <> 'succeeded'")
    assert await carry_out_refunds(paying.database) == 2
    assert await carry_out_refunds(paying.database) == 0, "its turn has not come again"
    assert (await refund_of(paying, other, behind)).state is RefundState.SUCCEEDED
    refund = await refund_of(paying, placed, poisoned)
    assert (refund.state, refund.attempts) == (RefundState.REQUESTED, 1)
    async with paying.database.writing() as writer:
        assert await writer.value("SELECT failure FROM refund WHERE refund_id = %(id)s", id=poisoned) == OUR_FAULT
        await writer.run("ALTER TABLE refund DROP CONSTRAINT test_of_defects")
    still_clock.freeze(clock.now() + timedelta(hours=1))
    assert await carry_out_refunds(paying.database) == 1
    assert (await refund_of(paying, placed, poisoned)).state is RefundState.SUCCEEDED
    assert paying.wechat.charges[reference].refunded == 1_000, "given back once"


async def test_words_of_a_provider_that_cannot_be_stored_stop_no_refund(
    paying: PayingWorld, still_clock: clock.Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    placed, _, _ = await paying.paid()
    await ask_back(paying, placed, 1_000)
    still_clock.freeze(clock.now() + timedelta(seconds=1))
    other, _, _ = await paying.paid(PaymentMethod.ALIPAY_PAGE)
    behind = await ask_back(paying, other, 1_000)

    def refused(status: int, code: str) -> Answer:
        return Answer(status, json.dumps({"code": code, "message": "no \x00 money"}).encode())

    monkeypatch.setattr(paying.wechat, "_refused", refused)
    with paying.wechat.troubled(refusal=(403, "NOT_ENOUGH")):
        assert await carry_out_refunds(paying.database) == 2
    assert (await refund_of(paying, other, behind)).state is RefundState.SUCCEEDED


async def test_a_payment_that_cannot_be_written_down_is_put_off_and_stops_no_other(
    paying: PayingWorld, still_clock: clock.Clock
) -> None:
    poisoned, behind = await paying.order(), await paying.order()
    first, second = await paying.open(poisoned), await paying.open(behind)
    for placed, cashier in ((poisoned, first), (behind, second)):
        paying.wechat.pay(reference_of(placed.shop_id, cashier.payment_id))
    await refuse_in_the_tables(paying, "payment", f"payment_id <> {first.payment_id} OR state <> 'succeeded'")
    still_clock.freeze(MORNING + timedelta(minutes=1))
    assert await look_after_open_payments(paying.database, paying.gateways) == 2
    assert await look_after_open_payments(paying.database, paying.gateways) == 0, "its turn has not come again"
    assert (await paying.payment(behind, second)).state is PaymentState.SUCCEEDED
    assert (await paying.payment(poisoned, first)).state is PaymentState.PREPARED


async def test_a_silent_provider_holds_up_no_refund_of_another(
    paying: PayingWorld, still_clock: clock.Clock
) -> None:
    placed, _, _ = await paying.paid()
    for number in range(60):
        await ask_back(paying, placed, 1, f"aftersale:{number + 1}")
    still_clock.freeze(clock.now() + timedelta(seconds=1))
    other, _, _ = await paying.paid(PaymentMethod.ALIPAY_PAGE)
    behind = await ask_back(paying, other, 1_000, "aftersale:1000")
    with paying.wechat.troubled(error_page=True):
        assert await carry_out_refunds(paying.database) == UNDONE_IN_A_ROW_MAX + 1
    assert (await refund_of(paying, other, behind)).state is RefundState.SUCCEEDED


async def test_a_silent_provider_holds_up_no_asking_of_another(
    paying: PayingWorld, still_clock: clock.Clock
) -> None:
    unheard = await paying.order()
    await paying.open(unheard)
    async with paying.database.writing() as writer:
        await writer.run(
            """
            INSERT INTO payment (shop_id, payment_id, order_id, gateway, method, state, amount_fen, prepared_at,
                                 ask_at, expires_at, closing)
            SELECT shop_id, payment_id + number, order_id, gateway, method, 'prepared', amount_fen, prepared_at,
                   prepared_at, expires_at, true
            FROM payment, generate_series(1, 60) AS number
            """
        )
    still_clock.freeze(clock.now() + timedelta(seconds=1))
    placed = await paying.order()
    cashier = await paying.open(placed, PaymentMethod.ALIPAY_PAGE)
    paying.alipay.pay(str(cashier.url))
    still_clock.freeze(clock.now() + timedelta(minutes=1))
    with paying.wechat.troubled(error_page=True):
        await look_after_open_payments(paying.database, paying.gateways)
    assert (await paying.payment(placed, cashier)).state is PaymentState.SUCCEEDED
