"""Kill switches: closing listing, checkout or payment at once, and opening them again, each with a reason."""

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect

from yellowcart.accounts.access import allow
from yellowcart.accounts.audit import read_trail
from yellowcart.accounts.controls import flip_switch
from yellowcart.accounts.model import Person, Role
from yellowcart.consoles.forms import FormBody
from yellowcart.consoles.operator.navigation import operator_page
from yellowcart.consoles.rendering import AnyRequest, go_to, locale_of
from yellowcart.kernel.database import Database
from yellowcart.kernel.errors import Refusal
from yellowcart.kernel.kill_switches import Switch, read_switches
from yellowcart.kernel.problem import status_of
from yellowcart.kernel.translation import N_

SWITCHES = {
    Switch.LISTING: (
        N_("Listing goods"),
        N_("Closed, nobody can put goods into a cart. Carts stay as they are."),
    ),
    Switch.CHECKOUT: (N_("Placing orders"), N_("Closed, nobody can place an order. Orders placed go on.")),
    Switch.PAYMENT: (N_("Opening the cashier"), N_("Closed, no new payment begins. Payments under way go on.")),
}


@get("/switches", guards=[allow(Role.OPERATOR)])
async def switches_page(request: AnyRequest, database: NamedDependency[Database]) -> Response[str]:
    """Every switch as it stands, and who flipped one last."""
    return await _page(request, database)


@post("/switches/{name:str}", guards=[allow(Role.OPERATOR)], status_code=200)
async def flip_one(
    request: AnyRequest,
    database: NamedDependency[Database],
    person: NamedDependency[Person],
    name: FromPath[Switch],
    data: FormBody,
) -> Response[str] | Redirect:
    """Close or open a switch."""
    field = f"reason_{name.value}"
    closed = data.get("closed") == "yes"
    try:
        async with database.writing() as writer:
            await flip_switch(writer, person, name, closed=closed, reason=data.get(field, ""))
    except Refusal as refusal:
        errors = {
            field if key == "reason" else key: text for key, text in refusal.fields(locale_of(request)).items()
        }
        return await _page(
            request,
            database,
            form={"values": {}, "errors": errors or {"": refusal.text(locale_of(request))}},
            status=status_of(refusal),
        )
    return go_to("/operator/switches", flash=N_("Closed at once, everywhere.") if closed else N_("Open again."))


async def _page(
    request: AnyRequest, database: Database, *, form: object = None, status: int = 200
) -> Response[str]:
    async with database.reading() as reader:
        states = await read_switches(reader)
        history = await read_trail(reader, action="kernel:switch", size=10)
    context = {
        "form": form,
        "controls": [(states[each], *SWITCHES[each]) for each in Switch],
        "words": {each.value: SWITCHES[each][0] for each in Switch},
        "history": history.items,
    }
    return operator_page(request, "switches", "switches.html", context, status=status)
