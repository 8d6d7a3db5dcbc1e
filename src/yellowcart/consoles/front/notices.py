"""Notices as everybody reads them: what is coming, what holds and why, and the calendar to subscribe to."""

from litestar import Response, Router, get
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery

from yellowcart.accounts.access import PUBLIC
from yellowcart.consoles.operator.notice_preview import rule_rows
from yellowcart.consoles.operator.timeline_picture import matrix
from yellowcart.consoles.rendering import LANGUAGE_COOKIE, AnyRequest, locale_of, page
from yellowcart.kernel import clock
from yellowcart.kernel.database import Database
from yellowcart.kernel.settings import Settings
from yellowcart.kernel.translation import choose_locale, in_language
from yellowcart.links import queries
from yellowcart.links.feeds import rules_by_notice, validators_of
from yellowcart.links.notice_calendar import CONTENT_TYPE, notice_calendar
from yellowcart.links.queries import NoticeGroup, codes_of, standing_of
from yellowcart.links.wording import SURFACE_NAMES

COMING_SHOWN = 100
WITHDRAWN_SHOWN = 10


@get("/notices", guards=[PUBLIC])
async def notices_page(
    request: AnyRequest, database: NamedDependency[Database], cursor: FromQuery[str | None] = None
) -> Response[str]:
    """What is coming, what holds now for every source, and the notices of the past."""
    locale, now = locale_of(request), clock.now()
    async with database.reading() as reader:
        timeline = await queries.read_timeline(reader)
        sources = await queries.read_sources(reader)
        coming = await queries.notices_of(reader, NoticeGroup.COMING, size=COMING_SHOWN)
        past = await queries.notices_of(reader, NoticeGroup.IN_FORCE, cursor=cursor)
        withdrawn = await queries.notices_of(reader, NoticeGroup.WITHDRAWN, size=WITHDRAWN_SHOWN)
        codes = codes_of(await queries.read_notices(reader))
    rules = rules_by_notice(timeline)
    context = {
        "coming": [(each, rule_rows(rules.get(each.notice.id, ()), sources, locale)) for each in coming.items],
        "past": [(each, standing_of(each, timeline, now)) for each in past.items],
        "withdrawn": [(each, standing_of(each, timeline, now)) for each in withdrawn.items],
        "next_cursor": past.next_cursor,
        "matrix": matrix(timeline, sources, now, codes, locale),
        "surfaces": SURFACE_NAMES,
        "site": site_of(request),
    }
    return page(request, "front/notices.html", context)


@get("/notices/{code:str}", guards=[PUBLIC])
async def notice_page(
    request: AnyRequest, database: NamedDependency[Database], code: FromPath[str]
) -> Response[str]:
    """One notice: what, why, since when, what changes next, and what holds now for the sources it speaks of."""
    locale, now = locale_of(request), clock.now()
    async with database.reading() as reader:
        found = await queries.notice(reader, code)
        timeline = await queries.read_timeline(reader)
        sources = await queries.read_sources(reader)
        codes = codes_of(await queries.read_notices(reader))
    own = rules_by_notice(timeline).get(found.notice.id, ())
    spoken_of = {rule.source for rule in own}
    context = {
        "published": found,
        "notice": found.notice,
        "standing": standing_of(found, timeline, now),
        "rules": rule_rows(own, sources, locale),
        "matrix": matrix(timeline, [each for each in sources if each.source in spoken_of], now, codes, locale),
        "surfaces": SURFACE_NAMES,
        "site": site_of(request),
    }
    return page(request, "front/notice.html", context)


@get("/notices.ics", guards=[PUBLIC])
async def calendar(
    request: AnyRequest, database: NamedDependency[Database], language: FromQuery[str] = ""
) -> Response[bytes | None]:
    """Every moment of effect as a calendar, in the language asked for or the reader's; 304 while unchanged."""
    locale = choose_locale(
        language or request.cookies.get(LANGUAGE_COOKIE), request.headers.get("accept-language")
    )
    async with database.reading() as reader:
        notices = await queries.read_notices(reader)
        rules = rules_by_notice(await queries.read_timeline(reader))
        names = {
            each.source: in_language(locale, each.name_zh, each.name_en)
            for each in await queries.read_sources(reader)
        }
    content = notice_calendar(notices, rules, names, locale, site_of(request))
    validators = validators_of(content, notices, clock.now())
    headers = validators.headers | {
        "vary": "accept-language, cookie",
        "content-language": locale.html,
        "content-disposition": 'inline; filename="notices.ics"',
    }
    if validators.are_known(
        if_none_match=request.headers.get("if-none-match"),
        if_modified_since=request.headers.get("if-modified-since"),
    ):
        return Response(None, status_code=304, headers=headers)
    return Response(content, media_type=CONTENT_TYPE, headers=headers)


def site_of(request: AnyRequest) -> str:
    """The address that this installation was asked under, without a slash at its end. Behind a proxy that speaks
    https the platform itself is spoken to in http; where cookies are for https only, so is its address."""
    settings: Settings = request.app.state.settings
    site = str(request.base_url).rstrip("/")
    return f"https{site.removeprefix('http')}" if settings.secure_cookies and site.startswith("http:") else site


ROUTES = Router("/", route_handlers=[notices_page, notice_page, calendar], include_in_schema=False)
