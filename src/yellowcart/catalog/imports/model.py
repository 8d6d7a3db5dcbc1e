"""An import as values: what was asked for, how far it is, what is planned for each product, what became of it."""

from datetime import datetime
from enum import StrEnum
from typing import Any

import msgspec

from yellowcart.catalog.imports.file_product import RowProblem
from yellowcart.catalog.model import ProductText
from yellowcart.kernel.ids import PersonId, ProductId, ShopId, SkuId
from yellowcart.kernel.translation import Locale, translate


class ImportState(StrEnum):
    """The life of an import."""

    READING = "reading"
    """The file is being read; nothing has changed."""
    PREVIEWED = "previewed"
    """Read and shown; nothing has changed."""
    APPLYING = "applying"
    """Being done, product by product."""
    STOPPED = "stopped"
    """Stopped by hand; what was done stays, the rest can be gone on with."""
    APPLIED = "applied"
    """Done: every product has its fate."""
    FAILED = "failed"
    """The file could not be read to its end; nothing has changed."""
    DISCARDED = "discarded"
    """Given up; what was not done by then never will be."""


IMPORT_MOVES: dict[ImportState, frozenset[ImportState]] = {
    ImportState.READING: frozenset({ImportState.PREVIEWED, ImportState.FAILED, ImportState.DISCARDED}),
    ImportState.PREVIEWED: frozenset({ImportState.APPLYING, ImportState.DISCARDED}),
    ImportState.APPLYING: frozenset({ImportState.APPLIED, ImportState.STOPPED}),
    ImportState.STOPPED: frozenset({ImportState.APPLYING, ImportState.DISCARDED}),
    ImportState.APPLIED: frozenset(),
    ImportState.FAILED: frozenset(),
    ImportState.DISCARDED: frozenset(),
}


class Fate(StrEnum):
    """What becomes of one product of the file: first as planned, then as done."""

    CREATE = "create"
    """Will be a new product."""
    UPDATE = "update"
    """A known product will change."""
    UNCHANGED = "unchanged"
    """The file says what is already there."""
    SKIPPED = "skipped"
    """None of ours: external goods, gift cards and the like."""
    WRONG = "wrong"
    """Something in it is wrong, so nothing of it is taken."""
    CREATED = "created"
    """Is a new product."""
    UPDATED = "updated"
    """A known product was changed."""
    OUTDATED = "outdated"
    """Changed since the preview, so nothing of it was taken; a new preview would show it as it is now."""


TO_DO = frozenset({Fate.CREATE, Fate.UPDATE})
"""Fates of products that applying still has to see to."""


class PictureState(StrEnum):
    """Whether a product's picture is fetched from where the file says it is."""

    NONE = "none"
    """Nobody asked for it."""
    WAITING = "waiting"
    """Asked for, not fetched yet."""
    FETCHED = "fetched"
    """Fetched and kept here."""
    FAILED = "failed"
    """Could not be fetched; the product has no picture by it."""


class ImportOptions(msgspec.Struct, frozen=True, kw_only=True):
    """What was asked for with a file. New products go into `category_code` unless the file names another of our
    lowest categories; `on_sale` sells them at once; `pictures` fetches the picture of every product that has none;
    `dialect` is what the file is said to be, None where that shall be found out."""

    category_code: str
    dialect: str | None = None
    on_sale: bool = False
    pictures: bool = False


class ImportCounts(msgspec.Struct, frozen=True, kw_only=True):
    """How many products of a file have which fate, and how many places of the file are wrong."""

    create: int = 0
    update: int = 0
    unchanged: int = 0
    skipped: int = 0
    wrong: int = 0
    created: int = 0
    updated: int = 0
    outdated: int = 0
    problems: int = 0

    def of(self, fate: Fate) -> int:
        """The number of products with this fate."""
        count: int = getattr(self, fate.value)
        return count

    @property
    def products(self) -> int:
        """All products of the file."""
        return sum(self.of(fate) for fate in Fate)

    @property
    def to_do(self) -> int:
        """Products that applying still has to see to."""
        return self.create + self.update

    @property
    def done(self) -> int:
        """Products that applying has seen to."""
        return self.created + self.updated + self.outdated


class Told(msgspec.Struct, frozen=True):
    """A translatable sentence as it is kept; `code` is that of the refusal it comes from, where it does."""

    message: str
    values: dict[str, Any] = {}
    code: str = ""

    def text(self, locale: Locale) -> str:
        """The sentence for a reader of `locale`; values that are sentences themselves are translated too."""
        shown = {
            name: translate(value, locale) if isinstance(value, str) else value
            for name, value in self.values.items()
        }
        return translate(self.message, locale, **shown)


class ProductImport(msgspec.Struct, frozen=True, kw_only=True):
    """An import as it stands. `row_count_hint` is about how many rows the file has, where its form tells;
    `failure` says why reading it ended early."""

    shop_id: ShopId
    import_id: int
    person_id: PersonId
    person_name: str
    file_name: str
    file_bytes: int
    dialect: str
    encoding: str
    notes: list[Told]
    options: ImportOptions
    state: ImportState
    counts: ImportCounts
    products_read: int
    rows_read: int
    row_count_hint: int | None
    failure: Told | None
    created_at: datetime
    finished_at: datetime | None


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
    known one carries the version that the preview saw. `origin` is the outside item it is brought over from, where
    that is not noted yet; `takes_handle` says that a known product without a handle gets the file's."""

    product_id: ProductId | None
    version: int | None
    text: ProductText
    text_changes: list[str]
    skus: list[PlannedSku]
    origin: tuple[str, str] | None = None
    takes_handle: bool = False

    @property
    def new_skus(self) -> list[PlannedSku]:
        """SKUs that are not there yet."""
        return [sku for sku in self.skus if sku.sku_id is None]


class ImportRow(msgspec.Struct, frozen=True, kw_only=True):
    """One product of a file with its fate. `planned` is there as long as it is needed: not for what is wrong or
    skipped. `product_id` is the product it changes or has become."""

    position: int
    row: int
    handle: str
    title: str
    fate: Fate
    planned: PlannedProduct | None
    problems: list[RowProblem]
    product_id: ProductId | None
    picture_url: str
    picture_state: PictureState
    picture_failure: Told | None
    applied_at: datetime | None


class ReadRow(msgspec.Struct, frozen=True, kw_only=True):
    """One product as reading the file leaves it: the beginning of an `ImportRow`."""

    row: int
    handle: str
    title: str
    fate: Fate
    planned: PlannedProduct | None = None
    problems: list[RowProblem] = []
    picture_url: str = ""
