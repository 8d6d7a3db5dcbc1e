"""Answers what outside goods a pasted text links to: source, storefront, kind, ids, and where it stands.

One pass over the text finds candidates, the host of each picks the forms it may have, the first form
that fits decides. Pure: no network is asked, so short links stay `short` and codes stay `code`.
What a platform's addresses look like is data (`pattern_files`).
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache, partial
from typing import Final

import msgspec

from yellowcart.links.address import (
    Address,
    Candidate,
    candidate_finder,
    candidates,
    decoded,
    take_apart,
    take_route_apart,
    without_escapes,
)
from yellowcart.links.found_link import FoundLink, Kind, Recognition, Span
from yellowcart.links.pages import NOTHING, App, Page
from yellowcart.links.pattern_files import PatternFile, PatternFileError, PromotionForm, read_patterns
from yellowcart.links.sharing_codes import SourceCode, found_codes

NESTING_MAX: Final = 5
"""How many links within links are opened."""
LINKS_PER_TEXT_MAX: Final = 500
"""How many links of one text are answered."""
_STUCK: Final = re.compile(r"(?<=[0-9A-Za-z])https?://", re.IGNORECASE)


class Recogniser:
    """Recognises links by a set of pattern files. Immutable and safe to share between threads.

    Several files may speak of one source: they share its promoters, and the forms of the first are tried first.
    Raises PatternFileError if two files claim the same host or app scheme for different sources.
    """

    def __init__(self, files: Iterable[PatternFile]) -> None:
        files = together(files)
        self.files: Final = files
        by_host, by_domain = _pages_by_place(files)
        self._by_domain: Mapping[str, tuple[Page, ...]] = by_domain
        self._by_host: Mapping[str, tuple[Page, ...]] = {
            host: (*pages, *_pages_above(host, by_domain)) for host, pages in by_host.items()
        }
        self._apps: Mapping[str, App] = _apps_by_scheme(files)
        self._finder = candidate_finder(self._apps)
        self._codes = tuple(
            SourceCode(
                file.source, code.storefront or file.storefront, code, re.compile(code.words, re.IGNORECASE)
            )
            for file in files
            for code in file.code
        )

    def recognise(self, text: str) -> list[FoundLink]:
        """All links and sure codes of the text, in order of appearance; empty where nothing is for sale."""
        return self._run(text)[0]

    def recognise_with_doubts(self, text: str) -> Recognition:
        """Like `recognise`, with the spans of what might be codes and was not taken for one."""
        links, unsure = self._run(text)
        return Recognition(tuple(links), tuple(unsure))

    def read_address(self, address: str) -> FoundLink | None:
        """What a whole address with its scheme is: a web address, or the link of an app that we know."""
        scheme = address.partition(":")[0].lower()
        return self._read("https" if scheme == "http" else scheme, address, 0, len(address), NESTING_MAX)

    def _run(self, text: str) -> tuple[list[FoundLink], list[Span]]:
        found: list[FoundLink] = []
        spans: list[tuple[int, int]] = []
        for scheme, written, start, end in self._apart(candidates(text, self._finder)):
            spans.append((start, end))
            link = self._read(scheme, written, start, end, NESTING_MAX)
            if link is None or (not scheme and not _stands_for_itself(written, link)):
                continue
            found.append(link)
            if len(found) == LINKS_PER_TEXT_MAX:
                break
        unsure: list[Span] = []
        if not spans or spans[0][0] or spans[-1][1] != len(text) or len(spans) > 1:
            sources = frozenset(link.source for link in found)
            codes = found_codes(text, spans, sources, self._codes)
            if codes:
                unsure = [Span(code.start, code.end) for code in codes if not code.source]
                found += [
                    FoundLink(
                        code.source, code.storefront, Kind.CODE, None, None, None, None, code.start, code.end
                    )
                    for code in codes
                    if code.source
                ]
                found.sort(key=lambda link: link.start)
        return found, unsure

    def _apart(self, found: Iterator[Candidate]) -> Iterator[Candidate]:
        """The candidates, those taken apart in which a link sticks to the last parameter of one that we know.

        Behind a parameter of any other, `https://` may be anything: what follows is then never a link of its own.
        """
        for candidate in found:
            scheme, written, start, end = candidate
            while written.find("://", 8) != -1 and scheme == "https" and len(written) == end - start:
                stuck = _STUCK.search(written, 8)
                address = take_apart(written[: stuck.start()]) if stuck is not None else None
                if stuck is None or address is None or not self._pages_of(address.host):
                    break
                cut = stuck.start()
                yield Candidate(scheme, written[:cut], start, start + cut)
                written, start = written[cut:], start + cut
            yield Candidate(scheme, written, start, end)

    def _read(self, scheme: str, written: str, start: int, end: int, depth: int) -> FoundLink | None:
        if depth == 0:
            return None
        if scheme not in ("", "https"):
            app = self._apps.get(scheme)
            if app is None:
                return None
            if "\\u00" in written:
                written = without_escapes(written) or ""
            rest = written.partition(":")[2].lstrip("/")
            return app.read(rest, start, end, partial(self._read_inner, start, end, depth - 1))
        address = take_apart(written)
        if address is None:
            return None
        link = self._read_page(address, start, end, depth)
        if "#" in written and (link is None or link.kind is Kind.OTHER) and link is not NOTHING:
            route = take_route_apart(written, address)
            shown = self._read_page(route, start, end, depth) if route is not None else None
            if shown is not None and shown.kind in (Kind.ITEM, Kind.SHOP):
                return shown
        return None if link is NOTHING else link

    def _read_page(self, address: Address, start: int, end: int, depth: int) -> FoundLink | None:
        for page in self._pages_of(address.host):
            link = page.read(address, start, end, partial(self._read_inner, start, end, depth - 1))
            if link is not None:
                return link
        return None

    def _pages_of(self, host: str) -> tuple[Page, ...]:
        pages = self._by_host.get(host)
        return pages if pages is not None else _pages_above(host, self._by_domain)

    def _read_inner(self, start: int, end: int, depth: int, value: str, base: str) -> FoundLink | None:
        """The link held by a parameter of the one found at `start` to `end`; None if it is none of ours."""
        written = decoded(value)
        if written.startswith("//"):
            written = "https:" + written
        scheme, mark, _ = written.partition(":")
        if not mark or "/" in scheme or "?" in scheme:
            if not base:
                return None
            scheme, written = "https", base + written.lstrip("/")
        scheme = scheme.lower()
        return self._read("https" if scheme == "http" else scheme, written, start, end, depth)


def together(files: Iterable[PatternFile]) -> tuple[PatternFile, ...]:
    """The files, each knowing what another of the same source says for all its pages: storefront and promoters."""
    files = tuple(files)
    storefronts: dict[str, str] = {}
    promotions: dict[str, tuple[PromotionForm, ...]] = {}
    for file in files:
        storefronts[file.source] = storefronts.get(file.source) or file.storefront
        promotions[file.source] = promotions.get(file.source, ()) + file.promotion
    return tuple(
        msgspec.structs.replace(
            file,
            storefront=file.storefront or storefronts[file.source],
            promotion=promotions[file.source] if file.source else file.promotion,
        )
        for file in files
    )


def _stands_for_itself(written: str, link: FoundLink) -> bool:
    # A bare `jd.com` in a sentence names the firm. With a path, or as the address of a shop, it is a link.
    address = take_apart(written)
    if address is None or "{" in address.path:  # `item.jd.com/{sku}.html` explains a form
        return False
    return link.kind is Kind.SHOP or address.path not in ("", "/") or bool(address.query)


def _pages_by_place(
    files: tuple[PatternFile, ...],
) -> tuple[dict[str, tuple[Page, ...]], dict[str, tuple[Page, ...]]]:
    hosts: dict[str, tuple[Page, ...]] = {}
    domains: dict[str, tuple[Page, ...]] = {}
    owners: dict[str, PatternFile] = {}
    for file in files:
        for form in file.page:
            page = Page(form, file)
            for name in form.hosts:
                hosts[name] = (*hosts.get(name, ()), page)
            for name in form.under:
                domains[name] = (*domains.get(name, ()), page)
            for name in (*form.hosts, *form.under):
                owner = owners.setdefault(name, file)
                if owner.source != file.source:
                    raise PatternFileError(f"{file.file}: {name} belongs to {owner.source} ({owner.file})")
    return hosts, domains


def _pages_above(host: str, by_domain: Mapping[str, tuple[Page, ...]]) -> tuple[Page, ...]:
    """The pages of the domains that the host lies under, nearest domain first."""
    pages: tuple[Page, ...] = ()
    while "." in host:
        pages += by_domain.get(host, ())
        host = host.partition(".")[2]
    return pages


def _apps_by_scheme(files: tuple[PatternFile, ...]) -> dict[str, App]:
    apps: dict[str, App] = {}
    for file in files:
        for form in file.app:
            app = App(form, file)
            for scheme in form.schemes:
                if apps.setdefault(scheme.lower(), app) is not app:
                    raise PatternFileError(f"{file.file}: the app scheme {scheme} is claimed by another form, too")
    return apps


@cache
def default_recogniser() -> Recogniser:
    """The recogniser of the pattern files that come with the platform, read once. Raises PatternFileError."""
    return Recogniser(read_patterns())


class _InUse:
    recogniser: Recogniser | None = None


def use_recogniser(recogniser: Recogniser) -> None:
    """Let this process recognise by other patterns than the platform's own alone (`added_patterns`)."""
    _InUse.recogniser = recogniser


def recogniser_in_use() -> Recogniser:
    """The recogniser that this process works with."""
    return _InUse.recogniser or default_recogniser()


def recognise(text: str) -> list[FoundLink]:
    """All links and sure codes of the text, by the patterns that this process works with."""
    return recogniser_in_use().recognise(text)


def recognise_with_doubts(text: str) -> Recognition:
    """Like `recognise`, with the spans of what might be codes and was not taken for one."""
    return recogniser_in_use().recognise_with_doubts(text)
