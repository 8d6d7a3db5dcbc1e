"""Everything about money that happens by itself when its time has come. Sweeps survive any downtime.

No transaction is open while a provider is asked.
"""

from collections import Counter

from yellowcart.kernel.database import Database
from yellowcart.kernel.tasks import sweep
from yellowcart.payments.carry_out import carry_out, requested_refunds
from yellowcart.payments.look_after import look_after_open_payments
from yellowcart.payments.model import RefundState
from yellowcart.payments.providers import gateways_of
from yellowcart.payments.reconcile import reconcile_next_bill

UNDONE_IN_A_ROW_MAX = 5
"""Refunds of one provider that could not be carried out in one set; the rest of them waits for the next."""


@sweep(every_s=5)
async def carry_out_refunds(database: Database) -> int:
    """Refunds whose turn has come are carried out; those that the gateway did not do wait longer each time."""
    gateways = gateways_of(database)
    async with database.reading() as reader:
        waiting = await requested_refunds(reader)
    undone: Counter[str] = Counter()
    done = 0
    for refund in waiting:
        if undone[refund.gateway] < UNDONE_IN_A_ROW_MAX:
            state = await carry_out(database, gateways, refund)
            undone[refund.gateway] = undone[refund.gateway] + 1 if state is RefundState.REQUESTED else 0
            done += 1
    return done


@sweep(every_s=10)
async def ask_for_silent_payments(database: Database) -> int:
    """Payments whose notification was lost are found by asking, those whose order is over are closed."""
    return await look_after_open_payments(database, gateways_of(database))


@sweep(every_s=600)
async def compare_bills(database: Database) -> int:
    """The bills of past days are held against our books, one at a time."""
    return await reconcile_next_bill(database, gateways_of(database))
