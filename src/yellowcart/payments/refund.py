"""Giving money back: decided in the transaction of what caused it, carried out by the gateway afterwards
(`payments.carry_out`)."""

from psycopg.errors import CheckViolation

from yellowcart.kernel import clock
from yellowcart.kernel.database import Writer
from yellowcart.kernel.ids import PaymentId, new_id
from yellowcart.orders.errors import OrderMoved, RefundTooHigh
from yellowcart.orders.store import LockedOrder
from yellowcart.payments.model import RefundCause


async def request_refund(
    writer: Writer, order: LockedOrder, payment_id: PaymentId, amount_fen: int, *, cause: RefundCause, subject: str
) -> int | None:
    """Decide a refund of a payment of a locked order; it is carried out after the commit, by whoever comes
    first: the caller or the sweep. Answers its id, or None when this subject was given back before.

    Raises RefundTooHigh when more would go back than was paid.
    """
    refund_id = new_id(int)
    try:
        async with writer.attempt():
            decided = await writer.run(
                """
                INSERT INTO refund (
                    shop_id, refund_id, order_id, payment_id, cause, subject, state, amount_fen, ask_at,
                    requested_at
                )
                VALUES (
                    %(shop_id)s, %(refund_id)s, %(order_id)s, %(payment_id)s, %(cause)s, %(subject)s, 'requested',
                    %(amount_fen)s, %(now)s, %(now)s
                )
                ON CONFLICT (shop_id, payment_id, subject) DO NOTHING
                """,
                shop_id=order.shop_id,
                refund_id=refund_id,
                order_id=order.order_id,
                payment_id=payment_id,
                cause=cause.value,
                subject=subject,
                amount_fen=amount_fen,
                now=clock.now(),
            )
            if not decided:
                return None
            await writer.run(
                """
                UPDATE payment SET refunded_fen = refunded_fen + %(amount_fen)s
                WHERE shop_id = %(shop_id)s AND payment_id = %(payment_id)s
                """,
                amount_fen=amount_fen,
                shop_id=order.shop_id,
                payment_id=payment_id,
            )
    except CheckViolation as error:
        raise RefundTooHigh from error
    return refund_id


async def refund_order(writer: Writer, order: LockedOrder, amount_fen: int, *, subject: str) -> int | None:
    """Give back so much of what a locked order was paid with, for an after-sale case that `subject` names.
    Answers the refund's id, or None for a repeat. Raises OrderMoved (it was never paid), RefundTooHigh."""
    payment_id = await writer.value(
        """
        SELECT payment_id FROM payment
        WHERE shop_id = %(shop_id)s AND order_id = %(order_id)s AND state = 'succeeded'
        """,
        shop_id=order.shop_id,
        order_id=order.order_id,
    )
    if payment_id is None:
        raise OrderMoved
    return await request_refund(
        writer, order, PaymentId(payment_id), amount_fen, cause=RefundCause.AFTERSALE, subject=subject
    )
