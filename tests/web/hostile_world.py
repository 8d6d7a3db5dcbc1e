"""A small market for whoever means no good: orders in every state, a case, coupons, parcels, two shops, and people
who have nothing to do with each other."""

import hashlib
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import httpx

from tests.aftersales.claims_desk import ClaimsDesk
from tests.conftest import browser, sign_in_as
from tests.orders.promoted import claim, coupon
from tests.parcels.packing import PackingTable
from tests.small_world import SmallWorld, make_small_world
from yellowcart.accounts.model import Person, Role
from yellowcart.accounts.sessions import open_session
from yellowcart.aftersales.model import Case
from yellowcart.aftersales.reasons import CaseKind, Reason
from yellowcart.app import Application
from yellowcart.kernel.database import Database
from yellowcart.kernel.ids import OrderId, OrderLineId
from yellowcart.orders.wanted import UsedCoupon
from yellowcart.parcels.model import Parcel
from yellowcart.payments.pay import OpenCashier, open_cashier
from yellowcart.promotions.model import Funder
from yellowcart.schema import whole_schema

WAYBILL, WAYBILL_THERE = "SF0000000001", "SF0000000002"
PASSING = {"session", "buyer_token", "answered_request"}
"""Tables that any request may touch."""


@dataclass
class HostileWorld:
    """Everything that somebody could reach for. `there` is the other shop, whose merchant is `neighbour`."""

    desk: ClaimsDesk
    application: Application
    there: SmallWorld
    tokens: dict[str, str]
    unpaid: OrderId
    paid: OrderId
    shipped: OrderId
    received: OrderId
    theirs: OrderId
    case: Case
    parcel: Parcel
    cashier: OpenCashier
    used: UsedCoupon
    foreign: UsedCoupon
    lines: dict[OrderId, OrderLineId] = field(default_factory=dict)

    @property
    def database(self) -> Database:
        return self.desk.database

    @property
    def here(self) -> SmallWorld:
        return self.desk.table.world

    def path(self, path: str) -> str:
        """A path with the ids of this world in its places."""
        names = {
            "shop": self.here.shop_id,
            "there": self.there.shop_id,
            "unpaid": self.unpaid,
            "paid": self.paid,
            "shipped": self.shipped,
            "received": self.received,
            "theirs": self.theirs,
            "case": self.case.aftersale_id,
            "parcel": self.parcel.shipment_id,
            "payment": self.cashier.payment_id,
            "coupon": self.used.coupon_id,
            "foreign": self.foreign.coupon_id,
            "listing": self.here.listing_id,
            "sku": self.here.sku_id,
            "line": self.lines[self.paid],
            "received_line": self.lines[self.received],
        }
        return path.format(**names)

    async def fingerprint(self) -> dict[str, tuple[int, str]]:
        """How many rows each table has, and a hash of all that is in them."""
        found = {}
        async with self.database.reading() as reader:
            for table in sorted(whole_schema().tables):
                if table in PASSING:
                    continue
                rows = await reader.column(f"SELECT row::text FROM {table} AS row ORDER BY 1")
                found[table] = (len(rows), hashlib.sha256("\n".join(rows).encode()).hexdigest())
        return found

    @asynccontextmanager
    async def as_person(self, who: str, *, page: bool = False) -> AsyncIterator[httpx.AsyncClient]:
        """A program of somebody, or their browser."""
        async with browser(self.application, self.tokens.get(who) if page else None) as client:
            if not page and who in self.tokens:
                client.headers["authorization"] = f"Bearer {self.tokens[who]}"
            if not page:
                client.headers["accept"] = "application/json"
            yield client


async def make_hostile_world(desk: ClaimsDesk, application: Application) -> HostileWorld:
    """Make it."""
    there = await make_small_world(desk.database)
    neighbour = Person(
        person_id=there.merchant_id, login="n", name="n", roles=frozenset({Role.BUYER, Role.MERCHANT})
    )
    other_table = PackingTable(desk.till, there, (await sign_in_as(desk.database)).person)
    people = {
        "buyer": desk.buyer,
        "merchant": desk.merchant,
        "operator": desk.operator,
        "stranger": (await sign_in_as(desk.database, name="Qian")).person,
        "neighbour": neighbour,
        "carrier": (await sign_in_as(desk.database, Role.CARRIER)).person,
    }
    tokens = {name: await _token(desk.database, person) for name, person in people.items()}
    received = await desk.received(2)
    shipped = await desk.paid(1)
    await desk.table.ship(shipped, WAYBILL)
    theirs = await other_table.paid(1)
    await other_table.ship(theirs, WAYBILL_THERE)
    unpaid = await desk.till.place(desk.buyer, desk.table.world)
    cashier = await open_cashier(desk.database, desk.till.gateways, desk.buyer, unpaid.shop_id, unpaid.order_id)
    world = HostileWorld(
        desk=desk,
        application=application,
        there=there,
        tokens=tokens,
        unpaid=unpaid.order_id,
        paid=await desk.paid(2),
        shipped=shipped,
        received=received,
        theirs=theirs,
        case=await desk.open(received, CaseKind.REFUND_ONLY, Reason.DAMAGED, 1, 100),
        parcel=(await desk.table.parcels(shipped))[0],
        cashier=cashier,
        used=await _claimed(desk, desk.table.world),
        foreign=await _claimed(desk, there),
    )
    for order_id in (world.unpaid, world.paid, world.shipped, world.received):
        world.lines[order_id] = (await desk.table.lines(order_id))[0]
    return world


async def _claimed(desk: ClaimsDesk, world: SmallWorld) -> UsedCoupon:
    """A coupon of a shop in the buyer's hands."""
    made = await coupon(desk.database, world, Funder.SHOP)
    return await claim(desk.database, made, desk.buyer.person_id)


async def _token(database: Database, person: Person) -> str:
    async with database.writing() as writer:
        return (await open_session(writer, person.person_id, address="", user_agent="test")).token


def differences(before: Mapping[str, object], after: Mapping[str, object]) -> list[str]:
    """The tables that changed."""
    return [name for name in before if before[name] != after[name]]
