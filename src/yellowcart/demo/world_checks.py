"""What has to hold between the entries of a demo world, beyond the shape of each."""

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from fractions import Fraction
from itertools import pairwise
from typing import NamedTuple
from zoneinfo import ZoneInfo

from yellowcart.demo.model import (
    CreatorKind,
    Draft,
    MerchantKind,
    Notice,
    Offer,
    OfferKind,
    OutsideProduct,
    Product,
    Role,
    Room,
    RoomState,
    RuleAction,
    SourceShare,
)
from yellowcart.demo.world import World

SHANGHAI = ZoneInfo("Asia/Shanghai")


class Flaw(NamedTuple):
    """One contradiction: the kind and key of the entry, and what is wrong with it."""

    kind: str
    key: str
    complaint: str


def flaws(world: World) -> Iterator[Flaw]:
    """Every contradiction of a world, in the order of its kinds; a sound world yields none."""
    yield from _repeated_keys(world)
    yield from _category_flaws(world)
    for notice in world.notices:
        yield from _notice_flaws(world, notice)
    for draft in world.drafts:
        if draft.effective_at <= world.starts_at:
            yield Flaw("drafts", draft.key, "would take effect before anybody can decide on it")
        for complaint in _rule_flaws(world, draft):
            yield Flaw("drafts", draft.key, complaint)
    yield from _people_flaws(world)
    yield from _goods_flaws(world)
    for offer in world.offers:
        yield from _offer_flaws(world, offer)
    listed = Listed(world)
    for room in world.rooms:
        yield from _room_flaws(world, listed, room)
    yield from _video_flaws(world, listed)
    for share in world.source_shares:
        yield from _share_flaws(world, listed, share)


def source_share(world: World, creator: str, link_source: str) -> Fraction | None:
    """The part of a link source among a creator's distinct live listings before the start.

    The window is the 7 natural days to the day before it (domain.md §6); None when there was no listing.
    """
    return Listed(world).source_share(creator, link_source)


class Listed:
    """The goods of a world by key, for quick looks."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.own = {product.key: product for product in world.products}
        self.outside = {product.key: product for product in world.outside_products}

    def find(self, key: str) -> Product | OutsideProduct | None:
        """The product of a key, own or outside; None when the world has none."""
        return self.own.get(key) or self.outside.get(key)

    def link_source(self, key: str) -> str:
        """The source that a product comes through; `own` for the platform's own shops."""
        return self.outside[key].link_source if key in self.outside else "own"

    def source_share(self, creator: str, link_source: str) -> Fraction | None:
        """A creator's listings of one source among all in their live rooms of the last 7 natural days; None
        where they had no listing."""
        today = self.world.starts_at.astimezone(SHANGHAI).replace(hour=0, minute=0, second=0, microsecond=0)
        keys = {
            key
            for room in self.world.rooms
            if room.creator == creator and today - timedelta(days=7) <= room.starts_at < today
            for key in room.cart
        }
        if not keys:
            return None
        return Fraction(sum(self.link_source(key) == link_source for key in keys), len(keys))

    def cart_flaws(self, cart: Iterable[str], surface: str, moment: datetime, creator: str) -> Iterator[str]:
        """What is wrong with a cart: unknown or repeated keys, goods not admitted, somebody else's goods."""
        accounts = {entry.key: entry for entry in self.world.creators}
        if creator not in accounts:
            yield f"no creator {creator!r}"
            return
        merchant = accounts[creator].merchant
        for key, times in Counter(cart).items():
            thing = self.find(key)
            if thing is None:
                yield f"no product or outside product {key!r}"
                continue
            if times > 1:
                yield f"lists {key!r} {times} times"
            if merchant and not (isinstance(thing, Product) and thing.merchant == merchant):
                yield f"a self-broadcast account lists {key!r}, which is not of its shop"
            link_source = self.link_source(key)
            if self.world.action_at(surface, link_source, moment) in {None, RuleAction.REFUSE}:
                yield f"lists {key!r}, but {link_source} was not admitted on {surface} then"


def _repeated_keys(world: World) -> Iterator[Flaw]:
    keyed: dict[str, list[str]] = {
        "link_sources": [entry.key for entry in world.link_sources],
        "surfaces": [entry.key for entry in world.surfaces],
        "categories": [entry.key for entry in world.categories],
        "notices": [*(entry.key for entry in world.notices), *(entry.key for entry in world.drafts)],
        "mcns": [entry.key for entry in world.mcns],
        "leaders": [entry.key for entry in world.leaders],
        "accounts": [entry.key for entry in world.accounts],
        "creators": [entry.key for entry in world.creators],
        "merchants": [entry.key for entry in world.merchants],
        "products": [
            *(entry.key for entry in world.products),
            *(entry.key for entry in world.outside_products),
        ],
        "offers": [entry.key for entry in world.offers],
        "rooms": [entry.key for entry in world.rooms],
        "videos": [entry.key for entry in world.videos],
        "source_shares": [entry.key for entry in world.source_shares],
    }
    for kind, keys in keyed.items():
        for key, times in Counter(keys).items():
            if times > 1:
                yield Flaw(kind, key, f"the key is used {times} times")


def _category_flaws(world: World) -> Iterator[Flaw]:
    top = {entry.key for entry in world.categories if entry.parent is None}
    leaves = {entry.key for entry in world.categories} - top
    for category in world.categories:
        if category.parent is not None and category.parent not in top:
            yield Flaw("categories", category.key, f"no top category {category.parent!r}")
    placed: dict[str, list[tuple[str, str]]] = {
        "products": [(entry.key, entry.category) for entry in world.products],
        "outside_products": [(entry.key, entry.category) for entry in world.outside_products],
        "rooms": [(entry.key, entry.category) for entry in world.rooms],
        "videos": [(entry.key, entry.category) for entry in world.videos],
    }
    for kind, entries in placed.items():
        for key, leaf in entries:
            if leaf not in leaves:
                yield Flaw(kind, key, f"no leaf category {leaf!r}")
    for creator in world.creators:
        if creator.category not in top | leaves:
            yield Flaw("creators", creator.key, f"no category {creator.category!r}")
    for merchant in world.merchants:
        if merchant.category not in top | leaves:
            yield Flaw("merchants", merchant.key, f"no category {merchant.category!r}")


def _notice_flaws(world: World, notice: Notice) -> Iterator[Flaw]:
    if notice.effective_at < notice.announced_at:
        yield Flaw("notices", notice.key, "takes effect before it is announced")
    for complaint in _rule_flaws(world, notice):
        yield Flaw("notices", notice.key, complaint)
    pairs = Counter(pair for rule in notice.rules for pair in rule.pairs())
    for other in world.notices:
        if other.key != notice.key and other.effective_at == notice.effective_at:
            pairs.update(pair for rule in other.rules for pair in rule.pairs())
    for (surface, link_source), times in pairs.items():
        if times > 1:
            yield Flaw("notices", notice.key, f"rules {link_source} on {surface} {times} times at once")


def _rule_flaws(world: World, notice: Notice | Draft) -> Iterator[str]:
    surfaces = {entry.key for entry in world.surfaces}
    link_sources = {entry.key for entry in world.link_sources}
    for rule in notice.rules:
        for name in set(rule.surfaces) - surfaces:
            yield f"no surface {name!r}"
        for name in set(rule.link_sources) - link_sources:
            yield f"no link source {name!r}"
        if (rule.fee_basis_points is not None) != (rule.action is RuleAction.ALLOW_WITH_FEE):
            yield "a fee goes with allow_with_fee, and only with it"
        if (rule.channel is not None) != (rule.action is RuleAction.REQUIRE_CHANNEL):
            yield "a channel goes with require_channel, and only with it"


def _people_flaws(world: World) -> Iterator[Flaw]:
    merchants = {entry.key for entry in world.merchants}
    mcns = {entry.key for entry in world.mcns}
    for creator in world.creators:
        if creator.mcn is not None and creator.mcn not in mcns:
            yield Flaw("creators", creator.key, f"no MCN {creator.mcn!r}")
        if (creator.merchant is not None) != (creator.kind is CreatorKind.SELF_BROADCAST):
            yield Flaw("creators", creator.key, "a merchant goes with self_broadcast, and only with it")
        if creator.merchant is not None and creator.merchant not in merchants:
            yield Flaw("creators", creator.key, f"no merchant {creator.merchant!r}")
    for merchant in world.merchants:
        if (merchant.belt is not None) != (merchant.kind is MerchantKind.BELT):
            yield Flaw("merchants", merchant.key, "a belt goes with kind belt, and only with it")
    yield from _account_flaws(world)


def _account_flaws(world: World) -> Iterator[Flaw]:
    creators = {entry.key for entry in world.creators}
    merchants = {entry.key for entry in world.merchants}
    for login, times in Counter(account.login for account in world.accounts).items():
        if times > 1:
            yield Flaw("accounts", login, f"the login is used {times} times")
    for account in world.accounts:
        if {Role.RECRUITER, Role.INSPECTOR} <= set(account.roles):
            yield Flaw("accounts", account.key, "one person is never recruiter and inspector")
        for role, key, known in (
            (Role.CREATOR, account.creator, creators),
            (Role.MERCHANT, account.merchant, merchants),
        ):
            if (key is not None) != (role in account.roles):
                yield Flaw("accounts", account.key, f"the role {role.value} names for whom, and only it")
            if key is not None and key not in known:
                yield Flaw("accounts", account.key, f"no {role.value} {key!r}")


def _goods_flaws(world: World) -> Iterator[Flaw]:
    merchants = {entry.key for entry in world.merchants}
    products = {entry.key for entry in world.products}
    outside_sources = {entry.key for entry in world.link_sources} - {"own"}
    codes = Counter((product.merchant, sku.code) for product in world.products for sku in product.skus)
    barcodes = Counter(sku.barcode for product in world.products for sku in product.skus if sku.barcode)
    for product in world.products:
        if product.merchant not in merchants:
            yield Flaw("products", product.key, f"no merchant {product.merchant!r}")
        for sku in product.skus:
            if sum(other.key == sku.key for other in product.skus) > 1:
                yield Flaw("products", product.key, f"two SKUs have the key {sku.key!r}")
            if codes[product.merchant, sku.code] > 1:
                yield Flaw("products", product.key, f"the merchant uses the code {sku.code!r} more than once")
            if sku.barcode and not valid_barcode(sku.barcode):
                yield Flaw("products", product.key, f"the barcode {sku.barcode} has a wrong check digit")
            if sku.barcode and barcodes[sku.barcode] > 1:
                yield Flaw("products", product.key, f"the barcode {sku.barcode} is used more than once")
    for outside in world.outside_products:
        if outside.link_source not in outside_sources:
            yield Flaw("outside_products", outside.key, f"no outside link source {outside.link_source!r}")
        if outside.twin is not None and outside.twin not in products:
            yield Flaw("outside_products", outside.key, f"its twin {outside.twin!r} is no product")


def valid_barcode(barcode: str) -> bool:
    """Whether thirteen digits end with the check digit of EAN-13 (weights 1 and 3 from the left)."""
    digits = [int(digit) for digit in barcode]
    return len(digits) == 13 and (sum(digits[::2]) + 3 * sum(digits[1::2])) % 10 == 0


def _offer_flaws(world: World, offer: Offer) -> Iterator[Flaw]:
    def flaw(complaint: str) -> Flaw:
        return Flaw("offers", offer.key, complaint)

    merchant_of = {product.key: product.merchant for product in world.products}
    if offer.merchant not in {entry.key for entry in world.merchants}:
        yield flaw(f"no merchant {offer.merchant!r}")
    for key in offer.products:
        if merchant_of.get(key) != offer.merchant:
            yield flaw(f"{key!r} is no product of {offer.merchant!r}")
    for key in set(offer.creators) - {entry.key for entry in world.creators}:
        yield flaw(f"no creator {key!r}")
    if bool(offer.creators) != (offer.kind in {OfferKind.TARGETED, OfferKind.EXCLUSIVE}):
        yield flaw("a targeted or exclusive offer names its creators, and only these do")
    if (offer.leader is not None) != (offer.kind is OfferKind.CAMPAIGN):
        yield flaw("a campaign offer names its leader, and only it does")
    if offer.leader is not None and offer.leader not in {entry.key for entry in world.leaders}:
        yield flaw(f"no leader {offer.leader!r}")
    if offer.service_fee_basis_points and offer.leader is None:
        yield flaw("a service fee is a leader's")
    if offer.commission_basis_points + offer.service_fee_basis_points >= 9_000:
        yield flaw("commission and service fee together stay under 90 %")


def _room_flaws(world: World, listed: Listed, room: Room) -> Iterator[Flaw]:
    def flaw(complaint: str) -> Flaw:
        return Flaw("rooms", room.key, complaint)

    for complaint in listed.cart_flaws(room.cart, "live_cart", room.starts_at, room.creator):
        yield flaw(complaint)
    if room.starts_at < world.history_from:
        yield flaw("begins before the world's history")
    if (room.ends_at is not None) != (room.state is RoomState.ENDED):
        yield flaw("an ended room has an end, and only it has")
    if room.ends_at is not None and not room.starts_at < room.ends_at <= world.starts_at:
        yield flaw("ends before it begins, or after the world's start")
    if (room.starts_at > world.starts_at) != (room.state is RoomState.SCHEDULED):
        yield flaw("a scheduled room begins after the world's start, and only it does")
    if (room.explaining is not None) != (room.state is RoomState.LIVE):
        yield flaw("a live room explains one listing, and only it does")
    if room.explaining is not None and room.explaining not in room.cart:
        yield flaw(f"explains {room.explaining!r}, which is not in its cart")
    for before, after in pairwise(sorted(_spans(world, room.creator))):
        if before[1] > after[0] and room.key in {before[2], after[2]}:
            yield flaw(f"{room.creator} is on air twice at once: {before[2]!r} and {after[2]!r}")


def _spans(world: World, creator: str) -> Iterator[tuple[datetime, datetime, str]]:
    for room in world.rooms:
        if room.creator == creator and room.state is not RoomState.SCHEDULED:
            yield room.starts_at, room.ends_at or world.starts_at, room.key


def _video_flaws(world: World, listed: Listed) -> Iterator[Flaw]:
    for video in world.videos:
        for complaint in listed.cart_flaws(video.cart, "video_cart", video.published_at, video.creator):
            yield Flaw("videos", video.key, complaint)
        if not world.history_from <= video.published_at <= world.starts_at:
            yield Flaw("videos", video.key, "is published before the world's history or after its start")


def _share_flaws(world: World, listed: Listed, share: SourceShare) -> Iterator[Flaw]:
    if share.creator not in {creator.key for creator in world.creators}:
        yield Flaw("source_shares", share.key, f"no creator {share.creator!r}")
        return
    found = listed.source_share(share.creator, share.link_source)
    if found != Fraction(share.share_basis_points, 10_000):
        shown = "none" if found is None else f"{found.numerator}/{found.denominator}"
        promised = f"{share.share_basis_points} basis points"
        yield Flaw("source_shares", share.key, f"{promised} promised, {shown} listed")
