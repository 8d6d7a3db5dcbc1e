"""What a number is: a value with its basis, its time axis, its unit and the moment it is true for."""

from datetime import datetime, timedelta
from enum import StrEnum

import msgspec

from yellowcart.kernel.ids import CreatorId, ListingId, RoomId, ShopId

WINDOW_MAX = timedelta(days=366)
"""The longest period that one question may span."""


class Unit(StrEnum):
    """How a value is counted. The names are those of the chart macro."""

    FEN = "fen"
    """An amount in fen."""
    COUNT = "count"
    """A number of things."""
    BASIS_POINTS = "basis_points"
    """A share in 1/10,000."""


class TimeAxis(StrEnum):
    """Which moment of a thing decides whether it falls into the window."""

    SUBMITTED_AT = "submitted_at"
    """When the order was placed."""
    PAID_AT = "paid_at"
    """When the order was paid."""
    PAID_AND_REFUNDED_AT = "paid_and_refunded_at"
    """Money in when the order was paid, money out when the refund succeeded."""
    PAID_AND_HAPPENED_AT = "paid_and_happened_at"
    """Orders when they were paid, views when they happened."""
    HAPPENED_AT = "happened_at"
    """When a viewer did something."""
    IN_CART_DURING = "in_cart_during"
    """Listings that stood in the cart of a room on air at some moment of the window."""


class MetricName(StrEnum):
    """Every number that the platform knows; `insight.definitions` says what each one counts."""

    GMV_SUBMITTED = "gmv_submitted"
    """Orders placed, whatever became of them."""
    GMV_PAID = "gmv_paid"
    """Orders paid, whatever became of them."""
    GMV_NET_COHORT = "gmv_net_cohort"
    """Orders paid, less what was given back for these very orders."""
    GMV_NET_CASH = "gmv_net_cash"
    """Money that came in, less money that went back in the same window."""
    ORDERS_SUBMITTED = "orders_submitted"
    """How many orders were placed."""
    ORDERS_PAID = "orders_paid"
    """How many orders were paid."""
    ORDERS_PER_MINUTE = "orders_per_minute"
    """How fast orders came, as a series."""
    PAY_RATE = "pay_rate"
    """Which part of the orders placed was paid."""
    VIEWS = "views"
    """How often a room or video was opened."""
    VIEWERS = "viewers"
    """How many different visitors opened one."""
    GPM = "gpm"
    """GMV per thousand views."""
    UV_VALUE = "uv_value"
    """GMV per different viewer."""
    CLOSED_LOOP_SHARE = "closed_loop_share"
    """Own-shop GMV in all GMV; unknown while nobody reports orders from outside."""
    OUTSIDE_GMV_REPORTED = "outside_gmv_reported"
    """What buyers paid outside, as the networks report it."""
    OUTSIDE_COMMISSION_REPORTED = "outside_commission_reported"
    """What the networks report that these orders earned."""
    OWN_CLICK_SHARE = "own_click_share"
    """Taps on own goods in all taps: what can be measured of the closed loop today."""
    SOURCE_SHARE = "source_share"
    """Each source among the listings of live rooms."""
    JUMP_OUTS = "jump_outs"
    """How often viewers left through an outside listing, by source."""
    JUMP_LOSS = "jump_loss"
    """Which part of the orders that own clicks would have brought is missing of the jump-outs."""


class Definition(msgspec.Struct, frozen=True, kw_only=True):
    """What a number counts. Texts are English message ids; `translate` gives the Chinese."""

    name: MetricName
    label: str
    basis: str
    axis: TimeAxis
    unit: Unit
    source: str
    """Where the definition comes from."""
    dedupe: str = ""
    """What is counted once however often it occurs; empty where nothing is folded."""
    attribution: str = ""
    """To whom it is counted; empty where there is no choice."""


class Window(msgspec.Struct, frozen=True):
    """A half-open period [begins, ends). Raises ValueError when empty, naive or longer than WINDOW_MAX."""

    begins: datetime
    ends: datetime

    def __post_init__(self) -> None:
        if self.begins.tzinfo is None or self.ends.tzinfo is None:
            raise ValueError("moments are aware")
        if not timedelta() < self.ends - self.begins <= WINDOW_MAX:
            raise ValueError("a window is longer than nothing and at most 366 days")


class Scope(msgspec.Struct, frozen=True, kw_only=True):
    """Whose things are counted; None for everybody's."""

    shop_id: ShopId | None = None
    creator_id: CreatorId | None = None
    room_id: RoomId | None = None


EVERYTHING = Scope()


class Metric(msgspec.Struct, frozen=True, kw_only=True):
    """One number with all that makes it readable.

    `value` is None where it is not known or has no denominator: unknown is never zero. `as_of` is the last
    moment of which it takes note; `provisional` says that the same question may be answered differently later.
    """

    definition: Definition
    value: int | None
    window: Window
    as_of: datetime
    provisional: bool

    @property
    def basis(self) -> str:
        """What is counted, as a message id."""
        return self.definition.basis

    @property
    def axis(self) -> TimeAxis:
        """Which moment decides."""
        return self.definition.axis

    @property
    def unit(self) -> Unit:
        """How the value is counted."""
        return self.definition.unit


class Point(msgspec.Struct, frozen=True):
    """The value of the bucket that begins at `at`."""

    at: datetime
    value: int


class Series(msgspec.Struct, frozen=True, kw_only=True):
    """A number over time: one point for every bucket of `bucket_s` seconds, none left out."""

    definition: Definition
    points: list[Point]
    bucket_s: int
    window: Window
    as_of: datetime
    provisional: bool


class SourceCount(msgspec.Struct, frozen=True):
    """One source, how often it was counted, and its share in basis points."""

    source: str
    count: int
    share_basis_points: int


class BySource(msgspec.Struct, frozen=True, kw_only=True):
    """A number told apart by source, largest first; sources that were not counted are absent."""

    definition: Definition
    counts: list[SourceCount]
    total: int
    window: Window
    as_of: datetime
    provisional: bool

    def share_of(self, source: str) -> int | None:
        """A source's share in basis points; None when nothing was counted at all."""
        if not self.total:
            return None
        return next((each.share_basis_points for each in self.counts if each.source == source), 0)


class OrderSums(msgspec.Struct, frozen=True, kw_only=True):
    """What orders add up to in one window as of one moment. Amounts in fen."""

    submitted_fen: int
    submitted_count: int
    submitted_paid_count: int
    """Of the orders submitted in the window, those paid."""
    submitted_open_count: int
    """Of the orders submitted in the window, those that may still be paid."""
    paid_fen: int
    paid_count: int
    paid_open_count: int
    """Of the orders paid in the window, those neither completed nor closed: they may still be refunded."""
    cohort_refund_fen: int
    cash_refund_fen: int


class OutsideSums(msgspec.Struct, frozen=True, kw_only=True):
    """What networks reported of orders paid outside in one window as of one moment. Amounts in fen."""

    heard_count: int
    """Order lines paid in the window, those that became invalid too: without one, nothing is known."""
    paid_fen: int
    commission_fen: int
    open_count: int
    """Paid lines whose commission is not settled: their amounts will still be revised."""


class AudienceSums(msgspec.Struct, frozen=True, kw_only=True):
    """What viewers did in one window as of one moment."""

    views: int
    viewers: int
    likes: int
    cart_opens: int
    taps: int
    own_taps: int
    jump_outs: int


class ListingFigures(msgspec.Struct, frozen=True, kw_only=True):
    """One listing of a room. Amounts in fen."""

    listing_id: ListingId
    taps: int
    jump_outs: int
    orders_submitted: int
    orders_paid: int
    gmv_submitted_fen: int
    gmv_paid_fen: int


class RoomFigures(msgspec.Struct, frozen=True, kw_only=True):
    """A room's numbers while it is or was on air; each by the definition of its name."""

    room_id: RoomId
    window: Window
    as_of: datetime
    provisional: bool
    metrics: dict[MetricName, Metric]
    audience: AudienceSums
    listings: dict[ListingId, ListingFigures]
    """Only those with a tap, a jump-out or an order."""


class CreatorFigures(msgspec.Struct, frozen=True, kw_only=True):
    """A creator's numbers over a window, rooms and videos together."""

    creator_id: CreatorId
    window: Window
    as_of: datetime
    metrics: dict[MetricName, Metric]
    audience: AudienceSums
    source_share: BySource
