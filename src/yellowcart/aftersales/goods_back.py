"""The goods of a case on their way back: sent by the buyer, inspected by the shop, or not wanted back at all."""

import msgspec

from yellowcart.accounts.model import Person
from yellowcart.aftersales.errors import ActionImpossible
from yellowcart.aftersales.machine import require_action
from yellowcart.aftersales.model import Action, Actor, AftersaleId, Case, CaseState, case_subject
from yellowcart.aftersales.negotiate import hold_as_buyer, hold_as_seller
from yellowcart.aftersales.reasons import FAULT_OF, CaseKind
from yellowcart.aftersales.return_parcel import follow_return, freight_owed_for
from yellowcart.aftersales.rules import (
    RETURN_FREIGHT_CLAIM_MAX_FEN,
    accepted_return_freight,
    return_freight_bearer,
)
from yellowcart.aftersales.store import HeldCase, put_back_exchanged
from yellowcart.aftersales.turns import NOTHING_SAID, Said, take_turn
from yellowcart.kernel import clock
from yellowcart.kernel.database import Writer
from yellowcart.kernel.errors import InvalidFields
from yellowcart.kernel.ids import ShopId
from yellowcart.kernel.translation import N_
from yellowcart.orders.wanted import NewAddress
from yellowcart.parcels.returns import register_return_parcel
from yellowcart.parcels.store import CheckedWaybill, checked_waybill


class SentBack(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The parcel that brings goods back, and what it cost the buyer as a whole, in fen."""

    carrier: str
    waybill: str
    freight_fen: int = 0


async def send_back(
    writer: Writer,
    person: Person,
    shop_id: ShopId,
    aftersale_id: AftersaleId,
    sent: SentBack,
    said: Said = NOTHING_SAID,
    *,
    version: int | None = None,
) -> Case:
    """The buyer gave the goods to a carrier, perhaps in one box with those of other cases of the order.

    Who bears the freight is decided by whose fault it is, and the shop bears at most RETURN_FREIGHT_MAX_FEN for a
    box. Naming the same parcel again is no error; naming one that has arrived begins the shop's time to inspect.

    Raises AftersaleUnknown, CaseChanged, ActionImpossible (also while the shop has named no address),
    InvalidFields (`carrier`, `waybill`, `freight`), WaybillUsed, StepsTooMany, UploadUnknown.
    """
    held = await hold_as_buyer(writer, person, shop_id, aftersale_id, version=version)
    case = held.case
    if not 0 <= sent.freight_fen <= RETURN_FREIGHT_CLAIM_MAX_FEN:
        raise InvalidFields({"freight": N_("Write what you paid the carrier, from 0 to 1,000 yuan.")})
    named = checked_waybill(sent.carrier, sent.waybill)
    sent_before = CheckedWaybill(case.return_carrier or "", case.return_waybill or "")
    if case.state is CaseState.AWAITING_INSPECTION and sent_before == named:
        return case
    require_action(case, Action.SEND_BACK, Actor.BUYER)
    if case.return_address is None:
        raise ActionImpossible
    shipment_id = await register_return_parcel(
        writer, shop_id, case.order_id, case_subject(aftersale_id), sent.carrier, sent.waybill
    )
    bearer = return_freight_bearer(case.kind, FAULT_OF[case.reason])
    accepted_fen = accepted_return_freight(bearer, sent.freight_fen)
    case = await take_turn(
        writer,
        held,
        Action.SEND_BACK,
        Actor.BUYER,
        person,
        said.checked(),
        changes={
            "return_carrier": named.carrier,
            "return_waybill": named.waybill,
            "return_shipment_id": shipment_id,
            "sent_back_at": clock.now(),
            "return_freight_by": bearer,
            "return_freight_claimed_fen": sent.freight_fen,
            # A box is paid for once, however many cases claim what it cost.
            "return_freight_fen": max(0, accepted_fen - await freight_owed_for(writer, case, shipment_id)),
        },
    )
    return await follow_return(writer, HeldCase(held.order, held.line, case))


async def name_return_address(
    writer: Writer,
    person: Person,
    shop_id: ShopId,
    aftersale_id: AftersaleId,
    address: NewAddress,
) -> Case:
    """The shop says where goods go, in a case that was granted without its word; until the goods leave.

    The buyer's time begins anew with it. Raises NotFound, AftersaleUnknown, ActionImpossible, DistrictUnknown.
    """
    held = await hold_as_seller(writer, person, shop_id, aftersale_id, version=None)
    return await take_turn(
        writer,
        held,
        Action.NAME_ADDRESS,
        Actor.SELLER,
        person,
        changes={"return_address": address.delivery(address.found())},
    )


async def waive_return(
    writer: Writer,
    person: Person,
    shop_id: ShopId,
    aftersale_id: AftersaleId,
    said: Said = NOTHING_SAID,
    *,
    version: int | None = None,
) -> Case:
    """The shop does not want the goods back: the money goes back, or the replacement leaves, without them.

    Raises NotFound, AftersaleUnknown, CaseChanged, ActionImpossible.
    """
    held = await hold_as_seller(writer, person, shop_id, aftersale_id, version=version)
    return await take_turn(writer, held, Action.WAIVE_RETURN, Actor.SELLER, person, said.checked())


async def confirm_return(
    writer: Writer,
    person: Person,
    shop_id: ShopId,
    aftersale_id: AftersaleId,
    *,
    restock: int,
    said: Said = NOTHING_SAID,
    version: int | None = None,
) -> Case:
    """The shop inspected the goods and takes them back: `restock` pieces go back on the shelf, the others are
    written off. Then the money goes back, or the replacement is due.

    Raises NotFound, AftersaleUnknown, CaseChanged, ActionImpossible, InvalidFields (`restock`).
    """
    held = await hold_as_seller(writer, person, shop_id, aftersale_id, version=version)
    require_action(held.case, Action.CONFIRM_RETURN, Actor.SELLER)
    if not 0 <= restock <= held.case.quantity:
        most: dict[str, object] = {"most": held.case.quantity}
        raise InvalidFields({"restock": (N_("Put from 0 to %(most)s pieces back on the shelf."), most)})
    if held.case.kind is CaseKind.EXCHANGE and restock:
        await put_back_exchanged(writer, held.order, held.line, restock)
    return await take_turn(
        writer,
        held,
        Action.CONFIRM_RETURN,
        Actor.SELLER,
        person,
        said.checked(),
        changes={"restocked_quantity": restock},
    )


async def reject_return(
    writer: Writer,
    person: Person,
    shop_id: ShopId,
    aftersale_id: AftersaleId,
    said: Said,
    *,
    version: int | None = None,
) -> Case:
    """The shop inspected the goods and does not take them back as they are. The buyer accepts an offer or calls
    the platform; the buyer's silence leaves it to the platform, since the shop has goods and money.

    Raises NotFound, AftersaleUnknown, CaseChanged, ActionImpossible, InvalidFields (`words`), UploadUnknown.
    """
    held = await hold_as_seller(writer, person, shop_id, aftersale_id, version=version)
    return await take_turn(
        writer,
        held,
        Action.REJECT_RETURN,
        Actor.SELLER,
        person,
        said.checked(needed=True),
        changes={"offer_kind": None, "offer_fen": None},
    )
