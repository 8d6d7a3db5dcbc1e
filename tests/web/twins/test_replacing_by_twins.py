"""Outside products replaced by their twins in every open cart, and put back."""

import asyncio

import pytest

from tests.stage_world import (
    JD_TEXT,
    MARCH_2022,
    TAOBAO_TEXT,
    new_host,
    new_video,
    state_of,
    write_shop,
)
from tests.web.twins.stage_with_twin import (
    ITEM,
    Stage,
    enforce_all,
    outcomes,
    press,
    put_outside,
    undo,
)
from yellowcart.kernel import clock
from yellowcart.kernel.database import Database
from yellowcart.kernel.errors import NotFound
from yellowcart.kernel.ids import ProductId, ShopId
from yellowcart.stage import listings
from yellowcart.stage.errors import NotOutside, NoTwin, OnlyOwnShop
from yellowcart.stage.model import ListingState, in_video
from yellowcart.stage.queries import cart_of_room, cart_of_video
from yellowcart.stage.replace import replace_by_twin
from yellowcart.stage.replace_rules import Outcome
from yellowcart.stage.rooms import end_room
from yellowcart.stage.twin_queries import outside_goods_of_creator


async def test_one_press_replaces_it_in_every_open_cart(database: Database, stage: Stage) -> None:
    queued = await put_outside(
        database,
        stage.host,
        in_video(await new_video(database, stage.host)),
        TAOBAO_TEXT.format(item=ITEM),
        queued=True,
    )
    jd = await put_outside(database, stage.host, stage.video, JD_TEXT.format(item=100001))
    answer = await press(database, stage)
    assert outcomes(answer) == [Outcome.DONE] * 3
    assert not answer.more
    for listing in (*stage.outside, queued):
        assert await state_of(database, listing) == ("off_cart", "replaced")
    assert await state_of(database, jd) == ("on_cart", None)
    async with database.reading() as reader:
        assert stage.live.room_id is not None
        assert stage.video.video_id is not None
        (live,) = await cart_of_room(reader, stage.live.room_id, include_queued=True)
        video = await cart_of_video(reader, stage.video.video_id, include_queued=True)
        states = await reader.column("SELECT state FROM listing WHERE source = 'own' ORDER BY state")
    assert (live.product_id, live.position, live.state) == (stage.product_id, 1, ListingState.ON_CART)
    assert [(each.source, each.position) for each in video] == [("own", 1), ("jd_union", 2)]
    assert states == ["on_cart", "on_cart", "queued"], "each stands where the outside one stood"


async def test_what_is_explained_stays_explained(database: Database, stage: Stage) -> None:
    async with database.writing() as writer:
        await listings.explain(writer, stage.host.person, stage.listing_id)
    await press(database, stage)
    async with database.reading() as reader:
        assert stage.live.room_id is not None
        (live,) = await cart_of_room(reader, stage.live.room_id)
        kinds = await reader.column(
            "SELECT kind FROM outbox_event WHERE (payload->>'product_id')::bigint = %(id)s ORDER BY event_id",
            id=stage.product_id,
        )
    assert (live.product_id, live.state) == (stage.product_id, ListingState.EXPLAINING)
    assert kinds.count("listing.explained") == 1
    assert kinds.count("listing.put_on") == 2


async def test_pressed_again_nothing_happens(database: Database, stage: Stage) -> None:
    await press(database, stage)
    async with database.reading() as reader:
        before = await reader.value("SELECT count(*) FROM audit_entry")
    again = await press(database, stage)
    assert again.carts == ()
    async with database.reading() as reader:
        assert await reader.value("SELECT count(*) FROM listing WHERE source = 'own'") == 2
        assert await reader.value("SELECT count(*) FROM audit_entry") == before


async def test_two_presses_at_once_replace_once(database: Database, stage: Stage) -> None:
    answers = await asyncio.gather(*(press(database, stage) for _ in range(4)))
    assert sum(answer.done for answer in answers) == 2
    async with database.reading() as reader:
        assert await reader.value("SELECT count(*) FROM listing WHERE source = 'own'") == 2


async def test_a_press_and_the_end_of_the_room_at_once_leave_nothing_behind(
    database: Database, stage: Stage
) -> None:
    async def end() -> None:
        async with database.writing() as writer:
            assert stage.live.room_id is not None
            await end_room(writer, stage.host.person, stage.live.room_id)

    answer, _ = await asyncio.gather(press(database, stage), end())
    assert answer.done in {1, 2}
    async with database.reading() as reader:
        standing = await reader.value(
            "SELECT count(*) FROM listing WHERE room_id = %(room_id)s AND state <> 'off_cart'",
            room_id=stage.live.room_id,
        )
    assert standing == 0


async def test_a_cart_that_holds_the_twin_already_is_left_as_it_is(database: Database, stage: Stage) -> None:
    async with database.writing() as writer:
        own = await listings.list_product(writer, stage.host.person, stage.video, stage.shop_id, stage.product_id)
    answer = await press(database, stage)
    assert outcomes(answer) == [Outcome.DONE, Outcome.THERE_ALREADY]
    assert await state_of(database, stage.outside[1]) == ("on_cart", None)
    assert await state_of(database, own) == ("queued", None)


async def test_an_ended_room_is_not_touched(database: Database, stage: Stage) -> None:
    async with database.writing() as writer:
        assert stage.live.room_id is not None
        await end_room(writer, stage.host.person, stage.live.room_id)
    answer = await press(database, stage)
    assert [cart.video_id for cart in answer.carts] == [stage.video.video_id]
    assert await state_of(database, stage.outside[0]) == ("off_cart", "room_ended")


async def test_after_a_cut_the_twin_fills_the_empty_places(
    database: Database, stage: Stage, still_clock: clock.Clock
) -> None:
    still_clock.freeze(MARCH_2022)
    await enforce_all(database)
    assert await state_of(database, stage.outside[1]) == ("off_cart", "link_rule")
    async with database.reading() as reader:
        (goods,) = (await outside_goods_of_creator(reader, stage.host.creator_id)).items
    assert (goods.carts, goods.cut_carts) == (0, 2)
    answer = await press(database, stage)
    assert outcomes(answer) == [Outcome.DONE, Outcome.DONE]
    assert await state_of(database, stage.outside[1]) == ("off_cart", "link_rule"), "the notice's count stays"
    assert outcomes(await press(database, stage)) == [Outcome.THERE_ALREADY] * 2
    assert outcomes(await undo(database, stage)) == [Outcome.RULE_REFUSES] * 2
    async with database.reading() as reader:
        assert await reader.value("SELECT count(*) FROM listing WHERE source = 'own' AND state = 'on_cart'") == 2


async def test_somebody_elses_listing_own_goods_and_strangers_are_refused(
    database: Database, stage: Stage
) -> None:
    other = await new_host(database, name="阿宁")
    other_shop_account = await new_host(database, name="别家店", shop_id=stage.shop_id)
    async with database.writing() as writer:
        shop_id, product_id, _ = await write_shop(writer)
        own = await listings.list_product(writer, stage.host.person, stage.video, shop_id, product_id)
    async with database.writing() as writer:
        with pytest.raises(NotFound):
            await replace_by_twin(writer, other.person, stage.listing_id, stage.shop_id, stage.product_id)
        with pytest.raises(NotOutside):
            await replace_by_twin(writer, stage.host.person, own.listing_id, shop_id, product_id)
        with pytest.raises(NoTwin):
            await replace_by_twin(writer, stage.host.person, stage.listing_id, shop_id, product_id)
        with pytest.raises(NotFound):
            await replace_by_twin(writer, stage.host.person, stage.listing_id, ShopId(1), ProductId(1))
    place = in_video(await new_video(database, other_shop_account))
    theirs = await put_outside(database, other_shop_account, place, TAOBAO_TEXT.format(item=ITEM))
    async with database.writing() as writer:
        with pytest.raises(OnlyOwnShop):
            await replace_by_twin(writer, other_shop_account.person, theirs.listing_id, shop_id, product_id)


async def test_putting_back_undoes_it_in_place(database: Database, stage: Stage) -> None:
    jd = await put_outside(database, stage.host, stage.video, JD_TEXT.format(item=100001))
    await press(database, stage)
    answer = await undo(database, stage)
    assert outcomes(answer) == [Outcome.DONE] * 2
    for listing in (*stage.outside, jd):
        assert await state_of(database, listing) == ("on_cart", None)
    async with database.reading() as reader:
        assert stage.video.video_id is not None
        video = await cart_of_video(reader, stage.video.video_id)
        assert await reader.column("SELECT off_reason FROM listing WHERE source = 'own'") == ["creator"] * 2
    assert [(each.listing_id, each.position) for each in video] == [
        (stage.outside[1].listing_id, 1),
        (jd.listing_id, 2),
    ]
    assert (await undo(database, stage)).carts == ()
    assert outcomes(await press(database, stage)) == [Outcome.DONE] * 2, "and it can be replaced again"
