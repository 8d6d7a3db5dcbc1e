"""Reading reviews: a product's for everybody, sums, the buyer's own, and what an order still has to review."""

from collections.abc import Collection

import msgspec

from yellowcart.kernel.database import Reader
from yellowcart.kernel.ids import OrderId, OrderLineId, PersonId, ProductId, ShopId
from yellowcart.kernel.paging import Page, bounded_size, decode_cursor, page_of
from yellowcart.orders.model import OrderState
from yellowcart.reviews.errors import ReviewUnknown
from yellowcart.reviews.model import (
    Review,
    ReviewFilter,
    ReviewId,
    ReviewPart,
    ReviewSum,
    ShownPart,
    ShownPicture,
    ShownReview,
    ShowState,
)
from yellowcart.reviews.rows import LINE_REFUNDED, ReviewRow, whole, with_pictures
from yellowcart.reviews.rules import MAY_REVIEW, shown_author
from yellowcart.reviews.store import WHOLE_SHOP

NEWEST = 2**53

_CONDITIONS = {
    None: "is_shown",
    ReviewFilter.PICTURES: "has_pictures",
    ReviewFilter.LOW: "is_shown AND goods_stars <= 2",
    ReviewFilter.APPENDED: "has_append",
}
"""As the partial indexes say it."""


class LineToReview(msgspec.Struct, frozen=True, kw_only=True):
    """A line of a buyer's order as its page of reviews shows it. `review_id` is None until it is written;
    `may_review` says whether it can be, now."""

    order_line_id: OrderLineId
    product_id: ProductId
    title: str
    title_en: str
    sku_name: str
    sku_name_en: str
    picture_url: str
    quantity: int
    is_refunded: bool
    review_id: ReviewId | None
    goods_stars: int | None
    may_review: bool


async def reviews_of_product(
    reader: Reader,
    shop_id: ShopId,
    product_id: ProductId,
    *,
    only: ReviewFilter | None = None,
    cursor: str | None = None,
    size: int | None = None,
) -> Page[ShownReview]:
    """What everybody may read about a product, newest first. Raises CursorBroken."""
    (before,) = decode_cursor(cursor, tuple[int], (NEWEST,))
    limit = bounded_size(size)
    rows = await reader.rows(
        ReviewRow,
        whole(
            f"""
            SELECT * FROM review
            WHERE shop_id = %(shop_id)s AND product_id = %(product_id)s AND review_id < %(before)s
              AND {_CONDITIONS[only]}
            ORDER BY review_id DESC
            LIMIT %(limit)s
            """  # noqa: S608 - put together from constants of ours
        ),
        shop_id=shop_id,
        product_id=product_id,
        before=before,
        limit=limit + 1,
    )
    names = await _names(reader, {row.buyer_id for row in rows if not row.is_anonymous})
    page = page_of(rows, limit, lambda row: (row.review_id,))
    reviews = await with_pictures(reader, page.items)
    return Page(
        items=[_shown(review, names.get(review.buyer_id, "")) for review in reviews],
        next_cursor=page.next_cursor,
    )


async def sum_of_product(reader: Reader, shop_id: ShopId, product_id: ProductId) -> ReviewSum:
    """The sums over a product's shown reviews; zeros where there is none."""
    return (await sums_of_products(reader, shop_id, [product_id])).get(product_id, ReviewSum())


async def sum_of_shop(reader: Reader, shop_id: ShopId) -> ReviewSum:
    """The sums over all shown reviews of a shop."""
    return await sum_of_product(reader, shop_id, WHOLE_SHOP)


async def sums_of_products(
    reader: Reader, shop_id: ShopId, product_ids: Collection[ProductId]
) -> dict[ProductId, ReviewSum]:
    """The sums of several products of a shop; one without reviews is not named."""
    rows = await reader.rows(
        _SumRow,
        """
        SELECT product_id, reviews, goods_sum, parcel_sum, service_sum, one_star, two_stars, three_stars,
               four_stars, five_stars, with_pictures, appended
        FROM review_sum
        WHERE shop_id = %(shop_id)s AND product_id = ANY(%(product_ids)s) AND reviews > 0
        """,
        shop_id=shop_id,
        product_ids=list(product_ids),
    )
    return {row.product_id: row.told() for row in rows}


async def reviews_of_buyer(
    reader: Reader, person_id: PersonId, *, cursor: str | None = None, size: int | None = None
) -> Page[Review]:
    """What a person has written, newest first, whatever became of it. Raises CursorBroken."""
    (before,) = decode_cursor(cursor, tuple[int], (NEWEST,))
    limit = bounded_size(size)
    rows = await reader.rows(
        ReviewRow,
        whole(
            """
            SELECT * FROM review
            WHERE buyer_id = %(person_id)s AND review_id < %(before)s
            ORDER BY review_id DESC
            LIMIT %(limit)s
            """
        ),
        person_id=person_id,
        before=before,
        limit=limit + 1,
    )
    page = page_of(rows, limit, lambda row: (row.review_id,))
    return Page(items=await with_pictures(reader, page.items), next_cursor=page.next_cursor)


async def read_review(reader: Reader, shop_id: ShopId, review_id: ReviewId) -> Review:
    """A review with its parts, whoever asks: the caller has checked who does. Raises ReviewUnknown."""
    row = await reader.row(
        ReviewRow,
        whole("SELECT * FROM review WHERE shop_id = %(shop_id)s AND review_id = %(review_id)s"),
        shop_id=shop_id,
        review_id=review_id,
    )
    if row is None:
        raise ReviewUnknown
    return (await with_pictures(reader, [row]))[0]


async def review_of_buyer(reader: Reader, person_id: PersonId, shop_id: ShopId, review_id: ReviewId) -> Review:
    """A person's own review. Raises ReviewUnknown for anybody else's."""
    review = await read_review(reader, shop_id, review_id)
    if review.buyer_id != person_id:
        raise ReviewUnknown
    return review


async def lines_to_review(
    reader: Reader, person_id: PersonId, shop_id: ShopId, order_id: OrderId
) -> list[LineToReview]:
    """The lines of a buyer's own order with what was written about them; empty for anybody else's order."""
    rows = await reader.rows(
        _LineRow,
        f"""
        SELECT line.order_line_id, line.product_id, line.title, line.title_en, line.sku_name, line.sku_name_en,
               line.picture_url, line.quantity, review.review_id, review.goods_stars,
               {LINE_REFUNDED} AS is_refunded,
               placed.state
        FROM shop_order AS placed
        JOIN order_line AS line USING (shop_id, order_id)
        LEFT JOIN review USING (shop_id, order_id, order_line_id)
        WHERE placed.shop_id = %(shop_id)s AND placed.order_id = %(order_id)s
          AND placed.buyer_id = %(person_id)s
        ORDER BY line.order_line_id
        LIMIT 200
        """,  # noqa: S608 - put together from constants of ours
        shop_id=shop_id,
        order_id=order_id,
        person_id=person_id,
    )
    return [row.told() for row in rows]


def _shown(review: Review, name: str) -> ShownReview:
    append = review.append if review.append and review.append.state is ShowState.SHOWN else None
    return ShownReview(
        shop_id=review.shop_id,
        review_id=review.review_id,
        product_id=review.product_id,
        author=shown_author(name, is_anonymous=review.is_anonymous),
        stars=review.stars,
        sku_name=review.sku_name,
        sku_name_en=review.sku_name_en,
        first=_shown_part(review.first),
        append=_shown_part(append) if append else None,
    )


def _shown_part(part: ReviewPart) -> ShownPart:
    return ShownPart(
        part_id=part.part_id,
        body=part.body,
        written_at=part.written_at,
        edited_at=part.edited_at,
        answer=part.answer,
        pictures=[
            ShownPicture(upload_id=each.upload_id, width=each.width, height=each.height) for each in part.pictures
        ],
    )


async def _names(reader: Reader, person_ids: Collection[PersonId]) -> dict[PersonId, str]:
    rows = await reader.rows(
        _Name,
        "SELECT person_id, name FROM person WHERE person_id = ANY(%(person_ids)s)",
        person_ids=list(person_ids),
    )
    return {row.person_id: row.name for row in rows}


class _Name(msgspec.Struct, frozen=True):
    person_id: PersonId
    name: str


class _SumRow(msgspec.Struct, frozen=True, kw_only=True):
    product_id: ProductId
    reviews: int
    goods_sum: int
    parcel_sum: int
    service_sum: int
    one_star: int
    two_stars: int
    three_stars: int
    four_stars: int
    five_stars: int
    with_pictures: int
    appended: int

    def told(self) -> ReviewSum:
        return ReviewSum(
            reviews=self.reviews,
            goods_sum=self.goods_sum,
            parcel_sum=self.parcel_sum,
            service_sum=self.service_sum,
            stars=(self.one_star, self.two_stars, self.three_stars, self.four_stars, self.five_stars),
            with_pictures=self.with_pictures,
            appended=self.appended,
        )


class _LineRow(msgspec.Struct, frozen=True, kw_only=True):
    order_line_id: OrderLineId
    product_id: ProductId
    title: str
    title_en: str
    sku_name: str
    sku_name_en: str
    picture_url: str
    quantity: int
    is_refunded: bool
    review_id: ReviewId | None
    goods_stars: int | None
    state: OrderState

    def told(self) -> LineToReview:
        values = msgspec.structs.asdict(self)
        received = values.pop("state") in MAY_REVIEW
        may_review = received and self.review_id is None and not self.is_refunded
        return LineToReview(may_review=may_review, **values)
