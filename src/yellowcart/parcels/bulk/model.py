"""A file of waybills as values: what each row says, and what becomes of it."""

from datetime import datetime
from enum import StrEnum
from typing import Any, NewType

import msgspec

from yellowcart.kernel.ids import OrderId, OrderLineId, PersonId, ShopId
from yellowcart.kernel.translation import Locale, translate

FileId = NewType("FileId", int)


class FileState(StrEnum):
    """How far a file of waybills is."""

    PREVIEWED = "previewed"
    """Read and judged row by row; nothing was shipped by it."""
    APPLYING = "applying"
    """Its orders are being shipped, one after the other."""
    APPLIED = "applied"
    """Every row was tried."""
    DISCARDED = "discarded"
    """The shop gave it up before anything was shipped."""


SHIPPING_FILE_MOVES: dict[FileState, frozenset[FileState]] = {
    FileState.PREVIEWED: frozenset({FileState.APPLYING, FileState.DISCARDED}),
    FileState.APPLYING: frozenset({FileState.APPLIED}),
    FileState.APPLIED: frozenset(),
    FileState.DISCARDED: frozenset(),
}


class RowFate(StrEnum):
    """What a row does, or did."""

    READY = "ready"
    """It will be shipped."""
    REPEATED = "repeated"
    """The order was shipped with exactly this waybill before; nothing is left to do."""
    WRONG = "wrong"
    """It cannot be shipped as it stands."""
    SHIPPED = "shipped"
    """It was shipped."""
    REFUSED = "refused"
    """Shipping was refused when its turn came: something had changed since the preview."""


class RowProblem(msgspec.Struct, frozen=True):
    """Why a row is wrong: a sentence (marked with N_) and the values for its places."""

    message: str
    values: dict[str, Any] = {}

    def text(self, locale: Locale) -> str:
        """The sentence in the reader's language."""
        return translate(self.message, locale, **self.values)


class WrittenRow(msgspec.Struct, frozen=True, kw_only=True):
    """A row as it stands in the file."""

    number: int
    order: str
    line: str
    pieces: str
    carrier: str
    waybill: str


class JudgedRow(msgspec.Struct, frozen=True, kw_only=True):
    """A row with what it means. Without a line it is about everything that still has to leave of its order."""

    number: int
    order_written: str
    carrier_written: str
    waybill_written: str
    order_id: OrderId | None = None
    order_line_id: OrderLineId | None = None
    quantity: int | None = None
    carrier: str = ""
    waybill: str = ""
    fate: RowFate = RowFate.READY
    problem: RowProblem | None = None


class KnownLine(msgspec.Struct, frozen=True, kw_only=True):
    """Pieces of a line that still have to leave."""

    order_line_id: OrderLineId
    to_ship: int


class KnownParcel(msgspec.Struct, frozen=True, kw_only=True):
    """A parcel that left before, with the lines that are in it."""

    carrier: str
    waybill: str
    line_ids: list[OrderLineId]


class KnownOrder(msgspec.Struct, frozen=True, kw_only=True):
    """What must be known of an order to judge a row about it. `parcels` are those that have left so far."""

    order_id: OrderId
    state: str
    is_stopped: bool
    has_address_change: bool
    lines: list[KnownLine]
    parcels: list[KnownParcel]


class FileCounts(msgspec.Struct, frozen=True):
    """How many rows share a fate."""

    ready: int = 0
    repeated: int = 0
    wrong: int = 0
    shipped: int = 0
    refused: int = 0


class ShippingFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file of waybills that a shop uploaded."""

    shop_id: ShopId
    file_id: FileId
    file_name: str
    state: FileState
    created_by: PersonId
    created_at: datetime
    finished_at: datetime | None
    counts: FileCounts
