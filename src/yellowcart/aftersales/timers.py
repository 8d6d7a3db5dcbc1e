"""What happens to cases by itself: times that are over, returns that arrive, refunds that are carried out."""

from datetime import timedelta
from typing import Any

import msgspec
import structlog

from yellowcart.aftersales.model import Action, Actor, AftersaleId, CaseState, case_of_subject
from yellowcart.aftersales.reasons import COMES_BACK
from yellowcart.aftersales.return_parcel import follow_parcel, follow_return
from yellowcart.aftersales.shop_rules import shop_rules
from yellowcart.aftersales.store import HeldCase, hold_case
from yellowcart.aftersales.turns import is_due, take_turn
from yellowcart.kernel import clock
from yellowcart.kernel.database import Database, Writer
from yellowcart.kernel.events import Envelope, subscribe
from yellowcart.kernel.ids import ShopId
from yellowcart.kernel.setbacks import is_database_away
from yellowcart.kernel.tasks import sweep
from yellowcart.orders.stop import stopped_for_risk
from yellowcart.parcels.events import ParcelMoved
from yellowcart.parcels.model import ARRIVED, ShipmentPurpose
from yellowcart.payments.events import RefundSucceeded

AT_MOST = 100
"""Cases whose time is over that one run of the sweep takes up."""
TRIED_AGAIN_AFTER = timedelta(hours=1)
"""A case whose default could not happen is tried again so much later, and keeps nobody else waiting."""
log = structlog.get_logger()


class _Due(msgspec.Struct, frozen=True):
    shop_id: ShopId
    aftersale_id: AftersaleId


@sweep(every_s=5)
async def let_time_pass(database: Database) -> int:
    """What happens by default to cases whose time is over; answers how many moved. Each in a transaction of its
    own and looked at again under its lock: however often this runs, and however late, it happens once.

    While an operator stops an order for a risk, time moves none of its cases, as it does not move the order: it
    would pay out, or go on without a replacement that the shop may not send. It happens when the stop is lifted.
    """
    now = clock.now()
    async with database.reading() as reader:
        due = await reader.rows(
            _Due,
            """
            SELECT shop_id, aftersale_id FROM aftersale
            WHERE due_at <= %(now)s AND due_at IS NOT NULL AND state <> 'arbitration'
              AND NOT EXISTS (
                  SELECT FROM order_stop
                  WHERE order_stop.shop_id = aftersale.shop_id AND order_stop.order_id = aftersale.order_id
                    AND order_stop.reason = 'risk' AND order_stop.lifted_at IS NULL
              )
            ORDER BY due_at
            LIMIT %(most)s
            """,
            now=now,
            most=AT_MOST,
        )
    moved = 0
    for each in due:
        try:
            async with database.writing() as writer:
                moved += await _time_out(writer, each)
        except Exception as error:
            if is_database_away(error):
                raise
            log.exception("aftersales.time_out_failed", aftersale_id=each.aftersale_id)
            async with database.writing() as writer:
                await _try_later(writer, each)
    return moved


async def _time_out(writer: Writer, due: _Due) -> bool:
    held = await hold_case(writer, due.shop_id, due.aftersale_id)
    case = held.case
    if not is_due(case, clock.now()) or case.state is CaseState.ARBITRATION:
        return False
    if await stopped_for_risk(writer, held.order):
        return False
    if await follow_return(writer, held) is not case:
        # The carrier has told of the goods, and nobody has heard of it yet.
        return True
    action, changes = Action.TIME_OUT, await _address_by_default(writer, held)
    if case.state is CaseState.AWAITING_RETURN and case.return_address is None:
        # The shop never said where to: the buyer does not lose by it.
        action = Action.WAIVE_RETURN
    await take_turn(writer, held, action, Actor.SYSTEM, None, changes=changes)
    return True


async def _address_by_default(writer: Writer, held: HeldCase) -> dict[str, Any]:
    """Where goods go that are to come back because the shop said nothing."""
    case = held.case
    if case.state is not CaseState.AWAITING_SELLER or case.kind not in COMES_BACK:
        return {}
    return {"return_address": (await shop_rules(writer, case.shop_id)).return_address}


async def _try_later(writer: Writer, due: _Due) -> None:
    await writer.run(
        """
        UPDATE aftersale SET due_at = %(later)s
        WHERE shop_id = %(shop_id)s AND aftersale_id = %(aftersale_id)s AND due_at IS NOT NULL
        """,
        later=clock.now() + TRIED_AGAIN_AFTER,
        shop_id=due.shop_id,
        aftersale_id=due.aftersale_id,
    )


@subscribe(RefundSucceeded)
async def finish_refunded(writer: Writer, _: Envelope, event: RefundSucceeded) -> None:
    """The gateway gave the money of a case back: it is done."""
    aftersale_id = case_of_subject(event.subject)
    if aftersale_id is None:
        return
    held = await hold_case(writer, event.shop_id, aftersale_id)
    if held.case.state is CaseState.REFUNDING:
        await take_turn(writer, held, Action.REFUND_CARRIED_OUT, Actor.SYSTEM, None, amount_fen=event.amount_fen)


@subscribe(ParcelMoved)
async def follow_returns(writer: Writer, _: Envelope, event: ParcelMoved) -> None:
    """A return has arrived, or is with the buyer again: whose time runs is told by the carrier's word."""
    if event.purpose is ShipmentPurpose.RETURN and event.after in ARRIVED and event.order_id is not None:
        await follow_parcel(writer, event.shop_id, event.order_id, event.shipment_id)
