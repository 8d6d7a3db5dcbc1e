"""Past orders that were paid and cancelled before anything left: one after-sale case for each line, granted at
once by the rule that lets nobody wait (domain.md §2.2), and carried out by the gateway a moment later."""

from datetime import timedelta

from yellowcart.aftersales.model import Action, Actor, AftersaleId, AutoRule, CaseState, EndReason
from yellowcart.aftersales.reasons import CaseKind, Reason
from yellowcart.demo.past_order import PastLine, PastOrder
from yellowcart.demo.seed_rows import Row, copy_rows
from yellowcart.kernel.database import Writer
from yellowcart.kernel.ids import OrderLineId, new_id
from yellowcart.orders.price import PricedLine

CARRIED_OUT_AFTER = timedelta(seconds=25)
KIND = CaseKind.REFUND_UNSHIPPED


async def write_cancelled(writer: Writer, orders: list[PastOrder]) -> dict[OrderLineId, AftersaleId]:
    """Write the cases of cancelled orders, in order of time; answers the case of each line."""
    cancelled = [(order.refunded_at, order) for order in orders if order.refunded_at is not None]
    ids: dict[OrderLineId, AftersaleId] = {}
    cases: list[Row] = []
    steps: list[Row] = []
    for _, order in sorted(cancelled, key=lambda each: each[0]):
        for line, priced in order.priced():
            aftersale_id = new_id(AftersaleId)
            ids[line.order_line_id] = aftersale_id
            cases.append(_case_row(order, line, priced, aftersale_id))
            steps += _step_rows(order, line, priced, aftersale_id)
    await copy_rows(writer, "aftersale", cases)
    await copy_rows(writer, "aftersale_step", steps)
    return ids


def _case_row(order: PastOrder, line: PastLine, priced: PricedLine, aftersale_id: AftersaleId) -> Row:
    assert order.refunded_at is not None
    ended_at = order.refunded_at + CARRIED_OUT_AFTER
    return {
        "shop_id": order.shop_id,
        "aftersale_id": aftersale_id,
        "order_id": order.order_id,
        "order_line_id": line.order_line_id,
        "buyer_id": order.buyer.person_id,
        "kind": KIND,
        "state": CaseState.DONE,
        "version": 3,
        "opened_by": Actor.BUYER,
        "reason": Reason.NO_REASON,
        "quantity": line.quantity,
        "asked_fen": priced.payable_fen,
        "most_fen": priced.payable_fen,
        "most_goods_fen": priced.payable_fen - priced.freight_fen,
        "auto_rule": AutoRule.UNSHIPPED_AT_ONCE,
        "decided_fen": priced.payable_fen,
        "refund_goods_fen": priced.payable_fen - priced.freight_fen,
        "refund_freight_fen": priced.freight_fen,
        "settled_quantity": line.quantity,
        "opened_at": order.refunded_at,
        "moved_at": ended_at,
        "ended_at": ended_at,
        "end_reason": EndReason.REFUNDED,
    }


def _step_rows(order: PastOrder, line: PastLine, priced: PricedLine, aftersale_id: AftersaleId) -> list[Row]:
    assert order.refunded_at is not None
    at, buyer_id = order.refunded_at, order.buyer.person_id
    turns = (
        (Action.OPEN, Actor.BUYER, buyer_id, None, CaseState.AWAITING_SELLER, Reason.NO_REASON, None, at),
        (Action.AGREE, Actor.SYSTEM, None, CaseState.AWAITING_SELLER, CaseState.REFUNDING, None,
         AutoRule.UNSHIPPED_AT_ONCE, at),
        (Action.REFUND_CARRIED_OUT, Actor.SYSTEM, None, CaseState.REFUNDING, CaseState.DONE, None, None,
         at + CARRIED_OUT_AFTER),
    )  # fmt: skip
    return [
        {
            "shop_id": order.shop_id,
            "aftersale_id": aftersale_id,
            "step_id": new_id(int),
            "action": action,
            "actor": actor,
            "person_id": person_id,
            "before": before,
            "after": after,
            "kind": KIND,
            "reason": reason,
            "quantity": line.quantity,
            "amount_fen": priced.payable_fen,
            "rule": rule,
            "made_at": made_at,
        }
        for action, actor, person_id, before, after, reason, rule, made_at in turns
    ]
