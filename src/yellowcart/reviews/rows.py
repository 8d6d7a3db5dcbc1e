"""A review and its parts as one row of the database, and what is made of it, for everything that reads lists."""

from collections.abc import Collection, Sequence
from datetime import datetime

import msgspec

from yellowcart.kernel.database import Reader
from yellowcart.kernel.ids import OrderId, OrderLineId, PersonId, ProductId, ShopId, SkuId
from yellowcart.reviews.model import Answer, Part, PartId, Review, ReviewId, ReviewPart, ShowState, Stars
from yellowcart.reviews.subjects import subject_of
from yellowcart.uploads.model import Upload
from yellowcart.uploads.queries import uploads_of

LINE_REFUNDED = (
    "(line.payable_fen > 0 AND line.refunded_fen >= line.payable_fen OR line.cancelled_quantity >= line.quantity)"
)
"""Whether there is nothing to rate about an order_line called `line`, as `rules.require_reviewable` decides it."""

_SELECT = """
SELECT review.shop_id, review.review_id, review.order_id, review.order_line_id, review.product_id, line.sku_id,
       review.buyer_id, review.is_anonymous, review.goods_stars, review.parcel_stars, review.service_stars,
       line.title, line.title_en, line.sku_name, line.sku_name_en, line.picture_url,
       first.part_id, first.state, first.body, first.written_at, first.edited_at, first.answer,
       first.answered_at, first.answer_edited_at,
       append.part_id AS append_id, append.state AS append_state, append.body AS append_body,
       append.written_at AS append_written_at, append.edited_at AS append_edited_at,
       append.answer AS append_answer, append.answered_at AS append_answered_at,
       append.answer_edited_at AS append_answer_edited_at
FROM ({chosen}) AS review
JOIN order_line AS line USING (shop_id, order_id, order_line_id)
JOIN review_part AS first
    ON first.shop_id = review.shop_id AND first.review_id = review.review_id AND first.part = 'first'
LEFT JOIN review_part AS append
    ON append.shop_id = review.shop_id AND append.review_id = review.review_id AND append.part = 'append'
ORDER BY review.review_id DESC
"""


def whole(chosen: str) -> str:
    """The query for ReviewRow of the reviews that the query `chosen` takes, the latest first. A page is chosen
    before its parts are joined: the planner then looks up those few, however many a shop has."""
    return _SELECT.format(chosen=chosen)


class ReviewRow(msgspec.Struct, frozen=True, kw_only=True):
    """A row of `whole`."""

    shop_id: ShopId
    review_id: ReviewId
    order_id: OrderId
    order_line_id: OrderLineId
    product_id: ProductId
    sku_id: SkuId
    buyer_id: PersonId
    is_anonymous: bool
    goods_stars: int
    parcel_stars: int
    service_stars: int
    title: str
    title_en: str
    sku_name: str
    sku_name_en: str
    picture_url: str
    part_id: PartId
    state: ShowState
    body: str
    written_at: datetime
    edited_at: datetime | None
    answer: str | None
    answered_at: datetime | None
    answer_edited_at: datetime | None
    append_id: PartId | None
    append_state: ShowState | None
    append_body: str | None
    append_written_at: datetime | None
    append_edited_at: datetime | None
    append_answer: str | None
    append_answered_at: datetime | None
    append_answer_edited_at: datetime | None


async def with_pictures(reader: Reader, rows: Sequence[ReviewRow]) -> list[Review]:
    """The reviews of the rows, with all their pictures, which one more query reads."""
    pictures = await pictures_of(
        reader,
        [(row.shop_id, row.part_id) for row in rows]
        + [(row.shop_id, row.append_id) for row in rows if row.append_id is not None],
    )
    return [_review(row, pictures) for row in rows]


async def pictures_of(reader: Reader, parts: Collection[tuple[ShopId, PartId]]) -> dict[PartId, list[Upload]]:
    """The pictures of parts, by the part."""
    by_subject = {subject_of(shop_id, part_id): part_id for shop_id, part_id in parts}
    found = await uploads_of(reader, list(by_subject))
    return {by_subject[subject]: uploads for subject, uploads in found.items()}


def answer_of(answer: str | None, answered_at: datetime | None, edited_at: datetime | None) -> Answer | None:
    """An answer out of its columns."""
    if answer is None or answered_at is None:
        return None
    return Answer(body=answer, answered_at=answered_at, edited_at=edited_at)


def _review(row: ReviewRow, pictures: dict[PartId, list[Upload]]) -> Review:
    first = ReviewPart(
        part_id=row.part_id,
        part=Part.FIRST,
        state=row.state,
        body=row.body,
        written_at=row.written_at,
        edited_at=row.edited_at,
        answer=answer_of(row.answer, row.answered_at, row.answer_edited_at),
        pictures=pictures.get(row.part_id, []),
    )
    return Review(
        shop_id=row.shop_id,
        review_id=row.review_id,
        order_id=row.order_id,
        order_line_id=row.order_line_id,
        product_id=row.product_id,
        sku_id=row.sku_id,
        buyer_id=row.buyer_id,
        is_anonymous=row.is_anonymous,
        stars=Stars(goods=row.goods_stars, parcel=row.parcel_stars, service=row.service_stars),
        title=row.title,
        title_en=row.title_en,
        sku_name=row.sku_name,
        sku_name_en=row.sku_name_en,
        picture_url=row.picture_url,
        first=first,
        append=_append(row, pictures),
    )


def _append(row: ReviewRow, pictures: dict[PartId, list[Upload]]) -> ReviewPart | None:
    if row.append_id is None or row.append_state is None or row.append_written_at is None:
        return None
    return ReviewPart(
        part_id=row.append_id,
        part=Part.APPEND,
        state=row.append_state,
        body=row.append_body or "",
        written_at=row.append_written_at,
        edited_at=row.append_edited_at,
        answer=answer_of(row.append_answer, row.append_answered_at, row.append_answer_edited_at),
        pictures=pictures.get(row.append_id, []),
    )
