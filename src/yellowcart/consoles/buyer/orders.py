"""My orders: the list by state, one order on its way, cancelling it and saying that it has come."""

from datetime import datetime
from math import ceil
from typing import Annotated

import msgspec
from litestar import Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, QueryParameter
from litestar.response import Redirect

from yellowcart.accounts.access import SIGNED_IN
from yellowcart.accounts.model import Person
from yellowcart.consoles.buyer.navigation import buyer_page, is_fragment
from yellowcart.consoles.rendering import AnyRequest, go_to, locale_of
from yellowcart.kernel import clock
from yellowcart.kernel.database import Database
from yellowcart.kernel.errors import Refusal
from yellowcart.kernel.ids import OrderId, ShopId
from yellowcart.kernel.problem import status_of
from yellowcart.kernel.translation import N_, Locale, translate
from yellowcart.orders.close import cancel_order
from yellowcart.orders.model import CloseReason, Order, OrderState, RefundState
from yellowcart.orders.queries import OrderDetail, order_of_buyer, orders_of_buyer
from yellowcart.orders.receive import confirm_receipt
from yellowcart.orders.rules import CARRIERS

CLOSE_WORDS: dict[CloseReason, str] = {
    CloseReason.LAPSED: N_("Closed: it was not paid in time"),
    CloseReason.BUYER_CANCELLED: N_("Closed: you cancelled it"),
    CloseReason.REFUNDED: N_("Closed: you cancelled it, the money goes back"),
}

MAY_CANCEL = frozenset({OrderState.SUBMITTED, OrderState.PAID})


class Step(msgspec.Struct, frozen=True):
    """One station on an order's way; `moment` is None while it lies ahead."""

    label: str
    moment: datetime | None


@get("/", guards=[SIGNED_IN])
async def my_orders(
    request: AnyRequest,
    database: NamedDependency[Database],
    person: NamedDependency[Person],
    chosen: Annotated[OrderState | None, QueryParameter(name="state")] = None,
    cursor: FromQuery[str | None] = None,
) -> Response[str]:
    """My orders, newest first."""
    async with database.reading() as reader:
        found = await orders_of_buyer(reader, person.person_id, state=chosen, cursor=cursor)
    wanted = f"state={chosen.value}&" if chosen else ""
    context = {
        "orders": found,
        "chosen": chosen,
        "states": list(OrderState),
        "more": f"/orders?{wanted}cursor={found.next_cursor}",
        "seconds_left": seconds_left,
    }
    template = "orders/cards.html" if is_fragment(request) else "orders/list.html"
    return buyer_page(request, template, context, tab="/orders")


@get("/{shop_id:int}/{order_id:int}", guards=[SIGNED_IN])
async def my_order(
    request: AnyRequest,
    shop_id: FromPath[int],
    order_id: FromPath[int],
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> Response[str]:
    """One order: its way, where it goes, what it cost, and what can be done."""
    return await _order_page(request, database, person, (ShopId(shop_id), OrderId(order_id)))


@post("/{shop_id:int}/{order_id:int}/cancel", guards=[SIGNED_IN], status_code=303)
async def cancel(
    request: AnyRequest,
    shop_id: FromPath[int],
    order_id: FromPath[int],
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> Response[str] | Redirect:
    """Cancel before shipment; what was paid goes back."""
    key = (ShopId(shop_id), OrderId(order_id))
    try:
        async with database.writing() as writer:
            reason = await cancel_order(writer, person, *key)
    except Refusal as refusal:
        return await _order_page(request, database, person, key, refusal)
    flash = {
        CloseReason.REFUNDED: N_("The order is cancelled. Your money is on its way back."),
        CloseReason.LAPSED: N_("The order had already closed because it was not paid in time."),
    }.get(reason, N_("The order is cancelled."))
    return go_to(f"/orders/{shop_id}/{order_id}", flash=flash)


@post("/{shop_id:int}/{order_id:int}/confirm", guards=[SIGNED_IN], status_code=303)
async def confirm(
    request: AnyRequest,
    shop_id: FromPath[int],
    order_id: FromPath[int],
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> Response[str] | Redirect:
    """The goods have come."""
    key = (ShopId(shop_id), OrderId(order_id))
    try:
        async with database.writing() as writer:
            await confirm_receipt(writer, person, *key)
    except Refusal as refusal:
        return await _order_page(request, database, person, key, refusal)
    return go_to(f"/orders/{shop_id}/{order_id}", flash=N_("Thank you. The shop knows that the goods have come."))


def seconds_left(moment: datetime) -> int:
    """Whole seconds until a moment of the platform's clock; none when it has passed."""
    return max(0, ceil((moment - clock.now()).total_seconds()))


def steps_of(detail: OrderDetail, locale: Locale) -> tuple[list[tuple[str, datetime | None]], int]:
    """The stations of an order's way with their moments, and the index of the one it stands on."""
    order = detail.order
    if order.state is OrderState.CLOSED:
        steps = _closed_steps(detail, order)
        at = len(steps) - 1
    else:
        steps = [
            Step(N_("Order placed"), order.submitted_at),
            Step(N_("Paid"), order.paid_at),
            Step(N_("Shipped"), order.shipped_at),
            Step(N_("Received"), order.received_at),
            Step(N_("Completed"), order.completed_at),
        ]
        at = sum(step.moment is not None for step in steps) - 1
    return [(translate(step.label, locale), step.moment) for step in steps], at


def _closed_steps(detail: OrderDetail, order: Order) -> list[Step]:
    steps = [Step(N_("Order placed"), order.submitted_at)]
    if order.paid_at is not None:
        steps.append(Step(N_("Paid"), order.paid_at))
    steps.append(Step(CLOSE_WORDS[order.close_reason or CloseReason.LAPSED], order.closed_at))
    for refund in detail.refunds:
        done = refund.state is RefundState.SUCCEEDED
        moment = refund.succeeded_at if done else refund.requested_at
        steps.append(Step(N_("Refunded") if done else N_("Refund under way"), moment))
    return steps


async def _order_page(
    request: AnyRequest,
    database: Database,
    person: Person,
    key: tuple[ShopId, OrderId],
    refusal: Refusal | None = None,
) -> Response[str]:
    locale = locale_of(request)
    async with database.reading() as reader:
        detail = await order_of_buyer(reader, person.person_id, *key)
    steps, at = steps_of(detail, locale)
    order = detail.order
    context = {
        "detail": detail,
        "order": order,
        "steps": steps,
        "at": at,
        "left_s": seconds_left(order.hold_until),
        "may_cancel": order.state in MAY_CANCEL,
        "may_confirm": order.state is OrderState.SHIPPED,
        "carriers": {code: names[locale is Locale.ENGLISH] for code, names in CARRIERS.items()},
        "error": refusal.text(locale) if refusal else None,
        "back": "/orders",
    }
    return buyer_page(request, "orders/order.html", context, status=status_of(refusal) if refusal else 200)


ROUTES = Router("/orders", route_handlers=[my_orders, my_order, cancel, confirm], include_in_schema=False)
