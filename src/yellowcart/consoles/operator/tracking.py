"""Tracking sources: who may tell of parcels, the secrets they sign with, and whether they do."""

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect

from yellowcart.accounts.access import allow
from yellowcart.accounts.model import Person, Role
from yellowcart.consoles.forms import FormBody, refused_form
from yellowcart.consoles.operator.navigation import operator_page
from yellowcart.consoles.rendering import AnyRequest, go_to, locale_of
from yellowcart.kernel import clock
from yellowcart.kernel.database import Database
from yellowcart.kernel.errors import Refusal
from yellowcart.kernel.problem import status_of
from yellowcart.kernel.settings import Settings
from yellowcart.kernel.translation import N_
from yellowcart.parcels.tracking.signature import ask_token
from yellowcart.parcels.tracking.sources import renew_secret, save_source, tracking_sources

OPERATOR = allow(Role.OPERATOR)


@get("/tracking", guards=[OPERATOR])
async def tracking_page(request: AnyRequest, database: NamedDependency[Database]) -> Response[str]:
    """Every source with its secret and when it was last heard."""
    return await _page(request, database)


@post("/tracking", guards=[OPERATOR], status_code=200)
async def save(
    request: AnyRequest,
    data: FormBody,
    database: NamedDependency[Database],
    person: NamedDependency[Person],
) -> Response[str] | Redirect:
    """Make a source, or change one."""
    try:
        async with database.writing() as writer:
            await save_source(
                writer,
                person,
                source=data.get("source", ""),
                name=data.get("name", ""),
                ask_url=data.get("ask_url", ""),
                is_active=data.get("is_active", "yes") == "yes",
            )
    except Refusal as refusal:
        return await _page(request, database, refused=(refusal, data))
    return go_to("/operator/tracking", flash=N_("Saved."))


@post("/tracking/{source:str}/secret", guards=[OPERATOR])
async def renew(
    source: FromPath[str], database: NamedDependency[Database], person: NamedDependency[Person]
) -> Redirect:
    """Give a source a new secret; the old one is good for a day."""
    async with database.writing() as writer:
        await renew_secret(writer, person, source[:40])
    return go_to("/operator/tracking", flash=N_("There is a new secret. The old one is good for another day."))


async def _page(
    request: AnyRequest,
    database: Database,
    *,
    refused: tuple[Refusal, dict[str, str]] | None = None,
) -> Response[str]:
    settings: Settings = request.app.state.settings
    async with database.reading() as reader:
        sources = await tracking_sources(reader)
    context = {
        "sources": [
            (
                each,
                each.secrets(settings.secret, clock.now())[0],
                ask_token(settings.secret, each.source, each.secret_version) if each.ask_url else "",
            )
            for each in sources
        ],
        "form": None if refused is None else refused_form(refused[0], refused[1], locale_of(request)),
    }
    return operator_page(
        request,
        "tracking",
        "tracking.html",
        context,
        status=200 if refused is None else status_of(refused[0]),
    )
