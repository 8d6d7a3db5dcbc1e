"""Steps of a case between its opening and its end: each side's words, goods on their way back, new parcels, and
the platform's decision. Now and then somebody does what is not theirs to do, and nothing happens."""

from collections.abc import Awaitable, Callable

from tests.lives import going_back
from tests.lives.case_course import (
    COMES_BACK,
    EXCHANGE,
    LEAVES_AGAIN,
    ONLY,
    PRICE,
    RESEND,
    RETURN,
    UNSHIPPED,
    Case,
    granted,
    may_withdraw,
)
from tests.lives.case_turn import MOVED, SAID, Turn, only_in
from tests.lives.dice import Dice
from tests.lives.life import Life
from tests.orders.shopping import ADDRESS
from yellowcart.aftersales import arbitrate, negotiate, replace
from yellowcart.aftersales.model import Actor
from yellowcart.aftersales.reasons import CaseKind

OFFERED = {
    ONLY: (ONLY, RETURN, RESEND, EXCHANGE),
    RETURN: (ONLY, RETURN, EXCHANGE),
    EXCHANGE: (ONLY, RETURN, EXCHANGE, RESEND),
    RESEND: (ONLY, RESEND),
    PRICE: (PRICE,),
}


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


async def _agree(turn: Turn, dice: Dice) -> None:
    case = turn.case
    why_not = only_in(turn, "awaiting_seller", "awaiting_buyer", *_PLATFORM)
    happened = await turn.take(
        lambda writer: negotiate.agree(writer, turn.seller, *turn.key, return_address=ADDRESS), why_not, dice, None
    )
    if happened:
        case.has_address = case.has_address or (case.kind in COMES_BACK and not case.goods_back)
        turn.life.books.move(case, granted(case), turn.life.now)


async def _refuse(turn: Turn, dice: Dice) -> None:
    why_not = only_in(turn, "awaiting_seller") or _must_not_refuse(turn.case)
    if await turn.take(
        lambda writer: negotiate.refuse(writer, turn.seller, *turn.key, SAID), why_not, dice, "awaiting_buyer"
    ):
        _forget_offer(turn.case)


async def _offer(turn: Turn, dice: Dice) -> None:
    case = turn.case
    kind = dice.one(OFFERED.get(case.kind, (ONLY,)))
    amount = 0 if kind in LEAVES_AGAIN else dice.one([case.most_fen, case.most_fen // 2, case.most_fen + 1])
    why_not = only_in(turn, "awaiting_seller", "awaiting_buyer") or _must_not_refuse(case)
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
    why_not = MOVED if case.offer is None else only_in(turn, "awaiting_buyer")
    happened = await turn.take(
        lambda writer: negotiate.accept_offer(writer, turn.buyer, *turn.key), why_not, dice, None
    )
    if happened and case.offer is not None:
        case.kind, amount = case.offer
        case.decided_fen = None if case.kind in LEAVES_AGAIN else amount
        case.asked_fen, case.right = amount, False
        turn.life.books.move(case, granted(case), turn.life.now)


async def _call_platform(turn: Turn, dice: Dice) -> None:
    why_not = only_in(turn, "awaiting_buyer", "awaiting_receipt")
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
    why_not = only_in(turn, "awaiting_seller", "awaiting_buyer", "awaiting_inspection", *_PLATFORM)
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
    why_not = only_in(turn, "arbitration")
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


async def _send_new(turn: Turn, dice: Dice) -> None:
    case, life = turn.case, turn.life
    left = life.books.shelves[turn.line.sku].available
    why_not = only_in(turn, "awaiting_replacement") or ({"order_stopped"} if turn.order.risk else set())
    # Now and then the shop names the parcel in which the old goods came.
    came_in = life.returns.get(case.case_id) if dice.chance(1, 6) else None
    why_not = why_not or ({"waybill_used"} if came_in else set())
    why_not = why_not or (set() if case.quantity <= left else {"aftersale_replacement_sold_out"})
    parcel = replace.ReplacementParcel(carrier="ZTO", waybill=came_in or life.waybill())
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
        only_in(turn, "awaiting_replacement"),
        dice,
        "refunding",
    )


async def _confirm_new(turn: Turn, dice: Dice) -> None:
    await turn.take(
        lambda writer: replace.confirm_replacement(writer, turn.buyer, *turn.key),
        only_in(turn, "awaiting_receipt"),
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
    "send_back": (("awaiting_return",), going_back.send_back),
    "name_address": (("awaiting_return",), going_back.name_address),
    "waive": (("awaiting_return",), going_back.waive),
    "arrives": (("awaiting_inspection",), going_back.arrives),
    "inspect": (("awaiting_inspection",), going_back.inspect),
    "reject": (("awaiting_inspection",), going_back.reject),
    "send_new": (("awaiting_replacement",), _send_new),
    "refund_instead": (("awaiting_replacement",), _refund_instead),
    "confirm_new": (("awaiting_receipt",), _confirm_new),
}
"""What may be done, in which states it is likely to be possible, and how."""
