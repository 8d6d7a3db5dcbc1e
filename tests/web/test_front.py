"""The front door: registering, signing in, being refused in the right words."""

import re
from pathlib import Path

import httpx
import pytest

from tests.conftest import browser, running_application, settings_for, sign_in_as
from yellowcart.accounts.model import Role
from yellowcart.kernel.database import Database


def csrf_of(page: str) -> str:
    """The token that a page's forms carry."""
    found = re.search(r'name="csrf-token" content="([^"]+)"', page)
    assert found
    return found[1]


async def test_a_newcomer_registers_and_is_signed_in(client: httpx.AsyncClient) -> None:
    token = csrf_of((await client.get("/register")).text)
    answer = await client.post(
        "/register",
        data={"_csrf_token": token, "login": "xiaobo", "name": "小波", "password": "long enough"},
    )
    assert answer.status_code == 303, answer.text
    assert "session" in client.cookies


async def test_a_bad_registration_keeps_what_was_typed(client: httpx.AsyncClient) -> None:
    token = csrf_of((await client.get("/register")).text)
    answer = await client.post(
        "/register", data={"_csrf_token": token, "login": "A B", "name": "<b>小波</b>", "password": "short"}
    )
    assert answer.status_code == 422
    assert "&lt;b&gt;小波&lt;/b&gt;" in answer.text
    assert "<b>小波</b>" not in answer.text


async def test_a_form_without_its_token_changes_nothing(client: httpx.AsyncClient, database: Database) -> None:
    answer = await client.post("/register", data={"login": "xiaobo", "name": "小波", "password": "long enough"})
    assert answer.status_code == 403
    async with database.reading() as reader:
        assert await reader.value("SELECT count(*) FROM person") == 0


async def test_ten_wrong_passwords_ask_for_patience(client: httpx.AsyncClient, database: Database) -> None:
    person = (await sign_in_as(database, Role.OPERATOR)).person
    token = csrf_of((await client.get("/login")).text)
    statuses = [
        (
            await client.post("/login", data={"_csrf_token": token, "login": person.login, "password": "wrong"})
        ).status_code
        for _ in range(11)
    ]
    assert statuses == [422] * 10 + [429]


async def test_who_has_just_registered_is_really_signed_in(client: httpx.AsyncClient) -> None:
    token = csrf_of((await client.get("/register")).text)
    await client.post(
        "/register",
        data={"_csrf_token": token, "login": "xiaobo", "name": "小波", "password": "long enough"},
    )
    assert client.cookies["session"]
    assert (await client.get("/operator")).status_code == 403  # known, and no operator


async def test_the_chosen_language_is_kept(client: httpx.AsyncClient) -> None:
    await client.get("/language/en?next=/login")
    assert 'lang="en"' in (await client.get("/login")).text
    await client.get("/language/zh_CN?next=/login")
    assert 'lang="zh-CN"' in (await client.get("/login")).text.partition("<head>")[0]


async def test_metrics_tell_of_requests_and_of_the_lane(client: httpx.AsyncClient) -> None:
    await client.get("/login")
    metrics = (await client.get("/metrics")).text
    assert "yellowcart_requests_total" in metrics
    assert 'path="/login"' in metrics
    assert "yellowcart_order_batch_seconds_bucket" in metrics


async def test_a_platform_whose_database_answers_is_ready(client: httpx.AsyncClient) -> None:
    assert (await client.get("/healthz")).text == "alive\n"
    assert (await client.get("/readyz")).status_code == 200


@pytest.mark.parametrize(("behind_proxy", "seen"), [(True, "203.0.113.7"), (False, "127.0.0.1")])
async def test_only_the_proxy_of_ours_is_believed_about_the_sender(
    database: Database, database_url: str, tmp_path: Path, *, behind_proxy: bool, seen: str
) -> None:
    settings = settings_for(database_url, tmp_path, behind_proxy=behind_proxy)
    async with running_application(settings) as platform, browser(platform) as client:
        await client.post(
            "/api/v1/sessions",
            json={"login": "nobody", "password": "wrong password"},
            headers={"x-forwarded-for": "198.51.100.1, 203.0.113.7"},
        )
    async with database.reading() as reader:
        subjects = await reader.column("SELECT subject FROM failed_login ORDER BY subject LIMIT 10")
    assert subjects == [f"address:{seen}", "login:nobody"]
