"""What jump-outs lose against clicks on own goods: price bands, rates, and the comparison. Values in, values out.

An outside click and an own click are compared within one band of prices, because a dear thing is bought less
often wherever it is sold (domain.md §6 "jump-out loss": order loss = 1 − CVR outside / CVR own on a matched price
band). Over several bands the outside clicks are weighed as they are: had each of them been followed by an order as
often as an own click of its band, so many orders would have come; the loss is what is missing of these.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from fractions import Fraction

import msgspec

from yellowcart.insight.model import Window
from yellowcart.insight.rules import share
from yellowcart.kernel.money import WHOLE

BAND_STARTS_FEN = (1_000, 3_000, 10_000, 30_000, 100_000)
"""Where price bands begin, above the first that begins at 0: 10, 30, 100, 300 and 1,000 yuan. Our choice."""
OWN_CLICKS_MIN = 30
"""Own clicks that a band needs before a rate is drawn from them: fewer prove nothing."""


class PriceBand(msgspec.Struct, frozen=True):
    """Prices from `least_fen` to below `below_fen`; the last band has no upper end."""

    number: int
    least_fen: int
    below_fen: int | None


PRICE_BANDS = tuple(
    PriceBand(number, least, below)
    for number, (least, below) in enumerate(zip((0, *BAND_STARTS_FEN), (*BAND_STARTS_FEN, None), strict=True))
)


class Jumps(msgspec.Struct, frozen=True, kw_only=True):
    """Jump-outs of one source and band; of everybody asked about where `creator_id` is None. `band` None where the
    listing told no price."""

    source: str
    creator_id: int | None
    band: int | None
    clicked: int
    landed: int
    returned: int


class Ordered(msgspec.Struct, frozen=True, kw_only=True):
    """Orders that a network reported as paid, of one source and band; `creator_id` as in `Jumps`."""

    source: str
    creator_id: int | None
    band: int | None
    orders: int
    paid_fen: int


class OwnClicks(msgspec.Struct, frozen=True, kw_only=True):
    """Clicks on own goods of one band, and the paid orders placed through these listings."""

    band: int
    clicks: int
    orders: int

    @property
    def rate_basis_points(self) -> int | None:
        """Orders in clicks; None below OWN_CLICKS_MIN clicks."""
        return share(self.orders, self.clicks) if self.clicks >= OWN_CLICKS_MIN else None


class Leak(msgspec.Struct, frozen=True, kw_only=True):
    """What became of the jump-outs of one group. `orders` and `paid_fen` are None while no network of the group
    has reported an order of the window: unknown is not zero. Losses in basis points; a negative one is a gain."""

    key: str
    clicked: int
    landed: int
    returned: int
    orders: int | None
    paid_fen: int | None
    loss_basis_points: int | None

    @property
    def landed_basis_points(self) -> int | None:
        """The part of the clicks that reached the other site."""
        return share(self.landed, self.clicked)

    @property
    def returned_basis_points(self) -> int | None:
        """The part of the clicks that came back here."""
        return share(self.returned, self.clicked)

    @property
    def ordered_basis_points(self) -> int | None:
        """Reported paid orders in clicks."""
        return None if self.orders is None else share(self.orders, self.clicked)

    @property
    def without_order_basis_points(self) -> int | None:
        """The part of the clicks that ended in no reported order: the plain jump loss of the glossary."""
        rate = self.ordered_basis_points
        return None if rate is None else WHOLE - rate


class Band(msgspec.Struct, frozen=True, kw_only=True):
    """One band of prices: own clicks beside jump-outs."""

    band: PriceBand
    own: OwnClicks
    leak: Leak


class JumpLoss(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that is known of the leak in one window."""

    window: Window
    as_of: datetime
    provisional: bool
    total: Leak
    by_source: list[Leak]
    by_creator: list[Leak]
    by_band: list[Band]
    unpriced_clicks: int
    """Jump-outs whose listing told no price: counted above, compared in no band."""
    reporting: list[str]
    """The networks that have reported an order of the window."""


def own_by_band(counted: Iterable[OwnClicks]) -> dict[int, OwnClicks]:
    """Every band, also those that nobody clicked in."""
    found = {each.band: each for each in counted}
    return {
        band.number: found.get(band.number, OwnClicks(band=band.number, clicks=0, orders=0))
        for band in PRICE_BANDS
    }


def leak_of(
    key: str,
    jumps: Iterable[Jumps],
    ordered: Iterable[Ordered],
    own: Mapping[int, OwnClicks],
    reporting: frozenset[str],
) -> Leak:
    """What became of a group of jump-outs. Orders are known where at least one source of the group reports; the
    loss speaks of the clicks of those sources alone, in bands where own clicks have a rate."""
    jumps, ordered = list(jumps), list(ordered)
    known = [each for each in jumps if each.source in reporting]
    orders = [each for each in ordered if each.source in reporting]
    return Leak(
        key=key,
        clicked=sum(each.clicked for each in jumps),
        landed=sum(each.landed for each in jumps),
        returned=sum(each.returned for each in jumps),
        orders=sum(each.orders for each in orders) if known or orders else None,
        paid_fen=sum(each.paid_fen for each in orders) if known or orders else None,
        loss_basis_points=_loss(known, orders, own),
    )


def _loss(jumps: list[Jumps], ordered: list[Ordered], own: Mapping[int, OwnClicks]) -> int | None:
    rated = {
        band: Fraction(each.orders, each.clicks)
        for band, each in own.items()
        if each.clicks >= OWN_CLICKS_MIN and each.orders > 0
    }
    expected = sum(
        (each.clicked * rated[each.band] for each in jumps if each.band is not None and each.band in rated),
        start=Fraction(0),
    )
    if expected == 0:
        return None
    came = sum(each.orders for each in ordered if each.band is not None and each.band in rated)
    return round((expected - came) / expected * WHOLE)
