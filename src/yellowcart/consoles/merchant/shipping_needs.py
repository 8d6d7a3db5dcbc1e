"""A shop without a carrier: publishing a need in one short form, comparing quotes, accepting one."""

from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect

from yellowcart.accounts.access import allow
from yellowcart.accounts.model import Person, Role
from yellowcart.catalog.shops import require_member
from yellowcart.consoles.forms import FormBody, fresh_request_key, refused_form
from yellowcart.consoles.merchant.navigation import console_context
from yellowcart.consoles.operator.navigation import moment_of, written_moment
from yellowcart.consoles.pasted_address import pasted_address, written_address
from yellowcart.consoles.rendering import AnyRequest, go_to, locale_of, page
from yellowcart.freight.queries import delivery_terms_of
from yellowcart.kernel import clock
from yellowcart.kernel.database import Database, Reader
from yellowcart.kernel.errors import Conflict, InvalidFields, NotFound, Refusal
from yellowcart.kernel.idempotency import once, request_key
from yellowcart.kernel.ids import OrderId, ShopId
from yellowcart.kernel.problem import status_of
from yellowcart.kernel.translation import N_
from yellowcart.orders.model import DeliveryAddress
from yellowcart.orders.queries import order_of_shop
from yellowcart.parcels.carriers import carrier_options
from yellowcart.parcels.needs.accept import accept_quote
from yellowcart.parcels.needs.model import Need, NeedId, NeedState, NewNeed, QuoteId
from yellowcart.parcels.needs.post import post_need, withdraw_need
from yellowcart.parcels.needs.queries import (
    last_origin,
    need_of_shop,
    needs_of_shop,
    parcel_of_need,
    quotes_of_need,
)
from yellowcart.parcels.needs.rules import GOODS_LENGTH_MAX, WAYBILL_WITHIN
from yellowcart.parcels.rules import PIECES_MAX

MERCHANT = allow(Role.MERCHANT)
NEEDS = "/merchant/{shop_id:int}/shipping/needs"
GROUPS = {
    "open": (NeedState.OPEN, NeedState.ACCEPTED),
    "done": (NeedState.FULFILLED,),
    "ended": (NeedState.WITHDRAWN, NeedState.EXPIRED),
}


@get(NEEDS, guards=[MERCHANT])
async def needs_page(
    request: AnyRequest,
    shop_id: FromPath[int],
    database: NamedDependency[Database],
    person: NamedDependency[Person],
    show: FromQuery[str] = "",
    cursor: FromQuery[str | None] = None,
) -> Response[str]:
    """The shop's needs, the latest first."""
    async with database.reading() as reader:
        shop = await require_member(reader, person, ShopId(shop_id))
        needs = await needs_of_shop(reader, shop.shop_id, states=GROUPS.get(show, tuple(NeedState)), cursor=cursor)
    return page(
        request, "merchant/shipping_needs.html", console_context(request, shop, "needs") | {"needs": needs}
    )


@get(NEEDS + "/new", guards=[MERCHANT])
async def new_page(
    request: AnyRequest,
    shop_id: FromPath[int],
    database: NamedDependency[Database],
    person: NamedDependency[Person],
    order: FromQuery[int | None] = None,
) -> Response[str]:
    """The form; opened from an order, it is filled in already."""
    async with database.reading() as reader:
        await require_member(reader, person, ShopId(shop_id))
        values = await _begun(reader, ShopId(shop_id), None if order is None else OrderId(order))
    return await _form_page(request, database, person, ShopId(shop_id), values)


@post(NEEDS, guards=[MERCHANT], status_code=200)
async def publish(
    request: AnyRequest,
    shop_id: FromPath[int],
    data: FormBody,
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> Response[str] | Redirect:
    """Publish the need; the form sent twice publishes once."""
    try:
        need = _read(data)
        key = request_key(person.person_id, data.get("request_key"), [shop_id, need])
        async with database.writing() as writer:

            async def make() -> Need:
                need_id = await post_need(writer, person, ShopId(shop_id), need)
                return await need_of_shop(writer, ShopId(shop_id), need_id)

            made = await once(writer, "parcels:shipping_need:post", key, Need, make)
    except NotFound:
        raise
    except Refusal as refusal:
        return await _form_page(request, database, person, ShopId(shop_id), data, refusal=refusal)
    return go_to(
        f"/merchant/{shop_id}/shipping/needs/{made.need_id}",
        flash=N_("Published. Carriers can quote from now on; you are told of every quote."),
    )


@get(NEEDS + "/{need_id:int}", guards=[MERCHANT])
async def need_page(
    request: AnyRequest,
    shop_id: FromPath[int],
    need_id: FromPath[int],
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> Response[str]:
    """One need with its quotes side by side."""
    async with database.reading() as reader:
        shop = await require_member(reader, person, ShopId(shop_id))
        need = await need_of_shop(reader, shop.shop_id, NeedId(need_id))
        quotes = await quotes_of_need(reader, shop.shop_id, NeedId(need_id))
        parcel = await parcel_of_need(reader, need)
    context = {
        "need": need,
        "parcel": parcel,
        "quotes": quotes,
        "seconds_left": max(0, int((need.due_at - clock.now()).total_seconds())),
        "waybill_seconds": None
        if need.waybill_due_at is None
        else max(0, int((need.waybill_due_at - clock.now()).total_seconds())),
        "waybill_hours": WAYBILL_WITHIN // timedelta(hours=1),
        "carrier_names": dict(carrier_options(locale_of(request))),
    }
    return page(request, "merchant/shipping_need.html", console_context(request, shop, "needs") | context)


@post(NEEDS + "/{need_id:int}/accept", guards=[MERCHANT])
async def accept(
    shop_id: FromPath[int],
    need_id: FromPath[int],
    data: FormBody,
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> Redirect:
    """Accept a quote at the price that the page showed."""
    back = f"/merchant/{shop_id}/shipping/needs/{need_id}"
    quote_id, price = data.get("quote_id", ""), data.get("price_fen", "")
    if not all(each.isascii() and each.isdecimal() and len(each) <= 16 for each in (quote_id, price)):
        raise NotFound
    try:
        async with database.writing() as writer:
            state = await accept_quote(
                writer,
                person,
                ShopId(shop_id),
                NeedId(need_id),
                QuoteId(int(quote_id)),
                price_fen=int(price),
            )
    except Conflict as refusal:
        return go_to(back, flash=refusal.message, kind="error", values=refusal.values)
    if state is NeedState.FULFILLED:
        return go_to(back, flash=N_("Accepted, and the waybill is there."))
    return go_to(back, flash=N_("Accepted. The carrier names the waybill next."))


@post(NEEDS + "/{need_id:int}/withdraw", guards=[MERCHANT])
async def withdraw(
    shop_id: FromPath[int],
    need_id: FromPath[int],
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> Redirect:
    """Take the need back."""
    back = f"/merchant/{shop_id}/shipping/needs/{need_id}"
    try:
        async with database.writing() as writer:
            await withdraw_need(writer, person, ShopId(shop_id), NeedId(need_id))
    except Conflict as refusal:
        return go_to(back, flash=refusal.message, kind="error", values=refusal.values)
    return go_to(back, flash=N_("The need is taken back."))


async def _begun(reader: Reader, shop_id: ShopId, order_id: OrderId | None) -> dict[str, str]:
    """What the form begins with: from where the shop sent last, and an order's goods."""
    origin = await last_origin(reader, shop_id)
    values = {
        "origin": "" if origin is None else written_address(origin),
        "due": written_moment(clock.now() + timedelta(days=1)),
        "pieces": "1",
    }
    if order_id is None:
        return values
    detail = await order_of_shop(reader, shop_id, order_id)
    left = [(line, line.to_ship) for line in detail.lines if line.to_ship]
    terms = await delivery_terms_of(reader, shop_id, {line.product_id for line, _ in left})
    grams = sum(terms[line.product_id].weight_g * pieces for line, pieces in left)
    goods = ", ".join(f"{line.title} {line.sku_name} ×{pieces}" for line, pieces in left)
    return values | {
        "order": str(order_id),
        "goods": goods[:GOODS_LENGTH_MAX],
        "weight": f"{Decimal(grams) / 1000:f}" if grams else "",
    }


def _read(data: dict[str, str]) -> NewNeed:
    """The need that a form describes. Raises InvalidFields, every wrong field at once."""
    problems: dict[str, str | tuple[str, dict[str, object]]] = {}
    order_id = _order_of(data)
    places = dict[str, DeliveryAddress]()
    for field in ("origin", "destination") if order_id is None else ("origin",):
        try:
            places[field] = pasted_address(data.get(field, ""), field)
        except InvalidFields as refusal:
            problems |= refusal.problems
    due_at = _moment(data.get("due", ""))
    pieces = data.get("pieces", "").strip()
    if due_at is None:
        problems["due"] = N_("Choose a day and a time.")
    if not pieces.isascii() or not pieces.isdecimal() or len(pieces) > 6:
        problems["pieces"] = (N_("Write whole pieces from 1 to %(most)s."), {"most": PIECES_MAX * 10 + 9})
    if problems or due_at is None:
        raise InvalidFields(problems)
    return NewNeed(
        goods=data.get("goods", ""),
        origin=places["origin"],
        destination=places.get("destination"),
        weight_g=_grams(data.get("weight", "")),
        pieces=int(pieces),
        due_at=due_at,
        note=data.get("note", ""),
        order_id=order_id,
    )


def _order_of(data: dict[str, str]) -> OrderId | None:
    order = data.get("order", "")
    return OrderId(int(order)) if order.isascii() and order.isdecimal() and len(order) <= 16 else None


def _moment(text: str) -> datetime | None:
    return moment_of(text.strip()[:40])


def _grams(text: str) -> int:
    """Kilograms as people write them, in grams; 0, which is refused, for what is no weight."""
    try:
        grams = Decimal(text.strip()[:20]) * 1000
    except InvalidOperation:
        return 0
    return int(grams) if grams.is_finite() and grams == grams.to_integral_value() and 0 < grams < 10**9 else 0


async def _form_page(
    request: AnyRequest,
    database: Database,
    person: Person,
    shop_id: ShopId,
    values: dict[str, str],
    *,
    refusal: Refusal | None = None,
) -> Response[str]:
    async with database.reading() as reader:
        shop = await require_member(reader, person, shop_id)
        order_id = _order_of(values)
        goes_to = None if order_id is None else (await order_of_shop(reader, shop_id, order_id)).order.address
    form = {"values": values, "errors": {}}
    if refusal is not None:
        form = refused_form(refusal, values, locale_of(request))
    context = {"form": form, "request_key": fresh_request_key(), "order": order_id or "", "goes_to": goes_to}
    return page(
        request,
        "merchant/shipping_need_form.html",
        console_context(request, shop, "needs") | context,
        status=200 if refusal is None else status_of(refusal),
    )


ROUTES = (needs_page, new_page, publish, need_page, accept, withdraw)
