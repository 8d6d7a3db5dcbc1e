"""The new parcel of an exchange or a resend."""

import msgspec

from yellowcart.accounts.model import Person
from yellowcart.aftersales.errors import ReplacementSoldOut
from yellowcart.aftersales.machine import require_action
from yellowcart.aftersales.model import Action, Actor, AftersaleId, Case, CaseState, case_subject
from yellowcart.aftersales.negotiate import hold_as_buyer, hold_as_seller
from yellowcart.aftersales.store import take_for_replacement
from yellowcart.aftersales.turns import NOTHING_SAID, Said, take_turn
from yellowcart.kernel.database import Writer
from yellowcart.kernel.ids import ShopId
from yellowcart.orders.errors import OrderStopped
from yellowcart.orders.model import StopReason
from yellowcart.orders.stop import stopped_for_risk
from yellowcart.parcels.model import NewShipment
from yellowcart.parcels.replacement import ship_replacement as register_parcel
from yellowcart.parcels.store import CheckedWaybill, checked_waybill


class ReplacementParcel(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The parcel that brings the new goods."""

    carrier: str
    waybill: str


async def ship_replacement(
    writer: Writer,
    person: Person,
    shop_id: ShopId,
    aftersale_id: AftersaleId,
    parcel: ReplacementParcel,
    said: Said = NOTHING_SAID,
    *,
    version: int | None = None,
) -> Case:
    """The shop gave the new parcel to a carrier; its pieces leave the shelf. The same parcel again is no error.

    Raises NotFound, AftersaleUnknown, CaseChanged, ActionImpossible, InvalidFields (`carrier`, `waybill`),
    OrderStopped (an operator stopped the order), WaybillUsed, ReplacementSoldOut.
    """
    held = await hold_as_seller(writer, person, shop_id, aftersale_id, version=version)
    case = held.case
    named = checked_waybill(parcel.carrier, parcel.waybill)
    sent_before = CheckedWaybill(case.replacement_carrier or "", case.replacement_waybill or "")
    if case.state is CaseState.AWAITING_RECEIPT and sent_before == named:
        return case
    require_action(case, Action.SHIP_REPLACEMENT, Actor.SELLER)
    if await stopped_for_risk(writer, held.order):
        raise OrderStopped(reason=StopReason.RISK.value)
    shipment = NewShipment(parcel.carrier, parcel.waybill, {case.order_line_id: case.quantity})
    await register_parcel(writer, shop_id, case.order_id, case_subject(aftersale_id), shipment)
    if not await take_for_replacement(writer, held.order, held.line, case.quantity):
        raise ReplacementSoldOut
    return await take_turn(
        writer,
        held,
        Action.SHIP_REPLACEMENT,
        Actor.SELLER,
        person,
        said.checked(),
        changes={"replacement_carrier": named.carrier, "replacement_waybill": named.waybill},
    )


async def refund_instead(
    writer: Writer,
    person: Person,
    shop_id: ShopId,
    aftersale_id: AftersaleId,
    said: Said = NOTHING_SAID,
    *,
    version: int | None = None,
) -> Case:
    """The shop cannot replace the goods: all that they are worth goes back.

    Raises NotFound, AftersaleUnknown, CaseChanged, ActionImpossible.
    """
    held = await hold_as_seller(writer, person, shop_id, aftersale_id, version=version)
    return await take_turn(
        writer,
        held,
        Action.REFUND_INSTEAD,
        Actor.SELLER,
        person,
        said.checked(),
        amount_fen=held.case.most_fen,
    )


async def confirm_replacement(
    writer: Writer, person: Person, shop_id: ShopId, aftersale_id: AftersaleId, *, version: int | None = None
) -> Case:
    """The buyer has the new goods. Saying so twice is no error. Raises AftersaleUnknown, CaseChanged,
    ActionImpossible."""
    held = await hold_as_buyer(writer, person, shop_id, aftersale_id, version=version)
    if held.case.state is CaseState.DONE and held.case.replacement_waybill is not None:
        return held.case
    return await take_turn(writer, held, Action.CONFIRM_REPLACEMENT, Actor.BUYER, person)
