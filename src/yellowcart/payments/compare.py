"""A provider's bill against our books, line by line."""

from collections.abc import Sequence
from datetime import date

import msgspec

from yellowcart.kernel.database import Database, Reader
from yellowcart.kernel.ids import PaymentId, ShopId
from yellowcart.payments.errors import ProviderRefused, ProviderSilent
from yellowcart.payments.findings import NewFinding, close_findings_of, note_finding, note_repaired
from yellowcart.payments.gateway import BillLine
from yellowcart.payments.model import FindingKind, PaymentState, RefundState
from yellowcart.payments.pay import FINAL, RIGHT_BY_ITSELF, settle_or_find
from yellowcart.payments.providers import Gateways
from yellowcart.payments.references import read_reference, reference_of
from yellowcart.payments.refund_outcome import write_down
from yellowcart.payments.refunds import Refund, refunds_by_numbers
from yellowcart.payments.rules import ByHand, amount_fault, by_hand

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
            if refund is not None and _refund_fits(refund, line):
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


def _refund_fits(refund: Refund, line: BillLine) -> bool:
    return refund.is_done_so and amount_fault(line.amount_fen, line.currency, refund.amount_fen) is None


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
        settled = await settle_or_find(database, gateways, ours.shop_id, ours.payment_id)
    except (ProviderSilent, ProviderRefused):
        return await _note(database, seen.finding(FindingKind.STATE_DIFFERS, ours.amount_fen))
    if settled.payment.state in FINAL:
        return await _note_repaired(database, seen.finding(FindingKind.LOST_NOTIFICATION, ours.amount_fen))
    if settled.fault is not None:
        # Money that is there and was not counted: that was noted when the provider was asked.
        return 1
    return await _note(database, seen.finding(FindingKind.STATE_DIFFERS, ours.amount_fen))


async def _look_into_refund(database: Database, gateways: Gateways, seen: _Seen, ours: Refund | None) -> int:
    """The provider's bill names a refund that we do not know to be done so: it is asked for that very number.

    A bill may name what was accepted and came to nothing (WeChat Pay's does); that, and what is still on its way,
    is as it should be.
    """
    if ours is None:
        return await _note(database, seen.finding(FindingKind.UNKNOWN_REFUND, None))
    if fault := amount_fault(seen.line.amount_fen, seen.line.currency, ours.amount_fen):
        return await _note(database, seen.finding(fault, ours.amount_fen))
    differs = seen.finding(FindingKind.STATE_DIFFERS, ours.amount_fen)
    try:
        said = await gateways.of(ours.gateway).query_refund(ours.order)
    except (ProviderSilent, ProviderRefused):
        return 0 if ours.state is RefundState.REQUESTED else await _note(database, differs)
    nothing_went = by_hand(said, ours.amount_fen, was_taken_on=True) is ByHand.FREE
    if ours.state is RefundState.SUCCEEDED:
        # It went another way, by hand or under another number: by this one nothing may have gone.
        return 0 if nothing_went else await _note(database, differs)
    state = await write_down(database, ours, said)
    if state is RefundState.SUCCEEDED:
        return await _note_repaired(database, seen.finding(FindingKind.LOST_NOTIFICATION, ours.amount_fen))
    # One that is requested is still on its way, and asked for by itself.
    return 0 if nothing_went or state is RefundState.REQUESTED else await _note(database, differs)


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


async def _our_refunds(reader: Reader, provider: str, lines: Sequence[BillLine]) -> dict[tuple[str, str], Refund]:
    """Our refunds at a provider by the references of their payment and of themselves: a number of ours that stands
    on another provider's bill, or beside another payment, is not ours."""
    numbers = [key for line in lines if (key := read_reference(line.refund_reference))]
    refunds = await refunds_by_numbers(reader, numbers)
    return {
        (reference_of(each.shop_id, each.payment_id), each.reference): each
        for each in refunds
        if each.gateway == provider
    }


async def _note(database: Database, finding: NewFinding) -> int:
    async with database.writing() as writer:
        await note_finding(writer, finding)
    return 1


async def _note_repaired(database: Database, finding: NewFinding) -> int:
    async with database.writing() as writer:
        await note_repaired(writer, finding, REPAIRED)
    return 1
