"""Telling viewers how stock falls, a few times a second however many orders there are.

Only hints: the truth stands in the tables, and a page that missed one reads it at its next look at the cart.
"""

import asyncio
from contextlib import suppress

import structlog

from yellowcart.kernel.database import Database
from yellowcart.kernel.ids import RoomId
from yellowcart.stage.stream import RoomEvent, tell_room

EVERY_S = 0.2
log = structlog.get_logger()


class StockAnnouncer:
    """Collects the latest number of pieces left of each SKU on show, and tells the rooms five times a second."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._latest: dict[tuple[int, int, int], int] = {}
        self._orders: dict[tuple[int, int], int] = {}
        self._task: asyncio.Task[None] | None = None

    def stock(self, room_id: int, listing_id: int, sku_id: int, available: int) -> None:
        """An order of a listing was decided, and so many pieces of the SKU are left."""
        self._latest[room_id, listing_id, sku_id] = available
        self._orders[room_id, listing_id] = self._orders.get((room_id, listing_id), 0) + 1
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._tell_soon())

    async def stop(self) -> None:
        """Tell what is left to tell."""
        if self._task is not None:
            with suppress(asyncio.CancelledError):
                await self._task

    async def _tell_soon(self) -> None:
        while self._latest:
            latest, self._latest = self._latest, {}
            orders, self._orders = self._orders, {}
            try:
                await self._tell(latest, orders)
            except Exception:  # hints may be lost, the lane must not notice
                log.exception("stock_announcer.failed")
            await asyncio.sleep(EVERY_S)

    async def _tell(self, latest: dict[tuple[int, int, int], int], orders: dict[tuple[int, int], int]) -> None:
        async with self._database.writing() as writer:
            for (room_id, listing_id, sku_id), available in latest.items():
                await tell_room(
                    writer,
                    RoomId(room_id),
                    RoomEvent.STOCK,
                    listing_id=listing_id,
                    sku_id=sku_id,
                    available=available,
                )
            for (room_id, listing_id), count in orders.items():
                await tell_room(writer, RoomId(room_id), RoomEvent.ORDER, listing_id=listing_id, count=count)
