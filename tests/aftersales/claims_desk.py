"""A shop, a buyer and everything to take an order through its after-sales, through the verbs that pages call."""

import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar

from tests.conftest import sign_in_as
from tests.orders.shopping import ADDRESS, Till
from tests.parcels.packing import PackingTable, told
from tests.small_world import PRICE_FEN
from yellowcart.accounts.model import Person, Role
from yellowcart.aftersales.detail import CaseDetail, case_of_platform
from yellowcart.aftersales.model import AftersaleId, Case
from yellowcart.aftersales.negotiate import agree, refuse
from yellowcart.aftersales.open_case import NewCase, open_case
from yellowcart.aftersales.reasons import CaseKind, Reason
from yellowcart.aftersales.rules import ShopRules
from yellowcart.aftersales.shop_rules import change_shop_rules
from yellowcart.aftersales.timers import let_time_pass
from yellowcart.aftersales.turns import Said
from yellowcart.kernel import clock
from yellowcart.kernel.database import Database, Writer
from yellowcart.kernel.events import deliver_events
from yellowcart.kernel.ids import OrderId, ShopId
from yellowcart.orders.receive import confirm_receipt
from yellowcart.orders.wanted import NewOrder, UsedCoupon, WantedLine
from yellowcart.payments.timers import carry_out_refunds
from yellowcart.uploads.model import UploadId

Answer = TypeVar("Answer")
WHY = Said(words="看照片")


@dataclass
class ClaimsDesk:
    """A packing table, and the platform beside it. Orders are paid for at the sandbox."""

    table: PackingTable
    operator: Person
    still_clock: clock.Clock

    @property
    def till(self) -> Till:
        return self.table.till

    @property
    def database(self) -> Database:
        return self.table.database

    @property
    def shop_id(self) -> ShopId:
        return self.table.world.shop_id

    @property
    def buyer(self) -> Person:
        return self.table.buyer

    @property
    def merchant(self) -> Person:
        return self.table.merchant

    async def paid(
        self, *quantities: int, coupons: list[UsedCoupon] | None = None, total_fen: int | None = None
    ) -> OrderId:
        """An order that was paid for, with so many pieces of the first variant, and of the second."""
        world = self.table.world
        lines = [
            WantedLine(listing_id=world.listing_id, sku_id=sku_id, quantity=quantity, unit_price_fen=PRICE_FEN)
            for sku_id, quantity in zip(world.sku_ids, quantities or (1,), strict=False)
        ]
        goods_fen = sum(line.quantity for line in lines) * PRICE_FEN
        order = NewOrder(
            lines=lines,
            total_fen=goods_fen if total_fen is None else total_fen,
            address=ADDRESS,
            coupons=coupons or [],
        )
        placed = await self.till.lane.place(self.buyer.person_id, secrets.token_hex(8), "hash", order)
        await self.till.pay(self.buyer, placed)
        return placed.order_id

    async def shipped(self, *quantities: int) -> OrderId:
        """One that has left whole."""
        order_id = await self.paid(*quantities)
        await self.table.ship(order_id, waybill=f"SF{secrets.randbelow(10**10):010d}")
        return order_id

    async def received(self, *quantities: int) -> OrderId:
        """One that the buyer has."""
        order_id = await self.shipped(*quantities)
        await self.write(lambda writer: confirm_receipt(writer, self.buyer, self.shop_id, order_id))
        return order_id

    async def write(self, verb: Callable[[Writer], Awaitable[Answer]]) -> Answer:
        """Run a verb in a transaction of its own."""
        async with self.database.writing() as writer:
            return await verb(writer)

    async def open(
        self,
        order_id: OrderId,
        kind: CaseKind = CaseKind.RETURN_REFUND,
        reason: Reason = Reason.QUALITY,
        quantity: int = 1,
        amount_fen: int | None = None,
        *,
        line: int = 0,
        words: str = "坏了",
        evidence: list[UploadId] | None = None,
        by: Person | None = None,
    ) -> Case:
        """Ask for an after-sale as the buyer."""
        line_id = (await self.table.lines(order_id))[line]
        new = NewCase(
            order_line_id=line_id,
            kind=kind,
            reason=reason,
            quantity=quantity,
            amount_fen=amount_fen,
            goods_received=True,
            words=words,
            evidence=[int(each) for each in evidence or []],
        )
        return await self.write(lambda writer: open_case(writer, by or self.buyer, self.shop_id, order_id, new))

    async def agree(self, case: Case) -> Case:
        """Agree as the shop."""
        return await self.write(
            lambda writer: agree(writer, self.merchant, self.shop_id, case.aftersale_id, return_address=ADDRESS)
        )

    async def refuse(self, case: Case) -> Case:
        """Refuse as the shop."""
        return await self.write(lambda writer: refuse(writer, self.merchant, self.shop_id, case.aftersale_id, WHY))

    async def let_rules(self, **rules: Any) -> None:
        """Have the shop choose rules, and name an address for returns."""
        await self.write(
            lambda writer: change_shop_rules(writer, self.merchant, self.shop_id, ShopRules(**rules), ADDRESS)
        )

    async def now(self, case: Case) -> Case:
        """The case as it stands."""
        return (await self.detail(case)).case

    async def detail(self, case: Case) -> CaseDetail:
        """The case with all that belongs to it."""
        return await self.detail_of(case.aftersale_id)

    async def detail_of(self, aftersale_id: AftersaleId) -> CaseDetail:
        """A case of the shop by its number."""
        async with self.database.reading() as reader:
            return await case_of_platform(reader, self.operator, self.shop_id, aftersale_id)

    async def pass_time(self, **span: float) -> int:
        """Let so much time pass, and the sweep run until nothing is due; answers how many cases moved."""
        self.still_clock.freeze(clock.now() + timedelta(**span))
        moved = 0
        while count := await let_time_pass(self.database):
            moved += count
        return moved

    async def deliver(self) -> None:
        """Have the gateway carry out what is asked, and the worker tell everybody."""
        while await carry_out_refunds(self.database):
            pass
        while await deliver_events(self.database):
            pass

    async def deliver_parcel(self, carrier: str, waybill: str) -> None:
        """A carrier says that a parcel has arrived."""
        await self.table.tell(told("delivered", waybill=waybill, carrier=carrier))
        await self.deliver()

    async def line_row(self, order_id: OrderId, line: int = 0) -> dict[str, Any]:
        """A line as the table has it."""
        async with self.database.reading() as reader:
            rows = await reader.records(
                "SELECT * FROM order_line WHERE order_id = %(id)s ORDER BY order_line_id", id=order_id
            )
        return rows[line]

    async def refunds(self, order_id: OrderId) -> list[tuple[str, int, str]]:
        """The refunds of an order: subject, amount and state."""
        async with self.database.reading() as reader:
            rows = await reader.records(
                "SELECT subject, amount_fen, state FROM refund WHERE order_id = %(id)s ORDER BY refund_id",
                id=order_id,
            )
        return [(row["subject"], row["amount_fen"], row["state"]) for row in rows]


async def new_operator(database: Database) -> Person:
    """An operator who is no party."""
    return (await sign_in_as(database, Role.OPERATOR)).person
