"""Locks and writes that several verbs of reviews share.

The lock of a review is the lock of its parts. It comes after the order's row and before the sums, which come last.
"""

from datetime import datetime

import msgspec

from yellowcart.kernel.database import Reader, Writer
from yellowcart.kernel.ids import OrderId, OrderLineId, PersonId, ProductId, ShopId
from yellowcart.reviews.errors import ReviewUnknown
from yellowcart.reviews.model import Part, PartId, ReviewId, ReviewSum, ShowState, Stars
from yellowcart.reviews.rules import Counted, change_of_sums

WHOLE_SHOP = ProductId(0)
"""The product id of the row with the sums of a whole shop."""


class LockedReview(msgspec.Struct, frozen=True, kw_only=True):
    """A review that is held, as it is counted now."""

    shop_id: ShopId
    review_id: ReviewId
    order_id: OrderId
    order_line_id: OrderLineId
    product_id: ProductId
    buyer_id: PersonId
    is_anonymous: bool
    goods_stars: int
    parcel_stars: int
    service_stars: int
    is_shown: bool
    has_pictures: bool
    has_append: bool
    written_at: datetime

    @property
    def stars(self) -> Stars:
        """Its stars."""
        return Stars(goods=self.goods_stars, parcel=self.parcel_stars, service=self.service_stars)

    @property
    def counted(self) -> Counted:
        """What of it stands in the sums."""
        return Counted(
            is_shown=self.is_shown,
            stars=self.stars,
            has_pictures=self.has_pictures,
            has_append=self.has_append,
        )


class LockedPart(msgspec.Struct, frozen=True, kw_only=True):
    """A part of a review that is held."""

    part_id: PartId
    part: Part
    state: ShowState
    body: str
    picture_count: int
    written_at: datetime
    appealed_at: datetime | None
    open_reports: int
    answer: str | None
    answered_at: datetime | None


_COLUMNS = ", ".join(LockedReview.__struct_fields__)
_PART_COLUMNS = ", ".join(LockedPart.__struct_fields__)


async def lock_review(writer: Writer, shop_id: ShopId, review_id: ReviewId) -> LockedReview:
    """The review, locked until the transaction ends. Raises ReviewUnknown."""
    review = await writer.row(
        LockedReview,
        f"SELECT {_COLUMNS} FROM review WHERE shop_id = %(shop_id)s AND review_id = %(review_id)s"  # noqa: S608
        " ORDER BY shop_id, review_id FOR UPDATE",
        shop_id=shop_id,
        review_id=review_id,
    )
    if review is None:
        raise ReviewUnknown
    return review


async def lock_own_review(
    writer: Writer, person_id: PersonId, shop_id: ShopId, review_id: ReviewId
) -> LockedReview:
    """The person's own review, locked. Raises ReviewUnknown for anybody else's."""
    review = await lock_review(writer, shop_id, review_id)
    if review.buyer_id != person_id:
        raise ReviewUnknown
    return review


async def review_of_part(reader: Reader, shop_id: ShopId, part_id: int) -> ReviewId:
    """The review that a part belongs to. Raises ReviewUnknown."""
    found = await reader.value(
        "SELECT review_id FROM review_part WHERE shop_id = %(shop_id)s AND part_id = %(part_id)s",
        shop_id=shop_id,
        part_id=part_id,
    )
    if found is None:
        raise ReviewUnknown
    return ReviewId(found)


async def parts_of_locked(reader: Reader, review: LockedReview) -> dict[Part, LockedPart]:
    """The parts of a review that the caller holds."""
    rows = await reader.rows(
        LockedPart,
        f"SELECT {_PART_COLUMNS} FROM review_part"  # noqa: S608 - the columns are the struct's
        " WHERE shop_id = %(shop_id)s AND review_id = %(review_id)s ORDER BY part_id",
        shop_id=review.shop_id,
        review_id=review.review_id,
    )
    return {row.part: row for row in rows}


def part_with_id(parts: dict[Part, LockedPart], part_id: int) -> LockedPart:
    """One of the parts. Raises ReviewUnknown."""
    for each in parts.values():
        if each.part_id == part_id:
            return each
    raise ReviewUnknown


async def settle(
    writer: Writer, review: LockedReview, *, stars: Stars | None = None, is_new: bool = False
) -> Counted:
    """Count a held review anew after its parts or stars have changed: what is shown of it, and the sums of its
    product and its shop by the difference. The last thing that a verb does."""
    parts = await parts_of_locked(writer, review)
    first, append = parts[Part.FIRST], parts.get(Part.APPEND)
    is_shown = first.state is ShowState.SHOWN
    shows_append = is_shown and append is not None and append.state is ShowState.SHOWN
    pictures = first.picture_count + (append.picture_count if append is not None and shows_append else 0)
    after = Counted(
        is_shown=is_shown,
        stars=stars or review.stars,
        has_pictures=is_shown and pictures > 0,
        has_append=shows_append,
    )
    await writer.run(
        """
        UPDATE review
        SET goods_stars = %(goods)s, parcel_stars = %(parcel)s, service_stars = %(service)s,
            is_shown = %(is_shown)s, has_pictures = %(has_pictures)s, has_append = %(has_append)s
        WHERE shop_id = %(shop_id)s AND review_id = %(review_id)s
        """,
        goods=after.stars.goods,
        parcel=after.stars.parcel,
        service=after.stars.service,
        is_shown=after.is_shown,
        has_pictures=after.has_pictures,
        has_append=after.has_append,
        shop_id=review.shop_id,
        review_id=review.review_id,
    )
    change = change_of_sums(None if is_new else review.counted, after)
    if change != ReviewSum():
        await _add_to_sums(writer, review.shop_id, review.product_id, change)
    return after


async def _add_to_sums(writer: Writer, shop_id: ShopId, product_id: ProductId, change: ReviewSum) -> None:
    # A row of zeros first, then its lock, in one order: rows that nobody has made yet are locked too.
    await writer.run(
        """
        INSERT INTO review_sum (shop_id, product_id)
        SELECT %(shop_id)s, product_id FROM unnest(%(product_ids)s::bigint[]) AS wanted (product_id)
        ORDER BY product_id
        ON CONFLICT DO NOTHING
        """,
        shop_id=shop_id,
        product_ids=[WHOLE_SHOP, product_id],
    )
    await writer.column(
        """
        SELECT product_id FROM review_sum
        WHERE shop_id = %(shop_id)s AND product_id = ANY(%(product_ids)s)
        ORDER BY product_id
        FOR UPDATE
        """,
        shop_id=shop_id,
        product_ids=[WHOLE_SHOP, product_id],
    )
    one, two, three, four, five = change.stars
    await writer.run(
        """
        UPDATE review_sum
        SET reviews = reviews + %(reviews)s, goods_sum = goods_sum + %(goods_sum)s,
            parcel_sum = parcel_sum + %(parcel_sum)s, service_sum = service_sum + %(service_sum)s,
            one_star = one_star + %(one)s, two_stars = two_stars + %(two)s,
            three_stars = three_stars + %(three)s, four_stars = four_stars + %(four)s,
            five_stars = five_stars + %(five)s, with_pictures = with_pictures + %(with_pictures)s,
            appended = appended + %(appended)s
        WHERE shop_id = %(shop_id)s AND product_id = ANY(%(product_ids)s)
        """,
        reviews=change.reviews,
        goods_sum=change.goods_sum,
        parcel_sum=change.parcel_sum,
        service_sum=change.service_sum,
        one=one,
        two=two,
        three=three,
        four=four,
        five=five,
        with_pictures=change.with_pictures,
        appended=change.appended,
        shop_id=shop_id,
        product_ids=[WHOLE_SHOP, product_id],
    )
