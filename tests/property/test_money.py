"""Shares always sum to the whole, for any amounts, weights and rates."""

from fractions import Fraction

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from yellowcart.kernel.money import (
    WHOLE,
    AmountUnreadable,
    RateUnreadable,
    Share,
    allocate,
    parse_percent,
    parse_yuan,
    portion,
    split,
    write_percent,
    write_yuan,
)

amounts = st.integers(min_value=0, max_value=10**15)
rates = st.integers(min_value=0, max_value=WHOLE)
parties = st.text("abcdefgh", min_size=1, max_size=3)
weightings = st.dictionaries(parties, st.integers(min_value=0, max_value=10**9), min_size=1, max_size=12)


@given(amounts, weightings, st.data())
def test_allocated_shares_sum_to_the_amount_and_miss_their_quota_by_less_than_a_fen(
    amount: int, weights: dict[str, int], data: st.DataObject
) -> None:
    assume(sum(weights.values()) > 0)
    owner = data.draw(st.sampled_from(sorted(weights)))
    shares = allocate(amount, weights, residue_to=owner)
    assert sum(shares.values()) == amount
    assert shares.keys() == weights.keys()
    total = sum(weights.values())
    for party, weight in weights.items():
        assert abs(shares[party] - Fraction(amount * weight, total)) < 1
        assert weight or shares[party] == 0, "who has no weight gets nothing, not even a residue"


@given(amounts, weightings, st.data())
def test_the_order_in_which_parties_are_named_decides_nothing(
    amount: int, weights: dict[str, int], data: st.DataObject
) -> None:
    assume(sum(weights.values()) > 0)
    owner, shuffled = min(weights), data.draw(st.permutations(list(weights.items())))
    assert allocate(amount, dict(shuffled), residue_to=owner) == allocate(amount, weights, residue_to=owner)


@given(amounts, st.integers(min_value=2, max_value=9), st.integers(min_value=1, max_value=1000))
def test_among_equals_the_named_owner_never_gets_less(amount: int, number: int, weight: int) -> None:
    weights = {f"party {each}": weight for each in range(number)}
    for owner in weights:
        shares = allocate(amount, weights, residue_to=owner)
        assert shares[owner] == max(shares.values())


@pytest.mark.parametrize(
    ("amount", "weights", "owner"),
    [(-1, {"a": 1}, "a"), (1, {"a": -1, "b": 2}, "a"), (1, {"a": 0}, "a"), (1, {"a": 1}, "b"), (1, {}, "a")],
)
def test_an_allocation_that_makes_no_sense_is_refused(amount: int, weights: dict[str, int], owner: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        allocate(amount, weights, residue_to=owner)


@given(amounts, rates)
@example(10**13 + 1, 9_999)  # a float would round the last fen up
def test_a_portion_is_rounded_down_and_leaves_the_rest(amount: int, rate: int) -> None:
    taken = portion(amount, rate)
    assert 0 <= Fraction(amount * rate, WHOLE) - taken < 1
    assert taken + portion(amount, WHOLE - rate) in {amount, amount - 1}


def test_the_worked_example_is_split_to_the_last_fen() -> None:
    # domain.md §3.5: 2 x 99.00 less a shop coupon of 10.00, commission 20 %, leader 5 %, take rate 5 %,
    # technical service fee 10 % of commission and leader's fee, MCN 30 % of what the creator then has.
    shares = [
        Share(party="creator", rate=2_000),
        Share(party="leader", rate=500),
        Share(party="platform", rate=500),
        Share(party="platform", rate=1_000, of="creator"),
        Share(party="platform", rate=1_000, of="leader"),
        Share(party="mcn", rate=3_000, of="creator"),
    ]
    assert split(18_800, shares, remainder_to="merchant") == {
        "merchant": 13_160,
        "creator": 2_369,
        "mcn": 1_015,
        "leader": 846,
        "platform": 1_410,
    }
    half = split(9_400, shares, remainder_to="merchant")
    assert half == {"merchant": 6_580, "creator": 1_185, "mcn": 507, "leader": 423, "platform": 705}


def _shares(among: st.SearchStrategy[str]) -> st.SearchStrategy[list[Share]]:
    return st.lists(st.builds(Share, party=among, rate=rates, of=st.none() | among), max_size=10)


@given(amounts, _shares(st.sampled_from(["merchant", "creator", "leader", "platform", "mcn", "a stranger"])))
def test_a_split_sums_to_its_base_or_is_refused(base: int, shares: list[Share]) -> None:
    try:
        held = split(base, shares, remainder_to="merchant")
    except ValueError:
        # Only shares of the whole base can ask for more than the merchant still holds.
        assert any(share.of is None for share in shares)
        return
    assert sum(held.values()) == base
    assert all(amount >= 0 for amount in held.values())
    assert held.keys() <= {"merchant", *(share.party for share in shares), *(share.of for share in shares)}


@given(amounts, rates, rates, rates)
def test_shares_of_the_base_that_stay_within_it_are_never_refused(
    base: int, one: int, two: int, three: int
) -> None:
    assume(one + two + three <= WHOLE)
    shares = [
        Share(party="creator", rate=one),
        Share(party="leader", rate=two),
        Share(party="platform", rate=three),
    ]
    held = split(base, shares, remainder_to="merchant")
    assert sum(held.values()) == base
    assert held["creator"] == portion(base, one)
    assert held["merchant"] >= base - portion(base, one + two + three), "rounding down is to the merchant's favour"


@given(st.integers(min_value=0, max_value=10**12 - 1))
def test_an_amount_is_read_as_it_is_written(fen: int) -> None:
    assert parse_yuan(write_yuan(fen)) == fen


@given(rates)
def test_a_rate_is_read_as_it_is_written(rate: int) -> None:
    assert parse_percent(write_percent(rate)) == rate
    assert parse_percent(f"{write_percent(rate)} %") == rate


@given(st.text(max_size=12))
def test_what_is_no_amount_is_refused_and_nothing_else_is_raised(text: str) -> None:
    try:
        fen = parse_yuan(text)
    except AmountUnreadable:
        return
    assert fen == Fraction(text.strip()) * 100


@pytest.mark.parametrize(
    "text", ["", " ", "-1", "+1", "1,000", "1e3", "0x1", "¥1", "1.234", ".5", "5.", "１２", "01", "NaN", "=1+1"]
)
def test_an_amount_has_one_way_to_be_written(text: str) -> None:
    with pytest.raises(AmountUnreadable):
        parse_yuan(text)


@pytest.mark.parametrize("text", ["", "100.01", "101", "-1", "1/2", "12.345"])
def test_a_rate_lies_between_nothing_and_the_whole(text: str) -> None:
    with pytest.raises(RateUnreadable):
        parse_percent(text)
