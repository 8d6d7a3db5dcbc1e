"""Writes a demo world into an empty database: its past, its present, and what its operators have planned.

The platform clock stands still at each chapter and moves from one to the next; what the platform does by itself
(taking listings off when a rule begins) is done by its own sweeps at that moment, not written down by hand. The
same seed gives the same world; ids differ, content does not.
"""

from collections.abc import Callable
from datetime import timedelta

from yellowcart.demo.accounts import demo_world
from yellowcart.demo.chronicle import Chronicle
from yellowcart.demo.model import Room
from yellowcart.demo.past_orders import past_orders
from yellowcart.demo.seed_audience import write_audience, write_chat
from yellowcart.demo.seed_cases import plan_cases
from yellowcart.demo.seed_delivery import seed_delivery
from yellowcart.demo.seed_findings import plan_findings
from yellowcart.demo.seed_notices import publish_announced, seed_drafts
from yellowcart.demo.seed_orders import write_orders
from yellowcart.demo.seed_promotions import seed_promotions, write_promotions
from yellowcart.demo.seed_reports import take_in_reports
from yellowcart.demo.seed_reviews import write_reviews
from yellowcart.demo.seed_rows import Seeded, SellingPlace
from yellowcart.demo.seed_shipping import plan_shipping
from yellowcart.demo.seed_shops import seed_offers, seed_people, seed_reference, seed_shops
from yellowcart.demo.seed_spoken_reviews import plan_spoken_reviews
from yellowcart.demo.seed_stage import (
    hold_announced_rooms,
    seed_creators,
    seed_rooms,
    seed_videos,
)
from yellowcart.demo.world_file import World, world_names
from yellowcart.kernel import clock
from yellowcart.kernel.clock_table import read_anchor, set_clock
from yellowcart.kernel.database import Database, Reader
from yellowcart.kernel.tasks import run_all_sweeps
from yellowcart.payments.providers import open_gateways
from yellowcart.sweeps import register_sweeps
from yellowcart.uploads.storage import UploadStorage

Progress = Callable[[str], None]
"""Told the name of each chapter when it begins."""

BEFORE_ORDERS = 160
ORDERS_MAX, ORDERS_PER_PLACE = 3_200, 64


class NotEmpty(Exception):
    """The database has people in it already; a world is written into an empty one only."""


async def seed_world(database: Database, storage: UploadStorage, world: World, progress: Progress) -> None:
    """Write the whole world and set the platform clock to its start; pictures go into `storage`. Raises NotEmpty.

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
        await _earlier_cut(database, seeded, progress)
        await _week(database, seeded, progress)
        progress("售后、评价与对账 · After-sales, reviews, reconciliation")
        await _stories(database, storage, seeded)
        progress("收尾 · Winding the clock")
        clock.process_clock().freeze(world.starts_at)
        while await run_all_sweeps(database):
            pass
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


async def held_world(reader: Reader) -> str | None:
    """The name of the world whose accounts a demo's database holds; None for one broken off before it had any."""
    for name in world_names():
        logins = [account.login for account in demo_world(name).accounts]
        known = await reader.value("SELECT count(*) FROM person WHERE login = ANY(%(logins)s)", logins=logins)
        if known == len(logins):
            return name
    return None


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
        await seed_delivery(writer, seeded)


async def _earlier_cut(database: Database, seeded: Seeded, progress: Progress) -> None:
    """Rules that began between the world's history and its start, with the rooms around them: in the world of
    2022 the store systems leave the live carts in November 2021. A world without such rules skips it."""
    world = seeded.world
    await publish_announced(database, seeded, until=world.history_from)
    cut = next((each for each in world.notices if world.history_from < each.effective_at <= world.starts_at), None)
    if cut is None:
        clock.process_clock().freeze(world.history_from)
        await run_all_sweeps(database)
        return
    progress(f"{cut.effective_at:%Y-%m}：{cut.title.zh} · {cut.title.en}")
    rooms = [room for room in world.rooms if room.starts_at < world.starts_at - timedelta(days=30)]
    before = [room for room in rooms if room.starts_at < cut.effective_at]
    after = [room for room in rooms if room.starts_at >= cut.effective_at]
    await publish_announced(database, seeded, until=cut.effective_at)
    clock.process_clock().freeze(cut.effective_at - timedelta(hours=4))
    await run_all_sweeps(database)
    async with database.writing() as writer:
        await seed_rooms(writer, seeded, before)
        await seed_rooms(writer, seeded, after, carried_over=_carried_over(world, before, after))
    clock.process_clock().freeze(cut.effective_at)
    await run_all_sweeps(database)
    async with database.writing() as writer:
        await hold_announced_rooms(writer, seeded, after)
    await _audience(database, seeded, list(seeded.places.values()), BEFORE_ORDERS, "autumn")


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
    await publish_announced(database, seeded, until=world.starts_at)
    await seed_drafts(database, seeded)
    clock.process_clock().freeze(world.starts_at)
    known = set(seeded.places)
    progress("直播间与短视频 · Rooms and videos")
    async with database.writing() as writer:
        await seed_rooms(writer, seeded, [room for room in world.rooms if room.key not in known])
        await seed_videos(writer, seeded, list(world.videos))
        await seed_promotions(writer, seeded)
    places = [place for key, place in seeded.places.items() if key not in known]
    progress("过去一周的订单与观众 · Orders and audience of the past week")
    await _audience(database, seeded, places, min(ORDERS_MAX, ORDERS_PER_PLACE * len(places)), "week")
    on_air = {room.key for room in world.rooms if room.state.value == "live"}
    async with database.writing() as writer:
        await write_chat(writer, seeded, [place for place in places if place.key in on_air])
    progress("外部联盟的订单报表 · Order reports of outside networks")
    await take_in_reports(database, seeded)


async def _stories(database: Database, storage: UploadStorage, seeded: Seeded) -> None:
    """What goes on around the orders of the last days, and what everybody else wrote of theirs."""
    gateways = open_gateways(database, None, sandbox=True)
    chronicle = Chronicle(database, storage, gateways, seeded, seeded.orders)
    plan_cases(chronicle)
    plan_spoken_reviews(chronicle)
    plan_shipping(chronicle)
    plan_findings(chronicle)
    async with database.writing() as writer:
        await write_reviews(writer, seeded, seeded.orders, chronicle.spoken_for, "reviews")
    await chronicle.run()


async def _audience(database: Database, seeded: Seeded, places: list[SellingPlace], count: int, part: str) -> None:
    trade = past_orders(seeded, places, count, f"{part}/orders")
    seeded.orders += trade.orders
    async with database.writing() as writer:
        await write_orders(writer, seeded, trade.orders, part)
        await write_audience(writer, seeded, places, trade.orders, f"{part}/audience")
        if seeded.coupons:
            await write_promotions(writer, seeded, trade.claims)
