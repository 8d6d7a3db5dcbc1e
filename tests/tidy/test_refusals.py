"""Errors are a small tree with stable codes, documented in both languages (style.md, rule 10)."""

import re
from collections import Counter
from collections.abc import Callable

from tests.tidy.refusals import ERRORS_PAGE, errors_page, refusals
from tests.tidy.source import expect_none
from yellowcart.kernel.errors import Refusal
from yellowcart.kernel.translation import Locale, catalog

CHINESE = re.compile("[一-鿿]")
PLACE = re.compile(r"%\((\w+)\)[sd]")


def _those(wrong: Callable[[type[Refusal]], object]) -> list[str]:
    return [f"{refusal.__module__}.{refusal.__name__}" for refusal in refusals() if wrong(refusal)]


def test_a_refusal_has_a_code_and_a_sentence_of_its_own() -> None:
    expect_none(_those(lambda refusal: not {"code", "message"} <= set(vars(refusal))))
    expect_none(_those(lambda refusal: not re.fullmatch(r"[a-z]+(_[a-z0-9]+)*", refusal.code)))


def test_a_refusal_says_in_english_what_is_wrong() -> None:
    expect_none(_those(lambda refusal: not refusal.__doc__ or CHINESE.search(refusal.message)))
    # A whole sentence, or a place that a whole sentence fills.
    expect_none(_those(lambda refusal: not refusal.message.endswith((".", "?", ")s"))))


def test_every_refusal_says_it_in_chinese_with_the_same_places() -> None:
    chinese = catalog(Locale.CHINESE)
    wordless = [
        refusal.message
        for refusal in refusals()
        if not PLACE.fullmatch(refusal.message)
        and not (
            CHINESE.search(chinese.get(refusal.message, ""))
            and sorted(PLACE.findall(chinese[refusal.message])) == sorted(PLACE.findall(refusal.message))
        )
    ]
    expect_none(wordless)


def test_no_two_refusals_share_a_code() -> None:
    number_of = Counter(refusal.code for refusal in refusals())
    expect_none(_those(lambda refusal: number_of[refusal.code] > 1))


def test_the_page_of_errors_lists_every_refusal_as_it_is() -> None:
    written = ERRORS_PAGE.read_text(encoding="utf-8")
    assert written == errors_page(), "run python -m tests.tidy.write_errors"
