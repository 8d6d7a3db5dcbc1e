"""Steps of nobody: time passes and every timer runs; providers carry out refunds, or do not; operators look after
what failed; and at the end of a life everything comes to its end."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

from tests.lives.accounts_agree import require_agreement, take_in_money
from tests.lives.dice import Dice
from tests.lives.life import BooksDiffer, Life
from tests.lives.paying import bad_mood, outside
from tests.lives.power_cut import Cut
from tests.lives.provider import Mood
from yellowcart.aftersales import arbitrate
from yellowcart.aftersales.model import AftersaleId
from yellowcart.aftersales.timers import let_time_pass
from yellowcart.aftersales.turns import Said
from yellowcart.kernel import clock
from yellowcart.kernel.database import Database
from yellowcart.kernel.events import deliver_events
from yellowcart.kernel.ids import OrderId, PaymentId
from yellowcart.orders.stop import lift_risk
from yellowcart.orders.timers import complete_old_receipts, confirm_old_shipments, lapse_unpaid_orders
from yellowcart.parcels.model import NewShipment
from yellowcart.parcels.ship import ship_order
from yellowcart.parcels.timers import warn_of_ship_promises
from yellowcart.payments.findings import decide_finding
from yellowcart.payments.model import FindingState
from yellowcart.payments.references import reference_of
from yellowcart.payments.refund_desk import done_by_hand, try_again
from yellowcart.payments.timers import ask_for_silent_payments, carry_out_refunds, compare_bills
from yellowcart.promotions.timers import end_passed_prices, tell_of_begun_prices

MINUTE, HOUR, DAY = 60, 3_600, 86_400
JUMPS = (MINUTE, 5 * MINUTE, 31 * MINUTE, 2 * HOUR, 25 * HOUR, 37 * HOUR, 3 * DAY, 8 * DAY, 11 * DAY)
REFUND_MOODS = (
    Mood.SILENT,
    Mood.SILENT_AFTER,
    Mood.DIES_BEFORE,
    Mood.DIES_AFTER,
    Mood.BUSY,
    Mood.REFUSES,
    Mood.PROCESSING,
    Mood.ABNORMAL,
    Mood.CLOSES,
)
TIMERS: tuple[Callable[[Database], Awaitable[int]], ...] = (
    lapse_unpaid_orders,
    tell_of_begun_prices,
    end_passed_prices,
    ask_for_silent_payments,
    let_time_pass,
    confirm_old_shipments,
    complete_old_receipts,
    warn_of_ship_promises,
    carry_out_refunds,
    deliver_events,
)
"""In an order that the books follow."""
NOT_BY_HAND = {
    "refund_done_there",
    "refund_under_way_there",
    "refund_uncertain",
    "refund_just_sent",
    "payment_doubtful",
}
"""Why a failed refund may not be ended by hand now, as the provider or the books say."""
RUNS_MOST = 60


async def jump(life: Life, dice: Dice) -> None:
    """Time passes, every timer runs; perhaps the power goes while one does, and all of them run again."""
    waiting = any(order.state == "submitted" for order in life.books.orders.values())
    seconds = dice.one(JUMPS[:2]) if waiting and dice.chance(2, 3) else dice.one(JUMPS)
    bad = dice.chance(1, 4)
    if bad:
        mood, well_before = dice.one(REFUND_MOODS), dice.pick(2)
        for provider in life.premises.providers.values():
            provider.moods.extend([Mood.WELL] * well_before + [mood])
        life.tell(f"  (providers: {mood.value} after {well_before})")
    await pass_time(life, seconds, dice.cut(8, transactions=8))


async def pass_time(life: Life, seconds: float, cut: Cut | None = None) -> None:
    """So many seconds pass."""
    life.tick(seconds)
    life.tell(f"{seconds / HOUR:.1f} hours pass")
    await _run_timers(life, cut)
    life.books.let_holds_pass(life.now)
    await _take_in(life)
    turns = {row.aftersale_id: row.last_step_id for row in life.tables.cases}
    life.books.let_cases_pass(life.now, turns, has_address=life.shop.return_address)
    life.books.let_orders_pass(life.now)


async def _take_in(life: Life) -> None:
    """What providers have had may have paid orders meanwhile: before their goods were given up, or not at all."""
    take_in_money(life, await life.look())


async def _run_timers(life: Life, cut: Cut | None) -> None:
    for _ in range(4):
        if (await outside(life, _all_timers(life), cut)).happened:
            return
        # The power is back: every timer begins again.
        cut = None
    raise BooksDiffer("timers do not come to an end")


async def _all_timers(life: Life) -> None:
    timers = (*TIMERS, compare_bills) if life.reconciles else TIMERS
    for timer in timers:
        runs = 0
        while await timer(life.premises.database):
            runs += 1
            if runs > RUNS_MOST:
                raise BooksDiffer(f"{timer.__name__} finds something to do again and again")


async def carry_on(life: Life, dice: Dice) -> None:
    """Providers do what they have taken on, refunds are carried out, and everybody hears of it."""
    for provider in life.premises.providers.values():
        provider.carry_on()
        if dice.chance(1, 5):
            provider.moods.append(dice.one(REFUND_MOODS))
    life.tell("refunds are carried out")
    for timer in (carry_out_refunds, deliver_events):
        await outside(life, timer(life.premises.database), dice.cut(8))


async def mend(life: Life, dice: Dice) -> None:
    """An operator looks after a refund that failed: tries again, or gives the money back by hand."""
    failed = [each for each in (await life.look()).refunds if each.state == "failed"]
    if not failed:
        return
    refund, operator = dice.one(failed), life.premises.operators[0]
    by_hand = dice.chance(1, 3)
    life.tell(f"refund {refund.refund_id} is " + ("done by hand" if by_hand else "tried again"))
    if by_hand:
        bad_mood(life, dice, one_in=4)
        await _end_by_hand(life, refund.refund_id, dice.cut(transactions=3))
        return
    outcome = await life.act(
        lambda writer: try_again(writer, operator, life.shop_id, refund.refund_id), dice.cut()
    )
    life.require(outcome, set())


async def _end_by_hand(life: Life, refund_id: int, cut: Cut | None = None) -> None:
    """An operator gives money back by hand, unless the provider's word is against it."""
    premises, operator = life.premises, life.premises.operators[1]
    outcome = await outside(
        life,
        done_by_hand(premises.database, premises.gateways, operator, life.shop_id, refund_id, "receipt 12"),
        cut,
    )
    if outcome.refused is not None and outcome.refused.code not in NOT_BY_HAND:
        raise BooksDiffer(f"refund {refund_id} is not ended by hand: {outcome.refused.code}")


async def _decide_findings(life: Life) -> None:
    """An operator looks into everything that was found about this life's payments."""
    references = [reference_of(life.shop_id, PaymentId(each.payment_id)) for each in life.tables.payments]
    async with life.premises.database.writing() as writer:
        found = await writer.column(
            "SELECT finding_id FROM payment_finding WHERE state = 'open' AND reference = ANY(%(references)s)"
            " ORDER BY finding_id LIMIT 1000",
            references=references,
        )
        for finding_id in found:
            await decide_finding(
                writer, life.premises.operators[0], finding_id, FindingState.IGNORED, "looked into"
            )


async def lower_price(life: Life, dice: Dice) -> None:
    """The second SKU becomes cheaper, or dearer again."""
    sku = life.shop.world.sku_ids[1]
    price = dice.one([4_000, 3_500, 4_990, 1])
    life.tell(f"B costs {price} now")
    async with life.premises.database.writing() as writer:
        await writer.run("UPDATE sku SET price_fen = %(price)s WHERE sku_id = %(sku)s", price=price, sku=sku)
    life.books.prices[sku] = price
    await life.premises.snapshots.read(life.shop.world.listing_id)


async def come_to_an_end(life: Life) -> None:
    """Everything ends: what waits is decided, sent, received or given back, and nothing is left over."""
    life.tell("the life comes to its end")
    for _ in range(14):
        await _leave_nothing(life)
        await pass_time(life, 11 * DAY)
        for provider in life.premises.providers.values():
            provider.carry_on()
        await require_agreement(life)
        if _is_over(life):
            break
    else:
        raise BooksDiffer("the life does not come to its end")
    _require_nothing_left(life)


async def _leave_nothing(life: Life) -> None:
    shop, database = life.shop, life.premises.database
    async with database.writing() as writer:
        # Providers go by the machine's clock, which no life can move: what they were to take money for is over.
        await writer.run(
            "UPDATE payment SET expires_at = %(before)s WHERE shop_id = %(shop_id)s AND state = 'prepared'",
            before=clock.system_now() - timedelta(hours=1),
            shop_id=life.shop_id,
        )
        for order in life.books.orders.values():
            key = (life.shop_id, OrderId(order.order_id))
            if order.risk:
                await lift_risk(writer, life.premises.operators[0], *key)
                order.risk = False
            if order.may_ship and not order.stops:
                waybill, left = (
                    life.waybill(),
                    {each.line_id: each.to_ship for each in order.lines if each.to_ship},
                )
                await ship_order(writer, shop.merchant, *key, NewShipment("ZTO", waybill))
                life.books.ship(order, left, life.now)
                life.parcels.setdefault(order.order_id, []).append(waybill)
                life.sent[waybill] = left
    for _, _, case in list(life.books.cases.values()):
        if case.state == "arbitration":
            decision = arbitrate.Decision(verdict=arbitrate.Verdict.FOR_SELLER)
            async with database.writing() as writer:
                key_of_case = (life.shop_id, AftersaleId(case.case_id))
                operator = life.premises.operators[1]
                await arbitrate.arbitrate(writer, operator, *key_of_case, decision, Said(words="enough"))
            life.books.move(case, "refused", life.now)
    for refund in life.tables.refunds:
        if refund.state == "failed":
            await _decide_findings(life)
            await _end_by_hand(life, refund.refund_id)
            await _take_in(life)


def _is_over(life: Life) -> bool:
    tables = life.tables
    return (
        all(order.state in {"completed", "closed"} for order in tables.orders)
        and all(case.state in {"done", "withdrawn", "refused", "closed"} for case in tables.cases)
        and all(payment.state != "prepared" for payment in tables.payments)
        and all(refund.state == "succeeded" for refund in tables.refunds)
    )


def _require_nothing_left(life: Life) -> None:
    """No piece is held, no order stopped, and each provider keeps what was paid less what went back."""
    tables = life.tables
    if any(held for _, _, _, held, _ in tables.stock) or any(order.stops for order in tables.orders):
        raise BooksDiffer("something is held or stopped for ever")
    for payment in tables.payments:
        provider = life.premises.providers[payment.gateway]
        charge = next((each for each in provider.charges.values() if each.payment_id == payment.payment_id), None)
        by_hand = sum(
            refund.amount_fen
            for refund in tables.refunds
            if refund.by_hand and refund.payment_id == payment.payment_id
        )
        kept = charge.kept_fen if charge else 0
        owed = payment.amount_fen - payment.refunded_fen if payment.state in {"succeeded", "surplus"} else 0
        if kept - by_hand != owed:
            raise BooksDiffer(
                f"payment {payment.payment_id} ({payment.state}): the provider keeps {kept},"
                f" {by_hand} went back by hand, and {owed} is ours"
            )
