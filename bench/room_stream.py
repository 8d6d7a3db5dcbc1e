"""The stream of a room: the creator pins a product, and how long it takes until the last viewer's page knows."""

import msgspec

from bench.frame import Surroundings
from bench.platform_under_test import PlatformUnderTest, platform_under_test, scratch_database
from bench.report import Figure, Section, median_figure
from bench.streams import StreamResult, StreamSpec, run_streams_apart
from tests.small_world import make_small_world
from yellowcart.accounts.sessions import open_session
from yellowcart.kernel.database import Database
from yellowcart.kernel.ids import ListingId, RoomId, new_id


class CrowdShape(msgspec.Struct, frozen=True, kw_only=True):
    """How many watch, and how often is pinned."""

    streams: int = 2_000
    rounds: int = 10
    wait_seconds: float = 20.0


class _Stage(msgspec.Struct, frozen=True):
    """A room on air with two listings that its creator pins in turn."""

    room_id: RoomId
    listing_ids: tuple[ListingId, ListingId]
    token: str
    """The creator's session."""


def run_room_stream(surroundings: Surroundings) -> tuple[Section, ...]:
    """The bench. Raises RuntimeError when a viewer missed an event or a process fails."""
    shape = CrowdShape()
    surroundings.step("starting the platform")
    with (
        scratch_database(surroundings.server_url) as database_url,
        platform_under_test(database_url) as platform,
    ):
        surroundings.step(f"{shape.streams:,} streams, {shape.rounds} pins")
        return (_section(shape, watch_pins(platform, shape)),)


def watch_pins(platform: PlatformUnderTest, shape: CrowdShape) -> StreamResult:
    """Open the streams, pin by the API, wait for the last viewer. Raises RuntimeError when one misses a pin."""
    stage = platform.in_database(_make_stage)
    result = run_streams_apart(
        StreamSpec(
            port=platform.port,
            path=f"/rooms/{stage.room_id}/stream",
            streams=shape.streams,
            # The hub counts what it tells a room from 1, and nothing but the pins happens in this one.
            event_id=f"{stage.room_id}-{{{{round}}}}",
            trigger_paths=[f"/api/v1/listings/{listing_id}/explain" for listing_id in stage.listing_ids],
            trigger_headers={"authorization": f"Bearer {stage.token}"},
            rounds=shape.rounds,
            wait_seconds=shape.wait_seconds,
        )
    )
    missing = sum(each.missing for each in result.rounds)
    if missing or result.closed:
        raise RuntimeError(f"{missing} events did not arrive, {result.closed} streams were closed")
    return result


async def _make_stage(database: Database) -> _Stage:
    world = await make_small_world(database)
    second = new_id(ListingId)
    async with database.writing() as writer:
        await writer.run(_LIST_TWICE, second=second, first=world.listing_id)
        session = await open_session(writer, world.creator_person_id, address="", user_agent="bench")
    return _Stage(world.room_id, (world.listing_id, second), session.token)


def _section(shape: CrowdShape, result: StreamResult) -> Section:
    key = "room_stream"
    last_ms = [each.last_us / 1000 for each in result.rounds if each.last_us is not None]
    first_ms = [each.first_us / 1000 for each in result.rounds if each.first_us is not None]
    median_ms = [each.each.p50_us / 1000 for each in result.rounds if each.each is not None]
    return Section(
        title=f"Room stream: {shape.streams:,} open pages of one room",
        figures=(
            median_figure(f"{key}.last_ms", "from the pin to the last viewer's event", last_ms, "ms", decimals=1),
            median_figure(f"{key}.median_ms", "to the viewer in the middle", median_ms, "ms", decimals=1),
            median_figure(f"{key}.first_ms", "to the first viewer", first_ms, "ms", decimals=1),
            Figure(
                key=f"{key}.received",
                label="events received, all rounds",
                value=sum(each.received for each in result.rounds),
            ),
            Figure(
                key=f"{key}.open_s", label="opening all streams", value=result.open_wall_s, unit="s", decimals=2
            ),
            Figure(
                key=f"{key}.viewers_cpu_s",
                label="viewers' own CPU, all rounds and the opening",
                value=result.cpu_user_s + result.cpu_system_s,
                unit="s",
                decimals=2,
            ),
        ),
        notes=(
            f"{len(result.rounds)} pins through the creator's API. A time runs from just before the request is"
            " sent until the viewers' process, one for all, has read the event from the last socket: its own work"
            " is in it.",
        ),
    )


_LIST_TWICE = """
INSERT INTO listing (listing_id, creator_id, surface, room_id, position, state, source, shop_id, product_id, title,
                     price_fen, hold_s, created_at, put_on_at)
SELECT %(second)s, creator_id, surface, room_id, 2, state, source, shop_id, product_id, title, price_fen, hold_s,
       created_at, put_on_at
FROM listing
WHERE listing_id = %(first)s
"""
