"""What happened to after-sales, as the outbox tells it. Amounts in fen."""

from yellowcart.aftersales.model import Action, Actor, AftersaleId, AutoRule, CaseState, EndReason
from yellowcart.aftersales.reasons import CaseKind, Fault, Reason
from yellowcart.kernel.events import Event
from yellowcart.kernel.ids import OrderId, OrderLineId, PersonId, ShopId


class AftersaleOpened(Event, frozen=True, tag="aftersale.opened"):
    """Something is asked for one line of an order."""

    shop_id: ShopId
    aftersale_id: AftersaleId
    order_id: OrderId
    order_line_id: OrderLineId
    buyer_id: PersonId
    kind: CaseKind
    reason: Reason
    fault: Fault
    opened_by: Actor
    quantity: int
    asked_fen: int


class AftersaleMoved(Event, frozen=True, tag="aftersale.moved"):
    """Somebody, or time, took a turn. `rule` names the rule that did it, if one did."""

    shop_id: ShopId
    aftersale_id: AftersaleId
    order_id: OrderId
    kind: CaseKind
    action: Action
    actor: Actor
    before: CaseState
    after: CaseState
    rule: AutoRule | None


class AftersaleFinished(Event, frozen=True, tag="aftersale.finished"):
    """Nothing more comes of it. `refund_goods_fen` and `refund_freight_fen` went back of what the line had cost.
    `return_freight_fen` is what the shop bears for the way back, of which `return_freight_refunded_fen` went along
    with the refund; the rest it still owes. What went back to coupons' funders stands on the line's discounts."""

    shop_id: ShopId
    aftersale_id: AftersaleId
    order_id: OrderId
    order_line_id: OrderLineId
    kind: CaseKind
    reason: Reason
    fault: Fault
    end_reason: EndReason
    quantity: int
    settled_quantity: int
    returned_quantity: int
    refund_goods_fen: int
    refund_freight_fen: int
    return_freight_fen: int
    return_freight_refunded_fen: int
