"""Orders that outside networks report: one line of an outside order, its state and its money, as values.

A conversion is known by its network and the network's order line. What a network says of it may change for
months, also after it paid: every report that changes anything is kept as a revision, and the newest is shown
(domain.md §2.3). Amounts in fen, rates in basis points, whatever unit the network's files use (§1.5).
"""

from datetime import datetime
from enum import StrEnum

import msgspec

from yellowcart.kernel.ids import CreatorId, ListingId


class Network(StrEnum):
    """Who reports. The key of the source that its goods come through."""

    TAOBAO_UNION = "taobao_union"
    """The Taobao alliance (淘宝联盟): amounts as yuan texts, rates as percent texts."""
    JD_UNION = "jd_union"
    """The JD union (京东联盟): amounts as yuan numbers, rates as percent numbers."""
    PINDUODUO = "pinduoduo"
    """Duo Duo Jinbao (多多进宝): amounts in fen, rates per mille."""


class ConversionState(StrEnum):
    """Where an outside order line stands: one enum for every network (domain.md §2.3)."""

    PLACED = "placed"
    """Ordered, not paid."""
    PAID = "paid"
    """Paid."""
    RECEIVED = "received"
    """The buyer has it."""
    APPROVED = "approved"
    """The network has checked it (Pinduoduo only)."""
    SETTLED = "settled"
    """The network has paid the commission. Amounts may still change after."""
    INVALID = "invalid"
    """Cancelled, refunded, or refused by the network."""


class ReportedLine(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What one report says of one order line. None is what the report does not say."""

    network: Network
    order_line_id: str
    order_id: str
    state: ConversionState
    network_state: str
    """The network's own word or number for the state."""
    item_id: str | None = None
    title: str = ""
    shop_name: str = ""
    quantity: int | None = None
    unit_price_fen: int | None = None
    paid_fen: int | None = None
    """What the buyer paid, by the network's own definition."""
    base_fen: int | None = None
    """What the commission is computed of (计佣金额); the settled one once there is one."""
    commission_rate_basis_points: int | None = None
    commission_estimated_fen: int | None = None
    commission_settled_fen: int | None = None
    refund_fen: int | None = None
    promotion_id: str | None = None
    """Who earns outside: `mm_x_y_z`, `unionId/positionId`, a pid."""
    invalid_reason: str = ""
    clicked_at: datetime | None = None
    placed_at: datetime | None = None
    paid_at: datetime | None = None
    received_at: datetime | None = None
    settled_at: datetime | None = None


class AttributedBy(StrEnum):
    """By what a reported order was counted to a creator."""

    JUMP = "jump"
    """A viewer jumped out through a listing of this item and promotion shortly before the order."""
    LISTING = "listing"
    """Nobody was seen jumping, but exactly one creator listed this item with this promotion."""
    PROMOTION = "promotion"
    """Only the promotion is known, and one creator alone lists with it."""


class Attribution(msgspec.Struct, frozen=True, kw_only=True):
    """Whose listing a reported order is counted to, and the platform's fee under the rule of that moment."""

    attributed_by: AttributedBy
    creator_id: CreatorId
    listing_id: ListingId | None
    surface: str | None
    fee_basis_points: int | None = None
    fee_notice_id: int | None = None
