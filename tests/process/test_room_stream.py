"""The stream of a room through a real server: what open pages hear, and who is counted."""

import contextlib
import json
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from tests.conftest import RunningServer, start_server
from tests.stage_world import Host, live_room, new_host, write_history, write_shop
from yellowcart.kernel.database import Database
from yellowcart.kernel.ids import ListingId, RoomId, SkuId
from yellowcart.stage import listings
from yellowcart.stage.chat import say
from yellowcart.stage.model import in_room
from yellowcart.stage.rooms import end_room
from yellowcart.stage.stream import RoomEvent, tell_room

pytestmark = [pytest.mark.process, pytest.mark.timeout(60), pytest.mark.xdist_group("process")]


@dataclass(frozen=True)
class Stage:
    database: Database
    server: RunningServer
    host: Host
    room_id: RoomId
    listing_id: ListingId
    sku_id: SkuId

    @property
    def stream_url(self) -> str:
        return f"{self.server.url}/rooms/{self.room_id}/stream"


@pytest.fixture
async def stage(database: Database, database_url: str, tmp_path: Path) -> AsyncIterator[Stage]:
    async with database.writing() as writer:
        await write_history(writer)
        shop_id, product_id, sku_id = await write_shop(writer)
    host = await new_host(database)
    room = await live_room(database, host)
    async with database.writing() as writer:
        listing = await listings.list_product(writer, host.person, in_room(room.room_id), shop_id, product_id)
        await listings.put_on(writer, host.person, listing.listing_id)
    server = start_server(database_url, tmp_path)
    try:
        yield Stage(database, server, host, room.room_id, listing.listing_id, sku_id)
    finally:
        if server.process.poll() is None:
            server.kill()


class Page:
    """One open page of a room, read event by event."""

    def __init__(self, answer: httpx.Response) -> None:
        self.answer = answer
        self._lines = answer.iter_lines()
        self.opening = [next(self._lines) for _ in range(3)]

    def next(self, event: str) -> tuple[str | None, dict[str, object]]:
        """Id and data of the next event of a kind."""
        fields: dict[str, str] = {}
        for line in self._lines:
            if line.startswith(":"):
                continue
            if line:
                name, _, value = line.partition(": ")
                fields[name] = value
            elif fields.get("event") == event:
                return fields.get("id"), json.loads(fields["data"])
            else:
                fields = {}
        raise AssertionError(f"the stream ended without {event}")

    def until_the_end(self) -> None:
        """Read until the server ends the stream."""
        for _ in self._lines:
            pass


@contextlib.contextmanager
def page_of(stage: Stage) -> Iterator[Page]:
    with httpx.Client(timeout=20) as client, client.stream("GET", stage.stream_url) as answer:
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/event-stream")
        yield Page(answer)


async def test_every_page_hears_a_pin_a_message_and_the_viewers(stage: Stage) -> None:
    with contextlib.ExitStack() as open_pages:
        pages = [open_pages.enter_context(page_of(stage)) for _ in range(3)]
        assert pages[0].opening == ["retry: 2000", ": open", ""]
        assert {page.next("audience")[1]["viewers"] for page in pages} == {3}
        async with stage.database.writing() as writer:
            await listings.explain(writer, stage.host.person, stage.listing_id)
        for page in pages:
            event_id, data = page.next("cart")
            assert event_id == f"{stage.room_id}-1"
            assert data == {"listing_id": stage.listing_id, "state": "explaining", "off_reason": None}
        async with stage.database.writing() as writer:
            message = await say(writer, stage.host.person, stage.room_id, "三二一\n上链接")
        for page in pages:
            assert page.next("chat") == (
                f"{stage.room_id}-2",
                {"message_id": message.message_id, "name": "小波", "body": "三二一 上链接"},
            )


async def test_of_many_stock_numbers_the_last_always_arrives(stage: Stage) -> None:
    with page_of(stage) as page:
        async with stage.database.writing() as writer:
            for available in range(499, 399, -1):
                await tell_room(
                    writer,
                    stage.room_id,
                    RoomEvent.STOCK,
                    listing_id=stage.listing_id,
                    sku_id=stage.sku_id,
                    available=available,
                )
        heard = [page.next("stock")[1]["available"]]
        while heard[-1] != 400:
            heard.append(page.next("stock")[1]["available"])
    assert heard == [499, 400]


async def test_the_end_of_a_room_ends_its_streams_for_good(stage: Stage) -> None:
    with page_of(stage) as page:
        async with stage.database.writing() as writer:
            await end_room(writer, stage.host.person, stage.room_id)
        assert page.next("room")[1] == {"state": "ended"}
        with pytest.raises(AssertionError, match="ended without"):
            page.next("cart")
    async with httpx.AsyncClient() as client:
        assert (await client.get(stage.stream_url)).status_code == 204


async def test_a_page_that_left_is_not_counted(stage: Stage) -> None:
    with page_of(stage) as staying:
        with page_of(stage) as leaving:
            while staying.next("audience")[1]["viewers"] != 2:
                pass
            assert leaving.answer.status_code == 200
        while staying.next("audience")[1]["viewers"] != 1:
            pass
    async with stage.database.reading() as reader:
        assert await reader.value("SELECT viewers_peak FROM room_tally") == 2


async def test_a_stopped_server_lets_its_pages_go(stage: Stage) -> None:
    with page_of(stage) as page:
        started = time.monotonic()
        stage.server.process.terminate()
        with contextlib.suppress(httpx.HTTPError):
            page.until_the_end()
        stage.server.process.wait(20)
    assert time.monotonic() - started < 20


async def test_a_room_that_does_not_exist_has_no_stream(stage: Stage) -> None:
    async with httpx.AsyncClient(base_url=stage.server.url) as client:
        for name in ("1", "x", "9" * 30, "-1"):
            answer = await client.get(f"/rooms/{name}/stream")
            assert answer.status_code == 404, name
            assert answer.json()["code"] == "not_found"


async def test_reports_of_viewers_are_written_before_they_are_answered(stage: Stage) -> None:
    path = "/api/v1/audience-events"
    good = {"room_id": stage.room_id, "kind": "tap", "listing_id": stage.listing_id, "visitor": "visitor-0001"}
    async with httpx.AsyncClient(base_url=stage.server.url) as client:
        assert (await client.post(path, json=good)).status_code == 202
        for _ in range(3):
            assert (await client.post(path, json={**good, "kind": "like", "listing_id": None})).status_code == 202
        for wrong, status, code in (
            ({**good, "room_id": 12}, 404, "not_found"),
            ({**good, "kind": "dance"}, 422, "body_malformed"),
            ({**good, "listing_id": None}, 422, "audience_report_wrong"),
            ({**good, "video_id": 5}, 422, "audience_report_wrong"),
            ({**good, "visitor": "<script>alert(1)</script>"}, 422, "body_malformed"),
            ({**good, "more": "x" * 2_000}, 422, "body_too_large"),
        ):
            answer = await client.post(path, json=wrong)
            assert (answer.status_code, answer.json()["code"]) == (status, code), wrong
        answer = await client.post(path, json=good, headers={"authorization": "Bearer nonsense"})
        assert (answer.status_code, answer.json()["code"]) == (401, "token_invalid")
    async with stage.database.reading() as reader:
        kinds = await reader.column("SELECT kind FROM audience_event ORDER BY event_id")
        assert kinds == ["tap", "like", "like", "like"]
        assert await reader.value("SELECT likes FROM room_tally") == 3
