"""The order lane's one statement against a plain sequential model of the same rules."""

import asyncio
from dataclasses import dataclass

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.orders.shopping import open_till, order_of, stock_of
from tests.small_world import make_small_world
from yellowcart.kernel.database import Database
from yellowcart.kernel.errors import Refusal
from yellowcart.kernel.ids import PersonId
from yellowcart.orders.place import PlacedOrder


@dataclass(frozen=True)
class Attempt:
    """One buyer asks for some pieces of one SKU under a key."""

    buyer: int
    sku: int
    quantity: int
    key: int


attempts = st.lists(
    st.builds(
        Attempt,
        buyer=st.integers(1, 6),
        sku=st.integers(0, 2),
        quantity=st.integers(1, 5),
        key=st.integers(1, 40),
    ),
    min_size=1,
    max_size=40,
)


def sequentially(wanted: list[Attempt], pieces: int, limit: int | None) -> list[str]:
    """What each attempt is told when they come one after the other: the rules, written as plainly as possible."""
    left = dict.fromkeys(range(3), pieces)
    bought: dict[int, int] = {}
    answered: dict[tuple[int, int], Attempt] = {}
    told = []
    for attempt in wanted:
        first = answered.get((attempt.buyer, attempt.key))
        if first is not None:
            same = (first.sku, first.quantity) == (attempt.sku, attempt.quantity)
            told.append("placed" if same else "idempotency_key_reused")
        elif limit is not None and bought.get(attempt.buyer, 0) + attempt.quantity > limit:
            told.append("limit_reached")
        elif attempt.quantity > left[attempt.sku]:
            told.append("sold_out")
        else:
            left[attempt.sku] -= attempt.quantity
            bought[attempt.buyer] = bought.get(attempt.buyer, 0) + attempt.quantity
            answered[attempt.buyer, attempt.key] = attempt
            told.append("placed")
    return told


@pytest.mark.parametrize("limit", [None, 4])
async def test_the_lane_allots_as_if_orders_came_one_by_one(database: Database, limit: int | None) -> None:
    till = await open_till(database)
    loop = asyncio.get_running_loop()
    turn = 0

    async def run(wanted: list[Attempt], pieces: int) -> None:
        nonlocal turn
        turn += 1
        world = await make_small_world(database, pieces=pieces, skus=3, limit_per_buyer=limit)

        async def place(attempt: Attempt) -> str:
            order = order_of(world.listing_id, world.sku_ids[attempt.sku], quantity=attempt.quantity)
            buyer_id = PersonId(turn * 100 + attempt.buyer)
            content = f"{attempt.sku}:{attempt.quantity}"
            try:
                placed = await till.lane.place(buyer_id, str(attempt.key), content, order)
            except Refusal as refusal:
                return refusal.code
            assert isinstance(placed, PlacedOrder)
            return "placed"

        told = await asyncio.gather(*(place(attempt) for attempt in wanted))
        assert told == sequentially_by_buyer(wanted, pieces, limit)
        for sku in range(3):
            available, held, sold = await stock_of(database, world, sku)
            assert available >= 0
            assert (available + held, sold) == (pieces, 0)

    # Hypothesis is synchronous: its examples run on a thread that hands each one to this loop.
    @given(wanted=attempts, pieces=st.integers(0, 12))
    @settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True)
    def examples(wanted: list[Attempt], pieces: int) -> None:
        asyncio.run_coroutine_threadsafe(run(wanted, pieces), loop).result(60)

    await asyncio.to_thread(examples)
    await till.lane.stop()


def sequentially_by_buyer(wanted: list[Attempt], pieces: int, limit: int | None) -> list[str]:
    """The lane promises order of arrival, but a buyer's second request waits for the next batch: the model is
    asked in the order in which the lane judges."""
    order: list[int] = []
    waiting = list(range(len(wanted)))
    while waiting:
        first_of_buyer = {wanted[n].buyer: n for n in reversed(waiting)}
        batch = sorted(first_of_buyer.values())
        order += batch
        waiting = [n for n in waiting if n not in set(batch)]
    told = sequentially([wanted[n] for n in order], pieces, limit)
    answers = [""] * len(wanted)
    for place, answer in zip(order, told, strict=True):
        answers[place] = answer
    return answers
