"""The creator console and the API beside it, through the whole application."""

import re
from dataclasses import dataclass

import httpx
import pytest

from tests.conftest import browser, sign_in_as
from tests.stage_world import (
    JD_TEXT,
    TAOBAO_TEXT,
    YOUZAN_TEXT,
    Host,
    live_room,
    new_host,
    new_video,
    write_history,
    write_shop,
)
from yellowcart.accounts.model import Role
from yellowcart.app import Application
from yellowcart.kernel import clock
from yellowcart.kernel.database import Database
from yellowcart.kernel.errors import NotFound
from yellowcart.kernel.ids import ProductId, RoomId, ShopId, VideoId
from yellowcart.stage import listings
from yellowcart.stage.chat import say
from yellowcart.stage.errors import ChatClosed, ChatTooFast
from yellowcart.stage.model import Listing, in_room
from yellowcart.stage.rooms import end_room, schedule_room
from yellowcart.stage.rules import CHAT_PER_WINDOW_MAX

PART = {"hx-request": "true"}


@dataclass(frozen=True)
class Desk:
    host: Host
    room_id: RoomId
    video_id: VideoId
    shop_id: ShopId
    product_id: ProductId
    listing: Listing


@pytest.fixture
async def desk(database: Database) -> Desk:
    async with database.writing() as writer:
        await write_history(writer)
        shop_id, product_id, _ = await write_shop(writer)
    host = await new_host(database)
    room = await live_room(database, host)
    async with database.writing() as writer:
        listing = await listings.list_outside(
            writer,
            host.person,
            in_room(room.room_id),
            pasted_text=TAOBAO_TEXT.format(item=653289000001),
            title="<b>铁锅</b>",
        )
        await listings.put_on(writer, host.person, listing.listing_id)
    return Desk(host, room.room_id, await new_video(database, host), shop_id, product_id, listing)


async def token_of(client: httpx.AsyncClient, path: str) -> dict[str, str]:
    page = (await client.get(path)).text
    found = re.search(r'name="csrf-token" content="([^"]+)"', page)
    assert found, page[:500]
    return {"x-csrf-token": found[1]}


async def test_every_page_opens_in_both_languages(application: Application, desk: Desk) -> None:
    filtered = "/listings?source=taobao_union&surface=live_cart&show=on_cart"
    paths = [
        "",
        "/rooms",
        f"/rooms/{desk.room_id}",
        f"/rooms/{desk.room_id}/numbers",
        "/videos",
        f"/videos/{desk.video_id}",
        "/listings",
        filtered,
        "/profile",
        f"/carts/rooms/{desk.room_id}/cart",
        f"/carts/rooms/{desk.room_id}/picker",
    ]
    async with browser(application, desk.host.signed_in.token) as client:
        for language, word in (("zh_CN", "小黄车"), ("en", "Cart")):
            client.cookies.set("language", language)
            for path in paths:
                answer = await client.get(f"/creator{path}")
                assert answer.status_code == 200, (path, answer.text[:800])
                assert "<b>铁锅</b>" not in answer.text
            assert word in (await client.get(f"/creator/rooms/{desk.room_id}")).text


async def test_strangers_and_other_roles_are_kept_out(
    application: Application, database: Database, desk: Desk
) -> None:
    stranger = await new_host(database, name="沫沫")
    async with browser(application, stranger.signed_in.token) as client:
        for path in (
            f"/rooms/{desk.room_id}",
            f"/rooms/{desk.room_id}/numbers",
            f"/videos/{desk.video_id}",
            f"/carts/rooms/{desk.room_id}/cart",
            f"/carts/videos/{desk.video_id}/picker",
        ):
            assert (await client.get(f"/creator{path}")).status_code == 404, path
        token = await token_of(client, "/creator")
        answer = await client.post(f"/creator/listings/{desk.listing.listing_id}/take-off", headers=token)
        assert answer.status_code == 404
    buyer = await sign_in_as(database)
    async with browser(application, buyer.token) as client:
        assert (await client.get("/creator")).status_code == 403


async def test_a_paste_shows_each_link_with_its_verdict_before_anything_is_listed(
    application: Application, database: Database, desk: Desk
) -> None:
    text = f"{TAOBAO_TEXT.format(item=653289000002)}\n{YOUZAN_TEXT.format(item='abc1')}"
    async with browser(application, desk.host.signed_in.token) as client:
        token = await token_of(client, "/creator")
        path = f"/creator/carts/rooms/{desk.room_id}"
        shown = await client.post(f"{path}/recognise", data={"pasted_text": text}, headers=PART | token)
        assert "2022-03-01 00:00 起不得上架" in shown.text
        assert "自 2021-11-01 00:00 起，有赞商品不得加入直播间购物车" in shown.text
        assert shown.text.count("加入小黄车") == 1, "only what the rules admit can be added"
        nothing = await client.post(f"{path}/recognise", data={"pasted_text": "你好"}, headers=PART | token)
        assert "没有从这段文字中识别出商品链接" in nothing.text
    async with database.reading() as reader:
        assert await reader.value("SELECT count(*) FROM listing") == 1


async def test_a_link_is_added_and_put_on_and_its_repeat_adds_nothing(
    application: Application, database: Database, desk: Desk
) -> None:
    form = {
        "pasted_text": JD_TEXT.format(item=100001),
        "title": "空气炸锅",
        "price": "139.9",
        "put_on": "yes",
        "request_key": "k1",
    }
    async with browser(application, desk.host.signed_in.token) as client:
        token = await token_of(client, "/creator")
        path = f"/creator/carts/rooms/{desk.room_id}/links"
        for _ in range(2):
            answer = await client.post(path, data=form, headers=PART | token)
            assert answer.status_code == 200, answer.text
            assert "空气炸锅" in answer.text
        wrong = await client.post(
            path, data={**form, "price": "面议", "title": "", "request_key": "k2"}, headers=PART | token
        )
        assert wrong.status_code == 422
        assert wrong.headers["hx-retarget"] == "#found"
    async with database.reading() as reader:
        rows = await reader.records("SELECT state, price_fen FROM listing WHERE source = 'jd_union'")
    assert rows == [{"state": "on_cart", "price_fen": 13_990}]


async def test_a_product_goes_from_the_picker_to_explaining(application: Application, desk: Desk) -> None:
    async with browser(application, desk.host.signed_in.token) as client:
        token = await token_of(client, "/creator")
        picker = await client.get(f"/creator/carts/rooms/{desk.room_id}/picker", params={"text": "铁锅"})
        assert str(desk.product_id) in picker.text
        answer = await client.post(
            f"/creator/carts/rooms/{desk.room_id}/products",
            data={"shop_id": str(desk.shop_id), "product_id": str(desk.product_id)},
            headers=PART | token,
        )
        found = re.findall(r'data-listing="(\d+)"', answer.text)
        for step in ("put-on", "explain"):
            answer = await client.post(f"/creator/listings/{found[1]}/{step}", headers=PART | token)
            assert answer.status_code == 200, answer.text
        assert "desk-row--explaining" in answer.text
        moved = await client.post(
            f"/creator/listings/{found[1]}/move", data={"position": "1"}, headers=PART | token
        )
        assert re.findall(r'data-listing="(\d+)"', moved.text) == found[::-1]
        plain = await client.post(f"/creator/listings/{found[1]}/stop-explaining", headers=token)
        assert plain.headers["location"] == f"/creator/rooms/{desk.room_id}", "it works without scripts, too"


async def test_a_product_is_queued_with_a_limit_and_the_time_that_unpaid_orders_keep_it(
    application: Application, database: Database, desk: Desk
) -> None:
    async with browser(application, desk.host.signed_in.token) as client:
        token = await token_of(client, "/creator")
        picker = await client.get(f"/creator/carts/rooms/{desk.room_id}/picker", params={"text": "铁锅"})
        assert 'name="hold_minutes" min="1" max="1440"' in picker.text

        async def queue(**terms: str) -> httpx.Response:
            return await client.post(
                f"/creator/carts/rooms/{desk.room_id}/products",
                data={"shop_id": str(desk.shop_id), "product_id": str(desk.product_id)} | terms,
                headers=PART | token,
            )

        for wrong in (
            *({"hold_minutes": text} for text in ("0", "-1", "1441", "0.5", "soon", "9" * 5_000)),
            *({"limit_per_buyer": text} for text in ("0", "-1", "1000", "1.5", str(10**12))),
        ):
            assert (await queue(**wrong)).status_code == 422, wrong
        cart = (await queue(hold_minutes="5", limit_per_buyer="2")).text
    assert "未付款保留 5 分钟" in cart
    async with database.reading() as reader:
        rows = await reader.records(
            "SELECT hold_s, limit_per_buyer FROM listing WHERE product_id = %(product_id)s",
            product_id=desk.product_id,
        )
    assert rows == [{"hold_s": 300, "limit_per_buyer": 2}], "and nothing of what was refused"


async def test_an_empty_cart_is_warned_about_and_not_forbidden(
    application: Application, database: Database, desk: Desk
) -> None:
    async with database.writing() as writer:
        await end_room(writer, desk.host.person, desk.room_id)
    async with browser(application, desk.host.signed_in.token) as client:
        token = await token_of(client, "/creator/rooms")
        announced = await client.post(
            "/creator/rooms",
            data={"title": "晚场", "scheduled_at": "2022-02-25T20:00", "request_key": "r1"},
            headers=token,
        )
        assert announced.status_code == 303, announced.text
        started = await client.post(f"{announced.headers['location']}/start", headers=token)
        assert started.status_code == 303
        assert "小黄车是空的" in (await client.get(announced.headers["location"])).text


async def test_the_api_does_what_the_pages_do(application: Application, desk: Desk) -> None:
    bearer = desk.host.signed_in.bearer
    async with browser(application) as client:
        on_air = (await client.get("/api/v1/rooms")).json()["items"]
        assert [room["room_id"] for room in on_air] == [desk.room_id]
        body = {"type": "product", "shop_id": desk.shop_id, "product_id": desk.product_id, "room_id": desk.room_id}
        first = await client.post("/api/v1/listings", json=body, headers=bearer | {"idempotency-key": "a"})
        again = await client.post("/api/v1/listings", json=body, headers=bearer | {"idempotency-key": "a"})
        assert first.status_code == 201, first.text
        assert first.json() == again.json()
        refused = await client.post(
            "/api/v1/listings",
            json={
                "type": "outside",
                "pasted_text": YOUZAN_TEXT.format(item="abc1"),
                "title": "锅",
                "room_id": desk.room_id,
            },
            headers=bearer | {"idempotency-key": "b"},
        )
        assert (refused.status_code, refused.json()["code"]) == (409, "refused_by_link_rule")
        assert "2021-11-01" in refused.json()["messages"]["en"]
        cart = (await client.get(f"/api/v1/rooms/{desk.room_id}/cart")).json()
        assert [each["state"] for each in cart] == ["on_cart"], "what is queued is its creator's alone"
        assert cart[0]["verdict"]["next_change"]["terms"]["action"] == "refuse"
        listing_id = first.json()["listing_id"]
        assert (await client.post(f"/api/v1/listings/{listing_id}/put-on", headers=bearer)).status_code == 200
        assert (await client.post(f"/api/v1/listings/{listing_id}/put-on")).status_code == 401
        wrong = await client.post(
            "/api/v1/listings", json={**body, "video_id": desk.video_id}, headers=bearer | {"idempotency-key": "c"}
        )
        assert (wrong.status_code, wrong.json()["code"]) == (422, "place_unclear")


async def test_chat_has_its_limits(database: Database, desk: Desk) -> None:
    viewer = await sign_in_as(database, Role.BUYER, name="阿明")
    async with database.writing() as writer:
        for number in range(CHAT_PER_WINDOW_MAX):
            await say(writer, viewer.person, desk.room_id, f"第 {number} 条")
        with pytest.raises(ChatTooFast):
            await say(writer, viewer.person, desk.room_id, "再来一条")
        with pytest.raises(NotFound):
            await say(writer, viewer.person, RoomId(5), "在吗")
        coming = await schedule_room(writer, desk.host.person, title="明天", scheduled_at=clock.now())
        with pytest.raises(ChatClosed):
            await say(writer, desk.host.person, coming.room_id, "在吗")
