"""The plain model: what an honest bookkeeper would note of one shop. Pieces on the shelf, held and sold; pieces at
a special price; coupons in buyers' hands; orders with their lines, and what became of each piece and each fen."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta

from tests.lives.case_course import (
    COMES_BACK,
    EXCHANGE,
    LEAVES_AGAIN,
    PRICE,
    RETURN,
    UNSHIPPED,
    Case,
    after_silence,
    due_at,
)
from yellowcart.kernel.clock import SHANGHAI

HOLDS_IN_ROOM, HOLDS_IN_SHOP, HELD_PIECES = 3, 10, 99
RECEIVED_AFTER, PUT_OFF, RETURN_DAYS = timedelta(days=10), timedelta(days=3), 7
CASES_OF_LINE = 20


@dataclass
class Shelf:
    """Pieces of one SKU."""

    received: int
    available: int
    held: int = 0
    sold: int = 0


@dataclass
class Special:
    """A special price: so many pieces at so much, until it ends."""

    sku: int
    price_fen: int
    quota: int
    ends_at: datetime | None
    taken: int = 0
    ended: bool = False

    def holds(self, now: datetime) -> bool:
        """Whether orders are placed at it."""
        return not self.ended and (self.ends_at is None or now < self.ends_at)


@dataclass
class Coupon:
    """What a coupon is good for, and how many were claimed. Rate in basis points."""

    funder: str
    threshold_fen: int
    off_fen: int | None
    rate: int | None
    max_fen: int | None
    stock: int
    per_buyer: int
    usable_until: datetime
    claimed: dict[int, int] = field(default_factory=dict)

    def off(self, goods_fen: int) -> int:
        """What it takes off goods."""
        off = self.off_fen if self.off_fen is not None else goods_fen * (self.rate or 0) // 10_000
        return min(off, goods_fen if self.max_fen is None else min(self.max_fen, goods_fen))


@dataclass
class Claim:
    """A coupon in a buyer's hands."""

    buyer: int
    coupon: int
    order: int | None = None
    given_back: int = 0


@dataclass
class Line:
    """One SKU of an order. `settled` pieces are done with; `goods_back_fen` of the goods' price has gone back."""

    line_id: int
    sku: int
    quantity: int
    special: int | None
    payable_fen: int
    freight_fen: int
    coupons: dict[int, int]
    shipped: int = 0
    cancelled: int = 0
    returned: int = 0
    settled: int = 0
    refunded_fen: int = 0
    goods_back_fen: int = 0
    signed_for: datetime | None = None
    cases: list[Case] = field(default_factory=list)

    @property
    def goods_fen(self) -> int:
        return self.payable_fen - self.freight_fen

    @property
    def to_ship(self) -> int:
        return self.quantity - self.shipped - self.cancelled

    @property
    def free(self) -> int:
        """Pieces that something can be asked for."""
        return self.quantity - self.settled - sum(case.quantity for case in self.cases if case.is_open)

    @property
    def with_buyer(self) -> int:
        """Those of them that have left."""
        return max(0, min(self.free - self.to_ship, self.shipped))

    def coupons_back(self) -> dict[int, int]:
        """What of each coupon went back to who paid for it: in proportion to the goods' money."""
        part, whole = self.goods_back_fen, self.goods_fen
        if whole == 0:
            part, whole = self.settled, self.quantity
        return {coupon: amount * min(part, whole) // whole for coupon, amount in self.coupons.items()}


@dataclass
class Order:
    """An order of one buyer."""

    order_id: int
    buyer: int
    lines: list[Line]
    total_fen: int
    claims: list[int]
    submitted_at: datetime
    hold_until: datetime
    full_hold: datetime
    paid_at: datetime | None = None
    closed: str | None = None
    confirm_due: datetime | None = None
    put_off: bool = False
    received_at: datetime | None = None
    completed: bool = False
    risk: bool = False

    @property
    def state(self) -> str:
        """Told by the facts alone."""
        if self.closed:
            return "closed"
        if self.paid_at is None:
            return "submitted"
        if self.completed:
            return "completed"
        if self.received_at:
            return "received"
        if not any(line.shipped for line in self.lines):
            return "paid"
        return "part_shipped" if any(line.to_ship for line in self.lines) else "shipped"

    @property
    def stops(self) -> int:
        """How many stops stand on it."""
        return self.risk + sum(case.stops_order for line in self.lines for case in line.cases)

    @property
    def may_ship(self) -> bool:
        return self.state in {"paid", "part_shipped"}


@dataclass
class Books:
    """Everything of one shop."""

    shelves: dict[int, Shelf]
    prices: dict[int, int]
    limit: int | None
    specials: dict[int, Special] = field(default_factory=dict)
    coupons: dict[int, Coupon] = field(default_factory=dict)
    claims: dict[int, Claim] = field(default_factory=dict)
    orders: dict[int, Order] = field(default_factory=dict)
    bought: dict[int, int] = field(default_factory=dict)
    cases: dict[int, tuple[Order, Line, Case]] = field(default_factory=dict)

    def place(self, order: Order) -> None:
        """An order holds its goods."""
        self.orders[order.order_id] = order
        for line in order.lines:
            shelf = self.shelves[line.sku]
            shelf.available -= line.quantity
            shelf.held += line.quantity
            if line.special is not None:
                self.specials[line.special].taken += line.quantity
            if self.limit is not None:
                self.bought[order.buyer] = self.bought.get(order.buyer, 0) + line.quantity
        for claim in order.claims:
            self.claims[claim].order = order.order_id

    def close_unpaid(self, order: Order, reason: str) -> None:
        """An order ends unpaid: all that it held goes back."""
        order.closed = reason
        for line in order.lines:
            self.shelves[line.sku].held -= line.quantity
            self.shelves[line.sku].available += line.quantity
            self._undo(order, line, line.quantity)
        self._return_claims(order)

    def pay(self, order: Order, now: datetime) -> None:
        """The money for an order is there: what it held is sold."""
        order.paid_at = now
        for line in order.lines:
            self.shelves[line.sku].held -= line.quantity
            self.shelves[line.sku].sold += line.quantity

    def ship(self, order: Order, pieces: dict[int, int], now: datetime) -> None:
        """So many pieces of these lines leave."""
        for line in order.lines:
            line.shipped += pieces.get(line.line_id, 0)
        self._when_all_has_left(order, now)

    def restock(self, order: Order, line: Line, pieces: int, *, undo: bool) -> None:
        """Sold pieces come back on the shelf; `undo`: the buyer has not bought them after all."""
        self.shelves[line.sku].sold -= pieces
        self.shelves[line.sku].available += pieces
        if undo:
            self._undo(order, line, pieces)

    def send_again(self, line: Line, pieces: int) -> None:
        """A new parcel takes pieces from the shelf."""
        self.shelves[line.sku].available -= pieces
        self.shelves[line.sku].sold += pieces

    def open(self, order: Order, line: Line, case: Case) -> None:
        """A case begins: its pieces and their worth are reserved."""
        line.cases.append(case)
        self.cases[case.case_id] = (order, line, case)

    def move(self, case: Case, state: str, now: datetime, *, delivered: bool = False) -> None:
        """A case goes on; what is decided by then is noted, and the money booked."""
        case.state, case.steps = state, case.steps + 1
        case.history.append(state)
        if state in {"refunding", "awaiting_return", "awaiting_replacement"} and case.decided_fen is None:
            if case.kind not in LEAVES_AGAIN:
                case.decided_fen = case.asked_fen
            elif state == "refunding":
                case.decided_fen = case.most_fen
        if state in {"withdrawn", "refused", "closed"}:
            case.owed_fen = 0
        case.due_at = due_at(case, now, delivered=delivered)
        if state == "refunding" and not case.booked:
            self._book(case, now)
            if not case.refund_fen:
                # Nothing has to be given back: it is over at once.
                case.state, case.steps = "done", case.steps + 1

    def _book(self, case: Case, now: datetime) -> None:
        order, line, _ = self.cases[case.case_id]
        decided = case.decided_fen or 0
        settled = case.quantity if _whole(case, decided) else 0
        case.refund_fen = decided + _freight_along(line, case, decided, settled)
        if case.kind == UNSHIPPED:
            line.cancelled += case.quantity
            self.restock(order, line, case.quantity, undo=True)
            self._when_all_has_left(order, now)
        elif case.kind == RETURN:
            self.restock(order, line, case.restock, undo=True)
        elif case.kind == EXCHANGE and not case.sent_again:
            self._undo(order, line, case.restock)
        if _came_back(case):
            line.returned += case.quantity
        line.settled += settled
        line.goods_back_fen += min(decided, case.most_goods_fen)
        line.refunded_fen += case.refund_fen
        case.booked = True
        # Pieces that cost nothing, or too little to share, are with their buyer all the same.
        nothing_left = all(
            each.refunded_fen == each.payable_fen and each.settled == each.quantity for each in order.lines
        )
        if nothing_left and order.state not in {"completed", "closed"}:
            if order.confirm_due is None:
                self._return_claims(order)
            order.closed = "refunded"

    def let_cases_pass(self, now: datetime, turns: Mapping[int, int], *, has_address: bool) -> None:
        """What silence does to cases, the longest silent first; each moves once, for its next time begins now.
        Of those that were silent for the same time, nobody can say which comes first: `turns` says which did. An
        order that an operator stopped stands still."""
        due = [
            case
            for order, _, case in self.cases.values()
            if case.is_open and not order.risk and case.due_at and case.due_at <= now
        ]
        for case in sorted(due, key=lambda each: (each.due_at or now, turns.get(each.case_id, 0))):
            if case.state == "awaiting_seller" and case.kind in COMES_BACK:
                case.has_address = has_address
            self.move(case, after_silence(case), now)

    def let_orders_pass(self, now: datetime) -> None:
        """What time does to orders on their way."""
        for order in self.orders.values():
            if order.stops:
                continue
            if order.state == "shipped" and order.confirm_due is not None and order.confirm_due <= now:
                order.received_at = now
            elif order.state == "received" and order.received_at and _returns_are_over(order.received_at, now):
                order.completed = True

    def let_holds_pass(self, now: datetime) -> None:
        """Unpaid orders lapse, prices end."""
        for order in self.orders.values():
            if order.state == "submitted" and order.hold_until <= now:
                self.close_unpaid(order, "lapsed")
        for special in self.specials.values():
            special.ended = special.ended or not special.holds(now)

    def unpaid_of(self, buyer: int) -> list[Order]:
        """What a buyer holds."""
        return [each for each in self.orders.values() if each.buyer == buyer and each.state == "submitted"]

    def _when_all_has_left(self, order: Order, now: datetime) -> None:
        if order.state == "shipped" and order.confirm_due is None:
            order.confirm_due = now + RECEIVED_AFTER

    def _undo(self, order: Order, line: Line, pieces: int) -> None:
        if line.special is not None:
            self.specials[line.special].taken -= pieces
        if self.limit is not None:
            self.bought[order.buyer] -= pieces

    def _return_claims(self, order: Order) -> None:
        for claim_id in order.claims:
            self.claims[claim_id].order = None
            self.claims[claim_id].given_back += 1


def _returns_are_over(received_at: datetime, now: datetime) -> bool:
    """Whether the seven days that begin on the day after are over, by days of Shanghai."""
    end = received_at.astimezone(SHANGHAI).date() + timedelta(days=RETURN_DAYS + 1)
    return now >= datetime.combine(end, time(), tzinfo=SHANGHAI)


def _whole(case: Case, decided_fen: int) -> bool:
    """Whether pieces are done with: they never left, came back, or all that they cost goes back."""
    if case.kind == PRICE:
        return False
    return case.kind == UNSHIPPED or _came_back(case) or decided_fen >= case.most_goods_fen


def _came_back(case: Case) -> bool:
    """Whether the shop has the goods, and the buyer no new ones for them."""
    return case.goods_back and not (case.kind == EXCHANGE and case.sent_again)


def _freight_along(line: Line, case: Case, decided_fen: int, settled: int) -> int:
    """What goes along of the freight of a return: all that the shop owes, as far as the line's money reaches once
    nothing else can be asked for it."""
    others = [each for each in line.cases if each is not case and each.is_open]
    free = line.quantity - line.settled - settled
    if others or free > 0:
        return 0
    return max(0, min(case.owed_fen, line.payable_fen - line.refunded_fen - decided_fen))
