"""The buyer's address book: choosing, writing, pasting, removing and bringing back."""

from urllib.parse import urlencode

from litestar import Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody
from litestar.response import Redirect

from yellowcart.accounts.access import SIGNED_IN
from yellowcart.accounts.model import Person
from yellowcart.consoles.buyer.navigation import buyer_page
from yellowcart.consoles.forms import Form, FormBody, refused_form
from yellowcart.consoles.rendering import AnyRequest, go_to, local_path, locale_of
from yellowcart.freight.address_text import AddressParts, read_address_text
from yellowcart.freight.districts import find_district
from yellowcart.kernel.database import Database
from yellowcart.kernel.errors import NotFound, Refusal
from yellowcart.kernel.problem import status_of
from yellowcart.kernel.translation import N_
from yellowcart.orders.addresses import (
    ADDRESSES_MAX,
    AddressEntry,
    KnownAddress,
    add_address,
    address_of,
    addresses_of,
    change_address,
    forget_address,
    last_forgotten,
    make_default,
    remember_address,
    restore_address,
)
from yellowcart.orders.wanted import NewAddress

BOOK = "/me/addresses"
LABELS = (N_("My home"), N_("Workplace"), N_("School"), N_("Parents"))
"""Words that the form offers for an address; a program may write others."""


@get("/", guards=[SIGNED_IN])
async def book(
    request: AnyRequest,
    database: NamedDependency[Database],
    person: NamedDependency[Person],
    onward: FromQuery[str] = "",
) -> Response[str]:
    """The book. With `onward` (the page that asked) an address is chosen and its id goes back there."""
    async with database.reading() as reader:
        known = await addresses_of(reader, person.person_id)
        forgotten = await last_forgotten(reader, person.person_id)
    context = {
        "addresses": [(each, _choice(each, onward)) for each in known],
        "forgotten": forgotten,
        "is_full": len(known) >= ADDRESSES_MAX,
        "onward": local_path(onward) if onward else "",
        "back": local_path(onward) if onward else "/me",
    }
    return buyer_page(request, "addresses.html", context)


@get("/new", guards=[SIGNED_IN])
async def new_page(
    request: AnyRequest,
    onward: FromQuery[str] = "",
) -> Response[str]:
    """The form, empty."""
    return _form_page(request, None, None, onward)


@post("/", guards=[SIGNED_IN], status_code=303)
async def add(
    request: AnyRequest, data: FormBody, database: NamedDependency[Database], person: NamedDependency[Person]
) -> Response[str] | Redirect:
    """Add an address; a refused one comes back with what was typed."""
    onward = data.get("onward", "")
    try:
        async with database.writing() as writer:
            added = await add_address(writer, person.person_id, _entry(data))
    except Refusal as refusal:
        return _form_page(
            request, None, refused_form(refusal, data, locale_of(request)), onward, status=status_of(refusal)
        )
    return _onward(added, onward, N_("The address is saved."))


@post("/read", guards=[SIGNED_IN], status_code=200)
async def read_pasted(request: AnyRequest, data: FormBody) -> Response[str]:
    """The form with what a pasted text says; nothing is kept yet. What the text does not say stays as it was."""
    parts = read_address_text(data.get("pasted", ""))
    said = {name: value for name, value in _parts(parts).items() if value}
    if parts.city and not parts.district:
        said["district"] = ""
    form: Form = {"values": {**data, **said}, "errors": {}}
    address_id = data.get("address_id", "")
    known_id = int(address_id) if address_id.isascii() and address_id.isdigit() and len(address_id) <= 16 else None
    return _form_page(request, known_id, form, data.get("onward", ""), recognised=parts)


@post("/used", guards=[SIGNED_IN], status_code=204)
async def use(
    data: JSONBody[NewAddress], database: NamedDependency[Database], person: NamedDependency[Person]
) -> None:
    """Remember the address of an order that was just placed."""
    async with database.writing() as writer:
        await remember_address(writer, person.person_id, data.delivery(data.found()))


@get("/{address_id:int}", guards=[SIGNED_IN])
async def edit_page(
    request: AnyRequest,
    address_id: FromPath[int],
    database: NamedDependency[Database],
    person: NamedDependency[Person],
    onward: FromQuery[str] = "",
) -> Response[str]:
    """The form of one address. One from before the district data is asked to be completed."""
    async with database.reading() as reader:
        known = await address_of(reader, person.person_id, address_id)
    return _form_page(request, address_id, _form_of(known), onward, incomplete=not known.is_complete)


@post("/{address_id:int}", guards=[SIGNED_IN], status_code=303)
async def change(
    request: AnyRequest,
    address_id: FromPath[int],
    data: FormBody,
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> Response[str] | Redirect:
    """Write an address anew."""
    onward = data.get("onward", "")
    try:
        async with database.writing() as writer:
            changed = await change_address(writer, person.person_id, address_id, _entry(data))
    except NotFound:
        raise
    except Refusal as refusal:
        form = refused_form(refusal, data, locale_of(request))
        return _form_page(request, address_id, form, onward, status=status_of(refusal))
    return _onward(changed, onward, N_("The address is saved."))


@post("/{address_id:int}/default", guards=[SIGNED_IN], status_code=303)
async def choose_default(
    address_id: FromPath[int], database: NamedDependency[Database], person: NamedDependency[Person]
) -> Redirect:
    """Let an address come first at every order."""
    async with database.writing() as writer:
        await make_default(writer, person.person_id, address_id)
    return go_to(BOOK, flash=N_("This address comes first at your next order."))


@post("/{address_id:int}/forget", guards=[SIGNED_IN], status_code=303)
async def forget(
    address_id: FromPath[int], database: NamedDependency[Database], person: NamedDependency[Person]
) -> Redirect:
    """Remove an address; the book offers to bring it back. Orders that went there keep it."""
    async with database.writing() as writer:
        await forget_address(writer, person.person_id, address_id)
    return go_to(BOOK)


@post("/{address_id:int}/restore", guards=[SIGNED_IN], status_code=303)
async def bring_back(
    address_id: FromPath[int], database: NamedDependency[Database], person: NamedDependency[Person]
) -> Redirect:
    """Bring a removed address back."""
    try:
        async with database.writing() as writer:
            await restore_address(writer, person.person_id, address_id)
    except NotFound:
        return go_to(BOOK, flash=N_("This address is gone for good. Please write it again."), kind="error")
    except Refusal as refusal:
        return go_to(BOOK, flash=refusal.message, kind="error", values=refusal.values)
    return go_to(BOOK, flash=N_("The address is back."))


def _form_page(
    request: AnyRequest,
    address_id: int | None,
    form: Form | None,
    onward: str,
    *,
    status: int = 200,
    incomplete: bool = False,
    recognised: AddressParts | None = None,
) -> Response[str]:
    onward = local_path(onward) if onward else ""
    context = {
        "address_id": address_id,
        "form": form,
        "labels": LABELS,
        "incomplete": incomplete,
        "recognised": None if recognised is None else _parts(recognised),
        "onward": onward,
        "back": BOOK + (f"?{urlencode({'onward': onward})}" if onward else ""),
    }
    return buyer_page(request, "address.html", context, status=status)


def _parts(parts: AddressParts) -> dict[str, str]:
    return {name: getattr(parts, name) for name in AddressParts.__struct_fields__}


def _form_of(known: KnownAddress) -> Form:
    address = known.address
    # An old address is shown with the data's own names, as far as the data knows them.
    found = find_district(address.province, address.city, address.district) or read_address_text(
        f"{address.province} {address.city} {address.district}"
    )
    return {
        "values": {
            "recipient": address.recipient,
            "phone": address.phone,
            "province": found.province,
            "city": found.city,
            "district": found.district,
            "street": address.street,
            "label": known.label,
            **({"is_default": "yes"} if known.is_default else {}),
        },
        "errors": {},
    }


def _entry(data: dict[str, str]) -> AddressEntry:
    return AddressEntry(
        recipient=data.get("recipient", ""),
        phone=data.get("phone", ""),
        province=data.get("province", ""),
        city=data.get("city", ""),
        district=data.get("district", ""),
        street=data.get("street", ""),
        label=data.get("label", ""),
        is_default=data.get("is_default") == "yes",
    )


def _choice(known: KnownAddress, onward: str) -> str:
    """Where choosing an address leads: on with it, or to its form when something is missing; empty to choose."""
    if not onward:
        return ""
    if not known.is_complete:
        return f"{BOOK}/{known.address_id}?{urlencode({'onward': local_path(onward)})}"
    return _with_address(onward, known.address_id)


def _with_address(onward: str, address_id: int) -> str:
    path = local_path(onward)
    return f"{path}{'&' if '?' in path else '?'}{urlencode({'address': address_id})}"


def _onward(known: KnownAddress, onward: str, flash: str) -> Redirect:
    return go_to(_with_address(onward, known.address_id)) if onward else go_to(BOOK, flash=flash)


ROUTES = Router(
    BOOK,
    route_handlers=[
        book,
        new_page,
        add,
        read_pasted,
        use,
        edit_page,
        change,
        choose_default,
        forget,
        bring_back,
    ],
    include_in_schema=False,
)
