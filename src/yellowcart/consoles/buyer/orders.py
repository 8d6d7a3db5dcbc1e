"""My orders, and what a buyer does with one: cancel, confirm, put off the receipt, ask for another address, buy
the same again."""

from collections.abc import Awaitable, Callable
from urllib.parse import urlencode

from litestar import Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect

from yellowcart.accounts.access import SIGNED_IN
from yellowcart.accounts.model import Person
from yellowcart.aftersales.open_case import cancel_paid_order
from yellowcart.aftersales.wording import KIND_NAMES, STATE_NAMES
from yellowcart.catalog.wording import RETURN_WORDS
from yellowcart.consoles.buyer.checkout_form import number_in
from yellowcart.consoles.buyer.navigation import buyer_page
from yellowcart.consoles.buyer.order_list import my_orders
from yellowcart.consoles.buyer.order_view import COUNTED_DOWN_S, read_order_view, seconds_left
from yellowcart.consoles.forms import FormBody
from yellowcart.consoles.rendering import AnyRequest, go_to, locale_of
from yellowcart.kernel.database import Database, Writer
from yellowcart.kernel.errors import NotFound, Refusal
from yellowcart.kernel.ids import OrderId, ProductId, ShopId
from yellowcart.kernel.problem import status_of
from yellowcart.kernel.translation import N_
from yellowcart.orders.addresses import AddressEntry, address_of
from yellowcart.orders.close import cancel_order
from yellowcart.orders.model import CloseReason, OrderState
from yellowcart.orders.queries import order_of_buyer
from yellowcart.orders.receive import confirm_receipt, extend_receipt
from yellowcart.orders.rules import binding_rule
from yellowcart.parcels.address_change import (
    answer_address_change,
    ask_address_change,
    withdraw_address_change,
)
from yellowcart.parcels.carriers import carrier_name
from yellowcart.parcels.model import AddressChangeId
from yellowcart.stage.carts_with_product import OpenListing, open_listings_of

Key = tuple[ShopId, OrderId]


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
    """Cancel before anything has left; what was paid goes back by one after-sale for each line, at once."""
    key = (ShopId(shop_id), OrderId(order_id))
    flash = N_("The order is cancelled.")
    try:
        async with database.writing() as writer:
            detail = await order_of_buyer(writer, person.person_id, *key)
            if detail.order.paid_at is None:
                if await cancel_order(writer, person, *key) is CloseReason.LAPSED:
                    flash = N_("The order had already closed because it was not paid in time.")
            else:
                await cancel_paid_order(writer, person, *key)
                flash = N_("The order is cancelled. Your money is on its way back.")
    except Refusal as refusal:
        return await _order_page(request, database, person, key, refusal)
    return go_to(path_of(key), flash=flash)


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
    return await _done(
        request,
        database,
        person,
        key,
        lambda writer: confirm_receipt(writer, person, *key),
        N_("Thank you. The shop knows that the goods have come."),
    )


@post("/{shop_id:int}/{order_id:int}/extend", guards=[SIGNED_IN], status_code=303)
async def extend(
    request: AnyRequest,
    shop_id: FromPath[int],
    order_id: FromPath[int],
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> Response[str] | Redirect:
    """The parcel is late: the automatic receipt is put off, once."""
    key = (ShopId(shop_id), OrderId(order_id))
    return await _done(
        request,
        database,
        person,
        key,
        lambda writer: extend_receipt(writer, person, *key),
        N_("Extended. You have three more days to wait for your parcel."),
    )


@post("/{shop_id:int}/{order_id:int}/address", guards=[SIGNED_IN], status_code=303)
async def ask_for_address(
    request: AnyRequest,
    shop_id: FromPath[int],
    order_id: FromPath[int],
    data: FormBody,
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> Response[str] | Redirect:
    """Ask the shop to send it to another address of the book."""
    key = (ShopId(shop_id), OrderId(order_id))

    async def ask(writer: Writer) -> object:
        known = await address_of(writer, person.person_id, number_in(data.get("address", "")) or 0)
        address = known.address
        entry = AddressEntry(
            recipient=address.recipient,
            phone=address.phone,
            province=address.province,
            city=address.city,
            district=address.district,
            street=address.street,
        )
        return await ask_address_change(writer, person, *key, entry)

    return await _done(request, database, person, key, ask, N_("The shop is asked. It answers before it ships."))


@post("/{shop_id:int}/{order_id:int}/address/{change_id:int}", guards=[SIGNED_IN], status_code=303)
async def decide_address(
    request: AnyRequest,
    shop_id: FromPath[int],
    order_id: FromPath[int],
    change_id: FromPath[int],
    data: FormBody,
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> Response[str] | Redirect:
    """Take back what I asked, or answer what the shop proposed. `do` is withdraw, accept or refuse."""
    key = (ShopId(shop_id), OrderId(order_id))
    change = AddressChangeId(change_id)
    do = data.get("do", "")

    async def decide(writer: Writer) -> None:
        if do == "withdraw":
            await withdraw_address_change(writer, person, *key, change)
        else:
            await answer_address_change(writer, person, *key, change, accepted=do == "accept")

    if do not in {"withdraw", "accept", "refuse"}:
        raise NotFound
    return await _done(request, database, person, key, decide, N_("Done. The shop has been told."))


@get("/{shop_id:int}/{order_id:int}/again", guards=[SIGNED_IN])
async def buy_again(
    shop_id: FromPath[int],
    order_id: FromPath[int],
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> Redirect:
    """To the checkout with the same goods, in the open cart that has most of them; or to the first product's page
    when no cart has any."""
    async with database.reading() as reader:
        detail = await order_of_buyer(reader, person.person_id, ShopId(shop_id), OrderId(order_id))
        listings = await open_listings_of(reader, ShopId(shop_id), {line.product_id for line in detail.lines})
    best = _fullest_cart(listings)
    wanted = {
        f"pieces.{best[line.product_id].listing_id}.{line.sku_id}": line.quantity
        for line in detail.lines
        if line.product_id in best
    }
    if wanted:
        return go_to(f"/checkout?{urlencode(wanted)}")
    return go_to(
        f"/products/{shop_id}/{detail.lines[0].product_id}",
        flash=N_("No live room or video is selling this at the moment."),
        kind="info",
    )


def path_of(key: Key) -> str:
    """The page of an order."""
    return f"/orders/{key[0]}/{key[1]}"


def _fullest_cart(listings: list[OpenListing]) -> dict[ProductId, OpenListing]:
    """Of the carts the one that has most of the products; among equals the first."""
    carts: dict[object, dict[ProductId, OpenListing]] = {}
    for listing in listings:
        carts.setdefault(listing.place, {}).setdefault(listing.product_id, listing)
    return max(carts.values(), key=len, default={})


async def _done(
    request: AnyRequest,
    database: Database,
    person: Person,
    key: Key,
    act: Callable[[Writer], Awaitable[object]],
    flash: str,
) -> Response[str] | Redirect:
    """Do something to an order and show it again, with a refusal on its page."""
    try:
        async with database.writing() as writer:
            await act(writer)
    except NotFound:
        raise
    except Refusal as refusal:
        return await _order_page(request, database, person, key, refusal)
    return go_to(path_of(key), flash=flash)


async def _order_page(
    request: AnyRequest, database: Database, person: Person, key: Key, refusal: Refusal | None = None
) -> Response[str]:
    locale = locale_of(request)
    async with database.reading() as reader:
        view = await read_order_view(reader, person, *key, locale)
    context = {
        "view": view,
        "order": view.order,
        "detail": view.detail,
        "path_of_order": path_of(key),
        "kind_names": KIND_NAMES,
        "state_names": STATE_NAMES,
        "return_words": RETURN_WORDS,
        "binding_rule": binding_rule,
        "counted_down_s": COUNTED_DOWN_S,
        "carriers": {parcel.carrier: carrier_name(parcel.carrier, locale) for parcel in view.parcels},
        "may_review": view.order.state in {OrderState.RECEIVED, OrderState.COMPLETED},
        "error": refusal.text(locale) if refusal else None,
        "back": "/orders",
    }
    return buyer_page(request, "orders/order.html", context, status=status_of(refusal) if refusal else 200)


ROUTES = Router(
    "/orders",
    route_handlers=[
        my_orders,
        my_order,
        cancel,
        confirm,
        extend,
        ask_for_address,
        decide_address,
        buy_again,
    ],
    include_in_schema=False,
)

__all__ = ["ROUTES", "path_of", "seconds_left"]
