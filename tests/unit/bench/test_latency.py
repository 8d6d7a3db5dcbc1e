"""Percentiles as the benchmarks print them."""

import pytest

from bench.latency import percentile, summarise


def test_percentile_is_a_value_that_happened_by_nearest_rank() -> None:
    values = list(range(1, 101))
    assert [percentile(values, rank) for rank in (1, 500, 505, 990, 991, 1000)] == [1, 50, 51, 99, 100, 100]
    assert percentile([7], 1) == percentile([7], 1000) == 7
    assert percentile([1, 2], 500) == 1
    assert percentile([1, 2], 501) == 2


def test_percentile_refuses_no_values_and_ranks_outside() -> None:
    with pytest.raises(ValueError, match="no values"):
        percentile([], 500)
    for rank in (0, 1001):
        with pytest.raises(ValueError, match="outside"):
            percentile([1], rank)


def test_summary_sorts_and_speaks_microseconds() -> None:
    summary = summarise([3_000_000, 1_000_000, 2_000_000])
    assert summary is not None
    assert (summary.count, summary.p50_us, summary.p99_us, summary.max_us) == (3, 2000, 3000, 3000)


def test_nothing_measured_gives_no_summary() -> None:
    assert summarise([]) is None
