"""Who I am, my orders and addresses, in which language, and which consoles are mine."""

from litestar import Response, Router, get
from litestar.di import NamedDependency

from yellowcart.accounts.access import PUBLIC
from yellowcart.accounts.model import Person, Role
from yellowcart.consoles.buyer.navigation import buyer_page
from yellowcart.consoles.rendering import AnyRequest
from yellowcart.kernel.database import Database
from yellowcart.kernel.translation import N_
from yellowcart.orders.addresses import KnownAddress, addresses_of

CONSOLES = (
    (Role.CREATOR, "/creator", N_("Creator console"), "live"),
    (Role.MERCHANT, "/merchant", N_("Merchant console"), "shop"),
    (Role.CARRIER, "/carrier", N_("Logistics console"), "truck"),
    (Role.OPERATOR, "/operator", N_("Operator console"), "chart"),
)


@get("/", guards=[PUBLIC])
async def me(request: AnyRequest, database: NamedDependency[Database]) -> Response[str]:
    """My page; who is not signed in is offered to be."""
    person: Person | None = request.scope.get("user")
    known: list[KnownAddress] = []
    if person is not None:
        async with database.reading() as reader:
            known = await addresses_of(reader, person.person_id)
    consoles = [
        (label, href, icon) for role, href, label, icon in CONSOLES if person is not None and person.has(role)
    ]
    context = {"addresses": known, "consoles": consoles}
    return buyer_page(request, "me.html", context, tab="/me")


ROUTES = Router("/me", route_handlers=[me], include_in_schema=False)
