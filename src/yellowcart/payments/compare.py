"""A provider's bill against our books: line by line, and what we have that stands on none of its lines."""

from collections.abc import Sequence
from datetime import date, datetime

import msgspec

from yellowcart.kernel.database import Database, Reader
from yellowcart.kernel.ids import PaymentId, ShopId
from yellowcart.payments.carry_out import learn_of
from yellowcart.payments.errors import ProviderRefused, ProviderSilent
from yellowcart.payments.findings import NewFinding, close_findings_of, note_finding, note_repaired
from yellowcart.payments.gateway import BillLine
from yellowcart.payments.model import FindingKind, PaymentState, RefundState
from yellowcart.payments.pay import FINAL, RIGHT_BY_ITSELF, settle_payment
from yellowcart.payments.providers import Gateways
from yellowcart.payments.references import read_reference, reference_of
from yellowcart.payments.refunds import read_refund
from yellowcart.payments.rules import amount_fault

MISSING_AT_MOST = 10_000
REPAIRED = "asked the provider and written down by itself"
"""The note on what only the bill told us of."""


class _OurPayment(msgspec.Struct, frozen=True):
    shop_id: ShopId
    payment_id: PaymentId
    gateway: str
    state: PaymentState
    amount_fen: int

    def fits(self, line: BillLine) -> bool:
        return amount_fault(line.amount_fen, line.currency, self.amount_fen) is None and self.state in FINAL


class _OurRefund(msgspec.Struct, frozen=True):
    shop_id: ShopId
    refund_id: int
    number: int
    payment_id: PaymentId
    state: RefundState
    amount_fen: int
    by_hand: bool

    def fits(self, line: BillLine) -> bool:
        done = self.state is RefundState.SUCCEEDED and not self.by_hand
        return done and amount_fault(line.amount_fen, line.currency, self.amount_fen) is None


async def compare_lines(
    database: Database, gateways: Gateways, provider: str, day: date, lines: Sequence[BillLine]
) -> int:
    """Hold lines against our books, set right what can be, and note the rest; answers how many findings."""
    async with database.reading() as reader:
        payments = await _our_payments(reader, provider, lines)
        refunds = await _our_refunds(reader, provider, lines)
    findings, fitting = 0, list[BillLine]()
    for line in lines:
        seen = _Seen(provider, day, line)
        if line.refund_reference:
            refund = refunds.get((line.reference, line.refund_reference))
            if refund is not None and refund.fits(line):
                fitting.append(line)
            else:
                findings += await _look_into_refund(database, gateways, seen, refund)
        else:
            payment = payments.get(line.reference)
            if payment is not None and payment.fits(line):
                fitting.append(line)
            else:
                findings += await _look_into_payment(database, gateways, seen, payment)
    if fitting:
        async with database.writing() as writer:
            await close_findings_of(
                writer, provider, [(line.reference, line.refund_reference) for line in fitting], RIGHT_BY_ITSELF
            )
    return findings


class _Seen(msgspec.Struct, frozen=True):
    """A line on a bill."""

    provider: str
    day: date
    line: BillLine

    def finding(self, kind: FindingKind, ours_fen: int | None) -> NewFinding:
        return NewFinding(
            provider=self.provider,
            kind=kind,
            subject=f"{self.line.reference} {self.line.refund_reference}".strip(),
            reference=self.line.reference[:64],
            refund_reference=self.line.refund_reference[:64],
            bill_day=self.day,
            ours_fen=ours_fen,
            theirs_fen=None if kind is FindingKind.CURRENCY_DIFFERS else self.line.amount_fen,
            detail=f"bill {self.day}: {self.line.provider_reference} {self.line.currency}",
        )


async def _look_into_payment(database: Database, gateways: Gateways, seen: _Seen, ours: _OurPayment | None) -> int:
    if ours is None:
        return await _note(database, seen.finding(FindingKind.UNKNOWN_PAYMENT, None))
    if fault := amount_fault(seen.line.amount_fen, seen.line.currency, ours.amount_fen):
        return await _note(database, seen.finding(fault, ours.amount_fen))
    try:
        settled = await settle_payment(database, gateways, ours.shop_id, ours.payment_id)
    except (ProviderSilent, ProviderRefused):
        return await _note(database, seen.finding(FindingKind.STATE_DIFFERS, ours.amount_fen))
    if settled.state in FINAL:
        return await _note_repaired(database, seen.finding(FindingKind.LOST_NOTIFICATION, ours.amount_fen))
    return await _note(database, seen.finding(FindingKind.STATE_DIFFERS, ours.amount_fen))


async def _look_into_refund(database: Database, gateways: Gateways, seen: _Seen, ours: _OurRefund | None) -> int:
    if ours is None:
        return await _note(database, seen.finding(FindingKind.UNKNOWN_REFUND, None))
    if fault := amount_fault(seen.line.amount_fen, seen.line.currency, ours.amount_fen):
        return await _note(database, seen.finding(fault, ours.amount_fen))
    if ours.by_hand:
        # Given back by hand, and by the provider as well.
        return await _note(database, seen.finding(FindingKind.STATE_DIFFERS, ours.amount_fen))
    return await _learn_of_refund(database, gateways, seen, ours)


async def _learn_of_refund(database: Database, gateways: Gateways, seen: _Seen, ours: _OurRefund) -> int:
    """The provider's bill names a refund that we do not know to be done: ask for it."""
    async with database.reading() as reader:
        refund = await read_refund(reader, ours.shop_id, ours.refund_id)
    try:
        state = await learn_of(database, gateways, refund)
    except (ProviderSilent, ProviderRefused):
        state = refund.state
    if state is RefundState.SUCCEEDED:
        return await _note_repaired(database, seen.finding(FindingKind.LOST_NOTIFICATION, ours.amount_fen))
    if state is RefundState.REQUESTED:
        # A bill names a refund when it was accepted; it is still on its way, and asked for by itself.
        return 0
    return await _note(database, seen.finding(FindingKind.STATE_DIFFERS, ours.amount_fen))


async def missing_there(reader: Reader, provider: str, begin: datetime, end: datetime) -> list[NewFinding]:
    """What we have as done between two moments and no bill of the provider names. Asked when a later bill is there
    too, for refunds; theirs is the moment of acceptance."""
    paid = await reader.rows(
        _OurPayment,
        """
        SELECT shop_id, payment_id, gateway, state, amount_fen
        FROM payment
        WHERE gateway = %(provider)s AND paid_at >= %(begin)s AND paid_at < %(end)s
        ORDER BY paid_at
        LIMIT %(most)s
        """,
        provider=provider,
        begin=begin,
        end=end,
        most=MISSING_AT_MOST,
    )
    refunded = await reader.rows(
        _OurRefund,
        """
        SELECT refund.shop_id, refund.refund_id, coalesce(refund.sent_as, refund.refund_id) AS number,
               refund.payment_id, refund.state, refund.amount_fen, false AS by_hand
        FROM refund
        JOIN payment USING (shop_id, payment_id)
        WHERE payment.gateway = %(provider)s AND refund.state = 'succeeded' AND refund.by_hand_by IS NULL
          AND refund.succeeded_at >= %(begin)s AND refund.succeeded_at < %(end)s
        ORDER BY refund.succeeded_at
        LIMIT %(most)s
        """,
        provider=provider,
        begin=begin,
        end=end,
        most=MISSING_AT_MOST,
    )
    ours = [(reference_of(each.shop_id, each.payment_id), "", each.amount_fen) for each in paid]
    ours += [
        (reference_of(each.shop_id, each.payment_id), reference_of(each.shop_id, each.number), each.amount_fen)
        for each in refunded
    ]
    named = await _named(reader, provider, ours)
    return [
        NewFinding(
            provider=provider,
            kind=FindingKind.MISSING_THERE,
            subject=f"{reference} {refund_reference}".strip(),
            reference=reference,
            refund_reference=refund_reference,
            ours_fen=amount_fen,
        )
        for reference, refund_reference, amount_fen in ours
        if (reference, refund_reference) not in named
    ]


async def _named(reader: Reader, provider: str, ours: Sequence[tuple[str, str, int]]) -> set[tuple[str, str]]:
    rows = await reader.records(
        """
        SELECT line.reference, line.refund_reference
        FROM provider_bill_line AS line
        JOIN unnest(%(references)s::text[], %(refund_references)s::text[]) AS asked (reference, refund_reference)
          USING (reference, refund_reference)
        WHERE line.provider = %(provider)s
        LIMIT %(most)s
        """,
        provider=provider,
        references=[reference for reference, _, _ in ours],
        refund_references=[refund_reference for _, refund_reference, _ in ours],
        most=2 * MISSING_AT_MOST,
    )
    return {(row["reference"], row["refund_reference"]) for row in rows}


async def _our_payments(reader: Reader, provider: str, lines: Sequence[BillLine]) -> dict[str, _OurPayment]:
    keys = [key for line in lines if (key := read_reference(line.reference))]
    rows = await reader.rows(
        _OurPayment,
        """
        SELECT shop_id, payment_id, gateway, state, amount_fen
        FROM payment
        WHERE gateway = %(provider)s
          AND (shop_id, payment_id) IN (
            SELECT * FROM unnest(%(shop_ids)s::bigint[], %(payment_ids)s::bigint[])
        )
        LIMIT %(most)s
        """,
        provider=provider,
        shop_ids=[shop_id for shop_id, _ in keys],
        payment_ids=[payment_id for _, payment_id in keys],
        most=len(lines) + 1,
    )
    return {reference_of(row.shop_id, row.payment_id): row for row in rows}


async def _our_refunds(
    reader: Reader, provider: str, lines: Sequence[BillLine]
) -> dict[tuple[str, str], _OurRefund]:
    """Our refunds at a provider by the references of their payment and of themselves: a number of ours that stands
    on another provider's bill, or beside another payment, is not ours."""
    keys = [key for line in lines if (key := read_reference(line.refund_reference))]
    rows = await reader.rows(
        _OurRefund,
        """
        SELECT refund.shop_id, refund.refund_id, coalesce(refund.sent_as, refund.refund_id) AS number,
               refund.payment_id, refund.state, refund.amount_fen, refund.by_hand_by IS NOT NULL AS by_hand
        FROM refund
        JOIN unnest(%(shop_ids)s::bigint[], %(numbers)s::bigint[]) AS asked (shop_id, number)
          ON asked.shop_id = refund.shop_id
         AND (refund.sent_as = asked.number OR (refund.refund_id = asked.number AND refund.sent_as IS NULL))
        JOIN payment ON payment.shop_id = refund.shop_id AND payment.payment_id = refund.payment_id
        WHERE payment.gateway = %(provider)s
        LIMIT %(most)s
        """,
        provider=provider,
        shop_ids=[shop_id for shop_id, _ in keys],
        numbers=[number for _, number in keys],
        most=len(lines) + 1,
    )
    return {
        (reference_of(row.shop_id, row.payment_id), reference_of(row.shop_id, row.number)): row for row in rows
    }


async def _note(database: Database, finding: NewFinding) -> int:
    async with database.writing() as writer:
        await note_finding(writer, finding)
    return 1


async def _note_repaired(database: Database, finding: NewFinding) -> int:
    async with database.writing() as writer:
        await note_repaired(writer, finding, REPAIRED)
    return 1
