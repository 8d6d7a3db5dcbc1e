"""The labelled pairs, and how the matcher does on them."""

import tomllib
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from yellowcart.catalog.matching import Described, Match, compare

PAIRS = Path(__file__).parent / "pairs.toml"


@dataclass(frozen=True)
class Pair:
    """An outside product, one of ours, and whether a person calls them the same thing."""

    part: str
    category: str
    outside: Described
    own: Described
    same: bool
    why: str


@dataclass(frozen=True)
class Judged:
    """A pair with what the matcher says."""

    pair: Pair
    match: Match

    @property
    def is_right(self) -> bool:
        """Whether matcher and person agree."""
        return self.match.is_twin == self.pair.same


@dataclass(frozen=True)
class Confusion:
    """Counts of agreement."""

    found: int
    missed: int
    wrong: int
    left: int

    @property
    def precision(self) -> float:
        """Of those called twins, the share that are."""
        return self.found / max(self.found + self.wrong, 1)

    @property
    def recall(self) -> float:
        """Of those that are twins, the share that was found."""
        return self.found / max(self.found + self.missed, 1)


def read_pairs() -> list[Pair]:
    """Every labelled pair."""
    return [_pair(each) for each in tomllib.loads(PAIRS.read_text(encoding="utf-8"))["pairs"]]


def judge(pairs: list[Pair]) -> list[Judged]:
    """What the matcher says of every pair, without the word rarity of any corpus."""
    return [Judged(pair, compare(pair.outside, pair.own)) for pair in pairs]


def confusion(judged: list[Judged]) -> Confusion:
    """Counts over judged pairs."""
    counts = Counter((each.pair.same, each.match.is_twin) for each in judged)
    return Confusion(
        found=counts[True, True], missed=counts[True, False], wrong=counts[False, True], left=counts[False, False]
    )


def _pair(entry: dict[str, Any]) -> Pair:
    outside, own = entry["outside"], entry["own"]
    return Pair(
        part=entry["part"],
        category=entry["category"],
        outside=Described(title=outside["title"], price_fen=outside["price"]),
        own=Described(
            title=own["title"],
            brand=own.get("brand", ""),
            shop_name=own.get("shop", ""),
            sku_names=tuple(own["skus"]),
            price_fen=own["price"],
        ),
        same=entry["same"],
        why=entry["why"],
    )
