"""Reads a demo world from `worlds/<name>.toml` and refuses one that does not hold together.

The entry file has a `[world]` table and names its `parts`, files beside it that hold the tables by kind
(`[[products]]`, `[[rooms]]`, ..., `[audience]`). A kind may be spread over several parts, in their order.
"""

import re
import tomllib
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import msgspec

from yellowcart.demo.audience_model import Audience
from yellowcart.demo.model import (
    Account,
    Agency,
    Category,
    Creator,
    Draft,
    Entry,
    Leader,
    LinkSource,
    Merchant,
    Notice,
    Offer,
    OutsideProduct,
    Product,
    Room,
    SourceShare,
    Surface,
    Video,
)
from yellowcart.demo.trade_checks import trade_flaws
from yellowcart.demo.trade_model import (
    CaseWords,
    CouponPlan,
    DeliveryPlan,
    FreightPlan,
    PriceFall,
    PricePlan,
    ReviewWords,
    Warehouse,
)
from yellowcart.demo.world import World
from yellowcart.demo.world_checks import flaws

__all__ = ["World", "WorldFileError", "load_world", "world_names"]

WORLDS = Path(__file__).parent / "worlds"

KINDS: dict[str, type[Entry]] = {
    "link_sources": LinkSource,
    "surfaces": Surface,
    "categories": Category,
    "notices": Notice,
    "drafts": Draft,
    "mcns": Agency,
    "leaders": Leader,
    "accounts": Account,
    "creators": Creator,
    "merchants": Merchant,
    "products": Product,
    "outside_products": OutsideProduct,
    "offers": Offer,
    "rooms": Room,
    "videos": Video,
    "source_shares": SourceShare,
    "warehouses": Warehouse,
    "freight_plans": FreightPlan,
    "delivery_plans": DeliveryPlan,
    "coupon_plans": CouponPlan,
    "price_plans": PricePlan,
    "price_falls": PriceFall,
    "review_words": ReviewWords,
    "case_words": CaseWords,
}

Table = dict[str, object]


class WorldFileError(ValueError):
    """A world file is wrong; the message names the file and the entry."""

    def __init__(self, file: Path, entry: str, complaint: str) -> None:
        self.file = file
        self.entry = entry
        self.complaint = complaint
        place = f"{file.name}: {entry}" if entry else file.name
        super().__init__(f"{place}: {complaint}")


def world_names(folder: Path = WORLDS) -> list[str]:
    """The worlds that there are, by the names of their entry files."""
    return sorted(file.stem for file in folder.glob("*.toml"))


def load_world(name: str, folder: Path = WORLDS) -> World:
    """The world of that name, with every reference checked.

    Raises WorldFileError when a file is missing or is no TOML, when an entry has an unknown, missing or
    ill-typed field, and when the entries contradict each other (see `world_checks.flaws`).
    """
    main = folder / f"{name}.toml"
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name):
        raise WorldFileError(main, "", f"{name!r} is no name of a world")
    header = _read(main)
    parts = header.pop("parts", [])
    if not isinstance(parts, list) or not all(isinstance(part, str) for part in parts):
        raise WorldFileError(main, "parts", "has to be a list of file names")
    pages = [(main, header), *((folder / part, _read(folder / part)) for part in parts)]

    raw: Table = {}
    homes: dict[tuple[str, str], Path] = {}
    for file, page in pages:
        for kind, tables in page.items():
            if kind in KINDS:
                for label, table in _entries(file, kind, tables):
                    homes.setdefault((kind, label), file)
                    _list_of(raw, kind).append(table)
            elif kind in {"world", "audience"}:
                _take_single(raw, homes, file, kind, tables)
            else:
                raise WorldFileError(file, kind, "is no kind of entry")
    world = _assemble(main, raw)
    for kind, key, complaint in chain(flaws(world), trade_flaws(world)):
        raise WorldFileError(homes.get((kind, key), main), f"{kind} {key!r}", complaint)
    return world


def _read(file: Path) -> Table:
    try:
        with file.open("rb") as stream:
            return tomllib.load(stream)
    except FileNotFoundError:
        raise WorldFileError(file, "", "there is no such file") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise WorldFileError(file, "", f"is no TOML: {error}") from error


def _entries(file: Path, kind: str, tables: object) -> Iterator[tuple[str, Table]]:
    """Each table of a kind with its key, after a look at its fields."""
    if not isinstance(tables, list):
        raise WorldFileError(file, kind, f"has to be written as [[{kind}]]")
    for number, table in enumerate(tables, start=1):
        label = str(table.get("key", f"number {number}")) if isinstance(table, dict) else f"number {number}"
        _convert(file, f"{kind} {label!r}", table, KINDS[kind])
        yield label, table


def _take_single(raw: Table, homes: dict[tuple[str, str], Path], file: Path, kind: str, table: object) -> None:
    """Take in the one `[world]` or the one `[audience]` table."""
    if (kind, kind) in homes:
        raise WorldFileError(file, kind, f"is already given in {homes[kind, kind].name}")
    if not isinstance(table, dict):
        raise WorldFileError(file, kind, f"has to be written as [{kind}]")
    homes[kind, kind] = file
    if kind == "audience":
        _convert(file, kind, table, Audience)
        raw[kind] = table
        return
    for field in table:
        if field in KINDS or field == "audience":
            raise WorldFileError(file, f"world.{field}", "is a kind of entry and stands outside [world]")
    raw.update(table)


def _assemble(main: Path, raw: Table) -> World:
    for kind in KINDS:
        _list_of(raw, kind)
    try:
        return msgspec.convert(raw, World)
    except msgspec.ValidationError as error:
        raise WorldFileError(main, "world", str(error)) from error


def _convert(file: Path, entry: str, table: object, kind: type[Entry]) -> None:
    try:
        msgspec.convert(table, kind)
    except msgspec.ValidationError as error:
        raise WorldFileError(file, entry, str(error)) from error


def _list_of(raw: Table, kind: str) -> list[object]:
    found = raw.setdefault(kind, [])
    assert isinstance(found, list)
    return found
