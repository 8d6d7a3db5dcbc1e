"""Orders, lines, payments and shipments as values; the states of domain.md §2.1 and their moves."""

from datetime import datetime
from enum import StrEnum
from typing import Any

import msgspec

from yellowcart.kernel.ids import (
    CreatorId,
    ListingId,
    OrderId,
    OrderLineId,
    PaymentId,
    PersonId,
    ProductId,
    RoomId,
    ShopId,
    SkuId,
)


class OrderState(StrEnum):
    """The life of an order. Kuaishou's own numbers stand beside (domain.md §2.1)."""

    SUBMITTED = "submitted"
    """Placed, not paid; its stock is held (10 待付款)."""
    PAID = "paid"
    """Paid, waits for shipment (30 已付款)."""
    SHIPPED = "shipped"
    """On its way (40 已发货)."""
    RECEIVED = "received"
    """The buyer has it (50 已签收)."""
    COMPLETED = "completed"
    """Done: nothing more is expected (70 订单成功)."""
    CLOSED = "closed"
    """Ended without a sale (80 订单失败); `close_reason` says why."""


ORDER_MOVES: dict[OrderState, frozenset[OrderState]] = {
    OrderState.SUBMITTED: frozenset({OrderState.PAID, OrderState.CLOSED}),
    OrderState.PAID: frozenset({OrderState.SHIPPED, OrderState.CLOSED}),
    OrderState.SHIPPED: frozenset({OrderState.RECEIVED}),
    OrderState.RECEIVED: frozenset({OrderState.COMPLETED}),
    OrderState.COMPLETED: frozenset(),
    OrderState.CLOSED: frozenset(),
}


class CloseReason(StrEnum):
    """Why an order ended without a sale."""

    LAPSED = "lapsed"
    """Nobody paid in time; the hold was given back."""
    BUYER_CANCELLED = "buyer_cancelled"
    """The buyer cancelled before paying."""
    REFUNDED = "refunded"
    """The buyer cancelled after paying and before shipment; the money goes back."""


class PaymentState(StrEnum):
    """The life of one attempt to pay."""

    PREPARED = "prepared"
    """The cashier is open; no money has moved."""
    SUCCEEDED = "succeeded"
    """The gateway has the money."""
    REFUSED = "refused"
    """The gateway refused; the buyer may try again."""
    LAPSED = "lapsed"
    """The order closed before anything happened."""
    SURPLUS = "surplus"
    """The money arrived for an order that was closed or already paid; it goes back by itself."""


class RefundState(StrEnum):
    """The life of a refund."""

    REQUESTED = "requested"
    """Decided here, not yet carried out by the gateway."""
    SUCCEEDED = "succeeded"
    """The gateway gave the money back."""


class DeliveryAddress(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where an order goes; frozen on the order when it is placed."""

    recipient: str
    phone: str
    province: str
    city: str
    district: str
    street: str


class OrderLine(msgspec.Struct, frozen=True, kw_only=True):
    """One SKU of an order. `terms` are the offer's, frozen at placing; money in fen."""

    order_line_id: OrderLineId
    product_id: ProductId
    sku_id: SkuId
    title: str
    title_en: str
    sku_name: str
    sku_name_en: str
    picture_url: str
    quantity: int
    unit_price_fen: int
    total_fen: int
    terms: dict[str, Any]


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """An order of one buyer at one shop."""

    shop_id: ShopId
    order_id: OrderId
    buyer_id: PersonId
    state: OrderState
    close_reason: CloseReason | None
    listing_id: ListingId
    room_id: RoomId | None
    creator_id: CreatorId
    total_fen: int
    address: DeliveryAddress
    submitted_at: datetime
    hold_until: datetime
    paid_at: datetime | None
    shipped_at: datetime | None
    received_at: datetime | None
    completed_at: datetime | None
    closed_at: datetime | None


class Payment(msgspec.Struct, frozen=True, kw_only=True):
    """One attempt to pay an order through a gateway. Amount in fen."""

    shop_id: ShopId
    payment_id: PaymentId
    order_id: OrderId
    gateway: str
    state: PaymentState
    amount_fen: int
    prepared_at: datetime
    finished_at: datetime | None
