"""Telling lives: by seeded dice, and again by the same throws. One that goes wrong is told as short as can be."""

import random
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta

from tests.lives import buying, claiming, delivering, passing_time, paying, settling_cases
from tests.lives.accounts_agree import require_agreement
from tests.lives.dice import SIDES, THROWS, Dice
from tests.lives.life import Life
from tests.lives.premises import Premises, open_shop
from yellowcart.kernel import clock

STEPS_LEAST, STEPS_MOST = 8, 40
BETWEEN_LIVES = timedelta(days=10)
"""The bills of one life's last days are not those of the next."""

Rule = Callable[[Life, Dice], Awaitable[None]]


async def as_usual(life: Life, dice: Dice) -> None:
    """What mostly comes next in an order's life: it is paid, sent, something is wrong with it, and is seen to."""
    if any(case.is_open for _, _, case in life.books.cases.values()) and dice.chance(2, 3):
        return await settling_cases.go_on(life, dice)
    states = {order.state for order in life.books.orders.values()}
    if "submitted" in states:
        return await paying.pay(life, dice)
    if states & {"paid", "part_shipped"} and dice.chance(2, 3):
        return await delivering.ship(life, dice)
    if states & {"part_shipped", "shipped", "received", "completed"}:
        return await (claiming.ask if dice.chance(3, 4) else delivering.receive)(life, dice)
    return await buying.place(life, dice)


RULES: dict[str, tuple[int, Rule]] = {
    "as usual": (50, as_usual),
    "claim": (4, buying.claim),
    "place": (12, buying.place),
    "place again": (2, buying.place_again),
    "cancel unpaid": (2, buying.cancel_unpaid),
    "leave or come back": (2, buying.leave),
    "end the special price": (1, buying.end_special),
    "pay": (13, paying.pay),
    "open the cashier": (3, paying.open_only),
    "at the provider": (3, paying.at_the_provider),
    "notice": (3, paying.notice),
    "ship": (12, delivering.ship),
    "track": (4, delivering.track),
    "receive": (5, delivering.receive),
    "stop": (1, delivering.stop),
    "ask": (14, claiming.ask),
    "cancel paid": (2, claiming.cancel_paid),
    "gift": (2, claiming.gift),
    "case goes on": (20, settling_cases.go_on),
    "change": (4, claiming.change),
    "ended case": (1, settling_cases.on_an_ended_case),
    "time passes": (8, passing_time.jump),
    "refunds": (4, passing_time.carry_on),
    "mend": (3, passing_time.mend),
    "lower price": (1, passing_time.lower_price),
}
"""How often each step is taken, and what it is."""


@dataclass(frozen=True)
class Step:
    """A rule with the throws that it takes."""

    rule: str
    throws: tuple[int, ...]


@dataclass(frozen=True)
class Script:
    """All that decides a life."""

    shop: tuple[int, ...]
    steps: tuple[Step, ...]


@dataclass
class Told:
    """What lives came to."""

    lives: int = 0
    steps: Counter[str] = field(default_factory=Counter)
    counts: Counter[str] = field(default_factory=Counter)

    def add(self, other: "Told") -> None:
        """Together with others."""
        self.lives += other.lives
        self.steps.update(other.steps)
        self.counts.update(other.counts)


class LifeWentWrong(AssertionError):
    """A life in which platform and books parted, with its script and its story."""

    def __init__(self, script: Script, story: Sequence[str], error: BaseException) -> None:
        super().__init__(f"{type(error).__name__}: {error}\n\n" + "\n".join(story))
        self.script = script
        self.error = error


def script_of(seed: int) -> Script:
    """The script of a seed."""
    dice = random.Random(seed)
    names, weights = list(RULES), [weight for weight, _ in RULES.values()]
    steps = dice.choices(names, weights, k=dice.randint(STEPS_LEAST, STEPS_MOST))
    # A life in which nothing is ever claimed or ordered has little to tell.
    steps = ["claim", "claim", "claim", "place", *steps]
    return Script(_throws(dice, 40), tuple(Step(rule, _throws(dice, THROWS)) for rule in steps))


def _throws(dice: random.Random, number: int) -> tuple[int, ...]:
    return tuple(dice.randrange(SIDES) for _ in range(number))


async def begin_life(premises: Premises, throws: Sequence[int]) -> Life:
    """A new life, at noon of a day on which nothing of the lives before is left."""
    day = clock.now().astimezone(clock.SHANGHAI).date() + BETWEEN_LIVES
    clock.process_clock().freeze(datetime.combine(day, time(12), clock.SHANGHAI))
    for provider in premises.providers.values():
        provider.begin_anew()
    dice = Dice(throws)
    life = Life(premises, await open_shop(premises.database, dice))
    life.reconciles = dice.chance(1, 10)
    return life


async def take_step(life: Life, step: Step) -> None:
    """Take one step on both sides, and compare."""
    life.tick()
    before = len(life.story)
    await RULES[step.rule][1](life, Dice(step.throws))
    if len(life.story) > before:
        await require_agreement(life)


async def tell(premises: Premises, script: Script, told: Told | None = None) -> None:
    """Live a life from its beginning to its end. Raises LifeWentWrong."""
    life = await begin_life(premises, script.shop)
    told = told or Told()
    try:
        for step in script.steps:
            await take_step(life, step)
            told.steps[step.rule] += 1
        await passing_time.come_to_an_end(life)
    except Exception as error:
        raise LifeWentWrong(script, life.story, error) from error
    told.lives += 1
    told.counts.update(life.counts)
    told.counts.update(life.ends())


async def shorten(premises: Premises, wrong: LifeWentWrong, most: int = 300) -> LifeWentWrong:
    """The shortest life found that goes wrong in the same way: first steps are left out, then throws made zero."""
    best, tries = wrong, 0
    length = max(1, len(best.script.steps) // 2)
    while tries < most:
        shorter = None
        for begin in range(0, len(best.script.steps), length):
            steps = best.script.steps[:begin] + best.script.steps[begin + length :]
            tries += 1
            shorter = await _same(premises, Script(best.script.shop, steps), best)
            if shorter is not None:
                best = shorter
                break
        if shorter is None and length == 1:
            return await _plainer(premises, best)
        if shorter is None:
            length = max(1, length // 2)
    return best


async def _plainer(premises: Premises, wrong: LifeWentWrong) -> LifeWentWrong:
    """The same steps with throws of zero, the plainest choice, wherever it goes wrong all the same."""
    best = wrong
    for number, step in enumerate(best.script.steps):
        for place in range(len(step.throws)):
            steps = list(best.script.steps)
            throws = steps[number].throws
            if throws[place]:
                steps[number] = Step(step.rule, (*throws[:place], 0, *throws[place + 1 :]))
                best = await _same(premises, Script(best.script.shop, tuple(steps)), best) or best
    return best


async def _same(premises: Premises, script: Script, wrong: LifeWentWrong) -> LifeWentWrong | None:
    try:
        await tell(premises, script)
    except LifeWentWrong as found:
        return found if type(found.error) is type(wrong.error) else None
    return None
