"""Language, signing in and out, registering, static files, the first page."""

import mimetypes

from litestar import Response, Router, get, post
from litestar.datastructures import Cookie
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import File, Redirect

from yellowcart.accounts import sessions
from yellowcart.accounts.access import PUBLIC, SIGNED_IN
from yellowcart.accounts.api import BuyerToken, buyer_token_of
from yellowcart.accounts.audit import request_address
from yellowcart.accounts.buyer_tokens import BuyerTokens
from yellowcart.accounts.model import Person, Role
from yellowcart.accounts.register import register
from yellowcart.accounts.wording import ROLE_WORDS
from yellowcart.consoles.forms import FormBody, refused_form
from yellowcart.consoles.rendering import (
    ASSETS,
    LANGUAGE_COOKIE,
    AnyRequest,
    go_to,
    local_path,
    locale_of,
    page,
)
from yellowcart.kernel.database import Database
from yellowcart.kernel.errors import NotFound, Refusal
from yellowcart.kernel.problem import status_of
from yellowcart.kernel.settings import Settings
from yellowcart.kernel.translation import N_, Locale

ONE_YEAR_S = 31_536_000
HOMES = (
    (Role.OPERATOR, "/operator"),
    (Role.MERCHANT, "/merchant"),
    (Role.CREATOR, "/creator"),
    (Role.CARRIER, "/carrier"),
)


@get("/language/{code:str}", guards=[PUBLIC])
async def choose_language(code: FromPath[str], next: FromQuery[str] = "/") -> Response[None]:
    """Remember the reader's language and go back to the page."""
    answer = Redirect(local_path(next), status_code=303)
    if code in {locale.value for locale in Locale}:
        answer.set_cookie(Cookie(LANGUAGE_COOKIE, value=code, max_age=ONE_YEAR_S, samesite="lax"))
    return answer


@get("/login", guards=[PUBLIC])
async def login_page(request: AnyRequest, next: FromQuery[str] = "") -> Response[str]:
    """The sign-in form."""
    return _login_form(request, None, local_path(next) if next else "")


@post("/login", guards=[PUBLIC], status_code=200)
async def login(
    request: AnyRequest, data: FormBody, database: NamedDependency[Database]
) -> Response[str] | Redirect:
    """Sign in; a refusal brings the form back with what was typed, except the password."""
    next_path = data.get("next", "")
    try:
        session = await sessions.sign_in(
            database,
            login=data.get("login", ""),
            password=data.get("password", ""),
            address=request_address.get(),
            user_agent=request.headers.get("user-agent", ""),
        )
    except Refusal as refusal:
        form = {"values": {"login": data.get("login", "")}, "errors": {"": refusal.text(locale_of(request))}}
        return _login_form(request, form, next_path, status=status_of(refusal))
    return _signed_in(request, session, local_path(next_path) if next_path else home_of(session.person))


@get("/register", guards=[PUBLIC])
async def register_page(request: AnyRequest) -> Response[str]:
    """The registration form."""
    return page(request, "front/register.html", {"form": None})


@post("/register", guards=[PUBLIC], status_code=200)
async def register_person(
    request: AnyRequest, data: FormBody, database: NamedDependency[Database]
) -> Response[str] | Redirect:
    """Register and sign in at once."""
    try:
        async with database.writing() as writer:
            person = await register(
                writer,
                login=data.get("login", ""),
                name=data.get("name", ""),
                password=data.get("password", ""),
            )
            session = await sessions.open_session(
                writer,
                person.person_id,
                address=request_address.get(),
                user_agent=request.headers.get("user-agent", ""),
            )
    except Refusal as refusal:
        typed = {"login": data.get("login", ""), "name": data.get("name", "")}
        form = refused_form(refusal, typed, locale_of(request))
        return page(request, "front/register.html", {"form": form}, status=status_of(refusal))
    return _signed_in(request, session, "/")


@post("/logout", guards=[PUBLIC], status_code=303)
async def logout(request: AnyRequest, database: NamedDependency[Database]) -> Redirect:
    """End the session."""
    if request.auth:
        async with database.writing() as writer:
            await sessions.sign_out(writer, request.auth)
    answer = go_to("/login", flash=N_("You are signed out."))
    answer.delete_cookie("session")
    return answer


@get("/buyer-token", guards=[SIGNED_IN])
async def buyer_token(
    person: NamedDependency[Person], buyer_tokens: NamedDependency[BuyerTokens]
) -> Response[BuyerToken]:
    """A token for the hot lanes, for the pages' own scripts."""
    return Response(buyer_token_of(person, buyer_tokens), headers={"cache-control": "no-store"})


@get("/assets/{version:str}/{path:path}", guards=[PUBLIC])
async def static_file(version: FromPath[str], path: FromPath[str]) -> File:
    """A static file; its address changes with its content, so browsers keep it for good."""
    try:
        file = (ASSETS / path.lstrip("/")).resolve()
        known = bool(version) and file.is_relative_to(ASSETS) and file.is_file()
    except (OSError, ValueError):  # a name that no file can have: too long, or with a NUL
        known = False
    if not known:
        raise NotFound
    return File(
        file,
        # Named outright: browsers are told not to guess (web_headers.py).
        media_type=mimetypes.guess_type(file.name)[0] or "application/octet-stream",
        content_disposition_type="inline",
        headers={"cache-control": f"public, max-age={ONE_YEAR_S}, immutable"},
    )


def home_of(person: Person) -> str:
    """Where a person begins after signing in."""
    for role, path in HOMES:
        if person.has(role):
            return path
    return "/"


def _login_form(
    request: AnyRequest, form: dict[str, dict[str, str]] | None, next_path: str, *, status: int = 200
) -> Response[str]:
    """The sign-in page; a demo offers its accounts on it."""
    offered = request.app.state.get("demo_accounts", ())
    context = {"form": form, "next": next_path, "demo_accounts": offered, "role_words": ROLE_WORDS}
    return page(request, "front/login.html", context, status=status)


def _signed_in(request: AnyRequest, session: sessions.Session, path: str) -> Redirect:
    settings: Settings = request.app.state.settings
    answer = Redirect(path, status_code=303)
    answer.set_cookie(
        Cookie(
            "session",
            value=session.token,
            max_age=int(sessions.SESSION_LIFE.total_seconds()),
            httponly=True,
            secure=settings.secure_cookies,
            samesite="lax",
        )
    )
    return answer


ROUTES = Router(
    "/",
    route_handlers=[
        choose_language,
        login_page,
        login,
        register_page,
        register_person,
        logout,
        buyer_token,
        static_file,
    ],
    include_in_schema=False,
)
