"""The price of an order: worked by hand, and by the thousand."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.orders.priced import FUJIAN, NOW, PLACE, coupon, delivery, line
from yellowcart.freight.errors import NotDeliveredThere
from yellowcart.kernel.ids import ProductId
from yellowcart.orders.errors import CouponsOfOneFunder
from yellowcart.orders.price import Price, PriceLine, price_order
from yellowcart.promotions.errors import CouponTakesNothing, CouponThresholdMissed
from yellowcart.promotions.model import CouponTerms, Funder


def price(lines: list[PriceLine], coupons: list[CouponTerms], province: str | None = FUJIAN) -> Price:
    return price_order(lines, coupons, PLACE, province, NOW)


def price_with_what_takes(lines: list[PriceLine], coupons: list[CouponTerms]) -> Price:
    """The price with those of the coupons that take something off."""
    try:
        return price(lines, coupons)
    except CouponTakesNothing as refused:
        kept = [each for each in coupons if each.coupon_id != refused.values["coupon_id"]]
        return price_with_what_takes(lines, kept)


def test_the_worked_example_of_the_domain() -> None:
    """domain.md §3.5: 2 x 99.00, shop 10, platform 8, creator 5 off: the buyer pays 175.00."""
    coupons = [coupon(Funder.CREATOR, 500), coupon(Funder.SHOP, 1_000), coupon(Funder.PLATFORM, 800)]
    priced = price([line(9_900, 2)], coupons)
    assert (priced.goods_fen, priced.discount_fen, priced.total_fen) == (19_800, 2_300, 17_500)
    assert [(off.funder, off.amount_fen) for off in priced.coupons] == [
        (Funder.SHOP, 1_000),
        (Funder.PLATFORM, 800),
        (Funder.CREATOR, 500),
    ]
    assert [off.amount_fen for off in priced.lines[0].discounts] == [1_000, 800, 500]


def test_a_special_price_saves_and_coupons_apply_to_what_is_left() -> None:
    priced = price([line(5_990, 2, usual_fen=9_990)], [coupon(Funder.SHOP, 0, rate=1_000, most_fen=1_000)])
    assert (priced.saved_fen, priced.goods_fen, priced.discount_fen) == (8_000, 11_980, 1_000)


def test_a_percentage_is_taken_of_what_the_coupons_before_have_left() -> None:
    priced = price([line(10_000)], [coupon(Funder.PLATFORM, 0, rate=1_000), coupon(Funder.SHOP, 2_000)])
    assert [off.amount_fen for off in priced.coupons] == [2_000, 800]


def test_one_coupon_does_not_take_the_threshold_of_another_away() -> None:
    coupons = [coupon(Funder.SHOP, 3_000), coupon(Funder.PLATFORM, 500, threshold_fen=10_000)]
    assert price([line(10_000)], coupons).discount_fen == 3_500


def test_freight_does_not_help_to_a_threshold() -> None:
    with pytest.raises(CouponThresholdMissed):
        price([line(9_900, delivery=delivery(800, 0))], [coupon(Funder.SHOP, 500, threshold_fen=10_000)])


def test_a_coupon_for_one_product_leaves_the_other_line_alone() -> None:
    lines = [line(5_000, product=7), line(8_000, product=8)]
    priced = price(lines, [coupon(Funder.SHOP, 1_000, products=frozenset({ProductId(8)}))])
    assert [each.discount_fen for each in priced.lines] == [0, 1_000]


def test_coupons_worth_more_than_the_goods_leave_one_fen_to_pay() -> None:
    coupons = [coupon(Funder.SHOP, 900), coupon(Funder.CREATOR, 900)]
    priced = price([line(500), line(500)], coupons)
    assert (priced.total_fen, priced.discount_fen) == (1, 999)
    assert [off.amount_fen for off in priced.coupons] == [900, 99]


@pytest.mark.parametrize(
    "coupons",
    [
        pytest.param([coupon(Funder.SHOP, 0, rate=1)], id="a share that rounds to nothing"),
        pytest.param([coupon(Funder.SHOP, 999), coupon(Funder.CREATOR, 900)], id="nothing left but the last fen"),
    ],
)
def test_no_coupon_is_used_up_for_nothing(coupons: list[CouponTerms]) -> None:
    with pytest.raises(CouponTakesNothing) as refused:
        price([line(1_000)], coupons)
    assert refused.value.values == {"coupon_id": coupons[-1].coupon_id}


def test_with_freight_to_pay_coupons_may_take_all_of_the_goods() -> None:
    priced = price([line(500, delivery=delivery(800, 0))], [coupon(Funder.SHOP, 900)])
    assert (priced.discount_fen, priced.freight_fen, priced.total_fen) == (500, 800, 800)


def test_free_freight_looks_at_the_goods_before_coupons() -> None:
    sent = delivery(800, 0, free_above_fen=10_000)
    assert price([line(10_000, delivery=sent)], [coupon(Funder.SHOP, 5_000)]).freight_fen == 0
    assert price([line(9_999, delivery=sent)], []).freight_fen == 800


def test_lines_of_one_template_are_sent_together() -> None:
    together = price([line(1_000, 2, delivery=delivery(800, 200)), line(3_000, delivery=delivery(800, 200))], [])
    assert together.freight_fen == 800 + 2 * 200
    assert [each.freight_fen for each in together.lines] == [480, 720]
    apart = price(
        [line(1_000, 2, delivery=delivery(800, 200)), line(3_000, delivery=delivery(800, 200, template=2))], []
    )
    assert apart.freight_fen == 800 + 200 + 800


def test_without_an_address_freight_is_left_open() -> None:
    priced = price([line(1_000, delivery=delivery(800, 0))], [], province=None)
    assert (priced.freight_fen, priced.freight) == (0, ())


def test_what_is_not_delivered_has_no_price() -> None:
    with pytest.raises(NotDeliveredThere):
        price([line(1_000, delivery=delivery(800, 0))], [], province="650000")


def test_two_coupons_of_one_funder_do_not_go_together() -> None:
    with pytest.raises(CouponsOfOneFunder):
        price([line(10_000)], [coupon(Funder.SHOP, 1), coupon(Funder.SHOP, 2, number=2)])


some_delivery = st.builds(delivery, st.integers(0, 5_000), st.integers(0, 999), template=st.integers(1, 2))
some_lines = st.lists(
    st.builds(
        line,
        st.integers(1, 100_000),
        st.integers(1, 99),
        product=st.integers(1, 3),
        delivery=st.none()
        | st.builds(delivery, st.integers(0, 5_000), st.integers(0, 999), template=st.integers(1, 2)),
    ),
    min_size=1,
    max_size=6,
)
some_coupons = st.lists(
    st.builds(
        coupon,
        st.sampled_from(Funder),
        st.integers(1, 300_000),
        rate=st.none() | st.integers(1, 10_000),
        most_fen=st.none() | st.integers(1, 9_999),
    ),
    max_size=3,
    unique_by=lambda terms: terms.funder,
)


@given(some_lines, some_coupons)
def test_every_sum_of_a_price_is_exact(lines: list[PriceLine], coupons: list[CouponTerms]) -> None:
    priced = price_with_what_takes(lines, coupons)
    assert priced.total_fen == priced.goods_fen - priced.discount_fen + priced.freight_fen
    assert priced.total_fen == sum(each.payable_fen for each in priced.lines) >= 1
    assert priced.goods_fen == sum(each.unit_price_fen * each.quantity for each in lines)
    assert priced.discount_fen == sum(off.amount_fen for off in priced.coupons)
    assert priced.freight_fen == sum(each.fee_fen for each in priced.freight)
    for each in priced.lines:
        assert each.payable_fen == each.total_fen - each.discount_fen + each.freight_fen
        assert each.discount_fen == sum(off.amount_fen for off in each.discounts) <= each.total_fen
        assert all(off.amount_fen > 0 for off in each.discounts)
