"""The checkout: over the room in the sheet of its page, or as a page of its own that works without a script.

A page's script asks for the form alone (header `X-Part: checkout`), and places the order through the order lane
itself; the form of a browser without one is placed here, with the same checks.
"""

from collections.abc import Mapping

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.response import Redirect

from yellowcart.accounts.access import SIGNED_IN
from yellowcart.accounts.model import Person
from yellowcart.catalog.wording import RETURN_WORDS
from yellowcart.consoles.buyer.checkout_form import (
    ADDRESS_FIELDS,
    TypedCheckout,
    checkout_path,
    number_in,
    read_address_bar,
    read_checkout,
)
from yellowcart.consoles.buyer.checkout_view import CheckoutView, chosen_address, read_checkout_view
from yellowcart.consoles.buyer.goods import listing_choice
from yellowcart.consoles.buyer.navigation import buyer_page
from yellowcart.consoles.forms import Form, FormBody, refused_form
from yellowcart.consoles.rendering import AnyRequest, go_to, locale_of
from yellowcart.freight.address_text import AddressParts, read_address_text
from yellowcart.kernel.database import Database
from yellowcart.kernel.errors import NotFound, Refusal
from yellowcart.kernel.idempotency import hash_of
from yellowcart.kernel.ids import ListingId, PersonId
from yellowcart.kernel.problem import status_of
from yellowcart.orders.addresses import (
    AddressEntry,
    KnownAddress,
    add_address,
    address_of,
    addresses_of,
    change_address,
    remember_address,
)
from yellowcart.platform import Platform


class AddressForm(msgspec.Struct, frozen=True, kw_only=True):
    """The address that is being written within the checkout. `address_id` None: a new one."""

    address_id: int | None = None
    form: Form = msgspec.field(default_factory=lambda: {"values": {}, "errors": {}})
    recognised: dict[str, str] | None = None


@get("/checkout", guards=[SIGNED_IN])
async def checkout_page(
    request: AnyRequest,
    database: NamedDependency[Database],
    platform: NamedDependency[Platform],
    person: NamedDependency[Person],
) -> Response[str]:
    """What an order would cost. `listing`, `sku` and `quantity` begin it; without a SKU it is chosen first, and
    without a listing there is nothing to check out."""
    fields = dict(request.query_params)
    typed = read_address_bar(fields)
    if typed.lines:
        return await _answer(request, database, platform, person, typed)
    listing_id = number_in(fields.get("listing", ""))
    if listing_id is None:
        return buyer_page(request, "checkout/page.html", {"view": None, "choice_of": None, "back": "/"})
    choice = await listing_choice(request, database, platform, ListingId(listing_id))
    return buyer_page(request, "checkout/page.html", {"view": None, "choice_of": choice, **choice})


@post("/checkout", guards=[SIGNED_IN], status_code=200)
async def reckon(
    request: AnyRequest,
    data: FormBody,
    database: NamedDependency[Database],
    platform: NamedDependency[Platform],
    person: NamedDependency[Person],
) -> Response[str]:
    """The same checkout after a change. `do` says which button it was: `save`, `read`, `new` and `edit-<id>` are
    about the address, `refused` names what the lane answered the page's script."""
    typed = read_checkout(data)
    writing, status = _writing(data), 200
    match data.get("do", "").partition("-"):
        case ("save", _, _) if writing is not None:
            editing_id = writing.address_id
            try:
                known = await _save(database, person.person_id, data, editing_id)
                typed, writing = msgspec.structs.replace(typed, address_id=known.address_id), None
            except NotFound:
                raise
            except Refusal as refusal:
                form = refused_form(refusal, data, locale_of(request))
                writing, status = AddressForm(address_id=editing_id, form=form), status_of(refusal)
        case ("read", _, _) if writing is not None:
            writing = _read_pasted(data, writing)
        case ("new", _, _):
            writing = AddressForm()
        case ("leave", _, _):
            writing = None
        case ("edit", _, address_id):
            writing = await _edited(database, person.person_id, number_in(address_id) or 0)
    return await _answer(
        request,
        database,
        platform,
        person,
        typed,
        writing=writing,
        refused=data.get("refused", ""),
        status=status,
    )


@post("/checkout/order", guards=[SIGNED_IN], status_code=303)
async def order(
    request: AnyRequest,
    data: FormBody,
    database: NamedDependency[Database],
    platform: NamedDependency[Platform],
    person: NamedDependency[Person],
) -> Response[str] | Redirect:
    """Order what the form shows, at the price that it shows; sent twice, it is ordered once. A form that was
    changed since it was priced, and an order that is refused, come back with the reason."""
    typed = read_checkout(data)
    async with database.reading() as reader:
        known = await addresses_of(reader, person.person_id)
    chosen = chosen_address(known, typed.address_id)
    if typed.seen is None or not typed.is_as_seen(chosen.address if chosen else None):
        return await _answer(request, database, platform, person, typed, writing=_writing(data), status=409)
    wanted = typed.order(typed.seen)
    try:
        placed = await platform.order_lane.place(person.person_id, typed.request_key, hash_of(wanted), wanted)
    except Refusal as refusal:
        return await _answer(
            request,
            database,
            platform,
            person,
            typed,
            writing=_writing(data),
            refused=refusal,
            status=status_of(refusal),
        )
    async with database.writing() as writer:
        await remember_address(writer, person.person_id, wanted.address.delivery(wanted.address.found()))
    return go_to(f"/cashier/{placed.shop_id}/{placed.order_id}")


async def _answer(
    request: AnyRequest,
    database: Database,
    platform: Platform,
    person: Person,
    typed: TypedCheckout,
    *,
    writing: AddressForm | None = None,
    refused: Refusal | str = "",
    status: int = 200,
) -> Response[str]:
    """The checkout as a page or as the part that a script asked for. Raises NotFound for one without lines."""
    if not typed.lines:
        raise NotFound
    view = await read_checkout_view(
        database,
        platform.checkout_desk,
        platform.rules.timeline,
        person,
        typed,
        locale_of(request),
        refused=refused,
    )
    here = checkout_path(typed, view.address.address_id if view.address else None)
    return _shown(request, view, here, writing=writing, status=status)


def _shown(
    request: AnyRequest, view: CheckoutView, here: str, *, writing: AddressForm | None, status: int = 200
) -> Response[str]:
    if writing is None and not view.addresses:
        writing = AddressForm()
    is_part = request.headers.get("x-part") == "checkout"
    context: Mapping[str, object] = {
        "view": view,
        "choice_of": None,
        "writing": writing,
        "is_part": is_part,
        "return_words": RETURN_WORDS,
        "back": view.back,
        "page_address": here,
    }
    return buyer_page(request, "checkout/form.html" if is_part else "checkout/page.html", context, status=status)


def _writing(data: Mapping[str, str]) -> AddressForm | None:
    """The address form as it was sent along with the checkout, if it was open."""
    if "writing" not in data:
        return None
    return AddressForm(address_id=number_in(data["writing"]), form={"values": dict(data), "errors": {}})


async def _edited(database: Database, person_id: PersonId, address_id: int) -> AddressForm:
    """The form of an address of the book. Raises AddressUnknown."""
    async with database.reading() as reader:
        known = await address_of(reader, person_id, address_id)
    values = {name: str(getattr(known.address, name)) for name in ADDRESS_FIELDS}
    return AddressForm(address_id=address_id, form={"values": values, "errors": {}})


def _read_pasted(data: Mapping[str, str], writing: AddressForm) -> AddressForm:
    """The address form with what a pasted text says; what the text does not say stays as it was."""
    parts = read_address_text(data.get("pasted", ""))
    recognised = {name: str(getattr(parts, name)) for name in AddressParts.__struct_fields__}
    said = {name: text for name, text in recognised.items() if text}
    if parts.city and not parts.district:
        said["district"] = ""
    return msgspec.structs.replace(writing, form={"values": {**data, **said}, "errors": {}}, recognised=recognised)


async def _save(
    database: Database, person_id: PersonId, data: Mapping[str, str], address_id: int | None
) -> KnownAddress:
    """Keep the address in the book. Raises InvalidFields, AddressesTooMany, AddressUnknown."""
    typed = msgspec.convert({name: data.get(name, "") for name in ADDRESS_FIELDS}, AddressEntry)
    async with database.writing() as writer:
        if address_id is None:
            return await add_address(writer, person_id, typed)
        known = await address_of(writer, person_id, address_id)
        entry = msgspec.structs.replace(typed, label=known.label, is_default=known.is_default)
        return await change_address(writer, person_id, address_id, entry)


ROUTES = (checkout_page, reckon, order)
