"""When a received order is complete: when nobody can send it back without a reason any more, to the second."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from yellowcart.orders.rules import complete_if_received_before, no_reason_until

moments = st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))


@given(received_at=moments, later=st.timedeltas(timedelta(), timedelta(days=9)))
def test_an_order_is_complete_exactly_when_its_days_of_return_are_over(
    received_at: datetime, later: timedelta
) -> None:
    now = received_at + later
    assert (received_at < complete_if_received_before(now)) == (now >= no_reason_until(received_at))


@given(received_at=moments)
def test_a_buyer_has_seven_whole_days(received_at: datetime) -> None:
    assert timedelta(days=7) <= no_reason_until(received_at) - received_at <= timedelta(days=8)
