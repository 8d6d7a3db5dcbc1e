"""A Shopify product CSV: grouping by handle, unknown stock, and every wrong cell (formats.md §3)."""

import pytest

from tests.product_files import SHOPIFY_HEAD, ProductsRead
from yellowcart.catalog.imports.dialects import Dialect
from yellowcart.catalog.rules import SKUS_MAX

TEA = (
    "oolong,清香铁观音礼盒,<p>好茶</p>,安溪,茶叶,规格,125g,,A-1,20,59.90,'6901234567892,https://a.test/1.png,,,active\n"
    "oolong,,,,,,250g,,A-1,10,109,,,https://a.test/v.png,,\n"
    "oolong,,,,,,,,,,,,https://a.test/2.png,,,\n"
)


def shopify(rows: str) -> ProductsRead:
    return ProductsRead(SHOPIFY_HEAD + rows)


def test_rows_of_one_handle_are_one_product_and_a_row_with_only_a_picture_is_no_sku() -> None:
    file = shopify(TEA)
    product = file.only
    assert (file.dialect, file.problems) == (Dialect.SHOPIFY, [])
    assert (product.handle, product.title, product.brand, product.description, product.category_hint) == (
        "oolong",
        "清香铁观音礼盒",
        "安溪",
        "好茶",
        "茶叶",
    )
    # One code for two SKUs is usual in real files: a code is no key.
    assert [(sku.name, sku.price_fen, sku.quantity, sku.merchant_code, sku.barcode) for sku in product.skus] == [
        ("125g", 5_990, 20, "A-1", "6901234567892"),
        ("250g", 10_900, 10, "A-1", ""),
    ]
    assert product.picture_urls == ["https://a.test/1.png", "https://a.test/2.png"]
    assert product.skus[1].picture_url == "https://a.test/v.png"
    assert product.origin_source is None


def test_rows_of_one_product_may_stand_apart_and_products_keep_their_order() -> None:
    lines = TEA.splitlines(keepends=True)
    file = shopify(lines[0] + "puer,熟普洱茶饼,,,,,,,P,1,88,,,,,\n" + lines[1] + lines[2])
    assert [(product.handle, product.row) for product in file.products] == [("oolong", 2), ("puer", 3)]
    assert [sku.row for sku in file.products[0].skus] == [2, 4]


def test_a_product_without_options_has_the_standard_sku() -> None:
    file = shopify("puer,熟普洱茶饼,,,,Title,Default Title,,P-1,5,88.8,,,,,\n")
    assert (file.only.skus[0].name, file.only.skus[0].name_en) == ("默认规格", "Standard")


def test_a_missing_column_of_quantities_is_unknown_stock_and_not_zero() -> None:
    file = ProductsRead("Handle,Title,Variant Price\npuer,熟普洱茶饼,88.8\n")
    assert file.only.skus[0].quantity is None
    assert len(file.notes) == 1


@pytest.mark.parametrize("price", ["面议", "-5", "=1+1", "+3", "1e3", "12.345", "12,50", "", "0", "12-15"])
def test_a_price_that_is_no_plain_amount_is_refused_with_row_and_column(price: str) -> None:
    assert shopify(f'puer,熟普洱茶饼,,,,,,,P-1,5,"{price}",,,,,\n').problems == [(2, "Variant Price", price)]


@pytest.mark.parametrize("quantity", ["-1.5", "1.5", "many", "=A1", "99999999999", "01"])
def test_a_quantity_that_is_no_whole_number_is_refused_with_row_and_column(quantity: str) -> None:
    file = shopify(TEA + f"puer,熟普洱茶饼,,,,,,,P-1,{quantity},88,,,,,\n")
    assert file.problems == [(5, "Variant Inventory Qty", quantity)]


def test_every_wrong_cell_of_a_file_is_told_and_a_wrong_product_leaves_the_others_right() -> None:
    file = shopify(
        ',没有标识的茶叶,,,,,,,,1,10,,,,,\na,=HYPERLINK("x"),,,,,,,,1,10,,,,,\n'.replace(
            '=HYPERLINK("x")', '"=HYPERLINK(""x"")"'
        )
        + "c,熟普洱茶饼,,,,,大,,,1,10,6.9E+12,,,,\n"
        "c,,,,,,大,,,1,11,,,,,\n"
        "c,,,,,,小,,,1,,,,,,\n" + TEA
    )
    assert [(row, column) for row, column, _ in file.problems] == [
        (2, "Handle"),
        (3, "Title"),
        (4, "Variant Barcode"),
        (5, "Option1 Value"),
        (6, "Variant Price"),
    ]
    assert file.products[-1].problems == []


def test_half_a_row_is_told_by_what_it_lacks() -> None:
    assert shopify(TEA + "puer,熟普洱").problems == [(5, "Variant Price", "")]


@pytest.mark.parametrize(("cell", "row"), [("true,", 2), (",archived", 2), (",draft", 2)])
def test_what_is_not_for_sale_in_shopify_is_skipped_with_a_reason(cell: str, row: int) -> None:
    product = shopify(f"card,礼品卡一百元,,,,,,,,1,100,,,,{cell}\n").only
    assert product.skipped is not None
    assert (product.row, product.problems) == (row, [])


def test_more_skus_than_a_product_may_have_are_a_problem_and_no_crash() -> None:
    rows = "".join(f"a,茶叶礼盒,,,,,{number}g,,,1,5,,,,,\n" for number in range(SKUS_MAX + 1))
    assert [column for _, column, _ in shopify(rows).problems] == ["Option1 Value"]


def test_ten_thousand_rows_of_one_product_are_a_problem_and_no_crash() -> None:
    rows = "".join(f"a,茶叶礼盒,,,,,{number}g,,,1,面议,,,,,\n" for number in range(10_000))
    product = shopify(rows).only
    assert 1 <= len(product.problems) <= 100
    assert "Handle" in {problem.column for problem in product.problems}


def test_what_spreadsheets_put_around_digits_is_taken_away() -> None:
    file = shopify('a,茶叶礼盒,,,,,,,"=""007""",1,5,"=""6901234567892""",,,,\n')
    assert (file.only.skus[0].merchant_code, file.only.skus[0].barcode) == ("007", "6901234567892")
    assert file.problems == []
