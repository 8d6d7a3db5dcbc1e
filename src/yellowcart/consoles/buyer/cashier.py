"""Paying: the cashier of the platform, the way back from the provider, and the sandbox provider's own page."""

from collections.abc import Sequence

from litestar import Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect

from yellowcart.accounts.access import PUBLIC, SIGNED_IN
from yellowcart.accounts.model import Person
from yellowcart.consoles.buyer.navigation import buyer_page
from yellowcart.consoles.buyer.orders import seconds_left
from yellowcart.consoles.forms import FormBody
from yellowcart.consoles.rendering import AnyRequest, go_to, locale_of, page
from yellowcart.kernel.database import Database
from yellowcart.kernel.errors import Refusal
from yellowcart.kernel.ids import OrderId, ShopId
from yellowcart.kernel.problem import status_of
from yellowcart.kernel.translation import N_
from yellowcart.orders.gateway import GatewayState
from yellowcart.orders.model import OrderState, Payment, PaymentState
from yellowcart.orders.pay import open_cashier, settle_payment
from yellowcart.orders.queries import OrderDetail, order_of_buyer
from yellowcart.platform import Platform


@get("/{shop_id:int}/{order_id:int}", guards=[SIGNED_IN])
async def cashier(
    request: AnyRequest,
    shop_id: FromPath[int],
    order_id: FromPath[int],
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> Response[str]:
    """What is to be paid and how long there is time; paid and closed orders say so."""
    return await _cashier_page(request, database, person, (ShopId(shop_id), OrderId(order_id)))


@post("/{shop_id:int}/{order_id:int}", guards=[SIGNED_IN], status_code=303)
async def pay(
    request: AnyRequest,
    shop_id: FromPath[int],
    order_id: FromPath[int],
    database: NamedDependency[Database],
    platform: NamedDependency[Platform],
    person: NamedDependency[Person],
) -> Response[str] | Redirect:
    """Go to the provider's page. A refusal (too late, payments switched off) is said on the cashier's own."""
    key = (ShopId(shop_id), OrderId(order_id))
    try:
        opened = await open_cashier(database, platform.gateway, person, *key)
    except Refusal as refusal:
        return await _cashier_page(request, database, person, key, refusal)
    return Redirect(opened.url, status_code=303)


@get("/{shop_id:int}/{order_id:int}/return", guards=[SIGNED_IN])
async def come_back(
    shop_id: FromPath[int],
    order_id: FromPath[int],
    database: NamedDependency[Database],
    platform: NamedDependency[Platform],
    person: NamedDependency[Person],
) -> Redirect:
    """Back from the provider: ask it how the payment stands, as often as somebody comes by here."""
    async with database.reading() as reader:
        detail = await order_of_buyer(reader, person.person_id, ShopId(shop_id), OrderId(order_id))
    payments = detail.payments
    settled = [
        await settle_payment(database, platform.gateway, payment.shop_id, payment.payment_id)
        for payment in payments
        if payment.state is PaymentState.PREPARED
    ]
    flash, kind = _outcome(settled or payments)
    return go_to(f"/cashier/{shop_id}/{order_id}", flash=flash, kind=kind)


@get("/sandbox/pay/{reference:str}", guards=[PUBLIC])
async def sandbox_page(
    request: AnyRequest, reference: FromPath[str], platform: NamedDependency[Platform]
) -> Response[str]:
    """The sandbox provider's own page, where the payer decides. It knows the charge and nobody's name."""
    charge = await platform.gateway.read(reference)
    return page(request, "buyer/sandbox.html", {"charge": charge, "is_open": charge.state is GatewayState.OPEN})


@post("/sandbox/pay/{reference:str}", guards=[PUBLIC], status_code=303)
async def sandbox_decides(
    reference: FromPath[str], data: FormBody, platform: NamedDependency[Platform]
) -> Redirect:
    """The payer pays, lets the bank refuse, or leaves; then back to the platform."""
    charge = await platform.gateway.read(reference)
    match data.get("decision"):
        case "pay":
            await platform.gateway.pay(charge)
        case "refuse":
            await platform.gateway.refuse(charge)
    return go_to(f"/cashier/{charge.shop_id}/{charge.subject}/return")


async def _cashier_page(
    request: AnyRequest,
    database: Database,
    person: Person,
    key: tuple[ShopId, OrderId],
    refusal: Refusal | None = None,
) -> Response[str]:
    async with database.reading() as reader:
        detail = await order_of_buyer(reader, person.person_id, *key)
    context = {
        "detail": detail,
        "order": detail.order,
        "left_s": seconds_left(detail.order.hold_until),
        "refused": _was_refused(detail),
        "error": refusal.text(locale_of(request)) if refusal else None,
        "back": "/orders",
    }
    return buyer_page(request, "cashier.html", context, status=status_of(refusal) if refusal else 200)


def _was_refused(detail: OrderDetail) -> bool:
    """Whether the last attempt was refused and the order still waits."""
    last = detail.payments[-1] if detail.payments else None
    waiting = detail.order.state is OrderState.SUBMITTED
    return waiting and last is not None and last.state is PaymentState.REFUSED


def _outcome(payments: Sequence[Payment]) -> tuple[str, str]:
    states = {payment.state for payment in payments}
    if PaymentState.SUCCEEDED in states:
        return "", "success"
    if PaymentState.SURPLUS in states:
        return N_("The money arrived too late for this order. It goes back by itself."), "warning"
    if PaymentState.REFUSED in states:
        return "", "error"
    return N_("Nothing has been paid yet."), "info"


ROUTES = Router("/cashier", route_handlers=[cashier, pay, come_back], include_in_schema=False)
