"""How long each turn of an after-sale may take: the defaults, and what operators set instead."""

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.response import Redirect

from yellowcart.accounts.access import allow
from yellowcart.accounts.model import Person, Role
from yellowcart.aftersales.deadline_settings import deadline_settings, set_deadline
from yellowcart.aftersales.deadlines import HOUR_S, LONGEST_S, SHORTEST_S
from yellowcart.aftersales.errors import DeadlineOutOfRange
from yellowcart.aftersales.wording import DEADLINE_NAMES
from yellowcart.consoles.case_forms import number_in
from yellowcart.consoles.forms import Form, FormBody
from yellowcart.consoles.operator.navigation import operator_page
from yellowcart.consoles.rendering import AnyRequest, go_to, locale_of
from yellowcart.kernel.database import Database
from yellowcart.kernel.problem import status_of
from yellowcart.kernel.translation import N_

OPERATOR = allow(Role.OPERATOR)


@get("/aftersales/deadlines", guards=[OPERATOR])
async def deadlines_page(request: AnyRequest, database: NamedDependency[Database]) -> Response[str]:
    """Every deadline as it is in force."""
    return await _page(request, database)


@post("/aftersales/deadlines", guards=[OPERATOR], status_code=200)
async def save(
    request: AnyRequest,
    data: FormBody,
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> Response[str] | Redirect:
    """Set those that were changed, all or none of them."""
    refusal = DeadlineOutOfRange(hours=SHORTEST_S // HOUR_S, days=LONGEST_S // (24 * HOUR_S))
    wrong: dict[str, str] = {}
    async with database.reading() as reader:
        known = await deadline_settings(reader)
    wanted = {each.deadline: number_in(data.get(each.deadline.value, "")) for each in known}
    for deadline, hours in wanted.items():
        if hours is None or not SHORTEST_S <= hours * HOUR_S <= LONGEST_S:
            wrong[deadline.value] = refusal.text(locale_of(request))
    if wrong:
        return await _page(request, database, {"values": data, "errors": wrong}, status_of(refusal))
    async with database.writing() as writer:
        for each in known:
            hours = wanted[each.deadline]
            if hours is not None and hours * HOUR_S != each.seconds:
                await set_deadline(writer, person, each.deadline, hours * HOUR_S)
    return go_to("/operator/aftersales/deadlines", flash=N_("Saved. What runs already keeps its end."))


async def _page(
    request: AnyRequest, database: Database, form: Form | None = None, status: int = 200
) -> Response[str]:
    async with database.reading() as reader:
        known = await deadline_settings(reader)
    context = {"deadlines": known, "names": DEADLINE_NAMES, "hour_s": HOUR_S, "form": form}
    return operator_page(request, "aftersales", "aftersale_deadlines.html", context, status=status)


ROUTES = (deadlines_page, save)
