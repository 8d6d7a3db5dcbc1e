"""Everything about money that happens by itself when its time has come. Sweeps survive any downtime.

No transaction is open while a provider is asked. Providers are asked side by side, so that one that is silent
keeps nobody else's buyers waiting; what is of one provider goes one after another.
"""

from collections.abc import Sequence
from itertools import groupby

from yellowcart.kernel.database import Database
from yellowcart.kernel.setbacks import act_on_each, side_by_side
from yellowcart.kernel.tasks import Queue, sweep
from yellowcart.payments.carry_out import OUR_FAULT, carry_out, requested_refunds
from yellowcart.payments.look_after import look_after_open_payments
from yellowcart.payments.model import RefundState
from yellowcart.payments.providers import Gateways, gateways_of
from yellowcart.payments.reconcile import reconcile_next_bill
from yellowcart.payments.refund_outcome import put_off
from yellowcart.payments.refunds import Refund

UNDONE_IN_A_ROW_MAX = 5
"""Refunds of one provider that could not be carried out in one set; the rest of them waits for the next."""


@sweep(every_s=5, queue=Queue.OUTSIDE)
async def carry_out_refunds(database: Database) -> int:
    """Refunds whose turn has come are carried out; those that the gateway did not do wait longer each time."""
    gateways = gateways_of(database)
    async with database.reading() as reader:
        waiting = await requested_refunds(reader)
    of_each = [list(refunds) for _, refunds in groupby(waiting, key=lambda refund: refund.gateway)]
    return await side_by_side(_carry_out_set(database, gateways, refunds) for refunds in of_each)


async def _carry_out_set(database: Database, gateways: Gateways, refunds: Sequence[Refund]) -> int:
    undone = 0

    async def act(refund: Refund) -> None:
        nonlocal undone
        undone += 1
        if await carry_out(database, gateways, refund) is not RefundState.REQUESTED:
            undone = 0

    done = 0
    for refund in refunds:
        if undone >= UNDONE_IN_A_ROW_MAX:
            break
        done += await act_on_each(
            "carry_out_refunds", [refund], act, lambda each: put_off(database, each, OUR_FAULT)
        )
    return done


@sweep(every_s=10, queue=Queue.OUTSIDE)
async def ask_for_silent_payments(database: Database) -> int:
    """Payments whose notification was lost are found by asking, those whose order is over are closed."""
    return await look_after_open_payments(database, gateways_of(database))


@sweep(every_s=600, queue=Queue.OUTSIDE)
async def compare_bills(database: Database) -> int:
    """The bills of past days are held against our books, one at a time."""
    return await reconcile_next_bill(database, gateways_of(database))
