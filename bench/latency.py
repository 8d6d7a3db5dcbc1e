"""Latencies in nanoseconds, and the few numbers that describe many of them."""

from collections.abc import Sequence

import msgspec


class LatencySummary(msgspec.Struct, frozen=True, kw_only=True):
    """Percentiles by nearest rank, in microseconds: each is a latency that really happened."""

    count: int
    p50_us: int
    p90_us: int
    p99_us: int
    max_us: int


def percentile(ordered: Sequence[int], per_mille: int) -> int:
    """The nearest-rank percentile of values in ascending order; `per_mille` is 500 for the median.

    Raises ValueError for no values or a rank outside 1..1000.
    """
    if not ordered:
        raise ValueError("no values, so no percentile")
    if not 1 <= per_mille <= 1000:
        raise ValueError(f"per_mille {per_mille} is outside 1..1000")
    rank = -(-len(ordered) * per_mille // 1000)
    return ordered[rank - 1]


def summarise(latencies_ns: Sequence[int]) -> LatencySummary | None:
    """Describe the latencies; None when there are none, so that no number is invented."""
    if not latencies_ns:
        return None
    ordered = sorted(latencies_ns)
    return LatencySummary(
        count=len(ordered),
        p50_us=percentile(ordered, 500) // 1000,
        p90_us=percentile(ordered, 900) // 1000,
        p99_us=percentile(ordered, 990) // 1000,
        max_us=ordered[-1] // 1000,
    )
