"""The audit trail: who did what to which thing, with what it was before and after. Append-only."""

from contextvars import ContextVar

from yellowcart.accounts.model import AuditEntry, Person
from yellowcart.kernel import clock
from yellowcart.kernel.database import Reader, Writer, json_value
from yellowcart.kernel.ids import PersonId, new_id
from yellowcart.kernel.paging import Page, bounded_size, decode_cursor, page_of

request_address: ContextVar[str] = ContextVar("request_address", default="")
"""The network address of the request being served; the web edge sets it."""


async def record(
    writer: Writer,
    person: Person | None,
    action: str,
    subject: str,
    *,
    before: object = None,
    after: object = None,
) -> None:
    """Write one line, in the transaction of what it tells of.

    `action` reads `folder:thing:verb` (`catalog:product:price`), `subject` names the thing (`product:123`).
    None as person is the platform itself (a timer).
    """
    await writer.run(
        """
        INSERT INTO audit_entry (audit_id, person_id, action, subject, before, after, address, recorded_at)
        VALUES (%(audit_id)s, %(person_id)s, %(action)s, %(subject)s, %(before)s, %(after)s, %(address)s,
                %(now)s)
        """,
        audit_id=new_id(int),
        person_id=None if person is None else person.person_id,
        action=action,
        subject=subject,
        before=None if before is None else json_value(before),
        after=None if after is None else json_value(after),
        address=request_address.get(),
        now=clock.now(),
    )


async def read_trail(
    reader: Reader,
    *,
    subject: str | None = None,
    person_id: PersonId | None = None,
    action: str | None = None,
    cursor: str | None = None,
    size: int | None = None,
) -> Page[AuditEntry]:
    """The trail, newest first: of everything, of one subject, of one person, of the actions that begin with a
    word such as `catalog:` or `catalog:product`."""
    (before_id,) = decode_cursor(cursor, tuple[int], (2**53,))
    limit = bounded_size(size)
    rows = await reader.rows(
        AuditEntry,
        """
        SELECT entry.audit_id, entry.person_id, person.name AS person_name, entry.action, entry.subject,
               entry.before, entry.after, entry.recorded_at
        FROM audit_entry AS entry
        LEFT JOIN person USING (person_id)
        WHERE entry.audit_id < %(before_id)s
          AND (%(subject)s::text IS NULL OR entry.subject = %(subject)s)
          AND (%(person_id)s::bigint IS NULL OR entry.person_id = %(person_id)s)
          AND (%(action)s::text IS NULL OR starts_with(entry.action, %(action)s))
        ORDER BY entry.audit_id DESC
        LIMIT %(limit)s
        """,
        before_id=before_id,
        subject=subject,
        person_id=person_id,
        action=action,
        limit=limit + 1,
    )
    return page_of(rows, limit, lambda entry: (entry.audit_id,))
