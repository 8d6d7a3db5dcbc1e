"""What the platform tells a person: short messages with a link, read on /messages and by programs.

A message is stored as message ids and the values for their places, so that its reader chooses the language. Who
sends it may repeat himself without harm: a person gets one message of one kind about one occasion.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec

from yellowcart.accounts.model import Person
from yellowcart.kernel import clock
from yellowcart.kernel.database import Database, Reader, Writer
from yellowcart.kernel.ids import PersonId, new_id
from yellowcart.kernel.paging import Page, bounded_size, decode_cursor, page_of
from yellowcart.kernel.tasks import sweep
from yellowcart.kernel.translation import Locale, translate

POSTED_AT_ONCE = 1_000
"""Messages that one statement writes."""
READ_AT_ONCE_MAX = 100
"""Messages that one call marks as read by their ids."""
UNREAD_COUNTED_MAX = 100
"""Unread messages are counted up to this many; a badge says 99+ for more."""
KEPT_AFTER_READING = timedelta(days=180)
FORGOTTEN_AT_ONCE = 1_000


class NewMessage(msgspec.Struct, frozen=True, kw_only=True):
    """A message to post. `title` and `body` are message ids (marked with N_), `parts` the values for their places.

    A value is text or a whole number, or an object with a text for each language
    (`{"zh_CN": "淘宝联盟", "en": "Taobao Union"}`, made by `in_both`). Line ends in the body part its paragraphs.
    `occasion` names what it is about (`notice:17:2022-02-28T16:00Z`); `link` is a page of ours, or empty.
    A place without its value is an error of the sender, and raises KeyError here, not on the reader's page.
    """

    person_id: PersonId
    kind: str
    occasion: str
    title: str
    body: str
    parts: dict[str, Any] = {}
    link: str = ""

    def __post_init__(self) -> None:
        for message in (self.title, self.body):
            _filled(message, self.parts, Locale.ENGLISH)


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """A message as its reader has it."""

    message_id: int
    kind: str
    title: str
    body: str
    parts: dict[str, Any]
    link: str
    created_at: datetime
    read_at: datetime | None

    def headline(self, locale: Locale) -> str:
        """The title in the reader's language."""
        return _filled(self.title, self.parts, locale)

    def text(self, locale: Locale) -> str:
        """The body in the reader's language; empty paragraphs fall away."""
        told = _filled(self.body, self.parts, locale)
        return "\n".join(line.strip() for line in told.splitlines() if line.strip())


def in_both(message: str, **values: object) -> dict[str, str]:
    """A sentence in every language, as a value of `parts`. Values that are such objects themselves are chosen
    by language."""
    return {locale.value: _filled(message, values, locale) for locale in Locale}


async def post_messages(writer: Writer, messages: Sequence[NewMessage]) -> int:
    """Post messages in the caller's transaction; answers how many are new.

    A repeat (same person, kind and occasion) changes nothing, also when another transaction is posting it at the
    same time. Written in the order of the persons' ids, so that two senders never wait for each other.
    """
    ordered = sorted(messages, key=lambda each: (each.person_id, each.kind, each.occasion))
    posted = 0
    for begin in range(0, len(ordered), POSTED_AT_ONCE):
        posted += await _insert(writer, ordered[begin : begin + POSTED_AT_ONCE])
    return posted


async def _insert(writer: Writer, messages: Sequence[NewMessage]) -> int:
    return await writer.run(
        """
        INSERT INTO message (person_id, message_id, kind, title, body, parts, link, occasion, created_at)
        SELECT person_id, message_id, kind, title, body, parts::jsonb, link, occasion, %(now)s
        FROM unnest(%(person_ids)s::bigint[], %(message_ids)s::bigint[], %(kinds)s::text[], %(titles)s::text[],
                    %(bodies)s::text[], %(parts)s::text[], %(links)s::text[], %(occasions)s::text[])
            AS posted (person_id, message_id, kind, title, body, parts, link, occasion)
        ORDER BY person_id, kind, occasion
        ON CONFLICT DO NOTHING
        """,
        person_ids=[each.person_id for each in messages],
        message_ids=[new_id(int) for _ in messages],
        kinds=[each.kind for each in messages],
        titles=[each.title for each in messages],
        bodies=[each.body for each in messages],
        parts=[msgspec.json.encode(each.parts).decode() for each in messages],
        links=[each.link for each in messages],
        occasions=[each.occasion for each in messages],
        now=clock.now(),
    )


async def inbox_of(
    reader: Reader,
    person: Person,
    cursor: str | None = None,
    size: int | None = None,
    unread_only: bool = False,
) -> Page[Message]:
    """A person's messages: unread ones first, and the latest first among each. Raises CursorBroken."""
    read_from, before = decode_cursor(cursor, tuple[int, int], (0, 2**53))
    limit = bounded_size(size)
    rows = await reader.rows(
        Message,
        """
        SELECT message_id, kind, title, body, parts, link, created_at, read_at
        FROM message
        WHERE person_id = %(person_id)s
          AND (NOT %(unread_only)s OR read_at IS NULL)
          AND ((read_at IS NOT NULL)::int > %(read_from)s
               OR ((read_at IS NOT NULL)::int = %(read_from)s AND message_id < %(before)s))
        ORDER BY (read_at IS NOT NULL)::int, message_id DESC
        LIMIT %(limit)s
        """,
        person_id=person.person_id,
        unread_only=unread_only,
        read_from=read_from,
        before=before,
        limit=limit + 1,
    )
    return page_of(rows, limit, lambda message: (int(message.read_at is not None), message.message_id))


async def link_of(reader: Reader, person: Person, message_id: int) -> str | None:
    """Where a message of the person's leads; None for a message that is not theirs."""
    found: str | None = await reader.value(
        "SELECT link FROM message WHERE person_id = %(person_id)s AND message_id = %(message_id)s",
        person_id=person.person_id,
        message_id=message_id,
    )
    return found


async def unread_count(reader: Reader, person_id: PersonId) -> int:
    """How many messages a person has not read; counted up to UNREAD_COUNTED_MAX."""
    return int(await reader.value(UNREAD_COUNT, person_id=person_id, most=UNREAD_COUNTED_MAX))


UNREAD_COUNT = """
SELECT count(*) FROM (
    SELECT FROM message WHERE person_id = %(person_id)s AND read_at IS NULL LIMIT %(most)s
) AS unread
"""


async def mark_read(writer: Writer, person: Person, message_ids: Sequence[int]) -> int:
    """Mark messages of the person's as read; answers how many were unread. Ids of other people's messages and
    of more than READ_AT_ONCE_MAX messages are passed over."""
    return await writer.run(
        """
        UPDATE message SET read_at = %(now)s
        WHERE person_id = %(person_id)s AND message_id = ANY(%(message_ids)s) AND read_at IS NULL
        """,
        person_id=person.person_id,
        message_ids=list(message_ids)[:READ_AT_ONCE_MAX],
        now=clock.now(),
    )


async def mark_all_read(writer: Writer, person: Person) -> int:
    """Mark everything that the person has as read; answers how many messages were unread."""
    return await writer.run(
        "UPDATE message SET read_at = %(now)s WHERE person_id = %(person_id)s AND read_at IS NULL",
        person_id=person.person_id,
        now=clock.now(),
    )


async def told_of(reader: Reader, kind: str, occasions: Sequence[str]) -> list[PersonId]:
    """Who was told of any of these occasions, in the order of their ids."""
    return await reader.column(
        """
        SELECT DISTINCT person_id FROM message
        WHERE kind = %(kind)s AND occasion = ANY(%(occasions)s)
        ORDER BY person_id
        """,
        kind=kind,
        occasions=list(occasions),
    )


@sweep(every_s=3_600)
async def forget_read_messages(database: Database) -> int:
    """Delete messages that were read KEPT_AFTER_READING ago, a bounded number at a time; unread ones stay."""
    async with database.writing() as writer:
        return await writer.run(
            """
            DELETE FROM message
            WHERE (person_id, message_id) IN (
                SELECT person_id, message_id FROM message
                WHERE read_at < %(before)s
                ORDER BY read_at
                LIMIT %(most)s
            )
            """,
            before=clock.now() - KEPT_AFTER_READING,
            most=FORGOTTEN_AT_ONCE,
        )


def _filled(message: str, parts: dict[str, Any], locale: Locale) -> str:
    chosen = {
        name: value.get(locale.value, "") if isinstance(value, dict) else value for name, value in parts.items()
    }
    return translate(message, locale, **chosen)
