"""Two reports of one line at the same moment: one row, every report kept, nothing lost."""

import asyncio
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from tests.conftest import MORNING, SignedIn, sign_in_as
from tests.conversion_world import NEW_TAOBAO, csv_bytes, known_line, line_of, send
from yellowcart.accounts.model import Role
from yellowcart.conversions.model import ConversionState, Network
from yellowcart.conversions.queries import conversion_of, revisions_of
from yellowcart.conversions.rules import replayed
from yellowcart.conversions.take_in import BATCH, take_in_report
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


async def test_a_file_that_is_sent_twice_at_once_counts_each_line_once(
    database: Database, operator: SignedIn, tmp_path: Path
) -> None:
    lines = 2 * BATCH + 7
    file = tmp_path / "orders.csv"
    file.write_bytes(
        csv_bytes(*(NEW_TAOBAO | {"淘宝子订单号": f"8210390083221{number:05}"} for number in range(lines)))
    )
    ends = await asyncio.gather(
        *(take_in_report(database, operator.person, Network.TAOBAO_UNION, "orders.csv", file) for _ in range(2))
    )
    reports = [end.report for end in ends]
    assert reports[0] == reports[1]
    assert (reports[0].created_count, reports[0].changed_count, reports[0].stale_count) == (lines, 0, 0)
    assert reports[0].unchanged_count == 0
    async with database.reading() as reader:
        told = await reader.value("SELECT count(*) FROM audit_entry WHERE action = 'conversions:report:take_in'")
    assert told == 1
