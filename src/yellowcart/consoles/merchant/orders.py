"""The merchant's orders: the list by state, and one order with its parcels, its address and what stops it."""

from typing import Annotated

from litestar import Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, QueryParameter
from litestar.response import Redirect

from yellowcart.accounts.access import allow
from yellowcart.accounts.model import Person, Role
from yellowcart.aftersales.queries import cases_of_order, open_cases_of_orders
from yellowcart.aftersales.wording import KIND_NAMES
from yellowcart.catalog.shops import require_member
from yellowcart.consoles.forms import FormBody, refused_form
from yellowcart.consoles.merchant.navigation import console_context, shop_path
from yellowcart.consoles.pasted_address import pasted_address, pasted_entry, written_address
from yellowcart.consoles.rendering import AnyRequest, go_to, locale_of, page
from yellowcart.kernel import clock
from yellowcart.kernel.database import Database, Writer
from yellowcart.kernel.errors import InvalidFields, NotFound, Refusal
from yellowcart.kernel.ids import OrderId, OrderLineId, ShopId
from yellowcart.kernel.problem import status_of
from yellowcart.kernel.translation import N_
from yellowcart.orders.model import OrderState
from yellowcart.orders.queries import OrderDetail, count_by_state, order_of_shop, orders_of_shop
from yellowcart.orders.rules import may_go_elsewhere
from yellowcart.parcels.address_change import (
    address_changes_of,
    answer_address_change,
    offer_address_change,
    withdraw_address_change,
)
from yellowcart.parcels.carriers import carrier_options
from yellowcart.parcels.correct import correct_waybill
from yellowcart.parcels.model import AddressChangeId, AddressChangeState, NewShipment, ShipmentId
from yellowcart.parcels.queries import parcels_of_order
from yellowcart.parcels.rules import Urgency, may_wish_again, urgency_of
from yellowcart.parcels.ship import ship_order
from yellowcart.payments.queries import refunds_of_order

MERCHANT = allow(Role.MERCHANT)
StateFilter = Annotated[str | None, QueryParameter(name="state")]
WAITS = frozenset({OrderState.PAID, OrderState.PART_SHIPPED})
_PIECES = "pieces."


@get("/", guards=[MERCHANT])
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
    only = OrderId(int(typed)) if typed.isascii() and typed.isdecimal() and len(typed) <= 16 else None
    async with database.reading() as reader:
        shop = await require_member(reader, person, ShopId(shop_id))
        found = await orders_of_shop(reader, shop.shop_id, state=state, order_id=only, cursor=cursor)
        counts = await count_by_state(reader, shop.shop_id)
        items = found.items if only is not None or not typed else []
        claimed = await open_cases_of_orders(reader, shop.shop_id, [order.order_id for order in items])
    return page(
        request,
        "merchant/orders.html",
        console_context(request, shop, "orders")
        | {
            "orders": items,
            "claimed": claimed,
            "next_cursor": found.next_cursor if items else None,
            "counts": counts,
            "number": typed,
            "chosen": state,
            "waits": WAITS,
        },
    )


@get("/{order_id:int}", guards=[MERCHANT])
async def order_page(
    request: AnyRequest,
    shop_id: FromPath[int],
    order_id: FromPath[int],
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> Response[str]:
    """One order."""
    return await _order_page(request, database, person, ShopId(shop_id), OrderId(order_id))


@post("/{order_id:int}/ship", guards=[MERCHANT], status_code=200)
async def ship(
    request: AnyRequest,
    shop_id: FromPath[int],
    order_id: FromPath[int],
    data: FormBody,
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> Response[str] | Redirect:
    """Ship the chosen pieces; a refusal brings the form back with what was typed."""
    try:
        async with database.writing() as writer:
            shipped = await ship_order(writer, person, ShopId(shop_id), OrderId(order_id), _shipment(data))
    except NotFound:
        raise
    except Refusal as refusal:
        return await _order_page(
            request, database, person, ShopId(shop_id), OrderId(order_id), refused=(refusal, data)
        )
    whole = shipped.order_state is not OrderState.PART_SHIPPED
    return go_to(
        f"/merchant/{shop_id}/orders/{order_id}",
        flash=N_("Shipped. The buyer sees carrier and waybill now.")
        if whole
        else N_("This parcel is on its way. The other pieces still wait."),
    )


@post("/{order_id:int}/parcels/{shipment_id:int}/waybill", guards=[MERCHANT], status_code=200)
async def correct(
    request: AnyRequest,
    shop_id: FromPath[int],
    order_id: FromPath[int],
    shipment_id: FromPath[int],
    data: FormBody,
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> Response[str] | Redirect:
    """Correct a waybill that was typed wrong."""
    try:
        async with database.writing() as writer:
            await correct_waybill(
                writer,
                person,
                ShopId(shop_id),
                ShipmentId(shipment_id),
                data.get("new_carrier", ""),
                data.get("new_waybill", "")[:60],
            )
    except NotFound:
        raise
    except Refusal as refusal:
        return await _order_page(
            request, database, person, ShopId(shop_id), OrderId(order_id), refused=(refusal, data)
        )
    return go_to(f"/merchant/{shop_id}/orders/{order_id}", flash=N_("The waybill is corrected."))


@post("/{order_id:int}/address", guards=[MERCHANT], status_code=200)
async def offer_address(
    request: AnyRequest,
    shop_id: FromPath[int],
    order_id: FromPath[int],
    data: FormBody,
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> Response[str] | Redirect:
    """Propose another address; the buyer answers."""
    try:
        text = data.get("new_address", "")
        pasted_address(text, "new_address")
        async with database.writing() as writer:
            await offer_address_change(
                writer, person, ShopId(shop_id), OrderId(order_id), pasted_entry(text), data.get("note", "")
            )
    except NotFound:
        raise
    except Refusal as refusal:
        return await _order_page(
            request, database, person, ShopId(shop_id), OrderId(order_id), refused=(refusal, data)
        )
    return go_to(f"/merchant/{shop_id}/orders/{order_id}", flash=N_("The buyer is asked about the new address."))


@post("/{order_id:int}/address/{change_id:int}", guards=[MERCHANT], status_code=200)
async def answer_address(
    request: AnyRequest,
    shop_id: FromPath[int],
    order_id: FromPath[int],
    change_id: FromPath[int],
    data: FormBody,
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> Response[str] | Redirect:
    """Accept or refuse what the buyer asked, or take the shop's own proposal back."""
    key = ShopId(shop_id), OrderId(order_id), AddressChangeId(change_id)
    try:
        async with database.writing() as writer:
            flash = await _answer(writer, person, key, data)
    except NotFound:
        raise
    except Refusal as refusal:
        return await _order_page(
            request, database, person, ShopId(shop_id), OrderId(order_id), refused=(refusal, data)
        )
    return go_to(f"/merchant/{shop_id}/orders/{order_id}", flash=flash)


async def _answer(
    writer: Writer, person: Person, key: tuple[ShopId, OrderId, AddressChangeId], data: dict[str, str]
) -> str:
    if data.get("do") == "withdraw":
        await withdraw_address_change(writer, person, *key)
        return N_("The proposal is taken back.")
    accepted = data.get("do") == "accept"
    await answer_address_change(writer, person, *key, accepted=accepted, answer=data.get("answer", ""))
    if accepted:
        return N_("Accepted. The order goes to the new address.")
    return N_("Refused. The order goes to the old address.")


def _shipment(data: dict[str, str]) -> NewShipment:
    """What a form asks to ship; without fields for pieces, everything that is left. Raises InvalidFields."""
    pieces: dict[OrderLineId, int] = {}
    asked = {name.removeprefix(_PIECES): typed.strip() for name, typed in data.items() if name.startswith(_PIECES)}
    for line_id, typed in asked.items():
        known = line_id.isascii() and line_id.isdecimal() and len(line_id) <= 16
        if not known or not typed.isascii() or not typed.isdecimal() or len(typed) > 6:
            raise InvalidFields({f"{_PIECES}{line_id}": N_("A whole number of pieces, 0 for none.")})
        if int(typed):
            pieces[OrderLineId(int(line_id))] = int(typed)
    carrier, waybill = data.get("carrier", "")[:40], data.get("waybill", "")[:60]
    return NewShipment(carrier, waybill, pieces if asked else None)


async def _order_page(
    request: AnyRequest,
    database: Database,
    person: Person,
    shop_id: ShopId,
    order_id: OrderId,
    *,
    refused: tuple[Refusal, dict[str, str]] | None = None,
) -> Response[str]:
    locale = locale_of(request)
    async with database.reading() as reader:
        shop = await require_member(reader, person, shop_id)
        detail = await order_of_shop(reader, shop.shop_id, order_id)
        parcels = await parcels_of_order(reader, shop.shop_id, order_id)
        changes = await address_changes_of(reader, shop.shop_id, order_id)
        refunds = await refunds_of_order(reader, shop.shop_id, order_id)
        cases = await cases_of_order(reader, shop.shop_id, order_id)
    order, options = detail.order, carrier_options(locale)
    open_change = next((each for each in changes if each.state is AddressChangeState.ASKED), None)
    return page(
        request,
        "merchant/order.html",
        console_context(request, shop, "orders")
        | {
            "detail": detail,
            "order": order,
            "parcels": parcels,
            "changes": changes,
            "open_change": open_change,
            "refunds": refunds,
            "cases": cases,
            "kind_names": KIND_NAMES,
            "carriers": options,
            "carrier_names": dict(options),
            "form": None if refused is None else refused_form(refused[0], refused[1], locale),
            "may_ship": order.state in WAITS and not detail.stops and open_change is None,
            "may_offer_address": may_go_elsewhere(order.state)
            and open_change is None
            and may_wish_again(changes, by_shop=True),
            "written_address": written_address(order.address),
            "urgency": _urgency(detail),
            "list_path": shop_path(shop, "/orders"),
        },
        status=200 if refused is None else status_of(refused[0]),
    )


def _urgency(detail: OrderDetail) -> Urgency | None:
    order = detail.order
    if order.state not in WAITS or order.ship_due_at is None:
        return None
    return urgency_of(order.ship_due_at, clock.now())


ROUTES = Router(
    "/merchant/{shop_id:int}/orders",
    route_handlers=[order_list, order_page, ship, correct, offer_address, answer_address],
    include_in_schema=False,
)
