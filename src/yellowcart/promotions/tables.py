"""Tables of promotions.

A coupon belongs to whoever bears its cost, and a claimed coupon to its buyer; a special price belongs to a shop.
The coupons that buyers claim are read by every shop's orders: on a cluster `coupon` becomes a reference table.
"""

from sqlalchemy import ARRAY, BigInteger, Column

from yellowcart.kernel.tables import (
    CheckConstraint,
    ForeignKeyConstraint,
    Index,
    PrimaryKeyConstraint,
    Table,
    UniqueConstraint,
    fen_column,
    id_column,
    metadata,
    moment_column,
    state_check,
    state_column,
    text,
    text_column,
    whole_column,
)
from yellowcart.promotions.model import ClaimState, CouponState, DiscountKind, Funder, SpecialPriceKind

coupon = Table(
    "coupon",
    metadata,
    id_column("coupon_id"),
    state_column("funder"),
    id_column("shop_id", nullable=True),
    id_column("creator_id", nullable=True),
    id_column("room_id", nullable=True),
    text_column("title"),
    text_column("title_en", default=""),
    Column("product_ids", ARRAY(BigInteger), nullable=False, server_default=text("'{}'")),
    fen_column("threshold_fen"),
    state_column("kind"),
    fen_column("off_fen", nullable=True),
    whole_column("off_rate", nullable=True),
    fen_column("off_max_fen", nullable=True),
    moment_column("usable_from"),
    moment_column("usable_until"),
    whole_column("stock"),
    whole_column("claimed", default=0),
    whole_column("per_buyer_limit"),
    moment_column("claim_from"),
    moment_column("claim_until"),
    state_column("state"),
    id_column("made_by"),
    moment_column("made_at"),
    moment_column("stopped_at", nullable=True),
    PrimaryKeyConstraint("coupon_id"),
    # What lets a claim carry the limit, and the database hold it.
    UniqueConstraint("coupon_id", "per_buyer_limit"),
    ForeignKeyConstraint(["shop_id"], ["shop.shop_id"]),
    ForeignKeyConstraint(["creator_id"], ["creator.creator_id"]),
    ForeignKeyConstraint(["room_id"], ["room.room_id"]),
    ForeignKeyConstraint(["made_by"], ["person.person_id"]),
    state_check("funder", Funder),
    state_check("kind", DiscountKind),
    state_check("state", CouponState),
    CheckConstraint(
        "(funder = 'shop') = (shop_id IS NOT NULL) AND (funder = 'creator') = (creator_id IS NOT NULL)",
        name="funder",
    ),
    CheckConstraint(
        "(kind = 'amount' AND off_fen > 0 AND off_rate IS NULL AND off_max_fen IS NULL)"
        " OR (kind = 'percent' AND off_rate BETWEEN 1 AND 9999 AND off_fen IS NULL"
        " AND (off_max_fen IS NULL OR off_max_fen > 0))",
        name="terms",
    ),
    CheckConstraint(
        "threshold_fen >= 0 AND (threshold_fen = 0 OR off_fen IS NULL OR off_fen < threshold_fen)",
        name="threshold",
    ),
    CheckConstraint("claimed BETWEEN 0 AND stock", name="claimed"),
    CheckConstraint("stock BETWEEN 1 AND 10000000", name="stock"),
    CheckConstraint("per_buyer_limit BETWEEN 1 AND 20", name="per_buyer_limit"),
    CheckConstraint(
        "claim_from < claim_until AND usable_from < usable_until AND claim_until <= usable_until", name="windows"
    ),
    CheckConstraint("(state = 'stopped') = (stopped_at IS NOT NULL)", name="stopped"),
    CheckConstraint("cardinality(product_ids) <= 100", name="product_ids"),
    CheckConstraint("char_length(title) BETWEEN 1 AND 40", name="title_length"),
    Index("coupon_shop_idx", "shop_id", "coupon_id", postgresql_where=text("shop_id IS NOT NULL")),
    Index("coupon_creator_idx", "creator_id", "coupon_id", postgresql_where=text("creator_id IS NOT NULL")),
    Index("coupon_platform_idx", "coupon_id", postgresql_where=text("funder = 'platform'")),
    # What a maker has stopped, found among all that they ever made.
    Index("coupon_stopped_shop_idx", "shop_id", "coupon_id", postgresql_where=text("state = 'stopped'")),
    Index("coupon_stopped_creator_idx", "creator_id", "coupon_id", postgresql_where=text("state = 'stopped'")),
    Index(
        "coupon_stopped_platform_idx",
        "coupon_id",
        postgresql_where=text("state = 'stopped' AND funder = 'platform'"),
    ),
    # What a room and its desk show: the running coupons of its creator, of the shops in its cart, of the platform.
    Index("coupon_running_shop_idx", "shop_id", "claim_until", postgresql_where=text("state <> 'stopped'")),
    Index("coupon_running_creator_idx", "creator_id", "claim_until", postgresql_where=text("state <> 'stopped'")),
    Index(
        "coupon_running_platform_idx",
        "claim_until",
        postgresql_where=text("state <> 'stopped' AND funder = 'platform'"),
    ),
    # Every batch of claims rewrites this row: room on the page keeps the update off the indexes.
    postgresql_with={"fillfactor": "50"},
    comment="A coupon: what it is good for, who bears its cost, and how many were claimed.",
)

claimed_coupon = Table(
    "claimed_coupon",
    metadata,
    id_column("buyer_id"),
    id_column("claim_id"),
    id_column("coupon_id"),
    whole_column("per_buyer_limit"),
    whole_column("ordinal"),
    state_column("state", default="unused"),
    text_column("idempotency_key"),
    id_column("room_id", nullable=True),
    moment_column("claimed_at"),
    id_column("used_shop_id", nullable=True),
    id_column("used_order_id", nullable=True),
    moment_column("used_at", nullable=True),
    whole_column("given_back", default=0),
    PrimaryKeyConstraint("buyer_id", "claim_id"),
    # The limit per buyer is a key: ordinals count from 1, each once, none above the limit.
    UniqueConstraint("coupon_id", "buyer_id", "ordinal"),
    UniqueConstraint("buyer_id", "idempotency_key"),
    ForeignKeyConstraint(["coupon_id", "per_buyer_limit"], ["coupon.coupon_id", "coupon.per_buyer_limit"]),
    ForeignKeyConstraint(["buyer_id"], ["person.person_id"]),
    state_check("state", ClaimState),
    CheckConstraint("ordinal BETWEEN 1 AND per_buyer_limit", name="ordinal"),
    CheckConstraint(
        "(state = 'used') = (used_shop_id IS NOT NULL)"
        " AND (state = 'used') = (used_order_id IS NOT NULL) AND (state = 'used') = (used_at IS NOT NULL)",
        name="used",
    ),
    CheckConstraint("given_back >= 0", name="given_back"),
    # The live count of a room's desk.
    Index("claimed_coupon_room_idx", "room_id", "coupon_id", postgresql_where=text("room_id IS NOT NULL")),
    # Using a claim in the order lane rewrites this row: no index knows its state or its order, and room on the
    # page keeps the update off all of them. The claims of an order are found among its buyer's.
    postgresql_with={"fillfactor": "50"},
    comment="Coupons in buyers' hands. given_back counts how often one came back from an order that was undone.",
)

coupon_use = Table(
    "coupon_use",
    metadata,
    id_column("shop_id"),
    id_column("coupon_id"),
    whole_column("used", default=0),
    whole_column("given_back", default=0),
    PrimaryKeyConstraint("shop_id", "coupon_id"),
    ForeignKeyConstraint(["coupon_id"], ["coupon.coupon_id"]),
    CheckConstraint("used >= 0 AND given_back >= 0", name="uses"),
    Index("coupon_use_coupon_idx", "coupon_id"),
    # Every batch of orders that uses the coupon rewrites this row.
    postgresql_with={"fillfactor": "50"},
    comment="How many claims of a coupon stand on orders of a shop now, and how many came back from undone ones: "
    "kept beside the claims, so that nobody has to count them.",
)

coupon_drop = Table(
    "coupon_drop",
    metadata,
    id_column("room_id"),
    id_column("coupon_id"),
    whole_column("drops", default=1),
    moment_column("dropped_at"),
    PrimaryKeyConstraint("room_id", "coupon_id"),
    ForeignKeyConstraint(["room_id"], ["room.room_id"]),
    ForeignKeyConstraint(["coupon_id"], ["coupon.coupon_id"]),
    CheckConstraint("drops > 0", name="drops"),
    comment="Which coupons a host dropped into a room: how often, and when last.",
)

special_price = Table(
    "special_price",
    metadata,
    id_column("shop_id"),
    id_column("special_price_id"),
    id_column("listing_id"),
    id_column("sku_id"),
    state_column("kind"),
    fen_column("price_fen"),
    whole_column("quota"),
    whole_column("taken", default=0),
    moment_column("starts_at"),
    moment_column("ends_at", nullable=True),
    moment_column("told_at", nullable=True),
    moment_column("ended_at", nullable=True),
    id_column("made_by"),
    moment_column("made_at"),
    PrimaryKeyConstraint("shop_id", "special_price_id"),
    ForeignKeyConstraint(["shop_id", "sku_id"], ["sku.shop_id", "sku.sku_id"]),
    state_check("kind", SpecialPriceKind),
    CheckConstraint("price_fen > 0", name="price"),
    CheckConstraint("quota BETWEEN 1 AND 1000000", name="quota"),
    CheckConstraint("taken BETWEEN 0 AND quota", name="taken"),
    CheckConstraint("(kind = 'flash') = (ends_at IS NOT NULL)", name="kind"),
    CheckConstraint("ends_at IS NULL OR ends_at > starts_at", name="window"),
    Index(
        "special_price_one_each_key",
        "shop_id",
        "listing_id",
        "sku_id",
        unique=True,
        postgresql_where=text("ended_at IS NULL"),
    ),
    Index("special_price_listing_idx", "listing_id", postgresql_where=text("ended_at IS NULL")),
    Index("special_price_begins_idx", "starts_at", postgresql_where=text("told_at IS NULL AND ended_at IS NULL")),
    Index("special_price_ends_idx", "ends_at", postgresql_where=text("ended_at IS NULL")),
    # Every order at the price rewrites this row.
    postgresql_with={"fillfactor": "50"},
    comment="A lower price of one SKU in one cart, for `quota` pieces. No foreign key to the listing, which is not"
    " the shop's. told_at: when its beginning was told to its room.",
)
