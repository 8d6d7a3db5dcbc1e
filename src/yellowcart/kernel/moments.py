"""Moments that PostgreSQL keeps and Python reads again: from the year 2 to the end of the year 9999.

`0001-01-01T00:00:00+14:00` is a moment that Python writes and PostgreSQL keeps, in the year 1 before Christ;
nobody can read the row again. The year that is left out at one end, and the day at the other, are more than any
time zone shifts. Rules of the business bound moments far closer; this stands below all of them.
"""

from datetime import UTC, datetime

import psycopg
from psycopg.abc import Buffer
from psycopg.adapt import Dumper
from psycopg.types.datetime import DatetimeBinaryDumper, DatetimeDumper

from yellowcart.kernel.errors import Invalid
from yellowcart.kernel.translation import N_

EARLIEST = datetime(2, 1, 1, tzinfo=UTC)
LATEST = datetime(9999, 12, 31, tzinfo=UTC)


class ValueOutOfReach(Invalid):
    """A number is larger than any column holds, or a moment lies so near the end of the calendar that nothing can
    be reckoned from it."""

    code = "value_out_of_reach"
    message = N_("A number or a time in this request is out of reach. Nothing was changed.")


class _Text(DatetimeDumper):
    def dump(self, obj: datetime) -> Buffer | None:
        return super().dump(kept(obj))


class _Binary(DatetimeBinaryDumper):
    def dump(self, obj: datetime) -> Buffer | None:
        return super().dump(kept(obj))


DUMPERS: tuple[type[Dumper], ...] = (_Text, _Binary)


def kept(moment: datetime) -> datetime:
    """The aware moment, if it can be kept. Raises ValueOutOfReach."""
    if not EARLIEST <= moment <= LATEST:
        raise ValueOutOfReach
    return moment


def refuse_unreadable_moments() -> None:
    """Let every connection that is opened from now on refuse them, alone and in arrays, before they are sent."""
    for dumper in DUMPERS:
        psycopg.adapters.register_dumper(datetime, dumper)
