"""What buyers wrote of past orders: stars and words in sets, with appends and answers, and the sums over them."""

import random
from collections import defaultdict
from datetime import datetime, timedelta

import msgspec

from yellowcart.demo.past_order import PastLine, PastOrder
from yellowcart.demo.seed_rows import Row, Seeded, copy_rows
from yellowcart.demo.trade_model import ReviewWords
from yellowcart.kernel.database import Writer
from yellowcart.kernel.ids import OrderId, new_id
from yellowcart.orders.model import OrderState
from yellowcart.reviews.model import Part, PartId, ReviewId, ReviewSum, ShowState, Stars
from yellowcart.reviews.rules import Counted, sum_of
from yellowcart.reviews.store import WHOLE_SHOP

REVIEWED = 6_200
"""Basis points of received lines that somebody rates."""
STARS, STAR_WEIGHTS = (5, 4, 3, 2, 1), (66, 18, 8, 3, 5)
WORDLESS, UNNAMED, APPENDED, ANSWERED = 2_200, 2_500, 1_800, 4_500
"""Basis points of reviews: without words, without a name, with an append where there was time, answered."""
TOLD = frozenset({OrderState.RECEIVED, OrderState.COMPLETED})


class _Written(msgspec.Struct, kw_only=True):
    """A review with its parts, before it has ids."""

    order: PastOrder
    line: PastLine
    stars: Stars
    words: ReviewWords
    body: str
    written_at: datetime
    is_anonymous: bool
    later: str = ""
    later_at: datetime | None = None
    answer: str = ""
    answered_at: datetime | None = None


async def write_reviews(
    writer: Writer, seeded: Seeded, orders: list[PastOrder], spoken_for: set[OrderId], part: str
) -> None:
    """Write the reviews of a part of the past, in order of time; orders that a story is about are left out."""
    dice = seeded.dice(part)
    written = [
        review
        for order in orders
        if order.state in TOLD and order.order_id not in spoken_for
        for line in order.lines
        if (review := _write(seeded, dice, order, line)) is not None
    ]
    written.sort(key=lambda review: review.written_at)
    ids = [new_id(ReviewId) for _ in written]
    await copy_rows(writer, "review", [_review_row(*each) for each in zip(ids, written, strict=True)])
    parts = [row for each in zip(ids, written, strict=True) for row in _part_rows(seeded, *each)]
    parts.sort(key=lambda row: str(row["written_at"]))
    await copy_rows(writer, "review_part", [{"part_id": new_id(PartId), **row} for row in parts])
    await _write_sums(writer, written)


def _write(seeded: Seeded, dice: random.Random, order: PastOrder, line: PastLine) -> _Written | None:
    now = seeded.world.starts_at
    received_at = order.received_at
    if received_at is None or dice.randrange(10_000) >= REVIEWED:
        return None
    written_at = received_at + timedelta(hours=dice.triangular(0.2, 36, 3))
    if written_at > now:
        return None
    goods = dice.choices(STARS, STAR_WEIGHTS)[0]
    words = _words(seeded, line, goods)
    body = "" if goods >= 4 and dice.randrange(10_000) < WORDLESS else dice.choice(words.first)
    review = _Written(
        order=order,
        line=line,
        stars=Stars(goods=goods, parcel=_near(dice, goods), service=_near(dice, goods)),
        words=words,
        body=body,
        written_at=written_at,
        is_anonymous=dice.randrange(10_000) < UNNAMED,
    )
    later_at = written_at + timedelta(hours=dice.uniform(4, 90))
    if words.later and dice.randrange(10_000) < APPENDED and later_at <= now:
        review.later, review.later_at = dice.choice(words.later), later_at
    answered_at = written_at + timedelta(hours=dice.triangular(0.5, 30, 4))
    if words.answers and body and dice.randrange(10_000) < ANSWERED and answered_at <= now:
        review.answer, review.answered_at = dice.choice(words.answers), answered_at
    return review


def _near(dice: random.Random, goods: int) -> int:
    return min(5, max(1, goods + dice.choice((0, 0, 0, 1, 1, -1))))


def _words(seeded: Seeded, line: PastLine, stars: int) -> ReviewWords:
    """Words for a category and so many stars; where there are none, those that every category has, with as many
    stars or the nearest below."""
    category = seeded.categories[line.listing.product.product.category_id]
    own = {category.code, category.top_code}
    for least in range(stars, 0, -1):
        for words in seeded.world.review_words:
            if words.stars == least and (not words.categories or own & set(words.categories)):
                return words
    return seeded.world.review_words[0]


def _review_row(review_id: ReviewId, review: _Written) -> Row:
    return {
        "shop_id": review.order.shop_id,
        "review_id": review_id,
        "order_id": review.order.order_id,
        "order_line_id": review.line.order_line_id,
        "product_id": review.line.listing.product.product.product_id,
        "buyer_id": review.order.buyer.person_id,
        "is_anonymous": review.is_anonymous,
        "goods_stars": review.stars.goods,
        "parcel_stars": review.stars.parcel,
        "service_stars": review.stars.service,
        "is_shown": True,
        "has_pictures": False,
        "has_append": bool(review.later),
        "written_at": review.written_at,
    }


def _part_rows(seeded: Seeded, review_id: ReviewId, review: _Written) -> list[Row]:
    seller = next(key for key, shop_id in seeded.shops.items() if shop_id == review.order.shop_id)
    common: Row = {
        "shop_id": review.order.shop_id,
        "review_id": review_id,
        "goods_stars": review.stars.goods,
        "state": ShowState.SHOWN,
        "findings": [],
    }
    answered = bool(review.answer)
    first = common | {
        "part": Part.FIRST,
        "body": review.body,
        "written_at": review.written_at,
        "answer": review.answer or None,
        "answered_by": seeded.merchant_people[seller].person_id if answered else None,
        "answered_at": review.answered_at,
    }
    if review.later_at is None:
        return [first]
    append = first | {
        "part": Part.APPEND,
        "body": review.later,
        "written_at": review.later_at,
        "answer": None,
        "answered_by": None,
        "answered_at": None,
    }
    return [first, append]


async def _write_sums(writer: Writer, written: list[_Written]) -> None:
    """Add to the sums of each product and shop."""
    sums: defaultdict[tuple[int, int], list[ReviewSum]] = defaultdict(list)
    for review in written:
        counted = Counted(is_shown=True, stars=review.stars, has_pictures=False, has_append=bool(review.later))
        product_id = review.line.listing.product.product.product_id
        for key in (product_id, WHOLE_SHOP):
            sums[review.order.shop_id, key].append(sum_of(counted))
    await writer.run_many(
        """
        INSERT INTO review_sum (shop_id, product_id, reviews, goods_sum, parcel_sum, service_sum, one_star,
                                two_stars, three_stars, four_stars, five_stars, with_pictures, appended)
        VALUES (%(shop_id)s, %(product_id)s, %(reviews)s, %(goods_sum)s, %(parcel_sum)s, %(service_sum)s, %(one)s,
                %(two)s, %(three)s, %(four)s, %(five)s, %(with_pictures)s, %(appended)s)
        ON CONFLICT (shop_id, product_id) DO UPDATE
        SET reviews = review_sum.reviews + excluded.reviews,
            goods_sum = review_sum.goods_sum + excluded.goods_sum,
            parcel_sum = review_sum.parcel_sum + excluded.parcel_sum,
            service_sum = review_sum.service_sum + excluded.service_sum,
            one_star = review_sum.one_star + excluded.one_star,
            two_stars = review_sum.two_stars + excluded.two_stars,
            three_stars = review_sum.three_stars + excluded.three_stars,
            four_stars = review_sum.four_stars + excluded.four_stars,
            five_stars = review_sum.five_stars + excluded.five_stars,
            with_pictures = review_sum.with_pictures + excluded.with_pictures,
            appended = review_sum.appended + excluded.appended
        """,
        [
            {
                "shop_id": shop_id,
                "product_id": product_id,
                "reviews": sum(each.reviews for each in counted),
                "goods_sum": sum(each.goods_sum for each in counted),
                "parcel_sum": sum(each.parcel_sum for each in counted),
                "service_sum": sum(each.service_sum for each in counted),
                **{
                    name: sum(each.stars[place] for each in counted)
                    for place, name in enumerate(("one", "two", "three", "four", "five"))
                },
                "with_pictures": sum(each.with_pictures for each in counted),
                "appended": sum(each.appended for each in counted),
            }
            for (shop_id, product_id), counted in sorted(sums.items())
        ],
    )
