"""The bench itself works: a tiny run against a real server ends in figures that the tables agree with. Nothing is
said here about how fast."""

from pathlib import Path

import msgspec
import psutil
import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from bench.foundation import foundation_checkout, foundation_under_test
from bench.load import LoadResult
from bench.machine import spent_s
from bench.order_lane import LIMIT_PER_BUYER, PIECES, measure_order_lane
from bench.order_lane_figures import sections_of
from bench.order_lane_rounds import LaneShape
from bench.platform_under_test import (
    NotDurableError,
    platform_under_test,
    require_durable,
    scratch_database,
)
from bench.promoted import UsedUp, require_used_up
from bench.report import Report, figures_by_key, markdown_block, ratio_text
from bench.sales import Sales, SalesWrongError, count_placed, require_right
from tests.unit.bench.test_report import report


@pytest.mark.process
@pytest.mark.xdist_group("process")
def test_two_hundred_orders_are_measured_and_found_in_the_tables(postgres_url: str, tmp_path: Path) -> None:
    shape = LaneShape(
        connections=(8,),
        rounds=1,
        seconds=20,
        insert_seconds=0.2,
        orders_max=200,
        promoted_max=150,
        empty_max=200,
    )
    with scratch_database(postgres_url) as database_url:
        with platform_under_test(database_url, tmp_path) as platform:
            server = psutil.Process(platform.process_id)
            result = measure_order_lane(platform, shape, lambda _: None)
        assert not server.is_running()
    (lane,) = result.at[8].plain.results
    (everything,) = result.at[8].everything.results
    (empty,) = result.at[8].empty
    assert lane.statuses == empty.statuses == {201: 200}
    (both,) = result.at[8].both_coupons.results
    assert everything.statuses == both.statuses == {201: 150}
    assert lane.broken == lane.unanswered == 0
    # The warm-up of a second places orders as well.
    assert 200 < result.answered <= 400
    assert result.sales.orders == result.sales.events == result.sales.held == result.answered
    assert 300 < result.answered_everything <= 450
    assert result.used_up.quota_taken == result.sales_everything.orders == result.answered_everything
    assert result.used_up.claims_used == result.used_up.discounts == result.answered_everything + 150
    with psycopg.connect(postgres_url) as connection:
        known = {row[0] for row in connection.execute("SELECT datname FROM pg_database").fetchall()}
    assert conninfo_to_dict(database_url)["dbname"] not in known
    sections = sections_of(result)
    shown = Report(measured_at=report().measured_at, machine=report().machine, sections=sections)
    figures = figures_by_key(shown)
    told = [ratio_text(ratio, figures).split(";")[0] for section in sections for ratio in section.ratios]
    assert sorted(text == "not measured" for text in told) == [False, False, False, False, True, True]
    assert all(figure.value > 0 for figure in figures.values() if figure.key.endswith("per_s"))
    written = markdown_block(shown)
    assert "| orders in the database |" in written
    assert "- The foundation: not measured: the commit 2770d85 is not in this clone." in written


@pytest.mark.process
@pytest.mark.xdist_group("process")
def test_the_lane_of_the_foundation_is_measured_beside_todays(postgres_url: str, tmp_path: Path) -> None:
    checkout = foundation_checkout(None, tmp_path)
    if checkout is None:
        pytest.skip("the foundation's commit is not in this clone")
    shape = LaneShape(
        connections=(4,), rounds=1, seconds=20, insert_seconds=0.2, orders_max=60, promoted_max=60, empty_max=60
    )
    with (
        scratch_database(postgres_url) as database_url,
        platform_under_test(database_url, tmp_path / "today") as platform,
        foundation_under_test(
            postgres_url, checkout, pieces=PIECES, limit_per_buyer=LIMIT_PER_BUYER, home=tmp_path
        ) as foundation,
    ):
        result = measure_order_lane(platform, shape, lambda _: None, foundation)
    rounds = result.at[4].foundation
    assert rounds is not None
    assert [each.statuses for each in rounds.results] == [{201: 60}]
    sections = sections_of(result)
    figures = {figure.key: figure for section in sections for figure in section.figures}
    told = [ratio_text(ratio, figures) for section in sections for ratio in section.ratios]
    assert not [text for text in told if text.startswith("not measured")]


def test_a_commit_that_is_not_in_the_clone_gives_no_foundation(tmp_path: Path) -> None:
    assert foundation_checkout(None, tmp_path, commit="0" * 40) is None
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_no_checkout_is_refused_as_the_foundation(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="is no checkout"):
        foundation_checkout(tmp_path)


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


USED_UP = UsedUp(
    discounts=8,
    discount_fen=5 * 500 + 3 * 300,
    claims_used=8,
    claims_left=8,
    orders_of_claims=5,
    quota_taken=5,
    freight_fen=4_000,
    total_fen=5 * 4_290 - 3 * 300,
    uses_counted=8,
)


def test_promotions_that_agree_with_the_orders_are_right() -> None:
    require_used_up(USED_UP, sales(), buyers=8)


@pytest.mark.parametrize("field", UsedUp.__struct_fields__)
def test_promotions_that_disagree_with_the_orders_are_wrong(field: str) -> None:
    wrong = msgspec.structs.replace(USED_UP, **{field: getattr(USED_UP, field) - 1})
    with pytest.raises(SalesWrongError):
        require_used_up(wrong, sales(), buyers=8)


def test_processes_that_end_meanwhile_take_nothing_away_from_what_was_used() -> None:
    assert spent_s({1: 5.0, 2: 3.0}, {1: 5.5, 3: 0.25}) == 0.75
