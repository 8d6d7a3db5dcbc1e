"""Enforcement: a rule begins at a moment, and how long it takes until every viewer's page knows that goods left.

The worker runs as in production, the viewers hold real streams over real sockets, and the time is that of the
machine's clock: from the effective moment of the rule to the event in each stream.
"""

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import msgspec

from bench.frame import Surroundings
from bench.platform_under_test import (
    CHECKOUT,
    HOME,
    HOST,
    PlatformUnderTest,
    platform_under_test,
    scratch_database,
)
from bench.report import Figure, Section, median_figure
from yellowcart.kernel import clock
from yellowcart.kernel.database import Database, Writer
from yellowcart.kernel.ids import CreatorId, ListingId, NoticeId, PersonId, RoomId, new_id
from yellowcart.links.model import Action, Notice, NoticeLine, SourceScope, Surface, Wording
from yellowcart.links.store import PublishedNotice, enact

OPENING_S = 30.0
STOP_WITHIN_S = 10.0
CART_EVENT = b"event: cart"
RECEIVE_BYTES = 65_536


class Shape(msgspec.Struct, frozen=True, kw_only=True):
    """How many rooms are on air, what stands in them, and who watches."""

    rooms: int = 50
    listings_per_room: int = 40
    """Of the source that is refused in one round."""
    viewers_per_room: int = 10
    rounds: int = 5
    apart_s: float = 4.0
    """From one rule's beginning to the next."""
    wait_s: float = 15.0

    @property
    def sources(self) -> list[str]:
        """One for each round, all of them in every cart."""
        return [f"source_{number}" for number in range(1, self.rounds + 1)]


def run_enforcement(surroundings: Surroundings) -> tuple[Section, ...]:
    """The bench. Raises RuntimeError when a viewer is not told, or a process fails."""
    shape = Shape()
    surroundings.step("starting the platform and its worker")
    with (
        scratch_database(surroundings.server_url) as database_url,
        platform_under_test(database_url) as platform,
    ):
        rooms = platform.in_database(lambda database: _fill(database, shape))
        with _worker(database_url):
            platform.in_database(_wait_for_the_worker)
            surroundings.step(f"{shape.rounds} rules, {shape.rooms * shape.viewers_per_room} viewers")
            seen_ms = platform.in_database(lambda database: _watch(database, platform, shape, rooms))
        left = platform.in_database(_count_left)
    return (_section(shape, seen_ms, left),)


@contextmanager
def _worker(database_url: str) -> Iterator[None]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("YELLOWCART_")}
    process = subprocess.Popen(
        [sys.executable, "-m", "yellowcart.cli", "worker"],
        cwd=CHECKOUT,
        env=inherited | {"DATABASE_URL": database_url, "YELLOWCART_HOME": str(HOME / "worker")},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        yield
        if process.poll() is not None:
            raise RuntimeError(f"the worker ended with {process.returncode}")
    finally:
        process.terminate()
        try:
            process.wait(STOP_WITHIN_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


async def _fill(database: Database, shape: Shape) -> list[RoomId]:
    """Rooms on air with full carts, and rules that allow it all: carrying these out shows the worker at work."""
    rooms = [new_id(RoomId) for _ in range(shape.rooms)]
    async with database.writing() as writer:
        await writer.run_many(
            "INSERT INTO source (source, name_zh, name_en, kind, position)"
            " VALUES (%(key)s, %(key)s, %(key)s, %(kind)s, 1)",
            [{"key": "own", "kind": "own"}, *({"key": source, "kind": "other"} for source in shape.sources)],
        )
        for room_id in rooms:
            await _open_room(writer, room_id)
            for source in shape.sources:
                await writer.run(
                    _LIST,
                    listing_ids=[new_id(ListingId) for _ in range(shape.listings_per_room)],
                    room_id=room_id,
                    source=source,
                    now=clock.now(),
                )
        allowed = _notice("allowed", clock.now() - timedelta(days=30), Action.ALLOW, SourceScope.EVERY)
        await enact(writer, allowed, by=None, history=True)
    return rooms


async def _open_room(writer: Writer, room_id: RoomId) -> None:
    values = {
        "person_id": new_id(PersonId),
        "creator_id": new_id(CreatorId),
        "room_id": room_id,
        "began": clock.now() - timedelta(hours=1),
    }
    for statement in (
        "INSERT INTO person (person_id, login, name, password_hash, state, created_at)"
        " VALUES (%(person_id)s, %(person_id)s::text, 'host', '', 'active', %(began)s)",
        "INSERT INTO creator (creator_id, person_id, name, kind, created_at)"
        " VALUES (%(creator_id)s, %(person_id)s, 'host', 'creator', %(began)s)",
        "INSERT INTO room (room_id, creator_id, title, state, scheduled_at, started_at, created_at)"
        " VALUES (%(room_id)s, %(creator_id)s, 'room', 'live', %(began)s, %(began)s, %(began)s)",
    ):
        await writer.run(statement, **values)


async def _wait_for_the_worker(database: Database) -> None:
    deadline = time.monotonic() + OPENING_S
    while time.monotonic() < deadline:
        async with database.reading() as reader:
            if await reader.value("SELECT true FROM enforced_change LIMIT 1"):
                return
        await asyncio.sleep(0.1)
    raise RuntimeError(f"the worker carried nothing out within {OPENING_S} s")


async def _watch(
    database: Database, platform: PlatformUnderTest, shape: Shape, rooms: list[RoomId]
) -> list[list[float]]:
    """Milliseconds from each rule's moment to each viewer, rule by rule."""
    viewers = [_Viewer(room_id) for room_id in rooms for _ in range(shape.viewers_per_room)]
    await asyncio.gather(*(viewer.open(platform.port) for viewer in viewers))
    first = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=shape.apart_s)
    moments = [first + timedelta(seconds=shape.apart_s * number) for number in range(shape.rounds)]
    async with database.writing() as writer:
        for source, moment in zip(shape.sources, moments, strict=True):
            await enact(writer, _notice(source, moment, Action.REFUSE, (source,)), by=None)
    reading = [asyncio.create_task(viewer.read(shape.rounds)) for viewer in viewers]
    done, waiting = await asyncio.wait(reading, timeout=shape.apart_s * (shape.rounds + 1) + shape.wait_s)
    for task in waiting:
        task.cancel()
    if waiting:
        raise RuntimeError(f"{len(waiting)} of {len(viewers)} viewers were not told of every rule")
    told = [task.result() for task in done]
    return [
        [(times[number] - moment.timestamp()) * 1_000 for times in told] for number, moment in enumerate(moments)
    ]


class _Viewer:
    """One open stream of a room."""

    def __init__(self, room_id: RoomId) -> None:
        self._room_id = room_id

    async def open(self, port: int) -> None:
        """Connect, and read the head of the answer."""
        self._reader, self._writer = await asyncio.open_connection(HOST, port)
        path = f"/rooms/{self._room_id}/stream"
        self._writer.write(f"GET {path} HTTP/1.1\r\nhost: {HOST}\r\naccept: text/event-stream\r\n\r\n".encode())
        head = await asyncio.wait_for(self._reader.readuntil(b"\r\n\r\n"), OPENING_S)
        if b" 200 " not in head.splitlines()[0]:
            raise RuntimeError(f"a stream was answered {head.splitlines()[0].decode(errors='replace')}")

    async def read(self, events: int) -> list[float]:
        """When each of so many changes of the cart arrived, in seconds of the machine's clock."""
        times: list[float] = []
        kept = b""
        while len(times) < events:
            data = await self._reader.read(RECEIVE_BYTES)
            if not data:
                raise RuntimeError("a stream was closed")
            now = time.time()
            seen = (kept + data).count(CART_EVENT)
            times += [now] * seen
            # An event cut in two by the network is counted when its end comes, and one that was counted not again.
            kept = (kept + data)[-(len(CART_EVENT) - 1) :]
        self._writer.close()
        return times


async def _count_left(database: Database) -> int:
    async with database.reading() as reader:
        return int(await reader.value("SELECT count(*) FROM listing WHERE off_reason = 'link_rule'"))


def _notice(code: str, at: datetime, action: Action, sources: tuple[str, ...] | SourceScope) -> PublishedNotice:
    words = Wording(code, code)
    line = NoticeLine(action=action, sources=sources, surfaces=(Surface.LIVE_CART,))
    notice = Notice(
        id=new_id(NoticeId),
        issuer=words,
        text=words,
        reason=words,
        announced_at=at - timedelta(days=7),
        effective_at=at,
        lines=(line,),
    )
    return PublishedNotice(code=code, title=words, notice=notice, provenance="")


def _section(shape: Shape, seen_ms: list[list[float]], left: int) -> Section:
    key = "enforcement"
    viewers = shape.rooms * shape.viewers_per_room
    taken = shape.rooms * shape.listings_per_room
    return Section(
        title=f"Enforcement: a rule takes {taken:,} listings out of {shape.rooms} rooms with {viewers:,} viewers",
        figures=(
            median_figure(
                f"{key}.last_ms",
                "from the effective moment to the last viewer",
                [max(each) for each in seen_ms],
                "ms",
            ),
            median_figure(
                f"{key}.median_ms",
                "to the viewer in the middle",
                [sorted(each)[len(each) // 2] for each in seen_ms],
                "ms",
            ),
            median_figure(f"{key}.first_ms", "to the first viewer", [min(each) for each in seen_ms], "ms"),
            Figure(key=f"{key}.worst_ms", label="the worst of all", value=max(map(max, seen_ms)), unit="ms"),
            Figure(key=f"{key}.left", label="listings that left, all rounds", value=left),
        ),
        notes=(
            f"{len(seen_ms)} rules, each of another source. Wanted is less than a second to the last viewer."
            " Viewers read in the bench's own process, whose work is in the times.",
        ),
    )


_LIST = """
INSERT INTO listing (listing_id, creator_id, surface, room_id, position, state, source, title, url,
                     created_at, put_on_at)
SELECT listed.listing_id, room.creator_id, 'live_cart', room.room_id, listed.position, 'on_cart', %(source)s,
       'goods', 'https://outside.example/' || listed.listing_id, %(now)s, %(now)s
FROM unnest(%(listing_ids)s::bigint[]) WITH ORDINALITY AS listed (listing_id, position), room
WHERE room.room_id = %(room_id)s
"""
