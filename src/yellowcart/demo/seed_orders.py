"""Writing the past orders: orders, lines, payments, refunds, shipments, and the stock that they took.

Written in sets, not through the order lane: the lane sells what is there at this moment. The sums are the same:
stock is received = available + held + sold, and `available` is what the world file says is there at the start.
"""

from collections import Counter
from collections.abc import Iterator

from yellowcart.demo.past_orders import PastOrder
from yellowcart.demo.seed_rows import Seeded, copy_rows
from yellowcart.kernel.database import Writer
from yellowcart.kernel.ids import OrderId, OrderLineId, PaymentId, new_id
from yellowcart.orders.gateway import GatewayState
from yellowcart.orders.model import PaymentState, RefundState
from yellowcart.orders.rules import CARRIERS

GATEWAY = "sandbox"
CHARGES = {
    PaymentState.PREPARED: GatewayState.OPEN,
    PaymentState.REFUSED: GatewayState.REFUSED,
    PaymentState.LAPSED: GatewayState.CLOSED,
    PaymentState.SUCCEEDED: GatewayState.PAID,
}
"""How the provider calls what the platform calls a payment's state."""

Row = dict[str, object]
Numbered = tuple[OrderId, PastOrder]


async def write_orders(writer: Writer, seeded: Seeded, orders: list[PastOrder], part: str) -> None:
    """Write orders that are sorted by their submission, so that ids follow time."""
    numbered = [(new_id(OrderId), order) for order in orders]
    await copy_rows(writer, "shop_order", [_order_row(*each, part, n) for n, each in enumerate(numbered)])
    await copy_rows(writer, "order_line", [_line_row(*each) for each in numbered])
    payments = [row for each in numbered for row in _payment_rows(*each)]
    await copy_rows(writer, "payment", payments)
    refunds = list(_refund_rows(numbered, payments))
    await copy_rows(writer, "refund", refunds)
    await _write_gateway_books(writer, payments, refunds)
    await copy_rows(writer, "shipment", list(_shipment_rows(seeded, numbered, part)))
    await _take_stock(writer, orders)
    await _count_purchases(writer, orders)


def _order_row(order_id: OrderId, order: PastOrder, part: str, number: int) -> Row:
    return {
        "shop_id": order.sku.shop_id,
        "order_id": order_id,
        "buyer_id": order.buyer.person_id,
        "state": order.state,
        "close_reason": order.close_reason,
        "listing_id": order.listing.listing_id,
        "surface": order.place.surface,
        "room_id": order.place.room_id,
        "video_id": order.place.video_id,
        "creator_id": order.place.creator_id,
        "total_fen": order.total_fen,
        "address": order.buyer.address,
        "idempotency_key": f"{part}-{number}",
        "request_hash": "",
        "submitted_at": order.submitted_at,
        "hold_until": order.hold_until,
        "paid_at": order.paid_at,
        "shipped_at": order.shipped_at,
        "received_at": order.received_at,
        "completed_at": order.completed_at,
        "closed_at": order.closed_at,
    }


def _line_row(order_id: OrderId, order: PastOrder) -> Row:
    product = order.listing.product.product
    return {
        "shop_id": order.sku.shop_id,
        "order_id": order_id,
        "order_line_id": new_id(OrderLineId),
        "product_id": product.product_id,
        "sku_id": order.sku.sku_id,
        "title": product.title,
        "title_en": product.title_en,
        "sku_name": order.sku.name,
        "sku_name_en": order.sku.name_en,
        "picture_url": product.picture_url,
        "quantity": order.quantity,
        "unit_price_fen": order.sku.price_fen,
        "total_fen": order.total_fen,
        "terms": order.terms,
    }


def _payment_rows(order_id: OrderId, order: PastOrder) -> Iterator[Row]:
    """The attempts to pay, in their order: one refused, one left open until the order closed, one that went
    through."""
    attempts = (
        (PaymentState.REFUSED, order.refused_at, order.refused_at),
        (PaymentState.LAPSED if order.closed_at else PaymentState.PREPARED, order.cashier_at, order.closed_at),
        (PaymentState.SUCCEEDED, order.paid_at, order.paid_at),
    )
    for state, prepared_at, finished_at in attempts:
        if prepared_at is None:
            continue
        payment_id = new_id(PaymentId)
        yield {
            "shop_id": order.sku.shop_id,
            "payment_id": payment_id,
            "order_id": order_id,
            "gateway": GATEWAY,
            "state": state,
            "amount_fen": order.total_fen,
            "prepared_at": prepared_at,
            "finished_at": finished_at,
        }


def _refund_rows(numbered: list[Numbered], payments: list[Row]) -> Iterator[Row]:
    paid = {row["order_id"]: row["payment_id"] for row in payments if row["state"] is PaymentState.SUCCEEDED}
    for order_id, order in numbered:
        if order.refunded_at is not None:
            yield {
                "shop_id": order.sku.shop_id,
                "refund_id": new_id(int),
                "order_id": order_id,
                "payment_id": paid[order_id],
                "state": RefundState.SUCCEEDED,
                "amount_fen": order.total_fen,
                "requested_at": order.refunded_at,
                "succeeded_at": order.refunded_at,
            }


async def _write_gateway_books(writer: Writer, payments: list[Row], refunds: list[Row]) -> None:
    """The sandbox provider keeps its own books: an order of the past can be cancelled and refunded there."""
    given_back = {row["payment_id"]: row for row in refunds}
    await copy_rows(
        writer,
        "sandbox_charge",
        [
            {
                "shop_id": row["shop_id"],
                "payment_id": row["payment_id"],
                "state": CHARGES[PaymentState(str(row["state"]))],
                "amount_fen": row["amount_fen"],
                "refunded_fen": row["amount_fen"] if row["payment_id"] in given_back else 0,
                "subject": str(row["order_id"]),
                "opened_at": row["prepared_at"],
            }
            for row in payments
        ],
    )
    await copy_rows(
        writer,
        "sandbox_refund",
        [
            {
                "shop_id": row["shop_id"],
                "payment_id": row["payment_id"],
                "refund_id": row["refund_id"],
                "amount_fen": row["amount_fen"],
                "refunded_at": row["succeeded_at"],
            }
            for row in refunds
        ],
    )


def _shipment_rows(seeded: Seeded, numbered: list[Numbered], part: str) -> Iterator[Row]:
    dice = seeded.dice(f"{part}/parcels")
    carriers = list(CARRIERS)
    for number, (order_id, order) in enumerate(numbered):
        if order.shipped_at is not None:
            carrier = dice.choice(carriers)
            yield {
                "shop_id": order.sku.shop_id,
                "shipment_id": new_id(int),
                "order_id": order_id,
                "carrier": carrier,
                "waybill": f"{carrier}{order.shipped_at:%y%m%d}{dice.randrange(100):02d}{number:05d}",
                "shipped_at": order.shipped_at,
            }


async def _take_stock(writer: Writer, orders: list[PastOrder]) -> None:
    held: Counter[tuple[int, int]] = Counter()
    sold: Counter[tuple[int, int]] = Counter()
    for order in orders:
        key = (order.sku.shop_id, order.sku.sku_id)
        held[key] += order.quantity if order.holds else 0
        sold[key] += order.quantity if order.sold else 0
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
        if order.listing.limit_per_buyer is not None and (order.holds or order.sold):
            bought[order.sku.shop_id, order.listing.listing_id, order.buyer.person_id] += order.quantity
    await copy_rows(
        writer,
        "purchase_count",
        [
            {"shop_id": shop_id, "listing_id": listing_id, "buyer_id": buyer_id, "quantity": quantity}
            for (shop_id, listing_id, buyer_id), quantity in bought.items()
        ],
    )
