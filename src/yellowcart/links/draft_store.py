"""Drafts of notices in the database: every read, lock and write of `notice_draft`."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
from psycopg.errors import UniqueViolation

from yellowcart.kernel import clock
from yellowcart.kernel.database import Reader, Writer, json_value
from yellowcart.kernel.errors import NotFound
from yellowcart.kernel.ids import DraftId, NoticeId, PersonId
from yellowcart.links.drafts import Bilingual, DraftContent, NoticeDraft
from yellowcart.links.errors import NoticeCodeTaken
from yellowcart.links.model import DraftState, Grace, NoticeLine

DRAFT = """
    SELECT draft.draft_id, draft.code, draft.issuer_zh, draft.issuer_en, draft.title_zh, draft.title_en,
           draft.text_zh, draft.text_en, draft.reason_zh, draft.reason_en, draft.announced_at,
           draft.effective_at, draft.lines, draft.grace, draft.state, draft.replaces_notice_id,
           draft.notice_id, draft.version, draft.drafted_by, draft.decided_by, draft.decision_remark,
           draft.created_at, draft.updated_at, drafter.name AS drafter_name, decider.name AS decider_name,
           replaced.code AS replaces_code
    FROM notice_draft AS draft
    JOIN person AS drafter ON drafter.person_id = draft.drafted_by
    LEFT JOIN person AS decider ON decider.person_id = draft.decided_by
    LEFT JOIN notice AS replaced ON replaced.notice_id = draft.replaces_notice_id
"""


class DraftRow(msgspec.Struct, frozen=True):
    """A row of `DRAFT`."""

    draft_id: DraftId
    code: str
    issuer_zh: str
    issuer_en: str
    title_zh: str
    title_en: str
    text_zh: str
    text_en: str
    reason_zh: str
    reason_en: str
    announced_at: datetime | None
    effective_at: datetime
    lines: list[Any]
    grace: Grace
    state: DraftState
    replaces_notice_id: NoticeId | None
    notice_id: NoticeId | None
    version: int
    drafted_by: PersonId
    decided_by: PersonId | None
    decision_remark: str
    created_at: datetime
    updated_at: datetime
    drafter_name: str
    decider_name: str | None
    replaces_code: str | None

    def draft(self) -> NoticeDraft:
        """The row as a value."""
        return NoticeDraft(
            draft_id=self.draft_id,
            content=DraftContent(
                code=self.code,
                issuer=Bilingual(self.issuer_zh, self.issuer_en),
                title=Bilingual(self.title_zh, self.title_en),
                text=Bilingual(self.text_zh, self.text_en),
                reason=Bilingual(self.reason_zh, self.reason_en),
                announced_at=self.announced_at,
                effective_at=self.effective_at,
                lines=tuple(msgspec.convert(line, NoticeLine, strict=False) for line in self.lines),
                grace=self.grace,
            ),
            state=self.state,
            version=self.version,
            drafted_by=self.drafted_by,
            drafter_name=self.drafter_name,
            decided_by=self.decided_by,
            decider_name=self.decider_name,
            decision_remark=self.decision_remark,
            replaces_notice_id=self.replaces_notice_id,
            replaces_code=self.replaces_code,
            notice_id=self.notice_id,
            created_at=self.created_at,
            updated_at=self.updated_at,
        )


async def read_draft(reader: Reader, draft_id: DraftId) -> NoticeDraft:
    """A draft. Raises NotFound."""
    row = await reader.row(DraftRow, DRAFT + "WHERE draft.draft_id = %(draft_id)s", draft_id=draft_id)
    if row is None:
        raise NotFound
    return row.draft()


async def lock_draft(writer: Writer, draft_id: DraftId) -> NoticeDraft:
    """A draft, held until the transaction ends, as it is once the lock is had. Raises NotFound."""
    await writer.run("SELECT FROM notice_draft WHERE draft_id = %(draft_id)s FOR UPDATE", draft_id=draft_id)
    return await read_draft(writer, draft_id)


async def lock_due_draft(writer: Writer, now: datetime, *, put_off: Sequence[DraftId] = ()) -> NoticeDraft | None:
    """The scheduled draft whose announcement is due first, held; None when none is due or free but those that are
    `put_off`."""
    draft_id: DraftId | None = await writer.value(
        """
        SELECT draft_id FROM notice_draft
        WHERE state = 'scheduled' AND announced_at <= %(now)s AND draft_id <> ALL(%(put_off)s)
        ORDER BY announced_at, draft_id
        LIMIT 1
        FOR UPDATE SKIP LOCKED
        """,
        now=now,
        put_off=list(put_off),
    )
    return None if draft_id is None else await read_draft(writer, draft_id)


async def insert_draft(
    writer: Writer,
    draft_id: DraftId,
    content: DraftContent,
    *,
    by: PersonId,
    replaces: NoticeId | None = None,
) -> None:
    """Write a new draft. Raises NoticeCodeTaken."""
    try:
        async with writer.attempt():
            await writer.run(
                """
                INSERT INTO notice_draft (draft_id, code, issuer_zh, issuer_en, title_zh, title_en, text_zh,
                                          text_en, reason_zh, reason_en, announced_at, effective_at, lines, grace,
                                          state, replaces_notice_id, drafted_by, created_at, updated_at)
                VALUES (%(draft_id)s, %(code)s, %(issuer_zh)s, %(issuer_en)s, %(title_zh)s, %(title_en)s,
                        %(text_zh)s, %(text_en)s, %(reason_zh)s, %(reason_en)s, %(announced_at)s,
                        %(effective_at)s, %(lines)s, %(grace)s, 'draft', %(replaces)s, %(by)s, %(now)s, %(now)s)
                """,
                draft_id=draft_id,
                replaces=replaces,
                by=by,
                now=clock.now(),
                **columns_of(content),
            )
    except UniqueViolation as error:
        raise NoticeCodeTaken from error


async def save_content(writer: Writer, draft_id: DraftId, content: DraftContent) -> None:
    """Write what a locked draft says now; its version grows. Raises NoticeCodeTaken."""
    try:
        async with writer.attempt():
            await writer.run(
                """
                UPDATE notice_draft
                SET code = %(code)s, issuer_zh = %(issuer_zh)s, issuer_en = %(issuer_en)s, title_zh = %(title_zh)s,
                    title_en = %(title_en)s, text_zh = %(text_zh)s, text_en = %(text_en)s,
                    reason_zh = %(reason_zh)s, reason_en = %(reason_en)s, announced_at = %(announced_at)s,
                    effective_at = %(effective_at)s, lines = %(lines)s, grace = %(grace)s,
                    version = version + 1, updated_at = %(now)s
                WHERE draft_id = %(draft_id)s AND state = 'draft'
                """,
                draft_id=draft_id,
                now=clock.now(),
                **columns_of(content),
            )
    except UniqueViolation as error:
        raise NoticeCodeTaken from error


async def move_draft(
    writer: Writer,
    draft: NoticeDraft,
    to: DraftState,
    *,
    decided_by: PersonId | None = None,
    remark: str = "",
    notice_id: NoticeId | None = None,
) -> None:
    """Write the next state of a locked draft, who decided it and why; its version grows."""
    await writer.run(
        """
        UPDATE notice_draft
        SET state = %(to)s, decided_by = %(decided_by)s, decision_remark = %(remark)s, notice_id = %(notice_id)s,
            version = version + 1, updated_at = %(now)s
        WHERE draft_id = %(draft_id)s AND state = %(before)s
        """,
        draft_id=draft.draft_id,
        before=draft.state.value,
        to=to.value,
        decided_by=decided_by,
        remark=remark,
        notice_id=notice_id,
        now=clock.now(),
    )


async def codes_like(reader: Reader, beginning: str) -> frozenset[str]:
    """The codes in use, of notices and of drafts, that begin so; a bounded number."""
    return frozenset(
        await reader.column(
            """
            SELECT code FROM notice WHERE starts_with(code, %(beginning)s)
            UNION
            SELECT code FROM notice_draft WHERE starts_with(code, %(beginning)s) AND state <> 'discarded'
            ORDER BY code
            LIMIT 1000
            """,
            beginning=beginning,
        )
    )


async def code_is_taken(reader: Reader, code: str, *, except_draft: DraftId | None = None) -> bool:
    """Whether a notice or another open draft has this code."""
    found: bool = await reader.value(
        """
        SELECT EXISTS (SELECT FROM notice WHERE code = %(code)s)
            OR EXISTS (SELECT FROM notice_draft
                       WHERE code = %(code)s AND state NOT IN ('discarded', 'published')
                         AND draft_id IS DISTINCT FROM %(except_draft)s)
        """,
        code=code,
        except_draft=except_draft,
    )
    return found


def storable(text: str) -> str:
    """Text from an address without the one character that PostgreSQL does not take: it names nothing."""
    return text.replace("\0", "")


def columns_of(content: DraftContent) -> dict[str, object]:
    """What a draft says, by the columns that `notice` and `notice_draft` share."""
    return {
        "code": content.code,
        "issuer_zh": content.issuer.zh,
        "issuer_en": content.issuer.en,
        "title_zh": content.title.zh,
        "title_en": content.title.en,
        "text_zh": content.text.zh,
        "text_en": content.text.en,
        "reason_zh": content.reason.zh,
        "reason_en": content.reason.en,
        "announced_at": content.announced_at,
        "effective_at": content.effective_at,
        "lines": json_value(content.lines),
        "grace": content.grace.value,
    }
