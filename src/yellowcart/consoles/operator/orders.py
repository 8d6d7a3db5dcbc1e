"""Orders of all shops, to look at: nothing is changed here."""

from typing import Annotated

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, QueryParameter

from yellowcart.accounts.access import allow
from yellowcart.accounts.model import Role
from yellowcart.consoles.operator.navigation import operator_page
from yellowcart.consoles.rendering import AnyRequest
from yellowcart.insight.queries import order_of_any_shop, orders_of_all_shops, payments_of_order
from yellowcart.kernel.database import Database
from yellowcart.kernel.ids import OrderId, ShopId
from yellowcart.kernel.translation import N_
from yellowcart.links.wording import SURFACE_NAMES
from yellowcart.orders.model import CloseReason, OrderState

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
    cursor: FromQuery[str | None] = None,
) -> Response[str]:
    """Orders by submit time, latest first."""
    async with database.reading() as reader:
        found = await orders_of_all_shops(
            reader,
            states=[each for each in OrderState if each.value == wanted],
            shop_id=None if shop_id is None else ShopId(shop_id),
            cursor=cursor,
        )
    context = {
        "page": found,
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
    """One order with every attempt to pay it."""
    async with database.reading() as reader:
        order = await order_of_any_shop(reader, ShopId(shop_id), OrderId(order_id))
        payments = await payments_of_order(reader, ShopId(shop_id), OrderId(order_id))
    context = {
        "order": order,
        "payments": payments,
        "close_reasons": CLOSE_REASONS,
        "surfaces": SURFACE_NAMES,
    }
    return operator_page(request, "orders", "order.html", context)
