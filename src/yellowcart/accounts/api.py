"""Signing in for programs, and the short-lived token of the hot lanes."""

from datetime import datetime
from typing import Annotated

import msgspec
from litestar import Router, delete, get, post
from litestar.di import NamedDependency
from litestar.params import JSONBody
from msgspec import Meta

from yellowcart.accounts import sessions
from yellowcart.accounts.access import PUBLIC, SIGNED_IN
from yellowcart.accounts.audit import request_address
from yellowcart.accounts.buyer_tokens import TOKEN_LIFE, BuyerTokens
from yellowcart.accounts.model import Person
from yellowcart.kernel import clock
from yellowcart.kernel.database import Database


class Credentials(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A login name and its password."""

    login: Annotated[str, Meta(max_length=80)]
    password: Annotated[str, Meta(max_length=200)]


class BuyerToken(msgspec.Struct, frozen=True):
    """A token for `POST /api/v1/orders` and audience events, valid for half an hour."""

    token: str
    expires_at: datetime


@post("/sessions", guards=[PUBLIC], status_code=200)
async def open_session(data: JSONBody[Credentials], database: NamedDependency[Database]) -> sessions.Session:
    """Sign in; the answer's token goes into `Authorization: Bearer` of further requests."""
    return await sessions.sign_in(
        database,
        login=data.login,
        password=data.password,
        address=request_address.get(),
        user_agent="api",
    )


@delete("/sessions/current", guards=[SIGNED_IN])
async def end_session(database: NamedDependency[Database], token: NamedDependency[str]) -> None:
    """Sign out: the session's token is worth nothing any more."""
    async with database.writing() as writer:
        await sessions.sign_out(writer, token)


@get("/me", guards=[SIGNED_IN])
async def me(person: NamedDependency[Person]) -> Person:
    """Who is signed in."""
    return person


@post("/buyer-tokens", guards=[SIGNED_IN], status_code=200)
async def make_buyer_token(
    person: NamedDependency[Person], buyer_tokens: NamedDependency[BuyerTokens]
) -> BuyerToken:
    """A token for the hot lanes."""
    return buyer_token_of(person, buyer_tokens)


def buyer_token_of(person: Person, buyer_tokens: BuyerTokens) -> BuyerToken:
    """A fresh token for a person, with the moment at which it ends."""
    return BuyerToken(buyer_tokens.make(person.person_id), clock.system_now() + TOKEN_LIFE)


ROUTES = Router("/api/v1", route_handlers=[open_session, end_session, me, make_buyer_token], tags=["accounts"])
