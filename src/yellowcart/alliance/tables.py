"""Tables of agencies and offers."""

from yellowcart.alliance.model import OfferKind
from yellowcart.kernel.tables import (
    CheckConstraint,
    ForeignKeyConstraint,
    Index,
    PrimaryKeyConstraint,
    Table,
    UniqueConstraint,
    id_column,
    metadata,
    moment_column,
    state_check,
    state_column,
    text_column,
    whole_column,
)

mcn = Table(
    "mcn",
    metadata,
    id_column("mcn_id"),
    text_column("name"),
    text_column("name_en", default=""),
    text_column("region", default=""),
    whole_column("share_rate"),
    moment_column("created_at"),
    PrimaryKeyConstraint("mcn_id"),
    UniqueConstraint("name"),
    CheckConstraint("share_rate BETWEEN 0 AND 10000", name="share_rate"),
    comment="An agency; share_rate in basis points of a bound creator's commission.",
)

offer = Table(
    "offer",
    metadata,
    id_column("shop_id"),
    id_column("offer_id"),
    id_column("product_id"),
    state_column("kind"),
    id_column("creator_id", nullable=True),
    whole_column("commission_rate"),
    moment_column("valid_from"),
    moment_column("valid_until", nullable=True),
    PrimaryKeyConstraint("shop_id", "offer_id"),
    ForeignKeyConstraint(["shop_id", "product_id"], ["product.shop_id", "product.product_id"]),
    state_check("kind", OfferKind),
    # Kuaishou's plans allow 0 to 90 percent (domain.md §1.2).
    CheckConstraint("commission_rate BETWEEN 0 AND 9000", name="commission_rate"),
    CheckConstraint("(kind = 'targeted') = (creator_id IS NOT NULL)", name="target"),
    CheckConstraint("valid_until IS NULL OR valid_until > valid_from", name="period"),
    Index("offer_product_idx", "shop_id", "product_id"),
)
