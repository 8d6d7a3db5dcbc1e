"""Twins for programs: a creator's outside products with their twins, replacing, putting back, dismissing."""

from typing import Annotated

import msgspec
from litestar import Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody
from msgspec import Meta

from yellowcart.accounts.access import allow
from yellowcart.accounts.model import Person, Role
from yellowcart.kernel.database import Database
from yellowcart.kernel.idempotency import once, request_key
from yellowcart.kernel.ids import ListingId, ProductId, ShopId
from yellowcart.kernel.paging import Page
from yellowcart.kernel.request_headers import IdempotencyKey
from yellowcart.stage.creators import creator_of
from yellowcart.stage.replace import Replacement, outside_goods, put_back, replace_by_twin
from yellowcart.stage.twin_queries import OutsideGoods, outside_goods_of_creator
from yellowcart.stage.twins import Twin, dismiss_twin, twins_of

CREATOR = allow(Role.CREATOR)
Id = Annotated[int, Meta(gt=0, lt=2**53)]


class TwinChoice(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A product of a platform shop."""

    shop_id: Id
    product_id: Id


@get("/outside-goods", guards=[CREATOR])
async def my_outside_goods(
    database: NamedDependency[Database],
    person: NamedDependency[Person],
    has_twin: FromQuery[bool | None] = None,
    cursor: FromQuery[str | None] = None,
    size: FromQuery[int | None] = None,
) -> Page[OutsideGoods]:
    """The signed-in creator's outside products, each with its best twin, the latest listed first."""
    async with database.reading() as reader:
        creator = await creator_of(reader, person)
        return await outside_goods_of_creator(
            reader, creator.creator_id, has_twin=has_twin, cursor=cursor, size=size
        )


@get("/listings/{listing_id:int}/twins", guards=[CREATOR])
async def listing_twins(
    listing_id: FromPath[int], database: NamedDependency[Database], person: NamedDependency[Person]
) -> Page[Twin]:
    """The platform's products that are the same thing as an outside listing, the best first, with the reasons.
    There are few, so that one page holds them all."""
    async with database.reading() as reader:
        creator = await creator_of(reader, person)
        source, key = await outside_goods(reader, creator.creator_id, ListingId(listing_id))
        found = await twins_of(reader, source, key, creator_id=creator.creator_id)
    return Page(items=found, next_cursor=None)


@post("/listings/{listing_id:int}/replace", guards=[CREATOR], status_code=201)
async def replace(
    listing_id: FromPath[int],
    data: JSONBody[TwinChoice],
    idempotency_key: IdempotencyKey,
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> Replacement:
    """Replace a listing's outside product by a twin in all open carts of the creator; answers cart by cart."""
    key = request_key(person.person_id, idempotency_key, [listing_id, data])
    async with database.writing() as writer:
        return await once(
            writer,
            "stage:listing:replace",
            key,
            Replacement,
            lambda: replace_by_twin(
                writer, person, ListingId(listing_id), ShopId(data.shop_id), ProductId(data.product_id)
            ),
        )


@post("/listings/{listing_id:int}/put-back", guards=[CREATOR], status_code=201)
async def undo(
    listing_id: FromPath[int],
    data: JSONBody[TwinChoice],
    idempotency_key: IdempotencyKey,
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> Replacement:
    """Put an outside product back wherever its twin stands in its place and the link rules still admit it."""
    key = request_key(person.person_id, idempotency_key, [listing_id, data])
    async with database.writing() as writer:
        return await once(
            writer,
            "stage:listing:put_back",
            key,
            Replacement,
            lambda: put_back(
                writer, person, ListingId(listing_id), ShopId(data.shop_id), ProductId(data.product_id)
            ),
        )


@post("/listings/{listing_id:int}/twins/dismiss", guards=[CREATOR], status_code=204)
async def dismiss(
    listing_id: FromPath[int],
    data: JSONBody[TwinChoice],
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> None:
    """Say that a product is not the same thing; it is not shown to this creator again."""
    async with database.writing() as writer:
        creator = await creator_of(writer, person)
        source, key = await outside_goods(writer, creator.creator_id, ListingId(listing_id))
        await dismiss_twin(writer, person, source, key, ShopId(data.shop_id), ProductId(data.product_id))


ROUTES = Router(
    "/api/v1",
    route_handlers=[my_outside_goods, listing_twins, replace, undo, dismiss],
    tags=["stage"],
)
