"""What recognition answers: a link, what it leads to, and where in the text it stands."""

from enum import StrEnum

import msgspec


class Kind(StrEnum):
    """What a found link leads to."""

    ITEM = "item"
    """The page of one product, with or without a promoter."""
    SHOP = "shop"
    """The front page of one shop."""
    AFFILIATE = "affiliate"
    """A click or landing page of an affiliate network."""
    SHORT = "short"
    """A short link: where it leads, only the network can tell."""
    CODE = "code"
    """A code to be pasted into an app, such as a 淘口令."""
    OTHER = "other"
    """A page of a platform that is neither product nor shop: search, coupon, report."""


class FoundLink(msgspec.Struct, frozen=True, gc=False):
    """A link found at text[start:end]. What the link itself does not say is None, never guessed.

    Ids are text: some platforms already use letters, and leading zeros count. `canonical_url` is one
    address for all the ways to write the same product or shop; None for codes.
    """

    source: str
    storefront: str
    kind: Kind
    item_id: str | None
    shop_id: str | None
    promotion_id: str | None
    canonical_url: str | None
    start: int
    end: int


class Span(msgspec.Struct, frozen=True):
    """The part text[start:end] of a text."""

    start: int
    end: int


class Recognition(msgspec.Struct, frozen=True):
    """What was found in a text, and what might be a code but is not said to be one."""

    links: tuple[FoundLink, ...]
    unsure: tuple[Span, ...]
