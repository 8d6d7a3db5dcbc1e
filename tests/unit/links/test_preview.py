"""What a notice would do, before it does it."""

from datetime import timedelta

import pytest

from tests.unit.links.notation import moment, notices
from yellowcart.links.model import Notice, Standing, Surface, Terms
from yellowcart.links.preview import Preview, preview
from yellowcart.links.rules import Timeline, expand, standing

SOURCES = ("own", "taobao_union", "jd_union", "youzan")
NOW = moment("2022-02-25")
HISTORY = """
    2018-01-01 | *         | *            | allow
    2021-11-01 | live_cart | youzan       | refuse
    2022-03-01 | live_cart | taobao_union | refuse
"""


def numbered(board: str, first: int) -> list[Notice]:
    return [
        Notice(
            id=first + place,
            issuer=each.issuer,
            text=each.text,
            reason=each.reason,
            announced_at=each.announced_at,
            effective_at=each.effective_at,
            lines=each.lines,
        )
        for place, each in enumerate(notices(board))
    ]


def enacted(told: list[Notice]) -> Timeline:
    return Timeline([rule for each in told for rule in expand(each, SOURCES)], told)


def foreseen(board: str, *, replaces: int | None = None) -> Preview:
    (proposed,) = numbered(board, 900)
    proposed = Notice(
        id=900,
        issuer=proposed.issuer,
        text=proposed.text,
        reason=proposed.reason,
        announced_at=NOW,
        effective_at=proposed.effective_at,
        lines=proposed.lines,
        replaces_notice_id=replaces,
    )
    codes = {1: "begin", 2: "stores", 3: "unions"}
    return preview(enacted(numbered(HISTORY, 1)), proposed, SOURCES, NOW, codes)


def steps(found: Preview) -> list[tuple[str, str, str, str]]:
    return [
        (each.surface.value, each.source, each.before.action.value, each.after.action.value)
        for each in found.changes
    ]


def test_a_cut_is_told_with_before_and_after() -> None:
    found = foreseen("2022-04-01 | live_cart video_cart | jd_union taobao_union | refuse")
    assert steps(found) == [
        ("live_cart", "jd_union", "allow", "refuse"),
        ("video_cart", "jd_union", "allow", "refuse"),
        ("video_cart", "taobao_union", "allow", "refuse"),
    ]
    assert all(each.is_cut for each in found.changes)
    assert [(rule.surface.value, rule.source) for rule in found.repeats] == [("live_cart", "taobao_union")]
    assert (found.collisions, found.late, found.changes_nothing) == ((), (), False)


def test_what_only_repeats_changes_nothing_and_is_no_refusal() -> None:
    found = foreseen("2022-04-01 | video_cart | jd_union | allow")
    assert (found.changes, found.changes_nothing) == ((), True)


def test_a_fee_on_what_is_allowed_is_a_change_and_the_same_fee_again_is_none() -> None:
    found = foreseen("2022-04-01 | video_cart | jd_union | fee 2000")
    assert [(each.before.terms, each.after.terms) for each in found.changes] == [
        (Terms(found.changes[0].before.action), Terms(found.changes[0].after.action, 2_000))
    ]


@pytest.mark.parametrize(
    ("board", "codes"),
    [
        ("2022-03-01 | live_cart | taobao_union jd_union | allow", ["unions"]),
        ("2022-03-01 | live_cart | * | allow", ["unions"]),
        ("2021-11-01 | * | youzan | refuse", ["stores"]),
    ],
)
def test_a_collision_names_the_notice_that_is_there(board: str, codes: list[str]) -> None:
    found = foreseen(board)
    assert [each.code for each in found.collisions] == codes
    assert (found.changes, found.repeats) == ((), ())


def test_two_lines_that_meet_are_told_without_a_notice() -> None:
    found = foreseen(
        """
        2022-04-01 | live_cart | jd_union | refuse
        2022-04-01 | *         | *        | allow
        """
    )
    assert [(each.surface, each.source, each.code) for each in found.collisions] == [
        (Surface.LIVE_CART, "jd_union", None)
    ]


def test_what_would_begin_in_the_past_is_late_and_what_begins_now_is_not() -> None:
    assert len(foreseen("2022-02-24 | live_cart | jd_union | refuse").late) == 1
    assert foreseen("2022-02-25 | live_cart | jd_union | refuse").late == ()


def test_an_amendment_is_judged_without_the_notice_it_replaces() -> None:
    found = foreseen("2022-03-01 | video_cart | taobao_union | refuse", replaces=3)
    assert found.collisions == ()
    assert steps(found) == [("video_cart", "taobao_union", "allow", "refuse")]
    assert [(each.surface.value, each.source) for each in found.dropped] == [("live_cart", "taobao_union")]
    same = foreseen("2022-03-01 | live_cart | taobao_union | refuse", replaces=3)
    assert (same.dropped, len(same.changes)) == ((), 1)


def test_a_notice_stands_announced_then_in_force_until_later_ones_have_taken_all_its_places() -> None:
    told = numbered(
        """
        2022-03-01 | live_cart video_cart | jd_union | refuse
        2022-03-05 | live_cart            | jd_union | allow
        2022-03-09 | video_cart           | jd_union | allow
        """,
        1,
    )
    timeline = enacted(told)
    first = told[0]
    assert [
        standing(first, timeline, moment(day)).value
        for day in ("2022-02-28", "2022-03-01", "2022-03-05", "2022-03-08", "2022-03-09")
    ] == ["announced", "in_force", "in_force", "in_force", "superseded"]
    gone = timeline.without_notice(first.id)
    assert standing(first, gone, moment("2022-03-09"), withdrawn=True) is Standing.WITHDRAWN
    assert standing(first, gone, moment("2022-03-09"), withdrawn=True, replaced=True) is Standing.REPLACED
    assert {rule.notice_id for rule in gone.rules} == {2, 3}
    assert timeline.without_notice(99).rules == timeline.rules
    assert standing(first, timeline, first.effective_at - timedelta(microseconds=1)) is Standing.ANNOUNCED
