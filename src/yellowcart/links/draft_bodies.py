"""How drafts of notices are sent and told over the API: bodies, answers, and the way between them and values."""

from collections.abc import Collection
from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta

from yellowcart.kernel.errors import InvalidFields
from yellowcart.kernel.ids import DraftId, NoticeId
from yellowcart.links.draft_rules import CODE_LENGTH_MAX, LINES_MAX, Problem, line_problems
from yellowcart.links.drafts import Bilingual, DraftContent, NoticeDraft
from yellowcart.links.feeds import RuleAnswer, rule_answer
from yellowcart.links.model import Action, Change, DraftState, Grace, NoticeLine, SourceScope, Surface, Terms
from yellowcart.links.preview import Preview

Aware = Annotated[datetime, Meta(tz=True)]
Key = Annotated[str, Meta(min_length=1, max_length=60)]


class LineBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One line of a notice. `sources` is a list of keys, or `every` or `third_party`; `surfaces` null means every
    one; a fee is in basis points; `effective_at` null means the moment of the notice."""

    action: Action
    sources: Annotated[list[Key], Meta(max_length=100)] | SourceScope
    surfaces: Annotated[list[Surface], Meta(max_length=5)] | None = None
    fee_basis_points: int | None = None
    channel: str | None = None
    effective_at: Aware | None = None


class DraftBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a draft says. Texts may still be missing; without a code one is proposed."""

    code: Annotated[str, Meta(max_length=CODE_LENGTH_MAX)] = ""
    issuer: Bilingual = Bilingual()
    title: Bilingual = Bilingual()
    text: Bilingual = Bilingual()
    reason: Bilingual = Bilingual()
    announced_at: Aware | None = None
    effective_at: Aware
    lines: Annotated[list[LineBody], Meta(max_length=LINES_MAX)] = []
    grace: Grace = Grace.AT_ONCE


class ChangedDraftBody(DraftBody, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a draft says from now on; `version` is the one that was read."""

    version: int


class DecisionBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A step of a draft. `version` is the one that was read. Sending back, and discarding another's, need a
    remark."""

    version: int
    remark: Annotated[str, Meta(max_length=1_000)] = ""


class WithdrawalBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Why a notice is withdrawn, in at least one language; everybody reads it."""

    reason: Bilingual


class TermsAnswer(msgspec.Struct, frozen=True):
    """What is demanded before or after a change."""

    action: Action
    fee_basis_points: int | None
    channel: str | None


class ChangeAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A surface and source whose verdict becomes another at a moment."""

    surface: Surface
    source: str
    at: datetime
    before: TermsAnswer
    after: TermsAnswer


class CollisionAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A rule that is there already, and of which notice; null where two lines of the draft meet."""

    surface: Surface
    source: str
    at: datetime
    notice: str | None


class PreviewAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What a draft would do if it were published now."""

    changes: list[ChangeAnswer]
    repeats: list[RuleAnswer]
    dropped: list[ChangeAnswer]
    late: list[RuleAnswer]
    collisions: list[CollisionAnswer]
    changes_nothing: bool


class DraftAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A draft with its state and its two people. `replaces` is the code of the notice that it amends."""

    draft_id: DraftId
    code: str
    issuer: Bilingual
    title: Bilingual
    text: Bilingual
    reason: Bilingual
    announced_at: datetime | None
    effective_at: datetime
    lines: list[NoticeLine]
    grace: Grace
    state: DraftState
    version: int
    drafted_by: str
    decided_by: str | None
    remark: str
    replaces: str | None
    notice_id: NoticeId | None
    created_at: datetime
    updated_at: datetime


def content_of(body: DraftBody, known_sources: Collection[str]) -> DraftContent:
    """The content that a body describes. Raises InvalidFields for lines that make no sense."""
    problems: dict[str, Problem] = {}
    lines: list[NoticeLine] = []
    for number, line in enumerate(body.lines):
        found = line_problems(
            line.action,
            sources=line.sources,
            surfaces=line.surfaces,
            fee_basis_points=line.fee_basis_points,
            channel=line.channel,
            known_sources=known_sources,
        )
        if found:
            names = {"fee": "fee_basis_points"}
            problems |= {f"lines.{number}.{names.get(name, name)}": each for name, each in found.items()}
            continue
        lines.append(
            NoticeLine(
                action=line.action,
                sources=line.sources if isinstance(line.sources, SourceScope) else tuple(line.sources),
                surfaces=None if line.surfaces is None else tuple(line.surfaces),
                fee_basis_points=line.fee_basis_points,
                channel=line.channel,
                effective_at=line.effective_at,
            )
        )
    if problems:
        raise InvalidFields(problems)
    return DraftContent(
        code=body.code,
        issuer=body.issuer,
        title=body.title,
        text=body.text,
        reason=body.reason,
        announced_at=body.announced_at,
        effective_at=body.effective_at,
        lines=tuple(lines),
        grace=body.grace,
    )


def draft_answer(draft: NoticeDraft) -> DraftAnswer:
    """A draft as plain values."""
    content = draft.content
    return DraftAnswer(
        draft_id=draft.draft_id,
        code=content.code,
        issuer=content.issuer,
        title=content.title,
        text=content.text,
        reason=content.reason,
        announced_at=content.announced_at,
        effective_at=content.effective_at,
        lines=list(content.lines),
        grace=content.grace,
        state=draft.state,
        version=draft.version,
        drafted_by=draft.drafter_name,
        decided_by=draft.decider_name,
        remark=draft.decision_remark,
        replaces=draft.replaces_code,
        notice_id=draft.notice_id,
        created_at=draft.created_at,
        updated_at=draft.updated_at,
    )


def preview_answer(expected: Preview) -> PreviewAnswer:
    """What a draft would do, as plain values."""
    return PreviewAnswer(
        changes=[_change(each) for each in expected.changes],
        repeats=[rule_answer(each) for each in expected.repeats],
        dropped=[_change(each) for each in expected.dropped],
        late=[rule_answer(each) for each in expected.late],
        collisions=[
            CollisionAnswer(surface=each.surface, source=each.source, at=each.at, notice=each.code)
            for each in expected.collisions
        ],
        changes_nothing=expected.changes_nothing,
    )


def _change(change: Change) -> ChangeAnswer:
    return ChangeAnswer(
        surface=change.surface,
        source=change.source,
        at=change.at,
        before=_terms(change.before.terms),
        after=_terms(change.after.terms),
    )


def _terms(terms: Terms) -> TermsAnswer:
    return TermsAnswer(terms.action, terms.fee_basis_points, terms.channel)
