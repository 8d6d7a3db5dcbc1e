"""People and roles: looking somebody up, granting and taking away a role, shutting somebody out."""

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect

from yellowcart.accounts.access import allow
from yellowcart.accounts.audit import read_trail
from yellowcart.accounts.model import Person, Role
from yellowcart.accounts.people import disable_person, enable_person, find_people, read_person, revoke
from yellowcart.accounts.register import grant
from yellowcart.accounts.wording import ROLE_WORDS
from yellowcart.consoles.forms import FormBody, refused_form
from yellowcart.consoles.operator.navigation import operator_page
from yellowcart.consoles.rendering import AnyRequest, go_to, locale_of
from yellowcart.kernel.database import Database
from yellowcart.kernel.errors import InvalidFields, Refusal
from yellowcart.kernel.ids import PersonId
from yellowcart.kernel.problem import status_of
from yellowcart.kernel.translation import N_, translate


@get("/people", guards=[allow(Role.OPERATOR)])
async def people_page(
    request: AnyRequest,
    database: NamedDependency[Database],
    text: FromQuery[str] = "",
    role: FromQuery[str] = "",
    cursor: FromQuery[str | None] = None,
) -> Response[str]:
    """People, searched by login, name or id."""
    wanted = next((each for each in Role if each.value == role), None)
    async with database.reading() as reader:
        found = await find_people(reader, text=text, role=wanted, cursor=cursor)
    locale = locale_of(request)
    context = {
        "page": found,
        "roles": ROLE_WORDS,
        "role_options": [
            ("all", translate(N_("Every role"), locale)),
            *((each.value, translate(word, locale)) for each, word in ROLE_WORDS.items()),
        ],
        "form": {"values": {"text": text, "role": role or "all"}, "errors": {}},
    }
    return operator_page(request, "people", "people.html", context)


@get("/people/{person_id:int}", guards=[allow(Role.OPERATOR)])
async def person_page(
    request: AnyRequest, database: NamedDependency[Database], person_id: FromPath[int]
) -> Response[str]:
    """One person."""
    return await _page(request, database, PersonId(person_id))


@post("/people/{person_id:int}/roles", guards=[allow(Role.OPERATOR)], status_code=200)
async def change_role(
    request: AnyRequest,
    database: NamedDependency[Database],
    person: NamedDependency[Person],
    person_id: FromPath[int],
    data: FormBody,
) -> Response[str] | Redirect:
    """Grant a role, or take it away when `taken` is yes."""
    try:
        role = next((each for each in Role if each.value == data.get("role")), None)
        if role is None:
            raise InvalidFields({"role": N_("Choose a role.")})
        async with database.writing() as writer:
            if data.get("taken") == "yes":
                await revoke(writer, person, PersonId(person_id), role)
            else:
                await grant(writer, person, PersonId(person_id), role)
    except Refusal as refusal:
        return await _page(request, database, PersonId(person_id), refusal=refusal, values=data)
    return go_to(f"/operator/people/{person_id}", flash=N_("The roles were changed."))


@post("/people/{person_id:int}/state", guards=[allow(Role.OPERATOR)], status_code=200)
async def change_state(
    request: AnyRequest,
    database: NamedDependency[Database],
    person: NamedDependency[Person],
    person_id: FromPath[int],
    data: FormBody,
) -> Response[str] | Redirect:
    """Shut a person out, or let them in again when `state` is active."""
    reason = data.get("reason", "")
    try:
        async with database.writing() as writer:
            if data.get("state") == "active":
                await enable_person(writer, person, PersonId(person_id), reason=reason)
                flash = N_("May sign in again.")
            else:
                await disable_person(writer, person, PersonId(person_id), reason=reason)
                flash = N_("Shut out; every session ended.")
    except Refusal as refusal:
        return await _page(request, database, PersonId(person_id), refusal=refusal, values=data)
    return go_to(f"/operator/people/{person_id}", flash=flash)


async def _page(
    request: AnyRequest,
    database: Database,
    person_id: PersonId,
    *,
    refusal: Refusal | None = None,
    values: dict[str, str] | None = None,
) -> Response[str]:
    locale = locale_of(request)
    async with database.reading() as reader:
        found = await read_person(reader, person_id)
        about = await read_trail(reader, subject=f"person:{person_id}", size=10)
    form = None
    if refusal is not None:
        form = refused_form(refusal, values or {}, locale)
    context = {
        "found": found,
        "roles": ROLE_WORDS,
        "grantable": [
            (role.value, translate(word, locale)) for role, word in ROLE_WORDS.items() if role not in found.roles
        ],
        "about": about.items,
        "form": form,
    }
    return operator_page(
        request, "people", "person.html", context, status=200 if refusal is None else status_of(refusal)
    )
