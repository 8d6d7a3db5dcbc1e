"""Shipping in a browser without scripts: the merchant's pages, the carrier's console, the operator's sources."""

import re
from collections.abc import AsyncIterator
from datetime import timedelta

import httpx
import pytest

from tests.conftest import SignedIn, browser, sign_in_as
from tests.parcels.packing import SF, PackingTable, told
from tests.parcels.test_address_change import NEW
from tests.parcels.test_needs import NEED
from tests.web.test_front import csrf_of
from yellowcart.accounts.model import Role
from yellowcart.accounts.sessions import open_session
from yellowcart.app import Application
from yellowcart.kernel import clock
from yellowcart.kernel.ids import PersonId
from yellowcart.orders.model import OrderState, StopReason
from yellowcart.orders.stop import stop_order
from yellowcart.orders.store import lock_order
from yellowcart.parcels.address_change import ask_address_change
from yellowcart.parcels.needs.post import post_need
from yellowcart.parcels.queries import parcels_of_order

FROM = "陈仓管 13850001111 福建省泉州市安溪县茶都路 3 号"
TO = "林小满 13800138000\n浙江省杭州市西湖区文三路 90 号"


async def token_of(table: PackingTable, person_id: PersonId) -> str:
    async with table.database.writing() as writer:
        return (await open_session(writer, person_id, address="", user_agent="test")).token


@pytest.fixture
async def desk(application: Application, table: PackingTable) -> AsyncIterator[httpx.AsyncClient]:
    """The merchant's browser."""
    async with browser(application, await token_of(table, table.world.merchant_id)) as opened:
        yield opened


@pytest.fixture
async def carrier(table: PackingTable) -> SignedIn:
    return await sign_in_as(table.database, Role.CARRIER, name="安达物流")


@pytest.fixture
async def carrier_desk(application: Application, carrier: SignedIn) -> AsyncIterator[httpx.AsyncClient]:
    async with browser(application, carrier.token) as opened:
        yield opened


async def send(
    client: httpx.AsyncClient, page: str, to: str, fields: dict[str, str], **hidden: str
) -> httpx.Response:
    """Send a form that stands on a page."""
    shown = (await client.get(page)).text
    kept = dict(re.findall(r'<input type="hidden" name="(request_key)" value="([^"]*)"', shown))
    return await client.post(to, data={"_csrf_token": csrf_of(shown)} | kept | hidden | fields)


def here(table: PackingTable) -> str:
    return f"/merchant/{table.world.shop_id}"


@pytest.mark.parametrize("language", ["zh_CN", "en"])
async def test_every_page_opens_in_both_languages(
    desk: httpx.AsyncClient, carrier_desk: httpx.AsyncClient, table: PackingTable, language: str
) -> None:
    orders = [await table.paid(2, 1) for _ in range(3)]
    first, _ = await table.lines(orders[0])
    await table.ship(orders[0], pieces={first: 1})
    await table.tell(told("collected", -2), told("problem", -1))
    await ask(table, orders[1])
    async with table.database.writing() as writer:
        need_id = await post_need(writer, table.merchant, table.world.shop_id, NEED)
    base = here(table)
    for client, paths in (
        (
            desk,
            (
                f"{base}/orders",
                f"{base}/orders?state=part_shipped",
                *(f"{base}/orders/{order_id}" for order_id in orders),
                f"{base}/shipping",
                *(f"{base}/shipping?show={show}" for show in ("part_shipped", "late", "stuck", "stopped", "x")),
                f"{base}/shipping/rate",
                f"{base}/shipping/suggest?waybill=YT8812345678901&carrier=SF",
                f"{base}/shipping/files",
                f"{base}/shipping/needs",
                f"{base}/shipping/needs?show=ended",
                f"{base}/shipping/needs/new?order={orders[0]}",
                f"{base}/shipping/needs/{need_id}",
            ),
        ),
        (
            carrier_desk,
            (
                "/carrier",
                "/carrier?origin=福建省&destination=x",
                "/carrier/quotes",
                f"/carrier/needs/{table.world.shop_id}/{need_id}",
            ),
        ),
    ):
        client.cookies.set("language", language)
        for path in paths:
            answer = await client.get(path)
            assert answer.status_code == 200, path
            assert not re.search(r"[A-Z][a-z]+ [a-z]+ [a-z]+ [a-z]+", _seen(answer.text)) or language == "en", path


def _seen(html: str) -> str:
    """The words of a page; English sentences among Chinese ones are words that were not translated."""
    return re.sub(r"<[^>]*>", "\n", re.sub(r"<(script|style)[^>]*>.*?</\1>", "", html, flags=re.DOTALL))


async def ask(table: PackingTable, order_id: int) -> int:
    async with table.database.writing() as writer:
        return await ask_address_change(writer, table.buyer, table.world.shop_id, order_id, NEW)  # type: ignore[arg-type]


async def test_an_order_is_shipped_in_two_parcels_from_its_page(
    desk: httpx.AsyncClient, table: PackingTable
) -> None:
    order_id = await table.paid(2, 1)
    first, second = await table.lines(order_id)
    page = f"{here(table)}/orders/{order_id}"
    part = {f"pieces.{first}": "1", f"pieces.{second}": "0", "carrier": "SF", "waybill": SF}
    assert (await send(desk, page, f"{page}/ship", part)).status_code == 303
    assert (await table.detail(order_id)).order.state is OrderState.PART_SHIPPED
    shown = (await desk.get(page)).text
    assert SF in shown
    assert f'name="pieces.{first}"' in shown
    rest = {f"pieces.{first}": "1", f"pieces.{second}": "1", "carrier": "YTO", "waybill": "YT8812345678901"}
    assert (await send(desk, page, f"{page}/ship", rest)).status_code == 303
    assert (await table.detail(order_id)).order.state is OrderState.SHIPPED


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"waybill": "7.7E+14"}, "科学计数法"),
        ({"waybill": ""}, "运单号由 6 至 32 个"),
        ({"carrier": "PIGEON"}, "请从列表中选择快递公司"),
        ({"pieces": "9"}, "该商品待发货数量"),
        ({"pieces": "x"}, "请填写整数件数"),
        ({"pieces": "0"}, "请至少选择一件"),
    ],
)
async def test_a_refused_shipping_keeps_what_was_typed(
    desk: httpx.AsyncClient, table: PackingTable, fields: dict[str, str], words: str
) -> None:
    order_id = await table.paid(2)
    (line,) = await table.lines(order_id)
    page = f"{here(table)}/orders/{order_id}"
    typed = {"carrier": "ZTO", "waybill": "73100000000001", "pieces": "1"} | fields
    typed[f"pieces.{line}"] = typed.pop("pieces")
    answer = await send(desk, page, f"{page}/ship", typed)
    assert answer.status_code in {409, 422}, answer.text
    assert words in answer.text
    assert typed["waybill"] in answer.text
    assert await table.parcels(order_id) == []


async def test_a_stopped_order_shows_the_reason_and_no_form(desk: httpx.AsyncClient, table: PackingTable) -> None:
    order_id = await table.paid()
    async with table.database.writing() as writer:
        order = await lock_order(writer, table.world.shop_id, order_id)
        await stop_order(writer, order, StopReason.RISK, "operator", person=None, note="疑似刷单")
    shown = (await desk.get(f"{here(table)}/orders/{order_id}")).text
    assert "平台正在核查该订单" in shown
    assert "疑似刷单" not in shown
    assert 'name="waybill"' not in shown


async def test_a_waybill_is_corrected_and_an_address_answered_on_the_page(
    desk: httpx.AsyncClient, table: PackingTable
) -> None:
    order_id = await table.paid()
    page = f"{here(table)}/orders/{order_id}"
    change_id = await ask(table, order_id)
    assert (await send(desk, page, f"{page}/address/{change_id}", {"do": "accept"})).status_code == 303
    assert (await table.detail(order_id)).order.address.city == "厦门市"
    shipped = await table.ship(order_id)
    corrected = {"new_carrier": "YTO", "new_waybill": "YT8812345678901"}
    answer = await send(desk, page, f"{page}/parcels/{shipped.shipment_id}/waybill", corrected)
    assert answer.status_code == 303
    assert [each.waybill for each in await table.parcels(order_id)] == ["YT8812345678901"]


async def test_a_shop_proposes_an_address_and_takes_it_back(desk: httpx.AsyncClient, table: PackingTable) -> None:
    order_id = await table.paid()
    page = f"{here(table)}/orders/{order_id}"
    wrong = await send(desk, page, f"{page}/address", {"new_address": "林小满 文三路"})
    assert wrong.status_code == 422
    assert "完整地址" in wrong.text
    assert (await send(desk, page, f"{page}/address", {"new_address": TO})).status_code == 303
    found = re.search(r"/address/(\d+)", (await desk.get(page)).text)
    assert found
    assert (await send(desk, page, f"{page}/address/{found[1]}", {"do": "withdraw"})).status_code == 303


async def test_a_file_is_checked_applied_and_its_result_downloaded(
    desk: httpx.AsyncClient, table: PackingTable
) -> None:
    orders = [await table.paid(), await table.paid()]
    base = f"{here(table)}/shipping/files"
    out = await desk.get(f"{here(table)}/shipping/orders.csv")
    assert len(out.text.splitlines()) == 3
    assert (await desk.get(f"{here(table)}/shipping/orders.xlsx")).content[:2] == b"PK"
    content = f"订单号,快递公司,运单号\n{orders[0]},顺丰,{SF}\n{orders[1]},顺丰,7E+13\n"
    token = csrf_of((await desk.get(base)).text)
    made = await desk.post(base, data={"_csrf_token": token}, files={"file": ("发货.csv", content.encode())})
    assert made.status_code == 303, made.text
    page = made.headers["location"]
    assert "科学计数法" in (await desk.get(page)).text
    assert (await table.detail(orders[0])).order.state is OrderState.PAID
    assert (await send(desk, page, f"{page}/apply", {})).status_code == 303
    assert (await table.detail(orders[0])).order.state is OrderState.SHIPPED
    result = await desk.get(f"{page}/result.csv")
    assert "本次已发货" in result.text
    assert "科学计数法" in result.text
    assert (await desk.get(f"{page}/result.xlsx")).content[:2] == b"PK"
    assert (await desk.get(f"{page}/progress")).headers["hx-refresh"] == "true"


async def test_a_file_that_is_none_comes_back_with_the_reason(
    desk: httpx.AsyncClient, table: PackingTable
) -> None:
    base = f"{here(table)}/shipping/files"
    token = csrf_of((await desk.get(base)).text)
    for content in (b"", b"\x89PNG\r\n\x1a\n", b"a,b\n1,2\n"):
        answer = await desk.post(base, data={"_csrf_token": token}, files={"file": ("x.csv", content)})
        assert answer.status_code == 422
        assert 'id="field-file-error"' in answer.text


async def test_a_need_goes_from_the_form_over_a_quote_to_a_parcel(
    desk: httpx.AsyncClient, carrier_desk: httpx.AsyncClient, table: PackingTable
) -> None:
    order_id = await table.paid()
    base = f"{here(table)}/shipping/needs"
    form = (await desk.get(f"{base}/new?order={order_id}")).text
    assert "茶都路 1 号" in form
    assert 'name="destination"' not in form
    assert 'name="destination"' in (await desk.get(f"{base}/new")).text
    due = (clock.now() + timedelta(hours=30)).astimezone(clock.SHANGHAI).strftime("%Y-%m-%dT%H:%M")
    fields = {
        "goods": "铁观音", "origin": FROM, "destination": TO, "weight": "1.5", "pieces": "1", "due": due,
        "order": str(order_id), "request_key": "pressed twice",
    }  # fmt: skip
    first = await send(desk, f"{base}/new", base, fields)
    again = await send(desk, f"{base}/new", base, fields)
    assert first.status_code == 303, first.text
    assert again.headers["location"] == first.headers["location"]
    need_id = first.headers["location"].rsplit("/", 1)[1]
    page = f"/carrier/needs/{table.world.shop_id}/{need_id}"
    assert "茶都路" not in (await carrier_desk.get(page)).text
    soon = (clock.now() + timedelta(hours=8)).astimezone(clock.SHANGHAI).strftime("%Y-%m-%dT%H:%M")
    quote = {"price": "35.00", "pick_up_by": soon, "valid_until": soon}
    assert (await send(carrier_desk, page, page, quote)).status_code == 303
    shown = (await desk.get(f"{base}/{need_id}")).text
    quote_id = re.search(r'name="quote_id" value="(\d+)"', shown)
    assert quote_id
    accepted = {"quote_id": quote_id[1], "price_fen": "3500"}
    assert (await send(desk, f"{base}/{need_id}", f"{base}/{need_id}/accept", accepted)).status_code == 303
    seen = (await carrier_desk.get(page)).text
    assert "茶都路 1 号" in seen
    assert "文三路" not in seen, "the goods of an order go where the order goes"
    named = await send(carrier_desk, page, f"{page}/waybill", {"carrier": "SF", "waybill": SF})
    assert named.status_code == 303, named.text
    async with table.database.reading() as reader:
        assert [each.waybill for each in await parcels_of_order(reader, table.world.shop_id, order_id)] == [SF]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("goods", ""),
        ("origin", "茶都路"),
        ("destination", "林小满 123 浙江省杭州市西湖区文三路"),
        ("weight", "0"),
        ("weight", "NaN"),
        ("weight", "-1"),
        ("weight", "1e99"),
        ("pieces", "0"),
        ("pieces", "1000000000000"),
        ("due", "yesterday"),
        ("due", "2001-01-01T00:00"),
    ],
)
async def test_a_need_that_makes_no_sense_comes_back_with_its_field(
    desk: httpx.AsyncClient, table: PackingTable, field: str, value: str
) -> None:
    base = f"{here(table)}/shipping/needs"
    due = (clock.now() + timedelta(hours=30)).astimezone(clock.SHANGHAI).strftime("%Y-%m-%dT%H:%M")
    fields = {"goods": "铁观音", "origin": FROM, "destination": TO, "weight": "1.5", "pieces": "1", "due": due}
    answer = await send(desk, f"{base}/new", base, fields | {field: value})
    assert answer.status_code == 422, answer.text
    assert f'id="field-{field}-error"' in answer.text


async def test_other_peoples_pages_are_404_and_roles_are_asked(
    application: Application, desk: httpx.AsyncClient, table: PackingTable
) -> None:
    async with table.database.writing() as writer:
        need_id = await post_need(writer, table.merchant, table.world.shop_id, NEED)
    other = await sign_in_as(table.database, Role.MERCHANT)
    async with browser(application, other.token) as stranger:
        for path in ("/shipping", "/shipping/rate", "/shipping/files", "/shipping/needs", "/shipping/orders.csv"):
            assert (await stranger.get(here(table) + path)).status_code == 404, path
        assert (await stranger.get(f"{here(table)}/shipping/needs/{need_id}")).status_code == 404
        assert (await stranger.get("/carrier")).status_code == 403
    assert (await desk.get(f"{here(table)}/shipping/files/1")).status_code == 404
    assert (await desk.get(f"{here(table)}/shipping/needs/1")).status_code == 404
    assert (await desk.get("/operator/tracking")).status_code == 403


async def test_a_shop_says_when_it_calls_a_parcel_stuck(desk: httpx.AsyncClient, table: PackingTable) -> None:
    page = f"{here(table)}/shipping?show=stuck"
    saved = await send(desk, page, f"{here(table)}/shipping/watch", {"silent_h": "24", "still_h": "36"})
    assert saved.status_code == 303
    assert 'value="24"' in (await desk.get(page)).text
    for hours in ("0", "-1", "721", "x", ""):
        wrong = await send(desk, page, f"{here(table)}/shipping/watch", {"silent_h": hours, "still_h": "36"})
        assert wrong.status_code == 422, hours


async def test_an_operator_makes_a_source_and_renews_its_secret(
    application: Application, table: PackingTable
) -> None:
    operator = await sign_in_as(table.database, Role.OPERATOR)
    async with browser(application, operator.token) as console:
        page = "/operator/tracking"
        wrong = await send(console, page, page, {"source": "A b", "name": ""})
        assert wrong.status_code == 422
        assert (await send(console, page, page, {"source": "hub", "name": "轨迹推送"})).status_code == 303
        first = re.findall(r"whsec_[A-Za-z0-9+/=]+", (await console.get(page)).text)
        assert (await send(console, page, f"{page}/hub/secret", {})).status_code == 303
        second = re.findall(r"whsec_[A-Za-z0-9+/=]+", (await console.get(page)).text)
        assert first[0] != second[0]
        assert (await send(console, page, f"{page}/none/secret", {})).status_code == 404
