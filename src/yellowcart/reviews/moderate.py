"""Moderation: a part is shown or hidden by somebody who has no part in it, and its author may appeal once."""

from datetime import datetime
from enum import StrEnum

from yellowcart.accounts import audit
from yellowcart.accounts.inbox import NewMessage, in_both, post_messages
from yellowcart.accounts.model import Person
from yellowcart.kernel import clock
from yellowcart.kernel.database import Writer
from yellowcart.kernel.errors import InvalidFields
from yellowcart.kernel.ids import ShopId, new_id
from yellowcart.kernel.translation import N_
from yellowcart.reviews.errors import ModerationMoved, ModeratorInvolved
from yellowcart.reviews.model import HideReason, ReviewId, ShowState
from yellowcart.reviews.rules import (
    NOTE_LENGTH_MAX,
    clean,
    require_appeal,
    require_move,
    require_words,
    text_problem,
)
from yellowcart.reviews.store import (
    LockedPart,
    LockedReview,
    lock_own_review,
    lock_review,
    part_with_id,
    parts_of_locked,
    review_of_part,
    settle,
)
from yellowcart.reviews.wording import HIDE_REASONS

DECIDED = "review_decided"


class Decision(StrEnum):
    """What a moderator decides about a part."""

    SHOW = "show"
    """Readers see it; reports of it are closed."""
    HIDE = "hide"
    """Nobody but its author sees it, for a reason."""


async def decide_part(
    writer: Writer,
    person: Person,
    shop_id: ShopId,
    part_id: int,
    decision: Decision,
    *,
    seen: ShowState,
    reason: HideReason | None = None,
    note: str = "",
) -> None:
    """Show or hide a part whose state the moderator saw as `seen`. Its author is told of what changes for them.

    Raises ReviewUnknown, InvalidFields, ModeratorInvolved, and ModerationMoved when somebody decided meanwhile or
    there is nothing to decide.
    """
    note = clean(note)
    if problem := text_problem(note, NOTE_LENGTH_MAX):
        raise InvalidFields({"note": problem})
    if decision is Decision.HIDE and reason is None:
        raise InvalidFields({"reason": N_("Choose a reason; the author reads it.")})
    review = await lock_review(writer, shop_id, await review_of_part(writer, shop_id, part_id))
    part = part_with_id(await parts_of_locked(writer, review), part_id)
    await _require_uninvolved(writer, person, review)
    if part.state is not seen:
        raise ModerationMoved
    after = ShowState.SHOWN if decision is Decision.SHOW else ShowState.HIDDEN
    if part.state is after:
        if not part.open_reports:
            raise ModerationMoved
    else:
        require_move(part.state, after)
    now = clock.now()
    await _write(writer, person, shop_id, part, after, reason if after is ShowState.HIDDEN else None, note, now)
    await settle(writer, review)
    await audit.record(
        writer,
        person,
        f"reviews:review:{decision.value}",
        f"review:{review.review_id}",
        before={"part": part.part, "state": part.state},
        after={"state": after, "reason": reason, "note": note},
    )
    if part.state is not after:
        await _tell_author(writer, review, part, reason if after is ShowState.HIDDEN else None, note)


async def appeal_part(
    writer: Writer, person: Person, shop_id: ShopId, review_id: ReviewId, part_id: int, words: str
) -> None:
    """The author asks once for a second look at a part that was hidden. Raises ReviewUnknown, InvalidFields,
    AppealedAlready, ModerationMoved."""
    words = require_words(words, "appeal", NOTE_LENGTH_MAX)
    review = await lock_own_review(writer, person.person_id, shop_id, review_id)
    part = part_with_id(await parts_of_locked(writer, review), part_id)
    require_appeal(part.state, part.appealed_at)
    await writer.run(
        """
        UPDATE review_part
        SET state = 'appealed', appeal = %(words)s, appealed_at = %(now)s, waits_since = %(now)s
        WHERE shop_id = %(shop_id)s AND part_id = %(part_id)s
        """,
        words=words,
        now=clock.now(),
        shop_id=shop_id,
        part_id=part_id,
    )
    await audit.record(writer, person, "reviews:review:appeal", f"review:{review_id}", after=words)


async def _require_uninvolved(writer: Writer, person: Person, review: LockedReview) -> None:
    works_there = await writer.value(
        "SELECT true FROM shop_member WHERE shop_id = %(shop_id)s AND person_id = %(person_id)s",
        shop_id=review.shop_id,
        person_id=person.person_id,
    )
    if works_there or review.buyer_id == person.person_id:
        raise ModeratorInvolved


async def _write(
    writer: Writer,
    person: Person,
    shop_id: ShopId,
    part: LockedPart,
    after: ShowState,
    reason: HideReason | None,
    note: str,
    now: datetime,
) -> None:
    await writer.run(
        """
        UPDATE review_part
        SET state = %(state)s, hide_reason = %(reason)s, hide_note = %(note)s, decided_by = %(person_id)s,
            decided_at = %(now)s, waits_since = NULL, open_reports = 0
        WHERE shop_id = %(shop_id)s AND part_id = %(part_id)s
        """,
        state=after.value,
        reason=reason.value if reason else None,
        note=note,
        person_id=person.person_id,
        now=now,
        shop_id=shop_id,
        part_id=part.part_id,
    )
    await writer.run(
        """
        UPDATE review_report SET closed_at = %(now)s
        WHERE shop_id = %(shop_id)s AND part_id = %(part_id)s AND closed_at IS NULL
        """,
        now=now,
        shop_id=shop_id,
        part_id=part.part_id,
    )


async def _tell_author(
    writer: Writer, review: LockedReview, part: LockedPart, reason: HideReason | None, note: str
) -> None:
    if reason is None:
        title, body = N_("Your review is shown"), N_("A moderator has looked at it; every reader sees it now.")
    elif part.state is ShowState.APPEALED:
        title = N_("Your review stays hidden")
        body = N_("A moderator has looked at it again. Reason: %(reason)s. %(note)s")
    else:
        title = N_("Your review was hidden")
        body = N_("Reason: %(reason)s. %(note)s\nYou can ask once for a second look.")
    parts: dict[str, object] = {}
    if reason is not None:
        parts = {"reason": in_both(HIDE_REASONS[reason]), "note": note}
    await post_messages(
        writer,
        [
            NewMessage(
                person_id=review.buyer_id,
                kind=DECIDED,
                # A decision happens once: the part has moved.
                occasion=f"review:{part.part_id}:decision:{new_id(int)}",
                title=title,
                body=body,
                parts=parts,
                link=f"/reviews/{review.shop_id}/{review.review_id}",
            )
        ],
    )
