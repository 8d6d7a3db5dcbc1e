"""A Shopify product CSV becomes a plan: grouping by handle, prices, unknown stock, and every wrong cell."""

import msgspec
import pytest

from yellowcart.catalog.errors import ColumnsMissing, ColumnTwice
from yellowcart.catalog.import_plan import ImportPlan, PlannedAction
from yellowcart.catalog.import_reading import read_table
from yellowcart.catalog.import_shopify import KnownProduct, handles_of, plain_text, plan_import
from yellowcart.catalog.model import Category, ProductText, ReviewStatus, SaleStatus, Sku
from yellowcart.kernel.ids import CategoryId, ProductId, ShopId, SkuId

HEAD = (
    "Handle,Title,Body (HTML),Vendor,Type,Option1 Name,Option1 Value,Option2 Value,Variant SKU,"
    "Variant Inventory Qty,Variant Price,Variant Barcode,Image Src\n"
)
CATEGORIES = [
    Category(category_id=CategoryId(1), parent_id=None, code="food", name_zh="食品", name_en="Food", position=0),
    Category(
        category_id=CategoryId(2), parent_id=CategoryId(1), code="tea", name_zh="茶叶", name_en="Tea", position=0
    ),
    Category(
        category_id=CategoryId(3),
        parent_id=CategoryId(1),
        code="snacks",
        name_zh="零食",
        name_en="Snacks",
        position=1,
    ),
]
TEA = (
    "oolong,清香铁观音礼盒,<p>好茶</p>,安溪,茶叶,规格,125g,,A-1,20,59.90,'6901234567892,https://a.test/1.png\n"
    "oolong,,,,,,250g,,A-1,10,109,,\n"
    "oolong,,,,,,,,,,,,https://a.test/2.png\n"
)


def plan_of(rows: str, known: dict[str, KnownProduct] | None = None, head: str = HEAD) -> ImportPlan:
    return plan_import(read_table((head + rows).encode()), known or {}, CATEGORIES, "snacks")


def known_as(plan: ImportPlan) -> dict[str, KnownProduct]:
    """The products of a plan as they are known once it was applied."""
    return {
        product.handle: KnownProduct(
            product_id=ProductId(number),
            version=1,
            text=product.text,
            sale_status=SaleStatus.ON_SALE,
            review_status=ReviewStatus.APPROVED,
            skus=[
                Sku(
                    shop_id=ShopId(1),
                    sku_id=SkuId(number * 100 + position),
                    product_id=ProductId(number),
                    name=sku.name,
                    name_en=sku.name_en,
                    price_fen=sku.price_fen,
                    merchant_code=sku.merchant_code,
                    barcode=sku.barcode,
                    position=position,
                    is_active=True,
                    available=sku.quantity or 0,
                    held=0,
                    sold=0,
                )
                for position, sku in enumerate(product.skus)
            ],
        )
        for number, product in enumerate(plan.products, start=1)
    }


def test_rows_of_one_handle_are_one_product_and_a_row_with_only_a_picture_is_no_sku() -> None:
    plan = plan_of(TEA)
    (product,) = plan.products
    assert plan.problems == []
    assert product.text == ProductText(
        category_code="tea", title="清香铁观音礼盒", brand="安溪", description="好茶"
    )
    # One code for two SKUs is usual in real files: a code is no key.
    assert [(sku.name, sku.price_fen, sku.quantity, sku.merchant_code, sku.barcode) for sku in product.skus] == [
        ("125g", 5_990, 20, "A-1", "6901234567892"),
        ("250g", 10_900, 10, "A-1", ""),
    ]
    assert plan.picture_count == 2


def test_the_same_file_again_changes_nothing() -> None:
    first = plan_of(TEA + "puer,熟普洱茶饼,,,,Title,Default Title,,P-1,5,88.8,,\n")
    again = plan_of(TEA + "puer,熟普洱茶饼,,,,Title,Default Title,,P-1,5,88.8,,\n", known_as(first))
    assert {product.action for product in first.products} == {PlannedAction.CREATE}
    assert {product.action for product in again.products} == {PlannedAction.UNCHANGED}


def test_what_changes_is_named() -> None:
    known = known_as(plan_of(TEA))
    (product,) = plan_of(
        TEA.replace("清香", "浓香").replace("59.90", "49.90").replace("A-1,10", "A-1,4"), known
    ).products
    assert product.action is PlannedAction.UPDATE
    assert product.text_changes == ["title"]
    assert [(sku.old_price_fen, sku.price_fen, sku.stock_change) for sku in product.skus] == [
        (5_990, 4_990, 0),
        (10_900, 10_900, -6),
    ]


def test_a_missing_column_of_quantities_is_unknown_stock_and_not_zero() -> None:
    head = "Handle,Title,Variant Price\n"
    fresh = plan_of("puer,熟普洱茶饼,88.8\n", head=head)
    assert not fresh.stock_known
    assert fresh.products[0].skus[0].quantity is None
    known = known_as(fresh)
    stocked = {
        "puer": msgspec.structs.replace(
            known["puer"], skus=[msgspec.structs.replace(known["puer"].skus[0], available=7)]
        )
    }
    (product,) = plan_of("puer,熟普洱茶饼,88.8\n", stocked, head=head).products
    assert product.action is PlannedAction.UNCHANGED
    assert product.skus[0].stock_change == 0


@pytest.mark.parametrize(
    "price", ["面议", "-5", "=1+1", "+3", "1e3", "12.345", "¥12", "1,200", "12,50", "", "0", "１２"]
)
def test_a_price_that_is_no_plain_amount_is_refused_with_row_and_column(price: str) -> None:
    plan = plan_of(f'puer,熟普洱茶饼,,,,,,,P-1,5,"{price}",,\n')
    assert [(problem.row, problem.column, problem.cell) for problem in plan.problems] == [
        (2, "Variant Price", price)
    ]


@pytest.mark.parametrize("quantity", ["-1", "1.5", "many", "=A1", "99999999999", "01"])
def test_a_quantity_that_is_no_whole_number_is_refused_with_row_and_column(quantity: str) -> None:
    plan = plan_of(TEA + f"puer,熟普洱茶饼,,,,,,,P-1,{quantity},88,,\n")
    assert [(problem.row, problem.column) for problem in plan.problems] == [(5, "Variant Inventory Qty")]


def test_every_wrong_cell_of_a_file_is_told_at_once() -> None:
    plan = plan_of(
        ",没有标识的茶叶,,,,,,,,1,10,,\n"
        "a,国家级铁观音,,,,,,,,1,10,,\n"
        "b,,,,,,,,,1,10,,\n"
        "c,熟普洱茶饼,,,,,大,,,1,10,,\n"
        "c,,,,,,大,,,1,11,,\n"
        "c,,,,,,小,,,1,,,\n"
    )
    assert [(problem.row, problem.column) for problem in plan.problems] == [
        (2, "Handle"),
        (3, "Title"),
        (4, "Title"),
        (6, "Option1 Value"),
        (7, "Variant Price"),
    ]


def test_a_retired_product_is_not_brought_back_by_a_file() -> None:
    known = {
        handle: msgspec.structs.replace(product, sale_status=SaleStatus.RETIRED)
        for handle, product in known_as(plan_of(TEA)).items()
    }
    assert [problem.column for problem in plan_of(TEA, known).problems] == ["Handle"]


def test_a_sku_that_the_file_does_not_name_stays_as_it_is() -> None:
    known = known_as(plan_of(TEA))
    (product,) = plan_of(TEA.splitlines()[0] + "\n", known).products
    assert product.action is PlannedAction.UNCHANGED


def test_an_empty_cell_says_nothing() -> None:
    known = known_as(plan_of(TEA))
    (product,) = plan_of("oolong,,,,,,125g,,,,59.90,,\n", known).products
    assert product.action is PlannedAction.UNCHANGED


@pytest.mark.parametrize(
    ("kind", "code"), [("茶叶", "tea"), ("Tea", "tea"), ("TEA", "tea"), ("食品", "snacks"), ("", "snacks")]
)
def test_a_type_that_names_a_lowest_category_chooses_it(kind: str, code: str) -> None:
    (product,) = plan_of(f"puer,熟普洱茶饼,,,{kind},,,,P-1,5,88,,\n").products
    assert product.text.category_code == code


def test_headings_are_needed_once() -> None:
    with pytest.raises(ColumnsMissing) as refused:
        handles_of(read_table(b"Name,Price\na,1\n"))
    assert refused.value.values["columns"] == "Handle, Title, Variant Price"
    with pytest.raises(ColumnTwice):
        handles_of(read_table(b"Handle,Title,Variant Price,Title\na,b,1,c\n"))


@pytest.mark.parametrize(
    ("markup", "words"),
    [
        ("<p>一</p><p>二&amp;三</p>", "一\n\n二&三"),
        ("好<br>茶<script>alert(1)</script><style>p{}</style>", "好\n茶"),
        ("<ul><li>一</li><li>二</li></ul>", "一\n\n二"),
        ("a < b", "a < b"),
        ("<b onclick=x>粗</b> 体", "粗 体"),
    ],
)
def test_a_description_is_taken_as_words(markup: str, words: str) -> None:
    assert plain_text(markup) == words
