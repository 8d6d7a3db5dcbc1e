"""Events that could not be delivered, for whoever looks after the platform: which, why, and once more."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from yellowcart.kernel.database import Reader, Writer
from yellowcart.kernel.ids import EventId, ShopId
from yellowcart.kernel.paging import PAGE_SIZE, Page, decode_cursor, page_of

_LAST = 2**53
KINDS_MAX = 100
AGAIN_AT_ONCE = 10_000
"""Parked events of one kind that one press has told again; the rest waits for the next."""


class ParkedEvent(msgspec.Struct, frozen=True, kw_only=True):
    """An event whose delivery failed `attempts` times, the last time at `parked_at` with `last_error`. `payload`
    is what it tells."""

    shop_id: ShopId
    event_id: EventId
    kind: str
    payload: dict[str, object]
    recorded_at: datetime
    parked_at: datetime
    attempts: int
    last_error: str


class ParkedKind(msgspec.Struct, frozen=True):
    """How many events of a kind are parked."""

    kind: str
    count: int


async def count_parked(reader: Reader) -> int:
    """How many events are parked."""
    return int(await reader.value("SELECT count(*) FROM outbox_event WHERE parked_at IS NOT NULL"))


async def parked_kinds(reader: Reader) -> list[ParkedKind]:
    """The kinds of which events are parked, with their numbers, by name."""
    return await reader.rows(
        ParkedKind,
        """
        SELECT kind, count(*)::int AS count FROM outbox_event
        WHERE parked_at IS NOT NULL
        GROUP BY kind
        ORDER BY kind
        LIMIT %(most)s
        """,
        most=KINDS_MAX,
    )


async def parked_events(
    reader: Reader, *, kind: str | None = None, cursor: str | None = None
) -> Page[ParkedEvent]:
    """Parked events, of one kind or of all, the newest first. Raises CursorBroken."""
    (before_id,) = decode_cursor(cursor, tuple[int], (_LAST,))
    rows = await reader.rows(
        ParkedEvent,
        """
        SELECT shop_id, event_id, kind, payload, recorded_at, parked_at, attempts,
               coalesce(last_error, '') AS last_error
        FROM outbox_event
        WHERE parked_at IS NOT NULL AND event_id < %(before_id)s AND (%(kind)s::text IS NULL OR kind = %(kind)s)
        ORDER BY event_id DESC
        LIMIT %(limit)s
        """,
        before_id=min(before_id, _LAST),
        kind=kind,
        limit=PAGE_SIZE + 1,
    )
    return page_of(rows, PAGE_SIZE, lambda event: (event.event_id,))


async def tell_again(writer: Writer, *, kind: str, event_id: EventId | None = None) -> Sequence[EventId]:
    """Have parked events of a kind, or one of them, delivered once more, as if they were new; answers which. One
    that fails again waits and is parked as before."""
    return await writer.column(
        """
        WITH parked AS (
            SELECT shop_id, event_id FROM outbox_event
            WHERE parked_at IS NOT NULL AND kind = %(kind)s
              AND (%(event_id)s::bigint IS NULL OR event_id = %(event_id)s)
            ORDER BY event_id
            LIMIT %(most)s
            FOR UPDATE
        )
        UPDATE outbox_event AS event
        SET parked_at = NULL, next_try_at = NULL, attempts = 0
        FROM parked
        WHERE event.shop_id = parked.shop_id AND event.event_id = parked.event_id
        RETURNING event.event_id
        """,
        kind=kind,
        event_id=event_id,
        most=AGAIN_AT_ONCE,
    )
