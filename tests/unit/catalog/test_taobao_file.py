"""A Taobao assistant CSV: its envelope, its quotes, its packed SKUs and pictures (formats.md §1)."""

import codecs

import pytest

from tests.product_files import TAOBAO_FIELDS, ProductsRead, taobao_file
from yellowcart.catalog.imports.dialects import Dialect
from yellowcart.kernel.file_errors import RowUnreadable

DRESS = {
    "title": "雾蓝连衣裙 法式",
    "cid": "50010850",
    "price": "48.43",
    "num": "200",
    "description": '<p class="a">第一行\r\n第二\t行</p><p>"双引号" ""两对""</p>',
    "picture": (
        "6d0070032957e5af9ffeb5879ebaf8d6:1:1:|;ff50d4ebbbe59def9faa2672d7538f44:1:0:|http://img.alicdn.com/a_!!5.jpg;"
        ":1:2:|https://img.alicdn.com/b.jpg;54845d82ec3db3731fd63ebf5568b82d:2:0:1627207:-1001|//img.alicdn.com/c.jpg;"
    ),
    "skuProps": (
        "48.43:100::1627207:-1001;20509:28383;48.58:100::1627207:28341;20509:28383;"
        "48.41:95:EAN-8:1627207:132069;20509:28383;"
    ),
    "inputPids": "13021751,20000",
    "inputValues": "货号一,雾里;型号;二",
    "outer_id": "OUT-1",
    "propAlias": "1627207:28341:墨黑;",
    "num_id": "543527737123",
    "input_custom_cpv": "1627207:-1001:雾蓝;",
}
SOCKS = {
    "title": "纯棉中筒袜 五双",
    "price": "9.9",
    "num": "5",
    "outer_id": "S-1",
    "num_id": "0",
    "barcode": "6901234567892",
}


@pytest.mark.parametrize(
    ("content", "encoding", "first"),
    [
        (codecs.BOM_UTF16_LE + taobao_file(DRESS, SOCKS).encode("utf-16-le"), "UTF-16", 4),
        (taobao_file(DRESS, SOCKS, line="\n").encode("gbk"), "GB18030", 4),
        (taobao_file(DRESS, SOCKS).encode(), "UTF-8", 4),
        (taobao_file(DRESS, SOCKS, old=True).encode("gbk"), "GB18030", 2),
    ],
)
def test_the_envelope_is_known_in_all_its_forms(content: bytes, encoding: str, first: int) -> None:
    file = ProductsRead(content)
    assert (file.dialect, file.encoding, file.problems) == (Dialect.TAOBAO_ASSISTANT, encoding, [])
    assert [product.row for product in file.products] == [first, first + 1]
    assert file.products[0].description == '第一行\n第二 行\n\n"双引号" "两对"'


def test_an_item_is_taken_with_its_number_its_skus_and_their_names() -> None:
    product = ProductsRead(taobao_file(DRESS)).only
    assert (product.handle, product.origin_source, product.origin_item_id) == (
        "taobao:543527737123",
        "taobao_union",
        "543527737123",
    )
    assert product.brand == "雾里"
    assert [(sku.name, sku.price_fen, sku.quantity, sku.merchant_code) for sku in product.skus] == [
        ("雾蓝 / 均码", 4_843, 100, ""),
        ("墨黑 / 均码", 4_858, 100, ""),
        ("132069 / 均码", 4_841, 95, "EAN-8"),
    ]


def test_only_pictures_with_an_address_are_given_in_the_order_of_their_positions() -> None:
    file = ProductsRead(taobao_file(DRESS))
    assert file.only.picture_urls == ["http://img.alicdn.com/a_!!5.jpg", "https://img.alicdn.com/b.jpg"]
    assert [sku.picture_url for sku in file.only.skus] == ["//img.alicdn.com/c.jpg", "", ""]
    assert {values["count"] for _, values in file.notes} == {1}
    assert len(file.notes) == 2  # one picture without address, one SKU without a name


def test_an_item_that_was_never_on_taobao_has_its_code_as_key_and_no_origin() -> None:
    product = ProductsRead(taobao_file(SOCKS)).only
    assert (product.handle, product.origin_source, product.origin_item_id) == ("taobao-code:S-1", None, None)
    (sku,) = product.skus
    assert (sku.name, sku.price_fen, sku.quantity, sku.merchant_code, sku.barcode) == (
        "默认规格",
        990,
        5,
        "S-1",
        "6901234567892",
    )


def test_a_header_is_matched_by_name_whatever_its_order_and_length() -> None:
    head = "数字ID\t宝贝价格\t宝贝名称\t宝贝数量\n"
    product = ProductsRead((head + '543527737123\t5\t"茶叶礼盒"\t7\n').encode("gbk")).only
    assert (product.title, product.skus[0].price_fen, product.skus[0].quantity) == ("茶叶礼盒", 500, 7)


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ('a"b', 'a"b'),
        ('a""b', 'a"b'),
        ('say ""hi""', 'say "hi"'),
        ("a\r\nb\tc", "a\nb c"),
        ('"', '"'),
        ("", ""),
    ],
)
def test_a_quoted_cell_ends_only_at_a_quote_before_a_tab_or_the_end_of_a_line(cell: str, text: str) -> None:
    product = ProductsRead(taobao_file(SOCKS | {"description": cell})).only
    assert product.description == text
    assert product.skus[0].merchant_code == "S-1"


def test_a_quote_that_never_ends_is_refused_with_its_row_and_column() -> None:
    with pytest.raises(RowUnreadable) as refused:
        ProductsRead(taobao_file(DRESS) + '"袜子\t1\t9.9\n')
    assert (refused.value.values["row"], refused.value.values["column"]) == (5, 1)


@pytest.mark.parametrize(
    ("change", "column"),
    [
        ({"skuProps": "面议:100::1627207:28341;"}, "skuProps"),
        ({"skuProps": "48.43:-1::1627207:28341;"}, "skuProps"),
        ({"skuProps": "not a SKU"}, "skuProps"),
        ({"skuProps": "1:1::1627207:28341;1:1::1627207:28341;"}, "skuProps"),
        ({"num_id": "5.43528E+11"}, "num_id"),
    ],
)
def test_what_cannot_be_read_is_wrong_at_its_place(change: dict[str, str], column: str) -> None:
    file = ProductsRead(taobao_file(DRESS | change))
    assert [(row, where) for row, where, _ in file.problems] == [(4, column)]


def test_barcodes_of_skus_are_taken_only_where_they_cannot_be_misread() -> None:
    three = "6901234567892;6901234567893;6901234567894"
    assert [
        sku.barcode for sku in ProductsRead(taobao_file(DRESS | {"sku_barcode": three})).only.skus
    ] == three.split(";")
    two = ProductsRead(taobao_file(DRESS | {"sku_barcode": "6901234567892;6901234567893"})).only
    assert [sku.barcode for sku in two.skus] == ["", "", ""]


def test_the_misspelt_headings_of_the_real_file_do_no_harm() -> None:
    assert "is_lighting_consigment" in TAOBAO_FIELDS
    assert ProductsRead(taobao_file(SOCKS | {"is_lighting_consigment": "12"})).problems == []
