"""What people write for prices and quantities: exactly what is meant, or a reason."""

import pytest

from yellowcart.catalog.imports.amounts import EXCEL_ERROR, FORMULA, PRICE_MISSING, read_price, read_quantity


@pytest.mark.parametrize(
    ("text", "fen"),
    [
        ("59.90", 5_990),
        ("59.9", 5_990),
        ("59", 5_900),
        ("0.01", 1),
        ("¥12", 1_200),
        ("￥ 12.5", 1_250),
        ("12.5元", 1_250),
        ("12.5 元", 1_250),
        ("RMB 12", 1_200),
        ("12 cny", 1_200),
        ("１２．５", 1_250),
        ("1,234.00", 123_400),
        ("1,200", 120_000),
        ("12.5000", 1_250),
        ("12.340", 1_234),
        ("1000000", 100_000_000),
    ],
)
def test_a_price_is_read_exactly(text: str, fen: int) -> None:
    assert read_price(text) == fen


@pytest.mark.parametrize(
    "text",
    [
        "面议", "-5", "+3", "1e3", "12.345", "12.3401", "$12", "12,50", "1,2,3", "1,20", "0", "0.00", "1000000.01",
        "12-15", "12~15", "12 至 15", "12元起", "12/件", "012", ".5", "5.", "１２．３４５", "inf", "nan",
        "0x10", "1_000", "12 13", "=1+1", "#N/A", "", "9" * 60, "1" + " " * 100_000 + "x",
    ],
)  # fmt: skip
def test_what_is_no_plain_price_is_refused(text: str) -> None:
    assert isinstance(read_price(text), tuple)


def test_the_reason_says_what_stands_there() -> None:
    assert read_price("") == PRICE_MISSING
    assert read_price("=A1*2") == FORMULA
    assert read_price("#REF!") == EXCEL_ERROR
    assert read_price("12-15") != read_price("面议")


@pytest.mark.parametrize(
    ("text", "pieces"),
    [("0", 0), ("20", 20), ("20.0", 20), ("1,200", 1_200), ("１２", 12), ("1000000", 1_000_000)],
)
def test_a_quantity_is_read_exactly(text: str, pieces: int) -> None:
    assert read_quantity(text) == pieces


def test_an_empty_quantity_says_nothing() -> None:
    assert read_quantity("") is None


@pytest.mark.parametrize(
    "text", ["-1", "1.5", "many", "=A1", "99999999999", "01", "1e3", "#N/A", "1,2", "1000001"]
)
def test_what_is_no_whole_number_is_refused(text: str) -> None:
    assert isinstance(read_quantity(text), tuple)
