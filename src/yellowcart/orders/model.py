"""Orders and their lines as values; the states of domain.md §2.1 and their moves."""

from datetime import datetime
from enum import StrEnum
from typing import Any

import msgspec

from yellowcart.catalog.model import ReturnRule
from yellowcart.freight.districts import place_text
from yellowcart.kernel.ids import (
    CategoryId,
    CreatorId,
    ListingId,
    OrderId,
    OrderLineId,
    PersonId,
    ProductId,
    RoomId,
    ShopId,
    SkuId,
    VideoId,
)
from yellowcart.links.model import Surface
from yellowcart.promotions.model import Funder


class OrderState(StrEnum):
    """The life of an order. Kuaishou's own numbers stand beside (domain.md §2.1)."""

    SUBMITTED = "submitted"
    """Placed, not paid; its stock is held (10 待付款)."""
    PAID = "paid"
    """Paid, waits for shipment (30 已付款)."""
    PART_SHIPPED = "part_shipped"
    """Some of its pieces are on their way, others still wait (30 with confirmDeliveryStatus 10 部分)."""
    SHIPPED = "shipped"
    """Everything that is still wanted of it is on its way (40 已发货)."""
    RECEIVED = "received"
    """The buyer has it (50 已签收)."""
    COMPLETED = "completed"
    """Done: nothing more is expected (70 订单成功)."""
    CLOSED = "closed"
    """Ended without a sale (80 订单失败); `close_reason` says why."""


ORDER_MOVES: dict[OrderState, frozenset[OrderState]] = {
    OrderState.SUBMITTED: frozenset({OrderState.PAID, OrderState.CLOSED}),
    OrderState.PAID: frozenset({OrderState.PART_SHIPPED, OrderState.SHIPPED, OrderState.CLOSED}),
    OrderState.PART_SHIPPED: frozenset({OrderState.SHIPPED, OrderState.CLOSED}),
    OrderState.SHIPPED: frozenset({OrderState.RECEIVED, OrderState.CLOSED}),
    OrderState.RECEIVED: frozenset({OrderState.COMPLETED, OrderState.CLOSED}),
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
    """Every line was wholly refunded; before shipment that is a cancelled order."""


class StopReason(StrEnum):
    """Why an order is stopped: it may not be shipped, nor be received or completed by time."""

    RISK = "risk"
    """The platform thinks that it is no honest order (Kuaishou's riskCode 10001: do not ship; domain.md §1.4)."""
    REFUND = "refund"
    """An after-sale is open on it (domain.md §2.1: ship only if no refund is running)."""


class DeliveryAddress(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where an order goes; frozen on the order when it is placed."""

    recipient: str
    phone: str
    province: str
    city: str
    district: str
    street: str
    district_code: str = ""
    """Six digits of `freight.districts`; empty on addresses older than the district data."""

    @property
    def place(self) -> str:
        """Province, city and district as people write them, nothing twice."""
        return place_text(self.province, self.city, self.district)


class LineDiscount(msgspec.Struct, frozen=True, kw_only=True):
    """What one coupon took off one line, and who bears it. `returned_fen` went back to the funder with refunds."""

    coupon_id: int
    funder: Funder
    amount_fen: int
    returned_fen: int = 0


class OrderLine(msgspec.Struct, frozen=True, kw_only=True):
    """One SKU of an order, as it was agreed. Money in fen.

    `list_price_fen` is the SKU's usual price, `unit_price_fen` what was agreed (a room-only or flash price may
    stand below it); `total_fen` = unit price x quantity; `payable_fen` = total - coupons + the line's part of
    the freight, which is what the buyer paid for it. `terms` are the offer's, frozen at placing.

    Pieces: `shipped_quantity` have left, `cancelled_quantity` were refunded before they left,
    `returned_quantity` came back. `refunded_fen` is what was decided to be given back of `payable_fen`.
    """

    order_line_id: OrderLineId
    listing_id: ListingId
    product_id: ProductId
    sku_id: SkuId
    category_id: CategoryId
    title: str
    title_en: str
    sku_name: str
    sku_name_en: str
    picture_url: str
    quantity: int
    list_price_fen: int
    unit_price_fen: int
    special_price_id: int | None
    total_fen: int
    discount_fen: int
    freight_fen: int
    payable_fen: int
    return_rule: ReturnRule
    return_rule_accepted: bool
    confirm_days: int
    terms: dict[str, Any]
    shipped_quantity: int = 0
    cancelled_quantity: int = 0
    returned_quantity: int = 0
    refunded_fen: int = 0
    discounts: list[LineDiscount] = []

    @property
    def to_ship(self) -> int:
        """Pieces that still have to leave."""
        return self.quantity - self.shipped_quantity - self.cancelled_quantity


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """An order of one buyer at one shop, from one cart. Money in fen: total = goods - discount + freight.

    `ship_due_at` is by when the shop promised to ship; `confirm_due_at` is when a shipped order counts as
    received; both are None until they are known.
    """

    shop_id: ShopId
    order_id: OrderId
    buyer_id: PersonId
    state: OrderState
    close_reason: CloseReason | None
    surface: Surface
    room_id: RoomId | None
    video_id: VideoId | None
    creator_id: CreatorId
    goods_fen: int
    discount_fen: int
    freight_fen: int
    total_fen: int
    address: DeliveryAddress
    note: str
    submitted_at: datetime
    hold_until: datetime
    paid_at: datetime | None
    ship_due_at: datetime | None
    shipped_at: datetime | None
    confirm_due_at: datetime | None
    confirm_extended: bool
    received_at: datetime | None
    completed_at: datetime | None
    closed_at: datetime | None
