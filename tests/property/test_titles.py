"""Titles are whatever people type: nothing that is typed breaks the matcher or takes it long."""

from hypothesis import given, settings
from hypothesis import strategies as st

from yellowcart.catalog.matching import Described, compare
from yellowcart.catalog.title_facts import facts_of
from yellowcart.catalog.title_words import TITLE_LENGTH_MAX, normalise, search_words

ANYTHING = st.text(alphabet=st.characters(), max_size=300)
"""Surrogates, controls and marks of direction included."""
TITLE_LIKE = st.text(
    alphabet="飞科剃须刀新款包邮送一二三两双支包袋斤升盒色 5g0kmlxX×*+/-.()【】proPRO13年代段ß İﬁ①㎏½", max_size=80
)


@given(ANYTHING | TITLE_LIKE)
@settings(max_examples=500, deadline=None)
def test_what_is_normalised_stays_as_it_is(text: str) -> None:
    once = normalise(text)
    assert normalise(once) == once
    assert len(once) <= TITLE_LENGTH_MAX
    assert once == once.strip()


@given(ANYTHING | TITLE_LIKE, ANYTHING | TITLE_LIKE)
@settings(max_examples=200, deadline=None)
def test_any_two_titles_can_be_compared(theirs: str, ours: str) -> None:
    match = compare(Described(title=theirs), Described(title=ours, sku_names=(theirs,), brand=ours[:10]))
    assert 0 <= match.score <= 10_000
    assert (match.veto is None) or match.score == 0


@given(TITLE_LIKE)
@settings(max_examples=200, deadline=None)
def test_words_and_facts_are_bounded(text: str) -> None:
    assert len(search_words(text)) <= 60
    assert all(len(word) > 1 for word in search_words(text))
    assert len(facts_of(text).words) <= 120


def test_hostile_titles_are_read_at_once() -> None:
    for hostile in ("1" * 100_000, "1*" * 50_000, "送" * 100_000, "5g+" * 30_000, "a1-" * 30_000, "1.1" * 30_000):
        facts_of(hostile)
        search_words(hostile)
