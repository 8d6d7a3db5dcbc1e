"""Placing and paying orders in tests, through the same functions that pages and API call."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from tests.small_world import PRICE_FEN, SmallWorld
from yellowcart.accounts.model import Person
from yellowcart.kernel.database import Database
from yellowcart.kernel.ids import OrderId, ShopId
from yellowcart.kernel.notifications import Notifications
from yellowcart.links.store import TimelineInMemory
from yellowcart.orders.announce import StockAnnouncer
from yellowcart.orders.coupon_terms import CouponTermsInMemory
from yellowcart.orders.place import OrderLane, PlacedOrder
from yellowcart.orders.snapshots import ListingSnapshots
from yellowcart.orders.wanted import NewAddress, NewOrder, UsedCoupon, WantedLine
from yellowcart.payments.pay import open_cashier, settle_payment
from yellowcart.payments.providers import Gateways, gateways_of
from yellowcart.payments.sandbox import SandboxGateway

ADDRESS = NewAddress(
    recipient="林小满",
    phone="13800000001",
    province="福建省",
    city="泉州市",
    district="安溪县",
    street="茶都路 1 号",
)


def order_of(
    listing_id: int,
    sku_id: int,
    *,
    quantity: int = 1,
    price_fen: int = PRICE_FEN,
    total_fen: int | None = None,
    coupons: Sequence[UsedCoupon] = (),
    address: NewAddress = ADDRESS,
) -> NewOrder:
    """An order of one line; the sum is that of the goods unless `total_fen` says otherwise."""
    return NewOrder(
        lines=[WantedLine(listing_id=listing_id, sku_id=sku_id, quantity=quantity, unit_price_fen=price_fen)],
        total_fen=quantity * price_fen if total_fen is None else total_fen,
        address=address,
        coupons=list(coupons),
    )


@dataclass
class Till:
    """A lane and a sandbox on one database, without any HTTP."""

    database: Database
    snapshots: ListingSnapshots
    lane: OrderLane
    gateways: Gateways

    @property
    def gateway(self) -> SandboxGateway:
        """The sandbox, in which a test presses what the payer would."""
        return self.gateways.sandbox

    async def place(self, buyer: Person, world: SmallWorld, *, quantity: int = 1, sku: int = 0) -> PlacedOrder:
        """Place an order of the small world's product."""
        return await self.lane.place(
            buyer.person_id,
            secrets.token_hex(8),
            "hash",
            order_of(world.listing_id, world.sku_ids[sku], quantity=quantity),
        )

    async def pay(self, buyer: Person, placed: PlacedOrder) -> None:
        """Pay it at the sandbox and come back."""
        cashier = await open_cashier(self.database, self.gateways, buyer, placed.shop_id, placed.order_id)
        charge = await self.gateway.read(f"{placed.shop_id}-{cashier.payment_id}")
        await self.gateway.pay(charge)
        await settle_payment(self.database, self.gateways, placed.shop_id, cashier.payment_id)


async def open_till(database: Database) -> Till:
    """A till; close its lane at the end."""
    rules = TimelineInMemory(database)
    await rules.read()
    notifications = Notifications(database)
    snapshots = ListingSnapshots(database, rules)
    await snapshots.follow(notifications)
    lane = OrderLane(database, snapshots, CouponTermsInMemory(database), StockAnnouncer(database))
    await lane.start()
    return Till(database, snapshots, lane, gateways_of(database))


async def order_state(database: Database, shop_id: ShopId, order_id: OrderId) -> tuple[str, str | None]:
    """State and close reason as the table has them."""
    async with database.reading() as reader:
        (row,) = await reader.records(
            "SELECT state, close_reason FROM shop_order WHERE shop_id = %(s)s AND order_id = %(o)s",
            s=shop_id,
            o=order_id,
        )
    return row["state"], row["close_reason"]


async def stock_of(database: Database, world: SmallWorld, sku: int = 0) -> tuple[int, int, int]:
    """Available, held, sold."""
    async with database.reading() as reader:
        (row,) = await reader.records(
            "SELECT available, held, sold FROM stock WHERE shop_id = %(shop)s AND sku_id = %(sku)s",
            shop=world.shop_id,
            sku=world.sku_ids[sku],
        )
    return row["available"], row["held"], row["sold"]
