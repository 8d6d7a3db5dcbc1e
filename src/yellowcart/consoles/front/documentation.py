"""Documentation that works offline: the API, and every refusal with its words."""

from collections.abc import Iterator

import msgspec
from litestar import Response, Router, get
from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.openapi.spec import Components, SecurityScheme

import yellowcart
from yellowcart.accounts.access import PUBLIC
from yellowcart.consoles.rendering import AnyRequest, page
from yellowcart.kernel.errors import Refusal
from yellowcart.kernel.problem import status_of
from yellowcart.kernel.translation import Locale, translate

OPENAPI = "/api/v1/openapi.json"
ANSWERED_OTHERWISE = {"internal_error": 500}
"""Codes whose HTTP status is no matter of their branch: a defect is ours (`web.answer_defect`)."""


class Explained(msgspec.Struct, frozen=True):
    """A refusal as its reader meets it. Places such as `%(role)s` are filled when it happens."""

    code: str
    status: int
    english: str
    chinese: str


@get(OPENAPI, guards=[PUBLIC])
async def openapi_document(request: AnyRequest) -> Response[bytes]:
    """The OpenAPI 3.1 document of the API."""
    document = msgspec.json.encode(request.app.openapi_schema.to_schema())
    return Response(document, media_type="application/json")


def openapi_config() -> OpenAPIConfig:
    """What the OpenAPI document says of the whole API.

    The framework's own documentation routes answer unknown addresses with pages of their own, so they are kept
    away from `/api`, where every refusal is a problem document.
    """
    bearer = SecurityScheme(type="http", scheme="bearer", description="The token of `POST /api/v1/sessions`.")
    buyer = SecurityScheme(
        type="http", scheme="bearer", description="The half-hour token of `POST /api/v1/buyer-tokens`."
    )
    return OpenAPIConfig(
        title="Yellowcart",
        version=yellowcart.__version__,
        description=(
            "Amounts are integers of fen, rates integers of basis points, times are RFC 3339 with zone, ids are"
            " integers of at most 53 bits. Lists are read by cursor. Every refusal is an RFC 9457 problem with a"
            " stable `code` and its message in both languages (`/docs/errors`)."
        ),
        use_handler_docstrings=True,
        security=[{"session": []}],
        components=Components(security_schemes={"session": bearer, "buyer_token": buyer}),
        render_plugins=[JsonRenderPlugin()],
        openapi_router=Router("/docs/schema", route_handlers=[], guards=[PUBLIC], include_in_schema=False),
    )


@get("/docs/api", guards=[PUBLIC])
async def api_page(request: AnyRequest) -> Response[str]:
    """The API, drawn from its own OpenAPI document."""
    return page(request, "layout/api.html", {"openapi": OPENAPI})


@get("/docs/errors", guards=[PUBLIC])
async def errors_page(request: AnyRequest) -> Response[str]:
    """Every code that a problem document can carry."""
    return page(request, "front/errors.html", {"errors": explained()})


def explained() -> list[Explained]:
    """Every refusal that this process knows, by HTTP status and code."""
    found = {
        each.code: Explained(
            code=each.code,
            status=ANSWERED_OTHERWISE.get(each.code) or status_of(each.__new__(each)),
            english=each.message,
            chinese=translate(each.message, Locale.CHINESE),
        )
        for each in _tree(Refusal)
    }
    return sorted(found.values(), key=lambda each: (each.status, each.code))


def _tree(branch: type[Refusal]) -> Iterator[type[Refusal]]:
    yield branch
    for twig in branch.__subclasses__():
        yield from _tree(twig)


ROUTES = Router("/", route_handlers=[openapi_document, api_page, errors_page], include_in_schema=False)
