"""Calls of libraries that block, in threads of their own: bounded in number, bounded in time.

The libraries of both providers speak HTTP synchronously, and their time limits hold for each read alone: a server
that sends a byte now and then would be waited for without end. Here the whole call ends in time; a thread that is
still at work is left to its own limits and keeps its place until it ends, so that there are never more of them; a
call that got no place in its time is never made.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import TypeVar

from yellowcart.kernel.open_sessions import require_no_session
from yellowcart.payments.errors import ProviderSilent

Answer = TypeVar("Answer")

CALLS_AT_ONCE = 16
"""Calls of one provider at the same time; more wait for a place, within their own time."""


class CallsInThreads:
    """The threads of one provider."""

    def __init__(self, *, seconds_max: float) -> None:
        self._seconds_max = seconds_max
        self._threads = ThreadPoolExecutor(CALLS_AT_ONCE, thread_name_prefix="payment provider")

    async def run(self, call: Callable[[], Answer]) -> Answer:
        """What the call answers. Raises ProviderSilent when it takes too long, and whatever the call raises."""
        require_no_session("a payment provider")
        calling = asyncio.get_running_loop().run_in_executor(self._threads, copy_context().run, call)
        try:
            async with asyncio.timeout(self._seconds_max):
                return await calling
        except TimeoutError as error:
            raise ProviderSilent from error
