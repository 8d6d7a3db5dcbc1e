"""Decisions about orders: which state follows which, and how long each may last."""

from datetime import datetime, time, timedelta

from yellowcart.catalog.model import ReturnRule
from yellowcart.kernel.clock import SHANGHAI
from yellowcart.orders.errors import OrderMoved
from yellowcart.orders.model import ORDER_MOVES, OrderState

CONFIRM_EXTENDED_BY = timedelta(days=3)
"""A buyer whose parcel is late may put off the automatic receipt once by this much."""

RETURN_DAYS = 7
"""Days in which goods go back without a reason; a received order is complete when they are over."""

QUANTITY_MAX = 99
"""Pieces in one order line."""
LINES_MAX = 20
"""Lines in one order."""

NEED_ACCEPTANCE = frozenset(
    {
        ReturnRule.NOT_AFTER_UNSEALING,
        ReturnRule.NOT_AFTER_ACTIVATION,
        ReturnRule.NOT_AFTER_INSTALLATION,
        ReturnRule.NOT_AFTER_USE,
    }
)
"""Exclusions that bind a buyer only who agreed to them for this very purchase (Interim Measures for Seven-Day
No-Reason Returns, article 7; domain.md §2.2). What the law itself excludes needs no word."""


def binding_rule(rule: ReturnRule, *, accepted: bool) -> ReturnRule:
    """The rule of returns that binds a buyer who `accepted` it or did not."""
    return ReturnRule.NO_REASON if rule in NEED_ACCEPTANCE and not accepted else rule


HELD_ORDERS_IN_SHOP_MAX = 10
HELD_ORDERS_IN_ROOM_MAX = 3
HELD_PIECES_IN_ROOM_MAX = 99
"""What one buyer may hold without paying, at one shop and in one room: nobody starves a sale by holding its stock
(peers.md 1.6: stock holds used as an attack)."""


def no_reason_until(received_at: datetime) -> datetime:
    """When the seven days end that begin on the day after the sign-off, by days of Shanghai: the midnight after
    the seventh (Interim Measures for Seven-Day No-Reason Returns, domain.md §2.2)."""
    last_day = received_at.astimezone(SHANGHAI).date() + timedelta(days=RETURN_DAYS)
    return datetime.combine(last_day + timedelta(days=1), time(), tzinfo=SHANGHAI)


def complete_if_received_before(now: datetime) -> datetime:
    """The moment such that `no_reason_until` is over for what was received before it, and for nothing else."""
    today = datetime.combine(now.astimezone(SHANGHAI).date(), time(), tzinfo=SHANGHAI)
    return today - timedelta(days=RETURN_DAYS)


def may_move(before: OrderState, after: OrderState) -> bool:
    """Whether an order may go from one state to another."""
    return after in ORDER_MOVES[before]


def require_move(before: OrderState, after: OrderState) -> None:
    """Raises OrderMoved when an order may not go from one state to the other."""
    if not may_move(before, after):
        raise OrderMoved


def may_ship(state: OrderState) -> None:
    """Raises OrderMoved unless pieces of an order in this state may leave or be cancelled."""
    if state not in {OrderState.PAID, OrderState.PART_SHIPPED}:
        raise OrderMoved


def may_go_elsewhere(state: OrderState) -> bool:
    """Whether an order may be sent to another address: it is paid, and nothing of it has left."""
    return state is OrderState.PAID


def hold_until(submitted_at: datetime, hold_s: int) -> datetime:
    """Until when an unpaid order may keep its stock at most."""
    return submitted_at + timedelta(seconds=hold_s)
