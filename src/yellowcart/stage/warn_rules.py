"""Decisions on warnings before a link rule begins: which step is due, and what is worth one."""

from datetime import datetime, timedelta

from yellowcart.links.model import Action, Change

STEPS = (7, 3, 1)
"""Days before a rule begins at which those whom it touches are warned."""
AHEAD = timedelta(days=max(STEPS))
LATELY = timedelta(days=7)
"""Who had goods of a pair in a cart within this time is warned as well, though the cart is closed by now."""


def due_step(begins_at: datetime, now: datetime) -> int | None:
    """The warning that is due at `now` for what begins at `begins_at`: the latest of STEPS that has come, or None.

    After a pause only that one is sent, not those that were missed; and what is announced late is warned of at
    once, with the step that its remaining time falls into.
    """
    left = begins_at - now
    if left <= timedelta():
        return None
    return min((days for days in STEPS if left <= timedelta(days=days)), default=None)


def is_worth_a_warning(change: Change) -> bool:
    """Whether a change of terms asks anything of those who list: a refusal, a channel, a fee. To be allowed asks
    nothing."""
    return change.after.action is not Action.ALLOW
