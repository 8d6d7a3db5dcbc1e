"""Steps of a case between its opening and its end: each side's words, goods on their way back, new parcels, and
the platform's decision. Now and then somebody does what is not theirs to do, and nothing happens."""

from collections.abc import Awaitable, Callable

from tests.lives.bookkeeping import Line, Order
from tests.lives.buying import buyer_of
from tests.lives.case_course import (
    COMES_BACK,
    EXCHANGE,
    LEAVES_AGAIN,
    ONLY,
    PRICE,
    RESEND,
    RETURN,
    SELLERS_FAULT,
    UNSHIPPED,
    Case,
    granted,
    may_withdraw,
)
from tests.lives.dice import Dice
from tests.lives.life import Life
from tests.orders.shopping import ADDRESS
from tests.parcels.packing import told
from yellowcart.accounts.model import Person
from yellowcart.aftersales import arbitrate, goods_back, negotiate, replace
from yellowcart.aftersales.model import Actor, AftersaleId
from yellowcart.aftersales.reasons import CaseKind
from yellowcart.aftersales.turns import Said
from yellowcart.kernel.database import Writer
from yellowcart.kernel.events import deliver_events
from yellowcart.parcels.tracking.intake import take_in_events

SAID = Said(words="?")
MOVED = {"aftersale_moved"}
RETURN_FREIGHT_MOST = 2_500
OFFERED = {
    ONLY: (ONLY, RETURN, RESEND, EXCHANGE),
    RETURN: (ONLY, RETURN, EXCHANGE),
    EXCHANGE: (ONLY, RETURN, EXCHANGE, RESEND),
    RESEND: (ONLY, RESEND),
    PRICE: (PRICE,),
}


class Turn:
    """A case at its turn, with everything at hand."""

    def __init__(self, life: Life, order: Order, line: Line, case: Case) -> None:
        self.life, self.order, self.line, self.case = life, order, line, case
        self.key = (life.shop_id, AftersaleId(case.case_id))
        self.buyer, self.seller = buyer_of(life, order), life.shop.merchant
        self.operator: Person = life.premises.operators[0]

    async def take(
        self,
        verb: Callable[[Writer], Awaitable[object]],
        why_not: set[str],
        dice: Dice,
        after: str | None,
        *,
        delivered: bool = False,
    ) -> bool:
        """Run the verb of a turn; where it happens, the case goes on to `after`, or stays (None)."""
        outcome = await self.life.act(verb, dice.cut())
        if not self.life.require(outcome, why_not):
            return False
        if after is not None:
            self.life.books.move(self.case, after, self.life.now, delivered=delivered)
        return True


async def go_on(life: Life, dice: Dice) -> None:
    """One of the open cases goes a step on, by one of those who may; now and then by one who may not."""
    waiting = [known for known in life.books.cases.values() if known[2].is_open]
    if not waiting:
        return
    turn = Turn(life, *dice.one(waiting))
    able = [name for name, (states, _) in TURNS.items() if turn.case.state in states]
    name = dice.one(able) if able and dice.chance(11, 12) else dice.one(list(TURNS))
    life.tell(f"case {turn.case.case_id} ({turn.case.kind}, {turn.case.state}): {name}")
    await TURNS[name][1](turn, dice)


async def on_an_ended_case(life: Life, dice: Dice) -> None:
    """Somebody acts on a case that is over."""
    over = [known for known in life.books.cases.values() if not known[2].is_open]
    if over:
        turn = Turn(life, *dice.one(over))
        name = dice.one(
            [each for each in TURNS if each not in {"confirm_new", "send_new", "send_back", "arrives"}]
        )
        life.tell(f"case {turn.case.case_id} ({turn.case.kind}, {turn.case.state}): {name}, too late")
        await TURNS[name][1](turn, dice)


def _in(turn: Turn, *states: str) -> set[str]:
    """Why a turn is impossible in this state."""
    return set() if turn.case.state in states else MOVED


async def _agree(turn: Turn, dice: Dice) -> None:
    case = turn.case
    why_not = _in(turn, "awaiting_seller", "awaiting_buyer", *_PLATFORM)
    happened = await turn.take(
        lambda writer: negotiate.agree(writer, turn.seller, *turn.key, return_address=ADDRESS), why_not, dice, None
    )
    if happened:
        case.has_address = case.has_address or (case.kind in COMES_BACK and not case.goods_back)
        turn.life.books.move(case, granted(case), turn.life.now)


async def _refuse(turn: Turn, dice: Dice) -> None:
    why_not = _in(turn, "awaiting_seller") or _must_not_refuse(turn.case)
    if await turn.take(
        lambda writer: negotiate.refuse(writer, turn.seller, *turn.key, SAID), why_not, dice, "awaiting_buyer"
    ):
        _forget_offer(turn.case)


async def _offer(turn: Turn, dice: Dice) -> None:
    case = turn.case
    kind = dice.one(OFFERED.get(case.kind, (ONLY,)))
    amount = 0 if kind in LEAVES_AGAIN else dice.one([case.most_fen, case.most_fen // 2, case.most_fen + 1])
    why_not = _in(turn, "awaiting_seller", "awaiting_buyer") or _must_not_refuse(case)
    if not why_not and case.goods_back and kind == RESEND:
        why_not = {"aftersale_offer_unfit"}
    if not why_not and kind not in LEAVES_AGAIN and not min(1, case.most_fen) <= amount <= case.most_fen:
        why_not = {"aftersale_amount"}
    proposed = negotiate.Offer(kind=CaseKind(kind), amount_fen=None if kind in LEAVES_AGAIN else amount)
    happened = await turn.take(
        lambda writer: negotiate.offer(writer, turn.seller, *turn.key, proposed, return_address=ADDRESS),
        why_not,
        dice,
        "awaiting_buyer",
    )
    if happened:
        case.offer = (kind, amount)
        case.has_address = case.has_address or (kind in COMES_BACK and not case.goods_back)


async def _accept(turn: Turn, dice: Dice) -> None:
    case = turn.case
    why_not = MOVED if case.offer is None else _in(turn, "awaiting_buyer")
    happened = await turn.take(
        lambda writer: negotiate.accept_offer(writer, turn.buyer, *turn.key), why_not, dice, None
    )
    if happened and case.offer is not None:
        case.kind, amount = case.offer
        case.decided_fen = None if case.kind in LEAVES_AGAIN else amount
        case.asked_fen, case.right = amount, False
        turn.life.books.move(case, granted(case), turn.life.now)


async def _call_platform(turn: Turn, dice: Dice) -> None:
    why_not = _in(turn, "awaiting_buyer", "awaiting_receipt")
    if await turn.take(
        lambda writer: arbitrate.call_platform(writer, turn.buyer, *turn.key, SAID),
        why_not,
        dice,
        "evidence_of_seller",
    ):
        _forget_offer(turn.case)


async def _withdraw(turn: Turn, dice: Dice) -> None:
    why_not = set() if may_withdraw(turn.case) else MOVED
    await turn.take(
        lambda writer: negotiate.withdraw_case(writer, turn.buyer, *turn.key), why_not, dice, "withdrawn"
    )


async def _show(turn: Turn, dice: Dice) -> None:
    case, by_buyer = turn.case, dice.chance(1, 2)
    shown = "evidence_of_buyer" if by_buyer else "evidence_of_seller"
    why_not = _in(turn, "awaiting_seller", "awaiting_buyer", "awaiting_inspection", *_PLATFORM)
    actor, person = (Actor.BUYER, turn.buyer) if by_buyer else (Actor.SELLER, turn.seller)
    due = case.due_at
    if await turn.take(
        lambda writer: arbitrate.add_evidence(writer, person, *turn.key, SAID, actor=actor),
        why_not,
        dice,
        "arbitration" if case.state == shown else case.state,
    ):
        # Nobody gains time by showing more.
        case.due_at = due if case.state != "arbitration" else None


async def _decide(turn: Turn, dice: Dice) -> None:
    case, verdict = (
        turn.case,
        dice.one(["for_buyer", "split", "for_seller", "demand_of_buyer", "demand_of_seller"]),
    )
    why_not = _in(turn, "arbitration")
    amount: int | None = None
    if verdict == "split":
        amount = dice.one([case.most_fen, case.most_fen // 3 or min(1, case.most_fen), case.most_fen + 1])
        why_not = why_not or (set() if amount <= case.most_fen else {"aftersale_amount"})
    elif verdict == "for_buyer" and case.kind not in LEAVES_AGAIN and dice.chance(1, 3):
        amount = max(min(1, case.asked_fen), case.asked_fen // 2)
    decision = arbitrate.Decision(verdict=arbitrate.Verdict(verdict), amount_fen=amount)
    if not await turn.take(
        lambda writer: arbitrate.arbitrate(writer, turn.operator, *turn.key, decision, SAID), why_not, dice, None
    ):
        return
    after = {"split": "refunding", "for_seller": "refused"}.get(verdict, verdict.replace("demand", "evidence"))
    if verdict == "split":
        case.decided_fen = amount
    elif verdict == "for_buyer":
        case.decided_fen = None if case.kind in LEAVES_AGAIN else (case.asked_fen if amount is None else amount)
        back = case.kind in COMES_BACK and not case.goods_back
        case.has_address = case.has_address or (back and turn.life.shop.return_address)
        after = granted(case)
    turn.life.books.move(case, after, turn.life.now)


async def _close(turn: Turn, dice: Dice) -> None:
    why_not = set() if turn.case.is_open else MOVED
    await turn.take(
        lambda writer: arbitrate.platform_close(writer, turn.operator, *turn.key, SAID), why_not, dice, "closed"
    )


async def _send_back(turn: Turn, dice: Dice) -> None:
    case, freight = turn.case, dice.one([0, 900, 40_000])
    why_not = _in(turn, "awaiting_return") or (set() if case.has_address else MOVED)
    sent = goods_back.SentBack(carrier="ZTO", waybill=turn.life.waybill(), freight_fen=freight)
    happened = await turn.take(
        lambda writer: goods_back.send_back(writer, turn.buyer, *turn.key, sent), why_not, dice, None
    )
    if happened:
        case.goods_back = True
        case.owed_fen = min(freight, RETURN_FREIGHT_MOST) if case.reason in SELLERS_FAULT else 0
        turn.life.books.move(case, "awaiting_inspection", turn.life.now)
        turn.life.returns[case.case_id] = sent.waybill


async def _name_address(turn: Turn, dice: Dice) -> None:
    if await turn.take(
        lambda writer: goods_back.name_return_address(writer, turn.seller, *turn.key, ADDRESS),
        _in(turn, "awaiting_return"),
        dice,
        "awaiting_return",
    ):
        turn.case.has_address = True


async def _waive(turn: Turn, dice: Dice) -> None:
    after = "awaiting_replacement" if turn.case.kind == EXCHANGE else "refunding"
    await turn.take(
        lambda writer: goods_back.waive_return(writer, turn.seller, *turn.key),
        _in(turn, "awaiting_return"),
        dice,
        after,
    )


async def _arrives(turn: Turn, dice: Dice) -> None:
    """The carrier says that the goods are back with the shop; told twice it changes nothing."""
    case, life = turn.case, turn.life
    if case.state != "awaiting_inspection" or case.case_id in life.returned:
        return
    event = told("delivered", waybill=life.returns[case.case_id], carrier="ZTO")
    outcome = await life.act(lambda writer: take_in_events(writer, "lives", [event, event]))
    life.require(outcome, set())
    while await deliver_events(life.premises.database):
        pass
    life.returned.add(case.case_id)
    life.books.move(case, "awaiting_inspection", life.now, delivered=True)


async def _inspect(turn: Turn, dice: Dice) -> None:
    case, restock = turn.case, dice.pick(turn.case.quantity + 2)
    why_not = _in(turn, "awaiting_inspection") or ({"invalid_fields"} if restock > case.quantity else set())
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


async def _reject(turn: Turn, dice: Dice) -> None:
    if await turn.take(
        lambda writer: goods_back.reject_return(writer, turn.seller, *turn.key, SAID),
        _in(turn, "awaiting_inspection"),
        dice,
        "awaiting_buyer",
    ):
        _forget_offer(turn.case)


async def _send_new(turn: Turn, dice: Dice) -> None:
    case, life = turn.case, turn.life
    left = life.books.shelves[turn.line.sku].available
    why_not = _in(turn, "awaiting_replacement")
    why_not = why_not or (set() if case.quantity <= left else {"aftersale_replacement_sold_out"})
    parcel = replace.ReplacementParcel(carrier="ZTO", waybill=life.waybill())
    if await turn.take(
        lambda writer: replace.ship_replacement(writer, turn.seller, *turn.key, parcel),
        why_not,
        dice,
        "awaiting_receipt",
    ):
        case.sent_again = True
        life.books.send_again(turn.line, case.quantity)


async def _refund_instead(turn: Turn, dice: Dice) -> None:
    await turn.take(
        lambda writer: replace.refund_instead(writer, turn.seller, *turn.key),
        _in(turn, "awaiting_replacement"),
        dice,
        "refunding",
    )


async def _confirm_new(turn: Turn, dice: Dice) -> None:
    await turn.take(
        lambda writer: replace.confirm_replacement(writer, turn.buyer, *turn.key),
        _in(turn, "awaiting_receipt"),
        dice,
        "done",
    )


def _must_not_refuse(case: Case) -> set[str]:
    if case.kind == UNSHIPPED:
        return MOVED
    return {"aftersale_rightful_return"} if case.right and not case.goods_back else set()


def _forget_offer(case: Case) -> None:
    case.offer = None


_PLATFORM = ("evidence_of_seller", "evidence_of_buyer", "arbitration")
_ANSWER = ("awaiting_seller", "awaiting_buyer")
TURNS: dict[str, tuple[tuple[str, ...], Callable[[Turn, Dice], Awaitable[None]]]] = {
    "agree": ((*_ANSWER, *_PLATFORM), _agree),
    "refuse": (("awaiting_seller",), _refuse),
    "offer": (_ANSWER, _offer),
    "accept": (("awaiting_buyer",), _accept),
    "call_platform": (("awaiting_buyer", "awaiting_receipt"), _call_platform),
    "withdraw": ((*_ANSWER, "awaiting_return", "awaiting_replacement"), _withdraw),
    "show": ((*_ANSWER, "awaiting_inspection", *_PLATFORM), _show),
    "decide": (("arbitration",), _decide),
    "close": (("arbitration",), _close),
    "send_back": (("awaiting_return",), _send_back),
    "name_address": (("awaiting_return",), _name_address),
    "waive": (("awaiting_return",), _waive),
    "arrives": (("awaiting_inspection",), _arrives),
    "inspect": (("awaiting_inspection",), _inspect),
    "reject": (("awaiting_inspection",), _reject),
    "send_new": (("awaiting_replacement",), _send_new),
    "refund_instead": (("awaiting_replacement",), _refund_instead),
    "confirm_new": (("awaiting_receipt",), _confirm_new),
}
"""What may be done, in which states it is likely to be possible, and how."""
