"""Steps that ask for something after the sale: cases of every kind, a whole order cancelled, money that the shop
gives by itself. What may be asked is told by the books alone: pieces that are free, times that are not over."""

from datetime import datetime, time, timedelta

from tests.lives.bookkeeping import CASES_OF_LINE, Line, Order
from tests.lives.buying import buyer_of, one_order
from tests.lives.case_course import (
    COMES_BACK,
    EXCHANGE,
    ONLY,
    PRICE,
    RESEND,
    RETURN,
    SELLERS_FAULT,
    UNSHIPPED,
    Case,
    due_at,
)
from tests.lives.delivering import signed_for
from tests.lives.dice import Dice
from tests.lives.life import BooksDiffer, Life
from tests.lives.what_tables_say import CaseRow
from yellowcart.aftersales.model import AftersaleId
from yellowcart.aftersales.negotiate import ChangedRequest, change_case
from yellowcart.aftersales.open_case import NewCase, SellersRefund, cancel_paid_order, give_money_back, open_case
from yellowcart.aftersales.reasons import CaseKind, Reason
from yellowcart.kernel.clock import SHANGHAI
from yellowcart.kernel.ids import OrderId

REASONS = {
    UNSHIPPED: ("no_reason", "late"),
    ONLY: ("damaged", "agreed", "missing"),
    RETURN: ("no_reason", "quality", "agreed"),
    EXCHANGE: ("quality", "agreed"),
    RESEND: ("missing", "agreed"),
    PRICE: ("price_drop",),
}
CLAIM_DAYS, PRICE_DAYS, NO_REASON_DAYS = 15, 7, 7
PAID = {"paid", "part_shipped", "shipped", "received", "completed"}


async def ask(life: Life, dice: Dice) -> None:
    """A buyer asks for something: some of the pieces or all, some of the money or all."""
    order = one_order(life, dice, *PAID) if dice.chance(9, 10) else one_order(life, dice)
    if order is None:
        return
    line, kind = dice.one(order.lines), dice.one(_likely(order))
    reason = dice.one(REASONS[kind])
    quantity = max(1, _most(order, line, kind) - dice.pick(3)) if dice.chance(9, 10) else line.quantity + 1
    amount = dice.one([None, None, None, 1, 1 + dice.pick(max(1, line.goods_fen))])
    why_not = _why_not(life, order, line, kind, reason, quantity)
    if not why_not and amount is not None and kind in {ONLY, RETURN}:
        most = worth(life, line, kind, reason, quantity)
        why_not = set() if min(1, most) <= amount <= most else {"aftersale_amount"}
    life.tell(f"{kind} of {quantity} of {line.line_id}, {reason}, {'all' if amount is None else amount} fen")
    new = NewCase(
        order_line_id=line.line_id,
        kind=CaseKind(kind),
        reason=Reason(reason),
        quantity=quantity,
        amount_fen=amount,
        words="?",
    )
    outcome = await life.act(
        lambda writer: open_case(writer, buyer_of(life, order), life.shop_id, OrderId(order.order_id), new),
        dice.cut(),
    )
    if life.require(outcome, why_not) and outcome.answer is not None:
        await note_case(life, order, line, outcome.answer.aftersale_id, reason)


async def cancel_paid(life: Life, dice: Dice) -> None:
    """A buyer cancels a whole order that was paid."""
    order = one_order(life, dice, "paid", "closed") if dice.chance(4, 5) else one_order(life, dice)
    if order is None:
        return
    life.tell(f"order {order.order_id} is cancelled, all of it")
    why_not: set[str] = set()
    again = order.state == "closed" and any(line.cancelled for line in order.lines)
    if not again:
        if any(line.shipped for line in order.lines):
            why_not = {"aftersale_shipped"}
        else:
            why_not = _why_not_cancelled(life, order)
    outcome = await life.act(
        lambda writer: cancel_paid_order(writer, buyer_of(life, order), life.shop_id, OrderId(order.order_id)),
        dice.cut(),
    )
    if life.require(outcome, why_not) and not again:
        for protection in _price_protections(order):
            life.books.move(protection, "withdrawn", life.now)
        for case in outcome.answer or []:
            line = next(each for each in order.lines if each.line_id == case.order_line_id)
            await note_case(life, order, line, case.aftersale_id, "no_reason")


def _price_protections(order: Order) -> list[Case]:
    return [case for line in order.lines for case in line.cases if case.is_open and case.kind == PRICE]


def _why_not_cancelled(life: Life, order: Order) -> set[str]:
    """Why a whole order of which nothing has left cannot be cancelled. An open price protection is given up for
    it: the question is answered as if it were over."""
    protections = _price_protections(order)
    states = [case.state for case in protections]
    for case in protections:
        case.state = "withdrawn"
    why_not: set[str] = set()
    for line in order.lines:
        if line.to_ship:
            why_not |= _why_not(life, order, line, UNSHIPPED, "no_reason", line.to_ship)
    for case, state in zip(protections, states, strict=True):
        case.state = state
    return why_not


async def gift(life: Life, dice: Dice) -> None:
    """The shop gives money back by itself."""
    order = one_order(life, dice, *PAID)
    if order is None:
        return
    line = dice.one(order.lines)
    kind = UNSHIPPED if line.to_ship and order.may_ship and dice.chance(1, 2) else ONLY
    quantity = max(1, _most(order, line, kind) - dice.pick(2))
    why_not = _why_not(life, order, line, kind, "agreed", quantity, by_seller=True)
    life.tell(f"the shop gives {kind} of {quantity} of {line.line_id}")
    refund = SellersRefund(
        order_line_id=line.line_id, kind=CaseKind(kind), reason=Reason.AGREED, quantity=quantity
    )
    outcome = await life.act(
        lambda writer: give_money_back(writer, life.shop.merchant, life.shop_id, OrderId(order.order_id), refund),
        dice.cut(),
    )
    if life.require(outcome, why_not) and outcome.answer is not None:
        await note_case(life, order, line, outcome.answer.aftersale_id, "agreed", by_seller=True)


async def change(life: Life, dice: Dice) -> None:
    """A buyer whom the shop refused asks for something else: as if the case were not there, and asked for anew."""
    refused = [known for known in life.books.cases.values() if known[2].state == "awaiting_buyer"]
    if not refused:
        return
    order, line, case = dice.one(refused)
    kind = dice.one(_likely(order))
    reason = dice.one(REASONS[kind])
    line.cases.remove(case)
    quantity = max(1, _most(order, line, kind) - dice.pick(2))
    why_not = {"aftersale_moved"} if case.goods_back else _why_not(life, order, line, kind, reason, quantity)
    line.cases.append(case)
    life.tell(f"case {case.case_id} ({case.kind}) is changed to {kind} of {quantity}, {reason}")
    request = ChangedRequest(kind=CaseKind(kind), reason=Reason(reason), quantity=quantity)
    outcome = await life.act(
        lambda writer: change_case(
            writer, buyer_of(life, order), life.shop_id, AftersaleId(case.case_id), request
        ),
        dice.cut(),
    )
    if life.require(outcome, why_not):
        line.cases.remove(case)
        row = await _row_of(life, line, case.case_id, reason)
        line.cases.append(case)
        case.kind, case.reason, case.quantity = row.kind, reason, row.quantity
        case.asked_fen, case.most_fen, case.most_goods_fen = row.asked_fen, row.most_fen, row.most_goods_fen
        case.right = row.kind == RETURN and reason == "no_reason" and _right(life, order, line) == "full"
        case.price_then_fen = life.books.prices[line.sku] if row.kind == PRICE else None
        case.offer = case.decided_fen = None
        life.books.move(case, "awaiting_seller", life.now)
        _grant_at_once(life, case, row)


async def _row_of(life: Life, line: Line, case_id: int, reason: str) -> CaseRow:
    """A new request as it stands, held against what its pieces are worth."""
    row = next(each for each in (await life.look()).cases if each.aftersale_id == case_id)
    most = worth(life, line, row.kind, reason, row.quantity)
    if row.most_fen != most:
        raise BooksDiffer(f"{row.quantity} pieces are worth {most} fen, and said to be worth {row.most_fen}")
    return row


async def note_case(
    life: Life, order: Order, line: Line, case_id: int, reason: str, *, by_seller: bool = False
) -> None:
    """Note a new case by what it says of itself, and hold that against what the pieces are worth."""
    row = await _row_of(life, line, case_id, reason)
    case = Case(
        case_id=case_id,
        buyer=order.buyer,
        kind=row.kind,
        reason=reason,
        quantity=row.quantity,
        asked_fen=row.asked_fen,
        most_fen=row.most_fen,
        most_goods_fen=row.most_goods_fen,
        state="awaiting_seller",
        due_at=None,
        right=row.kind == RETURN and reason == "no_reason" and _right(life, order, line) == "full",
        by_seller=by_seller,
        price_then_fen=life.books.prices[line.sku] if row.kind == PRICE else None,
    )
    case.due_at = due_at(case, life.now)
    life.books.open(order, line, case)
    _grant_at_once(life, case, row)


def _grant_at_once(life: Life, case: Case, row: CaseRow) -> None:
    """What a rule grants, it says so; which rules may do what, the domain says."""
    allowed = {
        "unshipped_at_once": case.kind == UNSHIPPED,
        "seller_gives": case.by_seller,
        "no_reason_in_time": case.right and case.asked_fen == case.most_fen,
        "quality_return": case.kind == RETURN and case.reason in SELLERS_FAULT,
        "price_dropped": case.kind == PRICE,
    }
    if row.auto_rule is None:
        if case.kind == UNSHIPPED or case.by_seller:
            raise BooksDiffer(f"case {case.case_id} was not granted at once")
        return
    if not allowed.get(row.auto_rule, False):
        raise BooksDiffer(f"case {case.case_id} was granted by {row.auto_rule}")
    case.has_address = life.shop.return_address and case.kind in COMES_BACK
    life.books.move(case, "awaiting_return" if case.kind in COMES_BACK else "refunding", life.now)


def _likely(order: Order) -> list[str]:
    if order.state == "paid":
        return [UNSHIPPED, PRICE, UNSHIPPED, ONLY, PRICE]
    shipped = [ONLY, RETURN, RETURN, EXCHANGE, RESEND, PRICE]
    return [*shipped, UNSHIPPED, UNSHIPPED] if order.state == "part_shipped" else shipped


def _most(order: Order, line: Line, kind: str) -> int:
    if kind == UNSHIPPED:
        return min(line.to_ship, line.free)
    return line.free if kind == PRICE else line.with_buyer


def _why_not(
    life: Life, order: Order, line: Line, kind: str, reason: str, quantity: int, *, by_seller: bool = False
) -> set[str]:
    """Why something cannot be asked for; the first reason is the one that is told."""
    if order.state not in PAID:
        return {"aftersale_nothing_paid"}
    if kind == UNSHIPPED and not (order.may_ship and line.to_ship):
        return {"aftersale_shipped"}
    if kind not in {UNSHIPPED, PRICE} and not line.shipped:
        return {"aftersale_not_shipped"}
    answered = sum(case.kind != UNSHIPPED for case in line.cases)
    if kind != UNSHIPPED and answered >= CASES_OF_LINE * (2 if by_seller else 1):
        return {"aftersale_cases_too_many"}
    is_open = [case for case in line.cases if case.is_open]
    if any(case.kind == PRICE for case in is_open) or (kind == PRICE and is_open):
        return {"aftersale_other_open"}
    most = _most(order, line, kind)
    if most < 1:
        return {"aftersale_pieces_taken"}
    if not 1 <= quantity <= most or (kind == PRICE and quantity != most):
        return {"aftersale_quantity"}
    if kind == RETURN and reason == "no_reason" and _right(life, order, line) == "none":
        return {"aftersale_no_reason_excluded", "aftersale_window_over"}
    if _too_late(life, order, line, kind, reason, by_seller=by_seller):
        return {"aftersale_window_over"}
    if kind == PRICE and worth(life, line, kind, reason, quantity) == 0:
        return {"aftersale_price_not_lower"}
    return set()


def _received(life: Life, order: Order, line: Line) -> datetime | None:
    return signed_for(life, order, line.line_id) or order.received_at


def _seven_days_end(received: datetime) -> datetime:
    day = received.astimezone(SHANGHAI).date() + timedelta(days=NO_REASON_DAYS + 1)
    return datetime.combine(day, time(), tzinfo=SHANGHAI)


def _right(life: Life, order: Order, line: Line) -> str:
    """The buyer's right to return without a reason."""
    rule, received = life.shop.return_rule, _received(life, order, line)
    if rule == "excluded":
        return "none"
    if rule != "any_time" and received is not None and life.now >= _seven_days_end(received):
        return "none"
    return "conditional" if rule == "not_after_unsealing" else "full"


def _too_late(life: Life, order: Order, line: Line, kind: str, reason: str, *, by_seller: bool) -> bool:
    received = None if by_seller else _received(life, order, line)
    if kind == UNSHIPPED or life.shop.return_rule == "any_time":
        return False
    if kind == PRICE:
        return order.paid_at is not None and life.now >= order.paid_at + timedelta(days=PRICE_DAYS)
    if received is None or (kind == RETURN and reason == "no_reason"):
        return False
    return life.now >= max(received + timedelta(days=CLAIM_DAYS), _seven_days_end(received))


def worth(life: Life, line: Line, kind: str, reason: str, quantity: int) -> int:
    """What so many pieces are worth: what was paid for each, to the fen, less what went back of them already.
    Freight comes with the last pieces: of what never left, or at the shop's fault."""
    is_open = [case for case in line.cases if case.is_open]
    left = max(0, line.goods_fen - line.goods_back_fen - sum(case.most_goods_fen for case in is_open))
    goods = min(_share(left, line.free, quantity), _share(line.goods_fen, line.quantity, quantity))
    if kind == PRICE:
        return _difference(life, line, quantity, goods)
    last = quantity == line.free
    with_freight = not line.shipped if kind == UNSHIPPED else reason in SELLERS_FAULT
    given = sum(max(0, (case.decided_fen or 0) - case.most_goods_fen) for case in line.cases if case.booked)
    given += sum(case.most_fen - case.most_goods_fen for case in is_open)
    return goods + (line.freight_fen - given if last and with_freight else 0)


def _share(amount_fen: int, pieces: int, quantity: int) -> int:
    """What some of equal pieces have of an amount; what does not divide goes to the first ones, a fen each."""
    return amount_fen // pieces * quantity + min(quantity, amount_fen % pieces)


def _difference(life: Life, line: Line, quantity: int, worth_fen: int) -> int:
    """What the goods cost more than they do now; what was given for that before is not given again."""
    given = [case for case in line.cases if case.kind == PRICE and case.booked and case.decided_fen]
    before = min(
        _share(line.goods_fen, line.quantity, quantity),
        worth_fen + sum(case.decided_fen or 0 for case in given),
        *((case.price_then_fen or 0) * quantity for case in given),
    )
    return max(0, min(before - life.books.prices[line.sku] * quantity, worth_fen))
