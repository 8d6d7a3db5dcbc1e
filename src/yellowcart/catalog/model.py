"""Shops, products, SKUs and stock as values, with the three state machines of a product side by side.

Drafting, reviewing and selling are three questions with three answers (domain.md §2.5): editing a product
that is on sale opens a draft and does not take it off the shelf, and a review that fails does not close it.
"""

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
