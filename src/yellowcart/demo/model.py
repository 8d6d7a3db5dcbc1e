"""What a demo world is made of: frozen values as they stand in the files under `worlds/`.

Two words that look alike: `source` says where an entry comes from (a sourced fact of domain.md, or "invented
for the demo"), `link_source` is the network or store system that goods come through (货源: own, youzan, ...).
Money is int fen, rates are int basis points, times carry their zone (Asia/Shanghai in the files).
Keys are short ASCII slugs, unique within their kind; products and outside products share one set of keys
because a cart lists both.
"""

from collections.abc import Iterator
from datetime import datetime
from enum import Enum
from typing import Annotated

from msgspec import Meta, Struct

from yellowcart.catalog.model import ReturnRule

Key = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$", max_length=40)]
Name = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9]*(_[a-z0-9]+)*$", max_length=40)]
Line = Annotated[str, Meta(min_length=1, max_length=1000)]
Fen = Annotated[int, Meta(ge=1, le=100_000_000)]
BasisPoints = Annotated[int, Meta(ge=0, le=10_000)]
Count = Annotated[int, Meta(ge=0)]
ZonedTime = Annotated[datetime, Meta(tz=True)]


class Entry(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Every table of a world file; `source` says honestly what the entry rests on."""

    source: Line


class Text(Struct, frozen=True, forbid_unknown_fields=True):
    """A visible text in both languages."""

    zh: Line
    en: Line


class LinkSourceKind(Enum):
    """How goods of a link source reach the buyer."""

    OWN = "own"
    """sold and paid on the platform itself"""
    AFFILIATE_NETWORK = "affiliate_network"
    """a network that pays for jump-outs to somebody else's shop"""
    STORE_SYSTEM = "store_system"
    """a rented store system with its own cashier"""


class LinkSource(Entry, frozen=True):
    """A network or store system that goods come through; `key` is the glossary's name, with underscores."""

    key: Name
    name: Text
    kind: LinkSourceKind


class Surface(Entry, frozen=True):
    """A place where goods can be shown; `key` is the glossary's name, with underscores."""

    key: Name
    name: Text


class Category(Entry, frozen=True):
    """A node of the two-level category tree; a leaf names its `parent`, a top node has none. A leaf without a rule
    for returns, or days until an order counts as received, has those of its parent."""

    key: Name
    name: Text
    parent: Name | None = None
    return_rule: ReturnRule | None = None
    confirm_days: Annotated[int, Meta(ge=1, le=90)] | None = None


class RuleAction(Enum):
    """What a link rule does with a listing."""

    ALLOW = "allow"
    """listed and clicked freely"""
    ALLOW_WITH_FEE = "allow_with_fee"
    """listed for a service fee, in `fee_basis_points`"""
    REQUIRE_CHANNEL = "require_channel"
    """listed only through the channel named in `channel`"""
    REFUSE = "refuse"
    """neither listed nor clicked"""


class LinkRule(Entry, frozen=True):
    """One action for every pair of the named surfaces and link sources, from the effective moment on."""

    surfaces: tuple[Name, ...]
    link_sources: tuple[Name, ...]
    action: RuleAction
    fee_basis_points: BasisPoints | None = None
    channel: Line | None = None

    def pairs(self) -> Iterator[tuple[str, str]]:
        """Every (surface, link source) that the rule speaks of."""
        for surface in self.surfaces:
            for link_source in self.link_sources:
                yield surface, link_source


class Notice(Entry, frozen=True):
    """An announcement that carries link rules (domain.md §0)."""

    key: Key
    issuer: Text
    announced_at: ZonedTime
    effective_at: ZonedTime
    title: Text
    text: Text
    reason: Text
    rules: tuple[LinkRule, ...]


class Draft(Entry, frozen=True):
    """A notice that somebody has written and nobody has decided on as the world begins; it rules nothing yet."""

    key: Key
    issuer: Text
    effective_at: ZonedTime
    title: Text
    text: Text
    reason: Text
    rules: tuple[LinkRule, ...]


class Agency(Entry, frozen=True):
    """An MCN; `share_basis_points` is its part of a bound creator's commission."""

    key: Key
    name: Text
    region: Text
    specialty: Text
    share_basis_points: BasisPoints


class Leader(Entry, frozen=True):
    """A leader (团长) who recruits goods for creators and asks `service_fee_basis_points` for it."""

    key: Key
    name: Text
    level: Annotated[int, Meta(ge=1, le=2)]
    specialty: Text
    service_fee_basis_points: BasisPoints


class CreatorKind(Enum):
    """Whose voice an account is."""

    CREATOR = "creator"
    """sells other people's goods for a commission"""
    SELF_BROADCAST = "self_broadcast"
    """a merchant's own account; sells its own shop's goods without commission"""


class Creator(Entry, frozen=True):
    """Who shows goods; a self-broadcast account names its `merchant`, a bound creator its `mcn`."""

    key: Key
    name: Text
    bio: Text
    followers: Count
    category: Name
    region: Text
    kind: CreatorKind
    mcn: Key | None = None
    merchant: Key | None = None


class MerchantKind(Enum):
    """What kind of seller stands behind a shop."""

    OWN_SHOP = "own_shop"
    """a person or small firm with a shop of its own, often a creator's"""
    BRAND = "brand"
    """a brand merchant"""
    BELT = "belt"
    """a factory-district merchant without a brand (产业带白牌)"""


class Merchant(Entry, frozen=True):
    """Who owns a shop; `belt` names the factory district of a belt merchant."""

    key: Key
    name: Text
    shop: Text
    kind: MerchantKind
    region: Text
    category: Name
    belt: Text | None = None


class Sku(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One variant: price in fen, stock in pieces, the merchant's own code, an EAN-13 barcode if any."""

    key: Key
    name: Text
    price: Fen
    stock: Count
    code: Line
    barcode: Annotated[str, Meta(pattern=r"^\d{13}$")] | None = None


class Product(Entry, frozen=True):
    """A product of an own shop; `brand` is absent for unbranded goods."""

    key: Key
    merchant: Key
    category: Name
    title: Text
    description: Text
    skus: Annotated[tuple[Sku, ...], Meta(min_length=1, max_length=6)]
    brand: Text | None = None


class OutsideProduct(Entry, frozen=True):
    """Something sold elsewhere at `price` fen; `twin` is the same thing in an own shop, if there is one."""

    key: Key
    link_source: Name
    storefront: Name
    url: Line
    category: Name
    title: Text
    price: Fen
    twin: Key | None = None


class OfferKind(Enum):
    """How a merchant's terms for creators come about."""

    OPEN = "open"
    """for everybody (普通推广计划)"""
    TARGETED = "targeted"
    """for named creators, beside the open one (定向)"""
    EXCLUSIVE = "exclusive"
    """only for named creators (专属)"""
    CAMPAIGN = "campaign"
    """through a leader's campaign, with a service fee (招商活动)"""


class Offer(Entry, frozen=True):
    """A merchant's commission for creators on some products, or the whole shop when `products` is empty."""

    key: Key
    kind: OfferKind
    merchant: Key
    commission_basis_points: BasisPoints
    products: tuple[Key, ...] = ()
    creators: tuple[Key, ...] = ()
    leader: Key | None = None
    service_fee_basis_points: BasisPoints = 0


class RoomState(Enum):
    """Where a live room stands when the world begins."""

    SCHEDULED = "scheduled"
    """announced, begins later"""
    LIVE = "live"
    """on air at the world's start"""
    ENDED = "ended"
    """over; has an end"""


class Room(Entry, frozen=True):
    """A live room with its cart (keys of products and outside products, in order).

    `viewers` is how many watch at once: now for a live room, at the peak for an ended one, else 0.
    `explaining` is the listing shown over the video of a live room.
    """

    key: Key
    creator: Key
    title: Text
    category: Name
    state: RoomState
    starts_at: ZonedTime
    cart: tuple[Key, ...]
    viewers: Count = 0
    ends_at: ZonedTime | None = None
    explaining: Key | None = None


class SourceShare(Entry, frozen=True):
    """A promise the world keeps: this part of a creator's live listings in the 7 days before the start.

    Counted as distinct listings of one link source among all distinct listings (domain.md §6, source share).
    """

    key: Key
    creator: Key
    link_source: Name
    share_basis_points: BasisPoints


class Video(Entry, frozen=True):
    """A short video with a cart."""

    key: Key
    creator: Key
    title: Text
    category: Name
    published_at: ZonedTime
    views: Count
    cart: tuple[Key, ...]


class Role(Enum):
    """What a demo account may do."""

    OPERATOR = "operator"
    """runs the platform"""
    RECRUITER = "recruiter"
    """brings merchants and goods in; never also an inspector"""
    INSPECTOR = "inspector"
    """judges goods; never also a recruiter"""
    CREATOR = "creator"
    """acts for the creator named in `creator`"""
    MERCHANT = "merchant"
    """acts for the merchant named in `merchant`"""
    CARRIER = "carrier"
    """brings parcels, or finds somebody who does: quotes on shipping needs"""
    BUYER = "buyer"
    """watches and buys"""


class Account(Entry, frozen=True):
    """A demo account that a newcomer can use; `login` is its name at the door."""

    key: Key
    login: Name
    name: Text
    phone: Annotated[str, Meta(pattern=r"^1380000\d{4}$")]
    roles: Annotated[tuple[Role, ...], Meta(min_length=1)]
    creator: Key | None = None
    merchant: Key | None = None
