"""Carrying out refunds: the provider is asked outside of any transaction, as often as it takes.

A refund has one number at the provider, so that a call whose answer was lost can be repeated. What can pass by
waiting (no answer, a balance that is too low, a failure of the provider's own) is tried again later and later for
a week; what the provider refuses for good fails, and an operator finds it on the payments page.
"""

from yellowcart.kernel import clock
from yellowcart.kernel.database import Database, Reader
from yellowcart.payments.errors import ProviderRefused, ProviderSilent
from yellowcart.payments.gateway import PaymentGateway, RefundAnswer, RefundProgress
from yellowcart.payments.model import PASSING, RefundState
from yellowcart.payments.providers import Gateways
from yellowcart.payments.refund_outcome import NO_ANSWER, give_up, put_off, state_of, write_down
from yellowcart.payments.refunds import READ, THIS_NUMBER, Refund, read_refund

AT_MOST = 50
OUR_FAULT = "the answer could not be dealt with here"
"""A refund at which our own code failed; the log says how."""


async def requested_refunds(reader: Reader) -> list[Refund]:
    """Refunds whose turn at their gateway has come, AT_MOST of each gateway, one gateway after another and of each
    the longest waiting first."""
    return await reader.rows(
        Refund,
        f"""
        WITH due AS (
            SELECT refund.shop_id, refund.refund_id,
                   row_number() OVER (
                       PARTITION BY payment.gateway ORDER BY refund.ask_at, refund.refund_id
                   ) AS turn
            FROM refund
            JOIN payment USING (shop_id, payment_id)
            WHERE refund.state = 'requested' AND coalesce(refund.ask_at, refund.requested_at) <= %(now)s
        )
        {READ}
        JOIN due ON due.shop_id = refund.shop_id AND due.refund_id = refund.refund_id
        WHERE due.turn <= %(limit)s
        ORDER BY payment.gateway, due.turn
        """,  # noqa: S608 - the query is a constant of ours
        now=clock.now(),
        limit=AT_MOST,
    )


async def carry_out(database: Database, gateways: Gateways, refund: Refund) -> RefundState:
    """Have the gateway give the money back and write down what it says; answers the refund's state then. Safe to
    repeat: at the provider a number is refunded once, and here a state is left once.

    `refund` may have been read long ago: what counts is how it stands when the provider is about to be asked. One
    that failed meanwhile is only asked about, because an operator may be giving it back by hand.
    """
    async with database.reading() as reader:
        refund = await read_refund(reader, refund.shop_id, refund.refund_id)
    if refund.state is RefundState.SUCCEEDED:
        return refund.state
    told = False
    try:
        gateway = gateways.of(refund.gateway)
        answer = await _ask(gateway, refund)
        if answer is None:
            if not await _take_up(database, refund):
                return await state_of(database, refund)
            told = True
            answer = await gateway.refund(refund.order)
    except ProviderSilent:
        return await put_off(database, refund, NO_ANSWER)
    except ProviderRefused as refused:
        if refused.meaning in PASSING:
            return await put_off(database, refund, refused.told())
        return await give_up(database, refund, refused.told(), is_not_taken_on=told)
    return await write_down(database, refund, answer)


async def learn_of(database: Database, gateways: Gateways, refund: Refund) -> RefundState:
    """Ask the provider how far a refund is, without telling it to do anything, and write down what it says;
    answers the refund's state then. Raises ProviderSilent, ProviderRefused."""
    answer = await gateways.of(refund.gateway).query_refund(refund.order)
    return await write_down(database, refund, answer)


async def _ask(gateway: PaymentGateway, refund: Refund) -> RefundAnswer | None:
    """What the provider says of a refund that it knows, or None when it has to be told to give it back."""
    if refund.accepted_at is None and refund.state is not RefundState.FAILED:
        return None
    answer = await gateway.query_refund(refund.order)
    unknown = answer.progress is RefundProgress.UNKNOWN
    return None if unknown and refund.state is not RefundState.FAILED else answer


async def _take_up(database: Database, refund: Refund) -> bool:
    """Note that the provider is told to give a refund back now, unless it was decided otherwise meanwhile: whoever
    ends a refund by hand looks at this moment."""
    async with database.writing() as writer:
        taken = await writer.run(
            f"""
            UPDATE refund SET sent_at = %(now)s
            WHERE {THIS_NUMBER} AND state = 'requested'
            """,  # noqa: S608 - the condition is a constant of ours
            now=clock.now(),
            **refund.key,
        )
    return bool(taken)
