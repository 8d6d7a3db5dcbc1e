"""Messages of the platform to a person: once each, in the reader's language, read by nobody else."""

import asyncio
from datetime import timedelta

import httpx
import pytest

from tests.conftest import MORNING, SignedIn, browser, sign_in_as
from tests.web.test_front import csrf_of
from yellowcart.accounts import inbox
from yellowcart.accounts.inbox import NewMessage
from yellowcart.accounts.model import Role
from yellowcart.app import Application
from yellowcart.kernel import clock
from yellowcart.kernel.database import Database
from yellowcart.kernel.paging import CursorBroken
from yellowcart.kernel.translation import Locale


def told(to: SignedIn, occasion: str, *, link: str = "", title: str = "Message %(number)s") -> NewMessage:
    return NewMessage(
        person_id=to.person.person_id,
        kind="test",
        occasion=occasion,
        title=title,
        body="%(place)s\n\n  %(nothing)s\nand %(number)s",
        parts={"number": 7, "place": {"zh_CN": "直播间", "en": "the room"}, "nothing": {}},
        link=link,
    )


async def test_a_message_speaks_the_readers_language_and_leaves_empty_paragraphs_out(database: Database) -> None:
    reader_of_it = await sign_in_as(database)
    async with database.writing() as writer:
        assert await inbox.post_messages(writer, [told(reader_of_it, "a")]) == 1
    async with database.reading() as reader:
        (message,) = (await inbox.inbox_of(reader, reader_of_it.person)).items
    assert message.headline(Locale.ENGLISH) == "Message 7"
    assert message.text(Locale.ENGLISH) == "the room\nand 7"
    assert message.text(Locale.CHINESE) == "直播间\nand 7"


async def test_a_place_without_its_value_is_the_senders_error(database: Database) -> None:
    person = await sign_in_as(database)
    with pytest.raises(KeyError):
        told(person, "a", title="Hello %(name)s")


async def test_an_occasion_is_told_once_however_many_tell_it_at_once(database: Database) -> None:
    people = [await sign_in_as(database) for _ in range(3)]
    messages = [told(each, occasion) for each in people for occasion in ("a", "b")]

    async def post(backwards: bool) -> int:
        async with database.writing() as writer:
            return await inbox.post_messages(writer, messages[::-1] if backwards else messages)

    assert sum(await asyncio.gather(*(post(number % 2 == 0) for number in range(4)))) == 6
    async with database.reading() as reader:
        assert await reader.value("SELECT count(*) FROM message") == 6
        assert await inbox.told_of(reader, "test", ["a", "b"]) == sorted(each.person.person_id for each in people)


async def test_unread_messages_come_first_and_the_pages_hold_each_once(
    database: Database, still_clock: clock.Clock
) -> None:
    person = await sign_in_as(database)
    async with database.writing() as writer:
        await inbox.post_messages(writer, [told(person, f"{number:03d}") for number in range(45)])
    async with database.reading() as reader:
        latest = (await inbox.inbox_of(reader, person.person, size=3)).items
    async with database.writing() as writer:
        assert await inbox.mark_read(writer, person.person, [each.message_id for each in latest]) == 3
        assert await inbox.mark_read(writer, person.person, [each.message_id for each in latest]) == 0
        assert await inbox.unread_count(writer, person.person.person_id) == 42
    seen: list[inbox.Message] = []
    cursor = None
    async with database.reading() as reader:
        while True:
            page = await inbox.inbox_of(reader, person.person, cursor, 20)
            seen += page.items
            if (cursor := page.next_cursor) is None:
                break
        assert len((await inbox.inbox_of(reader, person.person, unread_only=True, size=100)).items) == 42
        with pytest.raises(CursorBroken):
            await inbox.inbox_of(reader, person.person, "nonsense")
    assert len({each.message_id for each in seen}) == len(seen) == 45
    assert [each.message_id for each in seen[-3:]] == [each.message_id for each in latest]
    async with database.writing() as writer:
        assert await inbox.mark_all_read(writer, person.person) == 42
        assert await inbox.unread_count(writer, person.person.person_id) == 0


async def test_read_messages_are_forgotten_after_half_a_year_and_unread_ones_never(
    database: Database, still_clock: clock.Clock
) -> None:
    person = await sign_in_as(database)
    async with database.writing() as writer:
        await inbox.post_messages(writer, [told(person, "read"), told(person, "unread")])
        read = await writer.value("SELECT message_id FROM message WHERE occasion = 'read'")
        await inbox.mark_read(writer, person.person, [read])
    still_clock.freeze(MORNING + timedelta(days=180))
    assert await inbox.forget_read_messages(database) == 0
    still_clock.freeze(MORNING + timedelta(days=180, seconds=1))
    assert await inbox.forget_read_messages(database) == 1
    async with database.reading() as reader:
        assert await reader.column("SELECT occasion FROM message") == ["unread"]


@pytest.mark.parametrize("role", [Role.CREATOR, Role.MERCHANT, Role.OPERATOR, Role.BUYER])
async def test_everybody_reads_their_messages_in_their_own_console(
    database: Database, application: Application, role: Role
) -> None:
    person, stranger = await sign_in_as(database, role), await sign_in_as(database)
    async with database.writing() as writer:
        await inbox.post_messages(
            writer, [told(person, "a", link="/videos", title="<b>Message</b> %(number)s"), told(stranger, "b")]
        )
    async with browser(application, person.token) as client:
        client.cookies.set("language", "en")
        page = (await client.get("/messages")).text
        assert page.count("<article") == 1
        assert "&lt;b&gt;Message&lt;/b&gt; 7" in page
        assert "the room" in page
        home = (await client.get("/me")).text
        assert "badge-count" in home
        (message_id,) = await _ids(database, person)
        token = csrf_of(page)
        opened = await client.post(f"/messages/{message_id}/open", data={"_csrf_token": token})
        assert (opened.status_code, opened.headers["location"]) == (303, "/videos")
        assert "badge-count" not in (await client.get("/me")).text
        assert "<article" not in (await client.get("/messages?show=unread")).text
        (strangers,) = await _ids(database, stranger)
        other = await client.post(f"/messages/{strangers}/open", data={"_csrf_token": token})
        assert other.status_code == 404
        await client.post(f"/messages/{strangers}/read", data={"_csrf_token": token})
        await client.post("/messages/read-all", data={"_csrf_token": token})
    async with database.reading() as reader:
        assert await inbox.unread_count(reader, stranger.person.person_id) == 1


async def test_who_is_not_signed_in_has_no_messages(client: httpx.AsyncClient) -> None:
    assert (await client.get("/messages")).headers["location"].startswith("/login")
    assert (await client.get("/api/v1/messages")).status_code == 401


async def test_programs_read_messages_in_both_languages_and_mark_their_own(
    database: Database, client: httpx.AsyncClient
) -> None:
    person, stranger = await sign_in_as(database), await sign_in_as(database)
    async with database.writing() as writer:
        await inbox.post_messages(writer, [told(person, "a"), told(person, "b"), told(stranger, "c")])
    answer = (await client.get("/api/v1/messages?size=1", headers=person.bearer)).json()
    assert answer["items"][0]["body"] == {"zh_CN": "直播间\nand 7", "en": "the room\nand 7"}
    assert answer["next_cursor"]
    (strangers,) = await _ids(database, stranger)
    wanted = {"message_ids": [answer["items"][0]["message_id"], strangers]}
    marked = await client.post("/api/v1/messages/read", json=wanted, headers=person.bearer)
    assert (marked.status_code, marked.json()) == (200, {"marked": 1, "unread": 1})
    wrongs: list[object] = [
        {"message_ids": []},
        {"message_ids": ["x"]},
        {"message_ids": [0]},
        {},
        [],
        {"message_ids": [1] * 101},
    ]
    for wrong in wrongs:
        refused = await client.post("/api/v1/messages/read", json=wrong, headers=person.bearer)
        assert refused.status_code == 422, wrong
    everything = await client.post("/api/v1/messages/read-all", headers=person.bearer)
    assert everything.json() == {"marked": 1, "unread": 0}
    async with database.reading() as reader:
        assert await inbox.unread_count(reader, stranger.person.person_id) == 1


async def _ids(database: Database, of: SignedIn) -> list[int]:
    async with database.reading() as reader:
        return await reader.column(
            "SELECT message_id FROM message WHERE person_id = %(person_id)s", person_id=of.person.person_id
        )
