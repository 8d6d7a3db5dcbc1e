"""Link rules carried out while others act at the very line: listing, taking off, ending, publishing once more."""

import asyncio
import tracemalloc
from datetime import timedelta
from typing import Any

from tests.rule_world import enforce_all, messages_of, put_outside, write_allowances, write_cut
from tests.stage_world import TAOBAO_TEXT, Host, live_room, new_host, state_of, write_sources
from yellowcart.kernel import clock
from yellowcart.kernel.database import Database, Writer
from yellowcart.kernel.errors import Refusal
from yellowcart.kernel.ids import ListingId, new_id
from yellowcart.stage import listings
from yellowcart.stage.enforce import DueRule, enforce_rules, enforce_together
from yellowcart.stage.model import in_room
from yellowcart.stage.rooms import end_room

HOUR = timedelta(hours=1)
LISTINGS = 20_000
ROOMS = 100


async def test_who_lists_as_the_rule_begins_is_waited_for_and_then_taken(
    database: Database, still_clock: clock.Clock
) -> None:
    async with database.writing() as writer:
        await write_allowances(writer)
    await enforce_all(database)
    host = await new_host(database)
    place = in_room((await live_room(database, host)).room_id)
    begins = clock.now() + HOUR
    await write_cut(database, begins, "taobao_union")
    still_clock.freeze(begins - timedelta(microseconds=1))
    async with database.writing() as writer:
        listing = await listings.list_outside(
            writer, host.person, place, pasted_text=TAOBAO_TEXT.format(item=653289000001), title="铁锅"
        )
        await listings.put_on(writer, host.person, listing.listing_id)
        still_clock.freeze(begins)
        enforcing = asyncio.ensure_future(enforce_rules(database))
        await _until_somebody_waits_at_the_door(database)
        assert not enforcing.done()
    assert await enforcing == 1
    assert await state_of(database, listing) == ("off_cart", "link_rule")
    assert len(await messages_of(database, host)) == 1


async def _until_somebody_waits_at_the_door(database: Database) -> None:
    async with database.reading() as reader, asyncio.timeout(20):
        waiting = False
        while not waiting:
            waiting = bool(
                await reader.value("SELECT true FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
            )


async def test_nothing_refused_is_left_whoever_acts_beside_it(
    database: Database, still_clock: clock.Clock
) -> None:
    async with database.writing() as writer:
        await write_allowances(writer)
    await enforce_all(database)
    hosts = [await new_host(database, name=f"主播{number}") for number in range(4)]
    rooms = [await live_room(database, host) for host in hosts]
    made = [
        await put_outside(database, host, in_room(room.room_id), TAOBAO_TEXT.format(item=653289000000 + item))
        for host, room in zip(hosts, rooms, strict=True)
        for item in range(5)
    ]
    begins = clock.now() + HOUR
    await write_cut(database, begins, "taobao_union", graced=False)
    still_clock.freeze(begins)

    async def act(host: Host, turn: int) -> None:
        for listing in made:
            if listing.creator_id != host.creator_id:
                continue
            for step in (listings.take_off, listings.put_on, listings.explain)[turn % 3 :]:
                try:
                    async with database.writing() as writer:
                        await step(writer, host.person, listing.listing_id)
                except Refusal:
                    continue

    async def end(host: Host, room_id: int) -> None:
        async with database.writing() as writer:
            await end_room(writer, host.person, rooms[room_id].room_id)

    await asyncio.gather(
        *(act(host, turn) for turn, host in enumerate(hosts)),
        enforce_rules(database),
        enforce_rules(database),
        end(hosts[0], 0),
    )
    await enforce_all(database)
    async with database.reading() as reader:
        assert await reader.column("SELECT DISTINCT state FROM listing") == ["off_cart"]
        twice = "SELECT count(*) - count(DISTINCT (person_id, kind, occasion)) FROM message"
        assert await reader.value(twice) == 0


class CountingWriter(Writer):
    """A writer that counts its statements."""

    statements = 0

    async def rows(self, into: type[Any], query: str, **values: object) -> list[Any]:
        """Counted."""
        self.statements += 1
        return await super().rows(into, query, **values)

    async def run(self, query: str, **values: object) -> int:
        """Counted."""
        self.statements += 1
        return await super().run(query, **values)

    async def column(self, query: str, **values: object) -> list[Any]:
        """Counted."""
        self.statements += 1
        return await super().column(query, **values)


async def test_twenty_thousand_listings_leave_in_sets_and_in_bounded_memory(
    database: Database, still_clock: clock.Clock
) -> None:
    async with database.writing() as writer:
        await write_sources(writer)
    hosts = [await new_host(database, name=f"主播{number}") for number in range(ROOMS)]
    async with database.writing() as writer:
        for host in hosts:
            room = await live_room(database, host)
            await writer.run(
                """
                INSERT INTO listing (listing_id, creator_id, surface, room_id, position, state, source, title, url,
                                     created_at, put_on_at)
                SELECT listed.listing_id, %(creator_id)s, 'live_cart', %(room_id)s, listed.position, 'on_cart',
                       'taobao_union', '铁锅', 'https://item.taobao.com/item.htm?id=' || listed.listing_id,
                       %(now)s, %(now)s
                FROM unnest(%(listing_ids)s::bigint[]) WITH ORDINALITY AS listed (listing_id, position)
                """,
                creator_id=host.creator_id,
                room_id=room.room_id,
                listing_ids=[new_id(ListingId) for _ in range(LISTINGS // ROOMS)],
                now=clock.now(),
            )
    begins = clock.now() + HOUR
    cut = await write_cut(database, begins, "taobao_union")
    still_clock.freeze(begins)
    (rule,) = await _due(database)
    async with database.writing() as writer:
        counting = CountingWriter(writer.connection)
        tracemalloc.start()
        try:
            assert await enforce_together(counting, [rule]) == 1
            _, peak_bytes = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    sets = LISTINGS // 1_000
    assert counting.statements <= 4 * sets + 40, "a handful for each thousand, none for each listing"
    assert peak_bytes < 20_000_000, "all rows at once take more than twice as much"
    async with database.reading() as reader:
        assert await reader.value("SELECT count(*) FROM listing WHERE off_reason = 'link_rule'") == LISTINGS
        assert await reader.value("SELECT count(*) FROM outbox_event WHERE kind = 'listing.taken_off'") == LISTINGS
        assert await reader.value("SELECT count(*) FROM message") == ROOMS
        assert await reader.value("SELECT listing_count FROM enforced_change") == LISTINGS
    assert cut.code == "cut"


async def _due(database: Database) -> list[DueRule]:
    async with database.reading() as reader:
        return await reader.rows(DueRule, "SELECT surface, source, effective_at, notice_id FROM link_rule")
