"""A case at its turn, with everything at hand to take one."""

from collections.abc import Awaitable, Callable

from tests.lives.bookkeeping import Line, Order
from tests.lives.buying import buyer_of
from tests.lives.case_course import Case
from tests.lives.dice import Dice
from tests.lives.life import Life
from yellowcart.accounts.model import Person
from yellowcart.aftersales.model import AftersaleId
from yellowcart.aftersales.turns import Said
from yellowcart.kernel.database import Writer

SAID = Said(words="?")
MOVED = {"aftersale_moved"}


class Turn:
    """A case at its turn, with everything at hand."""

    def __init__(self, life: Life, order: Order, line: Line, case: Case) -> None:
        self.life, self.order, self.line, self.case = life, order, line, case
        self.key = (life.shop_id, AftersaleId(case.case_id))
        self.buyer, self.seller = buyer_of(life, order), life.shop.merchant
        self.operator: Person = life.premises.operators[0]

    async def take(
        self,
        verb: Callable[[Writer], Awaitable[object]],
        why_not: set[str],
        dice: Dice,
        after: str | None,
        *,
        delivered: bool = False,
    ) -> bool:
        """Run the verb of a turn; where it happens, the case goes on to `after`, or stays (None)."""
        outcome = await self.life.act(verb, dice.cut())
        if not self.life.require(outcome, why_not):
            return False
        if after is not None:
            self.life.books.move(self.case, after, self.life.now, delivered=delivered)
        return True


def only_in(turn: Turn, *states: str) -> set[str]:
    """Why a turn is impossible in this state."""
    return set() if turn.case.state in states else MOVED
