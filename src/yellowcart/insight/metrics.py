"""The one place that pages and programs ask for a number.

Every answer says what it counts (`definition`), over which window, as of which moment, and whether it is
provisional. `as_of` defaults to now; an earlier moment gets the answer that was true then.
"""

from collections.abc import Collection
from datetime import datetime, timedelta

import msgspec

from yellowcart.insight import sums
from yellowcart.insight.definitions import DEFINITIONS
from yellowcart.insight.model import (
    EVERYTHING,
    AudienceSums,
    BySource,
    CreatorFigures,
    Metric,
    MetricName,
    OrderSums,
    Point,
    RoomFigures,
    Scope,
    Series,
    Window,
)
from yellowcart.insight.rules import (
    AUDIENCE_METRICS,
    MIXED_METRICS,
    ORDER_METRICS,
    OUTSIDE_METRICS,
    PLAIN_METRICS,
    bucket_of,
    metric_of,
    natural_days,
)
from yellowcart.kernel import clock
from yellowcart.kernel.database import Reader
from yellowcart.kernel.errors import NotFound
from yellowcart.kernel.ids import CreatorId, RoomId

ROOM_TAIL = timedelta(days=1)
"""Orders of a room may be paid so long after its end: the longest hold (listing_hold_check)."""
ROOM_LENGTH_MAX = timedelta(days=300)

_NO_ORDERS = OrderSums(
    submitted_fen=0,
    submitted_count=0,
    submitted_paid_count=0,
    submitted_open_count=0,
    paid_fen=0,
    paid_count=0,
    paid_open_count=0,
    cohort_refund_fen=0,
    cash_refund_fen=0,
)
_NOBODY = AudienceSums(views=0, viewers=0, likes=0, cart_opens=0, taps=0, own_taps=0, jump_outs=0)


async def measure(
    reader: Reader,
    names: Collection[MetricName],
    window: Window,
    *,
    as_of: datetime | None = None,
    scope: Scope = EVERYTHING,
) -> dict[MetricName, Metric]:
    """Several numbers of one window with at most three statements. Raises KeyError for a series or a number
    told apart by source (`orders_per_minute`, `source_share`, `jump_outs` have functions of their own)."""
    wanted = set(names)
    if unknown := wanted - PLAIN_METRICS:
        raise KeyError(", ".join(sorted(unknown)))
    moment = as_of or clock.now()
    orders, audience, outside = _NO_ORDERS, _NOBODY, None
    if wanted & (ORDER_METRICS | MIXED_METRICS | OUTSIDE_METRICS):
        orders = await sums.order_sums(reader, window, moment, scope)
    if wanted & (AUDIENCE_METRICS | MIXED_METRICS):
        audience = await sums.audience_sums(reader, window, moment, scope)
    if wanted & OUTSIDE_METRICS:
        outside = await sums.outside_sums(reader, window, moment, scope)
    return {name: metric_of(name, orders, audience, window, moment, outside) for name in names}


async def orders_per_minute(
    reader: Reader, window: Window, *, as_of: datetime | None = None, scope: Scope = EVERYTHING
) -> Series:
    """Orders by submit time in buckets of one minute, wider where the window is long (`bucket_s` says how wide).

    Buckets without orders are there with 0; buckets that begin after `as_of` are not.
    """
    moment = as_of or clock.now()
    bucket_s = bucket_of(window)
    counted = {point.at: point.value for point in await sums.order_counts(reader, window, moment, scope, bucket_s)}
    points = []
    at = window.begins
    while at < window.ends and at <= moment:
        points.append(Point(at, counted.get(at, 0)))
        at += timedelta(seconds=bucket_s)
    return Series(
        definition=DEFINITIONS[MetricName.ORDERS_PER_MINUTE],
        points=points,
        bucket_s=bucket_s,
        window=window,
        as_of=moment,
        provisional=moment < window.ends,
    )


async def source_share(
    reader: Reader, creator_id: CreatorId | None = None, *, as_of: datetime | None = None
) -> BySource:
    """Each source's share among the distinct listings of live carts, of one creator or of all, in the 7 natural
    days (Asia/Shanghai) to yesterday.

    Counted once are source and item: the same product in two rooms of the window is one listing. A listing that
    was taken off and put on again is known by its latest times only.
    """
    moment = as_of or clock.now()
    window = natural_days(moment)
    counts = await sums.source_counts(reader, window, moment, creator_id)
    return BySource(
        definition=DEFINITIONS[MetricName.SOURCE_SHARE],
        counts=counts,
        total=sum(each.count for each in counts),
        window=window,
        as_of=moment,
        provisional=False,
    )


async def jump_outs(
    reader: Reader, window: Window, *, as_of: datetime | None = None, scope: Scope = EVERYTHING
) -> BySource:
    """How often viewers left through outside listings, by source."""
    moment = as_of or clock.now()
    counts = await sums.jump_out_counts(reader, window, moment, scope)
    return BySource(
        definition=DEFINITIONS[MetricName.JUMP_OUTS],
        counts=counts,
        total=sum(each.count for each in counts),
        window=window,
        as_of=moment,
        provisional=moment < window.ends,
    )


async def room_figures(reader: Reader, room_id: RoomId, as_of: datetime | None = None) -> RoomFigures:
    """A room's numbers from its start to a day after its end (by then every hold is paid or lapsed), whole and
    by listing. A room that has not begun has zeros. Raises NotFound."""
    moment = as_of or clock.now()
    times = await reader.row(
        _RoomTimes, "SELECT started_at, ended_at FROM room WHERE room_id = %(room_id)s", room_id=room_id
    )
    if times is None:
        raise NotFound
    begins = times.started_at or moment
    window = Window(begins, min((times.ended_at or moment) + ROOM_TAIL, begins + ROOM_LENGTH_MAX))
    scope = Scope(room_id=room_id)
    orders = await sums.order_sums(reader, window, moment, scope)
    audience = await sums.audience_sums(reader, window, moment, scope)
    return RoomFigures(
        room_id=room_id,
        window=window,
        as_of=moment,
        provisional=moment < window.ends,
        metrics={
            name: metric_of(name, orders, audience, window, moment)
            for name in MetricName
            if name in PLAIN_METRICS - OUTSIDE_METRICS
        },
        audience=audience,
        listings=await sums.room_listing_figures(reader, room_id, window, moment),
    )


async def creator_figures(
    reader: Reader, creator_id: CreatorId, window: Window, *, as_of: datetime | None = None
) -> CreatorFigures:
    """A creator's numbers over a window, rooms and videos together, with the source share of the last 7 days."""
    moment = as_of or clock.now()
    scope = Scope(creator_id=creator_id)
    orders = await sums.order_sums(reader, window, moment, scope)
    audience = await sums.audience_sums(reader, window, moment, scope)
    return CreatorFigures(
        creator_id=creator_id,
        window=window,
        as_of=moment,
        metrics={
            name: metric_of(name, orders, audience, window, moment)
            for name in MetricName
            if name in PLAIN_METRICS - OUTSIDE_METRICS
        },
        audience=audience,
        source_share=await source_share(reader, creator_id, as_of=moment),
    )


class _RoomTimes(msgspec.Struct, frozen=True):
    started_at: datetime | None
    ended_at: datetime | None
