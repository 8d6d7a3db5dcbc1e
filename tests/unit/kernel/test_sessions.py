"""A session speaks for its person until it ends, expires, or the person may not sign in any more."""

import secrets

import pytest

from tests.conftest import sign_in_as
from yellowcart.accounts import sessions
from yellowcart.accounts.errors import LoginFailed, TokenExpired, TokenInvalid
from yellowcart.accounts.model import Role
from yellowcart.accounts.passwords import NOBODY, needs_rehash
from yellowcart.accounts.register import register
from yellowcart.kernel import clock
from yellowcart.kernel.database import Database


async def who(database: Database, token: str) -> str:
    """The login name that a token speaks for."""
    async with database.reading() as reader:
        return (await sessions.person_of_token(reader, token)).login


async def test_a_session_knows_its_person_and_their_roles(database: Database) -> None:
    signed_in = await sign_in_as(database, Role.CREATOR, Role.MERCHANT)
    async with database.reading() as reader:
        person = await sessions.person_of_token(reader, signed_in.token)
    assert person == signed_in.person
    assert person.roles == {Role.BUYER, Role.CREATOR, Role.MERCHANT}


async def test_a_tampered_a_truncated_and_a_made_up_token_speak_for_nobody(database: Database) -> None:
    token = (await sign_in_as(database)).token
    other = "A" if token[-1] != "A" else "B"
    for wrong in (
        token[:-1] + other,
        token[:-1],
        token + "A",
        token.swapcase(),
        secrets.token_urlsafe(32),
        "",
        "\x00",
    ):
        with pytest.raises(TokenInvalid):
            await who(database, wrong)


async def test_the_database_does_not_hold_the_token(database: Database) -> None:
    token = (await sign_in_as(database)).token
    async with database.reading() as reader:
        rows = await reader.records("SELECT * FROM session")
    assert len(rows) == 1
    assert token not in str(rows)
    assert token.encode() not in rows[0].values()


async def test_an_expired_session_speaks_for_nobody(database: Database) -> None:
    token = (await sign_in_as(database)).token
    async with database.writing() as writer:
        await writer.run("UPDATE session SET expires_at = %(now)s", now=clock.system_now())
    with pytest.raises(TokenExpired):
        await who(database, token)


async def test_a_session_ends_with_signing_out_and_no_other_does(database: Database) -> None:
    one, other = await sign_in_as(database), await sign_in_as(database)
    for _ in range(2):
        async with database.writing() as writer:
            await sessions.sign_out(writer, one.token)
    with pytest.raises(TokenExpired):
        await who(database, one.token)
    assert await who(database, other.token) == other.person.login


async def test_a_person_who_is_disabled_is_signed_out_and_cannot_sign_in(database: Database) -> None:
    async with database.writing() as writer:
        await register(writer, login="xiaobo", name="小波", password="long enough")
    session = await sessions.sign_in(database, login="XiaoBo ", password="long enough", address="", user_agent="")
    assert await who(database, session.token) == "xiaobo"
    async with database.writing() as writer:
        await writer.run("UPDATE person SET state = 'disabled'")
    with pytest.raises(TokenExpired):
        await who(database, session.token)
    with pytest.raises(LoginFailed):
        await sessions.sign_in(database, login="xiaobo", password="long enough", address="", user_agent="")


async def test_a_demo_worlds_leap_ends_no_session(database: Database, still_clock: clock.Clock) -> None:
    signed_in = await sign_in_as(database)
    still_clock.freeze(clock.system_now() + 10 * sessions.SESSION_LIFE)
    assert await who(database, signed_in.token) == signed_in.person.login


def test_a_login_that_does_not_exist_is_checked_with_todays_parameters() -> None:
    assert not needs_rehash(NOBODY), "a wrong password must take as long for nobody as for somebody"
