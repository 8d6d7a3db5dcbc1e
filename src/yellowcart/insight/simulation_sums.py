"""The sums that a simulation is made of: set-based SQL over carts, jump-outs, reported and own orders.

Every statement begins with the same facts: what stood in carts of the touched surfaces and sources in the window
or stands in open ones now, what viewers left through, what networks report of it and what own orders brought. The
answers are bounded however many listings there are; nothing is fetched to be counted here.
"""

from datetime import datetime

import msgspec

from yellowcart.insight.model import Window
from yellowcart.insight.simulation_model import CREATORS_MAX, GROUPS_MAX, CategoryName, Coverage, HitPair
from yellowcart.insight.sums import GOODS, IN_CART, ROOM_ON_AIR
from yellowcart.kernel.database import Reader
from yellowcart.kernel.ids import CategoryId, CreatorId
from yellowcart.links.model import OWN_SOURCE, Surface
from yellowcart.stage.twins import TWIN_FOR_SALE

IN_WINDOW = "{time} >= %(begins)s AND {time} < %(ends)s AND {time} <= %(as_of)s"
REPORTED_PAID = f"""
    conversion.state NOT IN ('placed', 'invalid') AND conversion.first_reported_at <= %(as_of)s
    AND {IN_WINDOW.format(time="conversion.paid_at")}
"""
"""Lines that networks report as paid in the window: the definition of outside GMV reported."""

TOUCHED = """
    pair.surface = listing.surface AND pair.source = listing.source
    -- Who lists with a task of a channel already has what a notice that requires one demands.
    AND (pair.effect <> 'channel' OR listing.channel_task IS NULL)
"""

FACTS = f"""
WITH pair AS MATERIALIZED (
    SELECT * FROM unnest(%(surfaces)s::text[], %(sources)s::text[], %(effects)s::text[])
        AS touched (surface, source, effect)
), jumped AS MATERIALIZED (
    SELECT listing_id, count(*) AS jump_outs
    FROM audience_event
    WHERE kind = 'jump_out' AND listing_id IS NOT NULL AND {IN_WINDOW.format(time="happened_at")}
    GROUP BY listing_id
), carted AS MATERIALIZED (
    SELECT listing.listing_id, listing.creator_id, listing.surface, listing.source, pair.effect,
           {GOODS} AS item_key, listing.title, listing.title_en, listing.url, listing.price_fen,
           coalesce(jumped.jump_outs, 0) AS jump_outs, standing.in_window, standing.open_now
    FROM listing
    JOIN pair ON {TOUCHED}
    LEFT JOIN room ON room.room_id = listing.room_id
    LEFT JOIN video ON video.video_id = listing.video_id
    LEFT JOIN jumped ON jumped.listing_id = listing.listing_id
    CROSS JOIN LATERAL (
        SELECT coalesce((listing.room_id IS NULL OR ({ROOM_ON_AIR})) AND {IN_CART}, false) AS in_window,
               listing.state <> 'off_cart' AND room.state IS DISTINCT FROM 'ended'
                   AND video.state IS DISTINCT FROM 'removed' AS open_now
    ) AS standing
    WHERE standing.in_window OR standing.open_now OR jumped.jump_outs > 0
), reported AS MATERIALIZED (
    SELECT conversion.creator_id, conversion.surface, pair.source, pair.effect,
           coalesce({GOODS}, conversion.item_id, '') AS item_key, sum(conversion.paid_fen) AS reported_fen
    FROM conversion
    JOIN pair ON pair.source = conversion.network AND pair.surface = conversion.surface
    LEFT JOIN listing ON listing.listing_id = conversion.listing_id
    WHERE {REPORTED_PAID}
    GROUP BY 1, 2, 3, 4, 5
), own_paid AS MATERIALIZED (
    SELECT placed.creator_id, placed.surface, pair.source, pair.effect, coalesce({GOODS}, '') AS item_key,
           sum(line.payable_fen) AS own_fen
    FROM shop_order AS placed
    JOIN order_line AS line USING (shop_id, order_id)
    JOIN pair ON pair.source = '{OWN_SOURCE}' AND pair.surface = placed.surface
    LEFT JOIN listing ON listing.listing_id = line.listing_id
    WHERE {IN_WINDOW.format(time="placed.paid_at")}
    GROUP BY 1, 2, 3, 4, 5
), fact AS MATERIALIZED (
    SELECT creator_id, surface, source, effect, item_key,
           count(*) FILTER (WHERE in_window) AS listings,
           count(*) FILTER (WHERE open_now) AS open_listings,
           sum(jump_outs) AS jump_outs,
           coalesce(sum(jump_outs * price_fen), 0) AS tapped_fen,
           coalesce(sum(jump_outs) FILTER (WHERE price_fen IS NULL), 0) AS unpriced_jump_outs,
           0 AS reported_fen, 0 AS own_fen
    FROM carted
    GROUP BY 1, 2, 3, 4, 5
    UNION ALL
    SELECT creator_id, surface, source, effect, item_key, 0, 0, 0, 0, 0, reported_fen, 0 FROM reported
    UNION ALL
    SELECT creator_id, surface, source, effect, item_key, 0, 0, 0, 0, 0, 0, own_fen FROM own_paid
), twinned AS MATERIALIZED (
    SELECT DISTINCT ON (twin.source, twin.item_key)
           twin.source, twin.item_key, twin.shop_id, twin.product_id, twin.score_basis_points,
           product.title, product.title_en, product.category_id
    FROM twin
    {TWIN_FOR_SALE}
      AND twin.source = ANY(%(sources)s)
    ORDER BY twin.source, twin.item_key, twin.score_basis_points DESC, twin.shop_id, twin.product_id
)
"""  # noqa: S608 - nothing of a request is formatted in

_ROLLED_UP = f"""
{FACTS}, known AS (
    SELECT fact.*,
           dense_rank() OVER (ORDER BY fact.source, fact.item_key) AS goods_number,
           twinned.product_id IS NOT NULL AS has_twin,
           effect = 'cut' AS is_cut,
           -- Categories have two levels; what has no category of its own goes by its creator's.
           coalesce(category.parent_id, category.category_id) AS category_id
    FROM fact
    JOIN creator USING (creator_id)
    LEFT JOIN twinned USING (source, item_key)
    LEFT JOIN category ON category.category_id = coalesce(twinned.category_id, creator.category_id)
)
SELECT surface, source, category_id, grouping(surface, source, category_id) AS level,
       count(DISTINCT goods_number) FILTER (WHERE listings > 0) AS goods,
       coalesce(sum(listings), 0)::bigint AS listings,
       count(DISTINCT goods_number) FILTER (WHERE open_listings > 0) AS open_goods,
       coalesce(sum(open_listings), 0)::bigint AS open_listings,
       count(DISTINCT creator_id) FILTER (WHERE listings > 0) AS creators,
       coalesce(sum(jump_outs), 0)::bigint AS jump_outs,
       coalesce(sum(tapped_fen), 0)::bigint AS tapped_fen,
       coalesce(sum(unpriced_jump_outs), 0)::bigint AS unpriced_jump_outs,
       coalesce(sum(reported_fen), 0)::bigint AS reported_fen,
       coalesce(sum(own_fen), 0)::bigint AS own_fen,
       count(DISTINCT goods_number) FILTER (WHERE listings > 0 AND has_twin) AS twinned_goods,
       count(DISTINCT goods_number) FILTER (WHERE listings > 0 AND is_cut) AS cut_goods,
       coalesce(sum(jump_outs) FILTER (WHERE is_cut), 0)::bigint AS cut_jump_outs,
       coalesce(sum(reported_fen) FILTER (WHERE is_cut), 0)::bigint AS cut_reported_fen,
       coalesce(sum(own_fen) FILTER (WHERE is_cut), 0)::bigint AS cut_own_fen,
       count(DISTINCT goods_number) FILTER (WHERE listings > 0 AND is_cut AND has_twin) AS cut_twinned_goods,
       coalesce(sum(jump_outs) FILTER (WHERE is_cut AND has_twin), 0)::bigint AS cut_twinned_jump_outs,
       coalesce(sum(reported_fen) FILTER (WHERE is_cut AND has_twin), 0)::bigint AS cut_twinned_fen,
       coalesce(bool_or(source = ANY(%(heard)s)), false) AS is_heard,
       coalesce(bool_or(source = ANY(%(heard)s) AND is_cut), false) AS cut_is_heard,
       coalesce(bool_or(source = '{OWN_SOURCE}'), false) AS has_own,
       coalesce(bool_or(source = '{OWN_SOURCE}' AND is_cut), false) AS cut_has_own
FROM known
GROUP BY GROUPING SETS ((), (surface, source), (surface), (source), (category_id))
ORDER BY level, goods DESC, reported_fen DESC, surface, source, category_id
LIMIT %(limit)s
"""  # noqa: S608 - nothing of a request is formatted in

_DEPENDENCE = f"""
{FACTS}, hit_creator AS (
    SELECT creator_id, sum(open_listings)::bigint AS open_listings, sum(jump_outs)::bigint AS jump_outs,
           coalesce(sum(reported_fen) FILTER (WHERE effect = 'cut'), 0)::bigint AS cut_reported_fen,
           coalesce(bool_or(source = ANY(%(heard)s) AND effect = 'cut'), false) AS is_heard
    FROM fact
    GROUP BY creator_id
    HAVING sum(listings) > 0
), shown AS (
    SELECT listing.creator_id, listing.surface, listing.source, count(DISTINCT {GOODS}) AS goods,
           count(DISTINCT {GOODS}) FILTER (WHERE pair.effect IS NOT NULL) AS hit_goods
    FROM hit_creator
    JOIN listing USING (creator_id)
    LEFT JOIN pair ON {TOUCHED}
    LEFT JOIN room ON room.room_id = listing.room_id
    WHERE listing.surface = ANY(%(surfaces)s) AND (listing.room_id IS NULL OR ({ROOM_ON_AIR})) AND {IN_CART}
    GROUP BY 1, 2, 3
), of_surface AS (
    SELECT creator_id, surface, sum(goods)::bigint AS all_goods, sum(hit_goods)::bigint AS hit_goods,
           coalesce(jsonb_object_agg(source, hit_goods) FILTER (WHERE hit_goods > 0), '{{}}') AS by_source
    FROM shown
    GROUP BY creator_id, surface
), dependent AS (
    -- Live carts before video carts, as source share counts; videos where no live cart had anything touched.
    SELECT DISTINCT ON (creator_id) *
    FROM of_surface
    WHERE hit_goods > 0
    ORDER BY creator_id, surface = 'live_cart' DESC
), own_all AS (
    SELECT creator_id, sum(total_fen)::bigint AS fen
    FROM shop_order
    WHERE {IN_WINDOW.format(time="paid_at")}
    GROUP BY creator_id
), reported_all AS (
    SELECT creator_id, sum(paid_fen)::bigint AS fen
    FROM conversion
    WHERE creator_id IS NOT NULL AND {REPORTED_PAID}
    GROUP BY creator_id
)
SELECT dependent.creator_id, creator.name, creator.name_en, dependent.surface, hit_goods, all_goods, by_source,
       hit_creator.open_listings, hit_creator.jump_outs, hit_creator.cut_reported_fen, hit_creator.is_heard,
       coalesce(own_all.fen, 0) AS own_fen, reported_all.fen AS reported_fen,
       count(*) OVER () AS creator_count,
       (SELECT array_agg(creators ORDER BY tenth)
        FROM (SELECT tenth, count(deep.creator_id) AS creators
              FROM generate_series(0, 9) AS tenth
              LEFT JOIN dependent AS deep ON least(deep.hit_goods * 10 / deep.all_goods, 9) = tenth
              GROUP BY tenth) AS tenths) AS spread
FROM dependent
JOIN hit_creator USING (creator_id)
JOIN creator USING (creator_id)
LEFT JOIN own_all USING (creator_id)
LEFT JOIN reported_all USING (creator_id)
ORDER BY (hit_goods * 10000 / all_goods) DESC, hit_goods DESC, dependent.creator_id
LIMIT %(limit)s
"""  # noqa: S608 - nothing of a request is formatted in

_COVERAGE = f"""
SELECT conversion.network AS source, count(*) AS lines,
       min(paid_at) AS first_paid_at, max(paid_at) AS last_paid_at,
       coalesce(sum(paid_fen) FILTER (WHERE surface IS NULL AND state NOT IN ('placed', 'invalid')), 0)::bigint
           AS unplaced_fen
FROM conversion
WHERE network = ANY(%(sources)s) AND first_reported_at <= %(as_of)s AND {IN_WINDOW.format(time="paid_at")}
GROUP BY conversion.network
ORDER BY conversion.network
"""  # noqa: S608 - nothing of a request is formatted in


class RolledUp(msgspec.Struct, frozen=True, kw_only=True):
    """One group's sums. `level` says which of surface, source and category it is grouped by, a bit for each that
    it is not: 7 the whole, 1 a pair, 3 a surface, 5 a source, 6 a category."""

    surface: Surface | None
    source: str | None
    category_id: CategoryId | None
    level: int
    goods: int
    listings: int
    open_goods: int
    open_listings: int
    creators: int
    jump_outs: int
    tapped_fen: int
    unpriced_jump_outs: int
    reported_fen: int
    own_fen: int
    twinned_goods: int
    cut_goods: int
    cut_jump_outs: int
    cut_reported_fen: int
    cut_own_fen: int
    cut_twinned_goods: int
    cut_twinned_jump_outs: int
    cut_twinned_fen: int
    is_heard: bool
    """Whether a network of the group has reported anything for the window."""
    cut_is_heard: bool
    has_own: bool
    cut_has_own: bool


class DependenceRow(msgspec.Struct, frozen=True, kw_only=True):
    """One creator, with the count and the spread of all of them."""

    creator_id: CreatorId
    name: str
    name_en: str
    surface: Surface
    hit_goods: int
    all_goods: int
    by_source: dict[str, int]
    open_listings: int
    jump_outs: int
    cut_reported_fen: int
    is_heard: bool
    own_fen: int
    reported_fen: int | None
    creator_count: int
    spread: list[int]


def places(pairs: list[HitPair], window: Window, as_of: datetime) -> dict[str, object]:
    """The values for the places of FACTS."""
    return {
        "surfaces": [each.surface.value for each in pairs],
        "sources": [each.source for each in pairs],
        "effects": [each.effect.value for each in pairs],
        "begins": window.begins,
        "ends": window.ends,
        "as_of": as_of,
        # A twin that one creator does not want to see is one all the same for everybody else.
        "creator_id": None,
    }


async def coverage(reader: Reader, sources: list[str], window: Window, as_of: datetime) -> list[Coverage]:
    """What networks have reported for the window; those that reported nothing are absent."""
    return await reader.rows(
        Coverage, _COVERAGE, sources=sources, begins=window.begins, ends=window.ends, as_of=as_of
    )


async def rolled_up(
    reader: Reader, pairs: list[HitPair], window: Window, as_of: datetime, heard: list[str]
) -> list[RolledUp]:
    """The sums of the whole and of every pair, surface, source and category that has any, the most goods first."""
    return await reader.rows(RolledUp, _ROLLED_UP, **places(pairs, window, as_of), heard=heard, limit=GROUPS_MAX)


async def dependence(
    reader: Reader, pairs: list[HitPair], window: Window, as_of: datetime, heard: list[str]
) -> list[DependenceRow]:
    """Creators with touched goods in carts in the window, the most dependent first; at most CREATORS_MAX."""
    return await reader.rows(
        DependenceRow, _DEPENDENCE, **places(pairs, window, as_of), heard=heard, limit=CREATORS_MAX
    )


async def category_names(reader: Reader) -> list[CategoryName]:
    """Every category of the highest level."""
    return await reader.rows(
        CategoryName,
        """
        SELECT category_id, name_zh, name_en FROM category
        WHERE parent_id IS NULL
        ORDER BY position, category_id
        LIMIT 1000
        """,
    )
