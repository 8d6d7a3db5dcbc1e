"""What the platform's tables say of one shop, read in one go."""

from datetime import datetime

import msgspec

from yellowcart.kernel.database import Reader
from yellowcart.kernel.ids import PersonId, ShopId


class OrderRow(msgspec.Struct, frozen=True, array_like=True):
    order_id: int
    state: str
    close_reason: str | None
    total_fen: int
    hold_until: datetime
    paid: bool
    stops: int


class LineRow(msgspec.Struct, frozen=True, array_like=True):
    order_id: int
    order_line_id: int
    sku_id: int
    quantity: int
    payable_fen: int
    freight_fen: int
    shipped: int
    cancelled: int
    returned: int
    settled: int
    refunded_fen: int


class DiscountRow(msgspec.Struct, frozen=True, array_like=True):
    order_line_id: int
    coupon_id: int
    amount_fen: int
    returned_fen: int


class CaseRow(msgspec.Struct, frozen=True, array_like=True):
    aftersale_id: int
    order_id: int
    order_line_id: int
    kind: str
    state: str
    last_step_id: int
    steps: int
    quantity: int
    asked_fen: int
    most_fen: int
    most_goods_fen: int
    refund_fen: int
    owed_fen: int
    auto_rule: str | None
    due_at: datetime | None


class PaymentRow(msgspec.Struct, frozen=True, array_like=True):
    payment_id: int
    order_id: int
    gateway: str
    state: str
    amount_fen: int
    refunded_fen: int


class RefundRow(msgspec.Struct, frozen=True, array_like=True):
    refund_id: int
    number: int
    payment_id: int
    order_id: int
    subject: str
    state: str
    amount_fen: int
    by_hand: bool


class Tables(msgspec.Struct, kw_only=True):
    """Everything of one shop. Stock as received, available, held and sold; special prices by what is taken."""

    stock: list[tuple[int, int, int, int, int]] = []
    specials: list[tuple[int, int]] = []
    claims: list[tuple[int, int | None, int]] = []
    claimed: list[tuple[int, int]] = []
    bought: list[tuple[int, int]] = []
    orders: list[OrderRow] = []
    lines: list[LineRow] = []
    discounts: list[DiscountRow] = []
    cases: list[CaseRow] = []
    payments: list[PaymentRow] = []
    refunds: list[RefundRow] = []
    shipped: list[tuple[int, int]] = []


_LISTS = {
    "stock": ("sku_id, received, available, held, sold", "stock WHERE shop_id = %(shop_id)s"),
    "specials": ("special_price_id, taken", "special_price WHERE shop_id = %(shop_id)s"),
    "claims": ("claim_id, used_order_id, given_back", "claimed_coupon WHERE buyer_id = ANY(%(buyers)s)"),
    "claimed": (
        "coupon_id, claimed",
        """
        coupon
        WHERE coupon_id IN (SELECT coupon_id FROM claimed_coupon WHERE buyer_id = ANY(%(buyers)s))
        """,
    ),
    "bought": ("buyer_id, quantity", "purchase_count WHERE shop_id = %(shop_id)s"),
    "orders": (
        """
        placed.order_id, placed.state, placed.close_reason, placed.total_fen, placed.hold_until,
        placed.paid_at IS NOT NULL,
        (
            SELECT count(*) FROM order_stop
            WHERE order_stop.shop_id = placed.shop_id AND order_stop.order_id = placed.order_id
              AND order_stop.lifted_at IS NULL
        )
        """,
        "shop_order AS placed WHERE placed.shop_id = %(shop_id)s",
    ),
    "lines": (
        """
        order_id, order_line_id, sku_id, quantity, payable_fen, freight_fen, shipped_quantity,
        cancelled_quantity, returned_quantity, settled_quantity, refunded_fen
        """,
        "order_line WHERE shop_id = %(shop_id)s",
    ),
    "discounts": (
        "order_line_id, coupon_id, amount_fen, returned_fen",
        "order_line_discount WHERE shop_id = %(shop_id)s",
    ),
    "cases": (
        """
        aftersale_id, order_id, order_line_id, kind, state,
        (
            SELECT max(step_id) FROM aftersale_step AS step
            WHERE step.shop_id = filed.shop_id AND step.aftersale_id = filed.aftersale_id
        ),
        (
            SELECT count(*) FROM aftersale_step AS step
            WHERE step.shop_id = filed.shop_id AND step.aftersale_id = filed.aftersale_id
        ),
        quantity, asked_fen, most_fen, most_goods_fen,
        refund_goods_fen + refund_freight_fen + return_freight_refunded_fen, return_freight_fen, auto_rule, due_at
        """,
        "aftersale AS filed WHERE shop_id = %(shop_id)s",
    ),
    "payments": (
        "payment_id, order_id, gateway, state, amount_fen, refunded_fen",
        "payment WHERE shop_id = %(shop_id)s",
    ),
    "refunds": (
        """
        refund_id, coalesce(sent_as, refund_id), payment_id, order_id, subject, state, amount_fen,
        by_hand_by IS NOT NULL
        """,
        "refund WHERE shop_id = %(shop_id)s",
    ),
    "shipped": (
        "piece.order_line_id, piece.quantity",
        """
        (
            SELECT shipment_line.order_line_id, sum(shipment_line.quantity) AS quantity
            FROM shipment_line JOIN shipment USING (shop_id, shipment_id)
            WHERE shipment_line.shop_id = %(shop_id)s AND shipment.purpose = 'order'
            GROUP BY shipment_line.order_line_id
        ) AS piece
        """,
    ),
}
"""What is read of each list, in the order of its row, and where from."""


def _statement() -> str:
    """One statement that answers every list as JSON: a life reads them after each step."""
    lists = (
        f"'{name}', (SELECT coalesce(json_agg(json_build_array({columns})), '[]') FROM {source})"
        for name, (columns, source) in _LISTS.items()
    )
    return "SELECT json_build_object(" + ", ".join(lists) + ")::text"


_STATEMENT = _statement()


async def read_tables(reader: Reader, shop_id: ShopId, buyers: list[PersonId]) -> Tables:
    """All of it, by one round trip."""
    return msgspec.json.decode(await reader.value(_STATEMENT, shop_id=shop_id, buyers=buyers), type=Tables)
