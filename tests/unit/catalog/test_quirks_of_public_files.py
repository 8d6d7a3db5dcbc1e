"""What files of real shops hold that no description of their form tells; each test names the public file."""

import pytest

from tests.product_files import TAOBAO_FIELDS, ProductsRead, csv_line
from yellowcart.catalog.imports.dialects import Dialect
from yellowcart.kernel.file_errors import ColumnsMissing

HEAD = "Handle,Title,Body (HTML),Variant Inventory Tracker,Variant Inventory Qty,Variant Price\n"


def shopify(*rows: list[str], head: str = HEAD) -> ProductsRead:
    return ProductsRead(head + "".join(csv_line(row) for row in rows))


@pytest.mark.parametrize("oversold", ["-1", "-35", "-2.0"])
def test_more_sold_than_there_was_leaves_none(oversold: str) -> None:
    """levinmejia/Shopify-Product-CSVs-and-Images CSVs/Bicycles.csv: 23 of 1,121 variants stand below zero."""
    file = shopify(["pedal", "脚踏板一对", "", "shopify", oversold, "12.5"])
    assert (file.problems, file.only.skus[0].quantity) == ([], 0)


@pytest.mark.parametrize(
    ("tracker", "written", "quantity"),
    [
        ("shopify", "0", 0),
        ("", "0", None),
        ("", "-3", None),
        ("", "12", 12),
        ("", "", None),
        ("shopify", "", None),
    ],
)
def test_stock_that_nothing_tracks_is_unknown_and_not_zero(
    tracker: str, written: str, quantity: int | None
) -> None:
    """dinhdungweb/Vietjewelers products_export_1.csv: 1,139 variants without a tracker stand at 0 and are sold;
    shopifypartners/product-csvs apparel.csv: numbers above zero without one."""
    file = shopify(["ring", "素圈银戒指", "", tracker, written, "88"])
    assert (file.problems, file.only.skus[0].quantity) == ([], quantity)
    told = [values for message, values in file.notes if message.startswith("Shopify keeps no stock")]
    assert told == ([{"count": 1}] if not tracker and written in {"0", "-3"} else [])


def test_a_zero_tells_what_it_says_where_no_column_names_a_tracker() -> None:
    file = shopify(["ring", "素圈银戒指", "0", "88"], head="Handle,Title,Variant Inventory Qty,Variant Price\n")
    assert file.only.skus[0].quantity == 0


@pytest.mark.parametrize("mark", ["\ufeff", "\u200b", "\u200e", "\u00ad", "\u2060", "\u202e"])
def test_marks_that_nobody_sees_are_left_out_of_words(mark: str) -> None:
    """levinmejia/Shopify-Product-CSVs-and-Images CSVs/Fashion.csv: marks of the byte order in 144 descriptions;
    MichaelOlanrewaju/supavice data/wc-product-export.csv: spaces without width."""
    file = shopify(["hat", f"{mark}羊毛{mark}针织帽", f"<p>纯羊毛{mark}</p>{mark}均码", "", "5", "12"])
    assert (file.problems, file.only.title, file.only.description) == ([], "羊毛针织帽", "纯羊毛\n均码")


def test_lines_and_spaces_of_every_kind_become_plain_ones_and_joined_emoji_stay() -> None:
    family = "\U0001f468\u200d\U0001f469\u200d\U0001f467"
    file = shopify(
        ["hat", f"羊毛针织帽 {family}", "一\u2028二&nbsp;&nbsp;三\u2003四\u3000五\x85六", "", "5", "12"]
    )
    assert file.problems == []
    assert (file.only.title, file.only.description) == (f"羊毛针织帽 {family}", "一\n二 三 四\u3000五\n六")


def test_columns_that_a_tool_aligned_with_blanks_are_read() -> None:
    """learnshopdev/ShopifyThemeCourseFiles products_export_1.csv: blanks before every comma, behind quotes too."""
    file = ProductsRead(
        "Handle    ,Title           ,Body (HTML)              ,Variant Inventory Qty,Variant Price\n"
        'brownie   ,"蓝莓, 布朗尼"  ,"<p lang=""zh"">好\n吃</p>"  ,3                    ,4.00         \n'
        'cake      ,"香蕉蛋糕 切件" ,""                       ,                     ,"5.50"       \n'
    )
    assert (file.dialect, file.problems) == (Dialect.SHOPIFY, [])
    read = [(each.handle, each.title, each.description, each.skus[0].price_fen) for each in file.products]
    assert read == [("brownie", "蓝莓, 布朗尼", "好\n吃", 400), ("cake", "香蕉蛋糕 切件", "", 550)]
    assert [each.row for each in file.products] == [2, 3]


def test_what_is_missing_is_named_in_english_to_a_file_in_any_language_but_chinese() -> None:
    """artur8800/shop wc-product-export.csv: WooCommerce in Russian; juliettegramatges/Las-Lira: Spanish."""
    with pytest.raises(ColumnsMissing) as refusal:
        ProductsRead("ID,Тип,Артикул,Имя,Опубликован,Базовая цена\n40,simple,,Комбинезон,1,12\n")
    assert (refusal.value.values["columns"], "商" in str(refusal.value.values["expected"])) == (
        "Title, Price",
        False,
    )
    with pytest.raises(ColumnsMissing) as refusal:
        ProductsRead("商品,金额\n茶,12\n")
    assert refusal.value.values["columns"] == "商品标题, 价格"


def test_a_taobao_assistant_file_may_have_commas_and_a_version_line_as_wide_as_the_table() -> None:
    """Programs that write for the assistant: com.yun.zou TaoBaoProduct (UTF-16, commas), and one that fills the
    line of the version up with commas."""
    heads = [list(TAOBAO_FIELDS), list(TAOBAO_FIELDS.values())]
    row = {
        "title": "女士短裙 碎花",
        "cid": "162201",
        "price": "100",
        "num": "100",
        "num_id": "0",
        "outer_id": "D-1",
    }
    row["description"] = '<P><IMG src="FILE:///F:\\1.jpg"></P>碎花'
    lines = ["version 1.00" + "," * (len(TAOBAO_FIELDS) - 1) + "\n", *(",".join(head) + "\n" for head in heads)]
    text = "".join(lines) + csv_line([row.get(field, "") for field in TAOBAO_FIELDS])
    for encoding in ("utf-16", "gbk"):
        file = ProductsRead(text.encode(encoding))
        assert (file.dialect, file.problems) == (Dialect.TAOBAO_ASSISTANT, [])
        assert (file.only.handle, file.only.description) == ("taobao-code:D-1", "碎花")
        assert [(sku.price_fen, sku.quantity) for sku in file.only.skus] == [(10_000, 100)]


def test_an_old_export_for_the_assistant_calls_the_sellers_code_by_another_word() -> None:
    """Exports of a shop program with the headings of the assistant 4.x write 商户编码 for 商家编码."""
    file = ProductsRead(
        "宝贝名称\t宝贝价格\t宝贝数量\t商户编码\t数字ID\n老茶杯 青瓷\t12.5\t7\tCB-1\t0\n".encode("utf-16")
    )
    assert file.problems == []
    assert [(sku.merchant_code, sku.price_fen) for sku in file.only.skus] == [("CB-1", 1_250)]
