"""One process's open pages of live rooms: what is told to a room goes out to every page that shows it.

An event is turned into bytes once and handed to each page's own bounded queue; a page that does not read is
dropped rather than waited for, and comes back by itself and reads the room anew. Events carry an id, counted
from 1 per room as this process holds it; counts of viewers (`audience`) carry none, as they are only the
latest of a number. Ids are for the page's own bookkeeping: nothing is replayed.
"""

import asyncio
import secrets
from collections import deque
from contextlib import suppress

import msgspec
import structlog
from prometheus_client import Counter, Gauge

from yellowcart.kernel.database import Database
from yellowcart.kernel.ids import RoomId
from yellowcart.kernel.notifications import Notifications
from yellowcart.stage.errors import StreamsFull
from yellowcart.stage.headcount import Headcount, count_viewers
from yellowcart.stage.stream import ROOM_STREAM, RoomEvent, RoomMessage

STREAMS_MAX = 20_000
"""Open streams of one process; more are told to come again."""
QUEUE_MAX = 256
"""Events that wait for one page; a page that is further behind is dropped."""
HEARTBEAT_S = 15.0
"""A comment is sent as often, so that dead connections are noticed and proxies keep live ones."""
RETRY_MS = 2_000
"""How long a page that lost its stream waits before it comes back."""
HEADCOUNT_EVERY_S = 2.0
STOCK_EVERY_S = 0.2
"""Numbers that only the latest of matters are told at most so often for each listing and SKU."""

OPENING = f"retry: {RETRY_MS}\n: open\n\n".encode()
HEARTBEAT = b": still here\n\n"

log = structlog.get_logger()
_open_streams = Gauge("yellowcart_room_streams", "Open streams of live rooms in this process")
_dropped = Counter("yellowcart_room_streams_dropped_total", "Streams dropped because their page did not read")
_decode = msgspec.json.Decoder(RoomMessage).decode


class Subscriber:
    """One open page. `next()` waits for bytes to send."""

    __slots__ = ("_closed", "_waiter", "_waiting", "counted")

    def __init__(self, *, counted: bool = True) -> None:
        self.counted = counted
        self._waiting: deque[bytes] = deque()
        self._waiter: asyncio.Future[None] | None = None
        self._closed = False

    def offer(self, told: bytes) -> bool:
        """Queue bytes for the page; False when it is too far behind."""
        if len(self._waiting) >= QUEUE_MAX:
            return False
        self._waiting.append(told)
        self._wake()
        return True

    def close(self) -> None:
        """Let the page have what is queued, then nothing more."""
        self._closed = True
        self._wake()

    async def next(self) -> bytes | None:
        """Everything that waits, in one piece, as soon as there is something; None when the stream is over."""
        while not self._waiting:
            if self._closed:
                return None
            self._waiter = asyncio.get_running_loop().create_future()
            await self._waiter
        told = self._waiting[0] if len(self._waiting) == 1 else b"".join(self._waiting)
        self._waiting.clear()
        return told

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)


class _OpenRoom:
    __slots__ = ("count", "last_headcount", "pages")

    def __init__(self) -> None:
        self.pages: set[Subscriber] = set()
        self.count = 0
        self.last_headcount: Headcount | None = None


class RoomHub:
    """Hears what rooms are told and passes it on to this process's open pages."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._node = secrets.token_hex(8)
        self._rooms: dict[RoomId, _OpenRoom] = {}
        self._open = 0
        self._latest: dict[tuple[RoomId, object, object], RoomMessage | None] = {}
        self._tasks: list[asyncio.Task[None]] = []

    def follow(self, notifications: Notifications) -> None:
        """Hear what rooms are told. Before `notifications.start`."""
        notifications.on(ROOM_STREAM, self._hear)
        notifications.on_gap(self._ask_everybody_to_read_again)

    def start(self) -> None:
        """Begin to count viewers and to send heartbeats."""
        self._tasks = [
            asyncio.create_task(self._count_forever(), name="room headcount"),
            asyncio.create_task(self._beat_forever(), name="room heartbeat"),
        ]

    async def stop(self) -> None:
        """End every stream and stop counting."""
        for task in self._tasks:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
        for opened in list(self._rooms.values()):
            for page in opened.pages:
                page.close()

    def subscribe(self, room_id: RoomId, *, counted: bool = True) -> Subscriber:
        """Open a page of the room; its creator's own desk is not counted as a viewer. Raises StreamsFull."""
        if self._open >= STREAMS_MAX:
            raise StreamsFull
        page = Subscriber(counted=counted)
        opened = self._rooms.get(room_id)
        if opened is None:
            opened = self._rooms[room_id] = _OpenRoom()
        opened.pages.add(page)
        self._open += 1
        _open_streams.set(self._open)
        page.offer(OPENING)
        if opened.last_headcount is not None:
            page.offer(encode_event(RoomEvent.AUDIENCE, opened.last_headcount.data, None))
        return page

    def unsubscribe(self, room_id: RoomId, page: Subscriber) -> None:
        """Forget a page. Doing it twice is no error."""
        opened = self._rooms.get(room_id)
        if opened is None or page not in opened.pages:
            return
        opened.pages.remove(page)
        self._open -= 1
        _open_streams.set(self._open)
        if not opened.pages:
            del self._rooms[room_id]

    def viewers(self) -> dict[RoomId, int]:
        """How many viewers' pages of each room this process holds open."""
        return {room_id: sum(page.counted for page in opened.pages) for room_id, opened in self._rooms.items()}

    def tell(self, message: RoomMessage) -> None:
        """Pass a message on to every open page of its room."""
        opened = self._rooms.get(message.room_id)
        if opened is None:
            return
        opened.count += 1
        self._broadcast(
            message.room_id, encode_event(message.event, message.data, f"{message.room_id}-{opened.count}")
        )
        if message.event is RoomEvent.ROOM and message.data.get("state") == "ended":
            for page in list(opened.pages):
                page.close()

    async def _hear(self, payload: str) -> None:
        message = _decode(payload)
        if message.room_id not in self._rooms:
            return
        if message.event is RoomEvent.STOCK:
            self._tell_latest(message)
        else:
            self.tell(message)

    def _tell_latest(self, message: RoomMessage) -> None:
        """Tell at once when nothing of the kind was told lately, else the latest when the time is over: the last
        value always arrives."""
        key = (message.room_id, message.data.get("listing_id"), message.data.get("sku_id"))
        if key in self._latest:
            self._latest[key] = message
            return
        self._latest[key] = None
        self.tell(message)
        asyncio.get_running_loop().call_later(STOCK_EVERY_S, self._tell_waiting, key)

    def _tell_waiting(self, key: tuple[RoomId, object, object]) -> None:
        message = self._latest.pop(key)
        if message is not None:
            self._latest[key] = None
            self.tell(message)
            asyncio.get_running_loop().call_later(STOCK_EVERY_S, self._tell_waiting, key)

    def _broadcast(self, room_id: RoomId, told: bytes) -> None:
        opened = self._rooms.get(room_id)
        if opened is None:
            return
        slow = [page for page in opened.pages if not page.offer(told)]
        for page in slow:
            _dropped.inc()
            page.close()
            self.unsubscribe(room_id, page)

    async def _ask_everybody_to_read_again(self) -> None:
        for room_id in list(self._rooms):
            self.tell(
                RoomMessage(room_id, RoomEvent.CART, {"listing_id": None, "state": None, "off_reason": None})
            )

    async def _beat_forever(self) -> None:
        while True:
            await asyncio.sleep(HEARTBEAT_S)
            for room_id in list(self._rooms):
                self._broadcast(room_id, HEARTBEAT)

    async def _count_forever(self) -> None:
        while True:
            await asyncio.sleep(HEADCOUNT_EVERY_S)
            try:
                await self.count_now()
            except Exception:  # counting must not end because the database was away for a moment
                log.exception("room_hub.headcount_failed")

    async def count_now(self) -> None:
        """Write this process's viewers, read everybody's, and tell the rooms whose numbers changed."""
        async with self._database.writing() as writer:
            counted = await count_viewers(writer, self._node, self.viewers())
        for room_id, headcount in counted.items():
            opened = self._rooms.get(room_id)
            if opened is not None and opened.last_headcount != headcount:
                opened.last_headcount = headcount
                self._broadcast(room_id, encode_event(RoomEvent.AUDIENCE, headcount.data, None))


def encode_event(event: RoomEvent, data: object, event_id: str | None) -> bytes:
    """An event as the stream writes it: `id`, `event` and one line of JSON."""
    head = f"id: {event_id}\nevent: {event.value}\ndata: " if event_id else f"event: {event.value}\ndata: "
    return head.encode() + msgspec.json.encode(data) + b"\n\n"
