"""Two reports of one line at the same moment: one row, every report kept, nothing lost."""

import asyncio
from datetime import timedelta

import msgspec
import pytest

from tests.conftest import MORNING, SignedIn, sign_in_as
from tests.conversion_world import known_line, line_of, send
from yellowcart.accounts.model import Role
from yellowcart.conversions.model import ConversionState, Network
from yellowcart.conversions.queries import conversion_of, revisions_of
from yellowcart.conversions.rules import replayed
from yellowcart.kernel.database import Database


@pytest.fixture
async def operator(database: Database) -> SignedIn:
    return await sign_in_as(database, Role.OPERATOR)


async def test_reports_of_a_line_that_is_not_known_yet_meet_in_one_row(
    database: Database, operator: SignedIn
) -> None:
    reports = [
        line_of(state=state, paid_fen=number, modified_at=MORNING + timedelta(minutes=number))
        for number, state in enumerate((ConversionState.PLACED, ConversionState.PAID, ConversionState.SETTLED) * 3)
    ]
    await asyncio.gather(*(send(database, operator.person, each) for each in reports))
    known = await known_line(database)
    assert (known.state, known.paid_fen) == ("settled", 8)
    async with database.reading() as reader:
        steps = await revisions_of(reader, await conversion_of(reader, Network.TAOBAO_UNION, known.order_line_id))
    assert [step.revision for step in reversed(steps)] == list(range(1, known.revision + 1))
    assert replayed([step.reported for step in reversed(steps)], known) == known


async def test_reports_that_hold_the_same_lines_in_another_order_do_not_block_each_other(
    database: Database, operator: SignedIn
) -> None:
    lines = [line_of(order_line_id=f"{number}", order_id=f"{number}") for number in range(40)]
    settled = [msgspec.structs.replace(line, state=ConversionState.SETTLED) for line in reversed(lines)]
    for _ in range(3):
        await asyncio.gather(
            send(database, operator.person, *lines),
            send(database, operator.person, *settled),
            send(database, operator.person, *lines[20:], *lines[:20]),
        )
    async with database.reading() as reader:
        assert await reader.column("SELECT DISTINCT state FROM conversion") == ["settled"]
