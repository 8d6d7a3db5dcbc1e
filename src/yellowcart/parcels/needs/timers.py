"""What happens to shipping needs and quotes when their time is over."""

from collections.abc import Sequence
from datetime import datetime

from yellowcart.kernel import clock
from yellowcart.kernel.database import Database, Writer
from yellowcart.kernel.setbacks import Setbacks
from yellowcart.kernel.tasks import sweep
from yellowcart.kernel.translation import N_
from yellowcart.parcels.needs.model import NeedId, NeedState, QuoteState
from yellowcart.parcels.needs.rules import require_need_move
from yellowcart.parcels.needs.store import (
    LockedNeed,
    lock_needs_due,
    move_need,
    move_quotes,
    quotes_of_locked,
    tell_carriers,
    tell_shop,
)

AT_ONCE = 100
_not_expired = Setbacks[NeedId]("expire_needs")
_not_reopened = Setbacks[NeedId]("reopen_needs")


@sweep(every_s=30)
async def expire_needs(database: Database) -> int:
    """Open needs whose time passed end; the shop and who quoted are told."""
    async with database.writing() as writer:
        due = await lock_needs_due(
            writer,
            "state = 'open' AND due_at <= %(now)s AND need_id <> ALL(%(put_off)s)",
            AT_ONCE,
            now=clock.now(),
            put_off=_not_expired.put_off(),
        )
        return await _not_expired.act_on_set(
            writer, due, lambda need: need.need_id, lambda needs: _expire(writer, needs)
        )


async def _expire(writer: Writer, needs: Sequence[LockedNeed]) -> None:
    for need in needs:
        quotes = await quotes_of_locked(writer, need)
        require_need_move(need.state, NeedState.EXPIRED)
        await move_quotes(writer, need, [quote.quote_id for quote in quotes], QuoteState.LOST)
        await move_need(writer, need, NeedState.EXPIRED)
        await tell_shop(
            writer,
            need,
            "expired",
            N_("Nobody was chosen for %(goods)s"),
            N_("The time of your shipping need is over. Publish it again if it still has to go."),
        )
        await tell_carriers(
            writer,
            need,
            [quote.person_id for quote in quotes],
            "expired",
            N_("A shipping need has ended"),
            N_("The shop chose nobody for %(goods)s in time."),
        )


@sweep(every_s=30)
async def expire_quotes(database: Database) -> int:
    """Open quotes whose time passed are no longer offered."""
    async with database.writing() as writer:
        return await writer.run(
            """
            UPDATE shipping_quote SET state = 'expired', changed_at = %(now)s
            WHERE (shop_id, need_id, quote_id) IN (
                SELECT shop_id, need_id, quote_id FROM shipping_quote
                WHERE state = 'open' AND valid_until <= %(now)s
                ORDER BY shop_id, need_id, quote_id
                LIMIT %(most)s
                FOR UPDATE SKIP LOCKED
            )
            """,
            now=clock.now(),
            most=AT_ONCE,
        )


@sweep(every_s=30)
async def reopen_needs(database: Database) -> int:
    """Accepted needs whose carrier named no waybill in time are open again, or end if their own time passed."""
    now = clock.now()
    async with database.writing() as writer:
        due = await lock_needs_due(
            writer,
            "state = 'accepted' AND waybill_due_at <= %(now)s AND need_id <> ALL(%(put_off)s)",
            AT_ONCE,
            now=now,
            put_off=_not_reopened.put_off(),
        )
        return await _not_reopened.act_on_set(
            writer, due, lambda need: need.need_id, lambda needs: _reopen(writer, needs, now)
        )


async def _reopen(writer: Writer, needs: Sequence[LockedNeed], now: datetime) -> None:
    for need in needs:
        after = NeedState.OPEN if need.due_at > now else NeedState.EXPIRED
        require_need_move(need.state, after)
        assert need.accepted_quote_id is not None, "a check of the table says so"
        assert need.accepted_person_id is not None, "a check of the table says so"
        await move_quotes(writer, need, [need.accepted_quote_id], QuoteState.FAILED)
        await move_need(writer, need, after)
        await tell_shop(
            writer,
            need,
            f"failed:{need.accepted_quote_id}",
            N_("No waybill for %(goods)s"),
            N_("The carrier named no waybill in time. The need is open again, unless its own time is over."),
        )
        await tell_carriers(
            writer,
            need,
            [need.accepted_person_id],
            f"failed:{need.accepted_quote_id}",
            N_("You named no waybill in time"),
            N_("The shop looks for another carrier for %(goods)s."),
        )
