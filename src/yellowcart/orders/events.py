"""What happened to orders, as the outbox tells it. Amounts in fen."""

from yellowcart.kernel.events import Event
from yellowcart.kernel.ids import CreatorId, OrderId, PersonId, RoomId, ShopId
from yellowcart.orders.model import CloseReason

SUBMITTED = "order.submitted"


class OrderSubmitted(Event, frozen=True, tag=SUBMITTED):
    """An order was placed and holds its stock. The order lane writes it in SQL (`sql/place_batch.sql`)."""

    shop_id: ShopId
    order_id: OrderId
    buyer_id: PersonId
    room_id: RoomId | None
    creator_id: CreatorId
    total_fen: int


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
