"""How much a title says there is: weights, volumes, sizes, counts, and the totals of 500g*2 and 80抽×8包.

A quantity may be read in more than one way (200g 3袋 is 200 g or 600 g), so every dimension has a set of readings
in thousandths of its smallest step, and two titles contradict each other only where no reading is common to both.
"""

import re
from collections.abc import Mapping

import msgspec

from yellowcart.catalog.vocabulary import vocabulary

THOUSANDTHS = 1_000
TOTALLED = frozenset({"mass", "volume", "sheets", "pieces"})
"""Dimensions of which a pack holds several: their readings are totals."""
RAM_AND_STORAGE = re.compile(r"(?<![\d.])\d{1,2}(?:gb?)?\+(?P<storage>\d{2,4})(?P<unit>gb?|tb?)?(?![a-z\d])")
BARE_STORAGE = re.compile(r"(?<![\d.+])(?P<storage>\d{2,4})g(?![a-z\d])")
NETWORK = re.compile(r"(?<![\d.])[345]g(?![a-z])")
TIMES = re.compile(r"\s?\*\s?(\d{1,4})(?![\d.])")
OF_TIMES = re.compile(r"(\d{1,4})\s?\S?\s?\*\s?\Z")
MEASURES_MAX = 40

Readings = Mapping[str, frozenset[int]]
"""Dimension to its possible amounts, in thousandths of the smallest step."""


class Quantities(msgspec.Struct, frozen=True):
    """What was found, and the text without it."""

    readings: Readings
    rest: str


class _Measure(msgspec.Struct, frozen=True):
    dimension: str
    amounts: frozenset[int]
    begins: int
    ends: int


def read_quantities(text: str, things: frozenset[str]) -> Quantities:
    """The quantities of a text without noise; `things` are the names of things in it, because 128G of a phone
    is a storage."""
    units = vocabulary().units
    readings: dict[str, set[int]] = {}
    rest = text
    for dimension, pattern in units.prefixed.items():
        readings[dimension] = {int(found["value"]) * THOUSANDTHS for found in pattern.finditer(rest)}
        rest = pattern.sub(" ", rest)
    readings["year"] = {int(found["value"]) * THOUSANDTHS for found in units.year.finditer(rest)}
    rest = units.year.sub(" ", rest)
    rest = _take_storage(rest, things, readings)
    for measure in _totals(rest):
        readings.setdefault(measure.dimension, set()).update(measure.amounts)
    rest = TIMES.sub(" ", units.measure.sub(" ", rest))
    return Quantities({name: frozenset(amounts) for name, amounts in readings.items() if amounts}, rest)


def contradicting(one: Readings, other: Readings) -> list[str]:
    """The dimensions of which both speak and have no reading in common."""
    return sorted(name for name in one.keys() & other.keys() if not one[name] & other[name])


def agreeing(one: Readings, other: Readings) -> list[str]:
    """The dimensions of which both say the same."""
    return sorted(name for name in one.keys() & other.keys() if one[name] & other[name])


def _take_storage(text: str, things: frozenset[str], readings: dict[str, set[int]]) -> str:
    units = vocabulary().units
    storages = readings.setdefault("storage", set())

    def keep(found: re.Match[str]) -> str:
        size = int(found["storage"]) * (1024 if (found.groupdict().get("unit") or "").startswith("t") else 1)
        if size not in units.storages:
            return found[0]
        storages.add(size * THOUSANDTHS)
        return " "

    text = RAM_AND_STORAGE.sub(keep, text)
    if things & units.computing or storages:
        text = NETWORK.sub(" ", BARE_STORAGE.sub(keep, text))
    return text


def _totals(text: str) -> list[_Measure]:
    """Every measure, multiplied by what it is multiplied with, and summed over a plus."""
    found: list[_Measure] = []
    for match in list(vocabulary().units.measure.finditer(text))[:MEASURES_MAX]:
        measure = _total(text, match)
        before = found[-1] if found else None
        gap = text[before.ends : measure.begins] if before else ""
        if before and before.dimension == measure.dimension in TOTALLED and "+" in gap and len(gap) <= 6:
            found[-1] = _sum(before, measure)
        else:
            found.append(measure)
    return found


def _total(text: str, match: re.Match[str]) -> _Measure:
    units = vocabulary().units
    dimension, step = units.step_of[match["unit"]]
    if match["numeral"]:
        amounts = {units.numerals[match["numeral"]] * step * THOUSANDTHS}
    else:
        amounts = {_thousandths(number) * step for number in (match["low"], match["high"]) if number}
    ends = match.end()
    if dimension in TOTALLED:
        times = TIMES.match(text, ends)
        # 24*250ml is 24 times as much; the 8 of 80抽*8包 has been counted by what stands before it.
        counts = dimension == "pieces"
        of_times = None if counts else OF_TIMES.search(text, max(match.start() - 8, 0), match.start())
        packs = None if counts else units.counted.match(text, ends + (text[ends : ends + 1] == " "))
        if times:
            amounts = {amount * int(times[1]) for amount in amounts}
            ends = times.end()
        elif of_times:
            amounts = {amount * int(of_times[1]) for amount in amounts}
        elif packs:
            amounts |= {amount * int(packs["count"]) for amount in amounts}
    return _Measure(dimension, frozenset(amounts), match.start(), ends)


def _sum(one: _Measure, other: _Measure) -> _Measure:
    sums = frozenset(first + second for first in one.amounts for second in other.amounts)
    return _Measure(one.dimension, sums, one.begins, other.ends)


def _thousandths(number: str) -> int:
    whole, _, fraction = number.partition(".")
    return int(whole) * THOUSANDTHS + int(fraction.ljust(3, "0"))
