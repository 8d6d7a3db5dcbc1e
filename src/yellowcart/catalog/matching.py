"""Whether an outside product and one of the platform's are the same thing: a score, and why.

The surest signs come first: the product was imported from that very item, or both carry one barcode. Otherwise
titles are compared by their facts. A fact on which both speak and disagree is a veto: another brand, model,
amount, flavour or size is another thing however alike the words are. What is left is scored by brand, model, kind,
amounts and by how much of their words the titles share, rare words weighing more. A price alone proves nothing and
counts for little.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from typing import TypeVar

import msgspec
from rapidfuzz import fuzz

from yellowcart.catalog.quantities import agreeing, contradicting
from yellowcart.catalog.title_facts import FULL_MODEL_DIGITS, Facts, facts_of, offers_of, shop_mark_of
from yellowcart.catalog.title_words import normalise

TWIN_SCORE_MIN = 6_000
"""Basis points from which two are called the same thing: of the 328 labelled pairs in tests/twins, 97 % of those
called twins are (precision), and 92 % of the twins are found (recall)."""
ORIGIN_SCORE = 10_000
BARCODE_SCORE = 9_800
SCORE_MAX = 9_700
MODEL_LENGTH_MIN = 4
"""A model that is part of a longer one is the same only from this length on: hc406 in mb-hc406."""
USUAL_RARITY = 1_000
SHARED_FACTS_MIN = 4
"""Words, amounts and variants that two things without a brand must share: a title of two words fits too much."""
ALIKE_MIN = 5_500
"""So alike are two titles that they count as of one kind where no word of either is a known kind of thing."""

AnyFact = TypeVar("AnyFact", str, int)
Rarity = Mapping[str, int]
"""How much a word says, in thousandths of what an ordinary word says; words that are not named say 1,000."""


class Described(msgspec.Struct, frozen=True, kw_only=True):
    """A thing for sale as its seller describes it. Prices are the lowest and highest of its variants in fen;
    `origins` are the outside items (source, item id) that it is, or was imported from."""

    title: str
    brand: str = ""
    shop_name: str = ""
    sku_names: tuple[str, ...] = ()
    barcodes: frozenset[str] = frozenset()
    price_fen: int | None = None
    highest_price_fen: int | None = None
    origins: frozenset[tuple[str, str]] = frozenset()


class Sign(StrEnum):
    """Why two are taken for the same thing, or why not."""

    SAME_ORIGIN = "same_origin"
    """The product was imported from that outside item."""
    SAME_BARCODE = "same_barcode"
    """Both carry one worldwide barcode."""
    SAME_BRAND = "same_brand"
    """Both are of one brand."""
    SAME_MODEL = "same_model"
    """Both name one model or style number."""
    SAME_THING = "same_thing"
    """Both titles name the same kind of thing."""
    SAME_AMOUNT = "same_amount"
    """Weight, volume, size or count agree."""
    SAME_VARIANT = "same_variant"
    """Flavour, colour, material or the like agree."""
    SIMILAR_TITLE = "similar_title"
    """The titles share most of their words; `points` says how many of 10,000."""
    NEAR_PRICE = "near_price"
    """The prices lie close together."""


class Veto(StrEnum):
    """Why two are different things, however alike their titles are."""

    OTHER_BRAND = "other_brand"
    """Each names a brand, and not the same."""
    OTHER_MODEL = "other_model"
    """Each names a model, generation or tier, and not the same."""
    OTHER_THING = "other_thing"
    """The titles name different kinds of things."""
    PART_OF_IT = "part_of_it"
    """One is an accessory, a spare part or a refill of the other."""
    OTHER_AMOUNT = "other_amount"
    """Weight, volume, size or count differ."""
    OTHER_VARIANT = "other_variant"
    """Flavour, colour, material or origin differ."""
    OTHER_AUDIENCE = "other_audience"
    """One is for women, men or children, the other is not."""


class Reason(msgspec.Struct, frozen=True):
    """One reason with what it rests on: the brand, the model, the amounts. `points` only of similar titles."""

    sign: Sign
    value: str = ""
    points: int = 0


class Match(msgspec.Struct, frozen=True, kw_only=True):
    """How sure it is that two are the same thing, in basis points, with the reasons. A veto makes it 0."""

    score: int
    reasons: tuple[Reason, ...] = ()
    veto: Veto | None = None
    differs: str = ""

    @property
    def is_twin(self) -> bool:
        """Whether the two are called the same thing."""
        return self.score >= TWIN_SCORE_MIN


def compare(outside: Described, own: Described, rarity: Rarity | None = None) -> Match:
    """Compare an outside product with one of the platform's. The product is all its variants: the outside one
    must be one of them."""
    if shared := outside.origins & own.origins:
        return Match(score=ORIGIN_SCORE, reasons=(Reason(Sign.SAME_ORIGIN, ":".join(min(shared))),))
    if codes := outside.barcodes & own.barcodes:
        return Match(score=BARCODE_SCORE, reasons=(Reason(Sign.SAME_BARCODE, min(codes)),))
    mark = shop_mark_of(own.title, own.shop_name)
    theirs = facts_of(outside.title, brand=outside.brand, shop_mark=mark)
    offers = offers_of(own.title, own.sku_names, brand=own.brand, shop_mark=mark)
    named = mark if mark and mark in normalise(outside.title) else ""
    matches = [_compare_facts(theirs, ours, outside, own, rarity or {}, named) for ours in offers]
    return max(matches, key=lambda match: match.score)


def _compare_facts(
    theirs: Facts, ours: Facts, outside: Described, own: Described, rarity: Rarity, mark: str
) -> Match:
    brand = _same_brand(theirs, ours, outside.title) or ("" if theirs.brands and ours.brands else mark)
    refused = veto_between(theirs, ours, brand)
    if refused is not None:
        return Match(score=0, veto=refused[0], differs=refused[1])
    reasons: list[Reason] = []
    if brand:
        reasons.append(Reason(Sign.SAME_BRAND, brand))
    model = same_model(theirs.models, ours.models)
    if model:
        reasons.append(Reason(Sign.SAME_MODEL, model))
    if things := theirs.things & ours.things:
        reasons.append(Reason(Sign.SAME_THING, min(things)))
    if amounts := agreeing(theirs.quantities, ours.quantities):
        reasons.append(Reason(Sign.SAME_AMOUNT, ", ".join(amounts)))
    if variants := _same_variants(theirs, ours):
        reasons.append(Reason(Sign.SAME_VARIANT, ", ".join(variants)))
    likeness = similarity(theirs.words, ours.words, rarity, also=own.sku_names)
    reasons.append(Reason(Sign.SIMILAR_TITLE, points=likeness))
    price = _price_points(outside, own)
    if price > 0:
        reasons.append(Reason(Sign.NEAR_PRICE))
    score = (8_000 + likeness * 15 // 100) if model and brand else likeness * 55 // 100
    score += 2_000 * bool(brand) + 2_000 * (bool(model) and not brand) + 1_000 * bool(things)
    score += min(500 * len(amounts), 1_000) + min(300 * len(variants), 900) + price
    unnamed = not theirs.things and not ours.things
    if unnamed and likeness >= ALIKE_MIN:
        score += 600
    if not (theirs.brands or ours.brands) and (things or (unnamed and likeness >= ALIKE_MIN)):
        score += 700 * bool(amounts or variants)
    shared = len(set(theirs.words) & set(ours.words)) + len(amounts) + len(variants)
    if not brand and not model and shared < SHARED_FACTS_MIN:
        score -= 2_000
    score -= _missing(theirs, ours, brand, model) + _apart(theirs, ours)
    return Match(score=min(max(score, 0), SCORE_MAX), reasons=tuple(reasons))


def veto_between(theirs: Facts, ours: Facts, brand: str = "") -> tuple[Veto, str] | None:
    """The first fact on which two disagree with what each says, or None. `brand` is the one known to be shared."""
    return next(_disagreements(theirs, ours, brand), None)


def _disagreements(theirs: Facts, ours: Facts, brand: str) -> Iterator[tuple[Veto, str]]:
    if theirs.brands and ours.brands and not brand:
        yield Veto.OTHER_BRAND, _both(theirs.brands, ours.brands)
    if bool(theirs.parts) != bool(ours.parts) or theirs.marks != ours.marks:
        yield Veto.PART_OF_IT, _both(theirs.parts | theirs.marks, ours.parts | ours.marks)
    if _differ(theirs.things, ours.things):
        yield Veto.OTHER_THING, _both(theirs.things, ours.things)
    model = same_model(theirs.models, ours.models)
    if theirs.models and ours.models and not model:
        yield Veto.OTHER_MODEL, _both(theirs.models, ours.models)
    if theirs.tiers != ours.tiers and not _is_full_model(model):
        yield Veto.OTHER_MODEL, _both(theirs.tiers, ours.tiers)
    if _differ(theirs.numbers, ours.numbers):
        yield Veto.OTHER_MODEL, _both(map(str, theirs.numbers), map(str, ours.numbers))
    if amounts := contradicting(theirs.quantities, ours.quantities):
        yield Veto.OTHER_AMOUNT, ", ".join(amounts)
    for name in sorted(theirs.variants.keys() & ours.variants.keys()):
        if _differ(theirs.variants[name], ours.variants[name]):
            yield Veto.OTHER_VARIANT, _both(theirs.variants[name], ours.variants[name])
    if _differ(theirs.places, ours.places):
        yield Veto.OTHER_VARIANT, _both(theirs.places, ours.places)
    if _differ(theirs.audience, ours.audience):
        yield Veto.OTHER_AUDIENCE, _both(theirs.audience, ours.audience)


def _differ(theirs: frozenset[AnyFact], ours: frozenset[AnyFact]) -> bool:
    """Whether both speak and have nothing in common."""
    return bool(theirs and ours and not theirs & ours)


def same_model(theirs: frozenset[str], ours: frozenset[str]) -> str:
    """The model that both name, empty for none."""
    shared = [
        one
        for one in theirs
        for other in ours
        if one == other or (min(len(one), len(other)) >= MODEL_LENGTH_MIN and (one in other or other in one))
    ]
    if not shared:
        return ""
    return max(shared, key=len)


def similarity(theirs: Sequence[str], ours: Sequence[str], rarity: Rarity, also: Sequence[str] = ()) -> int:
    """How much of their words two titles share, in basis points. Words of the product's variants are known to it
    without being asked for."""
    if not theirs or not ours:
        return 0
    known, extra = set(ours), " ".join(also).lower()
    mine = {word: rarity.get(word, USUAL_RARITY) for word in theirs}
    yours = {word: rarity.get(word, USUAL_RARITY) for word in ours}
    shared = sum(weight for word, weight in mine.items() if word in known)
    shared_too = shared + sum(weight for word, weight in mine.items() if word not in known and word in extra)
    lesser = min(sum(mine.values()), sum(yours.values()))
    whole = sum(mine.values()) + sum(yours.values())
    held = min(shared_too * 10_000 // max(lesser, 1), 10_000)
    both = min(2 * shared_too * 10_000 // max(whole, 1), 10_000)
    letters = int(fuzz.token_set_ratio(" ".join(theirs), " ".join(ours)) * 100)
    return (held * 45 + both * 30 + letters * 25) // 100


def _same_brand(theirs: Facts, ours: Facts, outside_title: str) -> str:
    """The brand of both, empty for none."""
    if shared := theirs.brands & ours.brands:
        return min(shared)
    written = normalise(outside_title)
    return next((name for name in sorted(ours.brands) if len(name) > 1 and name in written), "")


def _same_variants(theirs: Facts, ours: Facts) -> list[str]:
    found = [
        min(theirs.variants[name] & ours.variants[name])
        for name in sorted(theirs.variants.keys() & ours.variants.keys())
        if theirs.variants[name] & ours.variants[name]
    ]
    return found + sorted(theirs.places & ours.places)[:1]


def _is_full_model(model: str) -> bool:
    return sum(each.isdigit() for each in model) >= FULL_MODEL_DIGITS


def _missing(theirs: Facts, ours: Facts, brand: str, model: str) -> int:
    """What is taken off because only one of the two says it."""
    points = 0
    if bool(theirs.brands) != bool(ours.brands) and not brand:
        points += 2_500
    if bool(theirs.models) != bool(ours.models) and not model:
        points += 600
    if bool(theirs.numbers) != bool(ours.numbers) and not model:
        points += 600
    if theirs.audience != ours.audience and "child" in theirs.audience | ours.audience:
        points += 2_000
    return points


def _apart(theirs: Facts, ours: Facts) -> int:
    """What is taken off because each says something of its own where things usually have one name."""
    points = 1_000 * bool(theirs.things - ours.things and ours.things - theirs.things)
    names, others = _latin(theirs.words), _latin(ours.words)
    return points + 1_000 * bool(names and others and not names & others)


def _latin(words: Sequence[str]) -> set[str]:
    return {word for word in words if len(word) > 2 and word.isascii() and word.isalpha()}


def _price_points(outside: Described, own: Described) -> int:
    """Prices close together speak a little for one thing, prices far apart speak against it."""
    price, low = outside.price_fen, own.price_fen
    if not price or not low:
        return 0
    high = max(own.highest_price_fen or low, low)
    if low * 2 <= price * 3 and price * 2 <= high * 3:
        return 300
    if price * 3 < low or price > high * 3:
        return -1_000
    return 0


def _both(theirs: Iterable[str], ours: Iterable[str]) -> str:
    return f"{_words(theirs)} / {_words(ours)}"


def _words(values: Iterable[str]) -> str:
    return ", ".join(sorted(values)) or "-"
