"""Reads the pattern files: one TOML file per source that says which addresses are its products and shops.

An operator adds a source by adding a file; no code knows a platform's name. The classes below are the
fields of a file; its examples, of links and of what is none, are run as tests.
"""

import re
import tomllib
from enum import StrEnum
from pathlib import Path
from string import Formatter
from typing import Final

import msgspec

from yellowcart.links.found_link import Kind

PATTERNS_FOLDER: Final = Path(__file__).with_name("patterns")
"""The pattern files that come with the platform."""


def require_expressions(*expressions: str) -> None:
    """Raises ValueError for one that is no regular expression."""
    for expression in expressions:
        try:
            re.compile(expression)
        except re.error as error:
            raise ValueError(f"{expression!r} is no regular expression: {error}") from error


class SourceKind(StrEnum):
    """What kind of source a file introduces."""

    AFFILIATE_NETWORK = "affiliate_network"
    """A network that pays promoters for what is bought through their links."""
    STORE_SYSTEM = "store_system"
    """Rented shops with a cashier of their own."""
    OTHER = "other"
    """Anything else."""


class PageForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One form that addresses of a source take. All that is given must hold; the first form of a file wins.

    `hosts` are exact names, `under` names a domain with everything below it. `host_form` and `path` are
    regular expressions matched against the whole; their groups `item` and `shop`, like the parameters
    listed in `item` and `shop`, give the ids. `needs` lists parameters of which one must be there.
    `inner` lists parameters that may hold another link. `canonical` may name the groups of `path`, `{host}`
    and `{path}`. In place of a kind, `forward` says that the page only leads on to its inner link, and asks
    the next form where that is none of goods, `nothing` that nothing is for sale there.
    """

    kind: Kind | None = None
    forward: bool = False
    nothing: bool = False
    hosts: tuple[str, ...] = ()
    under: tuple[str, ...] = ()
    host_form: str = ""
    path: str = ""
    item: tuple[str, ...] = ()
    item_form: str = r"[0-9A-Za-z_\-]{1,64}"
    item_needed: bool = True
    shop: tuple[str, ...] = ()
    shop_form: str = r"[0-9A-Za-z_\-]{1,64}"
    needs: tuple[str, ...] = ()
    inner: tuple[str, ...] = ()
    inner_base: str = ""
    storefront: str = ""
    canonical: str = ""

    def __post_init__(self) -> None:
        if (self.kind is not None) + self.forward + self.nothing != 1:
            raise ValueError("a page form has a kind, or is forward, or nothing")
        if not (self.hosts or self.under):
            raise ValueError("a page form names its hosts or the domain that it lies under")
        if any(name != name.lower() for name in (*self.hosts, *self.under)):
            raise ValueError("hosts are written in lower case")
        require_expressions(self.host_form, self.path, self.item_form, self.shop_form)
        told = {name for _, name, _, _ in Formatter().parse(self.canonical) if name is not None}
        unknown = told - {"item", "shop", "host", "path"} - set(re.compile(self.path).groupindex)
        if unknown:
            raise ValueError(f"canonical names what the path does not tell: {', '.join(sorted(unknown))}")


class AppForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Links of an app: `schemes`, the parameters that hold a web link (`inner`) or an item id (`item`).

    `plain` means that what follows the scheme is itself an address (`taobao://item.taobao.com/…`);
    `json` lists parameters whose value is a JSON object with those parameters inside. `inner_base` is
    put before an inner link that has no host of its own, and in place of `home`, the host by which the app
    calls itself.
    """

    schemes: tuple[str, ...]
    inner: tuple[str, ...] = ()
    inner_base: str = ""
    home: str = ""
    json: tuple[str, ...] = ()
    plain: bool = False
    item: tuple[str, ...] = ()
    item_form: str = r"[0-9A-Za-z_\-]{1,64}"
    item_path: str = ""
    storefront: str = ""
    canonical: str = ""

    def __post_init__(self) -> None:
        require_expressions(self.item_form, self.item_path)
        if self.item_path and "item" not in re.compile(self.item_path).groupindex:
            raise ValueError("item_path has a group named item")


class PromotionForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where the id of the promoter stands: the first of `parameters` whose value holds `form` gives it.

    Group `promotion` of the form is the id, or the whole match. The value of the parameter `second`, if
    present, is added after a slash.
    """

    parameters: tuple[str, ...]
    form: str = r"[0-9A-Za-z_\-.]{1,64}"
    second: str = ""

    def __post_init__(self) -> None:
        require_expressions(self.form)


class CodeForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Words of a share text that say whose code stands in it, and how long such codes are, in characters."""

    words: str
    length_min: int
    length_max: int
    alone_length: int = 0
    """Length at which a code between two equal currency signs needs no words to be recognised; 0 for none."""
    storefront: str = ""

    def __post_init__(self) -> None:
        require_expressions(self.words)


class WayForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How the short links and click pages of a source lead on to the product, for who follows them.

    `through` are hosts that they pass besides those of the pages. `ahead` lists parameters of an address that
    name the next one, `words` expressions whose group `url` names it in the text of a page, besides the usual
    ways of pages. `instead` are pairs of texts: the first in an address is asked as the second. `product` is
    the address of a product by its id, for click pages that name one and do not lead on.
    """

    through: tuple[str, ...] = ()
    ahead: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    instead: tuple[tuple[str, str], ...] = ()
    product: str = ""
    user_agent: str = ""

    def __post_init__(self) -> None:
        require_expressions(*self.words)
        if any("url" not in re.compile(words).groupindex for words in self.words):
            raise ValueError("every expression of words has a group named url")
        if any(name != name.lower() for name in self.through):
            raise ValueError("hosts are written in lower case")


class Example(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A text with one link and what is to be found in it; run as a test."""

    text: str
    kind: Kind
    item_id: str | None = None
    shop_id: str | None = None
    promotion_id: str | None = None
    canonical_url: str | None = None
    storefront: str | None = None


class PatternFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All that one file knows of the links of one source.

    `name_zh`, `name_en` and `kind` introduce a source that the platform does not know by itself.
    """

    source: str = ""
    storefront: str = ""
    name_zh: str = ""
    name_en: str = ""
    kind: SourceKind | None = None
    page: tuple[PageForm, ...] = ()
    app: tuple[AppForm, ...] = ()
    promotion: tuple[PromotionForm, ...] = ()
    code: tuple[CodeForm, ...] = ()
    way: WayForm = WayForm()
    example: tuple[Example, ...] = ()
    nothing: tuple[str, ...] = ()
    """Texts in which no link is to be found; run as tests."""
    file: str = ""
    """The name of the file, given to it by whoever reads it."""


class PatternFileError(ValueError):
    """A pattern file cannot be used; the message names the file and what is wrong in it."""


def read_pattern_file(path: Path) -> PatternFile:
    """One pattern file. Raises PatternFileError if it is not valid, OSError if it cannot be read."""
    try:
        told = tomllib.loads(path.read_text("utf-8"))
        return msgspec.convert(told | {"file": path.name}, PatternFile)
    except (
        tomllib.TOMLDecodeError,
        UnicodeDecodeError,
        msgspec.ValidationError,
        ValueError,
    ) as error:
        raise PatternFileError(f"{path.name}: {error}") from error


def read_patterns(folder: Path = PATTERNS_FOLDER) -> tuple[PatternFile, ...]:
    """All pattern files of a folder, by name. Raises PatternFileError."""
    return tuple(read_pattern_file(path) for path in sorted(folder.glob("*.toml")))
