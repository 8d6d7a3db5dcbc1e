"""What becomes of one cart when its outside listing is replaced by a twin, or put back. Pure."""

from collections.abc import Sequence
from enum import StrEnum

import msgspec

from yellowcart.kernel.ids import ListingId, ProductId, RoomId, ShopId, VideoId
from yellowcart.links.model import OWN_SOURCE, Surface
from yellowcart.stage.model import Listing, ListingState, OffReason
from yellowcart.stage.rules import LISTINGS_PER_CART_MAX, LISTINGS_PER_PLACE_MAX, item_key

IN_CART = frozenset({ListingState.ON_CART, ListingState.EXPLAINING})


class Outcome(StrEnum):
    """What happened to one cart."""

    DONE = "done"
    """The one listing stands in the place of the other."""
    THERE_ALREADY = "there_already"
    """The cart holds what was to be put into it; nothing was changed."""
    CART_FULL = "cart_full"
    """There is no room: only where a link rule had emptied the place before, or the cart had its last listing."""
    PLACE_CLOSED = "place_closed"
    """The room ended or the video was taken down meanwhile."""
    RULE_REFUSES = "rule_refuses"
    """No link rule admits such goods on that surface now, or a channel's task number is missing."""
    GONE = "gone"
    """The listing left its cart meanwhile."""


class CartResult(msgspec.Struct, frozen=True, kw_only=True):
    """One cart with what happened. `listing_id` left it, or was to leave it; `new_listing_id` took its place."""

    surface: Surface
    room_id: RoomId | None
    video_id: VideoId | None
    place_title: str
    place_title_en: str
    listing_id: ListingId
    new_listing_id: ListingId | None
    outcome: Outcome


def replacement_state(old: Listing) -> ListingState:
    """Where the twin stands: where the outside listing stands. One that a rule has taken off stood in the cart
    if it had ever been put on, and waited otherwise."""
    if old.state is not ListingState.OFF_CART:
        return old.state
    return ListingState.ON_CART if old.put_on_at is not None else ListingState.QUEUED


def may_be_replaced(listing: Listing) -> bool:
    """Whether an outside listing still has a place in its cart: it stands there, or a link rule took it off."""
    gone = listing.state is ListingState.OFF_CART
    return listing.source != OWN_SOURCE and (not gone or listing.off_reason is OffReason.LINK_RULE)


def replacing_outcome(
    old: Listing,
    cart: Sequence[Listing],
    shop_id: ShopId,
    product_id: ProductId,
    *,
    admitted: bool,
    ever_listed: int,
) -> Outcome:
    """What happens where a twin is to take the place of `old`; `cart` is what stands in the cart, `ever_listed`
    how many listings its room or video ever had."""
    if not admitted:
        return Outcome.RULE_REFUSES
    if not may_be_replaced(old):
        return Outcome.GONE
    if any((each.shop_id, each.product_id) == (shop_id, product_id) for each in cart):
        return Outcome.THERE_ALREADY
    full = old.state is ListingState.OFF_CART and len(cart) >= LISTINGS_PER_CART_MAX
    return Outcome.CART_FULL if full or ever_listed >= LISTINGS_PER_PLACE_MAX else Outcome.DONE


def putting_back_outcome(old: Listing, twin: Listing, cart: Sequence[Listing], *, admitted: bool) -> Outcome:
    """What happens where the outside listing `old` is to take its place back from its twin."""
    if not admitted:
        return Outcome.RULE_REFUSES
    if twin.state is ListingState.OFF_CART:
        return Outcome.GONE
    if old.state is not ListingState.OFF_CART or any(_same_goods(each, old) for each in cart):
        return Outcome.THERE_ALREADY
    return Outcome.DONE


def order_with(cart: Sequence[Listing], entering: Sequence[Listing]) -> list[ListingId]:
    """The order of a cart into which listings enter, each before what stands at its position."""
    new = {each.listing_id for each in entering}
    ordered = sorted(
        [*cart, *entering], key=lambda each: (each.position, each.listing_id not in new, each.listing_id)
    )
    return [each.listing_id for each in ordered]


def _same_goods(one: Listing, other: Listing) -> bool:
    if one.source != other.source or one.url is None or other.url is None:
        return False
    return item_key(one.item_id, one.url) == item_key(other.item_id, other.url)
