"""The notice editor: beginning a draft, changing it line by line, seeing what it would do, submitting it."""

from collections.abc import Mapping

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect

from yellowcart.accounts.access import allow
from yellowcart.accounts.model import Person, Role
from yellowcart.consoles.forms import Form, FormBody, fresh_request_key, refused_form
from yellowcart.consoles.operator.draft_form import (
    LineRow,
    first_values,
    read_content,
    rows_of_content,
    rows_of_form,
    values_of_content,
    version_of,
    with_row,
    without_row,
)
from yellowcart.consoles.operator.navigation import operator_page
from yellowcart.consoles.operator.notice_preview import PreviewTable, preview_table
from yellowcart.consoles.rendering import AnyRequest, go_to, locale_of
from yellowcart.kernel import clock
from yellowcart.kernel.database import Database, Reader
from yellowcart.kernel.errors import NotFound, Refusal
from yellowcart.kernel.idempotency import once, request_key
from yellowcart.kernel.ids import DraftId
from yellowcart.kernel.problem import status_of
from yellowcart.kernel.translation import N_, translate
from yellowcart.links import queries
from yellowcart.links.drafts import DraftContent, NoticeDraft
from yellowcart.links.errors import DraftStale
from yellowcart.links.model import DraftState
from yellowcart.links.submit import submit_draft
from yellowcart.links.wording import SURFACE_NAMES
from yellowcart.links.write_draft import change_draft, draft_notice


class _Begun(msgspec.Struct, frozen=True):
    draft_id: DraftId
    version: int


@get("/drafts/new", guards=[allow(Role.OPERATOR)])
async def new_draft_page(
    request: AnyRequest, database: NamedDependency[Database], person: NamedDependency[Person]
) -> Response[str]:
    """The editor, with one empty line and a week's notice."""
    form: Form = {"values": first_values(clock.now()), "errors": {}}
    return await _editor(request, database, person, None, form, [LineRow(number=0)])


@post("/drafts/new", guards=[allow(Role.OPERATOR)], status_code=200)
async def begin_draft(
    request: AnyRequest, database: NamedDependency[Database], person: NamedDependency[Person], data: FormBody
) -> Response[str] | Redirect:
    """Save a new draft, and submit it when that button was pressed. The buttons of lines only change the form."""
    rows, do = rows_of_form(data), data.get("do", "save")
    if (changed := _changed_rows(rows, do)) is not None:
        return await _editor(request, database, person, None, _typed(data), changed)
    try:
        written = await _content(database, data)
        if do == "preview":
            return await _editor(request, database, person, None, _typed(data), rows, proposed=written)
        key = request_key(person.person_id, data.get("request_key"), written)
        async with database.writing() as writer:

            async def make() -> _Begun:
                made = await draft_notice(writer, person, written)
                return _Begun(made.draft_id, made.version)

            begun = await once(writer, "links:draft:begin", key, _Begun, make)
    except Refusal as refusal:
        form = refused_form(refusal, data, locale_of(request))
        return await _editor(request, database, person, None, form, rows, status=status_of(refusal))
    return await _saved(request, database, person, begun.draft_id, begun.version, submit=do == "submit")


@get("/drafts/{draft_id:int}", guards=[allow(Role.OPERATOR)])
async def draft_page(
    request: AnyRequest,
    database: NamedDependency[Database],
    person: NamedDependency[Person],
    draft_id: FromPath[int],
) -> Response[str] | Redirect:
    """The editor for the drafter while the draft is being written; what it says, for everybody else."""
    async with database.reading() as reader:
        draft = await queries.draft(reader, DraftId(draft_id))
    if draft.state is not DraftState.DRAFT or draft.drafted_by != person.person_id:
        return go_to(f"/operator/drafts/{draft_id}/review")
    form: Form = {"values": values_of_content(draft.content), "errors": {}}
    rows = rows_of_content(draft.content) or [LineRow(number=0)]
    return await _editor(request, database, person, draft, form, rows, proposed=draft.content)


@post("/drafts/{draft_id:int}", guards=[allow(Role.OPERATOR)], status_code=200)
async def save_draft(
    request: AnyRequest,
    database: NamedDependency[Database],
    person: NamedDependency[Person],
    draft_id: FromPath[int],
    data: FormBody,
) -> Response[str] | Redirect:
    """Save the draft, and submit it when that button was pressed. What was typed is never lost: a draft that was
    changed in another window is shown beside it."""
    async with database.reading() as reader:
        draft = await queries.draft(reader, DraftId(draft_id))
    rows, do = rows_of_form(data), data.get("do", "save")
    if (changed := _changed_rows(rows, do)) is not None:
        return await _editor(request, database, person, draft, _typed(data), changed)
    try:
        written = await _content(database, data)
        if do == "preview":
            return await _editor(request, database, person, draft, _typed(data), rows, proposed=written)
        async with database.writing() as writer:
            saved = await change_draft(writer, person, draft.draft_id, written, version=version_of(data))
    except NotFound:
        raise
    except Refusal as refusal:
        form = refused_form(refusal, data, locale_of(request))
        stale = isinstance(refusal, DraftStale)
        return await _editor(request, database, person, draft, form, rows, status=status_of(refusal), stale=stale)
    return await _saved(request, database, person, saved.draft_id, saved.version, submit=do == "submit")


async def _saved(
    request: AnyRequest, database: Database, person: Person, draft_id: DraftId, version: int, *, submit: bool
) -> Response[str] | Redirect:
    """After saving: on to submitting, whose refusals stand at their fields of the saved draft."""
    if not submit:
        return go_to(f"/operator/drafts/{draft_id}", flash=N_("The draft was saved."))
    try:
        async with database.writing() as writer:
            await submit_draft(writer, person, draft_id, version=version)
    except Refusal as refusal:
        async with database.reading() as reader:
            draft = await queries.draft(reader, draft_id)
        values = values_of_content(draft.content)
        form = refused_form(refusal, values, locale_of(request))
        rows = rows_of_content(draft.content) or [LineRow(number=0)]
        return await _editor(
            request, database, person, draft, form, rows, proposed=draft.content, status=status_of(refusal)
        )
    return go_to(
        f"/operator/drafts/{draft_id}/review",
        flash=N_("Submitted. The other operators were told; one of them decides."),
    )


async def _content(database: Database, data: Mapping[str, str]) -> DraftContent:
    async with database.reading() as reader:
        sources = await queries.read_sources(reader)
    return read_content(data, [each.source for each in sources])


def _changed_rows(rows: list[LineRow], do: str) -> list[LineRow] | None:
    """The lines after one of their buttons was pressed; None for every other button."""
    if do == "add_line":
        return with_row(rows)
    verb, _, number = do.partition(":")
    if verb == "remove_line" and number.isdecimal() and len(number) < 4:
        return without_row(rows, int(number))
    return None


def _typed(data: Mapping[str, str]) -> Form:
    return {"values": dict(data), "errors": {}}


async def _editor(
    request: AnyRequest,
    database: Database,
    person: Person,
    draft: NoticeDraft | None,
    form: Form,
    rows: list[LineRow],
    *,
    proposed: DraftContent | None = None,
    status: int = 200,
    stale: bool = False,
) -> Response[str]:
    """The editor with what was typed; `proposed` is the content whose effect is shown."""
    locale = locale_of(request)
    async with database.reading() as reader:
        sources = await queries.read_sources(reader)
        table = None if proposed is None else await _table(request, reader, draft, proposed)
        saved = await queries.draft(reader, draft.draft_id) if draft is not None else None
    version = form["values"].get("version", "")
    if saved is not None and (stale or not version):
        version = str(saved.version)
    context = {
        "draft": saved,
        "form": form,
        "rows": rows,
        "sources": sources,
        "surfaces": SURFACE_NAMES,
        "preview": table,
        "request_key": form["values"].get("request_key") or fresh_request_key(),
        "version": version,
        "stale": stale,
        "remark": translate(saved.decision_remark, locale) if saved is not None else "",
    }
    return operator_page(request, "notices", "draft_editor.html", context, status=status)


async def _table(
    request: AnyRequest, reader: Reader, draft: NoticeDraft | None, proposed: DraftContent
) -> PreviewTable:
    """What the content would do if it were published now, in the place of the notice that the draft amends."""
    notice = proposed.as_notice(
        draft.draft_id if draft else 0,
        announced_at=clock.now(),
        replaces=draft.replaces_notice_id if draft else None,
    )
    sources = await queries.read_sources(reader)
    return preview_table(await queries.preview_of(reader, notice), sources, locale_of(request))
