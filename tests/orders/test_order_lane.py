"""The order lane over HTTP: sold once, refused with a reason, answered the same on every repeat."""

import asyncio
from collections import Counter

import httpx
import msgspec
import pytest

from tests.conftest import MORNING, SignedIn, settings_for, sign_in_as
from tests.small_world import PRICE_FEN, SmallWorld, make_small_world
from yellowcart.accounts.buyer_tokens import BuyerTokens
from yellowcart.app import Application
from yellowcart.kernel.database import Database
from yellowcart.kernel.ids import PersonId
from yellowcart.orders.events import OrderSubmitted
from yellowcart.stage.changes import all_listings_changed

ADDRESS = {
    "recipient": "林小满",
    "phone": "13800000001",
    "province": "福建省",
    "city": "泉州市",
    "district": "安溪县",
    "street": "茶都路 1 号",
}


def order_body(world: SmallWorld, **changes: object) -> dict[str, object]:
    """An order for one piece of the small world's product."""
    line: dict[str, object] = {
        "listing_id": world.listing_id,
        "sku_id": world.sku_id,
        "quantity": 1,
        "unit_price_fen": PRICE_FEN,
    }
    whole = {key: changes.pop(key) for key in list(changes) if key not in line}
    line |= changes
    quantity, price = line["quantity"], line["unit_price_fen"]
    total = quantity * price if isinstance(quantity, int) and isinstance(price, int) else 1
    return {"lines": [line], "total_fen": total, "address": ADDRESS} | whole


class Shopper:
    """Somebody who places orders over HTTP."""

    def __init__(self, client: httpx.AsyncClient, person_id: int, secret: str) -> None:
        self.client = client
        self.token = BuyerTokens(secret).make(PersonId(person_id))

    async def order(self, body: object, key: str = "one") -> httpx.Response:
        """Place an order."""
        content = body if isinstance(body, bytes) else msgspec.json.encode(body)
        return await self.client.post(
            "/api/v1/orders",
            content=content,
            headers={"authorization": f"Bearer {self.token}", "idempotency-key": key},
        )


SECRET = settings_for("", __import__("pathlib").Path()).secret


@pytest.fixture
async def buyer(database: Database) -> SignedIn:
    return await sign_in_as(database)


@pytest.fixture
def shopper(client: httpx.AsyncClient, buyer: SignedIn) -> Shopper:
    return Shopper(client, buyer.person.person_id, SECRET)


async def stock_of(database: Database, world: SmallWorld) -> tuple[int, int, int]:
    """Available, held, sold."""
    async with database.reading() as reader:
        (row,) = await reader.records(
            "SELECT available, held, sold FROM stock WHERE shop_id = %(shop)s AND sku_id = %(sku)s",
            shop=world.shop_id,
            sku=world.sku_id,
        )
    return row["available"], row["held"], row["sold"]


async def test_an_order_holds_its_stock_and_tells_the_outbox(database: Database, shopper: Shopper) -> None:
    world = await make_small_world(database, pieces=10)
    answer = await shopper.order(order_body(world, quantity=3))
    assert answer.status_code == 201, answer.text
    assert answer.json()["total_fen"] == 3 * PRICE_FEN
    assert await stock_of(database, world) == (7, 3, 0)
    async with database.reading() as reader:
        (payload,) = await reader.column("SELECT payload FROM outbox_event WHERE kind = 'order.submitted'")
        # The statement writes the event by hand: it must be one that subscribers can read.
        event = msgspec.convert(payload, OrderSubmitted)
        assert await reader.value("SELECT sum(total_fen) FROM order_line") == 3 * PRICE_FEN
    assert (event.order_id, event.total_fen) == (answer.json()["order_id"], 3 * PRICE_FEN)


async def test_a_repeat_gets_the_first_answer_and_holds_nothing_more(database: Database, shopper: Shopper) -> None:
    world = await make_small_world(database)
    first = await shopper.order(order_body(world))
    second = await shopper.order(order_body(world))
    assert (second.status_code, second.json()) == (201, first.json())
    assert await stock_of(database, world) == (9, 1, 0)


async def test_a_key_used_for_another_order_is_refused(database: Database, shopper: Shopper) -> None:
    world = await make_small_world(database)
    await shopper.order(order_body(world))
    other = await shopper.order(order_body(world, quantity=2))
    assert (other.status_code, other.json()["code"]) == (409, "idempotency_key_reused")


async def test_a_large_order_does_not_shut_out_a_smaller_one_behind_it(
    database: Database, client: httpx.AsyncClient
) -> None:
    world = await make_small_world(database, pieces=5)
    shoppers = [Shopper(client, (await sign_in_as(database)).person.person_id, SECRET) for _ in range(3)]
    answers = await asyncio.gather(
        *(
            each.order(order_body(world, quantity=quantity))
            for each, quantity in zip(shoppers, (4, 3, 1), strict=True)
        )
    )
    assert [answer.status_code for answer in answers] == [201, 409, 201]
    assert answers[1].json()["code"] == "sold_out"
    assert await stock_of(database, world) == (0, 5, 0)


async def test_five_hundred_pieces_are_sold_exactly_once_to_a_crowd(
    database: Database, client: httpx.AsyncClient
) -> None:
    world = await make_small_world(database, pieces=500)
    shoppers = [Shopper(client, 10_000 + number, SECRET) for number in range(2_000)]
    answers = await asyncio.gather(*(each.order(order_body(world)) for each in shoppers))
    assert Counter(answer.status_code for answer in answers) == {201: 500, 409: 1_500}
    assert {answer.json()["code"] for answer in answers if answer.status_code == 409} == {"sold_out"}
    assert await stock_of(database, world) == (0, 500, 0)
    async with database.reading() as reader:
        assert await reader.value("SELECT count(*) FROM shop_order") == 500


async def test_the_limit_per_buyer_counts_over_all_orders(database: Database, shopper: Shopper) -> None:
    world = await make_small_world(database, limit_per_buyer=3)
    codes = [
        (await shopper.order(order_body(world, quantity=quantity), key=str(number))).status_code
        for number, quantity in enumerate((2, 2, 1, 1))
    ]
    assert codes == [201, 409, 201, 409]
    assert await stock_of(database, world) == (7, 3, 0)


async def test_a_changed_price_asks_the_buyer_again(database: Database, shopper: Shopper) -> None:
    world = await make_small_world(database)
    answer = await shopper.order(order_body(world, unit_price_fen=PRICE_FEN - 1))
    assert (answer.status_code, answer.json()["code"]) == (409, "price_changed")
    assert answer.json()["values"]["unit_price_fen"] == PRICE_FEN
    assert await stock_of(database, world) == (10, 0, 0)


async def test_a_listing_taken_off_is_closed_as_soon_as_the_change_is_heard(
    database: Database, shopper: Shopper
) -> None:
    world = await make_small_world(database)
    assert (await shopper.order(order_body(world))).status_code == 201
    async with database.writing() as writer:
        await writer.run(
            """
            UPDATE listing SET state = 'off_cart', off_reason = 'creator', taken_off_at = now()
            WHERE listing_id = %(id)s
            """,
            id=world.listing_id,
        )
        await all_listings_changed(writer)
    for _ in range(100):
        answer = await shopper.order(order_body(world), key="later")
        if answer.status_code != 201:
            break
        await asyncio.sleep(0.02)
    assert (answer.status_code, answer.json()["code"]) == (409, "listing_closed")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"not json",
        b"[]",
        b'{"listing_id": 1}',
        b'{"listing_id": "1; DROP TABLE shop_order", "sku_id": 1}',
        b"\xff\xfe{\x00",
        b"{" * 4_000,
    ],
)
async def test_a_malformed_body_is_told_what_is_wrong(shopper: Shopper, body: bytes) -> None:
    answer = await shopper.order(body)
    assert (answer.status_code, answer.json()["code"]) == (422, "body_malformed")


@pytest.mark.parametrize("quantity", [0, -1, 10**12, 1.5, "2", None])
async def test_a_quantity_must_make_sense(database: Database, shopper: Shopper, quantity: object) -> None:
    world = await make_small_world(database)
    assert (await shopper.order(order_body(world, quantity=quantity))).status_code == 422
    assert await stock_of(database, world) == (10, 0, 0)


async def test_unknown_fields_and_oversized_bodies_are_refused(database: Database, shopper: Shopper) -> None:
    world = await make_small_world(database)
    assert (await shopper.order(order_body(world, discount_fen=4_000))).status_code == 422
    big = await shopper.order(order_body(world, address=ADDRESS | {"street": "x" * 10_000}))
    assert big.json()["code"] == "body_too_large"


async def test_hostile_text_is_kept_as_text(database: Database, shopper: Shopper) -> None:
    world = await make_small_world(database)
    street = "<script>alert(1)</script>'; DROP TABLE stock; -- 🍵"
    assert (await shopper.order(order_body(world, address=ADDRESS | {"street": street}))).status_code == 201
    async with database.reading() as reader:
        assert await reader.value("SELECT address->>'street' FROM shop_order") == street


@pytest.mark.parametrize("token", ["", "Bearer", "Bearer x.y", "Basic abc", "Bearer " + "A" * 66])
async def test_a_foreign_token_is_not_signed_in(client: httpx.AsyncClient, token: str) -> None:
    answer = await client.post(
        "/api/v1/orders", content=b"{}", headers={"authorization": token, "idempotency-key": "k"}
    )
    assert (answer.status_code, answer.json()["code"]) == (401, "token_invalid")


async def test_a_request_without_a_key_is_refused(client: httpx.AsyncClient, buyer: SignedIn) -> None:
    token = BuyerTokens(SECRET).make(buyer.person.person_id)
    answer = await client.post("/api/v1/orders", content=b"{}", headers={"authorization": f"Bearer {token}"})
    assert answer.json()["code"] == "idempotency_key_missing"


async def test_an_unknown_listing_and_sku_are_refused(database: Database, shopper: Shopper) -> None:
    world = await make_small_world(database)
    assert (await shopper.order(order_body(world, listing_id=1))).json()["code"] == "listing_closed"
    assert (await shopper.order(order_body(world, sku_id=1))).json()["code"] == "sku_unknown"


async def test_refusals_speak_both_languages(
    database: Database, shopper: Shopper, application: Application
) -> None:
    world = await make_small_world(database, pieces=0)
    problem = (await shopper.order(order_body(world))).json()
    assert set(problem["messages"]) == {"zh_CN", "en"}


async def test_the_line_keeps_the_terms_of_the_moment_the_targeted_offer_first(
    database: Database, shopper: Shopper
) -> None:
    world = await make_small_world(database)
    async with database.writing() as writer:
        await writer.run_many(
            """
            INSERT INTO offer (shop_id, offer_id, product_id, kind, creator_id, commission_rate, valid_from)
            VALUES (%(shop_id)s, %(offer_id)s, %(product_id)s, %(kind)s, %(creator_id)s, %(rate)s, %(now)s)
            """,
            [
                {
                    "shop_id": world.shop_id,
                    "offer_id": offer_id,
                    "product_id": world.product_id,
                    "kind": kind,
                    "creator_id": creator_id,
                    "rate": rate,
                    "now": MORNING,
                }
                for offer_id, kind, creator_id, rate in (
                    (1, "open", None, 3_000),
                    (2, "targeted", world.creator_id, 2_000),
                    (3, "targeted", world.creator_id + 1, 5_000),
                )
            ],
        )
    await shopper.order(order_body(world))
    async with database.writing() as writer:
        await writer.run("UPDATE offer SET commission_rate = 100")
        terms = await writer.value("SELECT terms FROM order_line")
    assert terms == {"offer_id": 2, "commission_rate": 2_000, "creator_id": world.creator_id}
