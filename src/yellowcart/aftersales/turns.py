"""Taking a turn: the one place where a case moves, and everything that comes with it."""

from datetime import datetime
from typing import Any

import msgspec

from yellowcart.accounts import audit
from yellowcart.accounts.model import Person
from yellowcart.aftersales.bounded_turns import require_turn_left
from yellowcart.aftersales.deadline_settings import time_for
from yellowcart.aftersales.events import AftersaleFinished, AftersaleMoved, AftersaleOpened
from yellowcart.aftersales.give_back import give_back
from yellowcart.aftersales.machine import deadline_of, require_action
from yellowcart.aftersales.messages import tell_sides
from yellowcart.aftersales.model import (
    DECIDED,
    ENDED,
    Action,
    Actor,
    AutoRule,
    Case,
    CaseState,
    CaseStep,
    EndReason,
    case_subject,
    evidence_subject,
)
from yellowcart.aftersales.reasons import FAULT_OF, LEAVES_AGAIN
from yellowcart.aftersales.store import HeldCase, add_step, insert_case, save_case
from yellowcart.kernel import clock
from yellowcart.kernel.database import Writer
from yellowcart.kernel.errors import InvalidFields
from yellowcart.kernel.events import publish
from yellowcart.kernel.ids import new_id
from yellowcart.kernel.translation import N_
from yellowcart.orders.model import StopReason
from yellowcart.orders.stop import lift_stop
from yellowcart.uploads.attach import attach_uploads
from yellowcart.uploads.model import UploadPurpose

WORDS_MAX = 1_000
"""Characters that a side may say in one turn."""
_LOST = frozenset({CaseState.WITHDRAWN, CaseState.REFUSED, CaseState.CLOSED})


class Said(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What somebody says with a turn: words of up to WORDS_MAX characters, and the ids of files that they brought
    as evidence (`uploads.keep`)."""

    words: str = ""
    evidence: list[int] = []

    def checked(self, *, needed: bool = False) -> "Said":
        """The same, trimmed. Raises InvalidFields (`words`) when they are too long, or missing though needed."""
        words = self.words.strip()
        if needed and not words:
            raise InvalidFields({"words": N_("Say why in a few words.")})
        if len(words) > WORDS_MAX or "\x00" in words:
            raise InvalidFields({"words": N_("Write at most 1,000 characters.")})
        return Said(words=words, evidence=self.evidence)


NOTHING_SAID = Said()


async def begin(writer: Writer, held: HeldCase, actor: Actor, person: Person, said: Said) -> None:
    """Write a new case, `held.case`, with its first step."""
    case = held.case
    await insert_case(writer, case)
    await _write_step(writer, None, case, Action.OPEN, actor, person, said, case.asked_fen, None)
    await publish(
        writer,
        AftersaleOpened(
            shop_id=case.shop_id,
            aftersale_id=case.aftersale_id,
            order_id=case.order_id,
            order_line_id=case.order_line_id,
            buyer_id=case.buyer_id,
            kind=case.kind,
            reason=case.reason,
            fault=FAULT_OF[case.reason],
            opened_by=case.opened_by,
            quantity=case.quantity,
            asked_fen=case.asked_fen,
        ),
        shop_id=case.shop_id,
    )


async def take_turn(
    writer: Writer,
    held: HeldCase,
    action: Action,
    actor: Actor,
    person: Person | None,
    said: Said = NOTHING_SAID,
    *,
    amount_fen: int | None = None,
    rule: AutoRule | None = None,
    asks: dict[str, Any] | None = None,
    changes: dict[str, Any] | None = None,
) -> Case:
    """Move a held case by an action; answers it as it stands then.

    `asks` changes what the case is about before the table is asked (another kind by an accepted offer), `changes`
    what the turn itself writes. A turn that leads to a refund books it. Raises ActionImpossible, StepsTooMany,
    UploadUnknown, UploadsTooMany.
    """
    before = held.case
    case = msgspec.structs.replace(before, **(asks or {}))
    after = require_action(case, action, actor)
    await require_turn_left(writer, before, action, actor)
    case = msgspec.structs.replace(
        case,
        state=after,
        version=before.version + 1,
        moved_at=clock.now(),
        **({"auto_rule": rule} if rule else {}),
        **(changes or {}),
    )
    if after in {CaseState.REFUNDING, CaseState.AWAITING_RETURN, CaseState.AWAITING_REPLACEMENT}:
        case = msgspec.structs.replace(case, decided_fen=_decided(case))
    if after in _LOST:
        case = msgspec.structs.replace(case, return_freight_fen=0)
    if after is CaseState.REFUNDING and before.state is not CaseState.REFUNDING:
        case = await give_back(writer, held, case)
    case = msgspec.structs.replace(case, **await _clock_of(writer, before, case, action))
    await save_case(writer, case)
    await _write_step(writer, before, case, action, actor, person, said, amount_fen, rule)
    await _tell(writer, held, case, action, actor, person, said, rule)
    if after is CaseState.REFUNDING and case.refund_fen == 0:
        # Nothing to give back: pieces that coupons had paid for, or a decision on nothing.
        held = HeldCase(held.order, held.line, case)
        return await take_turn(writer, held, Action.REFUND_CARRIED_OUT, Actor.SYSTEM, None)
    return case


def _decided(case: Case) -> int | None:
    """What goes back in the end. Where goods were to be replaced and money goes back instead, it is all that they
    are worth."""
    if case.decided_fen is not None:
        return case.decided_fen
    if case.kind not in LEAVES_AGAIN:
        return case.asked_fen
    return case.most_fen if case.state is CaseState.REFUNDING else None


async def _clock_of(writer: Writer, before: Case, case: Case, action: Action) -> dict[str, object]:
    """When the new state is over, or when and how the case ended."""
    now = clock.now()
    if case.state in ENDED:
        return {"due_at": None, "ended_at": now, "end_reason": _end_reason(before, case, action)}
    if case.state is before.state and action is Action.ADD_EVIDENCE:
        return {}
    deadline = deadline_of(case.state, case.kind, delivered=case.return_delivered_at is not None)
    return {"due_at": None if deadline is None else now + await time_for(writer, deadline)}


def _end_reason(before: Case, case: Case, action: Action) -> EndReason:
    if case.state is CaseState.DONE:
        return EndReason.REFUNDED if before.state is CaseState.REFUNDING else EndReason.REPLACED
    if case.state is CaseState.WITHDRAWN:
        return EndReason.BUYER_SILENT if action is Action.TIME_OUT else EndReason.WITHDRAWN
    return EndReason.FOR_SELLER if case.state is CaseState.REFUSED else EndReason.CLOSED


async def _write_step(
    writer: Writer,
    before: Case | None,
    case: Case,
    action: Action,
    actor: Actor,
    person: Person | None,
    said: Said,
    amount_fen: int | None,
    rule: AutoRule | None,
) -> None:
    step_id = new_id(int)
    if said.evidence and person is not None:
        await attach_uploads(
            writer,
            person.person_id,
            UploadPurpose.EVIDENCE,
            said.evidence,
            evidence_subject(case.shop_id, case.aftersale_id, step_id),
        )
    await add_step(
        writer,
        CaseStep(
            shop_id=case.shop_id,
            aftersale_id=case.aftersale_id,
            step_id=step_id,
            action=action,
            actor=actor,
            person_id=None if person is None else person.person_id,
            before=None if before is None else before.state,
            after=case.state,
            kind=case.kind,
            reason=case.reason if action in {Action.OPEN, Action.CHANGE} else None,
            quantity=case.quantity,
            amount_fen=amount_fen,
            rule=rule,
            words=said.words,
            evidence=len(set(said.evidence)),
            made_at=clock.now(),
        ),
    )
    await audit.record(
        writer,
        person,
        f"aftersales:case:{action.value}",
        case_subject(case.aftersale_id),
        before=None if before is None else {"state": before.state},
        after={"state": case.state, "kind": case.kind, "amount_fen": amount_fen, "rule": rule},
    )


async def _tell(
    writer: Writer,
    held: HeldCase,
    case: Case,
    action: Action,
    actor: Actor,
    person: Person | None,
    said: Said,
    rule: AutoRule | None,
) -> None:
    """Lift the order's stop when the case reserves nothing any more, publish, and tell both sides."""
    before = held.case
    if case.state in DECIDED and before.state not in DECIDED:
        await lift_stop(writer, held.order, StopReason.REFUND, case_subject(case.aftersale_id), person=person)
    await publish(
        writer,
        AftersaleMoved(
            shop_id=case.shop_id,
            aftersale_id=case.aftersale_id,
            order_id=case.order_id,
            kind=case.kind,
            action=action,
            actor=actor,
            before=before.state,
            after=case.state,
            rule=rule,
        ),
        shop_id=case.shop_id,
    )
    if case.state in ENDED:
        await publish(writer, _finished(case), shop_id=case.shop_id)
    await tell_sides(writer, case, action, actor, words=said.words)


def _finished(case: Case) -> AftersaleFinished:
    assert case.end_reason is not None
    return AftersaleFinished(
        shop_id=case.shop_id,
        aftersale_id=case.aftersale_id,
        order_id=case.order_id,
        order_line_id=case.order_line_id,
        kind=case.kind,
        reason=case.reason,
        fault=FAULT_OF[case.reason],
        end_reason=case.end_reason,
        quantity=case.quantity,
        settled_quantity=case.settled_quantity,
        returned_quantity=case.returned_quantity,
        refund_goods_fen=case.refund_goods_fen,
        refund_freight_fen=case.refund_freight_fen,
        return_freight_fen=case.return_freight_fen,
        return_freight_refunded_fen=case.return_freight_refunded_fen,
    )


def is_due(case: Case, now: datetime) -> bool:
    """Whether the time of a case's state is over."""
    return case.due_at is not None and case.due_at <= now
