"""What does not fit between a provider's books and ours as a world begins: a notification that was lost and is
found by the bill, a payment that nobody knows, and what operators have decided of others."""

from datetime import timedelta
from typing import NamedTuple

from yellowcart.demo.chronicle import Chronicle
from yellowcart.demo.past_order import PastOrder
from yellowcart.demo.seed_payments import GATEWAY
from yellowcart.kernel.ids import PaymentId, ShopId, new_id
from yellowcart.orders.model import CloseReason
from yellowcart.payments.findings import NewFinding, decide_finding, note_finding
from yellowcart.payments.model import FindingKind, FindingState
from yellowcart.payments.references import reference_of

LOST_NOTIFICATIONS = 2
BILLED_DAYS = timedelta(days=5)
"""Bills go back a week: what is older is never compared again."""


class Found(NamedTuple):
    """A finding: hours ago, what kind, what the two sides say (fen), and what an operator made of it."""

    hours: float
    kind: FindingKind
    detail: str
    ours_fen: int | None = None
    theirs_fen: int | None = None
    decided: FindingState | None = None
    note: str = ""


FOUND = (
    Found(30, FindingKind.BAD_SIGNATURE, "3 notifications without a signature from 203.0.113.24"),
    Found(20, FindingKind.UNREADABLE, "the body is no JSON"),
    Found(44, FindingKind.AMOUNT_DIFFERS, "the bill names another amount", 8_990, 8_900, FindingState.RESOLVED,
          "与支付渠道核对：对方账单改价未同步，差额已由对方补记。"),
    Found(52, FindingKind.BAD_SIGNATURE, "a test of the provider's", None, None, FindingState.IGNORED,
          "联调时的探测请求，不用处理。"),
)  # fmt: skip


def plan_findings(chronicle: Chronicle) -> None:
    """Put everything into the chronicle."""
    for number, found in enumerate(FOUND):
        _note(chronicle, found, number)
    _lose_notifications(chronicle)
    _pay_unknown(chronicle)


def _note(chronicle: Chronicle, found: Found, number: int) -> None:
    subject = f"{found.kind.value} {number}"
    at = chronicle.now - timedelta(hours=found.hours)

    async def note() -> None:
        finding = NewFinding(
            provider=GATEWAY,
            kind=found.kind,
            subject=subject,
            ours_fen=found.ours_fen,
            theirs_fen=found.theirs_fen,
            detail=found.detail,
        )
        async with chronicle.database.writing() as writer:
            await note_finding(writer, finding)

    async def decide() -> None:
        assert found.decided is not None
        async with chronicle.database.writing() as writer:
            finding_id = await writer.value(
                "SELECT finding_id FROM payment_finding WHERE subject = %(subject)s", subject=subject
            )
            await decide_finding(writer, chronicle.operator, finding_id, found.decided, found.note)

    chronicle.add(at, note)
    if found.decided is not None:
        chronicle.add(at + timedelta(hours=5), decide)


def _lose_notifications(chronicle: Chronicle) -> None:
    """Orders that lapsed while their buyer was paying: the provider has the money and nobody told us. The next
    bill does, and the money goes back."""
    yesterday = chronicle.now - timedelta(days=1, hours=13)
    lapsed = [
        order
        for order in chronicle.orders
        if order.close_reason is CloseReason.LAPSED
        and order.cashier_at is not None
        and order.surplus_at is None
        and order.refused_at is None
        and yesterday - BILLED_DAYS < order.submitted_at
        and order.hold_until < yesterday
    ]
    for order in chronicle.foremost(lapsed, LOST_NOTIFICATIONS):
        _lose(chronicle, order)


def _lose(chronicle: Chronicle, order: PastOrder) -> None:
    assert order.cashier_at is not None
    paid_at = order.cashier_at + timedelta(minutes=11)

    async def pay() -> None:
        async with chronicle.database.writing() as writer:
            await writer.run(
                """
                UPDATE sandbox_charge SET state = 'paid', decided_at = %(paid_at)s
                WHERE shop_id = %(shop_id)s AND subject = %(subject)s AND state = 'closed'
                """,
                paid_at=paid_at,
                shop_id=order.shop_id,
                subject=str(order.order_id),
            )

    chronicle.add(paid_at, pay)


def _pay_unknown(chronicle: Chronicle) -> None:
    """Somebody paid the merchant number for something that is no order of ours."""
    at = chronicle.now - timedelta(days=2, hours=4)
    shop_id = ShopId(chronicle.orders[0].shop_id)

    async def pay() -> None:
        payment_id = new_id(PaymentId)
        async with chronicle.database.writing() as writer:
            await writer.run(
                """
                INSERT INTO sandbox_charge (shop_id, payment_id, state, amount_fen, refunded_fen, subject,
                                            opened_at, decided_at)
                VALUES (%(shop_id)s, %(payment_id)s, 'paid', 12800, 0, %(subject)s, %(at)s, %(at)s)
                """,
                shop_id=shop_id,
                payment_id=payment_id,
                subject=reference_of(shop_id, payment_id),
                at=at,
            )

    chronicle.add(at, pay)
