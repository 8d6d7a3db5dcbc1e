"""The bench itself works: a tiny run against a real server ends in figures that the tables agree with. Nothing is
said here about how fast."""

from pathlib import Path

import psutil
import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from bench.load import LoadResult
from bench.order_lane import LaneShape, measure_order_lane, sections_of
from bench.platform_under_test import (
    NotDurableError,
    platform_under_test,
    require_durable,
    scratch_database,
)
from bench.report import Report, figures_by_key, markdown_block, ratio_text
from bench.sales import Sales, SalesWrongError, count_placed, require_right
from tests.unit.bench.test_report import report


@pytest.mark.process
@pytest.mark.xdist_group("process")
def test_two_hundred_orders_are_measured_and_found_in_the_tables(postgres_url: str, tmp_path: Path) -> None:
    shape = LaneShape(connections=(8,), rounds=1, seconds=20, insert_seconds=0.2, orders_max=200, empty_max=200)
    with scratch_database(postgres_url) as database_url:
        with platform_under_test(database_url, tmp_path) as platform:
            server = psutil.Process(platform.process_id)
            result = measure_order_lane(platform, shape, lambda _: None)
        assert not server.is_running()
    (lane,) = result.at[8].lane
    (empty,) = result.at[8].empty
    assert lane.statuses == empty.statuses == {201: 200}
    assert lane.broken == lane.unanswered == 0
    # The warm-up of a second places orders as well.
    assert 200 < result.answered <= 400
    assert result.sales.orders == result.sales.events == result.sales.held == result.answered
    with psycopg.connect(postgres_url) as connection:
        known = {row[0] for row in connection.execute("SELECT datname FROM pg_database").fetchall()}
    assert conninfo_to_dict(database_url)["dbname"] not in known
    sections = sections_of(result)
    shown = Report(measured_at=report().measured_at, machine=report().machine, sections=sections)
    figures = figures_by_key(shown)
    for section in sections:
        assert all(float(ratio_text(ratio, figures).split(";")[0]) > 0 for ratio in section.ratios)
    assert "| orders in the database |" in markdown_block(shown)


def test_a_database_that_does_not_flush_is_not_measured(postgres_url: str) -> None:
    # The tests' own server runs without fsync (tests/conftest.py).
    with pytest.raises(NotDurableError, match="fsync = off"):
        require_durable(postgres_url)


def sales(**changes: int) -> Sales:
    counted = {"orders": 5, "buyers": 5, "lines": 5, "events": 5, "counted": 5, "available": 3, "held": 5}
    return Sales(**(counted | {"sold": 0} | changes))


def test_tables_that_agree_with_the_answers_are_right() -> None:
    require_right(sales(), pieces=8, answered=5)
    require_right(sales(), pieces=8, answered=4, lost=1)


@pytest.mark.parametrize(
    "wrong", [{"orders": 6}, {"buyers": 4}, {"lines": 4}, {"events": 6}, {"counted": 0}, {"held": 6}, {"sold": 1}]
)
def test_tables_that_disagree_with_each_other_are_wrong(wrong: dict[str, int]) -> None:
    with pytest.raises(SalesWrongError):
        require_right(sales(**wrong), pieces=8, answered=5)


@pytest.mark.parametrize(("pieces", "answered", "lost"), [(9, 5, 0), (7, 5, 0), (8, 6, 0), (8, 4, 0), (8, 3, 1)])
def test_an_order_too_many_or_too_few_is_wrong(pieces: int, answered: int, lost: int) -> None:
    with pytest.raises(SalesWrongError):
        require_right(sales(), pieces=pieces, answered=answered, lost=lost)


def answers(statuses: dict[int, int], refusals: dict[str, int]) -> LoadResult:
    return LoadResult(
        connections=1,
        sent=1,
        answered=1,
        broken=0,
        unanswered=0,
        wall_s=1,
        requests_per_s=1,
        latency=None,
        statuses=statuses,
        refusals=refusals,
        cpu_user_s=0,
        cpu_system_s=0,
    )


def test_every_refused_buyer_must_have_been_told_why() -> None:
    assert count_placed([answers({201: 3, 409: 2}, {"sold_out": 2}), answers({201: 1}, {})]) == 4
    with pytest.raises(SalesWrongError):
        count_placed([answers({409: 1}, {"": 1})])
    with pytest.raises(SalesWrongError):
        count_placed([answers({500: 1}, {"internal_error": 1})])
