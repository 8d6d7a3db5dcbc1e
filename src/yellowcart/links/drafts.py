"""A notice while it is being written: what its drafter may leave open, and who has decided on it.

A draft is a value; `draft_store` reads and writes it, `draft_rules` judges it, and the verbs `write_draft`,
`submit`, `publish` and `discard` move it along `NOTICE_DRAFT_MOVES`.
"""

from datetime import datetime

import msgspec

from yellowcart.kernel.ids import DraftId, NoticeId, PersonId
from yellowcart.links.model import DraftState, Grace, Notice, NoticeLine, Wording


class Bilingual(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A text in Chinese and English of which both may still be missing; a published notice has a `Wording`."""

    zh: str = ""
    en: str = ""

    @property
    def is_empty(self) -> bool:
        """Whether nothing was written in either language."""
        return not (self.zh.strip() or self.en.strip())

    def in_language(self, language: str) -> str:
        """The text for a language tag, or that of the other language; empty if neither is there."""
        chosen, other = (self.zh, self.en) if language.lower().startswith("zh") else (self.en, self.zh)
        return chosen if chosen.strip() else other

    def worded(self, otherwise: str) -> Wording:
        """The text as a wording; `otherwise` stands in for both languages where nothing was written."""
        return Wording(otherwise, otherwise) if self.is_empty else Wording(self.zh, self.en)


class DraftContent(msgspec.Struct, frozen=True, kw_only=True):
    """What the drafter decides. `announced_at` None means: when it is published.

    An empty `code` is proposed by the platform when the draft is saved.
    """

    code: str = ""
    issuer: Bilingual = Bilingual()
    title: Bilingual = Bilingual()
    text: Bilingual = Bilingual()
    reason: Bilingual = Bilingual()
    announced_at: datetime | None = None
    effective_at: datetime
    lines: tuple[NoticeLine, ...] = ()
    grace: Grace = Grace.AT_ONCE

    def as_notice(self, notice_id: int, *, announced_at: datetime, replaces: NoticeId | None = None) -> Notice:
        """The notice that this would be; the code stands in for texts that are not written yet."""
        otherwise = self.code or "-"
        return Notice(
            id=notice_id,
            issuer=self.issuer.worded(otherwise),
            text=self.text.worded(otherwise),
            reason=self.reason.worded(otherwise),
            announced_at=announced_at,
            effective_at=self.effective_at,
            lines=self.lines,
            grace=self.grace,
            replaces_notice_id=replaces,
        )


class NoticeDraft(msgspec.Struct, frozen=True, kw_only=True):
    """A draft with its state and its two people. `version` grows with every change, so that nobody decides on
    something else than what they read."""

    draft_id: DraftId
    content: DraftContent
    state: DraftState
    version: int
    drafted_by: PersonId
    drafter_name: str
    decided_by: PersonId | None = None
    decider_name: str | None = None
    decision_remark: str = ""
    replaces_notice_id: NoticeId | None = None
    replaces_code: str | None = None
    notice_id: NoticeId | None = None
    created_at: datetime
    updated_at: datetime

    @property
    def code(self) -> str:
        """The code under which it will be published."""
        return self.content.code

    @property
    def is_open(self) -> bool:
        """Whether it may still become a notice."""
        return self.state not in (DraftState.PUBLISHED, DraftState.DISCARDED)

    def as_notice(self, *, announced_at: datetime | None = None) -> Notice:
        """The notice that it would be, to judge what it would do; texts not yet written are filled by the code.

        Its id is the published notice's, or the draft's own as long as there is none (ids of all kinds are
        distinct). Without a moment of announcement it counts as announced at `announced_at`, or when it was
        last changed.
        """
        return self.content.as_notice(
            self.notice_id or self.draft_id,
            announced_at=announced_at or self.content.announced_at or self.updated_at,
            replaces=self.replaces_notice_id,
        )
