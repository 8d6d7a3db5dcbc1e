"""Reviews as programs write, read, answer and moderate them."""

from collections.abc import AsyncIterator

import httpx
import pytest

from tests.conftest import browser, sign_in_as
from tests.reviews.received import Received, brought_picture, merchant_of, moderator, received_order
from tests.small_world import make_small_world
from yellowcart.accounts.model import Role
from yellowcart.app import Application
from yellowcart.kernel.database import Database

STARS = {"goods": 5, "parcel": 4, "service": 3}


@pytest.fixture
async def order(database: Database) -> Received:
    return await received_order(database, await make_small_world(database))


@pytest.fixture
async def program(application: Application) -> AsyncIterator[httpx.AsyncClient]:
    async with browser(application) as opened:
        opened.headers["accept"] = "application/json"
        yield opened


def write_path(order: Received) -> str:
    """Where the first line is rated."""
    return f"/api/v1{order.path}/lines/{order.line_ids[0]}/review"


async def write(program: httpx.AsyncClient, order: Received, key: str = "k", **body: object) -> httpx.Response:
    """Rate the first line."""
    return await program.post(
        write_path(order),
        headers=order.buyer.bearer | {"idempotency-key": key},
        json={"stars": STARS, **body},
    )


async def test_a_review_lives_its_life_through_the_api(
    program: httpx.AsyncClient, order: Received, database: Database
) -> None:
    picture = await brought_picture(database, order.buyer.person)
    written = await write(program, order, body="很香", upload_ids=[picture.upload_id])
    assert written.status_code == 201, written.text
    assert (await write(program, order, body="很香", upload_ids=[picture.upload_id])).json() == written.json()
    assert (await write(program, order, key="other", body="很香")).json()["code"] == "review_exists"
    review, part = written.json()["review_id"], written.json()["part_id"]
    product = f"/api/v1/products/{order.shop_id}/{order.world.product_id}"
    (shown,) = (await program.get(f"{product}/reviews")).json()["items"]
    assert (shown["stars"], shown["author"]) == (STARS, "林**")
    assert set(shown["first"]["pictures"][0]) == {"upload_id", "width", "height"}
    assert "buyer_id" not in shown
    assert "order_id" not in shown
    total = (await program.get(f"{product}/review-sum")).json()
    assert (total["reviews"], total["goods_sum"], total["stars"]) == (1, 5, [0, 0, 0, 0, 1])
    assert (await program.get(f"/api/v1/shops/{order.shop_id}/review-sum")).json() == total
    mine = f"/api/v1/reviews/{order.shop_id}/{review}"
    changed = await program.patch(
        mine, headers=order.buyer.bearer, json={"stars": STARS | {"goods": 1}, "body": "改了"}
    )
    assert changed.status_code == 200, changed.text
    appended = await program.post(
        f"{mine}/append", headers=order.buyer.bearer | {"idempotency-key": "a"}, json={"body": "追评"}
    )
    assert appended.status_code == 201
    again = await program.patch(f"{mine}/append", headers=order.buyer.bearer, json={"body": "追评二"})
    assert again.status_code == 200
    merchant = await merchant_of(database, order.world)
    shop = f"/api/v1/shops/{order.shop_id}/review-parts"
    waiting = await program.get(f"{shop}?only=waiting", headers=merchant.bearer)
    assert [each["body"] for each in waiting.json()["items"]] == ["追评二", "改了"]
    answered = await program.put(f"{shop}/{part}/answer", headers=merchant.bearer, json={"answer": "谢谢"})
    assert answered.json()["answer"]["body"] == "谢谢"
    (whole,) = (await program.get("/api/v1/reviews", headers=order.buyer.bearer)).json()["items"]
    assert whole["first"]["answer"]["body"] == "谢谢"
    assert whole["append"]["body"] == "追评二"


async def test_reports_decisions_and_appeals_go_through_the_api(
    program: httpx.AsyncClient, order: Received, database: Database
) -> None:
    written = (await write(program, order, body="加我 13800138000")).json()
    assert written["state"] == "held"
    judge = await moderator(database, Role.INSPECTOR)
    key = f"{order.shop_id}/{written['part_id']}"
    (waiting,) = (await program.get("/api/v1/moderation/reviews", headers=judge.bearer)).json()["items"]
    assert waiting["findings"] == ["phone"]
    decide = f"/api/v1/moderation/reviews/{key}/decision"
    shown = await program.post(decide, headers=judge.bearer, json={"decision": "show", "seen": "held"})
    assert shown.json()["state"] == "shown"
    reader = await sign_in_as(database)
    report = f"/api/v1/shops/{order.shop_id}/review-parts/{written['part_id']}/reports/mine"
    for _ in range(2):
        sent = await program.put(report, headers=reader.bearer, json={"reason": "privacy"})
        assert sent.status_code == 204
    own = await program.put(report, headers=order.buyer.bearer, json={"reason": "privacy"})
    assert own.json()["code"] == "own_review"
    bare = await program.post(decide, headers=judge.bearer, json={"decision": "hide", "seen": "shown"})
    assert bare.status_code == 422
    hidden = await program.post(
        decide, headers=judge.bearer, json={"decision": "hide", "seen": "shown", "reason": "privacy"}
    )
    assert (hidden.json()["state"], hidden.json()["open_reports"]) == ("hidden", 0)
    appeal = f"/api/v1/reviews/{order.shop_id}/{written['review_id']}/parts/{written['part_id']}/appeal"
    asked = await program.post(appeal, headers=order.buyer.bearer, json={"appeal": "是我自己的号码"})
    assert asked.json()["first"]["state"] == "appealed"
    twice = await program.post(appeal, headers=order.buyer.bearer, json={"appeal": "再看"})
    assert twice.json()["code"] == "appealed_already"


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"stars": STARS | {"goods": 0}}, 422, "invalid_fields"),
        ({"stars": STARS | {"goods": 6}}, 422, "invalid_fields"),
        ({"stars": STARS | {"goods": 10**12}}, 422, "invalid_fields"),
        ({"stars": {"goods": 5}}, 422, "invalid_fields"),
        ({"stars": STARS, "body": "x" * 501}, 422, "invalid_fields"),
        ({"stars": STARS, "unknown": 1}, 422, "invalid_fields"),
        ({"stars": STARS, "upload_ids": [1] * 10}, 422, "invalid_fields"),
        ({"stars": STARS, "upload_ids": [-1]}, 404, "upload_unknown"),
        ({"stars": STARS, "body": "a\0b"}, 422, "invalid_fields"),
    ],
)
async def test_bad_input_is_refused_in_both_languages(
    program: httpx.AsyncClient, order: Received, body: dict[str, object], status: int, code: str
) -> None:
    answer = await program.post(
        write_path(order), headers=order.buyer.bearer | {"idempotency-key": "k"}, json=body
    )
    assert (answer.json()["code"], answer.status_code) == (code, status), answer.text
    assert set(answer.json()["messages"]) == {"zh_CN", "en"}
    listed = await program.get("/api/v1/reviews", headers=order.buyer.bearer)
    assert listed.json()["items"] == []


async def test_what_is_another_s_does_not_exist(
    program: httpx.AsyncClient, order: Received, database: Database
) -> None:
    written = (await write(program, order)).json()
    stranger = await sign_in_as(database)
    other = await make_small_world(database)
    other_merchant = await merchant_of(database, other)
    headers = stranger.bearer | {"idempotency-key": "k"}
    mine = f"/api/v1/reviews/{order.shop_id}/{written['review_id']}"
    part = f"review-parts/{written['part_id']}/answer"
    for answer in (
        await program.post(write_path(order), headers=headers, json={"stars": STARS}),
        await program.get(mine, headers=stranger.bearer),
        await program.patch(mine, headers=stranger.bearer, json={"stars": STARS}),
        await program.post(f"{mine}/append", headers=headers, json={"body": "a"}),
        await program.put(
            f"/api/v1/shops/{order.shop_id}/{part}", headers=other_merchant.bearer, json={"answer": "a"}
        ),
        await program.put(
            f"/api/v1/shops/{other.shop_id}/{part}", headers=other_merchant.bearer, json={"answer": "a"}
        ),
    ):
        assert answer.status_code == 404, answer.text
    queue = "/api/v1/moderation/reviews"
    assert (await program.get(queue, headers=stranger.bearer)).status_code == 403
    assert (await program.get(queue)).status_code == 401
