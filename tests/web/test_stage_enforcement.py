"""Link rules carried out: exactly once, in order, after any pause, touching only what they speak of."""

import asyncio
from datetime import UTC, date, datetime, timedelta

import pytest

from tests.stage_world import (
    BEFORE_NOVEMBER,
    JD_TEXT,
    MARCH_2022,
    NOVEMBER_2021,
    TAOBAO_TEXT,
    YOUZAN_TEXT,
    Host,
    line,
    live_room,
    new_host,
    new_video,
    notice,
    state_of,
    write_history,
    write_shop,
    write_sources,
)
from yellowcart.catalog.events import ProductPutOffSale
from yellowcart.kernel import clock
from yellowcart.kernel.database import Database
from yellowcart.kernel.errors import Refusal
from yellowcart.kernel.events import deliver_events, publish
from yellowcart.kernel.ids import ListingId
from yellowcart.kernel.setbacks import LONGEST_WAIT
from yellowcart.links.errors import RefusedByLinkRule
from yellowcart.links.model import Action, SourceScope, Surface
from yellowcart.links.rules import shanghai_midnight
from yellowcart.links.store import enact
from yellowcart.stage import closed_goods, listings
from yellowcart.stage.enforce import enforce_rules
from yellowcart.stage.model import Listing, Place, in_room, in_video
from yellowcart.stage.queries import cart_of_room

assert closed_goods, "its subscriptions are made by importing it"

MOCKUAI_TEXT = "https://act.mockuai.com/item/detail.html?item_uid={item}"


async def put_outside(database: Database, host: Host, place: Place, text: str, *, queued: bool = False) -> Listing:
    async with database.writing() as writer:
        listing = await listings.list_outside(writer, host.person, place, pasted_text=text, title="外链商品")
        return listing if queued else await listings.put_on(writer, host.person, listing.listing_id)


async def enforce_all(database: Database) -> None:
    while await enforce_rules(database):
        pass


async def test_the_story_of_2021_and_2022(database: Database, still_clock: clock.Clock) -> None:
    still_clock.freeze(BEFORE_NOVEMBER)
    async with database.writing() as writer:
        await write_history(writer)
        shop_id, product_id, _ = await write_shop(writer)
    await enforce_all(database)
    host = await new_host(database)
    live, video = in_room((await live_room(database, host)).room_id), in_video(await new_video(database, host))
    texts = {
        "youzan": YOUZAN_TEXT.format(item="abc1"),
        "mockuai": MOCKUAI_TEXT.format(item=4160),
        "taobao": TAOBAO_TEXT.format(item=653289000001),
        "jd": JD_TEXT.format(item=100001),
    }
    made: dict[str, Listing] = {}
    for name, text in texts.items():
        made[f"{name} live"] = await put_outside(database, host, live, text)
        made[f"{name} video"] = await put_outside(database, host, video, text)
    made["taobao queued"] = await put_outside(
        database, host, live, TAOBAO_TEXT.format(item=653289000002), queued=True
    )
    for name, place in (("own live", live), ("own video", video)):
        async with database.writing() as writer:
            listing = await listings.list_product(writer, host.person, place, shop_id, product_id)
            made[name] = await listings.put_on(writer, host.person, listing.listing_id)
    async with database.writing() as writer:
        await listings.explain(writer, host.person, made["taobao live"].listing_id)
    orders_before = await _write_an_open_order(database, made["own live"], shop_id)

    async def gone() -> set[str]:
        return {name for name, each in made.items() if await state_of(database, each) == ("off_cart", "link_rule")}

    still_clock.freeze(NOVEMBER_2021 - timedelta(seconds=1))
    await enforce_all(database)
    assert await gone() == set()
    still_clock.freeze(NOVEMBER_2021)
    await enforce_all(database)
    assert await gone() == {"youzan live", "mockuai live"}
    still_clock.freeze(MARCH_2022)
    await enforce_all(database)
    assert await gone() == {
        "youzan live",
        "mockuai live",
        "taobao live",
        "taobao queued",
        "taobao video",
        "jd live",
    }
    assert await _orders(database) == orders_before
    async with database.reading() as reader:
        events = await reader.value("SELECT count(*) FROM outbox_event WHERE kind = 'listing.taken_off'")
        assert events == 6
        assert live.room_id is not None
        shown = await cart_of_room(reader, live.room_id)
        seen = {each.listing_id: each.off_notice_id is not None for each in shown}
    assert seen == {
        made["own live"].listing_id: False,
        made["taobao live"].listing_id: True,
        made["jd live"].listing_id: True,
        made["youzan live"].listing_id: True,
        made["mockuai live"].listing_id: True,
    }, "viewers are told what left the cart, but not what never stood in it"


async def _write_an_open_order(database: Database, listing: Listing, shop_id: int) -> list[dict[str, object]]:
    async with database.writing() as writer:
        await writer.run(
            """
            INSERT INTO shop_order (shop_id, order_id, buyer_id, state, surface, room_id, creator_id, goods_fen,
                                    discount_fen, freight_fen, total_fen, address, idempotency_key, request_hash,
                                    submitted_at, hold_until, hold_s, ship_within_s)
            VALUES (%(shop_id)s, 1, 1, 'submitted', 'live_cart', %(room_id)s, %(creator_id)s, 5900, 0, 0, 5900,
                    '{}', 'k', 'h', %(now)s, %(now)s, 1800, 172800)
            """,
            shop_id=shop_id,
            room_id=listing.room_id,
            creator_id=listing.creator_id,
            now=clock.now(),
        )
    return await _orders(database)


async def _orders(database: Database) -> list[dict[str, object]]:
    async with database.reading() as reader:
        return await reader.records("SELECT * FROM shop_order ORDER BY order_id")


@pytest.fixture
async def taobao_in_february(database: Database) -> tuple[Host, Listing]:
    """A Taobao listing put on in February 2022, with every earlier rule carried out."""
    async with database.writing() as writer:
        await write_history(writer)
    await enforce_all(database)
    host = await new_host(database)
    room = await live_room(database, host)
    listing = await put_outside(database, host, in_room(room.room_id), TAOBAO_TEXT.format(item=653289000001))
    return host, listing


async def test_enforcing_twice_does_nothing_twice(
    database: Database, taobao_in_february: tuple[Host, Listing], still_clock: clock.Clock
) -> None:
    still_clock.freeze(MARCH_2022 + timedelta(days=3))
    assert await enforce_rules(database) == 4
    assert await enforce_rules(database) == 0
    async with database.reading() as reader:
        assert await reader.value("SELECT count(*) FROM outbox_event WHERE kind = 'listing.taken_off'") == 1
        assert await reader.value("SELECT sum(listing_count) FROM enforced_change") == 1


async def test_many_enforcers_at_once_carry_out_each_rule_once(
    database: Database, taobao_in_february: tuple[Host, Listing], still_clock: clock.Clock
) -> None:
    _, listing = taobao_in_february
    still_clock.freeze(MARCH_2022)
    assert sum(await asyncio.gather(*(enforce_rules(database) for _ in range(4)))) == 4
    assert await state_of(database, listing) == ("off_cart", "link_rule")
    async with database.reading() as reader:
        assert await reader.value("SELECT count(*) FROM outbox_event WHERE kind = 'listing.taken_off'") == 1


async def test_after_a_long_pause_superseded_rules_are_carried_out_in_their_order(
    database: Database, still_clock: clock.Clock
) -> None:
    refused_from = shanghai_midnight(date(2022, 3, 1))
    allowed_from = shanghai_midnight(date(2022, 3, 10))
    async with database.writing() as writer:
        await write_sources(writer)
        for published in (
            notice("first", shanghai_midnight(date(2020, 1, 1)), line(Action.ALLOW, SourceScope.EVERY)),
            notice("cut", refused_from, line(Action.REFUSE, ("jd_union",), Surface.LIVE_CART)),
            notice("back", allowed_from, line(Action.ALLOW, ("jd_union",), Surface.LIVE_CART)),
        ):
            await enact(writer, published, by=None, history=True)
    await enforce_all(database)
    host = await new_host(database)
    place = in_room((await live_room(database, host)).room_id)
    before_the_cut = await put_outside(database, host, place, JD_TEXT.format(item=100001))
    # Nobody enforces until the 12th; the rules themselves are asked at every listing all the same.
    still_clock.freeze(refused_from + timedelta(days=1))
    with pytest.raises(RefusedByLinkRule):
        await put_outside(database, host, place, JD_TEXT.format(item=100002))
    still_clock.freeze(allowed_from + timedelta(days=2))
    after_the_return = await put_outside(database, host, place, JD_TEXT.format(item=100003))
    await enforce_all(database)
    assert await state_of(database, before_the_cut) == ("off_cart", "link_rule")
    assert await state_of(database, after_the_return) == ("on_cart", None)
    async with database.writing() as writer:
        back = await listings.put_on(writer, host.person, before_the_cut.listing_id)
    assert back.off_notice_id is None
    assert back.state == "on_cart"


async def test_a_notice_that_cannot_be_carried_out_holds_no_later_one_back(
    database: Database, still_clock: clock.Clock
) -> None:
    still_clock.freeze(BEFORE_NOVEMBER)
    async with database.writing() as writer:
        await write_history(writer)
    await enforce_all(database)
    host = await new_host(database)
    live = in_room((await live_room(database, host)).room_id)
    youzan = await put_outside(database, host, live, YOUZAN_TEXT.format(item="abc1"))
    taobao = await put_outside(database, host, live, TAOBAO_TEXT.format(item=653289000001))
    still_clock.freeze(MARCH_2022)
    async with database.writing() as writer:
        await writer.run(
            "ALTER TABLE enforced_change ADD CONSTRAINT test_of_defects"
            " CHECK (effective_at <> '2021-11-01 00:00+08') NOT VALID"
        )
    await enforce_all(database)
    assert await state_of(database, youzan) == ("on_cart", None)
    assert await state_of(database, taobao) == ("off_cart", "link_rule")
    async with database.writing() as writer:
        await writer.run("ALTER TABLE enforced_change DROP CONSTRAINT test_of_defects")
    still_clock.freeze(clock.now() + LONGEST_WAIT)
    await enforce_all(database)
    assert await state_of(database, youzan) == ("off_cart", "link_rule")


async def test_a_listing_cannot_slip_in_beside_the_enforcement(
    database: Database, taobao_in_february: tuple[Host, Listing], still_clock: clock.Clock
) -> None:
    """A process whose clock still shows February lists while another has already enforced March."""
    host, listing = taobao_in_february
    still_clock.freeze(MARCH_2022)
    await enforce_all(database)
    still_clock.freeze(datetime(2022, 2, 28, 15, 59, tzinfo=UTC))
    with pytest.raises(RefusedByLinkRule):
        await put_outside(database, host, listing.place, TAOBAO_TEXT.format(item=653289000009))
    with pytest.raises(RefusedByLinkRule):
        async with database.writing() as writer:
            await listings.put_on(writer, host.person, listing.listing_id)


async def test_a_creators_changes_and_the_enforcement_never_block_each_other(
    database: Database, taobao_in_february: tuple[Host, Listing], still_clock: clock.Clock
) -> None:
    host, listing = taobao_in_february
    for item in range(653289000010, 653289000018):
        await put_outside(database, host, listing.place, TAOBAO_TEXT.format(item=item))
    async with database.reading() as reader:
        every = await reader.column("SELECT listing_id FROM listing ORDER BY listing_id DESC")
    still_clock.freeze(MARCH_2022)

    async def shuffle(listing_id: ListingId) -> None:
        for step in (listings.explain, listings.take_off, listings.put_on):
            try:
                async with database.writing() as writer:
                    await step(writer, host.person, listing_id)
            except Refusal:
                continue

    await asyncio.gather(*(shuffle(each) for each in every), enforce_rules(database))
    await enforce_all(database)
    async with database.reading() as reader:
        assert await reader.column("SELECT DISTINCT state FROM listing") == ["off_cart"]


async def test_goods_that_are_no_longer_sold_leave_every_cart(database: Database) -> None:
    async with database.writing() as writer:
        await write_history(writer)
        shop_id, product_id, _ = await write_shop(writer)
    host = await new_host(database)
    room = await live_room(database, host)
    async with database.writing() as writer:
        listing = await listings.list_product(writer, host.person, in_room(room.room_id), shop_id, product_id)
        await publish(writer, ProductPutOffSale(shop_id=shop_id, product_id=product_id), shop_id=shop_id)
    await deliver_events(database)
    assert await state_of(database, listing) == ("queued", None), "it is for sale again by now"
    async with database.writing() as writer:
        await writer.run("UPDATE product SET sale_status = 'off_sale'")
        await publish(writer, ProductPutOffSale(shop_id=shop_id, product_id=product_id), shop_id=shop_id)
    await deliver_events(database)
    assert await state_of(database, listing) == ("off_cart", "product_closed")
