"""What shops wait for: promises to ship that come due, parcels that no longer move, orders that ended."""

from datetime import timedelta

import msgspec

from yellowcart.accounts.inbox import NewMessage, post_messages
from yellowcart.kernel import clock
from yellowcart.kernel.database import Writer
from yellowcart.kernel.events import Envelope, subscribe
from yellowcart.kernel.ids import OrderId, PersonId, ShopId
from yellowcart.kernel.translation import N_
from yellowcart.orders.events import OrderClosed, OrderReceived
from yellowcart.orders.stop import UNSTOPPED
from yellowcart.parcels.address_change import overtake_address_change
from yellowcart.parcels.rules import WARN_BEFORE

WARNED_AT_ONCE = 1_000
"""Orders that one call warns of."""

SOON, LATE = "soon", "late"


async def warn_of_promises(writer: Writer) -> int:
    """Warn shops of orders that must be shipped within WARN_BEFORE, and of those that are late: once of each order
    and kind, all of a shop in one message. Answers how many orders."""
    now = clock.now()
    warned = await _warn(writer, LATE, "ship_due_at <= %(now)s", {"now": now})
    return warned + await _warn(
        writer, SOON, "ship_due_at > %(now)s AND ship_due_at <= %(soon)s", {"now": now, "soon": now + WARN_BEFORE}
    )


class _Warned(msgspec.Struct, frozen=True):
    shop_id: ShopId
    order_id: OrderId


async def _warn(writer: Writer, kind: str, when: str, moments: dict[str, object]) -> int:
    warned = await writer.rows(
        _Warned,
        f"""
        INSERT INTO ship_warning (shop_id, order_id, kind, warned_at)
        SELECT due.shop_id, due.order_id, %(kind)s, %(now)s
        FROM shop
        CROSS JOIN LATERAL (
            SELECT shop_order.shop_id, shop_order.order_id
            FROM shop_order
            WHERE shop_order.shop_id = shop.shop_id AND state IN ('paid', 'part_shipped') AND {when}
              AND NOT EXISTS (
                  SELECT FROM ship_warning
                  WHERE ship_warning.shop_id = shop_order.shop_id
                    AND ship_warning.order_id = shop_order.order_id AND kind = %(kind)s
              )
              AND {UNSTOPPED}
            ORDER BY ship_due_at, order_id
            LIMIT %(most)s
        ) AS due
        LIMIT %(most)s
        ON CONFLICT DO NOTHING
        RETURNING shop_id, order_id
        """,  # noqa: S608 - put together from constants of ours
        kind=kind,
        most=WARNED_AT_ONCE,
        **moments,
    )
    orders: dict[ShopId, list[OrderId]] = {}
    for each in warned:
        orders.setdefault(each.shop_id, []).append(each.order_id)
    await _tell_members(writer, kind, orders)
    return len(warned)


class _Member(msgspec.Struct, frozen=True):
    shop_id: ShopId
    person_id: PersonId


async def _tell_members(writer: Writer, kind: str, orders: dict[ShopId, list[OrderId]]) -> None:
    members = await writer.rows(
        _Member,
        """
        SELECT shop_id, person_id FROM shop_member
        WHERE shop_id = ANY(%(shop_ids)s)
        ORDER BY person_id, shop_id
        LIMIT 10000
        """,
        shop_ids=list(orders),
    )
    title, body = _WORDS[kind]
    await post_messages(
        writer,
        [
            NewMessage(
                person_id=member.person_id,
                kind=f"ship_{kind}",
                occasion=f"shop:{member.shop_id}:{max(orders[member.shop_id])}:{len(orders[member.shop_id])}",
                title=title,
                body=body,
                parts={"orders": len(orders[member.shop_id]), "hours": WARN_BEFORE // timedelta(hours=1)},
                link=f"/merchant/{member.shop_id}/shipping" + ("?show=late" if kind == LATE else ""),
            )
            for member in members
        ],
    )


_WORDS = {
    SOON: (
        N_("%(orders)s orders must be shipped within %(hours)s hours"),
        N_("Their promise to ship ends soon. Ship them now."),
    ),
    LATE: (
        N_("%(orders)s orders are late"),
        N_("They should have been shipped by now. Ship them, or tell the buyers."),
    ),
}


@subscribe(OrderReceived)
async def stop_watching_received(writer: Writer, _: Envelope, event: OrderReceived) -> None:
    """The buyer has everything, or the time for it is over: nobody waits for a carrier any more."""
    await _stop_watching(writer, event.shop_id, event.order_id)


@subscribe(OrderClosed)
async def stop_watching_closed(writer: Writer, _: Envelope, event: OrderClosed) -> None:
    """The order ended: nobody waits for its parcels, nor for an answer about its address."""
    await _stop_watching(writer, event.shop_id, event.order_id)
    await overtake_address_change(writer, event.shop_id, event.order_id)


async def _stop_watching(writer: Writer, shop_id: ShopId, order_id: OrderId) -> None:
    await writer.run(
        """
        UPDATE shipment SET is_watched = false
        WHERE shop_id = %(shop_id)s AND order_id = %(order_id)s AND purpose = 'order' AND is_watched
        """,
        shop_id=shop_id,
        order_id=order_id,
    )
