"""Paying, for programs; and the way in for what providers tell us."""

from typing import Annotated, Any

import msgspec
from litestar import Request, Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody

from yellowcart.accounts.access import PUBLIC, SIGNED_IN
from yellowcart.accounts.audit import request_address
from yellowcart.accounts.model import Person
from yellowcart.kernel.database import Database
from yellowcart.kernel.ids import OrderId, PaymentId, ShopId
from yellowcart.orders.queries import order_of_buyer
from yellowcart.payments.errors import PaymentUnknown
from yellowcart.payments.model import Payment, PaymentMethod
from yellowcart.payments.notify import take_in_notification
from yellowcart.payments.pay import OpenCashier, Payer, look_at_payment, open_cashier
from yellowcart.payments.providers import Gateways
from yellowcart.payments.rules import Device, methods_for
from yellowcart.payments.store import read_payment

AnyRequest = Request[Person | None, str | None, Any]
Openid = Annotated[str, msgspec.Meta(max_length=128, pattern=r"^[0-9A-Za-z_-]*$")]


class ChosenMethod(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How the buyer wants to pay. Without a method it is the first that is offered; `openid` is for WeChat's JSAPI
    and mini programs, which know it."""

    method: PaymentMethod | None = None
    openid: Openid = ""


class OfferedMethods(msgspec.Struct, frozen=True):
    """The ways to pay on a device, the likeliest first."""

    methods: list[PaymentMethod]


@get("/payments/methods", guards=[PUBLIC])
async def offered_methods(
    gateways: NamedDependency[Gateways], device: FromQuery[Device] = Device.COMPUTER
) -> OfferedMethods:
    """The ways to pay that this installation offers on a device."""
    return OfferedMethods(methods_for(device, gateways.offered))


@post("/orders/{shop_id:int}/{order_id:int}/payments", guards=[SIGNED_IN], status_code=200)
async def open_payment(
    shop_id: FromPath[int],
    order_id: FromPath[int],
    database: NamedDependency[Database],
    gateways: NamedDependency[Gateways],
    person: NamedDependency[Person],
    data: JSONBody[ChosenMethod | None] = None,
) -> OpenCashier:
    """Open the cashier for an unpaid order; asked again, the open payment of that method is answered.

    Payments by other methods that are open are closed at their providers. The buyer pays at `url`, by scanning
    `code`, or by handing `jsapi` to WeChat's browser: one of the three is there.
    """
    chosen = data or ChosenMethod()
    payer = Payer(address=request_address.get(), reference=chosen.openid)
    key = (ShopId(shop_id), OrderId(order_id))
    return await open_cashier(database, gateways, person, *key, chosen.method, payer)


@post("/orders/{shop_id:int}/{order_id:int}/payments/{payment_id:int}/settle", guards=[SIGNED_IN], status_code=200)
async def settle(
    shop_id: FromPath[int],
    order_id: FromPath[int],
    payment_id: FromPath[int],
    database: NamedDependency[Database],
    gateways: NamedDependency[Gateways],
    person: NamedDependency[Person],
) -> Payment:
    """Back from the cashier: have the platform ask the provider how the payment stands.

    The provider is asked for one payment four times at once and then every three seconds at most; who asks more
    often is answered what the platform knows.
    """
    async with database.reading() as reader:
        await order_of_buyer(reader, person.person_id, ShopId(shop_id), OrderId(order_id))
        payment = await read_payment(reader, ShopId(shop_id), PaymentId(payment_id))
    if payment.order_id != order_id:
        raise PaymentUnknown
    return (await look_at_payment(database, gateways, ShopId(shop_id), PaymentId(payment_id))).payment


@post("/payments/notifications/{provider:str}", guards=[PUBLIC], status_code=200, media_type="application/json")
async def take_in(
    request: AnyRequest,
    provider: FromPath[str],
    database: NamedDependency[Database],
    gateways: NamedDependency[Gateways],
) -> Response[bytes]:
    """What a payment provider tells by itself, signed by it, in its own form and answered in its own form."""
    headers = {name.lower(): value for name, value in request.headers.items()}
    reply = await take_in_notification(database, gateways, provider, headers, await request.body())
    return Response(reply.body, status_code=reply.status, media_type=reply.media_type)


ROUTES = Router("/api/v1", route_handlers=[offered_methods, open_payment, settle, take_in], tags=["payments"])
