"""The clock that a demo world moves: where it is kept, how processes follow it, how it is moved forward."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

import msgspec

from yellowcart.kernel import clock
from yellowcart.kernel.database import Database, Reader, Writer
from yellowcart.kernel.errors import Conflict, Unavailable
from yellowcart.kernel.notifications import Notifications
from yellowcart.kernel.translation import N_

CHANNEL = "clock"
RESUME_MARGIN = timedelta(seconds=20)
"""A world that slept goes on a little after its last heartbeat, so that no moment is lived twice."""


Passing = Callable[[Writer, datetime], Awaitable[None]]
"""Told the moment to which the clock is about to be moved, in the transaction that moves it."""
_passings: list[Passing] = []


def on_the_way(function: Passing) -> Passing:
    """Have a function called before the clock is moved: for what had to happen at a moment that is passed over,
    and cannot be made up for afterwards. What can be is a sweep's."""
    if function not in _passings:
        _passings.append(function)
    return function


class ClockBackwards(Conflict):
    """The platform clock only moves forward."""

    code = "clock_backwards"
    message = N_(
        "The clock only moves forward: what was stamped stays in the past. "
        "Earlier moments can be asked on the timeline."
    )


class ClockFixed(Unavailable):
    """Only a demo world's clock can be moved."""

    code = "clock_fixed"
    message = N_("This installation runs on real time; only a demo world's clock can be moved.")


class ClockAnchor(msgspec.Struct, frozen=True):
    """At `system_at` on the machine's clock it was `platform_at` on the platform's."""

    platform_at: datetime
    system_at: datetime
    heartbeat_at: datetime


async def read_anchor(reader: Reader) -> ClockAnchor | None:
    """The anchor, or None where the platform runs on real time."""
    return await reader.row(
        ClockAnchor, "SELECT platform_at, system_at, heartbeat_at FROM clock_anchor WHERE singleton"
    )


async def set_clock(writer: Writer, moment: datetime) -> None:
    """Let the platform's clock show `moment` now and run on from there; every process follows on commit."""
    await writer.run(
        """
        INSERT INTO clock_anchor (singleton, platform_at, system_at, heartbeat_at)
        VALUES (true, %(platform_at)s, %(system_at)s, %(platform_at)s)
        ON CONFLICT (singleton) DO UPDATE
        SET platform_at = excluded.platform_at,
            system_at = excluded.system_at,
            heartbeat_at = excluded.heartbeat_at
        """,
        platform_at=moment,
        system_at=clock.system_now(),
    )
    await writer.notify(CHANNEL, moment.isoformat())


async def move_clock(writer: Writer, to: datetime) -> None:
    """Move a demo world's clock forward to `to`; what is due on the way (`on_the_way`) is done first. Raises
    ClockFixed on real time, ClockBackwards for a moment that is not after now."""
    if await read_anchor(writer) is None:
        raise ClockFixed
    if to <= clock.now():
        raise ClockBackwards
    for passing in _passings:
        await passing(writer, to)
    await set_clock(writer, to)


async def resume_clock(writer: Writer) -> None:
    """After a stop, go on from the last heartbeat: a demo world sleeps while nobody runs it."""
    anchor = await read_anchor(writer)
    if anchor is not None:
        await set_clock(writer, anchor.heartbeat_at + RESUME_MARGIN)


async def beat(writer: Writer) -> None:
    """Remember the platform's now, so that a stopped world knows where to go on."""
    await writer.run("UPDATE clock_anchor SET heartbeat_at = %(now)s WHERE singleton", now=clock.now())


async def follow_clock(database: Database, notifications: Notifications) -> None:
    """Set this process's clock from the table, now and at every move."""

    async def read() -> None:
        async with database.reading() as reader:
            anchor = await read_anchor(reader)
        if anchor is not None:
            clock.process_clock().set_offset(anchor.platform_at - anchor.system_at)

    async def heard(_: str) -> None:
        await read()

    notifications.on(CHANNEL, heard)
    notifications.on_gap(read)
    await read()
