"""what the tables of 0005 and 0006 refuse, the checks that Alembic does not find, and what stood there before

Revision ID: 0007
Revises: 0006
"""

from alembic import op

revision: str = "0007"
down_revision: str | None = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _carriers()
    _addresses()
    _lines()
    _shipments_of_before()
    _shipments()
    _aftersales()
    _payments()


def _carriers() -> None:
    """Carriers have an account of their own."""
    op.drop_constraint(op.f("person_role_role_known_check"), "person_role", type_="check")
    op.create_check_constraint(
        op.f("person_role_role_known_check"),
        "person_role",
        "role IN ('buyer', 'creator', 'merchant', 'carrier', 'recruiter', 'inspector', 'operator')",
    )


def _addresses() -> None:
    """A buyer's word for an address is as short as the book's form wants it."""
    op.create_check_constraint(op.f("buyer_address_label_check"), "buyer_address", "char_length(label) <= 20")


def _lines() -> None:
    """What was refunded before never left: its pieces are done with."""
    op.execute("UPDATE order_line SET settled_quantity = cancelled_quantity WHERE cancelled_quantity > 0")
    op.create_check_constraint(
        op.f("order_line_settled_check"), "order_line", "settled_quantity BETWEEN 0 AND quantity"
    )


def _shipments_of_before() -> None:
    """A shipment of before held all of its order, and its waybill was known within its shop only."""
    op.execute("UPDATE shipment SET carrier = 'YD' WHERE carrier = 'YUNDA'")
    op.execute(
        """
        UPDATE shipment
        SET moved_at = shipment.shipped_at,
            is_watched = placed.state = 'shipped'
        FROM shop_order AS placed
        WHERE placed.shop_id = shipment.shop_id AND placed.order_id = shipment.order_id
        """
    )
    op.execute(
        """
        INSERT INTO shipment_line (shop_id, shipment_id, order_id, order_line_id, quantity)
        SELECT shipment.shop_id, shipment.shipment_id, shipment.order_id, line.order_line_id, line.quantity
        FROM shipment
        JOIN order_line AS line ON line.shop_id = shipment.shop_id AND line.order_id = shipment.order_id
        """
    )
    op.execute(
        """
        INSERT INTO waybill (carrier, waybill, shop_id, shipment_id, direction, named_at)
        SELECT carrier, waybill, shop_id, shipment_id, 'outbound', shipped_at
        FROM shipment
        ORDER BY shipped_at, shop_id, shipment_id
        ON CONFLICT DO NOTHING
        """
    )


def _shipments() -> None:
    for name, condition in {
        "purpose_known": "purpose IN ('order', 'replacement', 'return', 'need')",
        "state_known": "state IN ('shipped', 'collected', 'in_transit', 'out_for_delivery', 'problem', 'delivered',"
        " 'returned')",
        "order": "purpose IN ('return', 'need') OR order_id IS NOT NULL",
        "subject": "purpose = 'order' OR subject <> ''",
        "delivered_at": "(state = 'delivered') = (delivered_at IS NOT NULL)",
        "events": "events >= 0 AND (events > 0 OR state = 'shipped')",
    }.items():
        op.create_check_constraint(op.f(f"shipment_{name}_check"), "shipment", condition)


def _aftersales() -> None:
    """What was said and decided in an after-sale stays as it was said."""
    for name, moment in (("append_only", "UPDATE OR DELETE"), ("never_emptied", "TRUNCATE")):
        op.execute(
            f"""
            CREATE TRIGGER aftersale_step_{name} BEFORE {moment} ON aftersale_step
            FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()
            """
        )


def _payments() -> None:
    """Money of before got its own moment, and refunds the checks of what an operator does by hand."""
    op.execute("UPDATE payment SET paid_at = finished_at WHERE state IN ('succeeded', 'surplus')")
    op.execute(
        """
        UPDATE sandbox_charge SET decided_at = payment.finished_at
        FROM payment
        WHERE payment.shop_id = sandbox_charge.shop_id AND payment.payment_id = sandbox_charge.payment_id
          AND sandbox_charge.state <> 'open'
        """
    )
    op.execute("UPDATE refund SET failure = 'refused' WHERE state = 'failed' AND failure = ''")
    for name, condition in {
        "by_hand": "(by_hand_by IS NULL) = (by_hand_reference = '')"
        " AND (by_hand_by IS NULL OR state = 'succeeded')",
        "failure": "state <> 'failed' OR failure <> ''",
    }.items():
        op.create_check_constraint(op.f(f"refund_{name}_check"), "refund", condition)
