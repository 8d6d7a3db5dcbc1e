"""Tables of the catalogue. Everything a shop owns leads its keys with `shop_id`."""

from sqlalchemy import ARRAY, LargeBinary, Text
from sqlalchemy.dialects.postgresql import JSONB, TSVECTOR

from yellowcart.catalog.imports.model import Fate, ImportState, PictureState
from yellowcart.catalog.model import DraftStatus, MerchantKind, ReviewStatus, SaleStatus, ShopState
from yellowcart.kernel.tables import (
    CheckConstraint,
    Column,
    ForeignKeyConstraint,
    Index,
    PrimaryKeyConstraint,
    Table,
    UniqueConstraint,
    fen_column,
    flag_column,
    id_column,
    json_column,
    metadata,
    moment_column,
    state_check,
    state_column,
    text,
    text_column,
    whole_column,
)

category = Table(
    "category",
    metadata,
    id_column("category_id"),
    id_column("parent_id", nullable=True),
    text_column("code"),
    text_column("name_zh"),
    text_column("name_en"),
    whole_column("position"),
    PrimaryKeyConstraint("category_id"),
    UniqueConstraint("code"),
    ForeignKeyConstraint(["parent_id"], ["category.category_id"]),
)

shop = Table(
    "shop",
    metadata,
    id_column("shop_id"),
    text_column("name"),
    text_column("name_en", default=""),
    state_column("kind"),
    state_column("state"),
    text_column("region", default=""),
    text_column("description", default=""),
    moment_column("created_at"),
    PrimaryKeyConstraint("shop_id"),
    state_check("kind", MerchantKind),
    state_check("state", ShopState),
)

shop_member = Table(
    "shop_member",
    metadata,
    id_column("shop_id"),
    id_column("person_id"),
    moment_column("joined_at"),
    PrimaryKeyConstraint("shop_id", "person_id"),
    ForeignKeyConstraint(["shop_id"], ["shop.shop_id"]),
    ForeignKeyConstraint(["person_id"], ["person.person_id"]),
    Index("shop_member_person_id_idx", "person_id"),
    comment="Who works for a shop.",
)

product = Table(
    "product",
    metadata,
    id_column("shop_id"),
    id_column("product_id"),
    id_column("category_id"),
    text_column("title"),
    text_column("title_en", default=""),
    text_column("brand", default=""),
    text_column("description", default=""),
    text_column("description_en", default=""),
    text_column("picture_url", default=""),
    text_column("import_handle", nullable=True),
    state_column("sale_status"),
    state_column("review_status"),
    text_column("review_reason", default=""),
    state_column("draft_status"),
    json_column("draft", nullable=True),
    whole_column("version", default=1),
    moment_column("created_at"),
    moment_column("updated_at"),
    PrimaryKeyConstraint("shop_id", "product_id"),
    UniqueConstraint("shop_id", "import_handle"),
    ForeignKeyConstraint(["shop_id"], ["shop.shop_id"]),
    ForeignKeyConstraint(["category_id"], ["category.category_id"]),
    state_check("sale_status", SaleStatus),
    state_check("review_status", ReviewStatus),
    state_check("draft_status", DraftStatus),
    CheckConstraint("(draft IS NULL) = (draft_status = 'no_draft')", name="draft_present"),
    CheckConstraint("sale_status <> 'on_sale' OR review_status IN ('approved', 'pending')", name="reviewed"),
    CheckConstraint("char_length(title) BETWEEN 1 AND 120", name="title_length"),
)

sku = Table(
    "sku",
    metadata,
    id_column("shop_id"),
    id_column("sku_id"),
    id_column("product_id"),
    text_column("name"),
    text_column("name_en", default=""),
    fen_column("price_fen"),
    text_column("merchant_code", default=""),
    text_column("barcode", default=""),
    whole_column("position"),
    flag_column("is_active", default=True),
    PrimaryKeyConstraint("shop_id", "sku_id"),
    ForeignKeyConstraint(["shop_id", "product_id"], ["product.shop_id", "product.product_id"]),
    UniqueConstraint("shop_id", "product_id", "position"),
    CheckConstraint("price_fen BETWEEN 1 AND 100000000", name="price"),
)

stock = Table(
    "stock",
    metadata,
    id_column("shop_id"),
    id_column("sku_id"),
    whole_column("received"),
    whole_column("available"),
    whole_column("held"),
    whole_column("sold"),
    PrimaryKeyConstraint("shop_id", "sku_id"),
    ForeignKeyConstraint(["shop_id", "sku_id"], ["sku.shop_id", "sku.sku_id"]),
    CheckConstraint("available >= 0 AND held >= 0 AND sold >= 0", name="not_negative"),
    CheckConstraint("available + held + sold = received", name="accounted"),
    # Every order rewrites this row: room on the page keeps the update off the index.
    postgresql_with={"fillfactor": "50"},
    comment="Pieces of a SKU: received = available + held (by unpaid orders) + sold.",
)

product_import = Table(
    "product_import",
    metadata,
    id_column("shop_id"),
    id_column("import_id"),
    id_column("person_id"),
    text_column("file_name"),
    whole_column("file_bytes", default=0),
    text_column("content_hash", default=""),
    text_column("dialect", default=""),
    text_column("encoding"),
    Column("notes", JSONB, nullable=False, server_default=text("'[]'")),
    Column("options", JSONB, nullable=False, server_default=text("""'{"category_code": ""}'""")),
    state_column("state"),
    Column("counts", JSONB, nullable=False, server_default=text("'{}'")),
    whole_column("products_read", default=0),
    whole_column("rows_read", default=0),
    whole_column("row_count_hint", nullable=True),
    json_column("failure", nullable=True),
    id_column("applied_by", nullable=True),
    moment_column("created_at"),
    moment_column("finished_at", nullable=True),
    PrimaryKeyConstraint("shop_id", "import_id"),
    ForeignKeyConstraint(["shop_id"], ["shop.shop_id"]),
    ForeignKeyConstraint(["person_id"], ["person.person_id"]),
    ForeignKeyConstraint(["applied_by"], ["person.person_id"]),
    state_check("state", ImportState),
    Index("product_import_content_idx", "shop_id", "content_hash"),
    Index(
        "product_import_at_work_idx",
        "state",
        "import_id",
        postgresql_where=text("state IN ('reading', 'applying')"),
    ),
    comment="A file of products: what it will do, shown before it is done. The file itself is not kept.",
)

product_import_part = Table(
    "product_import_part",
    metadata,
    id_column("shop_id"),
    id_column("import_id"),
    whole_column("position"),
    Column("content", LargeBinary, nullable=False),
    PrimaryKeyConstraint("shop_id", "import_id", "position"),
    ForeignKeyConstraint(["shop_id", "import_id"], ["product_import.shop_id", "product_import.import_id"]),
    comment="A file while it waits to be read, in pieces; gone as soon as it is read.",
)

product_import_row = Table(
    "product_import_row",
    metadata,
    id_column("shop_id"),
    id_column("import_id"),
    whole_column("position"),
    whole_column("row"),
    text_column("handle"),
    text_column("title"),
    state_column("fate"),
    json_column("planned", nullable=True),
    json_column("problems"),
    id_column("product_id", nullable=True),
    text_column("picture_url", default=""),
    state_column("picture_state", default="none"),
    json_column("picture_failure", nullable=True),
    moment_column("applied_at", nullable=True),
    PrimaryKeyConstraint("shop_id", "import_id", "position"),
    ForeignKeyConstraint(["shop_id", "import_id"], ["product_import.shop_id", "product_import.import_id"]),
    ForeignKeyConstraint(["shop_id", "product_id"], ["product.shop_id", "product.product_id"]),
    state_check("fate", Fate),
    state_check("picture_state", PictureState),
    CheckConstraint(
        "(applied_at IS NOT NULL) = (fate IN ('created', 'updated', 'outdated'))", name="applied_when_done"
    ),
    Index("product_import_row_fate_idx", "shop_id", "import_id", "fate", "position"),
    Index("product_import_row_handle_idx", "shop_id", "handle", "import_id"),
    Index(
        "product_import_row_one_each_idx",
        "shop_id",
        "import_id",
        "product_id",
        unique=True,
        postgresql_where=text("product_id IS NOT NULL"),
    ),
    Index(
        "product_import_row_pictures_idx",
        "import_id",
        "position",
        postgresql_where=text("picture_state = 'waiting'"),
    ),
    comment="One product of a file: what is planned for it, what became of it, and everything wrong in it.",
)

product_origin = Table(
    "product_origin",
    metadata,
    id_column("shop_id"),
    id_column("product_id"),
    text_column("source"),
    text_column("item_id"),
    moment_column("noted_at"),
    PrimaryKeyConstraint("shop_id", "product_id", "source", "item_id"),
    ForeignKeyConstraint(["shop_id", "product_id"], ["product.shop_id", "product.product_id"]),
    Index("product_origin_item_idx", "source", "item_id"),
    comment="The outside item that a product was brought over from: the surest sign of a twin.",
)

product_words = Table(
    "product_words",
    metadata,
    id_column("shop_id"),
    id_column("product_id"),
    Column("words", TSVECTOR, nullable=False),
    Column("barcodes", ARRAY(Text), nullable=False, server_default=text("'{}'")),
    whole_column("product_version"),
    moment_column("read_at"),
    PrimaryKeyConstraint("shop_id", "product_id"),
    ForeignKeyConstraint(["shop_id", "product_id"], ["product.shop_id", "product.product_id"]),
    Index("product_words_words_idx", "words", postgresql_using="gin"),
    Index("product_words_barcodes_idx", "barcodes", postgresql_using="gin"),
    comment="The words of every product as twins are looked for by them; made anew when the product changes.",
)

PRODUCT_LISTABLE = text("sale_status = 'on_sale' AND review_status = 'approved'")
Index("product_listable_idx", product.c.category_id, product.c.product_id, postgresql_where=PRODUCT_LISTABLE)
Index("sku_product_idx", sku.c.shop_id, sku.c.product_id)
Index("sku_merchant_code_idx", sku.c.shop_id, sku.c.merchant_code, postgresql_where=text("merchant_code <> ''"))
