"""Carriers by code: their names, what else they are called, and which of them a waybill looks like.

Codes and Chinese names are Kdniao's, kept as data (`data/manifest.toml`); `usual_carriers.toml` says which are
offered first, with English names.
"""

import re
import tomllib
import unicodedata
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import msgspec

from yellowcart.kernel.translation import Locale, in_language

CARRIER_LIST = Path(__file__).parent / "data" / "kdnmcp" / "carriers.json"
USUAL_CARRIERS = Path(__file__).parent / "usual_carriers.toml"


class Carrier(msgspec.Struct, frozen=True, kw_only=True):
    """Who brings parcels. `is_usual` ones are offered first; only those have an English name and patterns."""

    code: str
    name: str
    name_en: str = ""
    is_usual: bool = False
    patterns: tuple[re.Pattern[str], ...] = ()


class _Usual(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    code: str
    name_en: str
    aliases: tuple[str, ...] = ()
    patterns: tuple[str, ...] = ()


@cache
def carriers() -> Mapping[str, Carrier]:
    """Every carrier by its code, the usual ones first."""
    names = msgspec.json.decode(CARRIER_LIST.read_bytes(), type=dict[str, str])
    known = {
        usual.code: Carrier(
            code=usual.code,
            name=names[usual.code],
            name_en=usual.name_en,
            is_usual=True,
            patterns=tuple(re.compile(pattern) for pattern in usual.patterns),
        )
        for usual in _usual()
    }
    return known | {code: Carrier(code=code, name=name) for code, name in names.items() if code not in known}


def find_carrier(written: str) -> Carrier | None:
    """The carrier of a code, a name or another way of writing it; None when nobody is called so."""
    code = _by_name().get(_key(written))
    return None if code is None else carriers()[code]


def carrier_name(code: str, locale: Locale) -> str:
    """What a carrier is called; the code itself for one that is not known."""
    carrier = carriers().get(code)
    return code if carrier is None else in_language(locale, carrier.name, carrier.name_en)


def carrier_options(locale: Locale) -> list[tuple[str, str]]:
    """Codes and names for a form: the usual carriers first, the others after them by their names."""
    usual = [each for each in carriers().values() if each.is_usual]
    others = sorted((each for each in carriers().values() if not each.is_usual), key=lambda each: each.name)
    return [(each.code, in_language(locale, each.name, each.name_en)) for each in [*usual, *others]]


def suggest_carriers(waybill: str) -> list[str]:
    """Codes of the carriers whose waybills mostly look like this one: a suggestion, nothing is refused by it."""
    return [
        each.code for each in carriers().values() if any(pattern.fullmatch(waybill) for pattern in each.patterns)
    ]


@cache
def _usual() -> tuple[_Usual, ...]:
    listed = tomllib.loads(USUAL_CARRIERS.read_text(encoding="utf-8"))["carrier"]
    return msgspec.convert(tuple(listed), tuple[_Usual, ...])


@cache
def _by_name() -> Mapping[str, str]:
    known: dict[str, str] = {}
    for carrier in carriers().values():
        known[_key(carrier.code)] = carrier.code
    for usual in _usual():
        for written in (usual.name_en, *usual.aliases):
            known.setdefault(_key(written), usual.code)
    for carrier in carriers().values():
        known.setdefault(_key(carrier.name), carrier.code)
    return known


def _key(written: str) -> str:
    """A name as it is compared: full-width letters made plain, without case, spaces, hyphens and dots."""
    return re.sub(r"[\s._-]+", "", unicodedata.normalize("NFKC", written[:80])).casefold()
