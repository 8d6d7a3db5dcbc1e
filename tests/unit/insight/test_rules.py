"""Shares, rates, windows and buckets as plain values."""

from datetime import UTC, datetime, timedelta

import pytest

from yellowcart.insight.model import Window
from yellowcart.insight.rules import BUCKETS_S, POINTS_MAX, bucket_of, natural_days, per, share


@pytest.mark.parametrize(
    ("part", "whole", "expected"),
    [(22, 25, 8_800), (1, 3, 3_333), (2, 3, 6_667), (0, 7, 0), (7, 7, 10_000), (0, 0, None)],
)
def test_a_share_is_rounded_to_the_nearest_and_unknown_without_a_whole(
    part: int, whole: int, expected: int | None
) -> None:
    assert share(part, whole) == expected


def test_gmv_per_thousand_views_is_rounded_down_and_unknown_without_views() -> None:
    assert per(12_345, 7, 1_000) == 1_763_571
    assert per(12_345, 0, 1_000) is None


def test_seven_natural_days_end_with_yesterday_in_shanghai() -> None:
    half_past_midnight_in_shanghai = datetime(2022, 2, 24, 16, 30, tzinfo=UTC)
    window = natural_days(half_past_midnight_in_shanghai)
    assert window.begins == datetime(2022, 2, 17, 16, tzinfo=UTC)  # 18 February 00:00
    assert window.ends == datetime(2022, 2, 24, 16, tzinfo=UTC)  # 25 February 00:00
    before_midnight = half_past_midnight_in_shanghai - timedelta(hours=1)
    assert natural_days(before_midnight).ends == datetime(2022, 2, 23, 16, tzinfo=UTC)


@pytest.mark.parametrize(
    "length", [timedelta(minutes=1), timedelta(hours=6), timedelta(days=7), timedelta(days=366)]
)
def test_a_series_never_has_more_points_than_its_limit(length: timedelta) -> None:
    begins = datetime(2022, 2, 25, tzinfo=UTC)
    width = bucket_of(Window(begins, begins + length))
    assert width in BUCKETS_S
    assert length / timedelta(seconds=width) <= POINTS_MAX


@pytest.mark.parametrize(
    ("begins", "ends"),
    [
        (datetime(2022, 2, 25, tzinfo=UTC), datetime(2022, 2, 25, tzinfo=UTC)),
        (datetime(2022, 2, 26, tzinfo=UTC), datetime(2022, 2, 25, tzinfo=UTC)),
        (datetime(2021, 1, 1, tzinfo=UTC), datetime(2022, 2, 25, tzinfo=UTC)),
        (datetime(2022, 2, 25), datetime(2022, 2, 26)),
    ],
)
def test_an_impossible_window_cannot_be_made(begins: datetime, ends: datetime) -> None:
    with pytest.raises(ValueError, match=r"window|aware"):
        Window(begins, ends)
