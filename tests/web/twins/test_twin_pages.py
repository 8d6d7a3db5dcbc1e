"""Twins as creators, operators and programs read and use them."""

import httpx
import pytest

from tests.conftest import SignedIn, browser, sign_in_as
from tests.stage_world import (
    JD_TEXT,
    state_of,
    write_shop,
)
from tests.web.twins.stage_with_twin import (
    KEY,
    OWN_TITLE,
    TITLE,
    Stage,
    find_all,
    put_outside,
)
from yellowcart.accounts.model import Role
from yellowcart.app import Application
from yellowcart.catalog.queries import search_listable
from yellowcart.kernel.database import Database
from yellowcart.stage.twin_coverage import coverage_by_category, coverage_by_source, most_listed
from yellowcart.stage.twin_queries import outside_counts, outside_goods_of_creator, twins_of_listings


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
