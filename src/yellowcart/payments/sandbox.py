"""The sandbox cashier: a payment provider that lives beside the platform and moves no money.

It keeps its own books (`sandbox_charge`), is spoken to outside of the platform's transactions like any
provider, and can do what a real one does: be paid, refuse, be left alone, be paid late.
"""

import msgspec

from yellowcart.kernel import clock
from yellowcart.kernel.database import Database
from yellowcart.kernel.errors import NotFound
from yellowcart.kernel.ids import PaymentId, ShopId
from yellowcart.orders.gateway import Charge, GatewayState


class SandboxCharge(msgspec.Struct, frozen=True):
    """A charge as the sandbox's own cashier page shows it."""

    shop_id: ShopId
    payment_id: PaymentId
    state: GatewayState
    amount_fen: int
    refunded_fen: int
    subject: str


class SandboxGateway:
    """The provider. Its reference of a charge is `<shop_id>-<payment_id>`."""

    name = "sandbox"

    def __init__(self, database: Database) -> None:
        self._database = database

    async def create(self, shop_id: ShopId, payment_id: PaymentId, amount_fen: int, subject: str) -> str:
        """Open a charge; a repeat answers the same page."""
        async with self._database.writing() as writer:
            await writer.run(
                """
                INSERT INTO sandbox_charge
                    (shop_id, payment_id, state, amount_fen, refunded_fen, subject, opened_at)
                VALUES (%(shop_id)s, %(payment_id)s, 'open', %(amount_fen)s, 0, %(subject)s, %(now)s)
                ON CONFLICT DO NOTHING
                """,
                shop_id=shop_id,
                payment_id=payment_id,
                amount_fen=amount_fen,
                subject=subject,
                now=clock.now(),
            )
        return f"/sandbox/pay/{shop_id}-{payment_id}"

    async def query(self, shop_id: ShopId, payment_id: PaymentId) -> Charge | None:
        """The charge as it stands."""
        async with self._database.reading() as reader:
            charge = await reader.row(SandboxCharge, _READ, shop_id=shop_id, payment_id=payment_id)
        if charge is None:
            return None
        return Charge(f"{shop_id}-{payment_id}", charge.state, charge.amount_fen, charge.refunded_fen)

    async def close(self, shop_id: ShopId, payment_id: PaymentId) -> None:
        """Close an open charge; one that was paid stays paid."""
        await self._decide(shop_id, payment_id, GatewayState.CLOSED)

    async def refund(self, shop_id: ShopId, payment_id: PaymentId, refund_id: int, amount_fen: int) -> bool:
        """Give money back, once per refund id."""
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
                shop_id=shop_id,
                payment_id=payment_id,
                refund_id=refund_id,
                amount_fen=amount_fen,
                now=clock.now(),
            )
            if first:
                await writer.run(
                    """
                    UPDATE sandbox_charge SET refunded_fen = refunded_fen + %(amount_fen)s
                    WHERE shop_id = %(shop_id)s AND payment_id = %(payment_id)s
                    """,
                    amount_fen=amount_fen,
                    shop_id=shop_id,
                    payment_id=payment_id,
                )
            return bool(
                await writer.value(
                    """
                    SELECT true FROM sandbox_refund
                    WHERE shop_id = %(shop_id)s AND payment_id = %(payment_id)s AND refund_id = %(refund_id)s
                    """,
                    shop_id=shop_id,
                    payment_id=payment_id,
                    refund_id=refund_id,
                )
            )

    async def read(self, reference: str) -> SandboxCharge:
        """The charge of a cashier page's address. Raises NotFound."""
        shop, _, payment = reference.partition("-")
        if not (shop.isdecimal() and payment.isdecimal() and len(reference) < 40):
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
        async with self._database.writing() as writer:
            await writer.run(
                """
                UPDATE sandbox_charge SET state = %(state)s
                WHERE shop_id = %(shop_id)s AND payment_id = %(payment_id)s AND state = 'open'
                """,
                state=state.value,
                shop_id=shop_id,
                payment_id=payment_id,
            )


_READ = """
SELECT shop_id, payment_id, state, amount_fen, refunded_fen, subject
FROM sandbox_charge
WHERE shop_id = %(shop_id)s AND payment_id = %(payment_id)s
"""
