"""What creators are told when link rules are carried out: once, about all of it, with the reason and a way on."""

import asyncio
from datetime import timedelta

import pytest

from tests.conftest import browser
from tests.rule_world import (
    DOUYIN_CHANNEL,
    DOUYIN_FEE,
    DOUYIN_REFUSED,
    STAR_MAP,
    enforce_all,
    messages_of,
    put_outside,
    write_allowances,
    write_douyin,
)
from tests.stage_world import (
    JD_TEXT,
    MARCH_2022,
    TAOBAO_TEXT,
    line,
    live_room,
    new_host,
    new_video,
    notice,
    state_of,
    write_history,
    write_shop,
)
from yellowcart.app import Application
from yellowcart.kernel import clock
from yellowcart.kernel.database import Database
from yellowcart.kernel.errors import InvalidFields
from yellowcart.kernel.translation import Locale
from yellowcart.links.errors import RefusedByLinkRule
from yellowcart.links.model import Action
from yellowcart.links.store import enact
from yellowcart.stage import listings
from yellowcart.stage.channel_tasks import give_task
from yellowcart.stage.model import in_room, in_video


async def test_one_message_tells_of_everything_that_a_notice_took(
    database: Database, application: Application, still_clock: clock.Clock
) -> None:
    async with database.writing() as writer:
        await write_history(writer)
    await enforce_all(database)
    host, other, untouched = [await new_host(database, name=name) for name in ("小波", "阿华", "小静")]
    room, video = in_room((await live_room(database, host)).room_id), in_video(await new_video(database, host))
    for item in range(4):
        await put_outside(database, host, room, TAOBAO_TEXT.format(item=65328900000 + item), title=f"铁锅{item}")
    await put_outside(database, host, video, TAOBAO_TEXT.format(item=65328900001), title="短视频铁锅")
    await put_outside(database, host, room, JD_TEXT.format(item=100001), title="京东菜刀")
    kept = await put_outside(database, host, video, JD_TEXT.format(item=100001), title="京东菜刀")
    others = in_room((await live_room(database, other)).room_id)
    await put_outside(database, other, others, JD_TEXT.format(item=100002), title="砂锅")
    still_clock.freeze(MARCH_2022 + timedelta(seconds=1))
    await enforce_all(database)
    (message,) = await messages_of(database, host)
    assert message.headline(Locale.ENGLISH) == "Taken off your carts by a link rule: 6"
    text = message.text(Locale.ENGLISH)
    assert "“铁锅0”, “铁锅1”, “铁锅2” and others; 6 in all" in text
    assert "jd_union (live room carts), taobao_union (live room carts, video carts)" in text
    assert "2022-03-01 00:00" in text
    assert "A change of contract" in text
    assert "own shop" in text
    assert "6 件商品" in message.headline(Locale.CHINESE)
    assert "直播间购物车" in message.text(Locale.CHINESE)
    (others_message,) = await messages_of(database, other)
    assert "“砂锅”; 1 in all" in others_message.text(Locale.ENGLISH)
    assert await messages_of(database, untouched) == []
    assert await state_of(database, kept) == ("on_cart", None)
    async with browser(application, host.signed_in.token) as client:
        client.cookies.set("language", "en")
        linked = (await client.get(message.link)).text
    assert linked.count("铁锅") >= 5
    assert linked.count("Taken off by a link rule") == 6, "the link shows what the notice took, and nothing else"


async def test_enforcing_again_and_together_tells_nobody_twice(
    database: Database, still_clock: clock.Clock
) -> None:
    async with database.writing() as writer:
        await write_history(writer)
    await enforce_all(database)
    host = await new_host(database)
    place = in_room((await live_room(database, host)).room_id)
    await put_outside(database, host, place, TAOBAO_TEXT.format(item=653289000001))
    still_clock.freeze(MARCH_2022)
    await asyncio.gather(*(enforce_all(database) for _ in range(4)))
    await enforce_all(database)
    assert len(await messages_of(database, host)) == 1
    async with database.reading() as reader:
        assert await reader.value("SELECT count(*) FROM outbox_event WHERE kind = 'listing.taken_off'") == 1


async def test_a_clock_that_leaps_over_notices_tells_of_each(database: Database, still_clock: clock.Clock) -> None:
    still_clock.freeze(DOUYIN_FEE - timedelta(days=1))
    async with database.writing() as writer:
        await write_douyin(writer)
    await enforce_all(database)
    host = await new_host(database)
    place = in_room((await live_room(database, host)).room_id)
    for item in range(3):
        await put_outside(database, host, place, TAOBAO_TEXT.format(item=65328900000 + item))
    still_clock.freeze(DOUYIN_REFUSED + timedelta(days=30))
    await enforce_all(database)
    told = [message.headline(Locale.ENGLISH) for message in await messages_of(database, host)]
    assert told == [
        "New terms for products in your carts: 3",
        "Taken off your carts by a link rule: 3",
    ], "the fee began, the channel took all three without a task, and nothing was left for the refusal"


async def test_douyin_in_2020_from_fee_to_channel_to_refusal(database: Database, still_clock: clock.Clock) -> None:
    still_clock.freeze(DOUYIN_FEE - timedelta(days=1))
    async with database.writing() as writer:
        await write_douyin(writer)
    await enforce_all(database)
    host = await new_host(database)
    place = in_room((await live_room(database, host)).room_id)
    first = await put_outside(database, host, place, TAOBAO_TEXT.format(item=653289000001), title="甲")
    second = await put_outside(database, host, place, JD_TEXT.format(item=100001), title="乙")
    still_clock.freeze(DOUYIN_FEE)
    await enforce_all(database)
    assert (
        (await messages_of(database, host))[-1]
        .text(Locale.ENGLISH)
        .startswith("Since 2020-08-20 00:00 the platform takes a fee of 20 % of what is sold: 2 products")
    )
    still_clock.freeze(DOUYIN_CHANNEL - timedelta(hours=1))
    async with database.writing() as writer:
        await give_task(writer, host.person, second.listing_id, "  XT-20200905-7 ")
    still_clock.freeze(DOUYIN_CHANNEL)
    await enforce_all(database)
    assert await state_of(database, first) == ("off_cart", "link_rule")
    assert await state_of(database, second) == ("on_cart", None)
    told = (await messages_of(database, host))[-1]
    assert told.headline(Locale.ENGLISH) == "Taken off your carts by a link rule: 1"
    assert f"tasks of {STAR_MAP} may be listed: 1 products" in told.text(Locale.ENGLISH)
    assert f"place the product as a task of {STAR_MAP}" in told.text(Locale.ENGLISH)
    async with database.writing() as writer:
        with pytest.raises(InvalidFields) as refused:
            await listings.put_on(writer, host.person, first.listing_id)
    assert STAR_MAP in refused.value.fields(Locale.ENGLISH)["channel_task"]
    async with database.writing() as writer:
        await give_task(writer, host.person, first.listing_id, "XT-20200906-1")
        back = await listings.put_on(writer, host.person, first.listing_id)
    assert (back.state, back.channel_task) == ("on_cart", "XT-20200906-1")
    still_clock.freeze(DOUYIN_REFUSED)
    await enforce_all(database)
    assert await state_of(database, first) == ("off_cart", "link_rule")
    assert await state_of(database, second) == ("off_cart", "link_rule")
    async with database.writing() as writer:
        with pytest.raises(RefusedByLinkRule):
            await listings.put_on(writer, host.person, first.listing_id)


async def test_a_number_of_another_channel_is_worth_nothing(database: Database, still_clock: clock.Clock) -> None:
    still_clock.freeze(DOUYIN_CHANNEL + timedelta(days=1))
    async with database.writing() as writer:
        await write_douyin(writer)
    await enforce_all(database)
    host = await new_host(database)
    place = in_room((await live_room(database, host)).room_id)
    listing = await put_outside(database, host, place, JD_TEXT.format(item=100001), task="XT-1")
    later = clock.now() + timedelta(days=1)
    async with database.writing() as writer:
        other = notice(
            "other-channel", later, line(Action.REQUIRE_CHANNEL, ("jd_union",), place.surface, channel="磁力聚星")
        )
        same = notice(
            "same-again",
            later - timedelta(hours=1),
            line(Action.REQUIRE_CHANNEL, ("jd_union",), place.surface, channel=STAR_MAP),
        )
        await enact(writer, same, by=None)
        await enact(writer, other, by=None)
    still_clock.freeze(later - timedelta(hours=1))
    await enforce_all(database)
    assert await state_of(database, listing) == ("on_cart", None)
    assert await messages_of(database, host) == [], "a rule that repeats what holds is no news"
    still_clock.freeze(later)
    await enforce_all(database)
    assert await state_of(database, listing) == ("off_cart", "link_rule")


async def test_the_message_names_the_best_twin_on_sale(database: Database, still_clock: clock.Clock) -> None:
    async with database.writing() as writer:
        await write_history(writer)
        shop_id, product_id, _ = await write_shop(writer)
    await enforce_all(database)
    host = await new_host(database)
    place = in_room((await live_room(database, host)).room_id)
    listing = await put_outside(database, host, place, TAOBAO_TEXT.format(item=653289000001))
    assert listing.item_id == "653289000001"
    async with database.writing() as writer:
        await writer.run(
            """
            INSERT INTO twin (source, item_key, shop_id, product_id, score_basis_points, reasons, found_at)
            VALUES ('taobao_union', '653289000001', %(shop_id)s, %(product_id)s, 9700, '[]', %(now)s)
            """,
            shop_id=shop_id,
            product_id=product_id,
            now=clock.now(),
        )
    still_clock.freeze(MARCH_2022)
    await enforce_all(database)
    (message,) = await messages_of(database, host)
    assert "the best match: “Iron wok” of 小波厨房" in message.text(Locale.ENGLISH)


async def test_own_goods_that_a_rule_takes_are_told_of_without_the_advice_to_list_own_goods(
    database: Database, still_clock: clock.Clock
) -> None:
    async with database.writing() as writer:
        await write_allowances(writer)
        shop_id, product_id, _ = await write_shop(writer)
    await enforce_all(database)
    host = await new_host(database)
    place = in_room((await live_room(database, host)).room_id)
    async with database.writing() as writer:
        listing = await listings.list_product(writer, host.person, place, shop_id, product_id)
        begins = clock.now() + timedelta(days=1)
        await enact(writer, notice("own-cut", begins, line(Action.REFUSE, ("own",), place.surface)), by=None)
    still_clock.freeze(begins)
    await enforce_all(database)
    assert await state_of(database, listing) == ("off_cart", "link_rule")
    (message,) = await messages_of(database, host)
    assert "own shop" not in message.text(Locale.ENGLISH)
