"""Everything about orders that happens by itself when its time has come. Sweeps survive any downtime."""

from yellowcart.kernel.database import Database
from yellowcart.kernel.tasks import sweep
from yellowcart.orders.close import lapse_orders
from yellowcart.orders.receive import complete_by_time, receive_by_time


@sweep(every_s=2)
async def lapse_unpaid_orders(database: Database) -> int:
    """Orders that nobody paid in time close and give their stock back."""
    async with database.writing() as writer:
        return await lapse_orders(writer)


@sweep(every_s=60)
async def confirm_old_shipments(database: Database) -> int:
    """Shipped orders count as received when the days of their categories are over."""
    async with database.writing() as writer:
        return await receive_by_time(writer)


@sweep(every_s=60)
async def complete_old_receipts(database: Database) -> int:
    """Received orders are complete when the seven days of returns without a reason are over."""
    async with database.writing() as writer:
        return await complete_by_time(writer)
