-- A batch of orders of one shop, placed by one statement. `goods` are the listed SKUs it is about, `requests`
-- the orders in their order of arrival, at most one of each buyer. Repeats of an idempotency key answer with
-- the order that the first made; limits per buyer are applied; stock is allotted in order of arrival, and an
-- order too large for what is left does not shut out a smaller one behind it.
WITH RECURSIVE
goods AS MATERIALIZED (
    SELECT *
    FROM json_to_recordset(%(goods)s::json) AS goods (
        goods_number int, listing_id bigint, sku_id bigint, product_id bigint, creator_id bigint, room_id bigint,
        video_id bigint, surface text, title text, title_en text, sku_name text, sku_name_en text,
        picture_url text, unit_price_fen bigint, limit_per_buyer int, hold_until timestamptz, terms jsonb
    )
),
request AS MATERIALIZED (
    SELECT *
    FROM json_to_recordset(%(requests)s::json) AS request (
        arrival int, order_id bigint, order_line_id bigint, event_id bigint, buyer_id bigint, goods_number int,
        quantity int, idempotency_key text, request_hash text, address jsonb
    )
),
answered AS MATERIALIZED (
    SELECT request.arrival, placed.order_id, placed.total_fen, placed.hold_until,
           placed.request_hash = request.request_hash AS is_same
    FROM request
    JOIN shop_order AS placed
        ON placed.shop_id = %(shop_id)s
        AND placed.buyer_id = request.buyer_id
        AND placed.idempotency_key = request.idempotency_key
),
judged AS MATERIALIZED (
    SELECT request.arrival, request.order_id, request.quantity, request.buyer_id, goods.sku_id,
           goods.limit_per_buyer IS NOT NULL
               AND coalesce(bought.quantity, 0) + request.quantity > goods.limit_per_buyer AS over_limit
    FROM request
    JOIN goods USING (goods_number)
    LEFT JOIN purchase_count AS bought
        ON goods.limit_per_buyer IS NOT NULL
        AND bought.shop_id = %(shop_id)s
        AND bought.listing_id = goods.listing_id
        AND bought.buyer_id = request.buyer_id
    WHERE NOT EXISTS (SELECT FROM answered WHERE answered.arrival = request.arrival)
),
line_up AS MATERIALIZED (
    SELECT sku_id,
           array_agg(arrival ORDER BY arrival) AS arrivals,
           array_agg(quantity ORDER BY arrival) AS quantities
    FROM judged
    WHERE NOT over_limit
    GROUP BY sku_id
),
walk (sku_id, place, remaining, fits) AS (
    SELECT line_up.sku_id, 0, stock.available, false
    FROM line_up
    JOIN stock ON stock.shop_id = %(shop_id)s AND stock.sku_id = line_up.sku_id
    UNION ALL
    SELECT walk.sku_id,
           walk.place + 1,
           walk.remaining
               - CASE WHEN line_up.quantities[walk.place + 1] <= walk.remaining
                      THEN line_up.quantities[walk.place + 1] ELSE 0 END,
           line_up.quantities[walk.place + 1] <= walk.remaining
    FROM walk
    JOIN line_up USING (sku_id)
    WHERE walk.place < cardinality(line_up.quantities) AND walk.remaining > 0
),
allotted AS MATERIALIZED (
    SELECT line_up.arrivals[walk.place] AS arrival
    FROM walk
    JOIN line_up USING (sku_id)
    WHERE walk.fits
),
placed AS (
    INSERT INTO shop_order (
        shop_id, order_id, buyer_id, state, listing_id, surface, room_id, video_id, creator_id, total_fen, address,
        idempotency_key, request_hash, submitted_at, hold_until
    )
    SELECT %(shop_id)s, request.order_id, request.buyer_id, 'submitted', goods.listing_id, goods.surface,
           goods.room_id, goods.video_id, goods.creator_id, goods.unit_price_fen * request.quantity,
           request.address, request.idempotency_key, request.request_hash, %(now)s, goods.hold_until
    FROM allotted
    JOIN request USING (arrival)
    JOIN goods USING (goods_number)
    -- The same key at the same moment in another process, for another SKU: the first one there wins.
    ON CONFLICT (shop_id, buyer_id, idempotency_key) DO NOTHING
    RETURNING order_id
),
admitted AS MATERIALIZED (
    SELECT request.*
    FROM placed
    JOIN request USING (order_id)
),
lines AS (
    INSERT INTO order_line (
        shop_id, order_id, order_line_id, product_id, sku_id, title, title_en, sku_name, sku_name_en, picture_url,
        quantity, unit_price_fen, total_fen, terms
    )
    SELECT %(shop_id)s, admitted.order_id, admitted.order_line_id, goods.product_id, goods.sku_id, goods.title,
           goods.title_en, goods.sku_name, goods.sku_name_en, goods.picture_url, admitted.quantity,
           goods.unit_price_fen, goods.unit_price_fen * admitted.quantity, goods.terms
    FROM admitted
    JOIN goods USING (goods_number)
),
told AS (
    INSERT INTO outbox_event (shop_id, event_id, kind, payload, effective_at, recorded_at)
    SELECT %(shop_id)s, admitted.event_id, %(kind)s,
           jsonb_build_object(
               'event', %(kind)s::text, 'shop_id', %(shop_id)s::bigint, 'order_id', admitted.order_id,
               'buyer_id', admitted.buyer_id, 'listing_id', goods.listing_id, 'room_id', goods.room_id,
               'creator_id', goods.creator_id, 'total_fen', goods.unit_price_fen * admitted.quantity
           ),
           %(now)s, %(now)s
    FROM admitted
    JOIN goods USING (goods_number)
),
counted AS (
    INSERT INTO purchase_count (shop_id, listing_id, buyer_id, quantity)
    SELECT %(shop_id)s, goods.listing_id, admitted.buyer_id, admitted.quantity
    FROM admitted
    JOIN goods USING (goods_number)
    WHERE goods.limit_per_buyer IS NOT NULL
    ON CONFLICT (shop_id, listing_id, buyer_id) DO UPDATE
    SET quantity = purchase_count.quantity + excluded.quantity
),
taken AS (
    UPDATE stock
    SET available = stock.available - ordered.quantity,
        held = stock.held + ordered.quantity
    FROM (
        SELECT goods.sku_id, sum(admitted.quantity)::int AS quantity
        FROM admitted
        JOIN goods USING (goods_number)
        GROUP BY goods.sku_id
    ) AS ordered
    WHERE stock.shop_id = %(shop_id)s AND stock.sku_id = ordered.sku_id
    RETURNING stock.sku_id, stock.available
)
SELECT request.arrival,
       CASE
           WHEN admitted.arrival IS NOT NULL THEN 'placed'
           WHEN answered.is_same THEN 'repeated'
           WHEN answered.arrival IS NOT NULL THEN 'key_reused'
           WHEN judged.over_limit THEN 'limit_reached'
           WHEN allotted.arrival IS NOT NULL THEN 'key_busy'
           ELSE 'sold_out'
       END AS outcome,
       answered.order_id,
       answered.total_fen,
       answered.hold_until,
       taken.available
FROM request
JOIN goods USING (goods_number)
LEFT JOIN answered USING (arrival)
LEFT JOIN judged USING (arrival)
LEFT JOIN allotted USING (arrival)
LEFT JOIN admitted USING (arrival)
LEFT JOIN taken ON taken.sku_id = goods.sku_id
ORDER BY request.arrival
