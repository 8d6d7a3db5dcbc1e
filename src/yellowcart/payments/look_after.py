"""Open payments are not forgotten: asked for at growing intervals, and closed at their provider when their order
does not wait for them any more."""

from collections.abc import Sequence
from datetime import timedelta
from itertools import groupby

import structlog

from yellowcart.kernel import clock
from yellowcart.kernel.database import Database, Reader, Writer
from yellowcart.kernel.events import Envelope, subscribe
from yellowcart.kernel.ids import OrderId, ShopId
from yellowcart.kernel.setbacks import act_on_each, side_by_side
from yellowcart.orders.events import OrderClosed
from yellowcart.payments.errors import ProviderRefused, ProviderSilent
from yellowcart.payments.model import Payment, PaymentState
from yellowcart.payments.pay import close_payment, settle_payment
from yellowcart.payments.providers import Gateways
from yellowcart.payments.rules import is_past
from yellowcart.payments.store import COLUMNS, ask_later, begin_closing

ASK_AT_MOST = 50
ASK_SOON_AFTER = timedelta(seconds=5)
"""Nobody has paid sooner than that after being sent to a provider."""
SILENT_TIMES_MAX = 3
"""A provider that did not answer so often in one set is not asked for the rest of it."""

log = structlog.get_logger()


@subscribe(OrderClosed)
async def close_what_is_open(writer: Writer, _: Envelope, closed: OrderClosed) -> None:
    """Nobody shall pay an order that has closed: its open payments are closed by the next sweep."""
    await begin_closing(writer, closed.shop_id, closed.order_id)


async def payments_to_ask_for(reader: Reader) -> list[Payment]:
    """Open payments whose turn has come, ASK_AT_MOST of each gateway, one gateway after another and of each the
    longest waiting first."""
    return await reader.rows(
        Payment,
        f"""
        SELECT {COLUMNS}
        FROM (
            SELECT payment.*,
                   row_number() OVER (PARTITION BY gateway ORDER BY ask_at NULLS FIRST, payment_id) AS turn
            FROM payment
            WHERE state = 'prepared' AND coalesce(ask_at, prepared_at) <= %(now)s
        ) AS due
        WHERE turn <= %(limit)s
        ORDER BY gateway, turn
        """,  # noqa: S608
        now=clock.now(),
        limit=ASK_AT_MOST,
    )


async def look_after_open_payments(database: Database, gateways: Gateways) -> int:
    """Ask for a set of open payments of each provider, side by side, and close those that are over; answers how
    many were looked at."""
    async with database.reading() as reader:
        waiting = await payments_to_ask_for(reader)
    of_each = [list(payments) for _, payments in groupby(waiting, key=lambda payment: payment.gateway)]
    return await side_by_side(_look_after_set(database, gateways, payments) for payments in of_each)


async def _look_after_set(database: Database, gateways: Gateways, payments: Sequence[Payment]) -> int:
    """Look after payments of one provider. Whatever becomes of one, it is asked for again later than it was."""
    silent = 0

    async def act(payment: Payment) -> None:
        nonlocal silent
        if silent < SILENT_TIMES_MAX:
            try:
                await _look_after(database, gateways, payment)
            except ProviderSilent:
                silent += 1
            except ProviderRefused as refused:
                log.warning("payments.not_asked", payment_id=payment.payment_id, told=refused.told())
        await put_off(payment)

    async def put_off(payment: Payment) -> None:
        async with database.writing() as writer:
            await ask_later(writer, payment)

    return await act_on_each("look_after_open_payments", payments, act, put_off)


async def _look_after(database: Database, gateways: Gateways, payment: Payment) -> None:
    settled = await settle_payment(database, gateways, payment.shop_id, payment.payment_id)
    if settled.state is not PaymentState.PREPARED:
        return
    if settled.closing or is_past(settled, clock.system_now()):
        await close_payment(database, gateways, settled)


async def ask_soon(writer: Writer, shop_id: ShopId, order_id: OrderId) -> None:
    """Have the open payments of an order asked for by the next sweep: their payer waits before a page. It does not
    count as one of the growing intervals."""
    await writer.run(
        """
        UPDATE payment SET ask_at = %(now)s, asked = greatest(asked - 1, 0)
        WHERE shop_id = %(shop_id)s AND order_id = %(order_id)s AND state = 'prepared'
          AND ask_at > %(now)s AND prompted_at < %(before)s
        """,
        now=clock.now(),
        before=clock.now() - ASK_SOON_AFTER,
        shop_id=shop_id,
        order_id=order_id,
    )
