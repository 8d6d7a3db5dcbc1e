"""Verdicts in words, in the reader's language: one sentence that says what holds, since when and by which notice.

Names of the sources that the platform is delivered with are known here; others have theirs in the table of
sources (`links.source_names`).
"""

from datetime import datetime

from yellowcart.kernel.clock import SHANGHAI
from yellowcart.kernel.translation import N_, Locale, translate
from yellowcart.links.model import Action, Collision, Notice, Surface, Terms, Verdict, VerdictReason
from yellowcart.links.source_names import added_name

SURFACE_NAMES: dict[Surface, str] = {
    Surface.LIVE_CART: N_("Live room cart"),
    Surface.VIDEO_CART: N_("Short video cart"),
    Surface.PRODUCT_PAGE: N_("Product page"),
    Surface.PROFILE_PAGE: N_("Profile page"),
    Surface.SHOP_PAGE: N_("Shop page"),
}
"""Surfaces as labels, cells and legends name them; `SURFACE_WORDS` is for the middle of a sentence."""

SURFACE_WORDS: dict[Surface, str] = {
    Surface.LIVE_CART: N_("live room carts"),
    Surface.VIDEO_CART: N_("video carts"),
    Surface.PRODUCT_PAGE: N_("product pages"),
    Surface.PROFILE_PAGE: N_("profile pages"),
    Surface.SHOP_PAGE: N_("shop pages"),
}

SOURCE_WORDS: dict[str, str] = {
    "own": N_("own shops"),
    "taobao_union": N_("Taobao Union"),
    "jd_union": N_("JD Union"),
    "youzan": N_("Youzan"),
    "mockuai": N_("Mockuai"),
    "pinduoduo": N_("Pinduoduo"),
    "vipshop": N_("Vipshop"),
    "suning": N_("Suning"),
    "dangdang": N_("Dangdang"),
    "kaola": N_("Kaola"),
    "weidian": N_("Weidian"),
    "1688": N_("1688"),
    "xiaohongshu": N_("Xiaohongshu"),
    "douyin": N_("Douyin"),
}

STOREFRONT_WORDS: dict[str, str] = {
    "taobao": N_("Taobao"),
    "tmall": N_("Tmall"),
    "jd": N_("JD.com"),
    "kuaishou": N_("Kuaishou Shop"),
}
"""Sites that a linked page stands on and whose name is not that of a source."""

_SINCE: dict[Action, str] = {
    Action.ALLOW: N_("Since %(since)s, goods of %(source)s may be listed in %(surface)s%(notice)s."),
    Action.ALLOW_WITH_FEE: N_(
        "Since %(since)s, goods of %(source)s may be listed in %(surface)s for a fee of %(fee)s%(notice)s."
    ),
    Action.REQUIRE_CHANNEL: N_(
        "Since %(since)s, goods of %(source)s may be listed in %(surface)s"
        " only with a task of %(channel)s%(notice)s."
    ),
    Action.REFUSE: N_("Since %(since)s, goods of %(source)s may not be listed in %(surface)s%(notice)s."),
}

_FROM: dict[Action, str] = {
    Action.ALLOW: N_("From %(since)s they may be listed again%(notice)s."),
    Action.ALLOW_WITH_FEE: N_("From %(since)s they may be listed for a fee of %(fee)s%(notice)s."),
    Action.REQUIRE_CHANNEL: N_("From %(since)s they may be listed only with a task of %(channel)s%(notice)s."),
    Action.REFUSE: N_("From %(since)s they may not be listed any more%(notice)s."),
}

_TERMS: dict[Action, str] = {
    Action.ALLOW: N_("Allowed"),
    Action.ALLOW_WITH_FEE: N_("Allowed for a fee of %(fee)s"),
    Action.REQUIRE_CHANNEL: N_("Only with a task of %(channel)s"),
    Action.REFUSE: N_("Refused"),
}

_COLLISION = N_("%(surface)s, %(source)s, %(at)s: notice %(code)s.")
_COLLISION_WITHIN = N_("%(surface)s, %(source)s, %(at)s: two lines of this notice.")

_OWN = N_("Goods of the platform's own shops may be listed in %(surface)s.")
_NOT_ADMITTED = N_("No notice admits goods of %(source)s to %(surface)s.")
_NOTICE = N_(" (%(issuer)s notice of %(day)s: %(reason)s)")


def verdict_text(verdict: Verdict, locale: Locale, *, source_name: str | None = None) -> str:
    """What the rules say now, in one sentence with its reason."""
    places = _places(verdict, locale, source_name)
    if verdict.reason is VerdictReason.OWN_BY_DEFAULT:
        return translate(_OWN, locale, **places)
    if verdict.reason is VerdictReason.NOT_ADMITTED or verdict.since is None:
        return translate(_NOT_ADMITTED, locale, **places)
    return translate(
        _SINCE[verdict.action],
        locale,
        **places,
        **_terms(verdict.terms),
        since=_moment(verdict.since),
        notice=_notice_text(verdict.notice, locale),
    )


def next_change_text(verdict: Verdict, locale: Locale) -> str:
    """What changes next and when, in one sentence; empty where nothing is decided."""
    coming = verdict.next_change
    if coming is None:
        return ""
    return translate(
        _FROM[coming.action],
        locale,
        **_terms(coming.terms),
        since=_moment(coming.at),
        notice=_notice_text(coming.notice, locale),
    )


def terms_text(terms: Terms, locale: Locale) -> str:
    """What a rule demands, in a few words: for tables, calendars and feeds."""
    return translate(_TERMS[terms.action], locale, **_terms(terms))


def collision_text(collision: Collision, locale: Locale) -> str:
    """Where a proposed rule meets another, and whose that is."""
    places = {
        "surface": surface_word(collision.surface, locale),
        "source": source_word(collision.source, locale),
        "at": _moment(collision.at),
    }
    if collision.code is None:
        return translate(_COLLISION_WITHIN, locale, **places)
    return translate(_COLLISION, locale, **places, code=collision.code)


def source_word(source: str, locale: Locale) -> str:
    """The name of a source: the platform's own word, else that of the table of sources, else its key."""
    word = SOURCE_WORDS.get(source)
    if word is not None:
        return translate(word, locale)
    return added_name(source, locale) or source


def storefront_word(storefront: str, locale: Locale) -> str:
    """The name of the site that a linked page stands on; a source of one site has the site's name."""
    word = STOREFRONT_WORDS.get(storefront)
    return source_word(storefront, locale) if word is None else translate(word, locale)


def surface_word(surface: Surface, locale: Locale) -> str:
    """The name of a surface."""
    return translate(SURFACE_WORDS[surface], locale)


def _places(verdict: Verdict, locale: Locale, source_name: str | None) -> dict[str, str]:
    return {
        "source": source_name or source_word(verdict.source, locale),
        "surface": surface_word(verdict.surface, locale),
    }


def _terms(terms: Terms) -> dict[str, str]:
    whole, rest = divmod(terms.fee_basis_points or 0, 100)
    fee = f"{whole}.{rest:02d}".rstrip("0").rstrip(".")
    return {"fee": f"{fee} %", "channel": terms.channel or ""}


def _notice_text(notice: Notice | None, locale: Locale) -> str:
    if notice is None:
        return ""
    return translate(
        _NOTICE,
        locale,
        issuer=notice.issuer.in_language(locale.value),
        day=notice.announced_at.astimezone(SHANGHAI).strftime("%Y-%m-%d"),
        reason=notice.reason.in_language(locale.value).rstrip("。."),
    )


def _moment(moment: datetime) -> str:
    return moment.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M")
