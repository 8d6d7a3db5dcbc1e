"""The platform in a case: called by the buyer, shown evidence by both, deciding by an operator who is no party."""

from enum import StrEnum
from typing import Any

import msgspec

from yellowcart.accounts.model import Person
from yellowcart.aftersales.claims import hold_as_platform
from yellowcart.aftersales.machine import require_action
from yellowcart.aftersales.model import Action, Actor, AftersaleId, Case
from yellowcart.aftersales.negotiate import hold_as_buyer, hold_as_seller
from yellowcart.aftersales.reasons import COMES_BACK, LEAVES_AGAIN
from yellowcart.aftersales.rules import require_amount
from yellowcart.aftersales.shop_rules import shop_rules
from yellowcart.aftersales.store import HeldCase
from yellowcart.aftersales.turns import Said, take_turn
from yellowcart.kernel import clock
from yellowcart.kernel.database import Writer
from yellowcart.kernel.errors import InvalidFields
from yellowcart.kernel.ids import ShopId
from yellowcart.kernel.translation import N_


class Verdict(StrEnum):
    """What an operator decides."""

    FOR_BUYER = "for_buyer"
    """What was asked is granted, up to an amount: money, the way back, or a new parcel, as the kind says."""
    SPLIT = "split"
    """Money alone: so much goes back at once, and nothing is sent any more."""
    FOR_SELLER = "for_seller"
    """Nothing is granted, for good."""
    DEMAND_OF_BUYER = "demand_of_buyer"
    """First the buyer shows more."""
    DEMAND_OF_SELLER = "demand_of_seller"
    """First the shop shows more."""


_ACTIONS = {
    Verdict.FOR_BUYER: Action.DECIDE_FOR_BUYER,
    Verdict.SPLIT: Action.DECIDE_SPLIT,
    Verdict.FOR_SELLER: Action.DECIDE_FOR_SELLER,
    Verdict.DEMAND_OF_BUYER: Action.DEMAND_OF_BUYER,
    Verdict.DEMAND_OF_SELLER: Action.DEMAND_OF_SELLER,
}


class Decision(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A verdict with its amount in fen: for FOR_BUYER None grants what was asked, SPLIT needs one."""

    verdict: Verdict
    amount_fen: int | None = None


async def call_platform(
    writer: Writer,
    person: Person,
    shop_id: ShopId,
    aftersale_id: AftersaleId,
    said: Said,
    *,
    version: int | None = None,
) -> Case:
    """The buyer asks the platform to decide, and says why; the shop then has its time to show evidence.

    Raises AftersaleUnknown, CaseChanged, ActionImpossible, InvalidFields (`words`), UploadUnknown.
    """
    held = await hold_as_buyer(writer, person, shop_id, aftersale_id, version=version)
    return await take_turn(
        writer,
        held,
        Action.CALL_PLATFORM,
        Actor.BUYER,
        person,
        said.checked(needed=True),
        changes={"called_at": clock.now(), "offer_kind": None, "offer_fen": None},
    )


async def add_evidence(
    writer: Writer, person: Person, shop_id: ShopId, aftersale_id: AftersaleId, said: Said, *, actor: Actor
) -> Case:
    """A side (`actor` BUYER or SELLER) shows more. Where the platform waits for it, the platform decides now.

    Raises NotFound, AftersaleUnknown, ActionImpossible, InvalidFields (`words`: neither words nor files),
    StepsTooMany, UploadUnknown, UploadsTooMany.
    """
    hold = hold_as_buyer if actor is Actor.BUYER else hold_as_seller
    held = await hold(writer, person, shop_id, aftersale_id, version=None)
    said = said.checked(needed=not said.evidence)
    return await take_turn(writer, held, Action.ADD_EVIDENCE, actor, person, said)


async def arbitrate(
    writer: Writer,
    person: Person,
    shop_id: ShopId,
    aftersale_id: AftersaleId,
    decision: Decision,
    said: Said,
    *,
    version: int | None = None,
) -> Case:
    """An operator decides a case, and says why to both sides. Whoever bought it or works for the shop may not.

    Raises AftersaleUnknown, CaseChanged, ArbiterIsParty, CaseClaimed (another operator has it), ActionImpossible,
    AmountImpossible, InvalidFields (`words`, `amount`).
    """
    held = await hold_as_platform(writer, person, shop_id, aftersale_id, version=version)
    action = _ACTIONS[decision.verdict]
    require_action(held.case, action, Actor.PLATFORM)
    changes = await _decided(writer, held, decision)
    return await take_turn(
        writer,
        held,
        action,
        Actor.PLATFORM,
        person,
        said.checked(needed=True),
        amount_fen=changes.get("decided_fen"),
        changes=changes,
    )


async def platform_close(
    writer: Writer,
    person: Person,
    shop_id: ShopId,
    aftersale_id: AftersaleId,
    said: Said,
    *,
    version: int | None = None,
) -> Case:
    """An operator ends a case without a decision: a mistake, a misuse, a settlement outside.

    Raises AftersaleUnknown, CaseChanged, ArbiterIsParty, CaseClaimed, ActionImpossible, InvalidFields (`words`).
    """
    held = await hold_as_platform(writer, person, shop_id, aftersale_id, version=version)
    return await take_turn(writer, held, Action.CLOSE, Actor.PLATFORM, person, said.checked(needed=True))


async def _decided(writer: Writer, held: HeldCase, decision: Decision) -> dict[str, Any]:
    """What a verdict writes on the case. Raises InvalidFields, AmountImpossible."""
    case = held.case
    if decision.verdict is Verdict.SPLIT:
        if decision.amount_fen is None:
            raise InvalidFields({"amount": N_("Write the amount that goes back.")})
        require_amount(decision.amount_fen, case.most_fen)
        return {"decided_fen": decision.amount_fen}
    if decision.verdict is not Verdict.FOR_BUYER:
        return {}
    changes: dict[str, Any] = {}
    if case.kind in LEAVES_AGAIN:
        changes["decided_fen"] = None
    else:
        amount_fen = case.asked_fen if decision.amount_fen is None else decision.amount_fen
        require_amount(amount_fen, case.asked_fen)
        changes["decided_fen"] = amount_fen
    if case.kind in COMES_BACK and not case.goods_back and case.return_address is None:
        changes["return_address"] = (await shop_rules(writer, case.shop_id)).return_address
    return changes
