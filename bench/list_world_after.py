"""What comes after the orders of the world of lists: after-sales, refunds, findings, reviews."""

from typing import LiteralString

_ADDED_REVIEWS: LiteralString = """
WITH written AS (
    SELECT shop_id, product_id, count(*) AS reviews, sum(goods_stars) AS goods, sum(parcel_stars) AS parcel,
           sum(service_stars) AS service, count(*) FILTER (WHERE goods_stars = 1) AS one,
           count(*) FILTER (WHERE goods_stars = 2) AS two, count(*) FILTER (WHERE goods_stars = 3) AS three,
           count(*) FILTER (WHERE goods_stars = 4) AS four, count(*) FILTER (WHERE goods_stars = 5) AS five,
           count(*) FILTER (WHERE has_append) AS appended
    FROM review
    WHERE is_shown
    GROUP BY shop_id, product_id
)
INSERT INTO review_sum (
    shop_id, product_id, reviews, goods_sum, parcel_sum, service_sum, one_star, two_stars, three_stars, four_stars,
    five_stars, appended
)
SELECT shop_id, each.product_id, reviews, goods, parcel, service, one, two, three, four, five, appended
FROM written, LATERAL (VALUES (written.product_id), (0)) AS each (product_id)
"""

AFTER_ORDERS: tuple[LiteralString, ...] = (
    """
    INSERT INTO aftersale (
        shop_id, aftersale_id, order_id, order_line_id, buyer_id, kind, state, opened_by, reason, quantity,
        asked_fen, most_fen, most_goods_fen, decided_fen, refund_goods_fen, opened_at, moved_at, due_at, ended_at,
        end_reason
    )
    SELECT shop_id, order_id + 7, order_id, order_id + 1, buyer_id,
           CASE WHEN state IN ('paid', 'part_shipped') THEN 'refund_unshipped'
                ELSE (ARRAY['refund_only', 'return_refund', 'exchange', 'resend'])[1 + n / 10 %% 4] END,
           case_state, 'buyer', 'other', 1, 2000, 2000, 2000,
           CASE WHEN is_granted THEN 2000 END, CASE WHEN is_granted THEN 2000 ELSE 0 END,
           paid_at + interval '2 days', paid_at + interval '3 days',
           CASE WHEN case_state NOT IN ('done', 'withdrawn', 'refused', 'closed', 'refunding')
                THEN now() + interval '1 minute' * (n %% 5000 - 500) END,
           CASE WHEN is_over THEN paid_at + interval '4 days' END,
           CASE WHEN is_over THEN CASE case_state WHEN 'done' THEN 'refunded' WHEN 'withdrawn' THEN 'withdrawn'
                                                  WHEN 'refused' THEN 'for_seller' ELSE 'closed' END END
    FROM (
        SELECT *, case_state IN ('done', 'refunding') AS is_granted,
               case_state IN ('done', 'withdrawn', 'refused', 'closed') AS is_over
        FROM made
        WHERE case_state IS NOT NULL
    ) AS asked
    """,
    """
    INSERT INTO aftersale_step (
        shop_id, aftersale_id, step_id, action, actor, person_id, before, after, kind, reason, quantity,
        amount_fen, made_at
    )
    SELECT shop_id, aftersale_id, aftersale_id + step, CASE step WHEN 0 THEN 'open' ELSE 'add_evidence' END,
           'buyer', buyer_id, CASE WHEN step > 0 THEN state END, state, kind, reason, quantity, asked_fen,
           opened_at
    FROM aftersale, generate_series(0, 2) AS step
    """,
    """
    INSERT INTO order_stop (shop_id, order_id, stop_id, reason, subject, made_at)
    SELECT shop_id, order_id, aftersale_id, 'refund', 'aftersale:' || aftersale_id, opened_at
    FROM aftersale
    WHERE due_at IS NOT NULL
    """,
    """
    INSERT INTO refund (
        shop_id, refund_id, order_id, payment_id, cause, subject, state, amount_fen, failure, attempts, ask_at,
        requested_at, succeeded_at
    )
    SELECT shop_id, order_id + 9, order_id, order_id + 5, 'aftersale', 'aftersale:' || order_id + 7,
           CASE WHEN case_state = 'done' THEN 'succeeded' WHEN n %% 40 = 13 THEN 'failed' ELSE 'requested' END,
           2000, CASE WHEN case_state = 'refunding' AND n %% 40 = 13 THEN 'account closed' ELSE '' END,
           n / 10 %% 8, CASE WHEN case_state = 'refunding' THEN now() END, paid_at + interval '3 days',
           CASE WHEN case_state = 'done' THEN paid_at + interval '4 days' END
    FROM made
    WHERE case_state IN ('done', 'refunding')
    """,
    """
    INSERT INTO payment_finding (
        finding_id, provider, kind, subject, reference, state, found_at, last_at, decided_at
    )
    SELECT 440000000000000 + n, 'wechat', 'state_differs', 'bench ' || n, 'reference ' || n,
           CASE WHEN n %% 10 = 0 THEN 'open' ELSE 'resolved' END, now(), now(),
           CASE WHEN n %% 10 <> 0 THEN now() END
    FROM generate_series(1, 5000) AS n
    """,
    """
    INSERT INTO review (
        shop_id, review_id, order_id, order_line_id, product_id, buyer_id, is_anonymous, goods_stars, parcel_stars,
        service_stars, is_shown, has_append, written_at
    )
    SELECT shop_id, order_id + 8, order_id, order_id + 1, product_id, buyer_id, n %% 4 = 0, 1 + n / 2 %% 5,
           1 + n / 4 %% 5, 5, n %% 100 <> 2, n %% 20 = 4, received_at + interval '1 day'
    FROM made
    WHERE received_at IS NOT NULL AND n %% 2 = 0
    """,
    """
    INSERT INTO review_part (
        shop_id, part_id, review_id, part, body, goods_stars, state, findings, written_at, waits_since,
        open_reports, hide_reason, decided_at, appealed_at, answer, answered_by, answered_at
    )
    SELECT shop_id, review_id, review_id, 'first', '茶很好喝', goods_stars, state, '[]', written_at,
           CASE WHEN state IN ('held', 'appealed') OR state = 'shown' AND is_reported THEN written_at END,
           CASE WHEN state = 'shown' AND is_reported THEN 1 ELSE 0 END,
           CASE WHEN state IN ('hidden', 'appealed') THEN 'advert' END,
           CASE WHEN state IN ('hidden', 'appealed') THEN written_at END,
           CASE WHEN state = 'appealed' THEN written_at END,
           CASE WHEN is_answered THEN '谢谢' END, CASE WHEN is_answered THEN buyer_id END,
           CASE WHEN is_answered THEN written_at END
    FROM (
        SELECT review.*,
               CASE WHEN is_shown THEN 'shown'
                    ELSE (ARRAY['held', 'hidden', 'appealed'])[1 + n / 100 %% 3] END AS state,
               n %% 200 = 4 AS is_reported, is_shown AND n %% 6 = 0 AS is_answered
        FROM review
        JOIN made USING (shop_id, order_id)
    ) AS said
    """,
    """
    INSERT INTO review_part (shop_id, part_id, review_id, part, body, goods_stars, state, findings, written_at)
    SELECT shop_id, review_id + 1, review_id, 'append', '喝完再买', goods_stars, 'shown', '[]', written_at
    FROM review
    WHERE has_append
    """,
    _ADDED_REVIEWS,
)
