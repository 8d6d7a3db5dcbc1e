"""The buyer is at the cashier, or has left it without going to a provider.

How long the goods stay after leaving is decided by `rules.kept_after_leaving`: a minute to come back, or five
minutes from when a payment was last opened, for who pays on a provider's page or scans the code with another
device. After that the order lapses; money that still comes goes back by itself.
"""

from datetime import datetime
from enum import StrEnum

import msgspec

from yellowcart.accounts.model import Person
from yellowcart.kernel import clock
from yellowcart.kernel.database import Database, Writer
from yellowcart.kernel.ids import OrderId, ShopId
from yellowcart.orders import holds
from yellowcart.orders.errors import OrderUnknown
from yellowcart.orders.model import OrderState
from yellowcart.orders.rules import hold_until
from yellowcart.payments.look_after import ASK_SOON_AFTER, ask_soon
from yellowcart.payments.rules import kept_after_leaving


class Standing(StrEnum):
    """How an order stands that somebody looks at in the cashier."""

    WAITING = "waiting"
    """It can still be paid."""
    PAID = "paid"
    """The money is there."""
    OVER = "over"
    """It can not be paid any more."""


class Presence(msgspec.Struct, frozen=True):
    """What an open cashier is told: how the order stands, and until when its goods are kept."""

    standing: Standing
    kept_until: datetime


class _Waiting(msgspec.Struct, frozen=True):
    state: OrderState
    submitted_at: datetime
    hold_until: datetime
    hold_s: int
    paid_at: datetime | None
    may_be_asked: bool


async def leave_cashier(writer: Writer, person: Person, shop_id: ShopId, order_id: OrderId) -> datetime:
    """Note that the buyer left; answers until when the goods are kept. Repeating it never lengthens that. Raises
    OrderUnknown."""
    prompted_at = await writer.value(
        """
        SELECT max(prompted_at) FROM payment
        WHERE shop_id = %(shop_id)s AND order_id = %(order_id)s AND state = 'prepared'
        """,
        shop_id=shop_id,
        order_id=order_id,
    )
    return await holds.leave_cashier(
        writer, person, shop_id, order_id, kept_after_leaving(clock.now(), prompted_at)
    )


async def stay_at_cashier(database: Database, person: Person, shop_id: ShopId, order_id: OrderId) -> Presence:
    """The cashier is open in a browser, which says so every few seconds: the goods are kept to the end of their
    hold, and open payments are asked for soon. Mostly nothing has to change, and nothing is locked then. Raises
    OrderUnknown."""
    async with database.reading() as reader:
        found = await reader.row(
            _Waiting,
            """
            SELECT state, submitted_at, hold_until, hold_s, paid_at,
                   EXISTS (
                       SELECT FROM payment
                       WHERE payment.shop_id = placed.shop_id AND payment.order_id = placed.order_id
                         AND payment.state = 'prepared' AND payment.ask_at > %(now)s
                         AND payment.prompted_at < %(before)s
                   ) AS may_be_asked
            FROM shop_order AS placed
            WHERE shop_id = %(shop_id)s AND order_id = %(order_id)s AND buyer_id = %(person_id)s
            """,
            now=clock.now(),
            before=clock.now() - ASK_SOON_AFTER,
            shop_id=shop_id,
            order_id=order_id,
            person_id=person.person_id,
        )
    if found is None:
        raise OrderUnknown
    if found.state is not OrderState.SUBMITTED:
        return Presence(Standing.OVER if found.paid_at is None else Standing.PAID, found.hold_until)
    if found.hold_until <= clock.now():
        return Presence(Standing.OVER, found.hold_until)
    until = found.hold_until
    if found.may_be_asked or until < hold_until(found.submitted_at, found.hold_s):
        async with database.writing() as writer:
            until = await holds.return_to_cashier(writer, person, shop_id, order_id)
            await ask_soon(writer, shop_id, order_id)
    return Presence(Standing.WAITING, until)
