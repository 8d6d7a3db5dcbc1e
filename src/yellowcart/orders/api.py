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
from yellowcart.kernel.ids import OrderId, PaymentId, ShopId
from yellowcart.kernel.paging import Page
from yellowcart.kernel.request_headers import IdempotencyKey
from yellowcart.orders.close import cancel_order
from yellowcart.orders.gateway import PaymentGateway
from yellowcart.orders.lane import BuyersPlace
from yellowcart.orders.model import OrderState, Payment
from yellowcart.orders.pay import OpenCashier, open_cashier, read_payment, settle_payment
from yellowcart.orders.place import NewOrder, PlacedOrder
from yellowcart.orders.queries import (
    OrderDetail,
    OrderSummary,
    order_of_buyer,
    order_of_shop,
    orders_of_buyer,
    orders_of_shop,
)
from yellowcart.orders.receive import confirm_receipt
from yellowcart.orders.ship import NewShipment, ship_order

StateFilter = Annotated[OrderState | None, QueryParameter(name="state")]


@post("/orders", guards=[PUBLIC], status_code=201, security=[{"buyer_token": []}])
async def place(
    data: JSONBody[NewOrder],
    authorization: FromHeader[str],
    idempotency_key: IdempotencyKey,
    buyers_place: NamedDependency[BuyersPlace],
) -> PlacedOrder:
    """Place an order with a buyer token (`POST /api/v1/buyer-tokens`). A repeat of the key gets the same answer.

    Refusals: `sold_out`, `limit_reached`, `listing_closed`, `link_refused`, `outside_goods`, `sku_unknown`,
    `price_changed` (the new price is in `values`), `queue_full` (come again after `Retry-After` seconds).
    """
    return await buyers_place(authorization.encode(), idempotency_key or "", data)


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


@post("/orders/{shop_id:int}/{order_id:int}/payments", guards=[SIGNED_IN], status_code=200)
async def open_payment(
    shop_id: FromPath[int],
    order_id: FromPath[int],
    database: NamedDependency[Database],
    gateway: NamedDependency[PaymentGateway],
    person: NamedDependency[Person],
) -> OpenCashier:
    """Open the cashier for an unpaid order; asked again, the open one is answered."""
    return await open_cashier(database, gateway, person, ShopId(shop_id), OrderId(order_id))


@post("/orders/{shop_id:int}/{order_id:int}/payments/{payment_id:int}/settle", guards=[SIGNED_IN], status_code=200)
async def settle(
    shop_id: FromPath[int],
    order_id: FromPath[int],
    payment_id: FromPath[int],
    database: NamedDependency[Database],
    gateway: NamedDependency[PaymentGateway],
    person: NamedDependency[Person],
) -> Payment:
    """Back from the cashier: have the platform ask the gateway how the payment stands."""
    async with database.reading() as reader:
        await order_of_buyer(reader, person.person_id, ShopId(shop_id), OrderId(order_id))
        await read_payment(reader, ShopId(shop_id), PaymentId(payment_id))
    return await settle_payment(database, gateway, ShopId(shop_id), PaymentId(payment_id))


@post("/orders/{shop_id:int}/{order_id:int}/cancel", guards=[SIGNED_IN], status_code=200)
async def cancel(
    shop_id: FromPath[int],
    order_id: FromPath[int],
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> OrderDetail:
    """Cancel an order that was not shipped; what was paid goes back."""
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


@post("/shops/{shop_id:int}/orders/{order_id:int}/shipments", guards=[allow(Role.MERCHANT)], status_code=200)
async def ship(
    shop_id: FromPath[int],
    order_id: FromPath[int],
    data: JSONBody[NewShipment],
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> OrderDetail:
    """Ship a paid order. The waybill is the key: the same shipment again gets the same answer."""
    async with database.writing() as writer:
        await ship_order(writer, person, ShopId(shop_id), OrderId(order_id), data)
        return await order_of_shop(writer, ShopId(shop_id), OrderId(order_id))


ROUTES = Router(
    "/api/v1",
    route_handlers=[
        place, my_orders, my_order, open_payment, settle, cancel, confirm, shop_orders, shop_order, ship
    ],
    tags=["orders"],
)  # fmt: skip
