"""Buyer and shop between themselves: agree, refuse, offer, accept, change, give up."""

from typing import Any

import msgspec

from yellowcart.accounts.model import Person
from yellowcart.aftersales.errors import ActionImpossible, AftersaleUnknown, OfferUnfit, RightfulReturn
from yellowcart.aftersales.machine import require_action
from yellowcart.aftersales.model import Action, Actor, AftersaleId, Case, case_subject
from yellowcart.aftersales.open_case import grant_or_wait, stop_if_needed
from yellowcart.aftersales.reasons import COMES_BACK, LEAVES_AGAIN, CaseKind, Reason
from yellowcart.aftersales.rules import OFFERS, ask, columns_of, may_refuse, require_amount
from yellowcart.aftersales.shop_rules import shop_rules
from yellowcart.aftersales.store import HeldCase, hold_case, line_now
from yellowcart.aftersales.turns import NOTHING_SAID, Said, take_turn
from yellowcart.catalog.shops import require_member
from yellowcart.kernel.database import Writer
from yellowcart.kernel.errors import InvalidFields
from yellowcart.kernel.ids import ShopId
from yellowcart.kernel.translation import N_
from yellowcart.orders.model import DeliveryAddress, StopReason
from yellowcart.orders.stop import lift_stop
from yellowcart.orders.wanted import NewAddress


class Offer(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What a shop proposes instead: a kind, and an amount in fen where money goes back (None where none does)."""

    kind: CaseKind
    amount_fen: int | None = None


class ChangedRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What a buyer asks for instead. `amount_fen` None asks for the most."""

    kind: CaseKind
    reason: Reason
    quantity: int
    amount_fen: int | None = None


async def hold_as_buyer(
    writer: Writer, person: Person, shop_id: ShopId, aftersale_id: AftersaleId, *, version: int | None
) -> HeldCase:
    """Lock a case of the buyer's own. Raises AftersaleUnknown, CaseChanged."""
    held = await hold_case(writer, shop_id, aftersale_id, version=version)
    if held.case.buyer_id != person.person_id:
        raise AftersaleUnknown
    return held


async def hold_as_seller(
    writer: Writer, person: Person, shop_id: ShopId, aftersale_id: AftersaleId, *, version: int | None
) -> HeldCase:
    """Lock a case of a shop that the person works for. Raises NotFound, AftersaleUnknown, CaseChanged."""
    await require_member(writer, person, shop_id)
    return await hold_case(writer, shop_id, aftersale_id, version=version)


async def withdraw_case(
    writer: Writer,
    person: Person,
    shop_id: ShopId,
    aftersale_id: AftersaleId,
    *,
    words: str = "",
    version: int | None = None,
) -> Case:
    """The buyer gives it up; not once the goods are on their way back. Raises AftersaleUnknown, CaseChanged,
    ActionImpossible."""
    held = await hold_as_buyer(writer, person, shop_id, aftersale_id, version=version)
    said = Said(words=words).checked()
    return await take_turn(writer, held, Action.WITHDRAW, Actor.BUYER, person, said)


async def change_case(
    writer: Writer,
    person: Person,
    shop_id: ShopId,
    aftersale_id: AftersaleId,
    request: ChangedRequest,
    said: Said = NOTHING_SAID,
    *,
    version: int | None = None,
) -> Case:
    """The buyer asks for something else after the shop said no; a rule may grant it at once.

    Raises AftersaleUnknown, CaseChanged, ActionImpossible, StepsTooMany, and what `open_case` raises.
    """
    held = await hold_as_buyer(writer, person, shop_id, aftersale_id, version=version)
    said = said.checked(needed=request.reason is Reason.OTHER)
    require_action(held.case, Action.CHANGE, Actor.BUYER)
    asked = ask(
        await line_now(writer, held.order, held.line, without=aftersale_id),
        kind=request.kind,
        reason=request.reason,
        quantity=request.quantity,
        amount_fen=request.amount_fen,
    )
    changes = columns_of(asked) | {"offer_kind": None, "offer_fen": None, "decided_fen": None}
    case = await take_turn(
        writer,
        held,
        Action.CHANGE,
        Actor.BUYER,
        person,
        said,
        amount_fen=asked.asked_fen,
        changes=changes,
    )
    await _stop_as_asked(writer, held, case, person)
    return await grant_or_wait(writer, HeldCase(held.order, held.line, case), asked, person, said, told=True)


async def agree(
    writer: Writer,
    person: Person,
    shop_id: ShopId,
    aftersale_id: AftersaleId,
    said: Said = NOTHING_SAID,
    *,
    return_address: NewAddress | None = None,
    version: int | None = None,
) -> Case:
    """The shop grants what is asked. Where goods come back, it names the address, or has one in its settings.

    Raises NotFound, AftersaleUnknown, CaseChanged, ActionImpossible, InvalidFields (`return_address`),
    DistrictUnknown, UploadUnknown.
    """
    held = await hold_as_seller(writer, person, shop_id, aftersale_id, version=version)
    require_action(held.case, Action.AGREE, Actor.SELLER)
    changes: dict[str, Any] = {}
    if held.case.kind in COMES_BACK and not held.case.goods_back:
        changes["return_address"] = await _address(writer, shop_id, return_address)
    return await take_turn(
        writer,
        held,
        Action.AGREE,
        Actor.SELLER,
        person,
        said.checked(),
        amount_fen=held.case.asked_fen,
        changes=changes,
    )


async def refuse(
    writer: Writer,
    person: Person,
    shop_id: ShopId,
    aftersale_id: AftersaleId,
    said: Said,
    *,
    version: int | None = None,
) -> Case:
    """The shop says no, and why; the buyer may change the request or call the platform.

    Raises NotFound, AftersaleUnknown, CaseChanged, ActionImpossible, InvalidFields (`words`), RightfulReturn (a
    return without a reason that the law grants), UploadUnknown.
    """
    held = await hold_as_seller(writer, person, shop_id, aftersale_id, version=version)
    require_action(held.case, Action.REFUSE, Actor.SELLER)
    if not may_refuse(held.case, Action.REFUSE):
        raise RightfulReturn
    return await take_turn(
        writer, held, Action.REFUSE, Actor.SELLER, person, said.checked(needed=True), changes=_NO_OFFER
    )


async def offer(
    writer: Writer,
    person: Person,
    shop_id: ShopId,
    aftersale_id: AftersaleId,
    proposed: Offer,
    said: Said = NOTHING_SAID,
    *,
    return_address: NewAddress | None = None,
    version: int | None = None,
) -> Case:
    """The shop proposes another amount or another kind; nothing changes until the buyer accepts.

    Raises NotFound, AftersaleUnknown, CaseChanged, ActionImpossible, RightfulReturn, OfferUnfit, AmountImpossible,
    InvalidFields (`return_address`), StepsTooMany, UploadUnknown.
    """
    held = await hold_as_seller(writer, person, shop_id, aftersale_id, version=version)
    case = held.case
    require_action(case, Action.OFFER, Actor.SELLER)
    if not may_refuse(case, Action.OFFER):
        raise RightfulReturn
    if proposed.kind not in OFFERS.get(case.kind, ()) or (case.goods_back and proposed.kind is CaseKind.RESEND):
        raise OfferUnfit
    amount_fen = 0
    if proposed.kind not in LEAVES_AGAIN:
        amount_fen = case.most_fen if proposed.amount_fen is None else proposed.amount_fen
        require_amount(amount_fen, case.most_fen)
    changes: dict[str, Any] = {"offer_kind": proposed.kind, "offer_fen": amount_fen}
    if proposed.kind in COMES_BACK and not case.goods_back:
        changes["return_address"] = await _address(writer, shop_id, return_address)
    return await take_turn(
        writer,
        held,
        Action.OFFER,
        Actor.SELLER,
        person,
        said.checked(),
        amount_fen=amount_fen,
        changes=changes,
    )


async def accept_offer(
    writer: Writer,
    person: Person,
    shop_id: ShopId,
    aftersale_id: AftersaleId,
    *,
    version: int | None = None,
) -> Case:
    """The buyer takes what the shop proposed, which from now on is what the case asks for: if the shop fails it
    later, the platform can grant no less. Raises AftersaleUnknown, CaseChanged, ActionImpossible."""
    held = await hold_as_buyer(writer, person, shop_id, aftersale_id, version=version)
    case = held.case
    if case.offer_kind is None or case.offer_fen is None:
        raise ActionImpossible
    replaced = case.offer_kind in LEAVES_AGAIN
    return await take_turn(
        writer,
        held,
        Action.ACCEPT_OFFER,
        Actor.BUYER,
        person,
        amount_fen=case.offer_fen,
        asks={"kind": case.offer_kind, "asked_fen": 0 if replaced else case.offer_fen},
        changes={"decided_fen": None if replaced else case.offer_fen, "no_reason_right": False},
    )


_NO_OFFER: dict[str, Any] = {"offer_kind": None, "offer_fen": None}


async def _address(writer: Writer, shop_id: ShopId, named: NewAddress | None) -> DeliveryAddress:
    if named is not None:
        return named.delivery(named.found())
    kept = (await shop_rules(writer, shop_id)).return_address
    if kept is None:
        raise InvalidFields({"return_address": N_("Say where the goods are sent back to.")})
    return kept


async def _stop_as_asked(writer: Writer, held: HeldCase, case: Case, person: Person) -> None:
    """A changed request may stop the order where the first did not, and the other way round."""
    if case.kind is CaseKind.PRICE_PROTECTION:
        await lift_stop(writer, held.order, StopReason.REFUND, case_subject(case.aftersale_id), person=person)
    else:
        await stop_if_needed(writer, held.order, case, person)
