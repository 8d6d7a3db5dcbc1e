"""The words by which titles of goods are compared, read from the files in `twin_words`: brands with their other
names, kinds of things, ways in which two of a kind differ, units, and what sellers write around a name.

They are data, so that a platform for other goods adds its words without code.
"""

import re
import tomllib
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import msgspec

WORDS = Path(__file__).parent / "twin_words"

LATIN_BEFORE, LATIN_AFTER = r"(?<![a-z])", r"(?![a-z])"
"""Around a name in Latin letters: `mac` is not found in `macaron`."""


class Vocabulary(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that the files say, with the patterns that find it in a normalised title."""

    spellings: dict[str, str]
    noise: re.Pattern[str]
    gifts: re.Pattern[str]
    brand_of: dict[str, str]
    brands: re.Pattern[str]
    first_brands: re.Pattern[str]
    thing_of: dict[str, str]
    things: re.Pattern[str]
    parts: frozenset[str]
    groups: dict[str, "Group"]
    places: "Group"
    province_of: dict[str, str]
    fitting: re.Pattern[str]
    marks: "Group"
    audience: dict[str, re.Pattern[str]]
    units: "Units"


class Group(msgspec.Struct, frozen=True):
    """Words of which a thing has one: `value_of` gives words that mean the same one value."""

    value_of: dict[str, str]
    pattern: re.Pattern[str]

    def found(self, text: str) -> frozenset[str]:
        """The values that a text speaks of."""
        return frozenset(self.value_of[word] for word in self.pattern.findall(text))


class Units(msgspec.Struct, frozen=True, kw_only=True):
    """Units of measure and of count."""

    measure: re.Pattern[str]
    """A number or numeral with its unit: groups `low`, `high`, `numeral`, `unit`."""
    counted: re.Pattern[str]
    """A number with a unit of pieces, at the place where it is looked for."""
    step_of: dict[str, tuple[str, int]]
    """Unit to dimension and size."""
    numerals: dict[str, int]
    prefixed: dict[str, re.Pattern[str]]
    fashion_year: re.Pattern[str]
    year: re.Pattern[str]
    computing: frozenset[str]
    storages: frozenset[int]


@cache
def vocabulary() -> Vocabulary:
    """The words, read once per process."""
    brands, kinds, variants = _file("brands"), _file("kinds"), _file("variants")
    noise = _file("noise")
    only_first, never = set(brands["only_first"]), set(brands["never_alone"])
    brand_of = {name: names[0] for names in brands["brands"] for name in names}
    anywhere = [name for name in brand_of if name not in only_first | never]
    things = {**kinds["things"], **kinds["parts"]}
    thing_of = {word.lower(): name for name, others in things.items() for word in (name, *others)}
    provinces = variants["places"]
    province_of = {place: province for province, places in provinces.items() for place in places}
    return Vocabulary(
        spellings=_file("spellings"),
        noise=re.compile(_any_of(noise["words"])),
        gifts=re.compile(_any_of(noise["gifts"]) + r"[^\s+*/-]{1,6}(?=\s|\Z)"),
        brand_of=brand_of,
        brands=re.compile(_any_of(anywhere)),
        first_brands=re.compile(r"\s*" + _any_of(only_first)),
        thing_of=thing_of,
        things=re.compile(_any_of(thing_of)),
        parts=frozenset(kinds["parts"]),
        groups={name: _group(values) for name, values in variants["groups"].items()},
        places=_group([[place] for place in (*provinces, *province_of)]),
        province_of=province_of,
        fitting=re.compile(_any_of(kinds["fitting"]["words"])),
        marks=_named_group(variants["marks"]),
        audience={name: re.compile(_any_of(words)) for name, words in variants["audience"].items()},
        units=_units(_file("units")),
    )


def _file(name: str) -> dict[str, Any]:
    return tomllib.loads(WORDS.joinpath(f"{name}.toml").read_text(encoding="utf-8"))


def _any_of(words: Iterable[str]) -> str:
    """A pattern for any of the words, the longest first."""
    return (
        "(?:" + "|".join(_bounded(word) for word in sorted(set(words), key=lambda word: (-len(word), word))) + ")"
    )


def _bounded(word: str) -> str:
    latin_first, latin_last = (
        word[:1].isascii() and word[:1].isalpha(),
        word[-1:].isascii() and word[-1:].isalpha(),
    )
    return (LATIN_BEFORE if latin_first else "") + re.escape(word) + (LATIN_AFTER if latin_last else "")


def _group(values: Iterable[Iterable[str]]) -> Group:
    value_of = {word: words[0] for words in map(list, values) for word in words}
    return Group(value_of, re.compile(_any_of(value_of)))


def _named_group(values: Mapping[str, Iterable[str]]) -> Group:
    value_of = {word: name for name, words in values.items() for word in words}
    return Group(value_of, re.compile(_any_of(value_of)))


def _units(file: Mapping[str, Any]) -> Units:
    step_of = {
        unit: (dimension, step) for dimension, units in file["units"].items() for unit, step in units.items()
    }
    pieces = [unit for unit, (dimension, _) in step_of.items() if dimension == "pieces"]
    numerals = "|".join(sorted(map(re.escape, file["numerals"]), key=len, reverse=True))
    number = r"\d{1,6}(?:\.\d{1,3})?"
    return Units(
        measure=re.compile(
            rf"(?<![\d.])(?:(?P<low>{number})(?:-(?P<high>{number}))?|(?P<numeral>{numerals}))\s?"
            rf"(?P<unit>{_any_of_units(step_of)})"
        ),
        counted=re.compile(rf"(?P<count>\d{{1,5}})\s?{_any_of(pieces)}"),
        step_of=step_of,
        numerals=file["numerals"],
        prefixed={
            dimension: re.compile(LATIN_BEFORE + _any_of_units(words) + r"\s?(?P<value>\d{1,3})")
            for dimension, words in file["prefixed"].items()
        },
        fashion_year=re.compile(rf"(?<!\d)(?:20)?[12]\d{_any_of(file['years']['fashion'])}"),
        year=re.compile(rf"(?<!\d)(?P<value>(?:19|20)\d\d){file['years']['named']}"),
        computing=frozenset(file["computing"]["kinds"]),
        storages=frozenset(file["computing"]["storages"]),
    )


def _any_of_units(words: Iterable[str]) -> str:
    """Like `_any_of`, but a unit in Latin letters stands right behind its number."""
    alternatives = [
        re.escape(word) + (LATIN_AFTER if word[-1].isascii() else "")
        for word in sorted(set(words), key=lambda word: (-len(word), word))
    ]
    return "(?:" + "|".join(alternatives) + ")"
