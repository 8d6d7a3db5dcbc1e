"""Twins found, kept, dismissed; outside products replaced by them in every open cart, and put back."""

import asyncio
from datetime import timedelta

import httpx
import pytest

from tests.conftest import SignedIn, browser, sign_in_as
from tests.stage_world import (
    JD_TEXT,
    MARCH_2022,
    TAOBAO_TEXT,
    Host,
    live_room,
    new_host,
    new_video,
    state_of,
    write_history,
    write_shop,
)
from yellowcart.accounts.model import Role
from yellowcart.app import Application
from yellowcart.catalog.matching import Sign
from yellowcart.catalog.queries import search_listable
from yellowcart.catalog.words import read_product_words
from yellowcart.kernel import clock
from yellowcart.kernel.database import Database
from yellowcart.kernel.errors import NotFound
from yellowcart.kernel.events import deliver_events
from yellowcart.kernel.ids import ListingId, ProductId, ShopId
from yellowcart.stage import listings
from yellowcart.stage.enforce import enforce_rules
from yellowcart.stage.errors import NotForSale, NotOutside, NoTwin, OnlyOwnShop
from yellowcart.stage.model import Listing, ListingState, Place, in_room, in_video
from yellowcart.stage.queries import cart_of_room, cart_of_video
from yellowcart.stage.replace import Replacement, put_back, replace_by_twin
from yellowcart.stage.replace_rules import Outcome
from yellowcart.stage.rooms import end_room
from yellowcart.stage.twin_coverage import coverage_by_category, coverage_by_source, most_listed
from yellowcart.stage.twin_queries import outside_counts, outside_goods_of_creator, twins_of_listings
from yellowcart.stage.twins import best_twins, dismiss_twin, dismiss_twin_for_all, find_twins, twins_of

ITEM = "653289000001"
KEY = ("taobao_union", ITEM)
TITLE = "铸铁锅无涂层32cm家用老式铁锅"
OWN_TITLE = "小波厨房 铸铁锅 无涂层 32cm"


class Stage:
    """A host with a live room and a video, an outside wok in both carts, and the same wok in an own shop."""

    def __init__(self, host: Host, live: Place, video: Place, shop_id: ShopId, product_id: ProductId) -> None:
        self.host, self.live, self.video = host, live, video
        self.shop_id, self.product_id = shop_id, product_id
        self.outside: list[Listing] = []

    @property
    def listing_id(self) -> ListingId:
        """The outside listing in the live cart."""
        return self.outside[0].listing_id


@pytest.fixture
async def stage(database: Database, still_clock: clock.Clock) -> Stage:
    async with database.writing() as writer:
        await write_history(writer)
        shop_id, product_id, _ = await write_shop(writer)
        await writer.run("UPDATE product SET title = %(title)s, version = version + 1", title=OWN_TITLE)
        await writer.run("UPDATE sku SET name = '32 厘米'")
    await enforce_all(database)
    host = await new_host(database)
    live, video = in_room((await live_room(database, host)).room_id), in_video(await new_video(database, host))
    made = Stage(host, live, video, shop_id, product_id)
    for place in (live, video):
        made.outside.append(await put_outside(database, host, place, TAOBAO_TEXT.format(item=ITEM)))
    await find_all(database)
    return made


async def put_outside(
    database: Database, host: Host, place: Place, text: str, *, title: str = TITLE, queued: bool = False
) -> Listing:
    async with database.writing() as writer:
        listing = await listings.list_outside(
            writer, host.person, place, pasted_text=text, title=title, price_fen=6_500
        )
        return listing if queued else await listings.put_on(writer, host.person, listing.listing_id)


async def find_all(database: Database) -> None:
    while await read_product_words(database):
        pass
    while await deliver_events(database):
        pass
    while await find_twins(database):
        pass


async def enforce_all(database: Database) -> None:
    while await enforce_rules(database):
        pass


async def press(database: Database, stage: Stage) -> Replacement:
    async with database.writing() as writer:
        return await replace_by_twin(writer, stage.host.person, stage.listing_id, stage.shop_id, stage.product_id)


async def undo(database: Database, stage: Stage) -> Replacement:
    async with database.writing() as writer:
        return await put_back(writer, stage.host.person, stage.listing_id, stage.shop_id, stage.product_id)


def outcomes(replacement: Replacement) -> list[Outcome]:
    return sorted(cart.outcome for cart in replacement.carts)


# Finding


async def test_a_twin_is_found_with_its_reasons(database: Database, stage: Stage) -> None:
    async with database.reading() as reader:
        found = await best_twins(reader, [KEY, ("taobao_union", "1")])
    assert list(found) == [KEY]
    twin = found[KEY]
    assert (twin.shop_id, twin.product_id) == (stage.shop_id, stage.product_id)
    assert {reason.sign for reason in twin.reasons} >= {Sign.SAME_AMOUNT, Sign.SIMILAR_TITLE}
    assert twin.price_fen == 5_900


async def test_one_search_serves_every_cart_and_is_not_repeated(database: Database, stage: Stage) -> None:
    assert await find_twins(database) == 0
    async with database.reading() as reader:
        assert await reader.value("SELECT count(*) FROM twin_search") == 1


async def test_another_title_calls_for_another_search(database: Database, stage: Stage) -> None:
    async with database.writing() as writer:
        await writer.run("UPDATE listing SET title = '儿童绘本' WHERE source = 'taobao_union'")
    assert await find_twins(database) == 1
    async with database.reading() as reader:
        assert await best_twins(reader, [KEY]) == {}


async def test_a_week_later_it_is_looked_at_again(
    database: Database, stage: Stage, still_clock: clock.Clock
) -> None:
    still_clock.freeze(clock.now() + timedelta(days=7, seconds=1))
    assert await find_twins(database) == 1


async def test_a_new_product_that_shares_a_word_calls_for_another_search(database: Database, stage: Stage) -> None:
    async with database.writing() as writer:
        other_shop, other_product, _ = await write_shop(writer, price_fen=6_400)
        await writer.run(
            "UPDATE product SET title = '铸铁锅 无涂层 32cm 老式铁锅 家用' WHERE product_id = %(product_id)s",
            product_id=other_product,
        )
        await writer.run("UPDATE sku SET name = '标准'")
    await find_all(database)
    async with database.reading() as reader:
        twins = await twins_of(reader, *KEY)
    assert {twin.product_id for twin in twins} == {stage.product_id, other_product}
    assert twins[0].score_basis_points >= twins[1].score_basis_points
    assert other_shop != stage.shop_id


async def test_a_product_brought_over_from_the_item_is_its_twin_whatever_its_title(
    database: Database, stage: Stage, still_clock: clock.Clock
) -> None:
    still_clock.freeze(clock.now() + timedelta(minutes=1))
    async with database.writing() as writer:
        shop_id, product_id, _ = await write_shop(writer)
        await writer.run(
            "UPDATE product SET title = '晒谷场老味道' WHERE product_id = %(product_id)s", product_id=product_id
        )
        await writer.run(
            "INSERT INTO product_origin VALUES (%(shop_id)s, %(product_id)s, 'taobao_union', %(item)s, %(now)s)",
            shop_id=shop_id,
            product_id=product_id,
            item=ITEM,
            now=clock.now(),
        )
    await find_all(database)
    async with database.reading() as reader:
        best = (await best_twins(reader, [KEY]))[KEY]
    assert (best.product_id, best.score_basis_points) == (product_id, 10_000)
    assert best.reasons[0].sign is Sign.SAME_ORIGIN


async def test_only_products_for_sale_are_twins(database: Database, stage: Stage) -> None:
    async with database.writing() as writer:
        await writer.run("UPDATE shop SET state = 'closed'")
    async with database.reading() as reader:
        assert await best_twins(reader, [KEY]) == {}
        assert await twins_of(reader, *KEY) == []
    with pytest.raises(NotForSale):
        await press(database, stage)


async def test_a_very_long_address_has_no_twin_and_stops_nobody(database: Database, stage: Stage) -> None:
    async with database.writing() as writer:
        await writer.run(
            "UPDATE listing SET item_id = NULL, url = %(url)s WHERE listing_id = %(listing_id)s",
            url="https://item.taobao.com/" + "长" * 2_000,
            listing_id=stage.outside[1].listing_id,
        )
    assert await find_twins(database) == 0


# Dismissing


async def test_what_a_creator_dismisses_is_hidden_from_that_creator_alone(
    database: Database, stage: Stage
) -> None:
    other = await new_host(database, name="阿宁")
    for _ in range(2):
        async with database.writing() as writer:
            await dismiss_twin(writer, stage.host.person, *KEY, stage.shop_id, stage.product_id)
    async with database.reading() as reader:
        assert await best_twins(reader, [KEY], creator_id=stage.host.creator_id) == {}
        assert KEY in await best_twins(reader, [KEY], creator_id=other.creator_id)
        assert KEY in await best_twins(reader, [KEY])


async def test_what_an_operator_dismisses_stays_hidden_from_everybody(
    database: Database, stage: Stage, still_clock: clock.Clock
) -> None:
    operator = await sign_in_as(database, Role.OPERATOR)
    async with database.writing() as writer:
        await dismiss_twin_for_all(writer, operator.person, *KEY, stage.shop_id, stage.product_id)
    still_clock.freeze(clock.now() + timedelta(days=8))
    await find_all(database)
    async with database.reading() as reader:
        assert await best_twins(reader, [KEY]) == {}
    with pytest.raises(NoTwin):
        await press(database, stage)


async def test_only_a_known_twin_is_dismissed(database: Database, stage: Stage) -> None:
    async with database.writing() as writer:
        with pytest.raises(NotFound):
            await dismiss_twin(writer, stage.host.person, "jd_union", "1", stage.shop_id, stage.product_id)


# Replacing


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


# Putting back


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


# Reading


async def test_a_creator_sees_each_outside_product_once(database: Database, stage: Stage) -> None:
    await put_outside(database, stage.host, stage.video, JD_TEXT.format(item=100001), title="机械键盘 无线三模")
    await find_all(database)
    async with database.reading() as reader:
        everything = (await outside_goods_of_creator(reader, stage.host.creator_id)).items
        with_twin = (await outside_goods_of_creator(reader, stage.host.creator_id, has_twin=True)).items
        without = (await outside_goods_of_creator(reader, stage.host.creator_id, has_twin=False)).items
        counts = await outside_counts(reader, stage.host.creator_id)
        first = await outside_goods_of_creator(reader, stage.host.creator_id, size=1)
        second = await outside_goods_of_creator(reader, stage.host.creator_id, size=1, cursor=first.next_cursor)
        of_cart = await twins_of_listings(
            reader, stage.host.creator_id, [each.listing_id for each in stage.outside]
        )
    assert [(each.source, each.carts) for each in everything] == [("jd_union", 1), ("taobao_union", 2)]
    assert [each.source for each in with_twin] == ["taobao_union"]
    assert [each.source for each in without] == ["jd_union"]
    assert (counts.goods, counts.with_twin) == (2, 1)
    assert first.items + second.items == everything
    assert {twin.product_id for twin in of_cart.values()} == {stage.product_id}
    assert len(of_cart) == 2


async def test_an_operator_sees_how_much_has_a_twin(database: Database, stage: Stage) -> None:
    await put_outside(database, stage.host, stage.video, JD_TEXT.format(item=100001), title="机械键盘 无线三模")
    await find_all(database)
    async with database.reading() as reader:
        by_source = {each.key: each for each in await coverage_by_source(reader)}
        (by_category,) = await coverage_by_category(reader)
        listed = (await most_listed(reader)).items
        lacking = (await most_listed(reader, has_twin=False)).items
        first = await most_listed(reader, size=1)
        second = await most_listed(reader, size=1, cursor=first.next_cursor)
    assert by_source["taobao_union"].share_basis_points == 10_000
    assert (by_source["jd_union"].goods, by_source["jd_union"].goods_with_twin) == (1, 0)
    assert (by_category.listings, by_category.listings_with_twin) == (3, 2)
    assert [(each.source, each.listings, each.creators) for each in listed] == [
        ("taobao_union", 2, 1),
        ("jd_union", 1, 1),
    ]
    assert [each.source for each in lacking] == ["jd_union"]
    assert first.items + second.items == listed


# API


async def call(
    client: httpx.AsyncClient, who: SignedIn, path: str, content: object = None, key: str = "one"
) -> httpx.Response:
    headers = {**who.bearer, "accept": "application/json", "idempotency-key": key}
    if content is None:
        return await client.get(f"/api/v1{path}", headers=headers)
    return await client.post(f"/api/v1{path}", json=content, headers=headers)


async def test_programs_do_the_same(
    database: Database, stage: Stage, application: Application, client: httpx.AsyncClient
) -> None:
    who = stage.host.signed_in
    goods = (await call(client, who, "/outside-goods?has_twin=true")).json()
    assert [each["twin"]["product_id"] for each in goods["items"]] == [stage.product_id]
    path = f"/listings/{stage.listing_id}"
    (twin,) = (await call(client, who, f"{path}/twins")).json()["items"]
    assert twin["reasons"]
    choice = {"shop_id": stage.shop_id, "product_id": stage.product_id}
    first = await call(client, who, f"{path}/replace", choice)
    assert first.status_code == 201
    assert (await call(client, who, f"{path}/replace", choice)).json() == first.json(), "a repeat, one answer"
    assert {cart["outcome"] for cart in first.json()["carts"]} == {"done"}
    back = await call(client, who, f"{path}/put-back", choice)
    assert {cart["outcome"] for cart in back.json()["carts"]} == {"done"}
    assert (await call(client, who, f"{path}/twins/dismiss", choice)).status_code == 204
    refused = await call(client, who, f"{path}/replace", {"shop_id": 1, "product_id": 1}, key="two")
    assert (refused.status_code, refused.json()["code"]) == (404, "not_found")
    stranger = await sign_in_as(database, Role.CREATOR)
    assert (await call(client, stranger, f"{path}/twins")).status_code == 403


# Pages


async def post(client: httpx.AsyncClient, path: str, **form: str) -> httpx.Response:
    await client.get("/creator/profile")
    return await client.post(path, data={"_csrf_token": client.cookies["csrf"], **form})


async def test_a_creator_chooses_confirms_and_puts_back(
    database: Database, stage: Stage, application: Application
) -> None:
    async with browser(application, stage.host.signed_in.token) as client:
        pick = f"{stage.outside[1].listing_id}-{stage.shop_id}-{stage.product_id}"
        shown = (await client.get("/creator/twins?show=with")).text
        assert pick in shown
        assert OWN_TITLE in shown
        assert OWN_TITLE in (await client.get("/creator/listings")).text
        assert OWN_TITLE in (await client.get(f"/creator/rooms/{stage.live.room_id}")).text
        confirm = await client.get(f"/creator/twins/replace?pick={pick}")
        assert TITLE in confirm.text
        done = await post(client, "/creator/twins/replace", **{"pick-0": pick})
        assert done.status_code == 200
        assert done.text.count("twin__outcome--done") == 2
        back = await post(client, "/creator/twins/put-back", pick=pick)
        assert back.text.count("twin__outcome--done") == 2
        gone = await post(client, "/creator/twins/dismiss", pick=pick)
        assert gone.status_code == 303
        assert pick not in (await client.get("/creator/twins")).text
    for listing in stage.outside:
        assert await state_of(database, listing) == ("on_cart", None)


@pytest.mark.parametrize("pick", ["", "1", "1-2", "x-y-z", "-1-2-3", "1-2-3-4", "9" * 40])
async def test_nonsense_is_refused_and_changes_nothing(
    database: Database, stage: Stage, application: Application, pick: str
) -> None:
    async with browser(application, stage.host.signed_in.token) as client:
        for path in ("/creator/twins/replace", "/creator/twins/put-back", "/creator/twins/dismiss"):
            answer = await post(client, path, pick=pick)
            assert answer.status_code in {303, 404}
        assert (await client.get("/creator/twins/replace", params={"pick": pick})).status_code in {303, 404}
        assert (await client.get("/creator/twins?cursor=broken&show=xyz")).status_code == 422
    assert await state_of(database, stage.outside[0]) == ("on_cart", None)


async def test_a_creator_finds_goods_by_words_in_any_order_and_by_other_names(
    database: Database, stage: Stage
) -> None:
    async with database.writing() as writer:
        _, product_id, _ = await write_shop(writer)
        await writer.run(
            "UPDATE product SET title = '飞科 电动剃须刀 FS373', version = 2 WHERE product_id = %(id)s",
            id=product_id,
        )
    await find_all(database)
    async with database.reading() as reader:
        for text in ("剃须刀 飞科", "飞科刮胡刀", "fs373", "FLYCO"):
            found = (await search_listable(reader, text)).items
            assert (text, [each.product_id for each in found]) == (text, [product_id])
        assert (await search_listable(reader, "飞科 吹风机")).items == []
        assert len((await search_listable(reader, "包邮")).items) == 0


async def test_an_operator_reads_the_coverage_and_dismisses(
    database: Database, stage: Stage, application: Application
) -> None:
    operator = await sign_in_as(database, Role.OPERATOR)
    async with browser(application, operator.token) as client:
        shown = (await client.get("/operator/twins")).text
        assert OWN_TITLE in shown
        assert "100 %" in shown
        form = {"source": KEY[0], "item_key": KEY[1], "shop_id": str(stage.shop_id)}
        form |= {"product_id": str(stage.product_id), "_csrf_token": client.cookies["csrf"]}
        assert (await client.post("/operator/twins/dismiss", data=form)).status_code == 303
        assert (await client.post("/operator/twins/dismiss", data=form | {"shop_id": "x"})).status_code == 404
        assert (await client.post("/operator/twins/dismiss", data=form | {"item_key": "\0"})).status_code == 404
        assert (await client.get("/operator/twins?source=%00")).status_code == 200
        assert OWN_TITLE not in (await client.get("/operator/twins?show=without")).text
    async with browser(application, stage.host.signed_in.token) as client:
        assert (await client.get("/operator/twins")).status_code == 403
