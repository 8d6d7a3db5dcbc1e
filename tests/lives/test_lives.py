"""Random lives of orders against honest books: stock, quotas, coupons, money and parcels are accounted for after
every step, whatever happens and whenever the power goes.

`python -m tests.lives --lives 20000` lives very many of them; here are as many as a run of the tests has time for.
"""

import asyncio
import os
import random

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from tests.lives.dice import SIDES, THROWS
from tests.lives.in_chunks import hushed, premises_on, tell_lives
from tests.lives.life import Life
from tests.lives.passing_time import come_to_an_end
from tests.lives.premises import Premises
from tests.lives.telling import RULES, Step, begin_life, take_step

FIRST = int(os.environ.get("YELLOWCART_LIVES_SEED", random.SystemRandom().randrange(10**9)))
CHUNKS, LIVES = 8, 25
throws = st.lists(st.integers(0, SIDES - 1), min_size=THROWS, max_size=THROWS).map(tuple)


@pytest.mark.parametrize("chunk", range(CHUNKS))
async def test_whatever_happens_everything_is_accounted_for(database_url: str, chunk: int) -> None:
    first = FIRST + chunk * LIVES
    print(f"YELLOWCART_LIVES_SEED={FIRST}, lives from {first}")
    async with premises_on(database_url) as premises:
        told = await tell_lives(premises, range(first, first + LIVES))
    assert told.lives == LIVES
    assert told.counts["payment succeeded"] > LIVES // 2, "lives in which nothing happens prove nothing"


def test_hypothesis_finds_no_life_in_which_something_is_lost(database_url: str) -> None:
    with hushed(), asyncio.Runner() as runner:
        opened = premises_on(database_url)
        premises = runner.run(opened.__aenter__())
        SomeLife.runner, SomeLife.premises = runner, premises
        try:
            run_state_machine_as_test(
                SomeLife,
                settings=settings(
                    max_examples=40,
                    stateful_step_count=25,
                    deadline=None,
                    suppress_health_check=list(HealthCheck),
                ),
            )
        finally:
            runner.run(opened.__aexit__(None, None, None))


class SomeLife(RuleBasedStateMachine):
    """The same rules, chosen and shortened by Hypothesis."""

    runner: asyncio.Runner
    premises: Premises

    def __init__(self) -> None:
        super().__init__()
        self._life: Life | None = None

    @initialize(shop=st.lists(st.integers(0, SIDES - 1), min_size=40, max_size=40))
    def begin(self, shop: list[int]) -> None:
        """A shop is opened."""
        self._life = self.runner.run(begin_life(self.premises, shop))

    @rule(name=st.sampled_from(list(RULES)), throws=throws)
    def step(self, name: str, throws: tuple[int, ...]) -> None:
        """One step, and everything is compared."""
        assert self._life is not None
        self.runner.run(take_step(self._life, Step(name, throws)))

    def teardown(self) -> None:
        """Everything comes to its end."""
        if self._life is not None:
            self.runner.run(come_to_an_end(self._life))
