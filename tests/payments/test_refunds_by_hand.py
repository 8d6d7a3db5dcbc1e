"""What an operator does with a refund that failed: nothing is given back by hand that the provider has given back,
is giving back, or may give back; and what the provider said is kept."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from tests.conftest import MORNING
from tests.payments.paying import PayingWorld
from tests.payments.test_refunds import SEND, ask_back, kinds, operator, refund_of
from yellowcart.accounts.model import Person
from yellowcart.kernel import clock
from yellowcart.kernel.errors import InvalidFields
from yellowcart.orders.errors import OperatorIsParty
from yellowcart.orders.place import PlacedOrder
from yellowcart.payments.carry_out import carry_out
from yellowcart.payments.errors import (
    PaymentDoubtful,
    RefundDoneThere,
    RefundJustSent,
    RefundMoved,
    RefundUncertain,
    RefundUnderWayThere,
    RefundUnknown,
)
from yellowcart.payments.findings import decide_finding
from yellowcart.payments.gateway import RefundAnswer, RefundProgress
from yellowcart.payments.model import FindingState, PaymentMethod, RefundState
from yellowcart.payments.notify import take_in_notification
from yellowcart.payments.refund_desk import ask_provider, done_by_hand, try_again
from yellowcart.payments.rules import SENT_QUIET_S, ByHand, by_hand
from yellowcart.payments.timers import carry_out_refunds

LATER = timedelta(seconds=SENT_QUIET_S)
RECEIPT = "BANK 2026-05-01/7"


async def end(
    paying: PayingWorld, person: Person, placed: PlacedOrder, refund_id: int, receipt: str = RECEIPT
) -> None:
    await done_by_hand(paying.database, paying.gateways, person, placed.shop_id, refund_id, receipt)


async def failed_refund(
    paying: PayingWorld, still_clock: clock.Clock, **trouble: Any
) -> tuple[PlacedOrder, int, str]:
    """A refund of 10 yuan that the provider refused a while ago, with its payment's reference."""
    placed, _, reference = await paying.paid()
    refund_id = await ask_back(paying, placed, 1_000)
    assert refund_id is not None
    with paying.wechat.troubled(**(trouble or {"refusal": (403, "USER_ACCOUNT_ABNORMAL")})):
        await carry_out_refunds(paying.database)
    still_clock.freeze(clock.now() + LATER)
    return placed, refund_id, reference


async def lost_refund(paying: PayingWorld, still_clock: clock.Clock) -> tuple[PlacedOrder, int, str]:
    """A refund that the provider has done, and whose answer never came: it failed here after a week of silence."""
    placed, refund_id, reference = await failed_refund(paying, still_clock)
    refund = await refund_of(paying, placed, refund_id)
    async with paying.database.writing() as writer:
        await writer.run("UPDATE refund SET failure = 'no answer from the provider', attempts = 36")
    await paying.gateways.of("wechat").refund(refund.order)
    return placed, refund_id, reference


async def trail(paying: PayingWorld) -> list[tuple[str, dict[str, Any]]]:
    """What stands in the audit trail about refunds, the oldest first."""
    async with paying.database.reading() as reader:
        rows = await reader.records(
            "SELECT action, after FROM audit_entry WHERE action LIKE 'payments:refund:%%' ORDER BY audit_id"
        )
    return [(row["action"].removeprefix("payments:refund:"), row["after"]) for row in rows]


async def test_a_failed_refund_is_ended_by_hand_once_the_provider_says_that_it_did_nothing(
    paying: PayingWorld, still_clock: clock.Clock
) -> None:
    placed, _, _ = await paying.paid()
    refund_id = await ask_back(paying, placed, 1_000)
    assert refund_id is not None
    person = await operator(paying)
    with pytest.raises(RefundMoved):
        await end(paying, person, placed, refund_id)
    with paying.wechat.troubled(refusal=(403, "USER_ACCOUNT_ABNORMAL")):
        await carry_out_refunds(paying.database)
    refund = await refund_of(paying, placed, refund_id)
    assert (refund.state, refund.sent_at) == (RefundState.FAILED, MORNING)
    still_clock.freeze(MORNING + LATER)
    for receipt in ("", "x", "a" * 65, "<script>"):
        with pytest.raises(InvalidFields):
            await end(paying, person, placed, refund_id, receipt)
    with pytest.raises(RefundUnknown):
        await end(paying, person, placed, 1)
    await end(paying, person, placed, refund_id)
    with pytest.raises(RefundMoved):
        await end(paying, person, placed, refund_id)
    async with paying.database.writing() as writer:
        with pytest.raises(RefundMoved):
            await try_again(writer, person, placed.shop_id, refund_id)
    assert await kinds(paying) == ["refund.failed", "refund.succeeded"]
    ((action, after),) = await trail(paying)
    assert action == "by_hand"
    assert after["provider_says"] == "unknown"
    assert after["receipt"] == RECEIPT
    async with paying.database.reading() as reader:
        (told,) = await reader.records("SELECT body, parts FROM message WHERE kind = 'refund.succeeded'")
    assert "by another way" in told["body"]
    assert told["parts"]["receipt"] == RECEIPT


async def test_what_the_provider_has_given_back_is_written_down_and_never_paid_by_hand(
    paying: PayingWorld, still_clock: clock.Clock
) -> None:
    placed, refund_id, reference = await lost_refund(paying, still_clock)
    person = await operator(paying)
    with pytest.raises(RefundDoneThere):
        await end(paying, person, placed, refund_id)
    refund = await refund_of(paying, placed, refund_id)
    assert (refund.state, refund.by_hand) == (RefundState.SUCCEEDED, False)
    assert paying.wechat.charges[reference].refunded == 1_000
    assert await trail(paying) == [
        ("by_hand_refused", {"receipt": RECEIPT, "provider_says": "done", "provider_amount_fen": 1_000})
    ]
    with pytest.raises(RefundMoved):
        await end(paying, person, placed, refund_id)
    assert await kinds(paying) == ["refund.failed", "refund.succeeded"]


async def test_what_the_provider_is_giving_back_is_followed_again(
    paying: PayingWorld, still_clock: clock.Clock
) -> None:
    paying.wechat.refund_status = "PROCESSING"
    placed, refund_id, _ = await lost_refund(paying, still_clock)
    person = await operator(paying)
    with pytest.raises(RefundUnderWayThere):
        await end(paying, person, placed, refund_id)
    refund = await refund_of(paying, placed, refund_id)
    assert refund.state is RefundState.REQUESTED
    assert (await trail(paying))[0][1]["provider_says"] == "processing"
    paying.wechat.refunds[refund.reference].status = "SUCCESS"
    still_clock.freeze(clock.now() + timedelta(minutes=1))
    assert await carry_out_refunds(paying.database) == 1
    assert (await refund_of(paying, placed, refund_id)).state is RefundState.SUCCEEDED


@pytest.mark.parametrize(
    "trouble",
    [
        {"error_page": True},
        {"wrong_signature": True},
        {"refusal": (403, "NO_AUTH")},
        {"refusal": (404, "NOT_FOUND")},
    ],
)
async def test_a_provider_that_does_not_say_how_it_stands_keeps_it_as_it_is(
    paying: PayingWorld, still_clock: clock.Clock, trouble: dict[str, Any]
) -> None:
    placed, refund_id, _ = await lost_refund(paying, still_clock)
    person = await operator(paying)
    before = await refund_of(paying, placed, refund_id)
    with paying.wechat.troubled(**trouble), pytest.raises(RefundUncertain):
        await end(paying, person, placed, refund_id)
    assert await refund_of(paying, placed, refund_id) == before
    ((action, after),) = await trail(paying)
    assert (action, after["receipt"]) == ("by_hand_refused", RECEIPT)
    assert after["provider_says"]


async def test_an_account_that_never_had_the_money_is_not_asked_for_its_refund(
    paying: PayingWorld, still_clock: clock.Clock
) -> None:
    placed, refund_id, reference = await lost_refund(paying, still_clock)
    # The settings name another merchant now, who knows neither the charge nor its refund.
    paying.wechat.refunds.clear()
    del paying.wechat.charges[reference]
    with pytest.raises(RefundUncertain):
        await end(paying, await operator(paying), placed, refund_id)
    assert (await refund_of(paying, placed, refund_id)).state is RefundState.FAILED


async def test_a_refund_that_was_sent_a_moment_ago_is_not_ended_by_hand(
    paying: PayingWorld, still_clock: clock.Clock
) -> None:
    placed, refund_id, _ = await failed_refund(paying, still_clock)
    person = await operator(paying)
    still_clock.freeze(MORNING + LATER - timedelta(seconds=1))
    asked = len(paying.wechat.calls)
    with pytest.raises(RefundJustSent):
        await end(paying, person, placed, refund_id)
    assert len(paying.wechat.calls) == asked
    still_clock.freeze(MORNING + LATER)
    await end(paying, person, placed, refund_id)


async def test_who_is_a_party_does_not_end_a_refund(paying: PayingWorld, still_clock: clock.Clock) -> None:
    placed, refund_id, _ = await failed_refund(paying, still_clock)
    member = await operator(paying)
    async with paying.database.writing() as writer:
        await writer.run(
            "INSERT INTO shop_member (shop_id, person_id, joined_at) VALUES (%(shop_id)s, %(id)s, %(now)s)",
            now=clock.now(),
            id=member.person_id,
            shop_id=placed.shop_id,
        )
    for person in (member, paying.buyer):
        with pytest.raises(OperatorIsParty):
            await end(paying, person, placed, refund_id)


async def test_an_open_finding_about_the_payment_comes_first(
    paying: PayingWorld, still_clock: clock.Clock
) -> None:
    placed, refund_id, reference = await failed_refund(paying, still_clock)
    person = await operator(paying)
    # Somebody gave it back in the provider's own office, which its bill says before anybody here knows.
    foreign = paying.wechat.bill_row(
        reference, "made-in-their-office", amount="10.00", moment="2022-02-25 12:00:00"
    )
    paying.wechat.put_bill(
        "2022-02-25", [paying.wechat.bill_row(reference, moment="2022-02-25 12:00:00"), foreign]
    )
    still_clock.freeze(MORNING + timedelta(days=1))
    from yellowcart.payments.reconcile import reconcile_next_bill

    assert await reconcile_next_bill(paying.database, paying.gateways)
    assert await paying.findings() == [("unknown_refund", "open")]
    with pytest.raises(PaymentDoubtful):
        await end(paying, person, placed, refund_id)
    async with paying.database.writing() as writer:
        finding_id = await writer.value("SELECT finding_id FROM payment_finding")
        await decide_finding(writer, person, finding_id, FindingState.RESOLVED, "was for another order")
    await end(paying, person, placed, refund_id)


async def test_another_amount_is_explained_before_it_is_ended(
    paying: PayingWorld, still_clock: clock.Clock
) -> None:
    placed, refund_id, _ = await lost_refund(paying, still_clock)
    person = await operator(paying)
    refund = await refund_of(paying, placed, refund_id)
    paying.wechat.refunds[refund.reference].request["amount"]["refund"] = 900
    with pytest.raises(PaymentDoubtful):
        await end(paying, person, placed, refund_id)
    assert await paying.findings() == [("amount_differs", "open")]
    async with paying.database.writing() as writer:
        finding_id = await writer.value("SELECT finding_id FROM payment_finding")
        await decide_finding(writer, person, finding_id, FindingState.RESOLVED, "one yuan by bank")
    await end(paying, person, placed, refund_id)
    assert (await trail(paying))[-1][1]["provider_amount_fen"] == 900


async def test_a_try_between_question_and_end_undoes_the_end(
    paying: PayingWorld, still_clock: clock.Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    placed, refund_id, reference = await failed_refund(paying, still_clock)
    person, other = await operator(paying), await operator(paying)
    gateway = paying.gateways.of("wechat")
    asked, go_on = asyncio.Event(), asyncio.Event()
    truly = gateway.query

    async def slowly(*key: Any) -> Any:
        charge = await truly(*key)
        asked.set()
        await go_on.wait()
        return charge

    monkeypatch.setattr(gateway, "query", slowly)
    ending = asyncio.create_task(end(paying, person, placed, refund_id))
    await asked.wait()
    monkeypatch.undo()
    async with paying.database.writing() as writer:
        await try_again(writer, other, placed.shop_id, refund_id)
    with paying.wechat.troubled(refusal=(403, "USER_ACCOUNT_ABNORMAL")):
        await carry_out_refunds(paying.database)
    still_clock.freeze(clock.now() + LATER)
    go_on.set()
    with pytest.raises(RefundMoved):
        await ending
    assert (await refund_of(paying, placed, refund_id)).state is RefundState.FAILED
    assert paying.wechat.charges[reference].refunded == 0


async def test_a_worker_that_read_it_before_does_not_send_what_was_ended_by_hand(
    paying: PayingWorld, still_clock: clock.Clock
) -> None:
    placed, _, reference = await paying.paid()
    refund_id = await ask_back(paying, placed, 1_000)
    assert refund_id is not None
    old = await refund_of(paying, placed, refund_id)
    with paying.wechat.troubled(refusal=(403, "USER_ACCOUNT_ABNORMAL")):
        await carry_out_refunds(paying.database)
    still_clock.freeze(MORNING + LATER)
    await end(paying, await operator(paying), placed, refund_id)
    sent = paying.wechat.calls.count(SEND)
    assert await carry_out(paying.database, paying.gateways, old) is RefundState.SUCCEEDED
    assert (paying.wechat.calls.count(SEND), paying.wechat.charges[reference].refunded) == (sent, 0)


async def test_what_went_back_by_hand_and_by_the_provider_is_found_by_its_notification(
    paying: PayingWorld, still_clock: clock.Clock
) -> None:
    paying.wechat.refund_status = "ABNORMAL"
    placed, refund_id, _ = await lost_refund(paying, still_clock)
    await end(paying, await operator(paying), placed, refund_id)
    refund = await refund_of(paying, placed, refund_id)
    # The provider's own people found another account of the buyer's.
    paying.wechat.refunds[refund.reference].status = "SUCCESS"
    notice = paying.wechat.refund_notification(refund.reference)
    assert (await take_in_notification(paying.database, paying.gateways, "wechat", *notice)).status == 200
    assert await paying.findings() == [("state_differs", "open")]


async def test_the_provider_is_asked_before_anybody_pays(paying: PayingWorld, still_clock: clock.Clock) -> None:
    placed, refund_id, _ = await failed_refund(paying, still_clock)
    person = await operator(paying)
    await ask_provider(paying.database, paying.gateways, person, placed.shop_id, refund_id)
    assert (await refund_of(paying, placed, refund_id)).state is RefundState.FAILED
    await paying.gateways.of("wechat").refund((await refund_of(paying, placed, refund_id)).order)
    with pytest.raises(RefundDoneThere):
        await ask_provider(paying.database, paying.gateways, person, placed.shop_id, refund_id)
    assert (await refund_of(paying, placed, refund_id)).state is RefundState.SUCCEEDED


async def test_what_alipay_took_on_and_does_not_speak_of_is_not_paid_by_hand(
    paying: PayingWorld, still_clock: clock.Clock
) -> None:
    placed, _, reference = await paying.paid(PaymentMethod.ALIPAY_PAGE)
    paying.alipay.refund_is_slow = True
    refund_id = await ask_back(paying, placed, 1_000)
    assert refund_id is not None
    await carry_out_refunds(paying.database)
    still_clock.freeze(clock.now() + timedelta(hours=6))
    with paying.alipay.troubled(refusal=(200, "ACQ.INVALID_PARAMETER")):
        await carry_out_refunds(paying.database)
    refund = await refund_of(paying, placed, refund_id)
    assert refund.state is RefundState.FAILED
    person = await operator(paying)
    still_clock.freeze(clock.now() + LATER)
    with pytest.raises(RefundUnderWayThere):
        await end(paying, person, placed, refund_id)
    paying.alipay.finish_refunds()
    with pytest.raises(RefundDoneThere):
        await end(paying, person, placed, refund_id)
    assert paying.alipay.trades[reference].refunds == {refund.reference: "10.00"}


async def test_what_alipay_took_on_and_refuses_in_the_end_is_paid_by_hand(
    paying: PayingWorld, still_clock: clock.Clock
) -> None:
    placed, _, _ = await paying.paid(PaymentMethod.ALIPAY_PAGE)
    paying.alipay.refund_is_slow = True
    refund_id = await ask_back(paying, placed, 1_000)
    assert refund_id is not None
    await carry_out_refunds(paying.database)
    paying.alipay.pending.clear()
    still_clock.freeze(clock.now() + timedelta(hours=1))
    with paying.alipay.troubled(refusal=(200, "ACQ.BUYER_ERROR"), only="trade.refund"):
        await carry_out_refunds(paying.database)
    assert (await refund_of(paying, placed, refund_id)).state is RefundState.FAILED
    still_clock.freeze(clock.now() + LATER)
    await end(paying, await operator(paying), placed, refund_id)


@pytest.mark.parametrize(
    ("progress", "amount_fen", "was_taken_on", "may"),
    [
        (RefundProgress.DONE, 1_000, False, ByHand.DONE),
        (RefundProgress.DONE, None, False, ByHand.DONE),
        (RefundProgress.DONE, 999, False, ByHand.OTHER_AMOUNT),
        (RefundProgress.PROCESSING, 1_000, False, ByHand.UNDER_WAY),
        (RefundProgress.PROCESSING, 1_000, True, ByHand.UNDER_WAY),
        (RefundProgress.UNKNOWN, None, False, ByHand.FREE),
        (RefundProgress.UNKNOWN, None, True, ByHand.UNDER_WAY),
        (RefundProgress.ABNORMAL, 1_000, True, ByHand.FREE),
        (RefundProgress.CLOSED, 1_000, True, ByHand.FREE),
    ],
)
def test_what_an_answer_means_for_giving_it_back_by_hand(
    progress: RefundProgress, amount_fen: int | None, was_taken_on: bool, may: ByHand
) -> None:
    answer = RefundAnswer(progress=progress, amount_fen=amount_fen)
    assert by_hand(answer, 1_000, was_taken_on=was_taken_on) is may
