"""The buyer's address book for programs. The same use cases as the buyer's pages."""

from typing import Annotated

import msgspec
from litestar import Router, delete, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from yellowcart.accounts.access import SIGNED_IN
from yellowcart.accounts.model import Person
from yellowcart.freight.address_text import TEXT_LENGTH_MAX, AddressParts, read_address_text
from yellowcart.kernel.database import Database
from yellowcart.kernel.idempotency import once, request_key
from yellowcart.kernel.paging import Page
from yellowcart.kernel.request_headers import IdempotencyKey
from yellowcart.orders.addresses import (
    AddressEntry,
    KnownAddress,
    add_address,
    address_of,
    addresses_of,
    change_address,
    forget_address,
    restore_address,
)

Words = Annotated[str, msgspec.Meta(max_length=300)]


class AddressBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An address. Names are those of /districts; `label` is the buyer's own word for it, such as home."""

    recipient: Words
    phone: Words
    province: Words
    city: Words
    district: Words
    street: Words
    label: Words = ""
    is_default: bool = False

    def entry(self) -> AddressEntry:
        """The address as the book's verbs take it."""
        return AddressEntry(**msgspec.structs.asdict(self))


class TextBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An address as somebody pasted it, in one piece."""

    text: Annotated[str, msgspec.Meta(max_length=TEXT_LENGTH_MAX)]


@get("/addresses", guards=[SIGNED_IN])
async def my_addresses(database: NamedDependency[Database], person: NamedDependency[Person]) -> Page[KnownAddress]:
    """My addresses in one page: the default first, then the latest used."""
    async with database.reading() as reader:
        return Page(items=await addresses_of(reader, person.person_id), next_cursor=None)


@post("/addresses", guards=[SIGNED_IN])
async def new_address(
    data: JSONBody[AddressBody],
    idempotency_key: IdempotencyKey,
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> KnownAddress:
    """Put an address into my book."""
    key = request_key(person.person_id, idempotency_key, data)
    async with database.writing() as writer:
        return await once(
            writer,
            "orders:address:add",
            key,
            KnownAddress,
            lambda: add_address(writer, person.person_id, data.entry()),
        )


@post("/addresses/read", guards=[SIGNED_IN], status_code=200)
async def read_text(data: JSONBody[TextBody]) -> AddressParts:
    """The parts of a pasted address; what was not recognised is empty. Nothing is kept."""
    return read_address_text(data.text)


@get("/addresses/{address_id:int}", guards=[SIGNED_IN])
async def one_address(
    address_id: FromPath[int], database: NamedDependency[Database], person: NamedDependency[Person]
) -> KnownAddress:
    """One of my addresses."""
    async with database.reading() as reader:
        return await address_of(reader, person.person_id, address_id)


@put("/addresses/{address_id:int}", guards=[SIGNED_IN])
async def edit_address(
    address_id: FromPath[int],
    data: JSONBody[AddressBody],
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> KnownAddress:
    """Write an address anew. Orders that were placed keep the old one."""
    async with database.writing() as writer:
        return await change_address(writer, person.person_id, address_id, data.entry())


@delete("/addresses/{address_id:int}", guards=[SIGNED_IN])
async def remove_address(
    address_id: FromPath[int], database: NamedDependency[Database], person: NamedDependency[Person]
) -> None:
    """Forget an address. It can be brought back for half an hour, then it is deleted."""
    async with database.writing() as writer:
        await forget_address(writer, person.person_id, address_id)


@post("/addresses/{address_id:int}/restore", guards=[SIGNED_IN], status_code=200)
async def bring_back(
    address_id: FromPath[int], database: NamedDependency[Database], person: NamedDependency[Person]
) -> KnownAddress:
    """Bring a forgotten address back."""
    async with database.writing() as writer:
        return await restore_address(writer, person.person_id, address_id)


ROUTES = Router(
    "/api/v1",
    route_handlers=[
        my_addresses,
        new_address,
        read_text,
        one_address,
        edit_address,
        remove_address,
        bring_back,
    ],
    tags=["addresses"],
)
