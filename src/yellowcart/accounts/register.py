"""Registering people and granting roles."""

from collections.abc import Collection

from psycopg.errors import UniqueViolation

from yellowcart.accounts import audit
from yellowcart.accounts.errors import DutiesMixed, LoginTaken
from yellowcart.accounts.model import Person, PersonState, Role
from yellowcart.accounts.passwords import hash_password
from yellowcart.accounts.rules import duties_mixed, registration_problems
from yellowcart.kernel import clock
from yellowcart.kernel.database import Writer
from yellowcart.kernel.errors import InvalidFields, NotFound
from yellowcart.kernel.ids import PersonId, new_id


async def register(writer: Writer, *, login: str, name: str, password: str) -> Person:
    """Make a new person, a buyer. Raises InvalidFields, LoginTaken."""
    login = login.strip().lower()
    if problems := registration_problems(login, name, password):
        raise InvalidFields(dict(problems))
    password_hash = await hash_password(password)
    return await enroll(writer, login=login, name=name.strip(), password_hash=password_hash, roles={Role.BUYER})


async def enroll(writer: Writer, *, login: str, name: str, password_hash: str, roles: Collection[Role]) -> Person:
    """Make a person with a hash already made and the given roles. Raises LoginTaken, DutiesMixed."""
    if duties_mixed(roles):
        raise DutiesMixed
    person = Person(person_id=new_id(PersonId), login=login, name=name, roles=frozenset(roles))
    try:
        async with writer.attempt():
            await writer.run(
                """
                INSERT INTO person (person_id, login, name, password_hash, state, created_at)
                VALUES (%(person_id)s, %(login)s, %(name)s, %(password_hash)s, %(state)s, %(now)s)
                """,
                person_id=person.person_id,
                login=login,
                name=name,
                password_hash=password_hash,
                state=PersonState.ACTIVE.value,
                now=clock.now(),
            )
    except UniqueViolation as error:
        raise LoginTaken from error
    for role in sorted(person.roles):
        await _add_role(writer, person.person_id, role)
    await audit.record(
        writer, person, "accounts:person:register", f"person:{person.person_id}", after=sorted(roles)
    )
    return person


async def grant(writer: Writer, by: Person, person_id: PersonId, role: Role) -> None:
    """Give a person a role. Raises NotFound, and DutiesMixed for the pair that no one may hold."""
    held = set(
        await writer.column(
            """
            SELECT role FROM person JOIN person_role USING (person_id)
            WHERE person_id = %(person_id)s
            ORDER BY role
            FOR UPDATE
            """,
            person_id=person_id,
        )
    )
    if not held:
        raise NotFound
    if duties_mixed({Role(each) for each in held} | {role}):
        raise DutiesMixed
    await _add_role(writer, person_id, role)
    await audit.record(
        writer,
        by,
        "accounts:role:grant",
        f"person:{person_id}",
        before=sorted(held),
        after=sorted(held | {role.value}),
    )


async def _add_role(writer: Writer, person_id: PersonId, role: Role) -> None:
    try:
        async with writer.attempt():
            await writer.run(
                """
                INSERT INTO person_role (person_id, role, granted_at)
                VALUES (%(person_id)s, %(role)s, %(now)s)
                ON CONFLICT (person_id, role) DO NOTHING
                """,
                person_id=person_id,
                role=role.value,
                now=clock.now(),
            )
    except UniqueViolation as error:
        raise DutiesMixed from error
