"""A shop with 100,000 orders, ten smaller ones beside it, and a buyer with thousands of orders, written in sets.

Orders are spread over about two months; the oldest are completed, the newest wait for payment. Everything about
them is there as well: lines, coupons used, payments, parcels with their tracks, after-sales, reviews. The checks
and keys of the tables hold for every row.
"""

from typing import LiteralString

import msgspec

from bench.list_world_after import AFTER_ORDERS
from bench.list_world_people import CARRIER, MADE_BEFORE, MADE_BESIDE
from tests.small_world import PRICE_FEN, SmallWorld, make_small_world
from yellowcart.kernel import clock
from yellowcart.kernel.database import Database, Writer
from yellowcart.kernel.ids import OrderId, PersonId, new_id

BUSY_BUYER = PersonId(1_999_999)
"""Has every fiftieth order."""
BUYERS = 20_000
FIRST_BUYER = 2_000_000
FIRST_ORDER = 500_000_000_000_000
SPAN_S = 5_000_000
"""The oldest order is about 58 days old."""


class ListShape(msgspec.Struct, frozen=True, kw_only=True):
    """How many orders there are."""

    orders: int = 100_000
    other_shops: int = 10
    orders_of_others: int = 3_000


class ListWorld(msgspec.Struct, frozen=True, kw_only=True):
    """Whose lists are read."""

    shop: SmallWorld
    buyer_id: PersonId
    carrier_id: PersonId
    some_order_id: OrderId
    """An order from the middle of the shop's."""


async def make_list_world(database: Database, shape: ListShape) -> ListWorld:
    """Write it all, then let PostgreSQL look at what it has."""
    shop = await make_small_world(database, pieces=10_000_000, skus=3)
    others = [await make_small_world(database, pieces=1_000_000, skus=3) for _ in range(shape.other_shops)]
    async with database.writing() as writer:
        values = {
            "now": clock.now(),
            "buyers": BUYERS,
            "first_buyer": FIRST_BUYER,
            "busy_buyer": BUSY_BUYER,
            "carrier": CARRIER,
            "shop_id": shop.shop_id,
            "creator_id": shop.creator_id,
            "listing_id": shop.listing_id,
            "sku_id": shop.sku_id,
            "merchant_id": shop.merchant_id,
            "other_shop_ids": [other.shop_id for other in others],
        }
        for statement in MADE_BEFORE:
            await writer.run(statement, **_used(statement, values))
        await writer.run(_MADE_TABLE)
        await _make_orders(writer, shop, 0, shape.orders)
        for number, other in enumerate(others, start=1):
            await _make_orders(writer, other, number, shape.orders_of_others)
        for statement in (*_ORDERS, *AFTER_ORDERS, *MADE_BESIDE):
            await writer.run(statement, **_used(statement, values))
        some_order_id = await writer.value(
            "SELECT order_id FROM made WHERE shop_id = %(shop_id)s AND n = %(n)s",
            shop_id=shop.shop_id,
            n=shape.orders // 2,
        )
    connection = await database.connect(name="yellowcart bench")
    await connection.execute("VACUUM ANALYZE")
    await connection.close()
    return ListWorld(shop=shop, buyer_id=BUSY_BUYER, carrier_id=CARRIER, some_order_id=OrderId(some_order_id))


def _used(statement: str, values: dict[str, object]) -> dict[str, object]:
    """The values that a statement names: PostgreSQL wants to know the type of each."""
    return {name: value for name, value in values.items() if f"%({name})s" in statement}


async def _make_orders(writer: Writer, shop: SmallWorld, number: int, orders: int) -> None:
    await writer.run(
        _MADE,
        shop_id=shop.shop_id,
        number=number,
        orders=orders,
        span_s=SPAN_S,
        first_order=FIRST_ORDER,
        busy_buyer=BUSY_BUYER,
        first_buyer=FIRST_BUYER,
        buyers=BUYERS,
        listing_id=shop.listing_id,
        product_id=shop.product_id,
        sku_ids=list(shop.sku_ids),
        room_id=shop.room_id,
        creator_id=shop.creator_id,
        price_fen=PRICE_FEN,
        coupon_base=new_id(int),
        now=clock.now(),
    )


_MADE_TABLE: LiteralString = """
CREATE TEMPORARY TABLE made (
    shop_id bigint, number int, n int, age int, order_id bigint, buyer_id bigint, state text, close_reason text,
    submitted_at timestamptz, paid_at timestamptz, shipped_at timestamptz, received_at timestamptz,
    completed_at timestamptz, closed_at timestamptz, first_pieces int, second_pieces int, off_fen int,
    freight_fen int, price_fen int, case_state text, listing_id bigint, product_id bigint, category_id bigint,
    sku_ids bigint[], room_id bigint, creator_id bigint
) ON COMMIT DROP
"""

_MADE: LiteralString = """
INSERT INTO made
SELECT %(shop_id)s, %(number)s, n, age, %(first_order)s + (at_s::bigint * 1000) + %(number)s * 10,
       CASE WHEN n %% 50 = 0 THEN %(busy_buyer)s ELSE %(first_buyer)s + n %% %(buyers)s END,
       state, CASE WHEN state = 'closed' THEN CASE WHEN n %% 45 = 0 THEN 'refunded' ELSE 'lapsed' END END,
       submitted_at,
       CASE WHEN is_paid THEN submitted_at + interval '1 minute' END,
       CASE WHEN state IN ('part_shipped', 'shipped', 'received', 'completed')
            THEN submitted_at + interval '20 hours' END,
       CASE WHEN state IN ('received', 'completed') THEN submitted_at + interval '5 days' END,
       CASE WHEN state = 'completed' THEN submitted_at + interval '12 days' END,
       CASE WHEN state = 'closed' THEN submitted_at + interval '30 minutes' END,
       1 + n %% 2, CASE WHEN n %% 5 = 0 THEN 1 ELSE 0 END, CASE WHEN n %% 4 = 0 THEN 500 ELSE 0 END,
       CASE WHEN n %% 3 = 0 THEN 800 ELSE 0 END, %(price_fen)s,
       CASE
           WHEN NOT (n %% 10 = 3 OR n %% 150 = 0) OR state IN ('submitted', 'closed') THEN NULL
           WHEN age < 8000 THEN (ARRAY['awaiting_seller', 'refunding'])[1 + n / 10 %% 2]
           WHEN age < 20000 THEN (ARRAY[
               'awaiting_seller', 'awaiting_buyer', 'awaiting_return', 'awaiting_inspection',
               'awaiting_replacement', 'awaiting_receipt', 'evidence_of_seller', 'evidence_of_buyer',
               'arbitration', 'refunding'
           ])[1 + (n / 10 + n / 150) %% 10]
           ELSE (ARRAY['done', 'done', 'done', 'withdrawn', 'refused', 'done', 'closed'])[
               1 + (n / 10 + n / 150) %% 7
           ]
       END,
       %(listing_id)s, %(product_id)s,
       (
           SELECT category_id FROM product
           WHERE product.shop_id = %(shop_id)s AND product.product_id = %(product_id)s
       ),
       %(sku_ids)s, %(room_id)s, %(creator_id)s
FROM (
    SELECT n, age, at_s, state, state NOT IN ('submitted', 'closed') OR n %% 45 = 0 AS is_paid,
           %(now)s::timestamptz - make_interval(secs => %(span_s)s - at_s) AS submitted_at
    FROM (
        SELECT n, age, at_s,
               CASE
                   WHEN n %% 9 = 0 AND age > 1000 THEN 'closed'
                   WHEN age < 500 AND n %% 5 <> 1 THEN 'submitted'
                   WHEN age < 8000 AND n %% 20 = 0 THEN 'part_shipped'
                   WHEN age < 8000 THEN 'paid'
                   WHEN age < 25000 THEN 'shipped'
                   WHEN age < 38000 THEN 'received'
                   ELSE 'completed'
               END AS state
        FROM (
            SELECT n, ((%(orders)s - n)::bigint * 100000 / %(orders)s)::int AS age,
                   (n::bigint * %(span_s)s / %(orders)s)::int AS at_s
            FROM generate_series(1, %(orders)s) AS n
        ) AS counted
    ) AS standing
) AS timed
"""

_ORDERS: tuple[LiteralString, ...] = (
    "CREATE INDEX ON made (shop_id, order_id)",
    "ANALYZE made",
    """
    INSERT INTO shop_order (
        shop_id, order_id, buyer_id, state, close_reason, surface, room_id, creator_id, goods_fen, discount_fen,
        freight_fen, total_fen, address, idempotency_key, request_hash, submitted_at, hold_until, hold_s, paid_at,
        ship_within_s, ship_due_at, shipped_at, confirm_due_at, received_at, completed_at, closed_at
    )
    SELECT shop_id, order_id, buyer_id, state, close_reason, 'live_cart', room_id, creator_id,
           price_fen * (first_pieces + second_pieces), off_fen, freight_fen,
           price_fen * (first_pieces + second_pieces) - off_fen + freight_fen,
           jsonb_build_object(
               'recipient', '买家' || buyer_id, 'phone', '13800000001', 'province', '福建省', 'city', '泉州市',
               'district', '安溪县', 'street', '茶都路 1 号', 'district_code', '350524'
           ),
           n::text, '', submitted_at, submitted_at + interval '30 minutes', 1800, paid_at, 172800,
           paid_at + interval '48 hours', shipped_at, shipped_at + interval '10 days', received_at, completed_at,
           closed_at
    FROM made
    """,
    """
    INSERT INTO order_line (
        shop_id, order_id, order_line_id, listing_id, product_id, sku_id, category_id, title, title_en, sku_name,
        sku_name_en, picture_url, quantity, list_price_fen, unit_price_fen, total_fen, discount_fen, freight_fen,
        payable_fen, return_rule, return_rule_accepted, confirm_days, terms, shipped_quantity, cancelled_quantity,
        settled_quantity, refunded_fen
    )
    SELECT shop_id, order_id, order_id + line, listing_id, product_id, sku_ids[line], category_id,
           (ARRAY['铁观音', '白茶饼', '紫砂壶', '茶巾', '武夷岩茶'])[1 + n %% 5] || ' ' || n %% 300,
           'Tea ' || n %% 300, line || ' 号', '', '', pieces, price_fen, price_fen, price_fen * pieces, off,
           freight,
           price_fen * pieces - off + freight, 'no_reason', false, 10, '{}',
           CASE WHEN state IN ('shipped', 'received', 'completed') OR state = 'part_shipped' AND line = 1
                THEN pieces ELSE 0 END,
           CASE WHEN close_reason = 'refunded' THEN pieces ELSE 0 END,
           CASE WHEN close_reason = 'refunded' THEN pieces ELSE 0 END,
           CASE WHEN close_reason = 'refunded' THEN price_fen * pieces - off + freight
                WHEN line = 1 AND case_state IN ('done', 'refunding') THEN 2000 ELSE 0 END
    FROM made, LATERAL (
        VALUES (1, first_pieces, off_fen, freight_fen), (2, second_pieces, 0, 0)
    ) AS each (line, pieces, off, freight)
    WHERE pieces > 0
    """,
    """
    INSERT INTO payment (
        shop_id, payment_id, order_id, gateway, method, state, amount_fen, refunded_fen, gateway_reference,
        prepared_at, paid_at, finished_at
    )
    SELECT shop_id, order_id + 5, order_id, (ARRAY['wechat', 'alipay', 'sandbox'])[1 + n %% 3],
           (ARRAY['wechat_native', 'alipay_page', 'sandbox'])[1 + n %% 3],
           CASE WHEN paid_at IS NOT NULL THEN 'succeeded' WHEN state = 'closed' THEN 'lapsed' ELSE 'prepared' END,
           total_fen,
           CASE WHEN close_reason = 'refunded' THEN total_fen
                WHEN case_state IN ('done', 'refunding') THEN 2000 ELSE 0 END,
           CASE WHEN paid_at IS NOT NULL THEN 'G' || order_id END, submitted_at, paid_at,
           CASE WHEN paid_at IS NOT NULL THEN paid_at WHEN state = 'closed' THEN closed_at END
    FROM made
    JOIN (SELECT shop_id, order_id, total_fen FROM shop_order) AS placed USING (shop_id, order_id)
    WHERE state <> 'submitted' OR n %% 2 = 0
    """,
    """
    INSERT INTO shipment (
        shop_id, shipment_id, order_id, carrier, waybill, state, shipped_at, collected_at, moved_at, events,
        delivered_at, is_watched
    )
    SELECT shop_id, order_id + 6, order_id, 'SF', 'SF' || order_id,
           CASE WHEN is_there THEN 'delivered' WHEN is_stuck THEN 'shipped' ELSE 'in_transit' END,
           shipped_at, CASE WHEN NOT is_stuck THEN shipped_at + interval '2 hours' END,
           CASE WHEN is_there THEN shipped_at + interval '3 days' WHEN is_stuck THEN shipped_at
                ELSE shipped_at + interval '1 day' END,
           CASE WHEN is_stuck THEN 0 ELSE 2 END,
           CASE WHEN is_there THEN shipped_at + interval '3 days' END, NOT is_there
    FROM (
        SELECT *, n %% 20 <> 1 AND age > 14000 AS is_there, n %% 20 = 1 AND age < 25000 AS is_stuck FROM made
        WHERE shipped_at IS NOT NULL
    ) AS sent
    """,
    """
    INSERT INTO shipment_line (shop_id, shipment_id, order_id, order_line_id, quantity)
    SELECT shop_id, order_id + 6, order_id, order_line_id, shipped_quantity
    FROM order_line
    WHERE shipped_quantity > 0
    """,
    """
    INSERT INTO waybill (carrier, waybill, shop_id, shipment_id, direction, named_at)
    SELECT carrier, waybill, shop_id, shipment_id, 'outbound', shipped_at FROM shipment
    """,
    """
    INSERT INTO track_event (
        shop_id, shipment_id, happened_at, status, content_hash, place, text, source, received_at
    )
    SELECT shop_id, shipment_id, at, status, status, '泉州市', '快件' || status, 'bench', at
    FROM shipment, LATERAL (
        VALUES ('collected', collected_at), (state, coalesce(delivered_at, moved_at))
    ) AS told (status, at)
    WHERE events > 0
    """,
    """
    INSERT INTO order_stop (shop_id, order_id, stop_id, reason, subject, made_at)
    SELECT shop_id, order_id, order_id, 'risk', '', submitted_at FROM made WHERE state = 'paid' AND n %% 100 = 1
    """,
    """
    INSERT INTO address_change (
        shop_id, order_id, change_id, state, by_shop, asked_by, old_address, new_address, asked_at
    )
    SELECT shop_id, order_id, order_id, 'asked', false, buyer_id, '{}', '{}', submitted_at
    FROM made
    WHERE state = 'paid' AND n %% 50 = 2
    """,
)
