"""What a notice would do, as values: which pairs change, what stands on them, and what of it might be kept.

Three kinds of numbers stand side by side and are never added up: what *networks report* was paid outside, what was
*paid here* for own goods, and what *viewers did* (jump-outs, and the price tags of what they tapped). None is
what nobody has reported; it is not zero.
"""

from datetime import datetime
from enum import StrEnum
from typing import Final

import msgspec

from yellowcart.insight.model import Window
from yellowcart.insight.rules import share
from yellowcart.kernel.ids import CategoryId, CreatorId, PersonId, ProductId, ShopId
from yellowcart.links.model import Change, Notice, Pair, Surface, Wording

WINDOW_DAYS_DEFAULT: Final = 30
WINDOW_DAYS_MAX: Final = 92
CREATORS_MAX: Final = 200
"""Creators told by name; the spread counts all of them."""
GROUPS_MAX: Final = 2_000
ACTIONS_MAX: Final = 5_000
"""Lines of the list to act on; an export says so where there were more."""
CART_SURFACES: Final = (Surface.LIVE_CART, Surface.VIDEO_CART)
"""Surfaces whose goods the platform lists itself; of the others nothing is counted."""


class Effect(StrEnum):
    """What a notice does to one surface and source, the hardest first."""

    CUT = "cut"
    """What was admitted is refused."""
    CHANNEL = "channel"
    """Admitted with a task of a named channel only."""
    FEE = "fee"
    """Admitted for a fee."""
    EASED = "eased"
    """Admitted, or admitted for less than before: nobody has to do anything."""


class ProposalState(StrEnum):
    """How far the notice has come."""

    DRAFTED = "drafted"
    """A draft, in whatever state before publication."""
    COMING = "coming"
    """Published; none of its rules has begun."""
    BEGUN = "begun"
    """Published, and at least one rule has begun."""
    DROPPED = "dropped"
    """A draft that was discarded, or a notice that was withdrawn: it will not happen."""


class Proposal(msgspec.Struct, frozen=True, kw_only=True):
    """A notice to be simulated: a draft's or a published one."""

    code: str
    title: Wording
    state: ProposalState
    notice: Notice
    is_draft: bool
    """Whether the code is a draft's; `notice.id` is the draft's own then."""


class HitPair(msgspec.Struct, frozen=True, kw_only=True):
    """A surface and source on which the notice demands something, with the hardest thing that it does there."""

    surface: Surface
    source: str
    effect: Effect
    fee_basis_points: int | None = None
    """The fee of an effect FEE."""

    @property
    def pair(self) -> Pair:
        """The surface and the source."""
        return (self.surface, self.source)


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """Sums over the listings of one group. `cut_…` counts only where the notice refuses.

    `reported_fen`: paid outside in the window as networks report it, where a listing of the group was named.
    `own_fen`: own orders paid in the window. `tapped_fen`: the price tags of what viewers left through, once for
    every jump-out; nobody knows whether they bought it. All amounts in fen.
    """

    goods: int = 0
    """Distinct source and item, in a cart in the window."""
    listings: int = 0
    """In a cart in the window."""
    open_goods: int = 0
    open_listings: int = 0
    """In a cart that is open now, queued ones included."""
    creators: int = 0
    """With at least one of the listings of the window."""
    jump_outs: int = 0
    tapped_fen: int = 0
    unpriced_jump_outs: int = 0
    """Jump-outs through listings without a price: not in `tapped_fen`."""
    reported_fen: int | None = None
    own_fen: int | None = None
    twinned_goods: int = 0
    """Of `goods`, those with an own-shop twin."""
    cut_goods: int = 0
    cut_jump_outs: int = 0
    cut_reported_fen: int | None = None
    cut_own_fen: int | None = None
    cut_twinned_goods: int = 0
    cut_twinned_jump_outs: int = 0
    cut_twinned_fen: int | None = None
    """Of `cut_reported_fen`, what was paid for goods with an own-shop twin."""


class PairFigures(msgspec.Struct, frozen=True, kw_only=True):
    """One surface and source with what stands on it; `figures` None where the platform lists nothing itself.

    `fee_fen` is what an effect FEE would have taken of what networks report; None where that is not known.
    """

    hit: HitPair
    figures: Figures | None
    fee_fen: int | None = None


class Group(msgspec.Struct, frozen=True, kw_only=True):
    """The figures of one surface, source or category; `key` None for goods whose category nobody knows."""

    key: str | None
    figures: Figures


class CategoryName(msgspec.Struct, frozen=True, kw_only=True):
    """A category by name."""

    category_id: CategoryId
    name_zh: str
    name_en: str


class Dependence(msgspec.Struct, frozen=True, kw_only=True):
    """How much of a creator's selling stands on what the notice touches.

    `share_basis_points` is the part of touched goods among all distinct goods in the creator's carts of `surface`
    in the window: in live carts where the notice touches them and the creator had any there, else in video
    carts. Over 7 days of live carts it is source share (glossary.md), summed over the sources touched.
    """

    creator_id: CreatorId
    name: str
    name_en: str
    surface: Surface
    hit_goods: int
    all_goods: int
    share_basis_points: int
    by_source: dict[str, int]
    """Touched goods by source."""
    open_listings: int
    jump_outs: int
    cut_reported_fen: int | None
    gmv_share_basis_points: int | None
    """Part of `cut_reported_fen` in own GMV paid and outside GMV reported of the creator; None while nothing is
    reported of them."""

    @property
    def main_source(self) -> tuple[str, int]:
        """The source with most of the touched goods, and its share among all in basis points."""
        source = max(sorted(self.by_source), key=lambda each: self.by_source[each])
        return source, share(self.by_source[source], self.all_goods) or 0


class Coverage(msgspec.Struct, frozen=True, kw_only=True):
    """What a network has reported for the window: the first and last payment heard of, and what no listing could
    be found for (`unplaced_fen`: paid, but on a surface that nobody knows)."""

    source: str
    lines: int
    first_paid_at: datetime
    last_paid_at: datetime
    unplaced_fen: int


class ScenarioName(StrEnum):
    """How much of what is cut is assumed to stay, from little to much."""

    LOW = "low"
    """Few viewers switch."""
    MIDDLE = "middle"
    """Between the two."""
    HIGH = "high"
    """Many viewers switch."""


class Assumption(msgspec.Struct, frozen=True, kw_only=True):
    """Which part of the demand for goods that are cut is assumed to move to own shops, in basis points.

    What does not move is lost. These are assumptions and no facts: nothing measured stands behind the ones that
    the platform is delivered with. `set_by` None: nobody has set them.
    """

    scenario: ScenarioName
    with_twin_basis_points: int
    without_twin_basis_points: int
    set_by: PersonId | None = None
    set_by_name: str = ""
    set_at: datetime | None = None


class Basis(StrEnum):
    """What a scenario is reckoned on."""

    REPORTED = "reported"
    """Outside GMV as networks report it, in fen."""
    OWN = "own"
    """GMV paid in own shops, in fen."""
    JUMP_OUTS = "jump_outs"
    """Jump-outs, counted: demand without a price."""


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What would be kept and lost of one basis under one scenario. The three sum to what was at risk."""

    scenario: ScenarioName
    basis: Basis
    kept_by_twin: int
    kept_otherwise: int
    lost: int

    @property
    def kept(self) -> int:
        """All that is kept."""
        return self.kept_by_twin + self.kept_otherwise

    @property
    def at_risk(self) -> int:
        """All that there was."""
        return self.kept + self.lost


class Simulation(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that is known of what a notice would do, over one past window, as of one moment."""

    proposal: Proposal
    window: Window
    as_of: datetime
    changes: tuple[Change, ...]
    is_late: bool
    """Whether a rule of a draft would begin in the past: it cannot be published as it is."""
    total: Figures
    pairs: list[PairFigures]
    by_surface: list[Group]
    by_source: list[Group]
    by_category: list[Group]
    categories: list[CategoryName]
    creators: list[Dependence]
    """At most CREATORS_MAX, the most dependent first."""
    creator_count: int
    spread: list[int]
    """How many creators depend to under 10 %, 10 to under 20 %, …, 90 % and more."""
    coverage: list[Coverage]
    unheard: list[str]
    """Outside sources touched of which nobody has reported anything for the window."""
    assumptions: list[Assumption]
    outcomes: list[Outcome]

    @property
    def asks_fee(self) -> bool:
        """Whether a fee is asked anywhere."""
        return any(each.hit.effect is Effect.FEE for each in self.pairs)

    @property
    def twinned_share(self) -> int | None:
        """Which part of the goods hit has an own-shop twin, in basis points."""
        return share(self.total.twinned_goods, self.total.goods)

    @property
    def twinned_gmv_share(self) -> int | None:
        """Which part of the reported GMV that is cut was paid for goods with a twin; None while not known."""
        fen = self.total.cut_reported_fen
        return None if fen is None else share(self.total.cut_twinned_fen or 0, fen)

    @property
    def fee_fen(self) -> int | None:
        """What fees would have taken of what networks report; None while unknown, 0 where no fee is asked."""
        asked = [each.fee_fen for each in self.pairs if each.hit.effect is Effect.FEE and each.figures is not None]
        known = [fen for fen in asked if fen is not None]
        return sum(known) if known or not asked else None


class Twinning(msgspec.Struct, frozen=True, kw_only=True):
    """The best own-shop twin of an outside product."""

    shop_id: ShopId
    product_id: ProductId
    title: str
    title_en: str
    score_basis_points: int


class ActionLine(msgspec.Struct, frozen=True, kw_only=True):
    """One thing to do: goods of one creator that the notice touches."""

    creator_id: CreatorId
    creator_name: str
    creator_name_en: str
    source: str
    item_key: str
    title: str
    title_en: str
    url: str | None
    effect: Effect
    surfaces: list[Surface]
    listings: int
    open_listings: int
    price_fen: int | None
    jump_outs: int
    reported_fen: int | None
    own_fen: int | None
    twin: Twinning | None
