"""The platform as the crowd knows it: over HTTP, with an account or without, like everybody else.

One client for the whole crowd keeps the connections few. Whatever goes wrong on the way (the server restarts, asks
for patience, has moved on) is a `NotNow`: whoever wanted something tries something else later.
"""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from types import TracebackType
from typing import Any, Self

import httpx

from yellowcart.demo.accounts import PASSWORD

CONNECTIONS_MAX = 140
"""A stream for each viewer, and a few for what they do."""
TIMEOUT_S = 10.0
UNAUTHORIZED = 401

Json = Any
"""What an answer holds; its shape is the API's (`/docs/api`)."""


class NotNow(Exception):
    """It did not work this time; `code` is the refusal's, if the platform gave one."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Site:
    """The platform at an address."""

    def __init__(self, url: str) -> None:
        self._client = httpx.AsyncClient(
            base_url=url,
            timeout=TIMEOUT_S,
            trust_env=False,
            limits=httpx.Limits(max_connections=CONNECTIONS_MAX, max_keepalive_connections=20),
        )
        self._csrf = ""
        self.requests = 0

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._client.aclose()

    async def call(self, method: str, path: str, *, token: str = "", **more: Any) -> Json:
        """One request to the API. Raises NotNow for everything but success."""
        headers = {"accept": "application/json", **more.pop("headers", {})}
        if token:
            headers["authorization"] = f"Bearer {token}"
        answer = await self._send(method, path, headers=headers, **more)
        return answer.json() if answer.content else None

    async def submit(self, path: str, form: dict[str, str], *, session: str = "") -> None:
        """Send a form of a page, as a browser does: with the cookie and the token against forged forms."""
        if not self._csrf:
            page = await self._send("GET", "/login", headers={"accept": "text/html"})
            self._csrf = page.cookies.get("csrf") or ""
        cookies = f"csrf={self._csrf}" + (f"; session={session}" if session else "")
        try:
            await self._send("POST", path, data=form | {"_csrf_token": self._csrf}, headers={"cookie": cookies})
        except NotNow:
            self._csrf = ""
            raise
        finally:
            self._client.cookies.clear()

    async def _send(self, method: str, path: str, **more: Any) -> httpx.Response:
        self.requests += 1
        try:
            answer = await self._client.request(method, path, **more)
        except httpx.HTTPError as error:
            raise NotNow(type(error).__name__) from error
        if answer.status_code >= 400:
            raise NotNow(_code_of(answer))
        return answer

    @asynccontextmanager
    async def stream(self, path: str) -> AsyncIterator[AsyncIterator[tuple[str, Json]]]:
        """A room's stream of events, as pairs of kind and data. Raises NotNow."""
        try:
            async with self._client.stream("GET", path, timeout=httpx.Timeout(TIMEOUT_S, read=None)) as answer:
                if answer.status_code != 200:
                    raise NotNow(str(answer.status_code))
                yield _events(answer)
        except httpx.HTTPError as error:
            raise NotNow(type(error).__name__) from error


async def _events(answer: httpx.Response) -> AsyncIterator[tuple[str, Json]]:
    kind = ""
    async for line in answer.aiter_lines():
        if line.startswith("event:"):
            kind = line[6:].strip()
        elif line.startswith("data:") and kind:
            yield kind, json.loads(line[5:])
            kind = ""


class Account:
    """Somebody with a login. Signs in when first needed, and again when the session has ended."""

    def __init__(self, site: Site, login: str) -> None:
        self.site = site
        self.login = login
        self._session = ""
        self._buyer_token = ""

    async def call(self, method: str, path: str, **more: Any) -> Json:
        """A request to the API as this person. Raises NotNow."""
        for attempt in (1, 2):
            try:
                return await self.site.call(method, path, token=await self.session(), **more)
            except NotNow as refused:
                if attempt == 2 or not _signed_out(refused):
                    raise
                self._session = ""
        raise AssertionError("the second attempt answers or raises")

    async def order(self, wanted: dict[str, Json], key: str) -> Json:
        """Place an order through the lane. Raises NotNow, whose code says why."""
        headers = {"idempotency-key": key}
        for attempt in (1, 2):
            token = await self.buyer_token()
            try:
                return await self.site.call("POST", "/api/v1/orders", token=token, json=wanted, headers=headers)
            except NotNow as refused:
                if attempt == 2 or not _signed_out(refused):
                    raise
                self._buyer_token = ""
        raise AssertionError("the second attempt answers or raises")

    async def session(self) -> str:
        """The session's token."""
        if not self._session:
            credentials = {"login": self.login, "password": PASSWORD}
            self._session = (await self.site.call("POST", "/api/v1/sessions", json=credentials))["token"]
        return self._session

    async def buyer_token(self) -> str:
        """The token of the hot lanes."""
        if not self._buyer_token:
            self._buyer_token = (await self.call("POST", "/api/v1/buyer-tokens"))["token"]
        return self._buyer_token


def _signed_out(refused: NotNow) -> bool:
    return refused.code in {"not_signed_in", "token_expired", "token_invalid"}


def _code_of(answer: httpx.Response) -> str:
    try:
        return str(answer.json()["code"])
    except (ValueError, KeyError, TypeError):
        return str(answer.status_code)
