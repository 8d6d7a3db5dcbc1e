"""Tables of after-sales: of a shop, keyed by it."""

from yellowcart.aftersales.deadlines import LONGEST_S, SHORTEST_S, Deadline
from yellowcart.aftersales.model import (
    DECIDED,
    ENDED,
    FOR_SELLER_TO_ACT,
    IN_ARBITRATION,
    Action,
    Actor,
    AutoRule,
    CaseState,
    EndReason,
)
from yellowcart.aftersales.reasons import CaseKind, Fault, Reason
from yellowcart.aftersales.rules import RETURN_FREIGHT_MAX_FEN, SMALL_REFUND_MAX_FEN
from yellowcart.kernel.tables import (
    CheckConstraint,
    ForeignKeyConstraint,
    Index,
    PrimaryKeyConstraint,
    Table,
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


def _among(states: frozenset[CaseState]) -> str:
    return ", ".join(f"'{state.value}'" for state in sorted(states))


aftersale = Table(
    "aftersale",
    metadata,
    id_column("shop_id"),
    id_column("aftersale_id"),
    id_column("order_id"),
    id_column("order_line_id"),
    id_column("buyer_id"),
    state_column("kind"),
    state_column("state"),
    whole_column("version", default=1),
    state_column("opened_by"),
    state_column("reason"),
    flag_column("goods_received"),
    whole_column("quantity"),
    fen_column("asked_fen"),
    fen_column("most_fen"),
    fen_column("most_goods_fen"),
    flag_column("no_reason_right"),
    state_column("auto_rule", nullable=True),
    state_column("offer_kind", nullable=True),
    fen_column("offer_fen", nullable=True),
    fen_column("decided_fen", nullable=True),
    fen_column("refund_goods_fen", default=0),
    fen_column("refund_freight_fen", default=0),
    whole_column("settled_quantity", default=0),
    whole_column("returned_quantity", default=0),
    whole_column("restocked_quantity", default=0),
    state_column("return_freight_by", nullable=True),
    fen_column("return_freight_claimed_fen", default=0),
    fen_column("return_freight_fen", default=0),
    fen_column("return_freight_refunded_fen", default=0),
    fen_column("price_then_fen", nullable=True),
    json_column("return_address", nullable=True),
    text_column("return_carrier", nullable=True),
    text_column("return_waybill", nullable=True),
    id_column("return_shipment_id", nullable=True),
    moment_column("sent_back_at", nullable=True),
    moment_column("return_delivered_at", nullable=True),
    text_column("replacement_carrier", nullable=True),
    text_column("replacement_waybill", nullable=True),
    moment_column("called_at", nullable=True),
    moment_column("opened_at"),
    moment_column("moved_at"),
    moment_column("due_at", nullable=True),
    moment_column("ended_at", nullable=True),
    state_column("end_reason", nullable=True),
    PrimaryKeyConstraint("shop_id", "aftersale_id"),
    ForeignKeyConstraint(
        ["shop_id", "order_id", "order_line_id"],
        ["order_line.shop_id", "order_line.order_id", "order_line.order_line_id"],
    ),
    ForeignKeyConstraint(["shop_id", "return_shipment_id"], ["shipment.shop_id", "shipment.shipment_id"]),
    state_check("kind", CaseKind),
    state_check("state", CaseState),
    state_check("opened_by", [Actor.BUYER, Actor.SELLER]),
    state_check("reason", Reason),
    state_check("auto_rule", AutoRule),
    state_check("offer_kind", CaseKind),
    state_check("return_freight_by", Fault),
    state_check("end_reason", EndReason),
    CheckConstraint("quantity BETWEEN 1 AND 999 AND version >= 1", name="quantity"),
    CheckConstraint(
        "most_goods_fen BETWEEN 0 AND most_fen AND asked_fen BETWEEN 0 AND most_fen"
        " AND (decided_fen IS NULL OR decided_fen BETWEEN 0 AND most_fen)"
        " AND (offer_fen IS NULL OR offer_fen BETWEEN 0 AND most_fen)",
        name="amounts",
    ),
    CheckConstraint("(offer_kind IS NULL) = (offer_fen IS NULL)", name="offer"),
    CheckConstraint(
        "refund_goods_fen BETWEEN 0 AND most_goods_fen"
        " AND refund_freight_fen BETWEEN 0 AND most_fen - most_goods_fen"
        " AND refund_goods_fen + refund_freight_fen <= coalesce(decided_fen, 0)",
        name="refund",
    ),
    CheckConstraint(
        "settled_quantity BETWEEN 0 AND quantity AND returned_quantity BETWEEN 0 AND quantity"
        " AND restocked_quantity BETWEEN 0 AND quantity",
        name="pieces",
    ),
    CheckConstraint(
        f"return_freight_claimed_fen >= 0 AND return_freight_fen BETWEEN 0 AND {RETURN_FREIGHT_MAX_FEN}"
        " AND return_freight_refunded_fen BETWEEN 0 AND return_freight_fen",
        name="return_freight",
    ),
    CheckConstraint("(kind = 'price_protection') = (price_then_fen IS NOT NULL)", name="price_then"),
    CheckConstraint(f"(state IN ({_among(ENDED)})) = (ended_at IS NOT NULL)", name="ended_at"),
    CheckConstraint("(ended_at IS NULL) = (end_reason IS NULL)", name="end_reason"),
    # Whoever is waited for has a clock, and nobody else: nothing is forgotten.
    CheckConstraint(f"(state IN ({_among(DECIDED)})) = (due_at IS NULL)", name="due_at"),
    CheckConstraint(
        "(sent_back_at IS NULL) = (return_waybill IS NULL)"
        " AND (sent_back_at IS NULL) = (return_carrier IS NULL)"
        " AND (sent_back_at IS NULL) = (return_shipment_id IS NULL)",
        name="sent_back",
    ),
    Index("aftersale_line_idx", "shop_id", "order_id", "order_line_id"),
    Index("aftersale_buyer_idx", "buyer_id", "aftersale_id"),
    Index("aftersale_kind_idx", "shop_id", "kind", "aftersale_id"),
    Index("aftersale_open_idx", "shop_id", "aftersale_id", postgresql_where=text("ended_at IS NULL")),
    Index(
        "aftersale_for_seller_idx",
        "shop_id",
        "due_at",
        "aftersale_id",
        postgresql_where=text(f"state IN ({_among(FOR_SELLER_TO_ACT)})"),
    ),
    Index(
        "aftersale_arbitration_idx",
        "due_at",
        "aftersale_id",
        postgresql_where=text(f"state IN ({_among(IN_ARBITRATION)})"),
    ),
    Index(
        "aftersale_due_idx",
        "due_at",
        postgresql_where=text("due_at IS NOT NULL AND state <> 'arbitration'"),
    ),
    Index("aftersale_all_idx", "aftersale_id"),
    Index("aftersale_opened_idx", "shop_id", "opened_at"),
    Index(
        "aftersale_return_waybill_idx",
        "shop_id",
        "return_waybill",
        postgresql_where=text("return_waybill IS NOT NULL"),
    ),
    # What shops owe beside refunds: few, and never forgotten.
    Index(
        "aftersale_freight_owed_idx",
        "aftersale_id",
        postgresql_include=["return_freight_fen", "return_freight_refunded_fen"],
        postgresql_where=text(
            f"return_freight_fen > return_freight_refunded_fen AND state IN ({_among(DECIDED)})"
        ),
    ),
    # Every turn rewrites this row: room on the page keeps it together.
    postgresql_with={"fillfactor": "80"},
    comment="An after-sale case about one order line. While it is open it reserves its pieces and their worth.",
)

aftersale_step = Table(
    "aftersale_step",
    metadata,
    id_column("shop_id"),
    id_column("aftersale_id"),
    id_column("step_id"),
    state_column("action"),
    state_column("actor"),
    id_column("person_id", nullable=True),
    state_column("before", nullable=True),
    state_column("after"),
    state_column("kind"),
    state_column("reason", nullable=True),
    whole_column("quantity"),
    fen_column("amount_fen", nullable=True),
    state_column("rule", nullable=True),
    text_column("words", default=""),
    whole_column("evidence", default=0),
    moment_column("made_at"),
    PrimaryKeyConstraint("shop_id", "aftersale_id", "step_id"),
    ForeignKeyConstraint(["shop_id", "aftersale_id"], ["aftersale.shop_id", "aftersale.aftersale_id"]),
    state_check("action", Action),
    state_check("actor", Actor),
    state_check("before", CaseState),
    state_check("after", CaseState),
    state_check("kind", CaseKind),
    state_check("reason", Reason),
    state_check("rule", AutoRule),
    CheckConstraint("(action = 'open') = (before IS NULL)", name="first"),
    CheckConstraint("(actor = 'system') = (person_id IS NULL)", name="person"),
    CheckConstraint("char_length(words) <= 1000 AND evidence BETWEEN 0 AND 9", name="said"),
    comment="Every turn of a case, kept for good: who did what, from where to where, with which amount and words.",
)

aftersale_claim = Table(
    "aftersale_claim",
    metadata,
    id_column("shop_id"),
    id_column("aftersale_id"),
    id_column("operator_id"),
    moment_column("claimed_at"),
    moment_column("lapses_at"),
    PrimaryKeyConstraint("shop_id", "aftersale_id"),
    ForeignKeyConstraint(["shop_id", "aftersale_id"], ["aftersale.shop_id", "aftersale.aftersale_id"]),
    CheckConstraint("lapses_at > claimed_at", name="lapses"),
    comment="Which operator took a case to decide it, and until when nobody else may.",
)

aftersale_shop = Table(
    "aftersale_shop",
    metadata,
    id_column("shop_id"),
    flag_column("small_refund_only"),
    fen_column("small_refund_fen", default=0),
    flag_column("no_reason_in_time", default=True),
    flag_column("quality_return"),
    flag_column("price_dropped", default=True),
    json_column("return_address", nullable=True),
    id_column("changed_by"),
    moment_column("changed_at"),
    PrimaryKeyConstraint("shop_id"),
    ForeignKeyConstraint(["shop_id"], ["shop.shop_id"]),
    CheckConstraint(f"small_refund_fen BETWEEN 0 AND {SMALL_REFUND_MAX_FEN}", name="small_refund"),
    comment="What a shop lets rules decide, and where goods are sent back to. No row: the platform's defaults.",
)

aftersale_deadline = Table(
    "aftersale_deadline",
    metadata,
    text_column("deadline"),
    whole_column("seconds"),
    id_column("changed_by"),
    moment_column("changed_at"),
    PrimaryKeyConstraint("deadline"),
    state_check("deadline", Deadline),
    CheckConstraint(f"seconds BETWEEN {SHORTEST_S} AND {LONGEST_S}", name="seconds"),
    comment="How long a turn of a case may take, where an operator set another time than the default.",
)
