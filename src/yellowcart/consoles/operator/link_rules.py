"""The link rules as operators read them: the timeline, what holds at a moment and why, and what they took off."""

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromQuery

from yellowcart.accounts.access import allow
from yellowcart.accounts.model import Role
from yellowcart.consoles.operator import timeline_picture
from yellowcart.consoles.operator.navigation import moment_of, operator_page
from yellowcart.consoles.rendering import AnyRequest, locale_of
from yellowcart.insight.queries import listings_taken_off
from yellowcart.kernel import clock
from yellowcart.kernel.clock import SHANGHAI
from yellowcart.kernel.database import Database
from yellowcart.kernel.ids import NoticeId
from yellowcart.kernel.translation import N_, translate
from yellowcart.links.model import Surface
from yellowcart.links.queries import read_notices, read_sources, read_timeline, standing_of
from yellowcart.links.wording import SURFACE_NAMES

NOTICES_SHOWN = 20
"""Notices below the timeline; the list of all has its own page."""


@get("/rules", guards=[allow(Role.OPERATOR)])
async def rules_page(
    request: AnyRequest,
    database: NamedDependency[Database],
    at: FromQuery[str | None] = None,
    surface: FromQuery[str | None] = None,
    span: FromQuery[str | None] = None,
) -> Response[str]:
    """The timeline by surface and source, what holds at the moment `at`, and the latest notices."""
    locale, now = locale_of(request), clock.now()
    asked = moment_of(at)
    moment = asked or now
    async with database.reading() as reader:
        timeline = await read_timeline(reader)
        sources = await read_sources(reader)
        notices = await read_notices(reader)
    codes = timeline_picture.codes_of(notices)
    begins, ends = timeline_picture.bounds(timeline, now, moment, whole=span == "all")
    shown = [each for each in Surface if surface in (None, "", each.value)]
    context = {
        "at": moment,
        "at_written": moment.astimezone(SHANGHAI).strftime("%Y-%m-%d"),
        "at_is_now": asked is None,
        "at_wrong": bool(at) and asked is None,
        "surfaces": SURFACE_NAMES,
        "pictures": [
            (each, timeline_picture.rows(timeline, each, sources, codes, locale)) for each in shown or Surface
        ],
        "begins": begins,
        "ends": ends,
        "ticks": timeline_picture.ticks(begins, ends),
        "matrix": timeline_picture.matrix(timeline, sources, moment, codes, locale),
        "notices": [(each, standing_of(each, timeline, now)) for each in reversed(notices[-NOTICES_SHOWN:])],
        "span": span,
    }
    return operator_page(request, "rules", "rules.html", context)


@get("/taken-off", guards=[allow(Role.OPERATOR)])
async def taken_off_page(
    request: AnyRequest,
    database: NamedDependency[Database],
    notice: FromQuery[str | None] = None,
    cursor: FromQuery[str | None] = None,
) -> Response[str]:
    """Listings that link rules took off, of one notice or of all."""
    async with database.reading() as reader:
        notices = await read_notices(reader)
        chosen = next((each for each in notices if each.code == notice), None)
        found = await listings_taken_off(
            reader, notice_id=NoticeId(chosen.notice.id) if chosen else None, cursor=cursor
        )
        sources = await read_sources(reader)
    locale = locale_of(request)
    options = [("all", translate(N_("All notices"), locale))]
    options += [(each.code, each.title.in_language(locale.value)) for each in reversed(notices)]
    context = {
        "page": found,
        "notice_options": options,
        "notice_chosen": chosen.code if chosen else "all",
        "codes": timeline_picture.codes_of(notices),
        "surfaces": SURFACE_NAMES,
        "sources": {each.source: each for each in sources},
    }
    return operator_page(request, "taken-off", "taken_off.html", context)
