"""What operators do to the running platform: move the clock of a demo world, close and open parts of it, have
events delivered once more. Each act is written into the audit trail in the transaction that does it."""

from datetime import datetime

from yellowcart.accounts import audit
from yellowcart.accounts.errors import ReasonMissing
from yellowcart.accounts.model import Person
from yellowcart.kernel import clock
from yellowcart.kernel.clock_table import move_clock
from yellowcart.kernel.database import Writer
from yellowcart.kernel.ids import EventId
from yellowcart.kernel.kill_switches import Switch, flip, read_switches
from yellowcart.kernel.parked_events import tell_again
from yellowcart.kernel.tasks import defer_sweeps

REASON_LENGTH_MAX = 300


async def move_platform_clock(writer: Writer, person: Person, to: datetime) -> datetime:
    """Move a demo world's clock forward and have everything that became due done at once; answers the moment at
    which the clock stood before. Raises ClockFixed on real time, ClockBackwards."""
    before = clock.now()
    # The audit line is stamped with the moment at which it was decided, so it is written before the clock moves.
    await audit.record(
        writer,
        person,
        "kernel:clock:move",
        "clock",
        before={"at": before.isoformat(timespec="seconds")},
        after={"at": to.isoformat(timespec="seconds")},
    )
    await move_clock(writer, to)
    await defer_sweeps(writer)
    return before


async def flip_switch(writer: Writer, person: Person, switch: Switch, *, closed: bool, reason: str) -> None:
    """Close or open a part of the platform. Raises ReasonMissing."""
    reason = reason.strip()[:REASON_LENGTH_MAX]
    if not reason:
        raise ReasonMissing
    before = (await read_switches(writer))[switch]
    await flip(writer, switch, closed=closed, reason=reason)
    await audit.record(
        writer,
        person,
        f"kernel:switch:{'close' if closed else 'open'}",
        f"switch:{switch.value}",
        before={"closed": before.closed, "reason": before.reason},
        after={"closed": closed, "reason": reason},
    )


async def tell_parked_again(writer: Writer, person: Person, kind: str, event_id: EventId | None = None) -> int:
    """Have a parked event, or every parked one of a kind, delivered once more; answers how many. An event that
    somebody else has had told again meanwhile is none, and no error."""
    told = await tell_again(writer, kind=kind, event_id=event_id)
    if told:
        subject = f"event_kind:{kind}" if event_id is None else f"event:{event_id}"
        await audit.record(
            writer, person, "kernel:event:again", subject, after={"kind": kind, "events": len(told)}
        )
    return len(told)
