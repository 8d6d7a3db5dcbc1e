"""Giving money back: decided in the transaction of what caused it, carried out by the gateway afterwards.

Refunds of the foundation are whole: a paid order cancelled before shipment, and money that came too late.
Refunds of single lines belong to after-sales.
"""

import msgspec

from yellowcart.kernel import clock
from yellowcart.kernel.database import Database, Reader, Writer
from yellowcart.kernel.events import publish
from yellowcart.kernel.ids import OrderId, PaymentId, ShopId, new_id
from yellowcart.orders.events import RefundSucceeded
from yellowcart.orders.gateway import PaymentGateway
from yellowcart.orders.store import LockedOrder

AT_MOST = 50


class RequestedRefund(msgspec.Struct, frozen=True):
    """A refund that the gateway still has to carry out. Amount in fen."""

    shop_id: ShopId
    refund_id: int
    order_id: OrderId
    payment_id: PaymentId
    amount_fen: int


async def request_refund(writer: Writer, order: LockedOrder, payment_id: PaymentId, amount_fen: int) -> None:
    """Decide a refund; it is carried out after the commit, by whoever comes first: the caller or the sweep."""
    await writer.run(
        """
        INSERT INTO refund (shop_id, refund_id, order_id, payment_id, state, amount_fen, requested_at)
        VALUES (%(shop_id)s, %(refund_id)s, %(order_id)s, %(payment_id)s, 'requested', %(amount_fen)s, %(now)s)
        ON CONFLICT (shop_id, payment_id) DO NOTHING
        """,
        shop_id=order.shop_id,
        refund_id=new_id(int),
        order_id=order.order_id,
        payment_id=payment_id,
        amount_fen=amount_fen,
        now=clock.now(),
    )


async def requested_refunds(reader: Reader) -> list[RequestedRefund]:
    """Refunds that wait for the gateway, the oldest first."""
    return await reader.rows(
        RequestedRefund,
        """
        SELECT shop_id, refund_id, order_id, payment_id, amount_fen
        FROM refund
        WHERE state = 'requested'
        ORDER BY requested_at
        LIMIT %(limit)s
        """,
        limit=AT_MOST,
    )


async def carry_out(database: Database, gateway: PaymentGateway, refund: RequestedRefund) -> bool:
    """Have the gateway give the money back and write it down; True when it is done. Safe to repeat."""
    if not await gateway.refund(refund.shop_id, refund.payment_id, refund.refund_id, refund.amount_fen):
        return False
    async with database.writing() as writer:
        done = await writer.run(
            """
            UPDATE refund SET state = 'succeeded', succeeded_at = %(now)s
            WHERE shop_id = %(shop_id)s AND refund_id = %(refund_id)s AND state = 'requested'
            """,
            now=clock.now(),
            shop_id=refund.shop_id,
            refund_id=refund.refund_id,
        )
        if done:
            await publish(
                writer,
                RefundSucceeded(shop_id=refund.shop_id, order_id=refund.order_id, amount_fen=refund.amount_fen),
                shop_id=refund.shop_id,
            )
    return True
