"""No moment reaches a table that could not be read from it again."""

from datetime import UTC, datetime, timedelta, timezone

import psycopg
import pytest

from tests.conftest import browser, sign_in_as
from yellowcart.accounts.model import Role
from yellowcart.app import Application
from yellowcart.kernel.database import Database
from yellowcart.kernel.moments import EARLIEST, LATEST, ValueOutOfReach

LINE_ISLANDS = timezone(timedelta(hours=14))
BAKER_ISLAND = timezone(timedelta(hours=-12))
MOMENT = timedelta(microseconds=1)
UNREADABLE = [
    datetime(1, 1, 1, tzinfo=UTC),
    datetime(1, 1, 1, tzinfo=LINE_ISLANDS),
    datetime(2, 1, 1, tzinfo=LINE_ISLANDS),
    EARLIEST - MOMENT,
    LATEST + MOMENT,
    datetime(9999, 12, 31, 23, 59, tzinfo=BAKER_ISLAND),
]
ZONES = ["UTC", "Pacific/Kiritimati", "Etc/GMT+12", "Asia/Shanghai"]


@pytest.mark.parametrize("moment", UNREADABLE)
async def test_it_is_refused_before_it_is_sent(database: Database, moment: datetime) -> None:
    async with database.writing() as writer:
        await writer.run("CREATE TEMPORARY TABLE kept (at timestamptz) ON COMMIT DROP")
        for query, value in (
            ("INSERT INTO kept VALUES (%(at)s)", moment),
            ("INSERT INTO kept SELECT unnest(%(at)s::timestamptz[])", [moment, EARLIEST]),
            ("INSERT INTO kept VALUES (%(at)b)", moment),
            ("INSERT INTO kept VALUES (%(at)t)", moment),
        ):
            with pytest.raises(ValueOutOfReach):
                await writer.run(query, at=value)
        with pytest.raises(ValueOutOfReach):
            async with writer.connection.cursor().copy("COPY kept FROM STDIN") as copy:
                await copy.write_row((moment,))


async def test_a_refusal_costs_only_its_own_statements(database: Database) -> None:
    async with database.writing() as writer:
        await writer.run("CREATE TEMPORARY TABLE kept (at timestamptz) ON COMMIT DROP")
        with pytest.raises(ValueOutOfReach):
            async with writer.attempt():
                await writer.run_many(
                    "INSERT INTO kept VALUES (%(at)s)", [{"at": EARLIEST}, {"at": UNREADABLE[0]}]
                )
        assert await writer.value("SELECT count(*) FROM kept") == 0


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("moment", [EARLIEST, LATEST, datetime(2022, 3, 1, tzinfo=LINE_ISLANDS)])
async def test_what_is_kept_is_read_again_in_every_zone(database: Database, moment: datetime, zone: str) -> None:
    async with await database.connect(name="yellowcart test") as connection:
        await connection.execute(f"SET TimeZone = '{zone}'".encode())
        for binary in (True, False):
            cursor = connection.cursor(binary=binary)
            await cursor.execute("SELECT %s, %s::timestamptz[]", (moment, [moment]))
            assert await cursor.fetchone() == (moment, [moment])


async def test_without_the_bound_such_a_row_could_never_be_read(database: Database) -> None:
    async with database.reading() as reader:
        with pytest.raises(psycopg.DataError):
            await reader.value("SELECT '0001-01-01T00:00:00+14:00'::timestamptz")


@pytest.mark.parametrize("at", ["0001-01-01T00:00:00%2B14:00", "0001-06-01T00:00:00Z"])
async def test_a_program_is_told_in_both_languages(application: Application, database: Database, at: str) -> None:
    operator = await sign_in_as(database, Role.OPERATOR)
    async with browser(application) as program:
        program.headers["accept"] = "application/json"
        answer = await program.get(f"/api/v1/conversions?since={at}", headers=operator.bearer)
    assert (answer.status_code, answer.json()["code"]) == (422, "value_out_of_reach")
    assert set(answer.json()["messages"]) == {"zh_CN", "en"}
