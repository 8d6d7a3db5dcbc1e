"""Paying: prepare in one transaction, pay outside of any, finish in a small one that can be repeated.

Whether money arrived is only believed from the gateway's own answer to `query`; a redirect or a notification
merely says that it is time to ask. So they may come in any order, twice, or not at all: a sweep asks for
payments that nobody told us about.
"""

from datetime import timedelta

import msgspec

from yellowcart.accounts.model import Person
from yellowcart.kernel import clock
from yellowcart.kernel.database import Database, Reader, Writer
from yellowcart.kernel.events import publish
from yellowcart.kernel.ids import OrderId, PaymentId, ShopId, new_id
from yellowcart.kernel.kill_switches import Switch, require_open
from yellowcart.orders.errors import OrderMoved, OrderUnknown, PaymentUnknown
from yellowcart.orders.events import OrderPaid
from yellowcart.orders.gateway import Charge, GatewayState, PaymentGateway
from yellowcart.orders.model import OrderState, Payment, PaymentState
from yellowcart.orders.refund import request_refund
from yellowcart.orders.rules import may_move
from yellowcart.orders.store import LockedOrder, lock_order, sell_stock

ASK_AFTER = timedelta(seconds=20)
"""A payment that nobody told us about is asked for after this long, and again as often."""
ASK_AGAIN_UNTIL = timedelta(days=2)
ASK_AT_MOST = 50

_COLUMNS = """
shop_id, payment_id, order_id, gateway, state, amount_fen, prepared_at, finished_at
"""


class OpenCashier(msgspec.Struct, frozen=True):
    """A payment that waits for the payer at `url`."""

    payment_id: PaymentId
    url: str


async def open_cashier(
    database: Database, gateway: PaymentGateway, person: Person, shop_id: ShopId, order_id: OrderId
) -> OpenCashier:
    """Open the cashier for the buyer's unpaid order; a payment that is already open is used again.

    Raises OrderUnknown, OrderMoved, SwitchedOff.
    """
    async with database.writing() as writer:
        await require_open(writer, Switch.PAYMENT)
        order = await lock_order(writer, shop_id, order_id)
        if order.buyer_id != person.person_id:
            raise OrderUnknown
        if not may_move(order.state, OrderState.PAID) or await _hold_is_over(writer, order):
            raise OrderMoved
        payment_id = await _prepared_payment(writer, gateway.name, order)
    url = await gateway.create(shop_id, payment_id, order.total_fen, str(order_id))
    return OpenCashier(payment_id, url)


async def settle_payment(
    database: Database, gateway: PaymentGateway, shop_id: ShopId, payment_id: PaymentId
) -> Payment:
    """Ask the gateway how a payment stands and write down what it says. May be called at any time, by a
    notification, a redirect or the sweep, any number of times. Raises PaymentUnknown."""
    charge = await gateway.query(shop_id, payment_id)
    async with database.writing() as writer:
        payment = await read_payment(writer, shop_id, payment_id)
        if charge is not None and payment.state is PaymentState.PREPARED:
            await _write_down(writer, payment, charge)
        return await read_payment(writer, shop_id, payment_id)


async def read_payment(reader: Reader, shop_id: ShopId, payment_id: PaymentId) -> Payment:
    """A payment by its key. Raises PaymentUnknown."""
    payment = await reader.row(
        Payment,
        f"SELECT {_COLUMNS} FROM payment WHERE shop_id = %(shop_id)s AND payment_id = %(payment_id)s",  # noqa: S608
        shop_id=shop_id,
        payment_id=payment_id,
    )
    if payment is None:
        raise PaymentUnknown
    return payment


async def payments_to_ask_for(reader: Reader) -> list[Payment]:
    """Open payments that nobody told us about for a while, the longest waiting first."""
    return await reader.rows(
        Payment,
        f"""
        SELECT {_COLUMNS}
        FROM payment
        WHERE state = 'prepared' AND prepared_at BETWEEN %(since)s AND %(before)s
        ORDER BY prepared_at
        LIMIT %(limit)s
        """,  # noqa: S608
        before=clock.now() - ASK_AFTER,
        since=clock.now() - ASK_AGAIN_UNTIL,
        limit=ASK_AT_MOST,
    )


async def _write_down(writer: Writer, payment: Payment, charge: Charge) -> None:
    order = await lock_order(writer, payment.shop_id, payment.order_id)
    # Read again under the order's lock: a notification and a redirect may have raced to this point.
    if (await read_payment(writer, payment.shop_id, payment.payment_id)).state is not PaymentState.PREPARED:
        return
    if charge.state is GatewayState.REFUSED:
        await _finish(writer, payment, PaymentState.REFUSED)
    elif charge.state is GatewayState.CLOSED:
        await _finish(writer, payment, PaymentState.LAPSED)
    elif charge.state is GatewayState.PAID and charge.amount_fen == payment.amount_fen:
        if may_move(order.state, OrderState.PAID):
            await _finish(writer, payment, PaymentState.SUCCEEDED)
            await _pay(writer, order, payment)
        else:
            # The order closed, or another payment was quicker: the money is real, and goes back by itself.
            await _finish(writer, payment, PaymentState.SURPLUS)
            await request_refund(writer, order, payment.payment_id, payment.amount_fen)


async def _pay(writer: Writer, order: LockedOrder, payment: Payment) -> None:
    await writer.run(
        """
        UPDATE shop_order SET state = 'paid', paid_at = %(now)s
        WHERE shop_id = %(shop_id)s AND order_id = %(order_id)s
        """,
        now=clock.now(),
        shop_id=order.shop_id,
        order_id=order.order_id,
    )
    await sell_stock(writer, order)
    await publish(
        writer,
        OrderPaid(
            shop_id=order.shop_id,
            order_id=order.order_id,
            payment_id=payment.payment_id,
            amount_fen=payment.amount_fen,
        ),
        shop_id=order.shop_id,
    )


async def _finish(writer: Writer, payment: Payment, state: PaymentState) -> None:
    await writer.run(
        """
        UPDATE payment SET state = %(state)s, finished_at = %(now)s
        WHERE shop_id = %(shop_id)s AND payment_id = %(payment_id)s
        """,
        state=state.value,
        now=clock.now(),
        shop_id=payment.shop_id,
        payment_id=payment.payment_id,
    )


async def _prepared_payment(writer: Writer, gateway: str, order: LockedOrder) -> PaymentId:
    open_payment = await writer.value(
        """
        SELECT payment_id FROM payment
        WHERE shop_id = %(shop_id)s AND order_id = %(order_id)s AND state = 'prepared' AND gateway = %(gateway)s
        ORDER BY payment_id LIMIT 1
        """,
        shop_id=order.shop_id,
        order_id=order.order_id,
        gateway=gateway,
    )
    if open_payment is not None:
        return PaymentId(open_payment)
    payment_id = new_id(PaymentId)
    await writer.run(
        """
        INSERT INTO payment (shop_id, payment_id, order_id, gateway, state, amount_fen, prepared_at)
        VALUES (%(shop_id)s, %(payment_id)s, %(order_id)s, %(gateway)s, 'prepared', %(amount_fen)s, %(now)s)
        """,
        shop_id=order.shop_id,
        payment_id=payment_id,
        order_id=order.order_id,
        gateway=gateway,
        amount_fen=order.total_fen,
        now=clock.now(),
    )
    return payment_id


async def _hold_is_over(writer: Writer, order: LockedOrder) -> bool:
    return bool(
        await writer.value(
            """
            SELECT hold_until <= %(now)s FROM shop_order
            WHERE shop_id = %(shop_id)s AND order_id = %(order_id)s
            """,
            now=clock.now(),
            shop_id=order.shop_id,
            order_id=order.order_id,
        )
    )
