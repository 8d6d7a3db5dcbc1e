"""What a checkout's form says, in the words of its fields."""

import pytest

from yellowcart.consoles.buyer.checkout_form import NOTE_LENGTH_MAX, read_checkout
from yellowcart.orders.rules import LINES_MAX
from yellowcart.orders.wanted import UsedCoupon


def test_the_address_of_a_page_and_the_fields_of_a_form_say_the_same() -> None:
    by_address = read_checkout({"listing": "7", "sku": "8", "quantity": "3"})
    by_fields = read_checkout({"pieces.7.8": "3"})
    assert by_address.lines == by_fields.lines
    assert [(line.listing_id, line.sku_id, line.quantity) for line in by_fields.lines] == [(7, 8, 3)]


@pytest.mark.parametrize(
    ("typed", "pieces", "wrong"),
    [
        ("1", [1], False),
        ("99", [99], False),
        (" 5 ", [5], False),
        ("0", [1], True),
        ("", [1], True),
        ("100", [99], True),
        ("-1", [1], True),
        ("1000000000000", [99], True),
        ("1.5", [1], True),
        ("abc", [1], True),
        ("٣", [1], True),
        ("9" * 5_000, [1], True),
    ],
)
def test_pieces_are_a_number_that_a_line_may_have(typed: str, pieces: list[int], wrong: bool) -> None:
    read = read_checkout({"pieces.7.8": typed})
    assert [line.quantity for line in read.lines] == pieces
    assert read.quantity_wrong is wrong


@pytest.mark.parametrize(
    "name", ["pieces.0.8", "pieces.7", "pieces.7.8.9", "pieces.-7.8", "pieces.99999999999999999.8", "Pieces.7.8"]
)
def test_a_field_that_names_no_goods_is_left_out(name: str) -> None:
    assert read_checkout({name: "1"}).lines == []


def test_an_order_has_so_many_lines_and_no_more() -> None:
    assert len(read_checkout({f"pieces.7.{sku}": "1" for sku in range(1, 60)}).lines) == LINES_MAX


def test_the_best_coupons_are_chosen_until_the_buyer_chooses_others() -> None:
    shown = {"choice": "best", "used": "1-2 3-4", "coupon.shop": "1-2", "coupon.creator": "3-4"}
    assert read_checkout({}).picks is None
    assert read_checkout(shown).picks is None
    assert read_checkout(shown | {"coupon.creator": ""}).picks == [UsedCoupon(1, 2)]
    assert read_checkout(shown | {"choice": "own"}).picks == [UsedCoupon(1, 2), UsedCoupon(3, 4)]
    assert read_checkout({"choice": "own", "coupon.shop": "1-2; DROP"}).picks == []


def test_a_note_is_text_that_paper_can_print() -> None:
    assert read_checkout({"note": "请用\r\n纸箱\x00\x1b[1m😀"}).note == "请用\n纸箱[1m😀"
    assert len(read_checkout({"note": "长" * 9_999}).note) == NOTE_LENGTH_MAX


def test_what_was_seen_is_an_order_or_nothing() -> None:
    for nonsense in ("", "{", "null", '{"lines": []}', '{"total_fen": 1}', "[" * 10_000):
        assert read_checkout({"seen": nonsense}).seen is None


def test_a_key_that_was_lost_is_made_anew() -> None:
    assert read_checkout({"request_key": "a-key-of-this-form"}).request_key == "a-key-of-this-form"
    assert len(read_checkout({"request_key": "x"}).request_key) > 8
    assert read_checkout({"request_key": "é" * 20}).request_key.isascii()
