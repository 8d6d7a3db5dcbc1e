"""Orders for programs. Placing one is the lane's (`orders.lane`); its handler here gives it its place in the
OpenAPI document and serves where the lane is not in front."""

from typing import Annotated

from litestar import Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromHeader, FromPath, FromQuery, JSONBody, QueryParameter

from yellowcart.accounts.access import PUBLIC, SIGNED_IN, allow
from yellowcart.accounts.model import Person, Role
from yellowcart.catalog.shops import require_member
from yellowcart.kernel.database import Database
from yellowcart.kernel.ids import OrderId, ShopId
from yellowcart.kernel.paging import Page
from yellowcart.kernel.request_headers import IdempotencyKey
from yellowcart.orders.checkout import Checkout, CheckoutDesk, Quote
from yellowcart.orders.close import cancel_order
from yellowcart.orders.lane import BuyersPlace
from yellowcart.orders.model import OrderState
from yellowcart.orders.place import PlacedOrder
from yellowcart.orders.queries import (
    OrderDetail,
    OrderSummary,
    order_of_buyer,
    order_of_shop,
    orders_of_buyer,
    orders_of_shop,
)
from yellowcart.orders.receive import confirm_receipt, extend_receipt
from yellowcart.orders.wanted import NewOrder

StateFilter = Annotated[OrderState | None, QueryParameter(name="state")]


@post("/orders", guards=[PUBLIC], status_code=201, security=[{"buyer_token": []}])
async def place(
    data: JSONBody[NewOrder],
    authorization: FromHeader[str],
    idempotency_key: IdempotencyKey,
    buyers_place: NamedDependency[BuyersPlace],
) -> PlacedOrder:
    """Place an order with a buyer token (`POST /api/v1/buyer-tokens`). A repeat of the key gets the same answer.

    Refusals: `sold_out`, `limit_reached`, `hold_limit_reached`, `listing_closed`, `link_refused`,
    `outside_goods`, `carts_mixed`, `sku_unknown`, `special_price_gone`, `price_changed` (the new price is in
    `values`), `district_unknown`, `not_delivered_there`, `coupon_…`, `queue_full` (come again after
    `Retry-After` seconds).
    """
    return await buyers_place(authorization.encode(), idempotency_key or "", data)


@post("/checkout", guards=[SIGNED_IN], status_code=200)
async def price_it(
    data: JSONBody[Checkout],
    checkout_desk: NamedDependency[CheckoutDesk],
    person: NamedDependency[Person],
) -> Quote:
    """What an order would cost now, explained line by line, with the buyer's coupons that fit and those that do
    not. Nothing is written; `POST /orders` charges exactly this or asks again."""
    return await checkout_desk.quote(person, data)


@get("/orders", guards=[SIGNED_IN])
async def my_orders(
    database: NamedDependency[Database],
    person: NamedDependency[Person],
    order_state: StateFilter = None,
    cursor: FromQuery[str | None] = None,
    size: FromQuery[int | None] = None,
) -> Page[OrderSummary]:
    """The signed-in buyer's orders, newest first."""
    async with database.reading() as reader:
        return await orders_of_buyer(reader, person.person_id, state=order_state, cursor=cursor, size=size)


@get("/orders/{shop_id:int}/{order_id:int}", guards=[SIGNED_IN])
async def my_order(
    shop_id: FromPath[int],
    order_id: FromPath[int],
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> OrderDetail:
    """One of the signed-in buyer's orders."""
    async with database.reading() as reader:
        return await order_of_buyer(reader, person.person_id, ShopId(shop_id), OrderId(order_id))


@post("/orders/{shop_id:int}/{order_id:int}/cancel", guards=[SIGNED_IN], status_code=200)
async def cancel(
    shop_id: FromPath[int],
    order_id: FromPath[int],
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> OrderDetail:
    """Cancel an order that was not paid. A paid one is cancelled by `POST …/aftersales`."""
    async with database.writing() as writer:
        await cancel_order(writer, person, ShopId(shop_id), OrderId(order_id))
        return await order_of_buyer(writer, person.person_id, ShopId(shop_id), OrderId(order_id))


@post("/orders/{shop_id:int}/{order_id:int}/confirm", guards=[SIGNED_IN], status_code=200)
async def confirm(
    shop_id: FromPath[int],
    order_id: FromPath[int],
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> OrderDetail:
    """The goods have come."""
    async with database.writing() as writer:
        await confirm_receipt(writer, person, ShopId(shop_id), OrderId(order_id))
        return await order_of_buyer(writer, person.person_id, ShopId(shop_id), OrderId(order_id))


@post("/orders/{shop_id:int}/{order_id:int}/extend-receipt", guards=[SIGNED_IN], status_code=200)
async def extend(
    shop_id: FromPath[int],
    order_id: FromPath[int],
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> OrderDetail:
    """Put off the automatic receipt, once."""
    async with database.writing() as writer:
        await extend_receipt(writer, person, ShopId(shop_id), OrderId(order_id))
        return await order_of_buyer(writer, person.person_id, ShopId(shop_id), OrderId(order_id))


@get("/shops/{shop_id:int}/orders", guards=[allow(Role.MERCHANT)])
async def shop_orders(
    shop_id: FromPath[int],
    database: NamedDependency[Database],
    person: NamedDependency[Person],
    order_state: StateFilter = None,
    cursor: FromQuery[str | None] = None,
    size: FromQuery[int | None] = None,
) -> Page[OrderSummary]:
    """A shop's orders, newest first."""
    async with database.reading() as reader:
        await require_member(reader, person, ShopId(shop_id))
        return await orders_of_shop(reader, ShopId(shop_id), state=order_state, cursor=cursor, size=size)


@get("/shops/{shop_id:int}/orders/{order_id:int}", guards=[allow(Role.MERCHANT)])
async def shop_order(
    shop_id: FromPath[int],
    order_id: FromPath[int],
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> OrderDetail:
    """One order of a shop."""
    async with database.reading() as reader:
        await require_member(reader, person, ShopId(shop_id))
        return await order_of_shop(reader, ShopId(shop_id), OrderId(order_id))


ROUTES = Router(
    "/api/v1",
    route_handlers=[place, price_it, my_orders, my_order, cancel, confirm, extend, shop_orders, shop_order],
    tags=["orders"],
)
