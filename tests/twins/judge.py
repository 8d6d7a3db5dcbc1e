"""Prints how the matcher does on the labelled pairs: `python -m tests.twins.judge [part …]`.

Errors of the held-out and the blind part are shown only where those parts are named.
"""

import sys

from tests.twins.pairs import Judged, confusion, judge, read_pairs


def main(parts: list[str]) -> None:
    """Print the table, by part and by category, and the errors."""
    judged = judge(read_pairs())
    known = list(dict.fromkeys(each.pair.part for each in judged))
    print(f"{'':24}{'pairs':>6}{'found':>7}{'missed':>8}{'wrong':>7}{'left':>6}{'precision':>11}{'recall':>8}")
    for part in known:
        _line(part, [each for each in judged if each.pair.part == part])
    for category in sorted({each.pair.category for each in judged}):
        _line(f"  {category}", [each for each in judged if each.pair.category == category])
    _line("all", judged)
    for each in judged:
        if not each.is_right and each.pair.part in (parts or ["development"]):
            _error(each)


def _line(name: str, judged: list[Judged]) -> None:
    counts = confusion(judged)
    print(
        f"{name:24}{len(judged):6}{counts.found:7}{counts.missed:8}{counts.wrong:7}{counts.left:6}"
        f"{counts.precision:11.3f}{counts.recall:8.3f}"
    )


def _error(judged: Judged) -> None:
    pair, match = judged.pair, judged.match
    print(f"\n{'missed' if pair.same else 'wrong'} ({pair.part}, {pair.category}): {pair.why}")
    print(f"  outside {pair.outside.title}")
    print(f"  own     {pair.own.title} {list(pair.own.sku_names)}")
    if match.veto is not None:
        print(f"  veto    {match.veto.value}: {match.differs}")
    else:
        reasons = ", ".join(
            f"{each.sign.value} {each.value or each.points or ''}".strip() for each in match.reasons
        )
        print(f"  score   {match.score}: {reasons}")


if __name__ == "__main__":
    main(sys.argv[1:])
