"""Steps of goods that go back: sent, in a box of their own or not, given back by the carrier, inspected."""

from tests.lives.case_course import EXCHANGE, SELLERS_FAULT, SENDINGS_MOST, Case, granted
from tests.lives.case_turn import MOVED, SAID, Turn, only_in
from tests.lives.dice import Dice
from tests.lives.life import Box, Life
from tests.orders.shopping import ADDRESS
from tests.parcels.packing import told
from yellowcart.aftersales import goods_back
from yellowcart.kernel.events import deliver_events
from yellowcart.parcels.tracking.intake import take_in_events

RETURN_FREIGHT_MOST = 2_500


async def send_back(turn: Turn, dice: Dice) -> None:
    """The buyer sends goods back, now and then in a box that is known already."""
    case, life, freight = turn.case, turn.life, dice.one([0, 900, 1_900, 40_000])
    known = list(life.boxes) if dice.chance(1, 3) else []
    of_order = [waybill for waybill in known if life.boxes[waybill].order_id == turn.order.order_id]
    waybill = dice.one(of_order or known) if known else life.waybill()
    box = life.boxes.get(waybill) or Box(turn.order.order_id)
    # The parcel in which they are on their way, named once more, is no news.
    is_news = case.state != "awaiting_inspection" or life.returns.get(case.case_id) != waybill
    why_not = only_in(turn, "awaiting_return") or (set() if case.has_address else MOVED) or _why_not_in(turn, box)
    sent = goods_back.SentBack(carrier="ZTO", waybill=waybill, freight_fen=freight)
    life.tell(f"  by {waybill}")
    happened = await turn.take(
        lambda writer: goods_back.send_back(writer, turn.buyer, *turn.key, sent),
        why_not if is_news else set(),
        dice,
        None,
    )
    if not happened or not is_news:
        return
    # What a box cost is borne once, whatever else is in it.
    owed_before = sum(each.owed_fen for each in _cases_in(life, waybill))
    accepted = min(freight, RETURN_FREIGHT_MOST) if case.reason in SELLERS_FAULT else 0
    case.goods_back, case.owed_fen, case.sendings = True, max(0, accepted - owed_before), case.sendings + 1
    life.books.move(case, "awaiting_inspection", life.now)
    life.boxes[waybill], life.returns[case.case_id] = box, waybill
    if box.end == "delivered":
        life.books.move(case, "awaiting_inspection", life.now, delivered=True)


def _why_not_in(turn: Turn, box: Box) -> set[str]:
    """Why goods cannot be in a box: it is another order's, the carrier gave it back, or it is one too many."""
    if box.order_id != turn.order.order_id:
        return {"waybill_used"}
    if box.end == "returned":
        return {"invalid_fields"}
    return {"aftersale_steps_too_many"} if turn.case.sendings >= SENDINGS_MOST else set()


def _cases_in(life: Life, waybill: str) -> list[Case]:
    return [life.books.cases[case_id][2] for case_id, box in life.returns.items() if box == waybill]


async def name_address(turn: Turn, dice: Dice) -> None:
    if await turn.take(
        lambda writer: goods_back.name_return_address(writer, turn.seller, *turn.key, ADDRESS),
        only_in(turn, "awaiting_return"),
        dice,
        "awaiting_return",
    ):
        turn.case.has_address = True


async def waive(turn: Turn, dice: Dice) -> None:
    after = "awaiting_replacement" if turn.case.kind == EXCHANGE else "refunding"
    await turn.take(
        lambda writer: goods_back.waive_return(writer, turn.seller, *turn.key),
        only_in(turn, "awaiting_return"),
        dice,
        after,
    )


async def arrives(turn: Turn, dice: Dice) -> None:
    """The carrier says that the goods are back with the shop, or with the buyer again; told twice it changes
    nothing. It holds for everything that is in the box."""
    case, life = turn.case, turn.life
    if case.state != "awaiting_inspection" or life.boxes[life.returns[case.case_id]].end is not None:
        return
    waybill, end = life.returns[case.case_id], dice.one(["delivered", "delivered", "returned"])
    life.tell(f"  {waybill} is {end}")
    event = told(end, waybill=waybill, carrier="ZTO")
    outcome = await life.act(lambda writer: take_in_events(writer, "lives", [event, event]))
    life.require(outcome, set())
    while await deliver_events(life.premises.database):
        pass
    life.boxes[waybill].end = end
    for each in _cases_in(life, waybill):
        if each.state != "awaiting_inspection":
            continue
        if end == "delivered":
            life.books.move(each, "awaiting_inspection", life.now, delivered=True)
            continue
        # The buyer has them again: everything is as before they were sent.
        del life.returns[each.case_id]
        each.goods_back, each.owed_fen = False, 0
        life.books.move(each, "awaiting_return", life.now)


async def inspect(turn: Turn, dice: Dice) -> None:
    case, restock = turn.case, dice.pick(turn.case.quantity + 2)
    why_not = only_in(turn, "awaiting_inspection") or ({"invalid_fields"} if restock > case.quantity else set())
    if not await turn.take(
        lambda writer: goods_back.confirm_return(writer, turn.seller, *turn.key, restock=restock),
        why_not,
        dice,
        None,
    ):
        return
    case.restock = restock
    if case.kind == EXCHANGE:
        turn.life.books.restock(turn.order, turn.line, restock, undo=False)
    turn.life.books.move(case, granted(case), turn.life.now)


async def reject(turn: Turn, dice: Dice) -> None:
    if await turn.take(
        lambda writer: goods_back.reject_return(writer, turn.seller, *turn.key, SAID),
        only_in(turn, "awaiting_inspection"),
        dice,
        "awaiting_buyer",
    ):
        turn.case.offer = None
