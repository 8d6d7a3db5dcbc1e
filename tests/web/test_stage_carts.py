"""Rooms and carts: what a creator may do, what the link rules say, and what viewers then see."""

import asyncio
from datetime import timedelta

import pytest

from tests.conftest import MORNING
from tests.stage_world import (
    JD_TEXT,
    TAOBAO_TEXT,
    YOUZAN_TEXT,
    live_room,
    new_host,
    new_video,
    state_of,
    write_history,
    write_shop,
)
from yellowcart.kernel import clock
from yellowcart.kernel.database import Database
from yellowcart.kernel.errors import InvalidFields, NotFound
from yellowcart.kernel.kill_switches import Switch, SwitchedOff, flip
from yellowcart.kernel.translation import Locale
from yellowcart.links.errors import LinkNotAProduct, LinkUnknown, RefusedByLinkRule
from yellowcart.stage import listings
from yellowcart.stage.errors import (
    AlreadyOnAir,
    CartFull,
    ListedAlready,
    ListingMoveImpossible,
    NotForSale,
    NothingIsExplained,
    OnlyOwnShop,
    PlaceClosed,
    RoomMoveImpossible,
)
from yellowcart.stage.goods import sellable_link
from yellowcart.stage.model import ListingState, RoomState, in_room, in_video
from yellowcart.stage.queries import cart_of_room, listings_of_creator, room_view, rooms_on_air
from yellowcart.stage.rooms import end_room, go_live, pause_room, resume_room, schedule_room


@pytest.fixture
async def world(database: Database) -> Database:
    async with database.writing() as writer:
        await write_history(writer)
    return database


async def test_a_room_lives_its_life_and_ends_with_an_empty_cart(world: Database) -> None:
    host = await new_host(world)
    room = await live_room(world, host)
    async with world.writing() as writer:
        shop_id, product_id, _ = await write_shop(writer, price_fen=5_900)
        listing = await listings.list_product(writer, host.person, in_room(room.room_id), shop_id, product_id)
        assert listing.state is ListingState.QUEUED
        assert listing.price_fen == 5_900
        await listings.put_on(writer, host.person, listing.listing_id)
        await listings.explain(writer, host.person, listing.listing_id)
        assert (await pause_room(writer, host.person, room.room_id)).state is RoomState.PAUSED
        assert (await resume_room(writer, host.person, room.room_id)).started_at == room.started_at
    async with world.reading() as reader:
        (card,) = (await rooms_on_air(reader)).items
        assert (card.listing_count, card.first_listings[0].title) == (1, "铁锅")
        (shown,) = await cart_of_room(reader, room.room_id)
        assert (shown.available, shown.skus[0].price_fen, shown.state) == (500, 5_900, ListingState.EXPLAINING)
    async with world.writing() as writer:
        ended = await end_room(writer, host.person, room.room_id)
    assert ended.ended_at == clock.now()
    assert await state_of(world, listing) == ("off_cart", "room_ended")
    async with world.reading() as reader:
        assert await cart_of_room(reader, room.room_id, include_queued=True) == []
        assert (await room_view(reader, room.room_id)).room.state is RoomState.ENDED
        kinds = await reader.column("SELECT kind FROM outbox_event ORDER BY event_id")
    assert kinds == [
        "room.scheduled",
        "room.started",
        "listing.queued",
        "listing.put_on",
        "listing.explained",
        "room.paused",
        "room.resumed",
        "listing.taken_off",
        "room.ended",
    ]


async def test_a_creator_has_one_room_on_air(world: Database) -> None:
    host = await new_host(world)
    await live_room(world, host)
    async with world.writing() as writer:
        second = await schedule_room(writer, host.person, title="第二场", scheduled_at=clock.now())
        with pytest.raises(AlreadyOnAir):
            await go_live(writer, host.person, second.room_id)
        await end_room(writer, host.person, second.room_id)
        with pytest.raises(RoomMoveImpossible):
            await go_live(writer, host.person, second.room_id)


async def test_a_start_in_the_past_is_refused_at_its_field(world: Database) -> None:
    host = await new_host(world)
    async with world.writing() as writer:
        with pytest.raises(InvalidFields) as refused:
            await schedule_room(writer, host.person, title=" ", scheduled_at=clock.now() - timedelta(hours=1))
    assert set(refused.value.fields(Locale.CHINESE)) == {"title", "scheduled_at"}


async def test_another_creators_room_and_listing_are_not_found(world: Database) -> None:
    host, stranger = await new_host(world), await new_host(world, name="沫沫")
    room = await live_room(world, host)
    async with world.writing() as writer:
        shop_id, product_id, _ = await write_shop(writer)
        listing = await listings.list_product(writer, host.person, in_room(room.room_id), shop_id, product_id)
        for attempt in (
            listings.list_product(writer, stranger.person, in_room(room.room_id), shop_id, product_id),
            listings.put_on(writer, stranger.person, listing.listing_id),
            listings.take_off(writer, stranger.person, listing.listing_id),
            listings.move(writer, stranger.person, listing.listing_id, 1),
            end_room(writer, stranger.person, room.room_id),
        ):
            with pytest.raises(NotFound):
                await attempt


async def test_an_outside_link_is_listed_with_what_it_is(world: Database) -> None:
    host = await new_host(world)
    room = await live_room(world, host)
    async with world.writing() as writer:
        listing = await listings.list_outside(
            writer,
            host.person,
            in_room(room.room_id),
            pasted_text=TAOBAO_TEXT.format(item=653289000001),
            title="老铁锅",
            price_fen=12_900,
        )
        await listings.put_on(writer, host.person, listing.listing_id)
    async with world.reading() as reader:
        (shown,) = await cart_of_room(reader, room.room_id)
        mine = await listings_of_creator(reader, host.creator_id, source="taobao_union")
    assert (shown.source, shown.storefront, shown.leads_to) == ("taobao_union", "taobao", "item.taobao.com")
    assert shown.verdict is not None
    assert shown.verdict.admits
    assert shown.verdict.next_change is not None
    assert shown.verdict.next_change.at.isoformat() == "2022-02-28T16:00:00+00:00"
    assert [each.place_title for each in mine.items] == ["午饭吃什么"]


async def test_a_refused_source_is_told_why_in_both_languages(world: Database) -> None:
    host = await new_host(world)
    room = await live_room(world, host)
    async with world.writing() as writer:
        with pytest.raises(RefusedByLinkRule) as refused:
            await listings.list_outside(
                writer,
                host.person,
                in_room(room.room_id),
                pasted_text=YOUZAN_TEXT.format(item="abc1"),
                title="有赞的锅",
            )
    chinese, english = refused.value.text(Locale.CHINESE), refused.value.text(Locale.ENGLISH)
    assert "2021-11-01 00:00" in chinese
    assert "有赞" in chinese
    assert "直播间购物车" in chinese
    assert "合同变更" in chinese
    assert english.startswith("Since 2021-11-01 00:00, goods of Youzan may not be listed in live room carts")


async def test_youzan_may_still_go_into_a_video(world: Database) -> None:
    host = await new_host(world)
    video_id = await new_video(world, host)
    async with world.writing() as writer:
        listing = await listings.list_outside(
            writer,
            host.person,
            in_video(video_id),
            pasted_text=YOUZAN_TEXT.format(item="abc1"),
            title="有赞的锅",
        )
        assert (await listings.put_on(writer, host.person, listing.listing_id)).state is ListingState.ON_CART
        with pytest.raises(NothingIsExplained):
            await listings.explain(writer, host.person, listing.listing_id)


@pytest.mark.parametrize(
    ("text", "refusal"),
    [("今天天气不错", LinkUnknown), ("", LinkUnknown), ("https://www.taobao.com/", LinkUnknown | LinkNotAProduct)],
)
async def test_a_paste_without_a_product_is_refused(world: Database, text: str, refusal: type[Exception]) -> None:
    with pytest.raises((LinkUnknown, LinkNotAProduct)):
        sellable_link(text)


async def test_the_same_goods_stand_in_a_cart_once(world: Database) -> None:
    host = await new_host(world)
    room = await live_room(world, host)
    place = in_room(room.room_id)
    async with world.writing() as writer:
        shop_id, product_id, _ = await write_shop(writer)
        listing = await listings.list_product(writer, host.person, place, shop_id, product_id)
        with pytest.raises(ListedAlready):
            await listings.list_product(writer, host.person, place, shop_id, product_id)
        await listings.take_off(writer, host.person, listing.listing_id)
        again = await listings.list_product(writer, host.person, place, shop_id, product_id)
        with pytest.raises(ListedAlready):
            await listings.put_on(writer, host.person, listing.listing_id)
        await listings.take_off(writer, host.person, again.listing_id)
        assert (await listings.put_on(writer, host.person, listing.listing_id)).off_reason is None


async def test_what_is_not_for_sale_is_not_listed(world: Database) -> None:
    host = await new_host(world)
    room = await live_room(world, host)
    async with world.writing() as writer:
        shop_id, product_id, _ = await write_shop(writer)
        listing = await listings.list_product(writer, host.person, in_room(room.room_id), shop_id, product_id)
        await writer.run("UPDATE shop SET state = 'closed'")
        with pytest.raises(NotForSale):
            await listings.put_on(writer, host.person, listing.listing_id)


async def test_a_shop_account_sells_its_own_shop_only(world: Database) -> None:
    async with world.writing() as writer:
        own_shop, own_product, _ = await write_shop(writer)
        other_shop, other_product, _ = await write_shop(writer)
    host = await new_host(world, shop_id=own_shop)
    room = await live_room(world, host)
    async with world.writing() as writer:
        await listings.list_product(writer, host.person, in_room(room.room_id), own_shop, own_product)
        with pytest.raises(OnlyOwnShop):
            await listings.list_product(writer, host.person, in_room(room.room_id), other_shop, other_product)


async def test_a_closed_switch_stops_listing_and_nothing_else(world: Database) -> None:
    host = await new_host(world)
    room = await live_room(world, host)
    async with world.writing() as writer:
        shop_id, product_id, _ = await write_shop(writer)
        listing = await listings.list_product(writer, host.person, in_room(room.room_id), shop_id, product_id)
        await flip(writer, Switch.LISTING, closed=True, reason="drill")
        with pytest.raises(SwitchedOff):
            await listings.put_on(writer, host.person, listing.listing_id)
        assert (await listings.take_off(writer, host.person, listing.listing_id)).state is ListingState.OFF_CART


async def test_an_ended_rooms_cart_is_closed(world: Database) -> None:
    host = await new_host(world)
    room = await live_room(world, host)
    async with world.writing() as writer:
        shop_id, product_id, _ = await write_shop(writer)
        listing = await listings.list_product(writer, host.person, in_room(room.room_id), shop_id, product_id)
        await end_room(writer, host.person, room.room_id)
        with pytest.raises(PlaceClosed):
            await listings.put_on(writer, host.person, listing.listing_id)
        with pytest.raises(PlaceClosed):
            await listings.list_product(writer, host.person, in_room(room.room_id), shop_id, product_id)


async def test_a_full_cart_takes_no_more(world: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listings, "LISTINGS_PER_CART_MAX", 2)
    host = await new_host(world)
    room = await live_room(world, host)
    async with world.writing() as writer:
        for item in (100001, 100002):
            await listings.list_outside(
                writer,
                host.person,
                in_room(room.room_id),
                pasted_text=JD_TEXT.format(item=item),
                title=f"商品 {item}",
            )
        with pytest.raises(CartFull):
            await listings.list_outside(
                writer,
                host.person,
                in_room(room.room_id),
                pasted_text=JD_TEXT.format(item=100003),
                title="商品",
            )


async def test_moving_a_listing_renumbers_the_cart(world: Database) -> None:
    host = await new_host(world)
    room = await live_room(world, host)
    async with world.writing() as writer:
        made = [
            await listings.list_outside(
                writer,
                host.person,
                in_room(room.room_id),
                pasted_text=JD_TEXT.format(item=100000 + number),
                title=f"第 {number} 件",
            )
            for number in range(1, 5)
        ]
        cart = await listings.move(writer, host.person, made[3].listing_id, 1)
        assert [each.title for each in cart] == ["第 4 件", "第 1 件", "第 2 件", "第 3 件"]
        cart = await listings.move(writer, host.person, made[3].listing_id, 99)
    async with world.reading() as reader:
        shown = await cart_of_room(reader, room.room_id, include_queued=True)
    assert [(each.position, each.title) for each in shown] == [
        (1, "第 1 件"),
        (2, "第 2 件"),
        (3, "第 3 件"),
        (4, "第 4 件"),
    ]


async def test_two_pins_at_once_leave_one_explaining(world: Database) -> None:
    host = await new_host(world)
    room = await live_room(world, host)
    async with world.writing() as writer:
        made = [
            await listings.list_outside(
                writer,
                host.person,
                in_room(room.room_id),
                pasted_text=JD_TEXT.format(item=100000 + number),
                title=f"第 {number} 件",
            )
            for number in range(4)
        ]
        for each in made:
            await listings.put_on(writer, host.person, each.listing_id)

    async def pin(number: int) -> None:
        async with world.writing() as writer:
            await listings.explain(writer, host.person, made[number].listing_id)

    await asyncio.gather(*(pin(number) for number in range(4)))
    async with world.reading() as reader:
        states = await reader.column("SELECT state FROM listing ORDER BY state")
    assert states == ["explaining", "on_cart", "on_cart", "on_cart"]


async def test_an_illegal_step_of_a_listing_is_refused(world: Database) -> None:
    host = await new_host(world)
    room = await live_room(world, host)
    async with world.writing() as writer:
        shop_id, product_id, _ = await write_shop(writer)
        listing = await listings.list_product(writer, host.person, in_room(room.room_id), shop_id, product_id)
        for attempt in (
            listings.explain(writer, host.person, listing.listing_id),
            listings.stop_explaining(writer, host.person, listing.listing_id),
        ):
            with pytest.raises(ListingMoveImpossible):
                await attempt
        await listings.put_on(writer, host.person, listing.listing_id)
        await listings.explain(writer, host.person, listing.listing_id)
        with pytest.raises(ListingMoveImpossible):
            await listings.put_on(writer, host.person, listing.listing_id)


def test_the_clock_of_these_tests_stands_before_the_cut() -> None:
    assert MORNING.isoformat() == "2022-02-25T04:00:00+00:00"
