"""Reading parts of reviews for those who work with them: the shop that answers, the moderator who decides."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from yellowcart.kernel.database import Reader
from yellowcart.kernel.ids import OrderId, OrderLineId, PersonId, ProductId, ShopId
from yellowcart.kernel.paging import Page, bounded_size, decode_cursor, page_of
from yellowcart.reviews.errors import ReviewUnknown
from yellowcart.reviews.model import (
    Answer,
    AnswerFilter,
    Finding,
    HideReason,
    Part,
    PartId,
    QueueFilter,
    Review,
    ReviewId,
    ShowState,
    Stars,
)
from yellowcart.reviews.rows import answer_of, pictures_of
from yellowcart.uploads.model import Upload

NEWEST = 2**53
COUNTED_MAX = 999
"""What waits is counted up to so many."""
REPORTS_SHOWN = 50

_SELECT = """
SELECT part.shop_id, part.part_id, part.review_id, part.part, part.state, part.body, part.written_at,
       part.edited_at, part.findings, part.waits_since, part.open_reports, part.hide_reason, part.hide_note,
       part.decided_by, part.decided_at, part.appeal, part.appealed_at, part.answer, part.answered_at,
       part.answer_edited_at, review.order_id, review.order_line_id, review.product_id, review.buyer_id,
       review.is_anonymous, review.goods_stars, review.parcel_stars, review.service_stars, line.title,
       line.title_en, line.sku_name, line.sku_name_en, shop.name AS shop_name, shop.name_en AS shop_name_en
FROM review_part AS part
JOIN review USING (shop_id, review_id)
JOIN order_line AS line USING (shop_id, order_id, order_line_id)
JOIN shop USING (shop_id)
"""

_ANSWERS = {
    None: "true",
    AnswerFilter.WAITING: "part.answered_at IS NULL AND part.state = 'shown'",
    AnswerFilter.LOW: "part.goods_stars <= 2",
    AnswerFilter.ANSWERED: "part.answered_at IS NOT NULL",
}
_QUEUES = {
    None: "part.waits_since IS NOT NULL",
    QueueFilter.HELD: "part.waits_since IS NOT NULL AND part.state = 'held'",
    QueueFilter.REPORTED: "part.waits_since IS NOT NULL AND part.state = 'shown'",
    QueueFilter.APPEALED: "part.waits_since IS NOT NULL AND part.state = 'appealed'",
}


class DeskPart(msgspec.Struct, frozen=True, kw_only=True):
    """A part of a review with all that is known of it. For people who work with it, never for readers."""

    shop_id: ShopId
    shop_name: str
    shop_name_en: str
    review_id: ReviewId
    part_id: PartId
    part: Part
    state: ShowState
    order_id: OrderId
    order_line_id: OrderLineId
    product_id: ProductId
    buyer_id: PersonId
    is_anonymous: bool
    stars: Stars
    title: str
    title_en: str
    sku_name: str
    sku_name_en: str
    body: str
    pictures: list[Upload]
    written_at: datetime
    edited_at: datetime | None
    findings: list[Finding]
    waits_since: datetime | None
    open_reports: int
    hide_reason: HideReason | None
    hide_note: str
    decided_by: PersonId | None
    decided_at: datetime | None
    appeal: str
    appealed_at: datetime | None
    answer: Answer | None


class Hiding(msgspec.Struct, frozen=True, kw_only=True):
    """Why a part is hidden, and whether its author has appealed."""

    part_id: PartId
    hide_reason: HideReason
    hide_note: str
    appeal: str
    appealed_at: datetime | None


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What a reader said against a part."""

    reason: HideReason
    note: str
    reported_at: datetime
    closed_at: datetime | None


async def parts_of_shop(
    reader: Reader,
    shop_id: ShopId,
    *,
    only: AnswerFilter | None = None,
    cursor: str | None = None,
    size: int | None = None,
) -> Page[DeskPart]:
    """What buyers wrote about a shop's goods, newest first; hidden parts too, so that the shop knows what became
    of them. The caller has checked membership. Raises CursorBroken."""
    (before,) = decode_cursor(cursor, tuple[int], (NEWEST,))
    limit = bounded_size(size)
    rows = await reader.rows(
        _Row,
        f"""
        {_SELECT}
        WHERE part.shop_id = %(shop_id)s AND part.part_id < %(before)s AND {_ANSWERS[only]}
          AND part.state <> 'held'
        ORDER BY part.part_id DESC
        LIMIT %(limit)s
        """,
        shop_id=shop_id,
        before=before,
        limit=limit + 1,
    )
    page = page_of(rows, limit, lambda row: (row.part_id,))
    return Page(items=await _with_pictures(reader, page.items), next_cursor=page.next_cursor)


async def count_to_answer(reader: Reader, shop_id: ShopId) -> int:
    """How many shown parts a shop has not answered; counted up to COUNTED_MAX."""
    return int(
        await reader.value(
            """
            SELECT count(*) FROM (
                SELECT FROM review_part
                WHERE shop_id = %(shop_id)s AND answered_at IS NULL AND state = 'shown'
                LIMIT %(most)s
            ) AS waiting
            """,
            shop_id=shop_id,
            most=COUNTED_MAX,
        )
    )


async def moderation_queue(
    reader: Reader,
    *,
    only: QueueFilter | None = None,
    cursor: str | None = None,
    size: int | None = None,
) -> Page[DeskPart]:
    """What waits for a moderator, the longest first; with HIDDEN what was hidden, the latest first. Raises
    CursorBroken."""
    limit = bounded_size(size)
    if only is QueueFilter.HIDDEN:
        rows = await _hidden(reader, cursor, limit)
        page = page_of(rows, limit, lambda row: (_micros(row.decided_at), row.part_id))
    else:
        rows = await _waiting(reader, only, cursor, limit)
        page = page_of(rows, limit, lambda row: (_micros(row.waits_since), row.part_id))
    return Page(items=await _with_pictures(reader, page.items), next_cursor=page.next_cursor)


async def count_queue(reader: Reader) -> dict[QueueFilter, int]:
    """How many parts wait, by what for; counted up to COUNTED_MAX together."""
    rows = await reader.records(
        """
        SELECT state, count(*) AS number
        FROM (
            SELECT state FROM review_part WHERE waits_since IS NOT NULL ORDER BY waits_since LIMIT %(most)s
        ) AS waiting
        GROUP BY state
        """,
        most=COUNTED_MAX,
    )
    found = {str(row["state"]): int(row["number"]) for row in rows}
    return {
        QueueFilter.HELD: found.get("held", 0),
        QueueFilter.REPORTED: found.get("shown", 0),
        QueueFilter.APPEALED: found.get("appealed", 0),
    }


async def read_part(reader: Reader, shop_id: ShopId, part_id: int) -> DeskPart:
    """One part, whoever asks: the caller has checked who does. Raises ReviewUnknown."""
    row = await reader.row(
        _Row,
        f"{_SELECT} WHERE part.shop_id = %(shop_id)s AND part.part_id = %(part_id)s",
        shop_id=shop_id,
        part_id=part_id,
    )
    if row is None:
        raise ReviewUnknown
    return (await _with_pictures(reader, [row]))[0]


async def decided_parts(reader: Reader, review: Review) -> dict[PartId, Hiding]:
    """Why parts of a review are hidden, for the author; a shown part is not named."""
    rows = await reader.rows(
        Hiding,
        """
        SELECT part_id, hide_reason, hide_note, appeal, appealed_at
        FROM review_part
        WHERE shop_id = %(shop_id)s AND review_id = %(review_id)s AND hide_reason IS NOT NULL
        """,
        shop_id=review.shop_id,
        review_id=review.review_id,
    )
    return {row.part_id: row for row in rows}


async def reports_of_part(reader: Reader, shop_id: ShopId, part_id: int) -> list[Report]:
    """The latest REPORTS_SHOWN reports of a part; who reported is not told."""
    return await reader.rows(
        Report,
        """
        SELECT reason, note, reported_at, closed_at
        FROM review_report
        WHERE shop_id = %(shop_id)s AND part_id = %(part_id)s
        ORDER BY reported_at DESC, person_id
        LIMIT %(most)s
        """,
        shop_id=shop_id,
        part_id=part_id,
        most=REPORTS_SHOWN,
    )


async def _waiting(reader: Reader, only: QueueFilter | None, cursor: str | None, limit: int) -> "list[_Row]":
    after, part_id = decode_cursor(cursor, tuple[int, int], (0, 0))
    return await reader.rows(
        _Row,
        f"""
        {_SELECT}
        WHERE {_QUEUES[only]} AND (part.waits_since, part.part_id) > (%(after)s, %(part_id)s)
        ORDER BY part.waits_since, part.part_id
        LIMIT %(limit)s
        """,
        after=_moment(after),
        part_id=part_id,
        limit=limit + 1,
    )


async def _hidden(reader: Reader, cursor: str | None, limit: int) -> "list[_Row]":
    before, part_id = decode_cursor(cursor, tuple[int, int], (_LATEST, NEWEST))
    return await reader.rows(
        _Row,
        f"""
        {_SELECT}
        WHERE part.state IN ('hidden', 'appealed')
          AND (part.decided_at, part.part_id) < (%(before)s, %(part_id)s)
        ORDER BY part.decided_at DESC, part.part_id DESC
        LIMIT %(limit)s
        """,
        before=_moment(before),
        part_id=part_id,
        limit=limit + 1,
    )


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LATEST = 4_000_000_000_000_000
"""Microseconds since 1970 of a day in the year 2096: behind everything."""


def _micros(moment: datetime | None) -> int:
    span = (moment or _EPOCH) - _EPOCH
    return (span.days * 86_400 + span.seconds) * 1_000_000 + span.microseconds


def _moment(micros: int) -> datetime:
    return _EPOCH + timedelta(microseconds=min(max(micros, 0), _LATEST))


async def _with_pictures(reader: Reader, rows: "Sequence[_Row]") -> list[DeskPart]:
    pictures = await pictures_of(reader, [(row.shop_id, row.part_id) for row in rows])
    return [row.told(pictures.get(row.part_id, [])) for row in rows]


class _Row(msgspec.Struct, frozen=True, kw_only=True):
    shop_id: ShopId
    shop_name: str
    shop_name_en: str
    review_id: ReviewId
    part_id: PartId
    part: Part
    state: ShowState
    order_id: OrderId
    order_line_id: OrderLineId
    product_id: ProductId
    buyer_id: PersonId
    is_anonymous: bool
    goods_stars: int
    parcel_stars: int
    service_stars: int
    title: str
    title_en: str
    sku_name: str
    sku_name_en: str
    body: str
    written_at: datetime
    edited_at: datetime | None
    findings: list[Finding]
    waits_since: datetime | None
    open_reports: int
    hide_reason: HideReason | None
    hide_note: str
    decided_by: PersonId | None
    decided_at: datetime | None
    appeal: str
    appealed_at: datetime | None
    answer: str | None
    answered_at: datetime | None
    answer_edited_at: datetime | None

    def told(self, pictures: list[Upload]) -> DeskPart:
        values: dict[str, Any] = msgspec.structs.asdict(self)
        stars = Stars(
            goods=values.pop("goods_stars"),
            parcel=values.pop("parcel_stars"),
            service=values.pop("service_stars"),
        )
        answer = answer_of(values.pop("answer"), values.pop("answered_at"), values.pop("answer_edited_at"))
        return DeskPart(stars=stars, answer=answer, pictures=pictures, **values)
