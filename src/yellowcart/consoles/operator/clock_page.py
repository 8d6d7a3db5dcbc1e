"""The clock of a demo world: what it shows, what a move would bring, and what the move has brought."""

from datetime import UTC, datetime, timedelta

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromQuery
from litestar.response import Redirect

from yellowcart.accounts.access import allow
from yellowcart.accounts.controls import move_platform_clock
from yellowcart.accounts.model import Person, Role
from yellowcart.consoles.forms import FormBody
from yellowcart.consoles.operator.navigation import moment_of, operator_page, written_moment
from yellowcart.consoles.operator.timeline_picture import codes_of
from yellowcart.consoles.rendering import AnyRequest, go_to, locale_of
from yellowcart.insight.queries import begun_rules
from yellowcart.kernel import clock
from yellowcart.kernel.clock_table import ClockFixed, read_anchor
from yellowcart.kernel.database import Database, Reader
from yellowcart.kernel.errors import InvalidFields, Refusal
from yellowcart.kernel.problem import status_of
from yellowcart.kernel.translation import N_
from yellowcart.links.model import Action
from yellowcart.links.queries import next_announcement, read_notices, read_sources, read_timeline
from yellowcart.links.wording import SURFACE_NAMES


@get("/clock", guards=[allow(Role.OPERATOR)])
async def clock_page(
    request: AnyRequest,
    database: NamedDependency[Database],
    to: FromQuery[str | None] = None,
    after: FromQuery[str | None] = None,
    until: FromQuery[str | None] = None,
) -> Response[str]:
    """The clock; with `to` what a move there would bring, with `after` and `until` what a move has brought."""
    async with database.reading() as reader:
        context = await _context(reader, moment_of(to))
        if (begun := moment_of(after)) and (ended := moment_of(until)):
            context |= await _brought(reader, begun, ended)
    return operator_page(request, "clock", "clock.html", context)


@post("/clock", guards=[allow(Role.OPERATOR)], status_code=200)
async def move(
    request: AnyRequest,
    database: NamedDependency[Database],
    person: NamedDependency[Person],
    data: FormBody,
) -> Response[str] | Redirect:
    """Move the clock forward."""
    to = moment_of(data.get("to"))
    try:
        if to is None:
            raise InvalidFields({"to": N_("Choose a date and a time.")})
        async with database.writing() as writer:
            before = await move_platform_clock(writer, person, to)
    except Refusal as refusal:
        locale = locale_of(request)
        errors = refusal.fields(locale) or {"": refusal.text(locale)}
        async with database.reading() as reader:
            context = await _context(reader, None)
        context["form"] = {"values": {"to": data.get("to", "")}, "errors": errors}
        return operator_page(request, "clock", "clock.html", context, status=status_of(refusal))
    return go_to(
        f"/operator/clock?after={_in_address(before)}&until={_in_address(to)}", flash=N_("The clock was moved.")
    )


@get("/clock/brought", guards=[allow(Role.OPERATOR)])
async def brought_part(
    request: AnyRequest, database: NamedDependency[Database], after: FromQuery[str], until: FromQuery[str]
) -> Response[str]:
    """What a move has brought so far; the page asks again until everything is enforced."""
    begun, ended = moment_of(after), moment_of(until)
    if begun is None or ended is None:
        raise InvalidFields({"after": N_("Choose a date and a time.")})
    async with database.reading() as reader:
        return operator_page(request, "clock", "clock_brought.html", await _brought(reader, begun, ended))


async def _context(reader: Reader, to: datetime | None) -> dict[str, object]:
    now = clock.now()
    anchor = await read_anchor(reader)
    timeline = await read_timeline(reader)
    coming = sorted({rule.effective_at for rule in timeline.rules if rule.effective_at > now})
    announced = await next_announcement(reader)
    context: dict[str, object] = {
        "form": None,
        "movable": anchor is not None,
        "fixed_text": ClockFixed.message,
        "system_now": clock.system_now(),
        "presets": [
            *((N_("Next rule takes effect"), written_moment(moment), moment) for moment in coming[:1]),
            *((N_("Next announcement"), written_moment(moment), moment) for moment in announced if moment > now),
            (N_("+1 hour"), written_moment(now + timedelta(hours=1)), now + timedelta(hours=1)),
            (N_("+1 day"), written_moment(now + timedelta(days=1)), now + timedelta(days=1)),
        ],
        "to": written_moment(to) if to else "",
        "to_moment": to,
        "brought": None,
        "surfaces": SURFACE_NAMES,
        "sources": {each.source: each for each in await read_sources(reader)},
    }
    if to is not None and to > now:
        context["coming"] = await begun_rules(reader, now, to)
        context["codes"] = codes_of(await read_notices(reader))
    return context


async def _brought(reader: Reader, after: datetime, until: datetime) -> dict[str, object]:
    rules = await begun_rules(reader, after, until)
    return {
        "brought": rules,
        "brought_done": all(rule.enforced_at is not None for rule in rules),
        "brought_left": sum(rule.listing_count or 0 for rule in rules if rule.action is Action.REFUSE),
        "after": after,
        "until": until,
        "after_written": _in_address(after),
        "until_written": _in_address(until),
        "surfaces": SURFACE_NAMES,
        "sources": {each.source: each for each in await read_sources(reader)},
        "codes": codes_of(await read_notices(reader)),
    }


def _in_address(moment: datetime) -> str:
    # To the microsecond: a rule that began at the very second before must not be shown as new.
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
