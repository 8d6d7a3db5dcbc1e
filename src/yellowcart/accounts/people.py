"""Looking people up, taking roles away, shutting a person out and letting them in again. Registering people and
granting roles is `accounts.register`."""

from datetime import datetime

import msgspec

from yellowcart.accounts import audit
from yellowcart.accounts.errors import OwnAccount, ReasonMissing
from yellowcart.accounts.model import Person, PersonState, Role
from yellowcart.accounts.shut_out import void_tokens
from yellowcart.kernel import clock
from yellowcart.kernel.database import Reader, Writer
from yellowcart.kernel.errors import NotFound
from yellowcart.kernel.ids import PersonId
from yellowcart.kernel.paging import Page, bounded_size, decode_cursor, page_of

SEARCH_LENGTH_MAX = 80
REASON_LENGTH_MAX = 300


class PersonCard(msgspec.Struct, frozen=True, kw_only=True):
    """A person as an operator sees them. No password, no token."""

    person_id: PersonId
    login: str
    name: str
    state: PersonState
    roles: list[Role]
    open_sessions: int
    created_at: datetime


_CARD = """
    SELECT person.person_id, login, name, state, created_at,
           array(SELECT role FROM person_role WHERE person_role.person_id = person.person_id ORDER BY role)
               AS roles,
           (SELECT count(*) FROM session
            WHERE session.person_id = person.person_id AND ended_at IS NULL AND expires_at > %(system_now)s)
               AS open_sessions
    FROM person
"""


async def find_people(
    reader: Reader,
    *,
    text: str = "",
    role: Role | None = None,
    cursor: str | None = None,
    size: int | None = None,
) -> Page[PersonCard]:
    """People, newest first; with `text` those whose login or name contains it, or whose id it is."""
    (before_id,) = decode_cursor(cursor, tuple[int], (2**53,))
    limit = bounded_size(size)
    rows = await reader.rows(
        PersonCard,
        _CARD
        + """
        WHERE person_id < %(before_id)s
          AND (%(wanted)s::text = '' OR strpos(login, lower(%(wanted)s)) > 0
               OR strpos(lower(name), lower(%(wanted)s)) > 0 OR person_id::text = %(wanted)s)
          AND (%(role)s::text IS NULL
               OR EXISTS (SELECT FROM person_role
                          WHERE person_role.person_id = person.person_id AND role = %(role)s))
        ORDER BY person_id DESC
        LIMIT %(limit)s
        """,
        before_id=before_id,
        wanted=text.replace("\0", "").strip()[:SEARCH_LENGTH_MAX],
        role=None if role is None else role.value,
        system_now=clock.system_now(),
        limit=limit + 1,
    )
    return page_of(rows, limit, lambda person: (person.person_id,))


async def read_person(reader: Reader, person_id: PersonId) -> PersonCard:
    """One person. Raises NotFound."""
    found = await reader.row(
        PersonCard,
        _CARD + " WHERE person_id = %(person_id)s",
        person_id=person_id,
        system_now=clock.system_now(),
    )
    if found is None:
        raise NotFound
    return found


async def revoke(writer: Writer, by: Person, person_id: PersonId, role: Role) -> None:
    """Take a role away. Raises NotFound when the person does not hold it, OwnAccount for one's own operator role:
    the last operator could lock everybody out."""
    if by.person_id == person_id and role is Role.OPERATOR:
        raise OwnAccount
    gone = await writer.run(
        "DELETE FROM person_role WHERE person_id = %(person_id)s AND role = %(role)s",
        person_id=person_id,
        role=role.value,
    )
    if not gone:
        raise NotFound
    await audit.record(writer, by, "accounts:role:revoke", f"person:{person_id}", before=role.value)


async def disable_person(writer: Writer, by: Person, person_id: PersonId, *, reason: str) -> int:
    """Shut a person out: no new sign-in, every session ended and every buyer token void at once. Answers how many
    sessions ended; 0 when the person was shut out already. Raises NotFound, OwnAccount, ReasonMissing."""
    if by.person_id == person_id:
        raise OwnAccount
    if not await _change_state(writer, by, person_id, PersonState.DISABLED, reason):
        return 0
    await void_tokens(writer, person_id)
    return await writer.run(
        "UPDATE session SET ended_at = %(now)s WHERE person_id = %(person_id)s AND ended_at IS NULL",
        now=clock.system_now(),
        person_id=person_id,
    )


async def enable_person(writer: Writer, by: Person, person_id: PersonId, *, reason: str) -> None:
    """Let a person sign in again; ended sessions stay ended. Raises NotFound, ReasonMissing."""
    await _change_state(writer, by, person_id, PersonState.ACTIVE, reason)


async def _change_state(writer: Writer, by: Person, person_id: PersonId, state: PersonState, reason: str) -> bool:
    reason = reason.strip()[:REASON_LENGTH_MAX]
    if not reason:
        raise ReasonMissing
    before = await writer.value(
        "SELECT state FROM person WHERE person_id = %(person_id)s FOR UPDATE", person_id=person_id
    )
    if before is None:
        raise NotFound
    if before == state.value:
        return False
    await writer.run(
        "UPDATE person SET state = %(state)s WHERE person_id = %(person_id)s",
        state=state.value,
        person_id=person_id,
    )
    verb = "disable" if state is PersonState.DISABLED else "enable"
    await audit.record(
        writer,
        by,
        f"accounts:person:{verb}",
        f"person:{person_id}",
        before={"state": before},
        after={"state": state.value, "reason": reason},
    )
    return True
