"""A listing changes while orders for it are under way: nobody's order is written by another's price, and what was
read before the change is not kept after it."""

import asyncio
from datetime import datetime

import msgspec

from tests.conftest import sign_in_as
from tests.orders.shopping import ADDRESS, open_till, order_of
from tests.small_world import PRICE_FEN, SmallWorld, make_small_world
from yellowcart.catalog.changes import PRODUCT_CHANGED, product_changed
from yellowcart.kernel import clock
from yellowcart.kernel.database import Database
from yellowcart.kernel.ids import ListingId, OrderId, PersonId, new_id
from yellowcart.kernel.notifications import Notifications
from yellowcart.links.store import TimelineInMemory
from yellowcart.orders.judge import judge
from yellowcart.orders.kept_prices import KeptPrices
from yellowcart.orders.lock_batch import lock_and_read
from yellowcart.orders.snapshots import ListingSnapshot, ListingSnapshots
from yellowcart.orders.waiting import Waiting
from yellowcart.orders.wanted import check_lines
from yellowcart.orders.write_batch import write_placed

DEARER_FEN = PRICE_FEN + 100


def waiting_at(
    listing: ListingSnapshot, buyer_id: PersonId, sku_id: int, price_fen: int, now: datetime
) -> Waiting:
    """An order on its way, checked and priced by what its process knew of the listing."""
    wanted = order_of(listing.listing_id, sku_id, price_fen=price_fen)
    lines = check_lines(wanted.lines, {listing.listing_id: listing}, now, checkout_closed=False)
    district = ADDRESS.found()
    return Waiting(
        order_id=new_id(OrderId),
        buyer_id=buyer_id,
        key="one",
        request_hash="hash",
        lines=lines,
        kept=KeptPrices().price(lines, [], district.province_code, now),
        claims={},
        address=ADDRESS.delivery(district),
        note="",
    )


async def test_orders_of_one_batch_keep_the_price_that_each_of_them_saw(database: Database) -> None:
    world = await make_small_world(database)
    till = await open_till(database)
    first, second = await sign_in_as(database), await sign_in_as(database)
    before = await till.snapshots.read(world.listing_id)
    sku = msgspec.structs.replace(before.skus[world.sku_id], price_fen=DEARER_FEN)
    after = msgspec.structs.replace(before, skus=before.skus | {world.sku_id: sku})
    now = clock.now()
    batch = [
        waiting_at(before, first.person.person_id, world.sku_id, PRICE_FEN, now),
        waiting_at(after, second.person.person_id, world.sku_id, DEARER_FEN, now),
    ]
    async with await database.connect(name="one batch") as connection:
        asked = [each.asked() for each in batch]
        assert judge(asked, await lock_and_read(connection, world.shop_id, asked)) == [None, None]
        await write_placed(connection, world.shop_id, batch, now)
    await till.lane.stop()
    assert await _prices(database, world) == [(PRICE_FEN, PRICE_FEN), (DEARER_FEN, DEARER_FEN)]


async def test_what_was_read_before_a_change_is_not_kept_after_it(database: Database) -> None:
    world = await make_small_world(database)
    rules = TimelineInMemory(database)
    await rules.read()
    notifications, heard = Notifications(database), asyncio.Event()
    snapshots = ListingSnapshots(database, rules)
    await snapshots.follow(notifications)

    async def note(_: str) -> None:
        heard.set()

    notifications.on(PRODUCT_CHANGED, note)
    await notifications.start()
    try:
        async with database.writing() as writer:
            # The reading has the listing and its price, and waits here for the special prices.
            await writer.run("LOCK TABLE special_price IN ACCESS EXCLUSIVE MODE")
            reading = asyncio.create_task(snapshots.read(ListingId(world.listing_id)))
            while not await writer.value("SELECT count(*) FROM pg_locks WHERE NOT granted"):
                assert not reading.done()
            await _make_dearer(database, world)
            await heard.wait()
        assert (await reading).skus[world.sku_id].price_fen == PRICE_FEN
        kept = snapshots.known(ListingId(world.listing_id))
        assert kept is None or kept.skus[world.sku_id].price_fen == DEARER_FEN
        assert (await snapshots.read(ListingId(world.listing_id))).skus[world.sku_id].price_fen == DEARER_FEN
    finally:
        await notifications.stop()


async def _make_dearer(database: Database, world: SmallWorld) -> None:
    async with database.writing() as writer:
        await writer.run(
            "UPDATE sku SET price_fen = %(price)s WHERE shop_id = %(shop)s AND sku_id = %(sku)s",
            price=DEARER_FEN,
            shop=world.shop_id,
            sku=world.sku_id,
        )
        await product_changed(writer, world.shop_id, world.product_id)


async def _prices(database: Database, world: SmallWorld) -> list[tuple[int, int]]:
    async with database.reading() as reader:
        rows = await reader.records(
            "SELECT list_price_fen, unit_price_fen FROM order_line WHERE shop_id = %(shop)s ORDER BY 1",
            shop=world.shop_id,
        )
    return [(row["list_price_fen"], row["unit_price_fen"]) for row in rows]
