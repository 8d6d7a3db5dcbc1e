"""Decisions about reviews as tables in the words of the domain."""

from contextlib import nullcontext
from datetime import timedelta
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.conftest import MORNING
from yellowcart.kernel.errors import InvalidFields, Refusal
from yellowcart.orders.model import OrderState
from yellowcart.reviews.errors import (
    AppealedAlready,
    AppendTooLate,
    LineRefunded,
    ModerationMoved,
    OrderNotReceived,
    ReviewClosed,
    ReviewFinal,
)
from yellowcart.reviews.look import look_at
from yellowcart.reviews.model import SHOW_MOVES, Finding, NewAppend, NewReview, ReviewSum, ShowState, Stars
from yellowcart.reviews.rules import (
    APPEND_WITHIN,
    BODY_LENGTH_MAX,
    EDITABLE_FOR,
    Counted,
    append_problems,
    average_tenths,
    change_of_sums,
    require_appeal,
    require_appendable,
    require_editable,
    require_move,
    require_reviewable,
    require_words,
    review_problems,
    shown_author,
    sum_of,
)

DECENT = Stars(goods=5, parcel=4, service=3)


@pytest.mark.parametrize(
    ("state", "payable_fen", "refunded_fen", "cancelled", "refusal"),
    [
        (OrderState.SUBMITTED, 4_990, 0, 0, OrderNotReceived),
        (OrderState.PAID, 4_990, 0, 0, OrderNotReceived),
        (OrderState.PART_SHIPPED, 4_990, 0, 0, OrderNotReceived),
        (OrderState.SHIPPED, 4_990, 0, 0, OrderNotReceived),
        (OrderState.CLOSED, 4_990, 4_990, 0, LineRefunded),
        (OrderState.CLOSED, 4_990, 0, 0, OrderNotReceived),
        (OrderState.RECEIVED, 4_990, 4_990, 0, LineRefunded),
        (OrderState.COMPLETED, 4_990, 4_990, 0, LineRefunded),
        (OrderState.RECEIVED, 4_990, 0, 0, None),
        (OrderState.RECEIVED, 4_990, 4_989, 0, None),
        (OrderState.COMPLETED, 4_990, 100, 0, None),
        (OrderState.RECEIVED, 0, 0, 0, None),
        (OrderState.RECEIVED, 0, 0, 1, None),
        (OrderState.RECEIVED, 0, 0, 2, LineRefunded),
        (OrderState.COMPLETED, 0, 0, 2, LineRefunded),
    ],
)
def test_what_has_come_and_was_not_wholly_refunded_is_rated(
    state: OrderState, payable_fen: int, refunded_fen: int, cancelled: int, refusal: type[Refusal] | None
) -> None:
    with nullcontext() if refusal is None else pytest.raises(refusal):
        require_reviewable(
            state, payable_fen=payable_fen, refunded_fen=refunded_fen, quantity=2, cancelled_quantity=cancelled
        )


@pytest.mark.parametrize(
    ("stars", "body", "wrong"),
    [
        (DECENT, "", set()),
        (DECENT, "很好\n下次再来 😀", set()),
        (DECENT, "好" * BODY_LENGTH_MAX, set()),
        (DECENT, "好" * (BODY_LENGTH_MAX + 1), {"body"}),
        (DECENT, "a\0b", {"body"}),
        (DECENT, "a\u202eb", {"body"}),
        (Stars(goods=0, parcel=6, service=-1), "", {"goods", "parcel", "service"}),
        (Stars(goods=10**12, parcel=1, service=1), "", {"goods"}),
    ],
)
def test_a_review_says_what_is_wrong_with_it(stars: Stars, body: str, wrong: set[str]) -> None:
    assert set(review_problems(NewReview(stars=stars, body=body))) == wrong


def test_an_append_says_something_or_shows_something() -> None:
    assert set(append_problems(NewAppend(body=" \n "))) == {"body"}
    assert append_problems(NewAppend(upload_ids=(1,))) == {}
    assert append_problems(NewAppend(body="还在用")) == {}


def test_an_answer_without_words_is_none() -> None:
    assert require_words(" 谢谢\r\n您 ", "answer", 10) == "谢谢\n您"
    for text in ("", " \n", "好" * 11, "a\0"):
        with pytest.raises(InvalidFields):
            require_words(text, "answer", 10)


@pytest.mark.parametrize(("before", "after"), list(product(ShowState, repeat=2)))
def test_a_part_moves_only_as_the_table_says(before: ShowState, after: ShowState) -> None:
    if after in SHOW_MOVES[before]:
        require_move(before, after)
    else:
        with pytest.raises(ModerationMoved):
            require_move(before, after)


@pytest.mark.parametrize("state", list(ShowState))
def test_a_text_is_changed_for_a_day_and_never_when_it_was_hidden(state: ShowState) -> None:
    last, over = MORNING + EDITABLE_FOR - timedelta(microseconds=1), MORNING + EDITABLE_FOR
    if state in {ShowState.HIDDEN, ShowState.APPEALED}:
        with pytest.raises(ReviewClosed):
            require_editable(state, MORNING, last)
        return
    require_editable(state, MORNING, last)
    with pytest.raises(ReviewFinal):
        require_editable(state, MORNING, over)


def test_a_review_is_appended_to_for_half_a_year() -> None:
    require_appendable(ShowState.SHOWN, MORNING, MORNING + APPEND_WITHIN - timedelta(seconds=1))
    with pytest.raises(AppendTooLate):
        require_appendable(ShowState.SHOWN, MORNING, MORNING + APPEND_WITHIN)
    with pytest.raises(ReviewClosed):
        require_appendable(ShowState.HIDDEN, MORNING, MORNING)


def test_there_is_one_appeal_and_only_against_hiding() -> None:
    require_appeal(ShowState.HIDDEN, None)
    with pytest.raises(AppealedAlready):
        require_appeal(ShowState.HIDDEN, MORNING)
    for state in (ShowState.SHOWN, ShowState.HELD):
        with pytest.raises(ModerationMoved):
            require_appeal(state, None)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("茶很香,包装也好", []),
        ("质量不错，物流3天就到了，给5分", []),
        ("订单号 7129967282434850123 一直没发货", []),
        ("2022.02.25 买的，99.9 元", []),
        ("加我 13800138000", [Finding.PHONE]),
        ("加我 138-0013-8000", [Finding.PHONE]),
        ("电话１３８００１３８０００", [Finding.PHONE]),
        ("+86 138 0013 8000 联系", [Finding.PHONE]),
        ("打 0595-22123456", [Finding.PHONE]),
        ("打 400-820-8820", [Finding.PHONE]),
        ("去 www.example.com 看看", [Finding.LINK]),
        ("同款 https://item.taobao.com/item.htm?id=1", [Finding.LINK]),
        ("shop123.vip 更便宜", [Finding.LINK]),
        ("这是全国第一的茶", [Finding.WORD]),
        ("顶级 13800138000 www.a1.cn", [Finding.PHONE, Finding.LINK, Finding.WORD]),
        ("", []),
    ],
)
def test_the_automatic_look_finds_numbers_ways_out_and_words(text: str, found: list[Finding]) -> None:
    assert look_at(text) == found


@pytest.mark.parametrize(
    ("total", "number", "tenths"),
    [(0, 0, None), (5, 1, 50), (9, 2, 45), (14, 3, 47), (13, 3, 43), (1, 1, 10), (89, 20, 45), (87, 20, 44)],
)
def test_an_average_is_rounded_and_that_of_nothing_is_unknown(total: int, number: int, tenths: int | None) -> None:
    assert average_tenths(total, number) == tenths


@pytest.mark.parametrize(
    ("name", "anonymous", "shown"),
    [("林小满", False, "林**"), ("A", False, "A**"), ("林小满", True, None), (" ", False, None)],
)
def test_readers_learn_little_of_an_author(name: str, anonymous: bool, shown: str | None) -> None:
    assert shown_author(name, is_anonymous=anonymous) == shown


counted = st.builds(
    Counted,
    is_shown=st.booleans(),
    stars=st.builds(Stars, goods=st.integers(1, 5), parcel=st.integers(1, 5), service=st.integers(1, 5)),
    has_pictures=st.booleans(),
    has_append=st.booleans(),
)


@given(st.lists(counted, min_size=1, max_size=8))
def test_however_a_review_changes_its_sums_are_those_of_its_last_form(forms: list[Counted]) -> None:
    changes = [change_of_sums(before, after) for before, after in zip([None, *forms], forms, strict=False)]
    together = ReviewSum(
        reviews=sum(each.reviews for each in changes),
        goods_sum=sum(each.goods_sum for each in changes),
        parcel_sum=sum(each.parcel_sum for each in changes),
        service_sum=sum(each.service_sum for each in changes),
        stars=tuple(sum(each.stars[place] for each in changes) for place in range(5)),  # type: ignore[arg-type]
        with_pictures=sum(each.with_pictures for each in changes),
        appended=sum(each.appended for each in changes),
    )
    assert together == sum_of(forms[-1])
