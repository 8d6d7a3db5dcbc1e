"""Documentation that works offline: the API, and every refusal with its words."""

from collections.abc import Iterator

import msgspec
from litestar import Response, Router, get

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


ROUTES = Router("/", route_handlers=[api_page, errors_page], include_in_schema=False)
