"""Writing the past orders: orders, lines, what coupons took off, payments, refunds, cases of cancelled ones, and
the stock that they took.

Written in sets, not through the order lane: the lane sells what is there at this moment. The sums are the same:
stock is received = available + held + sold, and `available` is what the world file says is there at the start.
"""

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta

from yellowcart.demo.past_order import HOLD_S, PastLine, PastOrder
from yellowcart.demo.seed_cancelled import write_cancelled
from yellowcart.demo.seed_parcels import write_parcels
from yellowcart.demo.seed_payments import write_payments
from yellowcart.demo.seed_rows import Row, Seeded, copy_rows
from yellowcart.kernel.database import Writer
from yellowcart.orders.price import PricedLine
from yellowcart.orders.rules import NEED_ACCEPTANCE


async def write_orders(writer: Writer, seeded: Seeded, orders: list[PastOrder], part: str) -> None:
    """Write orders that are sorted by their submission, so that ids follow time."""
    await copy_rows(writer, "shop_order", [_order_row(seeded, order, part, n) for n, order in enumerate(orders)])
    await copy_rows(writer, "order_line", [row for order in orders for row in _line_rows(seeded, order)])
    await copy_rows(writer, "order_line_discount", [row for order in orders for row in _discount_rows(order)])
    cases = await write_cancelled(writer, orders)
    await write_payments(writer, orders, cases)
    await write_parcels(writer, orders)
    await _take_stock(writer, orders)
    await _count_purchases(writer, orders)


def _order_row(seeded: Seeded, order: PastOrder, part: str, number: int) -> Row:
    days = max(seeded.categories[line.listing.product.product.category_id].confirm_days for line in order.lines)
    return {
        "shop_id": order.shop_id,
        "order_id": order.order_id,
        "buyer_id": order.buyer.person_id,
        "state": order.state,
        "close_reason": order.close_reason,
        "surface": order.place.surface,
        "room_id": order.place.room_id,
        "video_id": order.place.video_id,
        "creator_id": order.place.creator_id,
        "goods_fen": order.price.goods_fen,
        "discount_fen": order.price.discount_fen,
        "freight_fen": order.price.freight_fen,
        "total_fen": order.price.total_fen,
        "address": order.buyer.address,
        "note": order.note,
        "idempotency_key": f"{part}-{number}",
        "request_hash": "",
        "submitted_at": order.submitted_at,
        "hold_until": order.hold_until,
        "hold_s": HOLD_S,
        "paid_at": order.paid_at,
        "ship_within_s": order.ship_within_s,
        "ship_due_at": order.paid_at and order.paid_at + timedelta(seconds=order.ship_within_s),
        "shipped_at": order.shipped_at,
        "confirm_due_at": order.shipped_at and order.shipped_at + timedelta(days=days),
        "received_at": order.received_at,
        "completed_at": order.completed_at,
        "closed_at": order.closed_at,
    }


def _line_rows(seeded: Seeded, order: PastOrder) -> Iterator[Row]:
    refunded = order.refunded_at is not None
    for position, (line, priced) in enumerate(order.priced()):
        yield _line_row(seeded, order, line, priced) | {
            "shipped_quantity": order.shipped_of(position),
            "cancelled_quantity": line.quantity if refunded else 0,
            "refunded_fen": priced.payable_fen if refunded else 0,
            "settled_quantity": line.quantity if refunded else 0,
        }


def _line_row(seeded: Seeded, order: PastOrder, line: PastLine, priced: PricedLine) -> Row:
    product = line.listing.product.product
    category = seeded.categories[product.category_id]
    return {
        "shop_id": order.shop_id,
        "order_id": order.order_id,
        "order_line_id": line.order_line_id,
        "listing_id": line.listing.listing_id,
        "category_id": product.category_id,
        "product_id": product.product_id,
        "sku_id": line.sku.sku_id,
        "title": product.title,
        "title_en": product.title_en,
        "sku_name": line.sku.name,
        "sku_name_en": line.sku.name_en,
        "picture_url": product.picture_url,
        "quantity": line.quantity,
        "list_price_fen": line.sku.price_fen,
        "unit_price_fen": line.unit_price_fen,
        "special_price_id": None if line.special is None else line.special.special_price_id,
        "total_fen": priced.total_fen,
        "discount_fen": priced.discount_fen,
        "freight_fen": priced.freight_fen,
        "payable_fen": priced.payable_fen,
        "return_rule": category.return_rule,
        "return_rule_accepted": category.return_rule in NEED_ACCEPTANCE,
        "confirm_days": category.confirm_days,
        "terms": line.terms,
    }


def _discount_rows(order: PastOrder) -> Iterator[Row]:
    claims = {claim.coupon.coupon_id: claim.claim_id for claim in order.claims}
    for line, priced in order.priced():
        for off in priced.discounts:
            yield {
                "shop_id": order.shop_id,
                "order_id": order.order_id,
                "order_line_id": line.order_line_id,
                "coupon_id": off.coupon_id,
                "claim_id": claims[off.coupon_id],
                "funder": off.funder,
                "amount_fen": off.amount_fen,
                "returned_fen": off.amount_fen if order.refunded_at else 0,
            }


async def _take_stock(writer: Writer, orders: list[PastOrder]) -> None:
    held: Counter[tuple[int, int]] = Counter()
    sold: Counter[tuple[int, int]] = Counter()
    for order in orders:
        for line in order.lines:
            key = (line.sku.shop_id, line.sku.sku_id)
            held[key] += line.quantity if order.holds else 0
            sold[key] += line.quantity if order.sold else 0
    await writer.run_many(
        """
        UPDATE stock
        SET received = received + %(held)s + %(sold)s, held = held + %(held)s, sold = sold + %(sold)s
        WHERE shop_id = %(shop_id)s AND sku_id = %(sku_id)s
        """,
        [
            {"shop_id": shop_id, "sku_id": sku_id, "held": held[shop_id, sku_id], "sold": sold[shop_id, sku_id]}
            for shop_id, sku_id in held
        ],
    )


async def _count_purchases(writer: Writer, orders: list[PastOrder]) -> None:
    """What counts towards a listing's limit per buyer: pieces held or sold through it."""
    bought: Counter[tuple[int, int, int]] = Counter()
    for order in orders:
        for line in order.lines:
            if line.listing.limit_per_buyer is not None and (order.holds or order.sold):
                bought[line.sku.shop_id, line.listing.listing_id, order.buyer.person_id] += line.quantity
    await copy_rows(
        writer,
        "purchase_count",
        [
            {"shop_id": shop_id, "listing_id": listing_id, "buyer_id": buyer_id, "quantity": quantity}
            for (shop_id, listing_id, buyer_id), quantity in bought.items()
        ],
    )
