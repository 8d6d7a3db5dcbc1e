"""What an operator can switch off at once, as data: listing, checkout, payment."""

from enum import StrEnum

import msgspec

from yellowcart.kernel import clock
from yellowcart.kernel.database import Reader, Writer
from yellowcart.kernel.errors import Unavailable
from yellowcart.kernel.translation import N_

CHANNEL = "kill_switch"


class Switch(StrEnum):
    """A part of the platform that can be closed."""

    LISTING = "listing"
    """Putting goods into carts."""
    CHECKOUT = "checkout"
    """Placing orders."""
    PAYMENT = "payment"
    """Opening the cashier."""


class SwitchedOff(Unavailable):
    """An operator has closed this part of the platform."""

    code = "switched_off"
    message = N_("The operator has paused this for the moment. Nothing you have done is lost.")


class SwitchState(msgspec.Struct, frozen=True):
    """One switch as it stands."""

    name: Switch
    closed: bool
    reason: str


async def read_switches(reader: Reader) -> dict[Switch, SwitchState]:
    """Every switch; those never touched are open."""
    rows = await reader.rows(SwitchState, "SELECT name, closed, reason FROM kill_switch")
    known = {row.name: row for row in rows}
    return {each: known.get(each, SwitchState(each, False, "")) for each in Switch}


async def require_open(reader: Reader, switch: Switch) -> None:
    """Raises SwitchedOff when an operator has closed the switch."""
    closed = await reader.value("SELECT closed FROM kill_switch WHERE name = %(name)s", name=switch.value)
    if closed:
        raise SwitchedOff


async def flip(writer: Writer, switch: Switch, *, closed: bool, reason: str) -> None:
    """Close or open a switch; every process hears of it on commit."""
    await writer.run(
        """
        INSERT INTO kill_switch (name, closed, reason, changed_at)
        VALUES (%(name)s, %(closed)s, %(reason)s, %(now)s)
        ON CONFLICT (name) DO UPDATE
        SET closed = excluded.closed, reason = excluded.reason, changed_at = excluded.changed_at
        """,
        name=switch.value,
        closed=closed,
        reason=reason,
        now=clock.now(),
    )
    await writer.notify(CHANNEL, switch.value)
