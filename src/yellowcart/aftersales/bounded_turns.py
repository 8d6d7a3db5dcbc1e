"""How often a side may take the turns that lead to no end, so that no case goes on for ever.

Each side has turns of its own: whoever uses up theirs silences nobody else. What leads to an end is not counted.
"""

import msgspec

from yellowcart.aftersales.errors import StepsTooMany
from yellowcart.aftersales.model import IN_ARBITRATION, Action, Actor, Case, CaseState
from yellowcart.kernel.database import Reader

TALK_MAX = 30
"""Turns of talk that a side takes in one case: more than any honest case has."""
EVIDENCE_MAX = 20
"""Times that a side shows evidence once the platform was called; what it is asked for is taken after them, too."""
SENT_BACK_MAX = 5
"""Times that a buyer sends the goods; each time but the last, a carrier gave them back."""
STEPS_READ_MAX = 2 * (TALK_MAX + EVIDENCE_MAX) + 60
"""Turns of one case at most: those that are counted, and those that lead to an end."""

_ASKED_FOR_EVIDENCE = {CaseState.EVIDENCE_OF_BUYER: Actor.BUYER, CaseState.EVIDENCE_OF_SELLER: Actor.SELLER}


class _Bound(msgspec.Struct, frozen=True):
    """Up to `most` turns of `actions`, taken while the platform was in the case, or while it was not (None for
    both)."""

    most: int
    actions: frozenset[Action]
    at_platform: bool | None = None


_TALK = _Bound(
    TALK_MAX,
    frozenset({Action.CHANGE, Action.OFFER, Action.ADD_EVIDENCE, Action.NAME_ADDRESS}),
    at_platform=False,
)
_EVIDENCE = _Bound(EVIDENCE_MAX, frozenset({Action.ADD_EVIDENCE}), at_platform=True)
_SENDING = _Bound(SENT_BACK_MAX, frozenset({Action.SEND_BACK}))


def _bound_of(case: Case, action: Action, actor: Actor) -> _Bound | None:
    """The bound under which a turn falls; None for what may always be done. Evidence for which the platform asks
    may always be shown: how often it asks is its own. So may the first address for a return be named, for without
    one the money goes back without the goods."""
    if action is Action.SEND_BACK:
        return _SENDING
    if action not in _TALK.actions or _ASKED_FOR_EVIDENCE.get(case.state) is actor:
        return None
    if action is Action.NAME_ADDRESS and case.return_address is None:
        return None
    return _EVIDENCE if case.state in IN_ARBITRATION else _TALK


async def require_turn_left(reader: Reader, case: Case, action: Action, actor: Actor) -> None:
    """Whether a side may take this turn of a held case once more. Raises StepsTooMany."""
    bound = _bound_of(case, action, actor)
    if bound is None:
        return
    taken = await reader.value(
        """
        SELECT count(*) FROM aftersale_step
        WHERE shop_id = %(shop_id)s AND aftersale_id = %(aftersale_id)s AND actor = %(actor)s
          AND action = ANY(%(actions)s)
          AND (%(at_platform)s::boolean IS NULL OR (before = ANY(%(platform_states)s)) = %(at_platform)s)
        """,
        shop_id=case.shop_id,
        aftersale_id=case.aftersale_id,
        actor=actor.value,
        actions=sorted(bound.actions),
        at_platform=bound.at_platform,
        platform_states=sorted(IN_ARBITRATION),
    )
    if taken >= bound.most:
        raise StepsTooMany
