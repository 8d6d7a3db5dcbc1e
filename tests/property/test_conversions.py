"""Reported orders: whatever the order and number of reports, states meet, amounts are exact, history replays."""

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from yellowcart.conversions.cells import CellWrong, fen, fraction, per_mille, percent, signed_yuan, yuan
from yellowcart.conversions.model import Conversion, ConversionState, Network, ReportedLine
from yellowcart.conversions.promotions import bucket_of, listed_patterns, promotes
from yellowcart.conversions.rules import (
    RANK,
    KnownKey,
    fee_fen,
    first_known,
    later_known,
    replayed,
    settle_keys,
    sold_fen,
    told_apart,
)
from yellowcart.kernel.ids import ReportId

START = datetime(2022, 2, 24, tzinfo=UTC)
REPORT = ReportId(1)
amounts = st.integers(0, 10**9)
states = st.sampled_from(list(ConversionState))


@st.composite
def reports(draw: st.DrawFn, *, timed: bool, whole: bool) -> ReportedLine:
    """A report of one line: with the network's own time or without, saying everything or leaving things out."""
    maybe = amounts if whole else st.none() | amounts
    return ReportedLine(
        network=Network.TAOBAO_UNION,
        order_line_id="1",
        order_id="1",
        state=draw(states),
        network_word=draw(st.sampled_from(["", "12", "3"])),
        paid_fen=draw(maybe),
        base_fen=draw(maybe),
        commission_settled_fen=draw(maybe),
        refund_fen=draw(maybe),
        placed_at=draw(st.sampled_from([None, START])),
        modified_at=START + timedelta(seconds=draw(st.integers(0, 10**6))) if timed else None,
    )


def known_after(lines: list[ReportedLine]) -> tuple[Conversion, list[ReportedLine]]:
    """What is known after reports in this order, and those that became revisions."""
    known = first_known(lines[0], "1", REPORT, START)
    kept = [lines[0]]
    for line in lines[1:]:
        after = later_known(known, line, REPORT, START)
        if after is not None:
            known = after
            kept.append(line)
    return known, kept


@given(st.lists(reports(timed=False, whole=False), min_size=1, max_size=6), st.data())
def test_states_meet_whatever_comes_first_and_how_often(lines: list[ReportedLine], data: st.DataObject) -> None:
    again = data.draw(st.permutations(lines + data.draw(st.lists(st.sampled_from(lines), max_size=4))))
    furthest = max((line.state for line in lines), key=RANK.__getitem__)
    assert known_after(lines)[0].state == known_after(again)[0].state == furthest


@given(
    st.lists(reports(timed=True, whole=True), min_size=1, max_size=6, unique_by=lambda line: line.modified_at),
    st.data(),
)
def test_amounts_are_those_of_the_newest_report_whatever_comes_first(
    lines: list[ReportedLine], data: st.DataObject
) -> None:
    newest = max(lines, key=lambda line: line.modified_at or START)
    shuffled = data.draw(st.permutations(lines + data.draw(st.lists(st.sampled_from(lines), max_size=4))))
    known, _ = known_after(shuffled)
    told = ("paid_fen", "base_fen", "commission_settled_fen", "refund_fen", "modified_at")
    assert [getattr(known, name) for name in told] == [getattr(newest, name) for name in told]


@given(st.lists(reports(timed=False, whole=False) | reports(timed=True, whole=False), min_size=1, max_size=8))
def test_the_revisions_replay_to_the_row_and_tell_every_change(lines: list[ReportedLine]) -> None:
    known, kept = known_after(lines)
    assert known.revision == len(kept)
    assert replayed(kept, known) == known
    steps = told_apart(kept, known)
    assert len(steps) == len(kept)
    assert all(steps[1:]), "a revision without a change would be none"
    assert {change.name: change.after for step in steps for change in step}["state"] == known.state


@given(st.lists(reports(timed=False, whole=False), min_size=2, max_size=6))
def test_a_repeat_of_the_last_report_changes_nothing(lines: list[ReportedLine]) -> None:
    known, _ = known_after(lines)
    assert later_known(known, lines[-1], REPORT, START) is None or RANK[lines[-1].state] < RANK[known.state]


@given(reports(timed=False, whole=False), st.integers(0, 10_000))
def test_the_fee_is_exact_and_never_more_than_what_was_sold(line: ReportedLine, rate: int) -> None:
    known = first_known(line, "1", REPORT, START)
    sold, fee = sold_fen(known), fee_fen(known, rate)
    if sold is None:
        assert fee is None
    else:
        assert fee == int(Decimal(sold) * rate / 10_000)
        assert 0 <= fee <= sold
        assert known.state not in {ConversionState.PLACED, ConversionState.INVALID} or fee == 0


@given(st.integers(0, 10**12))
def test_yuan_become_fen_exactly_as_text_and_as_number(amount: int) -> None:
    exact = Decimal(amount) / 100
    for cell in (f"{exact:.2f}", f"{exact:,.2f}", f"¥{exact:.2f}", f"￥{exact:f}元", exact, f"{exact:.2f}000"):
        assert yuan(cell) == amount
    assert signed_yuan(f"-{exact:.2f}") == -amount
    assert fen(amount) == fen(str(amount)) == amount


@given(st.integers(0, 10_000))
def test_rates_become_basis_points_exactly_in_every_unit(rate: int) -> None:
    assert percent(f"{Decimal(rate) / 100} %") == rate
    assert percent(Decimal(rate) / 100) == rate
    assert fraction(str(Decimal(rate) / 10_000)) == rate
    assert per_mille(str(Decimal(rate) / 10)) == rate


@given(st.text(max_size=30))
def test_any_text_is_an_amount_or_refused_and_never_a_crash(text: str) -> None:
    for reader in (yuan, signed_yuan, fen, percent, per_mille, fraction):
        try:
            value = reader(text)
        except CellWrong:
            continue
        assert value is None or isinstance(value, int)


numbers = st.integers(1, 40).map(str)
reported_promotions = (
    st.tuples(
        st.just(Network.TAOBAO_UNION), st.builds("mm_{}_{}_{}".format, numbers | st.just("*"), numbers, numbers)
    )
    | st.tuples(st.just(Network.JD_UNION), numbers | st.builds("{}/{}".format, numbers, numbers))
    | st.tuples(st.just(Network.PINDUODUO), st.builds("{}_{}".format, numbers, numbers))
)
listed_promotions = (
    st.builds("mm_{}_{}_{}".format, numbers, numbers, numbers)
    | numbers
    | st.builds("{}/{}".format, numbers, numbers)
    | st.builds("{}_{}_{}".format, numbers, numbers, numbers)
    | st.builds("{}_{}".format, numbers, numbers)
)


def like(pattern: str, text: str) -> bool:
    """SQL's LIKE, with backslashes."""
    parts = re.findall(r"\\.|.", pattern)
    meaning = {"%": ".*", "_": "."}
    return re.fullmatch("".join(meaning.get(part) or re.escape(part[-1]) for part in parts), text) is not None


@given(reported_promotions, listed_promotions)
def test_the_patterns_for_the_database_say_what_the_rule_says(reported: tuple[Network, str], listed: str) -> None:
    network, promotion = reported
    found = any(like(pattern, listed) for pattern in listed_patterns(network, promotion))
    assert found == promotes(network, promotion, listed)
    if found:
        assert bucket_of(network, promotion) == bucket_of(network, listed)


@given(st.lists(st.tuples(st.integers(1, 3), st.integers(1, 2)), min_size=1, max_size=8), st.data())
def test_no_line_is_counted_twice_when_an_order_changes_its_form(
    goods: list[tuple[int, int]], data: st.DataObject
) -> None:
    """Known by order and item, then reported by number: every number finds one line, and keeps it."""
    seen: dict[str, int] = {}
    known = []
    for order, item in goods:
        name = f"{order}:{item}"
        seen[name] = seen.get(name, 0) + 1
        key = name if seen[name] == 1 else f"{name}:{seen[name]}"
        known.append(KnownKey(key, None, str(order), str(item)))
    lines = [
        ReportedLine(
            network=Network.TAOBAO_UNION,
            order_line_id=f"n{number}",
            order_id=str(order),
            item_id=str(item),
            state=ConversionState.PAID,
            network_word="12",
        )
        for number, (order, item) in enumerate(goods)
    ]
    shuffled = data.draw(st.permutations(lines))
    settled = settle_keys(shuffled, known)
    assert sorted(each.key or "" for each in settled) == sorted(key.order_line_id for key in known)
    now = [
        msgspec.structs.replace(key, network_line_id=each.network_line_id)
        for key in known
        for each in settled
        if each.key == key.order_line_id
    ]
    assert [each.key for each in settle_keys(shuffled, now)] == [each.key for each in settled]
