"""Channels and fees where a creator lists: asked for, shown before anything is confirmed, and refused clearly."""

import re
from datetime import timedelta

import httpx
import pytest

from tests.conftest import browser
from tests.rule_world import DOUYIN_CHANNEL, DOUYIN_FEE, DOUYIN_REFUSED, STAR_MAP, enforce_all, write_douyin
from tests.stage_world import JD_TEXT, TAOBAO_TEXT, Host, live_room, new_host
from yellowcart.app import Application
from yellowcart.kernel import clock
from yellowcart.kernel.database import Database
from yellowcart.kernel.ids import RoomId

PART = {"hx-request": "true"}
LINK = JD_TEXT.format(item=100001)


@pytest.fixture
async def host(database: Database, still_clock: clock.Clock) -> Host:
    """A creator on Douyin, the day before anything changes."""
    still_clock.freeze(DOUYIN_FEE - timedelta(days=1))
    async with database.writing() as writer:
        await write_douyin(writer)
    await enforce_all(database)
    return await new_host(database)


@pytest.fixture
async def room_id(database: Database, host: Host) -> RoomId:
    """A room of theirs, on air."""
    return (await live_room(database, host)).room_id


async def _token(client: httpx.AsyncClient, path: str) -> dict[str, str]:
    found = re.search(r'name="csrf-token" content="([^"]+)"', (await client.get(path)).text)
    assert found
    return {"x-csrf-token": found[1]}


@pytest.mark.parametrize(
    ("moment", "fee", "asks", "demands"),
    [
        (DOUYIN_FEE - timedelta(days=1), False, False, False),
        (DOUYIN_FEE, True, True, False),
        (DOUYIN_CHANNEL, False, True, True),
        (DOUYIN_REFUSED, False, False, False),
    ],
)
async def test_a_pasted_link_shows_fee_and_channel_before_it_is_listed(
    application: Application,
    host: Host,
    room_id: RoomId,
    still_clock: clock.Clock,
    moment: object,
    fee: bool,
    asks: bool,
    demands: bool,
) -> None:
    assert isinstance(moment, type(DOUYIN_FEE))
    still_clock.freeze(moment)
    async with browser(application, host.signed_in.token) as client:
        client.cookies.set("language", "en")
        token = await _token(client, "/creator/rooms")
        found = await client.post(
            f"/creator/carts/rooms/{room_id}/recognise", data={"pasted_text": LINK}, headers=PART | token
        )
    assert ("takes a fee of 20 % of what is sold through this listing" in found.text) is fee
    field = re.search(r"<input[^>]*name=\"channel_task\"[^>]*>", found.text)
    assert (field is not None) is asks
    assert (field is not None and "required" in field[0]) is demands


@pytest.mark.parametrize(
    "task", ["", "abc", "x" * 65, "two words", "zero\u200bwidth", "line\nbreak", "привет", "🎁🎁🎁🎁"]
)
async def test_a_missing_or_senseless_number_is_refused_at_its_field(
    application: Application, database: Database, host: Host, room_id: RoomId, still_clock: clock.Clock, task: str
) -> None:
    still_clock.freeze(DOUYIN_CHANNEL)
    form = {"pasted_text": LINK, "title": "键盘", "channel_task": task, "put_on": "yes", "request_key": "k1"}
    async with browser(application, host.signed_in.token) as client:
        for language, words in (
            ("en", ("task of 巨量星图", "4 to 64 letters")),
            ("zh_CN", ("任务编号", "4 至 64")),
        ):
            client.cookies.set("language", language)
            token = await _token(client, "/creator/rooms")
            path = f"/creator/carts/rooms/{room_id}/links"
            refused = await client.post(path, data=form, headers=PART | token)
            assert refused.status_code == 422
            assert words[0 if not task else 1] in refused.text
            assert 'aria-invalid="true"' in refused.text
        api = await client.post(
            "/api/v1/listings",
            json={
                "type": "outside",
                "pasted_text": LINK,
                "title": "键盘",
                "room_id": room_id,
                "channel_task": task,
            },
            headers={**host.signed_in.bearer, "idempotency-key": "k"},
        )
    assert (api.status_code, api.json()["code"]) == (422, "invalid_fields")
    assert set(api.json()["fields"]) == {"channel_task"}
    async with database.reading() as reader:
        assert await reader.value("SELECT count(*) FROM listing") == 0


async def test_with_its_number_it_is_listed_by_page_and_by_program(
    application: Application, database: Database, host: Host, room_id: RoomId, still_clock: clock.Clock
) -> None:
    still_clock.freeze(DOUYIN_CHANNEL)
    form = {
        "pasted_text": LINK,
        "title": "键盘",
        "channel_task": " 星图-2020/0906 ",
        "put_on": "yes",
        "request_key": "k",
    }
    async with browser(application, host.signed_in.token) as client:
        client.cookies.set("language", "en")
        token = await _token(client, "/creator/rooms")
        cart = await client.post(f"/creator/carts/rooms/{room_id}/links", data=form, headers=PART | token)
        assert cart.status_code == 200
        assert "Task 星图-2020/0906" in cart.text
        made = await client.post(
            "/api/v1/listings",
            json={
                "type": "outside",
                "pasted_text": TAOBAO_TEXT.format(item=653289000001),
                "title": "铁锅",
                "room_id": room_id,
                "channel_task": "XT-9",
            },
            headers={**host.signed_in.bearer, "idempotency-key": "another"},
        )
    assert (made.status_code, made.json()["channel_task"]) == (201, "XT-9")


async def test_a_listing_that_left_for_want_of_a_number_comes_back_with_one(
    application: Application, database: Database, host: Host, room_id: RoomId, still_clock: clock.Clock
) -> None:
    async with browser(application, host.signed_in.token) as client:
        client.cookies.set("language", "en")
        token = await _token(client, "/creator/rooms")
        form = {"pasted_text": LINK, "title": "键盘", "put_on": "yes", "request_key": "k"}
        await client.post(f"/creator/carts/rooms/{room_id}/links", data=form, headers=PART | token)
        still_clock.freeze(DOUYIN_FEE)
        await enforce_all(database)
        row = (await client.get(f"/creator/carts/rooms/{room_id}/cart")).text
        assert "Fee 20 %" in row
        assert f"Task number of {STAR_MAP}" in row, "it will be asked for, and can be given now"
        still_clock.freeze(DOUYIN_CHANNEL)
        await enforce_all(database)
        row = (await client.get(f"/creator/carts/rooms/{room_id}/cart")).text
        (listing_id,) = re.findall(r"/creator/listings/(\d+)/task\"", row)[:1]
        assert "Put on with this number" in row
        assert f"/creator/listings/{listing_id}/put-on" not in row
        path = f"/creator/listings/{listing_id}/task"
        wrong = await client.post(path, data={"channel_task": "a b", "put_on": "yes"}, headers=PART | token)
        assert wrong.status_code == 422
        assert 'value="a b"' in wrong.text
        right = await client.post(path, data={"channel_task": "XT-77", "put_on": "yes"}, headers=PART | token)
        assert right.status_code == 200
        stranger = await new_host(database, name="阿华")
        nobodys = await client.post(
            f"/api/v1/listings/{listing_id}/channel-task",
            json={"channel_task": "XT-78"},
            headers=stranger.signed_in.bearer,
        )
        assert nobodys.status_code == 404
        by_program = await client.post(
            f"/api/v1/listings/{listing_id}/channel-task",
            json={"channel_task": "XT-79"},
            headers=host.signed_in.bearer,
        )
        assert by_program.json()["channel_task"] == "XT-79"
        plain = await client.post(path, data={"channel_task": "XT-80"}, headers=token)
        assert (plain.status_code, plain.headers["location"]) == (303, f"/creator/rooms/{room_id}")
    async with database.reading() as reader:
        (listing,) = await reader.records("SELECT state, channel_task FROM listing")
    assert listing == {"state": "on_cart", "channel_task": "XT-80"}
