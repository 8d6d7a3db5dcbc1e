"""One product: its sheet of SKUs, its page, and the page that says where an outside one leads."""

from urllib.parse import urlsplit

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect

from yellowcart.accounts.access import PUBLIC
from yellowcart.accounts.model import Person
from yellowcart.catalog.queries import product_detail
from yellowcart.consoles.buyer.carts import ShownListing, shown
from yellowcart.consoles.buyer.navigation import buyer_page
from yellowcart.consoles.buyer.reviews import latest_reviews
from yellowcart.consoles.buyer.rooms import ON_AIR
from yellowcart.consoles.forms import FormBody, fresh_request_key
from yellowcart.consoles.rendering import AnyRequest, locale_of
from yellowcart.kernel.database import Database, Reader
from yellowcart.kernel.errors import NotFound
from yellowcart.kernel.ids import ListingId, ProductId, ShopId
from yellowcart.links.errors import RefusedByLinkRule
from yellowcart.links.wording import next_change_text, storefront_word
from yellowcart.platform import Platform
from yellowcart.promotions.special_price_queries import shown_special_prices
from yellowcart.stage.audience import AudienceKind
from yellowcart.stage.audience_intake import AudienceReport
from yellowcart.stage.carts import CartListing, cart_listing
from yellowcart.stage.errors import PlaceClosed
from yellowcart.stage.jumps import (
    JUMP_KEY_LENGTH_MAX,
    JUMP_KEY_LENGTH_MIN,
    Happened,
    note_beacon,
    note_jump_out,
)
from yellowcart.stage.model import ListingState, VideoState
from yellowcart.stage.queries import room_view, video_view

WEB = frozenset({"http", "https"})
NO_VISITOR = "unknown-visitor"


@get("/listings/{listing_id:int}/sheet", guards=[PUBLIC])
async def sheet(
    request: AnyRequest,
    listing_id: FromPath[int],
    database: NamedDependency[Database],
    platform: NamedDependency[Platform],
) -> Response[str]:
    """The SKUs and the quantity to choose, for the page that opens them as a sheet."""
    return buyer_page(
        request, "sheet.html", await listing_choice(request, database, platform, ListingId(listing_id))
    )


async def listing_choice(
    request: AnyRequest, database: Database, platform: Platform, listing_id: ListingId
) -> dict[str, object]:
    """What `buyer/sheet.html` draws. Raises NotFound for outside goods and for what viewers never saw."""
    async with database.reading() as reader:
        entry, is_open = await _listing(reader, request, listing_id, platform)
    if entry.listing.is_outside:
        raise NotFound
    return {"entry": entry, "is_open": is_open, "back": place_path(entry.listing)}


@get("/products/{shop_id:int}/{product_id:int}", guards=[PUBLIC])
async def product_page(
    request: AnyRequest,
    shop_id: FromPath[int],
    product_id: FromPath[int],
    database: NamedDependency[Database],
    platform: NamedDependency[Platform],
    listing: FromQuery[int | None] = None,
) -> Response[str]:
    """A product with its texts and SKUs, bought through the listing that led here; without one only shown."""
    entry: ShownListing | None = None
    is_open = False
    async with database.reading() as reader:
        detail = await product_detail(reader, ShopId(shop_id), ProductId(product_id))
        if not detail.is_listable:
            raise NotFound
        said = await latest_reviews(reader, detail.shop.shop_id, detail.product.product_id)
        if listing is not None:
            entry, is_open = await _listing(reader, request, ListingId(listing), platform)
    if entry is not None and (entry.listing.shop_id, entry.listing.product_id) != (shop_id, product_id):
        raise NotFound
    context = {
        "detail": detail,
        "entry": entry,
        "is_open": is_open,
        "back": place_path(entry.listing) if entry else "/",
        **said,
    }
    return buyer_page(request, "product.html", context)


@get("/out/{listing_id:int}", guards=[PUBLIC])
async def out_page(
    request: AnyRequest,
    listing_id: FromPath[int],
    database: NamedDependency[Database],
    platform: NamedDependency[Platform],
) -> Response[str]:
    """Where an outside listing leads, before anybody is led there; a refused one says why and leads nowhere."""
    async with database.reading() as reader:
        entry, is_open = await _listing(reader, request, ListingId(listing_id), platform)
    if not entry.listing.is_outside:
        raise NotFound
    verdict = entry.listing.verdict
    context = {
        "entry": entry,
        "verdict": verdict,
        "next_change": next_change_text(verdict, locale_of(request)) if verdict else "",
        "may_jump": entry.is_in_cart and is_open and _leads_to_the_web(entry.listing),
        "back": place_path(entry.listing),
        "storefront": storefront_word(entry.listing.storefront or "", locale_of(request)),
        "jump_key": fresh_request_key(),
    }
    return buyer_page(request, "out.html", context)


@post("/out/{listing_id:int}", guards=[PUBLIC], status_code=302)
async def jump_out(
    request: AnyRequest,
    listing_id: FromPath[int],
    data: FormBody,
    database: NamedDependency[Database],
    platform: NamedDependency[Platform],
) -> Redirect:
    """Ask the rules again, note that a viewer leaves, and lead to the address that stands on the listing; never
    to another one."""
    person: Person | None = request.scope.get("user")
    async with database.writing() as writer:
        entry, is_open = await _listing(writer, request, ListingId(listing_id), platform)
        listing = entry.listing
        if listing.way_out is None or not _leads_to_the_web(listing):
            raise NotFound
        if listing.verdict is not None and not listing.may_be_shown:
            raise RefusedByLinkRule(listing.verdict)
        if not entry.is_in_cart or not is_open:
            raise PlaceClosed
        await note_jump_out(
            writer,
            listing.listing_id,
            jump_key=_jump_key(data.get("jump_key", "")),
            room_id=listing.room_id,
            video_id=listing.video_id,
            visitor=_visitor(listing, data.get("visitor", "")),
            person_id=person.person_id if person else None,
            fee_basis_points=listing.verdict.fee_basis_points if listing.verdict else None,
        )
    return Redirect(listing.way_out, status_code=302)


@post("/out/beacon", guards=[PUBLIC], status_code=204)
async def jump_beacon(data: FormBody, database: NamedDependency[Database]) -> None:
    """What the page that a viewer left through tells of the jump: landed, returned. Told without words: whoever
    sends a beacon reads no answer."""
    try:
        happened = Happened(data.get("happened", ""))
    except ValueError:
        return
    async with database.writing() as writer:
        await note_beacon(writer, data.get("jump_key", ""), happened)


def place_path(listing: CartListing) -> str:
    """The room or video whose cart it stands in."""
    return f"/rooms/{listing.room_id}" if listing.room_id is not None else f"/videos/{listing.video_id}"


async def _listing(
    reader: Reader, request: AnyRequest, listing_id: ListingId, platform: Platform
) -> tuple[ShownListing, bool]:
    """The listing and whether its room or video is open. Raises NotFound for one that viewers never saw."""
    timeline = platform.rules.timeline
    listing = await cart_listing(reader, listing_id, timeline=timeline)
    if listing is None or listing.state is ListingState.QUEUED:
        raise NotFound
    specials = await shown_special_prices(reader, [listing_id])
    entry = shown(listing, timeline, locale_of(request), specials=specials)
    if listing.room_id is not None:
        return entry, (await room_view(reader, listing.room_id)).room.state in ON_AIR
    if listing.video_id is not None:
        return entry, (await video_view(reader, listing.video_id)).video.state is VideoState.PUBLISHED
    raise NotFound


def _leads_to_the_web(listing: CartListing) -> bool:
    parts = urlsplit(listing.way_out or "")
    return parts.scheme in WEB and bool(parts.hostname)


def _jump_key(told: str) -> str:
    """The key that the page was given; a form that lost it jumps under a new one."""
    fits = JUMP_KEY_LENGTH_MIN <= len(told) <= JUMP_KEY_LENGTH_MAX and told.isascii() and told.isprintable()
    return told if fits else fresh_request_key()


def _visitor(listing: CartListing, told: str) -> str:
    """The visitor's name as the browser keeps it; a form without one (no script) counts as unknown."""
    try:
        report = msgspec.convert(
            {"kind": AudienceKind.JUMP_OUT.value, "visitor": told, "listing_id": listing.listing_id},
            AudienceReport,
        )
    except msgspec.ValidationError:
        return NO_VISITOR
    return report.visitor
