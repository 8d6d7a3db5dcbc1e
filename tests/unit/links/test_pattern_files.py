"""The pattern files that come with the platform, and what is refused of those that an operator adds."""

import re
from collections.abc import Iterator
from pathlib import Path
from re import _constants, _parser  # type: ignore[attr-defined]
from typing import Any

import pytest

from yellowcart.links.address import candidate_finder
from yellowcart.links.found_link import Kind
from yellowcart.links.pattern_files import (
    Example,
    PatternFile,
    PatternFileError,
    read_pattern_file,
    read_patterns,
)
from yellowcart.links.recognise import Recogniser, default_recogniser, recognise

FILES = read_patterns()
EXAMPLES = [(file, example) for file in FILES for example in file.example]
NOTHING = [text for file in FILES for text in file.nothing]


@pytest.mark.parametrize(("file", "example"), EXAMPLES, ids=[example.text[:60] for _, example in EXAMPLES])
def test_every_example_of_a_pattern_file_is_recognised(file: PatternFile, example: Example) -> None:
    (link,) = recognise(example.text)
    assert (link.source, link.storefront) == (file.source, example.storefront or file.storefront)
    assert (link.kind, link.item_id, link.shop_id, link.promotion_id) == (
        example.kind,
        example.item_id,
        example.shop_id,
        example.promotion_id,
    )
    if example.canonical_url is not None:
        assert link.canonical_url == example.canonical_url


@pytest.mark.parametrize("text", NOTHING)
def test_nothing_is_found_in_what_a_pattern_file_says_is_nothing(text: str) -> None:
    assert recognise(text) == []


@pytest.mark.parametrize("file", [file for file in FILES if file.source], ids=lambda file: file.source)
def test_every_source_has_examples_of_both_kinds(file: PatternFile) -> None:
    assert file.example
    assert file.nothing


def test_a_canonical_url_is_recognised_as_the_same_thing() -> None:
    for _, example in EXAMPLES:
        for link in recognise(example.text):
            if link.canonical_url is None:
                continue
            (again,) = recognise(link.canonical_url)
            assert (again.source, again.storefront, again.kind) == (link.source, link.storefront, link.kind)
            assert again.canonical_url == link.canonical_url
            if link.kind is Kind.ITEM:
                assert again.item_id == link.item_id


def repeats(tree: Any, depth: int = 0) -> Iterator[tuple[int, Any]]:
    """Every unbounded repetition of a parsed expression, with the number of unbounded ones around it."""
    for code, value in tree:
        inside = depth
        if code in (_constants.MAX_REPEAT, _constants.MIN_REPEAT) and value[1] is _constants.MAXREPEAT:
            yield depth, value[2]
            inside += 1
        for part in value if isinstance(value, tuple | list) else ():
            for tree_part in part if isinstance(part, list) else (part,):
                if isinstance(tree_part, _parser.SubPattern):
                    yield from repeats(tree_part, inside)


def expressions() -> list[str]:
    told = [candidate_finder(("tbopen", "kwai")).pattern]
    for file in FILES:
        for page in file.page:
            told += [page.host_form, page.path, page.item_form, page.shop_form]
        told += [form.form for form in file.promotion]
        told += [form.item_form for form in file.app] + [form.item_path for form in file.app]
        told += [form.words for form in file.code]
    return [expression for expression in told if expression]


@pytest.mark.parametrize("expression", expressions())
def test_no_expression_repeats_without_bound_inside_a_repetition(expression: str) -> None:
    assert all(depth == 0 for depth, _ in repeats(_parser.parse(expression, re.IGNORECASE)))


def test_the_check_of_expressions_finds_a_catastrophic_one() -> None:
    assert any(depth for depth, _ in repeats(_parser.parse("(a+)+b")))


NEW_SOURCE = """
source = "corner_shop"
storefront = "corner"

[[page]]
kind = "item"
hosts = ["goods.corner.example"]
path = '/g/(?P<item>[a-z0-9]{4,12})'
canonical = "https://goods.corner.example/g/{item}"

[[page]]
kind = "other"
under = ["corner.example"]
"""


def test_an_operator_adds_a_source_by_a_file_alone(tmp_path: Path) -> None:
    (tmp_path / "corner.toml").write_text(NEW_SOURCE, "utf-8")
    recogniser = Recogniser((*FILES, *read_patterns(tmp_path)))
    (link,) = recogniser.recognise("看 https://goods.corner.example/g/abc123?from=a")
    assert (link.source, link.kind, link.item_id) == ("corner_shop", Kind.ITEM, "abc123")
    assert default_recogniser().recognise("https://goods.corner.example/g/abc123") == []


@pytest.mark.parametrize(
    ("broken", "told"),
    [
        ("source = ", "bad.toml"),
        ('source = "a"\nsauce = "b"', "sauce"),
        ('[[page]]\nkind = "item"', "names its hosts"),
        ('[[page]]\nhosts = ["a.example"]', "has a kind"),
        ('[[page]]\nkind = "item"\nnothing = true\nhosts = ["a.example"]', "has a kind"),
        ('[[page]]\nkind = "gift"\nhosts = ["a.example"]', "gift"),
        ('[[page]]\nkind = "item"\nhosts = ["A.example"]', "lower case"),
        ('[[page]]\nkind = "item"\nhosts = ["a.example"]\npath = "("', "bad.toml"),
        ('[[page]]\nkind = "item"\nhosts = ["a.example"]\ncanonical = "{brand}"', "brand"),
        ('[[app]]\nschemes = ["a"]\nitem_path = "x"', "item_path"),
        ('[[promotion]]\nparameters = ["a"]\nform = "("', "bad.toml"),
        ('[[code]]\nwords = "["\nlength_min = 1\nlength_max = 2', "bad.toml"),
    ],
)
def test_a_broken_file_is_refused_with_its_name_and_its_fault(tmp_path: Path, broken: str, told: str) -> None:
    path = tmp_path / "bad.toml"
    path.write_text(broken, "utf-8")
    with pytest.raises(PatternFileError, match=re.escape(told)) as refused:
        read_pattern_file(path)
    assert "bad.toml" in str(refused.value)


def test_two_sources_cannot_claim_one_host(tmp_path: Path) -> None:
    (tmp_path / "thief.toml").write_text(
        'source = "thief"\n[[page]]\nkind = "item"\nhosts = ["item.jd.com"]', "utf-8"
    )
    with pytest.raises(PatternFileError, match=r"item\.jd\.com"):
        Recogniser((*FILES, *read_patterns(tmp_path)))
