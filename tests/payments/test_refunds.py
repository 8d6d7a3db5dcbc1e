"""Money on its way back: once, never more than was paid, again and again while that can help, and on an operator's
desk when it cannot."""

import asyncio
from datetime import timedelta

import pytest

from tests.conftest import MORNING, sign_in_as
from tests.payments.paying import PayingWorld
from yellowcart.accounts.model import Person, Role
from yellowcart.kernel import clock
from yellowcart.orders.errors import OrderMoved, RefundTooHigh
from yellowcart.orders.place import PlacedOrder
from yellowcart.orders.store import lock_order
from yellowcart.payments.carry_out import carry_out
from yellowcart.payments.gateway import RefundAnswer, RefundProgress
from yellowcart.payments.model import PaymentMethod, RefundState
from yellowcart.payments.notify import take_in_notification
from yellowcart.payments.queries import refunds_of_order
from yellowcart.payments.references import reference_of
from yellowcart.payments.refund import refund_order
from yellowcart.payments.refund_desk import try_again
from yellowcart.payments.refund_outcome import write_down
from yellowcart.payments.refunds import Refund, read_refund
from yellowcart.payments.rules import REFUND_ATTEMPTS_MAX, refund_again_after
from yellowcart.payments.timers import carry_out_refunds

SEND = "POST /v3/refund/domestic/refunds"


async def ask_back(
    paying: PayingWorld, placed: PlacedOrder, amount_fen: int, subject: str = "aftersale:1"
) -> int | None:
    """Decide a refund of an order, as an after-sale case does."""
    async with paying.database.writing() as writer:
        order = await lock_order(writer, placed.shop_id, placed.order_id)
        return await refund_order(writer, order, amount_fen, subject=subject)


async def refund_of(paying: PayingWorld, placed: PlacedOrder, refund_id: int | None) -> Refund:
    """The refund as it stands."""
    assert refund_id is not None
    async with paying.database.reading() as reader:
        return await read_refund(reader, placed.shop_id, refund_id)


async def failure_of(paying: PayingWorld, refund_id: int | None) -> str:
    async with paying.database.reading() as reader:
        return str(await reader.value("SELECT failure FROM refund WHERE refund_id = %(id)s", id=refund_id))


async def kinds(paying: PayingWorld) -> list[str]:
    """The refund events of the outbox."""
    async with paying.database.reading() as reader:
        return await reader.column("SELECT kind FROM outbox_event WHERE kind LIKE 'refund.%%' ORDER BY event_id")


async def operator(paying: PayingWorld) -> Person:
    return (await sign_in_as(paying.database, Role.OPERATOR)).person


@pytest.mark.parametrize("method", [PaymentMethod.WECHAT_NATIVE, PaymentMethod.ALIPAY_PAGE])
async def test_a_refund_goes_back_once_however_often_it_is_carried_out(
    paying: PayingWorld, method: PaymentMethod
) -> None:
    placed, _, reference = await paying.paid(method)
    refund_id = await ask_back(paying, placed, 1_000)
    assert await ask_back(paying, placed, 1_000) is None, "the same case asks twice"
    refund = await refund_of(paying, placed, refund_id)
    states = await asyncio.gather(*(carry_out(paying.database, paying.gateways, refund) for _ in range(4)))
    assert set(states) == {RefundState.SUCCEEDED}
    if method is PaymentMethod.WECHAT_NATIVE:
        assert paying.wechat.charges[reference].refunded == 1_000
    else:
        assert paying.alipay.trades[reference].refunds == {refund.reference: "10.00"}
    assert await kinds(paying) == ["refund.succeeded"]
    async with paying.database.reading() as reader:
        (told,) = await refunds_of_order(reader, placed.shop_id, placed.order_id)
        assert await reader.value("SELECT count(*) FROM message WHERE kind = 'refund.succeeded'") == 1
    assert (told.state, told.amount_fen) == (RefundState.SUCCEEDED, 1_000)


async def test_more_than_was_paid_is_never_decided(paying: PayingWorld) -> None:
    placed, _, _ = await paying.paid()
    await ask_back(paying, placed, 4_000, "aftersale:1")
    for amount in (991, 10**12, 0, -1):
        with pytest.raises(RefundTooHigh):
            await ask_back(paying, placed, amount, f"aftersale:{amount}")
    await ask_back(paying, placed, 990, "aftersale:3")
    assert await carry_out_refunds(paying.database) == 2
    unpaid = await paying.order()
    with pytest.raises(OrderMoved):
        await ask_back(paying, unpaid, 1)


async def test_what_can_pass_is_tried_again_later_and_later(paying: PayingWorld, still_clock: clock.Clock) -> None:
    placed, _, reference = await paying.paid()
    refund_id = await ask_back(paying, placed, 1_000)
    for trouble, failure in (
        ({"refusal": (403, "NOT_ENOUGH")}, "NOT_ENOUGH: refused: NOT_ENOUGH"),
        ({"refusal": (500, "SYSTEM_ERROR")}, "SYSTEM_ERROR: refused: SYSTEM_ERROR"),
        ({"error_page": True}, "no answer from the provider"),
        ({"wrong_signature": True}, "no answer from the provider"),
    ):
        with paying.wechat.troubled(**trouble):
            assert await carry_out_refunds(paying.database) == 1
            assert await carry_out_refunds(paying.database) == 0, "its turn has not come yet"
        assert await failure_of(paying, refund_id) == failure
        still_clock.freeze(clock.now() + timedelta(minutes=5))
    assert await carry_out_refunds(paying.database) == 1
    assert (await refund_of(paying, placed, refund_id)).state is RefundState.SUCCEEDED
    assert paying.wechat.charges[reference].refunded == 1_000, "a lost answer gave nothing back twice"


async def test_a_refund_that_is_under_way_is_asked_for_until_it_is_done(
    paying: PayingWorld, still_clock: clock.Clock
) -> None:
    placed, _, _ = await paying.paid()
    paying.wechat.refund_status = "PROCESSING"
    refund_id = await ask_back(paying, placed, 1_000)
    assert await carry_out_refunds(paying.database) == 1
    refund = await refund_of(paying, placed, refund_id)
    assert (refund.state, refund.accepted_at) == (RefundState.REQUESTED, MORNING)
    paying.wechat.refunds[refund.reference].status = "SUCCESS"
    posts = paying.wechat.calls.count(SEND)
    still_clock.freeze(MORNING + timedelta(hours=1))
    assert await carry_out_refunds(paying.database) == 1
    assert (await refund_of(paying, placed, refund_id)).state is RefundState.SUCCEEDED
    assert paying.wechat.calls.count(SEND) == posts


async def test_a_notification_of_a_refund_ends_it_and_a_repeat_changes_nothing(paying: PayingWorld) -> None:
    placed, _, _ = await paying.paid()
    paying.wechat.refund_status = "PROCESSING"
    refund_id = await ask_back(paying, placed, 1_000)
    await carry_out_refunds(paying.database)
    refund = await refund_of(paying, placed, refund_id)
    paying.wechat.refunds[refund.reference].status = "SUCCESS"
    notice = paying.wechat.refund_notification(refund.reference)
    for _ in range(2):
        reply = await take_in_notification(paying.database, paying.gateways, "wechat", *notice)
        assert reply.status == 200
    assert (await refund_of(paying, placed, refund_id)).state is RefundState.SUCCEEDED
    assert await kinds(paying) == ["refund.succeeded"]
    other = paying.wechat.refund_notification(refund.reference, amount={"total": 4_990, "refund": 999})
    assert (await take_in_notification(paying.database, paying.gateways, "wechat", *other)).status == 500
    unknown = paying.wechat.refund_notification(
        refund.reference, out_refund_no=reference_of(placed.shop_id, 5_555)
    )
    assert (await take_in_notification(paying.database, paying.gateways, "wechat", *unknown)).status == 500
    assert sorted(await paying.findings()) == [("amount_differs", "open"), ("unknown_refund", "open")]


async def test_a_notification_of_what_was_thought_to_have_failed_ends_it_and_nothing_is_sent(
    paying: PayingWorld,
) -> None:
    placed, _, reference = await paying.paid()
    paying.wechat.refund_status = "ABNORMAL"
    refund_id = await ask_back(paying, placed, 1_000)
    await carry_out_refunds(paying.database)
    refund = await refund_of(paying, placed, refund_id)
    assert refund.state is RefundState.FAILED
    paying.wechat.refunds[refund.reference].status = "SUCCESS"
    sent = paying.wechat.calls.count(SEND)
    notice = paying.wechat.refund_notification(refund.reference)
    with paying.wechat.troubled(error_page=True):
        reply = await take_in_notification(paying.database, paying.gateways, "wechat", *notice)
        assert reply.status == 500, "nobody could be asked: it shall come again"
    assert (await take_in_notification(paying.database, paying.gateways, "wechat", *notice)).status == 200
    assert (await refund_of(paying, placed, refund_id)).state is RefundState.SUCCEEDED
    assert paying.wechat.calls.count(SEND) == sent
    assert paying.wechat.charges[reference].refunded == 1_000
    assert await kinds(paying) == ["refund.failed", "refund.succeeded"]


async def test_a_slow_answer_decides_nothing_about_another_number(paying: PayingWorld) -> None:
    """A worker holds the refund while its number is closed there, and an operator has it tried again."""
    placed, _, _ = await paying.paid()
    refund_id = await ask_back(paying, placed, 1_000)
    assert refund_id is not None
    old = await refund_of(paying, placed, refund_id)
    closed = RefundAnswer(progress=RefundProgress.CLOSED)
    assert await write_down(paying.database, old, closed) is RefundState.FAILED
    async with paying.database.writing() as writer:
        await try_again(writer, await operator(paying), placed.shop_id, refund_id)
    new = await refund_of(paying, placed, refund_id)
    assert new.number != old.number
    for late in (closed, RefundAnswer(progress=RefundProgress.ABNORMAL)):
        assert await write_down(paying.database, old, late) is RefundState.REQUESTED
    under_way = RefundAnswer(progress=RefundProgress.PROCESSING)
    assert await write_down(paying.database, old, under_way) is RefundState.REQUESTED
    assert await refund_of(paying, placed, refund_id) == new, "the second number is as it was"
    assert await kinds(paying) == ["refund.failed"]
    await carry_out_refunds(paying.database)
    assert set(paying.wechat.refunds) == {new.reference}
    done_after_all = RefundAnswer(progress=RefundProgress.DONE, amount_fen=1_000)
    assert await write_down(paying.database, old, done_after_all) is RefundState.SUCCEEDED
    assert await paying.findings() == [("state_differs", "open")], "given back twice: somebody has to know"


async def test_a_worker_that_comes_late_carries_out_what_stands_now(paying: PayingWorld) -> None:
    placed, _, _ = await paying.paid()
    refund_id = await ask_back(paying, placed, 1_000)
    old = await refund_of(paying, placed, refund_id)
    async with paying.database.writing() as writer:
        await writer.run("UPDATE refund SET state = 'failed', failure = 'no', ask_at = NULL")
    assert await carry_out(paying.database, paying.gateways, old) is RefundState.FAILED
    assert paying.wechat.calls.count(SEND) == 0, "an operator may be giving it back by hand"


async def test_alipays_notification_of_a_refund_ends_it(paying: PayingWorld) -> None:
    placed, _, reference = await paying.paid(PaymentMethod.ALIPAY_PAGE)
    paying.alipay.refund_is_slow = True
    refund_id = await ask_back(paying, placed, 1_000)
    await carry_out_refunds(paying.database)
    refund = await refund_of(paying, placed, refund_id)
    assert refund.state is RefundState.REQUESTED
    paying.alipay.finish_refunds()
    told = paying.alipay.refund_notification(paying.alipay.trades[reference], refund.reference)
    reply = await take_in_notification(paying.database, paying.gateways, "alipay", {}, told)
    assert reply.body == b"success"
    assert (await refund_of(paying, placed, refund_id)).state is RefundState.SUCCEEDED


async def test_a_refund_that_the_provider_closed_is_tried_again_under_a_new_number(paying: PayingWorld) -> None:
    placed, _, reference = await paying.paid()
    paying.wechat.refund_status = "CLOSED"
    refund_id = await ask_back(paying, placed, 1_000)
    assert refund_id is not None
    await carry_out_refunds(paying.database)
    failed = await refund_of(paying, placed, refund_id)
    assert failed.state is RefundState.FAILED
    assert failed.number != refund_id
    paying.wechat.refund_status = "SUCCESS"
    paying.wechat.charges[reference].refunded = 0
    async with paying.database.writing() as writer:
        await try_again(writer, await operator(paying), placed.shop_id, refund_id)
    await carry_out_refunds(paying.database)
    done = await refund_of(paying, placed, refund_id)
    assert done.state is RefundState.SUCCEEDED
    assert set(paying.wechat.refunds) == {reference_of(placed.shop_id, refund_id), done.reference}
    notice = paying.wechat.refund_notification(done.reference)
    assert (await take_in_notification(paying.database, paying.gateways, "wechat", *notice)).status == 200


async def test_an_account_that_takes_no_money_is_told_to_the_operator(paying: PayingWorld) -> None:
    placed, _, _ = await paying.paid()
    paying.wechat.refund_status = "ABNORMAL"
    refund_id = await ask_back(paying, placed, 1_000)
    await carry_out_refunds(paying.database)
    assert await failure_of(paying, refund_id) == "the buyer's account does not take the money back"


async def test_another_amount_than_was_asked_back_is_a_finding(paying: PayingWorld) -> None:
    placed, _, _ = await paying.paid()
    paying.wechat.refund_status = "PROCESSING"
    refund_id = await ask_back(paying, placed, 1_000)
    await carry_out_refunds(paying.database)
    refund = await refund_of(paying, placed, refund_id)
    kept = paying.wechat.refunds[refund.reference]
    kept.status, kept.request["amount"]["refund"] = "SUCCESS", 900
    assert await carry_out(paying.database, paying.gateways, refund) is RefundState.FAILED
    assert await paying.findings() == [("amount_differs", "open")]


async def test_a_week_without_success_hands_it_to_an_operator(
    paying: PayingWorld, still_clock: clock.Clock
) -> None:
    placed, _, _ = await paying.paid()
    refund_id = await ask_back(paying, placed, 1_000)
    tries = 0
    with paying.wechat.troubled(refusal=(403, "NOT_ENOUGH")):
        while (await refund_of(paying, placed, refund_id)).state is RefundState.REQUESTED:
            tries += await carry_out_refunds(paying.database)
            still_clock.freeze(clock.now() + timedelta(hours=6))
    assert tries == REFUND_ATTEMPTS_MAX
    waited = sum((refund_again_after(attempt) for attempt in range(1, REFUND_ATTEMPTS_MAX)), timedelta())
    assert timedelta(days=6) < waited < timedelta(days=8)


async def test_what_the_provider_has_accepted_does_not_fail_at_a_silence(
    paying: PayingWorld, still_clock: clock.Clock
) -> None:
    placed, _, _ = await paying.paid()
    paying.wechat.refund_status = "PROCESSING"
    refund_id = await ask_back(paying, placed, 1_000)
    for _ in range(REFUND_ATTEMPTS_MAX + 2):
        assert await carry_out_refunds(paying.database) == 1
        still_clock.freeze(clock.now() + timedelta(hours=6))
    with paying.wechat.troubled(error_page=True):
        assert await carry_out_refunds(paying.database) == 1
    assert (await refund_of(paying, placed, refund_id)).state is RefundState.REQUESTED
    assert await kinds(paying) == []


async def test_a_notification_of_a_refund_comes_again_until_the_provider_says_the_same(
    paying: PayingWorld,
) -> None:
    placed, _, _ = await paying.paid()
    paying.wechat.refund_status = "PROCESSING"
    refund_id = await ask_back(paying, placed, 1_000)
    await carry_out_refunds(paying.database)
    refund = await refund_of(paying, placed, refund_id)
    notice = paying.wechat.refund_notification(refund.reference, refund_status="SUCCESS")
    early = await take_in_notification(paying.database, paying.gateways, "wechat", *notice)
    assert early.status == 500, "asked, the provider still says that it is under way"
    paying.wechat.refunds[refund.reference].status = "SUCCESS"
    with paying.wechat.troubled(error_page=True):
        unheard = await take_in_notification(paying.database, paying.gateways, "wechat", *notice)
    assert unheard.status == 500, "nobody could be asked"
    assert (await take_in_notification(paying.database, paying.gateways, "wechat", *notice)).status == 200
    assert (await refund_of(paying, placed, refund_id)).state is RefundState.SUCCEEDED
    assert await paying.findings() == []
