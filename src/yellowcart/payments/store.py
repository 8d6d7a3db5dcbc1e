"""Rows of payments that several verbs read and write."""

from datetime import datetime, timedelta

from yellowcart.kernel import clock
from yellowcart.kernel.database import Reader, Writer, json_value
from yellowcart.kernel.ids import OrderId, PaymentId, ShopId, new_id
from yellowcart.orders.store import LockedOrder
from yellowcart.payments.errors import PaymentUnknown
from yellowcart.payments.gateway import Charge, Prompt
from yellowcart.payments.model import Payment, PaymentMethod, PaymentState
from yellowcart.payments.rules import LOOK_EVERY_S, LOOKS_AT_ONCE, ask_again_after

COLUMNS = ", ".join(Payment.__struct_fields__)


async def read_payment(reader: Reader, shop_id: ShopId, payment_id: PaymentId) -> Payment:
    """A payment by its key. Raises PaymentUnknown."""
    payment = await reader.row(
        Payment,
        f"SELECT {COLUMNS} FROM payment WHERE shop_id = %(shop_id)s AND payment_id = %(payment_id)s",  # noqa: S608
        shop_id=shop_id,
        payment_id=payment_id,
    )
    if payment is None:
        raise PaymentUnknown
    return payment


async def open_payment(
    writer: Writer, order: LockedOrder, method: PaymentMethod, payer_reference: str
) -> Payment | None:
    """The open payment of a locked order by a method, if there is one that is not being closed.

    A provider that must know who pays is told the same for all of a payment's life: one that was opened for
    somebody else is closed, and one that did not know its payer learns it.
    """
    key = {"shop_id": order.shop_id, "order_id": order.order_id, "method": method.value, "payer": payer_reference}
    await writer.run(
        """
        UPDATE payment
        SET payer_reference = %(payer)s,
            closing = payer_reference NOT IN ('', %(payer)s),
            ask_at = CASE WHEN payer_reference IN ('', %(payer)s) THEN ask_at ELSE %(now)s END
        WHERE shop_id = %(shop_id)s AND order_id = %(order_id)s AND method = %(method)s
          AND state = 'prepared' AND NOT closing AND %(payer)s <> ''
        """,
        **key,
        now=clock.now(),
    )
    return await writer.row(
        Payment,
        f"""
        SELECT {COLUMNS} FROM payment
        WHERE shop_id = %(shop_id)s AND order_id = %(order_id)s AND method = %(method)s
          AND state = 'prepared' AND NOT closing
        """,  # noqa: S608
        **key,
    )


async def payer_of(reader: Reader, payment: Payment) -> str:
    """How the provider knows who pays; empty where a method needs no such thing. Told to nobody else."""
    return str(
        await reader.value(
            "SELECT payer_reference FROM payment WHERE shop_id = %(shop_id)s AND payment_id = %(payment_id)s",
            shop_id=payment.shop_id,
            payment_id=payment.payment_id,
        )
    )


async def insert_payment(
    writer: Writer,
    order: LockedOrder,
    *,
    gateway: str,
    method: PaymentMethod,
    expires_at: datetime,
    payer_reference: str,
) -> Payment:
    """A new attempt to pay the whole of a locked order."""
    payment_id = new_id(PaymentId)
    await writer.run(
        """
        INSERT INTO payment (
            shop_id, payment_id, order_id, gateway, method, state, amount_fen, payer_reference, prepared_at,
            expires_at, ask_at
        )
        VALUES (
            %(shop_id)s, %(payment_id)s, %(order_id)s, %(gateway)s, %(method)s, 'prepared', %(amount_fen)s,
            %(payer_reference)s, %(now)s, %(expires_at)s, %(ask_at)s
        )
        """,
        shop_id=order.shop_id,
        payment_id=payment_id,
        order_id=order.order_id,
        gateway=gateway,
        method=method.value,
        amount_fen=order.total_fen,
        payer_reference=payer_reference,
        now=clock.now(),
        expires_at=expires_at,
        ask_at=clock.now() + ask_again_after(0),
    )
    return await read_payment(writer, order.shop_id, payment_id)


async def count_payments(reader: Reader, order: LockedOrder) -> int:
    """How many payments were begun for an order."""
    return int(
        await reader.value(
            "SELECT count(*) FROM payment WHERE shop_id = %(shop_id)s AND order_id = %(order_id)s",
            shop_id=order.shop_id,
            order_id=order.order_id,
        )
    )


async def keep_prompt(writer: Writer, payment: Payment, prompt: Prompt) -> None:
    """Keep what the payer is shown, so that a page that is loaded again shows the same and opens nothing."""
    await writer.run(
        """
        UPDATE payment SET prompt = %(prompt)s
        WHERE shop_id = %(shop_id)s AND payment_id = %(payment_id)s AND state = 'prepared'
        """,
        prompt=json_value(prompt),
        shop_id=payment.shop_id,
        payment_id=payment.payment_id,
    )


async def may_look(writer: Writer, shop_id: ShopId, payment_id: PaymentId) -> bool:
    """Whether the provider may be asked about a payment because somebody came by, and if so, count that it is. All
    processes see it: each look uses up LOOK_EVERY_S seconds, and LOOKS_AT_ONCE of them may be used up ahead. What
    lies further ahead than that comes from a clock that was set back, and does not count."""
    now, ahead = clock.now(), timedelta(seconds=LOOK_EVERY_S)
    return bool(
        await writer.run(
            """
            UPDATE payment
            SET looks_until = CASE WHEN looks_until BETWEEN %(now)s AND %(most)s THEN looks_until ELSE %(now)s END
                              + %(ahead)s::interval
            WHERE shop_id = %(shop_id)s AND payment_id = %(payment_id)s
              AND (looks_until IS NULL OR looks_until <= %(most)s - %(ahead)s::interval OR looks_until > %(most)s)
            """,
            now=now,
            most=now + LOOKS_AT_ONCE * ahead,
            ahead=ahead,
            shop_id=shop_id,
            payment_id=payment_id,
        )
    )


async def mark_prompted(writer: Writer, payment: Payment) -> None:
    """The payer is sent to the provider, or shown what to scan, now."""
    await writer.run(
        """
        UPDATE payment SET prompted_at = %(now)s
        WHERE shop_id = %(shop_id)s AND payment_id = %(payment_id)s
        """,
        now=clock.now(),
        shop_id=payment.shop_id,
        payment_id=payment.payment_id,
    )


async def begin_closing(
    writer: Writer, shop_id: ShopId, order_id: OrderId, *, but: PaymentMethod | None = None
) -> list[Payment]:
    """Mark the open payments of an order, but those of one method, as to be closed at their providers, and answer
    them. The closing itself is outside of any transaction; a sweep does what is not done at once."""
    return await writer.rows(
        Payment,
        f"""
        UPDATE payment SET closing = true, ask_at = %(now)s
        WHERE shop_id = %(shop_id)s AND order_id = %(order_id)s AND state = 'prepared'
          AND (%(but)s::text IS NULL OR method <> %(but)s)
        RETURNING {COLUMNS}
        """,  # noqa: S608
        now=clock.now(),
        shop_id=shop_id,
        order_id=order_id,
        but=but.value if but else None,
    )


async def finish_payment(writer: Writer, payment: Payment, state: PaymentState, charge: Charge | None) -> None:
    """Write a payment's new state down, with the provider's number and moment of the money."""
    paid = state in {PaymentState.SUCCEEDED, PaymentState.SURPLUS}
    now = clock.now()
    await writer.run(
        """
        UPDATE payment
        SET state = %(state)s, finished_at = %(now)s, paid_at = %(paid_at)s, prompt = NULL,
            gateway_reference = coalesce(nullif(%(reference)s, ''), gateway_reference)
        WHERE shop_id = %(shop_id)s AND payment_id = %(payment_id)s
        """,
        state=state.value,
        now=now,
        paid_at=((charge.paid_at if charge else None) or now) if paid else None,
        reference=charge.reference if charge else "",
        shop_id=payment.shop_id,
        payment_id=payment.payment_id,
    )


async def ask_later(writer: Writer, payment: Payment) -> None:
    """An open payment was asked for: the next time is further off than the last was."""
    asked = await writer.value(
        "SELECT asked FROM payment WHERE shop_id = %(shop_id)s AND payment_id = %(payment_id)s",
        shop_id=payment.shop_id,
        payment_id=payment.payment_id,
    )
    await writer.run(
        """
        UPDATE payment SET asked = asked + 1, ask_at = %(ask_at)s
        WHERE shop_id = %(shop_id)s AND payment_id = %(payment_id)s AND state = 'prepared'
        """,
        ask_at=clock.now() + ask_again_after(int(asked or 0)),
        shop_id=payment.shop_id,
        payment_id=payment.payment_id,
    )
