"""Decisions about offers: which rates there are, and from when a changed one counts."""

from datetime import datetime, timedelta

from yellowcart.kernel.clock import SHANGHAI

COMMISSION_RATE_MAX = 9_000
"""Basis points; Kuaishou's plans allow 0 to 90 percent (domain.md §1.2)."""


def takes_effect_at(now: datetime, old_rate: int | None, new_rate: int | None) -> datetime:
    """When an open offer's new rate counts; None stands for no offer. Creators are promised that what they earn
    never falls during a broadcast: a rise counts at once, a cut or an end from the next midnight in Shanghai
    (domain.md §1.2, the change rule of Kuaishou's plans)."""
    if old_rate is None or (new_rate is not None and new_rate >= old_rate):
        return now
    local = now.astimezone(SHANGHAI)
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
    return (midnight + timedelta(days=1)).astimezone(now.tzinfo)
