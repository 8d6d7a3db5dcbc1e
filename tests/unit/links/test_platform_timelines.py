"""The rules that Kuaishou (2018-2022) and Douyin (2020) really made, replayed day by day (domain.md §0)."""

from collections.abc import Iterator
from datetime import date, timedelta

import pytest

from tests.unit.links.notation import terms, timeline
from yellowcart.links.model import Surface, Terms
from yellowcart.links.rules import changes_between, shanghai_midnight, verdict

KUAISHOU_SOURCES = ("taobao_union", "jd_union", "youzan", "mockuai")
# The sources give only "2018" and "2021-11"; the first day of each is taken.
KUAISHOU = """
2018-01-01 | *                                  | *              | allow
2021-11-01 | live_cart                          | youzan mockuai | refuse
2022-03-01 | live_cart video_cart product_page  | taobao_union   | refuse
2022-03-01 | live_cart                          | jd_union       | refuse
2022-03-01 | video_cart product_page            | jd_union       | allow
"""

DOUYIN_SOURCES = ("taobao_union", "jd_union", "kaola")
DOUYIN = """
2020-01-01 | *         | * | allow
2020-08-20 | live_cart | * | fee 2000
2020-09-06 | live_cart | * | channel 巨量星图
2020-10-09 | live_cart | * | refuse
"""


def days(first: date, last: date) -> Iterator[date]:
    day = first
    while day <= last:
        yield day
        day += timedelta(days=1)


def kuaishou_says(surface: str, source: str, day: date) -> str:
    """The facts as prose has them, written without rules or timelines."""
    if source == "own":
        return "allow"
    if day.year < 2018:
        return "refuse"
    if source in ("youzan", "mockuai"):
        return "refuse" if surface == "live_cart" and (day.year, day.month) >= (2021, 11) else "allow"
    if (day.year, day.month) < (2022, 3):
        return "allow"
    closed = {"taobao_union": ("live_cart", "video_cart", "product_page"), "jd_union": ("live_cart",)}
    return "refuse" if surface in closed[source] else "allow"


def douyin_says(surface: str, source: str, day: date) -> str:
    """The facts as prose has them."""
    if source == "own":
        return "allow"
    if day.year < 2020:
        return "refuse"
    if surface != "live_cart" or day < date(2020, 8, 20):
        return "allow"
    if day < date(2020, 9, 6):
        return "fee 2000"
    return "channel 巨量星图" if day < date(2020, 10, 9) else "refuse"


@pytest.mark.parametrize("source", ["own", *KUAISHOU_SOURCES])
@pytest.mark.parametrize("surface", list(Surface))
def test_kuaishou_replays_day_by_day(surface: Surface, source: str) -> None:
    told = timeline(KUAISHOU, KUAISHOU_SOURCES)
    for day in days(date(2017, 12, 25), date(2022, 3, 31)):
        midnight = shanghai_midnight(day)
        expected = terms(kuaishou_says(surface, source, day))
        for moment in (midnight, midnight + timedelta(hours=24) - timedelta(microseconds=1)):
            assert verdict(told, surface, source, moment).terms == expected, (day, surface, source)


@pytest.mark.parametrize("source", ["own", *DOUYIN_SOURCES])
@pytest.mark.parametrize("surface", list(Surface))
def test_douyin_replays_day_by_day(surface: Surface, source: str) -> None:
    told = timeline(DOUYIN, DOUYIN_SOURCES)
    for day in days(date(2019, 12, 25), date(2020, 12, 31)):
        midnight = shanghai_midnight(day)
        expected = terms(douyin_says(surface, source, day))
        for moment in (midnight, midnight + timedelta(hours=24) - timedelta(microseconds=1)):
            assert verdict(told, surface, source, moment).terms == expected, (day, surface, source)


def test_the_first_of_march_2022_cuts_four_pairs_and_no_more() -> None:
    told = timeline(KUAISHOU, KUAISHOU_SOURCES)
    midnight = shanghai_midnight(date(2022, 3, 1))
    changes = changes_between(told, midnight - timedelta(days=30), midnight)
    assert [(change.surface.value, change.source, change.is_cut) for change in changes] == [
        ("live_cart", "jd_union", True),
        ("live_cart", "taobao_union", True),
        ("product_page", "taobao_union", True),
        ("video_cart", "taobao_union", True),
    ]
    assert all(change.at == midnight for change in changes)


def test_a_creator_sees_on_the_22nd_of_february_what_will_come() -> None:
    told = timeline(KUAISHOU, KUAISHOU_SOURCES)
    before = verdict(told, Surface.LIVE_CART, "jd_union", shanghai_midnight(date(2022, 2, 22)))
    assert before.admits
    assert before.next_change is not None
    assert before.next_change.at == shanghai_midnight(date(2022, 3, 1))
    video = verdict(told, Surface.VIDEO_CART, "jd_union", shanghai_midnight(date(2022, 2, 22)))
    assert video.next_change is None


def test_douyin_steps_from_fee_to_channel_to_refusal_for_every_outside_source() -> None:
    told = timeline(DOUYIN, DOUYIN_SOURCES)
    changes = changes_between(told, shanghai_midnight(date(2020, 1, 1)), shanghai_midnight(date(2020, 12, 31)))
    steps: dict[str, list[Terms]] = {}
    for change in changes:
        assert change.surface is Surface.LIVE_CART
        steps.setdefault(change.source, []).append(change.after.terms)
    assert set(steps) == set(DOUYIN_SOURCES)
    assert all(told == [terms("fee 2000"), terms("channel 巨量星图"), terms("refuse")] for told in steps.values())
