"""Writes the demo world into an empty database: its past from October 2021 on, and its present.

The platform clock stands still at each chapter and moves from one to the next; what the platform does by itself
(taking listings off when a rule begins) is done by its own sweeps at that moment, not written down by hand. The
same seed gives the same world; ids differ, content does not.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

from yellowcart.demo.model import Room
from yellowcart.demo.past_orders import past_orders
from yellowcart.demo.seed_audience import write_audience, write_chat
from yellowcart.demo.seed_orders import write_orders
from yellowcart.demo.seed_rows import Seeded, SellingPlace
from yellowcart.demo.seed_shops import seed_offers, seed_people, seed_reference, seed_shops
from yellowcart.demo.seed_stage import (
    hold_announced_rooms,
    seed_creators,
    seed_notice,
    seed_rooms,
    seed_videos,
)
from yellowcart.demo.world_file import World
from yellowcart.kernel import clock
from yellowcart.kernel.clock_table import read_anchor, set_clock
from yellowcart.kernel.database import Database
from yellowcart.kernel.tasks import run_all_sweeps
from yellowcart.sweeps import register_sweeps

Progress = Callable[[str], None]
"""Told the name of each chapter when it begins."""

OPERATOR = "operator"
AUTUMN_ORDERS = 160
ORDERS = 3_200


class NotEmpty(Exception):
    """The database has people in it already; a world is written into an empty one only."""


async def seed_world(database: Database, world: World, progress: Progress) -> None:
    """Write the whole world and set the platform clock to its start. Raises NotEmpty.

    The clock's anchor is written first, at the beginning of the past: a world whose anchor stands before its
    start was never finished (`is_finished`).
    """
    register_sweeps()
    seeded = Seeded(world=world)
    async with database.writing() as writer:
        if await writer.value("SELECT count(*) FROM person"):
            raise NotEmpty
        await set_clock(writer, world.history_from)
    try:
        await _shops(database, seeded, progress)
        await _autumn(database, seeded, progress)
        await _week(database, seeded, progress)
        progress("收尾 · Winding the clock")
        clock.process_clock().freeze(world.starts_at)
        await run_all_sweeps(database)
        async with database.writing() as writer:
            await writer.run("ANALYZE")
            await set_clock(writer, world.starts_at)
    finally:
        clock.process_clock().set_offset(timedelta())


async def is_finished(database: Database, world: World) -> bool | None:
    """Whether the database holds a whole demo world; None when it is no demo's at all."""
    async with database.reading() as reader:
        anchor = await read_anchor(reader)
    return None if anchor is None else anchor.platform_at >= world.starts_at


async def _shops(database: Database, seeded: Seeded, progress: Progress) -> None:
    clock.process_clock().freeze(seeded.world.history_from)
    progress("人物、类目与货源 · People, categories, sources")
    async with database.writing() as writer:
        await seed_reference(writer, seeded)
    await seed_people(database, seeded)
    progress("店铺与商品 · Shops and their products")
    await seed_shops(database, seeded)
    async with database.writing() as writer:
        await seed_creators(writer, seeded)
        await seed_offers(writer, seeded)


async def _autumn(database: Database, seeded: Seeded, progress: Progress) -> None:
    """October and November 2021: the store systems leave the live carts."""
    progress("2021 年 11 月：有赞、魔筷离开直播间 · November 2021: Youzan and Mockuai leave the live carts")
    world = seeded.world
    cut = next(notice.effective_at for notice in world.notices if notice.effective_at > world.history_from)
    rooms = [room for room in world.rooms if room.starts_at < world.starts_at - timedelta(days=30)]
    before = [room for room in rooms if room.starts_at < cut]
    after = [room for room in rooms if room.starts_at >= cut]
    await _publish(database, seeded, until=cut)
    clock.process_clock().freeze(cut - timedelta(hours=4))
    await run_all_sweeps(database)
    async with database.writing() as writer:
        await seed_rooms(writer, seeded, before)
        await seed_rooms(writer, seeded, after, carried_over=_carried_over(world, before, after))
    clock.process_clock().freeze(cut)
    await run_all_sweeps(database)
    async with database.writing() as writer:
        await hold_announced_rooms(writer, seeded, after)
    await _audience(database, seeded, list(seeded.places.values()), AUTUMN_ORDERS, "autumn")


def _carried_over(world: World, before: list[Room], after: list[Room]) -> dict[str, tuple[str, ...]]:
    """The goods of store systems that a creator's next room still has in its prepared cart, from the last."""
    carried: dict[str, tuple[str, ...]] = {}
    for room in after:
        earlier = [each for each in before if each.creator == room.creator]
        carried[room.key] = tuple(
            key
            for each in earlier
            for key in each.cart
            if world.link_source_of(key) in {"youzan", "mockuai"} and key not in room.cart
        )
    return carried


async def _week(database: Database, seeded: Seeded, progress: Progress) -> None:
    """The seven days before the start, and the rooms on air as it comes."""
    world = seeded.world
    await _publish(database, seeded, until=world.starts_at)
    clock.process_clock().freeze(world.starts_at)
    known = set(seeded.places)
    progress("直播间与短视频 · Rooms and videos")
    async with database.writing() as writer:
        await seed_rooms(writer, seeded, [room for room in world.rooms if room.key not in known])
        await seed_videos(writer, seeded, list(world.videos))
    places = [place for key, place in seeded.places.items() if key not in known]
    progress("过去一周的订单与观众 · Orders and audience of the past week")
    await _audience(database, seeded, places, ORDERS, "week")
    on_air = {room.key for room in world.rooms if room.state.value == "live"}
    async with database.writing() as writer:
        await write_chat(writer, seeded, [place for place in places if place.key in on_air])


async def _publish(database: Database, seeded: Seeded, *, until: datetime) -> None:
    """Publish the notices announced by then and not yet, each at the moment of its announcement."""
    async with database.writing() as writer:
        known = set(await writer.column("SELECT code FROM notice"))
        for notice in sorted(seeded.world.notices, key=lambda each: each.announced_at):
            if notice.key not in known and notice.announced_at <= until:
                clock.process_clock().freeze(max(notice.announced_at, seeded.world.history_from))
                await seed_notice(writer, seeded, notice, seeded.people[OPERATOR])


async def _audience(database: Database, seeded: Seeded, places: list[SellingPlace], count: int, part: str) -> None:
    orders = past_orders(seeded, places, count, f"{part}/orders")
    async with database.writing() as writer:
        await write_orders(writer, seeded, orders, part)
        await write_audience(writer, seeded, places, orders, f"{part}/audience")
