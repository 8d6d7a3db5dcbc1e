"""Every route says who may call it; every creating call of the API carries its own key."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from litestar import Litestar
from litestar.handlers import HTTPRouteHandler
from litestar.routes import HTTPRoute

from tests.conftest import settings_for
from tests.tidy.source import expect_none
from yellowcart.accounts.access import Access
from yellowcart.app import create_litestar

BOUNDED_LISTS = {
    "/api/v1/rooms/{room_id}/coupons": "a room shows a bounded number of coupons of each funder",
    "/api/v1/rooms/{room_id}/cart": "a cart holds a bounded number of listings",
    "/api/v1/videos/{video_id}/cart": "a cart holds a bounded number of listings",
}
"""Lists that are short by nature, each with the reason."""
CREATES_NOTHING_TWICE: dict[str, str] = {
    "/api/v1/buyer-tokens": "a token is made from the session and kept nowhere: two are as good as one",
    "/api/v1/sessions": "signing in twice opens two sessions, which is what was asked",
}
"""Creating calls that need no key, each with the reason."""
WRITE_IN_PUBLIC = {
    "/api/v1/tracking/{source:str}": "a tracking source signs what it tells; the handler checks the signature",
    "/api/v1/payments/notifications/{provider:str}": "a payment provider signs what it tells; it is checked",
    "/login": "nobody is signed in yet",
    "/logout": "ending a session that has ended is no error",
    "/register": "nobody is signed in yet",
    "/api/v1/sessions": "nobody is signed in yet",
    "/api/v1/orders": "asks for a buyer token itself, as the raw lane in front of it does",
    "/out/{listing_id:int}": "a viewer leaves for another platform; they need not be signed in to be counted",
    "/out/beacon": "the page that was left tells what became of a jump, by the key that it was given",
    "/sandbox/pay/{reference:str}": "plays the cashier of another firm, who knows a payment by its reference",
}
"""Public routes that write, each with the reason."""
OUTSIDE_THE_DOCUMENTATION = {"/api/v1/openapi.json"}
"""The document does not describe itself."""


@pytest.fixture(scope="module")
def application(tmp_path_factory: pytest.TempPathFactory) -> Litestar:
    """The application as wired, never started: no database is asked."""
    folder: Path = tmp_path_factory.mktemp("home")
    return create_litestar(settings_for("postgresql://nowhere/none", folder))


def _handlers(application: Litestar) -> Iterator[tuple[str, HTTPRouteHandler]]:
    for route in application.routes:
        if isinstance(route, HTTPRoute):
            for handler in route.route_handlers:
                if handler.http_methods != {"OPTIONS"}:
                    yield route.path, handler


def _operations(application: Litestar) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Path, method and operation of everything that the OpenAPI document describes."""
    document: dict[str, Any] = application.openapi_schema.to_schema()
    for path, methods in document.get("paths", {}).items():
        for method, operation in methods.items():
            if method in {"get", "post", "put", "patch", "delete"}:
                yield path, method, operation


def test_every_route_has_exactly_one_access_guard(application: Litestar) -> None:
    wrong = [
        path
        for path, handler in _handlers(application)
        if sum(isinstance(guard, Access) for guard in handler.resolve_guards()) < 1
    ]
    expect_none(wrong)


def test_no_public_route_writes_but_those_that_let_people_in(application: Litestar) -> None:
    public = {
        path
        for path, handler in _handlers(application)
        if handler.http_methods & {"POST", "PUT", "PATCH", "DELETE"}
        and all(guard.public for guard in handler.resolve_guards() if isinstance(guard, Access))
    }
    expect_none(public - WRITE_IN_PUBLIC.keys())


def test_a_read_changes_nothing_and_is_no_post(application: Litestar) -> None:
    expect_none([path for path, handler in _handlers(application) if {"GET", "POST"} <= set(handler.http_methods)])


def test_everything_of_the_api_is_documented(application: Litestar) -> None:
    documented = {path.rstrip("/") for path, _, _ in _operations(application)}
    undocumented = {
        handler_path
        for handler_path, _ in _handlers(application)
        if handler_path.startswith("/api/")
        and _as_documented(handler_path) not in documented
        and handler_path.rstrip("/") not in OUTSIDE_THE_DOCUMENTATION
    }
    assert undocumented == set()


def test_only_the_api_is_documented(application: Litestar) -> None:
    expect_none([path for path, _, _ in _operations(application) if not path.startswith("/api/v1")])


def test_every_creating_call_of_the_api_asks_for_a_key(application: Litestar) -> None:
    keyless = [
        path
        for path, method, operation in _operations(application)
        if path.startswith("/api/")
        and method == "post"
        and "201" in operation.get("responses", {})
        and path not in CREATES_NOTHING_TWICE
        and not any(
            parameter.get("in") == "header" and str(parameter.get("name", "")).lower() == "idempotency-key"
            for parameter in operation.get("parameters", [])
        )
    ]
    expect_none(keyless)


def test_every_list_of_the_api_is_read_in_pages(application: Litestar) -> None:
    unbounded = [
        path
        for path, method, operation in _operations(application)
        if method == "get"
        and path not in BOUNDED_LISTS
        and operation.get("responses", {}).get("200", {}).get("content", {}).get("application/json", {})
        .get("schema", {}).get("type") == "array"
    ]  # fmt: skip
    expect_none(unbounded)


def test_every_call_of_the_api_says_what_it_does(application: Litestar) -> None:
    silent = [
        f"{method} {path}"
        for path, method, operation in _operations(application)
        if path not in OUTSIDE_THE_DOCUMENTATION
        and not (operation.get("summary") and operation.get("description"))
    ]
    expect_none(silent)


def _as_documented(path: str) -> str:
    """`/rooms/{room_id:int}` as the document writes it: `/rooms/{room_id}`."""
    parts = [f"{{{part[1:-1].split(':')[0]}}}" if part.startswith("{") else part for part in path.split("/")]
    return "/".join(parts).rstrip("/")
