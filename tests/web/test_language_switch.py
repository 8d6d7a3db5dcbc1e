"""The other language shows the same page with its query, and after a refused form the page that it stood on."""

import html
import re
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest

from tests.conftest import browser, sign_in_as
from tests.orders.promoted import claim, coupon
from tests.small_world import make_small_world
from tests.web.checkout_counter import ZHEJIANG, Counter
from tests.web.filled_form import fields_of
from yellowcart.accounts.model import Role
from yellowcart.app import Application
from yellowcart.kernel.database import Database
from yellowcart.orders.addresses import add_address
from yellowcart.promotions.model import Funder


async def in_other_language(client: httpx.AsyncClient, page: str) -> httpx.Response:
    """The page after a tap on the other language."""
    link = re.search(r'href="(/language/[^"]+)"', page)
    assert link, page[:2000]
    chosen = await client.get(html.unescape(link[1]))
    assert chosen.status_code == 303
    return await client.get(chosen.headers["location"])


def query_of(answer: httpx.Response) -> list[tuple[str, str]]:
    """The query that was asked with, in order, as the page was asked with it."""
    return parse_qsl(urlsplit(str(answer.request.url)).query)


@pytest.mark.parametrize("query", ["search=%E8%8C%B6+%26%25&show=closed", "show=to_ship&show=closed&search=a"])
async def test_a_page_keeps_its_whole_query(application: Application, database: Database, query: str) -> None:
    buyer = await sign_in_as(database)
    async with browser(application, buyer.token) as client:
        client.cookies.set("language", "en")
        first = await client.get(f"/orders?{query}")
        other = await in_other_language(client, first.text)
        assert '<html lang="zh-CN">' in other.text
        assert query_of(other) == parse_qsl(query)


async def test_a_checkout_keeps_what_was_chosen_and_typed(counter: Counter) -> None:
    made = await coupon(counter.database, counter.world, Funder.SHOP, off_fen=500)
    await claim(counter.database, made, counter.buyer.person.person_id)
    async with counter.database.writing() as writer:
        second = await add_address(writer, counter.buyer.person.person_id, ZHEJIANG)
    opened = await counter.open(quantity=2)
    changed = {
        counter.pieces(): "3",
        counter.pieces(1): "1",
        "address": str(second.address_id),
        "choice": "own",
        "coupon.shop": "",
        "note": "放门口 & 不要按铃",
    }
    typed = await counter.send(opened, **changed)
    other = await in_other_language(counter.page, typed.text)
    assert '<html lang="zh-CN">' in other.text
    fields = fields_of(other.text, "data-checkout")
    assert {name: fields[name] for name in changed if name in fields} == {
        name: text for name, text in changed.items() if name != "coupon.shop"
    } | ({"coupon.shop": ""} if "coupon.shop" in fields else {})
    assert fields["used"] == ""
    assert fields_of(typed.text, "data-checkout")["seen"] == fields["seen"]


async def test_a_refused_order_is_read_again_in_the_other_language(counter: Counter) -> None:
    opened = await counter.open(quantity=2)
    await counter.change("UPDATE sku SET price_fen = price_fen + 100")
    refused = await counter.order(opened, note="轻放")
    assert refused.status_code == 409
    other = await in_other_language(counter.page, refused.text)
    assert other.status_code == 200
    fields = fields_of(other.text, "data-checkout")
    assert (fields[counter.pieces()], fields["note"]) == ("2", "轻放")


async def test_no_link_ticks_a_return_rule_or_tells_a_name(counter: Counter) -> None:
    await counter.change("UPDATE category SET return_rule = 'not_after_unsealing'")
    tick = f"accepts.{counter.world.listing_id}.{counter.world.sku_ids[0]}"
    assert tick not in fields_of(await counter.open(1, 0, **{tick: "yes"}), "data-checkout")
    ticked = await counter.send(await counter.open(), **{tick: "yes"})
    assert fields_of(ticked.text, "data-checkout")[tick] == "yes"
    address = fields_of(ticked.text, "data-checkout")["_page"]
    assert tick not in address
    assert not {"recipient", "phone", "street"} & dict(parse_qsl(urlsplit(address).query)).keys()


async def test_a_wrong_password_does_not_forget_where_to(application: Application) -> None:
    async with browser(application) as client:
        client.cookies.set("language", "en")
        page = (await client.get("/login?next=/checkout%3Flisting%3D1%26sku%3D2")).text
        token = re.search(r'name="_csrf_token" value="([^"]+)"', page)
        stood = re.search(r'name="_page" value="([^"]+)"', page)
        assert token
        assert stood
        form = {"_csrf_token": token[1], "_page": html.unescape(stood[1]), "login": "x", "password": "y"}
        refused = await client.post("/login", data=form)
        assert refused.status_code >= 400
        other = await in_other_language(client, refused.text)
        assert query_of(other) == [("next", "/checkout?listing=1&sku=2")]


@pytest.mark.parametrize("sends_page", [True, False])
async def test_a_refused_act_leads_back_to_the_page_of_its_form(
    application: Application, database: Database, sends_page: bool
) -> None:
    operator = await sign_in_as(database, Role.OPERATOR)
    world = await make_small_world(database)
    async with browser(application, operator.token) as client:
        client.cookies.set("language", "en")
        here = f"/operator/people/{world.merchant_id}"
        page = (await client.get(f"{here}?back=1")).text
        fields = fields_of(page, "method")
        token = {"_csrf_token": fields["_csrf_token"]} | ({"_page": fields["_page"]} if sends_page else {})
        refused = await client.post(
            f"{here}/state", data=token, headers={"referer": f"http://platform.test{here}?back=1"}
        )
        assert refused.status_code >= 400, refused.status_code
        other = await in_other_language(client, refused.text)
        assert (other.status_code, query_of(other)) == (200, [("back", "1")])


@pytest.mark.parametrize("stood", ["https://elsewhere.test/", "//elsewhere.test", "javascript:alert(1)", "\n/x"])
async def test_nobody_is_led_elsewhere(counter: Counter, stood: str) -> None:
    token = fields_of(await counter.open(), "data-checkout")["_csrf_token"]
    refused = await counter.page.post("/login", data={"_csrf_token": token, "_page": stood})
    link = re.search(r'href="/language/zh_CN\?next=([^"]*)"', refused.text)
    assert link
    assert link[1] == "/"
