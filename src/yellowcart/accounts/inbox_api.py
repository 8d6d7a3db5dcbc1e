"""Messages for programs: what the platform told the signed-in person."""

from datetime import datetime
from typing import Annotated

import msgspec
from litestar import Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromQuery, JSONBody
from msgspec import Meta

from yellowcart.accounts import inbox
from yellowcart.accounts.access import SIGNED_IN
from yellowcart.accounts.model import Person
from yellowcart.kernel.database import Database
from yellowcart.kernel.paging import Page
from yellowcart.kernel.translation import Locale

MessageId = Annotated[int, Meta(gt=0, lt=2**53)]


class MessageAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """One message, in both languages. `link` is a path of the platform's pages, or empty."""

    message_id: int
    kind: str
    title: dict[str, str]
    body: dict[str, str]
    link: str
    created_at: datetime
    read_at: datetime | None


class ReadMessages(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which messages were read."""

    message_ids: Annotated[list[MessageId], Meta(min_length=1, max_length=inbox.READ_AT_ONCE_MAX)]


class MarkedAnswer(msgspec.Struct, frozen=True):
    """How many messages became read, and how many are unread now (counted up to 100)."""

    marked: int
    unread: int


@get("/", guards=[SIGNED_IN])
async def my_messages(
    database: NamedDependency[Database],
    person: NamedDependency[Person],
    unread_only: FromQuery[bool] = False,
    cursor: FromQuery[str | None] = None,
    size: FromQuery[int | None] = None,
) -> Page[MessageAnswer]:
    """The signed-in person's messages: unread ones first, the latest first."""
    async with database.reading() as reader:
        found = await inbox.inbox_of(reader, person, cursor, size, unread_only)
    return Page([_answer(message) for message in found.items], found.next_cursor)


@post("/read", guards=[SIGNED_IN], status_code=200)
async def read_messages(
    data: JSONBody[ReadMessages], database: NamedDependency[Database], person: NamedDependency[Person]
) -> MarkedAnswer:
    """Mark messages as read. Repeating it, or naming somebody else's messages, changes nothing."""
    async with database.writing() as writer:
        marked = await inbox.mark_read(writer, person, data.message_ids)
        return MarkedAnswer(marked, await inbox.unread_count(writer, person.person_id))


@post("/read-all", guards=[SIGNED_IN], status_code=200)
async def read_all_messages(database: NamedDependency[Database], person: NamedDependency[Person]) -> MarkedAnswer:
    """Mark every message as read."""
    async with database.writing() as writer:
        marked = await inbox.mark_all_read(writer, person)
        return MarkedAnswer(marked, await inbox.unread_count(writer, person.person_id))


def _answer(message: inbox.Message) -> MessageAnswer:
    return MessageAnswer(
        message_id=message.message_id,
        kind=message.kind,
        title={locale.value: message.headline(locale) for locale in Locale},
        body={locale.value: message.text(locale) for locale in Locale},
        link=message.link,
        created_at=message.created_at,
        read_at=message.read_at,
    )


ROUTES = Router(
    "/api/v1/messages", route_handlers=[my_messages, read_messages, read_all_messages], tags=["accounts"]
)
