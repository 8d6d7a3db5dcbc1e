"""What has to add up in the database of a demo world, whatever was written by hand and whatever by the verbs:
stock, quota, coupons, prices, payments, refunds, parcels, cases, reviews. Each question finds the rows that
contradict it.
"""

from collections.abc import Mapping

from yellowcart.kernel.database import Reader

STOCK = """
SELECT stock.shop_id, stock.sku_id
FROM stock
LEFT JOIN LATERAL (
    SELECT coalesce(sum(quantity) FILTER (WHERE placed.state = 'submitted'), 0) AS held,
           coalesce(
               sum(quantity - cancelled_quantity) FILTER (WHERE placed.paid_at IS NOT NULL), 0
           ) AS sold
    FROM order_line AS line JOIN shop_order AS placed USING (shop_id, order_id)
    WHERE line.shop_id = stock.shop_id AND line.sku_id = stock.sku_id
) AS ordered ON true
LEFT JOIN LATERAL (
    SELECT coalesce(sum(restocked_quantity), 0) AS restocked,
           coalesce(sum(aftersale.quantity) FILTER (WHERE replacement_waybill IS NOT NULL), 0) AS replaced
    FROM aftersale JOIN order_line AS line USING (shop_id, order_id, order_line_id)
    WHERE line.shop_id = stock.shop_id AND line.sku_id = stock.sku_id
) AS cases ON true
WHERE stock.held <> ordered.held OR stock.sold <> ordered.sold - cases.restocked + cases.replaced
   OR received <> available + stock.held + stock.sold
"""

PRICES = """
SELECT placed.shop_id, placed.order_id
FROM shop_order AS placed
JOIN LATERAL (
    SELECT sum(line.total_fen) AS goods_fen, sum(line.discount_fen) AS discount_fen,
           sum(line.freight_fen) AS freight_fen, sum(line.payable_fen) AS payable_fen
    FROM order_line AS line WHERE line.shop_id = placed.shop_id AND line.order_id = placed.order_id
) AS lines ON true
WHERE (lines.goods_fen, lines.discount_fen, lines.freight_fen, lines.payable_fen)
   <> (placed.goods_fen, placed.discount_fen, placed.freight_fen, placed.total_fen)
"""

DISCOUNTS = """
SELECT line.shop_id, line.order_line_id
FROM order_line AS line
LEFT JOIN LATERAL (
    SELECT coalesce(sum(amount_fen), 0) AS amount_fen
    FROM order_line_discount AS off
    WHERE off.shop_id = line.shop_id AND off.order_id = line.order_id AND off.order_line_id = line.order_line_id
) AS coupons ON true
WHERE line.discount_fen <> coupons.amount_fen
"""

COUPONS = """
SELECT coupon.coupon_id
FROM coupon
LEFT JOIN LATERAL (
    SELECT count(*) AS claims FROM claimed_coupon WHERE claimed_coupon.coupon_id = coupon.coupon_id
) AS held ON true
WHERE coupon.claimed <> held.claims OR coupon.claimed > coupon.stock
"""

COUPON_COUNTS = """
SELECT coupon_id
FROM (
    SELECT coupon_id, count(*) FILTER (WHERE state = 'used') AS used, sum(given_back) AS given_back
    FROM claimed_coupon GROUP BY coupon_id
) AS claims
FULL JOIN (
    SELECT coupon_id, sum(used) AS used, sum(given_back) AS given_back FROM coupon_use GROUP BY coupon_id
) AS uses USING (coupon_id)
WHERE coalesce(claims.used, 0) <> coalesce(uses.used, 0)
   OR coalesce(claims.given_back, 0) <> coalesce(uses.given_back, 0)
"""

COUPON_USES = """
SELECT claim.buyer_id, claim.claim_id
FROM claimed_coupon AS claim
JOIN coupon USING (coupon_id)
LEFT JOIN shop_order AS placed ON placed.shop_id = used_shop_id AND placed.order_id = used_order_id
WHERE claim.claimed_at < coupon.claim_from OR claim.claimed_at >= coupon.claim_until
   OR (claim.state = 'used' AND (placed.order_id IS NULL OR placed.buyer_id <> claim.buyer_id
       OR placed.submitted_at < claim.claimed_at OR placed.submitted_at >= coupon.usable_until
       OR placed.close_reason IN ('lapsed', 'buyer_cancelled')
       OR NOT EXISTS (
           SELECT FROM order_line_discount AS off
           WHERE off.shop_id = used_shop_id AND off.order_id = used_order_id AND off.claim_id = claim.claim_id
       )))
"""

QUOTA = """
SELECT special.shop_id, special.special_price_id
FROM special_price AS special
LEFT JOIN LATERAL (
    SELECT coalesce(sum(line.quantity - line.cancelled_quantity), 0)
           - coalesce(sum(returned.pieces), 0) AS pieces
    FROM order_line AS line
    JOIN shop_order AS placed USING (shop_id, order_id)
    LEFT JOIN LATERAL (
        SELECT sum(restocked_quantity) AS pieces FROM aftersale
        WHERE aftersale.shop_id = line.shop_id AND aftersale.order_line_id = line.order_line_id
          AND aftersale.order_id = line.order_id AND kind = 'return_refund'
    ) AS returned ON true
    WHERE line.shop_id = special.shop_id AND line.special_price_id = special.special_price_id
      AND (placed.state <> 'closed' OR placed.paid_at IS NOT NULL)
) AS sold ON true
WHERE special.taken <> sold.pieces
"""

PAYMENTS = """
SELECT placed.shop_id, placed.order_id
FROM shop_order AS placed
LEFT JOIN LATERAL (
    SELECT count(*) FILTER (WHERE state = 'succeeded') AS paid,
           coalesce(sum(amount_fen) FILTER (WHERE state = 'succeeded'), 0) AS paid_fen,
           coalesce(sum(refunded_fen) FILTER (WHERE state = 'succeeded'), 0) AS refunded_fen
    FROM payment WHERE payment.shop_id = placed.shop_id AND payment.order_id = placed.order_id
) AS money ON true
LEFT JOIN LATERAL (
    SELECT coalesce(sum(line.refunded_fen), 0) AS refunded_fen
    FROM order_line AS line WHERE line.shop_id = placed.shop_id AND line.order_id = placed.order_id
) AS lines ON true
WHERE (paid_at IS NOT NULL) <> (paid = 1)
   OR paid_fen <> CASE WHEN paid_at IS NULL THEN 0 ELSE total_fen END
   OR money.refunded_fen <> lines.refunded_fen
"""

REFUNDS = """
SELECT payment.shop_id, payment.payment_id
FROM payment
LEFT JOIN LATERAL (
    SELECT coalesce(sum(amount_fen), 0) AS amount_fen FROM refund
    WHERE refund.shop_id = payment.shop_id AND refund.payment_id = payment.payment_id
) AS back ON true
WHERE payment.refunded_fen <> back.amount_fen
   OR (payment.state = 'surplus' AND payment.refunded_fen <> payment.amount_fen)
"""

PROVIDER_BOOKS = """
SELECT payment.payment_id
FROM payment
FULL JOIN sandbox_charge AS charge USING (shop_id, payment_id)
LEFT JOIN LATERAL (
    SELECT coalesce(sum(amount_fen), 0) AS amount_fen FROM refund
    WHERE refund.shop_id = payment.shop_id AND refund.payment_id = payment.payment_id
      AND refund.state = 'succeeded' AND refund.by_hand_by IS NULL
) AS back ON true
WHERE payment.gateway = 'sandbox'
  AND (payment.state IS NULL OR charge.state IS NULL OR payment.amount_fen <> charge.amount_fen
       OR (payment.state IN ('succeeded', 'surplus')) <> (charge.state = 'paid')
       OR charge.refunded_fen <> back.amount_fen)
"""

CASES = """
SELECT line.shop_id, line.order_line_id
FROM order_line AS line
LEFT JOIN LATERAL (
    SELECT coalesce(sum(refund_goods_fen + refund_freight_fen + return_freight_refunded_fen), 0) AS refunded_fen,
           coalesce(sum(returned_quantity), 0) AS returned, coalesce(sum(settled_quantity), 0) AS settled
    FROM aftersale
    WHERE aftersale.shop_id = line.shop_id AND aftersale.order_id = line.order_id
      AND aftersale.order_line_id = line.order_line_id
) AS cases ON true
WHERE line.refunded_fen <> cases.refunded_fen OR line.returned_quantity <> cases.returned
   OR line.settled_quantity <> cases.settled
"""

CASE_REFUNDS = """
SELECT refund.shop_id, refund.refund_id
FROM refund
LEFT JOIN aftersale ON aftersale.shop_id = refund.shop_id
    AND 'aftersale:' || aftersale.aftersale_id = refund.subject
WHERE refund.cause = 'aftersale'
  AND (aftersale.aftersale_id IS NULL
       OR refund.amount_fen
          <> refund_goods_fen + refund_freight_fen + return_freight_refunded_fen
       OR (refund.state = 'succeeded') <> (aftersale.state = 'done'))
"""

CASE_STEPS = """
SELECT aftersale.shop_id, aftersale.aftersale_id
FROM aftersale
JOIN LATERAL (
    SELECT count(*) AS turns, (array_agg(step.after ORDER BY step_id DESC))[1] AS last
    FROM aftersale_step AS step
    WHERE step.shop_id = aftersale.shop_id AND step.aftersale_id = aftersale.aftersale_id
) AS steps ON true
WHERE steps.turns <> aftersale.version OR steps.last <> aftersale.state
"""

STOPS = """
SELECT aftersale.shop_id, aftersale.aftersale_id
FROM aftersale
LEFT JOIN order_stop AS stop ON stop.shop_id = aftersale.shop_id AND stop.order_id = aftersale.order_id
    AND stop.subject = 'aftersale:' || aftersale.aftersale_id AND stop.lifted_at IS NULL
WHERE (ended_at IS NULL AND aftersale.state <> 'refunding' AND kind <> 'price_protection')
   <> (stop.stop_id IS NOT NULL)
"""

PIECES = """
SELECT line.shop_id, line.order_line_id
FROM order_line AS line
JOIN shop_order AS placed USING (shop_id, order_id)
LEFT JOIN LATERAL (
    SELECT coalesce(sum(piece.quantity), 0) AS pieces
    FROM shipment_line AS piece
    JOIN shipment ON shipment.shop_id = piece.shop_id AND shipment.shipment_id = piece.shipment_id
    WHERE piece.shop_id = line.shop_id AND piece.order_id = line.order_id
      AND piece.order_line_id = line.order_line_id AND shipment.purpose = 'order'
) AS parcels ON true
WHERE line.shipped_quantity <> parcels.pieces
   OR (placed.state IN ('shipped', 'received', 'completed')
       AND line.shipped_quantity + line.cancelled_quantity <> line.quantity)
"""

TRACKS = """
SELECT shipment.shop_id, shipment.shipment_id
FROM shipment
LEFT JOIN waybill USING (shop_id, shipment_id)
LEFT JOIN LATERAL (
    SELECT count(*) AS events, max(happened_at) AS moved_at, min(happened_at) AS collected_at
    FROM track_event AS event
    WHERE event.shop_id = shipment.shop_id AND event.shipment_id = shipment.shipment_id
) AS track ON true
WHERE shipment.events <> track.events OR waybill.waybill IS NULL OR waybill.waybill <> shipment.waybill
   OR (track.events > 0 AND (shipment.moved_at <> track.moved_at OR shipment.collected_at <> track.collected_at))
"""

REVIEWS = """
SELECT sums.shop_id, sums.product_id
FROM review_sum AS sums
JOIN LATERAL (
    SELECT count(*) AS reviews, coalesce(sum(goods_stars), 0) AS goods, coalesce(sum(parcel_stars), 0) AS parcel,
           coalesce(sum(service_stars), 0) AS service, count(*) FILTER (WHERE has_pictures) AS with_pictures,
           count(*) FILTER (WHERE has_append) AS appended
    FROM review
    WHERE review.shop_id = sums.shop_id AND (sums.product_id = 0 OR review.product_id = sums.product_id)
      AND is_shown
) AS shown ON true
WHERE (sums.reviews, goods_sum, parcel_sum, service_sum, sums.with_pictures, sums.appended)
   <> (shown.reviews, shown.goods, shown.parcel, shown.service, shown.with_pictures, shown.appended)
"""

CONTRADICTIONS: Mapping[str, str] = {
    "stock is what orders and returns made of it": STOCK,
    "an order costs what its lines cost": PRICES,
    "a line's discount is what coupons took off": DISCOUNTS,
    "as many coupons are given out as buyers hold": COUPONS,
    "uses of coupons are counted as their claims say": COUPON_COUNTS,
    "a used coupon stands on an order of its buyer, in its time": COUPON_USES,
    "the quota taken is what orders hold at the special price": QUOTA,
    "a paid order has one payment, and gave back what its lines say": PAYMENTS,
    "a payment gave back what its refunds say": REFUNDS,
    "the provider's books say the same": PROVIDER_BOOKS,
    "a line was refunded what its cases decided": CASES,
    "a refund has its case": CASE_REFUNDS,
    "a case stands where its last turn led": CASE_STEPS,
    "an open case stops its order, and no other": STOPS,
    "what has left lies in parcels": PIECES,
    "a parcel is where its track leads": TRACKS,
    "review sums count the reviews that are shown": REVIEWS,
}
"""Sentences that hold, each with the query that finds what contradicts it."""


async def contradictions(reader: Reader) -> dict[str, int]:
    """The sentences that do not hold, each with the number of rows that contradict it; a sound world has none."""
    found = {
        sentence: await reader.value(f"SELECT count(*) FROM ({query}) AS wrong")  # noqa: S608 - constants
        for sentence, query in CONTRADICTIONS.items()
    }
    return {sentence: number for sentence, number in found.items() if number}
