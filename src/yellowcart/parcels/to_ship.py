"""Lists for who ships: orders by how soon they must leave, parcels that are stuck, and the 48-hour rate."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum

import msgspec

from yellowcart.kernel import clock
from yellowcart.kernel.database import Reader, Writer
from yellowcart.kernel.errors import InvalidFields
from yellowcart.kernel.ids import OrderId, OrderLineId, ShopId
from yellowcart.kernel.paging import Page, bounded_size, decode_cursor, page_of
from yellowcart.kernel.translation import N_
from yellowcart.orders.model import DeliveryAddress, OrderState
from yellowcart.orders.stop import UNSTOPPED
from yellowcart.parcels.model import ShipmentId, ShipmentState
from yellowcart.parcels.rules import SHIP_RATE_DAYS, SHIP_RATE_WITHIN, Urgency, urgency_of

COUNTED_MAX = 1_000
"""A tab counts up to this many."""
SILENT_H, STILL_H = 48, 72
HOURS_MAX = 720


class ToShip(StrEnum):
    """Which orders a shop looks at."""

    ALL = "all"
    """Everything that has to leave and may."""
    PART_SHIPPED = "part_shipped"
    """Orders of which a part has left."""
    LATE = "late"
    """Orders whose promise is broken."""
    STOPPED = "stopped"
    """Orders that must not leave: a risk, or a refund under way."""


class WaitingLine(msgspec.Struct, frozen=True, kw_only=True):
    """Pieces of a line that still have to leave."""

    order_line_id: OrderLineId
    title: str
    title_en: str
    sku_name: str
    sku_name_en: str
    picture_url: str
    to_ship: int


class WaitingOrder(msgspec.Struct, frozen=True, kw_only=True):
    """An order that has to be shipped. `pieces_left` still have to leave, in `lines_left` lines."""

    shop_id: ShopId
    order_id: OrderId
    state: OrderState
    recipient: str
    province: str
    city: str
    note: str
    paid_at: datetime
    ship_due_at: datetime
    is_stopped: bool
    has_address_change: bool
    pieces_left: int
    lines_left: int
    title: str
    title_en: str
    sku_name: str
    sku_name_en: str
    picture_url: str

    @property
    def urgency(self) -> Urgency:
        """How soon it must leave, at the platform's now."""
        return urgency_of(self.ship_due_at, clock.now())


class StuckParcel(msgspec.Struct, frozen=True, kw_only=True):
    """A parcel of which too long nothing was heard. `moved_at` is the last event's time, or that of shipping."""

    shop_id: ShopId
    shipment_id: ShipmentId
    order_id: OrderId
    recipient: str
    carrier: str
    waybill: str
    state: ShipmentState
    shipped_at: datetime
    moved_at: datetime
    events: int


class ShippingWatch(msgspec.Struct, frozen=True):
    """After how many hours a shop calls a parcel stuck: without a first event, and without a next one."""

    silent_h: int = SILENT_H
    still_h: int = STILL_H


class ToShipCounts(msgspec.Struct, frozen=True):
    """How many there are of each, counted up to COUNTED_MAX."""

    all: int
    part_shipped: int
    late: int
    stopped: int
    stuck: int


class ShipRate(msgspec.Struct, frozen=True, kw_only=True):
    """Of `orders` paid in the 30 days that ended 48 hours ago, with a promise of 48 hours or less and not refunded
    before shipping: how many were wholly given to a carrier within 48 hours of payment, and how many the carrier
    then had. `known` are those of which the latter can be said: they were shipped late or not at all, or their
    carriers tell of them; of the others nobody knows, and unknown is not late."""

    orders: int
    shipped: int
    collected: int
    known: int

    @property
    def collected_rate(self) -> int | None:
        """In basis points of `known`; None where that is nothing."""
        return self.collected * 10_000 // self.known if self.known else None

    @property
    def shipped_rate(self) -> int | None:
        """In basis points; None where nothing was sold."""
        return self.shipped * 10_000 // self.orders if self.orders else None


_WAITING = f"""
SELECT shop_order.shop_id, shop_order.order_id, shop_order.state, shop_order.address->>'recipient' AS recipient,
       shop_order.address->>'province' AS province, shop_order.address->>'city' AS city, shop_order.note,
       shop_order.paid_at, shop_order.ship_due_at,
       NOT {UNSTOPPED} AS is_stopped,
       EXISTS (
           SELECT FROM address_change
           WHERE address_change.shop_id = shop_order.shop_id AND address_change.order_id = shop_order.order_id
             AND address_change.state = 'asked'
       ) AS has_address_change,
       line.pieces_left, line.lines_left, line.title, line.title_en, line.sku_name, line.sku_name_en,
       line.picture_url
FROM shop_order
JOIN LATERAL (
    SELECT title, title_en, sku_name, sku_name_en, picture_url,
           sum(quantity - shipped_quantity - cancelled_quantity) OVER ()::int AS pieces_left,
           count(*) OVER ()::int AS lines_left
    FROM order_line
    WHERE order_line.shop_id = shop_order.shop_id AND order_line.order_id = shop_order.order_id
      AND quantity > shipped_quantity + cancelled_quantity
    ORDER BY order_line_id
    LIMIT 1
) AS line ON true
"""  # noqa: S608 - put together from constants of ours

_SHOWN = {
    ToShip.ALL: f"shop_order.state IN ('paid', 'part_shipped') AND {UNSTOPPED}",
    ToShip.PART_SHIPPED: f"shop_order.state = 'part_shipped' AND {UNSTOPPED}",
    ToShip.LATE: f"shop_order.state IN ('paid', 'part_shipped') AND ship_due_at <= %(now)s AND {UNSTOPPED}",
    ToShip.STOPPED: "shop_order.state IN ('paid', 'part_shipped') AND shop_order.order_id IN ("
    " SELECT order_id FROM order_stop WHERE order_stop.shop_id = %(shop_id)s AND lifted_at IS NULL)",
}


async def orders_to_ship(
    reader: Reader,
    shop_id: ShopId,
    show: ToShip = ToShip.ALL,
    *,
    cursor: str | None = None,
    size: int | None = None,
) -> Page[WaitingOrder]:
    """A shop's orders that have to leave, the most urgent first. The caller has checked membership. Raises
    CursorBroken."""
    due_us, after_id = decode_cursor(cursor, tuple[int, int], (0, 0))
    limit = bounded_size(size)
    rows = await reader.rows(
        WaitingOrder,
        f"""
        {_WAITING}
        WHERE shop_order.shop_id = %(shop_id)s AND {_SHOWN[show]}
          AND (shop_order.ship_due_at, shop_order.order_id) > (
              to_timestamp(0) + %(due_us)s * interval '1 microsecond', %(after_id)s
          )
        ORDER BY shop_order.ship_due_at, shop_order.order_id
        LIMIT %(limit)s
        """,
        shop_id=shop_id,
        now=clock.now(),
        due_us=due_us,
        after_id=after_id,
        limit=limit + 1,
    )
    return page_of(rows, limit, lambda row: (microseconds_of(row.ship_due_at), row.order_id))


async def lines_to_ship(
    reader: Reader, shop_id: ShopId, order_ids: Sequence[OrderId]
) -> dict[OrderId, list[WaitingLine]]:
    """The lines of orders that still have pieces to ship, by order, in one statement."""
    rows = await reader.rows(
        _LineOfOrder,
        """
        SELECT order_id, order_line_id, title, title_en, sku_name, sku_name_en, picture_url,
               quantity - shipped_quantity - cancelled_quantity AS to_ship
        FROM order_line
        WHERE shop_id = %(shop_id)s AND order_id = ANY(%(order_ids)s)
          AND quantity > shipped_quantity + cancelled_quantity
        ORDER BY order_id, order_line_id
        LIMIT %(most)s
        """,
        shop_id=shop_id,
        order_ids=list(order_ids),
        most=100 * len(order_ids),
    )
    found: dict[OrderId, list[WaitingLine]] = {order_id: [] for order_id in order_ids}
    for row in rows:
        values = msgspec.structs.asdict(row)
        found[values.pop("order_id")].append(WaitingLine(**values))
    return found


class _LineOfOrder(WaitingLine, frozen=True, kw_only=True):
    order_id: OrderId


async def addresses_of_orders(
    reader: Reader, shop_id: ShopId, order_ids: Sequence[OrderId]
) -> dict[OrderId, DeliveryAddress]:
    """Where orders of a shop go, by order."""
    rows = await reader.rows(
        _AddressOfOrder,
        """
        SELECT order_id, address FROM shop_order
        WHERE shop_id = %(shop_id)s AND order_id = ANY(%(order_ids)s)
        LIMIT %(most)s
        """,
        shop_id=shop_id,
        order_ids=list(order_ids),
        most=len(order_ids),
    )
    return {row.order_id: row.address for row in rows}


class _AddressOfOrder(msgspec.Struct, frozen=True):
    order_id: OrderId
    address: DeliveryAddress


async def stuck_parcels(
    reader: Reader, shop_id: ShopId, *, cursor: str | None = None, size: int | None = None
) -> Page[StuckParcel]:
    """A shop's parcels of which nothing was heard for too long, the longest silent first. The caller has checked
    membership. Raises CursorBroken."""
    moved_us, after_id = decode_cursor(cursor, tuple[int, int], (0, 0))
    limit = bounded_size(size)
    rows = await reader.rows(
        StuckParcel,
        f"""
        SELECT shipment.shop_id, shipment.shipment_id, shipment.order_id,
               (
                   SELECT address->>'recipient' FROM shop_order
                   WHERE shop_order.shop_id = shipment.shop_id AND shop_order.order_id = shipment.order_id
               ) AS recipient,
               carrier, waybill, shipment.state, shipment.shipped_at, moved_at, events
        FROM shipment
        WHERE {_STUCK}
          AND (moved_at, shipment_id) > (
              to_timestamp(0) + %(moved_us)s * interval '1 microsecond', %(after_id)s
          )
        ORDER BY moved_at, shipment_id
        LIMIT %(limit)s
        """,  # noqa: S608 - put together from constants of ours
        moved_us=moved_us,
        after_id=after_id,
        limit=limit + 1,
        **await _stuck_since(reader, shop_id),
    )
    return page_of(rows, limit, lambda row: (microseconds_of(row.moved_at), row.shipment_id))


_STUCK = """
shop_id = %(shop_id)s AND is_watched AND purpose <> 'return' AND purpose <> 'need' AND moved_at < %(soonest)s
AND moved_at < CASE WHEN events = 0 THEN %(silent_since)s::timestamptz ELSE %(still_since)s::timestamptz END
"""


async def _stuck_since(reader: Reader, shop_id: ShopId) -> dict[str, object]:
    watch, now = await shipping_watch(reader, shop_id), clock.now()
    silent, still = now - timedelta(hours=watch.silent_h), now - timedelta(hours=watch.still_h)
    return {
        "shop_id": shop_id,
        "silent_since": silent,
        "still_since": still,
        "soonest": max(silent, still),
    }


async def to_ship_counts(reader: Reader, shop_id: ShopId) -> ToShipCounts:
    """How many orders and parcels each list of a shop has, each counted up to COUNTED_MAX."""
    counts: dict[str, int] = {}
    values = {"shop_id": shop_id, "now": clock.now(), "most": COUNTED_MAX}
    for show in ToShip:
        counts[show.value] = await reader.value(
            f"""
            SELECT count(*) FROM (
                SELECT FROM shop_order
                WHERE shop_order.shop_id = %(shop_id)s AND {_SHOWN[show]}
                LIMIT %(most)s
            ) AS shown
            """,  # noqa: S608 - put together from constants of ours
            **values,
        )
    stuck = await reader.value(
        f"SELECT count(*) FROM (SELECT FROM shipment WHERE {_STUCK} LIMIT %(most)s) AS stuck",  # noqa: S608
        most=COUNTED_MAX,
        **await _stuck_since(reader, shop_id),
    )
    return ToShipCounts(stuck=stuck, **counts)


async def shipping_watch(reader: Reader, shop_id: ShopId) -> ShippingWatch:
    """After how long the shop calls a parcel stuck."""
    kept = await reader.row(
        ShippingWatch,
        "SELECT silent_h, still_h FROM shipping_watch WHERE shop_id = %(shop_id)s",
        shop_id=shop_id,
    )
    return kept or ShippingWatch()


async def change_shipping_watch(writer: Writer, shop_id: ShopId, watch: ShippingWatch) -> None:
    """Let a shop call parcels stuck earlier or later. The caller has checked membership. Raises InvalidFields."""
    problems: dict[str, str | tuple[str, dict[str, object]]] = {
        name: (N_("Write whole hours from 1 to %(most)s."), {"most": HOURS_MAX})
        for name, hours in (("silent_h", watch.silent_h), ("still_h", watch.still_h))
        if not 1 <= hours <= HOURS_MAX
    }
    if problems:
        raise InvalidFields(problems)
    await writer.run(
        """
        INSERT INTO shipping_watch (shop_id, silent_h, still_h)
        VALUES (%(shop_id)s, %(silent_h)s, %(still_h)s)
        ON CONFLICT (shop_id) DO UPDATE SET silent_h = excluded.silent_h, still_h = excluded.still_h
        """,
        shop_id=shop_id,
        silent_h=watch.silent_h,
        still_h=watch.still_h,
    )


async def ship_rate(reader: Reader, shop_id: ShopId) -> ShipRate:
    """The shop's 48-hour rate (domain.md §6: collected within 48 hours / paid orders), as `ShipRate` counts it."""
    until = clock.now() - SHIP_RATE_WITHIN
    found = await reader.row(
        ShipRate,
        """
        SELECT count(*)::int AS orders,
               count(*) FILTER (WHERE shipped_at <= paid_at + %(within)s)::int AS shipped,
               count(*) FILTER (
                   WHERE shipped_at IS NOT NULL AND parcels.parcels > 0 AND parcels.collected = parcels.parcels
                     AND parcels.last_collected_at <= paid_at + %(within)s
               )::int AS collected,
               count(*) FILTER (
                   WHERE shipped_at IS NULL OR shipped_at > paid_at + %(within)s OR parcels.collected > 0
               )::int AS known
        FROM shop_order
        CROSS JOIN LATERAL (
            SELECT count(*) AS parcels, count(collected_at) AS collected, max(collected_at) AS last_collected_at
            FROM shipment
            WHERE shipment.shop_id = shop_order.shop_id AND shipment.order_id = shop_order.order_id
              AND purpose = 'order'
        ) AS parcels
        WHERE shop_order.shop_id = %(shop_id)s AND paid_at > %(since)s AND paid_at <= %(until)s
          AND make_interval(secs => ship_within_s) <= %(within)s
          AND (state <> 'closed' OR shipped_at IS NOT NULL)
        """,
        shop_id=shop_id,
        within=SHIP_RATE_WITHIN,
        since=until - timedelta(days=SHIP_RATE_DAYS),
        until=until,
    )
    assert found is not None, "a sum over nothing is a row too"
    return found


def microseconds_of(moment: datetime) -> int:
    """A moment as whole microseconds since 1970: the sort key of a cursor, exactly."""
    return (moment - _EPOCH) // timedelta(microseconds=1)


_EPOCH = datetime.fromisoformat("1970-01-01T00:00:00+00:00")
