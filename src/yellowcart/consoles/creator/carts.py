"""Filling and changing a cart: pasting, picking, putting on, explaining, taking off, moving."""

from collections.abc import Awaitable, Callable

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect

from yellowcart.accounts.access import allow
from yellowcart.accounts.model import Person, Role
from yellowcart.catalog.queries import search_listable
from yellowcart.consoles.creator.forms import read_price, read_whole
from yellowcart.consoles.creator.navigation import is_part
from yellowcart.consoles.creator.shelf import cart_context, cart_path, place_of_path, place_path
from yellowcart.consoles.forms import FormBody, fresh_request_key, refused_form
from yellowcart.consoles.rendering import AnyRequest, go_to, locale_of, page
from yellowcart.kernel import clock
from yellowcart.kernel.database import Database, Writer
from yellowcart.kernel.errors import InvalidFields, NotFound, Refusal
from yellowcart.kernel.idempotency import once, request_key
from yellowcart.kernel.ids import ListingId, ProductId, ShopId
from yellowcart.kernel.translation import N_
from yellowcart.links.errors import LinkUnknown
from yellowcart.links.model import Surface
from yellowcart.links.recognise import recognise
from yellowcart.links.resolve import LinkResolver
from yellowcart.links.rules import Timeline, verdict
from yellowcart.links.wording import next_change_text, source_word, storefront_word, verdict_text
from yellowcart.stage import listings
from yellowcart.stage.creators import creator_of
from yellowcart.stage.goods import SOLD_OUTSIDE, sellable_link, suggested_title
from yellowcart.stage.model import Listing, Place
from yellowcart.stage.rules import HOLD_S_DEFAULT, HOLD_S_MAX, LIMIT_PER_BUYER_MAX, PASTE_LENGTH_MAX

CREATOR = allow(Role.CREATOR)
LINKS_SHOWN = 10
PICKER_SIZE = 12
Step = Callable[[Writer, Person, ListingId], Awaitable[Listing]]
STEPS: dict[str, Step] = {
    "put-on": listings.put_on,
    "explain": listings.explain,
    "stop-explaining": listings.stop_explaining,
    "take-off": listings.take_off,
}


@get("/carts/{kind:str}/{place_id:int}/cart", guards=[CREATOR])
async def cart_part(
    request: AnyRequest,
    kind: FromPath[str],
    place_id: FromPath[int],
    database: NamedDependency[Database],
    person: NamedDependency[Person],
    timeline: NamedDependency[Timeline],
) -> Response[str]:
    """The cart alone: a page asks again when it hears that it changed."""
    place = await _place(database, person, kind, place_id)
    return await _cart(request, database, place, timeline)


@post("/carts/{kind:str}/{place_id:int}/recognise", guards=[CREATOR], status_code=200)
async def recognise_part(
    request: AnyRequest,
    kind: FromPath[str],
    place_id: FromPath[int],
    data: FormBody,
    database: NamedDependency[Database],
    person: NamedDependency[Person],
    timeline: NamedDependency[Timeline],
    link_resolver: NamedDependency[LinkResolver],
) -> Response[str]:
    """What a pasted text links to, each link with its verdict here, before anything is listed."""
    place = await _place(database, person, kind, place_id)
    text = data.get("pasted_text", "")[: PASTE_LENGTH_MAX + 1]
    if len(text) > PASTE_LENGTH_MAX:
        problem = InvalidFields({"pasted_text": (N_("At most %(most)s characters."), {"most": PASTE_LENGTH_MAX})})
        context: dict[str, object] = {
            "found": [],
            "pasted": text,
            "problem": problem.fields(locale_of(request))["pasted_text"],
        }
    else:
        found = await _found(request, text, place.surface, timeline, link_resolver)
        context = {"found": found, "pasted": text, "problem": ""}
        if text.strip() and not context["found"]:
            context["problem"] = LinkUnknown().text(locale_of(request))
    context |= {"cart_path": cart_path(place), "form": None, "request_key": fresh_request_key()}
    return page(request, "creator/found.html", context)


@post("/carts/{kind:str}/{place_id:int}/links", guards=[CREATOR], status_code=200)
async def add_link(
    request: AnyRequest,
    kind: FromPath[str],
    place_id: FromPath[int],
    data: FormBody,
    database: NamedDependency[Database],
    person: NamedDependency[Person],
    timeline: NamedDependency[Timeline],
    link_resolver: NamedDependency[LinkResolver],
) -> Response[str] | Redirect:
    """List an outside product, and put it on at once where that is asked."""
    place = await _place(database, person, kind, place_id)
    text = data.get("pasted_text", "")
    try:
        price_fen = read_price(data.get("price", ""), "price")
        task = data.get("channel_task") or None
        key = request_key(
            person.person_id, data.get("request_key"), [text, data.get("title", ""), price_fen, task]
        )
        resolved = await link_resolver.resolve(sellable_link(text))  # asks the network: before the transaction
        async with database.writing() as writer:

            async def make() -> Listing:
                made = await listings.list_outside(
                    writer,
                    person,
                    place,
                    pasted_text=text,
                    title=data.get("title", ""),
                    price_fen=price_fen,
                    channel_task=task,
                    link=resolved.link,
                )
                return await _put_on_if_asked(writer, person, made, data)

            await once(writer, "stage:listing:queue", key, Listing, make)
    except Refusal as refusal:
        if not is_part(request):
            raise
        context = {
            "found": await _found(request, text, place.surface, timeline, link_resolver),
            "pasted": text,
            "problem": "" if refusal.fields(locale_of(request)) else refusal.text(locale_of(request)),
            "cart_path": cart_path(place),
            "form": refused_form(refusal, data, locale_of(request)),
            "request_key": fresh_request_key(),
        }
        answer = page(request, "creator/found.html", context, status=422)
        answer.headers.update({"hx-retarget": "#found", "hx-reswap": "outerHTML"})
        return answer
    return await _answer(request, database, place, timeline, clear_found=True)


@get("/carts/{kind:str}/{place_id:int}/picker", guards=[CREATOR])
async def picker_part(
    request: AnyRequest,
    kind: FromPath[str],
    place_id: FromPath[int],
    database: NamedDependency[Database],
    person: NamedDependency[Person],
    text: FromQuery[str] = "",
    cursor: FromQuery[str] = "",
) -> Response[str]:
    """Products of the platform's shops that can be listed, by search."""
    async with database.reading() as reader:
        creator = await creator_of(reader, person)
        place = await place_of_path(reader, creator, kind, place_id)
        found = await search_listable(
            reader,
            text,
            None,
            cursor or None,
            PICKER_SIZE,
            shop_id=creator.shop_id,
            creator_id=creator.creator_id,
        )
    return page(
        request,
        "creator/picker.html",
        {
            "products": found,
            "cart_path": cart_path(place),
            "text": text,
            "limit_most": LIMIT_PER_BUYER_MAX,
            "hold_minutes": HOLD_S_DEFAULT // 60,
            "hold_minutes_most": HOLD_S_MAX // 60,
        },
    )


@post("/carts/{kind:str}/{place_id:int}/products", guards=[CREATOR], status_code=200)
async def add_product(
    request: AnyRequest,
    kind: FromPath[str],
    place_id: FromPath[int],
    data: FormBody,
    database: NamedDependency[Database],
    person: NamedDependency[Person],
    timeline: NamedDependency[Timeline],
) -> Response[str] | Redirect:
    """List a product of a platform shop, with a limit for each buyer and the time that an unpaid order keeps its
    pieces. A cart holds a product once, so that a repeat lists nothing twice."""
    place = await _place(database, person, kind, place_id)
    hold_minutes = read_whole(data.get("hold_minutes", ""), "hold_minutes")
    shop_id, product_id = read_whole_id(data.get("shop_id", "")), read_whole_id(data.get("product_id", ""))
    async with database.writing() as writer:
        made = await listings.list_product(
            writer,
            person,
            place,
            ShopId(shop_id),
            ProductId(product_id),
            limit_per_buyer=read_whole(data.get("limit_per_buyer", ""), "limit_per_buyer"),
            hold_s=HOLD_S_DEFAULT if hold_minutes is None else 60 * hold_minutes,
        )
        await _put_on_if_asked(writer, person, made, data)
    return await _answer(request, database, place, timeline)


@post("/listings/{listing_id:int}/move", guards=[CREATOR], status_code=200)
async def move(
    request: AnyRequest,
    listing_id: FromPath[int],
    data: FormBody,
    database: NamedDependency[Database],
    person: NamedDependency[Person],
    timeline: NamedDependency[Timeline],
) -> Response[str] | Redirect:
    """Give a listing another place in its cart."""
    position = read_whole(data.get("position", ""), "position")
    async with database.writing() as writer:
        cart = await listings.move(writer, person, ListingId(listing_id), position or 1)
    return await _answer(request, database, cart[0].place, timeline)


@post("/listings/{listing_id:int}/{step:str}", guards=[CREATOR], status_code=200)
async def take_step(
    request: AnyRequest,
    listing_id: FromPath[int],
    step: FromPath[str],
    database: NamedDependency[Database],
    person: NamedDependency[Person],
    timeline: NamedDependency[Timeline],
) -> Response[str] | Redirect:
    """Put on, explain, stop explaining or take off."""
    if step not in STEPS:
        raise NotFound
    async with database.writing() as writer:
        listing = await STEPS[step](writer, person, ListingId(listing_id))
    return await _answer(request, database, listing.place, timeline)


async def _put_on_if_asked(writer: Writer, person: Person, listing: Listing, data: dict[str, str]) -> Listing:
    return await listings.put_on(writer, person, listing.listing_id) if data.get("put_on") else listing


def read_whole_id(text: str) -> int:
    """An id out of a form. Raises NotFound for anything that is none."""
    if not (text.isascii() and text.isdecimal() and len(text) <= 16):
        raise NotFound
    return int(text)


async def _found(
    request: AnyRequest, text: str, surface: Surface, timeline: Timeline, link_resolver: LinkResolver
) -> list[dict[str, object]]:
    locale = locale_of(request)
    found: list[dict[str, object]] = []
    links = recognise(text)[:LINKS_SHOWN]
    for pasted, (link, outcome) in zip(links, await link_resolver.resolve_all(links), strict=True):
        judged = verdict(timeline, surface, link.source, clock.now())
        found.append(
            {
                "link": link,
                "pasted_url": pasted.canonical_url,
                "outcome": outcome,
                "storefront": storefront_word(link.storefront, locale),
                "source": source_word(link.source, locale),
                "sellable": link.kind in SOLD_OUTSIDE and link.canonical_url is not None,
                "admits": judged.admits,
                "action": judged.action,
                "fee": judged.fee_basis_points,
                "channel": judged.channel or (judged.next_change.terms.channel if judged.next_change else None),
                "text": verdict_text(judged, locale),
                "next": next_change_text(judged, locale),
                "title": suggested_title(text, link),
            }
        )
    return found


async def _place(database: Database, person: Person, kind: str, place_id: int) -> Place:
    async with database.reading() as reader:
        return await place_of_path(reader, await creator_of(reader, person), kind, place_id)


async def _answer(
    request: AnyRequest, database: Database, place: Place, timeline: Timeline, *, clear_found: bool = False
) -> Response[str] | Redirect:
    if not is_part(request):
        return go_to(place_path(place))
    return await _cart(request, database, place, timeline, clear_found=clear_found)


async def _cart(
    request: AnyRequest, database: Database, place: Place, timeline: Timeline, *, clear_found: bool = False
) -> Response[str]:
    async with database.reading() as reader:
        context = await cart_context(request, reader, place, timeline)
    return page(request, "creator/cart.html", context | {"clear_found": clear_found})
