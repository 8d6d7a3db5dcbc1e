"""Deciding on a draft: what it says and would do, and the pages that confirm a decision before it is made."""

from collections.abc import Awaitable, Callable
from enum import StrEnum

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect

from yellowcart.accounts.access import allow
from yellowcart.accounts.audit import read_trail
from yellowcart.accounts.model import Person, Role
from yellowcart.consoles.forms import Form, FormBody, refused_form
from yellowcart.consoles.operator.draft_form import version_of
from yellowcart.consoles.operator.navigation import operator_page
from yellowcart.consoles.operator.notice_preview import preview_table
from yellowcart.consoles.rendering import AnyRequest, go_to, locale_of
from yellowcart.kernel import clock
from yellowcart.kernel.database import Database, Writer
from yellowcart.kernel.errors import NotFound, Refusal
from yellowcart.kernel.ids import DraftId
from yellowcart.kernel.problem import status_of
from yellowcart.kernel.translation import N_, translate
from yellowcart.links import queries
from yellowcart.links.draft_rules import is_scheduled_for_later
from yellowcart.links.drafts import NoticeDraft
from yellowcart.links.model import DraftState
from yellowcart.links.publish import publish_draft
from yellowcart.links.submit import discard_draft, return_draft, take_back_draft
from yellowcart.links.wording import SURFACE_NAMES


class Decision(StrEnum):
    """What somebody decides on a draft that they did not open to write."""

    PUBLISH = "publish"
    """Publish it, or let the timer publish it at its announcement: a second operator."""
    RETURN = "return"
    """Send it back with a remark: a second operator."""
    TAKE_BACK = "take-back"
    """Go on writing it: its drafter."""
    DISCARD = "discard"
    """Give it up for good: its drafter, or another with a remark."""


STEP_WORDS = {
    "links:draft:begin": N_("Draft begun"),
    "links:draft:change": N_("Draft changed"),
    "links:draft:submit": N_("Submitted for review"),
    "links:draft:take_back": N_("Taken back to go on writing"),
    "links:draft:return": N_("Sent back"),
    "links:draft:schedule": N_("Approved, to be published at its announcement"),
    "links:draft:unpublishable": N_("Could not be published, sent back"),
    "links:draft:discard": N_("Draft discarded"),
}
"""What happened to a draft, by the action that the audit trail holds."""


@get("/drafts/{draft_id:int}/review", guards=[allow(Role.OPERATOR)])
async def review_page(
    request: AnyRequest,
    database: NamedDependency[Database],
    person: NamedDependency[Person],
    draft_id: FromPath[int],
) -> Response[str]:
    """What a draft says and would do, with the decisions that are this person's."""
    async with database.reading() as reader:
        about = (await read_trail(reader, subject=f"draft:{draft_id}", size=20)).items
    context = await _context(request, database, person, DraftId(draft_id))
    return operator_page(
        request, "notices", "draft_review.html", context | {"about": about, "step_words": STEP_WORDS}
    )


@get("/drafts/{draft_id:int}/{decision:str}", guards=[allow(Role.OPERATOR)])
async def decision_page(
    request: AnyRequest,
    database: NamedDependency[Database],
    person: NamedDependency[Person],
    draft_id: FromPath[int],
    decision: FromPath[Decision],
) -> Response[str]:
    """What a decision means, before it is made."""
    return await _decision_page(request, database, person, DraftId(draft_id), decision)


@post("/drafts/{draft_id:int}/{decision:str}", guards=[allow(Role.OPERATOR)], status_code=200)
async def decide(
    request: AnyRequest,
    database: NamedDependency[Database],
    person: NamedDependency[Person],
    draft_id: FromPath[int],
    decision: FromPath[Decision],
    data: FormBody,
) -> Response[str] | Redirect:
    """Carry a decision out. It holds for the version that the page showed, and for no other."""
    try:
        async with database.writing() as writer:
            draft = await _VERBS[decision](
                writer, person, DraftId(draft_id), version_of(data), data.get("remark", "")
            )
    except NotFound:
        raise
    except Refusal as refusal:
        form = refused_form(refusal, data, locale_of(request))
        return await _decision_page(
            request, database, person, DraftId(draft_id), decision, form=form, status=status_of(refusal)
        )
    return _after(decision, draft)


def _after(decision: Decision, draft: NoticeDraft) -> Redirect:
    if draft.state is DraftState.PUBLISHED:
        return go_to(
            f"/operator/notices/{draft.code}", flash=N_("Published. Its rules stand on the timeline from now on.")
        )
    if decision is Decision.TAKE_BACK:
        return go_to(f"/operator/drafts/{draft.draft_id}", flash=N_("The draft is yours to write again."))
    words = {
        Decision.PUBLISH: N_("Approved. It is published by itself at the moment of its announcement."),
        Decision.RETURN: N_("Sent back. The drafter was told why."),
        Decision.DISCARD: N_("The draft was discarded."),
    }
    return go_to("/operator/notices?tab=drafts", flash=words[decision])


async def _decision_page(
    request: AnyRequest,
    database: Database,
    person: Person,
    draft_id: DraftId,
    decision: Decision,
    *,
    form: Form | None = None,
    status: int = 200,
) -> Response[str]:
    context = await _context(request, database, person, draft_id)
    context |= {"decision": decision.value, "form": form}
    return operator_page(request, "notices", "draft_decision.html", context, status=status)


async def _context(
    request: AnyRequest, database: Database, person: Person, draft_id: DraftId
) -> dict[str, object]:
    locale = locale_of(request)
    async with database.reading() as reader:
        draft = await queries.draft(reader, draft_id)
        sources = await queries.read_sources(reader)
        expected = await queries.preview_of(reader, draft.as_notice()) if draft.is_open else None
    handed_over = draft.state in (DraftState.SUBMITTED, DraftState.SCHEDULED)
    is_drafter = draft.drafted_by == person.person_id
    return {
        "draft": draft,
        "content": draft.content,
        "preview": None if expected is None else preview_table(expected, sources, locale),
        "surfaces": SURFACE_NAMES,
        "remark": translate(draft.decision_remark, locale),
        "is_drafter": is_drafter,
        "is_later": is_scheduled_for_later(draft.content, clock.now()),
        "may_publish": draft.state is DraftState.SUBMITTED and not is_drafter,
        "may_return": handed_over and not is_drafter,
        "may_take_back": handed_over and is_drafter,
        "may_discard": draft.is_open,
    }


async def _publish(writer: Writer, person: Person, draft_id: DraftId, version: int, _: str) -> NoticeDraft:
    return await publish_draft(writer, person, draft_id, version=version)


async def _return(writer: Writer, person: Person, draft_id: DraftId, version: int, remark: str) -> NoticeDraft:
    return await return_draft(writer, person, draft_id, version=version, remark=remark)


async def _take_back(writer: Writer, person: Person, draft_id: DraftId, version: int, _: str) -> NoticeDraft:
    return await take_back_draft(writer, person, draft_id, version=version)


async def _discard(writer: Writer, person: Person, draft_id: DraftId, version: int, remark: str) -> NoticeDraft:
    return await discard_draft(writer, person, draft_id, version=version, remark=remark)


_VERBS: dict[Decision, Callable[[Writer, Person, DraftId, int, str], Awaitable[NoticeDraft]]] = {
    Decision.PUBLISH: _publish,
    Decision.RETURN: _return,
    Decision.TAKE_BACK: _take_back,
    Decision.DISCARD: _discard,
}
