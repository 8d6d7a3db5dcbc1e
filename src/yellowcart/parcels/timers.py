"""Everything about parcels that happens by itself when its time has come. Sweeps survive any downtime."""

from yellowcart.kernel import clock
from yellowcart.kernel.database import Database
from yellowcart.kernel.settings import read_settings
from yellowcart.kernel.tasks import Queue, sweep
from yellowcart.parcels.rules import KEPT_ASIDE
from yellowcart.parcels.tracking.ask import ask_sources
from yellowcart.parcels.tracking.intake import adopt_early_events
from yellowcart.parcels.watch import warn_of_promises

EVENTS_AT_ONCE = 500


@sweep(every_s=60)
async def warn_of_ship_promises(database: Database) -> int:
    """Shops hear of orders that must be shipped soon, and of those that are late."""
    async with database.writing() as writer:
        return await warn_of_promises(writer)


@sweep(every_s=20)
async def adopt_early_tracking(database: Database) -> int:
    """Events that came before their waybill join its track."""
    async with database.writing() as writer:
        return await adopt_early_events(writer, EVENTS_AT_ONCE)


@sweep(every_s=3_600)
async def forget_early_tracking(database: Database) -> int:
    """Events of waybills that no shop named within a day are nobody's."""
    async with database.writing() as writer:
        return await writer.run(
            """
            DELETE FROM early_event
            WHERE (carrier, waybill, happened_at, status, content_hash) IN (
                SELECT carrier, waybill, happened_at, status, content_hash FROM early_event
                WHERE received_at < %(before)s
                ORDER BY received_at
                LIMIT %(most)s
            )
            """,
            before=clock.now() - KEPT_ASIDE,
            most=EVENTS_AT_ONCE,
        )


@sweep(every_s=60, queue=Queue.OUTSIDE)
async def ask_tracking_sources(database: Database) -> int:
    """Sources that do not tell by themselves are asked about the parcels that are due."""
    return await ask_sources(database, read_settings().secret)
