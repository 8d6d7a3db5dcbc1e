"""Every sum of the tables against the books, and against what the providers have: after every step."""

from collections.abc import Mapping
from typing import Any

from tests.lives.bookkeeping import Line, Order
from tests.lives.case_course import Case
from tests.lives.life import BooksDiffer, Life
from tests.lives.provider import ChargeThere
from tests.lives.what_tables_say import CaseRow, OrderRow, PaymentRow, RefundRow, Tables
from yellowcart.kernel.ids import PaymentId
from yellowcart.payments.gateway import GatewayState, RefundProgress

PAID_FOR = {"succeeded", "surplus"}


async def require_agreement(life: Life) -> None:
    """Read the tables, take in what only providers know, and compare. Raises BooksDiffer."""
    tables = await life.look()
    take_in_money(life, tables)
    _take_in_refunds(life, tables)
    _compare("stock", _stock(life), {row[0]: row[1:] for row in tables.stock})
    _compare("special prices", _taken(life), dict(tables.specials))
    _compare("claims", _claims(life), {row[0]: row[1:] for row in tables.claims})
    _compare("coupons", _claimed(life), dict(tables.claimed))
    _compare("pieces bought", _bought(life), {buyer: pieces for buyer, pieces in tables.bought if pieces})
    _compare("orders", _orders(life), {row.order_id: _order(row) for row in tables.orders})
    _compare("lines", _lines(life), _lines_there(tables))
    _compare("coupons' parts", _discounts(life), _discounts_there(tables))
    _compare("cases", _cases(life), {row.aftersale_id: _case(row) for row in tables.cases})
    _compare("pieces shipped", _shipped(life), dict(tables.shipped))
    _require_order_sums(tables)
    _require_money(life, tables)


def _compare(what: str, books: Mapping[Any, Any], tables: Mapping[Any, Any]) -> None:
    if books == tables:
        return
    told = [
        f"{what} {key}: the books say {books.get(key)}, the tables {tables.get(key)}"
        for key in sorted({*books, *tables})
        if books.get(key) != tables.get(key)
    ]
    raise BooksDiffer("\n".join(told))


def take_in_money(life: Life, tables: Tables) -> None:
    """Money that a provider has may be noticed at any time, by a page, a notification or a sweep; an order is paid
    by nothing else."""
    for row in tables.orders:
        order = life.books.orders.get(row.order_id)
        if order is None:
            continue
        order.hold_until = min(row.hold_until, order.full_hold)
        if row.paid and order.state == "submitted":
            charges = [charge for _, charge in life.charges_of(row.order_id)]
            if not any(charge.state is GatewayState.PAID for charge in charges):
                raise BooksDiffer(f"order {row.order_id} is paid, and no provider has its money")
            life.books.pay(order, life.now)


def _take_in_refunds(life: Life, tables: Tables) -> None:
    """A case is done when its refund is, as soon as the platform hears of it."""
    back = {refund.subject for refund in tables.refunds if refund.state == "succeeded"}
    for row in tables.cases:
        known = life.books.cases.get(row.aftersale_id)
        if known is None or row.state != "done" or known[2].state != "refunding":
            continue
        if f"aftersale:{row.aftersale_id}" not in back:
            raise BooksDiffer(f"case {row.aftersale_id} is done, and its money is not back")
        known[2].state, known[2].steps = "done", known[2].steps + 1


def _stock(life: Life) -> dict[int, tuple[int, ...]]:
    return {
        sku: (shelf.received, shelf.available, shelf.held, shelf.sold) for sku, shelf in life.books.shelves.items()
    }


def _taken(life: Life) -> dict[int, int]:
    return {special_id: special.taken for special_id, special in life.books.specials.items()}


def _claims(life: Life) -> dict[int, tuple[int | None, int]]:
    return {claim_id: (claim.order, claim.given_back) for claim_id, claim in life.books.claims.items()}


def _claimed(life: Life) -> dict[int, int]:
    return {
        coupon_id: sum(coupon.claimed.values())
        for coupon_id, coupon in life.books.coupons.items()
        if coupon.claimed
    }


def _bought(life: Life) -> dict[int, int]:
    return {buyer: pieces for buyer, pieces in life.books.bought.items() if pieces}


def _orders(life: Life) -> dict[int, tuple[Any, ...]]:
    return {
        order.order_id: (order.state, order.closed, order.total_fen, order.paid_at is not None, order.stops)
        for order in life.books.orders.values()
    }


def _order(row: OrderRow) -> tuple[Any, ...]:
    return row.state, row.close_reason, row.total_fen, row.paid, row.stops


def _each_line(life: Life) -> list[tuple[Order, Line]]:
    return [(order, line) for order in life.books.orders.values() for line in order.lines]


def _lines(life: Life) -> dict[int, tuple[int, ...]]:
    return {
        line.line_id: (
            order.order_id,
            line.sku,
            line.quantity,
            line.payable_fen,
            line.freight_fen,
            line.shipped,
            line.cancelled,
            line.returned,
            line.settled,
            line.refunded_fen,
        )
        for order, line in _each_line(life)
    }


def _lines_there(tables: Tables) -> dict[int, tuple[int, ...]]:
    return {
        row.order_line_id: (
            row.order_id,
            row.sku_id,
            row.quantity,
            row.payable_fen,
            row.freight_fen,
            row.shipped,
            row.cancelled,
            row.returned,
            row.settled,
            row.refunded_fen,
        )
        for row in tables.lines
    }


def _discounts(life: Life) -> dict[tuple[int, int], tuple[int, int]]:
    return {
        (line.line_id, coupon): (amount, line.coupons_back()[coupon])
        for _, line in _each_line(life)
        for coupon, amount in line.coupons.items()
    }


def _discounts_there(tables: Tables) -> dict[tuple[int, int], tuple[int, int]]:
    return {(row.order_line_id, row.coupon_id): (row.amount_fen, row.returned_fen) for row in tables.discounts}


def _cases(life: Life) -> dict[int, tuple[Any, ...]]:
    return {
        case.case_id: (
            line.line_id,
            case.kind,
            case.state,
            case.quantity,
            case.asked_fen,
            case.most_fen,
            case.refund_fen,
            case.owed_fen,
            case.steps,
            _due(case),
        )
        for _, line, case in life.books.cases.values()
    }


def _due(case: Case) -> Any:
    return None if case.state == "arbitration" else case.due_at


def _case(row: CaseRow) -> tuple[Any, ...]:
    return (
        row.order_line_id,
        row.kind,
        row.state,
        row.quantity,
        row.asked_fen,
        row.most_fen,
        row.refund_fen,
        row.owed_fen,
        row.steps,
        None if row.state == "arbitration" else row.due_at,
    )


def _shipped(life: Life) -> dict[int, int]:
    return {line.line_id: line.shipped for _, line in _each_line(life) if line.shipped}


def _require_order_sums(tables: Tables) -> None:
    for order in tables.orders:
        lines = [line for line in tables.lines if line.order_id == order.order_id]
        if sum(line.payable_fen for line in lines) != order.total_fen:
            raise BooksDiffer(f"order {order.order_id}: its lines do not sum to {order.total_fen}")
        asked = sum(
            refund.amount_fen
            for refund in tables.refunds
            if refund.order_id == order.order_id and refund.subject.startswith("aftersale:")
        )
        if asked != sum(line.refunded_fen for line in lines):
            raise BooksDiffer(f"order {order.order_id}: refunds of {asked} are not what its lines gave back")
        succeeded = [
            payment
            for payment in tables.payments
            if payment.order_id == order.order_id and payment.state == "succeeded"
        ]
        if len(succeeded) != order.paid:
            raise BooksDiffer(f"order {order.order_id} is paid {order.paid} by {len(succeeded)} payments")
        if any(payment.amount_fen != order.total_fen for payment in succeeded):
            raise BooksDiffer(f"order {order.order_id} was paid with another amount")


def _require_money(life: Life, tables: Tables) -> None:
    """What the providers hold is what was paid less what went back; nothing went back that nobody decided."""
    for payment in tables.payments:
        charge = life.premises.providers[payment.gateway].charges.get(
            (life.shop_id, PaymentId(payment.payment_id))
        )
        refunds = [refund for refund in tables.refunds if refund.payment_id == payment.payment_id]
        if payment.refunded_fen != sum(refund.amount_fen for refund in refunds):
            raise BooksDiffer(f"payment {payment.payment_id}: its refunds do not sum to {payment.refunded_fen}")
        if payment.refunded_fen > payment.amount_fen:
            raise BooksDiffer(f"payment {payment.payment_id}: more went back than was paid")
        if payment.state in PAID_FOR:
            if charge is None or charge.state is not GatewayState.PAID:
                raise BooksDiffer(f"payment {payment.payment_id} is {payment.state} without the provider's money")
            if charge.amount_fen != payment.amount_fen:
                raise BooksDiffer(f"payment {payment.payment_id}: the provider has {charge.amount_fen}")
        if payment.state == "surplus" and payment.refunded_fen != payment.amount_fen:
            raise BooksDiffer(f"payment {payment.payment_id} came too late, and does not go back whole")
        if charge is not None:
            _require_refunds(payment, charge, refunds)


def _require_refunds(payment: PaymentRow, charge: ChargeThere, refunds: list[RefundRow]) -> None:
    numbers = {refund.number: refund for refund in refunds}
    for refund in refunds:
        there = charge.refunds.get(refund.number)
        if refund.state == "succeeded" and not refund.by_hand:
            if there is None or there.progress is not RefundProgress.DONE:
                raise BooksDiffer(f"refund {refund.refund_id} succeeded, and the provider has not done it")
            if there.amount_fen != refund.amount_fen:
                raise BooksDiffer(f"refund {refund.refund_id}: the provider gave back {there.amount_fen}")
        if refund.by_hand and there is not None and there.progress is RefundProgress.DONE:
            raise BooksDiffer(f"refund {refund.refund_id} was given back by hand and by the provider")
    for number, there in charge.refunds.items():
        if number not in numbers and there.progress is not RefundProgress.CLOSED:
            raise BooksDiffer(
                f"payment {payment.payment_id}: the provider gave back {number}, which nobody decided"
            )
