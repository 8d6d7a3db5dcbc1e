"""Drafts of notices for operators' programs: writing, submitting, deciding, amending and withdrawing. The operator
console uses the same verbs."""

from typing import Annotated

from litestar import Router, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter

from yellowcart.accounts.access import allow
from yellowcart.accounts.model import Person, Role
from yellowcart.kernel.database import Database
from yellowcart.kernel.idempotency import once, request_key
from yellowcart.kernel.ids import DraftId
from yellowcart.kernel.paging import Page
from yellowcart.kernel.request_headers import IdempotencyKey
from yellowcart.links import queries
from yellowcart.links.draft_bodies import (
    ChangedDraftBody,
    DecisionBody,
    DraftAnswer,
    DraftBody,
    PreviewAnswer,
    WithdrawalBody,
    content_of,
    draft_answer,
    preview_answer,
)
from yellowcart.links.feeds import NoticeAnswer, notice_answer, rules_by_notice
from yellowcart.links.model import DraftState
from yellowcart.links.publish import publish_draft
from yellowcart.links.store import read_sources, read_timeline
from yellowcart.links.submit import discard_draft, return_draft, submit_draft, take_back_draft
from yellowcart.links.withdraw import withdraw_notice
from yellowcart.links.write_draft import amend_notice, change_draft, draft_notice

OPERATOR = allow(Role.OPERATOR)
StateFilter = Annotated[DraftState | None, QueryParameter(name="state")]


@get("/notice-drafts", guards=[OPERATOR])
async def list_drafts(
    database: NamedDependency[Database],
    only: StateFilter = None,
    cursor: FromQuery[str | None] = None,
    size: FromQuery[int | None] = None,
) -> Page[DraftAnswer]:
    """Drafts, those changed last first; without a state, the open ones."""
    states = queries.OPEN_STATES if only is None else (only,)
    async with database.reading() as reader:
        found = await queries.drafts_of(reader, states=states, cursor=cursor, size=size)
    return Page(items=[draft_answer(each) for each in found.items], next_cursor=found.next_cursor)


@post("/notice-drafts", guards=[OPERATOR], status_code=201)
async def begin_draft(
    data: JSONBody[DraftBody],
    idempotency_key: IdempotencyKey,
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> DraftAnswer:
    """Begin a notice."""
    key = request_key(person.person_id, idempotency_key, data)
    async with database.writing() as writer:
        written = content_of(data, [source.source for source in await read_sources(writer)])

        async def make() -> DraftAnswer:
            return draft_answer(await draft_notice(writer, person, written))

        return await once(writer, "links:draft:begin", key, DraftAnswer, make)


@get("/notice-drafts/{draft_id:int}", guards=[OPERATOR])
async def one_draft(draft_id: FromPath[int], database: NamedDependency[Database]) -> DraftAnswer:
    """A draft."""
    async with database.reading() as reader:
        return draft_answer(await queries.draft(reader, DraftId(draft_id)))


@put("/notice-drafts/{draft_id:int}", guards=[OPERATOR])
async def rewrite_draft(
    draft_id: FromPath[int],
    data: JSONBody[ChangedDraftBody],
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> DraftAnswer:
    """Change a draft of one's own, whole."""
    async with database.writing() as writer:
        written = content_of(data, [source.source for source in await read_sources(writer)])
        return draft_answer(await change_draft(writer, person, DraftId(draft_id), written, version=data.version))


@get("/notice-drafts/{draft_id:int}/preview", guards=[OPERATOR])
async def preview_draft(draft_id: FromPath[int], database: NamedDependency[Database]) -> PreviewAnswer:
    """What a draft would do to the verdicts if it were published now. Nothing changes."""
    async with database.reading() as reader:
        found = await queries.draft(reader, DraftId(draft_id))
        return preview_answer(await queries.preview_of(reader, found.as_notice()))


@post("/notice-drafts/{draft_id:int}/submit", guards=[OPERATOR], status_code=200)
async def submit(
    draft_id: FromPath[int],
    data: JSONBody[DecisionBody],
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> DraftAnswer:
    """Ask another operator to decide on a draft of one's own."""
    async with database.writing() as writer:
        return draft_answer(await submit_draft(writer, person, DraftId(draft_id), version=data.version))


@post("/notice-drafts/{draft_id:int}/take-back", guards=[OPERATOR], status_code=200)
async def take_back(
    draft_id: FromPath[int],
    data: JSONBody[DecisionBody],
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> DraftAnswer:
    """Go on writing a draft of one's own that was submitted or scheduled."""
    async with database.writing() as writer:
        return draft_answer(await take_back_draft(writer, person, DraftId(draft_id), version=data.version))


@post("/notice-drafts/{draft_id:int}/return", guards=[OPERATOR], status_code=200)
async def send_back(
    draft_id: FromPath[int],
    data: JSONBody[DecisionBody],
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> DraftAnswer:
    """Send another's draft back with a remark."""
    async with database.writing() as writer:
        return draft_answer(
            await return_draft(writer, person, DraftId(draft_id), version=data.version, remark=data.remark)
        )


@post("/notice-drafts/{draft_id:int}/publish", guards=[OPERATOR], status_code=200)
async def approve(
    draft_id: FromPath[int],
    data: JSONBody[DecisionBody],
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> DraftAnswer:
    """Publish another's draft, or schedule it where its announcement lies ahead. A repeat is refused: the draft is
    published."""
    async with database.writing() as writer:
        return draft_answer(await publish_draft(writer, person, DraftId(draft_id), version=data.version))


@post("/notice-drafts/{draft_id:int}/discard", guards=[OPERATOR], status_code=200)
async def discard(
    draft_id: FromPath[int],
    data: JSONBody[DecisionBody],
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> DraftAnswer:
    """Give up a draft for good."""
    async with database.writing() as writer:
        return draft_answer(
            await discard_draft(writer, person, DraftId(draft_id), version=data.version, remark=data.remark)
        )


@post("/notices/{code:str}/amend", guards=[OPERATOR], status_code=201)
async def amend(
    code: FromPath[str],
    idempotency_key: IdempotencyKey,
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> DraftAnswer:
    """Begin a draft that takes the place of a notice still to take effect."""
    key = request_key(person.person_id, idempotency_key, [code])
    async with database.writing() as writer:

        async def make() -> DraftAnswer:
            return draft_answer(await amend_notice(writer, person, code))

        return await once(writer, "links:notice:amend", key, DraftAnswer, make)


@post("/notices/{code:str}/withdraw", guards=[OPERATOR], status_code=200)
async def withdraw(
    code: FromPath[str],
    data: JSONBody[WithdrawalBody],
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> NoticeAnswer:
    """Take a notice back before it takes effect. Not by whoever drafted it."""
    async with database.writing() as writer:
        told = await withdraw_notice(writer, person, code, reason=data.reason)
        return notice_answer(told, rules_by_notice(await read_timeline(writer)))


ROUTES = Router(
    "/api/v1",
    route_handlers=[
        list_drafts,
        begin_draft,
        one_draft,
        rewrite_draft,
        preview_draft,
        submit,
        take_back,
        send_back,
        approve,
        discard,
        amend,
        withdraw,
    ],
    tags=["notices"],
)
