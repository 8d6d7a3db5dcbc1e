"""The buyer's pages as a browser without scripts sees them, in both languages."""

import re
from dataclasses import dataclass
from datetime import timedelta

import httpx
import pytest

from tests.conftest import MORNING, SignedIn, browser, sign_in_as
from tests.stage_world import (
    MARCH_2022,
    Host,
    live_room,
    new_host,
    new_video,
    write_history,
    write_shop,
)
from tests.web.test_front import csrf_of
from yellowcart.app import Application
from yellowcart.consoles.rendering import local_path
from yellowcart.kernel import clock
from yellowcart.kernel.database import Database
from yellowcart.kernel.ids import ProductId, ShopId, SkuId, VideoId
from yellowcart.orders.addresses import ADDRESSES_MAX, addresses_of, remember_address
from yellowcart.orders.close import lapse_orders
from yellowcart.orders.model import DeliveryAddress
from yellowcart.stage import listings
from yellowcart.stage.enforce import enforce_rules
from yellowcart.stage.model import Listing, Room, in_room, in_video
from yellowcart.stage.rooms import end_room, pause_room

PASTED_LINK = "https://detail.tmall.com/item.htm?id=551200345678&ali_trackid=2:mm_1234567_23456789_345678901"
"""With who earns outside: viewers are led through it, not to the product's plain address."""
HOSTILE = "<script>alert('x')</script>"
ADDRESS = {
    "recipient": "林小满",
    "phone": "13800138000",
    "province": "浙江省",
    "city": "杭州市",
    "district": "西湖区",
    "street": "文三路 1 号",
}
PRICE_FEN = 5_900


@dataclass(frozen=True)
class Stage:
    """A room and a video on show, each with one product of a shop and one of Taobao in its cart."""

    application: Application
    database: Database
    host: Host
    room: Room
    video_id: VideoId
    shop_id: ShopId
    product_id: ProductId
    sku_id: SkuId
    own: Listing
    outside: Listing
    in_video: Listing


@pytest.fixture
async def stage(database: Database, application: Application) -> Stage:
    async with database.writing() as writer:
        await write_history(writer)
        shop_id, product_id, sku_id = await write_shop(writer, price_fen=PRICE_FEN, stock=5)
    host = await new_host(database)
    room = await live_room(database, host)
    video_id = await new_video(database, host)
    await application.litestar.state.platform.rules.read()
    async with database.writing() as writer:
        own = await listings.list_product(writer, host.person, in_room(room.room_id), shop_id, product_id)
        outside = await listings.list_outside(
            writer,
            host.person,
            in_room(room.room_id),
            pasted_text=f"【淘宝】铁锅 {PASTED_LINK} 点击链接直接打开",
            title=f"铁锅 {HOSTILE}",
            price_fen=16_900,
        )
        shown = await listings.list_product(writer, host.person, in_video(video_id), shop_id, product_id)
        for listing in (own, outside, shown):
            await listings.put_on(writer, host.person, listing.listing_id)
        await listings.explain(writer, host.person, own.listing_id)
    return Stage(application, database, host, room, video_id, shop_id, product_id, sku_id, own, outside, shown)


async def place_order(stage: Stage, buyer: SignedIn, key: str = "first") -> str:
    """An order of one piece; answers `<shop_id>/<order_id>`."""
    token = stage.application.litestar.state.platform.buyer_tokens.make(buyer.person.person_id)
    async with browser(stage.application) as program:
        answer = await program.post(
            "/api/v1/orders",
            headers={"authorization": f"Bearer {token}", "idempotency-key": key},
            json={
                "lines": [
                    {
                        "listing_id": stage.own.listing_id,
                        "sku_id": stage.sku_id,
                        "quantity": 1,
                        "unit_price_fen": PRICE_FEN,
                    }
                ],
                "total_fen": PRICE_FEN,
                "address": ADDRESS,
            },
        )
    assert answer.status_code == 201, answer.text
    return f"{answer.json()['shop_id']}/{answer.json()['order_id']}"


def leads_to(answer: httpx.Response) -> str | None:
    """The address that an answer sends the browser to."""
    found = answer.headers.get("location")
    return None if found is None else str(found)


async def press(page: httpx.AsyncClient, seen: str, path: str, **fields: str) -> httpx.Response:
    """Send a form of the page `seen`, as its button does."""
    token = csrf_of((await page.get(seen)).text)
    return await page.post(path, data={"_csrf_token": token, **fields})


@pytest.mark.parametrize("language", ["zh_CN", "en"])
@pytest.mark.parametrize("who", ["buyer", "nobody"])
async def test_every_public_page_opens_in_both_languages(stage: Stage, language: str, who: str) -> None:
    token = (await sign_in_as(stage.database)).token if who == "buyer" else None
    pages = {
        "/": "午饭吃什么",
        "/videos": "三道快手菜",
        f"/rooms/{stage.room.room_id}": "午饭吃什么",
        f"/rooms/{stage.room.room_id}/now": "data-part",
        f"/videos/{stage.video_id}": "三道快手菜",
        f"/listings/{stage.own.listing_id}/sheet": "30 厘米",
        f"/products/{stage.shop_id}/{stage.product_id}?listing={stage.own.listing_id}": "Iron wok",
        f"/out/{stage.outside.listing_id}": "detail.tmall.com",
        "/me": {"zh_CN": "我", "en": "Me"}[language],
    }
    async with browser(stage.application, token) as page:
        page.cookies.set("language", language)
        for path, words in pages.items():
            answer = await page.get(path)
            assert answer.status_code == 200, (path, answer.text[:400])
            assert words in answer.text, path
            assert "<script>alert" not in answer.text, path


@pytest.mark.parametrize("language", ["zh_CN", "en"])
async def test_every_page_of_an_order_opens_in_both_languages(stage: Stage, language: str) -> None:
    buyer = await sign_in_as(stage.database)
    order = await place_order(stage, buyer)
    async with browser(stage.application, buyer.token) as page:
        page.cookies.set("language", language)
        for path in ("/orders", "/orders?state=submitted", f"/orders/{order}", f"/cashier/{order}"):
            answer = await page.get(path)
            assert answer.status_code == 200, (path, answer.text[:400])
            assert "¥59.00" in answer.text, path
        assert "铁锅" not in (await page.get("/orders?state=shipped")).text


async def test_what_people_typed_stays_text(stage: Stage) -> None:
    buyer = await sign_in_as(stage.database, name=HOSTILE)
    room = f"/rooms/{stage.room.room_id}"
    async with browser(stage.application, buyer.token) as page:
        assert (await press(page, room, f"{room}/chat", body=f"{HOSTILE} 😀")).status_code == 204
        answer = (await page.get(room)).text
    assert "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt; 😀" in answer
    assert "<script>alert" not in answer


async def test_chat_needs_somebody_who_is_signed_in(stage: Stage) -> None:
    room = f"/rooms/{stage.room.room_id}"
    async with browser(stage.application) as page:
        assert f'href="/login?next={room}"' in (await page.get(room)).text
        assert (await press(page, room, f"{room}/chat", body="你好")).status_code == 401


async def test_the_explained_product_is_pinned_and_the_cart_counts(stage: Stage) -> None:
    async with browser(stage.application) as page:
        parts = (await page.get(f"/rooms/{stage.room.room_id}/now")).text
    assert 'data-listings="2"' in parts
    pinned = parts.split('data-part="pinned"')[1].split('data-part="cart"')[0]
    assert f'data-buy="/listings/{stage.own.listing_id}/sheet"' in pinned
    assert f"{{&#34;{stage.sku_id}&#34;:5}}" in pinned


async def test_a_paused_and_an_ended_room_say_so(stage: Stage) -> None:
    path = f"/rooms/{stage.room.room_id}/now"
    async with browser(stage.application) as page:
        async with stage.database.writing() as writer:
            await pause_room(writer, stage.host.person, stage.room.room_id)
        assert "主播暂时离开" in (await page.get(path)).text
        async with stage.database.writing() as writer:
            await end_room(writer, stage.host.person, stage.room.room_id)
        over = (await page.get(path)).text
        sheet = (await page.get(f"/listings/{stage.own.listing_id}/sheet")).text
        feed = (await page.get("/")).text
    assert "直播已结束" in over
    assert 'data-state="ended"' in over
    assert "data-buy" not in over
    assert "data-choose" not in sheet
    assert "现在没有人开播" in feed


@pytest.mark.parametrize(("words", "found"), [("午饭", True), ("小波", True), ("铁锅", True), ("%", False)])
async def test_search_looks_at_rooms_creators_and_goods(stage: Stage, words: str, found: bool) -> None:
    async with browser(stage.application) as page:
        answer = (await page.get("/", params={"search": words})).text
    assert (f"/rooms/{stage.room.room_id}" in answer) is found


async def test_the_feed_goes_on_by_cursor_and_shows_nothing_twice(stage: Stage) -> None:
    for number in range(14):
        await live_room(stage.database, await new_host(stage.database, name=f"达人{number}"))
    async with browser(stage.application) as page:
        first = (await page.get("/")).text
        more = re.search(r'hx-get="([^"]+)"', first)
        assert more
        rest = await page.get(more[1].replace("&amp;", "&"), headers={"hx-request": "true"})
    shown = [re.findall(r'class="room-card" href="/rooms/(\d+)"', text) for text in (first, rest.text)]
    assert "<html" not in rest.text
    assert len(shown[0]) == 12
    assert len(set(shown[0] + shown[1])) == len(shown[0]) + len(shown[1]) == 15


async def test_an_outside_listing_says_where_it_leads_before_anybody_goes(stage: Stage) -> None:
    path = f"/out/{stage.outside.listing_id}"
    async with browser(stage.application) as page:
        seen = (await page.get(path)).text
        key = re.search(r'name="jump_key" value="([^"]+)"', seen)
        assert key
        gone = await press(page, path, path, visitor="a-visitor-of-mine", jump_key=key[1])
        again = await press(page, path, path, visitor="a-visitor-of-mine", jump_key=key[1])
    assert "2022-03-01 00:00" in seen, "what will change, and when"
    assert (gone.status_code, again.status_code) == (302, 302)
    assert leads_to(gone) == PASTED_LINK
    async with stage.database.reading() as reader:
        (event,) = await reader.records("SELECT kind, listing_id, visitor FROM audience_event")
    assert event == {"kind": "jump_out", "listing_id": stage.outside.listing_id, "visitor": "a-visitor-of-mine"}


async def test_the_way_out_leads_only_to_the_stored_address(stage: Stage) -> None:
    path = f"/out/{stage.outside.listing_id}"
    async with browser(stage.application) as page:
        gone = await press(page, path, f"{path}?url=https://evil.example", url="https://evil.example", visitor="'")
        assert leads_to(gone) == PASTED_LINK
        async with stage.database.writing() as writer:
            await writer.run(
                "UPDATE listing SET url = 'javascript:alert(1)', tap_url = NULL WHERE listing_id = %(id)s",
                id=stage.outside.listing_id,
            )
        assert "javascript:" not in (await page.get(path)).text
        assert (await press(page, "/me", path)).status_code == 404
        assert (await page.get(f"/out/{stage.own.listing_id}")).status_code == 404


@pytest.mark.parametrize("swept", [True, False], ids=["after the sweep", "before the sweep"])
async def test_a_refused_way_out_says_why_and_leads_nowhere(
    stage: Stage, still_clock: clock.Clock, swept: bool
) -> None:
    still_clock.freeze(MARCH_2022 + timedelta(seconds=1))
    if swept:
        await enforce_rules(stage.database)
    path = f"/out/{stage.outside.listing_id}"
    async with browser(stage.application) as page:
        seen = await page.get(path)
        refused = await press(page, path, path, visitor="a-visitor-of-mine")
        room = (await page.get(f"/rooms/{stage.room.room_id}/now")).text
    assert "2022-03-01 00:00" in seen.text
    assert "合同变更" in seen.text
    assert "前往购买" not in seen.text
    assert refused.status_code == 409
    assert "refresh" not in refused.text
    assert str(stage.outside.url) not in refused.text
    assert f'href="/out/{stage.outside.listing_id}"' not in room
    assert "合同变更" in room, "gone from the cart, with the reason"
    assert 'data-listings="1"' in room


async def test_somebody_elses_order_is_not_there(stage: Stage) -> None:
    order = await place_order(stage, await sign_in_as(stage.database))
    other = await sign_in_as(stage.database)
    async with browser(stage.application, other.token) as page:
        for path in (f"/orders/{order}", f"/cashier/{order}", f"/cashier/{order}/return"):
            assert (await page.get(path)).status_code == 404, path
        for path in (f"/orders/{order}/cancel", f"/orders/{order}/confirm", f"/cashier/{order}"):
            assert (await press(page, "/me", path)).status_code == 404, path
    async with browser(stage.application) as nobody:
        answer = await nobody.get(f"/orders/{order}")
        assert local_path(answer.headers["location"]) == f"/login?next=/orders/{order}"


async def test_an_order_is_refused_then_paid_at_the_sandbox(stage: Stage) -> None:
    buyer = await sign_in_as(stage.database)
    order = await place_order(stage, buyer)
    async with browser(stage.application, buyer.token) as page:
        cashier = f"/cashier/{order}"
        assert 'data-countdown="1800"' in (await page.get(cashier)).text
        for decision, expected in (("leave", "还没有付款"), ("refuse", "银行拒绝"), ("pay", "已通知商家")):
            bank = (await press(page, cashier, cashier)).headers["location"]
            assert bank.startswith("/sandbox/pay/")
            back = await press(page, bank, bank, decision=decision)
            assert back.headers["location"] == f"{cashier}/return"
            settled = await page.get(back.headers["location"])
            assert settled.headers["location"] == cashier
            assert expected in (await page.get(cashier)).text, decision
        assert (await page.get("/sandbox/pay/1-2")).status_code == 404
        assert "待发货" in (await page.get(f"/orders/{order}")).text
        assert order in (await page.get("/orders?state=paid")).text


async def test_a_cashier_whose_time_is_over_takes_nothing(stage: Stage, still_clock: clock.Clock) -> None:
    buyer = await sign_in_as(stage.database)
    order = await place_order(stage, buyer)
    still_clock.freeze(MORNING + timedelta(minutes=31))
    async with browser(stage.application, buyer.token) as page:
        late = await press(page, f"/cashier/{order}", f"/cashier/{order}")
        assert late.status_code == 409
        assert "付款时间已过" in late.text
        async with stage.database.writing() as writer:
            await lapse_orders(writer)
        assert "订单已关闭" in (await page.get(f"/cashier/{order}")).text
        assert "超时未付款" in (await page.get(f"/orders/{order}")).text


async def test_a_paid_order_is_cancelled_once_and_the_money_is_on_its_way(stage: Stage) -> None:
    buyer = await sign_in_as(stage.database)
    order = await place_order(stage, buyer)
    async with browser(stage.application, buyer.token) as page:
        bank = (await press(page, f"/cashier/{order}", f"/cashier/{order}")).headers["location"]
        await press(page, bank, bank, decision="pay")
        await page.get(f"/cashier/{order}/return")
        assert (await press(page, "/me", f"/orders/{order}/cancel")).status_code == 303
        seen = (await page.get(f"/orders/{order}")).text
        assert "退款" in seen
        assert 'data-opens="cancel"' not in seen
        assert (await press(page, "/me", f"/orders/{order}/confirm")).status_code == 409


async def test_addresses_are_kept_latest_first_and_are_ones_own(stage: Stage) -> None:
    buyer, other = await sign_in_as(stage.database), await sign_in_as(stage.database)
    async with browser(stage.application, buyer.token) as page:
        bad = await press(page, "/me", "/me/addresses", **{**ADDRESS, "phone": "call me", "recipient": HOSTILE})
        assert bad.status_code == 422
        assert "11 位手机号" in bad.text
        assert "<script>alert" not in bad.text
        assert (await press(page, "/me", "/me/addresses", **ADDRESS)).status_code == 303
        async with stage.database.reading() as reader:
            (known,) = await addresses_of(reader, buyer.person.person_id)
        async with browser(stage.application, other.token) as stranger:
            await press(stranger, "/me", f"/me/addresses/{known.address_id}/forget")
        assert "文三路" in (await page.get("/me")).text
        await press(page, "/me", f"/me/addresses/{known.address_id}/forget")
        assert "文三路" not in (await page.get("/me")).text


async def test_an_address_used_again_comes_first_and_the_oldest_is_forgotten(
    database: Database, still_clock: clock.Clock
) -> None:
    person_id = (await sign_in_as(database)).person.person_id
    for number in [*range(ADDRESSES_MAX + 2), 5]:
        still_clock.freeze(clock.now() + timedelta(minutes=1))
        async with database.writing() as writer:
            await remember_address(writer, person_id, DeliveryAddress(**{**ADDRESS, "street": f"{number} 号"}))
    async with database.reading() as reader:
        known = [each.address.street for each in await addresses_of(reader, person_id)]
        last = (await addresses_of(reader, person_id))[0].address
    assert last == DeliveryAddress(**{**ADDRESS, "street": "5 号", "district_code": "330106"})
    assert len(known) == ADDRESSES_MAX
    assert known[:2] == ["5 号", f"{ADDRESSES_MAX + 1} 号"]
    assert "0 号" not in known


async def test_a_jump_tells_that_the_viewer_arrived_and_came_back(stage: Stage, still_clock: clock.Clock) -> None:
    path, key = f"/out/{stage.outside.listing_id}", "a-key-of-this-jump"
    began = clock.now()
    async with browser(stage.application) as page:
        await press(page, path, path, visitor="a-visitor-of-mine", jump_key=key)
        still_clock.freeze(began + timedelta(seconds=2))
        assert (await press(page, path, "/out/beacon", jump_key=key, happened="landed")).status_code == 204
        still_clock.freeze(began + timedelta(minutes=3))
        await press(page, path, "/out/beacon", jump_key=key, happened="returned")
        still_clock.freeze(began + timedelta(minutes=9))
        await press(page, path, "/out/beacon", jump_key=key, happened="landed")
        await press(page, path, "/out/beacon", jump_key=key, happened="vanished")
        await press(page, path, "/out/beacon", jump_key="a-key-of-nobody-at-all", happened="returned")
    async with stage.database.reading() as reader:
        (jump,) = await reader.records("SELECT source, clicked_at, landed_at, returned_at FROM jump_out")
    assert jump == {
        "source": "taobao_union",
        "clicked_at": began,
        "landed_at": began + timedelta(seconds=2),
        "returned_at": began + timedelta(minutes=3),
    }


async def test_only_the_page_that_leads_out_may_send_a_form_elsewhere(stage: Stage) -> None:
    async with browser(stage.application) as page:
        policies = [
            (await page.get(path)).headers["content-security-policy"]
            for path in (f"/out/{stage.outside.listing_id}", f"/rooms/{stage.room.room_id}")
        ]
    assert ["form-action 'self' https: http:" in policy for policy in policies] == [True, False]
