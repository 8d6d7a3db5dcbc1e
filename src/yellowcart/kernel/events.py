"""The outbox: what happened is written in the same commit as the change, and told upward afterwards.

A folder defines its events as frozen structs (`class OrderPaid(Event, tag="order.paid")`), writes them with
`publish`, and whoever stands on a higher floor subscribes. The consumer hands an event to its subscribers in
one transaction and marks it delivered in the same: their effects happen exactly once, also after `kill -9`.

Events are told in the order in which they were published as long as nothing fails. One that fails waits, longer
each time, and holds no other back; so a subscriber looks at how things stand now, and does not rely on having
heard of what came before. After ATTEMPTS it is parked, until an operator has it told again
(`kernel.parked_events`).
"""

from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, TypeVar

import msgspec
import structlog

from yellowcart.kernel import clock
from yellowcart.kernel.database import Database, Writer, json_value
from yellowcart.kernel.ids import EventId, ShopId, new_id

PLATFORM = ShopId(0)
"""The shop id of events that belong to no shop."""

BATCH = 200
ATTEMPTS = 12
"""After this many failed deliveries, in about twenty minutes, an event is parked for a person to look at."""
FIRST_WAIT = timedelta(seconds=1)
LONGEST_WAIT = timedelta(minutes=5)

log = structlog.get_logger()


class Event(msgspec.Struct, frozen=True, kw_only=True, tag_field="event"):
    """Something that happened. Fields are ids and plain values; a reader needs no other table to know what."""


class Envelope(msgspec.Struct, frozen=True):
    """An event as the outbox keeps it: two times, when it took effect and when it was recorded."""

    shop_id: ShopId
    event_id: EventId
    kind: str
    payload: dict[str, Any]
    effective_at: datetime
    attempts: int


AnyEvent = TypeVar("AnyEvent", bound=Event)
Subscriber = Callable[[Writer, Envelope, Any], Awaitable[None]]

_kinds: dict[str, type[Event]] = {}
_subscribers: dict[str, list[Subscriber]] = defaultdict(list)


def kind_of(event: type[Event]) -> str:
    """The name under which an event is stored and told to other programs, e.g. `order.paid`."""
    return str(event.__struct_config__.tag)


def subscribe(
    event: type[AnyEvent],
) -> Callable[
    [Callable[[Writer, Envelope, AnyEvent], Awaitable[None]]],
    Callable[[Writer, Envelope, AnyEvent], Awaitable[None]],
]:
    """Have a function called for every event of a kind, inside the delivering transaction."""

    def register(
        subscriber: Callable[[Writer, Envelope, AnyEvent], Awaitable[None]],
    ) -> Callable[[Writer, Envelope, AnyEvent], Awaitable[None]]:
        _kinds[kind_of(event)] = event
        if subscriber not in _subscribers[kind_of(event)]:
            _subscribers[kind_of(event)].append(subscriber)
        return subscriber

    return register


async def publish(
    writer: Writer, event: Event, *, shop_id: ShopId = PLATFORM, effective_at: datetime | None = None
) -> EventId:
    """Write an event into the outbox, in the caller's transaction."""
    event_id = new_id(EventId)
    await writer.run(
        """
        INSERT INTO outbox_event (shop_id, event_id, kind, payload, effective_at, recorded_at)
        VALUES (%(shop_id)s, %(event_id)s, %(kind)s, %(payload)s, %(effective_at)s, %(recorded_at)s)
        """,
        shop_id=shop_id,
        event_id=event_id,
        kind=kind_of(type(event)),
        payload=json_value(event),
        effective_at=effective_at or clock.now(),
        recorded_at=clock.now(),
    )
    return event_id


async def publish_many(
    writer: Writer, events: Sequence[tuple[ShopId, Event]], *, effective_at: datetime | None = None
) -> None:
    """Write many events in one statement, each with the shop that it belongs to."""
    if not events:
        return
    await writer.run(
        """
        INSERT INTO outbox_event (shop_id, event_id, kind, payload, effective_at, recorded_at)
        SELECT shop_id, event_id, kind, payload::jsonb, %(effective_at)s, %(recorded_at)s
        FROM unnest(%(shop_ids)s::bigint[], %(event_ids)s::bigint[], %(kinds)s::text[], %(payloads)s::text[])
            AS happened (shop_id, event_id, kind, payload)
        """,
        shop_ids=[shop_id for shop_id, _ in events],
        event_ids=[new_id(EventId) for _ in events],
        kinds=[kind_of(type(event)) for _, event in events],
        payloads=[msgspec.json.encode(event).decode() for _, event in events],
        effective_at=effective_at or clock.now(),
        recorded_at=clock.now(),
    )


def again_after(attempts: int) -> timedelta:
    """How long an event waits after so many failed deliveries: 1 s, 2 s, 4 s and so on, five minutes at most."""
    doublings: int = min(attempts - 1, 20)
    return min(FIRST_WAIT * (1 << doublings), LONGEST_WAIT)


async def deliver_events(database: Database) -> int:
    """Deliver one batch of waiting events in order of their ids; answers how many were taken.

    Several consumers may run: rows being delivered are skipped. A subscriber that raises rolls back its own
    event only; the event is tried again `again_after` a while, and parked after `ATTEMPTS`.
    """
    async with database.writing() as writer:
        waiting = await writer.rows(
            Envelope,
            """
            SELECT shop_id, event_id, kind, payload, effective_at, attempts
            FROM outbox_event
            WHERE delivered_at IS NULL AND parked_at IS NULL AND (next_try_at IS NULL OR next_try_at <= %(now)s)
            ORDER BY event_id
            LIMIT %(batch)s
            FOR UPDATE SKIP LOCKED
            """,
            batch=BATCH,
            now=clock.now(),
        )
        delivered: list[Envelope] = []
        for envelope in waiting:
            try:
                async with writer.attempt():
                    await _tell_subscribers(writer, envelope)
            except Exception as error:
                log.exception("events.subscriber_failed", kind=envelope.kind, event_id=envelope.event_id)
                await _count_failure(writer, envelope, error)
            else:
                delivered.append(envelope)
        await _mark_delivered(writer, delivered)
    return len(waiting)


async def _tell_subscribers(writer: Writer, envelope: Envelope) -> None:
    subscribers = _subscribers.get(envelope.kind)
    if not subscribers:
        return
    event = msgspec.convert(envelope.payload, _kinds[envelope.kind], strict=False)
    for subscriber in subscribers:
        await subscriber(writer, envelope, event)


async def _count_failure(writer: Writer, envelope: Envelope, error: Exception) -> None:
    attempts = envelope.attempts + 1
    await writer.run(
        """
        UPDATE outbox_event
        SET attempts = %(attempts)s,
            last_error = %(error)s,
            next_try_at = %(again_at)s,
            parked_at = CASE WHEN %(attempts)s >= %(most)s THEN %(now)s END
        WHERE shop_id = %(shop_id)s AND event_id = %(event_id)s
        """,
        attempts=attempts,
        error=_storable(f"{type(error).__name__}: {error}"),
        again_at=clock.now() + again_after(attempts),
        most=ATTEMPTS,
        now=clock.now(),
        shop_id=envelope.shop_id,
        event_id=envelope.event_id,
    )


def _storable(words: str) -> str:
    """The words of an error as PostgreSQL keeps them: one that cannot be written down would stop all events."""
    return words.encode("utf-8", "replace").decode().replace("\0", "\N{REPLACEMENT CHARACTER}")[:2_000]


async def _mark_delivered(writer: Writer, delivered: list[Envelope]) -> None:
    await writer.run(
        """
        UPDATE outbox_event AS event
        SET delivered_at = %(now)s
        FROM unnest(%(shop_ids)s::bigint[], %(event_ids)s::bigint[]) AS done (shop_id, event_id)
        WHERE event.shop_id = done.shop_id AND event.event_id = done.event_id
        """,
        now=clock.now(),
        shop_ids=[envelope.shop_id for envelope in delivered],
        event_ids=[envelope.event_id for envelope in delivered],
    )
