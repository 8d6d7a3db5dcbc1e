"""The course of an after-sale case as domain.md §2.2 tells it, in plain words and hours: whom a case waits for,
what an answer leads to, and what silence leads to. Written from the domain, not from the platform's table, so
that the two check each other."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

UNSHIPPED, ONLY, RETURN = "refund_unshipped", "refund_only", "return_refund"
EXCHANGE, RESEND, PRICE = "exchange", "resend", "price_protection"
COMES_BACK = {RETURN, EXCHANGE}
LEAVES_AGAIN = {EXCHANGE, RESEND}
SELLERS_FAULT = {"quality", "not_as_described", "wrong_item", "missing", "damaged", "not_received", "late"}
SELLERS_FAULT |= {"out_of_stock"}
ENDED = {"done", "withdrawn", "refused", "closed"}
DECIDED = ENDED | {"refunding"}
AT_THE_PLATFORM = {"evidence_of_seller", "evidence_of_buyer", "arbitration"}

HOURS = {
    "awaiting_seller": 36,
    "awaiting_buyer": 72,
    "awaiting_return": 7 * 24,
    "awaiting_inspection": 10 * 24,
    "awaiting_replacement": 48,
    "awaiting_receipt": 10 * 24,
    "evidence_of_seller": 48,
    "evidence_of_buyer": 48,
}
"""How long a case waits in each state."""
INSPECTION_HOURS = 48
"""Once the returned goods have arrived."""
SENDINGS_MOST = 5
"""How often a buyer sends goods that a carrier gives back again and again."""


@dataclass
class Case:
    """A case as an honest bookkeeper notes it. Money in fen.

    `decided_fen` is what was decided to go back; `goods_back` whether the goods are with the shop or on their way
    there; `right` whether the law gives the buyer this return.
    """

    case_id: int
    buyer: int
    kind: str
    reason: str
    quantity: int
    asked_fen: int
    most_fen: int
    most_goods_fen: int
    state: str
    due_at: datetime | None
    right: bool = False
    by_seller: bool = False
    price_then_fen: int | None = None
    offer: tuple[str, int] | None = None
    decided_fen: int | None = None
    goods_back: bool = False
    has_address: bool = False
    sendings: int = 0
    restock: int = 0
    sent_again: bool = False
    owed_fen: int = 0
    refund_fen: int = 0
    booked: bool = False
    steps: int = 1
    history: list[str] = field(default_factory=list)

    @property
    def is_open(self) -> bool:
        """Whether somebody may still decide something: its pieces and their worth are reserved."""
        return self.state not in DECIDED

    @property
    def stops_order(self) -> bool:
        """Whether nothing may leave meanwhile."""
        return self.is_open and self.kind != PRICE


def granted(case: Case) -> str:
    """Where a yes leads: the goods come back first, or a new parcel leaves, or the money goes back."""
    if case.kind in COMES_BACK and not case.goods_back:
        return "awaiting_return"
    return "awaiting_replacement" if case.kind in LEAVES_AGAIN else "refunding"


def after_silence(case: Case) -> str:
    """Where it leads when nobody does anything: the shop's silence is decided for the buyer, the buyer's closes
    the case; but never closes it while the shop has both goods and money."""
    match case.state:
        case "awaiting_seller" | "awaiting_inspection":
            return granted(case)
        case "awaiting_buyer":
            return "arbitration" if case.goods_back else "withdrawn"
        case "awaiting_return":
            if case.has_address:
                return "withdrawn"
            return "awaiting_replacement" if case.kind == EXCHANGE else "refunding"
        case "awaiting_replacement":
            return "refunding"
        case "awaiting_receipt":
            return "done"
        case "evidence_of_seller" | "evidence_of_buyer":
            return "arbitration"
    raise AssertionError(f"nothing happens by itself in {case.state}")


def may_withdraw(case: Case) -> bool:
    """Whether the buyer may give it up: not once goods are on their way back, or a new parcel on its way."""
    waiting = {"awaiting_seller", "awaiting_buyer", "awaiting_return", "awaiting_replacement"} | AT_THE_PLATFORM
    return case.state in waiting and not case.goods_back


def due_at(case: Case, now: datetime, *, delivered: bool = False) -> datetime | None:
    """Until when a case waits in its state; None where nothing happens by itself."""
    if case.state == "awaiting_inspection" and delivered:
        return now + timedelta(hours=INSPECTION_HOURS)
    hours = HOURS.get(case.state)
    return None if hours is None else now + timedelta(hours=hours)
