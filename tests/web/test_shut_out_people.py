"""Whoever is shut out orders nothing more, also with a token that has not expired, in every process."""

import asyncio
from datetime import timedelta

import httpx
import pytest

from tests.conftest import SignedIn, browser, sign_in_as
from tests.web.test_front import csrf_of
from yellowcart.accounts.buyer_tokens import TOKEN_LIFE, BuyerTokens
from yellowcart.accounts.model import Role
from yellowcart.accounts.people import disable_person, enable_person
from yellowcart.accounts.shut_out import SETTLES_IN, ShutOut
from yellowcart.app import Application
from yellowcart.kernel import clock
from yellowcart.kernel.database import Database
from yellowcart.kernel.notifications import Notifications

LANES = ("/api/v1/orders", "/api/v1/audience-events")


@pytest.fixture
async def operator(database: Database) -> SignedIn:
    return await sign_in_as(database, Role.OPERATOR)


async def token_of(client: httpx.AsyncClient, buyer: SignedIn) -> dict[str, str]:
    """A fresh buyer token, as a header of the lanes."""
    made = await client.post("/api/v1/buyer-tokens", headers=buyer.bearer)
    return {"authorization": f"Bearer {made.json()['token']}", "idempotency-key": "one"}


async def answered(client: httpx.AsyncClient, token: dict[str, str]) -> set[int]:
    """What the lanes say to a token with a body that makes no sense: 401 before they look at it, or 422."""
    return {(await client.post(lane, content=b"?", headers=token)).status_code for lane in LANES}


async def until_refused(client: httpx.AsyncClient, token: dict[str, str], database: Database) -> None:
    """Ask until both lanes refuse the token: the process hears of it while it waits for the database."""
    async with asyncio.timeout(20):
        while await answered(client, token) != {401}:
            await database.answers()


async def test_a_token_holds_no_longer_once_its_person_is_shut_out(
    application: Application, database: Database, operator: SignedIn
) -> None:
    buyer, other = await sign_in_as(database), await sign_in_as(database)
    async with browser(application) as client, browser(application, operator.token) as desk:
        token, others = await token_of(client, buyer), await token_of(client, other)
        assert await answered(client, token) == {422}
        csrf = csrf_of((await desk.get(f"/operator/people/{buyer.person.person_id}")).text)
        form = {"_csrf_token": csrf, "state": "disabled", "reason": "刷单"}
        shut = await desk.post(f"/operator/people/{buyer.person.person_id}/state", data=form)
        assert shut.status_code == 303
        await until_refused(client, token, database)
        refused = await client.post(LANES[0], content=b"?", headers=token | {"accept-language": "en"})
        assert refused.json()["code"] == "token_expired"
        assert (await client.post("/api/v1/buyer-tokens", headers=buyer.bearer)).status_code == 401
        assert await answered(client, others) == {422}


async def test_a_process_that_starts_later_or_was_deaf_knows_it_too(
    database: Database, operator: SignedIn
) -> None:
    buyer = (await sign_in_as(database)).person
    shut_out = ShutOut()
    tokens = BuyerTokens("a secret for tests, long enough to sign with", holds=shut_out.holds)
    token, now_s = tokens.make(buyer.person_id), clock.system_now().timestamp()
    async with database.writing() as writer:
        await disable_person(writer, operator.person, buyer.person_id, reason="刷单")
    assert tokens.check(token, now_s)[0] == buyer.person_id
    notifications = Notifications(database)
    await shut_out.follow(database, notifications)
    await notifications.start()
    try:
        assert not shut_out.holds(*BuyerTokens("a secret for tests, long enough to sign with").check(token, now_s))
    finally:
        await notifications.stop()


@pytest.mark.parametrize("seconds", [0, 5, 13, 1_700, 1_900])
async def test_let_in_again_only_tokens_of_afterwards_hold(
    database: Database, operator: SignedIn, seconds: int
) -> None:
    buyer = (await sign_in_as(database)).person
    async with database.writing() as writer:
        await disable_person(writer, operator.person, buyer.person_id, reason="刷单")
        await enable_person(writer, operator.person, buyer.person_id, reason="误会")
        shut_out_at = await writer.value(
            "UPDATE person SET shut_out_at = shut_out_at - %(ago)s WHERE person_id = %(id)s RETURNING shut_out_at",
            ago=timedelta(seconds=seconds),
            id=buyer.person_id,
        )
    shut_out, notifications = ShutOut(), Notifications(database)
    await shut_out.follow(database, notifications)
    await notifications.start()
    await notifications.stop()
    made_now = int((clock.system_now() + TOKEN_LIFE).timestamp())
    made_before = int((shut_out_at + TOKEN_LIFE).timestamp())
    is_over = made_before + SETTLES_IN.total_seconds() < clock.system_now().timestamp()
    assert shut_out.holds(buyer.person_id, made_now) is (seconds > SETTLES_IN.total_seconds())
    assert shut_out.holds(buyer.person_id, made_before) is is_over
    assert shut_out.holds(operator.person.person_id, made_before)
