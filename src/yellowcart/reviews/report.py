"""A reader reports a part of a review: it stays as it is and comes before a moderator."""

from datetime import timedelta

from yellowcart.accounts import audit
from yellowcart.accounts.model import Person
from yellowcart.kernel import clock
from yellowcart.kernel.database import Writer
from yellowcart.kernel.errors import InvalidFields
from yellowcart.kernel.ids import ShopId
from yellowcart.reviews.errors import OwnReview, ReportsTooMany, ReviewUnknown
from yellowcart.reviews.model import HideReason, ShowState
from yellowcart.reviews.rules import NOTE_LENGTH_MAX, REPORTS_PER_DAY_MAX, clean, text_problem
from yellowcart.reviews.store import lock_review, part_with_id, parts_of_locked, review_of_part


async def report_part(
    writer: Writer, person: Person, shop_id: ShopId, part_id: int, reason: HideReason, note: str = ""
) -> None:
    """Say why a part should not be shown. Once for each reader and part; a repeat changes nothing.

    Raises ReviewUnknown for what is not shown, OwnReview, InvalidFields, ReportsTooMany.
    """
    note = clean(note)
    if problem := text_problem(note, NOTE_LENGTH_MAX):
        raise InvalidFields({"note": problem})
    review = await lock_review(writer, shop_id, await review_of_part(writer, shop_id, part_id))
    part = part_with_id(await parts_of_locked(writer, review), part_id)
    if not review.is_shown or part.state is not ShowState.SHOWN:
        raise ReviewUnknown
    if review.buyer_id == person.person_id:
        raise OwnReview
    now = clock.now()
    lately = await writer.value(
        "SELECT count(*) FROM review_report WHERE person_id = %(person_id)s AND reported_at > %(since)s"
        " AND NOT (shop_id = %(shop_id)s AND part_id = %(part_id)s)",
        person_id=person.person_id,
        since=now - timedelta(days=1),
        shop_id=shop_id,
        part_id=part_id,
    )
    if lately >= REPORTS_PER_DAY_MAX:
        raise ReportsTooMany
    is_new = await writer.run(
        """
        INSERT INTO review_report (shop_id, part_id, person_id, reason, note, reported_at)
        VALUES (%(shop_id)s, %(part_id)s, %(person_id)s, %(reason)s, %(note)s, %(now)s)
        ON CONFLICT DO NOTHING
        """,
        shop_id=shop_id,
        part_id=part_id,
        person_id=person.person_id,
        reason=reason.value,
        note=note,
        now=now,
    )
    if not is_new:
        return
    await writer.run(
        """
        UPDATE review_part SET open_reports = open_reports + 1, waits_since = coalesce(waits_since, %(now)s)
        WHERE shop_id = %(shop_id)s AND part_id = %(part_id)s
        """,
        now=now,
        shop_id=shop_id,
        part_id=part_id,
    )
    await audit.record(writer, person, "reviews:review:report", f"review:{review.review_id}", after=reason)
