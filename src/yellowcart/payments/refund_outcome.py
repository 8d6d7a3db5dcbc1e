"""What a provider says of a refund, written down: done, under way, to be tried again, or refused for good.

An answer counts for the number by which the provider was asked, and for a refund that still is as it was then: a
slow answer never decides about what has moved on.
"""

import structlog

from yellowcart.accounts.inbox import NewMessage, post_messages
from yellowcart.kernel import clock
from yellowcart.kernel.database import Database, Writer
from yellowcart.kernel.events import Event, publish
from yellowcart.kernel.money import write_yuan
from yellowcart.kernel.translation import N_
from yellowcart.payments.events import RefundFailed, RefundSucceeded
from yellowcart.payments.findings import NewFinding, close_findings_of, note_finding
from yellowcart.payments.gateway import RefundAnswer, RefundProgress
from yellowcart.payments.model import FindingKind, RefundState
from yellowcart.payments.pay import RIGHT_BY_ITSELF
from yellowcart.payments.references import reference_of
from yellowcart.payments.refunds import THIS_NUMBER, Refund, give_number, read_refund
from yellowcart.payments.rules import REFUND_ATTEMPTS_MAX, refund_again_after

NO_ANSWER = "no answer from the provider"
ABNORMAL = "the buyer's account does not take the money back"
CLOSED_THERE = "the provider closed the refund"
OTHER_AMOUNT = "the provider gave back another amount"

log = structlog.get_logger()


async def write_down(database: Database, refund: Refund, answer: RefundAnswer) -> RefundState:
    """Write down what a provider says of a refund; answers its state then. A refund that was thought to have
    failed is done when the provider says so, and under way again when it is."""
    match answer.progress:
        case RefundProgress.DONE if answer.amount_fen not in {None, refund.amount_fen}:
            return await give_up(database, refund, OTHER_AMOUNT, theirs_fen=answer.amount_fen)
        case RefundProgress.DONE:
            return await _succeed(database, refund, answer.reference)
        case RefundProgress.ABNORMAL:
            return await give_up(database, refund, ABNORMAL)
        case RefundProgress.CLOSED:
            # Its number is used up at the provider: another try goes out under a new one.
            return await give_up(database, refund, CLOSED_THERE, is_used_up=True)
        case RefundProgress.PROCESSING:
            return await _follow(database, refund)
        case _:
            return refund.state


async def state_of(database: Database, refund: Refund) -> RefundState:
    """The state of a refund now."""
    async with database.reading() as reader:
        return (await read_refund(reader, refund.shop_id, refund.refund_id)).state


async def _follow(database: Database, refund: Refund) -> RefundState:
    """The provider has taken it on: it is asked for until it is done, also when it was thought to have failed."""
    if refund.state is not RefundState.FAILED:
        return await put_off(database, refund, "", accepted=True)
    async with database.writing() as writer:
        await writer.run(
            f"""
            UPDATE refund
            SET state = 'requested', attempts = 0, accepted_at = %(now)s, ask_at = %(ask_at)s, failure = ''
            WHERE {THIS_NUMBER} AND state = 'failed'
            """,  # noqa: S608 - the condition is a constant of ours
            now=clock.now(),
            ask_at=clock.now() + refund_again_after(1),
            **refund.key,
        )
    return await state_of(database, refund)


async def _succeed(database: Database, refund: Refund, reference: str) -> RefundState:
    async with database.writing() as writer:
        done = await writer.run(
            """
            UPDATE refund
            SET state = 'succeeded', succeeded_at = %(now)s, ask_at = NULL, attempts = attempts + 1, failure = '',
                gateway_reference = %(reference)s, sent_as = nullif(%(number)s::bigint, refund_id)
            WHERE shop_id = %(shop_id)s AND refund_id = %(refund_id)s AND state <> 'succeeded'
            """,
            now=clock.now(),
            reference=reference or None,
            **refund.key,
        )
        if done:
            await tell_of_success(writer, refund)
            of_payment = reference_of(refund.shop_id, refund.payment_id)
            await close_findings_of(writer, refund.gateway, [(of_payment, refund.reference)], RIGHT_BY_ITSELF)
        else:
            await _note_if_given_twice(writer, refund)
    return RefundState.SUCCEEDED


async def _note_if_given_twice(writer: Writer, refund: Refund) -> None:
    """The provider has done what was ended already: by hand, or under another number. Somebody has to know."""
    twice = await writer.value(
        """
        SELECT true FROM refund
        WHERE shop_id = %(shop_id)s AND refund_id = %(refund_id)s
          AND (by_hand_by IS NOT NULL OR coalesce(sent_as, refund_id) <> %(number)s)
        """,
        **refund.key,
    )
    if twice:
        log.error("payments.refund_given_twice", refund_id=refund.refund_id, number=refund.number)
        await note_finding(writer, _finding(refund, FindingKind.STATE_DIFFERS, refund.amount_fen))


async def tell_of_success(writer: Writer, refund: Refund, *, receipt: str = "") -> None:
    """Money is back: higher floors and the buyer hear of it, in the transaction that says so. With a `receipt` it
    went by another way than it came."""
    await _publish(writer, refund, RefundSucceeded)
    body = N_("¥%(sum)s of order %(order)s went back the way you paid. Your bank may take some days to show it.")
    if receipt:
        body = N_(
            "¥%(sum)s of order %(order)s could not go back the way you paid, and was given to you by another way."
            " Number of the receipt: %(receipt)s."
        )
    await post_messages(
        writer,
        [
            NewMessage(
                person_id=refund.buyer_id,
                kind="refund.succeeded",
                occasion=f"refund:{refund.shop_id}:{refund.refund_id}",
                title=N_("Your money is back: ¥%(sum)s"),
                body=body,
                parts={
                    "sum": write_yuan(refund.amount_fen),
                    "order": str(refund.order_id),
                    **({"receipt": receipt} if receipt else {}),
                },
                link=f"/orders/{refund.shop_id}/{refund.order_id}",
            )
        ],
    )


async def put_off(database: Database, refund: Refund, failure: str, *, accepted: bool = False) -> RefundState:
    """It is asked for again later: because of `failure`, or because the provider has `accepted` it. One that was
    tried REFUND_ATTEMPTS_MAX times in vain is given up, unless the provider has ever accepted it: whether that one
    is done is asked without end."""
    attempts = refund.attempts + 1
    if attempts >= REFUND_ATTEMPTS_MAX and not accepted and refund.accepted_at is None:
        return await give_up(database, refund, failure or NO_ANSWER)
    async with database.writing() as writer:
        await writer.run(
            f"""
            UPDATE refund
            SET attempts = %(attempts)s, ask_at = %(ask_at)s, failure = %(failure)s,
                accepted_at = CASE WHEN %(accepted)s THEN coalesce(accepted_at, %(now)s) ELSE accepted_at END
            WHERE {THIS_NUMBER} AND state = 'requested'
            """,  # noqa: S608 - the condition is a constant of ours
            attempts=attempts,
            ask_at=clock.now() + refund_again_after(attempts),
            failure=failure[:300],
            accepted=accepted,
            now=clock.now(),
            **refund.key,
        )
    return await state_of(database, refund)


async def give_up(
    database: Database,
    refund: Refund,
    failure: str,
    *,
    is_used_up: bool = False,
    is_not_taken_on: bool = False,
    theirs_fen: int | None = None,
) -> RefundState:
    """The provider will not do it by itself. With `is_used_up` another try goes out under a new number; with
    `is_not_taken_on` it has said no to this very number, whatever it said before."""
    async with database.writing() as writer:
        failed = await writer.run(
            f"""
            UPDATE refund
            SET state = 'failed', failure = %(failure)s, attempts = attempts + 1, ask_at = NULL,
                accepted_at = CASE WHEN NOT %(let_go)s THEN accepted_at END
            WHERE {THIS_NUMBER} AND state = 'requested'
            """,  # noqa: S608 - the condition is a constant of ours
            failure=failure[:300],
            let_go=is_not_taken_on or is_used_up,
            **refund.key,
        )
        if failed:
            if is_used_up:
                await give_number(writer, refund)
            log.warning("payments.refund_failed", refund_id=refund.refund_id, failure=failure)
            await _publish(writer, refund, RefundFailed)
        if theirs_fen is not None:
            await note_finding(writer, _finding(refund, FindingKind.AMOUNT_DIFFERS, theirs_fen))
    return await state_of(database, refund)


def _finding(refund: Refund, kind: FindingKind, theirs_fen: int) -> NewFinding:
    return NewFinding(
        provider=refund.gateway,
        kind=kind,
        subject=f"{refund.reference} refund",
        reference=reference_of(refund.shop_id, refund.payment_id),
        refund_reference=refund.reference,
        ours_fen=refund.amount_fen,
        theirs_fen=theirs_fen,
    )


async def _publish(writer: Writer, refund: Refund, kind: type[RefundSucceeded] | type[RefundFailed]) -> None:
    event: Event = kind(
        shop_id=refund.shop_id,
        order_id=refund.order_id,
        payment_id=refund.payment_id,
        refund_id=refund.refund_id,
        cause=refund.cause,
        subject=refund.subject,
        amount_fen=refund.amount_fen,
    )
    await publish(writer, event, shop_id=refund.shop_id)
