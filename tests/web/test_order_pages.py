"""My orders as a browser without scripts sees them: found by tab and words, one order in each of its states, and
what a buyer may do with it."""

import html
import re
import secrets
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta

import httpx
import pytest

from tests.conftest import MORNING, SignedIn, browser, sign_in_as
from tests.orders.shopping import open_till, order_state
from tests.parcels.packing import PackingTable
from tests.small_world import PRICE_FEN, make_small_world
from tests.web.test_front import csrf_of
from yellowcart.aftersales.queries import cases_of_order
from yellowcart.app import Application
from yellowcart.consoles.figures import money
from yellowcart.kernel import clock
from yellowcart.kernel.database import Database
from yellowcart.kernel.ids import OrderId
from yellowcart.orders.addresses import AddressEntry, add_address
from yellowcart.orders.model import StopReason
from yellowcart.orders.receive import confirm_receipt
from yellowcart.orders.stop import stop_order
from yellowcart.orders.store import lock_order
from yellowcart.parcels.address_change import address_changes_of, offer_address_change

NEIGHBOUR = AddressEntry(
    recipient="林小满",
    phone="13800138000",
    province="福建省",
    city="泉州市",
    district="安溪县",
    street="中山路 8 号",
)


@dataclass
class Desk:
    """A buyer in front of their orders."""

    table: PackingTable
    buyer: SignedIn
    page: httpx.AsyncClient

    @property
    def database(self) -> Database:
        return self.table.till.database

    def path(self, order_id: OrderId, rest: str = "") -> str:
        """The page of an order."""
        return f"/orders/{self.table.world.shop_id}/{order_id}{rest}"

    async def see(self, order_id: OrderId) -> str:
        """What the page of an order says."""
        answer = await self.page.get(self.path(order_id))
        assert answer.status_code == 200, answer.text[:2000]
        return answer.text

    async def press(self, order_id: OrderId, rest: str, **fields: str) -> httpx.Response:
        """A button of an order's page."""
        token = csrf_of((await self.page.get("/me")).text)
        return await self.page.post(self.path(order_id, rest), data={"_csrf_token": token, **fields})

    async def placed(self, *, quantity: int = 1, sku: int = 0) -> OrderId:
        """An order that nobody has paid."""
        world = self.table.world
        return (await self.table.till.place(self.buyer.person, world, quantity=quantity, sku=sku)).order_id

    async def paid(self, *, quantity: int = 1) -> OrderId:
        """A paid order."""
        world = self.table.world
        placed = await self.table.till.place(self.buyer.person, world, quantity=quantity)
        await self.table.till.pay(self.buyer.person, placed)
        return placed.order_id

    async def ship(self, order_id: OrderId, pieces: int | None = None) -> None:
        """The merchant sends so many pieces of its one line, or all that are left, in a parcel of their own."""
        (line,) = await self.table.lines(order_id)
        waybill = f"SF{secrets.randbelow(10**12):012}"
        await self.table.ship(order_id, waybill, None if pieces is None else {line: pieces})


@pytest.fixture
async def desk(database: Database, application: Application) -> AsyncIterator[Desk]:
    till = await open_till(database)
    world = await make_small_world(database, skus=2, pieces=1_000)
    buyer = await sign_in_as(database)
    async with browser(application, buyer.token) as page:
        page.cookies.set("language", "en")
        yield Desk(PackingTable(till=till, world=world, buyer=buyer.person), buyer, page)
    await till.lane.stop()


def words_of(page: str) -> str:
    """A page as plain words."""
    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page)))


def numbers_in(page: str) -> set[int]:
    """The orders whose cards a list shows."""
    return {int(found) for found in re.findall(r'order-card__goods" href="/orders/\d+/(\d+)"', page)}


async def test_each_tab_shows_the_orders_of_its_kind(desk: Desk) -> None:
    unpaid, paid, part, shipped, received = (
        await desk.placed(),
        await desk.paid(),
        await desk.paid(quantity=2),
        await desk.paid(),
        await desk.paid(),
    )
    await desk.ship(part, 1)
    await desk.ship(shipped)
    await desk.ship(received)
    async with desk.database.writing() as writer:
        await confirm_receipt(writer, desk.buyer.person, desk.table.world.shop_id, received)
    cancelled = await desk.paid()
    assert (await desk.press(cancelled, "/cancel")).status_code == 303
    shown = {
        tab: numbers_in((await desk.page.get(f"/orders?show={tab}")).text)
        for tab in ("", "to_pay", "to_ship", "on_its_way", "to_review", "closed")
    }
    assert shown == {
        "": {unpaid, paid, part, shipped, received, cancelled},
        "to_pay": {unpaid},
        "to_ship": {paid, part},
        "on_its_way": {part, shipped},
        "to_review": {received},
        "closed": {cancelled},
    }
    async with desk.database.reading() as reader:
        (case,) = await cases_of_order(reader, desk.table.world.shop_id, cancelled)
    case_path = f"/aftersales/{case.shop_id}/{case.aftersale_id}"
    assert f'href="{case_path}"' in await desk.see(cancelled)
    assert numbers_in((await desk.page.get("/orders?state=shipped")).text) == {part, shipped}


async def test_after_sales_have_one_home_to_which_the_list_of_orders_leads(desk: Desk) -> None:
    orders = (await desk.page.get("/orders")).text
    assert '<a href="/aftersales">After-sale</a>' in orders
    older = await desk.page.get("/orders?show=aftersale&cursor=nonsense")
    assert (older.status_code, older.headers["location"]) == (303, "/aftersales")


@pytest.mark.parametrize(
    ("search", "found"),
    [("铁观音", True), ("安溪", True), ("%", False), ("茶壶", False), ("99999999999999999", False)],
)
async def test_orders_are_found_by_goods_and_shop(desk: Desk, search: str, found: bool) -> None:
    order_id = await desk.placed()
    answer = (await desk.page.get("/orders", params={"search": search})).text
    assert numbers_in(answer) == ({order_id} if found else set())
    assert ("Nothing found" in answer) is not found


async def test_an_order_is_found_by_its_number_and_nobody_elses_is(desk: Desk, application: Application) -> None:
    wanted, _ = await desk.placed(), await desk.placed()
    assert numbers_in((await desk.page.get(f"/orders?search={wanted}")).text) == {wanted}
    stranger = await sign_in_as(desk.database)
    async with browser(application, stranger.token) as page:
        assert numbers_in((await page.get(f"/orders?search={wanted}")).text) == set()
        for path in ("", "/again"):
            assert (await page.get(desk.path(wanted, path))).status_code == 404
        token = csrf_of((await page.get("/me")).text)
        for act in ("/cancel", "/confirm", "/extend", "/address", "/address/1"):
            answer = await page.post(desk.path(wanted, act), data={"_csrf_token": token, "do": "accept"})
            assert answer.status_code == 404, act
    assert await order_state(desk.database, desk.table.world.shop_id, wanted) == ("submitted", None)


async def test_the_list_goes_on_by_cursor_and_shows_nothing_twice(desk: Desk) -> None:
    made = set()
    for _ in range(22):
        order_id = await desk.placed()
        made.add(order_id)
        assert (await desk.press(order_id, "/cancel")).status_code == 303
    first = (await desk.page.get("/orders?show=closed")).text
    more = re.search(r'hx-get="([^"]+)"', first)
    assert more
    rest = await desk.page.get(html.unescape(more[1]), headers={"hx-request": "true"})
    assert "<html" not in rest.text
    shown = [numbers_in(text) for text in (first, rest.text)]
    assert shown[0] | shown[1] == made
    assert not shown[0] & shown[1]
    assert (await desk.page.get("/orders?cursor=nonsense")).status_code == 422


@pytest.mark.parametrize("language", ["zh_CN", "en"])
async def test_a_part_shipped_order_tells_of_every_piece_and_of_the_promise(desk: Desk, language: str) -> None:
    desk.page.cookies.set("language", language)
    order_id = await desk.paid(quantity=3)
    await desk.ship(order_id, 1)
    page = await desk.see(order_id)
    said = words_of(page)
    expected = {
        "zh_CN": ("部分发货", "已发货 1 件", "待发货 2 件", "商家承诺 02-27 12:00 前发货"),
        "en": ("Partly shipped", "1 shipped", "2 to ship", "The shop ships by 02-27 12:00"),
    }[language]
    for words in (*expected, money(3 * PRICE_FEN)):
        assert words in said, words
    assert f'data-countdown="{48 * 3_600}"' in page
    assert 'data-opens="cancel"' not in page
    assert 'data-opens="confirm"' not in page


async def test_a_broken_promise_is_said(desk: Desk, still_clock: clock.Clock) -> None:
    order_id = await desk.paid()
    still_clock.freeze(MORNING + timedelta(hours=48, seconds=1))
    assert "promised to ship by 02-27 12:00 and is late" in words_of(await desk.see(order_id))


async def test_the_automatic_receipt_is_told_and_put_off_once(desk: Desk) -> None:
    order_id = await desk.paid()
    await desk.ship(order_id)
    assert "Counts as received on 03-07 12:00" in words_of(await desk.see(order_id))
    assert (await desk.press(order_id, "/extend")).status_code == 303
    page = await desk.see(order_id)
    assert "Counts as received on 03-10 12:00" in words_of(page)
    assert "extended once already" in page
    assert 'data-opens="extend"' not in page
    again = await desk.press(order_id, "/extend")
    assert again.status_code == 409
    assert "Counts as received on 03-10 12:00" in words_of(again.text)


async def test_a_stopped_order_says_why_in_friendly_words(desk: Desk) -> None:
    order_id = await desk.paid()
    async with desk.database.writing() as writer:
        order = await lock_order(writer, desk.table.world.shop_id, order_id)
        await stop_order(writer, order, StopReason.RISK, "operator", person=None, note="looks like fraud")
    page = await desk.see(order_id)
    assert "The platform is looking at this order before it goes on." in page
    assert "looks like fraud" not in page
    assert "The shop ships by" not in page


async def test_cancelling_a_paid_order_gives_everything_back(desk: Desk) -> None:
    order_id = await desk.paid(quantity=2)
    assert "Your money goes back the way it came." in await desk.see(order_id)
    assert (await desk.press(order_id, "/cancel")).status_code == 303
    assert (await desk.press(order_id, "/cancel")).status_code == 303, "cancelling twice is no error"
    page = await desk.see(order_id)
    said = words_of(page)
    for words in ("Closed: the money goes back", "2 cancelled", f"refunded {money(2 * PRICE_FEN)}", "After-sale"):
        assert words in said, words
    assert "Buy again" in page
    assert 'data-opens="cancel"' not in page
    assert (await desk.press(order_id, "/confirm")).status_code == 409


async def test_an_order_of_which_something_has_left_cannot_be_cancelled(desk: Desk) -> None:
    order_id = await desk.paid(quantity=2)
    await desk.ship(order_id, 1)
    refused = await desk.press(order_id, "/cancel")
    assert refused.status_code == 409
    assert 'role="alert"' in refused.text
    assert await order_state(desk.database, desk.table.world.shop_id, order_id) == ("part_shipped", None)


async def test_another_address_is_asked_for_and_taken_back(desk: Desk) -> None:
    order_id = await desk.paid()
    async with desk.database.writing() as writer:
        known = await add_address(writer, desk.buyer.person.person_id, NEIGHBOUR)
    assert 'data-opens="other-address"' in await desk.see(order_id)
    asked = await desk.press(order_id, "/address", address=str(known.address_id))
    assert asked.status_code == 303
    page = await desk.see(order_id)
    assert "the shop has not answered yet" in page
    assert "中山路 8 号" in page
    assert 'data-opens="other-address"' not in page
    assert (await desk.press(order_id, "/address", address=str(known.address_id))).status_code == 409
    async with desk.database.reading() as reader:
        (change,) = await address_changes_of(reader, desk.table.world.shop_id, order_id)
    assert (await desk.press(order_id, f"/address/{change.change_id}", do="accept")).status_code == 404
    assert (await desk.press(order_id, f"/address/{change.change_id}", do="nonsense")).status_code == 404
    assert (await desk.press(order_id, f"/address/{change.change_id}", do="withdraw")).status_code == 303
    assert "中山路 8 号" not in (await desk.see(order_id)).split("other-address")[0]


async def test_what_the_shop_proposes_is_accepted_by_the_buyer(desk: Desk) -> None:
    order_id = await desk.paid()
    async with desk.database.writing() as writer:
        change_id = await offer_address_change(
            writer, desk.table.merchant, desk.table.world.shop_id, order_id, NEIGHBOUR
        )
    assert "The shop proposes another address:" in await desk.see(order_id)
    assert (await desk.press(order_id, f"/address/{change_id}", do="accept")).status_code == 303
    page = await desk.see(order_id)
    assert "中山路 8 号" in page
    assert "The shop proposes" not in page


async def test_buying_again_leads_to_the_checkout_or_to_the_product(desk: Desk) -> None:
    order_id = await desk.placed(quantity=2, sku=1)
    world = desk.table.world
    again = await desk.page.get(desk.path(order_id, "/again"))
    assert again.status_code == 303
    assert again.headers["location"] == f"/checkout?pieces.{world.listing_id}.{world.sku_ids[1]}=2"
    async with desk.database.writing() as writer:
        await writer.run("UPDATE room SET state = 'ended', ended_at = now()")
    nowhere = await desk.page.get(desk.path(order_id, "/again"))
    assert nowhere.headers["location"] == f"/products/{world.shop_id}/{world.product_id}"


async def test_an_order_with_several_parcels_shows_each_with_its_pieces(desk: Desk) -> None:
    order_id = await desk.paid(quantity=2)
    for _ in range(2):
        await desk.ship(order_id, 1)
    page = await desk.see(order_id)
    assert len(re.findall(r'class="panel parcel"', page)) == 2
    assert page.count('data-copied="Waybill number copied"') == 2
    assert "Parcel 2 of 2" in words_of(page)
