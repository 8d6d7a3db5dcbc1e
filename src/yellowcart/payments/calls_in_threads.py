"""Calls of libraries that block, in threads of their own: bounded in number, bounded in time.

The libraries of both providers speak HTTP synchronously, and their time limits hold for each read alone: a server
that sends a byte now and then would be waited for without end. Here the whole call ends in time; a thread that is
still at work is left to its own limits and keeps its place until it ends, so that there are never more of them.
"""

from collections.abc import Callable
from typing import TypeVar

import anyio
import anyio.to_thread

from yellowcart.kernel.open_sessions import require_no_session
from yellowcart.payments.errors import ProviderSilent

Answer = TypeVar("Answer")

CALLS_AT_ONCE = 16
"""Calls of one provider at the same time; more wait for a place, within their own time."""


class CallsInThreads:
    """The threads of one provider."""

    def __init__(self, *, seconds_max: float) -> None:
        self._seconds_max = seconds_max
        self._limiter = anyio.CapacityLimiter(CALLS_AT_ONCE)

    async def run(self, call: Callable[[], Answer]) -> Answer:
        """What the call answers. Raises ProviderSilent when it takes too long, and whatever the call raises."""
        require_no_session("a payment provider")
        try:
            with anyio.fail_after(self._seconds_max):
                return await anyio.to_thread.run_sync(call, limiter=self._limiter, abandon_on_cancel=True)
        except TimeoutError as error:
            raise ProviderSilent from error
