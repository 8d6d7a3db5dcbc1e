"""What happened to orders, as the outbox tells it. Amounts in fen."""

from yellowcart.kernel.events import Event
from yellowcart.kernel.ids import CreatorId, ListingId, OrderId, PaymentId, PersonId, RoomId, ShopId
from yellowcart.orders.model import CloseReason

SUBMITTED = "order.submitted"


class OrderSubmitted(Event, frozen=True, tag=SUBMITTED):
    """An order was placed and holds its stock. The order lane writes it in SQL (`sql/place_batch.sql`)."""

    shop_id: ShopId
    order_id: OrderId
    buyer_id: PersonId
    listing_id: ListingId
    room_id: RoomId | None
    creator_id: CreatorId
    total_fen: int


class OrderPaid(Event, frozen=True, tag="order.paid"):
    """The money arrived."""

    shop_id: ShopId
    order_id: OrderId
    payment_id: PaymentId
    amount_fen: int


class OrderShipped(Event, frozen=True, tag="order.shipped"):
    """The merchant gave it to a carrier."""

    shop_id: ShopId
    order_id: OrderId
    carrier: str
    waybill: str


class OrderReceived(Event, frozen=True, tag="order.received"):
    """The buyer has it, by their own word or by the passing of time."""

    shop_id: ShopId
    order_id: OrderId
    automatic: bool


class OrderCompleted(Event, frozen=True, tag="order.completed"):
    """Nothing more is expected of it."""

    shop_id: ShopId
    order_id: OrderId


class OrderClosed(Event, frozen=True, tag="order.closed"):
    """It ended without a sale."""

    shop_id: ShopId
    order_id: OrderId
    reason: CloseReason


class RefundSucceeded(Event, frozen=True, tag="refund.succeeded"):
    """Money went back to the buyer."""

    shop_id: ShopId
    order_id: OrderId
    amount_fen: int
