"""53-bit ids: safe as a JavaScript number, ordered by time, and silent about how many there are.

Layout, from the top: 38 bits of 10-millisecond ticks since 2020-01-01 UTC (enough until 2107), 5 bits of
node (a number that one process leases from the database), 10 bits of sequence. The sequence of a tick starts
at a random place and leaves random gaps, so that two ids do not tell how much was made between them.
"""

import random
import secrets
import time
from typing import NewType, TypeVar

from psycopg import AsyncConnection

PersonId = NewType("PersonId", int)
ShopId = NewType("ShopId", int)
ProductId = NewType("ProductId", int)
SkuId = NewType("SkuId", int)
CategoryId = NewType("CategoryId", int)
CreatorId = NewType("CreatorId", int)
McnId = NewType("McnId", int)
RoomId = NewType("RoomId", int)
VideoId = NewType("VideoId", int)
ListingId = NewType("ListingId", int)
NoticeId = NewType("NoticeId", int)
OfferId = NewType("OfferId", int)
OrderId = NewType("OrderId", int)
OrderLineId = NewType("OrderLineId", int)
PaymentId = NewType("PaymentId", int)
EventId = NewType("EventId", int)
DraftId = NewType("DraftId", int)
JumpId = NewType("JumpId", int)
MessageId = NewType("MessageId", int)
ReportId = NewType("ReportId", int)
CouponId = NewType("CouponId", int)
ClaimId = NewType("ClaimId", int)
SpecialPriceId = NewType("SpecialPriceId", int)

AnyId = TypeVar("AnyId", bound=int)

EPOCH_TICKS = 1_577_836_800 * 100
TICK_NS = 10_000_000
NODES = 32
SEQUENCES = 1_024
LARGEST_ID = 2**53 - 1

# One advisory-lock class for node numbers; the second key is the number itself.
_NODE_LOCK = 0x59_43_4E


class IdSequence:
    """Makes ids for one process. Strictly increasing, also when the system clock steps back."""

    def __init__(self, node: int) -> None:
        if not 0 <= node < NODES:
            raise ValueError(f"node must lie in 0..{NODES - 1}")
        self._node = node
        # Ids are no secrets: the generator only has to be seeded apart in every process.
        self._random = random.Random(secrets.randbits(64)).random  # noqa: S311
        # The first tick begins after the lease: a process that held the node before may have used this one.
        self._tick = self._current_tick() + 1
        self._sequence = int(self._random() * (SEQUENCES // 2))

    @staticmethod
    def _current_tick() -> int:
        # The system's time, never the platform's movable clock: an id must not repeat when a clock is moved.
        return time.time_ns() // TICK_NS - EPOCH_TICKS

    def next(self) -> int:
        """The next id. Borrows from the coming tick when more than about 500 are asked for in one."""
        tick = self._current_tick()
        self._sequence += 1 + (self._random() < 0.004)
        if tick > self._tick:
            self._tick = tick
            self._sequence = int(self._random() * (SEQUENCES // 2))
        elif self._sequence >= SEQUENCES:
            self._tick += 1
            self._sequence = int(self._random() * (SEQUENCES // 2))
        return (self._tick * NODES + self._node) * SEQUENCES + self._sequence


_sequence: IdSequence | None = None


def use_node(node: int) -> None:
    """Make this process's ids from `node`. Called once, when the database is opened."""
    global _sequence  # noqa: PLW0603 - the one sequence of the process
    _sequence = IdSequence(node)


def new_id(kind: type[AnyId]) -> AnyId:
    """A new id of the given kind, e.g. `new_id(OrderId)`. Raises RuntimeError before the database is open."""
    if _sequence is None:
        raise RuntimeError("no node leased yet: open the database first")
    return kind(_sequence.next())


async def lease_node(connection: AsyncConnection[tuple[object, ...]]) -> int:
    """Lease a node number that no other process of this database has, for as long as the connection lives.

    Raises RuntimeError when all 32 are taken.
    """
    for node in range(NODES):
        cursor = await connection.execute("SELECT pg_try_advisory_lock(%s, %s)", (_NODE_LOCK, node))
        row = await cursor.fetchone()
        if row is not None and row[0]:
            return node
    raise RuntimeError(f"all {NODES} id nodes are leased: too many processes on this database")
