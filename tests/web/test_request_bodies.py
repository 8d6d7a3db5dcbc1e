"""Whose body is read: nobody sends more than they may, and nothing is kept that the database cannot hold."""

import asyncio
from collections.abc import MutableMapping
from typing import Any

import httpx
import pytest

from tests.conftest import SignedIn, browser, sign_in_as
from tests.web.test_front import csrf_of
from yellowcart.accounts.model import Role
from yellowcart.app import Application
from yellowcart.kernel.database import Database
from yellowcart.web import STRANGER_BYTES_MAX
from yellowcart.web_forms import TEXT_BYTES_MAX

UPLOADS = ("/operator/conversions/reports", "/merchant/1/imports")
API_UPLOADS = ("/api/v1/conversions/taobao_union/reports", "/api/v1/shops/1/imports")
PIECE = b"x" * 64 * 1024
PIECES_OF_A_LARGE_FILE = 400


async def send_endlessly(
    application: Application, path: str, headers: dict[str, str]
) -> tuple[int, int, MutableMapping[str, Any]]:
    """Send a form whose file does not end; answers the status and how many pieces of it were taken."""
    taken = 0
    answered: list[MutableMapping[str, Any]] = []
    head = b'--edge\r\ncontent-disposition: form-data; name="file"; filename="f.csv"\r\n\r\n'

    async def receive() -> MutableMapping[str, Any]:
        nonlocal taken
        taken += 1
        if taken > PIECES_OF_A_LARGE_FILE:
            return {"type": "http.disconnect"}
        return {"type": "http.request", "body": head if taken == 1 else PIECE, "more_body": True}

    async def send(message: MutableMapping[str, Any]) -> None:
        answered.append(message)

    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "root_path": "",
        "headers": [
            (b"content-type", b"multipart/form-data; boundary=edge"),
            (b"accept", b"text/html"),
            *((name.encode(), value.encode()) for name, value in headers.items()),
        ],
        "client": ("192.0.2.1", 1),
        "server": ("platform.test", 80),
        "state": {},
        "extensions": {},
    }
    await asyncio.wait_for(application(scope, receive, send), 20)
    return answered[0]["status"], taken, answered[0]


@pytest.mark.parametrize("path", UPLOADS + API_UPLOADS)
async def test_not_a_byte_of_a_strangers_file_is_read(application: Application, path: str) -> None:
    assert (await send_endlessly(application, path, {}))[:2] == (401, 0)


@pytest.mark.parametrize("path", UPLOADS + API_UPLOADS)
async def test_not_a_byte_of_a_file_is_read_from_whoever_has_not_the_role(
    application: Application, database: Database, path: str
) -> None:
    buyer = await sign_in_as(database)
    assert (await send_endlessly(application, path, {"cookie": f"session={buyer.token}"} | buyer.bearer))[:2] == (
        403,
        0,
    )


@pytest.mark.parametrize("path", ["/login", "/register", "/out/1"])
async def test_a_stranger_sends_no_more_than_a_form(application: Application, path: str) -> None:
    status, taken, _ = await send_endlessly(application, path, {})
    assert status == 422
    assert taken * len(PIECE) <= STRANGER_BYTES_MAX + 2 * len(PIECE)


@pytest.mark.parametrize("path", ["/login", "/out/1", "/logout", "/operator/drafts/new"])
async def test_a_form_with_files_is_answered_where_none_are_taken(
    application: Application, operator: SignedIn, path: str
) -> None:
    async with browser(application, operator.token) as desk:
        token = csrf_of((await desk.get("/me")).text)
        answer = await asyncio.wait_for(
            desk.post(path, data={"_csrf_token": token, "login": "x"}, files={"file": ("f", b"x")}), 20
        )
    assert answer.status_code == 422


async def test_a_form_without_its_token_is_still_refused(application: Application, database: Database) -> None:
    operator = await sign_in_as(database, Role.OPERATOR)
    async with browser(application, operator.token) as desk:
        refused = await desk.post("/operator/drafts/new", data={"code": "x"})
    assert refused.status_code == 403
    assert 'data-code="form_expired"' in refused.text or "form_expired" in refused.text


@pytest.fixture
async def operator(database: Database) -> SignedIn:
    return await sign_in_as(database, Role.OPERATOR, Role.CREATOR, Role.MERCHANT)


@pytest.mark.parametrize(
    "address",
    [
        "/api/v1/conversions?order_id=%00",
        "/api/v1/products?text=%00",
        "/api/v1/link-rules/verdicts?source=%00",
        "/api/v1/notices/%00",
        "/api/v1/conversions/taobao_union/%00",
    ],
)
async def test_a_nul_in_an_address_is_never_a_defect(
    client: httpx.AsyncClient, operator: SignedIn, address: str
) -> None:
    assert (await client.get(address, headers=operator.bearer)).status_code < 500


@pytest.mark.parametrize(
    "address",
    [
        "/api/v1/conversions?since=9999-12-31T23:59:59-12:00",
        "/api/v1/conversions?until=0001-01-01T00:00:00%2B14:00",
        "/api/v1/conversions?creator_id=999999999999999999999999",
        "/api/v1/link-rules/verdicts?at=9999-12-31T23:59:59-12:00",
        # A cursor that somebody wrote himself: [0, 99999999999999999999999].
        "/api/v1/messages?cursor=WzAsOTk5OTk5OTk5OTk5OTk5OTk5OTk5OV0",
    ],
)
async def test_what_no_calendar_and_no_column_holds_is_told(
    client: httpx.AsyncClient, operator: SignedIn, address: str
) -> None:
    answer = await client.get(address, headers=operator.bearer)
    assert answer.status_code in {200, 422}
    if answer.status_code == 422:
        assert answer.json()["code"] in {"value_out_of_reach", "cursor_broken", "invalid_fields"}


async def test_a_document_nested_without_end_is_no_defect(client: httpx.AsyncClient, operator: SignedIn) -> None:
    answer = await client.post(
        "/api/v1/conversions/jd_union",
        content=b"[" * 100_000,
        headers=operator.bearer | {"content-type": "application/json", "idempotency-key": "deep"},
    )
    assert (answer.status_code, answer.json()["status"], answer.json()["code"]) == (422, 422, "body_malformed")


@pytest.mark.parametrize("name", ["x" * 3_000, "%00", "..%2f..%2fweb.py"])
async def test_a_file_that_cannot_be_is_not_found(client: httpx.AsyncClient, name: str) -> None:
    assert (await client.get(f"/assets/1/{name}")).status_code == 404


async def test_a_nul_in_a_form_is_told_and_changes_nothing(
    application: Application, operator: SignedIn, database: Database
) -> None:
    async with browser(application, operator.token) as desk:
        token = csrf_of((await desk.get("/me")).text)
        answer = await desk.post("/creator/profile", data={"_csrf_token": token, "name": "a\0b", "bio": "\0"})
    assert answer.status_code in {409, 422}
    async with database.reading() as reader:
        assert await reader.value("SELECT count(*) FROM creator") == 0


def form_part(content: bytes, *, named: bytes = b"purpose", said: bytes = b"") -> bytes:
    head = b'--edge\r\ncontent-disposition: form-data; name="' + named + b'"\r\n' + said
    return head + b"\r\n" + content + b"\r\n--edge--\r\n"


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (form_part(b"\xff\xfe"), 422, "body_malformed"),
        (form_part(b"a" * (TEXT_BYTES_MAX + 1)), 422, "body_too_large"),
        (form_part(b"a").removesuffix(b"--\r\n"), 422, "body_malformed"),
        (b"nothing of the kind", 422, "body_malformed"),
        (b"", 422, "body_malformed"),
    ],
)
async def test_a_form_that_cannot_be_read_is_refused(
    client: httpx.AsyncClient, database: Database, body: bytes, status: int, code: str
) -> None:
    buyer = await sign_in_as(database)
    headers = {"content-type": "multipart/form-data; boundary=edge", "idempotency-key": "k"}
    answer = await client.post("/api/v1/uploads", content=body, headers=buyer.bearer | headers)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


@pytest.mark.parametrize("charset", [b"punycode", b"nosuch", b"hex", b"utf-7", b"unicode_escape", b"latin-1"])
async def test_text_of_a_form_is_utf_8_whatever_its_sender_says(
    client: httpx.AsyncClient, database: Database, charset: bytes
) -> None:
    buyer = await sign_in_as(database)
    body = form_part("\\ud800 +2AA- 证据".encode(), said=b"content-type: text/plain; charset=" + charset + b"\r\n")
    headers = {"content-type": "multipart/form-data; boundary=edge", "idempotency-key": "k"}
    answer = await client.post("/api/v1/uploads", content=body, headers=buyer.bearer | headers)
    assert answer.status_code == 422, answer.text
    assert answer.json()["code"] != "internal_error"
