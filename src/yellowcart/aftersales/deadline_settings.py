"""What an operator set instead of the defaults of `deadlines`."""

from datetime import timedelta

import msgspec

from yellowcart.accounts import audit
from yellowcart.accounts.model import Person
from yellowcart.aftersales.deadlines import DAY_S, DEFAULTS_S, HOUR_S, LONGEST_S, SHORTEST_S, Deadline
from yellowcart.aftersales.errors import DeadlineOutOfRange
from yellowcart.kernel import clock
from yellowcart.kernel.database import Reader, Writer


class DeadlineSetting(msgspec.Struct, frozen=True, kw_only=True):
    """A deadline as it is in force. Seconds."""

    deadline: Deadline
    seconds: int
    default_s: int


async def deadline_settings(reader: Reader) -> list[DeadlineSetting]:
    """Every deadline as it is in force, in the order of the enum."""
    rows = await reader.rows(
        _Set,
        "SELECT deadline, seconds FROM aftersale_deadline ORDER BY deadline LIMIT %(most)s",
        most=len(Deadline),
    )
    chosen = {row.deadline: row.seconds for row in rows}
    return [
        DeadlineSetting(deadline=each, seconds=chosen.get(each, DEFAULTS_S[each]), default_s=DEFAULTS_S[each])
        for each in Deadline
    ]


class _Set(msgspec.Struct, frozen=True):
    deadline: Deadline
    seconds: int


async def time_for(reader: Reader, deadline: Deadline) -> timedelta:
    """How long a deadline is now."""
    chosen = await reader.value(
        "SELECT seconds FROM aftersale_deadline WHERE deadline = %(deadline)s", deadline=deadline.value
    )
    return timedelta(seconds=chosen or DEFAULTS_S[deadline])


async def set_deadline(writer: Writer, person: Person, deadline: Deadline, seconds: int) -> None:
    """An operator gives a deadline another length; what runs already keeps its end. Raises DeadlineOutOfRange."""
    if not SHORTEST_S <= seconds <= LONGEST_S:
        raise DeadlineOutOfRange(hours=SHORTEST_S // HOUR_S, days=LONGEST_S // DAY_S)
    before = await time_for(writer, deadline)
    await writer.run(
        """
        INSERT INTO aftersale_deadline (deadline, seconds, changed_by, changed_at)
        VALUES (%(deadline)s, %(seconds)s, %(person_id)s, %(now)s)
        ON CONFLICT (deadline) DO UPDATE
        SET seconds = excluded.seconds, changed_by = excluded.changed_by, changed_at = excluded.changed_at
        """,
        deadline=deadline.value,
        seconds=seconds,
        person_id=person.person_id,
        now=clock.now(),
    )
    await audit.record(
        writer,
        person,
        "aftersales:deadline:change",
        f"aftersale_deadline:{deadline.value}",
        before={"seconds": int(before.total_seconds())},
        after={"seconds": seconds},
    )
