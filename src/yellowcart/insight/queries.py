"""What an operator reads besides numbers: rooms on air, what the link rules did, every shop's orders."""

from datetime import datetime

import msgspec

from yellowcart.insight.model import Window
from yellowcart.kernel.database import Reader
from yellowcart.kernel.ids import ListingId, NoticeId, OrderId, RoomId, ShopId
from yellowcart.kernel.paging import Page, bounded_size, decode_cursor, page_of
from yellowcart.links.model import Action, Surface
from yellowcart.orders.model import CloseReason, OrderState
from yellowcart.stage.model import RoomState

ROOMS_MAX = 50
"""Rooms on air that the dashboard lists, the latest first."""
RULES_MAX = 500
"""Rules that one move of the clock can be shown to have begun."""


class RoomOnAir(msgspec.Struct, frozen=True, kw_only=True):
    """A room on air with what happened in it within a window. `orders` and `gmv_submitted_fen` by submit time;
    `viewers` are different visitors who entered."""

    room_id: RoomId
    title: str
    title_en: str
    creator_name: str
    creator_name_en: str
    state: RoomState
    started_at: datetime
    listing_count: int
    viewers: int
    orders: int
    gmv_submitted_fen: int


class BegunRule(msgspec.Struct, frozen=True, kw_only=True):
    """A rule whose moment came, and what the enforcement job did; `listing_count` is None until it did."""

    surface: Surface
    source: str
    effective_at: datetime
    action: Action
    notice_id: NoticeId
    enforced_at: datetime | None
    listing_count: int | None
    waiting_count: int
    """Listings of the pair that are in a cart or queued now."""


class TakenOff(msgspec.Struct, frozen=True, kw_only=True):
    """A listing that a link rule took off."""

    listing_id: ListingId
    title: str
    title_en: str
    source: str
    surface: Surface
    creator_name: str
    creator_name_en: str
    room_id: RoomId | None
    notice_id: NoticeId
    notice_title_zh: str
    notice_title_en: str
    taken_off_at: datetime


class OrderRow(msgspec.Struct, frozen=True, kw_only=True):
    """An order of any shop as the overview lists it."""

    shop_id: ShopId
    order_id: OrderId
    shop_name: str
    shop_name_en: str
    buyer_name: str | None
    title: str | None
    title_en: str | None
    quantity: int
    state: OrderState
    close_reason: CloseReason | None
    surface: Surface
    total_fen: int
    submitted_at: datetime
    paid_at: datetime | None


async def rooms_on_air(reader: Reader, window: Window) -> list[RoomOnAir]:
    """Rooms that are live or paused, those with most GMV in the window first."""
    return await reader.rows(
        RoomOnAir,
        """
        WITH on_air AS (
            SELECT room_id, creator_id, title, title_en, state, started_at
            FROM room WHERE state IN ('live', 'paused')
            ORDER BY room_id DESC LIMIT %(limit)s
        ), ordered AS (
            SELECT room_id, count(*) AS orders, sum(total_fen)::bigint AS gmv
            FROM shop_order
            WHERE submitted_at >= %(begins)s AND submitted_at < %(ends)s
              AND room_id IN (SELECT room_id FROM on_air)
            GROUP BY room_id
        ), watched AS (
            SELECT room_id, count(DISTINCT visitor) AS viewers
            FROM audience_event
            WHERE room_id IN (SELECT room_id FROM on_air) AND kind = 'enter'
              AND happened_at >= %(begins)s AND happened_at < %(ends)s
            GROUP BY room_id
        ), carried AS (
            SELECT room_id, count(*) AS listing_count
            FROM listing
            WHERE room_id IN (SELECT room_id FROM on_air) AND state IN ('on_cart', 'explaining')
            GROUP BY room_id
        )
        SELECT on_air.room_id, on_air.title, on_air.title_en, on_air.state, on_air.started_at,
               creator.name AS creator_name, creator.name_en AS creator_name_en,
               coalesce(listing_count, 0) AS listing_count, coalesce(viewers, 0) AS viewers,
               coalesce(orders, 0) AS orders, coalesce(gmv, 0) AS gmv_submitted_fen
        FROM on_air
        JOIN creator USING (creator_id)
        LEFT JOIN ordered USING (room_id)
        LEFT JOIN watched USING (room_id)
        LEFT JOIN carried USING (room_id)
        ORDER BY gmv_submitted_fen DESC, on_air.room_id DESC
        """,
        begins=window.begins,
        ends=window.ends,
        limit=ROOMS_MAX,
    )


async def begun_rules(reader: Reader, after: datetime, until: datetime) -> list[BegunRule]:
    """Rules that begin in (after, until], in order of effect, with what the enforcement job did of them."""
    return await reader.rows(
        BegunRule,
        """
        SELECT rule.surface, rule.source, rule.effective_at, rule.action, rule.notice_id,
               done.enforced_at, done.listing_count,
               (SELECT count(*) FROM listing
                WHERE listing.surface = rule.surface AND listing.source = rule.source
                  AND listing.state <> 'off_cart') AS waiting_count
        FROM link_rule AS rule
        LEFT JOIN enforced_change AS done USING (surface, source, effective_at)
        WHERE rule.effective_at > %(after)s AND rule.effective_at <= %(until)s
        ORDER BY rule.effective_at, rule.surface, rule.source
        LIMIT %(limit)s
        """,
        after=after,
        until=until,
        limit=RULES_MAX,
    )


async def listings_taken_off(
    reader: Reader,
    *,
    notice_id: NoticeId | None = None,
    cursor: str | None = None,
    size: int | None = None,
) -> Page[TakenOff]:
    """Listings that link rules took off, of one notice or of all, newest listing first."""
    (before_id,) = decode_cursor(cursor, tuple[int], (2**53,))
    limit = bounded_size(size)
    rows = await reader.rows(
        TakenOff,
        """
        SELECT listing.listing_id, listing.title, listing.title_en, listing.source, listing.surface,
               creator.name AS creator_name, creator.name_en AS creator_name_en, listing.room_id,
               notice.notice_id, notice.title_zh AS notice_title_zh, notice.title_en AS notice_title_en,
               listing.taken_off_at
        FROM listing
        JOIN creator USING (creator_id)
        JOIN notice ON notice.notice_id = listing.off_notice_id
        WHERE listing.off_reason = 'link_rule' AND listing.listing_id < %(before_id)s
          AND (%(notice_id)s::bigint IS NULL OR listing.off_notice_id = %(notice_id)s)
        ORDER BY listing.listing_id DESC
        LIMIT %(limit)s
        """,
        before_id=before_id,
        notice_id=notice_id,
        limit=limit + 1,
    )
    return page_of(rows, limit, lambda row: (row.listing_id,))


_ORDERS = """
    SELECT placed.shop_id, placed.order_id, shop.name AS shop_name, shop.name_en AS shop_name_en,
           person.name AS buyer_name, line.title, line.title_en, coalesce(line.quantity, 0) AS quantity,
           placed.state, placed.close_reason, placed.surface, placed.total_fen, placed.submitted_at,
           placed.paid_at
    FROM shop_order AS placed
    JOIN shop USING (shop_id)
    LEFT JOIN person ON person.person_id = placed.buyer_id
    LEFT JOIN LATERAL (
        SELECT title, title_en, sum(quantity) OVER ()::bigint AS quantity FROM order_line
        WHERE order_line.shop_id = placed.shop_id AND order_line.order_id = placed.order_id
        ORDER BY order_line_id LIMIT 1
    ) AS line ON true
"""


_OF_NUMBER = (
    "AND placed.shop_id = ANY (ARRAY(SELECT every.shop_id FROM shop AS every)) AND placed.order_id = %(order_id)s"
)


async def orders_of_all_shops(
    reader: Reader,
    *,
    state: OrderState | None = None,
    shop_id: ShopId | None = None,
    order_id: OrderId | None = None,
    cursor: str | None = None,
    size: int | None = None,
) -> Page[OrderRow]:
    """Orders of every shop by submit time, latest first; `order_id` finds the one, by its key in each shop."""
    limit = bounded_size(size)
    before_at, before_id = decode_cursor(cursor, tuple[datetime | None, int], (None, 0))
    rows = await reader.rows(
        OrderRow,
        _ORDERS
        + f"""
        WHERE (%(before_at)s::timestamptz IS NULL
               OR (placed.submitted_at <= %(before_at)s
                   AND (placed.submitted_at, placed.order_id) < (%(before_at)s, %(before_id)s::bigint)))
          {f"AND placed.state = '{state.value}'" if state else ""}
          {_OF_NUMBER if order_id is not None else ""}
          AND (%(shop_id)s::bigint IS NULL OR placed.shop_id = %(shop_id)s)
        ORDER BY placed.submitted_at DESC, placed.order_id DESC
        LIMIT %(limit)s
        """,
        before_at=before_at,
        before_id=before_id,
        shop_id=shop_id,
        order_id=order_id,
        limit=limit + 1,
    )
    return page_of(rows, limit, lambda row: (row.submitted_at.isoformat(), row.order_id))
