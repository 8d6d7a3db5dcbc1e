"""Decisions about orders: which state follows which, and how long each may last."""

from datetime import datetime, timedelta

from yellowcart.orders.errors import OrderMoved
from yellowcart.orders.model import ORDER_MOVES, OrderState

AUTO_CONFIRM_AFTER = timedelta(days=10)
"""An order shipped this long ago counts as received (domain.md §2.1: about ten days on Kuaishou and Douyin)."""

COMPLETE_AFTER = timedelta(days=7)
"""A received order is complete when the seven days of returns without a reason are over (domain.md §2.2)."""

QUANTITY_MAX = 99
"""Pieces in one order."""

CARRIERS = {
    "SF": ("顺丰速运", "SF Express"),
    "ZTO": ("中通快递", "ZTO Express"),
    "YTO": ("圆通速递", "YTO Express"),
    "STO": ("申通快递", "STO Express"),
    "YUNDA": ("韵达快递", "Yunda Express"),
    "JTSD": ("极兔速递", "J&T Express"),
    "EMS": ("邮政EMS", "EMS"),
    "JD": ("京东物流", "JD Logistics"),
    "DBL": ("德邦快递", "Deppon"),
}
"""Carriers by code. Parcel tracking and a kept data package come with the whole life of an order."""


def may_move(before: OrderState, after: OrderState) -> bool:
    """Whether an order may go from one state to another."""
    return after in ORDER_MOVES[before]


def require_move(before: OrderState, after: OrderState) -> None:
    """Raises OrderMoved when an order may not go from one state to the other."""
    if not may_move(before, after):
        raise OrderMoved


def hold_until(submitted_at: datetime, hold_s: int) -> datetime:
    """Until when an unpaid order keeps its stock."""
    return submitted_at + timedelta(seconds=hold_s)
