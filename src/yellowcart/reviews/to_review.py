"""Orders that their buyer can still review, for the tab of the buyer's list."""

import msgspec

from yellowcart.kernel.database import Reader
from yellowcart.kernel.ids import OrderId, PersonId, ShopId
from yellowcart.kernel.paging import Page, bounded_size, decode_cursor, page_of
from yellowcart.reviews.rows import LINE_REFUNDED
from yellowcart.reviews.rules import MAY_REVIEW

NEWEST = 2**53


class OrderToReview(msgspec.Struct, frozen=True):
    """The key of an order with a line that may be reviewed and was not."""

    shop_id: ShopId
    order_id: OrderId


async def orders_to_review(
    reader: Reader, person_id: PersonId, *, cursor: str | None = None, size: int | None = None
) -> Page[OrderToReview]:
    """A buyer's received orders with something left to review, newest first, by the rule of
    `rules.require_reviewable`: a line that was wholly refunded or never left is nothing to review, one that
    coupons paid for is. Raises CursorBroken."""
    (before,) = decode_cursor(cursor, tuple[int], (NEWEST,))
    limit = bounded_size(size)
    rows = await reader.rows(
        OrderToReview,
        f"""
        SELECT placed.shop_id, placed.order_id
        FROM shop_order AS placed
        -- One line after the other, newest order first: the planner would else look at all of them at once.
        CROSS JOIN LATERAL (
            SELECT FROM order_line AS line
            WHERE line.shop_id = placed.shop_id AND line.order_id = placed.order_id
              AND NOT {LINE_REFUNDED}
              AND NOT EXISTS (
                  SELECT FROM review
                  WHERE review.shop_id = line.shop_id AND review.order_id = line.order_id
                    AND review.order_line_id = line.order_line_id
              )
            LIMIT 1
        ) AS unreviewed
        WHERE placed.buyer_id = %(buyer_id)s AND placed.order_id < %(before)s
          AND placed.state = ANY(%(states)s)
        ORDER BY placed.order_id DESC
        LIMIT %(limit)s
        """,  # noqa: S608 - put together from constants of ours
        buyer_id=person_id,
        before=before,
        states=[state.value for state in MAY_REVIEW],
        limit=limit + 1,
    )
    return page_of(rows, limit, lambda row: (row.order_id,))
