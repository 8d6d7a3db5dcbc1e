"""Draws the states of orders, payments, parcels and after-sales from the tables that decide them, as Mermaid.

`python -m yellowcart.aftersales.diagram docs/orders.md` writes them as the last section of that page; a test holds
page and tables together.
"""

import sys
from collections import deque
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from yellowcart.aftersales.deadlines import DAY_S, DEFAULTS_S, HOUR_S, Deadline
from yellowcart.aftersales.machine import MOVES, Move, deadline_of, goods_back_after
from yellowcart.aftersales.model import ENDED, Action, Actor, CaseState
from yellowcart.aftersales.reasons import CaseKind
from yellowcart.aftersales.wording import DEADLINE_NAMES
from yellowcart.orders.model import ORDER_MOVES
from yellowcart.parcels.model import SHIPMENT_MOVES
from yellowcart.payments.model import PAYMENT_MOVES, REFUND_MOVES

HEAD = """## The states

Drawn from the code's own tables (`python -m yellowcart.aftersales.diagram docs/orders.md`); a test compares them.
"""
AFTERSALES_HEAD = """### After-sales

An arrow says who acts and how; *time over* is what happens by itself when the state's deadline passes. The
platform may close an open case at any time (`closed`), and evidence can be added while somebody decides; neither
is drawn.
The default of each deadline stands below; an operator may set another one.
"""
MACHINES: dict[str, Mapping[Any, frozenset[Any]]] = {
    "Orders": ORDER_MOVES,
    "Payments": PAYMENT_MOVES,
    "Refunds": REFUND_MOVES,
    "Parcels": SHIPMENT_MOVES,
}
TITLES: dict[CaseKind, str] = {
    CaseKind.REFUND_UNSHIPPED: "Refund before shipment",
    CaseKind.REFUND_ONLY: "Refund only, price protection",
    CaseKind.RETURN_REFUND: "Return and refund",
    CaseKind.EXCHANGE: "Exchange",
    CaseKind.RESEND: "Resend",
}
"""The kinds that are drawn; price protection goes the way of a refund only."""
VERBS: dict[Action, str] = {
    Action.WITHDRAW: "gives up",
    Action.CHANGE: "changes the request",
    Action.AGREE: "agrees",
    Action.REFUSE: "refuses",
    Action.OFFER: "offers something else",
    Action.ACCEPT_OFFER: "accepts the offer",
    Action.SEND_BACK: "sends the goods back",
    Action.RETURN_GIVEN_BACK: "the carrier gives the goods back to the buyer",
    Action.WAIVE_RETURN: "does not want the goods",
    Action.CONFIRM_RETURN: "takes the goods back",
    Action.REJECT_RETURN: "rejects the goods",
    Action.SHIP_REPLACEMENT: "sends the replacement",
    Action.REFUND_INSTEAD: "gives the money back instead",
    Action.CONFIRM_REPLACEMENT: "confirms receipt",
    Action.CALL_PLATFORM: "calls the platform",
    Action.ADD_EVIDENCE: "shows evidence",
    Action.DEMAND_OF_BUYER: "asks the buyer for more",
    Action.DEMAND_OF_SELLER: "asks the shop for more",
    Action.DECIDE_FOR_BUYER: "decides for the buyer",
    Action.DECIDE_SPLIT: "decides on an amount",
    Action.DECIDE_FOR_SELLER: "decides for the shop",
    Action.REFUND_CARRIED_OUT: "the money is back",
}
"""What an arrow says, after who does it."""
WHO: dict[Actor, str] = {
    Actor.BUYER: "buyer",
    Actor.SELLER: "shop",
    Actor.PLATFORM: "platform",
    Actor.SYSTEM: "a rule",
}
_MERMAID = ("```mermaid", "stateDiagram-v2")


def section() -> str:
    """The whole section."""
    lines = [HEAD]
    for title, moves in MACHINES.items():
        lines += [f"### {title}", "", *moves_diagram(moves), ""]
    lines.append(AFTERSALES_HEAD)
    for kind, title in TITLES.items():
        lines += [f"#### {title}", "", *case_diagram(kind), ""]
    return "\n".join([*lines, "#### Deadlines", "", *deadline_table(), ""])


def write_section(page: Path) -> None:
    """Put the section at the end of a page, in place of the one that stands there."""
    before = page.read_text(encoding="utf-8").split(HEAD.splitlines()[0] + "\n", maxsplit=1)[0]
    page.write_text(before + section(), encoding="utf-8")


def moves_diagram(moves: Mapping[Any, frozenset[Any]]) -> Iterator[str]:
    """A transition table; its first state is where everything begins."""
    first = next(iter(moves))
    yield from _MERMAID
    yield f"  [*] --> {first.value}"
    for state, targets in moves.items():
        yield from (f"  {state.value} --> {target.value}" for target in type(state) if target in targets)
        if not targets:
            yield f"  {state.value} --> [*]"
    yield "```"


def case_diagram(kind: CaseKind) -> Iterator[str]:
    """The states that a case of a kind can come to, if nobody changes what is asked for."""
    labels: dict[tuple[CaseState, CaseState], list[str]] = {}
    for move in _moves_of(kind):
        label = _label(move)
        known = labels.setdefault((move.state, move.after), [])
        if label not in known:
            known.append(label)
    yield from _MERMAID
    yield f"  [*] --> {CaseState.AWAITING_SELLER.value}: asked for"
    for (before, after), said in labels.items():
        yield f"  {before.value} --> {after.value}: {', '.join(said)}"
    reached = {after for _, after in labels}
    yield from (f"  {state.value} --> [*]" for state in CaseState if state in ENDED & reached)
    yield "```"


def deadline_table() -> Iterator[str]:
    """Every deadline with its default."""
    yield "| deadline | default | where it runs |"
    yield "|---|---|---|"
    for deadline in Deadline:
        where = sorted({state.value for state in CaseState for kind in CaseKind if _runs(deadline, state, kind)})
        places = ", ".join(f"`{state}`" for state in where) or "a window in which it can be asked"
        yield f"| {DEADLINE_NAMES[deadline]} | {_span(DEFAULTS_S[deadline])} | {places} |"


def _runs(deadline: Deadline, state: CaseState, kind: CaseKind) -> bool:
    return any(deadline_of(state, kind, delivered=delivered) is deadline for delivered in (False, True))


def _moves_of(kind: CaseKind) -> list[Move]:
    seen, waiting, found = {(CaseState.AWAITING_SELLER, False)}, deque([(CaseState.AWAITING_SELLER, False)]), []
    while waiting:
        state, goods_back = waiting.popleft()
        for move in MOVES:
            if move.state is not state or not move.fits(kind, goods_back=goods_back):
                continue
            place = (move.after, goods_back_after(move.action, goods_back))
            if move.after is not state and move.action is not Action.CLOSE and move not in found:
                found.append(move)
            if place not in seen and move.action is not Action.CLOSE:
                seen.add(place)
                waiting.append(place)
    return found


def _label(move: Move) -> str:
    if move.action is Action.TIME_OUT:
        return "time over"
    if move.actors == {Actor.SYSTEM}:
        return VERBS[move.action]
    return f"{' or '.join(WHO[actor] for actor in Actor if actor in move.actors)} {VERBS[move.action]}"


def _span(seconds: int) -> str:
    if seconds % DAY_S == 0 and seconds > 3 * DAY_S:
        return f"{seconds // DAY_S} days"
    return f"{seconds // HOUR_S} hours"


if __name__ == "__main__":
    write_section(Path(sys.argv[1]))
