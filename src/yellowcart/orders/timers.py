"""Everything about orders that happens by itself when its time has come. Sweeps survive any downtime."""

from yellowcart.kernel.database import Database
from yellowcart.kernel.tasks import sweep
from yellowcart.orders.close import lapse_orders
from yellowcart.orders.model import PaymentState
from yellowcart.orders.pay import payments_to_ask_for, settle_payment
from yellowcart.orders.receive import complete_by_time, receive_by_time
from yellowcart.orders.refund import carry_out, requested_refunds
from yellowcart.orders.sandbox import SandboxGateway


@sweep(every_s=2)
async def lapse_unpaid_orders(database: Database) -> int:
    """Orders that nobody paid in time close and give their stock back."""
    async with database.writing() as writer:
        return await lapse_orders(writer)


@sweep(every_s=60)
async def confirm_old_shipments(database: Database) -> int:
    """Shipped orders count as received after ten days."""
    async with database.writing() as writer:
        return await receive_by_time(writer)


@sweep(every_s=60)
async def complete_old_receipts(database: Database) -> int:
    """Received orders are complete after seven days."""
    async with database.writing() as writer:
        return await complete_by_time(writer)


@sweep(every_s=5)
async def carry_out_refunds(database: Database) -> int:
    """Refunds that the gateway has not confirmed yet are asked for again."""
    gateway = SandboxGateway(database)
    async with database.reading() as reader:
        waiting = await requested_refunds(reader)
    return sum([await carry_out(database, gateway, refund) for refund in waiting])


@sweep(every_s=10)
async def ask_for_silent_payments(database: Database) -> int:
    """Payments whose notification was lost are found by asking the gateway."""
    gateway = SandboxGateway(database)
    async with database.reading() as reader:
        waiting = await payments_to_ask_for(reader)
    settled = [await settle_payment(database, gateway, payment.shop_id, payment.payment_id) for payment in waiting]
    return sum(payment.state is not PaymentState.PREPARED for payment in settled)
