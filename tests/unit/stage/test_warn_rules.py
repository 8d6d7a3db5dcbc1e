"""Which warning is due when, and of what."""

from datetime import UTC, datetime, timedelta

import pytest

from yellowcart.links.model import Action, LinkRule, Surface
from yellowcart.links.rules import Timeline, changes_between
from yellowcart.stage.warn_messages import time_left
from yellowcart.stage.warn_rules import due_step, is_worth_a_warning

BEGINS = datetime(2022, 2, 28, 16, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("hours_before", "step"),
    [
        (7 * 24 + 0.01, None),
        (7 * 24, 7),
        (5 * 24, 7),
        (3 * 24 + 0.01, 7),
        (3 * 24, 3),
        (24.01, 3),
        (24, 1),
        (0.01, 1),
        (0, None),
        (-1, None),
    ],
)
def test_the_latest_step_that_has_come_is_due(hours_before: float, step: int | None) -> None:
    assert due_step(BEGINS, BEGINS - timedelta(hours=hours_before)) == step


@pytest.mark.parametrize(
    ("before", "after", "worth"),
    [
        (Action.ALLOW, Action.REFUSE, True),
        (Action.ALLOW, Action.ALLOW_WITH_FEE, True),
        (Action.ALLOW, Action.REQUIRE_CHANNEL, True),
        (Action.REFUSE, Action.ALLOW, False),
        (Action.REFUSE, Action.REQUIRE_CHANNEL, True),
        (Action.ALLOW_WITH_FEE, Action.ALLOW, False),
    ],
)
def test_to_be_allowed_asks_nothing_of_anybody(before: Action, after: Action, worth: bool) -> None:
    timeline = Timeline([_rule(before, BEGINS - timedelta(days=30)), _rule(after, BEGINS)])
    (change,) = changes_between(timeline, BEGINS - timedelta(days=1), BEGINS)
    assert is_worth_a_warning(change) is worth


def _rule(action: Action, at: datetime) -> LinkRule:
    return LinkRule(
        surface=Surface.LIVE_CART,
        source="youzan",
        effective_at=at,
        action=action,
        fee_basis_points=500 if action is Action.ALLOW_WITH_FEE else None,
        channel="巨量星图" if action is Action.REQUIRE_CHANNEL else None,
        notice_id=1,
    )


@pytest.mark.parametrize(
    ("left", "words"),
    [
        (timedelta(days=7), "7 days"),
        (timedelta(days=6, hours=23, minutes=59), "7 days"),
        (timedelta(hours=48), "2 days"),
        (timedelta(hours=47), "47 hours"),
        (timedelta(hours=24) - timedelta(seconds=9), "24 hours"),
        (timedelta(minutes=2), "1 hours"),
    ],
)
def test_what_is_left_is_said_in_days_or_hours(left: timedelta, words: str) -> None:
    assert time_left(left)["en"] == words
