"""Coupons and special prices for programs."""

import secrets
from datetime import timedelta
from typing import Any

import httpx
import pytest

from tests.conftest import MORNING, sign_in_as
from tests.promotions.coupon_world import CouponWorld, make_coupon_world
from tests.small_world import PRICE_FEN
from yellowcart.accounts.model import Role
from yellowcart.kernel.database import Database


def body(**changes: object) -> dict[str, Any]:
    """A coupon as a program asks for it."""
    return {
        "title": "新茶尝鲜",
        "kind": "amount",
        "threshold_fen": 2_000,
        "off_fen": 500,
        "stock": 3,
        "claim_from": MORNING.isoformat(),
        "claim_until": (MORNING + timedelta(days=1)).isoformat(),
        "usable_from": MORNING.isoformat(),
        "usable_until": (MORNING + timedelta(days=7)).isoformat(),
    } | changes


def key(name: str = "") -> dict[str, str]:
    return {"idempotency-key": name or secrets.token_hex(8)}


async def make(client: httpx.AsyncClient, world: CouponWorld, name: str) -> httpx.Response:
    return await client.post(
        f"/api/v1/shops/{world.small.shop_id}/coupons",
        json=body(),
        headers=world.merchant.bearer | key(name),
    )


async def test_a_shop_makes_raises_and_stops_a_coupon(database: Database, client: httpx.AsyncClient) -> None:
    world = await make_coupon_world(database)
    made = await make(client, world, "one")
    assert made.status_code == 201
    assert (await make(client, world, "one")).json() == made.json()
    coupon_id = made.json()["coupon_id"]
    here = f"/api/v1/shops/{world.small.shop_id}/coupons"
    raised = await client.put(f"{here}/{coupon_id}/stock", json={"stock": 9}, headers=world.merchant.bearer)
    assert raised.json()["stock"] == 9
    stopped = await client.post(f"{here}/{coupon_id}/stop", headers=world.merchant.bearer)
    assert stopped.json()["state"] == "stopped"
    listed = await client.get(here, params={"standing": "stopped"}, headers=world.merchant.bearer)
    assert [each["coupon_id"] for each in listed.json()["items"]] == [coupon_id]


@pytest.mark.parametrize("bad", [0, -1, 10**12, 10**30, "many", None, 1.5])
async def test_a_number_that_makes_no_sense_is_refused(
    database: Database, client: httpx.AsyncClient, bad: object
) -> None:
    world = await make_coupon_world(database)
    for field in ("stock", "off_fen", "per_buyer_limit"):
        answer = await client.post(
            f"/api/v1/shops/{world.small.shop_id}/coupons",
            json=body(**{field: bad}),
            headers=world.merchant.bearer | key(),
        )
        assert answer.status_code == 422
    listed = await client.get(f"/api/v1/shops/{world.small.shop_id}/coupons", headers=world.merchant.bearer)
    assert listed.json()["items"] == []


async def test_a_buyer_claims_once_per_key_and_sees_the_coupon(
    database: Database, client: httpx.AsyncClient
) -> None:
    world = await make_coupon_world(database)
    coupon = await world.make(world.host, room_id=world.small.room_id)
    path = f"/api/v1/coupons/{coupon.coupon_id}/claims"
    elsewhere = await client.post(path, json={}, headers=world.buyer.bearer | key())
    assert (elsewhere.status_code, elsewhere.json()["code"]) == (409, "coupon_not_in_this_room")
    here = {"room_id": world.small.room_id}
    first = await client.post(path, json=here, headers=world.buyer.bearer | key("k"))
    again = await client.post(path, json=here, headers=world.buyer.bearer | key("k"))
    assert first.status_code == again.status_code == 201
    assert first.json() == again.json()
    more = await client.post(path, json=here, headers=world.buyer.bearer | key())
    assert (more.status_code, more.json()["code"]) == (409, "coupon_limit_reached")
    mine = await client.get("/api/v1/coupons", headers=world.buyer.bearer)
    assert [each["claim_id"] for each in mine.json()["items"]] == [first.json()["claim_id"]]
    shown = await client.get(f"/api/v1/rooms/{world.small.room_id}/coupons")
    assert [each["coupon_id"] for each in shown.json()] == [coupon.coupon_id]


@pytest.mark.parametrize("room_id", [0, -1, 10**30, "room", 1.5])
async def test_a_room_that_cannot_be_is_refused(
    database: Database, client: httpx.AsyncClient, room_id: object
) -> None:
    world = await make_coupon_world(database)
    coupon = await world.make()
    answer = await client.post(
        f"/api/v1/coupons/{coupon.coupon_id}/claims",
        json={"room_id": room_id},
        headers=world.buyer.bearer | key(),
    )
    assert answer.status_code == 422
    assert await world.counted(coupon.coupon_id) == 0


async def test_a_claim_without_a_key_or_a_sign_in_is_refused(
    database: Database, client: httpx.AsyncClient
) -> None:
    world = await make_coupon_world(database)
    coupon = await world.make()
    path = f"/api/v1/coupons/{coupon.coupon_id}/claims"
    assert (await client.post(path, json={}, headers=key())).status_code == 401
    answer = await client.post(path, json={}, headers=world.buyer.bearer)
    assert answer.json()["code"] == "idempotency_key_missing"


async def test_a_refused_claim_says_why_in_both_languages(database: Database, client: httpx.AsyncClient) -> None:
    world = await make_coupon_world(database)
    coupon = await world.make(claim_from=MORNING + timedelta(hours=1))
    answer = await client.post(
        f"/api/v1/coupons/{coupon.coupon_id}/claims", json={}, headers=world.buyer.bearer | key()
    )
    messages = answer.json()["messages"]
    assert "尚未开始" in messages["zh_CN"]
    assert "cannot be claimed yet" in messages["en"]


async def test_a_shop_sets_and_ends_a_special_price(database: Database, client: httpx.AsyncClient) -> None:
    world = await make_coupon_world(database)
    path = f"/api/v1/shops/{world.small.shop_id}/special-prices"
    asked = {
        "listing_id": world.small.listing_id,
        "sku_id": world.small.sku_id,
        "kind": "room_only",
        "price_fen": 3_990,
        "quota": 5,
    }
    made = await client.post(path, json=asked, headers=world.merchant.bearer | key("p"))
    again = await client.post(path, json=asked, headers=world.merchant.bearer | key("p"))
    assert made.status_code == 201
    assert made.json() == again.json()
    other = await client.post(path, json=asked, headers=world.merchant.bearer | key())
    assert other.json()["code"] == "special_price_exists"
    dear = await client.post(path, json=asked | {"price_fen": PRICE_FEN}, headers=world.merchant.bearer | key())
    assert dear.status_code == 422
    ended = await client.post(f"{path}/{made.json()['special_price_id']}/end", headers=world.merchant.bearer)
    assert ended.status_code == 204
    listed = await client.get(path, params={"standing": "ended"}, headers=world.merchant.bearer)
    assert len(listed.json()["items"]) == 1


async def test_another_shops_coupons_and_prices_are_not_there(
    database: Database, client: httpx.AsyncClient
) -> None:
    world = await make_coupon_world(database)
    coupon = await world.make()
    stranger = await sign_in_as(database, Role.MERCHANT)
    here = f"/api/v1/shops/{world.small.shop_id}"
    for answer in (
        await client.get(f"{here}/coupons", headers=stranger.bearer),
        await client.get(f"{here}/special-prices", headers=stranger.bearer),
        await client.post(f"{here}/coupons", json=body(), headers=stranger.bearer | key()),
        await client.post(f"{here}/coupons/{coupon.coupon_id}/stop", headers=stranger.bearer),
        await client.put(f"{here}/coupons/{coupon.coupon_id}/stock", json={"stock": 99}, headers=stranger.bearer),
    ):
        assert answer.status_code == 404
    buyer = await client.get(f"{here}/coupons", headers=world.buyer.bearer)
    assert buyer.status_code == 403
