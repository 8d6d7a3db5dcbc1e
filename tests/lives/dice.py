"""Dice whose throws are written down: a life is told again by the same throws."""

from collections.abc import Sequence
from typing import TypeVar

from tests.lives.power_cut import Cut

Thing = TypeVar("Thing")
THROWS = 24
"""Throws that one step brings along."""
SIDES = 10_000


class Dice:
    """Throws in their order; 0 for the plainest choice, so that a shorter story has smaller numbers. A step that
    asks for more than it brought gets zeros."""

    def __init__(self, throws: Sequence[int]) -> None:
        self._throws = throws
        self._next = 0

    def pick(self, sides: int) -> int:
        """A number from 0 to below `sides`."""
        throw = self._throws[self._next] if self._next < len(self._throws) else 0
        self._next += 1
        return throw % sides

    def one(self, things: Sequence[Thing]) -> Thing:
        """One of some things."""
        return things[self.pick(len(things))]

    def chance(self, times: int, of: int) -> bool:
        """True so many times of so many."""
        return self.pick(of) >= of - times

    def cut(self, one_in: int = 14, transactions: int = 1) -> Cut | None:
        """Sometimes, a place at which the power goes."""
        if self.pick(one_in) != one_in - 1:
            return None
        return Cut(transaction=1 + self.pick(transactions), statement=self.pick(24))
