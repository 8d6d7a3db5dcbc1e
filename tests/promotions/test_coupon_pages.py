"""The coupon and price pages of merchants, creators, operators and buyers."""

import re
from datetime import timedelta

import httpx
import pytest

from tests.conftest import MORNING, SignedIn, browser
from tests.promotions.coupon_world import CouponWorld, make_coupon_world, some_buyers
from yellowcart.app import Application
from yellowcart.kernel.clock import SHANGHAI
from yellowcart.kernel.database import Database
from yellowcart.promotions.maker_queries import coupons_of
from yellowcart.promotions.model import CouponStanding, SpecialPriceKind
from yellowcart.promotions.special_price_queries import special_prices_of_shop
from yellowcart.promotions.special_prices import NewSpecialPrice, set_special_price


def beijing(hours: float) -> str:
    """So many hours after MORNING, as a form's field writes it."""
    return (MORNING + timedelta(hours=hours)).astimezone(SHANGHAI).strftime("%Y-%m-%dT%H:%M")


def typed(**changes: str) -> dict[str, str]:
    """What is typed into the form of a coupon."""
    return {
        "request_key": "form key",
        "title": "新茶尝鲜",
        "kind": "amount",
        "threshold_fen": "20",
        "off_fen": "5",
        "scope": "all",
        "stock": "10",
        "per_buyer_limit": "1",
        "claim_from": beijing(0),
        "claim_until": beijing(24),
        "usable_from": beijing(0),
        "usable_until": beijing(48),
    } | changes


async def send(client: httpx.AsyncClient, path: str, data: dict[str, str], **headers: str) -> httpx.Response:
    """Send a form with the token of the page."""
    await client.get("/coupons")
    token = client.cookies.get("csrf") or ""
    return await client.post(path, data=data | {"_csrf_token": token}, headers=headers)


def of(application: Application, who: SignedIn) -> "httpx.AsyncClient":
    transport = httpx.ASGITransport(app=application)
    return httpx.AsyncClient(
        transport=transport,
        base_url="http://platform.test",
        cookies={"session": who.token, "language": "en"},
        headers={"accept": "text/html"},
    )


async def test_a_merchant_makes_a_coupon_once_however_often_the_form_is_sent(
    database: Database, application: Application
) -> None:
    world = await make_coupon_world(database)
    here = f"/merchant/{world.small.shop_id}/coupons"
    async with of(application, world.merchant) as client:
        assert "No coupons yet" in (await client.get(here)).text
        first = await send(client, f"{here}/new", typed())
        again = await send(client, f"{here}/new", typed())
        assert first.status_code == again.status_code == 303
        assert first.headers["location"] == again.headers["location"]
        page = await client.get(first.headers["location"])
        assert "¥5 off goods of ¥20 or more" in page.text
        assert "Being given out" in page.text
        listed = await client.get(here, params={"show": "claimable"})
        assert "新茶尝鲜" in listed.text
        assert "No coupon stands so now" in (await client.get(here, params={"show": "stopped"})).text


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"off_fen": "20"}, "less than the minimum"),
        ({"off_fen": "five"}, "Write an amount in yuan"),
        ({"off_fen": ""}, "Write an amount in yuan"),
        ({"kind": "percent", "off_rate": "100"}, "Between 1 and 99 percent"),
        ({"kind": "percent", "off_rate": "101"}, "Write a percentage"),
        ({"stock": "0"}, "A whole number from 1 to 1,000,000"),
        ({"stock": "-1"}, "A whole number, please"),
        ({"stock": "1000000000000"}, "A whole number, please"),
        ({"claim_until": "tomorrow"}, "A date and a time, please"),
        ({"usable_until": beijing(1)}, "at least as long as it can be claimed"),
        ({"scope": "chosen"}, "Choose at least one product"),
        ({"scope": "chosen", "product_12": "yes"}, "Choose among the products"),
        ({"scope": "chosen", "product_x": "yes"}, "Choose one of these"),
        ({"room_id": "12"}, "Choose a room that is announced"),
        ({"request_key": ""}, "Idempotency-Key"),
    ],
)
async def test_a_refused_form_keeps_what_was_typed_and_says_why(
    database: Database, application: Application, changes: dict[str, str], told: str
) -> None:
    world = await make_coupon_world(database)
    async with of(application, world.merchant) as client:
        answer = await send(client, f"/merchant/{world.small.shop_id}/coupons/new", typed(**changes))
    assert answer.status_code == 422
    assert told in answer.text
    assert 'value="新茶尝鲜"' in answer.text
    async with database.reading() as reader:
        assert (await coupons_of(reader, world.shop)).items == []


async def test_a_merchant_changes_the_number_and_stops_with_a_word_on_each(
    database: Database, application: Application
) -> None:
    world = await make_coupon_world(database)
    coupon = await world.make()
    for buyer in await some_buyers(database, 2):
        await world.claim(coupon, buyer)
    here = f"/merchant/{world.small.shop_id}/coupons/{coupon.coupon_id}"
    async with of(application, world.merchant) as client:
        refused = await send(client, f"{here}/stock", {"stock": "1"})
        assert refused.status_code == 422
        assert "From 2, as many as are claimed" in refused.text
        assert (await send(client, f"{here}/stock", {"stock": "many"})).status_code == 422
        assert (await send(client, f"{here}/stock", {"stock": "50"})).status_code == 303
        assert "2 / 50" in (await client.get(here)).text
        assert (await send(client, f"{here}/stop", {})).status_code == 303
        assert "What was claimed stays good" in (await client.get(here)).text
        again = await send(client, f"{here}/stop", {})
        assert again.status_code == 303
        assert "stopped for good" in (await client.get(here)).text


async def test_anothers_coupon_page_is_not_there(database: Database, application: Application) -> None:
    world, stranger = await make_coupon_world(database), await make_coupon_world(database)
    coupon = await world.make()
    async with of(application, stranger.merchant) as client:
        for path in (
            f"/merchant/{world.small.shop_id}/coupons",
            f"/merchant/{stranger.small.shop_id}/coupons/{coupon.coupon_id}",
            f"/merchant/{world.small.shop_id}/special-prices",
        ):
            assert (await client.get(path)).status_code == 404
    async with of(application, world.operator) as client:
        assert (await client.get(f"/operator/coupons/{coupon.coupon_id}")).status_code == 404
    async with of(application, world.buyer) as client:
        assert (await client.get("/operator/coupons")).status_code == 403


async def test_an_operator_makes_the_platforms_coupons(database: Database, application: Application) -> None:
    world = await make_coupon_world(database)
    async with of(application, world.operator) as client:
        made = await send(client, "/operator/coupons/new", typed())
        assert "Paid by the platform" in (await client.get(made.headers["location"])).text
        assert "新茶尝鲜" in (await client.get("/operator/coupons")).text


async def test_a_creator_prepares_a_coupon_and_drops_it_from_the_desk(
    database: Database, application: Application
) -> None:
    world = await make_coupon_world(database)
    room = world.small.room_id
    async with of(application, world.creator) as client:
        made = await send(client, "/creator/coupons/new", typed(prepared="yes", room_id=str(room)))
        assert made.status_code == 303
        async with database.reading() as reader:
            (coupon,) = (await coupons_of(reader, world.host)).items
        assert coupon.standing is CouponStanding.PREPARED
        desk = await client.get(f"/creator/rooms/{room}/coupons")
        assert "Waits for your drop" in desk.text
        assert "Drop now" in desk.text
        path = f"/creator/rooms/{room}/coupons/{coupon.coupon_id}/drop"
        dropped = await send(client, path, {}, **{"hx-request": "true"})
        assert dropped.status_code == 200
        assert "dropped once" in dropped.text
        soon = await send(client, path, {}, **{"hx-request": "true"})
        assert soon.status_code == 429
        assert 'hx-get="/creator/rooms/' in (await client.get(f"/creator/rooms/{room}")).text
    async with of(application, world.buyer) as client:
        assert "Claim</button>" in (await client.get(f"/rooms/{room}/coupons")).text


async def test_a_buyer_claims_in_the_room_and_finds_the_coupon_again(
    database: Database, application: Application
) -> None:
    world = await make_coupon_world(database)
    coupon = await world.make()
    room = f"/rooms/{world.small.room_id}"
    async with of(application, world.buyer) as client:
        page = await client.get(room)
        assert re.search(r"data-coupon-count>1<", page.text)
        assert f'data-coupon-sheet="{room}/coupons"' in page.text
        data = {"request_key": "tap", "room_id": str(world.small.room_id), "back": room}
        part = await send(client, f"/coupons/{coupon.coupon_id}/claim", data, **{"x-part": "coupon"})
        assert part.status_code == 200
        assert "Yours" in part.text
        again = await send(client, f"/coupons/{coupon.coupon_id}/claim", data | {"request_key": "other"})
        assert again.headers["location"] == room
        mine = await client.get("/coupons")
        assert "New tea" in mine.text
        assert f'href="{room}"' in mine.text
    assert await world.counted(coupon.coupon_id) == 1


async def test_a_refused_claim_brings_the_coupon_with_the_reason(
    database: Database, application: Application
) -> None:
    world = await make_coupon_world(database)
    coupon = await world.make(stock=1)
    await world.claim(coupon, (await some_buyers(database, 1))[0])
    async with of(application, world.buyer) as client:
        path, part = f"/coupons/{coupon.coupon_id}/claim", {"x-part": "coupon"}
        refused = await send(client, path, {"request_key": "tap"}, **part)
        assert refused.status_code == 409
        assert "All of these coupons are claimed" in refused.text
        assert (await send(client, path, {"request_key": ""}, **part)).status_code == 422
        for room_id in ("x", "1" * 40, "-1"):
            odd = await send(client, path, {"request_key": "odd", "room_id": room_id}, **part)
            assert odd.status_code == 409
        assert (await send(client, "/coupons/12/claim", {"request_key": "tap"})).status_code == 404
        away = await send(client, path, {"request_key": "tap", "back": "https://elsewhere.example"})
        assert away.headers["location"] == "/"


async def test_a_visitor_sees_what_is_offered_and_is_asked_to_sign_in(
    database: Database, application: Application
) -> None:
    world = await make_coupon_world(database)
    await world.make()
    room = f"/rooms/{world.small.room_id}"
    async with browser(application) as client:
        offered = await client.get(f"{room}/coupons", headers={"accept-language": "en"})
        assert f'href="/login?next={room}"' in offered.text
        assert (await client.get("/rooms/12/coupons")).status_code == 404
        assert (await client.get("/videos/12/coupons")).status_code == 404
        assert (await client.get("/coupons")).headers["location"].startswith("/login")


async def _special(world: CouponWorld, **changes: object) -> None:
    fields: dict[str, object] = {
        "listing_id": world.small.listing_id,
        "sku_id": world.small.sku_id,
        "kind": SpecialPriceKind.FLASH,
        "price_fen": 3_990,
        "quota": 7,
        "ends_at": MORNING + timedelta(hours=1),
    }
    async with world.database.writing() as writer:
        await set_special_price(
            writer,
            world.merchant.person,
            world.small.shop_id,
            NewSpecialPrice(**(fields | changes)),  # type: ignore[arg-type]
        )


async def test_the_cart_shows_a_flash_price_with_the_usual_one_what_is_left_and_a_countdown(
    database: Database, application: Application
) -> None:
    world = await make_coupon_world(database)
    before = await _cart(application, world)
    await _special(world)
    cart = await _cart(application, world)
    assert "¥39.90" in cart
    assert '<span class="listing__was">¥49.90</span>' in cart
    assert "7 at this price" in cart
    assert 'data-countdown="3600"' in cart or 'data-countdown="3601"' in cart
    key = re.compile(r'data-part="cart" data-key="([^"]+)"')
    assert key.findall(before) != key.findall(cart)


async def test_a_coming_flash_price_is_announced_and_not_charged(
    database: Database, application: Application
) -> None:
    world = await make_coupon_world(database)
    await _special(world, starts_at=MORNING + timedelta(minutes=10))
    cart = await _cart(application, world)
    assert "Flash price ¥39.90" in cart
    assert "begins in" in cart
    assert "listing__was" not in cart


async def _cart(application: Application, world: CouponWorld) -> str:
    async with of(application, world.buyer) as client:
        return (await client.get(f"/rooms/{world.small.room_id}/now")).text


async def test_a_merchant_sets_a_price_changes_its_quota_and_ends_it(
    database: Database, application: Application
) -> None:
    world = await make_coupon_world(database)
    here = f"/merchant/{world.small.shop_id}/special-prices"
    data = {
        "request_key": "form key",
        "listing_id": str(world.small.listing_id),
        "sku_id": str(world.small.sku_id),
        "kind": "room_only",
        "price_fen": "39.90",
        "quota": "5",
    }
    async with of(application, world.merchant) as client:
        assert "No special prices yet" in (await client.get(here)).text
        assert "春茶" in (await client.get(f"{here}/new")).text
        assert "铁观音" in (await client.get(f"{here}/new", params={"listing": world.small.listing_id})).text
        for changes, told in (
            ({"price_fen": "49.90"}, "below the usual price"),
            ({"price_fen": "free"}, "Write an amount in yuan"),
            ({"quota": "0"}, "A whole number from 1"),
            ({"kind": "flash"}, "A flash price needs an end"),
            ({"kind": "flash", "ends_at": "later"}, "A date and a time, please"),
        ):
            refused = await send(client, f"{here}/new", data | changes)
            assert refused.status_code == 422
            assert told in refused.text
        assert (await send(client, f"{here}/new", data | {"sku_id": "12"})).status_code == 404
        assert (await send(client, f"{here}/new", data)).status_code == 303
        assert (await send(client, f"{here}/new", data)).status_code == 303
        async with database.reading() as reader:
            (price,) = (await special_prices_of_shop(reader, world.small.shop_id)).items
        one = f"{here}/{price.special_price_id}"
        refused = await send(client, f"{one}/quota", {"quota": "0"})
        assert refused.status_code == 422
        assert "as many as were ordered" in refused.text
        assert (await send(client, f"{one}/quota", {"quota": "9"})).status_code == 303
        assert "0 / 9" in (await client.get(here)).text
        assert (await send(client, f"{one}/end", {})).status_code == 303
        assert "Ended" in (await client.get(here)).text
        assert "ended already" in (await _told_after(client, f"{one}/end", here))


async def _told_after(client: httpx.AsyncClient, path: str, here: str) -> str:
    await send(client, path, {})
    return (await client.get(here)).text


async def test_a_merchant_with_nothing_in_a_cart_is_told_what_to_do(
    database: Database, application: Application
) -> None:
    world = await make_coupon_world(database)
    async with database.writing() as writer:
        await writer.run("DELETE FROM listing")
    async with of(application, world.merchant) as client:
        page = await client.get(f"/merchant/{world.small.shop_id}/special-prices/new")
    assert "None of your products is in a cart" in page.text


async def test_the_pages_speak_chinese(database: Database, application: Application) -> None:
    world = await make_coupon_world(database)
    coupon = await world.make()
    async with of(application, world.merchant) as client:
        client.cookies.set("language", "zh_CN")
        page = await client.get(f"/merchant/{world.small.shop_id}/coupons/{coupon.coupon_id}")
    assert "满 ¥20 减 ¥5" in page.text
    assert "停止发放" in page.text
