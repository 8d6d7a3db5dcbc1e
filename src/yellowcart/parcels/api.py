"""Parcels for programs: shipping, correcting a waybill, tracks, what has to leave, and changes of address."""

from typing import Annotated

import msgspec
from litestar import Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody
from msgspec import Meta

from yellowcart.accounts.access import PUBLIC, SIGNED_IN, allow
from yellowcart.accounts.model import Person, Role
from yellowcart.catalog.shops import require_member
from yellowcart.kernel.database import Database
from yellowcart.kernel.idempotency import once, request_key
from yellowcart.kernel.ids import OrderId, ShopId
from yellowcart.kernel.paging import Page
from yellowcart.kernel.request_headers import IdempotencyKey
from yellowcart.orders.addresses import AddressEntry
from yellowcart.orders.queries import OrderDetail, order_of_buyer, order_of_shop
from yellowcart.parcels.address_change import (
    address_changes_of,
    answer_address_change,
    ask_address_change,
    offer_address_change,
    withdraw_address_change,
)
from yellowcart.parcels.carriers import carriers, suggest_carriers
from yellowcart.parcels.correct import correct_waybill
from yellowcart.parcels.model import AddressChange, AddressChangeId, Parcel, ShipmentId
from yellowcart.parcels.queries import parcels_of_order
from yellowcart.parcels.rules import clean_waybill
from yellowcart.parcels.ship import NewShipment, ship_order
from yellowcart.parcels.to_ship import (
    ShipRate,
    StuckParcel,
    ToShip,
    WaitingOrder,
    orders_to_ship,
    ship_rate,
    stuck_parcels,
)

MERCHANT = allow(Role.MERCHANT)
Text = Annotated[str, Meta(max_length=200)]


class KnownCarrier(msgspec.Struct, frozen=True):
    """A carrier by its code. Only the usual ones have an English name."""

    code: str
    name: str
    name_en: str
    is_usual: bool


class Carriers(msgspec.Struct, frozen=True):
    """Every carrier, the usual ones first, and the codes of those that a waybill looks like."""

    carriers: list[KnownCarrier]
    suggested: list[str]


class Parcels(msgspec.Struct, frozen=True):
    """Everything that was sent of an order or for it, the latest parcel first."""

    parcels: list[Parcel]


class CorrectedWaybill(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Carrier and waybill as they should have been."""

    carrier: Annotated[str, Meta(max_length=40)]
    waybill: Annotated[str, Meta(max_length=60)]


class WantedAddress(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Another address for an order; province, city and district as /districts names them."""

    recipient: Text
    phone: Text
    province: Text
    city: Text
    district: Text
    street: Text
    note: Text = ""

    def entry(self) -> AddressEntry:
        """The address as the address book takes it."""
        values = msgspec.structs.asdict(self)
        del values["note"]
        return AddressEntry(**values)


class Answer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the other side says to a change of the address."""

    accepted: bool
    answer: Text = ""


class AddressChanges(msgspec.Struct, frozen=True):
    """The changes of an order's address, the latest first."""

    changes: list[AddressChange]


@get("/carriers", guards=[PUBLIC])
async def known_carriers(
    waybill: FromQuery[Annotated[str, Meta(max_length=60)]] = "",
) -> Carriers:
    """Carriers by code. With `waybill`, those it looks like: a suggestion only, nothing is refused by it."""
    return Carriers(
        carriers=[KnownCarrier(each.code, each.name, each.name_en, each.is_usual) for each in carriers().values()],
        suggested=suggest_carriers(clean_waybill(waybill)) if waybill else [],
    )


@post("/shops/{shop_id:int}/orders/{order_id:int}/shipments", guards=[MERCHANT], status_code=200)
async def ship(
    shop_id: FromPath[int],
    order_id: FromPath[int],
    data: JSONBody[NewShipment],
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> OrderDetail:
    """Ship pieces of a paid order, all that are left when `pieces` is left out. The waybill is the key: the same
    shipment again gets the same answer.

    Refusals: `invalid_fields`, `order_unknown`, `waybill_used`, `order_moved`, `order_stopped`,
    `address_change_open`, `pieces_gone`.
    """
    async with database.writing() as writer:
        await ship_order(writer, person, ShopId(shop_id), OrderId(order_id), data)
        return await order_of_shop(writer, ShopId(shop_id), OrderId(order_id))


@get("/shops/{shop_id:int}/orders/{order_id:int}/parcels", guards=[MERCHANT])
async def parcels_of_shop_order(
    shop_id: FromPath[int],
    order_id: FromPath[int],
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> Parcels:
    """The parcels of one of a shop's orders, with their tracks."""
    async with database.reading() as reader:
        await require_member(reader, person, ShopId(shop_id))
        await order_of_shop(reader, ShopId(shop_id), OrderId(order_id))
        return Parcels(await parcels_of_order(reader, ShopId(shop_id), OrderId(order_id)))


@get("/orders/{shop_id:int}/{order_id:int}/parcels", guards=[SIGNED_IN])
async def parcels_of_my_order(
    shop_id: FromPath[int],
    order_id: FromPath[int],
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> Parcels:
    """The parcels of one of the signed-in buyer's orders, with their tracks."""
    async with database.reading() as reader:
        await order_of_buyer(reader, person.person_id, ShopId(shop_id), OrderId(order_id))
        return Parcels(await parcels_of_order(reader, ShopId(shop_id), OrderId(order_id)))


@post("/shops/{shop_id:int}/shipments/{shipment_id:int}/waybill", guards=[MERCHANT], status_code=200)
async def correct(
    shop_id: FromPath[int],
    shipment_id: FromPath[int],
    data: JSONBody[CorrectedWaybill],
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> None:
    """Correct carrier and waybill of a parcel within 24 hours, while its carrier has told nothing of it.

    Refusals: `parcel_unknown`, `waybill_settled`, `waybill_used`, `invalid_fields`.
    """
    async with database.writing() as writer:
        await correct_waybill(writer, person, ShopId(shop_id), ShipmentId(shipment_id), data.carrier, data.waybill)


@get("/shops/{shop_id:int}/orders-to-ship", guards=[MERCHANT])
async def waiting_orders(
    shop_id: FromPath[int],
    database: NamedDependency[Database],
    person: NamedDependency[Person],
    show: FromQuery[ToShip] = ToShip.ALL,
    cursor: FromQuery[str | None] = None,
    size: FromQuery[int | None] = None,
) -> Page[WaitingOrder]:
    """A shop's orders that have to leave, the most urgent first."""
    async with database.reading() as reader:
        await require_member(reader, person, ShopId(shop_id))
        return await orders_to_ship(reader, ShopId(shop_id), show, cursor=cursor, size=size)


@get("/shops/{shop_id:int}/stuck-parcels", guards=[MERCHANT])
async def parcels_that_are_stuck(
    shop_id: FromPath[int],
    database: NamedDependency[Database],
    person: NamedDependency[Person],
    cursor: FromQuery[str | None] = None,
    size: FromQuery[int | None] = None,
) -> Page[StuckParcel]:
    """A shop's parcels of which nothing was heard for too long, the longest silent first."""
    async with database.reading() as reader:
        await require_member(reader, person, ShopId(shop_id))
        return await stuck_parcels(reader, ShopId(shop_id), cursor=cursor, size=size)


@get("/shops/{shop_id:int}/ship-rate", guards=[MERCHANT])
async def rate(
    shop_id: FromPath[int], database: NamedDependency[Database], person: NamedDependency[Person]
) -> ShipRate:
    """The shop's 48-hour rate: how many orders were paid, shipped and collected in time, of those paid in the 30
    days that ended 48 hours ago."""
    async with database.reading() as reader:
        await require_member(reader, person, ShopId(shop_id))
        return await ship_rate(reader, ShopId(shop_id))


@get("/orders/{shop_id:int}/{order_id:int}/address-changes", guards=[SIGNED_IN])
async def my_address_changes(
    shop_id: FromPath[int],
    order_id: FromPath[int],
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> AddressChanges:
    """The changes of address of one of the signed-in buyer's orders."""
    async with database.reading() as reader:
        await order_of_buyer(reader, person.person_id, ShopId(shop_id), OrderId(order_id))
        return AddressChanges(await address_changes_of(reader, ShopId(shop_id), OrderId(order_id)))


@get("/shops/{shop_id:int}/orders/{order_id:int}/address-changes", guards=[MERCHANT])
async def shop_address_changes(
    shop_id: FromPath[int],
    order_id: FromPath[int],
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> AddressChanges:
    """The changes of address of one of a shop's orders."""
    async with database.reading() as reader:
        await require_member(reader, person, ShopId(shop_id))
        return AddressChanges(await address_changes_of(reader, ShopId(shop_id), OrderId(order_id)))


@post("/orders/{shop_id:int}/{order_id:int}/address-changes", guards=[SIGNED_IN])
async def ask(
    shop_id: FromPath[int],
    order_id: FromPath[int],
    data: JSONBody[WantedAddress],
    idempotency_key: IdempotencyKey,
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> AddressChange:
    """The buyer asks for another address before anything has left; the shop answers. Free where delivery costs
    the same, refused where it does not (`freight_differs`)."""
    key = request_key(person.person_id, idempotency_key, [shop_id, order_id, data])
    async with database.writing() as writer:

        async def make() -> AddressChange:
            change_id = await ask_address_change(
                writer, person, ShopId(shop_id), OrderId(order_id), data.entry(), data.note
            )
            changes = await address_changes_of(writer, ShopId(shop_id), OrderId(order_id))
            return next(change for change in changes if change.change_id == change_id)

        return await once(writer, "parcels:address:ask", key, AddressChange, make)


@post("/shops/{shop_id:int}/orders/{order_id:int}/address-changes", guards=[MERCHANT])
async def offer(
    shop_id: FromPath[int],
    order_id: FromPath[int],
    data: JSONBody[WantedAddress],
    idempotency_key: IdempotencyKey,
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> AddressChange:
    """The shop proposes another address; the buyer answers."""
    key = request_key(person.person_id, idempotency_key, [shop_id, order_id, data])
    async with database.writing() as writer:

        async def make() -> AddressChange:
            change_id = await offer_address_change(
                writer, person, ShopId(shop_id), OrderId(order_id), data.entry(), data.note
            )
            changes = await address_changes_of(writer, ShopId(shop_id), OrderId(order_id))
            return next(change for change in changes if change.change_id == change_id)

        return await once(writer, "parcels:address:offer", key, AddressChange, make)


@post(
    "/orders/{shop_id:int}/{order_id:int}/address-changes/{change_id:int}/answer",
    guards=[SIGNED_IN],
    status_code=200,
)
async def answer(
    shop_id: FromPath[int],
    order_id: FromPath[int],
    change_id: FromPath[int],
    data: JSONBody[Answer],
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> None:
    """Answer a change of the address: the shop what the buyer asked, the buyer what the shop proposed. The same
    answer again is no error."""
    async with database.writing() as writer:
        await answer_address_change(
            writer,
            person,
            ShopId(shop_id),
            OrderId(order_id),
            AddressChangeId(change_id),
            accepted=data.accepted,
            answer=data.answer,
        )


@post(
    "/orders/{shop_id:int}/{order_id:int}/address-changes/{change_id:int}/withdraw",
    guards=[SIGNED_IN],
    status_code=200,
)
async def withdraw(
    shop_id: FromPath[int],
    order_id: FromPath[int],
    change_id: FromPath[int],
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> None:
    """Whoever asked takes it back."""
    async with database.writing() as writer:
        await withdraw_address_change(
            writer, person, ShopId(shop_id), OrderId(order_id), AddressChangeId(change_id)
        )


ROUTES = Router(
    "/api/v1",
    route_handlers=[
        known_carriers,
        ship,
        parcels_of_shop_order,
        parcels_of_my_order,
        correct,
        waiting_orders,
        parcels_that_are_stuck,
        rate,
        my_address_changes,
        shop_address_changes,
        ask,
        offer,
        answer,
        withdraw,
    ],
    tags=["parcels"],
)
