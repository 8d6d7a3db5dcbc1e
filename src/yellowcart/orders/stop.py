"""Stopping an order: nothing of it leaves, and no timer moves it, until every stop is lifted.

Shipping obeys (domain.md §2.1: ship only if no refund runs and no risk code stands), and so do receipt and
completion by time.
"""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from yellowcart.accounts import audit
from yellowcart.accounts.model import Person
from yellowcart.kernel import clock
from yellowcart.kernel.database import Reader, Writer
from yellowcart.kernel.errors import InvalidFields
from yellowcart.kernel.ids import OrderId, ShopId, new_id
from yellowcart.kernel.translation import N_
from yellowcart.orders.errors import OperatorIsParty, OrderStopped
from yellowcart.orders.model import StopReason
from yellowcart.orders.store import LockedOrder, lock_order

NOTE_LENGTH_MAX = 200
RISK = "operator"
"""The subject of an operator's stop: one stands on an order at a time."""

UNSTOPPED = """
NOT EXISTS (
    SELECT FROM order_stop
    WHERE order_stop.shop_id = shop_order.shop_id AND order_stop.order_id = shop_order.order_id
      AND order_stop.lifted_at IS NULL
)
"""
"""The condition of timers on `shop_order`. It is judged before the lock: ask `without_stop` again under it."""


class OrderStop(msgspec.Struct, frozen=True, kw_only=True):
    """A stop that stands. `subject` names what caused it, such as `aftersale:12`."""

    stop_id: int
    reason: StopReason
    subject: str
    note: str
    made_at: datetime


async def stop_order(
    writer: Writer, order: LockedOrder, reason: StopReason, subject: str, *, person: Person | None, note: str = ""
) -> None:
    """Stop a locked order. The same reason and subject again is no error."""
    await writer.run(
        """
        INSERT INTO order_stop (shop_id, order_id, stop_id, reason, subject, note, made_by, made_at)
        VALUES (%(shop_id)s, %(order_id)s, %(stop_id)s, %(reason)s, %(subject)s, %(note)s, %(person_id)s, %(now)s)
        ON CONFLICT DO NOTHING
        """,
        shop_id=order.shop_id,
        order_id=order.order_id,
        stop_id=new_id(int),
        reason=reason.value,
        subject=subject,
        note=note,
        person_id=person.person_id if person else None,
        now=clock.now(),
    )


async def lift_stop(
    writer: Writer, order: LockedOrder, reason: StopReason, subject: str, *, person: Person | None
) -> None:
    """Lift a stop of a locked order. Lifting one that does not stand is no error."""
    await writer.run(
        """
        UPDATE order_stop SET lifted_at = %(now)s, lifted_by = %(person_id)s
        WHERE shop_id = %(shop_id)s AND order_id = %(order_id)s AND reason = %(reason)s AND subject = %(subject)s
          AND lifted_at IS NULL
        """,
        shop_id=order.shop_id,
        order_id=order.order_id,
        reason=reason.value,
        subject=subject,
        person_id=person.person_id if person else None,
        now=clock.now(),
    )


async def open_stops(reader: Reader, shop_id: ShopId, order_id: OrderId) -> list[OrderStop]:
    """The stops that stand on an order, the oldest first."""
    return await reader.rows(
        OrderStop,
        """
        SELECT stop_id, reason, subject, note, made_at
        FROM order_stop
        WHERE shop_id = %(shop_id)s AND order_id = %(order_id)s AND lifted_at IS NULL
        ORDER BY stop_id
        LIMIT 50
        """,
        shop_id=shop_id,
        order_id=order_id,
    )


async def require_unstopped(reader: Reader, order: LockedOrder) -> None:
    """Raises OrderStopped while a stop stands on the order."""
    stops = await open_stops(reader, order.shop_id, order.order_id)
    if stops:
        raise OrderStopped(reason=stops[0].reason.value)


async def without_stop(reader: Reader, orders: Sequence[LockedOrder]) -> list[LockedOrder]:
    """Those of the locked orders on which no stop stands: whoever stopped one did so under its lock."""
    stopped = await reader.column(
        """
        SELECT order_id FROM order_stop
        WHERE (shop_id, order_id) IN (SELECT * FROM unnest(%(shop_ids)s::bigint[], %(order_ids)s::bigint[]))
          AND lifted_at IS NULL
        """,
        shop_ids=[order.shop_id for order in orders],
        order_ids=[order.order_id for order in orders],
    )
    return [order for order in orders if order.order_id not in set(stopped)]


async def stopped_for_risk(reader: Reader, order: LockedOrder) -> bool:
    """Whether an operator's stop stands on a locked order. An after-sale asks this: its own stop stands there too,
    and keeps nothing of it from going on."""
    return bool(
        await reader.value(
            """
            SELECT true FROM order_stop
            WHERE shop_id = %(shop_id)s AND order_id = %(order_id)s AND reason = %(reason)s AND lifted_at IS NULL
            """,
            shop_id=order.shop_id,
            order_id=order.order_id,
            reason=StopReason.RISK.value,
        )
    )


async def stop_for_risk(writer: Writer, person: Person, shop_id: ShopId, order_id: OrderId, note: str) -> None:
    """An operator thinks that the order is not honest. The same again is no error.

    Raises OrderUnknown, OperatorIsParty, InvalidFields (field `note`).
    """
    note = note.strip()
    if not 1 <= len(note) <= NOTE_LENGTH_MAX:
        raise InvalidFields({"note": N_("Say why, in at most 200 characters.")})
    order = await lock_order(writer, shop_id, order_id)
    await require_outsider(writer, person, order)
    await stop_order(writer, order, StopReason.RISK, RISK, person=person, note=note)
    await audit.record(writer, person, "orders:order:stop", f"order:{order_id}", after={"note": note})


async def lift_risk(writer: Writer, person: Person, shop_id: ShopId, order_id: OrderId) -> None:
    """An operator lets the order go on. Raises OrderUnknown, OperatorIsParty."""
    order = await lock_order(writer, shop_id, order_id)
    await require_outsider(writer, person, order)
    await lift_stop(writer, order, StopReason.RISK, RISK, person=person)
    await audit.record(writer, person, "orders:order:lift_stop", f"order:{order_id}")


async def require_outsider(reader: Reader, person: Person, order: LockedOrder) -> None:
    """An operator who bought an order or works for its shop decides nothing about it. Raises OperatorIsParty."""
    works_there = await reader.value(
        "SELECT true FROM shop_member WHERE shop_id = %(shop_id)s AND person_id = %(person_id)s",
        shop_id=order.shop_id,
        person_id=person.person_id,
    )
    if works_there or order.buyer_id == person.person_id:
        raise OperatorIsParty
