"""What both demo worlds tell of outside links as they begin: jumps, reported orders, notices to come, drafts."""

from collections.abc import AsyncIterator, Iterator
from datetime import timedelta

import psycopg
import pytest

from tests.conftest import url_of
from tests.demo.seeded import copied_database, seeded_database
from yellowcart.demo.accounts import demo_accounts, demo_world
from yellowcart.demo.world_file import World
from yellowcart.insight.jump_loss import jump_loss
from yellowcart.insight.model import Window
from yellowcart.kernel import clock
from yellowcart.kernel.database import Database
from yellowcart.kernel.tasks import open_tasks, run_all_sweeps

pytestmark = pytest.mark.xdist_group("demo seed")

WORLDS = ("kuaishou_2022", "douyin_2020")


@pytest.fixture(scope="module", params=WORLDS)
def seeded(
    request: pytest.FixtureRequest, postgres_url: str, template_database: str
) -> Iterator[tuple[World, str]]:
    world = demo_world(request.param)
    with seeded_database(postgres_url, template_database, world.key) as name:
        yield world, name


@pytest.fixture
def rows(postgres_url: str, seeded: tuple[World, str]) -> Iterator[psycopg.Connection]:
    with psycopg.connect(url_of(postgres_url, seeded[1])) as connection:
        yield connection


@pytest.fixture
async def own_copy(
    postgres_url: str, seeded: tuple[World, str], still_clock: clock.Clock
) -> AsyncIterator[Database]:
    still_clock.freeze(seeded[0].starts_at)
    with copied_database(postgres_url, seeded[1]) as name:
        database = Database(url_of(postgres_url, name), pool_size=4)
        await database.open()
        async with open_tasks(database):
            yield database
        await database.close()


def all_of(connection: psycopg.Connection, query: str, **values: object) -> list[tuple[object, ...]]:
    return connection.execute(query, values).fetchall()


def test_every_jump_is_a_jump_of_the_audience(rows: psycopg.Connection) -> None:
    ((jumps, landed, returned),) = all_of(
        rows, "SELECT count(*), count(landed_at), count(returned_at) FROM jump_out"
    )
    assert all_of(rows, "SELECT count(*) FROM audience_event WHERE kind = 'jump_out'") == [(jumps,)]
    assert isinstance(jumps, int)
    assert isinstance(landed, int)
    assert isinstance(returned, int)
    assert jumps > landed > returned > jumps // 4
    wrong = """
        SELECT count(*) FROM jump_out JOIN listing USING (listing_id)
        WHERE NOT (put_on_at <= clicked_at AND clicked_at <= coalesce(landed_at, clicked_at)
                   AND coalesce(landed_at, clicked_at) <= coalesce(returned_at, 'infinity'))
           OR (jump_out.source, jump_out.price_fen) IS DISTINCT FROM (listing.source, listing.price_fen)
           OR (returned_at IS NOT NULL AND landed_at IS NULL)
    """
    assert all_of(rows, wrong) == [(0,)]


def test_reports_were_read_to_the_last_line_and_their_orders_follow_jumps(
    rows: psycopg.Connection, seeded: tuple[World, str]
) -> None:
    start = seeded[0].starts_at
    reports = all_of(
        rows, "SELECT network, wrong_count, changed_count, finished_at <= %(s)s FROM conversion_report", s=start
    )
    assert {network for network, *_ in reports} == {"taobao_union", "jd_union"}
    assert {(wrong, finished) for _, wrong, _, finished in reports} == {(0, True)}
    assert any(changed for _, _, changed, _ in reports), "the second report knows more than the first"
    assert all_of(rows, "SELECT count(*) FROM conversion WHERE ordered_at > %(s)s OR revision < 1", s=start) == [
        (0,)
    ]
    counted: dict[str | None, int] = dict(
        rows.execute("SELECT attributed_by, count(*) FROM conversion GROUP BY 1").fetchall()
    )
    assert set(counted) <= {"jump", None}
    assert counted["jump"] > counted.get(None, 0)
    states = {row[0] for row in all_of(rows, "SELECT DISTINCT state FROM conversion")}
    assert {"paid", "received", "settled", "invalid"} <= states


async def test_the_leak_of_the_last_week_can_be_read_at_once(
    own_copy: Database, seeded: tuple[World, str]
) -> None:
    start = seeded[0].starts_at
    async with own_copy.reading() as reader:
        leak = await jump_loss(reader, Window(begins=start - timedelta(days=7), ends=start))
    assert {"taobao_union", "jd_union"} <= set(leak.reporting)
    assert leak.total.clicked > 100


async def test_nothing_is_overdue_as_a_world_begins(own_copy: Database) -> None:
    assert await run_all_sweeps(own_copy) == 0


def test_what_is_announced_later_is_approved_and_not_published(
    rows: psycopg.Connection, seeded: tuple[World, str]
) -> None:
    world, _ = seeded
    later = sorted(each.key for each in world.notices if each.announced_at > world.starts_at)
    assert all_of(rows, "SELECT code FROM notice_draft WHERE state = 'scheduled' ORDER BY code") == [
        (key,) for key in later
    ]
    known = sorted(each.key for each in world.notices if each.announced_at <= world.starts_at)
    assert all_of(rows, "SELECT code FROM notice ORDER BY code") == [(key,) for key in known]
    waiting = [(each.key,) for each in world.drafts]
    assert all_of(rows, "SELECT code FROM notice_draft WHERE state = 'submitted' ORDER BY code") == waiting
    alone = "SELECT count(*) FROM notice_draft WHERE decided_by = drafted_by"
    assert all_of(rows, alone) == [(0,)], "who drafts does not decide"
    if world.key == "douyin_2020":
        assert later == ["live-channel-2020", "live-cut-2020"]
        assert "live-fee-2020" in known


def test_every_account_that_the_login_page_offers_exists(
    rows: psycopg.Connection, seeded: tuple[World, str]
) -> None:
    logins = {row[0] for row in all_of(rows, "SELECT login FROM person")}
    offered = {account.login for account in demo_accounts(seeded[0])}
    assert offered <= logins
    assert {"operator", "operator_night", "buyer"} <= offered
