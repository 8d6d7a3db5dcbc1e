"""One order put together for its buyer's page: its way, its lines with what became of each piece, its price,
parcels, money that moved, after-sales, and what the buyer can do now."""

from collections.abc import Collection, Sequence
from datetime import datetime
from math import ceil

import msgspec

from yellowcart.accounts.model import Person
from yellowcart.aftersales.detail import askable_of_buyer
from yellowcart.aftersales.queries import CaseSummary, cases_of_order
from yellowcart.kernel import clock
from yellowcart.kernel.database import Reader
from yellowcart.kernel.ids import OrderId, OrderLineId, ShopId
from yellowcart.kernel.translation import N_, Locale, translate
from yellowcart.orders.addresses import KnownAddress, addresses_of
from yellowcart.orders.model import CloseReason, Order, OrderLine, OrderState, StopReason
from yellowcart.orders.queries import OrderDetail, order_of_buyer
from yellowcart.orders.rules import may_go_elsewhere
from yellowcart.parcels.address_change import address_changes_of
from yellowcart.parcels.model import AddressChange, AddressChangeState, Parcel
from yellowcart.parcels.queries import parcels_of_order
from yellowcart.parcels.rules import may_wish_again
from yellowcart.payments.model import Payment, RefundCause, RefundState
from yellowcart.payments.queries import Refund, payments_of_order, refunds_of_order
from yellowcart.promotions.model import Funder

CLOSE_WORDS: dict[CloseReason, str] = {
    CloseReason.LAPSED: N_("Closed: it was not paid in time"),
    CloseReason.BUYER_CANCELLED: N_("Closed: you cancelled it"),
    CloseReason.REFUNDED: N_("Closed: the money goes back"),
}
STOP_WORDS: dict[StopReason, str] = {
    StopReason.RISK: N_("The platform is looking at this order before it goes on. You need not do anything."),
    StopReason.REFUND: N_("An after-sale is open. Until it is decided nothing is sent, and no time runs out."),
}
WAITS_TO_SHIP = frozenset({OrderState.PAID, OrderState.PART_SHIPPED})
COUNTED_DOWN_S = 72 * 3_600
"""Nearer moments are counted down by the second; what is further away is a date."""


class LineView(msgspec.Struct, frozen=True, kw_only=True):
    """A line with what became of it. `may_ask`: an after-sale can be asked for; `cases` are those there are."""

    line: OrderLine
    may_ask: bool
    cases: list[CaseSummary]

    @property
    def pieces(self) -> list[tuple[str, int]]:
        """What became of its pieces, where that is more than one thing to say: (what, how many)."""
        line = self.line
        told = [
            ("shipped", line.shipped_quantity - line.returned_quantity),
            ("returned", line.returned_quantity),
            ("cancelled", line.cancelled_quantity),
            ("to_ship", line.to_ship),
        ]
        return [(what, number) for what, number in told if number > 0]


class Sums(msgspec.Struct, frozen=True, kw_only=True):
    """The order's money in fen, from the lines: usual price less special prices less coupons plus freight is the
    total; `refunded_fen` is what has gone back, `refunding_fen` what is on its way."""

    usual_fen: int
    saved_fen: int
    coupons: list[tuple[Funder, int]]
    freight_fen: int
    total_fen: int
    refunded_fen: int
    refunding_fen: int


class OrderView(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that the page of an order draws. Seconds are counted from now; None where nothing is awaited."""

    detail: OrderDetail
    lines: list[LineView]
    sums: Sums
    steps: list[tuple[str, datetime | None]]
    at: int
    payments: list[Payment]
    refunds: list[Refund]
    parcels: list[Parcel]
    cases: list[CaseSummary]
    stops: list[str]
    change: AddressChange | None
    may_wish_again: bool
    addresses: list[KnownAddress]
    pay_s: int
    ship_s: int | None
    confirm_s: int | None

    @property
    def order(self) -> Order:
        """The order itself."""
        return self.detail.order

    @property
    def ships_late(self) -> bool:
        """Whether the promise to ship is broken."""
        return self.ship_s == 0

    @property
    def may_pay(self) -> bool:
        """Whether it waits for its payment."""
        return self.order.state is OrderState.SUBMITTED and self.pay_s > 0

    @property
    def may_cancel(self) -> bool:
        """Whether the buyer can take it back at once: unpaid, or paid and nothing has left."""
        if self.order.state is OrderState.SUBMITTED:
            return True
        return self.order.state is OrderState.PAID and any(view.line.to_ship for view in self.lines)

    @property
    def may_confirm(self) -> bool:
        """Whether the buyer can say that it has come."""
        return self.order.state is OrderState.SHIPPED

    @property
    def may_extend(self) -> bool:
        """Whether the automatic receipt can be put off."""
        return self.may_confirm and not self.order.confirm_extended

    @property
    def may_change_address(self) -> bool:
        """Whether another address can be asked for: paid, nothing has left, nothing is asked already, and
        it was not asked too often."""
        return may_go_elsewhere(self.order.state) and self.change is None and self.may_wish_again

    @property
    def may_buy_again(self) -> bool:
        """Whether it is over in some way, so that the next thing may be the same again."""
        return self.order.state in {OrderState.RECEIVED, OrderState.COMPLETED, OrderState.CLOSED}


async def read_order_view(
    reader: Reader, person: Person, shop_id: ShopId, order_id: OrderId, locale: Locale
) -> OrderView:
    """The order as it stands now. Raises OrderUnknown for anybody else's."""
    detail = await order_of_buyer(reader, person.person_id, shop_id, order_id)
    order = detail.order
    payments = await payments_of_order(reader, shop_id, order_id)
    refunds = await refunds_of_order(reader, shop_id, order_id)
    parcels, cases, changes = list[Parcel](), list[CaseSummary](), list[AddressChange]()
    askable: Collection[OrderLineId] = ()
    if order.paid_at is not None:
        parcels = await parcels_of_order(reader, shop_id, order_id)
        cases = await cases_of_order(reader, shop_id, order_id)
        changes = await address_changes_of(reader, shop_id, order_id)
        asked = await askable_of_buyer(reader, person, shop_id, order_id)
        askable = {line_id for line_id, kinds in asked.items() if any(kind.refusal is None for kind in kinds)}
    steps, at = steps_of(order, refunds, locale)
    waits = order.state in WAITS_TO_SHIP
    return OrderView(
        detail=detail,
        lines=[
            LineView(
                line=line,
                may_ask=line.order_line_id in askable,
                cases=[case for case in cases if case.order_line_id == line.order_line_id],
            )
            for line in detail.lines
        ],
        sums=sums_of(detail, refunds),
        steps=steps,
        at=at,
        payments=payments,
        refunds=refunds,
        parcels=parcels,
        cases=cases,
        stops=[translate(STOP_WORDS[reason], locale) for reason in {stop.reason: None for stop in detail.stops}],
        change=next((change for change in changes if change.state is AddressChangeState.ASKED), None),
        may_wish_again=may_wish_again(changes, by_shop=False),
        addresses=await addresses_of(reader, person.person_id) if may_go_elsewhere(order.state) else [],
        pay_s=seconds_left(order.hold_until),
        ship_s=seconds_left(order.ship_due_at) if waits and order.ship_due_at else None,
        confirm_s=(
            seconds_left(order.confirm_due_at)
            if order.state is OrderState.SHIPPED and order.confirm_due_at and not detail.stops
            else None
        ),
    )


def seconds_left(moment: datetime) -> int:
    """Whole seconds until a moment of the platform's clock; none when it has passed."""
    return max(0, ceil((moment - clock.now()).total_seconds()))


def sums_of(detail: OrderDetail, refunds: Sequence[Refund]) -> Sums:
    """The order's money line by line. Money that came twice and went back is no part of its price."""
    coupons: dict[Funder, int] = {}
    for line in detail.lines:
        for discount in line.discounts:
            coupons[discount.funder] = coupons.get(discount.funder, 0) + discount.amount_fen
    back = [refund for refund in refunds if refund.cause is not RefundCause.SURPLUS]
    return Sums(
        usual_fen=sum(line.list_price_fen * line.quantity for line in detail.lines),
        saved_fen=sum((line.list_price_fen - line.unit_price_fen) * line.quantity for line in detail.lines),
        coupons=[(funder, coupons[funder]) for funder in Funder if funder in coupons],
        freight_fen=detail.order.freight_fen,
        total_fen=detail.order.total_fen,
        refunded_fen=sum(refund.amount_fen for refund in back if refund.state is RefundState.SUCCEEDED),
        refunding_fen=sum(refund.amount_fen for refund in back if refund.state is not RefundState.SUCCEEDED),
    )


def steps_of(
    order: Order, refunds: Sequence[Refund], locale: Locale
) -> tuple[list[tuple[str, datetime | None]], int]:
    """The stations of an order's way with their moments, and the index of the one it stands on."""
    if order.state is OrderState.CLOSED:
        steps = _closed_steps(refunds, order)
        at = len(steps) - 1
    else:
        steps = [
            (N_("Order placed"), order.submitted_at),
            (N_("Paid"), order.paid_at),
            (N_("Shipped"), order.shipped_at),
            (N_("Received"), order.received_at),
            (N_("Completed"), order.completed_at),
        ]
        at = sum(moment is not None for _, moment in steps) - 1
        if order.state is OrderState.PART_SHIPPED:
            steps[2] = (N_("Partly shipped"), None)
            at = 2
    return [(translate(label, locale), moment) for label, moment in steps], at


def _closed_steps(refunds: Sequence[Refund], order: Order) -> list[tuple[str, datetime | None]]:
    steps: list[tuple[str, datetime | None]] = [(N_("Order placed"), order.submitted_at)]
    if order.paid_at is not None:
        steps.append((N_("Paid"), order.paid_at))
    steps.append((CLOSE_WORDS[order.close_reason or CloseReason.LAPSED], order.closed_at))
    for refund in refunds:
        done = refund.state is RefundState.SUCCEEDED
        moment = refund.succeeded_at if done else refund.requested_at
        steps.append((N_("Refunded") if done else N_("Refund under way"), moment))
    return steps
