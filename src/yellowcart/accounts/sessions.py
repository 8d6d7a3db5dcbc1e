"""Signing in and out. A session lives in the database; its token only with its holder.

The same session serves a browser (as a cookie) and a program (as a bearer token).
"""

import hashlib
import secrets
from datetime import datetime, timedelta

import msgspec

from yellowcart.accounts import audit
from yellowcart.accounts.errors import LoginFailed, TokenExpired, TokenInvalid, TooManyLogins
from yellowcart.accounts.model import Person, PersonState, Role
from yellowcart.accounts.passwords import NOBODY, hash_password, needs_rehash, password_fits
from yellowcart.accounts.rules import (
    FAILURE_WINDOW_S,
    FAILURES_MAX,
    FAILURES_PER_ADDRESS_MAX,
    PASSWORD_LENGTH_MAX,
)
from yellowcart.kernel import clock
from yellowcart.kernel.database import Database, Reader, Writer
from yellowcart.kernel.ids import PersonId, new_id

SESSION_LIFE = timedelta(days=14)
"""Counted on the machine's clock: a demo world's leap must not sign everybody out."""


class Session(msgspec.Struct, frozen=True):
    """A fresh session. The token is shown once and kept nowhere."""

    token: str
    person: Person
    expires_at: datetime


async def sign_in(database: Database, *, login: str, password: str, address: str, user_agent: str) -> Session:
    """Open a session. Raises LoginFailed, TooManyLogins.

    The password is checked between two transactions: no connection is held while argon2 takes its time.
    """
    login = login.strip().lower()[:80]
    subjects = {f"login:{login}": FAILURES_MAX, f"address:{address}": FAILURES_PER_ADDRESS_MAX}
    async with database.reading() as reader:
        await _require_patience(reader, subjects)
        account = await reader.row(
            _Account,
            "SELECT person_id, login, name, password_hash, state FROM person WHERE login = %(login)s",
            login=login,
        )
    fits = await password_fits(account.password_hash if account else NOBODY, password[:PASSWORD_LENGTH_MAX])
    if account is None or not fits or account.state is not PersonState.ACTIVE:
        async with database.writing() as writer:
            await _note_failure(writer, list(subjects))
        raise LoginFailed
    fresh_hash = await hash_password(password) if needs_rehash(account.password_hash) else None
    async with database.writing() as writer:
        if fresh_hash is not None:
            await writer.run(
                "UPDATE person SET password_hash = %(password_hash)s WHERE person_id = %(person_id)s",
                password_hash=fresh_hash,
                person_id=account.person_id,
            )
        return await open_session(writer, account.person_id, address=address, user_agent=user_agent)


async def open_session(writer: Writer, person_id: PersonId, *, address: str, user_agent: str) -> Session:
    """Open a session for a person who has proven who they are."""
    token = secrets.token_urlsafe(32)
    expires_at = clock.system_now() + SESSION_LIFE
    await writer.run(
        """
        INSERT INTO session (token_hash, person_id, user_agent, address, created_at, expires_at)
        VALUES (%(token_hash)s, %(person_id)s, %(user_agent)s, %(address)s, %(now)s, %(expires_at)s)
        """,
        token_hash=_hash(token),
        person_id=person_id,
        user_agent=user_agent[:300],
        address=address,
        now=clock.system_now(),
        expires_at=expires_at,
    )
    person = await _person_of(writer, person_id)
    await audit.record(writer, person, "accounts:session:open", f"person:{person_id}")
    return Session(token=token, person=person, expires_at=expires_at)


async def person_of_token(reader: Reader, token: str) -> Person:
    """Who holds the token. Raises TokenInvalid, TokenExpired."""
    found = await reader.row(
        _SessionPerson,
        """
        SELECT person.person_id, person.login, person.name, person.state, session.expires_at, session.ended_at,
               array(SELECT role FROM person_role WHERE person_role.person_id = person.person_id) AS roles
        FROM session JOIN person USING (person_id)
        WHERE session.token_hash = %(token_hash)s
        """,
        token_hash=_hash(token),
    )
    if found is None:
        raise TokenInvalid
    if found.ended_at is not None or found.expires_at <= clock.system_now():
        raise TokenExpired
    if found.state is not PersonState.ACTIVE:
        raise TokenExpired
    return Person(person_id=found.person_id, login=found.login, name=found.name, roles=frozenset(found.roles))


async def sign_out(writer: Writer, token: str) -> None:
    """End a session. Ending it twice is no error."""
    await writer.run(
        "UPDATE session SET ended_at = %(now)s WHERE token_hash = %(token_hash)s AND ended_at IS NULL",
        now=clock.system_now(),
        token_hash=_hash(token),
    )


async def _require_patience(reader: Reader, subjects: dict[str, int]) -> None:
    for subject, most in subjects.items():
        failures = await reader.value(
            """
            SELECT count(*) FROM failed_login
            WHERE subject = %(subject)s AND failed_at > %(since)s
            """,
            subject=subject,
            since=clock.system_now() - timedelta(seconds=FAILURE_WINDOW_S),
        )
        if failures >= most:
            raise TooManyLogins


async def _note_failure(writer: Writer, subjects: list[str]) -> None:
    await writer.run_many(
        "INSERT INTO failed_login (failure_id, subject, failed_at) VALUES (%(id)s, %(subject)s, %(now)s)",
        [{"id": new_id(int), "subject": subject, "now": clock.system_now()} for subject in subjects],
    )


async def _person_of(reader: Reader, person_id: PersonId) -> Person:
    person = await reader.row(
        Person,
        """
        SELECT person_id, login, name,
               array(SELECT role FROM person_role WHERE person_role.person_id = person.person_id) AS roles
        FROM person WHERE person_id = %(person_id)s
        """,
        person_id=person_id,
    )
    if person is None:
        raise TokenInvalid
    return person


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


class _Account(msgspec.Struct, frozen=True):
    person_id: PersonId
    login: str
    name: str
    password_hash: str
    state: PersonState


class _SessionPerson(msgspec.Struct, frozen=True):
    person_id: PersonId
    login: str
    name: str
    state: PersonState
    expires_at: datetime
    ended_at: datetime | None
    roles: list[Role]
