"""The web edge: who is asking, what a refusal looks like, what a request may read and call.

Refusals raised anywhere become problem details for programs and pages for people; nothing else knows HTTP
statuses. The API takes bearer tokens only and pages take cookies only, so that no page of another site can
make a browser speak to the API.
"""

from typing import Any
from urllib.parse import quote

import msgspec
import structlog
from litestar import Request, Response
from litestar.connection import ASGIConnection
from litestar.enums import RequestEncodingType, ScopeType
from litestar.exceptions import HTTPException
from litestar.handlers import HTTPRouteHandler
from litestar.middleware import AbstractAuthenticationMiddleware, AuthenticationResult
from litestar.params import BodyKwarg
from litestar.response import Redirect
from litestar.types import ASGIApp, HTTPReceiveMessage, Receive, Scope, Send, WebSocketReceiveMessage
from psycopg import DataError
from psycopg.errors import DatetimeFieldOverflow, NumericValueOutOfRange

from yellowcart.accounts.access import ask_guards
from yellowcart.accounts.audit import request_address
from yellowcart.accounts.inbox import unread_count
from yellowcart.accounts.model import Person
from yellowcart.accounts.sessions import person_of_token
from yellowcart.consoles.rendering import locale_of, page
from yellowcart.kernel.database import LOST, Database
from yellowcart.kernel.errors import (
    Denied,
    Invalid,
    InvalidFields,
    NotFound,
    NotSignedIn,
    Refusal,
    TooMany,
    Unavailable,
)
from yellowcart.kernel.moments import ValueOutOfReach
from yellowcart.kernel.problem import CONTENT_TYPE, headers_of, problem_of, status_of
from yellowcart.kernel.raw_http import BodyTooLarge, BodyUnreadable, BrokenInside
from yellowcart.kernel.settings import Settings
from yellowcart.kernel.translation import N_
from yellowcart.web_forms import read_form_parts

SESSION_COOKIE = "session"
API_PREFIX = "/api/"
FILES = ("/assets/", "/media/")
READING = frozenset({"GET", "HEAD", "OPTIONS"})
STRANGER_BYTES_MAX = 64 * 1024
"""The largest body of whoever is not signed in: forms to sign in, to register, to jump out."""
ERROR_LENGTH_MAX = 500
"""An error may hold all that a request brought; the journal keeps its beginning."""
log = structlog.get_logger()


class FormExpired(Denied):
    """The form's CSRF token does not belong to this browser."""

    code = "form_expired"
    message = N_("This form has expired. Reload the page and send it again; nothing was changed.")


class MethodUnknown(NotFound):
    """The address exists, but not for this method."""

    code = "method_not_allowed"
    message = N_("This address does not know that method.")


class TextUnstorable(Invalid):
    """A text holds the character NUL, which no text of the database can."""

    code = "text_unstorable"
    message = N_("A text in this request holds a character that cannot be stored (U+0000). Nothing was changed.")


class WhoAsks(AbstractAuthenticationMiddleware):
    """Finds the person of a request: by bearer token under /api, by the session cookie elsewhere."""

    async def authenticate_request(self, connection: ASGIConnection[Any, Any, Any, Any]) -> AuthenticationResult:
        """Nobody is an answer too: the guards decide what that means. A broken bearer token is refused here."""
        request_address.set(address_of(connection))
        database: Database = connection.app.state.database
        if connection.scope["path"].startswith(API_PREFIX):
            scheme, _, token = connection.headers.get("authorization", "").partition(" ")
            if scheme.lower() != "bearer" or not token:
                return AuthenticationResult(user=None, auth=None)
            async with database.reading() as reader:
                return AuthenticationResult(user=await person_of_token(reader, token), auth=token)
        token = connection.cookies.get(SESSION_COOKIE, "")
        if not token:
            return AuthenticationResult(user=None, auth=None)
        try:
            async with database.reading() as reader:
                person = await person_of_token(reader, token)
                if not connection.scope["path"].startswith(FILES):
                    connection.scope["unread"] = await unread_count(reader, person.person_id)  # type: ignore[typeddict-unknown-key]
                return AuthenticationResult(user=person, auth=token)
        except NotSignedIn:
            return AuthenticationResult(user=None, auth=None)


class GuardsBeforeBody:
    """Asks a route's guard before anybody reads the body of a request, lets strangers send little, and reads forms
    with files itself (`web_forms`).

    The framework asks guards itself, but only after the CSRF check, which reads a form to its end: without this,
    whoever may not call a route could still fill its disk with the largest file that the route takes.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Raises what the guard raises, before `receive` is called once; BodyTooLarge while it is."""
        if scope["type"] != ScopeType.HTTP or scope["method"] in READING:
            await self.app(scope, receive, send)
            return
        connection: ASGIConnection[Any, Any, Any, Any] = ASGIConnection(scope)
        await ask_guards(connection, scope["route_handler"])
        receive = receive if scope["user"] is not None else _little_of(receive)
        if _brings_parts(connection):
            if not _takes_parts(scope["route_handler"]):
                raise BodyUnreadable(reason="multipart/form-data")
            await read_form_parts(Request(scope, receive))
        await self.app(scope, receive, send)


def _brings_parts(connection: ASGIConnection[Any, Any, Any, Any]) -> bool:
    return connection.headers.get("content-type", "").strip().lower().startswith(RequestEncodingType.MULTI_PART)


def _takes_parts(handler: object) -> bool:
    """Whether a route takes a form with files. Given one, any other would wait for a body that the CSRF check has
    read already, until the sender tires of it."""
    field = handler.parsed_data_field if isinstance(handler, HTTPRouteHandler) else None
    said = None if field is None else field.kwarg_definition
    return isinstance(said, BodyKwarg) and said.media_type == RequestEncodingType.MULTI_PART


def _little_of(receive: Receive) -> Receive:
    taken = 0

    async def receive_little() -> HTTPReceiveMessage | WebSocketReceiveMessage:
        nonlocal taken
        message = await receive()
        if message["type"] == "http.request":
            taken += len(message["body"])
        if taken > STRANGER_BYTES_MAX:
            raise BodyTooLarge
        return message

    return receive_little


def address_of(connection: ASGIConnection[Any, Any, Any, Any]) -> str:
    """From where a request comes. Behind a proxy of ours it is the last address that the proxy added: earlier
    ones are whatever the sender wrote."""
    settings: Settings = connection.app.state.settings
    forwarded = connection.headers.get("x-forwarded-for", "") if settings.behind_proxy else ""
    if forwarded:
        return forwarded.rpartition(",")[2].strip()[:64]
    return connection.client.host if connection.client else ""


AnyRequest = Request[Person | None, str | None, Any]


def wants_problem(request: AnyRequest) -> bool:
    """Whether the asker is a program (problem details) rather than a person (a page)."""
    return request.url.path.startswith(API_PREFIX) or "text/html" not in request.headers.get("accept", "")


def answer_refusal(request: AnyRequest, refusal: Refusal) -> Response[Any]:
    """A refusal as the asker can use it: problem details, the sign-in page, or a page that explains."""
    problem = problem_of(refusal, locale_of(request))
    if isinstance(refusal, BrokenInside):
        problem = msgspec.structs.replace(problem, status=500)
    if wants_problem(request):
        return Response(
            msgspec.json.encode(problem),
            status_code=problem.status,
            media_type=CONTENT_TYPE,
            headers=dict(headers_of(refusal)),
        )
    if isinstance(refusal, NotSignedIn) and request.method == "GET":
        asked = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        return Redirect(f"/login?next={quote(asked)}")
    context = {
        "status": problem.status,
        "title": problem.title,
        "detail": problem.detail if problem.detail != problem.title else "",
        "code": problem.code,
        "retry_after": refusal.retry_after_s if isinstance(refusal, TooMany) else None,
    }
    answer = page(request, "layout/problem.html", context, status=problem.status)
    answer.headers.update(headers_of(refusal))
    return answer


def answer_framework_refusal(request: AnyRequest, error: HTTPException) -> Response[Any]:
    """The framework's own refusals, in the platform's words."""
    return answer_refusal(request, _translated(error))


_FRAMEWORK_REFUSALS: dict[int, type[Refusal]] = {
    401: NotSignedIn,
    403: Denied,
    404: NotFound,
    405: MethodUnknown,
    413: BodyTooLarge,
    429: TooMany,
}


def _translated(error: HTTPException) -> Refusal:
    if "CSRF" in error.detail:
        return FormExpired()
    if error.status_code >= 500:
        log.error("framework.failed", error=repr(error), cause=repr(error.__cause__))
        return BrokenInside()
    if known := _FRAMEWORK_REFUSALS.get(error.status_code):
        return known()
    if isinstance(error.extra, list) and error.extra:
        return InvalidFields({str(each.get("key", "")): str(each.get("message", "")) for each in error.extra})
    return BodyUnreadable(reason=error.detail)


def answer_defect(request: AnyRequest, error: Exception) -> Response[Any]:
    """A defect of ours: logged with its trace, told without it."""
    if isinstance(error, LOST):
        log.warning("database.lost", path=request.url.path, error=str(error))
        return answer_refusal(request, Unavailable())
    if (refusal := _unusable(error)) is not None:
        log.warning("request.unusable", path=request.url.path, method=request.method, error=repr(error))
        return answer_refusal(request, refusal)
    log.exception(
        "request.failed", path=request.url.path, method=request.method, error=repr(error)[:ERROR_LENGTH_MAX]
    )
    return answer_refusal(request, BrokenInside())


def _unusable(error: Exception) -> Refusal | None:
    """What a request carried that nothing of ours can hold, wherever met. Its transaction is rolled back."""
    if isinstance(error, DataError) and "NUL (0x00)" in str(error):
        return TextUnstorable()
    if isinstance(error, NumericValueOutOfRange | DatetimeFieldOverflow):
        return ValueOutOfReach()
    if isinstance(error, OverflowError) and "date value out of range" in str(error):
        return ValueOutOfReach()
    if isinstance(error, RecursionError):
        return BodyUnreadable(reason="nested too deep")
    return None


__all__ = [
    "AnyRequest",
    "GuardsBeforeBody",
    "WhoAsks",
    "answer_defect",
    "answer_framework_refusal",
    "answer_refusal",
    "status_of",
]
