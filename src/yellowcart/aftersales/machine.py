"""The state machine of an after-sale case: one table of all moves, and what may be done by whom.

A move names the state and the kinds of case that it is for, the action, who may take it, and where it leads. Where
it matters whether the goods are back with the shop, `goods_back` says so. A move of SYSTEM with TIME_OUT is what
happens by default when the time of the state is over (domain.md §2.2: the shop's silence is decided for the buyer,
the buyer's silence closes the case). `deadline_of` says how long a state may last; docs/orders.md is
drawn from the table by `diagram`.
"""

from collections.abc import Iterable

import msgspec

from yellowcart.aftersales.deadlines import Deadline
from yellowcart.aftersales.errors import ActionImpossible
from yellowcart.aftersales.model import DECIDED, IN_ARBITRATION, Action, Actor, Case, CaseState
from yellowcart.aftersales.reasons import COMES_BACK, LEAVES_AGAIN, CaseKind

BUYER, SELLER, PLATFORM, SYSTEM = (frozenset({actor}) for actor in Actor)
ALL = frozenset(CaseKind)
UNSHIPPED = frozenset({CaseKind.REFUND_UNSHIPPED})
MONEY = frozenset({CaseKind.REFUND_UNSHIPPED, CaseKind.REFUND_ONLY, CaseKind.PRICE_PROTECTION})
RETURN = frozenset({CaseKind.RETURN_REFUND})
EXCHANGE = frozenset({CaseKind.EXCHANGE})
RESEND = frozenset({CaseKind.RESEND})

_SELLERS_TURN = CaseState.AWAITING_SELLER
_BUYERS_TURN = CaseState.AWAITING_BUYER
_RETURN = CaseState.AWAITING_RETURN
_INSPECTION = CaseState.AWAITING_INSPECTION
_REPLACEMENT = CaseState.AWAITING_REPLACEMENT
_RECEIPT = CaseState.AWAITING_RECEIPT
_REFUNDING = CaseState.REFUNDING


class Move(msgspec.Struct, frozen=True):
    """One row of the table. `goods_back` is None where it makes no difference."""

    state: CaseState
    action: Action
    actors: frozenset[Actor]
    after: CaseState
    kinds: frozenset[CaseKind] = ALL
    goods_back: bool | None = None

    def fits(self, kind: CaseKind, *, goods_back: bool) -> bool:
        """Whether the move is for such a case."""
        return kind in self.kinds and self.goods_back in (None, goods_back)


def _granted(states: Iterable[CaseState], action: Action, actors: frozenset[Actor]) -> Iterable[Move]:
    """What is asked is granted: money at once, or the goods come back first, or a new parcel leaves."""
    for state in states:
        yield Move(state, action, actors, _REFUNDING, MONEY)
        yield Move(state, action, actors, _RETURN, COMES_BACK, goods_back=False)
        yield Move(state, action, actors, _REFUNDING, RETURN, goods_back=True)
        yield Move(state, action, actors, _REPLACEMENT, EXCHANGE, goods_back=True)
        yield Move(state, action, actors, _REPLACEMENT, RESEND)


def _in_each(
    states: Iterable[CaseState], action: Action, actors: frozenset[Actor], after: CaseState | None = None
) -> Iterable[Move]:
    """The same move in several states; without `after` the case stays where it is."""
    return [Move(state, action, actors, after or state) for state in states]


OPEN = frozenset(CaseState) - DECIDED

MOVES: tuple[Move, ...] = (
    # The shop answers. Before anything has left it has no right to say no (domain.md §2.2: 极速退).
    *_granted([_SELLERS_TURN], Action.AGREE, SELLER | SYSTEM),
    *_granted([_SELLERS_TURN], Action.TIME_OUT, SYSTEM),
    Move(_SELLERS_TURN, Action.REFUSE, SELLER, _BUYERS_TURN, ALL - UNSHIPPED),
    Move(_SELLERS_TURN, Action.OFFER, SELLER, _BUYERS_TURN, ALL - UNSHIPPED),
    # The buyer goes on, gives up, or calls the platform; the shop may think better of it.
    Move(_BUYERS_TURN, Action.CHANGE, BUYER, _SELLERS_TURN, ALL - UNSHIPPED, goods_back=False),
    *_granted([_BUYERS_TURN], Action.ACCEPT_OFFER, BUYER),
    *_granted([_BUYERS_TURN], Action.AGREE, SELLER),
    Move(_BUYERS_TURN, Action.OFFER, SELLER, _BUYERS_TURN, ALL - UNSHIPPED),
    Move(_BUYERS_TURN, Action.CALL_PLATFORM, BUYER, CaseState.EVIDENCE_OF_SELLER),
    Move(_BUYERS_TURN, Action.TIME_OUT, SYSTEM, CaseState.WITHDRAWN, goods_back=False),
    # Never closed by silence while the shop has both the goods and the money.
    Move(_BUYERS_TURN, Action.TIME_OUT, SYSTEM, CaseState.ARBITRATION, goods_back=True),
    # The goods come back.
    Move(_RETURN, Action.SEND_BACK, BUYER, _INSPECTION, COMES_BACK),
    Move(_RETURN, Action.NAME_ADDRESS, SELLER, _RETURN, COMES_BACK),
    # By itself where the shop named no address in the buyer's time.
    Move(_RETURN, Action.WAIVE_RETURN, SELLER | SYSTEM, _REFUNDING, RETURN),
    Move(_RETURN, Action.WAIVE_RETURN, SELLER | SYSTEM, _REPLACEMENT, EXCHANGE),
    Move(_RETURN, Action.TIME_OUT, SYSTEM, CaseState.WITHDRAWN, COMES_BACK),
    Move(_INSPECTION, Action.RETURN_DELIVERED, SYSTEM, _INSPECTION, COMES_BACK),
    # What the buyer has again, nobody pays for: it is to be sent once more.
    Move(_INSPECTION, Action.RETURN_GIVEN_BACK, SYSTEM, _RETURN, COMES_BACK),
    Move(_INSPECTION, Action.CONFIRM_RETURN, SELLER, _REFUNDING, RETURN),
    Move(_INSPECTION, Action.CONFIRM_RETURN, SELLER, _REPLACEMENT, EXCHANGE),
    Move(_INSPECTION, Action.REJECT_RETURN, SELLER, _BUYERS_TURN, COMES_BACK),
    Move(_INSPECTION, Action.TIME_OUT, SYSTEM, _REFUNDING, RETURN),
    Move(_INSPECTION, Action.TIME_OUT, SYSTEM, _REPLACEMENT, EXCHANGE),
    # The new parcel.
    Move(_REPLACEMENT, Action.SHIP_REPLACEMENT, SELLER, _RECEIPT, LEAVES_AGAIN),
    Move(_REPLACEMENT, Action.REFUND_INSTEAD, SELLER, _REFUNDING, LEAVES_AGAIN),
    Move(_REPLACEMENT, Action.TIME_OUT, SYSTEM, _REFUNDING, LEAVES_AGAIN),
    Move(_RECEIPT, Action.CONFIRM_REPLACEMENT, BUYER, CaseState.DONE, LEAVES_AGAIN),
    Move(_RECEIPT, Action.CALL_PLATFORM, BUYER, CaseState.EVIDENCE_OF_SELLER, LEAVES_AGAIN),
    Move(_RECEIPT, Action.TIME_OUT, SYSTEM, CaseState.DONE, LEAVES_AGAIN),
    # The platform decides. Who shows nothing in time is decided upon without it; the platform's own silence
    # decides nothing.
    Move(CaseState.EVIDENCE_OF_SELLER, Action.ADD_EVIDENCE, SELLER, CaseState.ARBITRATION),
    Move(CaseState.EVIDENCE_OF_SELLER, Action.ADD_EVIDENCE, BUYER, CaseState.EVIDENCE_OF_SELLER),
    Move(CaseState.EVIDENCE_OF_BUYER, Action.ADD_EVIDENCE, BUYER, CaseState.ARBITRATION),
    Move(CaseState.EVIDENCE_OF_BUYER, Action.ADD_EVIDENCE, SELLER, CaseState.EVIDENCE_OF_BUYER),
    *_in_each(
        [CaseState.EVIDENCE_OF_SELLER, CaseState.EVIDENCE_OF_BUYER], Action.TIME_OUT, SYSTEM, CaseState.ARBITRATION
    ),
    *_granted([CaseState.ARBITRATION], Action.DECIDE_FOR_BUYER, PLATFORM),
    Move(CaseState.ARBITRATION, Action.DECIDE_SPLIT, PLATFORM, _REFUNDING),
    Move(CaseState.ARBITRATION, Action.DECIDE_FOR_SELLER, PLATFORM, CaseState.REFUSED),
    Move(CaseState.ARBITRATION, Action.DEMAND_OF_BUYER, PLATFORM, CaseState.EVIDENCE_OF_BUYER),
    Move(CaseState.ARBITRATION, Action.DEMAND_OF_SELLER, PLATFORM, CaseState.EVIDENCE_OF_SELLER),
    *_granted(sorted(IN_ARBITRATION), Action.AGREE, SELLER),
    # At (nearly) any time.
    *_in_each(
        [_SELLERS_TURN, _BUYERS_TURN, _INSPECTION, CaseState.ARBITRATION], Action.ADD_EVIDENCE, BUYER | SELLER
    ),
    *(
        Move(state, Action.WITHDRAW, BUYER, CaseState.WITHDRAWN, kinds, goods_back=False)
        for state, kinds in (
            (_SELLERS_TURN, ALL),
            (_BUYERS_TURN, ALL),
            (_RETURN, COMES_BACK),
            (_REPLACEMENT, LEAVES_AGAIN),
            *((state, ALL) for state in sorted(IN_ARBITRATION)),
        )
    ),
    *_in_each(sorted(OPEN), Action.CLOSE, PLATFORM, CaseState.CLOSED),
    Move(_REFUNDING, Action.REFUND_CARRIED_OUT, SYSTEM, CaseState.DONE),
)
"""Every move that there is. For one state, action, actor and case at most one fits."""


def goods_back_after(action: Action, goods_back: bool) -> bool:
    """Whether the goods are with the shop, or on their way to it, once an action was taken."""
    return action is Action.SEND_BACK or (goods_back and action is not Action.RETURN_GIVEN_BACK)


def find_move(state: CaseState, action: Action, actor: Actor, kind: CaseKind, *, goods_back: bool) -> Move | None:
    """The move that this is, or None when the table has none."""
    for move in MOVES:
        taken = move.state is state and move.action is action and actor in move.actors
        if taken and move.fits(kind, goods_back=goods_back):
            return move
    return None


def next_state(state: CaseState, action: Action, actor: Actor, kind: CaseKind, *, goods_back: bool) -> CaseState:
    """Where an action leads. Raises ActionImpossible."""
    move = find_move(state, action, actor, kind, goods_back=goods_back)
    if move is None:
        raise ActionImpossible
    return move.after


def require_action(case: Case, action: Action, actor: Actor) -> CaseState:
    """Where an action leads a case. Raises ActionImpossible."""
    return next_state(case.state, action, actor, case.kind, goods_back=case.goods_back)


def actions_of(case: Case, actor: Actor) -> list[Action]:
    """What somebody may do with a case now, as far as its state tells, in the order of the enum. An offer can be
    accepted only while there is one."""
    return [
        action
        for action in Action
        if find_move(case.state, action, actor, case.kind, goods_back=case.goods_back)
        and (action is not Action.ACCEPT_OFFER or case.offer_kind is not None)
    ]


def deadline_of(state: CaseState, kind: CaseKind, *, delivered: bool = False) -> Deadline | None:
    """How long a case of a kind may stay in a state. `delivered`: the returned goods have arrived. None for the
    states that wait for nobody here."""
    if state is CaseState.AWAITING_SELLER:
        return _ANSWER.get(kind, Deadline.SELLER_ANSWERS_SHIPPED)
    if state is CaseState.AWAITING_INSPECTION and delivered:
        return Deadline.SELLER_INSPECTS
    return _LASTS.get(state)


_ANSWER = {
    CaseKind.REFUND_UNSHIPPED: Deadline.SELLER_ANSWERS_UNSHIPPED,
    CaseKind.RETURN_REFUND: Deadline.SELLER_ANSWERS_RETURN,
    CaseKind.EXCHANGE: Deadline.SELLER_ANSWERS_RETURN,
}
_LASTS = {
    CaseState.AWAITING_BUYER: Deadline.BUYER_GOES_ON,
    CaseState.AWAITING_RETURN: Deadline.BUYER_SENDS_BACK,
    CaseState.AWAITING_INSPECTION: Deadline.RETURN_TRAVELS,
    CaseState.AWAITING_REPLACEMENT: Deadline.SELLER_REPLACES,
    CaseState.AWAITING_RECEIPT: Deadline.BUYER_RECEIVES,
    CaseState.EVIDENCE_OF_BUYER: Deadline.EVIDENCE,
    CaseState.EVIDENCE_OF_SELLER: Deadline.EVIDENCE,
    CaseState.ARBITRATION: Deadline.PLATFORM_DECIDES,
}
