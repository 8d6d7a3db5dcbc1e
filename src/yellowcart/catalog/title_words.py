"""Titles of goods made comparable: one way of writing, and the words that they are made of.

Pure: text in, text out. `normalise` never fails, whatever stands in a title, and does nothing twice.
"""

import re
import unicodedata
from functools import cache

from rjieba import Jieba

from yellowcart.catalog.vocabulary import vocabulary

TITLE_LENGTH_MAX = 400
"""Characters of a title that are looked at; no platform allows more than 120."""
WORDS_MAX = 60
_KEPT_SIGNS = frozenset("+-*/.&'%")
_TIMES = str.maketrans("\u00d7\u2715\u2716\u2573\u2a2f", "*****")
_TIMES_BY_LETTER = re.compile(r"(?:(?<![a-z0-9-])(\d+(?:\.\d+)?)|(?<=\d)(g|kg|ml|l|m|cm))\s?x\s?(?=\d)")
_HYPHENS = re.compile("[\u2010-\u2015\u2212~\u301c]")
_GAPS = re.compile(r"\s+")
_LONG_DIGITS = re.compile(r"\d{20,}")


def normalise(text: str) -> str:
    """The text in one way of writing: full width as half width, lower case, no emoji, no brackets, one space for
    every gap, `*` for every sign of times. What is normalised already stays as it is."""
    written = text[:TITLE_LENGTH_MAX]
    for _ in range(4):
        before = written
        written = _once(written)
        if written == before:
            break
    return written


def _once(text: str) -> str:
    lower = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).lower()).translate(_TIMES)
    lower = _HYPHENS.sub("-", lower)
    kept = "".join(each if each in _KEPT_SIGNS or _is_word(each) else " " for each in lower)
    # A run of digits as long as this is no number of anything, and would only cost time.
    kept = _LONG_DIGITS.sub(" ", kept)
    kept = _TIMES_BY_LETTER.sub(lambda found: f"{found[1] or found[2]}*", kept)
    return _GAPS.sub(" ", kept).strip()[:TITLE_LENGTH_MAX].strip()


def _is_word(character: str) -> bool:
    return unicodedata.category(character)[0] in "LN" or unicodedata.category(character) == "Mn"


def without_noise(normalised: str) -> str:
    """The text without what sellers write around a name: shop words, promises, seasons, gifts."""
    known = vocabulary()
    text = normalised
    for spelled, read_as in known.spellings.items():
        text = text.replace(spelled, read_as)
    text = known.units.fashion_year.sub(" ", text)
    text = known.noise.sub(" ", text)
    text = known.gifts.sub(" ", text)
    return _GAPS.sub(" ", text).strip()


def cut(text: str) -> tuple[str, ...]:
    """The words of a normalised text in their order, each once; single signs are no words."""
    words = [word.strip(" -*/.&'%+") for word in _segmenter().cut(text, True)]
    return tuple(dict.fromkeys(word for word in words if len(word) > 1))[:WORDS_MAX]


def search_words(text: str) -> tuple[str, ...]:
    """The words by which a text is looked for: whole words, and the shorter words within long ones. Names of
    things and brands stand by their first name, so that a 刮胡刀 is found as a 剃须刀."""
    known = vocabulary()
    plain = without_noise(normalise(text))
    things = [known.thing_of[word] for word in known.things.findall(plain)]
    things += [known.brand_of[word] for word in known.brands.findall(plain)]
    words = [word.strip(" -*/.&'%+") for word in _segmenter().cut_for_search(plain, True)]
    return tuple(dict.fromkeys(word for word in [*things, *words] if len(word) > 1))[:WORDS_MAX]


def asked_words(text: str) -> tuple[str, ...]:
    """The words of a search: all of them must be among a product's `search_words`. Things and brands stand by
    their first names here as well."""
    known = vocabulary()
    plain = without_noise(normalise(text))
    things = [known.thing_of[word] for word in known.things.findall(plain)]
    rest = known.things.sub(" ", plain)
    brands = [known.brand_of[word] for word in known.brands.findall(rest)]
    return tuple(dict.fromkeys([*things, *brands, *cut(known.brands.sub(" ", rest))]))


@cache
def _segmenter() -> Jieba:
    """jieba's dictionary with our names of brands and things added: they must not be cut in two."""
    known = vocabulary()
    segmenter = Jieba()
    for word in sorted({*known.thing_of, *known.brand_of}):
        if not word.isascii():
            segmenter.add_word(word, None, None)
    return segmenter
