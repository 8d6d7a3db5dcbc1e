"""Parked events: what could not be told to the rest of the platform, why, and telling it once more."""

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromQuery
from litestar.response import Redirect

from yellowcart.accounts.access import allow
from yellowcart.accounts.controls import tell_parked_again
from yellowcart.accounts.model import Person, Role
from yellowcart.consoles.forms import FormBody
from yellowcart.consoles.operator.navigation import operator_page
from yellowcart.consoles.rendering import AnyRequest, go_to
from yellowcart.kernel.database import Database
from yellowcart.kernel.ids import EventId
from yellowcart.kernel.parked_events import parked_events, parked_kinds
from yellowcart.kernel.translation import N_

OPERATOR = allow(Role.OPERATOR)
KIND_LENGTH_MAX = 80
_ID_DIGITS_MAX = 16


@get("/events", guards=[OPERATOR])
async def events_page(
    request: AnyRequest,
    database: NamedDependency[Database],
    kind: FromQuery[str] = "",
    cursor: FromQuery[str | None] = None,
) -> Response[str]:
    """Parked events, of one kind or of all, the newest first."""
    chosen = kind.strip()[:KIND_LENGTH_MAX]
    async with database.reading() as reader:
        kinds = await parked_kinds(reader)
        found = await parked_events(reader, kind=chosen or None, cursor=cursor)
    context = {
        "kinds": kinds,
        "tabs": [(each.kind, each.kind, each.count) for each in kinds],
        "parked": sum(each.count for each in kinds),
        "chosen": next((each for each in kinds if each.kind == chosen), None),
        "page": found,
    }
    return operator_page(request, "events", "parked_events.html", context)


@post("/events/again", guards=[OPERATOR])
async def again(data: FormBody, database: NamedDependency[Database], person: NamedDependency[Person]) -> Redirect:
    """Have one parked event, or all of a kind, told once more."""
    kind, number = data.get("kind", "")[:KIND_LENGTH_MAX], data.get("event_id", "")
    if number and not (number.isascii() and number.isdecimal() and len(number) <= _ID_DIGITS_MAX):
        return go_to("/operator/events", flash=NOTHING_PARKED, kind="info")
    async with database.writing() as writer:
        told = await tell_parked_again(writer, person, kind, EventId(int(number)) if number else None)
    if not told:
        return go_to("/operator/events", flash=NOTHING_PARKED, kind="info")
    if number:
        return go_to("/operator/events", flash=N_("It is told once more now."))
    return go_to("/operator/events", flash=N_("Told once more now: %(events)s."), values={"events": told})


NOTHING_PARKED = N_("Nothing was parked there any more.")
