"""A creating request and its repeat get the same answer, and the thing is created once.

The answer is kept in the transaction that creates, under (person, operation, key), with a hash of what was
asked: a key used again for something else is refused, not answered with the wrong thing.
"""

import hashlib
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any, TypeVar

import msgspec

from yellowcart.kernel import clock
from yellowcart.kernel.database import Reader, Writer, json_value
from yellowcart.kernel.errors import Conflict, Invalid
from yellowcart.kernel.ids import PersonId
from yellowcart.kernel.translation import N_

Answer = TypeVar("Answer")

KEPT_FOR = timedelta(days=7)
KEY_LENGTH_MAX = 80


class IdempotencyKeyMissing(Invalid):
    """A creating request carries a key of its own."""

    code = "idempotency_key_missing"
    message = N_("Send an Idempotency-Key header of 1 to 80 characters with every request that creates something.")


class IdempotencyKeyReused(Conflict):
    """The key was used before, for a different request."""

    code = "idempotency_key_reused"
    message = N_("This Idempotency-Key was used for a different request. Use a new key.")


class RequestKey(msgspec.Struct, frozen=True):
    """Who asks, by which key, and a hash of what."""

    person_id: PersonId
    key: str
    request_hash: str


def request_key(person_id: PersonId, key: str | None, request: object) -> RequestKey:
    """The key of a request; `request` is any struct or bytes. Raises IdempotencyKeyMissing."""
    if not key or len(key) > KEY_LENGTH_MAX or not key.isprintable():
        raise IdempotencyKeyMissing
    return RequestKey(person_id, key, hash_of(request))


def hash_of(request: object) -> str:
    """A short hash of a request's content; equal content, equal hash."""
    content = request if isinstance(request, bytes) else msgspec.json.encode(request, order="deterministic")
    return hashlib.blake2b(content, digest_size=16).hexdigest()


async def once(
    writer: Writer, operation: str, key: RequestKey, into: type[Answer], make: Callable[[], Awaitable[Answer]]
) -> Answer:
    """`make()` the first time, its kept answer on every repeat. A concurrent repeat waits for the first.

    `operation` names the use case, so that one key may serve two different ones. Raises IdempotencyKeyReused.
    """
    claimed = await writer.run(
        """
        INSERT INTO answered_request (person_id, operation, idempotency_key, request_hash, recorded_at)
        VALUES (%(person_id)s, %(operation)s, %(key)s, %(request_hash)s, %(now)s)
        ON CONFLICT DO NOTHING
        """,
        person_id=key.person_id,
        operation=operation,
        key=key.key,
        request_hash=key.request_hash,
        now=clock.now(),
    )
    if claimed:
        answer = await make()
        await writer.run(
            """
            UPDATE answered_request SET answer = %(answer)s
            WHERE person_id = %(person_id)s AND operation = %(operation)s AND idempotency_key = %(key)s
            """,
            answer=json_value(answer),
            person_id=key.person_id,
            operation=operation,
            key=key.key,
        )
        return answer
    kept = await writer.row(
        _Kept,
        """
        SELECT request_hash, answer FROM answered_request
        WHERE person_id = %(person_id)s AND operation = %(operation)s AND idempotency_key = %(key)s
        """,
        person_id=key.person_id,
        operation=operation,
        key=key.key,
    )
    if kept is None or kept.request_hash != key.request_hash:
        raise IdempotencyKeyReused
    return msgspec.convert(kept.answer, into, strict=False)


async def is_repeat(reader: Reader, operation: str, key: RequestKey) -> bool:
    """Whether the key was used before for this operation, before anything costly is done for it."""
    return bool(
        await reader.value(
            """
            SELECT true FROM answered_request
            WHERE person_id = %(person_id)s AND operation = %(operation)s AND idempotency_key = %(key)s
            """,
            person_id=key.person_id,
            operation=operation,
            key=key.key,
        )
    )


class _Kept(msgspec.Struct, frozen=True):
    request_hash: str
    answer: Any


async def forget_old_answers(writer: Writer) -> int:
    """Forget answers older than `KEPT_FOR`, a bounded number at a time; answers how many went."""
    return await writer.run(
        """
        DELETE FROM answered_request
        WHERE (person_id, operation, idempotency_key) IN (
            SELECT person_id, operation, idempotency_key FROM answered_request
            WHERE recorded_at < %(before)s
            ORDER BY recorded_at
            LIMIT 1000
        )
        """,
        before=clock.now() - KEPT_FOR,
    )
