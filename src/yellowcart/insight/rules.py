"""How numbers come out of sums: shares, rates, windows and buckets. Values in, values out."""

from datetime import datetime, time, timedelta

from yellowcart.insight.definitions import DEFINITIONS
from yellowcart.insight.model import AudienceSums, Metric, MetricName, OrderSums, OutsideSums, Window
from yellowcart.kernel.clock import SHANGHAI
from yellowcart.kernel.money import WHOLE

SHARE_DAYS = 7
"""Source share looks at so many natural days, the last of them yesterday (domain.md §6)."""
POINTS_MAX = 400
"""A series has at most so many points; a longer window gets wider buckets."""
BUCKETS_S = (60, 300, 900, 3_600, 21_600, 86_400)

ORDER_METRICS = frozenset(
    {
        MetricName.GMV_SUBMITTED,
        MetricName.GMV_PAID,
        MetricName.GMV_NET_COHORT,
        MetricName.GMV_NET_CASH,
        MetricName.ORDERS_SUBMITTED,
        MetricName.ORDERS_PAID,
        MetricName.PAY_RATE,
    }
)
"""Numbers that need the orders only."""
AUDIENCE_METRICS = frozenset({MetricName.VIEWS, MetricName.VIEWERS, MetricName.OWN_CLICK_SHARE})
"""Numbers that need the viewers only."""
MIXED_METRICS = frozenset({MetricName.GPM, MetricName.UV_VALUE})
"""Numbers that need both."""
OUTSIDE_METRICS = frozenset(
    {MetricName.OUTSIDE_GMV_REPORTED, MetricName.OUTSIDE_COMMISSION_REPORTED, MetricName.CLOSED_LOOP_SHARE}
)
"""Numbers that need what networks report."""
PLAIN_METRICS = ORDER_METRICS | AUDIENCE_METRICS | MIXED_METRICS | OUTSIDE_METRICS
"""Numbers that are one value; the others are a series or told apart by source."""


def share(part: int, whole: int) -> int | None:
    """`part` of `whole` in basis points, rounded to the nearest; None when there is no whole."""
    if whole <= 0:
        return None
    return (2 * part * WHOLE + whole) // (2 * whole)


def per(amount: int, number: int, each: int = 1) -> int | None:
    """`amount` fen for every `each` of `number` things, rounded down; None when there is nothing to divide by."""
    return amount * each // number if number > 0 else None


def natural_days(as_of: datetime, days: int = SHARE_DAYS) -> Window:
    """The last `days` natural days in Asia/Shanghai, to the end of yesterday as seen from `as_of`."""
    today = _midnight(as_of)
    return Window(today - timedelta(days=days), today)


def days_to_today(as_of: datetime, days: int) -> Window:
    """So many natural days in Asia/Shanghai with today, whole, as the last."""
    today = _midnight(as_of)
    return Window(today - timedelta(days=days - 1), today + timedelta(days=1))


def _midnight(moment: datetime) -> datetime:
    return datetime.combine(moment.astimezone(SHANGHAI).date(), time.min, tzinfo=SHANGHAI)


def bucket_of(window: Window) -> int:
    """How wide the buckets of a series are, in seconds: the narrowest that keeps to POINTS_MAX points."""
    length = (window.ends - window.begins).total_seconds()
    return next((width for width in BUCKETS_S if length <= width * POINTS_MAX), BUCKETS_S[-1])


def metric_of(
    name: MetricName,
    orders: OrderSums,
    audience: AudienceSums,
    window: Window,
    as_of: datetime,
    outside: OutsideSums | None = None,
) -> Metric:
    """One number out of the sums of its window. Raises KeyError for a number that is no single value.

    `outside` None or without a line heard: what happened outside is not known.
    """
    heard = outside if outside is not None and outside.heard_count else None
    still_open = {
        MetricName.GMV_NET_COHORT: orders.paid_open_count > 0,
        MetricName.PAY_RATE: orders.submitted_open_count > 0,
        **dict.fromkeys(OUTSIDE_METRICS, heard is None or heard.open_count > 0),
    }
    return Metric(
        definition=DEFINITIONS[name],
        value=_value(name, orders, audience, heard),
        window=window,
        as_of=as_of,
        provisional=as_of < window.ends or still_open.get(name, False),
    )


def _value(name: MetricName, orders: OrderSums, audience: AudienceSums, outside: OutsideSums | None) -> int | None:
    values: dict[MetricName, int | None] = {
        MetricName.GMV_SUBMITTED: orders.submitted_fen,
        MetricName.GMV_PAID: orders.paid_fen,
        MetricName.GMV_NET_COHORT: orders.paid_fen - orders.cohort_refund_fen,
        MetricName.GMV_NET_CASH: orders.paid_fen - orders.cash_refund_fen,
        MetricName.ORDERS_SUBMITTED: orders.submitted_count,
        MetricName.ORDERS_PAID: orders.paid_count,
        MetricName.PAY_RATE: share(orders.submitted_paid_count, orders.submitted_count),
        MetricName.VIEWS: audience.views,
        MetricName.VIEWERS: audience.viewers,
        MetricName.GPM: per(orders.paid_fen, audience.views, 1_000),
        MetricName.UV_VALUE: per(orders.paid_fen, audience.viewers),
        # Without reported outside orders the whole is not known, and 100 % would be a lie.
        MetricName.CLOSED_LOOP_SHARE: (
            share(orders.paid_fen, orders.paid_fen + outside.paid_fen) if outside is not None else None
        ),
        MetricName.OUTSIDE_GMV_REPORTED: outside.paid_fen if outside is not None else None,
        MetricName.OUTSIDE_COMMISSION_REPORTED: outside.commission_fen if outside is not None else None,
        MetricName.OWN_CLICK_SHARE: share(audience.own_taps, audience.taps),
    }
    return values[name]
