"""Orders that outside networks report: one line of an outside order, its state and its money, as values.

A conversion is known by its network and the network's order line. What a network says of it may change for
months, also after it paid: every report that changes anything is kept as a revision, and the newest is shown
(domain.md §2.3). Amounts in fen, rates in basis points, whatever unit the network's files use (§1.5).
"""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from yellowcart.catalog.imports.file_product import RowProblem
from yellowcart.kernel.ids import CreatorId, ListingId, NoticeId, PersonId, ReportId
from yellowcart.kernel.money import WHOLE
from yellowcart.links.model import Surface

AMOUNT_MAX: Final = 10**12
"""Fen: ten billion yuan for one line. More is a misread number, never an order."""
ID_LENGTH_MAX: Final = 100
TITLE_LENGTH_MAX: Final = 300
NAME_LENGTH_MAX: Final = 120
REASON_LENGTH_MAX: Final = 200
QUANTITY_MAX: Final = 1_000_000

Id = Annotated[str, Meta(min_length=1, max_length=ID_LENGTH_MAX, pattern=r"^[!-~]+$")]
"""An id as the network writes it: printable ASCII without blanks, always text."""
_PRINTED: Final = r"^[^\x00-\x1f\x7f]*$"
Amount = Annotated[int, Meta(ge=0, le=AMOUNT_MAX)]
SignedAmount = Annotated[int, Meta(ge=-AMOUNT_MAX, le=AMOUNT_MAX)]
"""What a network settles may become negative: it takes back what it paid too much."""
Rate = Annotated[int, Meta(ge=0, le=WHOLE)]
Moment = Annotated[datetime, Meta(tz=True)]
EARLIEST: Final = datetime(2003, 1, 1, tzinfo=UTC)
LATEST: Final = datetime(2100, 1, 1, tzinfo=UTC)
"""No network reported an order before, none will after: a moment outside stands for "unknown" or is misread."""


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


class ReportedLine(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What one report says of one order line. None, or an empty text, is what the report does not say.

    `order_line_id` is the network's own number of the line where there is one: Taobao's sub-order number,
    `order:sku` for JD (whose row id names the two), Pinduoduo's order number. Taobao's older files know only the
    order: see `taobao_union`.
    """

    network: Network
    order_line_id: Id
    order_id: Id
    state: ConversionState
    network_word: Annotated[str, Meta(max_length=NAME_LENGTH_MAX, pattern=_PRINTED)]
    """The network's own word or number for the state."""
    item_id: Id | None = None
    title: Annotated[str, Meta(max_length=TITLE_LENGTH_MAX, pattern=_PRINTED)] = ""
    shop_name: Annotated[str, Meta(max_length=NAME_LENGTH_MAX, pattern=_PRINTED)] = ""
    quantity: Annotated[int, Meta(ge=0, le=QUANTITY_MAX)] | None = None
    unit_price_fen: Amount | None = None
    paid_fen: Amount | None = None
    """What the buyer paid, by the network's own definition."""
    base_fen: Amount | None = None
    """What the commission is computed of (计佣金额); the final one once there is one."""
    commission_rate_basis_points: Rate | None = None
    commission_estimated_fen: SignedAmount | None = None
    """What the promoter would earn of what was paid (预估收入)."""
    commission_settled_fen: SignedAmount | None = None
    """What the network settled for the promoter; None before it did."""
    commission_returned_fen: Amount | None = None
    """What the promoter must give back of it after a refund (应退还)."""
    refund_fen: Amount | None = None
    """What the buyer got back after the line was final."""
    promotion_id: Id | None = None
    """Who earns outside: `mm_x_y_z` (`mm_*_y_z` where the file leaves out the account), `unionId/positionId`, a
    pid."""
    invalid_reason: Annotated[str, Meta(max_length=REASON_LENGTH_MAX, pattern=_PRINTED)] = ""
    clicked_at: Moment | None = None
    placed_at: Moment | None = None
    paid_at: Moment | None = None
    received_at: Moment | None = None
    settled_at: Moment | None = None
    modified_at: Moment | None = None
    """When the network itself last changed the line: tells a late report from a new one."""

    def __post_init__(self) -> None:
        for name in MOMENTS:
            moment: datetime | None = getattr(self, name)
            if moment is not None and not EARLIEST <= moment < LATEST:
                raise ValueError(f"{name} lies outside the years {EARLIEST.year} to {LATEST.year - 1}")


MOMENTS: Final = ("clicked_at", "placed_at", "paid_at", "received_at", "settled_at", "modified_at")


class AttributedBy(StrEnum):
    """By what a reported order was counted to a creator."""

    JUMP = "jump"
    """A viewer jumped out through a listing of this item and promotion shortly before the order."""
    LISTING = "listing"
    """Nobody was seen jumping, but exactly one creator listed this item with this promotion."""
    PROMOTION = "promotion"
    """Only the promotion is known, and one creator alone lists with it."""


class Attribution(msgspec.Struct, frozen=True, kw_only=True):
    """Whose listing a reported order is counted to."""

    attributed_by: AttributedBy
    creator_id: CreatorId
    listing_id: ListingId | None = None
    surface: Surface | None = None


class FeeTerms(msgspec.Struct, frozen=True):
    """The platform's fee for an outside order, by the rule in force when it was placed: never changed later."""

    basis_points: int
    notice_id: NoticeId


class Conversion(msgspec.Struct, frozen=True, kw_only=True):
    """An order line as it is known now: the newest of all reports, counted to a creator where one is known.

    `network_line_id` is the network's own number of a line that was first reported without it. `ordered_at` is
    when it was placed as far as known: placed, else paid, else first reported.
    """

    network: Network
    order_line_id: str
    order_id: str
    network_line_id: str | None = None
    state: ConversionState
    network_word: str
    item_id: str | None = None
    title: str = ""
    shop_name: str = ""
    quantity: int | None = None
    unit_price_fen: int | None = None
    paid_fen: int | None = None
    base_fen: int | None = None
    commission_rate_basis_points: int | None = None
    commission_estimated_fen: int | None = None
    commission_settled_fen: int | None = None
    commission_returned_fen: int | None = None
    refund_fen: int | None = None
    promotion_id: str | None = None
    invalid_reason: str = ""
    clicked_at: datetime | None = None
    placed_at: datetime | None = None
    paid_at: datetime | None = None
    received_at: datetime | None = None
    settled_at: datetime | None = None
    modified_at: datetime | None = None
    ordered_at: datetime
    attributed_by: AttributedBy | None = None
    creator_id: CreatorId | None = None
    listing_id: ListingId | None = None
    surface: Surface | None = None
    fee_basis_points: int | None = None
    fee_fen: int | None = None
    fee_notice_id: NoticeId | None = None
    revision: int
    report_id: ReportId
    first_reported_at: datetime
    last_reported_at: datetime


class Fate(StrEnum):
    """What became of one line of a report."""

    CREATED = "created"
    """The line was not known."""
    CHANGED = "changed"
    """The report knows something newer; a revision was kept."""
    UNCHANGED = "unchanged"
    """It says what is known."""
    STALE = "stale"
    """It is older than what is known; nothing was turned back."""


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """One file or call by which a network's orders came, and what became of its lines.

    `finished_at` is None for one that was broken off: sending the same file again goes on. `problems` are the
    first of the `wrong_count` lines that could not be read.
    """

    report_id: ReportId
    network: Network
    file_name: str
    format: str
    person_id: PersonId
    received_at: datetime
    finished_at: datetime | None
    row_count: int
    created_count: int
    changed_count: int
    unchanged_count: int
    stale_count: int
    wrong_count: int
    problems: list[RowProblem]


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What a program is told of its report. `known_already`: the very same content came before, nothing was done;
    the counts are those of that time."""

    report: Report
    known_already: bool = False
