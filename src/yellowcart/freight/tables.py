"""Tables of freight templates and of what each product's delivery costs and promises: all of a shop, all keyed by
it."""

from yellowcart.freight.model import FreightBasis
from yellowcart.kernel.tables import (
    CheckConstraint,
    ForeignKeyConstraint,
    Index,
    PrimaryKeyConstraint,
    Table,
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

freight_template = Table(
    "freight_template",
    metadata,
    id_column("shop_id"),
    id_column("freight_template_id"),
    text_column("name"),
    state_column("basis"),
    json_column("zones"),
    json_column("elsewhere", nullable=True),
    json_column("not_delivered"),
    whole_column("version", default=1),
    moment_column("created_at"),
    moment_column("updated_at"),
    moment_column("retired_at", nullable=True),
    PrimaryKeyConstraint("shop_id", "freight_template_id"),
    ForeignKeyConstraint(["shop_id"], ["shop.shop_id"]),
    state_check("basis", FreightBasis),
    CheckConstraint("char_length(name) BETWEEN 1 AND 40", name="name_length"),
    CheckConstraint("jsonb_typeof(zones) = 'array'", name="zones"),
    CheckConstraint("jsonb_typeof(elsewhere) = 'object'", name="elsewhere"),
    CheckConstraint("elsewhere IS NOT NULL OR jsonb_array_length(zones) > 0", name="delivers_somewhere"),
    comment="What delivery costs by province. A retired one stays for the trail and is used by no product.",
)

product_delivery = Table(
    "product_delivery",
    metadata,
    id_column("shop_id"),
    id_column("product_id"),
    id_column("freight_template_id", nullable=True),
    whole_column("weight_g", default=0),
    whole_column("ship_within_s", default=172_800),
    flag_column("is_presale"),
    moment_column("updated_at"),
    PrimaryKeyConstraint("shop_id", "product_id"),
    ForeignKeyConstraint(["shop_id", "product_id"], ["product.shop_id", "product.product_id"]),
    ForeignKeyConstraint(
        ["shop_id", "freight_template_id"],
        ["freight_template.shop_id", "freight_template.freight_template_id"],
    ),
    CheckConstraint("weight_g BETWEEN 0 AND 1000000", name="weight"),
    # domain.md §2.1: 24, 48 or 72 hours; a presale 3 to 15 whole days.
    CheckConstraint(
        "CASE WHEN is_presale THEN ship_within_s BETWEEN 259200 AND 1296000 AND mod(ship_within_s, 86400) = 0 "
        "ELSE ship_within_s IN (86400, 172800, 259200) END",
        name="promise",
    ),
    Index(
        "product_delivery_template_idx",
        "shop_id",
        "freight_template_id",
        postgresql_where=text("freight_template_id IS NOT NULL"),
    ),
    comment="What delivering a product costs and promises. A product without a row: free, within 48 hours.",
)
