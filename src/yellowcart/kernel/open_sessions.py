"""Nothing outside is called while a session of the database is open (style.md, rule 4: prepare, pay, finish).

A provider or a storage that answers slowly would otherwise hold locks and a connection of the pool as long. Who
goes outside asks `require_no_session` first. Whether it may is a matter of the code and not of its input: a breach
is a defect and no refusal.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar


class CalledWithinSession(RuntimeError):
    """Something outside was called by code that holds a session of the database."""


class _Session:
    """A session of the task that opened it, and of the tasks that this one began meanwhile."""

    def __init__(self, outer: "_Session | None") -> None:
        self.outer = outer
        self.is_open = True


_latest: ContextVar[_Session | None] = ContextVar("latest_session", default=None)


@contextmanager
def session() -> Iterator[None]:
    """A session of the database is open in this block."""
    opened = _Session(_latest.get())
    _latest.set(opened)
    try:
        yield
    finally:
        # Tasks that were begun within carry a copy of the variable: for them, too, it is over now.
        opened.is_open = False
        if _latest.get() is opened:
            _latest.set(opened.outer)


def require_no_session(outside: str) -> None:
    """Raises CalledWithinSession while a session is open; `outside` names what was going to be called."""
    found = _latest.get()
    while found is not None:
        if found.is_open:
            raise CalledWithinSession(f"{outside} is called while a session of the database is open")
        found = found.outer
