"""Strings as they stand in public repositories, each with the answer that was decided by hand.

They are in `real_strings.jsonl`.

`seen` says where: a repository, or the number of a file in an index of public code that names no repository.
`filled in` is said of a form that was seen without its id. What must not be taken for goods was written by hand.
"""

from collections import Counter
from pathlib import Path

import msgspec
import pytest

from yellowcart.links.found_link import FoundLink, Kind
from yellowcart.links.recognise import default_recogniser


class Expected(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A link that a person finds in a string."""

    source: str
    storefront: str
    kind: Kind
    item_id: str | None = None
    shop_id: str | None = None
    promotion_id: str | None = None


class Seen(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A string, what is linked in it, and where it was seen."""

    text: str
    links: list[Expected]
    seen: str


STRINGS = [
    msgspec.json.decode(line, type=Seen)
    for line in Path(__file__).with_name("real_strings.jsonl").read_bytes().splitlines()
]


def told(link: FoundLink) -> Expected:
    """A found link as a person would note it: whose shop a product is, they leave out."""
    shop = link.shop_id if link.kind is Kind.SHOP else None
    return Expected(link.source, link.storefront, link.kind, link.item_id, shop, link.promotion_id)


@pytest.mark.parametrize("seen", STRINGS, ids=[f"{number} {seen.seen}" for number, seen in enumerate(STRINGS, 1)])
def test_a_real_string_is_read_as_a_person_reads_it(seen: Seen) -> None:
    assert [told(link) for link in default_recogniser().recognise(seen.text)] == seen.links


def test_the_strings_are_many_and_of_every_source_and_kind() -> None:
    assert len({seen.text for seen in STRINGS}) == len(STRINGS) >= 450
    sources = Counter(link.source for seen in STRINGS for link in seen.links)
    assert all(sources[file.source] for file in default_recogniser().files if file.source not in ("", "mockuai"))
    assert {link.kind for seen in STRINGS for link in seen.links} == set(Kind)
    assert sum(not seen.links for seen in STRINGS) >= 80


def test_the_one_address_of_a_real_link_is_read_as_the_same_link() -> None:
    for seen in STRINGS:
        for link in default_recogniser().recognise(seen.text):
            if link.canonical_url is None:
                continue
            (again,) = default_recogniser().recognise(link.canonical_url)
            assert (again.source, again.kind, again.canonical_url) == (link.source, link.kind, link.canonical_url)
            if link.kind is Kind.ITEM:
                assert again.item_id == link.item_id
