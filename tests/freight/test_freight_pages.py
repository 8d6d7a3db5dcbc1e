"""The merchant's freight pages and the buyer's address book, as a browser without scripts uses them."""

import re

import httpx

from tests.catalog_world import Merchant, make_product, open_merchant
from tests.conftest import browser, sign_in_as
from tests.freight.freight_world import make_template, terms_of, wanted
from tests.web.test_front import csrf_of
from yellowcart.app import Application
from yellowcart.freight.model import FreightBasis
from yellowcart.freight.queries import templates_of_shop
from yellowcart.kernel.database import Database
from yellowcart.orders.addresses import addresses_of, remember_address
from yellowcart.orders.model import DeliveryAddress

HOSTILE = "<script>alert('x')</script>"
NEW = {
    "name": "华东",
    "basis": "piece",
    "zones.0.first": "2",
    "zones.0.first_fen": "5",
    "zones.0.more": "1",
    "zones.0.more_fen": "2.50",
    "zones.0.free_above_fen": "99",
    "zones.0.p.330000": "yes",
    "zones.0.p.310000": "yes",
}
ADDRESS = {
    "recipient": "林小满",
    "phone": "13800138000",
    "province": "浙江省",
    "city": "杭州市",
    "district": "西湖区",
    "street": "文三路 1 号",
}


async def press(page: httpx.AsyncClient, seen: str, path: str, **fields: str) -> httpx.Response:
    """Send a form of the page `seen`."""
    shown = (await page.get(seen)).text
    key = re.search(r'name="request_key" value="([^"]+)"', shown)
    more = {"request_key": key[1]} if key else {}
    return await page.post(path, data={"_csrf_token": csrf_of(shown), **more, **fields})


def here(merchant: Merchant, rest: str = "") -> str:
    return f"/merchant/{merchant.shop.shop_id}/freight{rest}"


async def test_a_template_is_written_in_the_editor_and_read_in_the_list(
    application: Application, database: Database
) -> None:
    merchant = await open_merchant(database)
    async with browser(application, merchant.signed_in.token) as page:
        assert "还没有运费模板" in (await page.get(here(merchant))).text
        new = here(merchant, "/new")
        longer = await press(page, new, new, **NEW, do="add_zone")
        assert longer.status_code == 200
        assert "zones.1.first" in longer.text
        assert 'value="2.50"' in longer.text
        shorter = await press(page, new, new, **NEW, do="remove_zone:0")
        assert "zones.0.first" not in shorter.text
        saved = await press(page, new, new, **NEW, do="save")
        assert saved.headers["location"] == here(merchant)
        listed = (await page.get(here(merchant))).text
        assert "上海市、浙江省" in listed
        assert "满 ¥99.00 包邮" in listed
        async with database.reading() as reader:
            (template,) = await templates_of_shop(reader, merchant.shop.shop_id)
        zone = template.zones[0]
        assert (zone.first, zone.first_fen, zone.more_fen, zone.free_above_fen) == (2, 500, 250, 9_900)
        assert zone.province_codes == ("310000", "330000")
        assert template.elsewhere is None
        editor = here(merchant, f"/{template.freight_template_id}")
        changed = await press(page, editor, editor, **{**NEW, "name": "江浙沪", "version": "1"}, do="save")
        assert changed.headers["location"] == here(merchant)
        stale = await press(page, editor, editor, **{**NEW, "version": "1"}, do="save")
        assert stale.status_code == 409
        assert "已被修改" in stale.text


async def test_a_refused_template_comes_back_with_what_was_typed(
    application: Application, database: Database
) -> None:
    merchant = await open_merchant(database)
    new = here(merchant, "/new")
    async with browser(application, merchant.signed_in.token) as page:
        for change, said in (
            ({"zones.0.first": "0"}, "1 至 1000000 的整数"),
            ({"zones.0.first": "x"}, "1 至 1000000 的整数"),
            ({"zones.0.first_fen": "-1"}, "zones.0.first_fen"),
            ({"zones.0.more_fen": "1e3"}, "zones.0.more_fen"),
            ({"zones.0.free_above_fen": "0"}, "0.01"),
            ({"zones.0.p.999999": "yes"}, "请从列表中选择省份"),
            ({"not_delivered.330000": "yes"}, "重复出现"),
            ({"basis": "volume"}, "error"),
            ({"name": " "}, "模板名称"),
        ):
            refused = await press(page, new, new, **{**NEW, **change}, do="save")
            assert refused.status_code == 422, change
            assert said in refused.text, change
            assert 'value="2.50"' in refused.text or "zones.0.more_fen" in change
        hostile = await press(page, new, new, **{**NEW, "name": HOSTILE + "x" * 40}, do="save")
        assert "<script>alert" not in hostile.text
    async with database.reading() as reader:
        assert await templates_of_shop(reader, merchant.shop.shop_id) == []


async def test_a_delivery_is_tried_out_and_explained(application: Application, database: Database) -> None:
    merchant = await open_merchant(database)
    template = await make_template(database, merchant)
    async with browser(application, merchant.signed_in.token) as page:
        page.cookies.set("language", "en")
        asked = f"?template={template.freight_template_id}&province=650000&measured=3&goods=50"
        shown = (await page.get(here(merchant, asked))).text
        assert "2 × 1 piece more" in shown
        assert "¥36.00" in shown
        for wrong, said in (
            ("province=710000&measured=1", "not delivered"),
            ("measured=0", "whole number"),
            ("measured=1000000000000", "whole number"),
            ("measured=-1", "whole number"),
            ("measured=1&goods=x", "amount in yuan"),
        ):
            assert said in (await page.get(here(merchant, f"?{wrong}"))).text
        assert (await page.get(here(merchant, "?template=x&province=1&measured=2&goods="))).status_code == 200


async def test_a_template_in_use_asks_for_its_successor(application: Application, database: Database) -> None:
    merchant = await open_merchant(database)
    product_id = (await make_product(database, merchant)).product.product_id
    old, new = await make_template(database, merchant), await make_template(database, merchant, wanted(name="新"))
    async with browser(application, merchant.signed_in.token) as page:
        products = here(merchant, "/products")
        await press(
            page, products, products, **{f"p.{product_id}": "yes", "set_template": str(old.freight_template_id)}
        )
        retire = here(merchant, f"/{old.freight_template_id}/retire")
        assert "1 个商品" in (await page.get(retire)).text
        refused = await press(page, retire, retire)
        assert refused.status_code == 409
        done = await press(page, retire, retire, successor=str(new.freight_template_id))
        assert done.headers["location"] == here(merchant)
        assert (await page.get(retire)).status_code == 404
    terms = await terms_of(database, merchant, product_id)
    assert terms.freight == new.terms


async def test_many_products_are_changed_at_once_or_none(application: Application, database: Database) -> None:
    merchant = await open_merchant(database)
    made = [(await make_product(database, merchant)).product.product_id for _ in range(3)]
    template = await make_template(database, merchant, wanted(basis=FreightBasis.WEIGHT))
    products, chosen = here(merchant, "/products"), str(template.freight_template_id)
    async with browser(application, merchant.signed_in.token) as page:
        refused = await press(page, products, products, **{f"p.{made[0]}": "yes", "set_template": chosen})
        assert refused.status_code == 409
        assert "尚未填写重量" in refused.text
        assert f'name="p.{made[0]}" value="yes" aria-label="安溪铁观音 清香型" checked' in refused.text
        for fields in (
            {"weight": "10"},
            {f"p.{made[0]}": "yes"},
            {f"p.{made[0]}": "yes", "weight": "0"},
            {f"p.{made[0]}": "yes", "weight": "-5"},
            {f"p.{made[0]}": "yes", "promise": "3600"},
            {f"p.{made[0]}": "yes", "promise": "presale:x"},
        ):
            assert (await press(page, products, products, **fields)).status_code == 422, fields
        stolen = await press(page, products, products, **{"p.1": "yes", "weight": "10"})
        assert stolen.status_code == 404
        done = await press(
            page, products, products, whom="found", set_template=chosen, weight="300", promise="presale:432000"
        )
        assert done.status_code == 303, done.text
        shown = (await page.get(products)).text
        assert shown.count("预售，5 天内发货</td>") == 3
        nothing = (await page.get(f"{products}?text=zzz&template=free")).text
        assert "没有找到" in nothing or "Nothing found" in nothing
    for product_id in made:
        terms = await terms_of(database, merchant, product_id)
        assert (terms.weight_g, terms.is_presale) == (300, True)


async def test_the_book_is_written_pasted_removed_and_brought_back(
    application: Application, database: Database
) -> None:
    buyer, other = await sign_in_as(database), await sign_in_as(database)
    async with browser(application, buyer.token) as page:
        bad = await press(
            page, "/me/addresses/new", "/me/addresses", **{**ADDRESS, "phone": "call me", "recipient": HOSTILE}
        )
        assert bad.status_code == 422
        assert "11 位手机号" in bad.text
        assert "<script>alert" not in bad.text
        assert 'value="文三路 1 号"' in bad.text
        read = await press(
            page,
            "/me/addresses/new",
            "/me/addresses/read",
            pasted="张三 13800000000 浙江省杭州市西湖区文三路 1 号",
            street="",
        )
        assert 'value="张三"' in read.text
        assert 'option value="西湖区"' in read.text
        async with database.reading() as reader:
            assert await addresses_of(reader, buyer.person.person_id) == []
        saved = await press(page, "/me/addresses/new", "/me/addresses", **ADDRESS, label="家")
        assert saved.headers["location"] == "/me/addresses"
        async with database.reading() as reader:
            (known,) = await addresses_of(reader, buyer.person.person_id)
        one = f"/me/addresses/{known.address_id}"
        async with browser(application, other.token) as stranger:
            assert (await stranger.get(one)).status_code == 404
            assert (await press(stranger, "/me/addresses", one, **ADDRESS)).status_code == 404
            assert (await press(stranger, "/me/addresses", f"{one}/default")).status_code == 404
            await press(stranger, "/me/addresses", f"{one}/forget")
        assert "文三路" in (await page.get("/me/addresses")).text
        await press(page, one, f"{one}/forget")
        removed = (await page.get("/me/addresses")).text
        assert "文三路" not in removed
        assert f"{one}/restore" in removed
        await press(page, "/me/addresses", f"{one}/restore")
        assert "文三路" in (await page.get("/me/addresses")).text
        again = await press(page, one, one, **{**ADDRESS, "street": "文三路 2 号"}, is_default="yes")
        assert again.status_code == 303
        assert "文三路 2 号" in (await page.get("/me")).text


async def test_an_address_chosen_for_an_order_goes_back_to_who_asked_and_nowhere_else(
    application: Application, database: Database
) -> None:
    buyer = await sign_in_as(database)
    async with browser(application, buyer.token) as page:
        form = "/me/addresses/new?onward=/checkout%3Fx%3D1"
        added = await press(page, form, "/me/addresses", **ADDRESS, onward="/checkout?x=1")
        async with database.reading() as reader:
            (known,) = await addresses_of(reader, buyer.person.person_id)
        assert added.headers["location"] == f"/checkout?x=1&address={known.address_id}"
        book = (await page.get("/me/addresses?onward=/checkout%3Fx%3D1")).text
        assert f'href="/checkout?x=1&amp;address={known.address_id}"' in book
        for evil in ("https://evil.example/", "//evil.example", "/\\evil.example"):
            shown = (await page.get("/me/addresses", params={"onward": evil})).text
            assert f'href="/?address={known.address_id}"' in shown
            assert f'href="{evil}' not in shown
            led = await press(page, form, "/me/addresses", **ADDRESS, onward=evil)
            assert led.headers["location"] == f"/?address={known.address_id}"


async def test_an_old_address_is_asked_to_be_completed_with_what_can_be_read_of_it(
    application: Application, database: Database
) -> None:
    buyer = await sign_in_as(database)
    old = DeliveryAddress(**{**ADDRESS, "province": "浙江", "city": "杭州", "district": "下城区"})
    async with database.writing() as writer:
        await remember_address(writer, buyer.person.person_id, old)
        (known,) = await addresses_of(writer, buyer.person.person_id)
    async with browser(application, buyer.token) as page:
        form = f"/me/addresses/{known.address_id}"
        book = (await page.get("/me/addresses?onward=/checkout")).text
        assert f'href="{form}?onward=%2Fcheckout"' in book
        assert "请补全省市区" in book
        shown = (await page.get(f"{form}?onward=/checkout")).text
        assert 'option value="浙江省"' in shown
        assert 'option value="杭州市"' in shown
        assert "下城区" not in shown
        refused = await press(page, form, form, **{**ADDRESS, "district": "下城区"}, onward="/checkout")
        assert refused.status_code == 422
        done = await press(page, form, form, **{**ADDRESS, "district": "拱墅区"}, onward="/checkout")
        assert done.headers["location"] == f"/checkout?address={known.address_id}"
