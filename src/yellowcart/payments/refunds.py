"""A refund as it stands, with what its provider must know of it."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from yellowcart.kernel import clock
from yellowcart.kernel.database import Reader, Writer
from yellowcart.kernel.ids import OrderId, PaymentId, PersonId, ShopId, new_id
from yellowcart.payments.errors import RefundUnknown
from yellowcart.payments.gateway import RefundOrder
from yellowcart.payments.model import RefundCause, RefundState
from yellowcart.payments.references import reference_of


class Refund(msgspec.Struct, frozen=True, kw_only=True):
    """A refund as it stands, with what its gateway must know. Amounts in fen; `number` is ours at the provider:
    that of now (`number_now`), or, for who follows what a provider says of it, one that was used up since."""

    shop_id: ShopId
    refund_id: int
    number: int
    number_now: int
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
    def is_done_so(self) -> bool:
        """Whether the provider has given it back under this number, as we know."""
        return self.state is RefundState.SUCCEEDED and not self.by_hand and self.number == self.number_now

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


_COLUMNS = """coalesce(refund.sent_as, refund.refund_id) AS number_now, refund.shop_id, refund.refund_id,
       refund.order_id, placed.buyer_id, refund.payment_id, payment.gateway, payment.amount_fen AS paid_fen,
       refund.amount_fen, refund.cause, refund.subject, refund.state, refund.attempts, refund.sent_at,
       refund.accepted_at, refund.requested_at, refund.by_hand_by IS NOT NULL AS by_hand"""
_ITS_PAYMENT = """
JOIN payment ON payment.shop_id = refund.shop_id AND payment.payment_id = refund.payment_id
JOIN shop_order AS placed ON placed.shop_id = refund.shop_id AND placed.order_id = refund.order_id
"""
READ = f"""
SELECT coalesce(refund.sent_as, refund.refund_id) AS number, {_COLUMNS}
FROM refund
{_ITS_PAYMENT}
"""  # noqa: S608 - constants of ours
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
    """The refund that a provider knows by a number of ours, with that number, which need not be that of now."""
    found = await refunds_by_numbers(reader, [(shop_id, number)])
    return found[0] if found else None


async def refunds_by_numbers(reader: Reader, numbers: Sequence[tuple[ShopId, int]]) -> list[Refund]:
    """The refunds that providers know by numbers of ours, each with the number by which it was asked for."""
    return await reader.rows(
        Refund,
        f"""
        SELECT asked.number, {_COLUMNS}
        FROM unnest(%(shop_ids)s::bigint[], %(numbers)s::bigint[]) AS asked (shop_id, number)
        LEFT JOIN refund_number AS further ON further.shop_id = asked.shop_id AND further.number = asked.number
        JOIN refund ON refund.shop_id = asked.shop_id
         AND refund.refund_id = coalesce(further.refund_id, asked.number)
        {_ITS_PAYMENT}
        LIMIT %(most)s
        """,  # noqa: S608 - constants of ours
        shop_ids=[shop_id for shop_id, _ in numbers],
        numbers=[number for _, number in numbers],
        most=len(numbers),
    )


async def give_number(writer: Writer, refund: Refund) -> None:
    """Give a refund whose number was used up at the provider a new one, for another try."""
    number = new_id(int)
    key = {"shop_id": refund.shop_id, "refund_id": refund.refund_id, "number": number}
    await writer.run(
        """
        INSERT INTO refund_number (shop_id, number, refund_id, given_at)
        VALUES (%(shop_id)s, %(number)s, %(refund_id)s, %(now)s)
        """,
        now=clock.now(),
        **key,
    )
    await writer.run(
        """
        UPDATE refund SET sent_as = %(number)s
        WHERE shop_id = %(shop_id)s AND refund_id = %(refund_id)s
        """,
        **key,
    )
