"""The numbers of a refund at its provider: one that was used up there stays known, whoever speaks of it."""

from datetime import timedelta

import pytest

from tests.payments.paying import PayingWorld
from tests.payments.test_reconciliation import DAY, NEXT_MORNING, NOON, reconcile
from tests.payments.test_refunds import ask_back, operator, refund_of
from yellowcart.kernel import clock
from yellowcart.orders.place import PlacedOrder
from yellowcart.payments.model import RefundState
from yellowcart.payments.notify import take_in_notification
from yellowcart.payments.refund_desk import done_by_hand, try_again
from yellowcart.payments.refunds import Refund
from yellowcart.payments.timers import carry_out_refunds


async def closed_there(paying: PayingWorld, still_clock: clock.Clock) -> tuple[PlacedOrder, Refund, Refund, str]:
    """A refund that the provider took on and closed, which the sweep found out: its order, the refund by its old
    and its new number, and its payment's reference."""
    placed, _, reference = await paying.paid()
    paying.wechat.refund_status = "PROCESSING"
    refund_id = await ask_back(paying, placed, 1_000)
    await carry_out_refunds(paying.database)
    old = await refund_of(paying, placed, refund_id)
    paying.wechat.refunds[old.reference].status = "CLOSED"
    paying.wechat.charges[reference].refunded = 0
    still_clock.freeze(clock.now() + timedelta(hours=1))
    await carry_out_refunds(paying.database)
    new = await refund_of(paying, placed, refund_id)
    assert new.state is RefundState.FAILED
    assert new.number != old.number
    return placed, old, new, reference


async def test_the_notification_that_a_number_was_closed_may_come_after_the_sweep(
    paying: PayingWorld, still_clock: clock.Clock
) -> None:
    placed, old, new, _ = await closed_there(paying, still_clock)
    for _ in range(2):
        notice = paying.wechat.refund_notification(old.reference)
        reply = await take_in_notification(paying.database, paying.gateways, "wechat", *notice)
        assert reply.status == 200
    assert await paying.findings() == []
    assert (await refund_of(paying, placed, new.refund_id)).number == new.number
    await done_by_hand(
        paying.database, paying.gateways, await operator(paying), placed.shop_id, new.refund_id, "BANK 1234"
    )


async def test_a_bill_may_name_a_number_that_was_closed(paying: PayingWorld, still_clock: clock.Clock) -> None:
    _, old, _, reference = await closed_there(paying, still_clock)
    rows = [paying.wechat.bill_row(reference, moment=NOON)]
    paying.wechat.put_bill(str(DAY), [*rows, paying.wechat.bill_row(reference, old.reference, moment=NOON)])
    still_clock.freeze(NEXT_MORNING)
    await reconcile(paying)
    assert await paying.findings() == []


@pytest.mark.parametrize("told_by", ["notification", "bill"])
async def test_what_was_done_under_an_old_number_as_well_is_told(
    paying: PayingWorld, still_clock: clock.Clock, told_by: str
) -> None:
    placed, old, new, reference = await closed_there(paying, still_clock)
    async with paying.database.writing() as writer:
        await try_again(writer, await operator(paying), placed.shop_id, new.refund_id)
    paying.wechat.refund_status = "SUCCESS"
    await carry_out_refunds(paying.database)
    assert (await refund_of(paying, placed, new.refund_id)).state is RefundState.SUCCEEDED
    paying.wechat.refunds[old.reference].status = "SUCCESS"
    if told_by == "notification":
        notice = paying.wechat.refund_notification(old.reference)
        await take_in_notification(paying.database, paying.gateways, "wechat", *notice)
    else:
        numbers = ["", old.reference, new.reference]
        rows = [paying.wechat.bill_row(reference, number, moment=NOON) for number in numbers]
        paying.wechat.put_bill(str(DAY), rows)
        still_clock.freeze(NEXT_MORNING)
        await reconcile(paying)
    assert await paying.findings() == [("state_differs", "open")]


async def test_a_refund_that_went_under_its_old_number_after_all_keeps_its_new_one_too(
    paying: PayingWorld, still_clock: clock.Clock
) -> None:
    placed, old, new, _ = await closed_there(paying, still_clock)
    paying.wechat.refunds[old.reference].status = "SUCCESS"
    notice = paying.wechat.refund_notification(old.reference)
    assert (await take_in_notification(paying.database, paying.gateways, "wechat", *notice)).status == 200
    done = await refund_of(paying, placed, new.refund_id)
    assert (done.state, done.number) == (RefundState.SUCCEEDED, old.number)
    # The call with the new number had been on its way: the provider did that as well.
    await paying.gateways.of("wechat").refund(new.order)
    paying.wechat.refunds[new.reference].status = "SUCCESS"
    notice = paying.wechat.refund_notification(new.reference)
    await take_in_notification(paying.database, paying.gateways, "wechat", *notice)
    assert await paying.findings() == [("state_differs", "open")], "given back twice: somebody has to know"
