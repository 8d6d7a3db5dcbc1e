"""What a demo world says of trade: where shops send from, what delivery costs, coupons, special prices, and the
words that buyers and shops find for each other. Frozen values as they stand in the files under `worlds/`.

Moments are hours from the world's start (`*_h`, negative: before it), so that a world can be moved in time. Money
is int fen, rates are int basis points, weights are grams.
"""

from enum import Enum
from typing import Annotated

from msgspec import Meta, Struct

from yellowcart.demo.model import BasisPoints, Entry, Fen, Key, Line, Name, Text

Hours = Annotated[int, Meta(ge=-24 * 365, le=24 * 180)]
Pieces = Annotated[int, Meta(ge=1, le=1_000_000)]
Grams = Annotated[int, Meta(ge=1, le=1_000_000)]
FeeFen = Annotated[int, Meta(ge=0, le=100_000)]


class Warehouse(Entry, frozen=True, kw_only=True):
    """Where a shop's parcels leave from, and returns come back to where `takes_returns`; its key is the
    merchant's."""

    key: Key
    province: Line
    city: Line
    district: Line
    street: Line
    recipient: Line
    takes_returns: bool = True


class Zone(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What delivery to some provinces (full names) costs; to everywhere else where it names none."""

    provinces: tuple[Line, ...] = ()
    first: Pieces
    first_fee: FeeFen
    more: Pieces
    more_fee: FeeFen
    free_above: Fen | None = None


class FreightPlan(Entry, frozen=True, kw_only=True):
    """A freight template of a shop."""

    key: Key
    merchant: Key
    name: Line
    by_weight: bool
    zones: tuple[Zone, ...]
    not_delivered: tuple[Line, ...] = ()


class DeliveryPlan(Entry, frozen=True, kw_only=True):
    """What delivering some products of a shop costs and promises: a template (none: free everywhere), the grams of
    one piece by product, and hours until shipment (24, 48, 72) or days of a presale."""

    key: Key
    merchant: Key
    template: Key | None = None
    ship_within_hours: int = 48
    presale_days: int | None = None
    weights: dict[Key, Grams]


class CouponFunder(Enum):
    """Who pays for a coupon."""

    SHOP = "shop"
    """the merchant named in `merchant`"""
    PLATFORM = "platform"
    """the platform"""
    CREATOR = "creator"
    """the creator named in `creator`"""


class CouponPlan(Entry, frozen=True, kw_only=True):
    """A coupon. `off` takes fen off, `off_rate` a part (up to `off_max`). Good in one `room` alone, for `products`
    alone (all where empty). It can be claimed from `claim_from_h` to `claim_until_h`, used until `usable_until_h`.

    `taken` is how many buyers of the crowd hold without having used it, beside those of past orders; `gone` means
    that its stock is exactly what was claimed; `stopped_h` is when its maker stopped it; a prepared one waits for
    its host, and was dropped into its room `dropped_m` minutes from the start.
    """

    key: Key
    funder: CouponFunder
    title: Text
    merchant: Key | None = None
    creator: Key | None = None
    room: Key | None = None
    products: tuple[Key, ...] = ()
    threshold: Annotated[int, Meta(ge=0)] = 0
    off: Fen | None = None
    off_rate: BasisPoints | None = None
    off_max: Fen | None = None
    stock: Pieces
    per_buyer: Annotated[int, Meta(ge=1, le=20)] = 1
    claim_from_h: Hours
    claim_until_h: Hours
    usable_until_h: Hours
    taken: Annotated[int, Meta(ge=0, le=240)] = 0
    gone: bool = False
    stopped_h: Hours | None = None
    prepared: bool = False
    dropped_m: Annotated[int, Meta(ge=-60 * 24, le=0)] | None = None


class PricePlan(Entry, frozen=True, kw_only=True):
    """A room-only price, or with `ends_m` a flash price, of one SKU in a cart (`place` is a room's key): for
    `quota` pieces, from `starts_m` minutes after the world's start on. With `gone` the quota is what past orders
    took of it."""

    key: Key
    place: Key
    product: Key
    sku: Key
    price: Fen
    quota: Pieces
    starts_m: Annotated[int, Meta(ge=-60 * 24, le=60 * 24)]
    ends_m: Annotated[int, Meta(ge=-60 * 24, le=60 * 24 * 7)] | None = None
    gone: bool = False


class PriceFall(Entry, frozen=True, kw_only=True):
    """A SKU cost `was` fen until its merchant lowered the price, `fell_h` hours from the world's start."""

    key: Key
    product: Key
    sku: Key
    was: Fen
    fell_h: Annotated[int, Meta(ge=-24 * 30, le=-1)]


class ReviewWords(Entry, frozen=True, kw_only=True):
    """What buyers of some categories (leaves or tops; all where empty) write with so many stars, and later; and
    what shops answer."""

    categories: tuple[Name, ...] = ()
    stars: Annotated[int, Meta(ge=1, le=5)]
    first: Annotated[tuple[Line, ...], Meta(min_length=1)]
    later: tuple[Line, ...] = ()
    answers: tuple[Line, ...] = ()


class CaseWords(Entry, frozen=True, kw_only=True):
    """What is said in after-sales at one turn; the key is `<reason or kind>-<turn>`, such as `quality-open`."""

    key: Key
    lines: Annotated[tuple[Line, ...], Meta(min_length=1)]
