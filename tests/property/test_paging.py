"""A cursor comes back as it went, and a damaged one is refused in words, never with a defect."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yellowcart.kernel.paging import (
    PAGE_SIZE,
    PAGE_SIZE_MAX,
    CursorBroken,
    bounded_size,
    decode_cursor,
    encode_cursor,
    page_of,
)

whole = st.integers(min_value=-(2**63), max_value=2**63 - 1)


@given(whole, st.text())
def test_a_cursor_comes_back_as_it_went(number: int, text: str) -> None:
    cursor = encode_cursor(number, text)
    assert decode_cursor(cursor, tuple[int, str], (0, "")) == (number, text)
    assert cursor.isascii()
    assert not set(cursor) & set("=&?#/+ %"), "it stands in an address as it is"


@given(st.none() | st.just(""), whole)
def test_no_cursor_is_the_first_page(cursor: str | None, first: int) -> None:
    assert decode_cursor(cursor, tuple[int], (first,)) == (first,)


@given(st.text(min_size=1))
def test_any_text_is_a_cursor_or_is_refused(text: str) -> None:
    try:
        (number,) = decode_cursor(text, tuple[int], (0,))
    except CursorBroken:
        return
    assert isinstance(number, int)


@given(st.binary(min_size=1))
def test_any_bytes_are_a_cursor_or_are_refused(content: bytes) -> None:
    cursor = base64.urlsafe_b64encode(content).decode().rstrip("=")
    try:
        keys = decode_cursor(cursor, tuple[int, str], (0, ""))
    except CursorBroken:
        return
    assert [type(key) for key in keys] == [int, str]


@pytest.mark.parametrize("keys", [(1,), (1, "a", 2), ("a", 1), ()])
def test_a_cursor_of_another_list_is_refused(keys: tuple[int | str, ...]) -> None:
    with pytest.raises(CursorBroken):
        decode_cursor(encode_cursor(*keys), tuple[int, str], (0, ""))


@given(st.sets(whole, max_size=60), st.integers(min_value=1, max_value=7))
def test_reading_page_by_page_shows_every_row_once_and_in_order(numbers: set[int], size: int) -> None:
    stored, seen, cursor = sorted(numbers), [], None
    for _ in range(len(stored) + 1):
        (after,) = decode_cursor(cursor, tuple[int], (-(2**63) - 1,))
        page = page_of([each for each in stored if each > after][: size + 1], size, lambda each: (each,))
        assert len(page.items) <= size
        seen += page.items
        cursor = page.next_cursor
        if cursor is None:
            break
    assert seen == stored


@given(st.none() | st.integers())
def test_a_page_has_a_size_within_bounds(size: int | None) -> None:
    assert 1 <= bounded_size(size) <= PAGE_SIZE_MAX
    assert bounded_size(None) == PAGE_SIZE
