"""Claiming coupons, also by a crowd at once: requests for one coupon are committed in sets, like orders.

A set is one transaction: the coupon's row is locked, then one statement answers repeats of an idempotency key with
their first claim, holds the limit of each buyer, hands out what is left in order of arrival, and counts it.
"""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from yellowcart.accounts.model import Person
from yellowcart.kernel import clock
from yellowcart.kernel.batching import BatchLane
from yellowcart.kernel.database import Database, Writer
from yellowcart.kernel.errors import NotFound, Refusal
from yellowcart.kernel.idempotency import IdempotencyKeyReused, request_key
from yellowcart.kernel.ids import ClaimId, CouponId, PersonId, RoomId, new_id
from yellowcart.promotions.errors import CouponGone, CouponLimitReached
from yellowcart.promotions.model import ClaimedCoupon, ClaimState, Coupon
from yellowcart.promotions.rules import claim_problem

BATCH_MAX = 256
QUEUE_MAX = 8_192
"""Requests that may wait for one coupon in one process; more are told to come again."""


class ClaimRequest(msgspec.Struct, frozen=True):
    """One buyer's wish. `room_id` is the live room they are in, None elsewhere."""

    buyer_id: PersonId
    key: str
    room_id: RoomId | None


class ClaimLane:
    """The way by which buyers of this process come to coupons."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lane: BatchLane[CouponId, ClaimRequest, ClaimedCoupon | Refusal] = BatchLane(
            self._commit, batch_max=BATCH_MAX, queue_max=QUEUE_MAX, holds_back=lambda request: request.buyer_id
        )

    async def claim(
        self, person: Person, coupon_id: CouponId, key: str | None, *, room_id: RoomId | None = None
    ) -> ClaimedCoupon:
        """Claim one piece of a coupon; a repeat of the key gets the same piece.

        Raises IdempotencyKeyMissing, IdempotencyKeyReused, NotFound, CouponStopped, CouponOver, CouponNotYet,
        CouponNotInThisRoom, CouponLimitReached, CouponGone, QueueFull.
        """
        checked = request_key(person.person_id, key, [coupon_id])
        request = ClaimRequest(person.person_id, checked.key, room_id)
        answer = await self._lane.submit(coupon_id, request)
        if isinstance(answer, Refusal):
            raise answer
        return answer

    async def drain(self) -> None:
        """Wait until everybody who asked is answered."""
        await self._lane.drain()

    async def _commit(
        self, coupon_id: CouponId, requests: Sequence[ClaimRequest]
    ) -> list[ClaimedCoupon | Refusal]:
        async with self._database.writing() as writer:
            found = await writer.row(_Asked, _LOCK_COUPON, coupon_id=coupon_id)
            if found is None:
                return [NotFound() for _ in requests]
            problems = [
                claim_problem(found, clock.now(), room_id=request.room_id, room_over=found.room_over)
                for request in requests
            ]
            rows = await _claim_set(writer, found, requests, [problem is not None for problem in problems])
        return [_answer(row, problem) for row, problem in zip(rows, problems, strict=True)]


class _Asked(Coupon, frozen=True, kw_only=True):
    room_over: bool


class _Row(msgspec.Struct, frozen=True, kw_only=True):
    outcome: str
    claim_id: ClaimId
    buyer_id: PersonId
    coupon_id: CouponId
    ordinal: int
    state: ClaimState
    claimed_at: datetime


def _answer(row: _Row, problem: type[Refusal] | None) -> ClaimedCoupon | Refusal:
    if row.outcome in {"claimed", "repeated"}:
        return ClaimedCoupon(
            claim_id=row.claim_id,
            buyer_id=row.buyer_id,
            coupon_id=row.coupon_id,
            ordinal=row.ordinal,
            state=row.state,
            claimed_at=row.claimed_at,
        )
    if row.outcome == "barred" and problem is not None:
        return problem()
    return _REFUSALS[row.outcome]()


_REFUSALS: dict[str, type[Refusal]] = {
    "key_reused": IdempotencyKeyReused,
    "limit_reached": CouponLimitReached,
    "gone": CouponGone,
}


async def _claim_set(
    writer: Writer, coupon: Coupon, requests: Sequence[ClaimRequest], barred: Sequence[bool]
) -> list[_Row]:
    return await writer.rows(
        _Row,
        _CLAIM_SET,
        coupon_id=coupon.coupon_id,
        per_buyer_limit=coupon.per_buyer_limit,
        left=coupon.left,
        now=clock.now(),
        claim_ids=[new_id(ClaimId) for _ in requests],
        buyer_ids=[request.buyer_id for request in requests],
        keys=[request.key for request in requests],
        room_ids=[request.room_id for request in requests],
        barred=list(barred),
    )


_LOCK_COUPON = """
SELECT coupon.*,
       coalesce((SELECT room.state = 'ended' FROM room WHERE room.room_id = coupon.room_id), false) AS room_over
FROM coupon
WHERE coupon.coupon_id = %(coupon_id)s
ORDER BY coupon.coupon_id
FOR NO KEY UPDATE OF coupon
"""

_CLAIM_SET = """
WITH request AS MATERIALIZED (
    SELECT *
    FROM unnest(%(claim_ids)s::bigint[], %(buyer_ids)s::bigint[], %(keys)s::text[], %(room_ids)s::bigint[],
                %(barred)s::boolean[])
        WITH ORDINALITY AS request (claim_id, buyer_id, idempotency_key, room_id, barred, arrival)
),
answered AS MATERIALIZED (
    SELECT request.arrival, claimed.claim_id, claimed.coupon_id, claimed.ordinal, claimed.state,
           claimed.claimed_at
    FROM request
    JOIN claimed_coupon AS claimed
        ON claimed.buyer_id = request.buyer_id AND claimed.idempotency_key = request.idempotency_key
),
fresh AS MATERIALIZED (
    SELECT request.*,
           1 + (
               SELECT count(*) FROM claimed_coupon AS before
               WHERE before.coupon_id = %(coupon_id)s AND before.buyer_id = request.buyer_id
           ) AS ordinal
    FROM request
    WHERE NOT EXISTS (SELECT FROM answered WHERE answered.arrival = request.arrival)
),
line_up AS MATERIALIZED (
    SELECT fresh.*, row_number() OVER (ORDER BY fresh.arrival) AS place
    FROM fresh
    WHERE NOT fresh.barred AND fresh.ordinal <= %(per_buyer_limit)s
),
made AS (
    INSERT INTO claimed_coupon (
        buyer_id, claim_id, coupon_id, per_buyer_limit, ordinal, idempotency_key, room_id, claimed_at
    )
    SELECT buyer_id, claim_id, %(coupon_id)s, %(per_buyer_limit)s, ordinal, idempotency_key, room_id, %(now)s
    FROM line_up
    WHERE place <= %(left)s
    -- The same key at the same moment for another coupon: the first one there wins.
    ON CONFLICT (buyer_id, idempotency_key) DO NOTHING
    RETURNING claim_id, ordinal
),
counted AS (
    UPDATE coupon
    SET claimed = claimed + (SELECT count(*) FROM made)
    WHERE coupon_id = %(coupon_id)s AND EXISTS (SELECT FROM made)
)
SELECT CASE
           WHEN made.claim_id IS NOT NULL THEN 'claimed'
           WHEN answered.coupon_id = %(coupon_id)s THEN 'repeated'
           WHEN answered.arrival IS NOT NULL THEN 'key_reused'
           WHEN request.barred THEN 'barred'
           WHEN line_up.place <= %(left)s THEN 'key_reused'
           WHEN line_up.place IS NULL THEN 'limit_reached'
           ELSE 'gone'
       END AS outcome,
       coalesce(answered.claim_id, request.claim_id) AS claim_id,
       request.buyer_id,
       %(coupon_id)s::bigint AS coupon_id,
       coalesce(made.ordinal, answered.ordinal, 0) AS ordinal,
       coalesce(answered.state, 'unused') AS state,
       coalesce(answered.claimed_at, %(now)s) AS claimed_at
FROM request
LEFT JOIN answered USING (arrival)
LEFT JOIN line_up USING (arrival)
LEFT JOIN made ON made.claim_id = request.claim_id
ORDER BY request.arrival
"""
