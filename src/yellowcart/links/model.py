"""The words of link rules: surfaces, actions, notices, rules and verdicts, as frozen values.

Nothing here reads a clock or a database. A value that makes no sense (a fee without
`allow_with_fee`, a naive time) cannot be built: construction raises ValueError.
"""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Final

import msgspec

from yellowcart.kernel.money import WHOLE

OWN_SOURCE: Final = "own"
"""Key of the platform's own shops. All other sources are rows of data and are named by their key."""


class Surface(StrEnum):
    """Where goods can be shown."""

    LIVE_CART = "live_cart"
    """The cart of a live room."""
    VIDEO_CART = "video_cart"
    """The cart of a short video."""
    PRODUCT_PAGE = "product_page"
    """The detail page of a product."""
    PROFILE_PAGE = "profile_page"
    """A creator's profile."""
    SHOP_PAGE = "shop_page"
    """The front page of a shop."""


class Action(StrEnum):
    """What a rule does with goods of its source on its surface."""

    ALLOW = "allow"
    """May be listed and tapped."""
    ALLOW_WITH_FEE = "allow_with_fee"
    """May be listed and tapped; the platform takes a fee, in basis points, of what is sold."""
    REQUIRE_CHANNEL = "require_channel"
    """May be listed only with a task number of the named channel."""
    REFUSE = "refuse"
    """May be neither listed nor tapped. Orders already placed are not touched."""


class VerdictReason(StrEnum):
    """Why a verdict is what it is."""

    RULE = "rule"
    """A rule of a notice is in force."""
    OWN_BY_DEFAULT = "own_by_default"
    """No rule speaks of the platform's own goods here, and these need no admission."""
    NOT_ADMITTED = "not_admitted"
    """No notice has admitted this outside source on this surface."""


class SourceScope(StrEnum):
    """Wildcards for the sources that a line of a notice speaks of."""

    EVERY = "every"
    """Every source, the platform's own included."""
    THIRD_PARTY = "third_party"
    """Every source but the platform's own."""


class Grace(StrEnum):
    """What becomes of a room that is on air at the moment a rule begins to refuse its goods."""

    AT_ONCE = "at_once"
    """They leave the cart at that moment, like everybody else's."""
    ROOM_ENDS = "room_ends"
    """They stay in that room's cart until the room ends; nothing of the source can be added to it any more."""


class DraftState(StrEnum):
    """The life of a notice before it is published. Who drafts does not publish."""

    DRAFT = "draft"
    """Being written by its drafter."""
    SUBMITTED = "submitted"
    """Waiting for another operator to publish it or to send it back."""
    SCHEDULED = "scheduled"
    """Approved by another operator; published by itself at the moment of its announcement."""
    PUBLISHED = "published"
    """A notice now; its rules stand on the timeline."""
    DISCARDED = "discarded"
    """Given up before it was published."""


NOTICE_DRAFT_MOVES: dict[DraftState, frozenset[DraftState]] = {
    DraftState.DRAFT: frozenset({DraftState.SUBMITTED, DraftState.DISCARDED}),
    DraftState.SUBMITTED: frozenset(
        {DraftState.DRAFT, DraftState.SCHEDULED, DraftState.PUBLISHED, DraftState.DISCARDED}
    ),
    DraftState.SCHEDULED: frozenset({DraftState.DRAFT, DraftState.PUBLISHED, DraftState.DISCARDED}),
    DraftState.PUBLISHED: frozenset(),
    DraftState.DISCARDED: frozenset(),
}


class Standing(StrEnum):
    """What has become of a published notice, as of a moment."""

    ANNOUNCED = "announced"
    """Published; its first rule has not begun."""
    IN_FORCE = "in_force"
    """At least one of its rules holds, or is still to begin."""
    SUPERSEDED = "superseded"
    """Later notices have taken the place of every one of its rules."""
    WITHDRAWN = "withdrawn"
    """Taken back before it took effect."""
    REPLACED = "replaced"
    """Taken back before it took effect because an amended notice took its place."""


Pair = tuple[Surface, str]
"""A surface and the key of a source: what a rule speaks of."""


class Wording(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A text in Chinese and English; either may be empty, not both."""

    zh: str = ""
    en: str = ""

    def __post_init__(self) -> None:
        if not (self.zh.strip() or self.en.strip()):
            raise ValueError("a wording needs text in at least one language")

    def in_language(self, language: str) -> str:
        """The text for a language tag such as `zh_CN` or `en`; the other language where that one is empty."""
        chosen, other = (self.zh, self.en) if language.lower().startswith("zh") else (self.en, self.zh)
        return chosen if chosen.strip() else other


class Terms(msgspec.Struct, frozen=True):
    """What a rule demands, without where and when: two rules with equal terms change nothing between them."""

    action: Action
    fee_basis_points: int | None = None
    channel: str | None = None

    def __post_init__(self) -> None:
        fee = self.fee_basis_points
        if (self.action is Action.ALLOW_WITH_FEE) != (fee is not None):
            raise ValueError("a fee goes with allow_with_fee, and only with it")
        if fee is not None and not 0 < fee <= WHOLE:
            raise ValueError(f"a fee is 1 to {WHOLE} basis points, not {fee}")
        if (self.action is Action.REQUIRE_CHANNEL) != (self.channel is not None):
            raise ValueError("a channel goes with require_channel, and only with it")
        if self.channel is not None and not self.channel.strip():
            raise ValueError("a channel needs a name")


class NoticeLine(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One sentence of a notice, wildcards and all; `rules.expand` turns it into rules.

    `surfaces` None means every surface. `effective_at` None means the moment of the whole notice.
    """

    action: Action
    sources: tuple[str, ...] | SourceScope
    surfaces: tuple[Surface, ...] | None = None
    fee_basis_points: int | None = None
    channel: str | None = None
    effective_at: datetime | None = None

    def __post_init__(self) -> None:
        _ = self.terms
        if self.surfaces == () or self.sources == ():
            raise ValueError("a line of a notice names at least one surface and one source")
        if self.effective_at is not None:
            require_aware(self.effective_at)

    @property
    def terms(self) -> Terms:
        """What the line demands."""
        return Terms(self.action, self.fee_basis_points, self.channel)


class Notice(msgspec.Struct, frozen=True, kw_only=True):
    """An announcement that carries link rules.

    A moment of effect before the announcement is possible only in history; whether it may be
    enacted is asked of `rules.too_late`, which knows the present.
    """

    id: int
    issuer: Wording
    text: Wording
    reason: Wording
    announced_at: datetime
    effective_at: datetime
    lines: tuple[NoticeLine, ...] = ()
    grace: Grace = Grace.AT_ONCE
    replaces_notice_id: int | None = None

    def __post_init__(self) -> None:
        require_aware(self.announced_at)
        require_aware(self.effective_at)


class LinkRule(msgspec.Struct, frozen=True, kw_only=True):
    """What becomes of goods of one source on one surface from one moment on."""

    surface: Surface
    source: str
    effective_at: datetime
    action: Action
    fee_basis_points: int | None = None
    channel: str | None = None
    notice_id: int

    def __post_init__(self) -> None:
        _ = self.terms
        require_aware(self.effective_at)
        if not self.source:
            raise ValueError("a rule names its source")

    @property
    def terms(self) -> Terms:
        """What the rule demands."""
        return Terms(self.action, self.fee_basis_points, self.channel)

    @property
    def pair(self) -> Pair:
        """The surface and the source that the rule speaks of."""
        return (self.surface, self.source)


class NextChange(msgspec.Struct, frozen=True):
    """The next moment at which a verdict's terms become different, and by which notice."""

    at: datetime
    terms: Terms
    rule: LinkRule
    notice: Notice | None

    @property
    def action(self) -> Action:
        """What will be done from then on."""
        return self.terms.action


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """The answer of the rules for one surface and source at one moment, with its reason.

    `rule`, `notice` and `since` are None where no rule is in force yet (see `VerdictReason`).
    `notice` is also None where the timeline was built without its notices.
    """

    surface: Surface
    source: str
    terms: Terms
    reason: VerdictReason
    rule: LinkRule | None = None
    notice: Notice | None = None
    since: datetime | None = None
    next_change: NextChange | None = None

    def __post_init__(self) -> None:
        if (self.reason is VerdictReason.RULE) != (self.rule is not None):
            raise ValueError("a verdict by rule names its rule, and only that one does")
        if (self.rule is None) != (self.since is None):
            raise ValueError("a verdict has a beginning exactly when a rule made it")

    @property
    def action(self) -> Action:
        """What is done."""
        return self.terms.action

    @property
    def fee_basis_points(self) -> int | None:
        """The platform's fee, where the action is `allow_with_fee`."""
        return self.terms.fee_basis_points

    @property
    def channel(self) -> str | None:
        """The channel demanded, where the action is `require_channel`."""
        return self.terms.channel

    @property
    def admits(self) -> bool:
        """Whether goods may be listed at all, if need be with a fee or through the channel."""
        return self.terms.action is not Action.REFUSE


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """One pair whose terms become different at one moment."""

    surface: Surface
    source: str
    at: datetime
    before: Verdict
    after: Verdict

    @property
    def pair(self) -> Pair:
        """The surface and the source that change."""
        return (self.surface, self.source)

    @property
    def is_cut(self) -> bool:
        """Whether what was admitted is refused from now on."""
        return self.before.admits and not self.after.admits


class Collision(msgspec.Struct, frozen=True, kw_only=True):
    """A pair and a moment for which a proposed notice's rule meets another. `code` is the notice that has it
    already; None where two lines of the proposed notice meet each other."""

    surface: Surface
    source: str
    at: datetime
    code: str | None = None


def require_aware(moment: datetime) -> datetime:
    """Return the moment, in UTC. Raises ValueError if it carries no zone."""
    if moment.utcoffset() is None:
        raise ValueError(f"a time without its zone is not a moment: {moment.isoformat()}")
    return moment.astimezone(UTC)
