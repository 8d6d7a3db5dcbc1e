"""The catalogue's API: creating once, clear refusals, another's things, an import from file to shelf."""

from collections.abc import AsyncIterator

import httpx
import pytest

from tests.catalog_world import Merchant, open_merchant, product_on_sale
from tests.conftest import sign_in_as
from tests.web.test_merchant_pages import CSV
from yellowcart.accounts.model import Role
from yellowcart.app import Application
from yellowcart.kernel.database import Database

PRODUCT = {
    "text": {"category_code": "tea", "title": "安溪铁观音 清香型"},
    "skus": [{"name": "125g", "price_fen": 5_990, "quantity": 12}],
}


@pytest.fixture
async def merchant(database: Database) -> Merchant:
    return await open_merchant(database)


@pytest.fixture
async def program(application: Application, merchant: Merchant) -> AsyncIterator[httpx.AsyncClient]:
    """A program of the merchant's."""
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app=application),
        base_url="http://platform.test/api/v1",
        headers=merchant.signed_in.bearer,
    ) as opened:
        yield opened


async def test_a_product_goes_from_made_to_listable(program: httpx.AsyncClient, merchant: Merchant) -> None:
    here = f"/shops/{merchant.shop.shop_id}/products"
    made = await program.post(here, json=PRODUCT, headers={"idempotency-key": "one"})
    assert made.status_code == 201, made.text
    again = await program.post(here, json=PRODUCT, headers={"idempotency-key": "one"})
    assert again.json()["product"]["product_id"] == made.json()["product"]["product_id"]
    product = f"{here}/{made.json()['product']['product_id']}"
    assert (await program.post(f"{product}/put-on-sale")).json()["code"] == "product_not_approved"
    assert (await program.post(f"{product}/submit")).json()["product"]["review_status"] == "approved"
    assert (await program.post(f"{product}/put-on-sale")).json()["product"]["sale_status"] == "on_sale"
    (found,) = (await program.get("/products", params={"text": "铁观音"})).json()["items"]
    assert (found["lowest_price_fen"], found["available"]) == (5_990, 12)
    (row,) = (await program.get(here, params={"only": "on_sale"})).json()["items"]
    assert row["title"] == "安溪铁观音 清香型"
    detail = (await program.get(product)).json()
    edit = PRODUCT | {"version": detail["product"]["version"] - 1}
    assert (await program.patch(product, json=edit)).json()["code"] == "product_stale"
    sku = f"/shops/{merchant.shop.shop_id}/skus/{detail['skus'][0]['sku_id']}/stock-changes"
    change = {"change": -20, "reason": "盘点"}
    refused = await program.post(sku, json=change, headers={"idempotency-key": "two"})
    assert (refused.status_code, refused.json()["values"]) == (409, {"available": 12})


@pytest.mark.parametrize(
    ("body", "key", "code"),
    [
        (PRODUCT, None, "idempotency_key_missing"),
        (PRODUCT | {"colour": "green"}, "k", "invalid_fields"),
        (PRODUCT | {"skus": []}, "k", "invalid_fields"),
        (PRODUCT | {"skus": [{"name": "a", "price_fen": 12.5}]}, "k", "invalid_fields"),
        (PRODUCT | {"text": {"category_code": "moon", "title": "月亮上的茶叶"}}, "k", "invalid_fields"),
    ],
)
async def test_a_wrong_body_is_refused_with_its_reason(
    program: httpx.AsyncClient, merchant: Merchant, body: dict[str, object], key: str | None, code: str
) -> None:
    headers = {"idempotency-key": key} if key else {}
    refused = await program.post(f"/shops/{merchant.shop.shop_id}/products", json=body, headers=headers)
    assert refused.status_code == 422
    assert refused.json()["code"] == code


async def test_other_peoples_shops_are_not_found_and_buyers_are_denied(
    program: httpx.AsyncClient, merchant: Merchant, database: Database
) -> None:
    other = await open_merchant(database, "别家小店")
    theirs = await product_on_sale(database, other)
    there = f"/shops/{other.shop.shop_id}"
    product = f"{there}/products/{theirs.product.product_id}"
    assert (await program.get(there)).status_code == 404
    assert (await program.get(product)).status_code == 404
    assert (await program.post(f"{product}/retire")).status_code == 404
    assert (await program.post(f"{there}/close")).status_code == 404
    assert (await program.get(f"{there}/imports")).status_code == 404
    buyer = await sign_in_as(database)
    assert (await program.get("/shops", headers=buyer.bearer)).status_code == 403
    creator = await sign_in_as(database, Role.CREATOR)
    assert (await program.get("/products", headers=creator.bearer)).status_code == 200


async def test_a_file_is_imported_by_a_program(program: httpx.AsyncClient, merchant: Merchant) -> None:
    here = f"/shops/{merchant.shop.shop_id}/imports"
    made = await program.post(
        here,
        data={"category_code": "tea", "on_sale": "true"},
        files={"file": ("产品.csv", CSV.encode("utf-16"), "text/csv")},
        headers={"idempotency-key": "file"},
    )
    assert made.status_code == 201, made.text
    assert (made.json()["state"], made.json()["counts"]["create"]) == ("previewed", 2)
    kept = f"{here}/{made.json()['import_id']}"
    rows = (await program.get(f"{kept}/rows?size=1")).json()
    assert [(row["row"], row["handle"], row["fate"]) for row in rows["items"]] == [(2, "oolong", "create")]
    rest = (await program.get(f"{kept}/rows", params={"cursor": rows["next_cursor"]})).json()
    assert ([row["handle"] for row in rest["items"]], rest["next_cursor"]) == (["puer"], None)
    assert (await program.get(f"{kept}/rows?group=wrong")).json()["items"] == []
    applied = (await program.post(f"{kept}/apply", json={})).json()
    assert (applied["state"], applied["counts"]["created"]) == ("applied", 2)
    assert (await program.post(f"{kept}/apply", json={})).json()["code"] == "import_finished"
    assert (await program.post(f"{kept}/discard")).json()["code"] == "import_finished"
    assert (await program.post(f"{kept}/stop")).json()["code"] == "import_not_at_work"
    assert len((await program.get("/products")).json()["items"]) == 2


async def test_a_file_sent_twice_by_one_key_is_one_import(program: httpx.AsyncClient, merchant: Merchant) -> None:
    here = f"/shops/{merchant.shop.shop_id}/imports"

    async def send(content: str, key: str = "one key") -> httpx.Response:
        return await program.post(
            here,
            data={"category_code": "tea"},
            files={"file": ("a.csv", content.encode(), "text/csv")},
            headers={"idempotency-key": key},
        )

    first, again = await send(CSV), await send(CSV)
    assert first.json() == again.json()
    assert (await send(CSV + "\n")).json()["code"] == "idempotency_key_reused"
    assert (await send(CSV, "another")).json()["import_id"] != first.json()["import_id"]
    assert (await send("Name,Colour\na,b\n", "wrong")).json()["code"] == "import_columns_missing"
    assert len((await program.get(here)).json()["items"]) == 2


async def test_the_document_describes_every_route_of_the_catalogue(program: httpx.AsyncClient) -> None:
    document = (await program.get("/openapi.json")).json()
    assert "/api/v1/shops/{shop_id}/products" in document["paths"]
    for path, methods in document["paths"].items():
        if "/shops" in path or "/products" in path:
            for method, operation in methods.items():
                assert operation.get("description"), (method, path)
