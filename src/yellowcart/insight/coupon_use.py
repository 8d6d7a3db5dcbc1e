"""What coupons brought: the orders they stand on, what was taken off, and what those orders paid."""

from datetime import date, datetime, timedelta

import msgspec

from yellowcart.kernel import clock
from yellowcart.kernel.clock import SHANGHAI
from yellowcart.kernel.database import Reader
from yellowcart.kernel.ids import CouponId

DAYS_SHOWN = 30


class CouponUse(msgspec.Struct, frozen=True):
    """One coupon's use over its whole life, as of `as_of`.

    `orders_submitted`: orders placed with it, closed ones too. Of those that were paid: their number, what they
    paid (GMV paid: by pay time, refunds included), what the coupon took off, and what of that went back to its
    funder with refunds. Fen.
    """

    orders_submitted: int
    orders_paid: int
    paid_fen: int
    discount_fen: int
    returned_fen: int
    as_of: datetime

    @property
    def cost_fen(self) -> int:
        """What the funder bears now."""
        return self.discount_fen - self.returned_fen


class CouponDay(msgspec.Struct, frozen=True):
    """One day in Asia/Shanghai, by pay time."""

    day: date
    orders_paid: int
    discount_fen: int


async def coupon_use(reader: Reader, coupon_id: CouponId) -> CouponUse:
    """What a coupon brought so far."""
    found = await reader.row(
        CouponUse,
        """
        SELECT count(*)::int AS orders_submitted,
               count(placed.paid_at)::int AS orders_paid,
               coalesce(sum(placed.total_fen) FILTER (WHERE placed.paid_at IS NOT NULL), 0)::bigint AS paid_fen,
               coalesce(sum(off.amount_fen) FILTER (WHERE placed.paid_at IS NOT NULL), 0)::bigint
                   AS discount_fen,
               coalesce(sum(off.returned_fen) FILTER (WHERE placed.paid_at IS NOT NULL), 0)::bigint
                   AS returned_fen,
               %(now)s AS as_of
        FROM (
            SELECT shop_id, order_id, sum(amount_fen) AS amount_fen, sum(returned_fen) AS returned_fen
            FROM order_line_discount
            WHERE coupon_id = %(coupon_id)s
            GROUP BY shop_id, order_id
        ) AS off
        JOIN shop_order AS placed USING (shop_id, order_id)
        """,
        coupon_id=coupon_id,
        now=clock.now(),
    )
    assert found is not None, "an aggregate answers one row"
    return found


async def coupon_days(reader: Reader, coupon_id: CouponId) -> list[CouponDay]:
    """The paid orders of the last DAYS_SHOWN days with the coupon, by day; days without one are there with 0."""
    today = clock.now().astimezone(SHANGHAI).date()
    return await reader.rows(
        CouponDay,
        """
        SELECT days.day::date AS day, count(paid.order_id)::int AS orders_paid,
               coalesce(sum(paid.amount_fen), 0)::bigint AS discount_fen
        FROM generate_series(%(first)s::date, %(last)s::date, interval '1 day') AS days (day)
        LEFT JOIN (
            SELECT placed.order_id, (placed.paid_at AT TIME ZONE 'Asia/Shanghai')::date AS day,
                   sum(off.amount_fen) AS amount_fen
            FROM order_line_discount AS off
            JOIN shop_order AS placed USING (shop_id, order_id)
            WHERE off.coupon_id = %(coupon_id)s AND placed.paid_at IS NOT NULL
            GROUP BY placed.shop_id, placed.order_id, placed.paid_at
        ) AS paid ON paid.day = days.day::date
        GROUP BY days.day
        ORDER BY days.day
        """,
        coupon_id=coupon_id,
        first=today - timedelta(days=DAYS_SHOWN - 1),
        last=today,
    )
