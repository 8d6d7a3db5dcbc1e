"""What does not fit between a provider and us: noted once however often it is seen, decided by an operator."""

from collections.abc import Sequence
from datetime import date, datetime

import msgspec

from yellowcart.accounts import audit
from yellowcart.accounts.model import Person
from yellowcart.kernel import clock
from yellowcart.kernel.database import Writer
from yellowcart.kernel.errors import InvalidFields
from yellowcart.kernel.ids import new_id
from yellowcart.kernel.translation import N_
from yellowcart.payments.errors import FindingMoved, FindingUnknown
from yellowcart.payments.model import FINDING_MOVES, KEEPS_DECIDED, FindingKind, FindingState

NOTE_LENGTH_MAX = 500


class NewFinding(msgspec.Struct, frozen=True, kw_only=True):
    """Something to note. `subject` says what it is about, so that the same is noted once; amounts in fen."""

    provider: str
    kind: FindingKind
    subject: str
    reference: str = ""
    refund_reference: str = ""
    bill_day: date | None = None
    ours_fen: int | None = None
    theirs_fen: int | None = None
    detail: str = ""


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """A finding as it stands. `decided_by` is None where the platform set it right by itself."""

    finding_id: int
    provider: str
    kind: FindingKind
    subject: str
    reference: str
    refund_reference: str
    bill_day: date | None
    ours_fen: int | None
    theirs_fen: int | None
    detail: str
    times: int
    state: FindingState
    found_at: datetime
    last_at: datetime
    decided_at: datetime | None
    decided_by: int | None
    note: str


COLUMNS = ", ".join(Finding.__struct_fields__)


_STAYS = """(
                payment_finding.state = 'ignored'
                OR (payment_finding.decided_by IS NOT NULL AND payment_finding.kind = ANY(%(keeps_decided)s)
                    AND payment_finding.theirs_fen IS NOT DISTINCT FROM excluded.theirs_fen)
            )"""


async def note_finding(writer: Writer, finding: NewFinding) -> FindingState:
    """Note a finding; seen again it is counted, and open again if it was thought resolved. One that an operator
    ignored stays ignored, and a fact that an operator has decided (KEEPS_DECIDED) stays decided as long as the
    provider names the same sum. Answers its state now."""
    return FindingState(
        await writer.value(
            f"""
            INSERT INTO payment_finding (
                finding_id, provider, kind, subject, reference, refund_reference, bill_day, ours_fen, theirs_fen,
                detail, state, found_at, last_at
            )
            VALUES (
                %(finding_id)s, %(provider)s, %(kind)s, %(subject)s, %(reference)s, %(refund_reference)s,
                %(bill_day)s, %(ours_fen)s, %(theirs_fen)s, %(detail)s, 'open', %(now)s, %(now)s
            )
            ON CONFLICT (provider, kind, subject) DO UPDATE
            SET times = payment_finding.times + 1,
                last_at = excluded.last_at,
                theirs_fen = excluded.theirs_fen,
                detail = excluded.detail,
                state = CASE WHEN {_STAYS} THEN payment_finding.state ELSE 'open' END,
                decided_at = CASE WHEN {_STAYS} THEN payment_finding.decided_at END,
                decided_by = CASE WHEN {_STAYS} THEN payment_finding.decided_by END
            RETURNING state
            """,  # noqa: S608 - the condition is a constant of ours
            keeps_decided=[kind.value for kind in KEEPS_DECIDED],
            **_values(finding),
        )
    )


async def note_repaired(writer: Writer, finding: NewFinding, note: str) -> None:
    """Note what was found and set right in one go; nobody has to look at it."""
    await writer.run(
        """
        INSERT INTO payment_finding (
            finding_id, provider, kind, subject, reference, refund_reference, bill_day, ours_fen, theirs_fen,
            detail, state, found_at, last_at, decided_at, note
        )
        VALUES (
            %(finding_id)s, %(provider)s, %(kind)s, %(subject)s, %(reference)s, %(refund_reference)s, %(bill_day)s,
            %(ours_fen)s, %(theirs_fen)s, %(detail)s, 'resolved', %(now)s, %(now)s, %(now)s, %(note)s
        )
        ON CONFLICT (provider, kind, subject) DO UPDATE
        SET times = payment_finding.times + 1, last_at = excluded.last_at
        """,
        **_values(finding),
        note=note,
    )


async def close_findings_of(
    writer: Writer, provider: str, references: Sequence[tuple[str, str]], note: str
) -> None:
    """What was open about payments or refunds (pairs of reference and refund reference) that have come right is
    resolved by itself: its state differed, or it stood on no bill."""
    await writer.run(
        """
        UPDATE payment_finding SET state = 'resolved', decided_at = %(now)s, note = %(note)s
        FROM unnest(%(references)s::text[], %(refund_references)s::text[])
            AS right_now (reference, refund_reference)
        WHERE payment_finding.provider = %(provider)s AND payment_finding.state = 'open'
          AND payment_finding.kind IN ('state_differs', 'missing_there')
          AND payment_finding.reference = right_now.reference
          AND payment_finding.refund_reference = right_now.refund_reference
        """,
        now=clock.now(),
        note=note,
        provider=provider,
        references=[reference for reference, _ in references],
        refund_references=[refund_reference for _, refund_reference in references],
    )


async def decide_finding(writer: Writer, person: Person, finding_id: int, state: FindingState, note: str) -> None:
    """An operator has set it right (RESOLVED), or sees nothing to do (IGNORED), and says why.

    Raises FindingUnknown, FindingMoved, InvalidFields (without a reason).
    """
    found = await writer.row(
        Finding,
        f"SELECT {COLUMNS} FROM payment_finding WHERE finding_id = %(id)s ORDER BY finding_id FOR UPDATE",  # noqa: S608
        id=finding_id,
    )
    if found is None:
        raise FindingUnknown
    if state not in FINDING_MOVES[found.state] or state is FindingState.OPEN:
        raise FindingMoved
    words = note.strip()
    if not words or len(words) > NOTE_LENGTH_MAX:
        raise InvalidFields({"note": N_("Say in a few words what you found out, at most 500 characters.")})
    await writer.run(
        """
        UPDATE payment_finding
        SET state = %(state)s, decided_at = %(now)s, decided_by = %(person_id)s, note = %(note)s
        WHERE finding_id = %(id)s
        """,
        state=state.value,
        now=clock.now(),
        person_id=person.person_id,
        note=words,
        id=finding_id,
    )
    await audit.record(
        writer,
        person,
        "payments:finding:decide",
        f"finding:{finding_id}",
        before={"state": found.state.value},
        after={"state": state.value, "note": words},
    )


def _values(finding: NewFinding) -> dict[str, object]:
    values = msgspec.structs.asdict(finding)
    values["kind"] = finding.kind.value
    values["subject"] = finding.subject[:200]
    values["detail"] = finding.detail[:500]
    return values | {"finding_id": new_id(int), "now": clock.now()}
