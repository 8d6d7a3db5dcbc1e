"""Pages out of templates: one Jinja environment per language, one context that every page has."""

import base64
import hashlib
from collections.abc import Mapping
from functools import cache, partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec
from jinja2 import Environment, FileSystemLoader, select_autoescape
from litestar import Request, Response
from litestar.datastructures import Cookie
from litestar.enums import MediaType
from litestar.response import Redirect
from litestar.utils.scope.state import ScopeState

from yellowcart.accounts.model import Person
from yellowcart.consoles import figures
from yellowcart.kernel import clock
from yellowcart.kernel.json_reading import JSON_UNREADABLE
from yellowcart.kernel.settings import Settings
from yellowcart.kernel.translation import Locale, choose_locale, in_language, translate, translate_plural

PACKAGE = Path(__file__).parent.parent
TEMPLATES = PACKAGE / "templates"
ASSETS = PACKAGE / "assets"
LANGUAGE_COOKIE = "language"
CSRF_COOKIE = "csrf"
FLASH_COOKIE = "flash"
PAGE_FIELD = "_page"
"""The hidden field in which a form says on which page it stands (`csrf()` of parts/forms.html)."""

AnyRequest = Request[Person | None, str | None, Any]

Place = tuple[str, str, str, bool]
"""An entry of a console's side bar: its words, its address, its icon, and whether it is where we are."""

Section = tuple[str, list[Place]]
"""Entries of a side bar that belong together, under a heading; the first section needs none."""


@cache
def asset_version() -> str:
    """A short hash over every static file: part of each asset's address, so that browsers may keep it forever."""
    digest = hashlib.blake2b(digest_size=6)
    for path in sorted(ASSETS.rglob("*")):
        if path.is_file():
            digest.update(path.relative_to(ASSETS).as_posix().encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()


def asset(path: str) -> str:
    """The address of a static file."""
    return f"/assets/{asset_version()}/{path}"


@cache
def environment(locale: Locale) -> Environment:
    """The templates, speaking one language."""
    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=select_autoescape(default=True, default_for_string=True),
        extensions=["jinja2.ext.i18n", "jinja2.ext.do"],
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.install_gettext_callables(  # type: ignore[attr-defined]
        lambda message: translate(message, locale),
        lambda singular, plural, number: translate_plural(singular, plural, number, locale),
        newstyle=True,
    )
    made.filters.update(
        money=figures.money,
        percent=figures.percent,
        when=figures.when,
        count=partial(figures.count, locale=locale),
        elapsed=partial(figures.elapsed, locale=locale),
    )
    made.globals.update(asset=asset, locale=locale.value, in_language=partial(in_language, locale))
    return made


def locale_of(request: AnyRequest) -> Locale:
    """The reader's language."""
    return choose_locale(request.cookies.get(LANGUAGE_COOKIE), request.headers.get("accept-language"))


def render(request: AnyRequest, template: str, context: Mapping[str, object]) -> str:
    """A template with the context that every page has, as text."""
    settings: Settings = request.app.state.settings
    everywhere: dict[str, object] = {
        "person": request.scope.get("user"),
        "path": request.url.path,
        "query": dict(request.query_params),
        "page_address": page_address(request),
        "csrf_token": csrf_token(request),
        "now": clock.now(),
        "demo": settings.demo,
        "flashes": _waiting_flashes(request),
        "unread": request.scope.get("unread", 0),
    }
    return environment(locale_of(request)).get_template(template).render(everywhere | dict(context))


def page(
    request: AnyRequest,
    template: str,
    context: Mapping[str, object] | None = None,
    *,
    status: int = 200,
) -> Response[str]:
    """A page as an answer."""
    answer = Response(
        render(request, template, context or {}),
        status_code=status,
        media_type=MediaType.HTML,
        headers={"cache-control": "no-store"},
    )
    if FLASH_COOKIE in request.cookies:
        answer.delete_cookie(FLASH_COOKIE)
    return answer


def go_to(
    path: str, *, flash: str = "", kind: str = "success", values: Mapping[str, object] | None = None
) -> Redirect:
    """See another page of ours next (303). `flash` is a translatable sentence that it will show once, `kind` is
    success, info, warning or error."""
    answer = Redirect(local_path(path), status_code=303)
    if flash:
        content = msgspec.json.encode(_Flash(kind=kind, message=flash, values=dict(values or {})))
        answer.set_cookie(
            Cookie(
                FLASH_COOKIE,
                value=base64.urlsafe_b64encode(content).decode(),
                max_age=60,
                httponly=True,
                samesite="lax",
            )
        )
    return answer


def local_path(path: str | None) -> str:
    """`path` if it leads to a page of ours, else the first page: nobody is sent elsewhere by a link of ours."""
    if not path or not path.startswith("/") or path.startswith(("//", "/\\")) or not path.isprintable():
        return "/"
    return path


def page_address(request: AnyRequest) -> str:
    """Where the page that answers can be asked for again, with its query: in the other language, or after signing
    in. What answers a form stands where the form stood, and a part of a page where that page stands."""
    here = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    if request.method in {"GET", "HEAD"}:
        is_part = "hx-request" in request.headers or "x-part" in request.headers
        return _asked_from(request, here) if is_part else here
    form = ScopeState.from_scope(request.scope).form
    stood = form.get(PAGE_FIELD) if isinstance(form, Mapping) else None
    return local_path(stood) if isinstance(stood, str) else _asked_from(request, "/")


def _asked_from(request: AnyRequest, otherwise: str) -> str:
    """The page of ours that a browser shows while it asks."""
    shown = urlsplit(request.headers.get("referer", ""))
    if shown.netloc != request.headers.get("host", ""):
        return otherwise
    return local_path(shown.path + (f"?{shown.query}" if shown.query else ""))


def csrf_token(request: AnyRequest) -> str:
    """The token that forms carry back; Litestar's CSRF middleware makes and checks it."""
    made = ScopeState.from_scope(request.scope).csrf_token
    return made if isinstance(made, str) else request.cookies.get(CSRF_COOKIE, "")


class _Flash(msgspec.Struct, frozen=True):
    kind: str
    message: str
    values: dict[str, object]


def _waiting_flashes(request: AnyRequest) -> list[tuple[str, str]]:
    content = request.cookies.get(FLASH_COOKIE)
    if not content:
        return []
    try:
        flash = msgspec.json.decode(base64.urlsafe_b64decode(content), type=_Flash)
        return [(flash.kind, translate(flash.message, locale_of(request), **flash.values))]
    except (*JSON_UNREADABLE, ValueError, KeyError, TypeError):
        return []
