"""Which kind of product file a file is; selection lists, our own template, and files that are neither."""

import pytest

from tests.file_fixtures import old_workbook, workbook, workbook_of_xml
from tests.product_files import ALIMAMA_DAILY, ALIMAMA_OWN, SHOPIFY_HEAD, ProductsRead
from yellowcart.catalog.imports.dialects import DIALECT_NAMES, Dialect
from yellowcart.catalog.imports.template import template_rows
from yellowcart.kernel.errors import Refusal
from yellowcart.kernel.file_errors import ColumnsMissing, ColumnTwice, FileEmpty
from yellowcart.kernel.translation import Locale


def alimama_row(head: list[str], **cells: str) -> list[str]:
    known = {
        "商品id": "543527737123",
        "商品名称": "安溪铁观音礼盒",
        "商品主图": "//img.alicdn.com/x.jpg",
        "商品一级类目": "茶叶",
        "商品价格(单位：元)": "29.90",
        "平台类型": "天猫",
        "优惠券面额": "满29元减5元",
    } | cells
    return [known.get(name, "") for name in head]


@pytest.mark.parametrize("head", [ALIMAMA_DAILY, ALIMAMA_OWN])
@pytest.mark.parametrize("written", [old_workbook, workbook])
def test_both_selection_lists_are_read_from_both_kinds_of_workbook(head: list[str], written: object) -> None:
    assert callable(written)
    file = ProductsRead(written([head, alimama_row(head)]))
    product = file.only
    assert (file.dialect, file.problems, file.encoding) == (Dialect.ALIMAMA, [], "")
    assert (product.handle, product.origin_source, product.origin_item_id, product.title) == (
        "taobao:543527737123",
        "taobao_union",
        "543527737123",
        "安溪铁观音礼盒",
    )
    # One price, before the coupon; no variants; stock unknown.
    assert [(sku.price_fen, sku.quantity) for sku in product.skus] == [(2_990, None)]


def test_an_item_number_that_excel_has_cut_short_is_wrong_and_not_guessed() -> None:
    rows = [ALIMAMA_DAILY, alimama_row(ALIMAMA_DAILY, 商品id="6.27E+11"), alimama_row(ALIMAMA_DAILY, 商品id="茶")]
    file = ProductsRead(old_workbook(rows))
    assert file.problems == [(2, "商品id", "6.27E+11"), (3, "商品id", "茶")]
    assert {product.handle for product in file.products} == {"", "taobao:茶"}


@pytest.mark.parametrize("locale", list(Locale))
def test_our_template_is_read_as_it_is_given_out(locale: Locale) -> None:
    file = ProductsRead(workbook(template_rows(locale)))
    assert (file.dialect, file.problems, file.row_count_hint) == (Dialect.TEMPLATE, [], 2)
    assert [(sku.price_fen, sku.quantity) for sku in file.only.skus] == [(5_990, 200), (10_900, 120)]
    assert file.only.handle == "DEMO-001"


def test_template_rows_with_one_title_are_one_product_where_no_code_stands() -> None:
    file = ProductsRead("标题,规格,价格,描述\n茶叶礼盒,大,10,\n白酒,,99,\n茶叶礼盒,小,5,好茶\n,无,3,\n")
    assert [(product.title, [sku.name for sku in product.skus]) for product in file.products] == [
        ("茶叶礼盒", ["大", "小"]),
        ("白酒", ["默认规格"]),
        ("", ["无"]),
    ]
    assert file.products[0].description == "好茶"
    assert file.problems == [(5, "标题", "")]


def test_a_formula_in_a_cell_is_told_and_never_reckoned() -> None:
    file = ProductsRead('标题,价格\n=1+1,5\n茶叶礼盒,=2*3\n"=HYPERLINK(""http://x"",""茶"")",5\n')
    assert [(row, column) for row, column, _ in file.problems] == [(2, "标题"), (3, "价格"), (4, "标题")]
    cells = '<row r="1"><c r="A1" t="str"><v>标题</v></c><c r="B1" t="str"><v>价格</v></c></row>'
    known = '<row r="2"><c r="A2" t="str"><v>茶叶礼盒</v></c><c r="B2"><f>5*2</f><v>10</v></c></row>'
    unknown = '<row r="3"><c r="A3" t="str"><v>白酒</v></c><c r="B3"><f>5*2</f></c></row>'
    book = ProductsRead(workbook_of_xml(cells + known + unknown))
    assert book.problems == [(3, "价格", "")]
    assert book.products[0].skus[0].price_fen == 1_000
    assert any(values == {"count": 1} for _, values in book.notes)


def test_a_workbook_keeps_prices_exact() -> None:
    book = ProductsRead(workbook([["标题", "价格"], ["茶叶礼盒", 19.9], ["白酒", 0.1 + 0.2], ["红酒", 12.345]]))
    assert [product.skus[0].price_fen for product in book.products] == [1_990, 30, 0]
    assert book.problems == [(4, "价格", "12.345")]


@pytest.mark.parametrize(
    ("content", "dialect", "missing"),
    [
        ("Handle,Title\na,b\n", Dialect.SHOPIFY, "Variant Price"),
        ("ID,Type,SKU,Name,Published\n1,simple,a,b,1\n", Dialect.WOOCOMMERCE, "Regular price"),
        ("商品id,商品名称,淘宝客链接\n1,a,b\n", Dialect.ALIMAMA, "商品价格(单位：元)"),
        ("宝贝名称\t宝贝价格\t宝贝类目\na\t1\t2\n", Dialect.TAOBAO_ASSISTANT, "宝贝数量"),
        ("标题,库存\n茶,1\n", Dialect.TEMPLATE, "价格"),
        ("Name,Cost\na,1\n", Dialect.TEMPLATE, "Price"),
    ],
)
def test_a_wrong_header_says_which_headings_the_nearest_dialect_lacks(
    content: str, dialect: Dialect, missing: str
) -> None:
    with pytest.raises(ColumnsMissing) as refused:
        ProductsRead(content)
    assert (refused.value.values["form"], refused.value.values["columns"]) == (DIALECT_NAMES[dialect], missing)
    assert missing in refused.value.text(Locale.CHINESE)
    assert missing in refused.value.text(Locale.ENGLISH)


def test_a_dialect_that_is_said_is_not_doubted() -> None:
    with pytest.raises(ColumnsMissing) as refused:
        ProductsRead("标题,价格\n茶叶礼盒,5\n", Dialect.SHOPIFY)
    assert refused.value.values["columns"] == "Handle, Title, Variant Price"
    assert ProductsRead("Handle,Title,Price\na,茶叶礼盒,5\n", Dialect.TEMPLATE).dialect is Dialect.TEMPLATE


def test_a_heading_that_is_read_stands_once_and_others_as_often_as_they_like() -> None:
    with pytest.raises(ColumnTwice):
        ProductsRead("标题,价格,标题\n茶,1,酒\n")
    assert ProductsRead("标题,价格,备注,备注\n茶叶,1,酒,\n").problems == []


@pytest.mark.parametrize("content", ["", "\n\n", "标题,价格\n", SHOPIFY_HEAD, ",,,\n"])
def test_a_file_without_products_is_empty(content: str) -> None:
    with pytest.raises(FileEmpty):
        ProductsRead(content)


def test_a_title_or_a_report_name_above_the_headings_is_passed_over() -> None:
    assert ProductsRead("春季新品\n\n标题,价格\n茶叶礼盒,5\n").only.row == 4


@pytest.mark.parametrize("content", [b"\xff\xd8\xff\xe0", b"%PDF-1.4", b"PK\x03\x04", b"{}", b"a" * 1_000_000])
def test_what_is_no_product_file_is_refused(content: bytes) -> None:
    with pytest.raises(Refusal):
        ProductsRead(content)
