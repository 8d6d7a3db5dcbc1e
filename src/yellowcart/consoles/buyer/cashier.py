"""Paying: the choice of a way to pay, the code to scan, the way back from the provider, and leaving."""

import hashlib
import hmac
from collections.abc import Sequence

import msgspec
import segno
from litestar import Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect
from markupsafe import Markup

from yellowcart.accounts.access import SIGNED_IN
from yellowcart.accounts.audit import request_address
from yellowcart.accounts.model import Person
from yellowcart.consoles.buyer.navigation import buyer_page
from yellowcart.consoles.buyer.order_view import seconds_left
from yellowcart.consoles.forms import FormBody
from yellowcart.consoles.rendering import AnyRequest, go_to, locale_of
from yellowcart.kernel.database import Database
from yellowcart.kernel.errors import Refusal
from yellowcart.kernel.ids import OrderId, ShopId
from yellowcart.kernel.problem import status_of
from yellowcart.kernel.settings import Settings
from yellowcart.kernel.translation import N_
from yellowcart.orders.model import OrderState
from yellowcart.orders.queries import OrderDetail, order_of_buyer
from yellowcart.payments.errors import MethodNotOffered, PayerUnknown, ProviderRefused, ProviderSilent
from yellowcart.payments.gateway import Prompt
from yellowcart.payments.model import Payment, PaymentMethod, PaymentState
from yellowcart.payments.pay import Look, OpenCashier, Payer, look_at_payment, open_cashier
from yellowcart.payments.presence import Standing, leave_cashier, stay_at_cashier
from yellowcart.payments.providers import Gateways
from yellowcart.payments.queries import payments_of_order, shown_before
from yellowcart.payments.rules import device_of, methods_for
from yellowcart.payments.wechat_payer import WechatPayer
from yellowcart.payments.wording import METHOD_WORDS

Key = tuple[ShopId, OrderId]

CODE_BORDER = 2
"""Light modules around a code; the white box that it stands in gives the rest of the quiet zone."""


class Here(msgspec.Struct, frozen=True):
    """How the order of a page that is open stands, and for how many seconds its goods are kept."""

    standing: Standing
    left_s: int


@get("/{shop_id:int}/{order_id:int}", guards=[SIGNED_IN])
async def cashier(
    request: AnyRequest,
    shop_id: FromPath[int],
    order_id: FromPath[int],
    database: NamedDependency[Database],
    gateways: NamedDependency[Gateways],
    person: NamedDependency[Person],
) -> Response[str]:
    """What is to be paid, how, and how long there is time; paid and closed orders say so. Who comes back here has
    the whole hold again."""
    key = (ShopId(shop_id), OrderId(order_id))
    await stay_at_cashier(database, person, *key)
    return await _cashier_page(request, database, gateways, person, key)


@post("/{shop_id:int}/{order_id:int}", guards=[SIGNED_IN], status_code=303)
async def pay(
    request: AnyRequest,
    shop_id: FromPath[int],
    order_id: FromPath[int],
    data: FormBody,
    database: NamedDependency[Database],
    gateways: NamedDependency[Gateways],
    person: NamedDependency[Person],
) -> Response[str] | Redirect:
    """Go to the provider's page, or to the code. A refusal (too late, payments switched off, a provider that does
    not answer) is said on the cashier's own page."""
    key = (ShopId(shop_id), OrderId(order_id))
    try:
        method = _method(data.get("method"))
        if method is PaymentMethod.WECHAT_JSAPI and gateways.wechat_payer is not None:
            back = f"{_path(key)}/wechat"
            return Redirect(
                gateways.wechat_payer.authorize_address(back, _token(request, person, key)), status_code=303
            )
        opened = await _open(request, database, gateways, person, key, method)
        if method is PaymentMethod.WECHAT_NATIVE:
            return go_to(f"{_path(key)}/scan")
        if opened.url is None:
            raise MethodNotOffered
    except Refusal as refusal:
        return await _cashier_page(request, database, gateways, person, key, refusal)
    return Redirect(opened.url, status_code=303)


@get("/{shop_id:int}/{order_id:int}/scan", guards=[SIGNED_IN])
async def scan(
    request: AnyRequest,
    shop_id: FromPath[int],
    order_id: FromPath[int],
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> Response[str] | Redirect:
    """The code that a phone scans, as it was made when the payment was opened; without one, back to the cashier.
    The page asks every few seconds whether it was paid."""
    key = (ShopId(shop_id), OrderId(order_id))
    shown = await _shown(database, person, key, PaymentMethod.WECHAT_NATIVE)
    if shown is None or shown.prompt.code is None:
        return go_to(_path(key))
    return buyer_page(
        request,
        "cashier_scan.html",
        _order_context(key, shown.detail) | {"code": _code_picture(shown.prompt.code)},
    )


@get("/{shop_id:int}/{order_id:int}/wechat", guards=[SIGNED_IN])
async def inside_wechat(
    request: AnyRequest,
    shop_id: FromPath[int],
    order_id: FromPath[int],
    database: NamedDependency[Database],
    gateways: NamedDependency[Gateways],
    person: NamedDependency[Person],
    code: FromQuery[str] = "",
) -> Response[str] | Redirect:
    """Inside WeChat. Who comes back from it with a code that tells who pays gets a form that opens the payment,
    which the page sends by itself. Once it is open, WeChat's browser takes it over, also when it is reloaded."""
    key = (ShopId(shop_id), OrderId(order_id))
    given = request.query_params.get("state", "")
    if not code:
        shown = await _shown(database, person, key, PaymentMethod.WECHAT_JSAPI)
        if shown is None or shown.prompt.jsapi is None:
            return go_to(_path(key))
        context = _order_context(key, shown.detail) | {"jsapi": shown.prompt.jsapi}
        return buyer_page(request, "cashier_wechat.html", context)
    try:
        _require_token(request, gateways, person, key, given)
    except Refusal as refusal:
        return await _cashier_page(request, database, gateways, person, key, refusal)
    if (await stay_at_cashier(database, person, *key)).standing is not Standing.WAITING:
        return go_to(_path(key))
    async with database.reading() as reader:
        detail = await order_of_buyer(reader, person.person_id, *key)
    context = _order_context(key, detail) | {"payer_code": code, "payer_token": given}
    return buyer_page(request, "cashier_wechat.html", context)


@post("/{shop_id:int}/{order_id:int}/wechat", guards=[SIGNED_IN], status_code=303)
async def open_inside_wechat(
    request: AnyRequest,
    shop_id: FromPath[int],
    order_id: FromPath[int],
    data: FormBody,
    database: NamedDependency[Database],
    gateways: NamedDependency[Gateways],
    person: NamedDependency[Person],
) -> Response[str] | Redirect:
    """Find out who pays by the code, and open the payment. A code is good once: sent again, the payment remembers
    its payer."""
    key = (ShopId(shop_id), OrderId(order_id))
    try:
        payer = _require_token(request, gateways, person, key, data.get("state", ""))
        try:
            openid = await payer.openid_of(data.get("code", ""))
        except PayerUnknown:
            openid = ""
        await _open(request, database, gateways, person, key, PaymentMethod.WECHAT_JSAPI, openid)
    except Refusal as refusal:
        return await _cashier_page(request, database, gateways, person, key, refusal)
    return go_to(f"{_path(key)}/wechat")


@get("/{shop_id:int}/{order_id:int}/return", guards=[SIGNED_IN])
async def come_back(
    shop_id: FromPath[int],
    order_id: FromPath[int],
    database: NamedDependency[Database],
    gateways: NamedDependency[Gateways],
    person: NamedDependency[Person],
) -> Redirect:
    """Back from the provider: it is asked how the payment stands, unless it was asked a moment ago."""
    key = (ShopId(shop_id), OrderId(order_id))
    async with database.reading() as reader:
        await order_of_buyer(reader, person.person_id, *key)
        payments = await payments_of_order(reader, *key)
    looks: list[Look] = []
    for payment in payments:
        if payment.state is PaymentState.PREPARED:
            try:
                looks.append(await look_at_payment(database, gateways, payment.shop_id, payment.payment_id))
            except (ProviderSilent, ProviderRefused):
                looks.append(Look(payment, was_asked=False))
                break
    flash, kind = _outcome([look.payment for look in looks] or payments)
    if kind == "info" and not all(look.was_asked for look in looks):
        flash = N_("We wait for the payment provider's word.")
    return go_to(_path(key), flash=flash, kind=kind)


@post("/{shop_id:int}/{order_id:int}/here", guards=[SIGNED_IN], status_code=200)
async def here(
    shop_id: FromPath[int],
    order_id: FromPath[int],
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> Here:
    """The cashier is open in a browser: its goods are kept, and its open payments are asked for soon."""
    presence = await stay_at_cashier(database, person, ShopId(shop_id), OrderId(order_id))
    waits = presence.standing is Standing.WAITING
    return Here(presence.standing, seconds_left(presence.kept_until) if waits else 0)


@post("/{shop_id:int}/{order_id:int}/leave", guards=[SIGNED_IN], status_code=204)
async def leave(
    shop_id: FromPath[int],
    order_id: FromPath[int],
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> None:
    """The buyer left the cashier without going to a provider; told by the page that is left, which reads no
    answer."""
    async with database.writing() as writer:
        await leave_cashier(writer, person, ShopId(shop_id), OrderId(order_id))


async def _open(
    request: AnyRequest,
    database: Database,
    gateways: Gateways,
    person: Person,
    key: Key,
    method: PaymentMethod | None,
    openid: str = "",
) -> OpenCashier:
    payer = Payer(address=request_address.get(), reference=openid)
    return await open_cashier(database, gateways, person, *key, method, payer)


class _ShownOrder(msgspec.Struct, frozen=True):
    """An order that waits for its payer, and what they were shown."""

    detail: OrderDetail
    prompt: Prompt


async def _shown(database: Database, person: Person, key: Key, method: PaymentMethod) -> _ShownOrder | None:
    """What the buyer was shown of the payment that is open by a method; None when there is none, or the order does
    not wait any more. Who looks at it is at the cashier: the goods are kept. Raises OrderUnknown."""
    presence = await stay_at_cashier(database, person, *key)
    if presence.standing is not Standing.WAITING:
        return None
    async with database.reading() as reader:
        shown = await shown_before(reader, *key, method)
        if shown is None:
            return None
        return _ShownOrder(await order_of_buyer(reader, person.person_id, *key), shown.prompt)


def _order_context(key: Key, detail: OrderDetail) -> dict[str, object]:
    order = detail.order
    return {"order": order, "detail": detail, "left_s": seconds_left(order.hold_until), "back": _path(key)}


async def _cashier_page(
    request: AnyRequest,
    database: Database,
    gateways: Gateways,
    person: Person,
    key: Key,
    refusal: Refusal | None = None,
) -> Response[str]:
    async with database.reading() as reader:
        detail = await order_of_buyer(reader, person.person_id, *key)
        payments = await payments_of_order(reader, *key)
    order = detail.order
    methods = methods_for(device_of(request.headers.get("user-agent", "")), gateways.offered)
    latest = payments[-1] if payments else None
    context = {
        "detail": detail,
        "order": order,
        "methods": [(method, *METHOD_WORDS[method]) for method in methods],
        "chosen": latest.method if latest and latest.method in methods else methods[0],
        "left_s": seconds_left(order.hold_until),
        "refused": _was_refused(order.state, latest),
        "waits_for_word": latest is not None and latest.state is PaymentState.PREPARED,
        "error": refusal.text(locale_of(request)) if refusal else None,
        "back": "/orders",
    }
    return buyer_page(request, "cashier.html", context, status=status_of(refusal) if refusal else 200)


def _was_refused(state: OrderState, latest: Payment | None) -> bool:
    """Whether the last attempt was refused and the order still waits."""
    return state is OrderState.SUBMITTED and latest is not None and latest.state is PaymentState.REFUSED


def _outcome(payments: Sequence[Payment]) -> tuple[str, str]:
    states = {payment.state for payment in payments}
    if PaymentState.SUCCEEDED in states:
        return "", "success"
    if PaymentState.SURPLUS in states:
        return N_("The money arrived too late for this order. It goes back by itself."), "warning"
    if PaymentState.REFUSED in states:
        return "", "error"
    return N_("Nothing has been paid yet."), "info"


def _method(text: str | None) -> PaymentMethod | None:
    if not text:
        return None
    try:
        return PaymentMethod(text)
    except ValueError as error:
        raise MethodNotOffered from error


def _path(key: Key) -> str:
    return f"/cashier/{key[0]}/{key[1]}"


def _require_token(request: AnyRequest, gateways: Gateways, person: Person, key: Key, given: str) -> WechatPayer:
    """Who finds out the payer, if this buyer was sent to WeChat for this order. Raises PayerUnknown."""
    payer = gateways.wechat_payer
    if payer is None or not hmac.compare_digest(given.encode(), _token(request, person, key).encode()):
        raise PayerUnknown
    return payer


def _token(request: AnyRequest, person: Person, key: Key) -> str:
    """Says that it was this buyer, for this order, who was sent to WeChat."""
    settings: Settings = request.app.state.settings
    message = f"wechat payer {person.person_id} {key[0]} {key[1]}".encode()
    return hmac.new(settings.secret.encode(), message, hashlib.sha256).hexdigest()[:32]


def _code_picture(text: str) -> Markup:
    """A QR code as SVG, dark on light in both themes, because scanners want it so."""
    picture = segno.make_qr(text, error="m")
    # segno writes the picture itself from the modules; none of the text stands in it.
    return Markup(picture.svg_inline(border=CODE_BORDER, omitsize=True, svgclass="qr", lineclass=None))  # noqa: S704


ROUTES = Router(
    "/cashier",
    route_handlers=[cashier, pay, scan, inside_wechat, open_inside_wechat, come_back, here, leave],
    include_in_schema=False,
)
