"""Notices as operators keep them: the lists, one notice, taking it back, and amending it."""

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect

from yellowcart.accounts.access import allow
from yellowcart.accounts.audit import read_trail
from yellowcart.accounts.model import Person, Role
from yellowcart.consoles.forms import FormBody, refused_form
from yellowcart.consoles.operator.navigation import operator_page
from yellowcart.consoles.operator.notice_preview import rule_rows
from yellowcart.consoles.rendering import AnyRequest, go_to, locale_of
from yellowcart.insight.queries import listings_taken_off
from yellowcart.kernel import clock
from yellowcart.kernel.database import Database, Reader
from yellowcart.kernel.errors import NotFound, Refusal
from yellowcart.kernel.ids import NoticeId
from yellowcart.kernel.problem import status_of
from yellowcart.kernel.translation import N_
from yellowcart.links import queries
from yellowcart.links.drafts import Bilingual
from yellowcart.links.errors import AmendmentOpen
from yellowcart.links.feeds import rules_by_notice
from yellowcart.links.queries import NoticeGroup, PublishedNotice, standing_of
from yellowcart.links.withdraw import withdraw_notice
from yellowcart.links.wording import SURFACE_NAMES
from yellowcart.links.write_draft import amend_notice
from yellowcart.stage.warn import warned_counts

DRAFTS_TAB = "drafts"


@get("/notices", guards=[allow(Role.OPERATOR)])
async def notices_page(
    request: AnyRequest,
    database: NamedDependency[Database],
    tab: FromQuery[str] = "",
    text: FromQuery[str] = "",
    cursor: FromQuery[str | None] = None,
) -> Response[str]:
    """Published notices by what has become of them, and the drafts; tab, search and page stand in the address."""
    group = NoticeGroup(tab) if tab in set(NoticeGroup) else NoticeGroup.COMING
    locale = locale_of(request)
    async with database.reading() as reader:
        counts = await queries.notice_counts(reader)
        drafts = await queries.draft_counts(reader)
        context: dict[str, object] = {
            "tab": DRAFTS_TAB if tab == DRAFTS_TAB else group.value,
            "counts": counts,
            "draft_counts": drafts,
            "form": {"values": {"text": text}, "errors": {}},
            "surfaces": SURFACE_NAMES,
        }
        if tab == DRAFTS_TAB:
            context["drafts"] = await queries.drafts_of(reader, text=text, cursor=cursor)
        else:
            timeline = await queries.read_timeline(reader)
            sources = await queries.read_sources(reader)
            found = await queries.notices_of(reader, group, text=text, cursor=cursor)
            rules = rules_by_notice(timeline)
            context["notices"] = [
                (
                    each,
                    standing_of(each, timeline, clock.now()),
                    rule_rows(rules.get(each.notice.id, ()), sources, locale),
                )
                for each in found.items
            ]
            context["next_cursor"] = found.next_cursor
    return operator_page(request, "notices", "notices.html", context)


@get("/notices/{code:str}", guards=[allow(Role.OPERATOR)])
async def notice_page(
    request: AnyRequest, database: NamedDependency[Database], code: FromPath[str]
) -> Response[str]:
    """One notice: text, reason, provenance, the rules it carries and what they took off."""
    return await _notice_page(request, database, code)


@post("/notices/{code:str}/amend", guards=[allow(Role.OPERATOR)], status_code=200)
async def amend(
    request: AnyRequest,
    database: NamedDependency[Database],
    person: NamedDependency[Person],
    code: FromPath[str],
) -> Response[str] | Redirect:
    """Begin a draft that takes the notice's place; where one is under way, lead to it."""
    try:
        async with database.writing() as writer:
            draft = await amend_notice(writer, person, code)
    except NotFound:
        raise
    except AmendmentOpen as refusal:
        async with database.reading() as reader:
            under_way = await queries.open_amendment(reader, code)
        if under_way is None:
            return await _notice_page(request, database, code, refusal)
        return go_to(
            f"/operator/drafts/{under_way.draft_id}", flash=refusal.message, kind="info", values=refusal.values
        )
    except Refusal as refusal:
        return await _notice_page(request, database, code, refusal)
    return go_to(
        f"/operator/drafts/{draft.draft_id}",
        flash=N_("A draft with everything that the notice says. Once published it takes the notice's place."),
        kind="info",
    )


@get("/notices/{code:str}/withdraw", guards=[allow(Role.OPERATOR)])
async def withdraw_page(
    request: AnyRequest, database: NamedDependency[Database], code: FromPath[str]
) -> Response[str]:
    """What withdrawing a notice means, and the reason."""
    return await _withdraw_page(request, database, code)


@post("/notices/{code:str}/withdraw", guards=[allow(Role.OPERATOR)], status_code=200)
async def withdraw(
    request: AnyRequest,
    database: NamedDependency[Database],
    person: NamedDependency[Person],
    code: FromPath[str],
    data: FormBody,
) -> Response[str] | Redirect:
    """Take a notice back before it takes effect."""
    try:
        async with database.writing() as writer:
            reason = Bilingual(data.get("reason_zh", ""), data.get("reason_en", ""))
            await withdraw_notice(writer, person, code, reason=reason)
    except NotFound:
        raise
    except Refusal as refusal:
        return await _withdraw_page(request, database, code, refusal, data)
    return go_to(
        f"/operator/notices/{code}", flash=N_("The notice was withdrawn. Its rules have left the timeline.")
    )


async def _withdraw_page(
    request: AnyRequest,
    database: Database,
    code: str,
    refusal: Refusal | None = None,
    values: dict[str, str] | None = None,
) -> Response[str]:
    async with database.reading() as reader:
        context = await _told(request, reader, await queries.notice(reader, code))
    context["form"] = None if refusal is None else refused_form(refusal, values or {}, locale_of(request))
    status = 200 if refusal is None else status_of(refusal)
    return operator_page(request, "notices", "notice_withdraw.html", context, status=status)


async def _notice_page(
    request: AnyRequest, database: Database, code: str, refusal: Refusal | None = None
) -> Response[str]:
    async with database.reading() as reader:
        found = await queries.notice(reader, code)
        context = await _told(request, reader, found)
        context |= {
            "taken_off": await listings_taken_off(reader, notice_id=NoticeId(found.notice.id), size=10),
            "amendment": await queries.open_amendment(reader, code),
            "warned": await warned_counts(reader, NoticeId(found.notice.id)),
            "about": (await read_trail(reader, subject=f"notice:{found.notice.id}", size=10)).items,
            "form": None if refusal is None else refused_form(refusal, {}, locale_of(request)),
        }
    return operator_page(
        request, "notices", "notice.html", context, status=200 if refusal is None else status_of(refusal)
    )


async def _told(request: AnyRequest, reader: Reader, published: PublishedNotice) -> dict[str, object]:
    """A notice with its standing and its rules, as two pages show it."""
    timeline = await queries.read_timeline(reader)
    sources = await queries.read_sources(reader)
    own = rules_by_notice(timeline).get(published.notice.id, ())
    return {
        "published": published,
        "notice": published.notice,
        "standing": standing_of(published, timeline, clock.now()).value,
        "rules": rule_rows(own, sources, locale_of(request)),
        "surfaces": SURFACE_NAMES,
    }
