"""Getting a demo's database ready: what is whole goes on, what is half is written anew, what is not ours stays."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest

from tests.conftest import settings_for, url_of
from tests.demo.seeded import copied_database, seeded_database
from yellowcart.demo.accounts import UnknownWorld, demo_world
from yellowcart.demo.prepare import NotADemo, OtherWorld, prepare_database
from yellowcart.kernel import clock

pytestmark = pytest.mark.xdist_group("demo seed")


OTHER = "douyin_2020"


async def prepare(url: str, home: Path, *, fresh: bool = False, world: str = "kuaishou_2022") -> bool:
    settings = replace(settings_for(url, home), world=world)
    return await prepare_database(url, settings, lambda _: None, fresh=fresh)


@pytest.fixture
def other_world_url(postgres_url: str, template_database: str) -> Iterator[str]:
    """A database in which somebody has looked at the other world."""
    with seeded_database(postgres_url, template_database, OTHER) as name:
        yield url_of(postgres_url, name)


def value(url: str, query: str) -> object:
    with psycopg.connect(url) as connection:
        row = connection.execute(query).fetchone()
        return row[0] if row else None


def change(url: str, statement: str) -> None:
    with psycopg.connect(url) as connection:
        connection.execute(statement)


async def test_a_world_is_written_once_and_goes_on_where_it_stopped(
    database_url: str, tmp_path: Path, still_clock: clock.Clock
) -> None:
    assert await prepare(database_url, tmp_path) is True
    change(database_url, "UPDATE shop SET name = '我的店' WHERE shop_id = (SELECT min(shop_id) FROM shop)")
    change(database_url, "UPDATE clock_anchor SET heartbeat_at = heartbeat_at + interval '2 days'")
    assert await prepare(database_url, tmp_path) is False
    assert value(database_url, "SELECT count(*) FROM shop WHERE name = '我的店'") == 1
    slept_until = value(database_url, "SELECT platform_at FROM clock_anchor")
    later = slept_until - demo_world().starts_at  # type: ignore[operator]
    assert timedelta(days=2) <= later < timedelta(days=2, minutes=1)


async def test_starting_over_forgets_what_was_changed(
    other_world_url: str, tmp_path: Path, still_clock: clock.Clock
) -> None:
    change(other_world_url, "UPDATE shop SET name = '我的店'")
    assert await prepare(other_world_url, tmp_path, fresh=True, world=OTHER) is True
    assert value(other_world_url, "SELECT count(*) FROM shop WHERE name = '我的店'") == 0


async def test_a_world_that_was_broken_off_is_written_anew(
    database_url: str, tmp_path: Path, still_clock: clock.Clock
) -> None:
    change(
        database_url,
        """
        INSERT INTO clock_anchor (singleton, platform_at, system_at, heartbeat_at)
        VALUES (true, '2021-10-25', now(), '2021-10-25')
        """,
    )
    change(
        database_url,
        "INSERT INTO source (source, name_zh, name_en, kind, position) VALUES ('own', '', '', 'own', 1)",
    )
    assert await prepare(database_url, tmp_path) is True
    assert value(database_url, "SELECT count(*) FROM room WHERE state = 'live'") == 10


async def test_another_world_is_told_apart_and_left_alone_until_it_may_be_replaced(
    other_world_url: str, tmp_path: Path, still_clock: clock.Clock
) -> None:
    with pytest.raises(OtherWorld, match=r"douyin_2020[^F]*FRESH=1"):
        await prepare(other_world_url, tmp_path)
    assert value(other_world_url, "SELECT count(*) FROM creator WHERE name = '阿芸的小厨房'") == 1
    assert await prepare(other_world_url, tmp_path, world=OTHER) is False
    assert await prepare(other_world_url, tmp_path, fresh=True) is True
    assert value(other_world_url, "SELECT count(*) FROM creator WHERE name = '小波私房菜'") == 1


async def test_a_world_that_nobody_has_written_down_is_refused_before_anything_is_touched(
    database_url: str, tmp_path: Path, still_clock: clock.Clock
) -> None:
    with pytest.raises(UnknownWorld, match="douyin_2020, kuaishou_2022"):
        await prepare(database_url, tmp_path, world="../kuaishou_2022")
    assert value(database_url, "SELECT count(*) FROM person") == 0


@pytest.mark.parametrize("fresh", [False, True])
async def test_data_that_no_demo_has_written_is_left_alone(
    database_url: str, tmp_path: Path, still_clock: clock.Clock, fresh: bool
) -> None:
    change(
        database_url,
        "INSERT INTO person VALUES (1, 'somebody', 'Somebody', '', 'active', now())",
    )
    with pytest.raises(NotADemo):
        await prepare(database_url, tmp_path, fresh=fresh)
    assert value(database_url, "SELECT login FROM person") == "somebody"


async def test_tables_of_somebody_else_are_left_alone(
    postgres_url: str, tmp_path: Path, still_clock: clock.Clock
) -> None:
    with copied_database(postgres_url, "template1") as name:
        url = url_of(postgres_url, name)
        change(url, "CREATE TABLE blog_post (title text)")
        with pytest.raises(NotADemo):
            await prepare(url, tmp_path)
        with pytest.raises(NotADemo):
            await prepare(url, tmp_path, fresh=True)
        assert value(url, "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'") == 1
