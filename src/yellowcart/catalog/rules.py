"""Decisions of the catalogue: how the three states of a product move, what may be written, what a review finds."""

from collections.abc import Sequence

import msgspec

from yellowcart.catalog.errors import MoveRefused, ProductBanned, ProductNotApproved, ProductRetired
from yellowcart.catalog.model import (
    DRAFT_MOVES,
    REVIEW_MOVES,
    SALE_MOVES,
    DraftStatus,
    NewShop,
    NewSku,
    ProductText,
    ReviewFinding,
    ReviewProblem,
    ReviewStatus,
    SaleStatus,
    SkuEdit,
)
from yellowcart.kernel.translation import N_

REVIEW_BY_HAND: bool = False
"""Whether a submission waits for an inspector. There is no inspector's desk yet: the automatic review decides."""

TITLE_LENGTH_MAX = 120
TITLE_REVIEWED_MIN = 4
TITLE_REVIEWED_MAX = 60
NAME_LENGTH_MAX = 60
DESCRIPTION_LENGTH_MAX = 5_000
CODE_LENGTH_MAX = 64
PRICE_FEN_MAX = 100_000_000
SKUS_MAX = 100
"""SKUs of one product that are sold at the same time; Shopify's files hold as many."""
QUANTITY_MAX = 1_000_000
"""Pieces received at once."""
PRODUCTS_MAX = 200_000
"""Products of a shop that are not retired; as many rows as a file of products may have."""
SHOPS_PER_PERSON_MAX = 20
MEMBERS_MAX = 100
REASON_LENGTH_MAX = 200
LOW_STOCK = 10
"""At or below so many pieces a product counts as low on stock."""
MEDIA_PREFIX = "/media/"

FORBIDDEN_WORDS = (
    # The three that the Advertising Law of the PRC, article 9 (3), names itself …
    "国家级",
    "最高级",
    "最佳",
    # … and a few of their kind that this platform adds.
    "世界级",
    "全网第一",
    "全国第一",
    "销量第一",
    "顶级",
)

ProblemText = str | tuple[str, dict[str, object]]


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """Where a product stands in its three machines. The review speaks of the published text; whether an edit
    waits beside it, the draft says."""

    sale: SaleStatus
    review: ReviewStatus
    draft: DraftStatus


NEW_PRODUCT = Standing(sale=SaleStatus.OFF_SALE, review=ReviewStatus.UNREVIEWED, draft=DraftStatus.NO_DRAFT)


def _move_sale(standing: Standing, to: SaleStatus) -> Standing:
    if to not in SALE_MOVES[standing.sale]:
        raise MoveRefused
    return msgspec.structs.replace(standing, sale=to)


def _move_review(standing: Standing, to: ReviewStatus) -> Standing:
    if to not in REVIEW_MOVES[standing.review]:
        raise MoveRefused
    return msgspec.structs.replace(standing, review=to)


def _move_draft(standing: Standing, to: DraftStatus) -> Standing:
    if to not in DRAFT_MOVES[standing.draft]:
        raise MoveRefused
    return msgspec.structs.replace(standing, draft=to)


def require_changeable(standing: Standing) -> None:
    """Raises ProductRetired, ProductBanned."""
    if standing.sale is SaleStatus.RETIRED:
        raise ProductRetired
    if standing.review is ReviewStatus.BANNED:
        raise ProductBanned


def put_on_sale(standing: Standing) -> Standing:
    """For sale. Raises ProductRetired, ProductBanned, ProductNotApproved, MoveRefused."""
    require_changeable(standing)
    if standing.review is not ReviewStatus.APPROVED:
        raise ProductNotApproved
    return _move_sale(standing, SaleStatus.ON_SALE)


def put_off_sale(standing: Standing) -> Standing:
    """Not for sale. Raises ProductRetired, MoveRefused."""
    if standing.sale is SaleStatus.RETIRED:
        raise ProductRetired
    return _move_sale(standing, SaleStatus.OFF_SALE)


def retire(standing: Standing) -> Standing:
    """Out for good; a draft beside it is dropped. Raises ProductRetired."""
    if standing.sale is SaleStatus.RETIRED:
        raise ProductRetired
    return msgspec.structs.replace(_move_sale(standing, SaleStatus.RETIRED), draft=DraftStatus.NO_DRAFT)


def edits_in_place(standing: Standing) -> bool:
    """Whether an edit changes the text itself, because nothing was ever approved and nothing waits for review.
    Otherwise it opens a draft, and what is on sale stays on sale as it is (domain.md §8.9)."""
    return standing.draft is DraftStatus.NO_DRAFT and standing.review in {
        ReviewStatus.UNREVIEWED,
        ReviewStatus.REJECTED,
    }


def open_draft(standing: Standing) -> Standing:
    """An edit waits beside the published text; a submitted one is taken back. Raises ProductRetired,
    ProductBanned."""
    require_changeable(standing)
    if standing.draft is DraftStatus.EDITING:
        return standing
    return _move_draft(standing, DraftStatus.EDITING)


def drop_draft(standing: Standing) -> Standing:
    """The edit is given up. Raises ProductRetired, ProductBanned, MoveRefused."""
    require_changeable(standing)
    return _move_draft(standing, DraftStatus.NO_DRAFT)


def submit(standing: Standing) -> Standing:
    """Ask for review: of the draft if there is one, of the product itself if it was never approved.
    Raises ProductRetired, ProductBanned, and MoveRefused when there is nothing to submit."""
    require_changeable(standing)
    moved = standing
    if standing.draft is DraftStatus.EDITING:
        moved = _move_draft(moved, DraftStatus.SUBMITTED)
    if standing.review in {ReviewStatus.UNREVIEWED, ReviewStatus.REJECTED}:
        moved = _move_review(moved, ReviewStatus.PENDING)
    if moved == standing:
        raise MoveRefused
    return moved


def approve(standing: Standing) -> Standing:
    """The review passes: a submitted draft becomes the published text. Raises MoveRefused when nothing waits."""
    moved = standing
    if standing.draft is DraftStatus.SUBMITTED:
        moved = _move_draft(moved, DraftStatus.NO_DRAFT)
    if standing.review is ReviewStatus.PENDING:
        moved = _move_review(moved, ReviewStatus.APPROVED)
    if moved == standing:
        raise MoveRefused
    return moved


def reject(standing: Standing) -> Standing:
    """The review fails: a draft goes back to its writer; a product that was approved before stays approved and
    on sale with its published text. Raises MoveRefused when nothing waits."""
    moved = standing
    if standing.draft is DraftStatus.SUBMITTED:
        moved = _move_draft(moved, DraftStatus.EDITING)
    if standing.review is ReviewStatus.PENDING:
        moved = _move_review(moved, ReviewStatus.REJECTED)
    if moved == standing:
        raise MoveRefused
    return moved


def ban(standing: Standing) -> Standing:
    """The platform forbids the product: off sale at once. Raises MoveRefused."""
    moved = _move_review(standing, ReviewStatus.BANNED)
    return _move_sale(moved, SaleStatus.OFF_SALE) if standing.sale is SaleStatus.ON_SALE else moved


def automatic_review(text: ProductText, prices_fen: Sequence[int], *, is_leaf: bool) -> list[ReviewProblem]:
    """What the platform's automatic check finds in a text and the prices beside it; empty lets it pass.

    It reads words and numbers only. It does not see whether the goods are what they are said to be.
    """
    found: list[ReviewProblem] = []
    if len(text.title) < TITLE_REVIEWED_MIN:
        found.append(ReviewProblem(ReviewFinding.TITLE_SHORT))
    if len(text.title) > TITLE_REVIEWED_MAX:
        found.append(ReviewProblem(ReviewFinding.TITLE_LONG))
    if not is_leaf:
        found.append(ReviewProblem(ReviewFinding.CATEGORY_NOT_LEAF))
    if not prices_fen or min(prices_fen) <= 0:
        found.append(ReviewProblem(ReviewFinding.PRICE_MISSING))
    found.extend(
        ReviewProblem(ReviewFinding.WORD_FORBIDDEN, word)
        for word in FORBIDDEN_WORDS
        if word in text.title or word in text.description
    )
    return found


def is_clean(text: str, *, lines: bool = False) -> bool:
    """Whether a text holds nothing but characters that can be shown (and line breaks, where allowed). The
    joiners of emoji and of some scripts count as shown."""
    allowed = {"\u200d", "\ufe0f", "\u3000", "\xa0"} | ({"\n", "\t"} if lines else set())
    return all(character.isprintable() or character in allowed for character in text)


def text_problems(text: ProductText) -> dict[str, ProblemText]:
    """What is wrong with a product's words, by field."""
    problems: dict[str, ProblemText] = {}
    if not text.title.strip() or len(text.title) > TITLE_LENGTH_MAX or not is_clean(text.title):
        problems["title"] = N_("A title of 1 to 120 characters.")
    for field, value, most in (
        ("title_en", text.title_en, TITLE_LENGTH_MAX),
        ("brand", text.brand, NAME_LENGTH_MAX),
    ):
        if len(value) > most or not is_clean(value):
            problems[field] = (N_("At most %(most)s characters, in one line."), {"most": most})
    for field, value in (("description", text.description), ("description_en", text.description_en)):
        if len(value) > DESCRIPTION_LENGTH_MAX or not is_clean(value, lines=True):
            problems[field] = (N_("At most %(most)s characters."), {"most": DESCRIPTION_LENGTH_MAX})
    if text.picture_url and not _own_picture(text.picture_url):
        problems["picture_url"] = N_("A path that begins with /media/, or nothing.")
    return problems


def _own_picture(path: str) -> bool:
    return (
        path.startswith(MEDIA_PREFIX)
        and len(path) <= 300
        and ".." not in path
        and path.isascii()
        and path.isprintable()
        and " " not in path
    )


def sku_problems(skus: Sequence[NewSku | SkuEdit]) -> dict[str, ProblemText]:
    """What is wrong with the SKU rows, by `skus.<row>.<field>` (rows counted from 0); `skus` for the whole."""
    problems: dict[str, ProblemText] = {}
    if not 1 <= len(skus) <= SKUS_MAX:
        problems["skus"] = (N_("A product has 1 to %(most)s SKUs."), {"most": SKUS_MAX})
        return problems
    for row, sku in enumerate(skus):
        if not sku.name.strip() or len(sku.name) > NAME_LENGTH_MAX or not is_clean(sku.name):
            problems[f"skus.{row}.name"] = (N_("A name of 1 to %(most)s characters."), {"most": NAME_LENGTH_MAX})
        if len(sku.name_en) > TITLE_LENGTH_MAX or not is_clean(sku.name_en):
            problems[f"skus.{row}.name_en"] = (
                N_("At most %(most)s characters, in one line."),
                {"most": TITLE_LENGTH_MAX},
            )
        if not 1 <= sku.price_fen <= PRICE_FEN_MAX:
            problems[f"skus.{row}.price"] = N_("A price from 0.01 to 1,000,000 yuan.")
        for field, value in (("merchant_code", sku.merchant_code), ("barcode", sku.barcode)):
            if len(value) > CODE_LENGTH_MAX or not is_clean(value):
                problems[f"skus.{row}.{field}"] = (
                    N_("At most %(most)s characters, in one line."),
                    {"most": CODE_LENGTH_MAX},
                )
        if not 0 <= sku.quantity <= QUANTITY_MAX:
            problems[f"skus.{row}.quantity"] = (
                N_("A whole number from 0 to %(most)s."),
                {"most": QUANTITY_MAX},
            )
    names = [sku.name.strip() for sku in skus]
    for row, name in enumerate(names):
        if name and name in names[:row]:
            problems.setdefault(f"skus.{row}.name", N_("Two SKUs of one product have the same name."))
    return problems


def shop_problems(shop: NewShop) -> dict[str, ProblemText]:
    """What is wrong with a shop's settings, by field."""
    problems: dict[str, ProblemText] = {}
    if not 2 <= len(shop.name.strip()) <= 30 or not is_clean(shop.name):
        problems["name"] = N_("A name of 2 to 30 characters.")
    for field, value, most in (("name_en", shop.name_en, 60), ("region", shop.region, 40)):
        if len(value) > most or not is_clean(value):
            problems[field] = (N_("At most %(most)s characters, in one line."), {"most": most})
    if len(shop.description) > 500 or not is_clean(shop.description, lines=True):
        problems["description"] = (N_("At most %(most)s characters."), {"most": 500})
    return problems
