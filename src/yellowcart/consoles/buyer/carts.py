"""A listing of a cart in the reader's words: whether it can be had, and if not, why."""

from collections.abc import Mapping, Sequence

import msgspec

from yellowcart.kernel.ids import ListingId, SkuId
from yellowcart.kernel.translation import N_, Locale, translate
from yellowcart.links.rules import Timeline
from yellowcart.links.wording import verdict_text
from yellowcart.promotions.special_price_queries import ShownSpecialPrice
from yellowcart.stage.carts import CartListing, CartSku
from yellowcart.stage.model import ListingState, OffReason

IN_CART = frozenset({ListingState.ON_CART, ListingState.EXPLAINING})

OFF_WORDS: dict[OffReason, str] = {
    OffReason.CREATOR: N_("The creator took it off the cart."),
    OffReason.LINK_RULE: N_("A link rule of the platform took it off the cart."),
    OffReason.ROOM_ENDED: N_("The room has ended."),
    OffReason.VIDEO_REMOVED: N_("The video was taken down."),
    OffReason.PRODUCT_CLOSED: N_("The product is no longer for sale."),
}


class ShownListing(msgspec.Struct, frozen=True, kw_only=True):
    """One row of a cart. `number` counts from 1 over what is in the cart; `reason` says why it is gone."""

    listing: CartListing
    number: int
    reason: str | None
    specials: dict[SkuId, ShownSpecialPrice] = {}

    @property
    def is_in_cart(self) -> bool:
        """Whether it can be tapped now."""
        return self.listing.state in IN_CART and self.reason is None

    @property
    def pieces_json(self) -> str:
        """Pieces left by SKU, for the page's script."""
        return msgspec.json.encode({str(sku.sku_id): sku.available for sku in self.listing.skus}).decode()

    @property
    def has_many_prices(self) -> bool:
        """Whether its SKUs cost different amounts."""
        return len({self.price_of(sku) for sku in self.listing.skus}) > 1

    def price_of(self, sku: CartSku) -> int:
        """What an order of now pays for a piece of a SKU, in fen: its special price while that holds."""
        special = self.specials.get(sku.sku_id)
        return special.price_fen if special is not None and special.holds else sku.price_fen

    @property
    def price_fen(self) -> int | None:
        """The lowest price of now; what the creator gave for outside goods."""
        return min((self.price_of(sku) for sku in self.listing.skus), default=self.listing.price_fen)

    @property
    def usual_fen(self) -> int | None:
        """The usual price of what has the lowest price of now by a special price; None where there is none."""
        lowest = min(self.listing.skus, key=self.price_of, default=None)
        return lowest.price_fen if lowest is not None and self.price_of(lowest) < lowest.price_fen else None

    @property
    def special(self) -> ShownSpecialPrice | None:
        """The special price to speak of: the lowest that holds, else the next to begin, else one that is taken."""
        return min(
            self.specials.values(),
            key=lambda each: (not each.holds, each.seconds_to_start == 0, each.starts_at, each.price_fen),
            default=None,
        )

    @property
    def key(self) -> str:
        """Changes whenever more than its stock has changed, so that the page draws it anew."""
        listing = self.listing
        prices = "/".join(str(sku.price_fen) for sku in listing.skus)
        specials = "/".join(f"{each.special_price_id}.{each.standing}" for each in self.specials.values())
        stands = f"{self.is_in_cart}:{listing.stays_until_room_ends}:{specials}"
        return f"{listing.listing_id}:{listing.state}:{listing.price_fen}:{prices}:{stands}"


Specials = Mapping[ListingId, dict[SkuId, ShownSpecialPrice]]
"""Special prices of a cart by listing and SKU."""


def shown(
    listing: CartListing, timeline: Timeline, locale: Locale, *, number: int = 0, specials: Specials | None = None
) -> ShownListing:
    """A listing in the reader's words."""
    return ShownListing(
        listing=listing,
        number=number,
        reason=_reason(listing, timeline, locale),
        specials=(specials or {}).get(listing.listing_id, {}),
    )


def shown_cart(
    cart: Sequence[CartListing], timeline: Timeline, locale: Locale, specials: Specials | None = None
) -> list[ShownListing]:
    """A cart in its order, numbered."""
    return [
        shown(listing, timeline, locale, number=number, specials=specials)
        for number, listing in enumerate(cart, start=1)
    ]


def cart_key(cart: Sequence[ShownListing], place_state: str) -> str:
    """Changes whenever a cart must be drawn anew, and not when only stock moved."""
    return f"{place_state}|" + "|".join(entry.key for entry in cart)


def _reason(listing: CartListing, timeline: Timeline, locale: Locale) -> str | None:
    refused = not listing.may_be_shown
    if listing.state in IN_CART:
        # The rule is in force and the sweep has not come by yet: the verdict decides, not the row.
        return verdict_text(listing.verdict, locale) if listing.verdict is not None and refused else None
    if listing.off_reason is OffReason.LINK_RULE and listing.verdict is not None and refused:
        return verdict_text(listing.verdict, locale)
    if listing.off_reason is OffReason.LINK_RULE and listing.off_notice_id is not None:
        notice = timeline.notice(listing.off_notice_id)
        if notice is not None:
            return notice.reason.in_language(locale.value)
    return translate(OFF_WORDS[listing.off_reason], locale) if listing.off_reason is not None else None
