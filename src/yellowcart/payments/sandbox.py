"""The sandbox cashier: a payment provider that lives beside the platform and moves no money.

It keeps its own books (`sandbox_charge`), is spoken to outside of the platform's transactions like any
provider, and can do what a real one does: be paid, refuse, be left alone, be paid late, send a bill. It sends no
notifications.
"""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta

import msgspec

from yellowcart.kernel import clock
from yellowcart.kernel.database import Database
from yellowcart.kernel.errors import NotFound
from yellowcart.kernel.ids import PaymentId, ShopId
from yellowcart.kernel.open_sessions import require_no_session
from yellowcart.payments.errors import NotificationRefused
from yellowcart.payments.gateway import (
    BillLine,
    Charge,
    GatewayState,
    NewCharge,
    Notification,
    NotificationReply,
    Prompt,
    RefundAnswer,
    RefundOrder,
    RefundProgress,
)
from yellowcart.payments.model import NotificationFault, PaymentMethod
from yellowcart.payments.references import reference_of

NAME = "sandbox"
_OUTSIDE = "the sandbox bank"
BILL_LINES_MAX = 500_000


class SandboxCharge(msgspec.Struct, frozen=True):
    """A charge as the sandbox's own cashier page shows it."""

    shop_id: ShopId
    payment_id: PaymentId
    state: GatewayState
    amount_fen: int
    refunded_fen: int
    subject: str
    decided_at: datetime | None


class SandboxGateway:
    """The provider. Its cashier page calls a charge `<shop_id>-<payment_id>`."""

    name = NAME
    methods = (PaymentMethod.SANDBOX,)

    def __init__(self, database: Database) -> None:
        self._database = database

    async def create(self, charge: NewCharge) -> Prompt:
        """Open a charge; a repeat answers the same page."""
        require_no_session(_OUTSIDE)
        async with self._database.writing() as writer:
            await writer.run(
                """
                INSERT INTO sandbox_charge
                    (shop_id, payment_id, state, amount_fen, refunded_fen, subject, opened_at)
                VALUES (%(shop_id)s, %(payment_id)s, 'open', %(amount_fen)s, 0, %(subject)s, %(now)s)
                ON CONFLICT DO NOTHING
                """,
                shop_id=charge.shop_id,
                payment_id=charge.payment_id,
                amount_fen=charge.amount_fen,
                subject=str(charge.order_id),
                now=clock.now(),
            )
        return Prompt(url=f"/sandbox/pay/{charge.shop_id}-{charge.payment_id}")

    async def query(self, shop_id: ShopId, payment_id: PaymentId) -> Charge | None:
        """The charge as it stands."""
        require_no_session(_OUTSIDE)
        async with self._database.reading() as reader:
            charge = await reader.row(SandboxCharge, _READ, shop_id=shop_id, payment_id=payment_id)
        if charge is None:
            return None
        return Charge(
            reference=f"{shop_id}-{payment_id}",
            state=charge.state,
            amount_fen=charge.amount_fen,
            given_back=charge.refunded_fen > 0,
            refunded_fen=charge.refunded_fen,
            paid_at=charge.decided_at if charge.state is GatewayState.PAID else None,
        )

    async def close(self, shop_id: ShopId, payment_id: PaymentId) -> None:
        """Close an open charge; one that was paid stays paid."""
        await self._decide(shop_id, payment_id, GatewayState.CLOSED)

    async def refund(self, order: RefundOrder) -> RefundAnswer:
        """Give money back, once per refund id; more than was paid is never given back."""
        require_no_session(_OUTSIDE)
        async with self._database.writing() as writer:
            first = await writer.run(
                """
                INSERT INTO sandbox_refund (shop_id, payment_id, refund_id, amount_fen, refunded_at)
                SELECT shop_id, payment_id, %(refund_id)s, %(amount_fen)s, %(now)s
                FROM sandbox_charge
                WHERE shop_id = %(shop_id)s AND payment_id = %(payment_id)s AND state = 'paid'
                  AND refunded_fen + %(amount_fen)s <= amount_fen
                ON CONFLICT DO NOTHING
                """,
                shop_id=order.shop_id,
                payment_id=order.payment_id,
                refund_id=order.refund_id,
                amount_fen=order.amount_fen,
                now=clock.now(),
            )
            if first:
                await writer.run(
                    """
                    UPDATE sandbox_charge SET refunded_fen = refunded_fen + %(amount_fen)s
                    WHERE shop_id = %(shop_id)s AND payment_id = %(payment_id)s
                    """,
                    amount_fen=order.amount_fen,
                    shop_id=order.shop_id,
                    payment_id=order.payment_id,
                )
        answer = await self.query_refund(order)
        if answer.progress is RefundProgress.UNKNOWN:
            return RefundAnswer(progress=RefundProgress.CLOSED)
        return answer

    async def query_refund(self, order: RefundOrder) -> RefundAnswer:
        """Whether a refund was done."""
        require_no_session(_OUTSIDE)
        async with self._database.reading() as reader:
            amount_fen = await reader.value(
                """
                SELECT amount_fen FROM sandbox_refund
                WHERE shop_id = %(shop_id)s AND payment_id = %(payment_id)s AND refund_id = %(refund_id)s
                """,
                shop_id=order.shop_id,
                payment_id=order.payment_id,
                refund_id=order.refund_id,
            )
        if amount_fen is None:
            return RefundAnswer(progress=RefundProgress.UNKNOWN)
        reference = f"{order.shop_id}-{order.refund_id}"
        return RefundAnswer(progress=RefundProgress.DONE, reference=reference, amount_fen=amount_fen)

    async def verify_notification(self, headers: Mapping[str, str], body: bytes) -> Notification:
        """The sandbox sends none: whatever comes in its name is a forgery. Raises NotificationRefused."""
        raise NotificationRefused(NotificationFault.SIGNATURE)

    def reply(self, *, taken: bool) -> NotificationReply:
        """No word of its own."""
        return NotificationReply(200 if taken else 400, "text/plain", b"")

    async def bill(self, day: date) -> list[BillLine]:
        """What was paid and given back on a day of Asia/Shanghai."""
        require_no_session(_OUTSIDE)
        begin = datetime.combine(day, time(), clock.SHANGHAI)
        between = {"begin": begin, "end": begin + timedelta(days=1), "most": BILL_LINES_MAX}
        async with self._database.reading() as reader:
            paid = await reader.rows(_BillRow, _BILL_PAID, **between)
            refunded = await reader.rows(_BillRow, _BILL_REFUNDED, **between)
        return [row.line() for row in (*paid, *refunded)]

    async def read(self, reference: str) -> SandboxCharge:
        """The charge of a cashier page's address. Raises NotFound."""
        shop, _, payment = reference.partition("-")
        if not (reference.isascii() and shop.isdecimal() and payment.isdecimal() and len(reference) < 35):
            raise NotFound
        async with self._database.reading() as reader:
            charge = await reader.row(SandboxCharge, _READ, shop_id=int(shop), payment_id=int(payment))
        if charge is None:
            raise NotFound
        return charge

    async def pay(self, charge: SandboxCharge) -> None:
        """The payer presses pay."""
        await self._decide(charge.shop_id, charge.payment_id, GatewayState.PAID)

    async def refuse(self, charge: SandboxCharge) -> None:
        """The payer's bank says no."""
        await self._decide(charge.shop_id, charge.payment_id, GatewayState.REFUSED)

    async def _decide(self, shop_id: ShopId, payment_id: PaymentId, state: GatewayState) -> None:
        require_no_session(_OUTSIDE)
        async with self._database.writing() as writer:
            await writer.run(
                """
                UPDATE sandbox_charge SET state = %(state)s, decided_at = %(now)s
                WHERE shop_id = %(shop_id)s AND payment_id = %(payment_id)s AND state = 'open'
                """,
                state=state.value,
                now=clock.now(),
                shop_id=shop_id,
                payment_id=payment_id,
            )


class _BillRow(msgspec.Struct, frozen=True):
    shop_id: ShopId
    payment_id: PaymentId
    refund_id: int | None
    amount_fen: int
    booked_at: datetime

    def line(self) -> BillLine:
        return BillLine(
            reference=reference_of(self.shop_id, self.payment_id),
            refund_reference=reference_of(self.shop_id, self.refund_id) if self.refund_id else "",
            provider_reference=f"{self.shop_id}-{self.refund_id or self.payment_id}",
            amount_fen=self.amount_fen,
            booked_at=self.booked_at,
        )


_READ = """
SELECT shop_id, payment_id, state, amount_fen, refunded_fen, subject, decided_at
FROM sandbox_charge
WHERE shop_id = %(shop_id)s AND payment_id = %(payment_id)s
"""
_BILL_PAID = """
SELECT shop_id, payment_id, NULL::bigint AS refund_id, amount_fen, decided_at AS booked_at
FROM sandbox_charge
WHERE state = 'paid' AND decided_at >= %(begin)s AND decided_at < %(end)s
ORDER BY decided_at
LIMIT %(most)s
"""
_BILL_REFUNDED = """
SELECT shop_id, payment_id, refund_id, amount_fen, refunded_at AS booked_at
FROM sandbox_refund
WHERE refunded_at >= %(begin)s AND refunded_at < %(end)s
ORDER BY refunded_at
LIMIT %(most)s
"""
