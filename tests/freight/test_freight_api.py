"""Districts, freight and addresses over the API: the same verbs, and nothing for strangers."""

import httpx
import pytest

from tests.catalog_world import make_product, open_merchant
from tests.conftest import sign_in_as
from yellowcart.accounts.model import Role
from yellowcart.app import Application
from yellowcart.kernel.database import Database

TEMPLATE = {
    "name": "全国",
    "basis": "piece",
    "zones": [{"province_codes": ["650000"], "first": 1, "first_fen": 1800, "more": 1, "more_fen": 900}],
    "elsewhere": {"first": 1, "first_fen": 800, "more": 1, "more_fen": 300, "free_above_fen": 9900},
    "not_delivered": ["710000"],
}
ADDRESS = {
    "recipient": "林小满",
    "phone": "13800138000",
    "province": "浙江省",
    "city": "杭州市",
    "district": "西湖区",
    "street": "文三路 1 号",
}


async def test_the_districts_are_for_everybody_and_may_be_kept(client: httpx.AsyncClient) -> None:
    answer = await client.get("/api/v1/districts")
    assert answer.status_code == 200
    assert "max-age" in answer.headers["cache-control"]
    provinces = answer.json()
    assert len(provinces) == 34
    zhejiang = next(each for each in provinces if each["code"] == "330000")
    assert zhejiang["cities"][0]["name"] == "杭州市"
    assert zhejiang["cities"][0]["districts"]["330106"] == "西湖区"


async def test_a_template_is_made_once_changed_tried_and_retired(
    client: httpx.AsyncClient, database: Database
) -> None:
    merchant = await open_merchant(database)
    headers = merchant.signed_in.bearer | {"idempotency-key": "one"}
    root = f"/api/v1/shops/{merchant.shop.shop_id}/freight-templates"
    made = await client.post(root, headers=headers, json=TEMPLATE)
    assert made.status_code == 201, made.text
    assert (await client.post(root, headers=headers, json=TEMPLATE)).json() == made.json()
    other = await client.post(root, headers=headers, json={**TEMPLATE, "name": "x"})
    assert other.json()["code"] == "idempotency_key_reused"
    one = f"{root}/{made.json()['freight_template_id']}"
    tried = await client.post(
        f"{one}/try", headers=headers, json={"province_code": "330000", "measured": 3, "goods_fen": 5000}
    )
    assert (tried.json()["fee_fen"], tried.json()["steps"], tried.json()["is_free"]) == (1400, 2, False)
    refused = await client.post(f"{one}/try", headers=headers, json={"province_code": "710000", "measured": 1})
    assert (refused.status_code, refused.json()["code"]) == (409, "not_delivered_there")
    assert set(refused.json()["messages"]) == {"zh_CN", "en"}
    changed = await client.put(one, headers=headers, json={**TEMPLATE, "name": "新", "version": 1})
    assert (changed.status_code, changed.json()["version"]) == (200, 2)
    stale = await client.put(one, headers=headers, json={**TEMPLATE, "version": 1})
    assert stale.json()["code"] == "freight_template_stale"
    assert [each["name"] for each in (await client.get(root, headers=headers)).json()["items"]] == ["新"]
    assert (await client.post(f"{one}/retire", headers=headers, json={})).status_code == 204
    assert (await client.get(one, headers=headers)).json()["code"] == "freight_template_unknown"


@pytest.mark.parametrize(
    "change",
    [
        {"basis": "volume"},
        {"zones": [{"province_codes": ["650000"], "first": 0, "first_fen": 1, "more": 1, "more_fen": 1}]},
        {"zones": [{"province_codes": ["650000"], "first": 1, "first_fen": -1, "more": 1, "more_fen": 1}]},
        {"zones": [{"province_codes": ["650000"], "first": 1, "first_fen": 10**12, "more": 1, "more_fen": 1}]},
        {"zones": [{"province_codes": ["650000"], "first": 1, "first_fen": 1.5, "more": 1, "more_fen": 1}]},
        {"zones": [{"province_codes": ["x"], "first": 1, "first_fen": 1, "more": 1, "more_fen": 1}]},
        {"zones": [], "elsewhere": None},
        {"not_delivered": ["123456"]},
        {"name": ""},
        {"surprise": 1},
    ],
)
async def test_a_template_that_makes_no_sense_is_refused(
    client: httpx.AsyncClient, database: Database, change: dict[str, object]
) -> None:
    merchant = await open_merchant(database)
    answer = await client.post(
        f"/api/v1/shops/{merchant.shop.shop_id}/freight-templates",
        headers=merchant.signed_in.bearer | {"idempotency-key": "k"},
        json=TEMPLATE | change,
    )
    assert answer.status_code in (400, 422), answer.text
    async with database.reading() as reader:
        assert await reader.value("SELECT count(*) FROM freight_template") == 0


async def test_delivery_is_given_to_many_products_and_listed(
    client: httpx.AsyncClient, database: Database
) -> None:
    merchant = await open_merchant(database)
    product_id = (await make_product(database, merchant)).product.product_id
    headers = merchant.signed_in.bearer
    path = f"/api/v1/shops/{merchant.shop.shop_id}/product-delivery"
    answer = await client.put(
        path,
        headers=headers,
        json={"product_ids": [product_id], "weight_g": 250, "promise": {"ship_within_s": 86400}},
    )
    assert answer.json() == {"products": 1}
    (row,) = (await client.get(path, headers=headers)).json()["items"]
    assert (row["weight_g"], row["ship_within_s"], row["template_name"]) == (250, 86400, None)
    wrongs: tuple[dict[str, object], ...] = (
        {"product_ids": []},
        {"product_ids": [product_id], "weight_g": 10**12},
        {"product_ids": [product_id], "promise": {"ship_within_s": 1}},
        {"product_ids": [product_id]},
    )
    for wrong in wrongs:
        assert (await client.put(path, headers=headers, json=wrong)).status_code in (400, 422)


async def test_strangers_find_nothing(client: httpx.AsyncClient, database: Database) -> None:
    merchant = await open_merchant(database)
    stranger = await sign_in_as(database, Role.MERCHANT)
    buyer = await sign_in_as(database)
    for path in ("freight-templates", "product-delivery"):
        address = f"/api/v1/shops/{merchant.shop.shop_id}/{path}"
        assert (await client.get(address, headers=stranger.bearer)).status_code == 404
        assert (await client.get(address, headers=buyer.bearer)).status_code == 403
        assert (await client.get(address)).status_code == 401


async def test_the_address_book_over_the_api(application: Application, database: Database) -> None:
    buyer, other = await sign_in_as(database), await sign_in_as(database)
    transport = httpx.ASGITransport(app=application)
    async with httpx.AsyncClient(transport=transport, base_url="http://platform.test") as client:
        headers = buyer.bearer | {"idempotency-key": "a"}
        made = await client.post("/api/v1/addresses", headers=headers, json=ADDRESS | {"label": "家"})
        assert made.status_code == 201, made.text
        assert made.json()["address"]["district_code"] == "330106"
        repeat = await client.post("/api/v1/addresses", headers=headers, json=ADDRESS | {"label": "家"})
        assert repeat.json() == made.json()
        missing = await client.post("/api/v1/addresses", headers=buyer.bearer, json=ADDRESS)
        assert missing.json()["code"] == "idempotency_key_missing"
        one = f"/api/v1/addresses/{made.json()['address_id']}"
        assert (await client.get(one, headers=other.bearer)).json()["code"] == "address_unknown"
        assert (await client.put(one, headers=other.bearer, json=ADDRESS)).status_code == 404
        await client.delete(one, headers=other.bearer)
        wrong = await client.put(one, headers=buyer.bearer, json=ADDRESS | {"district": "西湖", "phone": "1"})
        assert (wrong.status_code, set(wrong.json()["fields"])) == (422, {"district", "phone"})
        changed = await client.put(one, headers=buyer.bearer, json=ADDRESS | {"street": "文三路 2 号"})
        assert changed.json()["address"]["street"] == "文三路 2 号"
        assert (await client.delete(one, headers=buyer.bearer)).status_code == 204
        assert (await client.get("/api/v1/addresses", headers=buyer.bearer)).json()["items"] == []
        back = await client.post(f"{one}/restore", headers=buyer.bearer)
        assert back.json() == changed.json()
        read = await client.post(
            "/api/v1/addresses/read",
            headers=buyer.bearer,
            json={"text": "张三 13800000000 浙江省杭州市西湖区文三路 1 号"},
        )
        assert read.json() == ADDRESS | {"recipient": "张三", "phone": "13800000000"}
        assert (await client.get("/api/v1/addresses")).status_code == 401
