"""Reads the pattern files: one TOML file per source that says which addresses are its products and shops.

An operator adds a source by adding a file; no code knows a platform's name. The classes below are the
fields of a file; its examples, of links and of what is none, are run as tests.
"""

import re
import tomllib
from pathlib import Path
from string import Formatter
from typing import Final

import msgspec

from yellowcart.links.found_link import Kind

PATTERNS_FOLDER: Final = Path(__file__).with_name("patterns")
"""The pattern files that come with the platform."""


class PageForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One form that addresses of a source take. All that is given must hold; the first form of a file wins.

    `hosts` are exact names, `under` names a domain with everything below it. `host_form` and `path` are
    regular expressions matched against the whole; their groups `item` and `shop`, like the parameters
    listed in `item` and `shop`, give the ids. `needs` lists parameters of which one must be there.
    `inner` lists parameters that may hold another link. `canonical` may name the groups of `path`, `{host}`
    and `{path}`. In place of a kind, `forward` says that the page only leads on to its inner link, `nothing`
    that nothing is for sale there.
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
        for form in (self.host_form, self.path, self.item_form, self.shop_form):
            re.compile(form)
        told = {name for _, name, _, _ in Formatter().parse(self.canonical) if name is not None}
        unknown = told - {"item", "shop", "host", "path"} - set(re.compile(self.path).groupindex)
        if unknown:
            raise ValueError(f"canonical names what the path does not tell: {', '.join(sorted(unknown))}")


class AppForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Links of an app: `schemes`, the parameters that hold a web link (`inner`) or an item id (`item`).

    `plain` means that what follows the scheme is itself an address (`taobao://item.taobao.com/…`);
    `json` lists parameters whose value is a JSON object with those parameters inside. `inner_base` is
    put before an inner link that has no host of its own.
    """

    schemes: tuple[str, ...]
    inner: tuple[str, ...] = ()
    inner_base: str = ""
    json: tuple[str, ...] = ()
    plain: bool = False
    item: tuple[str, ...] = ()
    item_form: str = r"[0-9A-Za-z_\-]{1,64}"
    item_path: str = ""
    storefront: str = ""
    canonical: str = ""

    def __post_init__(self) -> None:
        re.compile(self.item_form)
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
        re.compile(self.form)


class CodeForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Words of a share text that say whose code stands in it, and how long such codes are, in characters."""

    words: str
    length_min: int
    length_max: int
    alone: bool = False
    """Whether a code between two equal currency signs needs no words to be recognised."""
    storefront: str = ""

    def __post_init__(self) -> None:
        re.compile(self.words)


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
    """All that is known of the links of one source."""

    source: str = ""
    storefront: str = ""
    page: tuple[PageForm, ...] = ()
    app: tuple[AppForm, ...] = ()
    promotion: tuple[PromotionForm, ...] = ()
    code: tuple[CodeForm, ...] = ()
    example: tuple[Example, ...] = ()
    nothing: tuple[str, ...] = ()
    """Texts in which no link is to be found; run as tests."""


class PatternFileError(ValueError):
    """A pattern file cannot be used; the message names the file and what is wrong in it."""


def read_pattern_file(path: Path) -> PatternFile:
    """One pattern file. Raises PatternFileError if it is not valid, OSError if it cannot be read."""
    try:
        return msgspec.convert(tomllib.loads(path.read_text("utf-8")), PatternFile)
    except (
        tomllib.TOMLDecodeError,
        UnicodeDecodeError,
        msgspec.ValidationError,
        ValueError,
        re.error,
    ) as error:
        raise PatternFileError(f"{path.name}: {error}") from error


def read_patterns(folder: Path = PATTERNS_FOLDER) -> tuple[PatternFile, ...]:
    """All pattern files of a folder, by name. Raises PatternFileError."""
    return tuple(read_pattern_file(path) for path in sorted(folder.glob("*.toml")))
