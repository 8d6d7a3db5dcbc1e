"""The after-sales of the last days, told by their scripts with the verbs of buyer, shop and platform."""

import random
from datetime import datetime, timedelta

import msgspec

from yellowcart.aftersales.model import Case
from yellowcart.aftersales.open_case import NewCase, SellersRefund, give_money_back, open_case
from yellowcart.aftersales.reasons import CaseKind, Reason
from yellowcart.catalog.model import ReturnRule
from yellowcart.demo.case_scripts import SCRIPTS, Script, Since, Turn
from yellowcart.demo.case_turns import Story, carry_out_if_decided, say, take
from yellowcart.demo.chronicle import Chronicle, Deed
from yellowcart.demo.past_order import PastLine, PastOrder
from yellowcart.kernel.ids import ShopId
from yellowcart.orders.model import OrderState

LITTLE_FEN = 2_500
"""Lines below this are left to the rules that give small sums back by themselves."""
ASKED_ABOUT = frozenset({OrderState.SHIPPED, OrderState.RECEIVED})
UNHURRIED = timedelta(minutes=20)


class _Plan(msgspec.Struct, frozen=True):
    """When a script begins, and the moments of its turns."""

    opened_at: datetime
    turns: list[tuple[datetime, Turn]]


def plan_cases(chronicle: Chronicle) -> None:
    """Find an order for each case of the scripts and put its deeds into the chronicle. A script for which the past
    has no order is left out."""
    dice = chronicle.seeded.dice("cases")
    alive = [order for order in chronicle.orders if order.state in ASKED_ABOUT]
    for script in SCRIPTS:
        for number in range(script.times):
            plan = _plan(dice, script, chronicle.now)
            fitting = [order for order in alive if _fits(chronicle, script, plan, order)]
            for order in chronicle.foremost(fitting, 1):
                story = Story(script=script, order=order, dice=chronicle.seeded.dice(f"{script.name}/{number}"))
                story.number = dice.randrange(100)
                _tell(chronicle, story, plan)


def _plan(dice: random.Random, script: Script, now: datetime) -> _Plan:
    at = now - timedelta(hours=dice.uniform(*script.age_h))
    turns: list[tuple[datetime, Turn]] = []
    for turn, hours in reversed(script.turns):
        turns.append((at, turn))
        at -= timedelta(hours=hours * dice.uniform(0.85, 1.2))
    return _Plan(at, turns[::-1])


def _fits(chronicle: Chronicle, script: Script, plan: _Plan, order: PastOrder) -> bool:
    line = order.lines[0]
    if order.price.lines[0].payable_fen < LITTLE_FEN * (2 if script.part else 1):
        return False
    if not chronicle.suits(order, script.picture):
        return False
    if script.pieces is not None and line.quantity <= script.pieces:
        return False
    match script.since:
        case Since.SHIPPED:
            since = order.shipped_at if order.state is OrderState.SHIPPED else None
        case Since.DELIVERED:
            since = order.received_at if order.state is OrderState.RECEIVED else None
        case Since.FALLEN:
            fallen = chronicle.seeded.fallen_at(line.listing.product_key, line.sku)
            since = fallen if line.special is None else None
    if since is None or since > plan.opened_at - UNHURRIED:
        return False
    return _may_return(chronicle, script, line)


def _may_return(chronicle: Chronicle, script: Script, line: PastLine) -> bool:
    """Whether goods of the line come back as the script says: by the buyer's right, or because the shop says so
    and no rule does before."""
    seeded, shop_id = chronicle.seeded, ShopId(line.sku.shop_id)
    if script.kind in {CaseKind.RETURN_REFUND, CaseKind.EXCHANGE} and shop_id not in seeded.takes_returns:
        return False
    if script.kind is not CaseKind.RETURN_REFUND:
        return True
    if script.reason is Reason.NO_REASON:
        category = seeded.categories[line.listing.product.product.category_id]
        return category.return_rule is ReturnRule.NO_REASON
    return shop_id not in seeded.grants_quality


def _tell(chronicle: Chronicle, story: Story, plan: _Plan) -> None:
    async def begin() -> None:
        story.case = await _give(chronicle, story) if story.script.by_shop else await _ask(chronicle, story)
        carry_out_if_decided(chronicle, story, plan.opened_at, plan.turns[0][1] if plan.turns else None)

    chronicle.add(plan.opened_at, begin)
    for place, (at, turn) in enumerate(plan.turns):
        following = plan.turns[place + 1][1] if place + 1 < len(plan.turns) else None
        chronicle.add(at, _deed(chronicle, story, at, turn, following))


def _deed(chronicle: Chronicle, story: Story, at: datetime, turn: Turn, following: Turn | None) -> Deed:
    async def deed() -> None:
        await take(chronicle, story, turn)
        carry_out_if_decided(chronicle, story, at, following)

    return deed


async def _ask(chronicle: Chronicle, story: Story) -> Case:
    """The buyer asks."""
    script, order = story.script, story.order
    line, priced = order.priced()[0]
    buyer = chronicle.buyer(order.buyer)
    said = await say(chronicle, story, buyer, script.words, script.picture)
    goods_fen = priced.payable_fen - priced.freight_fen
    new = NewCase(
        order_line_id=line.order_line_id,
        kind=script.kind,
        reason=script.reason,
        quantity=script.pieces or line.quantity,
        amount_fen=None if script.part is None else max(goods_fen * script.part // 100, 1),
        goods_received=script.since is Since.DELIVERED,
        words=said.words,
        evidence=said.evidence,
    )
    async with chronicle.database.writing() as writer:
        return await open_case(writer, buyer, ShopId(order.shop_id), order.order_id, new)


async def _give(chronicle: Chronicle, story: Story) -> Case:
    """The shop gives money back without being asked."""
    order, script = story.order, story.script
    line, priced = order.priced()[0]
    refund = SellersRefund(
        order_line_id=line.order_line_id,
        kind=script.kind,
        reason=script.reason,
        quantity=line.quantity,
        amount_fen=(priced.payable_fen - priced.freight_fen) * (script.part or 100) // 100,
        words=chronicle.words(script.words, story.number),
    )
    async with chronicle.database.writing() as writer:
        seller = chronicle.seller(order.shop_id)
        return await give_money_back(writer, seller, ShopId(order.shop_id), order.order_id, refund)
