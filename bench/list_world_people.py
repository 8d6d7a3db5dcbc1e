"""The people and promotions of the world of lists: what stands before its orders, and what stands beside them."""

from typing import LiteralString

from yellowcart.kernel.ids import CouponId, PersonId

CARRIER = PersonId(1_999_998)
POPULAR_COUPON = CouponId(400_000_000_000_001)

MADE_BEFORE: tuple[LiteralString, ...] = (
    """
    INSERT INTO person (person_id, login, name, password_hash, state, created_at)
    SELECT person_id, 'lists' || person_id, '买家' || person_id, '', 'active', %(now)s
    FROM (
        SELECT %(first_buyer)s + generate_series(0, %(buyers)s) UNION ALL SELECT %(busy_buyer)s
        UNION ALL SELECT %(carrier)s
    ) AS made (person_id)
    """,
    # Coupons 1 to 200 are the shop's (the first of them stands on thousands of orders), 201 to 250 those of its
    # that are over, 301 to 400 the platform's, 501 to 520 the creator's.
    """
    INSERT INTO coupon (
        coupon_id, funder, shop_id, creator_id, title, threshold_fen, kind, off_fen, usable_from, usable_until,
        stock, claimed, per_buyer_limit, claim_from, claim_until, state, made_by, made_at, stopped_at
    )
    SELECT 400000000000000 + n, funder, CASE funder WHEN 'shop' THEN %(shop_id)s END,
           CASE funder WHEN 'creator' THEN %(creator_id)s END, '满减 ' || n, 0, 'amount', 500,
           %(now)s::timestamptz - interval '70 days',
           %(now)s::timestamptz + CASE WHEN is_over THEN interval '-1 day' ELSE interval '30 days' END,
           100000, 0, 20, %(now)s::timestamptz - interval '70 days',
           %(now)s::timestamptz + CASE WHEN is_over THEN interval '-2 days' ELSE interval '10 days' END,
           CASE WHEN n %% 7 = 0 THEN 'stopped' ELSE 'open' END, %(merchant_id)s,
           %(now)s::timestamptz - interval '70 days', CASE WHEN n %% 7 = 0 THEN %(now)s::timestamptz END
    FROM (
        SELECT n, n BETWEEN 201 AND 250 AS is_over,
               CASE WHEN n <= 250 THEN 'shop' WHEN n <= 400 THEN 'platform' ELSE 'creator' END AS funder
        FROM generate_series(1, 520) AS n
        WHERE n <= 250 OR n BETWEEN 301 AND 400 OR n > 500
    ) AS offered
    """,
)

MADE_BESIDE: tuple[LiteralString, ...] = (
    """
    INSERT INTO order_line_discount (shop_id, order_id, order_line_id, coupon_id, claim_id, funder, amount_fen)
    SELECT shop_id, order_id, order_id + 1,
           400000000000001 + CASE WHEN n %% 8 = 0 AND n %% 50 <> 0 THEN 0 ELSE n / 100 %% 200 END, order_id,
           'shop', off_fen
    FROM made
    WHERE off_fen > 0 AND number = 0 AND %(shop_id)s = shop_id
    """,
    """
    INSERT INTO claimed_coupon (
        buyer_id, claim_id, coupon_id, per_buyer_limit, ordinal, state, idempotency_key, room_id, claimed_at,
        used_shop_id, used_order_id, used_at, given_back
    )
    SELECT buyer_id, order_id,
           400000000000001 + CASE WHEN n %% 8 = 0 AND n %% 50 <> 0 THEN 0 ELSE n / 100 %% 200 END, 20,
           1 + n / 20000, 'used', order_id::text, room_id, submitted_at, shop_id, order_id,
           submitted_at, CASE WHEN n %% 40 = 0 THEN 1 ELSE 0 END
    FROM made
    WHERE off_fen > 0 AND number = 0 AND %(shop_id)s = shop_id
    """,
    """
    INSERT INTO coupon_use (coupon_id, shop_id, used, given_back)
    SELECT coupon_id, used_shop_id, count(*), sum(given_back)
    FROM claimed_coupon
    WHERE state = 'used'
    GROUP BY coupon_id, used_shop_id
    """,
    # Five unused ones in everybody's hands; the buyer with many orders has hundreds, most of them over.
    """
    INSERT INTO claimed_coupon (
        buyer_id, claim_id, coupon_id, per_buyer_limit, ordinal, idempotency_key, claimed_at
    )
    SELECT %(first_buyer)s + number, 450000000000000 + number * 10 + piece,
           400000000000001 + (number + piece * 40) %% 200, 20, 20, 'unused' || piece,
           %(now)s::timestamptz - interval '1 day'
    FROM generate_series(0, %(buyers)s - 1) AS number, generate_series(0, 4) AS piece
    """,
    """
    INSERT INTO claimed_coupon (
        buyer_id, claim_id, coupon_id, per_buyer_limit, ordinal, idempotency_key, claimed_at
    )
    SELECT %(busy_buyer)s, 460000000000000 + coupon_id * 20 + ordinal - 8000000000000000, coupon_id, 20, ordinal,
           'busy' || coupon_id || '-' || ordinal, %(now)s::timestamptz - interval '3 days'
    FROM coupon, generate_series(10, 19) AS ordinal
    WHERE coupon_id > 400000000000200
    """,
    """
    UPDATE coupon SET claimed = claims.number
    FROM (SELECT coupon_id, count(*) AS number FROM claimed_coupon GROUP BY coupon_id) AS claims
    WHERE claims.coupon_id = coupon.coupon_id
    """,
    """
    INSERT INTO special_price (
        shop_id, special_price_id, listing_id, sku_id, kind, price_fen, quota, taken, starts_at, ended_at, made_by,
        made_at
    )
    SELECT %(shop_id)s, 410000000000000 + n, %(listing_id)s, %(sku_id)s, 'room_only', 3990, 100, n %% 100,
           %(now)s::timestamptz - interval '1 day' * (1 + n / 100),
           CASE WHEN n < 2000 THEN %(now)s::timestamptz - interval '1 hour' END, %(merchant_id)s, %(now)s
    FROM generate_series(1, 2000) AS n
    """,
    """
    INSERT INTO message (person_id, message_id, kind, title, body, parts, occasion, created_at, read_at)
    SELECT %(merchant_id)s, 420000000000000 + n, 'bench', 'A message', 'of the bench', '{}', 'bench' || n, %(now)s,
           CASE WHEN n <= 49700 THEN %(now)s::timestamptz END
    FROM generate_series(1, 50000) AS n
    """,
    """
    INSERT INTO shipping_need (
        shop_id, need_id, state, goods, origin, destination, origin_province, destination_province, weight_g,
        pieces, due_at, created_by, created_at, closed_at
    )
    SELECT shop_id, 430000000000000 + n, CASE WHEN n %% 4 = 0 THEN 'expired' ELSE 'open' END, '茶叶 ' || n,
           address, address, (ARRAY['福建省', '广东省', '浙江省'])[1 + n %% 3], '福建省', 5000, 10,
           %(now)s::timestamptz + interval '1 day' * (n %% 5 - 1), %(merchant_id)s, %(now)s,
           CASE WHEN n %% 4 = 0 THEN %(now)s::timestamptz END
    FROM (
        SELECT n, (%(other_shop_ids)s::bigint[] || %(shop_id)s::bigint)[1 + n %% 11] AS shop_id,
               jsonb_build_object(
                   'recipient', '茶铺', 'phone', '13800000001', 'province', '福建省', 'city', '泉州市',
                   'district', '安溪县', 'street', '茶都路 1 号'
               ) AS address
        FROM generate_series(1, 20000) AS n
    ) AS wanted
    WHERE shop_id IS NOT NULL
    """,
    """
    INSERT INTO shipping_quote (
        shop_id, need_id, quote_id, person_id, state, price_fen, pick_up_by, valid_until, created_at, changed_at
    )
    SELECT shop_id, need_id, need_id, %(carrier)s, CASE WHEN state = 'open' THEN 'open' ELSE 'lost' END, 3000,
           due_at, due_at, created_at, created_at
    FROM shipping_need
    WHERE need_id %% 3 = 0
    """,
)
