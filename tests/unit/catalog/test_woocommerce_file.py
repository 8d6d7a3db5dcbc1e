"""A WooCommerce product CSV: types, parents and variations in any order, sale prices, lists (formats.md §4)."""

from datetime import UTC, datetime

import pytest

from tests.product_files import MARCH, ProductsRead, csv_line
from yellowcart.catalog.imports.dialects import Dialect
from yellowcart.catalog.imports.woocommerce import parts_of

ENGLISH = [
    "ID", "Type", "SKU", "Name", "Published", "Short description", "Description", "Date sale price starts",
    "Date sale price ends", "In stock?", "Stock", "Sale price", "Regular price", "Categories", "Images", "Parent",
    "Upsells", "Cross-sells", "Attribute 1 name", "Attribute 1 value(s)", "Attribute 2 name",
    "Attribute 2 value(s)",
]  # fmt: skip
CHINESE = [
    "ID", "类型", "SKU", "名称", "已发布", "简短描述", "描述", "促销开始日期", "促销截止日期", "有货？", "库存",
    "促销价格", "常规售价", "分类", "图片", "父级", "交叉销售", "交叉销售", "属性 1 名称", "属性 1 值",
    "属性2名称", "属性2值",
]  # fmt: skip
"""As sites in Chinese export them: 交叉销售 stands for both upsells and cross-sells."""


def woocommerce(
    *rows: dict[str, str], head: list[str] = ENGLISH, now: datetime = MARCH, end: str = ""
) -> ProductsRead:
    lines = [csv_line([row.get(name, "") for name in ENGLISH]) for row in rows]
    return ProductsRead("\ufeff" + csv_line(head) + "".join(lines) + end, now=now)


SIMPLE = {"ID": "7", "Type": "simple", "Name": "马克杯", "Regular price": "12", "Published": "1"}
PARENT = {
    "ID": "20",
    "Type": "variable",
    "SKU": "SH",
    "Name": "亚麻衬衫",
    "Description": "一行\\n二行 \\\\n",
    "Categories": "服装 > 衬衫, 特价",
    "Images": "https://a.test/1.jpg, local.jpg",
    "Attribute 1 value(s)": "Red\\, dark, Blue",
}
RED = {
    "ID": "21",
    "Type": "variation, virtual",
    "SKU": "SH-R",
    "Parent": "id:20",
    "Stock": "3",
    "Regular price": "59.5",
    "Attribute 1 value(s)": "Red\\, dark",
    "Attribute 2 value(s)": "",
}
BLUE = RED | {"ID": "22", "SKU": "SH-B", "Parent": "SH", "Stock": "", "Attribute 1 value(s)": "Blue"}


@pytest.mark.parametrize("head", [ENGLISH, CHINESE])
def test_headings_in_both_languages_are_known(head: list[str]) -> None:
    file = woocommerce(PARENT, RED, BLUE, head=head)
    assert (file.dialect, file.problems) == (Dialect.WOOCOMMERCE, [])
    assert [sku.name for sku in file.only.skus] == ["Red, dark", "Blue"]


@pytest.mark.parametrize("rows", [(PARENT, RED, BLUE), (RED, PARENT, BLUE), (RED, BLUE, PARENT)])
def test_variations_find_their_parent_before_or_after_them_by_id_or_sku(rows: tuple[dict[str, str], ...]) -> None:
    product = woocommerce(*rows, SIMPLE).products[0]
    assert (product.handle, product.title, product.category_hint) == (
        "woocommerce:20",
        "亚麻衬衫",
        "服装 > 衬衫, 特价",
    )
    assert product.description == "一行\n二行 \\n"
    assert product.picture_urls == ["https://a.test/1.jpg"]
    assert [(sku.price_fen, sku.quantity, sku.merchant_code) for sku in product.skus] == [
        (5_950, 3, "SH-R"),
        (5_950, None, "SH-B"),
    ]


def test_a_variation_without_parent_in_the_file_is_wrong_at_its_reference() -> None:
    file = woocommerce(SIMPLE, RED | {"Parent": "id:99"})
    assert file.problems == [(3, "Parent", "id:99")]


def test_a_variation_for_any_value_is_called_as_woocommerce_calls_it() -> None:
    anything = RED | {"Attribute 1 value(s)": "", "Name": "亚麻衬衫 - 其他"}
    assert woocommerce(PARENT, anything).only.skus[0].name == "其他"


@pytest.mark.parametrize(
    ("starts", "ends", "fen"),
    [
        ("", "", 900),
        ("2022-03-01", "2022-03-01", 900),
        ("2022-03-02", "", 1_200),
        ("", "2022-02-28", 1_200),
        ("2022-02-01 00:00:00", "2022-04-01", 900),
    ],
)
def test_a_sale_price_holds_while_its_sale_runs(starts: str, ends: str, fen: int) -> None:
    sale = SIMPLE | {"Sale price": "9", "Date sale price starts": starts, "Date sale price ends": ends}
    assert woocommerce(sale).only.skus[0].price_fen == fen


def test_the_day_of_a_sale_is_that_of_the_platform() -> None:
    sale = SIMPLE | {"Sale price": "9", "Date sale price starts": "2022-03-02"}
    late_evening_in_london = datetime(2022, 3, 1, 16, tzinfo=UTC)
    assert woocommerce(sale, now=late_evening_in_london).only.skus[0].price_fen == 900


@pytest.mark.parametrize(
    ("row", "quantity"),
    [
        ({"Stock": "5"}, 5),
        ({"Stock": "5.0"}, 5),
        ({"Stock": "", "In stock?": "1"}, None),
        ({"Stock": "", "In stock?": "0"}, 0),
        ({"Stock": "-2", "In stock?": "backorder"}, 0),
    ],
)
def test_stock_that_is_not_managed_is_unknown_and_not_zero(row: dict[str, str], quantity: int | None) -> None:
    assert woocommerce(SIMPLE | row).only.skus[0].quantity == quantity


@pytest.mark.parametrize(
    "row", [{"Type": "external"}, {"Type": "grouped"}, {"Type": "subscription"}, {"Published": "-1"}]
)
def test_what_is_no_product_of_this_shop_is_skipped_with_a_reason(row: dict[str, str]) -> None:
    assert woocommerce(SIMPLE | row).only.skipped is not None


def test_a_date_and_a_price_that_cannot_be_read_are_wrong_at_their_places() -> None:
    file = woocommerce(
        SIMPLE | {"Sale price": "9", "Date sale price starts": "next week"},
        SIMPLE | {"ID": "8", "Regular price": "面议"},
    )
    assert file.problems == [(2, "Date sale price starts", "next week"), (3, "Regular price", "面议")]


def test_the_exporters_guard_before_formulas_is_undone() -> None:
    assert woocommerce(SIMPLE | {"Name": "'-10% 促销杯"}).only.title == "-10% 促销杯"
    assert woocommerce(SIMPLE | {"Name": "'+优惠装'"}).only.title == "+优惠装"
    assert woocommerce(SIMPLE | {"Name": "'=1+1"}).problems == [(2, "Name", "=1+1")]


def test_rows_of_nothing_are_no_products() -> None:
    assert len(woocommerce(SIMPLE, end=csv_line(["0", ""] + [""] * 20)).products) == 1


@pytest.mark.parametrize(
    ("text", "parts"),
    [("a, b", ["a", "b"]), ("a\\, b", ["a, b"]), ("", []), (" , ,", []), ("a\\", ["a"]), ("\\\\,b", ["\\", "b"])],
)
def test_a_list_is_split_at_commas_that_are_not_guarded(text: str, parts: list[str]) -> None:
    assert parts_of(text) == parts
