"""Ratings as pages show them: averages with one decimal, and how the stars are spread."""

import msgspec

from yellowcart.reviews.model import ReviewSum
from yellowcart.reviews.rules import average_tenths


class Rating(msgspec.Struct, frozen=True, kw_only=True):
    """What is drawn of a sum. An average is a text such as `4.8`, or None while nobody has rated;
    `goods_whole` is that of the goods in whole stars. `spread` counts
    goods ratings from five stars to one, each with its share of all in percent."""

    reviews: int
    with_pictures: int
    appended: int
    low: int
    goods: str | None
    goods_whole: int
    parcel: str | None
    service: str | None
    spread: list[tuple[int, int, int]]


def rating_of(total: ReviewSum) -> Rating:
    """A sum as it is drawn."""
    return Rating(
        reviews=total.reviews,
        with_pictures=total.with_pictures,
        appended=total.appended,
        low=total.low,
        goods=_average(total.goods_sum, total.reviews),
        goods_whole=((average_tenths(total.goods_sum, total.reviews) or 0) + 5) // 10,
        parcel=_average(total.parcel_sum, total.reviews),
        service=_average(total.service_sum, total.reviews),
        spread=[
            (stars, total.stars[stars - 1], total.stars[stars - 1] * 100 // max(total.reviews, 1))
            for stars in range(5, 0, -1)
        ],
    )


def _average(total: int, number: int) -> str | None:
    tenths = average_tenths(total, number)
    return None if tenths is None else f"{tenths // 10}.{tenths % 10}"
