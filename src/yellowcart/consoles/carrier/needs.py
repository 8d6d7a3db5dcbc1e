"""Needs that a carrier may quote on: the list by where from and where to, and one need with the quote on it."""

from datetime import datetime

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect

from yellowcart.accounts.access import allow
from yellowcart.accounts.model import Person, Role
from yellowcart.consoles.carrier.navigation import carrier_page
from yellowcart.consoles.forms import Form, FormBody, refused_form
from yellowcart.consoles.operator.navigation import moment_of, written_moment
from yellowcart.consoles.rendering import AnyRequest, go_to, locale_of
from yellowcart.freight.districts import provinces
from yellowcart.kernel import clock
from yellowcart.kernel.database import Database
from yellowcart.kernel.errors import Conflict, InvalidFields, NotFound, Refusal
from yellowcart.kernel.ids import ShopId
from yellowcart.kernel.money import AmountUnreadable, parse_yuan, write_yuan
from yellowcart.kernel.problem import status_of
from yellowcart.kernel.translation import N_, translate
from yellowcart.parcels.carriers import carrier_options
from yellowcart.parcels.needs.accept import name_need_waybill
from yellowcart.parcels.needs.model import MyQuote, NeedId, NeedState, NewQuote, OpenNeed, QuoteId, QuoteState
from yellowcart.parcels.needs.queries import need_for_carrier, open_needs, quotes_of_carrier
from yellowcart.parcels.needs.quote import quote_need, withdraw_quote

CARRIER = allow(Role.CARRIER)
NEED = "/needs/{shop_id:int}/{need_id:int}"
GROUPS = {
    "open": (QuoteState.OPEN,),
    "accepted": (QuoteState.ACCEPTED,),
    "ended": (QuoteState.LOST, QuoteState.WITHDRAWN, QuoteState.EXPIRED, QuoteState.FAILED),
}


@get("/", guards=[CARRIER])
async def needs_page(
    request: AnyRequest,
    database: NamedDependency[Database],
    person: NamedDependency[Person],
    origin: FromQuery[str] = "",
    destination: FromQuery[str] = "",
    cursor: FromQuery[str | None] = None,
) -> Response[str]:
    """Open needs, the latest first, by province."""
    names = set(provinces().values())
    origin, destination = (each if each in names else "" for each in (origin, destination))
    async with database.reading() as reader:
        needs = await open_needs(reader, person, origin=origin, destination=destination, cursor=cursor)
    anywhere = ("", translate(N_("Everywhere"), locale_of(request)))
    context: dict[str, object] = {
        "needs": needs,
        "form": {"values": {"origin": origin, "destination": destination}, "errors": {}},
        "filtered": bool(origin or destination),
        "provinces": [anywhere, *((name, name) for name in provinces().values())],
    }
    return carrier_page(request, "needs", "needs.html", context)


@get(NEED, guards=[CARRIER])
async def need_page(
    request: AnyRequest,
    shop_id: FromPath[int],
    need_id: FromPath[int],
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> Response[str]:
    """One need, and the carrier's quote on it."""
    return await _need_page(request, database, person, ShopId(shop_id), NeedId(need_id))


@post(NEED, guards=[CARRIER], status_code=200)
async def quote(
    request: AnyRequest,
    shop_id: FromPath[int],
    need_id: FromPath[int],
    data: FormBody,
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> Response[str] | Redirect:
    """Quote, or change the open quote."""
    try:
        async with database.writing() as writer:
            await quote_need(writer, person, ShopId(shop_id), NeedId(need_id), _read(data))
    except NotFound:
        raise
    except Refusal as refusal:
        return await _need_page(
            request, database, person, ShopId(shop_id), NeedId(need_id), refused=(refusal, data)
        )
    return go_to(
        f"/carrier/needs/{shop_id}/{need_id}", flash=N_("Your quote is out. The shop sees it beside the others.")
    )


@post(NEED + "/withdraw", guards=[CARRIER])
async def withdraw(
    shop_id: FromPath[int],
    need_id: FromPath[int],
    data: FormBody,
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> Redirect:
    """Take the quote back."""
    back = f"/carrier/needs/{shop_id}/{need_id}"
    quote_id = data.get("quote_id", "")
    if not quote_id.isascii() or not quote_id.isdecimal() or len(quote_id) > 16:
        raise NotFound
    try:
        async with database.writing() as writer:
            await withdraw_quote(writer, person, ShopId(shop_id), NeedId(need_id), QuoteId(int(quote_id)))
    except Conflict as refusal:
        return go_to(back, flash=refusal.message, kind="error")
    return go_to("/carrier/quotes", flash=N_("Your quote is taken back."))


@post(NEED + "/waybill", guards=[CARRIER], status_code=200)
async def name_waybill(
    request: AnyRequest,
    shop_id: FromPath[int],
    need_id: FromPath[int],
    data: FormBody,
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> Response[str] | Redirect:
    """Name the waybill of the accepted quote."""
    try:
        async with database.writing() as writer:
            await name_need_waybill(
                writer,
                person,
                ShopId(shop_id),
                NeedId(need_id),
                data.get("carrier", "")[:40],
                data.get("waybill", "")[:60],
            )
    except NotFound:
        raise
    except Refusal as refusal:
        return await _need_page(
            request, database, person, ShopId(shop_id), NeedId(need_id), refused=(refusal, data)
        )
    return go_to(f"/carrier/needs/{shop_id}/{need_id}", flash=N_("Thank you. The shop has the waybill."))


@get("/quotes", guards=[CARRIER])
async def quotes_page(
    request: AnyRequest,
    database: NamedDependency[Database],
    person: NamedDependency[Person],
    show: FromQuery[str] = "",
    cursor: FromQuery[str | None] = None,
) -> Response[str]:
    """The carrier's quotes, the latest first."""
    async with database.reading() as reader:
        quotes = await quotes_of_carrier(reader, person, states=GROUPS.get(show, tuple(QuoteState)), cursor=cursor)
    return carrier_page(request, "quotes", "quotes.html", {"quotes": quotes})


def _read(data: dict[str, str]) -> NewQuote:
    problems: dict[str, str | tuple[str, dict[str, object]]] = {}
    price_fen = 0
    try:
        price_fen = int(parse_yuan(data.get("price", "")[:20]))
    except AmountUnreadable as refusal:
        problems["price"] = refusal.message
    moments: dict[str, datetime] = {}
    for field in ("pick_up_by", "valid_until"):
        moment = moment_of(data.get(field, "").strip()[:40])
        if moment is None:
            problems[field] = N_("Choose a day and a time.")
        else:
            moments[field] = moment
    if problems:
        raise InvalidFields(problems)
    return NewQuote(
        price_fen=price_fen,
        pick_up_by=moments["pick_up_by"],
        valid_until=moments["valid_until"],
        carrier=data.get("carrier", "")[:40],
        waybill=data.get("waybill", "")[:60].strip(),
        note=data.get("note", ""),
    )


async def _need_page(
    request: AnyRequest,
    database: Database,
    person: Person,
    shop_id: ShopId,
    need_id: NeedId,
    *,
    refused: tuple[Refusal, dict[str, str]] | None = None,
) -> Response[str]:
    async with database.reading() as reader:
        need = await need_for_carrier(reader, person, shop_id, need_id)
        mine = (await quotes_of_carrier(reader, person, need=(shop_id, need_id))).items
    locale, now = locale_of(request), clock.now()
    standing = next((each for each in mine if each.quote.state in {QuoteState.OPEN, QuoteState.ACCEPTED}), None)
    form: Form = {"values": _begun(need, standing), "errors": {}}
    if refused is not None:
        form = refused_form(refused[0], refused[1], locale)
    waybill_due = standing.waybill_due_at if standing else None
    context: dict[str, object] = {
        "need": need,
        "mine": mine,
        "standing": standing,
        "may_quote": need.state is NeedState.OPEN
        and need.due_at > now
        and (standing is None or standing.quote.state is QuoteState.OPEN),
        "names_waybill": need.state is NeedState.ACCEPTED
        and standing is not None
        and standing.quote.state is QuoteState.ACCEPTED,
        "seconds_left": max(0, int((need.due_at - now).total_seconds())),
        "waybill_seconds": None if waybill_due is None else max(0, int((waybill_due - now).total_seconds())),
        "form": form,
        "carriers": [("", translate(N_("Named later"), locale)), *carrier_options(locale)],
        "carrier_names": dict(carrier_options(locale)),
    }
    return carrier_page(
        request, "needs", "need.html", context, status=200 if refused is None else status_of(refused[0])
    )


def _begun(need: OpenNeed, standing: MyQuote | None) -> dict[str, str]:
    """What the form begins with: the open quote, or the shop's own times."""
    if standing is not None:
        quote = standing.quote
        return {
            "price": write_yuan(quote.price_fen),
            "pick_up_by": written_moment(quote.pick_up_by),
            "valid_until": written_moment(quote.valid_until),
            "carrier": quote.carrier,
            "waybill": quote.waybill,
            "note": quote.note,
        }
    return {"pick_up_by": written_moment(need.due_at), "valid_until": written_moment(need.due_at)}
