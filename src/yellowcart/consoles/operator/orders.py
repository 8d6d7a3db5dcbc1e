"""Orders of all shops: to look at, and to stop one that may not be honest."""

from typing import Annotated

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, QueryParameter
from litestar.response import Redirect

from yellowcart.accounts.access import allow
from yellowcart.accounts.model import Person, Role
from yellowcart.aftersales.queries import cases_of_order
from yellowcart.aftersales.wording import KIND_NAMES
from yellowcart.consoles.case_forms import number_in
from yellowcart.consoles.forms import Form, FormBody, refused_form
from yellowcart.consoles.operator.navigation import operator_page
from yellowcart.consoles.rendering import AnyRequest, go_to, locale_of
from yellowcart.insight.queries import orders_of_all_shops
from yellowcart.kernel.database import Database
from yellowcart.kernel.errors import Refusal
from yellowcart.kernel.ids import OrderId, ShopId
from yellowcart.kernel.problem import status_of
from yellowcart.kernel.translation import N_
from yellowcart.links.wording import SURFACE_NAMES
from yellowcart.orders.model import CloseReason, OrderState, StopReason
from yellowcart.orders.queries import order_of_shop
from yellowcart.orders.stop import lift_risk, open_stops, stop_for_risk
from yellowcart.parcels.carriers import carrier_options
from yellowcart.parcels.queries import parcels_of_order
from yellowcart.payments.queries import payments_of_order, refunds_of_order

NUMBER_LENGTH_MAX = 40
CLOSE_REASONS = {
    CloseReason.LAPSED: N_("not paid in time"),
    CloseReason.BUYER_CANCELLED: N_("cancelled by the buyer"),
    CloseReason.REFUNDED: N_("paid and refunded"),
}


@get("/orders", guards=[allow(Role.OPERATOR)])
async def orders_page(
    request: AnyRequest,
    database: NamedDependency[Database],
    wanted: Annotated[str, QueryParameter(name="state")] = "",
    shop_id: FromQuery[int | None] = None,
    number: FromQuery[str] = "",
    cursor: FromQuery[str | None] = None,
) -> Response[str]:
    """Orders by submit time, latest first, or the one with a number."""
    typed = number.strip()[:NUMBER_LENGTH_MAX]
    only = number_in(typed)
    async with database.reading() as reader:
        found = await orders_of_all_shops(
            reader,
            state=next((each for each in OrderState if each.value == wanted), None),
            shop_id=None if shop_id is None else ShopId(shop_id),
            # What is no number is nobody's order: ids begin at 1.
            order_id=OrderId(only or 0) if typed else None,
            cursor=cursor,
        )
    context = {
        "page": found,
        "number": typed,
        "states": list(OrderState),
        "close_reasons": CLOSE_REASONS,
        "surfaces": SURFACE_NAMES,
    }
    return operator_page(request, "orders", "orders.html", context)


@get("/orders/{shop_id:int}/{order_id:int}", guards=[allow(Role.OPERATOR)])
async def order_page(
    request: AnyRequest,
    database: NamedDependency[Database],
    shop_id: FromPath[int],
    order_id: FromPath[int],
) -> Response[str]:
    """One order: its price line by line, its payments and refunds, its parcels, its after-sales, and what stops
    it."""
    return await _order_page(request, database, (ShopId(shop_id), OrderId(order_id)))


@post("/orders/{shop_id:int}/{order_id:int}/stop", guards=[allow(Role.OPERATOR)], status_code=303)
async def stop(
    request: AnyRequest,
    shop_id: FromPath[int],
    order_id: FromPath[int],
    data: FormBody,
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> Response[str] | Redirect:
    """Stop an order that may not be honest: nothing of it leaves until it is let go on."""
    key = (ShopId(shop_id), OrderId(order_id))
    try:
        async with database.writing() as writer:
            await stop_for_risk(writer, person, *key, data.get("note", ""))
    except Refusal as refusal:
        return await _order_page(request, database, key, refused_form(refusal, data, locale_of(request)), refusal)
    return go_to(f"/operator/orders/{shop_id}/{order_id}", flash=N_("The order is stopped."))


@post("/orders/{shop_id:int}/{order_id:int}/lift", guards=[allow(Role.OPERATOR)], status_code=303)
async def lift(
    request: AnyRequest,
    shop_id: FromPath[int],
    order_id: FromPath[int],
    data: FormBody,
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> Response[str] | Redirect:
    """Let a stopped order go on."""
    key = (ShopId(shop_id), OrderId(order_id))
    try:
        async with database.writing() as writer:
            await lift_risk(writer, person, *key)
    except Refusal as refusal:
        return await _order_page(request, database, key, refused_form(refusal, data, locale_of(request)), refusal)
    return go_to(f"/operator/orders/{shop_id}/{order_id}", flash=N_("The order goes on."))


async def _order_page(
    request: AnyRequest,
    database: Database,
    key: tuple[ShopId, OrderId],
    form: Form | None = None,
    refusal: Refusal | None = None,
) -> Response[str]:
    async with database.reading() as reader:
        detail = await order_of_shop(reader, *key)
        payments = await payments_of_order(reader, *key)
        refunds = await refunds_of_order(reader, *key)
        parcels = await parcels_of_order(reader, *key)
        stops = await open_stops(reader, *key)
        cases = await cases_of_order(reader, *key)
    context = {
        "detail": detail,
        "order": detail.order,
        "payments": payments,
        "refunds": refunds,
        "parcels": parcels,
        "cases": cases,
        "kind_names": KIND_NAMES,
        "carriers": dict(carrier_options(locale_of(request))),
        "risk": next((each for each in stops if each.reason is StopReason.RISK), None),
        "close_reasons": CLOSE_REASONS,
        "surfaces": SURFACE_NAMES,
        "form": form,
    }
    status = status_of(refusal) if refusal else 200
    return operator_page(request, "orders", "order.html", context, status=status)
