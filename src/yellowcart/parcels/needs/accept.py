"""A shop accepts a quote, and its carrier names the waybill, at once or in time: then the goods are shipped."""

from collections.abc import Sequence

from yellowcart.accounts import audit
from yellowcart.accounts.model import Person
from yellowcart.catalog.shops import require_member
from yellowcart.kernel import clock
from yellowcart.kernel.database import Writer
from yellowcart.kernel.ids import ShopId
from yellowcart.kernel.translation import N_
from yellowcart.orders.store import LockedOrder, lock_order
from yellowcart.parcels.model import ShipmentPurpose
from yellowcart.parcels.needs.errors import NeedMoved, NeedUnknown, QuoteMoved
from yellowcart.parcels.needs.model import NeedId, NeedState, QuoteId, QuoteState
from yellowcart.parcels.needs.rules import require_need_move, require_quote_move, waybill_due
from yellowcart.parcels.needs.store import (
    LockedNeed,
    LockedQuote,
    lock_need,
    move_need,
    move_quotes,
    order_of_need,
    quote_of_locked,
    quotes_of_locked,
    tell_carriers,
    tell_shop,
)
from yellowcart.parcels.ship import ship_locked
from yellowcart.parcels.store import CheckedWaybill, add_shipment, checked_waybill


async def accept_quote(
    writer: Writer,
    person: Person,
    shop_id: ShopId,
    need_id: NeedId,
    quote_id: QuoteId,
    *,
    price_fen: int,
) -> NeedState:
    """Accept a quote at the price that the shop saw; the others have lost, and everybody is told.

    A quote that names its waybill ships the goods at once; else its carrier names it within WAYBILL_WITHIN.
    Answers the need's state then; accepting the same again is no error. Raises NotFound, NeedUnknown,
    QuoteUnknown, NeedMoved, QuoteMoved (another price now, or its time is over), and what shipping raises.
    """
    await require_member(writer, person, shop_id)
    order_id = await order_of_need(writer, shop_id, need_id)
    order = None if order_id is None else await lock_order(writer, shop_id, order_id)
    need = await lock_need(writer, shop_id, need_id)
    quote = await quote_of_locked(writer, need, quote_id)
    if need.accepted_quote_id == quote_id:
        return need.state
    require_need_move(need.state, NeedState.ACCEPTED)
    require_quote_move(quote.state, QuoteState.ACCEPTED)
    now = clock.now()
    if quote.price_fen != price_fen or quote.valid_until <= now:
        raise QuoteMoved
    others = [each for each in await quotes_of_locked(writer, need) if each.quote_id != quote_id]
    await move_quotes(writer, need, [quote_id], QuoteState.ACCEPTED)
    await move_quotes(writer, need, [each.quote_id for each in others], QuoteState.LOST)
    accepted = {"accepted_quote_id": quote_id, "accepted_person_id": quote.person_id}
    await move_need(writer, need, NeedState.ACCEPTED, waybill_due_at=waybill_due(now), **accepted)
    await _tell_chosen_and_others(writer, need, quote, others)
    await audit.record(
        writer,
        person,
        "parcels:shipping_need:accept",
        f"need:{need_id}",
        after={"quote_id": quote_id, "price_fen": quote.price_fen},
    )
    if not quote.waybill:
        return NeedState.ACCEPTED
    named = checked_waybill(quote.carrier, quote.waybill)
    await _send(writer, person, need, order, named)
    await _fulfil(writer, need, quote_id, named, **accepted)
    return NeedState.FULFILLED


async def _tell_chosen_and_others(
    writer: Writer, need: LockedNeed, quote: LockedQuote, others: Sequence[LockedQuote]
) -> None:
    await tell_carriers(
        writer,
        need,
        [quote.person_id],
        f"accepted:{quote.quote_id}",
        N_("Your quote was accepted"),
        N_("Pick up %(goods)s as you promised, and name the waybill if you have not yet."),
    )
    await tell_carriers(
        writer,
        need,
        [each.person_id for each in others],
        f"lost:{quote.quote_id}",
        N_("Another quote was accepted"),
        N_("The shop has chosen another carrier for %(goods)s."),
    )


async def name_need_waybill(
    writer: Writer, person: Person, shop_id: ShopId, need_id: NeedId, carrier: str, waybill: str
) -> None:
    """The carrier of the accepted quote names the waybill: the order, if the need is of one, is shipped by it.

    The same again is no error. Raises NeedUnknown (not yours), NeedMoved (too late), InvalidFields, and what
    shipping raises: an order that was stopped or cancelled meanwhile does not leave.
    """
    named = checked_waybill(carrier, waybill)
    order_id = await order_of_need(writer, shop_id, need_id)
    order = None if order_id is None else await lock_order(writer, shop_id, order_id)
    need = await lock_need(writer, shop_id, need_id)
    if need.accepted_person_id != person.person_id or need.accepted_quote_id is None:
        raise NeedUnknown
    if need.state is NeedState.FULFILLED:
        await _require_same(writer, need, named)
        return
    require_need_move(need.state, NeedState.FULFILLED)
    if need.waybill_due_at is not None and need.waybill_due_at <= clock.now():
        raise NeedMoved
    await _send(writer, person, need, order, named)
    await _fulfil(
        writer,
        need,
        need.accepted_quote_id,
        named,
        accepted_quote_id=need.accepted_quote_id,
        accepted_person_id=need.accepted_person_id,
    )
    await audit.record(
        writer,
        person,
        "parcels:shipping_need:name_waybill",
        f"need:{need_id}",
        after={"carrier": named.carrier, "waybill": named.waybill},
    )


async def _send(
    writer: Writer, person: Person, need: LockedNeed, order: LockedOrder | None, named: CheckedWaybill
) -> None:
    """The goods are on their way: with the order that they are of, or in a parcel of their own, whose track is
    followed like any other. Raises what shipping raises; WaybillUsed for a waybill of any other parcel."""
    if order is not None:
        await ship_locked(writer, person, order, named, None)
        return
    await add_shipment(
        writer,
        named,
        shop_id=need.shop_id,
        order_id=None,
        purpose=ShipmentPurpose.NEED,
        subject=f"need:{need.need_id}",
        pieces={},
    )


async def _fulfil(
    writer: Writer, need: LockedNeed, quote_id: QuoteId, named: CheckedWaybill, **accepted: object
) -> None:
    await move_need(writer, need, NeedState.FULFILLED, carrier=named.carrier, waybill=named.waybill, **accepted)
    await tell_shop(
        writer,
        need,
        f"waybill:{quote_id}",
        N_("The waybill for %(goods)s is there"),
        N_("%(waybill)s: the carrier will pick it up."),
        waybill=named.waybill,
    )


async def _require_same(writer: Writer, need: LockedNeed, named: CheckedWaybill) -> None:
    kept = await writer.records(
        "SELECT carrier, waybill FROM shipping_need WHERE shop_id = %(shop_id)s AND need_id = %(need_id)s",
        shop_id=need.shop_id,
        need_id=need.need_id,
    )
    if (kept[0]["carrier"], kept[0]["waybill"]) != (named.carrier, named.waybill):
        raise NeedMoved
