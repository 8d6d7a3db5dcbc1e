"""An order of the past as a value: what was bought at which price, and everything that became of it."""

from datetime import datetime

import msgspec

from yellowcart.alliance.model import Terms
from yellowcart.catalog.model import Sku
from yellowcart.demo.seed_rows import Buyer, OwnListing, SellingPlace
from yellowcart.kernel.ids import ClaimId, OrderId, OrderLineId, ShopId
from yellowcart.orders.model import CloseReason, OrderState
from yellowcart.orders.price import Price, PricedLine
from yellowcart.parcels.model import TrackEvent
from yellowcart.promotions.model import Coupon, SpecialPrice

HOLD_S = 1_800


class PastLine(msgspec.Struct, kw_only=True):
    """One SKU of a past order."""

    order_line_id: OrderLineId
    listing: OwnListing
    sku: Sku
    quantity: int
    terms: Terms
    special: SpecialPrice | None = None

    @property
    def unit_price_fen(self) -> int:
        """What a piece was agreed to cost."""
        return self.sku.price_fen if self.special is None else self.special.price_fen


class Claim(msgspec.Struct, kw_only=True):
    """A coupon in a buyer's hands. `used_on` is the order it stands on, None once it was given back; `undone` are
    the shops whose orders gave it back."""

    claim_id: ClaimId
    buyer: Buyer
    coupon: Coupon
    ordinal: int
    claimed_at: datetime
    used_on: "PastOrder | None" = None
    undone: list[ShopId] = []


class PastParcel(msgspec.Struct, kw_only=True):
    """A parcel with pieces by line (their place in the order) and what its carrier told by now."""

    carrier: str
    waybill: str
    shipped_at: datetime
    pieces: dict[int, int]
    track: list[TrackEvent]
    delivered_at: datetime | None = None


class PastOrder(msgspec.Struct, kw_only=True):
    """An order with everything that happened to it up to the world's start."""

    order_id: OrderId
    place: SellingPlace
    lines: list[PastLine]
    buyer: Buyer
    submitted_at: datetime
    ship_within_s: int
    price: Price
    claims: list[Claim] = []
    state: OrderState = OrderState.SUBMITTED
    hold_until: datetime
    close_reason: CloseReason | None = None
    closed_at: datetime | None = None
    cashier_at: datetime | None = None
    refused_at: datetime | None = None
    paid_at: datetime | None = None
    parcels: list[PastParcel] = []
    shipped_at: datetime | None = None
    received_at: datetime | None = None
    completed_at: datetime | None = None
    refunded_at: datetime | None = None
    surplus_at: datetime | None = None
    note: str = ""

    @property
    def listing(self) -> OwnListing:
        """The listing by which the order was come upon."""
        return self.lines[0].listing

    @property
    def shop_id(self) -> ShopId:
        """Whose order it is."""
        return self.lines[0].sku.shop_id

    @property
    def total_fen(self) -> int:
        """What it costs."""
        return self.price.total_fen

    @property
    def holds(self) -> bool:
        """Whether its stock is held, neither sold nor given back."""
        return self.state is OrderState.SUBMITTED

    @property
    def sold(self) -> bool:
        """Whether its stock is sold."""
        return self.state not in {OrderState.SUBMITTED, OrderState.CLOSED}

    def priced(self) -> list[tuple[PastLine, PricedLine]]:
        """Each line with its price."""
        return list(zip(self.lines, self.price.lines, strict=True))

    def shipped_of(self, position: int) -> int:
        """Pieces of a line, by its place in the order, that have left."""
        return sum(parcel.pieces.get(position, 0) for parcel in self.parcels)
