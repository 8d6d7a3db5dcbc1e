"""Calls that block are bounded in number, whatever becomes of whoever waited for them."""

import asyncio
import threading

import pytest

from yellowcart.payments.calls_in_threads import CALLS_AT_ONCE, CallsInThreads
from yellowcart.payments.errors import ProviderSilent


async def test_calls_that_were_given_up_keep_their_places_until_they_end() -> None:
    calls = CallsInThreads(seconds_max=0.05)
    go_on, lock = threading.Event(), threading.Lock()
    made = at_once = most = 0

    def hang() -> None:
        nonlocal made, at_once, most
        with lock:
            made, at_once = made + 1, at_once + 1
            most = max(most, at_once)
        go_on.wait(20)
        with lock:
            at_once -= 1

    async def give_up() -> None:
        with pytest.raises(ProviderSilent):
            await calls.run(hang)

    try:
        for _ in range(3):
            await asyncio.gather(*(give_up() for _ in range(CALLS_AT_ONCE)))
        assert (made, most) == (CALLS_AT_ONCE, CALLS_AT_ONCE), "what got no place in its time is never made"
    finally:
        go_on.set()
    patient = CallsInThreads(seconds_max=20)
    assert await patient.run(lambda: "an answer") == "an answer"


async def test_places_are_free_again_when_calls_end_or_raise() -> None:
    calls = CallsInThreads(seconds_max=20)

    def refuse() -> None:
        raise LookupError("no")

    for _ in range(2 * CALLS_AT_ONCE):
        with pytest.raises(LookupError):
            await calls.run(refuse)
    assert await asyncio.gather(*(calls.run(lambda: 1) for _ in range(2 * CALLS_AT_ONCE))) == [1] * (
        2 * CALLS_AT_ONCE
    )
