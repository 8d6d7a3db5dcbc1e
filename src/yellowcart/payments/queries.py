"""Reading payments and refunds."""

from datetime import datetime

import msgspec

from yellowcart.kernel.database import Reader
from yellowcart.kernel.ids import OrderId, PaymentId, ShopId
from yellowcart.payments.gateway import Prompt
from yellowcart.payments.model import Payment, PaymentMethod, RefundCause, RefundState
from yellowcart.payments.store import COLUMNS


class Refund(msgspec.Struct, frozen=True, kw_only=True):
    """Money on its way back. Amount in fen; `subject` names what decided it, such as `aftersale:12`."""

    refund_id: int
    cause: RefundCause
    subject: str
    state: RefundState
    amount_fen: int
    requested_at: datetime
    succeeded_at: datetime | None


async def payments_of_order(reader: Reader, shop_id: ShopId, order_id: OrderId) -> list[Payment]:
    """The attempts to pay an order, the oldest first. The caller has asked whose order it is."""
    return await reader.rows(
        Payment,
        f"""
        SELECT {COLUMNS}
        FROM payment
        WHERE shop_id = %(shop_id)s AND order_id = %(order_id)s
        ORDER BY payment_id
        LIMIT 50
        """,  # noqa: S608
        shop_id=shop_id,
        order_id=order_id,
    )


async def refunds_of_order(reader: Reader, shop_id: ShopId, order_id: OrderId) -> list[Refund]:
    """What went back of an order, the oldest first. The caller has asked whose order it is."""
    return await reader.rows(
        Refund,
        """
        SELECT refund_id, cause, subject, state, amount_fen, requested_at, succeeded_at
        FROM refund
        WHERE shop_id = %(shop_id)s AND order_id = %(order_id)s
        ORDER BY refund_id
        LIMIT 100
        """,
        shop_id=shop_id,
        order_id=order_id,
    )


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """What the payer of an open payment was shown last, and when."""

    payment_id: PaymentId
    prompt: Prompt
    prompted_at: datetime


async def shown_before(reader: Reader, shop_id: ShopId, order_id: OrderId, method: PaymentMethod) -> Shown | None:
    """What was shown of the payment of an order by a method that is open now; None when there is none, or nothing
    was shown yet. The caller has asked whose order it is."""
    return await reader.row(
        Shown,
        """
        SELECT payment_id, prompt, prompted_at FROM payment
        WHERE shop_id = %(shop_id)s AND order_id = %(order_id)s AND method = %(method)s
          AND state = 'prepared' AND NOT closing AND prompt IS NOT NULL AND prompted_at IS NOT NULL
        """,
        shop_id=shop_id,
        order_id=order_id,
        method=method.value,
    )
