"""Who I am, where my goods go, in which language, and which consoles are mine."""

from collections.abc import Mapping

import msgspec
from litestar import Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from litestar.response import Redirect

from yellowcart.accounts.access import PUBLIC, SIGNED_IN
from yellowcart.accounts.model import Person, Role
from yellowcart.consoles.buyer.navigation import buyer_page
from yellowcart.consoles.forms import FormBody
from yellowcart.consoles.rendering import AnyRequest, go_to, locale_of
from yellowcart.kernel.database import Database
from yellowcart.kernel.errors import InvalidFields
from yellowcart.kernel.problem import status_of
from yellowcart.kernel.translation import N_
from yellowcart.orders.addresses import addresses_of, forget_address, remember_address
from yellowcart.orders.place import NewAddress

CONSOLES = (
    (Role.CREATOR, "/creator", N_("Creator console"), "live"),
    (Role.MERCHANT, "/merchant", N_("Merchant console"), "shop"),
    (Role.OPERATOR, "/operator", N_("Operator console"), "chart"),
)


@get("/", guards=[PUBLIC])
async def me(request: AnyRequest, database: NamedDependency[Database]) -> Response[str]:
    """My page; who is not signed in is offered to be."""
    return await _my_page(request, database)


@post("/addresses", guards=[SIGNED_IN], status_code=303)
async def add_address(
    request: AnyRequest, data: FormBody, database: NamedDependency[Database], person: NamedDependency[Person]
) -> Response[str] | Redirect:
    """Add an address; a refused one comes back with what was typed."""
    try:
        address = _address(data)
    except InvalidFields as refusal:
        form = {"values": data, "errors": refusal.fields(locale_of(request))}
        return await _my_page(request, database, form=form, status=status_of(refusal))
    async with database.writing() as writer:
        await remember_address(writer, person.person_id, address.delivery())
    return go_to("/me", flash=N_("The address is saved and comes first at your next order."))


@post("/addresses/used", guards=[SIGNED_IN], status_code=204)
async def use_address(
    data: JSONBody[NewAddress], database: NamedDependency[Database], person: NamedDependency[Person]
) -> None:
    """Remember the address of an order that was just placed."""
    async with database.writing() as writer:
        await remember_address(writer, person.person_id, data.delivery())


@post("/addresses/{address_id:int}/forget", guards=[SIGNED_IN], status_code=303)
async def remove_address(
    address_id: FromPath[int], database: NamedDependency[Database], person: NamedDependency[Person]
) -> Redirect:
    """Forget an address; orders that went there keep it."""
    async with database.writing() as writer:
        await forget_address(writer, person.person_id, address_id)
    return go_to("/me", flash=N_("The address is removed."))


async def _my_page(
    request: AnyRequest, database: Database, *, form: Mapping[str, object] | None = None, status: int = 200
) -> Response[str]:
    person: Person | None = request.scope.get("user")
    known = []
    if person is not None:
        async with database.reading() as reader:
            known = await addresses_of(reader, person.person_id)
    consoles = [
        (label, href, icon) for role, href, label, icon in CONSOLES if person is not None and person.has(role)
    ]
    context = {"addresses": known, "consoles": consoles, "form": form}
    return buyer_page(request, "me.html", context, tab="/me", status=status)


def _address(data: dict[str, str]) -> NewAddress:
    """The typed address. Raises InvalidFields, each wrong field with its own sentence."""
    typed = {name: data.get(name, "").strip() for name in NewAddress.__struct_fields__}
    wrong: dict[str, str | tuple[str, dict[str, object]]] = {}
    for name in NewAddress.__struct_fields__:
        try:
            # One field at a time, the others known to be good, so that every wrong one is named at once.
            msgspec.convert({**_GOOD, name: typed[name]}, NewAddress)
        except msgspec.ValidationError:
            wrong[name] = (
                N_("Digits, spaces and hyphens, 6 to 19 of them.")
                if name == "phone"
                else N_("Please fill this in; at most 60 characters, the street 200.")
            )
    if wrong:
        raise InvalidFields(wrong)
    return NewAddress(**typed)


_GOOD = dict.fromkeys(NewAddress.__struct_fields__, "1") | {"phone": "000000"}

ROUTES = Router("/me", route_handlers=[me, add_address, use_address, remove_address], include_in_schema=False)
