"""Page and app forms made ready for use: compiled, and knowing the source and promoters of their file."""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Final
from urllib.parse import quote, unquote

import msgspec

from yellowcart.links.address import Address
from yellowcart.links.found_link import FoundLink, Kind
from yellowcart.links.pattern_files import AppForm, PageForm, PatternFile, PromotionForm

OpenInner = Callable[[str, str], FoundLink | None]
"""Reads the link held by a parameter; the second value is put before one that has no host."""

NOTHING: Final = FoundLink("", "", Kind.OTHER, None, None, None, None, 0, 0)
"""Answer of a page on which nothing is for sale, in place of None, which asks the next form."""

_ID_BEFORE_OTHER: Final = re.compile(r"[0-9A-Za-z_\-]+(?=[,;|~!* ]|[^\x00-\x7f])")
_WEB_LINK: Final = re.compile("https?:", re.IGNORECASE)
_ASCII_SIGNS: Final = "".join(map(chr, range(0x21, 0x7F)))
_NO_GROUPS: Final[Mapping[str, str | None]] = {}


class Page:
    """One form of addresses."""

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
        self._item = _lowered(form.item)
        self._item_form = re.compile(form.item_form).fullmatch
        self._shop = _lowered(form.shop)
        self._shop_form = re.compile(form.shop_form).fullmatch
        self._needs = _lowered(form.needs)
        self._inner = _lowered(form.inner)
        self._promotions = tuple(Promotion(promotion) for promotion in file.promotion)
        told = (*self._item, *self._shop, *self._needs, *self._inner)
        self._parameters = _parameter_finder({*told, *(name for one in self._promotions for name in one.names)})

    def read(self, address: Address, start: int, end: int, open_inner: OpenInner) -> FoundLink | None:
        """What the address, found at `start` to `end`, is by this form.

        None if it has another form, `NOTHING` if it has this one and nothing is for sale there.
        """
        place = self._match_place(address)
        if place is None:
            return None
        if self._form.nothing:
            return NOTHING
        item, shop, groups = place
        values = _values(self._parameters, address.query) if address.query else {}
        if item is None and self._item:
            item = _first(values, self._item, self._item_form)
        if self._lacks(item, values):
            return None
        if shop is None and self._shop:
            shop = _first(values, self._shop, self._shop_form)
        inner = self._open(values, open_inner) if self._inner and values else None
        if self._kind is None:
            return inner if inner is not None and self._leads_to(inner) else None
        promotion = self._promotion(values) if values else None
        if inner is not None and inner.source == self._source:
            item, shop = item or inner.item_id, shop or inner.shop_id
            promotion = promotion or inner.promotion_id
        url = self._canonical_url(address, item, shop, groups)
        return FoundLink(self._source, self._storefront, self._kind, item, shop, promotion, url, start, end)

    def _match_place(self, address: Address) -> tuple[str | None, str | None, Mapping[str, str | None]] | None:
        """Item, shop and all groups as host and path tell them; None if these have another form."""
        item = shop = None
        groups: Mapping[str, str | None] = _NO_GROUPS
        if self._host_form is not None:
            match = self._host_form(address.host)
            if match is None:
                return None
            shop = match.groupdict().get("shop")
        if self._path is not None:
            match = self._path(address.path)
            if match is None:
                return None
            if match.re.groups:
                groups = match.groupdict()
                item = groups.get("item")
                shop = groups.get("shop") or shop
        return item, shop, groups

    def _lacks(self, item: str | None, values: Mapping[str, str]) -> bool:
        if self._needs and not any(values.get(name) for name in self._needs):
            return True
        return item is None and self._kind is Kind.ITEM and self._form.item_needed

    def _leads_to(self, inner: FoundLink) -> bool:
        # What returns to a cart or a front page is itself; forwarders of nobody are only what they hold.
        return not self._source or (inner.kind is not Kind.OTHER and inner.source == self._source)

    def _promotion(self, values: Mapping[str, str]) -> str | None:
        for form in self._promotions:
            promotion = form.read(values)
            if promotion is not None:
                return promotion
        return None

    def _open(self, values: Mapping[str, str], open_inner: OpenInner) -> FoundLink | None:
        for name in self._inner:
            value = values.get(name)
            if value and (link := open_inner(value, self._form.inner_base)) is not None:
                return link
        return None

    def _canonical_url(
        self, address: Address, item: str | None, shop: str | None, groups: Mapping[str, str | None]
    ) -> str:
        form = self._canonical
        if form and (item or "{item}" not in form) and (shop or "{shop}" not in form):
            told = {**groups, "item": item, "shop": shop, "host": address.host, "path": address.path}
            return form.format_map(told)
        query = f"?{address.query}" if address.query else ""
        url = f"https://{address.host}{address.path or '/'}{query}"
        return url if url.isascii() else quote(url, safe=_ASCII_SIGNS)


class App:
    """One form of app links."""

    def __init__(self, form: AppForm, file: PatternFile) -> None:
        self._form = form
        self._source = file.source
        self._inner = _lowered(form.inner)
        self._storefront = form.storefront or file.storefront
        self._item = _lowered(form.item)
        self._item_form = re.compile(form.item_form).fullmatch
        self._item_path = _full_match(form.item_path)
        self._json = _lowered(form.json)
        self._parameters = _parameter_finder({*self._inner, *self._item, *self._json})

    def read(self, rest: str, start: int, end: int, open_inner: OpenInner) -> FoundLink | None:
        """What the app link leads to; `rest` is what follows its scheme. None if that is none of ours."""
        values = self._values(rest)
        told = [values[name] for name in self._inner if values.get(name)]
        for value in told:
            link = open_inner(value, self._form.inner_base)
            if link is not None:
                return link
        if told:
            return None  # it leads elsewhere; an id beside that must not make it a product
        home = self._form.home
        if home and rest.startswith(home) and (link := open_inner(rest[len(home) :], self._form.inner_base)):
            return link
        if self._form.plain:
            plain = rest if _WEB_LINK.match(rest) else "https://" + rest
            link = open_inner(plain, "")
            if link is not None and link.kind is Kind.OTHER:
                return self._product(rest, values, start, end) or link
            if link is not None:
                return link
        return self._product(rest, values, start, end)

    def _values(self, rest: str) -> dict[str, str]:
        """The parameters that matter, those inside JSON values included."""
        found = _values(self._parameters, rest.partition("?")[2])
        for name in self._json:
            if name in found:
                found |= _json_values(found[name], (*self._inner, *self._item))
        return found

    def _product(self, rest: str, values: Mapping[str, str], start: int, end: int) -> FoundLink | None:
        """The product that the app link itself names, or None."""
        item = _first(values, self._item, self._item_form)
        if item is None and self._item_path is not None:
            match = self._item_path(rest.partition("?")[0])
            item = match["item"] if match is not None else None
        if item is None:
            return None
        url = self._form.canonical.format(item=item) or None
        return FoundLink(self._source, self._storefront, Kind.ITEM, item, None, None, url, start, end)


class Promotion:
    """One form of promoter ids."""

    __slots__ = ("_first", "_form", "_second", "names")

    def __init__(self, form: PromotionForm) -> None:
        self._first = _lowered(form.parameters)
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


def _lowered(names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(name.lower() for name in names)


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
    if '\\"' in written:  # as it stands in the source of a program
        written = written.replace('\\"', '"')
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
        # The id may be followed by what is no part of it: a comma, a Chinese word.
        if value and (begin := _ID_BEFORE_OTHER.match(value)) is not None and form(begin[0]):
            return begin[0]
    return None
