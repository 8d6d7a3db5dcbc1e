"""What one process of the platform holds: settings, database, notifications, lanes. Made once, closed once."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from yellowcart.accounts.buyer_tokens import BuyerTokens
from yellowcart.kernel.clock_table import follow_clock
from yellowcart.kernel.database import Database
from yellowcart.kernel.embedded_postgres import start_embedded_postgres
from yellowcart.kernel.notifications import Notifications
from yellowcart.kernel.settings import Settings
from yellowcart.kernel.tasks import open_tasks


@dataclass(frozen=True, kw_only=True)
class Platform:
    """The parts that requests, jobs and commands of this process share."""

    settings: Settings
    database: Database
    notifications: Notifications
    buyer_tokens: BuyerTokens


def database_url(settings: Settings) -> str:
    """The database named by the settings, or the embedded one, started if need be."""
    return settings.database_url or start_embedded_postgres(settings.home / "postgres").url


@asynccontextmanager
async def open_platform(settings: Settings) -> AsyncIterator[Platform]:
    """Open the platform's parts in this event loop; close them in reverse order at the end."""
    database = Database(database_url(settings), pool_size=settings.pool_size)
    await database.open()
    notifications = Notifications(database)
    try:
        async with open_tasks(database):
            await follow_clock(database, notifications)
            yield Platform(
                settings=settings,
                database=database,
                notifications=notifications,
                buyer_tokens=BuyerTokens(settings.secret),
            )
    finally:
        await notifications.stop()
        await database.close()
