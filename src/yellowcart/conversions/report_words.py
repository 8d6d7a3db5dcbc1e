"""What the networks call things in their reports: columns, states and reasons, as `report_words.toml` lists
them."""

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

import msgspec

from yellowcart.conversions.model import ConversionState

WORDS_FILE: Final = Path(__file__).with_name("report_words.toml")


class FormWords(msgspec.Struct, frozen=True, kw_only=True):
    """The words of one form of report. `columns` maps a meaning to every name it has; `states` a state to its
    words and numbers; `words` a number to the network's own sentence for it; `signs` what a word says to what
    stands in it."""

    marks: tuple[str, ...]
    columns: Mapping[str, tuple[str, ...]]
    states: Mapping[ConversionState, tuple[str, ...]] = {}
    words: Mapping[str, str] = {}
    signs: Mapping[str, tuple[str, ...]] = {}
    third_parties: tuple[str, ...] = ()
    invalid_beginnings: tuple[str, ...] = ()

    def state(self, word: str) -> ConversionState | None:
        """The state that a word or number stands for, or None."""
        return next((state for state, words in self.states.items() if word in words), None)

    def sign(self, word: str) -> str | None:
        """The first of the signs that stands in a word, or None."""
        return next((sign for sign, parts in self.signs.items() if any(part in word for part in parts)), None)


class AmountWords(msgspec.Struct, frozen=True):
    """What stands around an amount of yuan: before it, after it, and behind the heading of its column."""

    signs: tuple[str, ...]
    unit: str
    headings: tuple[str, ...]


@cache
def form_words(form: str) -> FormWords:
    """The words of one form, by its name in the file."""
    return msgspec.convert(_read()[form], FormWords)


@cache
def amount_words() -> AmountWords:
    """What stands around amounts."""
    return msgspec.convert(_read()["amounts"], AmountWords)


@cache
def nothing_words() -> frozenset[str]:
    """How exports write that there is nothing."""
    return frozenset(_read()["nothing"])


@cache
def _read() -> Mapping[str, Any]:
    return tomllib.loads(WORDS_FILE.read_text(encoding="utf-8"))
