"""The payments of past orders and their refunds, as we and the sandbox provider wrote them down: refused ones,
ones left open, ones that came through, and ones that came too late and went back."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

from yellowcart.aftersales.model import AftersaleId, case_subject
from yellowcart.demo.past_order import PastOrder
from yellowcart.demo.seed_cancelled import CARRIED_OUT_AFTER
from yellowcart.demo.seed_rows import Row, copy_rows
from yellowcart.kernel.database import Writer
from yellowcart.kernel.ids import OrderLineId, PaymentId, new_id
from yellowcart.payments.gateway import GatewayState
from yellowcart.payments.model import PaymentMethod, PaymentState, RefundCause, RefundState

GATEWAY = "sandbox"
CHARGES = {
    PaymentState.PREPARED: GatewayState.OPEN,
    PaymentState.REFUSED: GatewayState.REFUSED,
    PaymentState.LAPSED: GatewayState.CLOSED,
    PaymentState.SUCCEEDED: GatewayState.PAID,
    PaymentState.SURPLUS: GatewayState.PAID,
}
"""How the provider calls what the platform calls a payment's state."""
GIVEN_BACK_AFTER = timedelta(seconds=40)
"""Money that came too late goes back so soon."""


async def write_payments(
    writer: Writer, orders: list[PastOrder], cases: Mapping[OrderLineId, AftersaleId]
) -> None:
    """Write payments and refunds, with the provider's own books beside them."""
    payments: list[Row] = []
    refunds: list[Row] = []
    for order in orders:
        rows = list(_payment_rows(order))
        payments += rows
        refunds += _refund_rows(order, rows, cases)
    await copy_rows(writer, "payment", payments)
    await copy_rows(writer, "refund", refunds)
    await _write_gateway_books(writer, payments, refunds)


def _payment_rows(order: PastOrder) -> Iterator[Row]:
    """The attempts to pay, in their order: one refused; one left open until the order closed, or paid after that;
    one that went through."""
    left = PaymentState.LAPSED if order.closed_at else PaymentState.PREPARED
    left_until = order.closed_at
    if order.surplus_at is not None:
        left, left_until = PaymentState.SURPLUS, order.surplus_at
    attempts = (
        (PaymentState.REFUSED, order.refused_at, order.refused_at),
        (left, order.cashier_at, left_until),
        (PaymentState.SUCCEEDED, order.paid_at, order.paid_at),
    )
    for state, prepared_at, finished_at in attempts:
        if prepared_at is not None:
            paid = state in {PaymentState.SUCCEEDED, PaymentState.SURPLUS}
            back = order.refunded_at if state is PaymentState.SUCCEEDED else order.surplus_at
            yield _payment_row(order, state, prepared_at, finished_at) | {
                "paid_at": finished_at if paid else None,
                "refunded_fen": order.total_fen if paid and back else 0,
            }


def _payment_row(
    order: PastOrder, state: PaymentState, prepared_at: datetime, finished_at: datetime | None
) -> Row:
    payment_id = new_id(PaymentId)
    paid = state in {PaymentState.SUCCEEDED, PaymentState.SURPLUS}
    return {
        "shop_id": order.shop_id,
        "payment_id": payment_id,
        "order_id": order.order_id,
        "gateway": GATEWAY,
        "method": PaymentMethod.SANDBOX,
        "state": state,
        "amount_fen": order.total_fen,
        "gateway_reference": f"{order.shop_id}-{payment_id}" if paid else None,
        "prepared_at": prepared_at,
        "prompted_at": prepared_at,
        "finished_at": finished_at,
    }


def _refund_rows(order: PastOrder, payments: list[Row], cases: Mapping[OrderLineId, AftersaleId]) -> Iterator[Row]:
    of_state = {row["state"]: row["payment_id"] for row in payments}
    if order.refunded_at is not None:
        for line, priced in order.priced():
            if priced.payable_fen:
                yield _refund_row(
                    order,
                    of_state[PaymentState.SUCCEEDED],
                    RefundCause.AFTERSALE,
                    case_subject(cases[line.order_line_id]),
                    priced.payable_fen,
                    order.refunded_at,
                    order.refunded_at + CARRIED_OUT_AFTER,
                )
    if order.surplus_at is not None:
        yield _refund_row(
            order,
            of_state[PaymentState.SURPLUS],
            RefundCause.SURPLUS,
            "surplus",
            order.total_fen,
            order.surplus_at,
            order.surplus_at + GIVEN_BACK_AFTER,
        )


def _refund_row(
    order: PastOrder,
    payment_id: object,
    cause: RefundCause,
    subject: str,
    amount_fen: int,
    requested_at: datetime,
    succeeded_at: datetime,
) -> Row:
    refund_id = new_id(int)
    return {
        "shop_id": order.shop_id,
        "refund_id": refund_id,
        "order_id": order.order_id,
        "payment_id": payment_id,
        "cause": cause,
        "subject": subject,
        "state": RefundState.SUCCEEDED,
        "amount_fen": amount_fen,
        "gateway_reference": f"{order.shop_id}-{refund_id}",
        "attempts": 1,
        "requested_at": requested_at,
        "succeeded_at": succeeded_at,
    }


async def _write_gateway_books(writer: Writer, payments: list[Row], refunds: list[Row]) -> None:
    """The sandbox provider keeps its own books: an order of the past can be cancelled and refunded there."""
    await copy_rows(
        writer,
        "sandbox_charge",
        [
            {
                "shop_id": row["shop_id"],
                "payment_id": row["payment_id"],
                "state": CHARGES[PaymentState(str(row["state"]))],
                "amount_fen": row["amount_fen"],
                "refunded_fen": row["refunded_fen"],
                "subject": str(row["order_id"]),
                "opened_at": row["prepared_at"],
                "decided_at": row["finished_at"],
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
