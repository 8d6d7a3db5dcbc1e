"""One product of a file against what the shop knows: its fate, what of it changes, and everything wrong in it."""

import msgspec
import pytest

from yellowcart.catalog.imports.file_product import FileProduct, FileSku, RowProblem
from yellowcart.catalog.imports.model import Fate, ReadRow
from yellowcart.catalog.imports.plan_product import Categories, KnownProduct, choose_known, codes_of, plan_product
from yellowcart.catalog.model import Category, ProductText, ReviewStatus, SaleStatus, Sku
from yellowcart.catalog.rules import SKUS_MAX
from yellowcart.kernel.ids import CategoryId, ProductId, ShopId, SkuId

TREE = [
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
CATEGORIES = Categories(TREE, "snacks")
COLUMNS = {"handle": "Handle", "title": "Title", "description": "Body (HTML)", "category": "Type"}


def sku(name: str = "125g", price_fen: int = 5_990, quantity: int | None = 20, code: str = "A-1") -> FileSku:
    return FileSku(row=2, name=name, price_fen=price_fen, quantity=quantity, merchant_code=code)


def tea(**changes: object) -> FileProduct:
    """A tea with one SKU; `changes` replace its fields."""
    fields: dict[str, object] = {
        "row": 2,
        "handle": "oolong",
        "title": "清香铁观音礼盒",
        "brand": "安溪",
        "description": "好茶",
        "category_hint": "茶叶",
        "skus": [sku()],
        "columns": COLUMNS,
    }
    return FileProduct(**(fields | changes))  # type: ignore[arg-type]


def known_as(product: FileProduct, number: int = 1) -> KnownProduct:
    """The product as the shop knows it once it was imported."""
    planned = plan_product(product, None, CATEGORIES).planned
    assert planned is not None
    return KnownProduct(
        product_id=ProductId(number),
        version=1,
        import_handle=product.handle,
        text=planned.text,
        sale_status=SaleStatus.ON_SALE,
        review_status=ReviewStatus.APPROVED,
        skus=[
            Sku(
                shop_id=ShopId(1),
                sku_id=SkuId(number * 100 + position),
                product_id=ProductId(number),
                name=each.name,
                name_en=each.name_en,
                price_fen=each.price_fen,
                merchant_code=each.merchant_code,
                barcode=each.barcode,
                position=position,
                is_active=True,
                available=each.quantity or 0,
                held=0,
                sold=0,
            )
            for position, each in enumerate(planned.skus)
        ],
        origins=frozenset([planned.origin] if planned.origin else []),
    )


def told(row: ReadRow) -> list[tuple[str, str]]:
    return [(problem.column, problem.message) for problem in row.problems]


def test_an_unknown_product_is_created_as_the_file_has_it() -> None:
    row = plan_product(tea(), None, CATEGORIES)
    assert (row.fate, row.row, row.handle, row.title) == (Fate.CREATE, 2, "oolong", "清香铁观音礼盒")
    assert row.planned is not None
    assert row.planned.text == ProductText(
        category_code="tea", title="清香铁观音礼盒", brand="安溪", description="好茶"
    )
    assert [(each.sku_id, each.price_fen, each.quantity) for each in row.planned.skus] == [(None, 5_990, 20)]


def test_the_same_product_again_is_unchanged() -> None:
    assert plan_product(tea(), known_as(tea()), CATEGORIES).fate is Fate.UNCHANGED


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        ({"title": "浓香铁观音礼盒"}, ["title"]),
        ({"title_en": "Oolong in a box", "brand": "西坪"}, ["title_en", "brand"]),
        ({"description": "更好的茶"}, ["description"]),
    ],
)
def test_what_changes_in_the_text_is_named(changes: dict[str, object], fields: list[str]) -> None:
    row = plan_product(tea(**changes), known_as(tea()), CATEGORIES)
    assert row.fate is Fate.UPDATE
    assert row.planned is not None
    assert row.planned.text_changes == fields


@pytest.mark.parametrize(
    "changed",
    [sku(price_fen=4_990), sku(quantity=24), sku(code="B-1"), sku(name="250g")],
    ids=["price", "stock", "code", "name of the only one"],
)
def test_a_changed_sku_changes_its_product(changed: FileSku) -> None:
    row = plan_product(tea(skus=[changed]), known_as(tea()), CATEGORIES)
    expected = Fate.UNCHANGED if changed.name == "250g" else Fate.UPDATE
    assert row.fate is expected


def test_a_sku_that_is_named_anew_beside_another_is_a_new_one() -> None:
    row = plan_product(tea(skus=[sku(), sku("250g")]), known_as(tea()), CATEGORIES)
    assert row.planned is not None
    assert [each.sku_id is None for each in row.planned.skus] == [False, True]


def test_what_the_file_leaves_empty_says_nothing() -> None:
    silent = tea(title="", brand="", description="", category_hint="", skus=[sku(quantity=None, code="")])
    assert plan_product(silent, known_as(tea()), CATEGORIES).fate is Fate.UNCHANGED


def test_unknown_stock_is_not_zero_and_a_new_sku_without_stock_begins_with_none() -> None:
    fresh = plan_product(tea(skus=[sku(quantity=None)]), None, CATEGORIES)
    assert fresh.planned is not None
    assert fresh.planned.skus[0].quantity is None
    assert fresh.planned.skus[0].stock_change == 0


def test_a_file_that_was_counted_before_counts_nothing_again_but_fills_new_skus() -> None:
    more = tea(skus=[sku(quantity=50), sku("250g", quantity=9)])
    row = plan_product(more, known_as(tea()), CATEGORIES, quantities_taken=True)
    assert row.planned is not None
    assert [each.quantity for each in row.planned.skus] == [None, 9]


def test_a_product_that_the_file_has_wrong_is_not_looked_at_further() -> None:
    problem = RowProblem(row=3, column="Variant Price", message="The price is missing.")
    row = plan_product(tea(problems=[problem]), None, CATEGORIES)
    assert (row.fate, row.planned, row.problems) == (Fate.WRONG, None, [problem])


def test_what_is_none_of_ours_is_skipped_with_its_reason() -> None:
    row = plan_product(tea(skipped=("A gift card is no goods.", {})), None, CATEGORIES)
    assert (row.fate, told(row)) == (Fate.SKIPPED, [("", "A gift card is no goods.")])


def test_the_second_row_of_the_same_product_is_wrong_and_names_the_first() -> None:
    row = plan_product(tea(row=9), None, CATEGORIES, same_before=2)
    assert row.fate is Fate.WRONG
    assert row.problems[0].values == {"row": 2}


@pytest.mark.parametrize(
    "gone",
    [{"sale_status": SaleStatus.RETIRED}, {"review_status": ReviewStatus.BANNED}],
    ids=["retired", "banned"],
)
def test_what_is_gone_for_good_is_not_brought_back(gone: dict[str, object]) -> None:
    row = plan_product(tea(), msgspec.structs.replace(known_as(tea()), **gone), CATEGORIES)
    assert (row.fate, [column for column, _ in told(row)]) == (Fate.WRONG, ["Handle"])


@pytest.mark.parametrize(
    ("changes", "column"),
    [
        ({"title": ""}, "Title"),
        ({"title": "茶"}, "Title"),
        ({"title": "国家级铁观音"}, "Title"),
        ({"description": "国家级好茶"}, "Body (HTML)"),
        ({"title": "茶" * 121}, "Title"),
    ],
)
def test_what_the_review_would_find_is_told_at_its_column(changes: dict[str, object], column: str) -> None:
    row = plan_product(tea(**changes), None, CATEGORIES)
    assert (row.fate, [each for each, _ in told(row)]) == (Fate.WRONG, [column])


def test_known_words_are_not_reviewed_again() -> None:
    banned_since = known_as(tea())
    text = msgspec.structs.replace(banned_since.text, title="国家级铁观音礼盒")
    known = msgspec.structs.replace(banned_since, text=text)
    assert plan_product(tea(title=""), known, CATEGORIES).fate is Fate.UNCHANGED


def test_skus_that_stay_count_with_the_new_ones() -> None:
    known = known_as(tea(skus=[sku(f"旧{number}") for number in range(SKUS_MAX)]))
    row = plan_product(tea(skus=[sku("新")]), known, CATEGORIES)
    assert (row.fate, row.problems[0].values) == (Fate.WRONG, {"most": SKUS_MAX})


@pytest.mark.parametrize(
    ("hint", "code"),
    [
        ("茶叶", "tea"),
        ("Tea", "tea"),
        ("TEA", "tea"),
        (" tea ", "tea"),
        ("食品 > 茶叶", "tea"),
        ("食品›茶叶", "tea"),
        ("Food/Tea", "tea"),
        ("Moon > Cheese, Food > Tea", "tea"),
        ("食品", "snacks"),
        ("月球奶酪", "snacks"),
        ("", "snacks"),
    ],
)
def test_a_lowest_category_that_the_file_names_is_chosen(hint: str, code: str) -> None:
    row = plan_product(tea(category_hint=hint), None, CATEGORIES)
    assert row.planned is not None
    assert row.planned.text.category_code == code


def test_the_first_picture_with_an_address_is_noted_unless_the_product_has_one() -> None:
    pictured = tea(picture_urls=["C:\\a.jpg", "//img.test/1.jpg", "https://img.test/2.jpg"])
    assert plan_product(pictured, None, CATEGORIES).picture_url == "https://img.test/1.jpg"
    known = known_as(tea())
    with_one = msgspec.structs.replace(
        known, text=msgspec.structs.replace(known.text, picture_url="/media/pictures/a.jpg")
    )
    assert plan_product(pictured, known, CATEGORIES).picture_url == "https://img.test/1.jpg"
    assert plan_product(pictured, with_one, CATEGORIES).picture_url == ""


def test_where_a_product_comes_from_is_noted_once() -> None:
    brought = tea(origin_source="taobao_union", origin_item_id="523456789012")
    row = plan_product(brought, known_as(tea()), CATEGORIES)
    assert row.fate is Fate.UPDATE
    assert row.planned is not None
    assert row.planned.origin == ("taobao_union", "523456789012")
    assert plan_product(brought, known_as(brought), CATEGORIES).fate is Fate.UNCHANGED


def test_characters_that_no_database_keeps_are_shown_as_unknown() -> None:
    problem = RowProblem(row=2, column="Title", message="A title of 1 to 120 characters.", cell="a\0\udc80")
    row = plan_product(tea(title="a\0", handle="b\0", problems=[problem]), None, CATEGORIES)
    assert (row.title, row.handle, row.problems[0].cell) == ("a\ufffd", "b\ufffd", "a\ufffd?")


def test_a_product_is_known_by_handle_before_origin_and_by_codes_last() -> None:
    product = tea(
        origin_source="taobao_union", origin_item_id="1", skus=[sku(code="A-1"), sku("250g", code="A-2")]
    )
    first, second, third = [known_as(product, number) for number in (1, 2, 3)]
    by_hand = msgspec.structs.replace(third, import_handle=None)
    origin, codes = ("taobao_union", "1"), frozenset({"A-1", "A-2"})
    assert choose_known(product, {"oolong": first}, {origin: [second]}, {codes: [by_hand]}) is first
    assert choose_known(product, {}, {origin: [second]}, {codes: [by_hand]}) is second
    assert choose_known(product, {}, {}, {codes: [by_hand]}) is by_hand
    assert choose_known(product, {}, {origin: [first, second]}, {}) is None, "two of one origin name neither"
    assert choose_known(product, {}, {}, {codes: [third]}) is None, "it belongs to another file"
    assert choose_known(product, {}, {}, {codes: [by_hand, by_hand]}) is None


@pytest.mark.parametrize(
    ("codes", "key"),
    [(["A", "B"], {"A", "B"}), (["A", ""], set()), (["A", "A"], set()), ([], set())],
)
def test_codes_name_a_product_only_when_every_sku_has_its_own(codes: list[str], key: set[str]) -> None:
    assert codes_of([sku(str(place), code=code) for place, code in enumerate(codes)]) == key
