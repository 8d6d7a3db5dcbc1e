"""A refund as it stands, with what its provider must know of it."""

from datetime import datetime

import msgspec

from yellowcart.kernel.database import Reader
from yellowcart.kernel.ids import OrderId, PaymentId, PersonId, ShopId
from yellowcart.payments.errors import RefundUnknown
from yellowcart.payments.gateway import RefundOrder
from yellowcart.payments.model import RefundCause, RefundState
from yellowcart.payments.references import reference_of


class Refund(msgspec.Struct, frozen=True, kw_only=True):
    """A refund as it stands, with what its gateway must know. Amounts in fen; `number` is ours at the provider."""

    shop_id: ShopId
    refund_id: int
    number: int
    order_id: OrderId
    buyer_id: PersonId
    payment_id: PaymentId
    gateway: str
    paid_fen: int
    amount_fen: int
    cause: RefundCause
    subject: str
    state: RefundState
    attempts: int
    sent_at: datetime | None
    accepted_at: datetime | None
    requested_at: datetime
    by_hand: bool

    @property
    def order(self) -> RefundOrder:
        """What the gateway is told."""
        return RefundOrder(
            shop_id=self.shop_id,
            payment_id=self.payment_id,
            refund_id=self.number,
            amount_fen=self.amount_fen,
            paid_fen=self.paid_fen,
        )

    @property
    def reference(self) -> str:
        """How the provider knows it."""
        return reference_of(self.shop_id, self.number)

    @property
    def key(self) -> dict[str, int]:
        """The values of THIS_NUMBER's places."""
        return {"shop_id": self.shop_id, "refund_id": self.refund_id, "number": self.number}


READ = """
SELECT refund.shop_id, refund.refund_id, coalesce(refund.sent_as, refund.refund_id) AS number, refund.order_id,
       placed.buyer_id, refund.payment_id, payment.gateway, payment.amount_fen AS paid_fen, refund.amount_fen,
       refund.cause, refund.subject, refund.state, refund.attempts, refund.sent_at, refund.accepted_at,
       refund.requested_at, refund.by_hand_by IS NOT NULL AS by_hand
FROM refund
JOIN payment USING (shop_id, payment_id)
JOIN shop_order AS placed ON placed.shop_id = refund.shop_id AND placed.order_id = refund.order_id
"""
THIS_NUMBER = """
shop_id = %(shop_id)s AND refund_id = %(refund_id)s AND coalesce(sent_as, refund_id) = %(number)s
"""
"""The row of a refund while it has the number by which its provider was asked: an answer about another number
decides nothing."""


async def read_refund(reader: Reader, shop_id: ShopId, refund_id: int) -> Refund:
    """A refund by its key. Raises RefundUnknown."""
    refund = await reader.row(
        Refund,
        f"{READ} WHERE refund.shop_id = %(shop_id)s AND refund.refund_id = %(refund_id)s",
        shop_id=shop_id,
        refund_id=refund_id,
    )
    if refund is None:
        raise RefundUnknown
    return refund


async def refund_by_number(reader: Reader, shop_id: ShopId, number: int) -> Refund | None:
    """The refund that a provider knows by a number of ours."""
    return await reader.row(
        Refund,
        f"""
        {READ}
        WHERE refund.shop_id = %(shop_id)s
          AND (refund.sent_as = %(number)s OR (refund.refund_id = %(number)s AND refund.sent_as IS NULL))
        """,
        shop_id=shop_id,
        number=number,
    )
