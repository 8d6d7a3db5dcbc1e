"""Shops, products, SKUs and stock as values, with the three state machines of a product side by side.

Drafting, reviewing and selling are three questions with three answers (domain.md §2.5): editing a product
that is on sale opens a draft and does not take it off the shelf, and a review that fails does not close it.
"""

from datetime import datetime
from enum import StrEnum

import msgspec

from yellowcart.kernel.ids import CategoryId, ProductId, ShopId, SkuId


class MerchantKind(StrEnum):
    """What kind of merchant owns a shop (glossary.md)."""

    OWN_SHOP = "own_shop"
    """An ordinary own shop of the platform."""
    BRAND = "brand"
    """A brand merchant, 品牌商家."""
    BELT = "belt"
    """A merchant of a factory district selling goods without a brand, 产业带白牌商家."""


class ShopState(StrEnum):
    """Whether a shop trades."""

    OPEN = "open"
    """Its goods may be listed and bought."""
    CLOSED = "closed"
    """Closed by its merchant; open orders go on."""


class SaleStatus(StrEnum):
    """Whether the merchant sells a product now."""

    OFF_SALE = "off_sale"
    """Not for sale."""
    ON_SALE = "on_sale"
    """For sale, wherever its review and the link rules let it be listed."""
    RETIRED = "retired"
    """Taken out for good; kept for its orders."""


class ReviewStatus(StrEnum):
    """What the platform says of a product."""

    UNREVIEWED = "unreviewed"
    """Never submitted."""
    PENDING = "pending"
    """Waits for a reviewer."""
    APPROVED = "approved"
    """May be sold."""
    REJECTED = "rejected"
    """May not be sold until it is changed and submitted again."""
    BANNED = "banned"
    """May never be sold."""


class DraftStatus(StrEnum):
    """Whether an edit waits beside the published text."""

    NO_DRAFT = "no_draft"
    """What is published is all there is."""
    EDITING = "editing"
    """A draft is being written."""
    SUBMITTED = "submitted"
    """The draft waits for review; the published text stays as it is."""


SALE_MOVES: dict[SaleStatus, frozenset[SaleStatus]] = {
    SaleStatus.OFF_SALE: frozenset({SaleStatus.ON_SALE, SaleStatus.RETIRED}),
    SaleStatus.ON_SALE: frozenset({SaleStatus.OFF_SALE, SaleStatus.RETIRED}),
    SaleStatus.RETIRED: frozenset(),
}

REVIEW_MOVES: dict[ReviewStatus, frozenset[ReviewStatus]] = {
    ReviewStatus.UNREVIEWED: frozenset({ReviewStatus.PENDING}),
    ReviewStatus.PENDING: frozenset({ReviewStatus.APPROVED, ReviewStatus.REJECTED, ReviewStatus.BANNED}),
    ReviewStatus.APPROVED: frozenset({ReviewStatus.PENDING, ReviewStatus.BANNED}),
    ReviewStatus.REJECTED: frozenset({ReviewStatus.PENDING, ReviewStatus.BANNED}),
    ReviewStatus.BANNED: frozenset(),
}

DRAFT_MOVES: dict[DraftStatus, frozenset[DraftStatus]] = {
    DraftStatus.NO_DRAFT: frozenset({DraftStatus.EDITING}),
    DraftStatus.EDITING: frozenset({DraftStatus.SUBMITTED, DraftStatus.NO_DRAFT}),
    DraftStatus.SUBMITTED: frozenset({DraftStatus.NO_DRAFT, DraftStatus.EDITING}),
}


class ReturnRule(StrEnum):
    """Whether goods of a category may be returned without a reason within seven days (domain.md §2.2: Kuaishou's
    enum, and the Interim Measures for Seven-Day No-Reason Returns of Online Purchases, articles 6 and 7)."""

    NO_REASON = "no_reason"
    """Yes (1)."""
    EXCLUDED = "excluded"
    """No, by the law itself: fresh and perishable goods, delivered newspapers (4)."""
    NOT_AFTER_UNSEALING = "not_after_unsealing"
    """Not once it is unsealed (5)."""
    NOT_AFTER_ACTIVATION = "not_after_activation"
    """Not once it is activated (6)."""
    NOT_AFTER_INSTALLATION = "not_after_installation"
    """Not once it is installed (7)."""
    CUSTOM_MADE = "custom_made"
    """No, by the law itself: made to the buyer's wishes (8)."""
    NOT_AFTER_USE = "not_after_use"
    """Not once it is used (9)."""
    ANY_TIME = "any_time"
    """A voucher: returned at any time, and by itself when it expires (11)."""


CONFIRM_DAYS_DEFAULT = 10
"""Days after shipment when an order counts as received, where its category says nothing (domain.md §2.1)."""


class Category(msgspec.Struct, frozen=True, kw_only=True):
    """A node of the category tree. `code` is its stable name."""

    category_id: CategoryId
    parent_id: CategoryId | None
    code: str
    name_zh: str
    name_en: str
    position: int


class Shop(msgspec.Struct, frozen=True, kw_only=True):
    """A merchant's storefront and account of record."""

    shop_id: ShopId
    name: str
    name_en: str
    kind: MerchantKind
    state: ShopState
    region: str
    description: str


class Product(msgspec.Struct, frozen=True, kw_only=True):
    """A product of a shop. `version` grows with every change, for editors that meet."""

    shop_id: ShopId
    product_id: ProductId
    category_id: CategoryId
    title: str
    title_en: str
    brand: str
    description: str
    description_en: str
    picture_url: str
    sale_status: SaleStatus
    review_status: ReviewStatus
    draft_status: DraftStatus
    version: int


class Sku(msgspec.Struct, frozen=True, kw_only=True):
    """A variant that is bought, with its price and stock. `available` excludes what is held or sold."""

    shop_id: ShopId
    sku_id: SkuId
    product_id: ProductId
    name: str
    name_en: str
    price_fen: int
    merchant_code: str
    barcode: str
    position: int
    is_active: bool
    available: int
    held: int
    sold: int


class ProductText(msgspec.Struct, frozen=True, kw_only=True):
    """What a review looks at: the words, the category and the picture of a product.

    `picture_url` is a path below /media/ of this installation, or empty. The published text stands in the
    product's own columns; a draft is one more of these beside it.
    """

    category_code: str
    title: str
    title_en: str = ""
    brand: str = ""
    description: str = ""
    description_en: str = ""
    picture_url: str = ""


class NewSku(msgspec.Struct, frozen=True, kw_only=True):
    """A SKU to be made, with the pieces that are there from the beginning."""

    name: str
    name_en: str = ""
    price_fen: int
    merchant_code: str = ""
    barcode: str = ""
    quantity: int = 0


class NewProduct(msgspec.Struct, frozen=True, kw_only=True):
    """A product to be made. `import_handle` names it in the merchant's files; `product_id` is given only by
    a caller who must know it beforehand (a picture's address names it)."""

    text: ProductText
    skus: list[NewSku]
    import_handle: str | None = None
    product_id: ProductId | None = None


class SkuEdit(msgspec.Struct, frozen=True, kw_only=True):
    """A row of the SKU table as an editor sends it: a known SKU, or a new one with its first pieces.

    `quantity` counts for new rows only: the stock of a known SKU is received or adjusted, with a reason.
    """

    sku_id: SkuId | None = None
    name: str
    name_en: str = ""
    price_fen: int
    merchant_code: str = ""
    barcode: str = ""
    quantity: int = 0


class ProductEdit(msgspec.Struct, frozen=True, kw_only=True):
    """What an editor sends: the whole text, every SKU that stays or is new, and the version it was shown."""

    version: int
    text: ProductText
    skus: list[SkuEdit]


class ReviewFinding(StrEnum):
    """What the automatic review finds wrong."""

    TITLE_SHORT = "title_short"
    """The title says too little."""
    TITLE_LONG = "title_long"
    """The title does not fit a cart."""
    CATEGORY_NOT_LEAF = "category_not_leaf"
    """The category has narrower ones, of which one must be chosen."""
    PRICE_MISSING = "price_missing"
    """A SKU has no price above zero."""
    WORD_FORBIDDEN = "word_forbidden"
    """An absolute claim; `word` says which."""


class ReviewProblem(msgspec.Struct, frozen=True):
    """One finding of a review; `word` is the place's content where the finding has one."""

    finding: ReviewFinding
    word: str = ""


class ProductDetail(msgspec.Struct, frozen=True, kw_only=True):
    """A product with everything that its pages show. `skus` are the active ones, in their order."""

    shop: Shop
    product: Product
    category: Category
    skus: list[Sku]
    draft: ProductText | None
    review_problems: list[ReviewProblem]
    import_handle: str | None
    created_at: datetime
    updated_at: datetime

    @property
    def is_listable(self) -> bool:
        """Whether it may stand in a cart and be bought, as far as the catalogue decides that."""
        return (
            self.product.sale_status is SaleStatus.ON_SALE
            and self.product.review_status is ReviewStatus.APPROVED
            and self.shop.state is ShopState.OPEN
        )

    @property
    def available(self) -> int:
        """Pieces of all active SKUs that nobody holds."""
        return sum(sku.available for sku in self.skus)

    @property
    def lowest_price_fen(self) -> int | None:
        """The lowest price of an active SKU, as a cart shows it."""
        return min((sku.price_fen for sku in self.skus), default=None)

    @property
    def published(self) -> ProductText:
        """The text that buyers read."""
        return ProductText(
            category_code=self.category.code,
            title=self.product.title,
            title_en=self.product.title_en,
            brand=self.product.brand,
            description=self.product.description,
            description_en=self.product.description_en,
            picture_url=self.product.picture_url,
        )


class NewShop(msgspec.Struct, frozen=True, kw_only=True):
    """A shop to be opened, and equally its settings as they shall be."""

    name: str
    name_en: str = ""
    kind: MerchantKind
    region: str = ""
    description: str = ""
