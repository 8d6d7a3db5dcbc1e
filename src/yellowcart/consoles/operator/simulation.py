"""What a notice would do, as operators read it before they publish: figures, creators, a list to act on."""

import asyncio
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Annotated

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, QueryParameter
from litestar.response import Redirect, Stream

from yellowcart.accounts.access import allow
from yellowcart.accounts.model import Person, Role
from yellowcart.consoles.downloads import csv_download, workbook_download
from yellowcart.consoles.forms import Form, FormBody, refused_form
from yellowcart.consoles.operator import simulation_picture as picture
from yellowcart.consoles.operator.navigation import operator_page
from yellowcart.consoles.rendering import AnyRequest, go_to, locale_of
from yellowcart.insight.action_list import (
    EFFECT_WORDS,
    SORT_DEFAULT,
    action_columns,
    action_list,
    action_page,
    action_rows,
)
from yellowcart.insight.assumptions import set_assumptions
from yellowcart.insight.errors import SimulationWindowWrong
from yellowcart.insight.simulate import proposal_of_draft, proposal_of_notice, simulate
from yellowcart.insight.simulation_model import ACTIONS_MAX, WINDOW_DAYS_MAX, Proposal, Simulation
from yellowcart.insight.simulation_rules import read_assumptions_form
from yellowcart.kernel.clock import SHANGHAI
from yellowcart.kernel.database import Database, Reader
from yellowcart.kernel.errors import NotFound, Refusal
from yellowcart.kernel.ids import DraftId
from yellowcart.kernel.problem import status_of
from yellowcart.kernel.translation import N_, Locale, in_language, translate
from yellowcart.links.queries import read_sources
from yellowcart.links.wording import SURFACE_NAMES

FromDay = Annotated[str | None, QueryParameter(name="from")]
WORKBOOK = "actions.xlsx"
FILES = ("actions.csv", WORKBOOK)
SAVED = N_("Assumptions saved. Every simulation uses them from now on.")


class Asked(msgspec.Struct, frozen=True):
    """What the address asks for beside the notice."""

    begins: str | None = None
    ends: str | None = None
    sort: str | None = None
    cursor: str | None = None


@get("/drafts/{draft_id:int}/simulation", guards=[allow(Role.OPERATOR)])
async def draft_simulation(
    request: AnyRequest,
    database: NamedDependency[Database],
    draft_id: FromPath[int],
    begins: FromDay = None,
    until: FromQuery[str | None] = None,
    sort: FromQuery[str | None] = None,
    cursor: FromQuery[str | None] = None,
) -> Response[str] | Redirect:
    """What a draft would do; a draft that was published is shown as the notice that it became."""
    async with database.reading() as reader:
        proposal = await proposal_of_draft(reader, DraftId(draft_id))
        if not proposal.is_draft:
            return go_to(f"/operator/notices/{proposal.code}/simulation")
        return await _page(request, reader, proposal, Asked(begins, until, sort, cursor))


@get("/notices/{code:str}/simulation", guards=[allow(Role.OPERATOR)])
async def notice_simulation(
    request: AnyRequest,
    database: NamedDependency[Database],
    code: FromPath[str],
    begins: FromDay = None,
    until: FromQuery[str | None] = None,
    sort: FromQuery[str | None] = None,
    cursor: FromQuery[str | None] = None,
) -> Response[str]:
    """What a published notice will do, did, or would have done."""
    async with database.reading() as reader:
        proposal = await proposal_of_notice(reader, code)
        return await _page(request, reader, proposal, Asked(begins, until, sort, cursor))


@get("/drafts/{draft_id:int}/simulation/{form:str}", guards=[allow(Role.OPERATOR)])
async def draft_actions_file(
    request: AnyRequest,
    database: NamedDependency[Database],
    draft_id: FromPath[int],
    form: FromPath[str],
    begins: FromDay = None,
    until: FromQuery[str | None] = None,
    sort: FromQuery[str | None] = None,
) -> Stream | Response[bytes]:
    """The list to act on of a draft, as `actions.csv` or `actions.xlsx`."""
    async with database.reading() as reader:
        proposal = await proposal_of_draft(reader, DraftId(draft_id))
        return await _file(request, reader, proposal, Asked(begins, until, sort), form)


@get("/notices/{code:str}/simulation/{form:str}", guards=[allow(Role.OPERATOR)])
async def notice_actions_file(
    request: AnyRequest,
    database: NamedDependency[Database],
    code: FromPath[str],
    form: FromPath[str],
    begins: FromDay = None,
    until: FromQuery[str | None] = None,
    sort: FromQuery[str | None] = None,
) -> Stream | Response[bytes]:
    """The list to act on of a published notice, as `actions.csv` or `actions.xlsx`."""
    async with database.reading() as reader:
        proposal = await proposal_of_notice(reader, code)
        return await _file(request, reader, proposal, Asked(begins, until, sort), form)


@post("/drafts/{draft_id:int}/simulation", guards=[allow(Role.OPERATOR)])
async def assume_for_draft(
    request: AnyRequest,
    database: NamedDependency[Database],
    person: NamedDependency[Person],
    draft_id: FromPath[int],
    data: FormBody,
) -> Response[str] | Redirect:
    """Set what all simulations assume, and go on with this draft's."""
    async with database.reading() as reader:
        proposal = await proposal_of_draft(reader, DraftId(draft_id))
    return await _assume(request, database, person, proposal, data)


@post("/notices/{code:str}/simulation", guards=[allow(Role.OPERATOR)])
async def assume_for_notice(
    request: AnyRequest,
    database: NamedDependency[Database],
    person: NamedDependency[Person],
    code: FromPath[str],
    data: FormBody,
) -> Response[str] | Redirect:
    """Set what all simulations assume, and go on with this notice's."""
    async with database.reading() as reader:
        proposal = await proposal_of_notice(reader, code)
    return await _assume(request, database, person, proposal, data)


async def _assume(
    request: AnyRequest, database: Database, person: Person, proposal: Proposal, data: Mapping[str, str]
) -> Response[str] | Redirect:
    asked = Asked(data.get("from") or None, data.get("until") or None)
    try:
        assumptions = read_assumptions_form(data)
        async with database.writing() as writer:
            await set_assumptions(writer, person, assumptions)
    except Refusal as refusal:
        form = refused_form(refusal, data, locale_of(request))
        async with database.reading() as reader:
            return await _page(request, reader, proposal, asked, form=form, status=status_of(refusal))
    query = "&".join(f"{name}={day}" for name, day in _days(asked).items())
    return go_to(f"{_home(proposal)}?{query}" if query else _home(proposal), flash=SAVED)


async def _simulated(reader: Reader, proposal: Proposal, asked: Asked) -> Simulation:
    days = _days(asked)
    if len(days) < sum(1 for each in (asked.begins, asked.ends) if each):
        raise SimulationWindowWrong
    return await simulate(reader, proposal, begins=days.get("from"), ends=days.get("until"))


async def _page(
    request: AnyRequest,
    reader: Reader,
    proposal: Proposal,
    asked: Asked,
    *,
    form: Form | None = None,
    status: int = 200,
) -> Response[str]:
    locale = locale_of(request)
    window_form: Form | None = None
    try:
        found = await _simulated(reader, proposal, asked)
    except SimulationWindowWrong as refusal:
        # The days are wrong, the notice is not: it is shown over the days that would have been proposed.
        typed = {"from": asked.begins or "", "until": asked.ends or ""}
        window_form, status = refused_form(refusal, typed, locale), status_of(refusal)
        found = await simulate(reader, proposal)
    actions = await action_page(reader, found, sort=asked.sort, cursor=asked.cursor)
    sources = await _source_names(reader, locale)
    basis = picture.shown_basis(found)
    context: dict[str, object] = {
        "found": found,
        "proposal": proposal,
        "title": proposal.title.in_language(locale.value),
        "home": _home(proposal),
        "window_form": window_form,
        "window_days": _window_days(found),
        "days_most": WINDOW_DAYS_MAX,
        "proposal_text": translate(picture.PROPOSAL_WORDS[proposal.state], locale),
        "surfaces": {surface: translate(words, locale) for surface, words in SURFACE_NAMES.items()},
        "sources": sources,
        "unheard_names": translate(N_(", "), locale).join(sources.get(each, each) for each in found.unheard),
        "categories": picture.category_names(found, locale),
        "effect_states": picture.EFFECT_STATES,
        "effect_words": EFFECT_WORDS,
        "listings_option": picture.listings_option(found, sources, locale),
        "risk_option": picture.risk_option(found, sources, locale),
        "spread_option": picture.spread_option(found),
        "kept_option": picture.kept_option(picture.of_basis(found, basis), locale),
        "kept_basis": translate(picture.BASIS_WORDS[basis], locale),
        "kept_unit": picture.BASIS_UNITS[basis],
        "basis_words": picture.BASIS_WORDS,
        "basis_units": picture.BASIS_UNITS,
        "scenario_words": picture.SCENARIO_WORDS,
        "form": form or {"values": picture.form_values(found.assumptions), "errors": {}},
        "actions": actions,
        "actions_most": ACTIONS_MAX,
        "sort": asked.sort or SORT_DEFAULT,
    }
    return operator_page(request, "notices", "simulation.html", context, status=status)


async def _file(
    request: AnyRequest, reader: Reader, proposal: Proposal, asked: Asked, form: str
) -> Stream | Response[bytes]:
    if form not in FILES:
        raise NotFound
    locale = locale_of(request)
    found = await _simulated(reader, proposal, asked)
    lines = await action_list(reader, found, sort=asked.sort)
    rows = action_rows(lines, await _source_names(reader, locale), locale)
    name = f"{proposal.code}-{translate(N_('list-to-act-on'), locale)}"
    if form == WORKBOOK:
        title = translate(N_("List to act on"), locale)
        # Thousands of rows take a while: the loop that also takes orders must not wait for them.
        return await asyncio.to_thread(workbook_download, name, title, action_columns(locale), rows)
    return csv_download(name, action_columns(locale), rows)


async def _source_names(reader: Reader, locale: Locale) -> dict[str, str]:
    return {each.source: in_language(locale, each.name_zh, each.name_en) for each in await read_sources(reader)}


def _home(proposal: Proposal) -> str:
    if proposal.is_draft:
        return f"/operator/drafts/{proposal.notice.id}/simulation"
    return f"/operator/notices/{proposal.code}/simulation"


def _days(asked: Asked) -> dict[str, date]:
    """The days that can be read, by their names in the address."""
    found: dict[str, date] = {}
    for name, text in (("from", asked.begins), ("until", asked.ends)):
        try:
            if text:
                found[name] = date.fromisoformat(text)
        except ValueError:
            continue
    return found


def _window_days(found: Simulation) -> dict[str, object]:
    """The window in days of Shanghai: its first, the one after its last, its last, and how many they are."""
    begins, ends = (_day(moment) for moment in (found.window.begins, found.window.ends))
    return {"first": begins, "until": ends, "last": ends - timedelta(days=1), "count": (ends - begins).days}


def _day(moment: datetime) -> date:
    return moment.astimezone(SHANGHAI).date()
