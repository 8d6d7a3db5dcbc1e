"""Decisions about special prices: when one holds, and what may be set. Values in, values out."""

from datetime import datetime

from yellowcart.promotions.model import SpecialPrice, SpecialPriceKind, SpecialPriceStanding
from yellowcart.stage.model import OffReason


def in_force(special: SpecialPrice, now: datetime) -> bool:
    """Whether a special price that was not ended early holds at a moment. What is left of its quota is not asked:
    the order lane counts that in the same write."""
    return special.starts_at <= now and (special.ends_at is None or now < special.ends_at)


def special_price_standing(
    special: SpecialPrice, now: datetime, *, taken: int, ended_at: datetime | None
) -> SpecialPriceStanding:
    """How a special price stands at a moment."""
    if ended_at is not None or (special.ends_at is not None and now >= special.ends_at):
        return SpecialPriceStanding.ENDED
    if now < special.starts_at:
        return SpecialPriceStanding.COMING
    return SpecialPriceStanding.IN_FORCE if taken < special.quota else SpecialPriceStanding.TAKEN


def ends_with_listing(kind: SpecialPriceKind, reason: OffReason) -> bool:
    """Whether a special price ends for good when its listing leaves its cart for a reason.

    A room-only price lives as long as its listing is in that room. A flash price ends by the clock, and outlives
    a listing that its creator takes off for a moment; where the cart itself is over there is nothing to wait for.
    """
    return kind is SpecialPriceKind.ROOM_ONLY or reason in {OffReason.ROOM_ENDED, OffReason.VIDEO_REMOVED}
