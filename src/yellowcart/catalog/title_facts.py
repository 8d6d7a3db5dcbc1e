"""What a title says of the thing: brand, model, what it is, how much, for whom, in which variant.

Pure and bounded: a title is cut to `TITLE_LENGTH_MAX` before anything is looked for.
"""

import re
from collections.abc import Sequence
from functools import lru_cache

import msgspec

from yellowcart.catalog.quantities import THOUSANDTHS, Readings, read_quantities
from yellowcart.catalog.title_words import cut, normalise, without_noise
from yellowcart.catalog.vocabulary import vocabulary

SKUS_MAX = 40
"""Variants of one product that are looked at."""
TIERS = re.compile(r"(?<![a-z])(?:pro|max|plus|ultra|lite|mini|air|se|turbo|gt)(?![a-z])")
GLUED_TIERS = re.compile(r"(?<=\d)(pro|max|plus|ultra|lite|mini|air|se|gt)(?=pro|max|plus|ultra|[^a-z]|\Z)")
SERIES = re.compile(r"(?<![a-z])([a-z]{2,})\s(\d{1,4}[a-z]?)(?![a-z0-9.%*])")
CODE = re.compile(r"(?<![a-z0-9])[a-z0-9]+(?:[-.][a-z0-9]+)*(?![a-z0-9])")
SHORT_SERIES = re.compile(r"[a-z]{2,}(\d{1,2})[a-z]?\Z")
LONE_NUMBER = re.compile(r"(?<![a-z0-9.*+/-])(\d{1,2})(?:\.0)?(?![a-z0-9%*+/-]|\.\d)")
BRAND_PAIR = re.compile(
    r"\A\s*(?:([a-z][a-z0-9&'. -]{1,19})/([\u4e00-\u9fff]{2,6})|([\u4e00-\u9fff]{2,6})/([a-z][a-z0-9&'.-]{1,19}))"
)
STYLE_DIGITS_MIN = 5
"""So many digits in a row are the number of a style or a set, not an amount."""
FULL_MODEL_DIGITS = 3
"""A model of letters and so many digits names the very thing, its tier included (M330, not G10)."""


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """What was read out of a title, or out of a title with the name of one SKU."""

    brands: frozenset[str]
    brand_named: bool
    """Whether the title writes a brand in the manner of shops, so that an unknown one is one all the same."""
    models: frozenset[str]
    tiers: frozenset[str]
    numbers: frozenset[int]
    things: frozenset[str]
    parts: frozenset[str]
    marks: frozenset[str]
    quantities: Readings
    variants: dict[str, frozenset[str]]
    places: frozenset[str]
    audience: frozenset[str]
    words: tuple[str, ...]


def facts_of(title: str, *, brand: str = "", shop_mark: str = "") -> Facts:
    """The facts of a title. `brand` is what its merchant filled in; the mark of the shop (`shop_mark_of`) says
    nothing of the thing."""
    return _facts(title, brand, shop_mark)


def shop_mark_of(title: str, shop_name: str) -> str:
    """The word by which a shop calls itself in the titles of its goods: the title's first word, where the shop's
    name holds it. 橙子美妆 for the titles of 橙子美妆铺; empty where there is none."""
    first = normalise(title).partition(" ")[0]
    return first if len(first) > 1 and first in normalise(shop_name) else ""


@lru_cache(maxsize=4_096)
def _facts(title: str, brand: str, shop_mark: str) -> Facts:
    known = vocabulary()
    written = normalise(title)
    if shop_mark:
        written = written.replace(shop_mark, " ")
    pair = BRAND_PAIR.match(written)
    text = without_noise(written)
    brands, text = _take_brands(text, normalise(brand), pair)
    things = [known.thing_of[word] for word in known.things.findall(text)]
    quantities = read_quantities(text, frozenset(things))
    numbers = {amount // THOUSANDTHS for amount in quantities.readings.get("number", ())}
    models, tiers, lone = _models(quantities.rest)
    readings = {name: amounts for name, amounts in quantities.readings.items() if name != "number"}
    return Facts(
        brands=brands,
        brand_named=pair is not None,
        models=models,
        tiers=tiers,
        numbers=frozenset(numbers | lone),
        things=frozenset(thing for thing in things if thing not in known.parts),
        parts=_parts(written, text),
        marks=known.marks.found(written),
        quantities=readings,
        variants={name: found for name, group in known.groups.items() if (found := group.found(written))},
        places=_places(text),
        audience=_audience(written),
        words=_words(text, quantities.rest),
    )


def offers_of(title: str, sku_names: Sequence[str], *, brand: str, shop_mark: str) -> list[Facts]:
    """What can be bought of a product: the title's facts once for every SKU, what the SKU says going first."""
    whole = facts_of(title, brand=brand, shop_mark=shop_mark)
    offers = []
    for name in list(dict.fromkeys(sku_names))[:SKUS_MAX]:
        own = facts_of(name)
        if not (own.quantities or own.variants or own.models or own.marks):
            continue
        offers.append(
            msgspec.structs.replace(
                whole,
                quantities={**whole.quantities, **own.quantities},
                variants={**whole.variants, **own.variants},
                models=whole.models | own.models,
                marks=whole.marks | own.marks,
            )
        )
    return offers or [whole]


def _take_brands(text: str, brand: str, pair: re.Match[str] | None) -> tuple[frozenset[str], str]:
    """The brands by their first names, and the text without them."""
    known = vocabulary()
    found = {known.brand_of[name] for name in known.brands.findall(text)}
    if first := known.first_brands.match(text):
        found.add(known.brand_of[first[0].strip()])
        text = text[first.end() :]
    text = known.brands.sub(" ", text)
    names = [part for part in re.split(r"[/()]", brand) if part.strip()]
    own = next((known.brand_of[name.strip()] for name in names if name.strip() in known.brand_of), brand)
    if own:
        found = {own}
        for name in names:
            text = text.replace(name.strip(), " ")
    elif pair and not found:
        named = [part for part in pair.groups() if part]
        found = {part for part in named if not part.isascii()}
        for part in named:
            text = text.replace(part, " ")
    return frozenset(found), text


def _models(rest: str) -> tuple[frozenset[str], frozenset[str], set[int]]:
    """Models, tiers (pro, max) and lone numbers out of a text without brands and quantities."""
    tiers = frozenset(TIERS.findall(GLUED_TIERS.sub(r" \1 ", rest)))
    text = TIERS.sub(" ", GLUED_TIERS.sub(r" \1 ", rest))
    text = SERIES.sub(r"\1\2", text)
    models, numbers = set(), set()
    for code in CODE.findall(text):
        plain = code.replace("-", "").replace(".", "")
        digits = sum(each.isdigit() for each in plain)
        if (0 < digits < len(plain) and len(plain) <= 24) or (digits == len(plain) >= STYLE_DIGITS_MIN):
            models.add(plain)
        if series := SHORT_SERIES.match(plain):
            numbers.add(int(series[1]))
    numbers |= {int(number) for number in LONE_NUMBER.findall(text)}
    return frozenset(models), tiers, numbers


def _parts(written: str, text: str) -> frozenset[str]:
    """The parts that a title sells, not those that it praises."""
    known = vocabulary()
    found = [(known.thing_of[match[0]], match) for match in known.things.finditer(text)]
    things = [match for name, match in found if name not in known.parts]
    parts = [(name, match) for name, match in found if name in known.parts]
    fits = bool(known.fitting.search(written))
    behind = {match.end() for match in things}
    return frozenset(name for name, match in parts if fits or not things or match.start() in behind)


def _places(text: str) -> frozenset[str]:
    known = vocabulary()
    found = known.places.found(text)
    # A province and a place in it agree; the place alone decides where both titles name one.
    return found | {known.province_of[place] for place in found if place in known.province_of}


def _audience(text: str) -> frozenset[str]:
    patterns = vocabulary().audience
    if patterns["both"].search(text):
        return frozenset()
    found = {name for name, pattern in patterns.items() if name != "both" and pattern.search(text)}
    return frozenset({"child"} if "child" in found else found if len(found) == 1 else ())


def _words(text: str, rest: str) -> tuple[str, ...]:
    known = vocabulary()
    things = dict.fromkeys(known.thing_of[word] for word in known.things.findall(text))
    return (*things, *(word for word in cut(known.things.sub(" ", rest)) if word not in things))
