"""A coupon as it is asked for, and what may be asked. Values in, values out."""

from datetime import datetime, timedelta

import msgspec

from yellowcart.kernel.ids import ProductId, RoomId
from yellowcart.kernel.translation import N_
from yellowcart.promotions.model import DiscountKind

TITLE_LENGTH_MAX = 40
AMOUNT_FEN_MAX = 10_000_000
"""No threshold and no discount above 100,000 yuan."""
OFF_RATE_MIN = 100
OFF_RATE_MAX = 9_900
"""Between 1 and 99 percent off."""
STOCK_MAX = 1_000_000
PER_BUYER_LIMIT_MAX = 20
PRODUCTS_MAX = 100
AHEAD_MAX = timedelta(days=180)
"""Nothing of a coupon lies further ahead."""
BACK_MAX = timedelta(days=366)
"""Nor further back: a moment before the year 1 can be written into the database, but not read from it."""

Problem = str | tuple[str, dict[str, object]]
"""A sentence, or one with the values for its places."""


class NewCoupon(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What somebody wants to give. Money in fen, `off_rate` in basis points off; `product_ids` empty for all
    goods; `prepared`: not shown before it is dropped into a room (creators only)."""

    title: str
    title_en: str = ""
    kind: DiscountKind
    threshold_fen: int = 0
    off_fen: int | None = None
    off_rate: int | None = None
    off_max_fen: int | None = None
    product_ids: frozenset[ProductId] = frozenset()
    room_id: RoomId | None = None
    stock: int
    per_buyer_limit: int = 1
    claim_from: datetime
    claim_until: datetime
    usable_from: datetime
    usable_until: datetime
    prepared: bool = False


def new_coupon_problems(new: NewCoupon, now: datetime) -> dict[str, Problem]:
    """What is wrong with a new coupon, by field; empty when nothing is."""
    found: dict[str, Problem | None] = {
        "title": _title_problem(new.title, least=1),
        "title_en": _title_problem(new.title_en, least=0),
        "threshold_fen": None
        if 0 <= new.threshold_fen <= AMOUNT_FEN_MAX
        else N_("Between ¥0 and ¥100,000; ¥0 for no minimum."),
        "stock": None if 1 <= new.stock <= STOCK_MAX else _between(1, STOCK_MAX),
        "per_buyer_limit": None
        if 1 <= new.per_buyer_limit <= PER_BUYER_LIMIT_MAX
        else _between(1, PER_BUYER_LIMIT_MAX),
        "product_ids": None
        if len(new.product_ids) <= PRODUCTS_MAX
        else (N_("Choose at most %(most)s products, or none for all."), {"most": PRODUCTS_MAX}),
        **(_amount_problems(new) if new.kind is DiscountKind.AMOUNT else _rate_problems(new)),
        **_window_problems(new, now),
    }
    return {name: problem for name, problem in found.items() if problem is not None}


def _title_problem(title: str, *, least: int) -> Problem | None:
    if least <= len(title.strip()) <= TITLE_LENGTH_MAX and title.isprintable():
        return None
    values: dict[str, object] = {"least": least, "most": TITLE_LENGTH_MAX}
    return (N_("%(least)s to %(most)s characters."), values)


def _between(least: int, most: int) -> Problem:
    return (N_("A whole number from %(least)s to %(most)s."), {"least": f"{least:,}", "most": f"{most:,}"})


def _amount_problems(new: NewCoupon) -> dict[str, Problem | None]:
    problem: Problem | None = None
    if new.off_fen is None or not 1 <= new.off_fen <= AMOUNT_FEN_MAX:
        problem = N_("Between ¥0.01 and ¥100,000.")
    elif 0 < new.threshold_fen <= new.off_fen:
        problem = N_("It must be less than the minimum that the goods must come to.")
    mixed = N_("A coupon takes off an amount or a percentage, not both.")
    return {
        "off_fen": problem,
        "off_rate": None if new.off_rate is None else mixed,
        "off_max_fen": None if new.off_max_fen is None else mixed,
    }


def _rate_problems(new: NewCoupon) -> dict[str, Problem | None]:
    within = new.off_rate is not None and OFF_RATE_MIN <= new.off_rate <= OFF_RATE_MAX
    capped = new.off_max_fen is None or 1 <= new.off_max_fen <= AMOUNT_FEN_MAX
    return {
        "off_rate": None if within else N_("Between 1 and 99 percent off."),
        "off_max_fen": None if capped else N_("Between ¥0.01 and ¥100,000, or nothing for no maximum."),
        "off_fen": None if new.off_fen is None else N_("A coupon takes off an amount or a percentage, not both."),
    }


def _window_problems(new: NewCoupon, now: datetime) -> dict[str, Problem | None]:
    moments = (new.claim_from, new.claim_until, new.usable_from, new.usable_until)
    if any(moment.tzinfo is None for moment in moments):
        return {"claim_from": N_("Moments carry their offset from UTC.")}
    past = N_("This lies in the past.")
    claim_until: Problem | None = None
    usable_until: Problem | None = None
    if new.claim_until <= new.claim_from:
        claim_until = N_("The end must come after the beginning.")
    elif new.claim_until <= now:
        claim_until = past
    if new.usable_until <= new.usable_from:
        usable_until = N_("The end must come after the beginning.")
    elif new.usable_until < new.claim_until:
        usable_until = N_("A coupon must stay usable at least as long as it can be claimed.")
    elif new.usable_until > now + AHEAD_MAX:
        days: dict[str, object] = {"days": AHEAD_MAX.days}
        usable_until = (N_("At most %(days)s days ahead."), days)
    return {
        "claim_from": past if new.claim_from < now - BACK_MAX else None,
        "claim_until": claim_until,
        "usable_from": past if new.usable_from < now - BACK_MAX else None,
        "usable_until": usable_until,
    }
