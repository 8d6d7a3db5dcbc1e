"""A demo world without its audience, so that it can be lived through day by day.

Its people, shops, sources and creators are written as the demo writes them. Its notices are not loaded: two
operators write and approve them beforehand, and the platform announces and carries them out as its clock comes by.
"""

import secrets
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, datetime

import msgspec

from tests.conftest import SignedIn
from tests.orders.shopping import open_till, order_of, order_state
from tests.stage_world import Host, live_room, new_video
from tests.worlds.expected import REFUSE, SHANGHAI, told
from yellowcart.accounts.inbox import inbox_of
from yellowcart.accounts.model import Person
from yellowcart.demo.model import Notice, OutsideProduct
from yellowcart.demo.seed_notices import OPERATOR, SECOND_OPERATOR, content_of, publish_announced
from yellowcart.demo.seed_rows import Seeded
from yellowcart.demo.seed_shops import seed_people, seed_reference, seed_shops
from yellowcart.demo.seed_stage import seed_creators
from yellowcart.demo.world_file import load_world
from yellowcart.kernel import clock
from yellowcart.kernel.clock_table import move_clock, set_clock
from yellowcart.kernel.database import Database, Writer
from yellowcart.kernel.errors import InvalidFields
from yellowcart.kernel.ids import OrderId, ShopId
from yellowcart.kernel.tasks import run_all_sweeps
from yellowcart.links.errors import RefusedByLinkRule
from yellowcart.links.model import Surface
from yellowcart.links.publish import publish_draft
from yellowcart.links.recognise import recognise
from yellowcart.links.rules import Timeline, verdict
from yellowcart.links.store import read_timeline
from yellowcart.links.submit import submit_draft
from yellowcart.links.write_draft import draft_notice
from yellowcart.stage import listings
from yellowcart.stage.model import Listing, Place, in_room, in_video
from yellowcart.sweeps import register_sweeps

TASK = "XT20200906-88"
PRODUCTS = 3
"""Products of the world that are enough for a replay."""


PRODUCT_LINKS = {"mockuai": "https://act.mockuai.com/goods/detail?goods_id=992675"}
"""domain.md §4 knows no product page of 魔筷: the world's links are campaign pages, which cannot be listed; this
one has the cautious form of `links/patterns/mockuai.toml`."""


class _Undone(Exception):
    """Takes back what was only tried."""


@dataclass
class Replay:
    """A world at some moment of its life, with a host whose carts hold one thing of every source."""

    database: Database
    seeded: Seeded
    host: Host
    room: Place
    video: Place
    prober: Host
    probing: dict[str, Place]
    goods: dict[str, OutsideProduct]
    listed: list[Listing] = field(default_factory=list)

    @property
    def probed(self) -> list[tuple[str, str]]:
        """Pairs that a creator can try out: carts, with own goods or with links of a source."""
        return [(surface, source) for surface in self.probing for source in ("own", *self.goods)]

    async def be(self, at: datetime) -> None:
        """Let it be that moment, and everything happen that is due."""
        clock.process_clock().freeze(at)
        await run_all_sweeps(self.database)

    async def leap(self, to: datetime) -> None:
        """Move the clock as an operator of a demo does, past whatever lies between, and let happen what is due."""
        async with self.database.writing() as writer:
            await set_clock(writer, clock.now())
            await move_clock(writer, to)
        await self.be(to)

    async def timeline(self) -> Timeline:
        """The rules as they are published by now."""
        async with self.database.reading() as reader:
            return await read_timeline(reader)

    async def put(self, place: Place, source: str, *, task: str | None = None) -> Listing:
        """The host puts something of a source into a cart, to stay."""
        async with self.database.writing() as writer:
            listing = await self._put(writer, self.host, place, source, task)
        self.listed.append(listing)
        return listing

    async def put_everything(self) -> None:
        """One thing of every source into both carts."""
        for place in (self.room, self.video):
            for source in ("own", *self.goods):
                await self.put(place, source)

    async def try_out(self, surface: str, source: str) -> str:
        """What a creator meets who lists something of a source now, in the words of the tables: without a task,
        and with one where it is asked for. Nothing of it stays."""
        try:
            return await self._try(surface, source, None)
        except RefusedByLinkRule:
            return REFUSE
        except InvalidFields as refusal:
            if list(refusal.problems) != ["channel_task"]:
                raise
            return await self._try(surface, source, TASK)

    async def _try(self, surface: str, source: str, task: str | None) -> str:
        answer = ""
        with suppress(_Undone):
            async with self.database.writing() as writer:
                listing = await self._put(writer, self.prober, self.probing[surface], source, task)
                now = verdict(await read_timeline(writer), listing.surface, listing.source, clock.now())
                answer = told(now)
                raise _Undone
        return answer

    async def _put(self, writer: Writer, host: Host, place: Place, source: str, task: str | None) -> Listing:
        if source == "own":
            detail = next(iter(self.seeded.products.values()))
            listing = await listings.list_product(
                writer, host.person, place, detail.shop.shop_id, detail.product.product_id, channel_task=task
            )
        else:
            goods = self.goods[source]
            listing = await listings.list_outside(
                writer, host.person, place, pasted_text=goods.url, title=goods.title.zh, channel_task=task
            )
        return await listings.put_on(writer, host.person, listing.listing_id)

    async def standing(self) -> dict[tuple[str, str], tuple[str, str | None, date | None]]:
        """Of each pair of what the host listed last: its state, the notice that took it off, and on which day."""
        async with self.database.reading() as reader:
            rows = await reader.records(
                """
                SELECT DISTINCT ON (surface, source) surface, source, state, notice.code, taken_off_at
                FROM listing LEFT JOIN notice ON notice.notice_id = off_notice_id
                WHERE listing_id = ANY(%(listing_ids)s)
                ORDER BY surface, source, listing_id DESC
                """,
                listing_ids=[listing.listing_id for listing in self.listed],
            )
        return {
            (row["surface"], row["source"]): (
                row["state"],
                row["code"],
                row["taken_off_at"] and row["taken_off_at"].astimezone(SHANGHAI).date(),
            )
            for row in rows
        }

    async def departures(self) -> Counter[int]:
        """How many times the platform told that each listing left by a link rule."""
        async with self.database.reading() as reader:
            return Counter(
                int(told_of)
                for told_of in await reader.column(
                    """
                    SELECT payload->>'listing_id' FROM outbox_event
                    WHERE kind = 'listing.taken_off' AND payload->>'reason' = 'link_rule'
                    """
                )
            )

    async def messages(self, person: Person | None = None) -> list[tuple[date, str]]:
        """The day and kind of every message to the host about link rules, the first first."""
        async with self.database.reading() as reader:
            found = await inbox_of(reader, person or self.host.person, size=100)
        return sorted(
            (message.created_at.astimezone(SHANGHAI).date(), message.kind)
            for message in found.items
            if message.kind.startswith("rule.")
        )

    async def buy(self) -> tuple[ShopId, OrderId]:
        """A buyer orders the host's own goods in the room, and pays."""
        listing = next(each for each in self.listed if each.source == "own" and each.room_id is not None)
        sku = next(iter(self.seeded.products.values())).skus[0]
        buyer = self.seeded.people["buyer"]
        till = await open_till(self.database)
        try:
            wanted = order_of(listing.listing_id, sku.sku_id, price_fen=sku.price_fen)
            placed = await till.lane.place(buyer.person_id, secrets.token_hex(8), "hash", wanted)
            await till.pay(buyer, placed)
        finally:
            await till.lane.stop()
        return placed.shop_id, placed.order_id

    async def order(self, order: tuple[ShopId, OrderId]) -> tuple[str, str | None]:
        """The state of an order."""
        return await order_state(self.database, *order)


async def begin(database: Database, name: str, at: datetime) -> Replay:
    """A world as it stood at a moment: the notices announced by then are published, the later ones approved."""
    register_sweeps()
    clock.process_clock().freeze(at)
    whole = load_world(name)
    world = msgspec.structs.replace(whole, products=whole.products[:PRODUCTS])
    seeded = Seeded(world=world)
    async with database.writing() as writer:
        await seed_reference(writer, seeded)
    await seed_people(database, seeded)
    await seed_shops(database, seeded)
    async with database.writing() as writer:
        await seed_creators(writer, seeded)
    await publish_announced(database, seeded, until=at)
    clock.process_clock().freeze(at)
    for notice in sorted(world.notices, key=lambda each: each.announced_at):
        if notice.announced_at > at:
            await _approve(database, seeded, notice)
    host, prober = _hosts(seeded)
    return Replay(
        database=database,
        seeded=seeded,
        host=host,
        room=in_room((await live_room(database, host)).room_id),
        video=in_video(await new_video(database, host)),
        prober=prober,
        probing={
            Surface.LIVE_CART.value: in_room((await live_room(database, prober)).room_id),
            Surface.VIDEO_CART.value: in_video(await new_video(database, prober)),
        },
        goods=_goods(world.outside_products),
    )


async def _approve(database: Database, seeded: Seeded, notice: Notice) -> None:
    drafter, second = seeded.people[OPERATOR], seeded.people[SECOND_OPERATOR]
    async with database.writing() as writer:
        draft = await draft_notice(writer, drafter, content_of(notice))
        draft = await submit_draft(writer, drafter, draft.draft_id, version=draft.version)
        await publish_draft(writer, second, draft.draft_id, version=draft.version)


def _hosts(seeded: Seeded) -> list[Host]:
    free = [each for each in seeded.world.creators if each.merchant is None][:2]
    return [
        Host(SignedIn(seeded.creator_people[creator.key], token=""), seeded.creators[creator.key])
        for creator in free
    ]


def _goods(outside: tuple[OutsideProduct, ...]) -> dict[str, OutsideProduct]:
    """One thing of each source that can be listed by a link to a product."""
    goods: dict[str, OutsideProduct] = {}
    for each in outside:
        sellable = msgspec.structs.replace(each, url=PRODUCT_LINKS.get(each.link_source, each.url))
        found = recognise(sellable.url)
        if found and found[0].item_id is not None:
            goods.setdefault(each.link_source, sellable)
    return goods
