"""What an import will do, as values: shown as a preview, kept, and applied as it was shown."""

from datetime import datetime
from enum import StrEnum
from typing import Any

import msgspec

from yellowcart.catalog.model import ProductText
from yellowcart.kernel.ids import ProductId, ShopId, SkuId
from yellowcart.kernel.translation import Locale, translate


class ImportState(StrEnum):
    """The life of an import."""

    PREVIEWED = "previewed"
    """Read and shown; nothing has changed."""
    APPLIED = "applied"
    """Done as it was shown."""
    DISCARDED = "discarded"
    """Given up; nothing has changed."""


class PlannedAction(StrEnum):
    """What becomes of one product of the file."""

    CREATE = "create"
    """A new product."""
    UPDATE = "update"
    """A known product changes."""
    UNCHANGED = "unchanged"
    """The file says what is already there."""


class RowProblem(msgspec.Struct, frozen=True, kw_only=True):
    """Something wrong at one place of the file. `message` is a translatable sentence for `values`; `cell` is what
    stands there, cut short."""

    row: int
    column: str
    message: str
    values: dict[str, Any] = {}
    cell: str = ""

    def text(self, locale: Locale) -> str:
        """The sentence for a reader of `locale`."""
        return translate(self.message, locale, **self.values)


class PlannedSku(msgspec.Struct, frozen=True, kw_only=True):
    """A SKU of the file beside what is known of it. Without `sku_id` it is new. `quantity` None means that the
    file does not say: a known stock stays, a new SKU begins with none. `old_available` is what the preview saw."""

    row: int
    sku_id: SkuId | None
    name: str
    name_en: str
    price_fen: int
    old_price_fen: int | None
    merchant_code: str
    barcode: str
    codes_change: bool
    quantity: int | None
    old_available: int | None

    @property
    def stock_change(self) -> int:
        """Pieces that the import adds or takes out; applied as this difference, so that what is sold between
        preview and import stays sold."""
        if self.quantity is None:
            return 0
        return self.quantity - (self.old_available or 0)

    @property
    def changes(self) -> bool:
        """Whether anything happens to it."""
        return (
            self.sku_id is None
            or self.price_fen != self.old_price_fen
            or self.codes_change
            or self.stock_change != 0
        )


class PlannedProduct(msgspec.Struct, frozen=True, kw_only=True):
    """A product of the file: its text as it will be, the names of the text's fields that change, its SKUs. A
    known one carries the version that the preview saw."""

    handle: str
    row: int
    action: PlannedAction
    product_id: ProductId | None
    version: int | None
    text: ProductText
    text_changes: list[str]
    skus: list[PlannedSku]


class PlanCounts(msgspec.Struct, frozen=True, kw_only=True):
    """How much an import is about."""

    create: int
    update: int
    unchanged: int
    problems: int


class ImportPlan(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that a file will do, or every reason why it does nothing. `stock_known` is false when the file
    has no column of quantities; `picture_count` counts the pictures elsewhere that are not taken over."""

    counts: PlanCounts
    products: list[PlannedProduct]
    problems: list[RowProblem]
    row_count: int
    stock_known: bool
    picture_count: int
    category_code: str


class ProductImport(msgspec.Struct, frozen=True, kw_only=True):
    """An import with its plan."""

    shop_id: ShopId
    import_id: int
    file_name: str
    encoding: str
    state: ImportState
    plan: ImportPlan
    created_at: datetime
    finished_at: datetime | None
    person_name: str


class ImportLine(msgspec.Struct, frozen=True, kw_only=True):
    """An import in the list of them."""

    shop_id: ShopId
    import_id: int
    file_name: str
    state: ImportState
    counts: PlanCounts
    created_at: datetime
    finished_at: datetime | None
    person_name: str
