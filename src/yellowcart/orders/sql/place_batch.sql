-- The orders of a batch that were judged good, written by one statement while everything they take from is
-- locked. What orders have in common stands once: `goods` are the listed SKUs that they are about, `quote` what an
-- order costs, `quoted` its lines (each at a place of its quote) and `off` what coupons take off them. `ordered`
-- and `line` are what is placed, `claim` the coupons in hand that pay for it.
WITH goods AS MATERIALIZED (
    SELECT *
    FROM json_to_recordset(%(goods)s::json) AS goods (
        goods_number int, listing_id bigint, sku_id bigint, product_id bigint, category_id bigint, title text,
        title_en text, sku_name text, sku_name_en text, picture_url text, list_price_fen bigint,
        return_rule text, confirm_days int, has_limit boolean, terms jsonb
    )
),
quote AS MATERIALIZED (
    SELECT *
    FROM json_to_recordset(%(quotes)s::json) AS quote (
        quote_number int, surface text, room_id bigint, video_id bigint, creator_id bigint, goods_fen bigint,
        discount_fen bigint, freight_fen bigint, total_fen bigint, hold_s int, ship_within_s int
    )
),
quoted AS MATERIALIZED (
    SELECT *
    FROM json_to_recordset(%(quoted)s::json) AS quoted (
        quote_number int, place int, goods_number int, quantity int, unit_price_fen bigint,
        special_price_id bigint, discount_fen bigint, freight_fen bigint
    )
),
off AS MATERIALIZED (
    SELECT *
    FROM json_to_recordset(%(off)s::json) AS off (
        quote_number int, place int, coupon_id bigint, funder text, amount_fen bigint
    )
),
ordered AS MATERIALIZED (
    SELECT *
    FROM json_to_recordset(%(orders)s::json) AS ordered (
        order_id bigint, event_id bigint, buyer_id bigint, quote_number int, address jsonb, note text,
        idempotency_key text, request_hash text
    )
),
line AS MATERIALIZED (
    SELECT line.*, quoted.goods_number, quoted.quantity, quoted.unit_price_fen, quoted.special_price_id,
           quoted.discount_fen, quoted.freight_fen
    FROM unnest(
        %(line_order_ids)s::bigint[], %(order_line_ids)s::bigint[], %(line_buyer_ids)s::bigint[],
        %(line_quotes)s::int[], %(line_places)s::int[], %(accepted)s::boolean[]
    ) AS line (order_id, order_line_id, buyer_id, quote_number, place, return_rule_accepted)
    JOIN quoted USING (quote_number, place)
),
claim AS MATERIALIZED (
    SELECT *
    FROM unnest(
        %(claim_order_ids)s::bigint[], %(claim_buyer_ids)s::bigint[], %(coupon_ids)s::bigint[],
        %(claim_ids)s::bigint[]
    ) AS claim (order_id, buyer_id, coupon_id, claim_id)
),
placed AS (
    INSERT INTO shop_order (
        shop_id, order_id, buyer_id, state, surface, room_id, video_id, creator_id, goods_fen, discount_fen,
        freight_fen, total_fen, address, note, idempotency_key, request_hash, submitted_at, hold_until, hold_s,
        ship_within_s
    )
    SELECT %(shop_id)s, order_id, buyer_id, 'submitted', surface, room_id, video_id, creator_id, goods_fen,
           discount_fen, freight_fen, total_fen, address, note, idempotency_key, request_hash, %(now)s,
           %(now)s::timestamptz + make_interval(secs => hold_s), hold_s, ship_within_s
    FROM ordered
    JOIN quote USING (quote_number)
),
lines AS (
    INSERT INTO order_line (
        shop_id, order_id, order_line_id, listing_id, product_id, sku_id, category_id, title, title_en, sku_name,
        sku_name_en, picture_url, quantity, list_price_fen, unit_price_fen, special_price_id, total_fen,
        discount_fen, freight_fen, payable_fen, return_rule, return_rule_accepted, confirm_days, terms
    )
    SELECT %(shop_id)s, line.order_id, line.order_line_id, goods.listing_id, goods.product_id, goods.sku_id,
           goods.category_id, goods.title, goods.title_en, goods.sku_name, goods.sku_name_en, goods.picture_url,
           line.quantity, goods.list_price_fen, line.unit_price_fen, line.special_price_id,
           line.unit_price_fen * line.quantity, line.discount_fen, line.freight_fen,
           line.unit_price_fen * line.quantity - line.discount_fen + line.freight_fen, goods.return_rule,
           line.return_rule_accepted, goods.confirm_days, goods.terms
    FROM line
    JOIN goods USING (goods_number)
),
discounts AS (
    INSERT INTO order_line_discount (
        shop_id, order_id, order_line_id, coupon_id, claim_id, funder, amount_fen
    )
    SELECT %(shop_id)s, line.order_id, line.order_line_id, off.coupon_id, claim.claim_id, off.funder,
           off.amount_fen
    FROM line
    JOIN off USING (quote_number, place)
    JOIN claim ON claim.order_id = line.order_id AND claim.coupon_id = off.coupon_id
),
used AS (
    UPDATE claimed_coupon
    SET state = 'used', used_shop_id = %(shop_id)s, used_order_id = claim.order_id, used_at = %(now)s
    FROM claim
    WHERE claimed_coupon.buyer_id = claim.buyer_id AND claimed_coupon.claim_id = claim.claim_id
),
special AS (
    UPDATE special_price
    SET taken = special_price.taken + sold.quantity
    FROM (
        SELECT special_price_id, sum(quantity)::int AS quantity
        FROM line
        WHERE special_price_id IS NOT NULL
        GROUP BY special_price_id
    ) AS sold
    WHERE special_price.shop_id = %(shop_id)s AND special_price.special_price_id = sold.special_price_id
),
told AS (
    INSERT INTO outbox_event (shop_id, event_id, kind, payload, effective_at, recorded_at)
    SELECT %(shop_id)s, event_id, %(kind)s,
           jsonb_build_object(
               'event', %(kind)s::text, 'shop_id', %(shop_id)s::bigint, 'order_id', order_id,
               'buyer_id', buyer_id, 'room_id', room_id, 'creator_id', creator_id, 'total_fen', total_fen
           ),
           %(now)s, %(now)s
    FROM ordered
    JOIN quote USING (quote_number)
),
counted AS (
    INSERT INTO purchase_count (shop_id, listing_id, buyer_id, quantity)
    SELECT %(shop_id)s, goods.listing_id, line.buyer_id, sum(line.quantity)::int
    FROM line
    JOIN goods USING (goods_number)
    WHERE goods.has_limit
    GROUP BY goods.listing_id, line.buyer_id
    ORDER BY goods.listing_id, line.buyer_id
    ON CONFLICT (shop_id, listing_id, buyer_id) DO UPDATE
    SET quantity = purchase_count.quantity + excluded.quantity
)
UPDATE stock
SET available = stock.available - taken.quantity, held = stock.held + taken.quantity
FROM (
    SELECT goods.sku_id, sum(line.quantity)::int AS quantity
    FROM line
    JOIN goods USING (goods_number)
    GROUP BY goods.sku_id
) AS taken
WHERE stock.shop_id = %(shop_id)s AND stock.sku_id = taken.sku_id
