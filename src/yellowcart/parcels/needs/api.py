"""Shipping needs for programs: of a shop, and of carriers who quote on them."""

from datetime import datetime
from typing import Annotated

import msgspec
from litestar import Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody
from msgspec import Meta

from yellowcart.accounts.access import allow
from yellowcart.accounts.model import Person, Role
from yellowcart.catalog.shops import require_member
from yellowcart.kernel.database import Database
from yellowcart.kernel.idempotency import once, request_key
from yellowcart.kernel.ids import OrderId, ShopId
from yellowcart.kernel.paging import Page
from yellowcart.kernel.request_headers import IdempotencyKey
from yellowcart.orders.addresses import AddressEntry, check_entry
from yellowcart.parcels.model import Parcel
from yellowcart.parcels.needs.accept import accept_quote, name_need_waybill
from yellowcart.parcels.needs.model import MyQuote, Need, NeedId, NewNeed, NewQuote, OpenNeed, Quote, QuoteId
from yellowcart.parcels.needs.post import post_need, withdraw_need
from yellowcart.parcels.needs.queries import (
    need_for_carrier,
    need_of_shop,
    needs_of_shop,
    open_needs,
    parcel_of_need,
    quotes_of_carrier,
    quotes_of_need,
)
from yellowcart.parcels.needs.quote import quote_need, withdraw_quote

MERCHANT = allow(Role.MERCHANT)
CARRIER = allow(Role.CARRIER)
Text = Annotated[str, Meta(max_length=200)]
AnId = Annotated[int, Meta(ge=1, le=2**53 - 1)]


class Place(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where something is picked up, or goes; province, city and district as /districts names them."""

    recipient: Text
    phone: Text
    province: Text
    city: Text
    district: Text
    street: Text

    def entry(self) -> AddressEntry:
        """The place as addresses are checked."""
        return AddressEntry(**msgspec.structs.asdict(self))


class NeedBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What must go where by when; `due_at` is by when it must be picked up. With `order_id` the goods of that
    order count as shipped with the waybill; they go where the order goes, and `destination` is left out."""

    goods: Text
    origin: Place
    destination: Place | None = None
    weight_g: int
    pieces: int
    due_at: datetime
    note: Text = ""
    order_id: AnId | None = None

    def need(self) -> NewNeed:
        """The need with its places checked. Raises InvalidFields."""
        return NewNeed(
            goods=self.goods,
            origin=check_entry(self.origin.entry()),
            destination=None if self.destination is None else check_entry(self.destination.entry()),
            weight_g=self.weight_g,
            pieces=self.pieces,
            due_at=self.due_at,
            note=self.note,
            order_id=None if self.order_id is None else OrderId(self.order_id),
        )


class AcceptBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which quote, and the price that was seen: a quote that costs something else now is not accepted."""

    quote_id: AnId
    price_fen: int


class WaybillBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The waybill of an accepted quote."""

    carrier: Annotated[str, Meta(max_length=40)]
    waybill: Annotated[str, Meta(max_length=60)]


class QuotedNeed(msgspec.Struct, frozen=True):
    """A need with the quotes on it: the accepted one first, then the open ones by price; and the parcel with its
    track once there is a waybill."""

    need: Need
    quotes: list[Quote]
    parcel: Parcel | None = None


class SeenNeed(msgspec.Struct, frozen=True):
    """A need as a carrier may see it, with their own quotes on it."""

    need: OpenNeed
    quotes: list[MyQuote]


@get("/shops/{shop_id:int}/shipping-needs", guards=[MERCHANT])
async def my_needs(
    shop_id: FromPath[int],
    database: NamedDependency[Database],
    person: NamedDependency[Person],
    cursor: FromQuery[str | None] = None,
    size: FromQuery[int | None] = None,
) -> Page[Need]:
    """The shop's shipping needs, the latest first."""
    async with database.reading() as reader:
        await require_member(reader, person, ShopId(shop_id))
        return await needs_of_shop(reader, ShopId(shop_id), cursor=cursor, size=size)


@post("/shops/{shop_id:int}/shipping-needs", guards=[MERCHANT])
async def publish(
    shop_id: FromPath[int],
    data: JSONBody[NeedBody],
    idempotency_key: IdempotencyKey,
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> Need:
    """Publish a shipping need. Carriers see from which city to which until one of them is chosen."""
    key = request_key(person.person_id, idempotency_key, [shop_id, data])
    async with database.writing() as writer:

        async def make() -> Need:
            need_id = await post_need(writer, person, ShopId(shop_id), data.need())
            return await need_of_shop(writer, ShopId(shop_id), need_id)

        return await once(writer, "parcels:shipping_need:post", key, Need, make)


@get("/shops/{shop_id:int}/shipping-needs/{need_id:int}", guards=[MERCHANT])
async def my_need(
    shop_id: FromPath[int],
    need_id: FromPath[int],
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> QuotedNeed:
    """One of the shop's needs with the quotes on it."""
    async with database.reading() as reader:
        await require_member(reader, person, ShopId(shop_id))
        need = await need_of_shop(reader, ShopId(shop_id), NeedId(need_id))
        quotes = await quotes_of_need(reader, ShopId(shop_id), NeedId(need_id))
        return QuotedNeed(need, quotes, await parcel_of_need(reader, need))


@post("/shops/{shop_id:int}/shipping-needs/{need_id:int}/accept", guards=[MERCHANT], status_code=200)
async def accept(
    shop_id: FromPath[int],
    need_id: FromPath[int],
    data: JSONBody[AcceptBody],
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> Need:
    """Accept a quote. One that names its waybill ships the goods at once; else its carrier names it in time."""
    async with database.writing() as writer:
        await accept_quote(
            writer,
            person,
            ShopId(shop_id),
            NeedId(need_id),
            QuoteId(data.quote_id),
            price_fen=data.price_fen,
        )
        return await need_of_shop(writer, ShopId(shop_id), NeedId(need_id))


@post("/shops/{shop_id:int}/shipping-needs/{need_id:int}/withdraw", guards=[MERCHANT], status_code=200)
async def take_back(
    shop_id: FromPath[int],
    need_id: FromPath[int],
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> Need:
    """Take an open need back."""
    async with database.writing() as writer:
        await withdraw_need(writer, person, ShopId(shop_id), NeedId(need_id))
        return await need_of_shop(writer, ShopId(shop_id), NeedId(need_id))


@get("/carrier/needs", guards=[CARRIER])
async def needs_to_quote(
    database: NamedDependency[Database],
    person: NamedDependency[Person],
    origin: FromQuery[Text] = "",
    destination: FromQuery[Text] = "",
    cursor: FromQuery[str | None] = None,
    size: FromQuery[int | None] = None,
) -> Page[OpenNeed]:
    """Needs that carriers may quote on, the latest first; `origin` and `destination` are names of provinces."""
    async with database.reading() as reader:
        return await open_needs(reader, person, origin=origin, destination=destination, cursor=cursor, size=size)


@get("/carrier/needs/{shop_id:int}/{need_id:int}", guards=[CARRIER])
async def need_to_quote(
    shop_id: FromPath[int],
    need_id: FromPath[int],
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> SeenNeed:
    """One need with the carrier's own quotes on it."""
    async with database.reading() as reader:
        need = await need_for_carrier(reader, person, ShopId(shop_id), NeedId(need_id))
        mine = await quotes_of_carrier(reader, person, need=(ShopId(shop_id), NeedId(need_id)))
        return SeenNeed(need, mine.items)


@post("/carrier/needs/{shop_id:int}/{need_id:int}/quotes", guards=[CARRIER], status_code=200)
async def quote(
    shop_id: FromPath[int],
    need_id: FromPath[int],
    data: JSONBody[NewQuote],
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> SeenNeed:
    """Quote on a need, or change one's open quote on it: there is one of each carrier."""
    async with database.writing() as writer:
        await quote_need(writer, person, ShopId(shop_id), NeedId(need_id), data)
        need = await need_for_carrier(writer, person, ShopId(shop_id), NeedId(need_id))
        mine = await quotes_of_carrier(writer, person, need=(ShopId(shop_id), NeedId(need_id)))
        return SeenNeed(need, mine.items)


@post(
    "/carrier/needs/{shop_id:int}/{need_id:int}/quotes/{quote_id:int}/withdraw", guards=[CARRIER], status_code=200
)
async def take_quote_back(
    shop_id: FromPath[int],
    need_id: FromPath[int],
    quote_id: FromPath[int],
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> None:
    """Take one's open quote back."""
    async with database.writing() as writer:
        await withdraw_quote(writer, person, ShopId(shop_id), NeedId(need_id), QuoteId(quote_id))


@post("/carrier/needs/{shop_id:int}/{need_id:int}/waybill", guards=[CARRIER], status_code=200)
async def name_waybill(
    shop_id: FromPath[int],
    need_id: FromPath[int],
    data: JSONBody[WaybillBody],
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> None:
    """Name the waybill of an accepted quote; the order of the need, if it is of one, is shipped by it."""
    async with database.writing() as writer:
        await name_need_waybill(writer, person, ShopId(shop_id), NeedId(need_id), data.carrier, data.waybill)


@get("/carrier/quotes", guards=[CARRIER])
async def my_quotes(
    database: NamedDependency[Database],
    person: NamedDependency[Person],
    cursor: FromQuery[str | None] = None,
    size: FromQuery[int | None] = None,
) -> Page[MyQuote]:
    """The signed-in carrier's quotes, the latest first; accepted ones with the full addresses."""
    async with database.reading() as reader:
        return await quotes_of_carrier(reader, person, cursor=cursor, size=size)


ROUTES = Router(
    "/api/v1",
    route_handlers=[
        my_needs,
        publish,
        my_need,
        accept,
        take_back,
        needs_to_quote,
        need_to_quote,
        quote,
        take_quote_back,
        name_waybill,
        my_quotes,
    ],
    tags=["parcels"],
)
