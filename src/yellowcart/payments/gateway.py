"""What the platform asks of a payment provider, and the values that go to and fro. All amounts in fen.

A gateway is called outside of any transaction (prepare, pay, finish): what it answers is written down
afterwards, by code that can be repeated. Every call may be repeated with the same arguments and has its effect
once, because every charge and every refund has one reference for all its life (`payments.references`).
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import Protocol, runtime_checkable

import msgspec

from yellowcart.kernel.ids import OrderId, PaymentId, ShopId
from yellowcart.payments.model import PaymentMethod

YUAN = "CNY"
"""The only currency here (ISO 4217). Amounts that a provider names in another one are worth nothing."""


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


class NewCharge(msgspec.Struct, frozen=True, kw_only=True):
    """A charge to open. A repeat says the same in every field but the payer's address, or providers refuse it.

    `expires_at` is a moment of the machine's clock, which is the provider's too: after it nothing can be paid.
    `payer_reference` is how the provider knows the payer (WeChat's openid), where a method needs that.
    """

    shop_id: ShopId
    payment_id: PaymentId
    order_id: OrderId
    method: PaymentMethod
    amount_fen: int
    expires_at: datetime
    payer_address: str = ""
    payer_reference: str = ""


class Prompt(msgspec.Struct, frozen=True, kw_only=True):
    """What the cashier must show so that the payer can pay: exactly one of the three is there.

    `url` is a page to send the payer to, `code` the text of a QR code to scan, `jsapi` what a page inside
    WeChat's own browser hands to it.
    """

    url: str | None = None
    code: str | None = None
    jsapi: dict[str, str] | None = None


class Charge(msgspec.Struct, frozen=True, kw_only=True):
    """A charge as the provider knows it. `reference` is the provider's own number, `paid_at` its own moment. The
    amount is in hundredths of `currency`, which is yuan. `given_back` tells that money of a PAID one has gone back
    since, all of it or a part: by a refund of ours, or of somebody in the provider's own office; `refunded_fen` is
    how much, None where the provider does not say."""

    reference: str
    state: GatewayState
    amount_fen: int
    currency: str = YUAN
    given_back: bool = False
    refunded_fen: int | None = None
    paid_at: datetime | None = None


class RefundOrder(msgspec.Struct, frozen=True, kw_only=True):
    """A refund to carry out: so much of a payment of `paid_fen`."""

    shop_id: ShopId
    payment_id: PaymentId
    refund_id: int
    amount_fen: int
    paid_fen: int


class RefundProgress(StrEnum):
    """How far a provider is with a refund."""

    DONE = "done"
    """The money is on its way to the payer; the provider answers for it."""
    PROCESSING = "processing"
    """Accepted; ask again."""
    UNKNOWN = "unknown"
    """The provider never heard of it."""
    ABNORMAL = "abnormal"
    """The payer's account does not take it; a person must find another way."""
    CLOSED = "closed"
    """The provider ended it without giving anything back."""


class RefundAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What a provider says of a refund. `amount_fen` is None where it does not say."""

    progress: RefundProgress
    reference: str = ""
    amount_fen: int | None = None


class NotificationAbout(StrEnum):
    """What a provider tells of."""

    PAYMENT = "payment"
    """A charge was paid or closed."""
    REFUND = "refund"
    """A refund went through, or did not."""


class Notification(msgspec.Struct, frozen=True, kw_only=True):
    """A notification whose signature holds. `reference` is ours of the charge, `refund_reference` of the refund.

    It says that it is time to ask, and what the answer should be; money is believed from the answer alone.
    `amount_fen` is the charge's, `refund_fen` the refund's; None where the provider does not say.
    `claims_paid` tells whether the charge is said to be paid.
    """

    notification_id: str
    about: NotificationAbout
    reference: str
    refund_reference: str = ""
    amount_fen: int | None = None
    refund_fen: int | None = None
    currency: str = YUAN
    claims_paid: bool = False
    said: str = ""


class NotificationReply(msgspec.Struct, frozen=True):
    """How a provider wants to be answered."""

    status: int
    media_type: str
    body: bytes


class BillLine(msgspec.Struct, frozen=True, kw_only=True):
    """A line of a provider's daily bill. A payment has no `refund_reference`; the amount is never negative."""

    reference: str
    refund_reference: str = ""
    provider_reference: str
    amount_fen: int
    currency: str = YUAN
    booked_at: datetime


def unnumbered(theirs: str) -> str:
    """The `refund_reference` of a refund on a bill that has no number of a merchant's, by the provider's own: it
    looks like none of ours (`payments.references`), and is not empty, as that of a payment is."""
    return f"#{theirs}"


@runtime_checkable  # the framework checks what it hands to a handler
class PaymentGateway(Protocol):
    """A payment provider.

    Any call may raise ProviderSilent (no answer, or one that cannot be believed) and ProviderRefused, whose
    `meaning` says why.
    """

    name: str

    @property
    def methods(self) -> Sequence[PaymentMethod]:
        """The ways to pay that it offers."""
        ...

    async def create(self, charge: NewCharge) -> Prompt:
        """Open a charge; answers what the cashier must show."""
        ...

    async def query(self, shop_id: ShopId, payment_id: PaymentId) -> Charge | None:
        """The charge as it stands; None when the provider never heard of it."""
        ...

    async def close(self, shop_id: ShopId, payment_id: PaymentId) -> None:
        """See to it that nobody can pay this charge any more. One that was paid stays paid: ask afterwards."""
        ...

    async def refund(self, order: RefundOrder) -> RefundAnswer:
        """Give money back."""
        ...

    async def query_refund(self, order: RefundOrder) -> RefundAnswer:
        """How far a refund is."""
        ...

    async def verify_notification(self, headers: Mapping[str, str], body: bytes) -> Notification:
        """The notification of a request, its signature checked over the raw body. Raises NotificationRefused."""
        ...

    def reply(self, *, taken: bool) -> NotificationReply:
        """The provider's own form of "we have it" and of "send it again"."""
        ...

    async def bill(self, day: date) -> list[BillLine] | None:
        """What the provider booked on a day of Asia/Shanghai; None while its bill is not ready yet."""
        ...
