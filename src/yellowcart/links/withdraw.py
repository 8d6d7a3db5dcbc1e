"""Taking a notice back before it takes effect: by a second operator, or by an amended notice in its place.

Nobody undoes their own notice alone: whoever drafted it (or published it, where no drafter is on record) asks
another operator, or amends it, which takes two people anyway. The database holds the same (migration 0004).
"""

from datetime import datetime

import msgspec
from psycopg.errors import ForeignKeyViolation, RestrictViolation

from yellowcart.accounts import audit
from yellowcart.accounts.model import Person
from yellowcart.kernel import clock
from yellowcart.kernel.database import Writer
from yellowcart.kernel.errors import NotFound
from yellowcart.kernel.events import publish
from yellowcart.kernel.ids import NoticeId, PersonId
from yellowcart.links.draft_rules import REASON_LENGTH_MAX
from yellowcart.links.draft_store import storable
from yellowcart.links.drafts import Bilingual
from yellowcart.links.errors import NoticeBegun, NoticeGone, WithdrawalOfOwn, WithdrawalReasonMissing
from yellowcart.links.events import NoticeWithdrawn
from yellowcart.links.queries import notice
from yellowcart.links.store import RULES_CHANGED, PublishedNotice, take_the_rule_desk
from yellowcart.links.telling import tell_withdrawn


class HeldNotice(msgspec.Struct, frozen=True):
    """A notice that is locked, published and still to begin."""

    notice_id: NoticeId
    code: str
    effective_at: datetime
    first_rule_at: datetime | None
    is_withdrawn: bool
    drafted_by: PersonId | None
    published_by: PersonId | None

    @property
    def author(self) -> PersonId | None:
        """Who may not withdraw it alone."""
        return self.drafted_by or self.published_by


async def withdraw_notice(writer: Writer, person: Person, code: str, *, reason: Bilingual) -> PublishedNotice:
    """Take a coming notice back: its rules leave the timeline, the notice stays readable with the reason.

    Raises NotFound, NoticeGone, NoticeBegun, WithdrawalOfOwn, WithdrawalReasonMissing.
    """
    reason = Bilingual(reason.zh.strip(), reason.en.strip())
    await take_the_rule_desk(writer)
    held = await lock_coming_notice(writer, code)
    if held.author == person.person_id:
        raise WithdrawalOfOwn
    if reason.is_empty or any(len(text) > REASON_LENGTH_MAX or "\0" in text for text in (reason.zh, reason.en)):
        raise WithdrawalReasonMissing
    await _take_back(writer, held, by=person.person_id, person=person, reason=reason, replaced=False)
    told = await notice(writer, code)
    await tell_withdrawn(writer, told, held.notice_id, {held.drafted_by, held.published_by} - {person.person_id})
    return told


async def replace_notice(
    writer: Writer, notice_id: NoticeId, *, by: PersonId, person: Person | None, reason: Bilingual
) -> None:
    """Take a coming notice back because an amended one is being published in this transaction, with the rule desk
    taken. `by` approved that one. Raises NoticeGone, NoticeBegun."""
    code: str = await writer.value("SELECT code FROM notice WHERE notice_id = %(notice_id)s", notice_id=notice_id)
    held = await lock_coming_notice(writer, code)
    await _take_back(writer, held, by=by, person=person, reason=reason, replaced=True)


async def lock_coming_notice(writer: Writer, code: str) -> HeldNotice:
    """A notice that was published and has not begun, held until the transaction ends.

    Raises NotFound, NoticeGone for one that was withdrawn, NoticeBegun.
    """
    notice_id: NoticeId | None = await writer.value(
        "SELECT notice_id FROM notice WHERE code = %(code)s ORDER BY notice_id FOR UPDATE", code=storable(code)
    )
    if notice_id is None:
        raise NotFound
    held = await writer.row(
        HeldNotice,
        """
        SELECT notice_id, code, effective_at, drafted_by, published_by,
               (SELECT min(effective_at) FROM link_rule WHERE link_rule.notice_id = notice.notice_id)
                   AS first_rule_at,
               EXISTS (SELECT FROM notice_withdrawal WHERE notice_withdrawal.notice_id = notice.notice_id)
                   AS is_withdrawn
        FROM notice
        WHERE notice_id = %(notice_id)s
        """,
        notice_id=notice_id,
    )
    if held is None:
        raise NotFound
    if held.is_withdrawn:
        raise NoticeGone
    if min(held.effective_at, held.first_rule_at or held.effective_at) <= clock.now():
        raise NoticeBegun
    return held


async def _take_back(
    writer: Writer, held: HeldNotice, *, by: PersonId, person: Person | None, reason: Bilingual, replaced: bool
) -> None:
    """Raises NoticeBegun when the moment of effect has come meanwhile, or when another process, whose clock is
    ahead, has carried a rule out: what was enforced is referred to and cannot be deleted."""
    try:
        async with writer.attempt():
            await writer.run(
                """
                INSERT INTO notice_withdrawal (notice_id, withdrawn_by, withdrawn_at, reason_zh, reason_en)
                VALUES (%(notice_id)s, %(by)s, %(now)s, %(reason_zh)s, %(reason_en)s)
                """,
                notice_id=held.notice_id,
                by=by,
                now=clock.now(),
                reason_zh=reason.zh,
                reason_en=reason.en,
            )
            # In the order in which they are carried out and warned of (stage), so that nobody waits in a circle.
            await writer.run(
                """
                SELECT FROM link_rule WHERE notice_id = %(notice_id)s
                ORDER BY effective_at, surface, source
                FOR UPDATE
                """,
                notice_id=held.notice_id,
            )
            rules = await writer.run(
                "DELETE FROM link_rule WHERE notice_id = %(notice_id)s", notice_id=held.notice_id
            )
    except (ForeignKeyViolation, RestrictViolation) as error:
        raise NoticeBegun from error
    await writer.notify(RULES_CHANGED, str(held.notice_id))
    await audit.record(
        writer,
        person,
        "links:notice:replace" if replaced else "links:notice:withdraw",
        f"notice:{held.notice_id}",
        after={"code": held.code, "rules": rules, "reason": reason},
    )
    await publish(writer, NoticeWithdrawn(notice_id=held.notice_id, code=held.code, replaced=replaced))
