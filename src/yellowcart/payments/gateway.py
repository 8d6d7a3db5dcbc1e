"""What the platform asks of a payment provider. The sandbox is the first; others implement the same.

A gateway is called outside of any transaction (prepare, pay, finish): what it answers is written down
afterwards, by code that can be repeated.
"""

from enum import StrEnum
from typing import Protocol, runtime_checkable

import msgspec

from yellowcart.kernel.ids import PaymentId, ShopId


class GatewayState(StrEnum):
    """What a provider says of a charge."""

    OPEN = "open"
    """The cashier is open; nothing has been decided."""
    PAID = "paid"
    """The money is with the provider."""
    REFUSED = "refused"
    """The payer's bank refused."""
    CLOSED = "closed"
    """Nothing can be paid any more."""


class Charge(msgspec.Struct, frozen=True):
    """A charge as the provider knows it. Amounts in fen."""

    reference: str
    state: GatewayState
    amount_fen: int
    refunded_fen: int


@runtime_checkable  # the framework checks what it hands to a handler
@runtime_checkable
class PaymentGateway(Protocol):
    """A payment provider. Every call may be repeated with the same arguments and has its effect once."""

    name: str

    async def create(self, shop_id: ShopId, payment_id: PaymentId, amount_fen: int, subject: str) -> str:
        """Open a charge; answers the address of the cashier page to which the payer is sent."""
        ...

    async def query(self, shop_id: ShopId, payment_id: PaymentId) -> Charge | None:
        """The charge as it stands; None when the provider never heard of it."""
        ...

    async def close(self, shop_id: ShopId, payment_id: PaymentId) -> None:
        """See to it that nobody can pay this charge any more."""
        ...

    async def refund(self, shop_id: ShopId, payment_id: PaymentId, refund_id: int, amount_fen: int) -> bool:
        """Give money back; True when the provider has done it."""
        ...
