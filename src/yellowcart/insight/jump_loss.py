"""The leak as it was measured: jump-outs, the orders that networks report of them, and own clicks beside them.

Orders of own goods count when they were placed in the window and paid by `as_of`; reported ones when their
network says that they were placed in the window and paid, and they could be counted to a creator: by the listing
that was jumped out through, or by a promotion that one creator alone lists with (`conversions.attribute`). A
network of which no line of the window is known is not counted as having sold nothing: its orders are unknown.
"""

from datetime import datetime

from yellowcart.insight.definitions import DEFINITIONS
from yellowcart.insight.jump_loss_rules import (
    BAND_STARTS_FEN,
    PRICE_BANDS,
    Band,
    JumpLoss,
    Jumps,
    Leak,
    Ordered,
    OwnClicks,
    leak_of,
    own_by_band,
)
from yellowcart.insight.model import EVERYTHING, Metric, MetricName, Scope, Window
from yellowcart.kernel import clock
from yellowcart.kernel.database import Reader
from yellowcart.kernel.ids import CreatorId

CREATORS_SHOWN_MAX = 50
"""Creators that are told apart: those with the most jump-outs."""

_JUMPS = """
SELECT source, CASE WHEN %(apart)s THEN creator_id END AS creator_id,
       width_bucket(price_fen, %(starts)s::bigint[]) AS band,
       count(*) AS clicked,
       count(*) FILTER (WHERE landed_at <= %(as_of)s) AS landed,
       count(*) FILTER (WHERE returned_at <= %(as_of)s) AS returned
FROM jump_out
WHERE clicked_at >= %(begins)s AND clicked_at < %(ends)s AND clicked_at <= %(as_of)s
  AND (%(creator_ids)s::bigint[] IS NULL OR creator_id = ANY(%(creator_ids)s))
GROUP BY 1, 2, 3
ORDER BY 1, 2, 3
"""

_ORDERED = """
SELECT conversion.network AS source, CASE WHEN %(apart)s THEN conversion.creator_id END AS creator_id,
       width_bucket(coalesce(listing.price_fen, conversion.unit_price_fen), %(starts)s::bigint[]) AS band,
       count(DISTINCT conversion.order_id) AS orders,
       coalesce(sum(conversion.paid_fen), 0)::bigint AS paid_fen
FROM conversion LEFT JOIN listing USING (listing_id)
WHERE conversion.ordered_at >= %(begins)s AND conversion.ordered_at < %(ends)s
  AND conversion.ordered_at <= %(as_of)s
  AND conversion.state NOT IN ('placed', 'invalid')
  AND conversion.creator_id IS NOT NULL
  AND (%(creator_ids)s::bigint[] IS NULL OR conversion.creator_id = ANY(%(creator_ids)s))
GROUP BY 1, 2, 3
ORDER BY 1, 2, 3
"""

_MOST_CLICKED = """
SELECT creator_id
FROM (
    SELECT creator_id, count(*) AS clicked FROM jump_out
    WHERE clicked_at >= %(begins)s AND clicked_at < %(ends)s AND clicked_at <= %(as_of)s
    GROUP BY creator_id
    UNION ALL
    SELECT DISTINCT creator_id, 0 FROM conversion
    WHERE ordered_at >= %(begins)s AND ordered_at < %(ends)s AND ordered_at <= %(as_of)s
      AND state NOT IN ('placed', 'invalid') AND creator_id IS NOT NULL
) AS seen
GROUP BY creator_id
ORDER BY sum(clicked) DESC, creator_id
LIMIT %(most)s
"""

_OWN = """
WITH clicked AS (
    SELECT width_bucket(listing.price_fen, %(starts)s::bigint[]) AS band, count(*) AS clicks
    FROM audience_event AS event JOIN listing USING (listing_id)
    WHERE event.kind = 'tap' AND listing.source = 'own' AND listing.price_fen IS NOT NULL
      AND event.happened_at >= %(begins)s AND event.happened_at < %(ends)s AND event.happened_at <= %(as_of)s
      AND (%(creator_id)s::bigint IS NULL OR listing.creator_id = %(creator_id)s)
    GROUP BY 1
), ordered AS (
    SELECT width_bucket(listing.price_fen, %(starts)s::bigint[]) AS band, count(*) AS orders
    FROM shop_order
    CROSS JOIN LATERAL (
        SELECT DISTINCT listing_id FROM order_line
        WHERE order_line.shop_id = shop_order.shop_id AND order_line.order_id = shop_order.order_id
    ) AS bought
    JOIN listing USING (listing_id)
    WHERE shop_order.submitted_at >= %(begins)s AND shop_order.submitted_at < %(ends)s
      AND shop_order.paid_at <= %(as_of)s AND listing.price_fen IS NOT NULL
      AND (%(creator_id)s::bigint IS NULL OR listing.creator_id = %(creator_id)s)
    GROUP BY 1
)
SELECT band, coalesce(clicks, 0) AS clicks, coalesce(orders, 0) AS orders
FROM clicked FULL JOIN ordered USING (band)
ORDER BY band
"""

_REPORTING = """
SELECT conversion.network, max(conversion_report.received_at) AS received_at
FROM conversion JOIN conversion_report USING (report_id)
WHERE conversion.ordered_at >= %(begins)s AND conversion.ordered_at < %(ends)s
  AND conversion.first_reported_at <= %(as_of)s
GROUP BY conversion.network
ORDER BY conversion.network
"""


async def jump_loss(
    reader: Reader, window: Window, *, creator_id: CreatorId | None = None, as_of: datetime | None = None
) -> JumpLoss:
    """The leak of a window, of everybody or of one creator, whose jump-outs are then held against clicks on that
    creator's own-shop listings. Creators are held against everybody's own clicks, the most clicked first."""
    moment = as_of or clock.now()
    asked = {
        "begins": window.begins,
        "ends": window.ends,
        "as_of": moment,
        "creator_id": creator_id,
        "starts": list(BAND_STARTS_FEN),
    }
    # The whole is summed by the database; creators are told apart only where they are shown.
    whole = asked | {"creator_ids": None if creator_id is None else [creator_id], "apart": False}
    jumps = await reader.rows(Jumps, _JUMPS, **whole)
    ordered = await reader.rows(Ordered, _ORDERED, **whole)
    shown: list[CreatorId] = (
        await reader.column(_MOST_CLICKED, **asked, most=CREATORS_SHOWN_MAX)
        if creator_id is None
        else [creator_id]
    )
    apart = asked | {"creator_ids": shown, "apart": True}
    own = own_by_band(await reader.rows(OwnClicks, _OWN, **asked))
    heard = {
        str(row["network"]): row["received_at"]
        for row in await reader.records(_REPORTING, begins=window.begins, ends=window.ends, as_of=moment)
    }
    reporting = frozenset(heard)
    jumps_apart = await reader.rows(Jumps, _JUMPS, **apart)
    ordered_apart = await reader.rows(Ordered, _ORDERED, **apart)
    return JumpLoss(
        window=window,
        as_of=moment,
        # Networks report late: until each has spoken after the end of the window, more orders may come.
        provisional=moment < window.ends or any(at < window.ends for at in heard.values()),
        total=leak_of("", jumps, ordered, own, reporting),
        by_source=_grouped(jumps, ordered, own, reporting, by_source=True),
        by_creator=_grouped(jumps_apart, ordered_apart, own, reporting, by_source=False),
        by_band=[
            Band(
                band=band,
                own=own[band.number],
                leak=leak_of(
                    str(band.number),
                    [each for each in jumps if each.band == band.number],
                    [each for each in ordered if each.band == band.number],
                    own,
                    reporting,
                ),
            )
            for band in PRICE_BANDS
        ],
        unpriced_clicks=sum(each.clicked for each in jumps if each.band is None),
        reporting=sorted(reporting),
    )


async def jump_loss_metric(
    reader: Reader, window: Window, *, scope: Scope = EVERYTHING, as_of: datetime | None = None
) -> Metric:
    """The loss as one number, of everybody or of one creator. Of a shop or a room it is not told: None."""
    found = await jump_loss(reader, window, creator_id=scope.creator_id, as_of=as_of)
    is_told = scope.shop_id is None and scope.room_id is None
    return Metric(
        definition=DEFINITIONS[MetricName.JUMP_LOSS],
        value=found.total.loss_basis_points if is_told else None,
        window=window,
        as_of=found.as_of,
        provisional=found.provisional,
    )


def _grouped(
    jumps: list[Jumps],
    ordered: list[Ordered],
    own: dict[int, OwnClicks],
    reporting: frozenset[str],
    *,
    by_source: bool,
) -> list[Leak]:
    def key(each: Jumps | Ordered) -> str:
        return each.source if by_source else str(each.creator_id)

    of_group: dict[str, tuple[list[Jumps], list[Ordered]]] = {}
    for jump in jumps:
        of_group.setdefault(key(jump), ([], []))[0].append(jump)
    for order in ordered:
        of_group.setdefault(key(order), ([], []))[1].append(order)
    leaks = [leak_of(name, *group, own, reporting) for name, group in of_group.items()]
    return sorted(leaks, key=lambda leak: (-leak.clicked, leak.key))
