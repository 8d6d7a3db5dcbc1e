"""LISTEN/NOTIFY: what one process commits, all processes hear within milliseconds.

A notification only says that something changed; whoever hears it and missed one (a broken connection) must
find the truth in the tables. So `on_gap` callbacks run whenever listening begins, the first time too: between
reading a table and listening for its changes there is a gap as well.
"""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable
from contextlib import suppress

import structlog

from yellowcart.kernel.database import Database, identifier

Heard = Callable[[str], Awaitable[None]]
Gap = Callable[[], Awaitable[None]]

RECONNECT_AFTER_S = 1.0
log = structlog.get_logger()


class Notifications:
    """The one listening connection of a process."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._heard: dict[str, list[Heard]] = defaultdict(list)
        self._gaps: list[Gap] = []
        self._task: asyncio.Task[None] | None = None
        self._listening = asyncio.Event()

    def on(self, channel: str, heard: Heard) -> None:
        """Call `heard(payload)` for every notification of `channel`. Before `start`."""
        self._heard[channel].append(heard)

    def on_gap(self, gap: Gap) -> None:
        """Call `gap()` whenever notifications may have been missed."""
        self._gaps.append(gap)

    async def start(self) -> None:
        """Begin to listen; returns once the first connection listens."""
        self._task = asyncio.create_task(self._listen(), name="notifications")
        await asyncio.wait_for(self._listening.wait(), 30)

    async def stop(self) -> None:
        """Stop listening."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    async def _listen(self) -> None:
        while True:
            try:
                connection = await self._database.connect(name="yellowcart notifications")
                async with connection:
                    for channel in self._heard:
                        await connection.execute(f"LISTEN {identifier(channel)}")
                    for gap in self._gaps:
                        await gap()
                    self._listening.set()
                    async for notice in connection.notifies():
                        for heard in self._heard.get(notice.channel, ()):
                            await self._tell(heard, notice.channel, notice.payload)
            except Exception as error:  # whatever broke, the process must not stay deaf
                log.warning("notifications.lost", error=repr(error))
            await asyncio.sleep(RECONNECT_AFTER_S)

    @staticmethod
    async def _tell(heard: Heard, channel: str, payload: str) -> None:
        try:
            await heard(payload)
        except Exception:  # one deaf listener must not silence the others
            log.exception("notifications.listener_failed", channel=channel)
