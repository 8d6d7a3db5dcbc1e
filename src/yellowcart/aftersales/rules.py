"""Decisions about after-sales: what may be asked of a line now and why not, what the law of returns says, and what
is granted at once. Values in, values out."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

import msgspec

from yellowcart.aftersales.amounts import LineMoney, Worth, price_difference, worth_of
from yellowcart.aftersales.errors import (
    AmountImpossible,
    CasesTooMany,
    NoReasonExcluded,
    NothingPaid,
    NotShippedYet,
    OtherCaseOpen,
    PiecesTaken,
    PriceNotLower,
    QuantityImpossible,
    ReasonUnfit,
    ShippedMeanwhile,
    WindowOver,
)
from yellowcart.aftersales.model import Action, AutoRule, Case, CaseState
from yellowcart.aftersales.reasons import COMES_BACK, FAULT_OF, REASONS, CaseKind, Fault, Reason
from yellowcart.catalog.model import ReturnRule
from yellowcart.kernel.clock import SHANGHAI
from yellowcart.kernel.errors import Refusal
from yellowcart.kernel.money import write_yuan
from yellowcart.orders.model import OrderState
from yellowcart.orders.rules import no_reason_until

CASES_PER_LINE_MAX = 20
"""Cases of one line, ended ones too: enough for every honest life, and an end to opening and withdrawing. Pieces
that never left are cancelled without anybody's answer and do not count."""
CASES_WITH_GIFTS_MAX = 2 * CASES_PER_LINE_MAX
"""A shop that gives by itself has room left after all that a buyer asked."""
RETURN_FREIGHT_MAX_FEN = 2_500
"""What a shop at fault pays for a return at most: 25 yuan, our choice; a parcel of usual size costs less."""
RETURN_FREIGHT_CLAIM_MAX_FEN = 100_000
"""More than 1,000 yuan for sending something back is a slip of the pen."""
SMALL_REFUND_MAX_FEN = 20_000
"""Up to what a shop may have small refunds granted without looking: 200 yuan, our choice."""
GOOD_BUYER_ORDERS = 3
"""A buyer in good standing has received so many orders, and"""
GOOD_BUYER_REFUNDS_MAX = 3
"""has had at most so many refunds granted in the last 90 days. Both our choice."""

PAID = frozenset(
    {OrderState.PAID, OrderState.PART_SHIPPED, OrderState.SHIPPED, OrderState.RECEIVED, OrderState.COMPLETED}
)
BEFORE_ALL_LEFT = frozenset({OrderState.PAID, OrderState.PART_SHIPPED})


class NoReasonRight(StrEnum):
    """Whether a buyer may return a piece without a reason."""

    FULL = "full"
    """Yes, and the shop may not refuse it."""
    CONDITIONAL = "conditional"
    """Yes, unless it was unsealed, activated, installed or used, which the shop has to show."""
    NONE = "none"
    """No."""


class LineNow(msgspec.Struct, frozen=True, kw_only=True):
    """All that decides what may be asked of a line at `now`. `received_at` is the sign-off: the last parcel of the
    line was delivered, or the buyer or time confirmed its receipt; None before that. `price_now_fen` is the SKU's
    price now, None where it is not for sale. `cases_most` is how many cases the line may have."""

    order_state: OrderState
    paid_at: datetime | None
    received_at: datetime | None
    now: datetime
    return_rule: ReturnRule
    return_rule_accepted: bool
    price_now_fen: int | None
    claim_window: timedelta
    price_window: timedelta
    money: LineMoney
    cases_most: int = CASES_PER_LINE_MAX


class Askable(msgspec.Struct, frozen=True, kw_only=True):
    """What may be asked of a line by one kind: up to so many pieces, up to `most_fen` (fen) for all of them, until
    when; or why not. `reasons` are those that may be given."""

    kind: CaseKind
    refusal: Refusal | None
    most_quantity: int = 0
    most_fen: int = 0
    until: datetime | None = None
    reasons: tuple[Reason, ...] = ()


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """A request that passed every rule, with what it comes to in fen."""

    kind: CaseKind
    reason: Reason
    quantity: int
    asked_fen: int
    worth: Worth
    no_reason_right: NoReasonRight
    price_then_fen: int | None


def columns_of(asked: Asked) -> dict[str, Any]:
    """What a request writes on its case, by field."""
    return {
        "kind": asked.kind,
        "reason": asked.reason,
        "quantity": asked.quantity,
        "asked_fen": asked.asked_fen,
        "most_fen": asked.worth.total_fen,
        "most_goods_fen": asked.worth.goods_fen,
        "no_reason_right": asked.no_reason_right is NoReasonRight.FULL,
        "price_then_fen": asked.price_then_fen,
    }


def no_reason_right(
    rule: ReturnRule, *, accepted: bool, received_at: datetime | None, now: datetime
) -> NoReasonRight:
    """The buyer's right to return without a reason.

    Goods of art. 6 of the Measures are excluded by the law itself; those of art. 7 only where the buyer confirmed
    so for this very purchase (`accepted`), and then only once they were unsealed, activated, installed or used.
    Before the sign-off the days have not begun, so that the right stands.
    """
    if rule in {ReturnRule.EXCLUDED, ReturnRule.CUSTOM_MADE}:
        return NoReasonRight.NONE
    if rule is ReturnRule.ANY_TIME:
        return NoReasonRight.FULL
    if received_at is not None and now >= no_reason_until(received_at):
        return NoReasonRight.NONE
    if rule is ReturnRule.NO_REASON or not accepted:
        return NoReasonRight.FULL
    return NoReasonRight.CONDITIONAL


def askable(line: LineNow, kind: CaseKind) -> Askable:
    """Whether and how much can be asked by a kind now."""
    try:
        most = _most_pieces(line, kind)
        until = _in_time(line, kind)
        worth = _worth(line, kind, Reason.PRICE_DROP if kind is CaseKind.PRICE_PROTECTION else None, most)
    except Refusal as refusal:
        return Askable(kind=kind, refusal=refusal)
    return Askable(
        kind=kind,
        refusal=None,
        most_quantity=most,
        most_fen=worth.total_fen,
        until=until,
        reasons=tuple(reason for reason in REASONS[kind] if _reason_problem(line, kind, reason) is None),
    )


def ask(line: LineNow, *, kind: CaseKind, reason: Reason, quantity: int, amount_fen: int | None) -> Asked:
    """Check a buyer's request against everything; `amount_fen` None asks for the most.

    Raises, in this order: NothingPaid, ShippedMeanwhile or NotShippedYet, CasesTooMany, OtherCaseOpen,
    PiecesTaken, QuantityImpossible, ReasonUnfit, NoReasonExcluded, WindowOver, PriceNotLower, AmountImpossible.
    """
    most = _most_pieces(line, kind)
    if not 1 <= quantity <= most:
        raise QuantityImpossible(most=most)
    if kind is CaseKind.PRICE_PROTECTION and quantity != most:
        raise QuantityImpossible(most=most)
    if reason not in REASONS[kind]:
        raise ReasonUnfit
    if problem := _reason_problem(line, kind, reason):
        raise problem
    _in_time(line, kind, reason)
    worth = _worth(line, kind, reason, quantity)
    right = NoReasonRight.NONE
    if reason is Reason.NO_REASON and kind is CaseKind.RETURN_REFUND:
        right = _right(line)
    return Asked(
        kind=kind,
        reason=reason,
        quantity=quantity,
        asked_fen=_asked(kind, amount_fen, worth),
        worth=worth,
        no_reason_right=right,
        price_then_fen=line.price_now_fen if kind is CaseKind.PRICE_PROTECTION else None,
    )


def _asked(kind: CaseKind, amount_fen: int | None, worth: Worth) -> int:
    """The amount that is asked for. Before shipment, and for a lower price, nothing but the whole makes sense;
    for a new parcel no amount does."""
    if kind in {CaseKind.EXCHANGE, CaseKind.RESEND}:
        return 0
    if amount_fen is None or kind in {CaseKind.REFUND_UNSHIPPED, CaseKind.PRICE_PROTECTION}:
        return worth.total_fen
    require_amount(amount_fen, worth.total_fen)
    return amount_fen


def require_amount(amount_fen: int, most_fen: int) -> None:
    """Raises AmountImpossible for less than a fen (nothing, where the most is nothing) or more than the most."""
    if not min(1, most_fen) <= amount_fen <= most_fen:
        raise AmountImpossible(most=write_yuan(most_fen), most_fen=most_fen)


def _most_pieces(line: LineNow, kind: CaseKind) -> int:
    if line.order_state not in PAID:
        raise NothingPaid
    money = line.money
    waiting = money.quantity - money.shipped_quantity - money.cancelled_quantity
    if kind is CaseKind.REFUND_UNSHIPPED and not (line.order_state in BEFORE_ALL_LEFT and waiting):
        raise ShippedMeanwhile
    if kind not in {CaseKind.REFUND_UNSHIPPED, CaseKind.PRICE_PROTECTION} and not money.shipped_quantity:
        raise NotShippedYet
    if kind is not CaseKind.REFUND_UNSHIPPED:
        answered = sum(case.kind is not CaseKind.REFUND_UNSHIPPED for case in money.cases)
        if answered >= line.cases_most:
            raise CasesTooMany(most=line.cases_most)
    protecting = any(case.is_open and case.kind is CaseKind.PRICE_PROTECTION for case in money.cases)
    if protecting or (kind is CaseKind.PRICE_PROTECTION and money.reserved_quantity):
        raise OtherCaseOpen
    match kind:
        case CaseKind.REFUND_UNSHIPPED:
            most = min(money.to_ship, money.free_quantity)
        case CaseKind.PRICE_PROTECTION:
            most = money.free_quantity
        case _:
            most = money.with_buyer
    if most < 1:
        raise PiecesTaken
    return most


def _reason_problem(line: LineNow, kind: CaseKind, reason: Reason) -> Refusal | None:
    """Why a reason cannot be given for a return that was not earned by it, or None."""
    if kind is not CaseKind.RETURN_REFUND or reason is not Reason.NO_REASON:
        return None
    if _right(line) is not NoReasonRight.NONE:
        return None
    if line.return_rule in {ReturnRule.EXCLUDED, ReturnRule.CUSTOM_MADE} or line.received_at is None:
        return NoReasonExcluded()
    return WindowOver(until=_day(no_reason_until(line.received_at) - timedelta(days=1)))


def _in_time(line: LineNow, kind: CaseKind, reason: Reason | None = None) -> datetime | None:
    """Until when a kind can be asked; None while that is not known. Raises WindowOver."""
    if kind is CaseKind.REFUND_UNSHIPPED or line.return_rule is ReturnRule.ANY_TIME:
        return None
    if kind is CaseKind.PRICE_PROTECTION:
        if line.paid_at is None:
            raise NothingPaid
        until = line.paid_at + line.price_window
    elif line.received_at is None or (kind is CaseKind.RETURN_REFUND and reason is Reason.NO_REASON):
        return None
    else:
        until = max(line.received_at + line.claim_window, no_reason_until(line.received_at))
    if line.now >= until:
        raise WindowOver(until=_day(until))
    return until


def _worth(line: LineNow, kind: CaseKind, reason: Reason | None, quantity: int) -> Worth:
    if kind is not CaseKind.PRICE_PROTECTION:
        return worth_of(line.money, kind, quantity, FAULT_OF[reason] if reason else Fault.SELLER)
    if line.price_now_fen is None:
        raise PriceNotLower
    difference_fen = price_difference(line.money, quantity, line.price_now_fen)
    if difference_fen == 0:
        raise PriceNotLower
    return Worth(difference_fen, 0)


def _right(line: LineNow) -> NoReasonRight:
    return no_reason_right(
        line.return_rule, accepted=line.return_rule_accepted, received_at=line.received_at, now=line.now
    )


def _day(moment: datetime) -> str:
    return moment.astimezone(SHANGHAI).date().isoformat()


class ShopRules(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Which rules a shop lets decide for it. `small_refund_fen` is up to what SMALL_REFUND_ONLY grants."""

    small_refund_only: bool = False
    small_refund_fen: int = 0
    no_reason_in_time: bool = True
    quality_return: bool = False
    price_dropped: bool = True


class BuyerStanding(msgspec.Struct, frozen=True):
    """What is known of a buyer: orders received, and refunds granted in the last 90 days."""

    received_orders: int
    granted_refunds: int

    @property
    def is_good(self) -> bool:
        """Whether small amounts are given back without a question."""
        return self.received_orders >= GOOD_BUYER_ORDERS and self.granted_refunds <= GOOD_BUYER_REFUNDS_MAX


def granted_at_once(asked: Asked, rules: ShopRules, standing: BuyerStanding) -> AutoRule | None:
    """The rule by which a request is granted without asking anybody, or None: the shop has to answer."""
    by_kind: Mapping[CaseKind, Sequence[tuple[AutoRule, bool]]] = {
        CaseKind.REFUND_UNSHIPPED: [(AutoRule.UNSHIPPED_AT_ONCE, True)],
        CaseKind.REFUND_ONLY: [
            (
                AutoRule.SMALL_REFUND_ONLY,
                rules.small_refund_only and asked.asked_fen <= rules.small_refund_fen and standing.is_good,
            )
        ],
        CaseKind.RETURN_REFUND: [
            (
                AutoRule.NO_REASON_IN_TIME,
                rules.no_reason_in_time
                and asked.no_reason_right is NoReasonRight.FULL
                and asked.asked_fen == asked.worth.total_fen,
            ),
            (AutoRule.QUALITY_RETURN, rules.quality_return and FAULT_OF[asked.reason] is Fault.SELLER),
        ],
        CaseKind.PRICE_PROTECTION: [(AutoRule.PRICE_DROPPED, rules.price_dropped)],
    }
    return next((rule for rule, grants in by_kind.get(asked.kind, ()) if grants), None)


def may_refuse(case: Case, action: Action) -> bool:
    """Whether a shop may say no to a case, or propose something else instead: not to a rightful return without a
    reason. What it finds when it looks at the goods is another matter."""
    return not (case.no_reason_right and not case.goods_back and action in {Action.REFUSE, Action.OFFER})


def is_simple(state: CaseState, kind: CaseKind, *, has_address: bool) -> bool:
    """Whether a shop can agree to a case without a form, many at once: it has to answer, and where goods come back
    it has said once for all where to (`has_address`)."""
    return state is CaseState.AWAITING_SELLER and (has_address or kind not in COMES_BACK)


OFFERS: dict[CaseKind, tuple[CaseKind, ...]] = {
    CaseKind.REFUND_ONLY: (CaseKind.REFUND_ONLY, CaseKind.RETURN_REFUND, CaseKind.RESEND, CaseKind.EXCHANGE),
    CaseKind.RETURN_REFUND: (CaseKind.REFUND_ONLY, CaseKind.RETURN_REFUND, CaseKind.EXCHANGE),
    CaseKind.EXCHANGE: (CaseKind.REFUND_ONLY, CaseKind.RETURN_REFUND, CaseKind.EXCHANGE, CaseKind.RESEND),
    CaseKind.RESEND: (CaseKind.REFUND_ONLY, CaseKind.RESEND),
    CaseKind.PRICE_PROTECTION: (CaseKind.PRICE_PROTECTION,),
}
"""What a shop may propose instead of what was asked."""


def return_freight_bearer(kind: CaseKind, fault: Fault) -> Fault | None:
    """Who pays for sending the goods back: the buyer for no reason, the shop at its fault; the buyer where nobody
    is at fault. None where nothing comes back."""
    if kind not in COMES_BACK:
        return None
    return Fault.SELLER if fault is Fault.SELLER else Fault.BUYER


def accepted_return_freight(bearer: Fault | None, claimed_fen: int) -> int:
    """What of the claimed cost the shop owes, in fen."""
    return min(claimed_fen, RETURN_FREIGHT_MAX_FEN) if bearer is Fault.SELLER else 0
