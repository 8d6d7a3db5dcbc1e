"""What a provider tells us by itself. A notification is never believed about money: it is checked, noted once, and
then the provider is asked.

The order of checks: signature over the raw body (and, for WeChat Pay, its age), whom it is meant for; whether it
was taken in before; whether we know the payment, with this provider and this amount. What does not fit becomes a
finding, and the provider hears its own word for "send it again". It hears "we have it" only after the commit.
"""

from collections.abc import Mapping

import structlog

from yellowcart.kernel import clock
from yellowcart.kernel.clock import SHANGHAI
from yellowcart.kernel.database import Database, Writer
from yellowcart.kernel.errors import NotFound
from yellowcart.kernel.ids import PaymentId
from yellowcart.payments.carry_out import learn_of
from yellowcart.payments.errors import NotificationRefused, PaymentUnknown, ProviderRefused, ProviderSilent
from yellowcart.payments.findings import NewFinding, note_finding
from yellowcart.payments.gateway import Notification, NotificationAbout, NotificationReply
from yellowcart.payments.model import (
    FindingKind,
    NotificationFault,
    NotificationOutcome,
    Payment,
    RefundState,
)
from yellowcart.payments.pay import FINAL, settle_or_find
from yellowcart.payments.providers import Gateways
from yellowcart.payments.references import read_reference
from yellowcart.payments.refunds import Refund, refund_by_number
from yellowcart.payments.rules import amount_fault
from yellowcart.payments.store import read_payment

log = structlog.get_logger()


async def take_in_notification(
    database: Database, gateways: Gateways, provider: str, headers: Mapping[str, str], body: bytes
) -> NotificationReply:
    """Take in what a provider tells; answers how the provider wants to be answered. `headers` are in lower case.

    Raises NotFound for a provider that is not configured here.
    """
    gateway = gateways.real.get(provider)
    if gateway is None:
        raise NotFound
    try:
        told = await gateway.verify_notification(headers, body)
    except NotificationRefused as refused:
        await _note_refused(database, provider, refused)
        return gateway.reply(taken=False)
    except ProviderSilent:
        return gateway.reply(taken=False)
    if not 1 <= len(told.notification_id) <= 128 or len(told.reference) > 64:
        await _note_refused(database, provider, NotificationRefused(NotificationFault.UNREADABLE, "too long"))
        return gateway.reply(taken=False)
    if await _taken_in(database, provider, told) is NotificationOutcome.SETTLED:
        return gateway.reply(taken=True)
    try:
        problem = await _follow(database, gateways, provider, told)
    except (ProviderSilent, ProviderRefused) as error:
        log.warning("payments.notification_waits", provider=provider, error=error.code)
        return gateway.reply(taken=False)
    outcome = NotificationOutcome.FOUND_WRONG if problem else NotificationOutcome.SETTLED
    async with database.writing() as writer:
        if problem is not None:
            await note_finding(writer, problem)
        await _mark(writer, provider, told, outcome)
    return gateway.reply(taken=problem is None)


async def _follow(database: Database, gateways: Gateways, provider: str, told: Notification) -> NewFinding | None:
    """Do what a notification asks for; answers what is wrong with it, if anything is."""
    payment = await _payment_of(database, provider, told)
    if payment is None:
        return _finding(provider, told, FindingKind.UNKNOWN_PAYMENT)
    if told.amount_fen is not None and (fault := amount_fault(told.amount_fen, told.currency, payment.amount_fen)):
        return _finding(provider, told, fault, payment.amount_fen, told.amount_fen)
    if told.about is NotificationAbout.REFUND:
        return await _follow_refund(database, gateways, provider, told)
    if payment.state in FINAL:
        return None
    settled = await settle_or_find(database, gateways, payment.shop_id, payment.payment_id)
    if told.claims_paid and settled.payment.state not in FINAL and settled.fault is None:
        return _finding(provider, told, FindingKind.STATE_DIFFERS, payment.amount_fen, told.amount_fen)
    # What is wrong with money that is there stands on a finding of its own.
    return None


async def _follow_refund(
    database: Database, gateways: Gateways, provider: str, told: Notification
) -> NewFinding | None:
    refund = await _refund_of(database, told)
    if refund is None:
        return _finding(provider, told, FindingKind.UNKNOWN_REFUND)
    if told.refund_fen is not None and (fault := amount_fault(told.refund_fen, told.currency, refund.amount_fen)):
        return _finding(provider, told, fault, refund.amount_fen, told.refund_fen)
    if refund.is_done_so:
        return None
    # The provider may have done what was thought to have failed, or what was given back by hand since, or under
    # another number. It is asked by the number that it speaks of, and told nothing.
    state = await learn_of(database, gateways, refund)
    if state is RefundState.REQUESTED and refund.number == refund.number_now:
        # It tells of an end and does not know of it when it is asked: it shall tell once more.
        raise ProviderSilent
    return None


async def _payment_of(database: Database, provider: str, told: Notification) -> Payment | None:
    key = read_reference(told.reference)
    if key is None:
        return None
    async with database.reading() as reader:
        try:
            payment = await read_payment(reader, key[0], PaymentId(key[1]))
        except PaymentUnknown:
            return None
    return payment if payment.gateway == provider else None


async def _refund_of(database: Database, told: Notification) -> Refund | None:
    key, of_payment = read_reference(told.refund_reference), read_reference(told.reference)
    if key is None or of_payment is None:
        return None
    async with database.reading() as reader:
        refund = await refund_by_number(reader, *key)
    if refund is None or (refund.shop_id, refund.payment_id) != of_payment:
        return None
    return refund


async def _taken_in(database: Database, provider: str, told: Notification) -> NotificationOutcome:
    """Note a notification, and answer what became of it so far."""
    async with database.writing() as writer:
        return NotificationOutcome(
            await writer.value(
                """
                INSERT INTO payment_notification (
                    provider, notification_id, about, reference, refund_reference, amount_fen, said, outcome,
                    received_at, last_at
                )
                VALUES (
                    %(provider)s, %(notification_id)s, %(about)s, %(reference)s, %(refund_reference)s,
                    %(amount_fen)s, %(said)s, 'taken_in', %(now)s, %(now)s
                )
                ON CONFLICT (provider, notification_id) DO UPDATE
                SET times = payment_notification.times + 1, last_at = excluded.last_at
                RETURNING outcome
                """,
                provider=provider,
                notification_id=told.notification_id,
                about=told.about.value,
                reference=told.reference,
                refund_reference=told.refund_reference[:64],
                amount_fen=told.refund_fen if told.about is NotificationAbout.REFUND else told.amount_fen,
                said=told.said[:64],
                now=clock.now(),
            )
        )


async def _mark(writer: Writer, provider: str, told: Notification, outcome: NotificationOutcome) -> None:
    await writer.run(
        """
        UPDATE payment_notification SET outcome = %(outcome)s
        WHERE provider = %(provider)s AND notification_id = %(notification_id)s AND outcome <> 'settled'
        """,
        outcome=outcome.value,
        provider=provider,
        notification_id=told.notification_id,
    )


async def _note_refused(database: Database, provider: str, refused: NotificationRefused) -> None:
    """One finding for a kind, a provider and a day: whoever sends a thousand forgeries fills no table."""
    log.warning("payments.notification_refused", provider=provider, fault=refused.fault.value, said=refused.said)
    if refused.fault is NotificationFault.PROBE:
        return
    unsigned = refused.fault in {NotificationFault.SIGNATURE, NotificationFault.STALE}
    day = clock.now().astimezone(SHANGHAI).date()
    async with database.writing() as writer:
        await note_finding(
            writer,
            NewFinding(
                provider=provider,
                kind=FindingKind.BAD_SIGNATURE if unsigned else FindingKind.UNREADABLE,
                subject=f"{day} {refused.fault.value}",
                bill_day=day,
                detail=refused.fault.value,
            ),
        )


def _finding(
    provider: str,
    told: Notification,
    kind: FindingKind,
    ours_fen: int | None = None,
    theirs_fen: int | None = None,
) -> NewFinding:
    of_refund = told.about is NotificationAbout.REFUND
    return NewFinding(
        provider=provider,
        kind=kind,
        subject=f"{told.reference} {told.refund_reference}".strip(),
        reference=told.reference,
        refund_reference=told.refund_reference[:64] if of_refund else "",
        ours_fen=ours_fen,
        theirs_fen=None if kind is FindingKind.CURRENCY_DIFFERS else theirs_fen,
        detail=f"notification {told.notification_id}: {told.said} {told.currency}",
    )
