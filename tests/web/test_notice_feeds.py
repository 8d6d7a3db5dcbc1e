"""What programs and calendars are told of notices: all of it, once while nothing changes, amended in place."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import httpx
import msgspec
import pytest
from icalendar import Calendar, Component

from tests.conftest import MORNING, browser
from tests.notice_world import IN_TEN_DAYS, REASON, Desk, content, open_desk, published, refuse
from yellowcart.app import Application
from yellowcart.kernel import clock
from yellowcart.kernel.database import Database
from yellowcart.links.model import SourceScope, Surface
from yellowcart.links.publish import publish_draft
from yellowcart.links.submit import submit_draft
from yellowcart.links.withdraw import withdraw_notice
from yellowcart.links.write_draft import amend_notice, change_draft

MOVED = IN_TEN_DAYS + timedelta(days=5)
LATER = IN_TEN_DAYS + timedelta(days=20)


@pytest.fixture
async def desk(database: Database) -> Desk:
    return await open_desk(database)


@pytest.fixture
async def anybody(application: Application) -> AsyncIterator[httpx.AsyncClient]:
    async with browser(application) as opened:
        yield opened


@dataclass(frozen=True)
class Told:
    """An event as the library reads it back."""

    begins: datetime
    zone: str | None
    stamp: datetime
    sequence: int
    status: str
    summary: str
    text: str
    url: str
    warned_before: list[timedelta]


def told_by(event: Component) -> Told:
    return Told(
        begins=event.decoded("DTSTART"),
        zone=event["DTSTART"].params.get("TZID"),
        stamp=event.decoded("DTSTAMP"),
        sequence=int(str(event["SEQUENCE"])),
        status=str(event["STATUS"]),
        summary=str(event["SUMMARY"]),
        text=str(event["DESCRIPTION"]),
        url=str(event["URL"]),
        warned_before=[alarm.decoded("TRIGGER") for alarm in event.walk("VALARM")],
    )


async def events_of(client: httpx.AsyncClient, language: str = "en") -> dict[str, Told]:
    """The calendar's events by UID."""
    answer = await client.get("/notices.ics", params={"language": language})
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
    assert all(len(each) <= 75 for each in answer.content.split(b"\r\n"))
    events = Calendar.from_ical(answer.content).walk("VEVENT")
    found = {str(event["UID"]): told_by(event) for event in events}
    assert len(found) == len(events), "one event for each UID"
    return found


async def amend(database: Database, desk: Desk, code: str, **changes: object) -> None:
    """An amendment by the second operator, approved by the first."""
    async with database.writing() as writer:
        begun = await amend_notice(writer, desk.second.person, code)
        written = msgspec.structs.replace(begun.content, **changes)
        changed = await change_draft(writer, desk.second.person, begun.draft_id, written, version=begun.version)
        waiting = await submit_draft(writer, desk.second.person, begun.draft_id, version=changed.version)
        await publish_draft(writer, desk.drafter.person, begun.draft_id, version=waiting.version)


async def test_every_moment_of_effect_is_an_event_in_utc_with_a_warning(
    anybody: httpx.AsyncClient, database: Database, desk: Desk
) -> None:
    told = await published(
        database, desk, content(refuse(Surface.LIVE_CART), refuse(Surface.SHOP_PAGE, at=LATER), code="steps")
    )
    events = await events_of(anybody)
    first, second = (events[f"notice-{told.notice.id}-{number}@yellowcart"] for number in (0, 1))
    assert [(each.begins, each.zone) for each in (first, second)] == [(IN_TEN_DAYS, None), (LATER, None)]
    assert first.summary == "Pinduoduo leaves the cart"
    assert "pinduoduo: Refused (live room carts)" in first.text
    assert "shop pages" not in first.text
    assert "pinduoduo: Refused (shop pages)" in second.text
    assert "Takes effect at 2022-03-07 12:00 (Beijing time)" in first.text
    assert first.url == "http://platform.test/notices/steps"
    assert (first.status, first.sequence, first.warned_before) == ("CONFIRMED", 0, [timedelta(days=-1)])
    chinese = (await events_of(anybody, "zh_CN"))[f"notice-{told.notice.id}-0@yellowcart"]
    assert chinese.summary == "拼多多商品调整公告"
    assert "原因：合同变更" in chinese.text
    assert len(events) == 5, "three notices of the past, each with one moment, and the two steps"


async def test_the_language_of_a_calendar_is_asked_for_or_the_browsers(
    anybody: httpx.AsyncClient, desk: Desk
) -> None:
    async def named(query: str, accept: str) -> str:
        answer = await anybody.get(f"/notices.ics{query}", headers={"accept-language": accept})
        return str(Calendar.from_ical(answer.content)["X-WR-CALNAME"])

    assert await named("?language=en", "zh-CN") == "Yellowcart: notices on link rules"
    assert await named("", "en-GB,en;q=0.9") == "Yellowcart: notices on link rules"
    assert await named("", "zh-CN") == "小黄车：外链规则公告"
    assert await named("?language=../etc", "en") == "Yellowcart: notices on link rules"


async def test_an_amendment_moves_its_event_and_a_withdrawal_cancels_it(
    anybody: httpx.AsyncClient, database: Database, desk: Desk, still_clock: clock.Clock
) -> None:
    steps = content(refuse(Surface.LIVE_CART), refuse(Surface.SHOP_PAGE, at=LATER), code="cut")
    told = await published(database, desk, steps)
    uids = [f"notice-{told.notice.id}-{number}@yellowcart" for number in (0, 1)]
    stamp = (await events_of(anybody))[uids[0]].stamp
    still_clock.freeze(MORNING + timedelta(hours=1))
    await amend(database, desk, "cut", effective_at=MOVED, lines=(refuse(Surface.LIVE_CART),))
    events = await events_of(anybody)
    moved, dropped = (events[uid] for uid in uids)
    assert (moved.begins, moved.sequence, moved.status) == (MOVED, 1, "CONFIRMED")
    assert (dropped.begins, dropped.sequence, dropped.status) == (LATER, 1, "CANCELLED")
    assert moved.stamp > stamp
    assert moved.url == "http://platform.test/notices/cut-2"
    async with database.writing() as writer:
        await withdraw_notice(writer, desk.third.person, "cut-2", reason=REASON)
    events = await events_of(anybody)
    assert [(events[uid].status, events[uid].sequence) for uid in uids] == [("CANCELLED", 2)] * 2
    assert events[uids[0]].summary == "Withdrawn: Pinduoduo leaves the cart"
    assert "A change of contract" in events[uids[0]].text
    assert events[uids[0]].warned_before == []
    assert len(events) == 5


@pytest.mark.parametrize("path", ["/notices.ics?language=en", "/api/v1/notices.json"])
async def test_a_feed_is_not_sent_again_while_nothing_changes(
    anybody: httpx.AsyncClient, database: Database, desk: Desk, still_clock: clock.Clock, path: str
) -> None:
    still_clock.freeze(MORNING + timedelta(minutes=1))
    first = await anybody.get(path)
    assert first.status_code == 200
    assert first.headers["last-modified"] == "Fri, 25 Feb 2022 04:00:00 GMT"
    for known in (
        {"if-none-match": first.headers["etag"]},
        {"if-modified-since": first.headers["last-modified"]},
    ):
        again = await anybody.get(path, headers=known)
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["etag"] == first.headers["etag"]
    await published(database, desk, content(code="news"))
    changed = await anybody.get(path, headers={"if-none-match": first.headers["etag"]})
    assert changed.status_code == 200
    assert b"news" in changed.content
    assert "last-modified" not in changed.headers, "the second in which it changed is not over"
    still_clock.freeze(MORNING + timedelta(minutes=2))
    assert "last-modified" in (await anybody.get(path)).headers
    stale = await anybody.get(path, headers={"if-modified-since": first.headers["last-modified"]})
    assert stale.status_code == 200


async def test_the_feed_tells_rules_grace_withdrawal_and_what_replaces_what(
    anybody: httpx.AsyncClient, database: Database, desk: Desk
) -> None:
    await published(database, desk, content(refuse(sources=SourceScope.THIRD_PARTY), code="cut"))
    await amend(database, desk, "cut", lines=(refuse(Surface.LIVE_CART),))
    feed = (await anybody.get("/api/v1/notices.json")).json()["notices"]
    told = {each["code"]: each for each in feed}
    assert list(told) == ["2018", "2021-11", "2022-03", "cut", "cut-2"]
    assert (told["cut"]["rules"], told["cut"]["replaced_by"]) == ([], "cut-2")
    assert told["cut"]["withdrawn_at"] == "2022-02-25T04:00:00Z"
    assert told["cut"]["withdrawal_reason"] == {"zh": "合同变更", "en": "A change of contract"}
    assert (told["cut-2"]["replaces"], told["cut-2"]["grace"], told["cut-2"]["withdrawn_at"]) == (
        "cut",
        "at_once",
        None,
    )
    assert told["cut-2"]["rules"] == [
        {
            "surface": "live_cart",
            "source": "pinduoduo",
            "effective_at": IN_TEN_DAYS.isoformat().replace("+00:00", "Z"),
            "action": "refuse",
            "fee_basis_points": None,
            "channel": None,
            "notice_id": told["cut-2"]["notice_id"],
        }
    ]
    assert (await anybody.get("/api/v1/notices/cut-2")).json() == told["cut-2"]
    assert (await anybody.get("/api/v1/notices/nobody")).status_code == 404
    pages = (await anybody.get("/api/v1/notices?size=3")).json()
    rest = (await anybody.get(f"/api/v1/notices?size=3&cursor={pages['next_cursor']}")).json()
    assert pages["items"] + rest["items"] == feed
    assert rest["next_cursor"] is None


async def test_a_calendar_of_nothing_is_a_calendar(anybody: httpx.AsyncClient) -> None:
    answer = await anybody.get("/notices.ics")
    assert Calendar.from_ical(answer.content).walk("VEVENT") == []
    assert (await anybody.get("/api/v1/notices.json")).json() == {"notices": []}
