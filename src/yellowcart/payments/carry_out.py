"""Carrying out refunds: the provider is asked outside of any transaction, as often as it takes.

A refund has one number at the provider, so that a call whose answer was lost can be repeated. What can pass by
waiting (no answer, a balance that is too low, a failure of the provider's own) is tried again later and later for
a week; what the provider refuses for good fails, and an operator finds it on the payments page.
"""

from datetime import datetime

import msgspec
import structlog

from yellowcart.accounts.inbox import NewMessage, post_messages
from yellowcart.kernel import clock
from yellowcart.kernel.database import Database, Reader, Writer
from yellowcart.kernel.events import Event, publish
from yellowcart.kernel.ids import OrderId, PaymentId, PersonId, ShopId, new_id
from yellowcart.kernel.money import write_yuan
from yellowcart.kernel.translation import N_
from yellowcart.payments.errors import ProviderRefused, ProviderSilent, RefundUnknown
from yellowcart.payments.events import RefundFailed, RefundSucceeded
from yellowcart.payments.findings import NewFinding, close_findings_of, note_finding
from yellowcart.payments.gateway import PaymentGateway, RefundAnswer, RefundOrder, RefundProgress
from yellowcart.payments.model import PASSING, FindingKind, RefundCause, RefundState
from yellowcart.payments.pay import RIGHT_BY_ITSELF
from yellowcart.payments.providers import Gateways
from yellowcart.payments.references import reference_of
from yellowcart.payments.rules import REFUND_ATTEMPTS_MAX, refund_again_after

AT_MOST = 50
NO_ANSWER = "no answer from the provider"
ABNORMAL = "the buyer's account does not take the money back"
CLOSED_THERE = "the provider closed the refund"
OTHER_AMOUNT = "the provider gave back another amount"

log = structlog.get_logger()


class Refund(msgspec.Struct, frozen=True, kw_only=True):
    """A refund as it stands, with what its gateway must know. Amounts in fen; `number` is ours at the provider."""

    shop_id: ShopId
    refund_id: int
    number: int
    order_id: OrderId
    buyer_id: PersonId
    payment_id: PaymentId
    gateway: str
    paid_fen: int
    amount_fen: int
    cause: RefundCause
    subject: str
    state: RefundState
    attempts: int
    accepted_at: datetime | None
    requested_at: datetime

    @property
    def order(self) -> RefundOrder:
        """What the gateway is told."""
        return RefundOrder(
            shop_id=self.shop_id,
            payment_id=self.payment_id,
            refund_id=self.number,
            amount_fen=self.amount_fen,
            paid_fen=self.paid_fen,
        )

    @property
    def reference(self) -> str:
        """How the provider knows it."""
        return reference_of(self.shop_id, self.number)


_READ = """
SELECT refund.shop_id, refund.refund_id, coalesce(refund.sent_as, refund.refund_id) AS number, refund.order_id,
       placed.buyer_id, refund.payment_id, payment.gateway, payment.amount_fen AS paid_fen, refund.amount_fen,
       refund.cause, refund.subject, refund.state, refund.attempts, refund.accepted_at, refund.requested_at
FROM refund
JOIN payment USING (shop_id, payment_id)
JOIN shop_order AS placed ON placed.shop_id = refund.shop_id AND placed.order_id = refund.order_id
"""


async def requested_refunds(reader: Reader) -> list[Refund]:
    """Refunds whose turn at the gateway has come, the longest waiting first."""
    return await reader.rows(
        Refund,
        f"""
        {_READ}
        WHERE refund.state = 'requested' AND coalesce(refund.ask_at, refund.requested_at) <= %(now)s
        ORDER BY refund.ask_at, refund.refund_id
        LIMIT %(limit)s
        """,
        now=clock.now(),
        limit=AT_MOST,
    )


async def read_refund(reader: Reader, shop_id: ShopId, refund_id: int) -> Refund:
    """A refund by its key. Raises RefundUnknown."""
    refund = await reader.row(
        Refund,
        f"{_READ} WHERE refund.shop_id = %(shop_id)s AND refund.refund_id = %(refund_id)s",
        shop_id=shop_id,
        refund_id=refund_id,
    )
    if refund is None:
        raise RefundUnknown
    return refund


async def refund_by_number(reader: Reader, shop_id: ShopId, number: int) -> Refund | None:
    """The refund that a provider knows by a number of ours."""
    return await reader.row(
        Refund,
        f"""
        {_READ}
        WHERE refund.shop_id = %(shop_id)s
          AND (refund.sent_as = %(number)s OR (refund.refund_id = %(number)s AND refund.sent_as IS NULL))
        """,
        shop_id=shop_id,
        number=number,
    )


async def carry_out(database: Database, gateways: Gateways, refund: Refund) -> RefundState:
    """Have the gateway give the money back and write down what it says; answers the refund's state then. Safe to
    repeat: at the provider a number is refunded once, and here a state is left once."""
    if refund.state is RefundState.SUCCEEDED:
        return refund.state
    try:
        answer = await _ask(gateways.of(refund.gateway), refund)
    except ProviderSilent:
        return await _wait(database, refund, NO_ANSWER)
    except ProviderRefused as refused:
        if refused.meaning in PASSING:
            return await _wait(database, refund, refused.told())
        return await _fail(database, refund, refused.told())
    return await _write_down(database, refund, answer)


async def _write_down(database: Database, refund: Refund, answer: RefundAnswer) -> RefundState:
    match answer.progress:
        case RefundProgress.DONE if answer.amount_fen not in {None, refund.amount_fen}:
            return await _fail(database, refund, OTHER_AMOUNT, theirs_fen=answer.amount_fen)
        case RefundProgress.DONE:
            return await _succeed(database, refund, answer.reference)
        case RefundProgress.ABNORMAL:
            return await _fail(database, refund, ABNORMAL)
        case RefundProgress.CLOSED:
            # Its number is used up at the provider: another try goes out under a new one.
            return await _fail(database, refund, CLOSED_THERE, next_number=new_id(int))
        case _:
            return await _wait(database, refund, "", accepted=True)


async def _ask(gateway: PaymentGateway, refund: Refund) -> RefundAnswer:
    if refund.accepted_at is not None:
        answer = await gateway.query_refund(refund.order)
        if answer.progress is not RefundProgress.UNKNOWN:
            return answer
    return await gateway.refund(refund.order)


async def _succeed(database: Database, refund: Refund, reference: str) -> RefundState:
    async with database.writing() as writer:
        done = await writer.run(
            """
            UPDATE refund
            SET state = 'succeeded', succeeded_at = %(now)s, ask_at = NULL, attempts = attempts + 1, failure = '',
                gateway_reference = %(reference)s
            WHERE shop_id = %(shop_id)s AND refund_id = %(refund_id)s AND state <> 'succeeded'
            """,
            now=clock.now(),
            reference=reference or None,
            shop_id=refund.shop_id,
            refund_id=refund.refund_id,
        )
        if done:
            await tell_of_success(writer, refund)
            of_payment = reference_of(refund.shop_id, refund.payment_id)
            await close_findings_of(writer, refund.gateway, [(of_payment, refund.reference)], RIGHT_BY_ITSELF)
    return RefundState.SUCCEEDED


async def tell_of_success(writer: Writer, refund: Refund) -> None:
    """Money is back: higher floors and the buyer hear of it, in the transaction that says so."""
    await _publish(writer, refund, RefundSucceeded)
    await post_messages(
        writer,
        [
            NewMessage(
                person_id=refund.buyer_id,
                kind="refund.succeeded",
                occasion=f"refund:{refund.shop_id}:{refund.refund_id}",
                title=N_("Your money is back: ¥%(sum)s"),
                body=N_(
                    "¥%(sum)s of order %(order)s went back the way you paid."
                    " Your bank may take some days to show it."
                ),
                parts={"sum": write_yuan(refund.amount_fen), "order": str(refund.order_id)},
                link=f"/orders/{refund.shop_id}/{refund.order_id}",
            )
        ],
    )


async def _wait(database: Database, refund: Refund, failure: str, *, accepted: bool = False) -> RefundState:
    attempts = refund.attempts + 1
    if attempts >= REFUND_ATTEMPTS_MAX and not accepted:
        return await _fail(database, refund, failure or NO_ANSWER)
    async with database.writing() as writer:
        await writer.run(
            """
            UPDATE refund
            SET attempts = %(attempts)s, ask_at = %(ask_at)s, failure = %(failure)s,
                accepted_at = CASE WHEN %(accepted)s THEN coalesce(accepted_at, %(now)s) ELSE accepted_at END
            WHERE shop_id = %(shop_id)s AND refund_id = %(refund_id)s AND state = 'requested'
            """,
            attempts=attempts,
            ask_at=clock.now() + refund_again_after(attempts),
            failure=failure[:300],
            accepted=accepted,
            now=clock.now(),
            shop_id=refund.shop_id,
            refund_id=refund.refund_id,
        )
    return RefundState.REQUESTED


async def _fail(
    database: Database,
    refund: Refund,
    failure: str,
    *,
    next_number: int | None = None,
    theirs_fen: int | None = None,
) -> RefundState:
    log.warning("payments.refund_failed", refund_id=refund.refund_id, failure=failure)
    async with database.writing() as writer:
        failed = await writer.run(
            """
            UPDATE refund
            SET state = 'failed', failure = %(failure)s, attempts = attempts + 1, ask_at = NULL,
                accepted_at = CASE WHEN %(next)s::bigint IS NULL THEN accepted_at END,
                sent_as = coalesce(%(next)s, sent_as)
            WHERE shop_id = %(shop_id)s AND refund_id = %(refund_id)s AND state = 'requested'
            """,
            failure=failure[:300],
            next=next_number,
            shop_id=refund.shop_id,
            refund_id=refund.refund_id,
        )
        if failed:
            await _publish(writer, refund, RefundFailed)
        if theirs_fen is not None:
            await note_finding(
                writer,
                NewFinding(
                    provider=refund.gateway,
                    kind=FindingKind.AMOUNT_DIFFERS,
                    subject=f"{refund.reference} refund",
                    reference=reference_of(refund.shop_id, refund.payment_id),
                    refund_reference=refund.reference,
                    ours_fen=refund.amount_fen,
                    theirs_fen=theirs_fen,
                ),
            )
    return RefundState.FAILED


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
