"""Filling a cart: goods of the platform's own shops, and outside links as the rules admit them."""

import msgspec

from yellowcart.accounts import audit
from yellowcart.accounts.model import Person
from yellowcart.kernel import clock
from yellowcart.kernel.database import Writer
from yellowcart.kernel.errors import InvalidFields, NotFound
from yellowcart.kernel.events import PLATFORM, publish
from yellowcart.kernel.ids import ListingId, ProductId, RoomId, ShopId, new_id
from yellowcart.kernel.translation import N_
from yellowcart.links.found_link import FoundLink
from yellowcart.links.model import OWN_SOURCE
from yellowcart.stage.admission import admit
from yellowcart.stage.changes import listing_changed
from yellowcart.stage.creators import creator_of
from yellowcart.stage.errors import CartFull, ListedAlready, NotForSale, NothingIsExplained
from yellowcart.stage.events import (
    ListingExplained,
    ListingExplainingEnded,
    ListingPutOn,
    ListingQueued,
    fields_of,
)
from yellowcart.stage.goods import own_product, read_goods, refresh_goods, sellable_link, tap_address
from yellowcart.stage.model import Listing, ListingState, OffReason, Place, Room, RoomState
from yellowcart.stage.rules import (
    GOODS_TITLE_LENGTH_MAX,
    HOLD_S_DEFAULT,
    LISTINGS_PER_CART_MAX,
    LISTINGS_PER_PLACE_MAX,
    PRICE_FEN_MAX,
    listing_move_refused,
    reordered,
    require_channel_task,
    require_listing_move,
    require_may_sell,
    require_terms,
    title_problem,
)
from yellowcart.stage.store import count_listings, lock_cart, lock_place, place_of, write_order, write_state
from yellowcart.stage.stream import RoomEvent, tell_room
from yellowcart.stage.taking_off import take_listings_off


async def list_product(
    writer: Writer,
    person: Person,
    place: Place,
    shop_id: ShopId,
    product_id: ProductId,
    *,
    limit_per_buyer: int | None = None,
    hold_s: int = HOLD_S_DEFAULT,
    channel_task: str | None = None,
) -> Listing:
    """Queue a product of a platform shop in a cart of the person's.

    Raises NotACreator, NotFound, PlaceClosed, RefusedByLinkRule, SwitchedOff, NotForSale, OnlyOwnShop,
    ListedAlready, CartFull, InvalidFields.
    """
    require_terms(limit_per_buyer=limit_per_buyer, hold_s=hold_s)
    creator = await creator_of(writer, person)
    task = require_channel_task(await admit(writer, place.surface, OWN_SOURCE), channel_task)
    await lock_place(writer, creator.creator_id, place)
    goods = await read_goods(writer, shop_id, product_id)
    if goods is None:
        raise NotFound
    require_may_sell(creator, shop_id)
    if not goods.for_sale:
        raise NotForSale
    cart = await _cart_with_room(writer, place)
    if any((each.shop_id, each.product_id) == (shop_id, product_id) for each in cart):
        raise ListedAlready
    return await _enter(
        writer,
        person,
        cart,
        _NewListing(
            creator_id=creator.creator_id,
            place=place,
            source=OWN_SOURCE,
            storefront="",
            shop_id=shop_id,
            product_id=product_id,
            title=goods.title,
            title_en=goods.title_en,
            picture_url=goods.picture_url,
            price_fen=goods.price_fen,
            channel_task=task,
            limit_per_buyer=limit_per_buyer,
            hold_s=hold_s,
        ),
    )


async def list_outside(
    writer: Writer,
    person: Person,
    place: Place,
    *,
    pasted_text: str,
    title: str,
    price_fen: int | None = None,
    title_en: str = "",
    picture_url: str = "",
    channel_task: str | None = None,
    link: FoundLink | None = None,
) -> Listing:
    """Queue the outside product that a pasted text links to, if a rule admits its source on the surface.

    `link` is what the text's link was resolved to beforehand (`links.resolve`), in place of the text.
    `channel_task` is demanded where the rule requires a channel (`rules.require_channel_task`). A link to one of
    the platform's own products lists that product. Raises LinkUnknown, LinkNotAProduct, RefusedByLinkRule,
    SwitchedOff, InvalidFields, NotACreator, NotFound, PlaceClosed, ListedAlready, CartFull.
    """
    pasted = sellable_link(pasted_text)
    link = link or pasted
    creator = await creator_of(writer, person)
    if link.source == OWN_SOURCE:
        shop_id, product_id = await own_product(writer, link)
        return await list_product(writer, person, place, shop_id, product_id, channel_task=channel_task)
    problems = {
        "title": title_problem(title, GOODS_TITLE_LENGTH_MAX),
        "title_en": title_problem(title_en, GOODS_TITLE_LENGTH_MAX, least=0),
        "price_fen": None
        if price_fen is None or 1 <= price_fen <= PRICE_FEN_MAX
        else N_("Between ¥0.01 and ¥1,000,000."),
    }
    if found := {name: problem for name, problem in problems.items() if problem is not None}:
        raise InvalidFields(found)
    task = require_channel_task(await admit(writer, place.surface, link.source), channel_task)
    await lock_place(writer, creator.creator_id, place)
    cart = await _cart_with_room(writer, place)
    if any(each.url == link.canonical_url for each in cart):
        raise ListedAlready
    return await _enter(
        writer,
        person,
        cart,
        _NewListing(
            creator_id=creator.creator_id,
            place=place,
            source=link.source,
            storefront=link.storefront,
            title=title.strip(),
            title_en=title_en.strip(),
            picture_url=picture_url,
            price_fen=price_fen,
            url=link.canonical_url,
            tap_url=tap_address(pasted_text, pasted),
            item_id=link.item_id,
            promotion_id=link.promotion_id,
            channel_task=task,
        ),
    )


async def put_on(writer: Writer, person: Person, listing_id: ListingId) -> Listing:
    """Put a queued listing into its cart, or back into it. The rules are asked again; goods of a shop must be
    for sale, and show the price of this moment. A channel's task number must stand on it by now
    (`channel_tasks.give_task`) where one is required.

    Raises InvalidFields, NotFound, ListingMoveImpossible, PlaceClosed, RefusedByLinkRule, SwitchedOff,
    NotForSale, CartFull, ListedAlready.
    """
    creator = await creator_of(writer, person)
    known = await place_of(writer, creator.creator_id, listing_id)
    judged = await admit(writer, known.surface, known.source)
    await lock_place(writer, creator.creator_id, known.place)
    cart = await lock_cart(writer, known.place, listing_id)
    listing = _one(cart, listing_id)
    require_channel_task(judged, listing.channel_task)
    require_listing_move(listing.state, ListingState.ON_CART)
    if listing.state is ListingState.EXPLAINING:
        raise listing_move_refused(listing.state)
    await refresh_goods(writer, listing)
    if listing.state is ListingState.OFF_CART:
        others = [each for each in cart if each.listing_id != listing_id]
        _require_no_twin(others, listing)
        if len(others) >= LISTINGS_PER_CART_MAX:
            raise CartFull(most=LISTINGS_PER_CART_MAX)
        await write_order(writer, [*(each.listing_id for each in others), listing_id])
    written = await write_state(writer, listing, ListingState.ON_CART)
    await publish(writer, ListingPutOn(**fields_of(written)), shop_id=written.shop_id or PLATFORM)
    await _tell(writer, person, listing, written)
    return written


async def explain(writer: Writer, person: Person, listing_id: ListingId) -> Listing:
    """Pin a listing over the video; what was pinned before becomes an ordinary listing in the same moment.

    Raises NotFound, ListingMoveImpossible, NothingIsExplained, PlaceClosed.
    """
    creator = await creator_of(writer, person)
    known = await place_of(writer, creator.creator_id, listing_id)
    room = await lock_place(writer, creator.creator_id, known.place)
    if not isinstance(room, Room) or room.state not in {RoomState.LIVE, RoomState.PAUSED}:
        raise NothingIsExplained
    cart = await lock_cart(writer, known.place, listing_id)
    listing = _one(cart, listing_id)
    require_listing_move(listing.state, ListingState.EXPLAINING)
    for before in cart:
        if before.state is ListingState.EXPLAINING:
            calm = await write_state(writer, before, ListingState.ON_CART)
            await publish(writer, ListingExplainingEnded(**fields_of(calm)), shop_id=calm.shop_id or PLATFORM)
            await listing_changed(writer, calm.listing_id)
    written = await write_state(writer, listing, ListingState.EXPLAINING)
    await publish(writer, ListingExplained(**fields_of(written)), shop_id=written.shop_id or PLATFORM)
    await _tell(writer, person, listing, written)
    return written


async def stop_explaining(writer: Writer, person: Person, listing_id: ListingId) -> Listing:
    """Unpin a listing; it stays in the cart. Raises NotFound, ListingMoveImpossible, PlaceClosed."""
    creator = await creator_of(writer, person)
    known = await place_of(writer, creator.creator_id, listing_id)
    await lock_place(writer, creator.creator_id, known.place)
    listing = _one(await lock_cart(writer, known.place, listing_id), listing_id)
    if listing.state is not ListingState.EXPLAINING:
        raise listing_move_refused(listing.state)
    written = await write_state(writer, listing, ListingState.ON_CART)
    await publish(writer, ListingExplainingEnded(**fields_of(written)), shop_id=written.shop_id or PLATFORM)
    await _tell(writer, person, listing, written)
    return written


async def take_off(writer: Writer, person: Person, listing_id: ListingId) -> Listing:
    """Take a listing out of its cart. Raises NotFound, ListingMoveImpossible, PlaceClosed."""
    creator = await creator_of(writer, person)
    known = await place_of(writer, creator.creator_id, listing_id)
    await lock_place(writer, creator.creator_id, known.place)
    listing = _one(await lock_cart(writer, known.place, listing_id), listing_id)
    require_listing_move(listing.state, ListingState.OFF_CART)
    (gone,) = await take_listings_off(writer, [listing], OffReason.CREATOR)
    await _record(writer, person, listing, gone)
    return gone


async def move(writer: Writer, person: Person, listing_id: ListingId, to_position: int) -> list[Listing]:
    """Give a listing another place in its cart, counted from 1; the others move up or down. Answers the cart.

    Raises NotFound, ListingMoveImpossible, PlaceClosed.
    """
    creator = await creator_of(writer, person)
    known = await place_of(writer, creator.creator_id, listing_id)
    await lock_place(writer, creator.creator_id, known.place)
    cart = await lock_cart(writer, known.place)
    if all(each.listing_id != listing_id for each in cart):
        raise listing_move_refused(ListingState.OFF_CART)
    order = reordered([each.listing_id for each in cart], listing_id, to_position)
    await write_order(writer, order)
    if known.room_id is not None:
        await tell_room(
            writer, known.room_id, RoomEvent.CART, listing_id=listing_id, state=known.state.value, off_reason=None
        )
    numbered = {each: position for position, each in enumerate(order, start=1)}
    moved = [msgspec.structs.replace(each, position=numbered[each.listing_id]) for each in cart]
    return sorted(moved, key=lambda each: each.position)


class _NewListing(msgspec.Struct, frozen=True, kw_only=True):
    creator_id: int
    place: Place
    source: str
    storefront: str
    title: str
    title_en: str
    picture_url: str
    price_fen: int | None
    shop_id: ShopId | None = None
    product_id: ProductId | None = None
    url: str | None = None
    tap_url: str | None = None
    item_id: str | None = None
    promotion_id: str | None = None
    channel_task: str | None = None
    limit_per_buyer: int | None = None
    hold_s: int = HOLD_S_DEFAULT


async def _enter(writer: Writer, person: Person, cart: list[Listing], new: _NewListing) -> Listing:
    listing = await writer.row(
        Listing,
        """
        INSERT INTO listing (listing_id, creator_id, surface, room_id, video_id, position, state, source,
                             storefront, shop_id, product_id, title, title_en, picture_url, price_fen, url,
                             tap_url, item_id, promotion_id, channel_task, limit_per_buyer, hold_s, created_at)
        VALUES (%(listing_id)s, %(creator_id)s, %(surface)s, %(room_id)s, %(video_id)s, %(position)s, 'queued',
                %(source)s, %(storefront)s, %(shop_id)s, %(product_id)s, %(title)s, %(title_en)s, %(picture_url)s,
                %(price_fen)s, %(url)s, %(tap_url)s, %(item_id)s, %(promotion_id)s, %(channel_task)s,
                %(limit_per_buyer)s, %(hold_s)s, %(now)s)
        RETURNING *
        """,
        **{name: value for name, value in msgspec.structs.asdict(new).items() if name != "place"},
        listing_id=new_id(ListingId),
        surface=new.place.surface.value,
        room_id=new.place.room_id,
        video_id=new.place.video_id,
        position=max((each.position for each in cart), default=0) + 1,
        now=clock.now(),
    )
    assert listing is not None, "an INSERT answers its row"
    await publish(writer, ListingQueued(**fields_of(listing)), shop_id=listing.shop_id or PLATFORM)
    await _tell(writer, person, None, listing)
    return listing


async def _cart_with_room(writer: Writer, place: Place) -> list[Listing]:
    cart = await lock_cart(writer, place)
    if len(cart) >= LISTINGS_PER_CART_MAX:
        raise CartFull(most=LISTINGS_PER_CART_MAX)
    if await count_listings(writer, place) >= LISTINGS_PER_PLACE_MAX:
        raise CartFull(most=LISTINGS_PER_PLACE_MAX)
    return cart


def _one(cart: list[Listing], listing_id: ListingId) -> Listing:
    for listing in cart:
        if listing.listing_id == listing_id:
            return listing
    raise NotFound


def _require_no_twin(others: list[Listing], listing: Listing) -> None:
    for each in others:
        same_goods = listing.product_id is not None and each.product_id == listing.product_id
        if each.shop_id == listing.shop_id and (same_goods or (each.url is not None and each.url == listing.url)):
            raise ListedAlready


async def _tell(writer: Writer, person: Person, before: Listing | None, after: Listing) -> None:
    await listing_changed(writer, after.listing_id)
    # A queued listing is nobody's business but its creator's, whose page asked for it.
    if after.room_id is not None and after.state is not ListingState.QUEUED:
        await tell_room(
            writer,
            RoomId(after.room_id),
            RoomEvent.CART,
            listing_id=after.listing_id,
            state=after.state.value,
            off_reason=None,
        )
    await _record(writer, person, before, after)


async def _record(writer: Writer, person: Person, before: Listing | None, after: Listing) -> None:
    await audit.record(
        writer,
        person,
        "stage:listing:queue" if before is None else "stage:listing:move",
        f"listing:{after.listing_id}",
        before=None if before is None else {"state": before.state.value},
        after={"state": after.state.value, "source": after.source},
    )
