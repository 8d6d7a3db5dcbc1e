"""The order lane's connections cut off: before a batch begins, or while it waits for the shelf. Nothing is placed
by halves, and the same request once more places one order."""

import asyncio
from typing import Any

from tests.lives.dice import Dice
from tests.lives.life import Life

_CUT = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE application_name = 'yellowcart order lane' AND datname = current_database() AND pid <> pg_backend_pid()
"""
_WAITS = """
SELECT count(*) FROM pg_stat_activity
WHERE application_name = 'yellowcart order lane' AND datname = current_database() AND wait_event_type = 'Lock'
"""
LOOKS_MOST = 2_000


async def cut_before(life: Life) -> None:
    """Every connection of the lane is gone, and it does not know it yet."""
    life.tell("  the lane's connections are cut")
    async with life.premises.database.reading() as reader:
        await reader.column(_CUT)


async def cut_while_waiting(life: Life, order: "asyncio.Future[Any]") -> None:
    """Hold the shelf until the lane waits for it, and cut the lane's connections then."""
    life.tell("  the lane's connections are cut while it waits for the shelf")
    async with life.premises.database.writing() as writer:
        await writer.column(
            "SELECT sku_id FROM stock WHERE shop_id = %(shop_id)s ORDER BY sku_id FOR UPDATE", shop_id=life.shop_id
        )
        for _ in range(LOOKS_MOST):
            if order.done() or await writer.value(_WAITS):
                break
            await asyncio.sleep(0.001)
        await writer.column(_CUT)


def chosen(dice: Dice) -> str:
    """Whether, and how, the lane is cut off."""
    return {27: "before", 28: "waiting"}.get(dice.pick(29), "")
