"""Where a landing page leads: the next addresses that its HTML or script names, in three grades of certainty.

Short links do not always answer with a redirect; many answer with a page whose script goes on
(domain.md §4, gotcha 1). Nothing is run here: the text is searched for the ways in which such pages write the
next address. Every expression runs over one class of characters with a bound, so the search is linear.
"""

import html
import re
from collections.abc import Iterable, Iterator
from typing import Final

import msgspec

ADDRESSES_PER_PAGE_MAX: Final = 200
"""How many addresses of one page are looked at, in each grade."""

_ADDRESS: Final = r"""(?P<quote>["'])(?P<url>[^"'<>\s]{4,4000})(?P=quote)"""
_META: Final = re.compile(r"<meta\s([^<>]{1,4000})>", re.IGNORECASE)
_REFRESH: Final = re.compile(r"""http-equiv\s{0,5}=\s{0,5}["']?refresh""", re.IGNORECASE)
_META_URL: Final = re.compile(r"""url\s{0,5}=\s{0,5}["']?(?P<url>[^"'<>\s]{4,4000})""", re.IGNORECASE)
_GOES: Final = (
    re.compile(rf"\blocation(?:\.href)?\s{{0,5}}=\s{{0,5}}{_ADDRESS}"),
    re.compile(rf"\blocation\.(?:replace|assign)\(\s{{0,5}}{_ADDRESS}"),
)
_KEEPS: Final = re.compile(
    rf"\b(?:var|let|const)\s{{1,5}}\w{{0,30}}(?:url|link|href)\w{{0,10}}\s{{0,5}}=\s{{0,5}}{_ADDRESS}",
    re.IGNORECASE,
)
_TELLS: Final = re.compile(rf"""["']\w{{0,30}}(?:url|link|href)["']\s{{0,5}}:\s{{0,5}}{_ADDRESS}""", re.IGNORECASE)
_ESCAPE: Final = re.compile(r"\\(?:u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|(/))")


class Leads(msgspec.Struct, frozen=True):
    """What a page names: the addresses it goes to, those it keeps in a variable, those it tells in its data."""

    goes_to: tuple[str, ...] = ()
    keeps: tuple[str, ...] = ()
    tells: tuple[str, ...] = ()

    def grades(self) -> Iterator[tuple[str, ...]]:
        """From the most certain to the least."""
        yield from (self.goes_to, self.keeps, self.tells)


def read_landing_page(text: str, words: Iterable[re.Pattern[str]] = ()) -> Leads:
    """The next addresses that a page names. `words` are further expressions of a platform's own, with a group
    `url`; what they find counts as what the page goes to."""
    refreshes = (
        match for meta in _META.finditer(text) if _REFRESH.search(meta[1]) and (match := _META_URL.search(meta[1]))
    )
    goes_to = [*_found(refreshes), *_found(match for form in _GOES for match in form.finditer(text))]
    own = _found(match for form in words for match in form.finditer(text))
    return Leads(
        goes_to=tuple(dict.fromkeys([*own, *goes_to])),
        keeps=tuple(dict.fromkeys(_found(_KEEPS.finditer(text)))),
        tells=tuple(dict.fromkeys(_found(_TELLS.finditer(text)))),
    )


def _found(matches: Iterable[re.Match[str]]) -> list[str]:
    found: list[str] = []
    for match in matches:
        if len(found) == ADDRESSES_PER_PAGE_MAX:
            break
        found.append(_unescaped(match["url"]))
    return found


def _unescaped(written: str) -> str:
    plain = _ESCAPE.sub(lambda match: match[3] or chr(int(match[1] or match[2], 16)), written)
    return html.unescape(plain) if "&" in plain else plain
