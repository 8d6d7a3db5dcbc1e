"""Amounts, for any line, any coupons and any sequence of cases: sums exact, never over, coupons whole."""

from collections.abc import Sequence

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from yellowcart.aftersales.amounts import (
    CaseMoney,
    CouponPart,
    LineMoney,
    coupons_back,
    price_difference,
    return_freight_with,
    settle,
    share_of_pieces,
    worth_of,
)
from yellowcart.aftersales.model import CaseState
from yellowcart.aftersales.reasons import CaseKind, Fault
from yellowcart.kernel.money import allocate

UNSHIPPED, ONLY, RETURN = CaseKind.REFUND_UNSHIPPED, CaseKind.REFUND_ONLY, CaseKind.RETURN_REFUND


def line(
    quantity: int = 3,
    *,
    goods_fen: int = 10_000,
    freight_fen: int = 0,
    shipped: int = 0,
    cases: Sequence[CaseMoney] = (),
) -> LineMoney:
    """A line; cancelled and refunded are what its cases say."""
    return LineMoney(
        quantity=quantity,
        shipped_quantity=shipped,
        cancelled_quantity=sum(case.settled_quantity for case in cases if case.kind is UNSHIPPED),
        payable_fen=goods_fen + freight_fen,
        freight_fen=freight_fen,
        refunded_fen=sum(case.refund_goods_fen + case.refund_freight_fen for case in cases),
        cases=list(cases),
    )


def case(
    money: LineMoney,
    kind: CaseKind,
    quantity: int,
    *,
    fault: Fault = Fault.NOBODY,
    decided_fen: int | None = None,
    goods_back: bool | None = None,
    is_open: bool = False,
) -> CaseMoney:
    """A case of so many pieces as the rules would open, and unless it stays open, decide it."""
    worth = worth_of(money, kind, quantity, fault)
    opened = CaseMoney(
        kind=kind,
        state=CaseState.AWAITING_SELLER,
        quantity=quantity,
        most_fen=worth.total_fen,
        most_goods_fen=worth.goods_fen,
        settled_quantity=0,
        refund_goods_fen=0,
        refund_freight_fen=0,
        price_then_fen=None,
    )
    if is_open:
        return opened
    decided = settle(
        worth.total_fen if decided_fen is None else min(decided_fen, worth.total_fen),
        kind=kind,
        quantity=quantity,
        most_goods_fen=worth.goods_fen,
        most_fen=worth.total_fen,
        goods_back=kind is RETURN if goods_back is None else goods_back,
    )
    return msgspec.structs.replace(
        opened,
        state=CaseState.DONE,
        settled_quantity=decided.settled_quantity,
        refund_goods_fen=decided.goods_fen,
        refund_freight_fen=decided.freight_fen,
    )


@given(st.integers(0, 10**9), st.integers(1, 999), st.data())
def test_pieces_get_what_the_largest_remainder_gives_them(amount: int, pieces: int, data: st.DataObject) -> None:
    quantity = data.draw(st.integers(0, pieces))
    names = [f"{number:04d}" for number in range(pieces)]
    shares = allocate(amount, dict.fromkeys(names, 1), residue_to=names[0])
    assert share_of_pieces(amount, pieces, quantity) == sum(shares[name] for name in names[:quantity])


def test_a_part_of_no_pieces_makes_no_sense() -> None:
    for pieces, quantity in ((0, 0), (3, 4), (3, -1)):
        with pytest.raises(ValueError, match="from 0 to all"):
            share_of_pieces(100, pieces, quantity)


@given(st.integers(1, 40), st.integers(0, 10**7), st.integers(0, 5_000), st.data())
def test_pieces_cancelled_one_by_one_sum_to_the_whole_with_freight(
    quantity: int, goods_fen: int, freight_fen: int, data: st.DataObject
) -> None:
    cases: list[CaseMoney] = []
    left = quantity
    while left:
        part = data.draw(st.integers(1, left))
        money = line(quantity, goods_fen=goods_fen, freight_fen=freight_fen, cases=cases)
        cases.append(case(money, UNSHIPPED, part))
        left -= part
    assert sum(each.refund_goods_fen for each in cases) == goods_fen
    assert sum(each.refund_freight_fen for each in cases) == freight_fen
    assert [each.refund_freight_fen for each in cases[:-1]] == [0] * (len(cases) - 1)


@given(
    st.integers(1, 12),
    st.integers(0, 10**6),
    st.integers(0, 2_000),
    st.lists(
        st.tuples(
            st.sampled_from([ONLY, RETURN, CaseKind.EXCHANGE]),
            st.integers(1, 12),
            st.integers(0, 10**6),
            st.sampled_from(list(Fault)),
            st.booleans(),
            st.booleans(),
        ),
        max_size=12,
    ),
    st.lists(st.tuples(st.integers(0, 20_000), st.integers(0, 20_000)), max_size=3),
)
def test_no_sequence_of_cases_gives_back_too_much_or_a_coupon_twice(
    quantity: int,
    goods_fen: int,
    freight_fen: int,
    wanted: list[tuple[CaseKind, int, int, Fault, bool, bool]],
    coupon_amounts: list[tuple[int, int]],
) -> None:
    cases: list[CaseMoney] = []
    coupons = [CouponPart(number, amount + 1, 0) for number, (amount, _) in enumerate(coupon_amounts)]
    for kind, most_pieces, amount_fen, fault, is_open, goods_back in wanted:
        money = line(quantity, goods_fen=goods_fen, freight_fen=freight_fen, shipped=quantity, cases=cases)
        assert 0 <= money.free_quantity <= quantity
        assert money.with_buyer == money.free_quantity
        if not money.free_quantity:
            break
        pieces = min(most_pieces, money.free_quantity)
        new = case(
            money,
            kind,
            pieces,
            fault=fault,
            decided_fen=amount_fen,
            goods_back=goods_back,
            is_open=is_open,
        )
        assert new.most_goods_fen <= share_of_pieces(goods_fen, quantity, pieces)
        cases.append(new)
        back = coupons_back(
            coupons,
            money,
            goods_refunded_fen=sum(each.refund_goods_fen for each in cases),
            settled_quantity=sum(each.settled_quantity for each in cases),
        )
        coupons = [
            CouponPart(each.coupon_id, each.amount_fen, each.returned_fen + back.get(each.coupon_id, 0))
            for each in coupons
        ]
    goods = sum(each.refund_goods_fen for each in cases)
    freight = sum(each.refund_freight_fen for each in cases)
    reserved = sum(each.most_fen for each in cases if each.is_open)
    assert goods <= goods_fen
    assert freight <= freight_fen
    assert goods + freight + reserved <= goods_fen + freight_fen
    assert sum(each.settled_quantity for each in cases) <= quantity
    for coupon in coupons:
        assert 0 <= coupon.returned_fen <= coupon.amount_fen
        if goods == goods_fen and goods_fen:
            assert coupon.returned_fen == coupon.amount_fen
        if goods == 0 and goods_fen:
            assert coupon.returned_fen == 0


@given(st.integers(1, 30), st.integers(0, 10**6), st.data())
def test_a_withdrawn_case_leaves_everything_as_it_was(quantity: int, goods_fen: int, data: st.DataObject) -> None:
    money = line(quantity, goods_fen=goods_fen, shipped=quantity)
    first = case(money, RETURN, data.draw(st.integers(1, quantity)), is_open=True)
    gone = msgspec.structs.replace(first, state=CaseState.WITHDRAWN)
    after = line(quantity, goods_fen=goods_fen, shipped=quantity, cases=[gone])
    assert worth_of(after, RETURN, quantity, Fault.BUYER).total_fen == goods_fen


def test_the_example_of_the_field_comes_out_to_the_fen() -> None:
    # domain.md §3.5: 2 x 99.00, coupons of 10.00, 8.00 and 5.00; the buyer paid 175.00 and returns one of two.
    money = line(2, goods_fen=17_500, shipped=2)
    returned = case(money, RETURN, 1)
    assert returned.refund_goods_fen == 8_750
    coupons = [CouponPart(1, 1_000, 0), CouponPart(2, 800, 0), CouponPart(3, 500, 0)]
    back = coupons_back(coupons, money, goods_refunded_fen=8_750, settled_quantity=1)
    assert back == {1: 500, 2: 400, 3: 250}


def test_what_was_kept_back_from_one_piece_does_not_go_out_with_another() -> None:
    money = line(2, goods_fen=20_000, shipped=2)
    worn = case(money, RETURN, 1, decided_fen=8_000)
    rest = line(2, goods_fen=20_000, shipped=2, cases=[worn])
    assert rest.left_goods_fen == 12_000
    assert worth_of(rest, RETURN, 1, Fault.BUYER).goods_fen == 10_000


def test_a_small_compensation_is_shared_by_the_pieces_that_remain() -> None:
    scratched = case(line(2, goods_fen=20_000, shipped=2), ONLY, 1, decided_fen=1_000)
    assert scratched.settled_quantity == 0
    rest = line(2, goods_fen=20_000, shipped=2, cases=[scratched])
    assert worth_of(rest, RETURN, 1, Fault.SELLER).goods_fen == 9_500
    assert worth_of(rest, RETURN, 2, Fault.SELLER).goods_fen == 19_000


@pytest.mark.parametrize(
    ("kind", "shipped", "quantity", "fault", "freight"),
    [
        (UNSHIPPED, 0, 3, Fault.BUYER, 600),
        (UNSHIPPED, 0, 2, Fault.SELLER, 0),
        (UNSHIPPED, 1, 2, Fault.SELLER, 0),
        (RETURN, 3, 3, Fault.BUYER, 0),
        (RETURN, 3, 3, Fault.NOBODY, 0),
        (RETURN, 3, 3, Fault.SELLER, 600),
        (ONLY, 3, 3, Fault.SELLER, 600),
        (ONLY, 3, 2, Fault.SELLER, 0),
    ],
)
def test_freight_goes_back_before_shipment_or_at_the_shops_fault_with_the_last_pieces(
    kind: CaseKind, shipped: int, quantity: int, fault: Fault, freight: int
) -> None:
    money = line(3, freight_fen=600, shipped=shipped)
    assert worth_of(money, kind, quantity, fault).freight_fen == freight


def test_asking_for_pieces_side_by_side_comes_to_as_much_as_asking_at_once() -> None:
    first = case(line(2, freight_fen=600, shipped=2), RETURN, 1, fault=Fault.SELLER, is_open=True)
    second = case(line(2, freight_fen=600, shipped=2, cases=[first]), RETURN, 1, fault=Fault.SELLER, is_open=True)
    at_once = worth_of(line(2, freight_fen=600, shipped=2), RETURN, 2, Fault.SELLER)
    assert first.most_fen + second.most_fen == at_once.total_fen
    third = line(3, freight_fen=600, shipped=3, cases=[first, second])
    assert worth_of(third, RETURN, 1, Fault.SELLER).freight_fen == 0, "it is promised to the second already"


def test_pieces_that_left_and_pieces_that_did_not_are_told_apart() -> None:
    money = line(5, shipped=3)
    assert (money.to_ship, money.with_buyer, money.free_quantity) == (2, 3, 5)
    cancelled = case(money, UNSHIPPED, 1)
    returned = case(line(5, shipped=3, cases=[cancelled]), RETURN, 2, is_open=True)
    after = line(5, shipped=3, cases=[cancelled, returned])
    assert (after.to_ship, after.with_buyer, after.free_quantity) == (1, 1, 2)


def test_a_lower_price_is_made_up_for_once() -> None:
    money = line(2, goods_fen=20_000, shipped=2)
    assert price_difference(money, 2, 9_000) == 2_000
    assert price_difference(money, 2, 10_000) == 0
    assert price_difference(money, 2, 12_000) == 0

    def protected(price_fen: int, amount_fen: int) -> CaseMoney:
        return CaseMoney(
            kind=CaseKind.PRICE_PROTECTION,
            state=CaseState.DONE,
            quantity=2,
            most_fen=amount_fen,
            most_goods_fen=amount_fen,
            settled_quantity=0,
            refund_goods_fen=amount_fen,
            refund_freight_fen=0,
            price_then_fen=price_fen,
        )

    once = line(2, goods_fen=20_000, shipped=2, cases=[protected(9_000, 2_000)])
    assert price_difference(once, 2, 9_000) == 0
    assert price_difference(once, 2, 8_500) == 1_000
    twice = line(2, goods_fen=20_000, shipped=2, cases=[protected(9_000, 2_000), protected(8_500, 1_000)])
    assert price_difference(twice, 2, 8_800) == 0
    assert worth_of(twice, RETURN, 1, Fault.BUYER).goods_fen == 8_500


@given(st.integers(1, 9), st.integers(0, 10**6), st.lists(st.integers(1, 10**6), max_size=6))
def test_price_protection_never_gives_back_more_than_was_paid_above_the_lowest_price(
    quantity: int, goods_fen: int, prices: list[int]
) -> None:
    cases: list[CaseMoney] = []
    for price_fen in prices:
        money = line(quantity, goods_fen=goods_fen, shipped=quantity, cases=cases)
        amount_fen = price_difference(money, quantity, price_fen)
        if amount_fen:
            cases.append(
                CaseMoney(
                    kind=CaseKind.PRICE_PROTECTION,
                    state=CaseState.REFUNDING,
                    quantity=quantity,
                    most_fen=amount_fen,
                    most_goods_fen=amount_fen,
                    settled_quantity=0,
                    refund_goods_fen=amount_fen,
                    refund_freight_fen=0,
                    price_then_fen=price_fen,
                )
            )
    given_fen = sum(each.refund_goods_fen for each in cases)
    assert given_fen == max(goods_fen - min(prices, default=10**9) * quantity, 0)


def test_coupons_that_paid_for_everything_go_back_piece_by_piece() -> None:
    money = line(2, goods_fen=0)
    coupons = [CouponPart(1, 1_001, 0)]
    assert coupons_back(coupons, money, goods_refunded_fen=0, settled_quantity=1) == {1: 500}
    coupons = [CouponPart(1, 1_001, 500)]
    assert coupons_back(coupons, money, goods_refunded_fen=0, settled_quantity=2) == {1: 501}


def test_freight_of_the_return_goes_along_only_with_money_that_nobody_can_claim() -> None:
    money = line(2, goods_fen=20_000, shipped=2)
    whole = settle(20_000, kind=RETURN, quantity=2, most_goods_fen=20_000, most_fen=20_000, goods_back=True)
    assert return_freight_with(money, whole, 1_200) == 0, "all that was paid goes back for the goods"
    lessened = settle(19_500, kind=RETURN, quantity=2, most_goods_fen=20_000, most_fen=20_000, goods_back=True)
    assert return_freight_with(money, lessened, 1_200) == 500
    one = settle(9_000, kind=RETURN, quantity=1, most_goods_fen=10_000, most_fen=10_000, goods_back=True)
    assert return_freight_with(money, one, 1_200) == 0, "the other piece may still be returned"


def test_what_cannot_be_decided_is_refused() -> None:
    for amount_fen in (-1, 101):
        with pytest.raises(ValueError, match="between nothing and the most"):
            settle(amount_fen, kind=RETURN, quantity=1, most_goods_fen=100, most_fen=100, goods_back=True)
    with pytest.raises(ValueError, match="more pieces than are free"):
        worth_of(line(2, shipped=2), RETURN, 3, Fault.BUYER)
