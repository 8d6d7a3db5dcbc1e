"""What a request would come to before it is made: for the form in which a buyer asks, or a shop gives."""

import msgspec

from yellowcart.accounts.model import Person
from yellowcart.aftersales.amounts import CouponPart, coupons_back, settle
from yellowcart.aftersales.detail import AmountLine, worth_lines
from yellowcart.aftersales.errors import LineUnknown
from yellowcart.aftersales.model import AftersaleId, AutoRule
from yellowcart.aftersales.open_case import granting_rule
from yellowcart.aftersales.reasons import COMES_BACK, FAULT_OF, CaseKind, Fault, Reason
from yellowcart.aftersales.rules import (
    Askable,
    Asked,
    LineNow,
    ask,
    askable,
    return_freight_bearer,
)
from yellowcart.aftersales.store import lines_now
from yellowcart.kernel.database import Reader
from yellowcart.kernel.ids import OrderId, OrderLineId, ShopId
from yellowcart.orders.model import OrderLine
from yellowcart.orders.queries import OrderDetail, order_of_buyer, order_of_shop
from yellowcart.promotions.model import Funder


class LineToAsk(msgspec.Struct, frozen=True, kw_only=True):
    """An order line as a form shows it: what may be asked of it now, kind by kind, and why not."""

    order: OrderDetail
    line: OrderLine
    now: LineNow
    kinds: list[Askable]

    def askable(self, kind: CaseKind) -> Askable:
        """What may be asked by one kind."""
        return next(each for each in self.kinds if each.kind is kind)


class Preview(msgspec.Struct, frozen=True, kw_only=True):
    """A request that would pass every rule, and what it would come to. Money in fen.

    `coupons` is what goes back to those who bear the cost of coupons, beside what goes back to the buyer. `rule`
    would grant it at once. `return_freight_by` pays for sending goods back, where any are.
    """

    asked: Asked
    amounts: list[AmountLine]
    coupons: dict[Funder, int]
    rule: AutoRule | None
    return_freight_by: Fault | None


async def line_of_buyer(
    reader: Reader,
    person: Person,
    shop_id: ShopId,
    order_id: OrderId,
    order_line_id: OrderLineId,
    *,
    without: AftersaleId | None = None,
) -> LineToAsk:
    """A line of the buyer's own order; `without` leaves one case out, which is to be changed. Raises OrderUnknown,
    LineUnknown."""
    order = await order_of_buyer(reader, person.person_id, shop_id, order_id)
    return await _line(reader, order, order_line_id, without)


async def line_of_shop(
    reader: Reader, shop_id: ShopId, order_id: OrderId, order_line_id: OrderLineId
) -> LineToAsk:
    """The same for the shop, which may give of its own wish after every window. The caller has checked membership.
    Raises OrderUnknown, LineUnknown."""
    found = await _line(reader, await order_of_shop(reader, shop_id, order_id), order_line_id, None)
    now = msgspec.structs.replace(found.now, received_at=None)
    return msgspec.structs.replace(found, now=now, kinds=[askable(now, kind) for kind in CaseKind])


async def preview(
    reader: Reader,
    of: LineToAsk,
    kind: CaseKind,
    reason: Reason,
    quantity: int,
    amount_fen: int | None = None,
) -> Preview:
    """What a request would come to now; `amount_fen` None asks for the most. Raises what `rules.ask` raises."""
    asked = ask(of.now, kind=kind, reason=reason, quantity=quantity, amount_fen=amount_fen)
    order = of.order.order
    return Preview(
        asked=asked,
        amounts=worth_lines(kind, quantity, asked.worth.goods_fen, asked.worth.total_fen, of.now.money),
        coupons=_coupons(of, asked),
        rule=await granting_rule(reader, order.shop_id, order.buyer_id, asked),
        return_freight_by=return_freight_bearer(kind, FAULT_OF[reason]),
    )


async def _line(
    reader: Reader, order: OrderDetail, order_line_id: OrderLineId, without: AftersaleId | None
) -> LineToAsk:
    line = next((each for each in order.lines if each.order_line_id == order_line_id), None)
    if line is None:
        raise LineUnknown
    now = (await lines_now(reader, order.order, [line], without=without))[order_line_id]
    return LineToAsk(order=order, line=line, now=now, kinds=[askable(now, kind) for kind in CaseKind])


def _coupons(of: LineToAsk, asked: Asked) -> dict[Funder, int]:
    """What would go back to whom, reckoned as it is booked (`give_back`)."""
    decided = settle(
        asked.asked_fen,
        kind=asked.kind,
        quantity=asked.quantity,
        most_goods_fen=asked.worth.goods_fen,
        most_fen=asked.worth.total_fen,
        goods_back=asked.kind in COMES_BACK,
    )
    money = of.now.money
    back = coupons_back(
        [CouponPart(each.coupon_id, each.amount_fen, each.returned_fen) for each in of.line.discounts],
        money,
        goods_refunded_fen=decided.goods_fen + sum(each.refund_goods_fen for each in money.cases),
        settled_quantity=decided.settled_quantity + money.settled_quantity,
    )
    shares: dict[Funder, int] = {}
    for each in of.line.discounts:
        if each.coupon_id in back:
            shares[each.funder] = shares.get(each.funder, 0) + back[each.coupon_id]
    return shares
