"""The three states of a product, tried in every combination, and what the automatic review finds."""

from collections.abc import Callable
from itertools import product

import pytest

from yellowcart.catalog import rules
from yellowcart.catalog.errors import MoveRefused, ProductBanned, ProductNotApproved, ProductRetired
from yellowcart.catalog.model import (
    DRAFT_MOVES,
    REVIEW_MOVES,
    SALE_MOVES,
    DraftStatus,
    MerchantKind,
    NewShop,
    NewSku,
    ProductText,
    ReviewFinding,
    ReviewProblem,
    ReviewStatus,
    SaleStatus,
)
from yellowcart.catalog.rules import Standing
from yellowcart.catalog.wording import REVIEW_FINDINGS, review_problem_text
from yellowcart.kernel.translation import Locale

EVERY_STANDING = [
    Standing(sale=sale, review=review, draft=draft)
    for sale, review, draft in product(SaleStatus, ReviewStatus, DraftStatus)
]
MOVES: list[Callable[[Standing], Standing]] = [
    rules.put_on_sale,
    rules.put_off_sale,
    rules.retire,
    rules.open_draft,
    rules.drop_draft,
    rules.submit,
    rules.approve,
    rules.reject,
    rules.ban,
]
REFUSALS = (MoveRefused, ProductBanned, ProductNotApproved, ProductRetired)


def moved(move: Callable[[Standing], Standing], standing: Standing) -> Standing | None:
    try:
        return move(standing)
    except REFUSALS:
        return None


@pytest.mark.parametrize("move", MOVES, ids=lambda move: move.__name__)
def test_a_move_goes_only_where_the_tables_lead(move: Callable[[Standing], Standing]) -> None:
    for before in EVERY_STANDING:
        after = moved(move, before)
        if after is None:
            continue
        assert after.sale is before.sale or after.sale in SALE_MOVES[before.sale], before
        assert after.review is before.review or after.review in REVIEW_MOVES[before.review], before
        retired = after.sale is SaleStatus.RETIRED
        assert after.draft is before.draft or after.draft in DRAFT_MOVES[before.draft] or retired, before


@pytest.mark.parametrize("move", MOVES, ids=lambda move: move.__name__)
def test_no_move_makes_what_the_database_forbids(move: Callable[[Standing], Standing]) -> None:
    sellable = {ReviewStatus.APPROVED, ReviewStatus.PENDING}
    for before in EVERY_STANDING:
        if before.sale is SaleStatus.ON_SALE and before.review not in sellable:
            continue
        after = moved(move, before)
        if after is not None and after.sale is SaleStatus.ON_SALE and before.review is ReviewStatus.APPROVED:
            assert after.review in sellable, before


@pytest.mark.parametrize("move", [rules.open_draft, rules.drop_draft, rules.submit, rules.approve, rules.reject])
def test_writing_and_reviewing_an_approved_product_never_takes_it_off_sale(
    move: Callable[[Standing], Standing],
) -> None:
    for draft in DraftStatus:
        before = Standing(sale=SaleStatus.ON_SALE, review=ReviewStatus.APPROVED, draft=draft)
        after = moved(move, before)
        if after is not None:
            assert (after.sale, after.review) == (SaleStatus.ON_SALE, ReviewStatus.APPROVED)


def test_only_an_approved_product_goes_on_sale() -> None:
    possible = {before for before in EVERY_STANDING if moved(rules.put_on_sale, before) is not None}
    assert {(each.sale, each.review) for each in possible} == {(SaleStatus.OFF_SALE, ReviewStatus.APPROVED)}


def test_a_retired_product_moves_nowhere() -> None:
    for before in EVERY_STANDING:
        if before.sale is SaleStatus.RETIRED:
            for move in (rules.put_on_sale, rules.put_off_sale, rules.retire, rules.open_draft, rules.submit):
                with pytest.raises(ProductRetired):
                    move(before)


def test_a_submission_ends_in_approval_or_goes_back_to_its_writer() -> None:
    for before in EVERY_STANDING:
        submitted = moved(rules.submit, before)
        if submitted is None:
            continue
        approved, rejected = rules.approve(submitted), rules.reject(submitted)
        assert approved.review is ReviewStatus.APPROVED
        assert approved.draft is DraftStatus.NO_DRAFT
        assert moved(rules.submit, rejected) == submitted, "what was rejected can be submitted again"


def text(**changes: str) -> ProductText:
    return ProductText(**({"category_code": "tea", "title": "安溪铁观音"} | changes))


@pytest.mark.parametrize(
    ("wanted", "prices", "is_leaf", "findings"),
    [
        (text(), [100], True, []),
        (text(title="茶叶茶"), [100], True, [ReviewFinding.TITLE_SHORT]),
        (text(title="茶" * 60), [100], True, []),
        (text(title="茶" * 61), [100], True, [ReviewFinding.TITLE_LONG]),
        (text(), [100], False, [ReviewFinding.CATEGORY_NOT_LEAF]),
        (text(), [], True, [ReviewFinding.PRICE_MISSING]),
        (text(), [100, 0], True, [ReviewFinding.PRICE_MISSING]),
        (text(title="国家级铁观音"), [100], True, [ReviewFinding.WORD_FORBIDDEN]),
        (text(description="口感最佳"), [100], True, [ReviewFinding.WORD_FORBIDDEN]),
        (
            text(title="最佳", description="顶级"),
            [0],
            False,
            [
                ReviewFinding.TITLE_SHORT,
                ReviewFinding.CATEGORY_NOT_LEAF,
                ReviewFinding.PRICE_MISSING,
                ReviewFinding.WORD_FORBIDDEN,
                ReviewFinding.WORD_FORBIDDEN,
            ],
        ),
    ],
)
def test_the_automatic_review_finds(
    wanted: ProductText, prices: list[int], is_leaf: bool, findings: list[ReviewFinding]
) -> None:
    found = rules.automatic_review(wanted, prices, is_leaf=is_leaf)
    assert [problem.finding for problem in found] == findings


@pytest.mark.parametrize("finding", list(ReviewFinding))
def test_every_finding_has_its_sentence_in_both_languages(finding: ReviewFinding) -> None:
    assert finding in REVIEW_FINDINGS
    problem = ReviewProblem(finding, "最佳")
    assert review_problem_text(problem, Locale.CHINESE) != review_problem_text(problem, Locale.ENGLISH)


@pytest.mark.parametrize(
    ("changes", "wrong"),
    [
        ({}, set()),
        ({"title": "👨‍👩‍👧 全家福茶礼 ☕️"}, set()),
        ({"title": "两\n行"}, {"title"}),
        ({"title": "铃\x07声"}, {"title"}),
        ({"description": "两\n行"}, set()),
        ({"description": "x" * 5_001}, {"description"}),
        ({"picture_url": "/media/product/1/2.svg"}, set()),
        ({"picture_url": "//elsewhere.test/media/a.png"}, {"picture_url"}),
        ({"picture_url": "/media/../secret"}, {"picture_url"}),
        ({"picture_url": "javascript:alert(1)"}, {"picture_url"}),
    ],
)
def test_words_that_cannot_be_shown_are_refused(changes: dict[str, str], wrong: set[str]) -> None:
    assert set(rules.text_problems(text(**changes))) == wrong


def test_a_product_has_between_one_and_a_hundred_skus() -> None:
    many = [NewSku(name=f"{number} 号", price_fen=100) for number in range(101)]
    assert "skus" in rules.sku_problems([])
    assert "skus" in rules.sku_problems(many)
    assert rules.sku_problems(many[:100]) == {}


def test_a_shop_needs_a_name() -> None:
    assert set(rules.shop_problems(NewShop(name=" 茶 ", kind=MerchantKind.BELT))) == {"name"}
    assert rules.shop_problems(NewShop(name="安溪茶庄", kind=MerchantKind.BELT)) == {}
