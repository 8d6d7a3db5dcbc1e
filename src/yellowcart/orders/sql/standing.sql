-- How the buyers of a batch stand at this shop: what their keys were answered before, and what they hold unpaid.
-- Their locks are held: nobody places anything for them meanwhile.
SELECT asked.buyer_id, asked.idempotency_key AS key, placed.order_id, placed.total_fen, placed.hold_until,
       placed.request_hash, NULL::bigint AS room_id, NULL::int AS orders, NULL::int AS pieces
FROM (
    SELECT (pair ->> 0)::bigint AS buyer_id, pair ->> 1 AS idempotency_key
    FROM json_array_elements(%(asked)s::json) AS pair
) AS asked
JOIN shop_order AS placed
    ON placed.shop_id = %(shop_id)s
    AND placed.buyer_id = asked.buyer_id
    AND placed.idempotency_key = asked.idempotency_key
UNION ALL
SELECT held.buyer_id, NULL, NULL, NULL, NULL, NULL, held.room_id, count(DISTINCT held.order_id)::int,
       sum(line.quantity)::int
FROM shop_order AS held
JOIN order_line AS line USING (shop_id, order_id)
WHERE held.shop_id = %(shop_id)s AND held.buyer_id = ANY (%(buyer_ids)s) AND held.state = 'submitted'
GROUP BY held.buyer_id, held.room_id
