"""Steps of paying: opening the cashier, paying or being refused at the provider, coming back or not, notifications
in any order and number, a way to pay given up for another. The provider may be silent, and the power may go
anywhere."""

from collections.abc import Awaitable
from typing import Any

from tests.lives.bookkeeping import Order
from tests.lives.buying import buyer_of, one_order
from tests.lives.dice import Dice
from tests.lives.life import BooksDiffer, Life, Outcome
from tests.lives.power_cut import Cut, cutting, is_cut
from tests.lives.provider import BookKeeper, ChargeThere, Mood
from yellowcart.kernel.errors import Refusal
from yellowcart.kernel.ids import OrderId
from yellowcart.payments.gateway import GatewayState
from yellowcart.payments.model import Payment, PaymentMethod, PaymentState
from yellowcart.payments.notify import take_in_notification
from yellowcart.payments.pay import Payer, open_cashier, settle_payment

METHODS = (PaymentMethod.WECHAT_NATIVE, PaymentMethod.ALIPAY_PAGE, PaymentMethod.WECHAT_H5)
MOODS = (Mood.SILENT, Mood.SILENT_AFTER, Mood.DIES_BEFORE, Mood.DIES_AFTER, Mood.BUSY)
BAD_DAY = {"provider_silent", "provider_refused"}


async def outside(life: Life, call: Awaitable[Any], cut: Cut | None) -> Outcome[Any]:
    """Run something that speaks to providers, in several transactions; the power may go in each of them."""
    try:
        with cutting(cut):
            answer = await call
    except Refusal as refused:
        life.counts[f"refused {refused.code}"] += 1
        life.tell(f"  refused: {refused.code}")
        return Outcome(refused=refused)
    except BaseException as error:
        if not is_cut(error, cut):
            raise
        life.counts["cut between prepare, pay and finish"] += 1
        life.tell("  the power goes")
        return Outcome()
    finally:
        for provider in life.premises.providers.values():
            provider.moods.clear()
    return Outcome(answer, happened=True)


def bad_mood(life: Life, dice: Dice, one_in: int = 8) -> bool:
    """Sometimes, let both providers be bad at their next call or the one after."""
    if not dice.chance(1, one_in):
        return False
    mood, well_before = dice.one(MOODS), dice.pick(2)
    for provider in life.premises.providers.values():
        provider.moods.extend([Mood.WELL] * well_before + [mood])
    life.tell(f"  (providers: {mood.value} after {well_before})")
    return True


async def pay(life: Life, dice: Dice) -> None:
    """All in one: the cashier is opened, the payer pays, and the platform is told or not."""
    order = one_order(life, dice, "submitted")
    if order is None:
        return
    if await _open(life, order, dice.one(METHODS), dice):
        await life.look()
        life.tick(20)
        for provider, charge in life.charges_of(order.order_id)[-1:]:
            if dice.chance(1, 6):
                # Back too late, or never: the goods may be gone by then.
                life.tick(dice.one([60, 700, 2_000]))
            provider.pay(charge)
            await _tell(life, dice, provider, charge)


async def open_only(life: Life, dice: Dice) -> None:
    """The cashier is opened, perhaps by another way to pay than before, and left so."""
    order = one_order(life, dice, "submitted") if dice.chance(4, 5) else one_order(life, dice)
    if order is not None:
        await _open(life, order, dice.one(METHODS), dice)


async def at_the_provider(life: Life, dice: Dice) -> None:
    """Something happens at the provider, and nobody tells the platform: it is paid, or refused."""
    order = one_order(life, dice)
    if order is None:
        return
    await life.look()
    charges = [each for each in life.charges_of(order.order_id) if each[1].state is GatewayState.OPEN]
    if not charges:
        return
    provider, charge = dice.one(charges)
    if dice.chance(1, 4):
        charge.state = GatewayState.REFUSED
    else:
        provider.pay(charge)
    life.tell(f"at {provider.name}, the charge for {order.order_id} is {charge.state.value}")


async def notice(life: Life, dice: Dice) -> None:
    """The payer comes back, or a notification comes: the first, a late one, the same once more, or a wrong one."""
    order = one_order(life, dice)
    if order is None:
        return
    await life.look()
    charges = life.charges_of(order.order_id)
    if charges:
        await _tell(life, dice, *dice.one(charges))


async def _open(life: Life, order: Order, method: PaymentMethod, dice: Dice) -> bool:
    life.tell(f"the cashier of {order.order_id} is opened, {method.value}")
    bad, cut = bad_mood(life, dice), dice.cut(transactions=3)
    waits = order.state == "submitted" and order.hold_until > life.now
    found_paid = any(charge.state is GatewayState.PAID for _, charge in life.charges_of(order.order_id))
    outcome = await outside(
        life,
        open_cashier(
            life.premises.database,
            life.premises.gateways,
            buyer_of(life, order),
            life.shop_id,
            OrderId(order.order_id),
            method,
            Payer(),
        ),
        cut,
    )
    if outcome.refused is not None:
        allowed = BAD_DAY if bad else set()
        if not waits or found_paid:
            allowed = allowed | {"order_moved"}
        if outcome.refused.code == "provider_refused" and _refused_there(life, order):
            return False
        if outcome.refused.code not in allowed:
            raise BooksDiffer(f"the cashier of a waiting order is refused: {outcome.refused.code}")
    elif outcome.happened and not waits:
        raise BooksDiffer(f"a cashier was opened for {order.order_id}, which is {order.state}")
    return outcome.happened


def _refused_there(life: Life, order: Order) -> bool:
    """Whether the payer's bank said no to a charge that the platform still thinks open."""
    over = {GatewayState.REFUSED, GatewayState.CLOSED}
    return any(charge.state in over for _, charge in life.charges_of(order.order_id))


async def _tell(life: Life, dice: Dice, provider: BookKeeper, charge: ChargeThere) -> None:
    payment_state = _state_of(life, charge)
    how = dice.pick(6)
    bad, cut = bad_mood(life, dice), dice.cut(transactions=2)
    if how < 3:
        life.tell(f"the payer of {charge.payment_id} comes back")
        outcome = await outside(
            life,
            settle_payment(life.premises.database, life.premises.gateways, life.shop_id, charge.payment_id),
            cut,
        )
        if outcome.refused is not None and not bad:
            raise BooksDiffer(f"asking for {charge.payment_id} is refused: {outcome.refused.code}")
        if outcome.happened and charge.state is GatewayState.PAID:
            _require_final(charge, payment_of(outcome).state)
        return
    lies = how == 5
    number = f"{charge.payment_id}-{charge.state.value}-{'lie' if lies else 'told'}"
    life.tell(f"{provider.name} tells of {charge.payment_id}" + (" another amount" if lies else ""))
    headers, body = provider.notification(charge, number, amount_fen=charge.amount_fen + 1 if lies else None)
    outcome = await outside(
        life,
        take_in_notification(life.premises.database, life.premises.gateways, provider.name, headers, body),
        cut,
    )
    if outcome.happened:
        taken = outcome.answer is not None and outcome.answer.status == 200
        if lies and taken:
            raise BooksDiffer(f"{provider.name} was believed a wrong amount for {charge.payment_id}")
        if not lies and not taken and not bad:
            raise BooksDiffer(f"{provider.name} was not believed about {charge.payment_id}, {payment_state}")
        if not lies and taken and charge.state is GatewayState.PAID:
            await life.look()
            _require_final(charge, PaymentState(_state_of(life, charge)))


def payment_of(outcome: Outcome[Any]) -> Payment:
    """The payment that was settled."""
    assert isinstance(outcome.answer, Payment)
    return outcome.answer


def _require_final(charge: ChargeThere, state: PaymentState) -> None:
    if state not in {PaymentState.SUCCEEDED, PaymentState.SURPLUS}:
        raise BooksDiffer(f"the provider has the money of {charge.payment_id}, which stays {state.value}")


def _state_of(life: Life, charge: ChargeThere) -> str:
    return next(each.state for each in life.tables.payments if each.payment_id == charge.payment_id)
