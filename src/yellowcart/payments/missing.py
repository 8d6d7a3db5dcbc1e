"""What we have as done and no bill of a provider names: looked for in sets, however much a day has."""

from collections.abc import Sequence
from datetime import date, datetime

import msgspec

from yellowcart.kernel.database import Database, Reader
from yellowcart.kernel.ids import PaymentId, ShopId
from yellowcart.payments.findings import NewFinding, note_finding
from yellowcart.payments.model import FindingKind
from yellowcart.payments.references import reference_of

AT_ONCE = 2_000
"""Payments or refunds that are looked for in one set."""


class _Ours(msgspec.Struct, frozen=True):
    """A payment that we have as paid, or with `number` a refund of it that we have as done. Amount in fen; `at`
    and `last_id` say where in the day it stands."""

    shop_id: ShopId
    payment_id: PaymentId
    number: int | None
    amount_fen: int
    at: datetime
    last_id: int

    @property
    def key(self) -> tuple[str, str]:
        """References of the payment and of the refund, as a bill has them."""
        refund = "" if self.number is None else reference_of(self.shop_id, self.number)
        return reference_of(self.shop_id, self.payment_id), refund


_PAID = """
SELECT shop_id, payment_id, NULL::bigint AS number, amount_fen, paid_at AS at, payment_id AS last_id
FROM payment
WHERE gateway = %(provider)s AND paid_at >= %(begin)s AND paid_at < %(end)s
  AND (paid_at, payment_id, shop_id) > (%(begin)s, %(after_id)s, %(after_shop)s)
ORDER BY paid_at, payment_id, shop_id
LIMIT %(most)s
"""
_GIVEN_BACK = """
SELECT refund.shop_id, refund.payment_id, coalesce(refund.sent_as, refund.refund_id) AS number, refund.amount_fen,
       refund.succeeded_at AS at, refund.refund_id AS last_id
FROM refund
JOIN payment USING (shop_id, payment_id)
WHERE payment.gateway = %(provider)s AND refund.state = 'succeeded' AND refund.by_hand_by IS NULL
  AND refund.succeeded_at >= %(begin)s AND refund.succeeded_at < %(end)s
  AND (refund.succeeded_at, refund.refund_id, refund.shop_id) > (%(begin)s, %(after_id)s, %(after_shop)s)
ORDER BY refund.succeeded_at, refund.refund_id, refund.shop_id
LIMIT %(most)s
"""


async def note_missing(database: Database, provider: str, day: date, begin: datetime, end: datetime) -> int:
    """Note what we have as done between two moments of a day and no bill of the provider names; answers how many
    findings. A later bill that names it resolves its finding: a refund may stand there by its acceptance."""
    findings = 0
    for query in (_PAID, _GIVEN_BACK):
        after = (begin, 0, 0)
        while True:
            async with database.reading() as reader:
                ours = await reader.rows(
                    _Ours,
                    query,
                    provider=provider,
                    begin=after[0],
                    after_id=after[1],
                    after_shop=after[2],
                    end=end,
                    most=AT_ONCE,
                )
                named = await _named(reader, provider, ours)
            missing = [each for each in ours if each.key not in named]
            async with database.writing() as writer:
                for each in missing:
                    await note_finding(writer, _finding(provider, day, each))
            findings += len(missing)
            if len(ours) < AT_ONCE:
                break
            after = (ours[-1].at, ours[-1].last_id, ours[-1].shop_id)
    return findings


def _finding(provider: str, day: date, ours: _Ours) -> NewFinding:
    reference, refund_reference = ours.key
    return NewFinding(
        provider=provider,
        kind=FindingKind.MISSING_THERE,
        subject=f"{reference} {refund_reference}".strip(),
        reference=reference,
        refund_reference=refund_reference,
        bill_day=day,
        ours_fen=ours.amount_fen,
    )


async def _named(reader: Reader, provider: str, ours: Sequence[_Ours]) -> set[tuple[str, str]]:
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
        references=[each.key[0] for each in ours],
        refund_references=[each.key[1] for each in ours],
        most=len(ours),
    )
    return {(row["reference"], row["refund_reference"]) for row in rows}
