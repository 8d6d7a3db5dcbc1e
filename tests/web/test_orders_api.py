"""The life of an order through the API alone, as a program sees it."""

import msgspec
import pytest

from tests.conftest import SignedIn, browser, sign_in_as
from tests.orders.test_order_lane import SECRET, order_body
from tests.small_world import PRICE_FEN, SmallWorld, make_small_world
from yellowcart.accounts.buyer_tokens import BuyerTokens
from yellowcart.accounts.model import Role
from yellowcart.accounts.sessions import open_session
from yellowcart.app import Application
from yellowcart.kernel.database import Database
from yellowcart.kernel.ids import PersonId


@pytest.fixture
async def world(database: Database) -> SmallWorld:
    return await make_small_world(database)


async def session_of(database: Database, person_id: PersonId) -> dict[str, str]:
    """A bearer header for a person who is there already."""
    async with database.writing() as writer:
        session = await open_session(writer, person_id, address="", user_agent="test")
    return {"authorization": f"Bearer {session.token}"}


async def place(application: Application, buyer: SignedIn, world: SmallWorld) -> dict[str, object]:
    """Place an order with a token that the API gave out."""
    async with browser(application) as client:
        made = await client.post("/api/v1/buyer-tokens", headers=buyer.bearer)
        assert made.status_code == 200, made.text
        answer = await client.post(
            "/api/v1/orders",
            content=msgspec.json.encode(order_body(world)),
            headers={"authorization": f"Bearer {made.json()['token']}", "idempotency-key": "one"},
        )
    assert answer.status_code == 201, answer.text
    placed: dict[str, object] = answer.json()
    return placed


async def test_an_order_is_paid_shipped_and_received_through_the_api(
    application: Application, database: Database, world: SmallWorld
) -> None:
    buyer = await sign_in_as(database)
    merchant = await session_of(database, world.merchant_id)
    placed = await place(application, buyer, world)
    path = f"/api/v1/orders/{placed['shop_id']}/{placed['order_id']}"
    async with browser(application) as client:
        cashier = await client.post(f"{path}/payments", headers=buyer.bearer)
        assert cashier.status_code == 200, cashier.text
        gateway = application.litestar.state.platform.gateways.sandbox
        await gateway.pay(await gateway.read(cashier.json()["url"].rsplit("/", 1)[1]))
        settled = await client.post(f"{path}/payments/{cashier.json()['payment_id']}/settle", headers=buyer.bearer)
        assert settled.json()["state"] == "succeeded", settled.text
        shipment = {"carrier": "SF", "waybill": "SF1234567890"}
        shipped = await client.post(
            f"/api/v1/shops/{world.shop_id}/orders/{placed['order_id']}/shipments",
            json=shipment,
            headers=merchant,
        )
        assert shipped.json()["order"]["state"] == "shipped", shipped.text
        received = await client.post(f"{path}/confirm", headers=buyer.bearer)
        assert received.json()["order"]["state"] == "received", received.text
        listed = await client.get("/api/v1/orders?state=received", headers=buyer.bearer)
    assert [order["total_fen"] for order in listed.json()["items"]] == [PRICE_FEN]


async def test_another_ones_order_does_not_exist(
    application: Application, database: Database, world: SmallWorld
) -> None:
    buyer, stranger = await sign_in_as(database), await sign_in_as(database, Role.MERCHANT)
    placed = await place(application, buyer, world)
    path = f"/api/v1/orders/{placed['shop_id']}/{placed['order_id']}"
    async with browser(application) as client:
        statuses = [
            (await client.get(path, headers=stranger.bearer)).status_code,
            (await client.post(f"{path}/cancel", headers=stranger.bearer)).status_code,
            (await client.post(f"{path}/confirm", headers=stranger.bearer)).status_code,
            (await client.post(f"{path}/payments", headers=stranger.bearer)).status_code,
            (await client.get(f"/api/v1/shops/{world.shop_id}/orders", headers=stranger.bearer)).status_code,
        ]
    assert statuses == [404] * 5


async def test_nobody_reads_orders_without_a_session_or_with_a_cookie(
    application: Application, database: Database
) -> None:
    buyer = await sign_in_as(database)
    async with browser(application, buyer.token) as client:
        answer = await client.get("/api/v1/orders")
    assert (answer.status_code, answer.json()["code"]) == (401, "not_signed_in")


async def test_a_buyer_is_no_merchant(application: Application, database: Database, world: SmallWorld) -> None:
    buyer = await sign_in_as(database)
    async with browser(application) as client:
        answer = await client.get(f"/api/v1/shops/{world.shop_id}/orders", headers=buyer.bearer)
    assert (answer.status_code, answer.json()["code"]) == (403, "role_missing")
    assert "商家" in answer.json()["messages"]["zh_CN"]


async def test_a_creating_request_without_its_key_is_told_so(
    application: Application, database: Database, world: SmallWorld
) -> None:
    merchant = await session_of(database, world.merchant_id)
    async with browser(application) as client:
        answer = await client.post(
            f"/api/v1/shops/{world.shop_id}/skus/{world.sku_id}/stock-changes",
            json={"change": 5, "reason": "delivery"},
            headers=merchant,
        )
    assert answer.json()["code"] == "idempotency_key_missing"


async def test_a_token_of_another_installation_is_refused(application: Application, world: SmallWorld) -> None:
    foreign = BuyerTokens(SECRET + "x").make(PersonId(1))
    async with browser(application) as client:
        answer = await client.post(
            "/api/v1/orders",
            content=msgspec.json.encode(order_body(world)),
            headers={"authorization": f"Bearer {foreign}", "idempotency-key": "one"},
        )
    assert (answer.status_code, answer.json()["code"]) == (401, "token_invalid")


async def test_the_document_describes_the_lane_and_every_error_is_a_problem(application: Application) -> None:
    async with browser(application) as client:
        document = (await client.get("/api/v1/openapi.json")).json()
        missing = await client.get("/api/v1/nothing")
    assert document["openapi"].startswith("3.1")
    assert "post" in document["paths"]["/api/v1/orders"]
    assert missing.headers["content-type"].startswith("application/problem+json")
    assert missing.json()["code"] == "not_found"
