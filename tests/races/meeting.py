"""Two actors at one exact line: a row is held until each of them waits for it, in the order in which they are to
come through, and then let go. What they met at is known, and so is who was first."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from yellowcart.kernel.database import Database
from yellowcart.kernel.errors import Refusal

Deed = Callable[[], Awaitable[object]]
"""What an actor does when its turn comes."""
LOOKS_MOST = 4_000
EVERY_S = 0.001

ORDER_ROW = "SELECT 1 FROM shop_order WHERE order_id = %(id)s FOR UPDATE"
STOCK_ROW = "SELECT 1 FROM stock WHERE sku_id = %(id)s FOR UPDATE"
CLAIM_ROW = "SELECT 1 FROM claimed_coupon WHERE claim_id = %(id)s FOR UPDATE"

_WAITING = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND wait_event_type = 'Lock' AND state = 'active'
"""


@dataclass(frozen=True)
class Met:
    """What became of actors that met, in the order in which they came: an answer or a refusal each. `waited` are
    those that stood before the held row."""

    outcomes: Sequence[object]
    waited: int

    @property
    def refusals(self) -> list[Refusal | None]:
        """Why each was refused, None where it was not."""
        return [each if isinstance(each, Refusal) else None for each in self.outcomes]

    @property
    def codes(self) -> list[str]:
        """What each was told: `done`, or the code of a refusal."""
        return [each.code if isinstance(each, Refusal) else "done" for each in self.outcomes]


async def meet(database: Database, row: str, row_id: int, *actors: Deed) -> Met:
    """Let actors meet at a row, the first first. Anything but a refusal is a defect, and raised."""
    watch = await database.connect(name="tests watch")
    hold = await database.connect(name="tests hold a row")
    tasks: list[asyncio.Task[object]] = []
    waited = 0
    async with watch, hold:
        async with hold.transaction():
            await hold.execute(row, {"id": row_id})
            for actor in actors:
                tasks.append(asyncio.ensure_future(actor()))
                for _ in range(LOOKS_MOST):
                    (number,) = await (await watch.execute(_WAITING)).fetchone() or (0,)
                    if number > waited or tasks[-1].done():
                        break
                    await asyncio.sleep(EVERY_S)
                waited = number
        outcomes = await asyncio.gather(*tasks, return_exceptions=True)
    for outcome in outcomes:
        if isinstance(outcome, BaseException) and not isinstance(outcome, Refusal):
            raise outcome
    return Met(outcomes, waited)
