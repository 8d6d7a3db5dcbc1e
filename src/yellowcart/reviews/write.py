"""Writing and changing a review, and appending to it: the author's verbs."""

import msgspec
from psycopg.errors import UniqueViolation

from yellowcart.accounts import audit
from yellowcart.accounts.model import Person
from yellowcart.kernel import clock
from yellowcart.kernel.database import Writer, json_value
from yellowcart.kernel.errors import InvalidFields
from yellowcart.kernel.events import publish
from yellowcart.kernel.ids import OrderId, OrderLineId, ShopId, new_id
from yellowcart.orders.errors import OrderUnknown
from yellowcart.orders.store import LockedLine, LockedOrder, lines_of_locked, lock_order
from yellowcart.reviews import rules
from yellowcart.reviews.errors import AppendExists, ReviewExists, ReviewUnknown
from yellowcart.reviews.events import ReviewWritten
from yellowcart.reviews.look import look_at
from yellowcart.reviews.model import NewAppend, NewReview, Part, PartId, ReviewId, ShowState, Stars
from yellowcart.reviews.store import LockedPart, LockedReview, lock_own_review, parts_of_locked, settle
from yellowcart.reviews.subjects import subject_of
from yellowcart.uploads.attach import replace_uploads
from yellowcart.uploads.model import UploadPurpose


class WrittenReview(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a review that was written. One that is `held` waits for a moderator."""

    shop_id: ShopId
    review_id: ReviewId
    part_id: PartId
    state: ShowState


async def write_review(
    writer: Writer,
    person: Person,
    shop_id: ShopId,
    order_id: OrderId,
    order_line_id: OrderLineId,
    new: NewReview,
) -> WrittenReview:
    """The buyer rates a line of a received order, once.

    Raises OrderUnknown, OrderNotReceived, LineRefunded, ReviewExists, InvalidFields, UploadUnknown,
    UploadsTooMany.
    """
    if problems := rules.review_problems(new):
        raise InvalidFields(problems)
    order, line = await _lock_line(writer, person, shop_id, order_id, order_line_id)
    rules.require_reviewable(
        order.state,
        payable_fen=line.payable_fen,
        refunded_fen=line.refunded_fen,
        quantity=line.quantity,
        cancelled_quantity=line.cancelled_quantity,
    )
    review = await _insert(writer, order, line, new)
    part_id, state = await _write_part(writer, review, Part.FIRST, new.body, len(set(new.upload_ids)), new.stars)
    await replace_uploads(
        writer, person.person_id, UploadPurpose.REVIEW, new.upload_ids, subject_of(shop_id, part_id)
    )
    return await _finish(writer, person, review, part_id, Part.FIRST, state)


async def edit_review(
    writer: Writer, person: Person, shop_id: ShopId, review_id: ReviewId, new: NewReview
) -> WrittenReview:
    """The author writes the first part anew, within a day. The automatic look reads it again; whether the name is
    shown may change as well.

    Raises ReviewUnknown, ReviewFinal, ReviewClosed, InvalidFields, UploadUnknown, UploadsTooMany.
    """
    if problems := rules.review_problems(new):
        raise InvalidFields(problems)
    review = await lock_own_review(writer, person.person_id, shop_id, review_id)
    part = (await parts_of_locked(writer, review))[Part.FIRST]
    await writer.run(
        "UPDATE review SET is_anonymous = %(is_anonymous)s"
        " WHERE shop_id = %(shop_id)s AND review_id = %(review_id)s",
        is_anonymous=new.is_anonymous,
        shop_id=shop_id,
        review_id=review_id,
    )
    # The append, where there is one, tells of the same goods and is found under the same stars.
    await writer.run(
        "UPDATE review_part SET goods_stars = %(stars)s WHERE shop_id = %(shop_id)s AND review_id = %(review_id)s",
        stars=new.stars.goods,
        shop_id=shop_id,
        review_id=review_id,
    )
    return await _edit_part(
        writer, person, review, part, NewAppend(body=new.body, upload_ids=new.upload_ids), new.stars
    )


async def write_append(
    writer: Writer, person: Person, shop_id: ShopId, review_id: ReviewId, new: NewAppend
) -> WrittenReview:
    """The author appends to the review, once, within 180 days.

    Raises ReviewUnknown, AppendExists, AppendTooLate, ReviewClosed, InvalidFields, UploadUnknown, UploadsTooMany.
    """
    if problems := rules.append_problems(new):
        raise InvalidFields(problems)
    review = await lock_own_review(writer, person.person_id, shop_id, review_id)
    parts = await parts_of_locked(writer, review)
    if Part.APPEND in parts:
        raise AppendExists
    rules.require_appendable(parts[Part.FIRST].state, review.written_at, clock.now())
    part_id, state = await _write_part(
        writer, review, Part.APPEND, new.body, len(set(new.upload_ids)), review.stars
    )
    await replace_uploads(
        writer, person.person_id, UploadPurpose.REVIEW, new.upload_ids, subject_of(shop_id, part_id)
    )
    return await _finish(writer, person, review, part_id, Part.APPEND, state)


async def edit_append(
    writer: Writer, person: Person, shop_id: ShopId, review_id: ReviewId, new: NewAppend
) -> WrittenReview:
    """The author writes the append anew, within a day. Raises ReviewUnknown, ReviewFinal, ReviewClosed,
    InvalidFields, UploadUnknown, UploadsTooMany."""
    if problems := rules.append_problems(new):
        raise InvalidFields(problems)
    review = await lock_own_review(writer, person.person_id, shop_id, review_id)
    part = (await parts_of_locked(writer, review)).get(Part.APPEND)
    if part is None:
        raise ReviewUnknown
    return await _edit_part(writer, person, review, part, new, review.stars)


async def _lock_line(
    writer: Writer, person: Person, shop_id: ShopId, order_id: OrderId, order_line_id: OrderLineId
) -> tuple[LockedOrder, LockedLine]:
    order = await lock_order(writer, shop_id, order_id)
    if order.buyer_id != person.person_id:
        raise OrderUnknown
    for line in await lines_of_locked(writer, order):
        if line.order_line_id == order_line_id:
            return order, line
    raise OrderUnknown


async def _insert(writer: Writer, order: LockedOrder, line: LockedLine, new: NewReview) -> LockedReview:
    review = LockedReview(
        shop_id=order.shop_id,
        review_id=new_id(ReviewId),
        order_id=order.order_id,
        order_line_id=line.order_line_id,
        product_id=line.product_id,
        buyer_id=order.buyer_id,
        is_anonymous=new.is_anonymous,
        goods_stars=new.stars.goods,
        parcel_stars=new.stars.parcel,
        service_stars=new.stars.service,
        is_shown=False,
        has_pictures=False,
        has_append=False,
        written_at=clock.now(),
    )
    try:
        async with writer.attempt():
            await writer.run(
                """
                INSERT INTO review (shop_id, review_id, order_id, order_line_id, product_id, buyer_id,
                                    is_anonymous, goods_stars, parcel_stars, service_stars, written_at)
                VALUES (%(shop_id)s, %(review_id)s, %(order_id)s, %(order_line_id)s, %(product_id)s,
                        %(buyer_id)s, %(is_anonymous)s, %(goods_stars)s, %(parcel_stars)s, %(service_stars)s,
                        %(written_at)s)
                """,
                **msgspec.structs.asdict(review),
            )
    except UniqueViolation as error:
        raise ReviewExists from error
    return review


async def _write_part(
    writer: Writer, review: LockedReview, part: Part, body: str, picture_count: int, stars: Stars
) -> tuple[PartId, ShowState]:
    part_id, findings = new_id(PartId), look_at(body)
    state, now = rules.state_after_look(findings), clock.now()
    await writer.run(
        """
        INSERT INTO review_part (shop_id, part_id, review_id, part, body, picture_count, goods_stars, state,
                                 findings, written_at, waits_since)
        VALUES (%(shop_id)s, %(part_id)s, %(review_id)s, %(part)s, %(body)s, %(picture_count)s, %(stars)s,
                %(state)s, %(findings)s, %(now)s, %(waits_since)s)
        """,
        shop_id=review.shop_id,
        part_id=part_id,
        review_id=review.review_id,
        part=part.value,
        body=rules.clean(body),
        picture_count=picture_count,
        stars=stars.goods,
        state=state.value,
        findings=json_value(findings),
        now=now,
        waits_since=now if state is ShowState.HELD else None,
    )
    return part_id, state


async def _edit_part(
    writer: Writer, person: Person, review: LockedReview, part: LockedPart, new: NewAppend, stars: Stars
) -> WrittenReview:
    now = clock.now()
    rules.require_editable(part.state, part.written_at, now)
    findings = look_at(new.body)
    state = rules.state_after_look(findings)
    await writer.run(
        """
        UPDATE review_part
        SET body = %(body)s, picture_count = %(picture_count)s, state = %(state)s, findings = %(findings)s,
            edited_at = %(now)s,
            waits_since = CASE WHEN %(state)s = 'held' OR open_reports > 0 THEN coalesce(waits_since, %(now)s) END
        WHERE shop_id = %(shop_id)s AND part_id = %(part_id)s
        """,
        body=rules.clean(new.body),
        picture_count=len(set(new.upload_ids)),
        state=state.value,
        findings=json_value(findings),
        now=now,
        shop_id=review.shop_id,
        part_id=part.part_id,
    )
    subject = subject_of(review.shop_id, part.part_id)
    await replace_uploads(writer, person.person_id, UploadPurpose.REVIEW, new.upload_ids, subject)
    await settle(writer, review, stars=stars)
    await audit.record(
        writer,
        person,
        "reviews:review:edit",
        f"review:{review.review_id}",
        before={"part": part.part, "body": part.body, "stars": review.stars},
        after={"body": rules.clean(new.body), "stars": stars, "state": state},
    )
    return WrittenReview(shop_id=review.shop_id, review_id=review.review_id, part_id=part.part_id, state=state)


async def _finish(
    writer: Writer, person: Person, review: LockedReview, part_id: PartId, part: Part, state: ShowState
) -> WrittenReview:
    await settle(writer, review, is_new=part is Part.FIRST)
    await audit.record(
        writer,
        person,
        "reviews:review:write" if part is Part.FIRST else "reviews:review:append",
        f"review:{review.review_id}",
        after={"order_line": review.order_line_id, "state": state},
    )
    await publish(
        writer,
        ReviewWritten(
            shop_id=review.shop_id,
            review_id=review.review_id,
            part_id=part_id,
            part=part,
            product_id=review.product_id,
            order_id=review.order_id,
            order_line_id=review.order_line_id,
            buyer_id=review.buyer_id,
            goods_stars=review.goods_stars,
            parcel_stars=review.parcel_stars,
            service_stars=review.service_stars,
            is_shown=state is ShowState.SHOWN,
        ),
        shop_id=review.shop_id,
    )
    return WrittenReview(shop_id=review.shop_id, review_id=review.review_id, part_id=part_id, state=state)
