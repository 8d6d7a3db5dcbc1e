"""The merchant console in a browser without scripts: pages in both languages, forms, other people's shops."""

import re
from collections.abc import AsyncIterator

import httpx
import pytest

from tests.catalog_world import Merchant, make_product, open_merchant, product_on_sale, tea
from tests.conftest import browser, sign_in_as
from tests.imports.importing import preview
from tests.web.test_front import csrf_of
from yellowcart.app import Application
from yellowcart.catalog.model import ProductDetail
from yellowcart.catalog.queries import product_detail
from yellowcart.kernel.database import Database
from yellowcart.kernel.ids import ProductId

CSV = (
    "Handle,Title,Body (HTML),Vendor,Type,Option1 Name,Option1 Value,Variant SKU,Variant Inventory Qty,"
    "Variant Price\n"
    'oolong,清香铁观音礼盒,"<p>茶香<br>清雅</p>",安溪,tea,规格,125g,A-1,20,59.90\n'
    "oolong,,,,,,250g,A-2,10,109\n"
    "puer,熟普洱茶饼,,,tea,Title,Default Title,P-1,5,88.8\n"
)


@pytest.fixture
async def merchant(database: Database) -> Merchant:
    return await open_merchant(database)


@pytest.fixture
async def desk(application: Application, merchant: Merchant) -> AsyncIterator[httpx.AsyncClient]:
    """The merchant's browser."""
    async with browser(application, merchant.signed_in.token) as opened:
        yield opened


async def fill(
    desk: httpx.AsyncClient, path: str, fields: dict[str, str], to: str | None = None
) -> httpx.Response:
    """Open a page and send its form with some fields, hidden ones included."""
    shown = (await desk.get(path)).text
    hidden = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', shown))
    return await desk.post(to or path, data=hidden | {"_csrf_token": csrf_of(shown)} | fields)


def new_product(**changes: str) -> dict[str, str]:
    return {
        "title": "安溪铁观音 清香型",
        "category_code": "tea",
        "skus.0.name": "125g",
        "skus.0.price": "59.90",
        "skus.0.quantity": "30",
    } | changes


async def saved(database: Database, detail: ProductDetail) -> ProductDetail:
    async with database.reading() as reader:
        return await product_detail(reader, detail.shop.shop_id, detail.product.product_id)


@pytest.mark.parametrize("language", ["zh_CN", "en"])
async def test_every_page_opens_in_both_languages(
    desk: httpx.AsyncClient, merchant: Merchant, database: Database, language: str
) -> None:
    detail = await product_on_sale(database, merchant)
    kept = await preview(database, merchant, CSV)
    desk.cookies.set("language", language)
    here = f"/merchant/{merchant.shop.shop_id}"
    product = f"{here}/products/{detail.product.product_id}"
    for path in (
        "/merchant/open-shop",
        here,
        f"{here}/products",
        f"{here}/products?status=low_stock&text=x&category=tea&sort=-price",
        f"{here}/products/new",
        product,
        f"{product}/stock",
        f"{product}/retire",
        f"{here}/imports",
        f"{here}/imports/{kept.import_id}",
        f"{here}/offers",
        f"{here}/offers?show=open",
        f"{here}/settings",
    ):
        answer = await desk.get(path)
        assert answer.status_code == 200, path
        assert ("商家" in answer.text) == (language == "zh_CN"), path
        assert ("Merchant console" in answer.text) == (language == "en"), path


async def test_somebody_without_a_shop_opens_one_and_becomes_a_merchant(
    application: Application, database: Database
) -> None:
    newcomer = await sign_in_as(database)
    async with browser(application, newcomer.token) as desk:
        assert (await desk.get("/merchant")).headers["location"] == "/merchant/open-shop"
        wrong = await fill(desk, "/merchant/open-shop", {"name": "茶", "kind": "palace"})
        assert wrong.status_code == 422
        fields = {"name": "安溪茶庄", "kind": "belt", "region": "福建安溪"}
        opened = await fill(desk, "/merchant/open-shop", fields)
        assert opened.status_code == 303, opened.text
        home = await desk.get(opened.headers["location"])
        assert home.status_code == 200
        assert "安溪茶庄" in home.text


async def test_a_form_sent_twice_opens_one_shop(application: Application, database: Database) -> None:
    newcomer = await sign_in_as(database)
    async with browser(application, newcomer.token) as desk:
        fields = {"name": "安溪茶庄", "kind": "belt", "request_key": "pressed twice"}
        first = await fill(desk, "/merchant/open-shop", fields)
        again = await fill(desk, "/merchant/open-shop", fields)
    assert first.headers["location"] == again.headers["location"]
    async with database.reading() as reader:
        assert await reader.value("SELECT count(*) FROM shop") == 1


async def test_a_buyer_is_not_let_in(application: Application, database: Database, merchant: Merchant) -> None:
    buyer = await sign_in_as(database)
    async with browser(application, buyer.token) as visitor:
        assert (await visitor.get(f"/merchant/{merchant.shop.shop_id}")).status_code == 403


async def test_another_merchants_pages_and_forms_are_404(
    desk: httpx.AsyncClient, merchant: Merchant, database: Database
) -> None:
    other = await open_merchant(database, "别家小店")
    theirs = await product_on_sale(database, other)
    kept = await preview(database, other, CSV)
    there = f"/merchant/{other.shop.shop_id}"
    mine = f"/merchant/{merchant.shop.shop_id}"
    product = f"products/{theirs.product.product_id}"
    imported = f"imports/{kept.import_id}"
    for path in (
        there,
        f"{there}/products",
        f"{there}/{product}",
        f"{there}/{product}/stock",
        f"{there}/{product}/retire",
        f"{there}/imports",
        f"{there}/{imported}",
        f"{there}/{imported}/progress",
        f"{there}/{imported}/report.csv",
        f"{there}/{imported}/report.xlsx",
        f"{there}/imports/template.csv",
        f"{there}/offers",
        f"{there}/settings",
        # Their things do not become mine through my own shop's address.
        f"{mine}/{product}",
        f"{mine}/{product}/stock",
        f"{mine}/{imported}",
    ):
        assert (await desk.get(path)).status_code == 404, path
    token = csrf_of((await desk.get(mine)).text)
    for path in (
        f"{there}/products/new",
        f"{there}/{product}",
        f"{there}/{product}/put-off-sale",
        f"{there}/{product}/retire",
        f"{there}/{product}/stock",
        f"{there}/{imported}/apply",
        f"{there}/{imported}/discard",
        f"{there}/{imported}/stop",
        f"{there}/{imported}/pictures",
        f"{there}/offers/{theirs.product.product_id}",
        f"{there}/offers/{theirs.product.product_id}/end",
        f"{there}/settings",
        f"{there}/members",
        f"{there}/close",
        f"{mine}/{imported}/apply",
        f"{mine}/{product}/put-off-sale",
    ):
        fields = new_product(
            _csrf_token=token,
            request_key="k",
            version=str(theirs.product.version),
            rate="10",
            kind="receive",
            change="1",
            sku_id=str(theirs.skus[0].sku_id),
            name="改名",
            login="x",
        )
        fields["skus.0.sku_id"] = str(theirs.skus[0].sku_id)
        if path.endswith("settings"):
            fields["kind"] = "belt"
        assert (await desk.post(path, data=fields)).status_code == 404, path
    assert await saved(database, theirs) == theirs


async def test_a_product_is_made_submitted_and_put_on_sale(
    desk: httpx.AsyncClient, merchant: Merchant, database: Database
) -> None:
    here = f"/merchant/{merchant.shop.shop_id}/products"
    made = await fill(desk, f"{here}/new", new_product(do="submit"))
    assert made.status_code == 303, made.text
    path = made.headers["location"]
    sold = await fill(desk, path, {}, to=f"{path}/put-on-sale")
    assert sold.status_code == 303
    async with database.reading() as reader:
        detail = await product_detail(reader, merchant.shop.shop_id, ProductId(int(path.rsplit("/", 1)[1])))
    assert detail.is_listable
    assert [(sku.price_fen, sku.available) for sku in detail.skus] == [(5_990, 30)]


async def test_a_refused_product_keeps_every_field_and_names_what_is_wrong(
    desk: httpx.AsyncClient, merchant: Merchant, database: Database
) -> None:
    here = f"/merchant/{merchant.shop.shop_id}/products"
    desk.cookies.set("language", "en")
    answer = await fill(
        desk,
        f"{here}/new",
        new_product(**{"skus.0.price": "面议", "skus.0.quantity": "many", "brand": "安溪"}),
    )
    assert answer.status_code == 422
    for kept in ('value="面议"', 'value="many"', 'value="安溪"', 'value="125g"'):
        assert kept in answer.text
    assert "Write an amount in yuan" in answer.text
    async with database.reading() as reader:
        assert await reader.value("SELECT count(*) FROM product") == 0


async def test_rows_are_added_and_removed_without_saving(
    desk: httpx.AsyncClient, merchant: Merchant, database: Database
) -> None:
    here = f"/merchant/{merchant.shop.shop_id}/products"
    more = await fill(desk, f"{here}/new", new_product(do="add_row"))
    assert more.status_code == 200
    assert 'name="skus.1.name"' in more.text
    fewer = await fill(
        desk,
        f"{here}/new",
        new_product(do="remove_row:0", **{"skus.1.name": "250g", "skus.1.price": "109"}),
    )
    assert 'name="skus.0.name" value="250g"' in fewer.text
    assert 'name="skus.1.name"' not in fewer.text
    async with database.reading() as reader:
        assert await reader.value("SELECT count(*) FROM product") == 0


async def test_a_stale_editor_is_refused_and_shows_both_texts(
    desk: httpx.AsyncClient, merchant: Merchant, database: Database
) -> None:
    detail = await product_on_sale(database, merchant)
    path = f"/merchant/{merchant.shop.shop_id}/products/{detail.product.product_id}"
    fields = new_product(**{"skus.0.sku_id": str(detail.skus[0].sku_id)})
    fields |= {f"skus.1.{name}": value for name, value in (("name", "250g"), ("price", "109"))}
    fields["skus.1.sku_id"] = str(detail.skus[1].sku_id)
    opened_with = {"version": str(detail.product.version)}
    first = await fill(desk, path, fields | opened_with | {"title": "别人先改的标题"})
    assert first.status_code == 303, first.text
    second = await fill(desk, path, fields | opened_with | {"title": "我后来改的标题"})
    assert second.status_code == 409
    assert "别人先改的标题" in second.text
    assert "我后来改的标题" in second.text
    # Having seen both, saving again is a decision.
    version = re.search(r'name="version" value="(\d+)"', second.text)
    assert version
    third = await fill(desk, path, fields | {"title": "我后来改的标题", "version": version[1]})
    assert third.status_code == 303
    after = await saved(database, detail)
    assert after.draft is not None
    assert after.draft.title == "我后来改的标题"
    assert after.is_listable


async def test_hostile_text_is_shown_as_text(
    desk: httpx.AsyncClient, merchant: Merchant, database: Database
) -> None:
    hostile = """<script>alert(1)</script>'"; DROP TABLE product; -- 🍵"""
    detail = await make_product(database, merchant, tea(title=hostile, title_en="", description=hostile))
    product = f"/merchant/{merchant.shop.shop_id}/products/{detail.product.product_id}"
    for path in (f"/merchant/{merchant.shop.shop_id}/products", product, f"{product}/stock"):
        text = (await desk.get(path)).text
        assert "<script>alert" not in text, path
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text, path
        assert "🍵" in text, path


async def test_search_takes_any_text_literally(
    desk: httpx.AsyncClient, merchant: Merchant, database: Database
) -> None:
    await make_product(database, merchant)
    here = f"/merchant/{merchant.shop.shop_id}/products"
    for text, found in (("铁观音", True), ("%", False), ("'", False), ("\0", True), ("_", False)):
        answer = await desk.get(here, params={"text": text})
        assert answer.status_code == 200
        assert ("清香型" in answer.text) is found, text
    assert (await desk.get(here, params={"cursor": "nonsense"})).status_code == 422


async def test_stock_is_changed_once_by_a_form_sent_twice(
    desk: httpx.AsyncClient, merchant: Merchant, database: Database
) -> None:
    detail = await make_product(database, merchant)
    path = f"/merchant/{merchant.shop.shop_id}/products/{detail.product.product_id}/stock"
    fields = {"sku_id": str(detail.skus[0].sku_id), "kind": "receive", "change": "7", "request_key": "twice"}
    for _ in range(2):
        assert (await fill(desk, path, fields)).status_code == 303
    refused = await fill(
        desk, path, fields | {"kind": "adjust", "change": "-9999", "reason": "盘点", "request_key": "k"}
    )
    assert refused.status_code == 409
    assert 'value="-9999"' in refused.text
    assert (await saved(database, detail)).skus[0].available == 107


async def test_a_retired_product_asks_first_and_then_stays_closed(
    desk: httpx.AsyncClient, merchant: Merchant, database: Database
) -> None:
    detail = await product_on_sale(database, merchant)
    path = f"/merchant/{merchant.shop.shop_id}/products/{detail.product.product_id}"
    assert (await fill(desk, f"{path}/retire", {})).status_code == 303
    again = await fill(desk, path, {}, to=f"{path}/put-on-sale")
    assert "fieldset disabled" in (await desk.get(again.headers["location"])).text
    assert not (await saved(database, detail)).is_listable


async def test_an_offer_is_set_in_percent_and_nonsense_is_kept_beside_its_error(
    desk: httpx.AsyncClient, merchant: Merchant, database: Database
) -> None:
    detail = await product_on_sale(database, merchant)
    here = f"/merchant/{merchant.shop.shop_id}/offers"
    assert (await fill(desk, here, {"rate": "12.5"}, to=f"{here}/{detail.product.product_id}")).status_code == 303
    assert "12.5 %" in (await desk.get(here)).text
    wrong = await fill(desk, here, {"rate": "twelve"}, to=f"{here}/{detail.product.product_id}")
    assert wrong.status_code == 422
    assert 'value="twelve"' in wrong.text


async def test_the_shop_is_renamed_closed_and_reopened(desk: httpx.AsyncClient, merchant: Merchant) -> None:
    here = f"/merchant/{merchant.shop.shop_id}"
    renamed = await fill(desk, f"{here}/settings", {"name": "海宁皮草总店", "kind": "brand", "region": "海宁"})
    assert renamed.status_code == 303
    assert (await fill(desk, f"{here}/settings", {}, to=f"{here}/close")).status_code == 303
    closed = (await desk.get(f"{here}/settings")).text
    assert "海宁皮草总店" in closed
    assert f"{here}/reopen" in closed
    assert (await fill(desk, f"{here}/settings", {}, to=f"{here}/reopen")).status_code == 303
    refused = await fill(desk, f"{here}/settings", {"login": "nobody-here"}, to=f"{here}/members")
    assert refused.status_code == 422
    assert 'value="nobody-here"' in refused.text
