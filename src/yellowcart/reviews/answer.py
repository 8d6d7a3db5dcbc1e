"""The shop answers a part of a review: once for each part, and may change the answer for a day."""

from datetime import datetime

from yellowcart.accounts import audit
from yellowcart.accounts.inbox import NewMessage, post_messages
from yellowcart.accounts.model import Person
from yellowcart.catalog.shops import require_member
from yellowcart.kernel import clock
from yellowcart.kernel.database import Writer
from yellowcart.kernel.ids import ShopId
from yellowcart.kernel.translation import N_
from yellowcart.reviews.rules import ANSWER_LENGTH_MAX, require_answerable, require_words
from yellowcart.reviews.store import LockedReview, lock_review, part_with_id, parts_of_locked, review_of_part

ANSWERED = "review_answered"


async def answer_part(writer: Writer, person: Person, shop_id: ShopId, part_id: int, answer: str) -> None:
    """Answer a part, or write the answer anew within a day. The author is told of the first; the same answer again
    changes nothing.

    Raises NotFound for another's shop, ReviewUnknown, InvalidFields, NotToAnswer, ReviewFinal.
    """
    shop = await require_member(writer, person, shop_id)
    words = require_words(answer, "answer", ANSWER_LENGTH_MAX)
    review = await lock_review(writer, shop_id, await review_of_part(writer, shop_id, part_id))
    part = part_with_id(await parts_of_locked(writer, review), part_id)
    if part.answer == words:
        return
    now = clock.now()
    require_answerable(part.state, part.answered_at, now)
    await _write(writer, person, shop_id, part_id, words, now)
    await audit.record(
        writer, person, "reviews:review:answer", f"review:{review.review_id}", before=part.answer, after=words
    )
    if part.answered_at is None:
        await _tell_author(writer, review, part_id, shop.name)


async def _write(writer: Writer, person: Person, shop_id: ShopId, part_id: int, words: str, now: datetime) -> None:
    await writer.run(
        """
        UPDATE review_part
        SET answer = %(answer)s, answered_by = %(person_id)s, answered_at = coalesce(answered_at, %(now)s),
            answer_edited_at = CASE WHEN answered_at IS NOT NULL THEN %(now)s::timestamptz END
        WHERE shop_id = %(shop_id)s AND part_id = %(part_id)s
        """,
        answer=words,
        person_id=person.person_id,
        now=now,
        shop_id=shop_id,
        part_id=part_id,
    )


async def _tell_author(writer: Writer, review: LockedReview, part_id: int, shop_name: str) -> None:
    await post_messages(
        writer,
        [
            NewMessage(
                person_id=review.buyer_id,
                kind=ANSWERED,
                occasion=f"review:{part_id}:answered",
                title=N_("%(shop)s answered your review"),
                body=N_("Read what the shop says to it."),
                parts={"shop": shop_name},
                link=f"/reviews/{review.shop_id}/{review.review_id}",
            )
        ],
    )
