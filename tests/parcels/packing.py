"""Packing in tests: paid orders of one or two lines, shipped through the same verbs that pages and API call."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from tests.orders.shopping import ADDRESS, Till
from tests.small_world import PRICE_FEN, SmallWorld
from yellowcart.accounts.model import Person, Role
from yellowcart.kernel import clock
from yellowcart.kernel.database import Database
from yellowcart.kernel.ids import OrderId, OrderLineId
from yellowcart.orders.paid import mark_paid
from yellowcart.orders.queries import OrderDetail, order_of_shop
from yellowcart.orders.store import lock_order
from yellowcart.orders.wanted import NewOrder, WantedLine
from yellowcart.parcels.model import NewShipment, Parcel, Shipped
from yellowcart.parcels.queries import parcels_of_order
from yellowcart.parcels.ship import ship_order
from yellowcart.parcels.tracking.intake import Intake, ToldEvent, take_in_events

SF = "SF1234567890"


@dataclass
class PackingTable:
    """A shop, its merchant and a buyer."""

    till: Till
    world: SmallWorld
    buyer: Person

    @property
    def database(self) -> Database:
        return self.till.database

    @property
    def merchant(self) -> Person:
        return Person(
            person_id=self.world.merchant_id, login="m", name="m", roles=frozenset({Role.BUYER, Role.MERCHANT})
        )

    async def paid(self, *quantities: int) -> OrderId:
        """A paid order with so many pieces of the first variant, and of the second."""
        wanted = [
            WantedLine(
                listing_id=self.world.listing_id, sku_id=sku_id, quantity=quantity, unit_price_fen=PRICE_FEN
            )
            for sku_id, quantity in zip(self.world.sku_ids, quantities or (1,), strict=False)
        ]
        order = NewOrder(
            lines=wanted, total_fen=sum(line.quantity for line in wanted) * PRICE_FEN, address=ADDRESS
        )
        placed = await self.till.lane.place(self.buyer.person_id, secrets.token_hex(8), "hash", order)
        async with self.database.writing() as writer:
            await mark_paid(writer, await lock_order(writer, self.world.shop_id, placed.order_id))
        return placed.order_id

    async def lines(self, order_id: OrderId) -> list[OrderLineId]:
        return [line.order_line_id for line in (await self.detail(order_id)).lines]

    async def detail(self, order_id: OrderId) -> OrderDetail:
        async with self.database.reading() as reader:
            return await order_of_shop(reader, self.world.shop_id, order_id)

    async def ship(
        self,
        order_id: OrderId,
        waybill: str = SF,
        pieces: Mapping[OrderLineId, int] | None = None,
        carrier: str = "SF",
    ) -> Shipped:
        """Ship it as the merchant."""
        shipment = NewShipment(carrier, waybill, None if pieces is None else dict(pieces))
        async with self.database.writing() as writer:
            return await ship_order(writer, self.merchant, self.world.shop_id, order_id, shipment)

    async def parcels(self, order_id: OrderId) -> list[Parcel]:
        async with self.database.reading() as reader:
            return await parcels_of_order(reader, self.world.shop_id, order_id)

    async def tell(self, *events: ToldEvent, source: str = "tests") -> Intake:
        """Let a tracking source tell something."""
        async with self.database.writing() as writer:
            return await take_in_events(writer, source, list(events))


def told(
    status: str, hours: float = 0, *, waybill: str = SF, text: str = "", carrier: str = "SF", place: str = ""
) -> ToldEvent:
    """An event so many hours from now."""
    return ToldEvent(
        carrier=carrier, waybill=waybill, status=status, at=after(hours), place=place, text=text or status
    )


def after(hours: float) -> datetime:
    return clock.now() + timedelta(hours=hours)
