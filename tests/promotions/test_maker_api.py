"""Creators and operators make, raise, stop and drop coupons by program, each of their own alone; and what a cart's
special prices are is public."""

import secrets
from datetime import timedelta
from typing import Any

import httpx
import pytest

from tests.conftest import MORNING, sign_in_as
from tests.promotions.coupon_world import make_coupon_world
from tests.promotions.test_coupon_api import body, key
from tests.small_world import PRICE_FEN
from yellowcart.accounts.model import Role
from yellowcart.kernel import clock
from yellowcart.kernel.database import Database


@pytest.mark.parametrize("place", ["creator", "platform"])
async def test_a_maker_makes_once_raises_lists_and_stops_a_coupon(
    database: Database, client: httpx.AsyncClient, place: str
) -> None:
    world = await make_coupon_world(database)
    bearer = (world.creator if place == "creator" else world.operator).bearer
    path = f"/api/v1/{place}/coupons"
    made = await client.post(path, json=body(), headers=bearer | key("one"))
    assert (made.status_code, made.json()["funder"]) == (201, place)
    again = await client.post(path, json=body(), headers=bearer | key("one"))
    assert again.json() == made.json()
    coupon_id = made.json()["coupon_id"]
    raised = await client.put(f"{path}/{coupon_id}/stock", json={"stock": 9}, headers=bearer)
    assert raised.json()["stock"] == 9
    for stock in (0, -1, 10**12, 10**30, 1.5, "many"):
        refused = await client.put(f"{path}/{coupon_id}/stock", json={"stock": stock}, headers=bearer)
        assert (refused.status_code, refused.json()["code"]) == (422, "invalid_fields")
    listed = await client.get(path, params={"standing": "claimable"}, headers=bearer)
    assert [(each["coupon_id"], each["stock"]) for each in listed.json()["items"]] == [(coupon_id, 9)]
    stopped = await client.post(f"{path}/{coupon_id}/stop", headers=bearer)
    assert stopped.json()["state"] == "stopped"


async def test_nobody_touches_anothers_coupons(database: Database, client: httpx.AsyncClient) -> None:
    world = await make_coupon_world(database)
    other = await sign_in_as(database, Role.CREATOR)
    theirs = [await world.make(maker) for maker in (world.host, world.platform, world.shop)]
    for coupon in theirs:
        path = f"/api/v1/creator/coupons/{coupon.coupon_id}"
        for answer in (
            await client.put(f"{path}/stock", json={"stock": 99}, headers=other.bearer),
            await client.post(f"{path}/stop", headers=other.bearer),
        ):
            assert answer.status_code in {403, 404}
    for answer in (
        await client.post(f"/api/v1/creator/coupons/{theirs[1].coupon_id}/stop", headers=world.creator.bearer),
        await client.post(f"/api/v1/platform/coupons/{theirs[0].coupon_id}/stop", headers=world.operator.bearer),
    ):
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    for signed_in in (world.buyer, world.merchant, world.creator):
        refused = await client.post("/api/v1/platform/coupons", json=body(), headers=signed_in.bearer | key())
        assert (refused.status_code, refused.json()["code"]) == (403, "role_missing")
    async with database.reading() as reader:
        assert await reader.value("SELECT count(*) FROM coupon WHERE state = 'open' AND stock = 10") == len(theirs)


async def test_a_coupon_is_dropped_into_the_makers_own_room(database: Database, client: httpx.AsyncClient) -> None:
    world = await make_coupon_world(database)
    coupon = await world.make(world.host, room_id=world.small.room_id)
    path = f"/api/v1/rooms/{world.small.room_id}/coupons/{coupon.coupon_id}/drop"
    assert (await client.post(path, headers=world.creator.bearer)).status_code == 204
    again = await client.post(path, headers=world.creator.bearer)
    assert again.json()["code"] == "drop_too_soon"
    assert int(again.headers["retry-after"]) > 0
    stranger = await client.post(path, headers=world.merchant.bearer)
    assert stranger.json()["code"] == "role_missing"
    async with database.reading() as reader:
        assert await reader.column("SELECT drops FROM coupon_drop") == [1]


async def test_the_special_prices_of_a_cart_are_public(
    database: Database, client: httpx.AsyncClient, still_clock: clock.Clock
) -> None:
    world = await make_coupon_world(database)
    small = world.small
    prices = f"/api/v1/shops/{small.shop_id}/special-prices"
    here = f"/api/v1/rooms/{small.room_id}/special-prices"
    assert (await client.get(here)).json()["items"] == []
    flash: dict[str, Any] = {
        "listing_id": small.listing_id,
        "sku_id": small.sku_id,
        "kind": "flash",
        "price_fen": PRICE_FEN - 1_000,
        "quota": 5,
        "starts_at": (MORNING + timedelta(minutes=5)).isoformat(),
        "ends_at": (MORNING + timedelta(minutes=10)).isoformat(),
    }
    made = await client.post(prices, json=flash, headers=world.merchant.bearer | key(secrets.token_hex(4)))
    assert made.status_code == 201, made.text
    (shown,) = (await client.get(here)).json()["items"]
    assert (shown["standing"], shown["price_fen"], shown["usual_fen"], shown["left"]) == (
        "coming",
        PRICE_FEN - 1_000,
        PRICE_FEN,
        5,
    )
    still_clock.freeze(MORNING + timedelta(minutes=6))
    assert [each["standing"] for each in (await client.get(here)).json()["items"]] == ["in_force"]
    still_clock.freeze(MORNING + timedelta(minutes=10))
    assert (await client.get(here)).json()["items"] == []
    assert (await client.get("/api/v1/rooms/1/special-prices")).status_code == 404
    assert (await client.get("/api/v1/videos/1/special-prices")).status_code == 404
