"""The sums that numbers are made of: set-based SQL over orders, refunds, listings and what viewers did.

Every statement is bounded by a window of time and by the moment it is asked as of, so that it walks an index
(`shop_order_submitted_at_idx`, `shop_order_paid_at_idx`, `refund_succeeded_at_idx`,
`audience_event_happened_at_idx`) and the same question about the past gets the same answer later.
"""

from datetime import datetime

import msgspec

from yellowcart.insight.model import (
    AudienceSums,
    ListingFigures,
    OrderSums,
    OutsideSums,
    Point,
    Scope,
    SourceCount,
    Window,
)
from yellowcart.insight.rules import share
from yellowcart.kernel.database import Reader
from yellowcart.kernel.ids import CreatorId, ListingId, RoomId
from yellowcart.stage.audience import AudienceKind

SOURCES_MAX = 200
LISTINGS_MAX = 1_000
"""Listings of one room that are told apart."""

_WHOSE = """
    (%(shop_id)s::bigint IS NULL OR {order}.shop_id = %(shop_id)s)
    AND (%(creator_id)s::bigint IS NULL OR {order}.creator_id = %(creator_id)s)
    AND (%(room_id)s::bigint IS NULL OR {order}.room_id = %(room_id)s)
"""
_PLACE = """
    (%(room_id)s::bigint IS NULL OR event.room_id = %(room_id)s)
    AND (%(creator_id)s::bigint IS NULL
         OR event.room_id IN (SELECT room_id FROM room WHERE creator_id = %(creator_id)s)
         OR event.video_id IN (SELECT video_id FROM video WHERE creator_id = %(creator_id)s))
    AND (%(shop_id)s::bigint IS NULL
         OR event.listing_id IN (SELECT listing_id FROM listing WHERE shop_id = %(shop_id)s))
"""

_ORDER_SUMS = f"""
WITH submitted AS (
    SELECT coalesce(sum(total_fen), 0)::bigint AS submitted_fen,
           count(*) AS submitted_count,
           count(*) FILTER (WHERE paid_at <= %(as_of)s) AS submitted_paid_count,
           count(*) FILTER (WHERE (paid_at IS NULL OR paid_at > %(as_of)s)
                              AND (closed_at IS NULL OR closed_at > %(as_of)s)) AS submitted_open_count
    FROM shop_order AS placed
    WHERE submitted_at >= %(begins)s AND submitted_at < %(ends)s AND submitted_at <= %(as_of)s
      AND {_WHOSE.format(order="placed")}
), paid AS (
    SELECT coalesce(sum(total_fen), 0)::bigint AS paid_fen,
           count(*) AS paid_count,
           count(*) FILTER (WHERE coalesce(completed_at, closed_at) IS NULL
                               OR coalesce(completed_at, closed_at) > %(as_of)s) AS paid_open_count
    FROM shop_order AS placed
    WHERE paid_at >= %(begins)s AND paid_at < %(ends)s AND paid_at <= %(as_of)s
      AND {_WHOSE.format(order="placed")}
), refunded AS (
    -- An order paid in the window cannot have been refunded before it began: one range serves both views.
    SELECT coalesce(sum(refund.amount_fen)
                    FILTER (WHERE paid_at >= %(begins)s AND paid_at < %(ends)s), 0)::bigint AS cohort_refund_fen,
           coalesce(sum(refund.amount_fen) FILTER (WHERE succeeded_at < %(ends)s), 0)::bigint AS cash_refund_fen
    FROM refund JOIN shop_order AS placed USING (shop_id, order_id)
    -- What came twice or too late was never part of a sale, nor is its way back.
    WHERE refund.state = 'succeeded' AND refund.cause <> 'surplus'
      AND succeeded_at >= %(begins)s AND succeeded_at <= %(as_of)s
      AND {_WHOSE.format(order="placed")}
)
SELECT * FROM submitted, paid, refunded
"""  # noqa: S608 - the only thing formatted in is the alias of a table

_AUDIENCE_SUMS = f"""
SELECT count(*) FILTER (WHERE event.kind = 'enter') AS views,
       count(DISTINCT event.visitor) FILTER (WHERE event.kind = 'enter') AS viewers,
       count(*) FILTER (WHERE event.kind = 'like') AS likes,
       count(*) FILTER (WHERE event.kind = 'cart_open') AS cart_opens,
       count(*) FILTER (WHERE event.kind = 'tap') AS taps,
       count(*) FILTER (WHERE event.kind = 'tap' AND listing.source = 'own') AS own_taps,
       count(*) FILTER (WHERE event.kind = 'jump_out') AS jump_outs
FROM audience_event AS event
LEFT JOIN listing ON event.kind = 'tap' AND listing.listing_id = event.listing_id
WHERE event.happened_at >= %(begins)s AND event.happened_at < %(ends)s AND event.happened_at <= %(as_of)s
  AND {_PLACE}
"""  # noqa: S608 - nothing of a request is formatted in

_OUTSIDE_SUMS = """
SELECT count(*) AS heard_count,
       coalesce(sum(conversion.paid_fen) FILTER (WHERE paid), 0)::bigint AS paid_fen,
       coalesce(sum(coalesce(commission_settled_fen, commission_estimated_fen, 0)
                    - coalesce(commission_returned_fen, 0)) FILTER (WHERE paid), 0)::bigint AS commission_fen,
       count(*) FILTER (WHERE paid AND state <> 'settled') AS open_count
FROM conversion
CROSS JOIN LATERAL (SELECT conversion.state NOT IN ('placed', 'invalid') AS paid) AS counted
WHERE paid_at >= %(begins)s AND paid_at < %(ends)s AND paid_at <= %(as_of)s AND first_reported_at <= %(as_of)s
  AND %(shop_id)s::bigint IS NULL
  AND (%(creator_id)s::bigint IS NULL OR creator_id = %(creator_id)s)
  AND (%(room_id)s::bigint IS NULL
       OR listing_id IN (SELECT listing_id FROM listing WHERE room_id = %(room_id)s))
"""

_ORDER_SERIES = f"""
SELECT date_bin(make_interval(secs => %(bucket_s)s), submitted_at, %(begins)s) AS at, count(*) AS value
FROM shop_order AS placed
WHERE submitted_at >= %(begins)s AND submitted_at < %(ends)s AND submitted_at <= %(as_of)s
  AND {_WHOSE.format(order="placed")}
GROUP BY 1
ORDER BY 1
"""  # noqa: S608 - the only thing formatted in is the alias of a table

GOODS = "coalesce(listing.shop_id || '/' || listing.product_id, listing.item_id, listing.url)"
"""What is the same goods of a source, whichever cart it stands in: the product, the item, else the address."""

ROOM_ON_AIR = """
    room.started_at < %(ends)s AND room.started_at <= %(as_of)s
    AND (room.ended_at IS NULL OR room.ended_at > %(begins)s)
"""
"""A room that was on air at some moment of the window."""

IN_CART = """
    listing.put_on_at IS NOT NULL
    AND ((listing.put_on_at < %(ends)s AND listing.put_on_at <= %(as_of)s
          AND (listing.taken_off_at IS NULL OR listing.taken_off_at < listing.put_on_at
               OR listing.taken_off_at > %(begins)s))
         -- It stood there, was taken off within the window and put on again after it.
         OR (listing.taken_off_at < listing.put_on_at
             AND listing.taken_off_at > %(begins)s AND listing.taken_off_at < %(ends)s))
"""
"""A listing that stood in its cart at some moment of the window, as far as its latest times tell."""

_SOURCE_COUNTS = f"""
SELECT listing.source, count(DISTINCT {GOODS}) AS count
FROM room JOIN listing USING (room_id)
WHERE (%(creator_id)s::bigint IS NULL OR room.creator_id = %(creator_id)s)
  AND {ROOM_ON_AIR}
  AND {IN_CART}
GROUP BY listing.source
ORDER BY count DESC, listing.source
LIMIT %(limit)s
"""  # noqa: S608 - nothing of a request is formatted in

_JUMP_OUT_COUNTS = f"""
SELECT listing.source, count(*) AS count
FROM audience_event AS event JOIN listing USING (listing_id)
WHERE event.kind = %(kind)s
  AND event.happened_at >= %(begins)s AND event.happened_at < %(ends)s AND event.happened_at <= %(as_of)s
  AND {_PLACE}
GROUP BY listing.source
ORDER BY count DESC, listing.source
LIMIT %(limit)s
"""  # noqa: S608 - nothing of a request is formatted in

_ROOM_LISTINGS = """
WITH touched AS (
    SELECT listing_id,
           count(*) FILTER (WHERE kind = 'tap') AS taps,
           count(*) FILTER (WHERE kind = 'jump_out') AS jump_outs
    FROM audience_event
    WHERE room_id = %(room_id)s AND kind IN ('tap', 'jump_out') AND listing_id IS NOT NULL
      AND happened_at >= %(begins)s AND happened_at < %(ends)s AND happened_at <= %(as_of)s
    GROUP BY listing_id
), ordered AS (
    SELECT line.listing_id,
           count(DISTINCT line.order_id) AS orders_submitted,
           count(DISTINCT line.order_id) FILTER (WHERE paid_at <= %(as_of)s) AS orders_paid,
           sum(line.payable_fen) AS gmv_submitted_fen,
           coalesce(sum(line.payable_fen) FILTER (WHERE paid_at <= %(as_of)s), 0) AS gmv_paid_fen
    FROM shop_order
    JOIN order_line AS line USING (shop_id, order_id)
    WHERE room_id = %(room_id)s
      AND submitted_at >= %(begins)s AND submitted_at < %(ends)s AND submitted_at <= %(as_of)s
    GROUP BY line.listing_id
)
SELECT listing_id, coalesce(taps, 0) AS taps, coalesce(jump_outs, 0) AS jump_outs,
       coalesce(orders_submitted, 0) AS orders_submitted, coalesce(orders_paid, 0) AS orders_paid,
       coalesce(gmv_submitted_fen, 0)::bigint AS gmv_submitted_fen,
       coalesce(gmv_paid_fen, 0)::bigint AS gmv_paid_fen
FROM touched FULL JOIN ordered USING (listing_id)
ORDER BY gmv_submitted_fen DESC, listing_id
LIMIT %(limit)s
"""


async def order_sums(reader: Reader, window: Window, as_of: datetime, scope: Scope) -> OrderSums:
    """What orders add up to."""
    sums = await reader.row(OrderSums, _ORDER_SUMS, **_places(window, as_of, scope))
    assert sums is not None
    return sums


async def audience_sums(reader: Reader, window: Window, as_of: datetime, scope: Scope) -> AudienceSums:
    """What viewers did. For a shop only what touched its listings is counted."""
    sums = await reader.row(AudienceSums, _AUDIENCE_SUMS, **_places(window, as_of, scope))
    assert sums is not None
    return sums


async def outside_sums(reader: Reader, window: Window, as_of: datetime, scope: Scope) -> OutsideSums:
    """What networks reported that was paid outside in the window. Outside orders are of no shop of ours: for a
    shop nothing is heard. Amounts are those last reported, also where `as_of` lies before the report that revised
    them."""
    sums = await reader.row(OutsideSums, _OUTSIDE_SUMS, **_places(window, as_of, scope))
    assert sums is not None
    return sums


async def order_counts(
    reader: Reader, window: Window, as_of: datetime, scope: Scope, bucket_s: int
) -> list[Point]:
    """Orders by submit time for every bucket that has any; at most one row per bucket of the window."""
    return await reader.rows(Point, _ORDER_SERIES, bucket_s=bucket_s, **_places(window, as_of, scope))


async def source_counts(
    reader: Reader, window: Window, as_of: datetime, creator_id: CreatorId | None
) -> list[SourceCount]:
    """Distinct listings of live carts by source; an item counts once for its source and window."""
    rows = await reader.rows(
        _Counted,
        _SOURCE_COUNTS,
        begins=window.begins,
        ends=window.ends,
        as_of=as_of,
        creator_id=creator_id,
        limit=SOURCES_MAX,
    )
    return _shared(rows)


async def jump_out_counts(reader: Reader, window: Window, as_of: datetime, scope: Scope) -> list[SourceCount]:
    """Jump-outs by source."""
    rows = await reader.rows(
        _Counted,
        _JUMP_OUT_COUNTS,
        kind=AudienceKind.JUMP_OUT.value,
        limit=SOURCES_MAX,
        **_places(window, as_of, scope),
    )
    return _shared(rows)


async def room_listing_figures(
    reader: Reader, room_id: RoomId, window: Window, as_of: datetime
) -> dict[ListingId, ListingFigures]:
    """Taps, jump-outs and orders of a room's listings."""
    rows = await reader.rows(
        ListingFigures,
        _ROOM_LISTINGS,
        room_id=room_id,
        begins=window.begins,
        ends=window.ends,
        as_of=as_of,
        limit=LISTINGS_MAX,
    )
    return {row.listing_id: row for row in rows}


def _places(window: Window, as_of: datetime, scope: Scope) -> dict[str, object]:
    return {
        "begins": window.begins,
        "ends": window.ends,
        "as_of": as_of,
        "shop_id": scope.shop_id,
        "creator_id": scope.creator_id,
        "room_id": scope.room_id,
    }


def _shared(rows: list["_Counted"]) -> list[SourceCount]:
    total = sum(row.count for row in rows)
    return [SourceCount(row.source, row.count, share(row.count, total) or 0) for row in rows]


class _Counted(msgspec.Struct, frozen=True):
    source: str
    count: int
