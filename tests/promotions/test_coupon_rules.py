"""Whether a coupon can be used, and what it takes off: tables in the words of the domain."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yellowcart.kernel.ids import CouponId, CreatorId, ProductId, RoomId, ShopId
from yellowcart.promotions import errors
from yellowcart.promotions.model import CouponLine, CouponPlace, CouponTerms, DiscountKind, Funder
from yellowcart.promotions.rules import (
    APPLY_ORDER,
    coupon_discounts,
    coupon_problem,
    discounts_together,
    missing_fen,
)

NOON = datetime(2022, 3, 1, 4, 0, tzinfo=UTC)
TEA, POT, CUP = ProductId(1), ProductId(2), ProductId(3)
SHOP, CREATOR, ROOM = ShopId(10), CreatorId(20), RoomId(30)
HERE = CouponPlace(SHOP, CREATOR, ROOM)


def terms(**changes: Any) -> CouponTerms:
    """¥10 off ¥99 or more at every shop, good today; `changes` replace fields."""
    fields: dict[str, Any] = {
        "coupon_id": CouponId(1),
        "funder": Funder.PLATFORM,
        "shop_id": None,
        "creator_id": None,
        "room_id": None,
        "product_ids": frozenset(),
        "threshold_fen": 9_900,
        "kind": DiscountKind.AMOUNT,
        "off_fen": 1_000,
        "off_rate": None,
        "off_max_fen": None,
        "usable_from": NOON,
        "usable_until": NOON + timedelta(days=1),
    }
    return CouponTerms(**(fields | changes))


def percent(rate: int, most: int | None = None, **changes: Any) -> CouponTerms:
    """A percentage off without a minimum."""
    return terms(
        kind=DiscountKind.PERCENT, off_fen=None, off_rate=rate, off_max_fen=most, threshold_fen=0, **changes
    )


def lines(*goods: tuple[ProductId, int]) -> list[CouponLine]:
    return [CouponLine(product_id, fen) for product_id, fen in goods]


@pytest.mark.parametrize(
    ("changes", "goods", "moment", "problem"),
    [
        ({}, [(TEA, 9_900)], NOON, None),
        ({}, [(TEA, 9_899)], NOON, errors.CouponThresholdMissed),
        ({}, [(TEA, 5_000), (POT, 4_900)], NOON, None),
        ({}, [(TEA, 9_900)], NOON - timedelta(microseconds=1), errors.CouponNotYetUsable),
        ({}, [(TEA, 9_900)], NOON + timedelta(days=1), errors.CouponExpired),
        ({"shop_id": SHOP, "funder": Funder.SHOP}, [(TEA, 9_900)], NOON, None),
        ({"shop_id": ShopId(11), "funder": Funder.SHOP}, [(TEA, 9_900)], NOON, errors.CouponOfAnotherShop),
        ({"creator_id": CREATOR, "funder": Funder.CREATOR}, [(TEA, 9_900)], NOON, None),
        ({"creator_id": CreatorId(21)}, [(TEA, 9_900)], NOON, errors.CouponOfAnotherCreator),
        ({"room_id": ROOM}, [(TEA, 9_900)], NOON, None),
        ({"room_id": RoomId(31)}, [(TEA, 9_900)], NOON, errors.CouponOfAnotherRoom),
        ({"product_ids": frozenset({POT})}, [(TEA, 99_000)], NOON, errors.CouponNotForTheseGoods),
        # What is not in scope does not help to reach the minimum.
        ({"product_ids": frozenset({POT})}, [(TEA, 99_000), (POT, 9_899)], NOON, errors.CouponThresholdMissed),
        ({"product_ids": frozenset({POT})}, [(TEA, 1), (POT, 9_900)], NOON, None),
        ({}, [], NOON, errors.CouponNotForTheseGoods),
    ],
)
def test_a_coupon_says_why_it_cannot_be_used(
    changes: dict[str, Any], goods: list[tuple[ProductId, int]], moment: datetime, problem: type | None
) -> None:
    assert coupon_problem(terms(**changes), HERE, lines(*goods), moment) is problem


def test_a_coupon_for_a_room_is_not_good_in_a_video() -> None:
    in_video = CouponPlace(SHOP, CREATOR, None)
    found = coupon_problem(terms(room_id=ROOM), in_video, lines((TEA, 9_900)), NOON)
    assert found is errors.CouponOfAnotherRoom


def test_what_is_missing_to_the_minimum_counts_goods_in_scope_only() -> None:
    assert missing_fen(terms(product_ids=frozenset({POT})), lines((TEA, 9_000), (POT, 900))) == 9_000
    assert missing_fen(terms(), lines((TEA, 20_000))) == 0


@pytest.mark.parametrize(
    ("coupon", "goods", "off"),
    [
        (terms(), [(TEA, 19_800)], [1_000]),
        (terms(), [(TEA, 6_600), (POT, 3_300)], [667, 333]),
        (terms(off_fen=100), [(TEA, 100), (POT, 100), (CUP, 100)], [34, 33, 33]),
        (terms(product_ids=frozenset({POT})), [(TEA, 5_000), (POT, 9_900)], [0, 1_000]),
        # Never more than there is.
        (terms(threshold_fen=0, off_fen=2_000), [(TEA, 700), (POT, 500)], [700, 500]),
        (percent(1_500), [(TEA, 9_999)], [1_499]),
        (percent(1_500, 1_000), [(TEA, 9_999)], [1_000]),
        (percent(9_900), [(TEA, 1)], [0]),
        (percent(5_000), [(TEA, 0), (POT, 101)], [0, 50]),
        (terms(product_ids=frozenset({CUP})), [(TEA, 5_000)], [0]),
    ],
)
def test_a_discount_is_shared_over_the_lines_in_scope(
    coupon: CouponTerms, goods: list[tuple[ProductId, int]], off: list[int]
) -> None:
    assert coupon_discounts(coupon, lines(*goods)) == off


def test_the_worked_example_of_three_funders_comes_out_to_the_fen() -> None:
    """domain.md §3.5: 2 x 99.00, shop 10.00, platform 8.00, creator 5.00: the buyer pays 175.00."""
    coupons = [
        terms(coupon_id=CouponId(3), funder=Funder.CREATOR, off_fen=500),
        terms(coupon_id=CouponId(2), funder=Funder.PLATFORM, off_fen=800),
        terms(coupon_id=CouponId(1), funder=Funder.SHOP, off_fen=1_000),
    ]
    taken = discounts_together(coupons, lines((TEA, 19_800)))
    assert [(coupon.funder, off) for coupon, off in taken] == [
        (Funder.SHOP, [1_000]),
        (Funder.PLATFORM, [800]),
        (Funder.CREATOR, [500]),
    ]
    assert 19_800 - sum(sum(off) for _, off in taken) == 17_500


def test_a_percentage_is_taken_of_what_the_coupons_before_have_left() -> None:
    taken = discounts_together(
        [percent(5_000, funder=Funder.PLATFORM), terms(funder=Funder.SHOP, off_fen=1_000)],
        lines((TEA, 10_000)),
    )
    assert [off for _, off in taken] == [[1_000], [4_500]]


def test_two_coupons_of_one_funder_are_never_taken_together() -> None:
    with pytest.raises(ValueError, match="one coupon of each funder"):
        discounts_together([terms(), terms(coupon_id=CouponId(2))], lines((TEA, 10_000)))


GOODS = st.lists(
    st.tuples(st.sampled_from([TEA, POT, CUP]), st.integers(min_value=0, max_value=10**9)), min_size=1, max_size=20
)
SCOPE = st.frozensets(st.sampled_from([TEA, POT, CUP]))
AMOUNTS = st.builds(
    lambda off, scope, funder: terms(off_fen=off, product_ids=scope, threshold_fen=0, funder=funder),
    st.integers(min_value=1, max_value=10_000_000),
    SCOPE,
    st.sampled_from(Funder),
)
RATES = st.builds(
    lambda rate, most, scope, funder: percent(rate, most, product_ids=scope, funder=funder),
    st.integers(min_value=1, max_value=9_999),
    st.none() | st.integers(min_value=1, max_value=10_000_000),
    SCOPE,
    st.sampled_from(Funder),
)


@given(coupon=AMOUNTS | RATES, goods=GOODS)
def test_no_line_gets_more_off_than_it_has_and_the_shares_sum_to_the_discount(
    coupon: CouponTerms, goods: list[tuple[ProductId, int]]
) -> None:
    priced = lines(*goods)
    off = coupon_discounts(coupon, priced)
    in_scope = [line for line in priced if not coupon.product_ids or line.product_id in coupon.product_ids]
    whole = sum(line.goods_fen for line in in_scope)
    if coupon.off_fen is not None:
        expected = min(coupon.off_fen, whole)
    else:
        expected = whole * (coupon.off_rate or 0) // 10_000
        expected = expected if coupon.off_max_fen is None else min(expected, coupon.off_max_fen)
    assert sum(off) == expected
    assert all(0 <= each <= line.goods_fen for each, line in zip(off, priced, strict=True))
    assert all(not each or line in in_scope for each, line in zip(off, priced, strict=True))


@given(coupons=st.lists(AMOUNTS | RATES, max_size=3, unique_by=lambda coupon: coupon.funder), goods=GOODS)
def test_coupons_together_leave_no_line_below_zero_and_go_by_funder(
    coupons: list[CouponTerms], goods: list[tuple[ProductId, int]]
) -> None:
    priced = lines(*goods)
    taken = discounts_together(coupons, priced)
    assert [coupon.funder for coupon, _ in taken] == [
        funder for funder in APPLY_ORDER if funder in {coupon.funder for coupon in coupons}
    ]
    for number, line in enumerate(priced):
        assert line.goods_fen - sum(off[number] for _, off in taken) >= 0
