"""The cart that a checkout comes out of: which of its lines can be ordered now, and what else would fit in."""

from collections.abc import Sequence

import msgspec

from yellowcart.consoles.buyer.carts import ShownListing, shown_cart
from yellowcart.consoles.buyer.checkout_form import TypedLine
from yellowcart.kernel.database import Reader
from yellowcart.kernel.errors import NotFound
from yellowcart.kernel.ids import ListingId
from yellowcart.kernel.translation import N_, Locale, translate
from yellowcart.links.rules import Timeline
from yellowcart.orders.checkout import QuotedLine
from yellowcart.orders.errors import CartsMixed, SkuUnknown
from yellowcart.orders.price import PricedLine
from yellowcart.orders.rules import QUANTITY_MAX
from yellowcart.promotions.special_price_queries import ShownSpecialPrice, shown_special_prices
from yellowcart.stage.carts import CartListing, CartSku, cart_listing, cart_of_room, cart_of_video
from yellowcart.stage.model import ListingState, RoomState, VideoState
from yellowcart.stage.queries import room_view, video_view

ON_AIR = frozenset({RoomState.LIVE, RoomState.PAUSED})
MORE_SHOWN = 40
"""SKUs of the same shop and cart that a checkout offers beside what was chosen."""

PLACE_CLOSED = N_("The creator took it off, or the room has ended.")
ALL_GONE = N_("Sold out")


class CheckoutCart(msgspec.Struct, frozen=True, kw_only=True):
    """The cart of a room or video with all that a checkout asks of it. `back` is the address of its place."""

    back: str
    is_open: bool
    entries: dict[ListingId, ShownListing]

    @property
    def first(self) -> CartListing:
        """The listing that the checkout began with."""
        return next(iter(self.entries.values())).listing


class LineInCart(msgspec.Struct, frozen=True, kw_only=True):
    """A line as the checkout shows it. `gone` says why it cannot be ordered at all, `warning` what has to change
    before it can; both are empty for a good line. `most` is how many pieces may be chosen; `before_fen` is the
    price of one piece that the buyer saw, where it was another one."""

    typed: TypedLine
    listing: CartListing
    sku: CartSku | None
    special: ShownSpecialPrice | None
    most: int
    gone: str = ""
    warning: str = ""
    quoted: QuotedLine | None = None
    priced: PricedLine | None = None
    before_fen: int | None = None

    @property
    def special_too_few(self) -> bool:
        """Whether a special price holds, but not for so many pieces."""
        return self.special is not None and self.special.holds and 0 < self.special.left < self.typed.quantity


class MoreGoods(msgspec.Struct, frozen=True, kw_only=True):
    """A SKU that could come along. Prices in fen; `usual_fen` is None unless a special price holds."""

    listing: CartListing
    sku: CartSku
    price_fen: int
    usual_fen: int | None
    most: int


async def read_checkout_cart(
    reader: Reader, lines: Sequence[TypedLine], timeline: Timeline, locale: Locale
) -> CheckoutCart:
    """The cart of the first line, with listings of other carts that were asked for as well. Raises NotFound for a
    first line that viewers never saw or that is no own product."""
    first = await cart_listing(reader, lines[0].listing_id, timeline=timeline)
    if first is None or not _may_be_asked_for(first):
        raise NotFound
    is_open, cart = await _cart_of(reader, first, timeline)
    listings = {first.listing_id: first} | {each.listing_id: each for each in cart if not each.is_outside}
    for line in lines:
        if line.listing_id not in listings:
            other = await cart_listing(reader, line.listing_id, timeline=timeline)
            if other is not None and _may_be_asked_for(other):
                listings[line.listing_id] = other
    specials = await shown_special_prices(reader, listings)
    return CheckoutCart(
        back=f"/rooms/{first.room_id}" if first.room_id is not None else f"/videos/{first.video_id}",
        is_open=is_open,
        entries={
            entry.listing.listing_id: entry
            for entry in shown_cart(list(listings.values()), timeline, locale, specials)
        },
    )


def lines_of(cart: CheckoutCart, typed: Sequence[TypedLine], locale: Locale) -> list[LineInCart]:
    """The typed lines beside the cart as it is now; what was never there is left out."""
    pieces: dict[ListingId, int] = {}
    for line in typed:
        pieces[line.listing_id] = pieces.get(line.listing_id, 0) + line.quantity
    return [
        _line(cart, line, pieces[line.listing_id], locale) for line in typed if line.listing_id in cart.entries
    ]


def more_goods(cart: CheckoutCart, typed: Sequence[TypedLine]) -> list[MoreGoods]:
    """What else of the same shop stands in the cart: first the chosen goods' other SKUs, then by its order."""
    chosen = {(line.listing_id, line.sku_id) for line in typed}
    listings = {line.listing_id for line in typed}
    entries = sorted(cart.entries.values(), key=lambda entry: entry.listing.listing_id not in listings)
    found = [
        MoreGoods(
            listing=entry.listing,
            sku=sku,
            price_fen=entry.price_of(sku),
            usual_fen=sku.price_fen if entry.price_of(sku) < sku.price_fen else None,
            most=_most(entry.listing, sku),
        )
        for entry in entries
        if cart.is_open and entry.is_in_cart and _same_cart(entry.listing, cart.first)
        for sku in entry.listing.skus
        if sku.available > 0 and (entry.listing.listing_id, sku.sku_id) not in chosen
    ]
    return found[:MORE_SHOWN]


async def _cart_of(reader: Reader, first: CartListing, timeline: Timeline) -> tuple[bool, Sequence[CartListing]]:
    if first.room_id is not None:
        view = await room_view(reader, first.room_id)
        return view.room.state in ON_AIR, await cart_of_room(reader, first.room_id, timeline=timeline)
    if first.video_id is None:
        raise NotFound
    video = await video_view(reader, first.video_id)
    return (
        video.video.state is VideoState.PUBLISHED,
        await cart_of_video(reader, first.video_id, timeline=timeline),
    )


def _may_be_asked_for(listing: CartListing) -> bool:
    return not listing.is_outside and listing.state is not ListingState.QUEUED


def _same_cart(one: CartListing, other: CartListing) -> bool:
    return (one.shop_id, one.room_id, one.video_id) == (other.shop_id, other.room_id, other.video_id)


def _most(listing: CartListing, sku: CartSku) -> int:
    return max(1, min(sku.available, listing.limit_per_buyer or QUANTITY_MAX, QUANTITY_MAX))


def _line(cart: CheckoutCart, typed: TypedLine, of_listing: int, locale: Locale) -> LineInCart:
    entry = cart.entries[typed.listing_id]
    listing = entry.listing
    sku = next((each for each in listing.skus if each.sku_id == typed.sku_id), None)
    return LineInCart(
        typed=typed,
        listing=listing,
        sku=sku,
        special=entry.specials.get(sku.sku_id) if sku else None,
        most=_most(listing, sku) if sku else 1,
        gone=_gone(cart, entry, sku, locale),
        warning=_warning(listing, sku, typed.quantity, of_listing, locale),
    )


def _gone(cart: CheckoutCart, entry: ShownListing, sku: CartSku | None, locale: Locale) -> str:
    """Why it cannot be ordered at all; empty when it can."""
    if not _same_cart(entry.listing, cart.first):
        return CartsMixed().text(locale)
    if not entry.is_in_cart or not cart.is_open:
        return entry.reason or translate(PLACE_CLOSED, locale)
    if sku is None:
        return SkuUnknown().text(locale)
    return "" if sku.available > 0 else translate(ALL_GONE, locale)


def _warning(listing: CartListing, sku: CartSku | None, quantity: int, of_listing: int, locale: Locale) -> str:
    """What has to change before it can be ordered; empty when nothing has."""
    if sku is not None and 0 < sku.available < quantity:
        return translate(N_("Only %(left)s left. Take fewer pieces."), locale, left=sku.available)
    if listing.limit_per_buyer is not None and of_listing > listing.limit_per_buyer:
        return translate(
            N_("At most %(limit)s pieces for each buyer. Take fewer."), locale, limit=listing.limit_per_buyer
        )
    return ""
