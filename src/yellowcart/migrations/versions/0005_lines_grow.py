"""orders, lines, payments and refunds of before grow what the whole life of an order needs

Revision ID: 0005
Revises: 0004
"""

from alembic import op

revision: str = "0005"
down_revision: str | None = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _orders()
    _lines()
    _payments()
    _refunds()
    _categories()


def _orders() -> None:
    op.execute(
        """
        ALTER TABLE shop_order
            ADD COLUMN goods_fen bigint,
            ADD COLUMN discount_fen bigint,
            ADD COLUMN freight_fen bigint,
            ADD COLUMN note text NOT NULL DEFAULT '',
            ADD COLUMN hold_s integer,
            ADD COLUMN ship_within_s integer,
            ADD COLUMN ship_due_at timestamptz,
            ADD COLUMN confirm_due_at timestamptz,
            ADD COLUMN confirm_extended boolean NOT NULL DEFAULT false
        """
    )
    # What was promised before anything was said about it: 48 hours to ship, ten days to confirm.
    op.execute(
        """
        UPDATE shop_order
        SET goods_fen = total_fen, discount_fen = 0, freight_fen = 0,
            hold_s = greatest(ceil(extract(epoch FROM hold_until - submitted_at)), 1),
            ship_within_s = 172800,
            ship_due_at = paid_at + interval '48 hours',
            confirm_due_at = shipped_at + interval '10 days'
        """
    )
    for column in ("goods_fen", "discount_fen", "freight_fen", "hold_s", "ship_within_s"):
        op.alter_column("shop_order", column, nullable=False)
    op.drop_constraint(op.f("shop_order_state_known_check"), "shop_order", type_="check")
    op.drop_constraint(op.f("shop_order_total_check"), "shop_order", type_="check")
    for name, condition in {
        "state_known": "state IN ('submitted', 'paid', 'part_shipped', 'shipped', 'received', 'completed', 'closed')",
        "total": "total_fen > 0 AND total_fen = goods_fen - discount_fen + freight_fen",
        "amounts": "goods_fen > 0 AND discount_fen >= 0 AND freight_fen >= 0",
        "hold": "hold_s > 0 AND hold_until <= submitted_at + make_interval(secs => hold_s)",
        "ship_within": "ship_within_s > 0",
        "ship_due": "(paid_at IS NULL) = (ship_due_at IS NULL)",
        "confirm_due": "(shipped_at IS NULL) = (confirm_due_at IS NULL)",
        "note": "char_length(note) <= 200",
    }.items():
        op.create_check_constraint(op.f(f"shop_order_{name}_check"), "shop_order", condition)
    op.drop_index("shop_order_shipped_idx", table_name="shop_order")


def _lines() -> None:
    op.execute(
        """
        ALTER TABLE order_line
            ADD COLUMN listing_id bigint,
            ADD COLUMN category_id bigint,
            ADD COLUMN list_price_fen bigint,
            ADD COLUMN special_price_id bigint,
            ADD COLUMN discount_fen bigint,
            ADD COLUMN freight_fen bigint,
            ADD COLUMN payable_fen bigint,
            ADD COLUMN return_rule text,
            ADD COLUMN return_rule_accepted boolean NOT NULL DEFAULT false,
            ADD COLUMN confirm_days integer,
            ADD COLUMN shipped_quantity integer NOT NULL DEFAULT 0,
            ADD COLUMN cancelled_quantity integer NOT NULL DEFAULT 0,
            ADD COLUMN returned_quantity integer NOT NULL DEFAULT 0,
            ADD COLUMN refunded_fen bigint NOT NULL DEFAULT 0
        """
    )
    op.execute(
        """
        UPDATE order_line
        SET listing_id = placed.listing_id,
            category_id = product.category_id,
            list_price_fen = order_line.unit_price_fen,
            discount_fen = 0, freight_fen = 0,
            payable_fen = order_line.total_fen,
            return_rule = 'no_reason',
            confirm_days = 10,
            shipped_quantity = CASE WHEN placed.shipped_at IS NULL THEN 0 ELSE order_line.quantity END,
            cancelled_quantity = CASE WHEN placed.close_reason = 'refunded' THEN order_line.quantity ELSE 0 END,
            refunded_fen = CASE WHEN placed.close_reason = 'refunded' THEN order_line.total_fen ELSE 0 END
        FROM shop_order AS placed, product
        WHERE placed.shop_id = order_line.shop_id AND placed.order_id = order_line.order_id
          AND product.shop_id = order_line.shop_id AND product.product_id = order_line.product_id
        """
    )
    for column in (
        "listing_id",
        "category_id",
        "list_price_fen",
        "discount_fen",
        "freight_fen",
        "payable_fen",
        "return_rule",
        "confirm_days",
    ):
        op.alter_column("order_line", column, nullable=False)
    op.drop_column("shop_order", "listing_id")
    for name, condition in {
        "return_rule_known": "return_rule IN ('no_reason', 'excluded', 'not_after_unsealing',"
        " 'not_after_activation', 'not_after_installation', 'custom_made', 'not_after_use', 'any_time')",
        "price": "unit_price_fen BETWEEN 1 AND list_price_fen"
        " AND (special_price_id IS NOT NULL OR unit_price_fen = list_price_fen)",
        "payable": "discount_fen BETWEEN 0 AND total_fen AND freight_fen >= 0"
        " AND payable_fen = total_fen - discount_fen + freight_fen",
        "pieces": "shipped_quantity >= 0 AND cancelled_quantity >= 0 AND returned_quantity >= 0"
        " AND shipped_quantity + cancelled_quantity <= quantity AND returned_quantity <= shipped_quantity",
        "refunded": "refunded_fen BETWEEN 0 AND payable_fen",
        "confirm_days": "confirm_days BETWEEN 1 AND 90",
    }.items():
        op.create_check_constraint(op.f(f"order_line_{name}_check"), "order_line", condition)
    op.execute("ALTER TABLE order_line SET (fillfactor = 80)")


def _payments() -> None:
    op.execute("ALTER TABLE payment ADD COLUMN method text, ADD COLUMN refunded_fen bigint NOT NULL DEFAULT 0")
    op.execute(
        """
        UPDATE payment
        SET method = 'sandbox',
            refunded_fen = coalesce(
                (
                    SELECT sum(amount_fen) FROM refund
                    WHERE refund.shop_id = payment.shop_id AND refund.payment_id = payment.payment_id
                ),
                0
            )
        """
    )
    op.alter_column("payment", "method", nullable=False)
    op.create_check_constraint(
        op.f("payment_method_known_check"),
        "payment",
        "method IN ('sandbox', 'wechat_native', 'wechat_h5', 'wechat_jsapi', 'alipay_page', 'alipay_wap')",
    )
    op.create_check_constraint(op.f("payment_refunded_check"), "payment", "refunded_fen BETWEEN 0 AND amount_fen")


def _refunds() -> None:
    op.execute(
        """
        ALTER TABLE refund
            ADD COLUMN cause text,
            ADD COLUMN subject text,
            ADD COLUMN gateway_reference text,
            ADD COLUMN failure text NOT NULL DEFAULT '',
            ADD COLUMN attempts integer NOT NULL DEFAULT 0,
            ADD COLUMN ask_at timestamptz
        """
    )
    op.execute(
        """
        UPDATE refund
        SET cause = CASE WHEN payment.state = 'surplus' THEN 'surplus' ELSE 'aftersale' END,
            subject = CASE WHEN payment.state = 'surplus' THEN 'surplus' ELSE 'order:' || refund.order_id END,
            ask_at = CASE WHEN refund.state = 'requested' THEN refund.requested_at END
        FROM payment
        WHERE payment.shop_id = refund.shop_id AND payment.payment_id = refund.payment_id
        """
    )
    op.alter_column("refund", "cause", nullable=False)
    op.alter_column("refund", "subject", nullable=False)
    op.drop_constraint(op.f("refund_shop_id_payment_id_key"), "refund", type_="unique")
    op.drop_constraint(op.f("refund_state_known_check"), "refund", type_="check")
    for name, condition in {
        "state_known": "state IN ('requested', 'succeeded', 'failed')",
        "cause_known": "cause IN ('surplus', 'aftersale')",
    }.items():
        op.create_check_constraint(op.f(f"refund_{name}_check"), "refund", condition)
    op.drop_index("refund_requested_idx", table_name="refund")


def _categories() -> None:
    op.execute("ALTER TABLE category ADD COLUMN return_rule text, ADD COLUMN confirm_days integer")
    op.create_check_constraint(
        op.f("category_return_rule_known_check"),
        "category",
        "return_rule IN ('no_reason', 'excluded', 'not_after_unsealing', 'not_after_activation',"
        " 'not_after_installation', 'custom_made', 'not_after_use', 'any_time')",
    )
    op.create_check_constraint(op.f("category_confirm_days_check"), "category", "confirm_days BETWEEN 1 AND 90")
