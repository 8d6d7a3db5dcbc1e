"""Answers what outside goods a pasted text links to: source, storefront, kind, ids, and where it stands.

One pass over the text finds candidates, the host of each picks the forms it may have, the first form
that fits decides. Pure: no network is asked, so short links stay `short` and codes stay `code`.
What a platform's addresses look like is data (`pattern_files`).
"""

import re
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from typing import Final
from urllib.parse import unquote

import msgspec

from yellowcart.links.address import Address, candidate_finder, candidates, decoded, take_apart
from yellowcart.links.pattern_files import (
    AppForm,
    Kind,
    PageForm,
    PatternFile,
    PatternFileError,
    PromotionForm,
    read_patterns,
)
from yellowcart.links.sharing_codes import SourceCode, found_codes

NESTING_MAX: Final = 5
"""How many links within links are opened."""
LINKS_PER_TEXT_MAX: Final = 500
"""How many links of one text are answered."""


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


class Recogniser:
    """Recognises links by a set of pattern files. Immutable and safe to share between threads.

    Raises PatternFileError if two files claim the same host or app scheme for different sources.
    """

    def __init__(self, files: Iterable[PatternFile]) -> None:
        files = tuple(files)
        by_host, by_domain = _pages_by_place(files)
        self._by_domain: Mapping[str, tuple[_Page, ...]] = by_domain
        self._by_host: Mapping[str, tuple[_Page, ...]] = {
            host: (*pages, *_pages_above(host, by_domain)) for host, pages in by_host.items()
        }
        self._apps: Mapping[str, _App] = _apps_by_scheme(files)
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

    def _run(self, text: str) -> tuple[list[FoundLink], list[Span]]:
        found: list[FoundLink] = []
        spans: list[tuple[int, int]] = []
        for scheme, written, start, end in candidates(text, self._finder):
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

    def _read(self, scheme: str, written: str, start: int, end: int, depth: int) -> FoundLink | None:
        if depth == 0:
            return None
        if scheme not in ("", "https"):
            app = self._apps.get(scheme)
            return self._open_app(app, written, start, end, depth) if app is not None else None
        address = take_apart(written)
        if address is None:
            return None
        for page in self._pages_of(address.host):
            link = page.read(address, self, start, end, depth)
            if link is not None:
                return None if link is NOTHING else link
        return None

    def _pages_of(self, host: str) -> "tuple[_Page, ...]":
        pages = self._by_host.get(host)
        return pages if pages is not None else _pages_above(host, self._by_domain)

    def _open_app(self, app: "_App", written: str, start: int, end: int, depth: int) -> FoundLink | None:
        rest = written[len(app.scheme_of(written)) + 1 :].lstrip("/")
        values = app.values(rest)
        inner = [values[name] for name in app.inner if values.get(name)]
        for value in inner:
            link = self.inner_link(value, app.form.inner_base, start, end, depth)
            if link is not None:
                return link
        if inner:
            return None  # it leads elsewhere; an id beside that must not make it a product
        if app.form.plain and (link := self._read("https", "https://" + rest, start, end, depth - 1)) is not None:
            return link
        return app.item(rest, values, start, end)

    def inner_link(self, value: str, base: str, start: int, end: int, depth: int) -> FoundLink | None:
        """The link held by a parameter of another, which stands at `start` to `end`; None if it is none of ours."""
        written = decoded(value) if "://" not in value[:64] else value
        if written.startswith("//"):
            written = "https:" + written
        scheme, mark, _ = written.partition(":")
        if not mark or "/" in scheme or "?" in scheme:
            if not base:
                return None
            scheme, written = "https", base + written.lstrip("/")
        scheme = scheme.lower()
        return self._read("https" if scheme == "http" else scheme, written, start, end, depth - 1)


class _Page:
    """A page form made ready: compiled, and knowing its file's source and promoters."""

    __slots__ = (
        "_canonical",
        "_form",
        "_host_form",
        "_inner",
        "_item",
        "_item_form",
        "_kind",
        "_needs",
        "_parameters",
        "_path",
        "_promotions",
        "_shop",
        "_shop_form",
        "_source",
        "_storefront",
    )

    def __init__(self, form: PageForm, file: PatternFile) -> None:
        self._form = form
        self._source = file.source
        self._storefront = form.storefront or file.storefront
        self._kind = form.kind
        self._canonical = form.canonical
        self._host_form = _full_match(form.host_form)
        self._path = _full_match(form.path)
        self._item = tuple(name.lower() for name in form.item)
        self._item_form = re.compile(form.item_form).fullmatch
        self._shop = tuple(name.lower() for name in form.shop)
        self._shop_form = re.compile(form.shop_form).fullmatch
        self._needs = tuple(name.lower() for name in form.needs)
        self._inner = tuple(name.lower() for name in form.inner)
        self._promotions = tuple(_Promotion(promotion) for promotion in file.promotion)
        told = (*self._item, *self._shop, *self._needs, *self._inner)
        self._parameters = _parameter_finder({*told, *(name for one in self._promotions for name in one.names)})

    def read(
        self, address: Address, recogniser: Recogniser, start: int, end: int, depth: int
    ) -> "FoundLink | None":
        """What the address is by this form; None if it has another form. A page with nothing is `NOTHING`."""
        host, path, query = address
        item = shop = None
        if self._host_form is not None:
            match = self._host_form(host)
            if match is None:
                return None
            shop = match.groupdict().get("shop")
        if self._path is not None:
            match = self._path(path)
            if match is None:
                return None
            if match.re.groups:
                groups = match.groupdict()
                item = groups.get("item")
                shop = groups.get("shop") or shop
        if self._kind == "nothing":
            return NOTHING
        values = _values(self._parameters, query) if query else {}
        if self._needs and not any(values.get(name) for name in self._needs):
            return None
        if item is None and self._item:
            item = _first(values, self._item, self._item_form)
            if item is None and self._form.item_needed and self._kind == Kind.ITEM:
                return None
        if shop is None and self._shop:
            shop = _first(values, self._shop, self._shop_form)
        inner = self._open(values, recogniser, start, end, depth) if self._inner else None
        if self._kind == "forward":
            return inner or NOTHING
        if inner is not None and inner.source == self._source:
            item, shop = item or inner.item_id, shop or inner.shop_id
        promotion = None
        if values:
            for form in self._promotions:
                promotion = form.read(values)
                if promotion is not None:
                    break
        if promotion is None and inner is not None:
            promotion = inner.promotion_id
        return FoundLink(
            self._source,
            self._storefront,
            self._kind,  # type: ignore[arg-type]  # forward and nothing have returned above
            item,
            shop,
            promotion,
            self._canonical_url(address, item, shop),
            start,
            end,
        )

    def _open(
        self, values: Mapping[str, str], recogniser: Recogniser, start: int, end: int, depth: int
    ) -> FoundLink | None:
        for name in self._inner:
            value = values.get(name)
            if value and (link := recogniser.inner_link(value, self._form.inner_base, start, end, depth)):
                return link
        return None

    def _canonical_url(self, address: Address, item: str | None, shop: str | None) -> str:
        form = self._canonical
        if form and (item or "{item}" not in form) and (shop or "{shop}" not in form):
            return form.format(item=item, shop=shop, host=address.host, path=address.path)
        query = f"?{address.query}" if address.query else ""
        return f"https://{address.host}{address.path or '/'}{query}"


class _App:
    """An app form made ready."""

    def __init__(self, form: AppForm, file: PatternFile) -> None:
        self.form = form
        self.source = file.source
        self.inner = tuple(name.lower() for name in form.inner)
        self._storefront = form.storefront or file.storefront
        self._item = tuple(name.lower() for name in form.item)
        self._item_form = re.compile(form.item_form).fullmatch
        self._item_path = _full_match(form.item_path)
        self._json = tuple(name.lower() for name in form.json)
        self._parameters = _parameter_finder({*self.inner, *self._item, *self._json})

    def scheme_of(self, written: str) -> str:
        """The scheme as it is written."""
        return written.partition(":")[0]

    def values(self, rest: str) -> dict[str, str]:
        """The parameters that matter, those inside JSON values included."""
        query = rest.partition("?")[2]
        found = _values(self._parameters, query)
        for name in self._json:
            if name in found:
                found |= _json_values(found[name], (*self.inner, *self._item))
        return found

    def item(self, rest: str, values: Mapping[str, str], start: int, end: int) -> FoundLink | None:
        """The product that the app link itself names, or None."""
        item = _first(values, self._item, self._item_form)
        if item is None and self._item_path is not None:
            match = self._item_path(rest.partition("?")[0])
            item = match["item"] if match is not None else None
        if item is None:
            return None
        url = self.form.canonical.format(item=item) or None
        return FoundLink(self.source, self._storefront, Kind.ITEM, item, None, None, url, start, end)


class _Promotion:
    """A promotion form made ready."""

    __slots__ = ("_form", "_first", "_second", "names")

    def __init__(self, form: PromotionForm) -> None:
        self._first = tuple(name.lower() for name in form.parameters)
        self._second = form.second.lower()
        self._form = re.compile(form.form).search
        self.names = (*self._first, self._second) if self._second else self._first

    def read(self, values: Mapping[str, str]) -> str | None:
        """The promoter that these parameters name, or None."""
        for name in self._first:
            value = values.get(name)
            if value and (match := self._form(value)) is not None:
                promoter = match.groupdict().get("promotion") or match[0]
                second = values.get(self._second) if self._second else None
                return f"{promoter}/{second}" if second else promoter
        return None


NOTHING: Final = FoundLink("", "", Kind.OTHER, None, None, None, None, 0, 0)
"""Answer of a page on which nothing is for sale; never leaves this module."""


def _stands_for_itself(written: str, link: FoundLink) -> bool:
    # A bare `jd.com` in a sentence names the firm. With a path, or as the address of a shop, it is a link.
    address = take_apart(written)
    return link.kind is Kind.SHOP or (
        address is not None and (address.path not in ("", "/") or bool(address.query))
    )


def _full_match(form: str) -> Callable[[str], re.Match[str] | None] | None:
    return re.compile(form, re.IGNORECASE).fullmatch if form else None


def _parameter_finder(names: Iterable[str]) -> Callable[[str], list[tuple[str, str]]] | None:
    # `&amp;` is what a link copied out of a page's source is full of.
    told = "|".join(sorted(map(re.escape, names), key=len, reverse=True))
    return re.compile(rf"(?:^|&(?:amp;)*)({told})=([^&]+)", re.IGNORECASE).findall if told else None


def _values(finder: Callable[[str], list[tuple[str, str]]] | None, query: str) -> dict[str, str]:
    values: dict[str, str] = {}
    if finder is not None:
        for name, value in finder(query):
            values.setdefault(name.lower(), unquote(value) if "%" in value else value)
    return values


def _json_values(written: str, names: tuple[str, ...]) -> dict[str, str]:
    try:
        parsed = msgspec.json.decode(written.encode("utf-8", "replace"))
    except (msgspec.DecodeError, RecursionError):
        return {}
    if not isinstance(parsed, dict):
        return {}
    return {
        name: str(value)
        for key, value in parsed.items()
        if (name := str(key).lower()) in names and isinstance(value, str | int) and value
    }


def _first(
    values: Mapping[str, str], names: tuple[str, ...], form: Callable[[str], re.Match[str] | None]
) -> str | None:
    for name in names:
        value = values.get(name)
        if value and form(value):
            return value
    return None


def _pages_by_place(
    files: tuple[PatternFile, ...],
) -> tuple[dict[str, tuple[_Page, ...]], dict[str, tuple[_Page, ...]]]:
    hosts: dict[str, tuple[_Page, ...]] = {}
    domains: dict[str, tuple[_Page, ...]] = {}
    owners: dict[str, str] = {}
    for file in files:
        for form in file.page:
            page = _Page(form, file)
            for name in form.hosts:
                hosts[name] = (*hosts.get(name, ()), page)
            for name in form.under:
                domains[name] = (*domains.get(name, ()), page)
            for name in (*form.hosts, *form.under):
                if owners.setdefault(name, file.source) != file.source:
                    raise PatternFileError(f"{name} is claimed by {owners[name]} and {file.source}")
    return hosts, domains


def _pages_above(host: str, by_domain: Mapping[str, tuple[_Page, ...]]) -> tuple[_Page, ...]:
    """The pages of the domains that the host lies under, nearest domain first."""
    pages: tuple[_Page, ...] = ()
    while "." in host:
        pages += by_domain.get(host, ())
        host = host.partition(".")[2]
    return pages


def _apps_by_scheme(files: tuple[PatternFile, ...]) -> dict[str, _App]:
    apps: dict[str, _App] = {}
    for file in files:
        for form in file.app:
            app = _App(form, file)
            for scheme in form.schemes:
                if apps.setdefault(scheme.lower(), app) is not app:
                    raise PatternFileError(f"the app scheme {scheme} is claimed twice")
    return apps


@cache
def default_recogniser() -> Recogniser:
    """The recogniser of the pattern files that come with the platform, read once. Raises PatternFileError."""
    return Recogniser(read_patterns())


def recognise(text: str) -> list[FoundLink]:
    """All links and sure codes of the text by the platform's own pattern files."""
    return default_recogniser().recognise(text)


def recognise_with_doubts(text: str) -> Recognition:
    """Like `recognise`, with the spans of what might be codes and was not taken for one."""
    return default_recogniser().recognise_with_doubts(text)
