"""What happened to money, as the outbox tells it. Amounts in fen."""

from yellowcart.kernel.events import Event
from yellowcart.kernel.ids import OrderId, PaymentId, ShopId
from yellowcart.payments.model import RefundCause


class OrderPaid(Event, frozen=True, tag="order.paid"):
    """The money arrived."""

    shop_id: ShopId
    order_id: OrderId
    payment_id: PaymentId
    amount_fen: int


class RefundSucceeded(Event, frozen=True, tag="refund.succeeded"):
    """Money went back to the buyer. `subject` names what it was decided for, such as an after-sale case."""

    shop_id: ShopId
    order_id: OrderId
    payment_id: PaymentId
    refund_id: int
    cause: RefundCause
    subject: str
    amount_fen: int


class RefundFailed(Event, frozen=True, tag="refund.failed"):
    """The provider will not give the money back by itself; an operator has it on the desk."""

    shop_id: ShopId
    order_id: OrderId
    payment_id: PaymentId
    refund_id: int
    cause: RefundCause
    subject: str
    amount_fen: int
