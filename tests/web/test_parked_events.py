"""Events that could not be delivered: operators see which and why, and have them told once more."""

import re
from collections import defaultdict
from collections.abc import AsyncIterator
from datetime import timedelta

import httpx
import pytest

from tests.conftest import SignedIn, browser, sign_in_as
from yellowcart.accounts.model import Role
from yellowcart.app import Application
from yellowcart.kernel import clock, events
from yellowcart.kernel.database import Database, Writer
from yellowcart.kernel.events import ATTEMPTS, Envelope, Event, deliver_events, publish, subscribe
from yellowcart.kernel.paging import PAGE_SIZE

PAGE = "/operator/events"
AGAIN = "/operator/events/again"


class Rang(Event, frozen=True, kw_only=True, tag="test.rang"):
    """A bell of a test rang."""

    number: int
    place: str = "<b>the door</b>"


class Knocked(Event, frozen=True, kw_only=True, tag="test.knocked"):
    """Somebody knocked."""


class Part:
    """A part of the platform that hears of bells, while it works."""

    def __init__(self) -> None:
        self.works = False
        self.heard: list[int] = []


@pytest.fixture
def part(monkeypatch: pytest.MonkeyPatch) -> Part:
    """The only subscriber of the test's events."""
    monkeypatch.setattr(events, "_subscribers", defaultdict(list))
    monkeypatch.setattr(events, "_kinds", {})
    made = Part()

    @subscribe(Rang)
    async def hear(_: Writer, __: Envelope, event: Rang) -> None:
        if not made.works:
            raise ConnectionError(f"no way to <number {event.number}>")
        made.heard.append(event.number)

    @subscribe(Knocked)
    async def open_door(_: Writer, __: Envelope, ___: Knocked) -> None:
        if not made.works:
            raise LookupError("no door")

    return made


@pytest.fixture
async def operator(database: Database) -> SignedIn:
    return await sign_in_as(database, Role.OPERATOR, name="林岚")


@pytest.fixture
async def console(application: Application, operator: SignedIn) -> AsyncIterator[httpx.AsyncClient]:
    async with browser(application, operator.token) as opened:
        opened.cookies.set("language", "en")
        yield opened


async def park(database: Database, still_clock: clock.Clock, *happened: Event) -> None:
    """Publish events that nobody can deal with, and let time pass until they are parked."""
    async with database.writing() as writer:
        for event in happened:
            await publish(writer, event)
    for _ in range(ATTEMPTS):
        await deliver_events(database)
        still_clock.freeze(clock.now() + timedelta(minutes=5))


async def send(console: httpx.AsyncClient, **data: str) -> httpx.Response:
    """Press a button of the page; answers the page after it."""
    found = re.search(r'name="csrf-token" content="([^"]+)"', (await console.get("/operator/people")).text)
    assert found
    answer = await console.post(AGAIN, data=data | {"_csrf_token": found[1]})
    assert answer.status_code == 303, answer.text
    return await console.get(answer.headers["location"])


async def audited(database: Database) -> list[tuple[str, object]]:
    async with database.reading() as reader:
        rows = await reader.records(
            "SELECT subject, after FROM audit_entry WHERE action = 'kernel:event:again' ORDER BY audit_id"
        )
    return [(row["subject"], row["after"]) for row in rows]


async def parked_gauge(console: httpx.AsyncClient) -> float:
    found = re.search(r"^yellowcart_parked_events (\S+)$", (await console.get("/metrics")).text, re.MULTILINE)
    assert found
    return float(found[1])


async def test_without_parked_events_the_page_says_so_in_both_languages(console: httpx.AsyncClient) -> None:
    assert "No event is parked" in (await console.get(PAGE)).text
    assert "None of this kind" not in (await console.get(f"{PAGE}?kind=order.paid")).text
    console.cookies.set("language", "zh_CN")
    assert "没有搁置的事件" in (await console.get(PAGE)).text
    assert await parked_gauge(console) == 0


async def test_a_parked_event_is_shown_with_what_failed_when_and_how_often(
    console: httpx.AsyncClient, database: Database, still_clock: clock.Clock, part: Part
) -> None:
    await park(database, still_clock, Rang(number=1), Knocked())
    for language in ("zh_CN", "en"):
        console.cookies.set("language", language)
        text = (await console.get(PAGE)).text
        assert "test.rang" in text
        assert "ConnectionError: no way to &lt;number 1&gt;" in text
        assert "&lt;b&gt;the door&lt;/b&gt;" in text
        assert (
            f'<td class="number" data-label="{"重试次数" if language == "zh_CN" else "Times tried"}">12</td>'
            in text
        )
        assert "2022-02-25 12:00:00" in text, "when it happened, in Shanghai"
    of_kind = (await console.get(f"{PAGE}?kind=test.knocked")).text
    assert "no door" in of_kind
    assert "no way" not in of_kind
    assert "None of this kind is parked" in (await console.get(f"{PAGE}?kind=test.other")).text
    assert await parked_gauge(console) == 2


async def test_one_event_is_told_again_and_the_press_is_audited(
    console: httpx.AsyncClient, database: Database, still_clock: clock.Clock, part: Part
) -> None:
    await park(database, still_clock, Rang(number=1), Rang(number=2))
    part.works = True
    async with database.reading() as reader:
        event_id = await reader.value("SELECT event_id FROM outbox_event WHERE payload->>'number' = '2'")
    assert "told once more now" in (await send(console, kind="test.rang", event_id=str(event_id))).text
    assert "Nothing was parked there" in (await send(console, kind="test.rang", event_id=str(event_id))).text
    await deliver_events(database)
    assert part.heard == [2]
    assert await audited(database) == [(f"event:{event_id}", {"kind": "test.rang", "events": 1})]
    assert await parked_gauge(console) == 1


async def test_all_of_a_kind_are_told_again_and_no_others(
    console: httpx.AsyncClient, database: Database, still_clock: clock.Clock, part: Part
) -> None:
    numbers = range(PAGE_SIZE + 5)
    await park(database, still_clock, *(Rang(number=number) for number in numbers), Knocked())
    first = (await console.get(f"{PAGE}?kind=test.rang")).text
    following = re.search(r'href="([^"]*cursor=[^"]*)"', first)
    assert following
    second = (await console.get(following[1].replace("&amp;", "&"))).text
    assert (first.count('name="event_id"'), second.count('name="event_id"')) == (PAGE_SIZE, 5)
    part.works = True
    assert f"Told once more now: {len(numbers)}." in (await send(console, kind="test.rang")).text
    await deliver_events(database)
    assert part.heard == list(numbers)
    assert await audited(database) == [("event_kind:test.rang", {"kind": "test.rang", "events": len(numbers)})]
    assert await parked_gauge(console) == 1


@pytest.mark.parametrize("event_id", ["-1", "x", "9" * 17, "１２", "9" * 16])
async def test_a_forged_number_tells_nothing_again(
    console: httpx.AsyncClient, database: Database, still_clock: clock.Clock, part: Part, event_id: str
) -> None:
    await park(database, still_clock, Knocked())
    assert "Nothing was parked there" in (await send(console, kind="test.knocked", event_id=event_id)).text
    assert "Nothing was parked there" in (await send(console, kind="")).text
    assert await audited(database) == []
    assert (await console.get(f"{PAGE}?cursor=broken")).status_code in (400, 422)


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.OPERATOR])
async def test_nobody_else_sees_them_or_has_them_told_again(
    application: Application, database: Database, role: Role
) -> None:
    stranger = await sign_in_as(database, role)
    async with browser(application, stranger.token) as client:
        assert (await client.get(PAGE)).status_code == 403
        assert (await client.post(AGAIN, data={"kind": "test.rang"})).status_code == 403
