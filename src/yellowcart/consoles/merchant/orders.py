"""The merchant's orders: what waits to be shipped, one order with all that belongs to it, shipping."""

from typing import Annotated

from litestar import Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, QueryParameter
from litestar.response import Redirect

from yellowcart.accounts.access import allow
from yellowcart.accounts.model import Person, Role
from yellowcart.catalog.model import Shop
from yellowcart.catalog.shops import require_member
from yellowcart.consoles.forms import FormBody, refused_form
from yellowcart.consoles.merchant.navigation import console_context, shop_path
from yellowcart.consoles.rendering import AnyRequest, go_to, locale_of, page
from yellowcart.kernel.database import Database
from yellowcart.kernel.errors import Refusal
from yellowcart.kernel.ids import OrderId, ShopId
from yellowcart.kernel.problem import status_of
from yellowcart.kernel.translation import N_, Locale
from yellowcart.orders.model import OrderState
from yellowcart.orders.queries import OrderDetail, count_by_state, order_of_shop, orders_of_shop
from yellowcart.orders.rules import CARRIERS
from yellowcart.orders.ship import NewShipment, ship_order

StateFilter = Annotated[str | None, QueryParameter(name="state")]


@get("/", guards=[allow(Role.MERCHANT)])
async def order_list(
    request: AnyRequest,
    shop_id: FromPath[int],
    database: NamedDependency[Database],
    person: NamedDependency[Person],
    chosen: StateFilter = None,
    number: FromQuery[str | None] = None,
    cursor: FromQuery[str | None] = None,
) -> Response[str]:
    """The shop's orders, newest first, by state or by number."""
    state = OrderState(chosen) if chosen in set(OrderState) else None
    typed = (number or "").strip()
    only = OrderId(int(typed)) if typed.isdecimal() and len(typed) <= 16 else None
    async with database.reading() as reader:
        shop = await require_member(reader, person, ShopId(shop_id))
        found = await orders_of_shop(reader, shop.shop_id, state=state, order_id=only, cursor=cursor)
        counts = await count_by_state(reader, shop.shop_id)
    items = found.items if only is not None or not typed else []
    return page(
        request,
        "merchant/orders.html",
        console_context(request, shop, "orders")
        | {
            "orders": items,
            "next_cursor": found.next_cursor if items else None,
            "states": list(OrderState),
            "counts": counts,
            "number": typed,
            "chosen": state,
        },
    )


@get("/{order_id:int}", guards=[allow(Role.MERCHANT)])
async def order_page(
    request: AnyRequest,
    shop_id: FromPath[int],
    order_id: FromPath[int],
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> Response[str]:
    """One order."""
    async with database.reading() as reader:
        shop = await require_member(reader, person, ShopId(shop_id))
        detail = await order_of_shop(reader, shop.shop_id, OrderId(order_id))
    return _order_page(request, shop, detail)


@post("/{order_id:int}/ship", guards=[allow(Role.MERCHANT)], status_code=200)
async def ship(
    request: AnyRequest,
    shop_id: FromPath[int],
    order_id: FromPath[int],
    data: FormBody,
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> Response[str] | Redirect:
    """Ship it; a refusal brings the form back with what was typed."""
    shipment = NewShipment(data.get("carrier", "")[:20], data.get("waybill", "")[:40])
    try:
        async with database.writing() as writer:
            await ship_order(writer, person, ShopId(shop_id), OrderId(order_id), shipment)
    except Refusal as refusal:
        async with database.reading() as reader:
            shop = await require_member(reader, person, ShopId(shop_id))
            detail = await order_of_shop(reader, shop.shop_id, OrderId(order_id))
        return _order_page(request, shop, detail, typed=data, refusal=refusal)
    return go_to(
        f"/merchant/{shop_id}/orders/{order_id}",
        flash=N_("Shipped. The buyer sees carrier and waybill now."),
    )


def _order_page(
    request: AnyRequest,
    shop: Shop,
    detail: OrderDetail,
    *,
    typed: dict[str, str] | None = None,
    refusal: Refusal | None = None,
) -> Response[str]:
    locale = locale_of(request)
    form = None
    if refusal is not None:
        form = refused_form(refusal, typed or {}, locale)
    names = {code: pair[0 if locale is Locale.CHINESE else 1] for code, pair in CARRIERS.items()}
    return page(
        request,
        "merchant/order.html",
        console_context(request, shop, "orders")
        | {
            "detail": detail,
            "order": detail.order,
            "carriers": list(names.items()),
            "carrier_names": names,
            "form": form,
            "list_path": shop_path(shop, "/orders"),
        },
        status=200 if refusal is None else status_of(refusal),
    )


ROUTES = Router(
    "/merchant/{shop_id:int}/orders", route_handlers=[order_list, order_page, ship], include_in_schema=False
)
